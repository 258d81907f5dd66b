"""Functional models: `Model(inputs, outputs)`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rnnlint.graph import Layer, Span
from rnnlint.interpret.base import Value
from rnnlint.interpret.semantics.chains import links_of, ordered
from rnnlint.interpret.semantics.context import Context
from rnnlint.interpret.semantics.memory import Functional
from rnnlint.interpret.semantics.tensors import as_tensor, sequence, tensors
from rnnlint.interpret.values import ArgV, CallArgs, ConstV, LayerV, ModelV, RunsV, TensorV, UnknownV


def construct_functional(ctx: Context, args: CallArgs, span: Span) -> Value:
    """`Model(inputs, outputs)`, with the `input=`, `output=` of Keras 1."""
    model = fill_functional(ctx, ctx.store.new(), args, span)
    if model is None:
        return ctx.unknown("a Model without inputs and outputs that are understood", span)
    return model


def fill_functional(ctx: Context, id: int, args: CallArgs, span: Span) -> ModelV | None:
    """Make the object `id` a functional model; None where the arguments name no inputs and outputs."""
    positional = list(args.positional)
    inputs = args.keyword("inputs") or args.keyword("input") or (positional.pop(0) if positional else None)
    outputs = args.keyword("outputs") or args.keyword("output") or (positional.pop(0) if positional else None)
    if inputs is None or outputs is None:
        return None
    name = args.keyword("name") or (positional.pop(0) if positional else None)
    text = name.value.value if name is not None and isinstance(name.value, ConstV) else ""
    model = ModelV(id, "functional", span)
    starts = end_tensors(ctx, inputs)
    stops = end_tensors(ctx, outputs)
    single = sequence(ctx, outputs.value) is None and ctx.mapping(outputs.value) is None
    nodes = _between(ctx, starts, stops)
    known = Functional(model, text if isinstance(text, str) else "", starts, stops, single, nodes)
    ctx.memory.functionals[id] = known
    ctx.graph.model(
        "functional",
        known.name,
        span,
        [ref for one in starts for ref in one.refs],
        [ref for one in stops for ref in one.refs],
        nodes,
    )
    return model


def end_tensors(ctx: Context, arg: ArgV) -> tuple[TensorV, ...]:
    """Return the tensors that an argument names as inputs or outputs of a model."""
    items = sequence(ctx, arg.value)
    if items is not None and items.complete and not any(isinstance(item, RunsV) for item in items.items):
        return tuple(as_tensor(ctx, item, arg.span) for item in items.items)
    found = tensors(ctx, arg.value)
    return tuple(found) or (as_tensor(ctx, arg.value, arg.span),)


def _between(ctx: Context, inputs: Sequence[TensorV], outputs: Sequence[TensorV]) -> tuple[int, ...]:
    """Return the nodes from which the outputs come, back to the inputs, in order."""
    start = {ref for tensor in inputs for ref in tensor.refs}
    seen: set[int] = {ref.node for ref in start}
    stack = [ref.node for tensor in outputs for ref in tensor.refs if ref not in start]
    while stack:
        id = stack.pop()
        if id in seen:
            continue
        seen.add(id)
        stack.extend(ref.node for refs in ctx.graph.nodes[id].inputs for ref in refs if ref not in start)
    return tuple(sorted(seen))


def functional_layers(ctx: Context, known: Functional) -> list[Value] | None:
    """Return the layers of a functional model that is one chain, in order, the input first; else None."""
    if len(known.inputs) != 1 or len(known.outputs) != 1:
        return None
    layers: list[Value] = []
    before: int | None = None
    for id in known.nodes:
        node = ctx.graph.nodes[id]
        if before is not None and ([ref.node for refs in node.inputs for ref in refs] != [before] or not node.certain):
            return None
        before = id
        if node.layer is not None:
            layers.append(layer_value(ctx, node.layer))
        else:
            layers.append(UnknownV("an input or an operation of a model", node.span))
    distinct = {layer.layer.id for layer in layers if isinstance(layer, LayerV)}
    return layers if len(distinct) == sum(isinstance(layer, LayerV) for layer in layers) else None


def layer_value(ctx: Context, layer: Layer) -> LayerV:
    """Return the value of a layer of the graph, with what it wraps."""
    known = ctx.memory.layers.get(layer.id)
    if known is not None:
        return known
    return LayerV(layer, tuple(layer_value(ctx, child) for child in layer.children))


def layers_in(ctx: Context, model: ModelV) -> Iterator[Value]:
    """Yield all layers of a model, in no order that the code could index."""
    functional = ctx.memory.functionals.get(model.id)
    if functional is not None:
        seen: set[int] = set()
        for id in functional.nodes:
            layer = ctx.graph.nodes[id].layer
            if layer is not None and layer.id not in seen:
                seen.add(layer.id)
                yield layer_value(ctx, layer)
    else:
        for links in ordered(links_of(ctx, model), {}):
            if links.layer is not None:
                yield links.layer
