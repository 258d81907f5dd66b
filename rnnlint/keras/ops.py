"""Operations on tensors: `tf.*`, `keras.ops.*`, `keras.backend.*`, operators, and the merge functions of keras.layers.

An operation is known by its name without the package, and has one meaning in all of them; where packages differ (K.dot
is no matmul) the full name decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from rnnlint.graph import Arg, Dim, Shape
from rnnlint.keras.arguments import UNKNOWN, PlainArgs, as_flag, as_int, as_target, words
from rnnlint.keras.axes import (
    Axis,
    Back,
    Plan,
    Way,
    add_dims,
    broadcast,
    concatenate,
    identity,
    join_dim,
    normal,
    normal_axes,
    permute,
    reduce_axes,
    reshape,
    source,
)


class Op(PlainArgs):
    """A call of an operation: its canonical name, the shapes of its tensors, its other arguments."""

    def __init__(self, name: str, inputs: Sequence[Shape], args: Sequence[Arg]) -> None:
        super().__init__(args)
        self.name = name
        self.inputs = inputs

    def pair(self) -> tuple[tuple[Dim, ...], tuple[Dim, ...]] | None:
        """The shapes of exactly two tensors, both of known rank."""
        if len(self.inputs) != 2:
            return None
        a, b = self.inputs
        return None if a is None or b is None else (a, b)


Rule = Callable[[Op], tuple[Plan, ...]]

# Position by position; further arguments do not change the shape.
_UNARY = words(
    """abs absolute acos acosh arccos arccosh arcsin arcsinh arctan arctanh asin asinh atan atanh cast ceil celu clip
    clip_by_value conj convert_to_tensor copy cos cosh deg2rad dropout elu erf exp expm1 floor gelu
    hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh identity imag invert isfinite isinf isnan leaky_relu
    linear log log10 log1p log2 log_sigmoid logical_not mish neg negative nan_to_num not_ ones_like pos positive
    real reciprocal relu relu6 rint round rsqrt selu sigmoid sign silu sin sinh
    soft_shrink softplus softsign sqrt square squareplus stop_gradient swish tan tanh tanh_shrink
    threshold to_float to_int32 to_dense zeros_like print_tensor bias_add"""
)
# Position by position except along `axis` (default -1), where every position depends on all.
_NORMALIZERS = words(
    """softmax log_softmax l2_normalize normalize cumsum cumprod cumulative_logsumexp sort argsort
    layer_normalization rms_normalization sparsemax"""
)
# Elementwise over several tensors. The second set: what is zero in one is zero in the result.
_BINARY = words(
    """add add_n subtract sub maximum minimum average logaddexp mod floormod power pow equal not_equal eq ne lt le gt
    ge less less_equal greater greater_equal logical_or logical_xor or_ xor arctan2 atan2 squared_difference hypot
    floor_divide floordiv accumulate_n"""
)
_PRODUCTS = words("multiply mul truediv divide true_divide div divide_no_nan logical_and and_ multiply_no_nan")
_REDUCTIONS = words(
    """sum mean max min prod std var all any amax amin logsumexp median count_nonzero reduce_sum reduce_mean
    reduce_max reduce_min reduce_prod reduce_all reduce_any reduce_logsumexp reduce_std reduce_variance nanmean
    nansum"""
)


_PACKAGES = words(
    """operator tensorflow tensorflow.nn tensorflow.math tensorflow.linalg tensorflow.sparse keras.ops keras.backend
    keras.activations keras.layers keras.random numpy"""
)


def op_plans(name: str, inputs: Sequence[Shape], args: Sequence[Arg]) -> tuple[Plan, ...]:
    """Plans of the outputs of an operation; `(None,)` where it is not known."""
    package, _, short = name.rpartition(".")
    if not inputs or package not in _PACKAGES:
        return (None,)
    op = Op(name, inputs, args)
    rule = _RULES.get(short)
    if rule is not None:
        return rule(op)
    if short in _UNARY:
        return (identity(inputs[0]),)
    if short in _NORMALIZERS:
        return (_normalize(op, short),)
    if short in _BINARY or short in _PRODUCTS:
        return (_elementwise(op, short not in _PRODUCTS),)
    if short in _REDUCTIONS:
        axes = op.get("axis axes reduction_indices dim", 1)
        return (reduce_axes(inputs[0], axes, as_flag(op.get("keepdims keep_dims", 2, False))),)
    return (None,)


def _elementwise(op: Op, carried: bool) -> Plan:
    """Tensors and numbers combined; what is not known to be a number may have any shape."""
    merge = op.name.startswith("keras.layers.")
    if not merge and any(
        not isinstance(operand, (int, float, complex, str)) and operand is not None for operand in op.operands()
    ):
        return None
    return broadcast(op.inputs, carried=carried, batch_first=merge)


def _normalize(op: Op, short: str) -> Plan:
    shape = op.inputs[0]
    if shape is None:
        return None
    # K.l2_normalize and tf.math.l2_normalize take all axes by default.
    otherwise = 0 if short.startswith("cum") else (None if short == "l2_normalize" else -1)
    axis = op.get("axis dim", 1, otherwise)
    axes = None if axis is None else normal_axes(axis, len(shape))
    return identity(shape, mixed=range(len(shape)) if axes is None else axes)


def _concat(op: Op) -> tuple[Plan, ...]:
    # tf.concat has no default; keras.ops and numpy take 0, K.concatenate and keras.layers.concatenate -1.
    last = op.name.startswith(("keras.backend.", "keras.layers."))
    return (concatenate(op.inputs, op.get("axis concat_dim", 1, -1 if last else 0)),)


def _stack(op: Op) -> tuple[Plan, ...]:
    known = [shape for shape in op.inputs if shape is not None]
    if not known or any(len(shape) != len(known[0]) for shape in known):
        return (None,)
    rank = len(known[0])
    place = normal(op.get("axis", 1, 0), rank + 1)
    if place is None:
        return (None,)
    shared = len(op.inputs) > 1
    plan = [
        Axis(
            join_dim([None if shape is None else shape[axis] for shape in op.inputs]),
            tuple(Back(number, axis, Way.KEEP, shared) for number in range(len(op.inputs))),
        )
        for axis in range(rank)
    ]
    plan.insert(place, Axis(len(op.inputs)))
    return (tuple(plan),)


def _unstack(op: Op) -> tuple[Plan, ...]:
    shape = op.inputs[0]
    position = 2 if op.name.startswith("tensorflow.") else (1 if op.name != "keras.ops.unstack" else 2)
    axis = None if shape is None else normal(op.get("axis", position, 0), len(shape))
    if shape is None or axis is None:
        return (None,)
    dim = shape[axis]
    plan = tuple(source(shape, index) for index in range(len(shape)) if index != axis)
    return (plan,) * dim if isinstance(dim, int) and 0 < dim <= 1000 else (None,)


def _split(op: Op) -> tuple[Plan, ...]:
    """tf.split(value, parts, axis=0), keras.ops.split(x, indices_or_sections, axis=0)."""
    shape = op.inputs[0]
    axis = None if shape is None else normal(op.get("axis", 2, 0), len(shape))
    parts = op.get("num_or_size_splits indices_or_sections num_split", 1, UNKNOWN)
    if shape is None or axis is None:
        return (None,)
    whole = shape[axis]
    sizes: list[Dim]
    count = as_int(parts)
    if count is not None and 0 < count <= 1000:
        sizes = [whole // count if isinstance(whole, int) and whole % count == 0 else None] * count
    elif isinstance(parts, tuple) and parts and op.name.startswith("tensorflow."):
        sizes = [size if (size := as_int(part)) is not None and size >= 0 else None for part in parts]
    elif isinstance(parts, tuple):
        ends = [0, *(as_int(part) for part in parts), whole]
        sizes = [
            max(stop - start, 0) if isinstance(start, int) and isinstance(stop, int) and start >= 0 <= stop else None
            for start, stop in pairwise(ends)
        ]
    else:
        return (None,)
    return tuple(
        tuple(Axis(size, (Back(0, axis),)) if index == axis else source(shape, index) for index in range(len(shape)))
        for size in sizes
    )


def _transpose(op: Op) -> tuple[Plan, ...]:
    order = op.get("perm axes pattern", 1)
    shape = op.inputs[0]
    if order is None:
        order = None if shape is None else tuple(reversed(range(len(shape))))
    return (permute(shape, order),)


def _swapaxes(op: Op) -> tuple[Plan, ...]:
    shape = op.inputs[0]
    if shape is None:
        return (None,)
    first = normal(op.get("axis1", 1, UNKNOWN), len(shape))
    second = normal(op.get("axis2", 2, UNKNOWN), len(shape))
    if first is None or second is None:
        return (None,)
    order = list(range(len(shape)))
    order[first], order[second] = second, first
    return (permute(shape, tuple(order)),)


def _moveaxis(op: Op) -> tuple[Plan, ...]:
    shape = op.inputs[0]
    if shape is None:
        return (None,)
    start = normal(op.get("source", 1, UNKNOWN), len(shape))
    end = normal(op.get("destination", 2, UNKNOWN), len(shape))
    if start is None or end is None:
        return (None,)
    order = [axis for axis in range(len(shape)) if axis != start]
    order.insert(end, start)
    return (permute(shape, tuple(order)),)


def _reshape(op: Op) -> tuple[Plan, ...]:
    target = as_target(op.get("shape newshape", 1, UNKNOWN))
    if target is None:
        return (None,)
    sizes, free = target
    # A size that is not known may itself be -1: then no other axis is free, and its size is what is left.
    known = all(size is not None or index in free for index, size in enumerate(sizes))
    return (reshape(op.inputs[0], sizes, free[0] if free and known else None),)


def _flatten(op: Op) -> tuple[Plan, ...]:
    """K.batch_flatten: all but the batch."""
    shape = op.inputs[0]
    if shape is None or not shape:
        return ((Axis(None, (Back(0, 0),)), Axis(None)) if shape is None else None,)
    rest = reshape(shape[1:], (None,), 0)
    return (shifted(rest, shape[0]),)


def shifted(plan: Plan, batch: Dim) -> Plan:
    """The plan of what follows the batch axis, with the batch axis before it."""
    if plan is None:
        return None
    moved = (
        Axis(axis.dim, tuple(Back(back.input, back.axis + 1, back.way, back.shared) for back in axis.backs))
        for axis in plan
    )
    return (Axis(batch, (Back(0, 0),)), *moved)


def _expand(op: Op) -> tuple[Plan, ...]:
    shape = op.inputs[0]
    axis = op.get("axis dim", 1, -1 if op.name.startswith("keras.backend.") else UNKNOWN)
    place = None if shape is None else normal(axis, len(shape) + 1)
    if shape is None or place is None:
        return (None,)
    plan = [source(shape, index) for index in range(len(shape))]
    plan.insert(place, Axis(1))
    return (tuple(plan),)


def _squeeze(op: Op) -> tuple[Plan, ...]:
    shape = op.inputs[0]
    axis = op.get("axis squeeze_dims", 1)
    if shape is None:
        return (None,)
    if axis is None:
        if any(not isinstance(dim, int) for dim in shape[1:]):
            return (None,)  # an axis of unknown size may be 1
        gone: tuple[int, ...] | None = tuple(index for index, dim in enumerate(shape) if dim == 1)
    else:
        gone = normal_axes(axis, len(shape))
    if gone is None:
        return (None,)
    return (tuple(source(shape, index) for index in range(len(shape)) if index not in gone),)


def _tile(op: Op) -> tuple[Plan, ...]:
    shape = op.inputs[0]
    times = op.get("multiples repeats n", 1, UNKNOWN)
    if shape is None or not isinstance(times, tuple) or len(times) != len(shape):
        return (None,)
    plan: list[Axis] = []
    for index, time in enumerate(times):
        count = as_int(time)
        dim = shape[index]
        size = dim if count == 1 else (dim * count if isinstance(dim, int) and count is not None else None)
        # An axis of size 1 that is repeated carries the same thing at every position: it is made here.
        plan.append(Axis(size, () if dim == 1 and count != 1 else (Back(0, index),)))
    return (tuple(plan),)


def _repeat(op: Op) -> tuple[Plan, ...]:
    shape = op.inputs[0]
    if op.name == "keras.backend.repeat":  # (batch, features) -> (batch, n, features)
        count = as_int(op.get("n", 1, UNKNOWN))
        if shape is not None and len(shape) != 2:
            return (None,)
        known = shape if shape is not None else (None, None)
        return ((source(known, 0), Axis(count), source(known, 1)),)
    times = as_int(op.get("repeats rep", 1, UNKNOWN))
    axis = None if shape is None else normal(op.get("axis", 2, UNKNOWN), len(shape))
    if shape is None or axis is None:
        return (None,)
    dim = shape[axis]
    size = dim * times if isinstance(dim, int) and times is not None else None
    made = Axis(size, () if dim == 1 and times != 1 else (Back(0, axis),))
    return (tuple(made if index == axis else source(shape, index) for index in range(len(shape))),)


def _reverse(op: Op) -> tuple[Plan, ...]:
    return (identity(op.inputs[0]),)


def _roll(op: Op) -> tuple[Plan, ...]:
    axis = op.get("axis", 2, None)
    return (identity(op.inputs[0]) if axis is not None else None,)


def _matmul(op: Op) -> tuple[Plan, ...]:
    """A @ b on the last two axes; numpy and keras.ops also take vectors, which are not told here."""
    pair = op.pair()
    if pair is None or len(pair[0]) < 2 or len(pair[1]) < 2:
        return (None,)
    a, b = pair
    flips = [as_flag(op.get(names, 99, False)) for names in ("transpose_a adjoint_a", "transpose_b adjoint_b")]
    if None in flips:
        return (None,)
    rows = len(a) - (1 if flips[0] else 2)
    columns = len(b) - (2 if flips[1] else 1)
    batch = broadcast((a[:-2], b[:-2]), carried=False)
    if batch is None:
        return (None,)
    return ((*batch, source(a, rows, 0), source(b, columns, 1)),)


def _dot(op: Op) -> tuple[Plan, ...]:
    """K.dot, numpy.dot, keras.ops.dot: the last axis of x against the last but one of y; the Dot layer."""
    pair = op.pair()
    if pair is None:
        return (None,)
    x, y = pair
    if op.name.startswith("keras.layers."):
        return (dot(x, y, op.get("axes", 1, UNKNOWN)),)
    if len(x) < 2 or len(y) < 2:
        return (None,)
    kept = [source(x, axis) for axis in range(len(x) - 1)]
    kept += [source(y, axis, 1) for axis in range(len(y)) if axis != len(y) - 2]
    return (tuple(kept),)


def _batch_dot(op: Op) -> tuple[Plan, ...]:
    pair = op.pair()
    if pair is None:
        return (None,)
    x, y = pair
    axes = op.get("axes", 2)
    return (dot(x, y, (len(x) - 1, max(len(y) - 2, 1)) if axes is None else axes),)


def dot(x: Sequence[Dim], y: Sequence[Dim], axes: object) -> Plan:
    """The Dot layer: per sample, one axis of x against one of y (Keras 2.15 and 3.15 layers/merging/dot.py)."""
    pair = axes if isinstance(axes, tuple) else (axes, axes)
    if len(pair) != 2:
        return None
    first, second = normal(pair[0], len(x)), normal(pair[1], len(y))
    if not first or not second:
        return None
    kept = [source(x, axis) for axis in range(len(x)) if axis != first]
    kept += [source(y, axis, 1) for axis in range(1, len(y)) if axis != second]
    return tuple(kept) if len(kept) > 1 else (*kept, Axis(1))


def _einsum(op: Op) -> tuple[Plan, ...]:
    equation = op.get("equation subscripts", 0, UNKNOWN)
    return (einsum(equation, op.inputs),)


def einsum(equation: object, inputs: Sequence[Shape]) -> Plan:
    """An explicit equation without ellipsis, such as `btd,bsd->bts`."""
    if not isinstance(equation, str) or "." in equation or "->" not in equation:
        return None
    left, _, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(inputs):
        return None
    plan: list[Axis] = []
    for label in right:
        dims: list[Dim] = []
        backs: list[Back] = []
        for number, (term, shape) in enumerate(zip(terms, inputs, strict=True)):
            if label in term and shape is not None and len(shape) == len(term):
                dims.append(shape[term.index(label)])
                backs.append(Back(number, term.index(label)))
            elif label in term:
                backs.append(Back(number, term.index(label)))
        known = [dim for dim in dims if dim is not None]
        plan.append(Axis(known[0] if known and all(dim == known[0] for dim in known) else None, tuple(backs)))
    return tuple(plan)


def _where(op: Op) -> tuple[Plan, ...]:
    if len(op.inputs) < 2:
        return (None,)  # where(condition) gives indices; with a number on one side too little is known
    return (_elementwise(op, True),)


def _one_hot(op: Op) -> tuple[Plan, ...]:
    shape = op.inputs[0]
    place = normal(op.get("axis", 99, -1), len(shape) + 1) if shape is not None else None
    if shape is None or place is None:
        return (None,)
    depth = as_int(op.get("depth num_classes", 1, UNKNOWN))
    plan = [source(shape, index) for index in range(len(shape))]
    plan.insert(place, Axis(depth))
    return (tuple(plan),)


def _lookup(op: Op) -> tuple[Plan, ...]:
    """tf.nn.embedding_lookup(params, ids): the ids' axes, then those of the table after its first."""
    pair = op.pair()
    if pair is None:
        return (None,)
    table, ids = pair
    return ((*(source(ids, axis, 1) for axis in range(len(ids))), *(Axis(dim) for dim in table[1:])),)


def _pad(op: Op) -> tuple[Plan, ...]:
    shape = op.inputs[0]
    widths = op.get("paddings pad_width padding", 1, UNKNOWN)
    if op.name == "keras.backend.temporal_padding":
        widths = ((0, 0), op.get("padding", 1, (1, 1)), (0, 0))
    if shape is None or not isinstance(widths, tuple) or len(widths) != len(shape):
        return (identity(None if shape is None else (None,) * len(shape)),)
    plan: list[Axis] = []
    for index, pair in enumerate(widths):
        both = [as_int(one) for one in pair] if isinstance(pair, tuple) else []
        size: Dim = None
        if len(both) == 2:
            size = shape[index] if both == [0, 0] else add_dims((shape[index], *both))
        plan.append(Axis(size, (Back(0, index),)))
    return (tuple(plan),)


def _getitem(op: Op) -> tuple[Plan, ...]:
    """Basic indexing: integers, slices, None, Ellipsis."""
    operands = op.operands()
    shape = op.inputs[0]
    if len(op.inputs) != 1 or len(operands) != 1:
        return (None,)
    keys = operands[0] if isinstance(operands[0], tuple) else (operands[0],)
    if any(not _is_index(key) for key in keys):
        return (None,)
    taken = sum(1 for key in keys if key is not None and key is not Ellipsis)
    if shape is None or taken > len(shape) or sum(key is Ellipsis for key in keys) > 1:
        return (None,)
    plan: list[Axis] = []
    axis = 0
    for key in (*keys, *(() if Ellipsis in [key for key in keys if key is Ellipsis] else (Ellipsis,))):
        if key is None:
            plan.append(Axis(1))
        elif key is Ellipsis:
            plan.extend(source(shape, axis + more) for more in range(len(shape) - taken))
            axis += len(shape) - taken
        elif isinstance(key, slice):
            plan.append(Axis(_slice_size(shape[axis], key), (Back(0, axis),)))
            axis += 1
        else:
            axis += 1
    return (tuple(plan),)


def _is_index(key: object) -> bool:
    if isinstance(key, slice):
        return all(part is None or as_int(part) is not None for part in (key.start, key.stop, key.step))
    return key is None or key is Ellipsis or as_int(key) is not None


def _slice_size(dim: Dim, key: slice) -> Dim:
    if (key.start in (None, 0)) and key.stop is None and key.step in (None, 1, -1):
        return dim
    if key.step == 0 or not isinstance(dim, int):
        return None
    return len(range(*key.indices(dim)))


def _argmax(op: Op) -> tuple[Plan, ...]:
    axes: object = {"tensorflow": 0, "keras.backend": -1}.get(op.name.rpartition(".")[0])
    return (reduce_axes(op.inputs[0], op.get("axis dimension", 1, axes), as_flag(op.get("keepdims", 99, False))),)


_RULES: dict[str, Rule] = {
    "argmax": _argmax,
    "argmin": _argmax,
    "concat": _concat,
    "concatenate": _concat,
    "stack": _stack,
    "unstack": _unstack,
    "split": _split,
    "transpose": _transpose,
    "permute_dimensions": _transpose,
    "swapaxes": _swapaxes,
    "moveaxis": _moveaxis,
    "reshape": _reshape,
    "batch_flatten": _flatten,
    "expand_dims": _expand,
    "squeeze": _squeeze,
    "tile": _tile,
    "repeat": _repeat,
    "repeat_elements": _repeat,
    "reverse": _reverse,
    "flip": _reverse,
    "roll": _roll,
    "matmul": _matmul,
    "dot": _dot,
    "batch_dot": _batch_dot,
    "einsum": _einsum,
    "where": _where,
    "one_hot": _one_hot,
    "embedding_lookup": _lookup,
    "pad": _pad,
    "temporal_padding": _pad,
    "getitem": _getitem,
}
