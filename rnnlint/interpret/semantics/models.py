"""Calls of models, and how they are written to the graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from rnnlint.graph import Node, Ref, Shape, Span
from rnnlint.interpret.base import Value
from rnnlint.interpret.join import join_shapes, join_tensors
from rnnlint.interpret.semantics.chains import is_input, links_of, nested_models, ordered, tips_of
from rnnlint.interpret.semantics.context import Context
from rnnlint.interpret.semantics.functional import end_tensors
from rnnlint.interpret.semantics.layers import (
    add_node,
    call_layer,
    implicit_input,
    input_shape,
    known_outputs,
    layer_text,
)
from rnnlint.interpret.semantics.memory import Functional, Links, Sequential, Written
from rnnlint.interpret.semantics.tensors import as_tensor, join_all, possible, tensors
from rnnlint.interpret.values import (
    ArgV,
    CallArgs,
    ChoiceV,
    ClassV,
    ConstV,
    ExternalV,
    InstanceV,
    LayerV,
    ModelV,
    TensorV,
    UnknownV,
)
from rnnlint.keras.kinds import Kind
from rnnlint.keras.shapes import op_outputs
from rnnlint.keras.table import kind_of

MOST_NODES = 40_000  # beyond this a model is not written a further time


def write(ctx: Context, tip: Links, written: Written, own: bool = False) -> TensorV | None:
    """Write the nodes up to `tip`, each once, and return the tensor after it; None for an empty model without input."""
    for links in ordered(tip, written.after):
        first = len(ctx.graph.nodes)
        if not links.previous:
            written.after[links] = written.start
            continue
        if links.layer is None:
            met = [written.after[one] for one in links.previous]
            known = [tensor for tensor in met if tensor is not None]
            written.after[links] = join_all(known) if known else None
            if 0 < len(known) < len(met):
                written.partly.add(links)
        else:
            x = written.after[links.previous[0]]
            span = links.span
            assert span is not None
            with possible(ctx, not links.certain):
                if x is None or (own and isinstance(links.layer, TensorV)):
                    written.after[links] = _begin(ctx, links.layer, span, written)
                elif links.previous[0] in written.partly:
                    start = _start(ctx, links.layer, span, written)
                    written.after[links] = _step(ctx, links.layer, join_tensors(x, start), span)
                else:
                    written.after[links] = _step(ctx, links.layer, x, span)
        written.nodes[links] = range(first, len(ctx.graph.nodes))
    return written.after[tip]


def _begin(ctx: Context, layer: Value, span: Span, written: Written) -> TensorV:
    """Return the tensor after the first layer."""
    if isinstance(layer, TensorV):
        written.start = layer
        return layer
    if isinstance(layer, ModelV):
        inputs, output = ends(ctx, layer)
        if inputs and output is not None:
            written.start = inputs[0]
            _part(ctx, layer, inputs, output, _own_nodes(ctx, layer))
            return output
    return _step(ctx, layer, _start(ctx, layer, span, written), span)


def _own_nodes(ctx: Context, model: ModelV) -> list[int]:
    """Return the nodes of a model that has an input of its own."""
    functional = ctx.memory.functionals.get(model.id)
    if functional is not None:
        return [id for id in functional.nodes if ctx.graph.nodes[id].kind != "input"]
    known = ctx.memory.sequentials[model.id]
    return [node for links in ordered(links_of(ctx, model), {}) for node in known.own.nodes.get(links, ())]


def _start(ctx: Context, layer: Value, span: Span, written: Written) -> TensorV:
    """Return the input that the first layer declares, or an unknown one."""
    shape = written.declared
    declared: Shape = None
    if isinstance(layer, LayerV):
        declared = input_shape(ctx, layer.layer)[1]
    elif isinstance(layer, InstanceV) and (model := model_of(ctx, layer)) is not None:
        inputs = ends(ctx, model)[0]
        declared = inputs[0].shape if inputs else None
    shape = declared if declared is not None else shape
    start = implicit_input(ctx, shape, span)
    written.start = written.start or start
    return start


def _step(ctx: Context, layer: Value, x: TensorV, span: Span) -> TensorV:
    if is_input(layer):
        return x
    return as_tensor(ctx, apply(ctx, layer, CallArgs((ArgV(x, span),)), span), span)


def apply(ctx: Context, layer: Value, args: CallArgs, span: Span) -> Value:
    """Call whatever stands where a layer is expected: LayerV, ModelV, ChoiceV of them, or through `ctx.call`."""
    if isinstance(layer, LayerV):
        return call_layer(ctx, layer, args, span)
    if isinstance(layer, ModelV):
        return call_model(ctx, layer, args, span)
    if isinstance(layer, ChoiceV):
        with possible(ctx):
            return ctx.join([apply(ctx, option, args, span) for option in layer.options])
    if isinstance(layer, (UnknownV, ConstV, TensorV, ExternalV, ClassV)):
        inputs = [arg.value for arg in args.positional]
        return ctx.unknown(f"a layer is not understood: {layer_text(layer)}", span, inputs)
    return ctx.call(layer, args, span)


def _begins(ctx: Context, tip: Links) -> bool:
    """Return whether the first layer of a Sequential declares its input."""
    while tip.previous:
        if not tip.previous[0].previous and len(tip.previous) == 1:
            layer = tip.layer
            if isinstance(layer, TensorV):
                return True
            if isinstance(layer, LayerV):
                return input_shape(ctx, layer.layer)[0]
            return isinstance(layer, ModelV) and has_input(ctx, layer)
        # Of branches any will do that has a layer.
        tip = next((one for one in tip.previous if one.previous), tip.previous[0])
    return False


def has_input(ctx: Context, model: ModelV) -> bool:
    """Return whether the model has an input of its own: a Sequential may only get one where it is called."""
    known = ctx.memory.sequentials.get(model.id)
    if known is None:
        return model.id in ctx.memory.functionals
    return known.own.declared is not None or _begins(ctx, links_of(ctx, model))


def ends(ctx: Context, model: ModelV) -> tuple[tuple[TensorV, ...], TensorV | None]:
    """Return inputs and (first) output of a model that has an input of its own."""
    functional = ctx.memory.functionals.get(model.id)
    if functional is not None:
        return functional.inputs, functional.outputs[0] if functional.outputs else None
    known = ctx.memory.sequentials.get(model.id)
    if known is None or not has_input(ctx, model) or not _enter(ctx, model):
        return (), None
    try:
        output = write(ctx, links_of(ctx, model), known.own, own=True)
    finally:
        ctx.memory.running.discard(-model.id)
    return ((known.own.start,) if known.own.start is not None else ()), output


def _enter(ctx: Context, model: ModelV) -> bool:
    """Note that a model is being run; False where it is already, because it contains itself."""
    if -model.id in ctx.memory.running:
        return False
    ctx.memory.running.add(-model.id)
    return True


def finish(ctx: Context, since: int = 0) -> None:
    """Write the Sequentials that nothing else has written, and the models that the code names.

    Called at the end, and with `since=len(memory.sequentials)` as of its beginning at the end of everything whose
    changes are then taken back: the layers of a Sequential are called here, and need the attributes they were given.
    A Sequential without an input of its own that was called somewhere stands in the graph there, and only there.
    """
    ending = [known for known in list(ctx.memory.sequentials.values())[since:] if not known.finished]
    tips = {known.model.id: tips_of(known, links_of(ctx, known.model)) for known in ending}
    inside = {id for ends in tips.values() for tip in ends for id in nested_models(tip)}
    # Those that are called from others come last: by then they stand where they are called.
    for known in sorted(ending, key=lambda known: (not has_input(ctx, known.model), known.model.id in inside)):
        known.finished = True
        for tip in tips[known.model.id]:
            if tip.previous:
                try:
                    _finish(ctx, known, tip)
                except RecursionError:
                    ctx.graph.note(known.model.span, "models are nested too deeply to be followed")


def _finish(ctx: Context, known: Sequential, tip: Links) -> None:
    called = known.calls.get(tip)
    written = called if called is not None and not has_input(ctx, known.model) else known.own
    if not _enter(ctx, known.model):
        return
    try:
        output = write(ctx, tip, written, own=written is known.own)
    finally:
        ctx.memory.running.discard(-known.model.id)
    nodes = [node for links in ordered(tip, {}) for node in written.nodes.get(links, ())]
    inputs = written.start.refs if written.start is not None else ()
    outputs = output.refs if output is not None else ()
    ctx.graph.model("sequential", known.name, known.model.span, inputs, outputs, nodes)


def call_model(ctx: Context, model: ModelV, args: CallArgs, span: Span) -> Value:
    """Return what calling a model on tensors gives: its nodes are written once more, with the same layers."""
    given = [*args.positional[:1], *(arg for name, arg in args.keywords if name in ("inputs", "input", "x"))][:1]
    if not given:
        given = [ArgV(UnknownV("a model is called without an input that is understood", span), span)]
    arg = given[0]
    if len(ctx.graph.nodes) > MOST_NODES or not _enter(ctx, model):
        reason = "the model contains itself" if -model.id in ctx.memory.running else "the models are too large"
        return ctx.unknown(reason, span, [arg.value])
    try:
        functional = ctx.memory.functionals.get(model.id)
        first = len(ctx.graph.nodes)
        if functional is not None:
            result = _call_functional(ctx, functional, arg)
            remember_call(ctx, model, args, result, first)
            return result
        known = ctx.memory.sequentials.get(model.id)
        if known is None:
            return ctx.unknown("a model that is not understood", span, [arg.value])
        x = as_tensor(ctx, arg.value, arg.span)
        tip = links_of(ctx, model)
        written = Written(x)
        known.calls.setdefault(tip, written)
        first = len(ctx.graph.nodes)
        output = write(ctx, tip, written) or x
        _part(ctx, model, [x], output, range(first, len(ctx.graph.nodes)))
        return output
    finally:
        ctx.memory.running.discard(-model.id)


def remember_call(ctx: Context, whole: ModelV | InstanceV, args: CallArgs, result: Value, first: int) -> None:
    """Remember that the nodes from `first` on are the call of a model or of a user's layer."""
    given = [arg.value for arg in (*args.positional, *(arg for _, arg in args.keywords))]
    _part(ctx, whole, given, result, range(first, len(ctx.graph.nodes)))


def _part(ctx: Context, whole: ModelV | InstanceV, given: Iterable[Value], result: Value, nodes: Sequence[int]) -> None:
    inputs = [tensor.refs for value in given for tensor in tensors(ctx, value)]
    outputs = [ref for tensor in tensors(ctx, result) for ref in tensor.refs]
    if isinstance(whole, InstanceV):
        kind: Literal["subclass", "layer"] = "subclass" if whole.cls.keras == "keras.Model" else "layer"
        ctx.graph.part(whole.id, kind, whole.cls.name, whole.cls.span, inputs, outputs, nodes)
    elif (functional := ctx.memory.functionals.get(whole.id)) is not None:
        ctx.graph.part(whole.id, "functional", functional.name, whole.span, inputs, outputs, nodes)
    elif (sequential := ctx.memory.sequentials.get(whole.id)) is not None:
        ctx.graph.part(whole.id, "sequential", sequential.name, whole.span, inputs, outputs, nodes)


def _call_functional(ctx: Context, known: Functional, arg: ArgV) -> Value:
    """Write the nodes of a functional model once more on other inputs, and return its outputs."""
    given = [as_tensor(ctx, arg.value, arg.span)] if len(known.inputs) == 1 else list(end_tensors(ctx, arg))
    if len(given) != len(known.inputs):
        return ctx.unknown("a model is called on tensors that do not match its inputs", arg.span, [arg.value])
    mapped: dict[Ref, TensorV] = {}
    for old, new in zip(known.inputs, given, strict=True):
        mapped.update(dict.fromkeys(old.refs, new))
    for id in known.nodes:
        node = ctx.graph.nodes[id]
        if any(Ref(id, index) in mapped for index in range(len(node.outputs))):
            continue  # an input of the model
        if not any(ref in mapped for refs in node.inputs for ref in refs):
            continue
        inputs = [_moved(ctx, refs, mapped) for refs in node.inputs]
        with possible(ctx, not node.certain):
            copy = _copy(ctx, node, inputs)
        for index, shape in enumerate(copy.outputs):
            mapped[Ref(id, index)] = TensorV((Ref(copy.id, index),), shape)
    outputs = [_moved(ctx, tensor.refs, mapped) for tensor in known.outputs]
    if known.single and len(outputs) == 1:
        return outputs[0]
    return ctx.new_list(outputs)


def _moved(ctx: Context, refs: tuple[Ref, ...], mapped: dict[Ref, TensorV]) -> TensorV:
    if not refs:
        return TensorV((), None)
    return join_all([mapped.get(ref) or TensorV((ref,), ref_shape(ctx, ref)) for ref in refs])


def ref_shape(ctx: Context, ref: Ref) -> Shape:
    """Return shape of an output of a node of the graph under construction."""
    outputs = ctx.graph.nodes[ref.node].outputs
    return outputs[ref.output] if ref.output < len(outputs) else None


def _copy(ctx: Context, node: Node, inputs: Sequence[TensorV]) -> Node:
    """Add the same call on other tensors."""
    refs = [tensor.refs for tensor in inputs]
    shapes = [tensor.shape for tensor in inputs]
    old = [join_shapes([ref_shape(ctx, ref) for ref in refs]) if refs else None for refs in node.inputs]
    outputs: tuple[Shape, ...]
    if shapes == old:
        outputs = node.outputs
    elif node.kind == "op":
        outputs = op_outputs(node.name, shapes, node.args)
    elif node.kind == "layer" and node.layer is not None and kind_of(node.layer) is not Kind.LAMBDA:
        outputs = known_outputs(ctx, node.layer, shapes, node.args)
    else:
        outputs = (None,)
    if len(outputs) != len(node.outputs):
        outputs = (None,) * len(node.outputs)
    if node.kind == "layer" and node.layer is not None:
        return add_node(ctx, node.layer, refs, outputs, node.span, node.args)
    return ctx.graph.node(node.kind, node.name, refs, outputs, node.span, None, node.args, node.reason)


def model_of(ctx: Context, instance: InstanceV) -> ModelV | None:
    """Return what `functional_init` or `sequential_of` made of the instance, if anything."""
    functional = ctx.memory.functionals.get(instance.id)
    if functional is not None:
        return functional.model
    known = ctx.memory.sequentials.get(instance.id)
    return None if known is None else known.model
