"""Shapes that layers and operations put out, and the way back along an axis.

Shapes are `(batch, timesteps, features)`. A rank or size is given only where the arguments prove it: an argument that
is not known, or has several possible values, gives an unknown size, or an unknown shape where the rank depends on it.

Sources: `compute_output_shape` / `compute_output_spec` of Keras 2.15 and 3.15, layer by layer
(tests/keras/test_shapes.py compares with real layers). What a zeroed timestep becomes was run in 2.15.0 on tensorflow
and 3.15.1 on tensorflow and torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from rnnlint.graph import Arg, Dim, Items, Layer, Name, Node, Shape, Unknown
from rnnlint.keras.arguments import UNKNOWN, LayerArgs, LayerCall, as_flag, as_int, as_ints, as_target
from rnnlint.keras.axes import (
    Axis,
    Back,
    Plan,
    Way,
    add_dims,
    broadcast,
    concatenate,
    identity,
    normal_axes,
    permute,
    reshape,
    shape_of,
    source,
)
from rnnlint.keras.kinds import Kind
from rnnlint.keras.ops import dot, einsum, op_plans, shifted
from rnnlint.keras.table import kind_of, spec

if TYPE_CHECKING:
    from rnnlint.keras.versions import KerasTargets

__all__ = ["Back", "Way", "axis_back", "layer_outputs", "op_outputs"]

Rule = Callable[[LayerCall], tuple[Plan, ...]]


def layer_outputs(
    layer: Layer, inputs: Sequence[Shape], env: KerasTargets, call_args: Sequence[Arg] = ()
) -> tuple[Shape, ...]:
    """The shapes of all outputs of a layer call: `LSTM(return_state=True)` has three. Not known: `(None,)`."""
    return tuple(shape_of(plan) for plan in _plans(layer, inputs, env, call_args))


def op_outputs(name: str, inputs: Sequence[Shape], args: Sequence[Arg]) -> tuple[Shape, ...]:
    """The shapes of all outputs of an operation on tensors, by canonical name. Not known: `(None,)`.

    `inputs` are the tensors in the order of the call, those in a list one by one. `args` are the other arguments,
    named as the function's parameters, or `#1` where position 1 of the call was given without a name.
    """
    return tuple(shape_of(plan) for plan in op_plans(name, inputs, args)) if args else _plain_op(name, tuple(inputs))


@lru_cache(4096)
def _plain_op(name: str, inputs: tuple[Shape, ...]) -> tuple[Shape, ...]:
    """The shapes of an operation without other arguments: a script has few of them, and computes them many times."""
    return tuple(shape_of(plan) for plan in op_plans(name, inputs, ()))


def axis_back(node: Node, axis: int, inputs: Sequence[Shape], rank: int | None, env: KerasTargets) -> tuple[Back, ...]:
    """Where output axis `axis` (not negative) of a node comes from.

    `rank` is the rank of that output, as far as the caller knows it. Empty where the axis is made or lost in the node,
    or where the way back is not proved.
    """
    if node.layer is not None and kind_of(node.layer) is Kind.TIME_DISTRIBUTED and axis < 2:
        return (Back(0, axis),)  # whatever the wrapped layer does
    found: set[tuple[Back, ...]] = set()
    for plan in _node_plans(node, axis, inputs, rank, env):
        if plan is not None and axis < len(plan) and rank in (None, len(plan)):
            found.add(plan[axis].backs)
    return found.pop() if len(found) == 1 else ()


def _node_plans(
    node: Node, axis: int, inputs: Sequence[Shape], rank: int | None, env: KerasTargets
) -> tuple[Plan, ...]:
    if node.kind == "op":
        given = inputs
        if inputs and inputs[0] is None and op_plans(node.name, [()], node.args) == ((),):
            given = (_stand_in(axis, rank), *inputs[1:])  # position by position, whatever the rank
        return op_plans(node.name, given, node.args)
    if node.kind != "layer" or node.layer is None or not inputs:
        return ()
    kind = kind_of(node.layer)
    shape = inputs[0]
    if shape is None and kind in _ANY_RANK:
        shape = _stand_in(axis, rank)
    elif shape is None and kind in _SAME_RANK and rank is not None:
        shape = (None,) * rank
    elif shape is None and kind is Kind.EMBEDDING and rank:
        shape = (None,) * (rank - 1)
    return _plans(node.layer, (shape, *inputs[1:]), env, node.args)


def _stand_in(axis: int, rank: int | None) -> Shape:
    return (None,) * (axis + 1 if rank is None else rank)


# ---------------------------------------------------------------------------------------------------------------------
# Layers


def _plans(layer: Layer, inputs: Sequence[Shape], env: KerasTargets, call_args: Sequence[Arg]) -> tuple[Plan, ...]:
    kind = kind_of(layer)
    rule = _RULES.get(kind) if kind is not None else None
    if rule is None or not inputs:
        return (None,)
    return rule(LayerCall(layer, env, inputs, call_args))


def _suffix(layer: Layer) -> int:
    """The number of spatial axes in a layer's name: 2 for `Conv2D` and `Conv2DTranspose`."""
    found = spec(layer.name)
    short = found.short if found is not None else layer.short
    return next(int(digit) for digit in "123" if f"{digit}D" in short)


def _same(call: LayerCall) -> tuple[Plan, ...]:
    return (identity(call.inputs[0]),)


def _elementwise(call: LayerCall) -> tuple[Plan, ...]:
    """Position by position, but softmax along its axis."""
    shape = call.inputs[0]
    axes: object = ()
    if call.layer.short == "Softmax":
        axes = call.get("axis")
    elif call.layer.short == "Activation":
        activation = call.get("activation")
        name = activation.name.rpartition(".")[2] if isinstance(activation, Name) else activation
        axes = -1 if name is UNKNOWN or (isinstance(name, str) and "soft" in name and "max" in name) else ()
    if shape is None or axes == ():
        return (identity(shape),)
    mixed = normal_axes(axes, len(shape))
    return (identity(shape, mixed=range(1, len(shape)) if mixed is None else mixed),)


def _normalization(call: LayerCall) -> tuple[Plan, ...]:
    """BatchNormalization is an affine map per feature at inference; the others mix the axes they normalize over."""
    shape = call.inputs[0]
    short = call.layer.short
    if shape is None or short in ("BatchNormalization", "SyncBatchNormalization", "Normalization"):
        return (identity(shape),)
    mixed = None if short == "GroupNormalization" else normal_axes(call.get("axis"), len(shape))
    return (identity(shape, mixed=range(1, len(shape)) if mixed is None else mixed),)


def _dense(call: LayerCall) -> tuple[Plan, ...]:
    shape = call.inputs[0]
    if call.layer.short == "EinsumDense":
        return (_einsum_dense(call, shape),)
    if shape is None or len(shape) < 2:
        return (None,)
    return ((*(source(shape, axis) for axis in range(len(shape) - 1)), Axis(call.size("units"))),)


def _einsum_dense(args: LayerArgs, shape: Shape) -> Plan:
    """`output_shape` gives the sizes after the batch, None for those of the input."""
    equation, sizes = args.get("equation"), args.get("output_shape")
    if not isinstance(equation, str) or shape is None:
        return None
    left, _, right = equation.replace(" ", "").partition("->")
    kept = left.partition(",")[0]
    if "..." in kept:
        labels = [label for label in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if label not in equation]
        more = "".join(labels[: max(len(shape) - len(kept) + 3, 0)])
        kept, right = kept.replace("...", more), right.replace("...", more)
        # The sizes of an ellipsis are not in output_shape.
        right_sizes: list[object] = [axis.dim for axis in einsum(f"{kept}->{right}", [shape]) or ()]
        given = sizes if isinstance(sizes, tuple) else (sizes,)
        right_sizes[len(right) - len(given) :] = given
    else:
        given = sizes if isinstance(sizes, tuple) else (sizes,)
        right_sizes = [None, *given]
    if len(kept) != len(shape) or len(right_sizes) != len(right):
        return None
    plan = einsum(f"{kept}->{right}", [shape])
    if plan is None:
        return None
    # A size left at None stays unknown in Keras 3, although the input may tell it.
    return (plan[0], *(replace(axis, dim=as_int(size)) for axis, size in zip(plan[1:], right_sizes[1:], strict=True)))


def _embedding(call: LayerCall) -> tuple[Plan, ...]:
    shape = call.inputs[0]
    if shape is None:
        return (None,)
    return ((*(source(shape, axis) for axis in range(len(shape))), Axis(call.size("output_dim"))),)


# Recurrent layers


def _recurrent(call: LayerCall) -> tuple[Plan, ...]:
    units = call.size("units")
    states: tuple[Plan, ...] = (None,) * (2 if call.layer.short in ("LSTM", "CuDNNLSTM") else 1)
    return _steps(call, call.inputs[0], (Axis(units),), ((Axis(units),),) * len(states))


def _rnn(call: LayerCall) -> tuple[Plan, ...]:
    """RNN(cell) or RNN([cell, cell]): the output of the last cell, the states of all."""
    cells = call.layer.children
    stacked = len(cells) > 1 or (len(cells) == 1 and kind_of(cells[0]) is Kind.STACKED_CELLS)
    if len(cells) == 1 and stacked:
        cells = cells[0].children
    if not cells or any(kind_of(cell) is not Kind.CELL for cell in cells):
        return (None,)
    units = [LayerArgs(cell, call.env).size("units") for cell in cells]
    if stacked:
        # The states of one cell come as one item, a list where the cell has two.
        states: tuple[tuple[Axis, ...] | None, ...] = (None,) * len(cells)
    else:
        states = ((Axis(units[0]),),) * (2 if cells[0].short == "LSTMCell" else 1)
    if any(cell.short == "AbstractRNNCell" for cell in cells):
        return (None,)
    return _steps(call, call.inputs[0], (Axis(units[-1]),), states)


def _steps(
    args: LayerArgs, shape: Shape, features: tuple[Axis, ...], states: Sequence[tuple[Axis, ...] | None]
) -> tuple[Plan, ...]:
    """The outputs of a layer that steps along time: the sequence or its last step, and the states if asked for."""
    sequences, with_state, time_major = (
        args.flag("return_sequences"),
        args.flag("return_state"),
        args.flag("time_major"),
    )
    if with_state is None or time_major is None:
        return (None,)
    rank = len(features) + 2
    if shape is None:
        shape = (None,) * rank
    batch, time = (1, 0) if time_major else (0, 1)
    if len(shape) != rank:
        plans: list[Plan] = [None] * (1 + (len(states) if with_state else 0))
        return tuple(plans)
    start = source(shape, batch)
    step = source(shape, time, way=Way.MIX)
    output: Plan
    if sequences is None:
        output = None
    elif not sequences:
        output = (start, *features)
    else:
        output = (step, start, *features) if time_major else (start, step, *features)
    kept = [None if state is None else (start, *state) for state in states] if with_state else []
    return (output, *kept)


def _conv_recurrent(call: LayerCall) -> tuple[Plan, ...]:
    """ConvLSTM: (batch, timesteps, rows, columns, channels), a convolution over the inner axes at every timestep."""
    count = _suffix(call.layer)
    shape = call.inputs[0] if call.inputs[0] is not None else (None,) * (count + 3)
    if len(shape) != count + 3:
        return (None,)
    inner = _convolve(call, (shape[0], *shape[2:]), count)
    if inner is None:
        return (None,)
    features = tuple(
        Axis(axis.dim, tuple(replace(back, axis=back.axis + 1) for back in axis.backs)) for axis in inner[1:]
    )
    return _steps(call, shape, features, (features, features))


def _cell(call: LayerCall) -> tuple[Plan, ...]:
    """A cell called by hand: the output of one step, and its states as one list."""
    if call.layer.short == "AbstractRNNCell":
        return (None,)
    shape = call.inputs[0] if call.inputs[0] is not None else (None, None)
    output = (source(shape, 0), Axis(call.size("units"))) if len(shape) == 2 else None
    return (output, None)


def _bidirectional(call: LayerCall) -> tuple[Plan, ...]:
    children = call.layer.children
    if not children or len(children) > 2 or (len(children) == 1 and call.given("backward_layer") and _backward(call)):
        return (None,)
    forward = _plans(children[0], call.inputs, call.env, call.beside.args)
    backward = _plans(children[1], call.inputs, call.env, call.beside.args) if len(children) == 2 else forward
    mode = call.get("merge_mode")
    if len(forward) != len(backward) or mode is UNKNOWN:
        return (None,)
    if len(forward) == 1 and LayerArgs(children[0], call.env).flag("return_state") is not False:
        return (None,)
    states = (*forward[1:], *backward[1:])
    if mode is None:
        return (forward[0], backward[0], *states)
    if forward[0] is None or backward[0] is None:
        return (None, *states)
    *kept, last = forward[0]
    other = backward[0][-1]
    # Keras 3 takes the size of the backward layer for that of the forward layer, which may differ.
    agreed = last.dim if last.dim == other.dim else None
    size: Dim = add_dims((agreed, agreed)) if mode == "concat" else agreed
    return ((*kept, Axis(size)), *states)


def _backward(args: LayerArgs) -> bool:
    return args.get("backward_layer") is not None


def _time_distributed(call: LayerCall) -> tuple[Plan, ...]:
    """The wrapped layer on every timestep."""
    shape = call.inputs[0]
    if len(call.layer.children) != 1 or len(call.inputs) != 1 or (shape is not None and len(shape) < 2):
        return (None,)
    inner = None if shape is None else (shape[0], *shape[2:])
    plans = _plans(call.layer.children[0], (inner,), call.env, call.beside.args)
    if len(plans) != 1 or plans[0] is None or not plans[0]:
        return (None,)
    steps = Axis(None if shape is None else shape[1], (Back(0, 1),))
    moved = (Axis(axis.dim, tuple(replace(back, axis=back.axis + 1) for back in axis.backs)) for axis in plans[0][1:])
    return ((Axis(None if shape is None else shape[0], (Back(0, 0),)), steps, *moved),)


def _wrapper(call: LayerCall) -> tuple[Plan, ...]:
    """SpectralNormalization changes weights only; a bare Wrapper does nothing by itself."""
    if call.layer.short != "SpectralNormalization" or len(call.layer.children) != 1:
        return (None,)
    return _plans(call.layer.children[0], call.inputs, call.env, call.beside.args)


# Convolution and pooling


def _spatial(args: LayerArgs, count: int) -> tuple[tuple[int, ...], int] | None:
    """The spatial axes and the channel axis of a layer with `data_format`."""
    first = args.channels_first()
    if first is None:
        return None
    return (tuple(range(2, count + 2)), 1) if first else (tuple(range(1, count + 1)), count + 1)


def _conv(call: LayerCall) -> tuple[Plan, ...]:
    return (_convolve(call, call.inputs[0], _suffix(call.layer)),)


def _convolve(args: LayerArgs, shape: Shape, count: int) -> Plan:
    found = _spatial(args, count)
    if found is None:
        return None
    spatial, channel = found
    if shape is None:
        shape = (None,) * (count + 2)
    if len(shape) != count + 2:
        return None  # Keras 2 takes further batch axes
    short = args.layer.short
    kernels, strides = args.sizes("kernel_size", count), args.sizes("strides", count)
    dilations: Sequence[int | None] | None = (1,) * count
    if not short.startswith("Locally"):
        # Where versions write the same default as 1 and as (1, 1) there is no one default.
        dilations = args.sizes("dilation_rate", count) if args.given("dilation_rate") else (1,) * count
    if not args.given("strides"):
        strides = (1,) * count
    padding = args.get("padding")
    if kernels is None or strides is None or dilations is None:
        return None
    channels: Dim
    if short.startswith("Depthwise"):
        times, have = args.size("depth_multiplier"), shape[channel]
        channels = have * times if isinstance(have, int) and times is not None else None
    else:
        channels = args.size("filters")
    plan = [source(shape, axis) for axis in range(count + 2)]
    plan[channel] = Axis(channels, (Back(0, channel),) if short.startswith("Depthwise") else ())
    paddings = args.sizes("output_padding", count) if "Transpose" in short else None
    for index, axis in enumerate(spatial):
        kernel, stride, dilation = kernels[index], strides[index], dilations[index]
        if "Transpose" in short:
            extra = None if args.get("output_padding") is None or paddings is None else paddings[index]
            open_ended = args.given("output_padding") and args.get("output_padding") is not None
            size = _transposed_length(shape[axis], kernel, stride, padding, dilation, extra, open_ended)
        else:
            size = _length(shape[axis], kernel, stride, padding, dilation)
        reach = stride if "Transpose" in short and dilation == 1 else 1
        way = Way.KEEP if kernel is not None and reach is not None and kernel <= reach else Way.MIX
        plan[axis] = Axis(size, (Back(0, axis, way),))
    return tuple(plan)


def _length(dim: Dim, window: int | None, stride: int | None, padding: object, dilation: int | None = 1) -> Dim:
    """Length after a sliding window (Keras 2.15 and 3.15 utils/conv_utils.conv_output_length)."""
    if stride is None or stride < 1:
        return None
    if padding in ("same", "causal", "SAME"):
        if stride == 1:
            return dim
        return -(-dim // stride) if isinstance(dim, int) else None
    if padding not in ("valid", "VALID") or window is None or dilation is None:
        return None
    reach = (window - 1) * dilation
    if reach == 0 and stride == 1:
        return dim
    if not isinstance(dim, int):
        return None
    size = (dim - reach - 1) // stride + 1
    return size if size > 0 else None


def _transposed_length(
    dim: Dim,
    kernel: int | None,
    stride: int | None,
    padding: object,
    dilation: int | None,
    extra: int | None,
    has_extra: bool,
) -> Dim:
    """Length after a transposed convolution (Keras 2.15 conv_utils.deconv_output_length)."""
    if (has_extra and extra is None) or stride is None or padding not in ("valid", "same"):
        return None
    if padding == "same" and not has_extra:
        return dim if stride == 1 else (dim * stride if isinstance(dim, int) else None)
    if not isinstance(dim, int) or kernel is None or dilation is None:
        return None
    reach = kernel + (kernel - 1) * (dilation - 1)
    if not has_extra or extra is None:
        return dim * stride + max(reach - stride, 0)
    around = reach // 2 if padding == "same" else 0
    return (dim - 1) * stride + reach - 2 * around + extra


def _pooling(call: LayerCall) -> tuple[Plan, ...]:
    count = _suffix(call.layer)
    found = _spatial(call, count)
    shape = call.inputs[0] if call.inputs[0] is not None else (None,) * (count + 2)
    if found is None or len(shape) != count + 2:
        return (None,)
    plan = [source(shape, axis) for axis in range(count + 2)]
    if call.layer.short.startswith("Adaptive"):
        sizes = call.sizes("output_size", count) or (None,) * count
        for index, axis in enumerate(found[0]):
            plan[axis] = Axis(sizes[index], (Back(0, axis, Way.MIX),))
        return (tuple(plan),)
    # The default is 2 on every axis, in whichever form; strides default to the window.
    windows = call.sizes("pool_size", count) if call.given("pool_size") else (2,) * count
    strides = windows
    given = call.layer.arg("strides")
    if given is not None or not call.layer.complete:
        value = call.get("strides")
        strides = windows if value is None else as_ints(value, count)
    if windows is None or strides is None:
        return (None,)
    for index, axis in enumerate(found[0]):
        size = _length(shape[axis], windows[index], strides[index], call.get("padding"))
        way = Way.KEEP if windows[index] == 1 else Way.MIX
        plan[axis] = Axis(size, (Back(0, axis, way),))
    return (tuple(plan),)


def _global_pooling(call: LayerCall) -> tuple[Plan, ...]:
    count = _suffix(call.layer)
    found = _spatial(call, count)
    keep = call.flag("keepdims")
    shape = call.inputs[0] if call.inputs[0] is not None else (None,) * (count + 2)
    if found is None or keep is None or len(shape) != count + 2:
        return (None,)
    if keep:
        return (tuple(Axis(1) if axis in found[0] else source(shape, axis) for axis in range(len(shape))),)
    return ((source(shape, 0), source(shape, found[1])),)


def _upsampling(call: LayerCall) -> tuple[Plan, ...]:
    """UpSampling1D(2) repeats every timestep; bilinear interpolation of images mixes."""
    count = _suffix(call.layer)
    times = call.sizes("size", count) if call.given("size") else (2,) * count
    way = Way.MIX if count == 2 and call.get("interpolation") != "nearest" else Way.KEEP

    def stretched(dim: Dim, index: int) -> Dim:
        time = times[index] if times is not None else None
        if time == 1:
            return dim
        return dim * time if isinstance(dim, int) and time is not None else None

    return (_resized(call, call.inputs[0], stretched, way),)


def _padding(call: LayerCall) -> tuple[Plan, ...]:
    pairs = _pairs(call, "padding")
    return (_resized(call, call.inputs[0], lambda dim, index: _grown(dim, pairs[index], 1)),)


def _cropping(call: LayerCall) -> tuple[Plan, ...]:
    pairs = _pairs(call, "cropping")
    return (_resized(call, call.inputs[0], lambda dim, index: _grown(dim, pairs[index], -1)),)


def _resized(args: LayerArgs, shape: Shape, size: Callable[[Dim, int], Dim], way: Way = Way.KEEP) -> Plan:
    count = _suffix(args.layer)
    found = _spatial(args, count) if count > 1 or args.given("data_format") else (tuple(range(1, count + 1)), count + 1)
    if shape is None:
        shape = (None,) * (count + 2)
    if found is None or len(shape) != count + 2:
        return None
    plan = [source(shape, axis) for axis in range(len(shape))]
    for index, axis in enumerate(found[0]):
        plan[axis] = Axis(size(shape[axis], index), (Back(0, axis, way),))
    return tuple(plan)


def _pairs(args: LayerArgs, name: str) -> list[tuple[int | None, int | None]]:
    """(before, after) per spatial axis from 1, (1, 2), ((1, 1), (2, 2)); for one axis (1, 2) is the pair itself."""
    count = _suffix(args.layer)
    value = args.get(name)
    if value is UNKNOWN and not args.given(name):
        value = 1  # ZeroPadding3D: (1, 1, 1) in Keras 2, ((1, 1), (1, 1), (1, 1)) in Keras 3
    if count == 1:
        both = as_ints(value, 2)
        return [(both[0], both[1]) if both is not None else (None, None)]
    if isinstance(value, tuple) and len(value) == count:
        ends = [as_ints(one, 2) for one in value]
        return [(None, None) if end is None else (end[0], end[1]) for end in ends]
    single = as_int(value)
    return [(single, single)] * count


def _grown(dim: Dim, pair: tuple[int | None, int | None], sign: int) -> Dim:
    if pair == (0, 0):
        return dim
    if not isinstance(dim, int) or pair[0] is None or pair[1] is None:
        return None
    size = dim + sign * (pair[0] + pair[1])
    return size if size > 0 else None


# Rank


def _flatten(call: LayerCall) -> tuple[Plan, ...]:
    shape = call.inputs[0]
    if shape is None:
        return ((Axis(None, (Back(0, 0),)), Axis(None)),)
    if not shape:
        return (None,)
    if call.channels_first() is not False and len(shape) > 3:
        # The channels move to the end first: the product is the same, the order is not.
        plan = shifted(reshape(shape[1:], (None,), 0), shape[0])
        return (None if plan is None else (plan[0], Axis(plan[1].dim)),)
    return (shifted(reshape(shape[1:], (None,), 0), shape[0]),)


def _reshape(call: LayerCall) -> tuple[Plan, ...]:
    shape = call.inputs[0]
    target = as_target(call.get("target_shape"))
    if target is None:
        return (None,)
    sizes: list[Dim] = [*target[0]]
    written = call.layer.arg("target_shape")
    if written is not None and isinstance(written.value, Items):
        symbols = [item.symbol if isinstance(item, Unknown) else "" for item in written.value.items]
        sizes = [symbol or size for symbol, size in zip(symbols, sizes, strict=True)]
    inner = None if shape is None else shape[1:]
    return (shifted(reshape(inner, sizes, target[1][0] if target[1] else None), shape[0] if shape else None),)


def _permute(call: LayerCall) -> tuple[Plan, ...]:
    dims = call.get("dims")
    if not isinstance(dims, tuple):
        return (None,)
    shape = call.inputs[0] if call.inputs[0] is not None else (None,) * (len(dims) + 1)
    return (permute(shape, (0, *dims)),)


def _repeat(call: LayerCall) -> tuple[Plan, ...]:
    shape = call.inputs[0] if call.inputs[0] is not None else (None, None)
    if len(shape) != 2:
        return (None,)
    return ((source(shape, 0), Axis(call.size("n")), source(shape, 1)),)


# Several inputs


def _merge(call: LayerCall) -> tuple[Plan, ...]:
    if call.layer.short == "Concatenate":
        return (concatenate(call.inputs, call.get("axis")),)
    return (broadcast(call.inputs, carried=call.layer.short != "Multiply", batch_first=True),)


def _dot(call: LayerCall) -> tuple[Plan, ...]:
    if len(call.inputs) != 2 or call.inputs[0] is None or call.inputs[1] is None:
        return (None,)
    return (dot(call.inputs[0], call.inputs[1], call.get("axes")),)


def _attention(call: LayerCall) -> tuple[Plan, ...]:
    """A position of the output depends on its own position of the query and on all positions of value and key."""
    scores = as_flag(call.beside.get("return_attention_scores", 99, False))
    query = call.inputs[0]
    value = call.inputs[1] if len(call.inputs) > 1 else None
    if scores is None or query is None or len(call.inputs) < 2:
        return (None,)
    plan = [source(query, 0)]
    for axis in range(1, len(query) - 1):
        mixed = [Back(0, axis, Way.MIX)]
        if value is not None and len(value) == len(query):
            mixed.append(Back(1, axis, Way.MIX))
        plan.append(Axis(query[axis], tuple(mixed)))
    last: list[Axis]
    if call.layer.short in ("Attention", "AdditiveAttention"):
        if len(query) != 3:
            return (None,)
        last = [Axis(value[-1] if value is not None else None)]
    elif call.layer.short == "MultiHeadAttention":
        wanted = call.get("output_shape")
        if wanted is None:
            last = [Axis(query[-1])]
        elif isinstance(wanted, tuple):
            last = [Axis(as_int(size)) for size in wanted]
        elif as_int(wanted) is not None:
            last = [Axis(as_int(wanted))]
        else:
            return (None,)
    else:
        last = [Axis(query[-1])]
    return ((*plan, *last), None) if scores else ((*plan, *last),)


_ANY_RANK = frozenset(
    {
        Kind.DROPOUT,
        Kind.SPATIAL_DROPOUT,
        Kind.GAUSSIAN_DROPOUT,
        Kind.ALPHA_DROPOUT,
        Kind.NOISE,
        Kind.MASKING,
    }
)
_SAME_RANK = frozenset({Kind.DENSE, Kind.ELEMENTWISE, Kind.NORMALIZATION})

_RULES: dict[Kind, Rule] = {
    **dict.fromkeys(_ANY_RANK, _same),
    Kind.ELEMENTWISE: _elementwise,
    Kind.NORMALIZATION: _normalization,
    Kind.DENSE: _dense,
    Kind.EMBEDDING: _embedding,
    Kind.RECURRENT: _recurrent,
    Kind.CUDNN_RECURRENT: _recurrent,
    Kind.RNN: _rnn,
    Kind.CONV_RECURRENT: _conv_recurrent,
    Kind.CELL: _cell,
    Kind.BIDIRECTIONAL: _bidirectional,
    Kind.TIME_DISTRIBUTED: _time_distributed,
    Kind.WRAPPER: _wrapper,
    Kind.CONV: _conv,
    Kind.POOLING: _pooling,
    Kind.GLOBAL_POOLING: _global_pooling,
    Kind.UPSAMPLING: _upsampling,
    Kind.PADDING: _padding,
    Kind.CROPPING: _cropping,
    Kind.FLATTEN: _flatten,
    Kind.RESHAPE: _reshape,
    Kind.PERMUTE: _permute,
    Kind.REPEAT: _repeat,
    Kind.MERGE: _merge,
    Kind.DOT: _dot,
    Kind.ATTENTION: _attention,
}
