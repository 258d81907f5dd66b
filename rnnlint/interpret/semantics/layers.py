"""Layers: what constructing one gives, and what calling one gives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice, product
from typing import TYPE_CHECKING

from rnnlint import graph
from rnnlint.graph import Arg, Layer, Node, Ref, Shape, Span
from rnnlint.interpret.base import Value
from rnnlint.interpret.semantics.context import Context
from rnnlint.interpret.semantics.tensors import as_arg, as_tensor, possible, sequence, shape_of, tensors
from rnnlint.interpret.values import (
    ArgV,
    CallArgs,
    ChoiceV,
    ClassV,
    ConstV,
    ExternalV,
    FunctionV,
    InstanceV,
    LayerV,
    ModelV,
    RunsV,
    TensorV,
    UnknownV,
)
from rnnlint.keras.kinds import Kind
from rnnlint.keras.shapes import layer_outputs
from rnnlint.keras.table import LayerSpec, bind, default, kind_of, spec

if TYPE_CHECKING:
    from rnnlint.keras.names import Symbol

MOST_WRAPPERS = 8  # alternatives of what a wrapper wraps that are told apart

RECURRENT = frozenset(
    {
        Kind.RECURRENT,
        Kind.RNN,
        Kind.CONV_RECURRENT,
        Kind.CUDNN_RECURRENT,
        Kind.BIDIRECTIONAL,
        Kind.CELL,
        Kind.STACKED_CELLS,
    }
)
_CHILDREN = {
    Kind.BIDIRECTIONAL: ("layer", "backward_layer"),
    Kind.TIME_DISTRIBUTED: ("layer",),
    Kind.WRAPPER: ("layer",),
    Kind.RNN: ("cell",),
    Kind.STACKED_CELLS: ("cells",),
    Kind.CONV_RECURRENT: ("cell",),
}
_FIRST = ("inputs", "input", "x", "sequence", "sequences", "input_tensor", "query")
# Arguments of a call that may be tensors, but carry no values into the output.
_BESIDE = frozenset({"mask", "training", "attention_mask", "query_mask", "value_mask", "key_mask", "use_causal_mask"})


# ---------------------------------------------------------------------------------------------------------------------
# Construction


def construct_layer(ctx: Context, symbol: Symbol, args: CallArgs, span: Span) -> Value:
    """Return the layer that calling its class makes; a ChoiceV of layers where what it wraps is a ChoiceV."""
    found = spec(symbol.name)
    bound, complete = _bind(ctx, found, symbol, args, span)
    names = _CHILDREN.get(found.kind, ()) if found is not None else ()
    wrapped = {name: arg.value for wanted in names for name, arg, _ in bound if name == wanted}
    frozen = [as_arg(ctx, name, arg, positional) for name, arg, positional in bound]
    if ctx.memory.data_format is not None and found is not None and complete:
        usual = default(found, "data_format", ctx.env.for_origin(symbol.origin))
        if usual is not None and usual.value is None and not any(arg.name == "data_format" for arg in frozen):
            frozen.append(Arg("data_format", ctx.memory.data_format, span))
    function: tuple[Value, ...] = ()
    if found is not None and found.kind is Kind.LAMBDA:
        function = tuple(arg.value for wanted in ("function", "arguments") for name, arg, _ in bound if name == wanted)
    if not wrapped:
        layer = ctx.graph.layer(symbol.name, "keras", symbol.origin, frozen, span, (), complete)
        return remember(ctx, LayerV(layer, function))
    alternatives = list(islice(_alternatives(ctx, list(wrapped.values())), MOST_WRAPPERS + 1))
    if len(alternatives) > MOST_WRAPPERS:
        alternatives = [(UnknownV("too many alternatives", span),)]
    made: list[Value] = []
    with possible(ctx, len(alternatives) > 1):
        for children in alternatives:
            layers = [as_layer(ctx, child, span) for child in children]
            named = dict(zip(wrapped, children, strict=False))
            args_here = [_rebound(arg, named.get(arg.name)) for arg in frozen]
            layer = ctx.graph.layer(symbol.name, "keras", symbol.origin, args_here, span, layers, complete)
            made.append(remember(ctx, LayerV(layer, children)))
    return ctx.join(made)


def _bind(
    ctx: Context, found: LayerSpec | None, symbol: Symbol, args: CallArgs, span: Span
) -> tuple[list[tuple[str, ArgV, bool]], bool]:
    """Return the arguments by parameter, and whether there are no others."""
    complete = args.complete
    bound: list[tuple[str, ArgV, bool]]
    if found is None:
        bound = [(f"#{index}", arg, True) for index, arg in enumerate(args.positional)]
        bound += [(name, arg, False) for name, arg in args.keywords]
    else:
        binding = bind(found, args.positional, args.keywords, ctx.env.for_origin(symbol.origin))
        bound = list(binding.args)
        for arg in binding.unclear:
            # Versions disagree on its name, so it may be any argument that is not seen otherwise.
            bound.append((f"#{next(i for i, one in enumerate(args.positional) if one is arg)}", arg, True))
            complete = False
        for error in binding.errors:
            ctx.graph.note(span, error)
    return bound, complete


def _rebound(arg: Arg, child: Value | None) -> Arg:
    """Return the argument of one alternative: the layer itself instead of the ChoiceV of layers."""
    if isinstance(child, LayerV) and isinstance(arg.value, graph.Choice):
        return replace(arg, value=graph.LayerArg(child.layer.id))
    return arg


def remember(ctx: Context, layer: LayerV) -> LayerV:
    """Keep the value, with what it wraps, by the layer's id."""
    ctx.memory.layers[layer.layer.id] = layer
    return layer


def _alternatives(ctx: Context, values: Sequence[Value]) -> Iterable[tuple[Value, ...]]:
    """Yield what may be wrapped, flat, in order: a cell, the cells of a list, a layer and its backward layer."""
    columns = [[run for option in _options(value) for run in _runs(ctx, option)] for value in values]
    for rows in product(*columns):
        yield tuple(child for row in rows for child in row)


def _runs(ctx: Context, value: Value) -> list[tuple[Value, ...]]:
    if isinstance(value, ConstV) and value.value is None:
        return [()]
    items = sequence(ctx, value)
    if items is None:
        return [(value,)]
    runs: list[tuple[Value, ...]] = [()]
    for item in items.items:
        more = list(item.runs) if isinstance(item, RunsV) else [(option,) for option in _options(item)]
        runs = [(*run, *one) for run in runs for one in more]
        if len(runs) > MOST_WRAPPERS:
            return [(UnknownV("too many alternatives"),)]
    if not items.complete:
        runs = [(*run, UnknownV("further items of the list are not known")) for run in runs]
    return runs


def _options(value: Value) -> tuple[Value, ...]:
    return value.options if isinstance(value, ChoiceV) else (value,)


def as_layer(ctx: Context, value: Value, span: Span) -> Layer:
    """Return what is wrapped, as a layer of the graph; opaque with its reason where it is not understood."""
    if isinstance(value, LayerV):
        return value.layer
    key = id(value)
    if isinstance(value, (ModelV, InstanceV)):
        key = -value.id
    known = ctx.memory.wrapped.get(key)
    if known is not None:
        return known[1]
    if isinstance(value, ModelV):
        name = "keras.Sequential" if value.kind == "sequential" else "keras.Model"
        layer = ctx.graph.layer(name, "keras", "keras", (), value.span, complete=False)
    elif isinstance(value, InstanceV):
        layer = ctx.graph.layer(value.cls.name, "user", "", (), value.cls.span, complete=False)
    else:
        layer = ctx.graph.layer(layer_text(value), "opaque", "", (), span, complete=False)
    ctx.memory.wrapped[key] = (value, layer)
    return layer


def layer_text(value: Value) -> str:
    """Return a few words for a value that stands where a layer is expected."""
    match value:
        case UnknownV():
            return value.reason or "unknown"
        case ExternalV():
            return value.name
        case FunctionV() | ClassV():
            return value.name
        case ConstV():
            return repr(value.value)[:40]
        case _:
            return "unknown"


# ---------------------------------------------------------------------------------------------------------------------
# Input


def construct_input(ctx: Context, symbol: Symbol, args: CallArgs, span: Span) -> Value:
    """`keras.Input(...)`: a tensor, the output of an input node."""
    tensor = args.keyword("tensor")
    if tensor is not None and tensors(ctx, tensor.value):
        return as_tensor(ctx, tensor.value, tensor.span)
    order = ("shape", "batch_size", "dtype") if 3 in ctx.env.majors else ("shape", "batch_size", "name", "dtype")
    frozen = [as_arg(ctx, name, arg, True) for name, arg in zip(order, args.positional, strict=False)]
    frozen += [as_arg(ctx, name, arg) for name, arg in args.keywords]
    node = ctx.graph.node("input", symbol.name, (), (_declared(frozen),), span, args=frozen)
    return TensorV((Ref(node.id),), node.shape)


def _declared(args: Iterable[Arg]) -> Shape:
    """Return the shape, batch included, that `shape=`, `batch_shape=`, `batch_size=` declare."""
    given = {arg.name: arg.value for arg in args}
    for name in ("batch_shape", "batch_input_shape"):
        if name in given and given[name] != graph.Const(None):
            return shape_of(given[name])
    shape = None
    for name in ("shape", "input_shape"):
        if name in given and given[name] != graph.Const(None):
            shape = shape_of(given[name])
    if shape is None:
        return None
    batch = given.get("batch_size")
    size = batch.value if isinstance(batch, graph.Const) and type(batch.value) is int else None
    return (size, *shape)


def input_shape(ctx: Context, layer: Layer) -> tuple[bool, Shape]:
    """Return whether the layer, as the first of a Sequential, declares its input, and the shape, batch included.

    Source: Keras 2.15 `base_layer.Layer.__init__`, `layers/rnn/base_rnn.RNN.__init__` (`input_length`, `input_dim`),
    `layers/core/embedding.Embedding.__init__`; Keras 3.15 `layers/layer.Layer.__init__`.
    """
    kind = kind_of(layer)
    given = {arg.name: arg.value for arg in layer.args}
    if kind is Kind.INPUT:
        return True, _declared(layer.args)
    if "batch_input_shape" in given or "input_shape" in given or "batch_shape" in given:
        return True, _declared(layer.args)
    batch = given.get("batch_size", graph.Const(None))
    size = batch.value if isinstance(batch, graph.Const) and type(batch.value) is int else None
    length = given.get("input_length")
    width = given.get("input_dim")
    timesteps = length.value if isinstance(length, graph.Const) and type(length.value) is int else None
    if kind is Kind.EMBEDDING:
        if isinstance(length, graph.Items):  # a shape of its own, Keras 2
            shape = shape_of(length)
            return True, None if shape is None else (size, *shape)
        if (length is not None and length != graph.Const(None)) or ctx.env.for_origin(layer.origin).majors == {2}:
            return True, (size, timesteps)
        return False, None
    if width is None:
        if kind in (Kind.TIME_DISTRIBUTED, Kind.BIDIRECTIONAL) and length is None:
            return False, None
        if length is None:
            return False, None
    features = width.value if isinstance(width, graph.Const) and type(width.value) is int else None
    if kind in RECURRENT:
        return True, (size, timesteps, features)
    if width is None:
        return False, None
    if length is not None:
        return True, (size, timesteps, features)  # Conv1D and Dense of Keras 1
    return True, (size, features)


def implicit_input(ctx: Context, shape: Shape, span: Span) -> TensorV:
    """Return the input of a Sequential, or of what a wrapper applies to every timestep."""
    node = ctx.graph.node("input", "keras.Input", (), (shape,), span)
    return TensorV((Ref(node.id),), shape)


# ---------------------------------------------------------------------------------------------------------------------
# Calls


def call_layer(ctx: Context, layer: LayerV, args: CallArgs, span: Span) -> Value:
    """Add the call of a layer and return its output; a list of tensors where there are several."""
    kind = kind_of(layer.layer)
    inputs, beside = _arguments(ctx, kind, args, span)
    shapes = [tensor.shape for tensor in inputs]
    body: tuple[Ref, ...] = ()
    if kind is Kind.LAMBDA:
        result = _lambda_result(ctx, layer, inputs, span)
        outputs = _lambda_outputs(ctx, layer, inputs, result)
        body = result.refs if isinstance(result, TensorV) else ()
    else:
        outputs = _outputs(ctx, layer, kind, shapes, beside, span)
    node = add_node(ctx, layer.layer, [tensor.refs for tensor in inputs], outputs or (None,), span, beside)
    if body:
        ctx.graph.set_body(node.id, body)
    if not outputs:
        return UnknownV("what the function of a Lambda gives is not known", span, node.id)
    return node_value(ctx, node, kind)


def add_node(
    ctx: Context,
    layer: Layer,
    inputs: Sequence[tuple[Ref, ...]],
    outputs: Sequence[Shape],
    span: Span,
    args: Sequence[Arg] = (),
) -> Node:
    """Add the call of a layer to the graph and return its node."""
    node = ctx.graph.node("layer", layer.name, inputs, outputs, span, layer, args)
    ctx.memory.calls.setdefault(layer.id, []).append(node.id)
    return node


def node_value(ctx: Context, node: Node, kind: Kind | None) -> Value:
    """Return what the call of a layer gives to the code."""
    if len(node.outputs) > 1:
        return ctx.new_list([TensorV((Ref(node.id, index),), shape) for index, shape in enumerate(node.outputs)])
    if node.layer is not None and kind in RECURRENT and _returns_state(ctx, node.layer) is None:
        return UnknownV("whether the layer returns its state is not known", node.span, node.id)
    return TensorV((Ref(node.id),), node.shape)


def _returns_state(ctx: Context, layer: Layer) -> bool | None:
    """Return whether a call gives a list: the output and the states."""
    kind = kind_of(layer)
    if kind in (Kind.CELL, Kind.STACKED_CELLS):
        return None
    if kind is Kind.BIDIRECTIONAL:
        return _returns_state(ctx, layer.children[0]) if layer.children and layer.children[0].kind == "keras" else None
    arg = layer.arg("return_state")
    if arg is None:
        return False
    if isinstance(arg.value, graph.Const):
        return bool(arg.value.value)
    return None


def _arguments(ctx: Context, kind: Kind | None, args: CallArgs, span: Span) -> tuple[list[TensorV], tuple[Arg, ...]]:
    """Return the input tensors of a call, in order, and its other arguments."""
    if len(args.positional) == 1 and not args.keywords:
        return _flat(ctx, kind, args.positional[0]), ()
    positional = list(args.positional)
    keywords = dict(args.keywords)
    beside: list[Arg] = []
    inputs: list[TensorV] = []
    first = positional.pop(0) if positional else None
    if first is None:
        name = next((name for name in _FIRST if name in keywords), None)
        first = keywords.pop(name) if name is not None else None
    if first is None:
        inputs.append(as_tensor(ctx, UnknownV("a layer is called without an input that is understood", span), span))
    else:
        inputs.extend(_flat(ctx, kind, first))
    for index, arg in enumerate(positional, 1):
        name = _second(kind, arg.value) if index == 1 else f"#{index}"
        if kind is Kind.ATTENTION and name not in _BESIDE:
            name = f"#{index}"
        keywords.setdefault(name, arg)
        if name not in dict(args.keywords):
            beside.append(as_arg(ctx, name, arg, True))
    # Source: Keras 3.15 MultiHeadAttention.call(query, value, key=None, ...).
    for name in sorted(keywords, key=lambda name: {"value": 0, "key": 1}.get(name, 2)):
        if name not in _BESIDE:
            inputs.extend(tensors(ctx, keywords[name].value))
    beside += [as_arg(ctx, name, arg) for name, arg in args.keywords if name in keywords]
    return inputs, tuple(beside)


def _second(kind: Kind | None, value: Value) -> str:
    """What the second positional argument of a call is. Source: `__call__` of the layers of Keras 2.15 and 3.15."""
    if isinstance(value, ConstV) and isinstance(value.value, bool):
        return "training"
    if kind in RECURRENT:
        return "initial_state"
    return "#1" if kind in (None, Kind.ATTENTION, Kind.MERGE, Kind.DOT, Kind.LAMBDA) else "training"


def _flat(ctx: Context, kind: Kind | None, arg: ArgV) -> list[TensorV]:
    """Return the tensors of a layer's first argument: one, or the items of a list."""
    if isinstance(arg.value, TensorV):
        return [arg.value]
    items = sequence(ctx, arg.value)
    if items is None:
        mapping = ctx.mapping(arg.value)
        if mapping is not None and mapping.items:
            return [as_tensor(ctx, value, arg.span) for _, value in mapping.items]
        return [as_tensor(ctx, arg.value, arg.span)]
    inputs: list[TensorV] = []
    complete = items.complete
    for item in items.items:
        if isinstance(item, RunsV):
            # Which tensors there are depends on the path; none of them may be lost.
            inputs.extend(tensors(ctx, item))
            complete = False
        elif sequence(ctx, item) is not None:
            inputs.extend(tensors(ctx, item))  # [x, [h, c]]
        else:
            inputs.append(as_tensor(ctx, item, arg.span))
    if not inputs or (not complete and kind not in RECURRENT):
        reason = "further tensors of the list are not known" if inputs else "the list of tensors is not known"
        inputs.append(as_tensor(ctx, UnknownV(reason, arg.span), arg.span))
    return inputs


def _outputs(
    ctx: Context,
    layer: LayerV,
    kind: Kind | None,
    shapes: Sequence[Shape],
    beside: Sequence[Arg],
    span: Span,
) -> tuple[Shape, ...]:
    """Return shapes of the outputs of a call."""
    child = layer.children[0] if layer.children else None
    if kind is Kind.TIME_DISTRIBUTED and isinstance(child, (ModelV, InstanceV)):
        return (_each_timestep(ctx, child, shapes[0], span),)
    if kind is Kind.WRAPPER and isinstance(child, (ModelV, InstanceV)):
        return (None,)
    return known_outputs(ctx, layer.layer, shapes, beside)


def known_outputs(ctx: Context, layer: Layer, shapes: Sequence[Shape], beside: Sequence[Arg] = ()) -> tuple[Shape, ...]:
    """Return shapes of the outputs of a call, from the layer table alone."""
    if layer.kind != "keras":
        return (None,)
    return layer_outputs(layer, shapes, ctx.env.for_origin(layer.origin), beside) or (None,)


def _lambda_result(ctx: Context, layer: LayerV, inputs: Sequence[TensorV], span: Span) -> Value | None:
    """Return what the function of a Lambda gives for these inputs."""
    if not layer.children or layer.layer.id in ctx.memory.running:
        return None
    argument: Value = inputs[0] if len(inputs) == 1 else ctx.new_list(inputs)
    mapping = ctx.mapping(layer.children[1]) if len(layer.children) > 1 else None
    keywords = tuple(
        (name, ArgV(value, span)) for name, value in (mapping.items if mapping else ()) if isinstance(name, str)
    )
    ctx.memory.running.add(layer.layer.id)
    try:
        return ctx.call(layer.children[0], CallArgs((ArgV(argument, span),), keywords), span)
    finally:
        ctx.memory.running.discard(layer.layer.id)


def _lambda_outputs(ctx: Context, layer: LayerV, inputs: Sequence[TensorV], result: Value | None) -> tuple[Shape, ...]:
    """Return shapes of what the function of a Lambda gives; else what its `output_shape` (without the batch) says.

    Empty where not even the number of outputs is known.
    """
    if result is not None:
        items = sequence(ctx, result)
        shapes = [item.shape for item in items.items if isinstance(item, TensorV)] if items is not None else []
        if items is not None and items.complete and len(shapes) == len(items.items) > 0:
            return tuple(shapes)
        if isinstance(result, TensorV):
            return (result.shape,)
    declared = layer.layer.arg("output_shape")
    if declared is not None and not any(isinstance(one, graph.Const) for one in graph.options(declared.value)):
        shape = shape_of(declared.value)
        if shape is not None:
            return ((inputs[0].shape[0] if inputs[0].shape else None, *shape),)
    return ()


def _each_timestep(ctx: Context, child: Value, shape: Shape, span: Span) -> Shape:
    """Return shape of TimeDistributed(child): the child is run on one timestep."""
    inner = None if shape is None or len(shape) < 3 else (shape[0], *shape[2:])
    start = implicit_input(ctx, inner, span)
    result = ctx.call(child, CallArgs((ArgV(start, span),)), span)
    if not isinstance(result, TensorV) or result.shape is None or not result.shape:
        return None
    leading = (shape[0], shape[1]) if shape is not None and len(shape) >= 2 else (None, None)
    return (*leading, *result.shape[1:])
