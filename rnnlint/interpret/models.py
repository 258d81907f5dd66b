"""Models: what a Sequential holds, `Model(inputs, outputs)`, and what is remembered of both.

A Sequential is a chain of `Links`, one for each layer, that shares its beginning with every earlier state of the model;
where branches meet, a link has several predecessors. The chain says what was added; its nodes are written when the
model is called, when its output is asked for, or at the end. So `.pop()` leaves nothing behind, a model without a known
input is written with the tensor that it is called on, and time stays linear in the number of layers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from rnnlint import graph
from rnnlint.graph import Layer, Node, Ref, Shape, Span
from rnnlint.interpret.base import Value
from rnnlint.interpret.context import Context
from rnnlint.interpret.join import join_shapes, join_tensors
from rnnlint.interpret.layers import add_node, call_layer, implicit_input, input_shape, known_outputs, layer_text
from rnnlint.interpret.memory import LINKS, Functional, Links, Sequential, Written, join_links
from rnnlint.interpret.tensors import as_tensor, join_all, possible, sequence, tensors
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
    RunsV,
    TensorV,
    TupleV,
    UnknownV,
)
from rnnlint.keras.kinds import Kind
from rnnlint.keras.shapes import op_outputs
from rnnlint.keras.table import kind_of

MOST_NODES = 40_000  # beyond this a model is not written a further time


# ---------------------------------------------------------------------------------------------------------------------
# Sequential: the chain


def construct_sequential(ctx: Context, args: CallArgs, span: Span) -> ModelV:
    """`Sequential(layers=None, name=None)`. Source: Keras 2.15 and 3.15 `Sequential.__init__`."""
    model = ModelV(ctx.store.new(), "sequential", span)
    fill_sequential(ctx, model, args, span)
    return model


def fill_sequential(ctx: Context, model: ModelV, args: CallArgs, span: Span) -> None:
    """Give a new Sequential its first layers and its name."""
    layers = args.positional[0] if args.positional else args.keyword("layers")
    name = args.positional[1] if len(args.positional) > 1 else args.keyword("name")
    frozen = ctx.freeze(name.value) if name is not None else None
    text = frozen.value if isinstance(frozen, graph.Const) and isinstance(frozen.value, str) else ""
    empty = Links()
    ctx.memory.sequentials[model.id] = Sequential(model, text, {empty: None}, Written(None))
    ctx.store.set(model.id, LINKS, empty)
    if layers is not None:
        add_all(ctx, model, layers.value, layers.span)
    elif not args.complete:
        add(ctx, model, ctx.unknown("the layers of a Sequential come from a splat that is not understood", span), span)


def add_all(ctx: Context, model: ModelV, value: Value, span: Span) -> None:
    """Add the layers of a list; of one of several lists, or of a list with an unknown end."""
    before = links_of(ctx, model)
    after = []
    options = value.options if isinstance(value, ChoiceV) else (value,)
    options = tuple(option for option in options if not (isinstance(option, ConstV) and option.value is None))
    if len(options) < (len(value.options) if isinstance(value, ChoiceV) else 0):
        after.append(before)
    for option in options:
        items = sequence(ctx, option)
        certain = ctx.graph.certain and len(options) == 1 and not after
        if items is None:
            reason = f"the layers of a Sequential are not understood: {layer_text(option)}"
            items = TupleV((ctx.unknown(reason, span),))
        after.append(_extend(ctx, before, items, span, certain))
    if after:
        _set(ctx, model, before, join_links(after))


def _extend(ctx: Context, links: Links, items: TupleV, span: Span, certain: bool) -> Links:
    for item in items.items:
        links = _link(ctx, links, item, span, certain)
    if not items.complete:
        links = Links(ctx.unknown("further layers of a Sequential are not known", span), (links,), span, certain)
    return links


def _link(ctx: Context, links: Links, layer: Value, span: Span, certain: bool) -> Links:
    if isinstance(layer, RunsV):
        runs = []
        for run in layer.runs:
            end = links
            for item in run:
                end = _link(ctx, end, item, span, False)
            runs.append(end)
        return join_links(runs)
    if isinstance(layer, ChoiceV) and any(
        isinstance(option, ConstV) and option.value is None for option in layer.options
    ):
        rest = tuple(option for option in layer.options if not (isinstance(option, ConstV) and option.value is None))
        layer = rest[0] if len(rest) == 1 else ChoiceV(rest)  # adding None would be an error on that path
    if isinstance(layer, LayerV):
        span = layer.layer.span
    return Links(layer, (links,), span, certain)


def links_of(ctx: Context, model: ModelV) -> Links:
    """The present state of a Sequential. One that was made on a path that was left is known by its tips."""
    content = ctx.store.get(model.id, LINKS)
    if isinstance(content, Links):
        return content
    if isinstance(content, ChoiceV):
        found = [option for option in content.options if isinstance(option, Links)]
    else:
        known = ctx.memory.sequentials.get(model.id)
        found = _tips(known) if known is not None else []
    joined = join_links(found) if found else Links()
    ctx.store.set(model.id, LINKS, joined)
    return joined


def add(ctx: Context, model: ModelV, layer: Value, span: Span) -> None:
    """`model.add(layer)`."""
    before = links_of(ctx, model)
    _set(ctx, model, before, _link(ctx, before, layer, span, ctx.graph.certain))


def pop(ctx: Context, model: ModelV) -> Value:
    """`model.pop()`: the layer that was the last one."""
    last = links_of(ctx, model)
    ends = [last] if last.layer is not None or not last.previous else list(last.previous)
    popped = [end.layer for end in ends if end.layer is not None]
    after = [one for end in ends for one in (end.previous or (end,))]
    _set(ctx, model, last, join_links(after))
    known = ctx.memory.sequentials.get(model.id)
    if known is not None:
        for end in ends:
            known.tips.pop(end, None)
    return ctx.join(popped) if popped else ConstV(None)


def _set(ctx: Context, model: ModelV, before: Links, after: Links) -> None:
    ctx.store.set(model.id, LINKS, after)
    known = ctx.memory.sequentials.get(model.id)
    if known is not None:
        known.tips.pop(before, None)
        known.tips[after] = None


def _ordered(tip: Links, done: dict[Links, TensorV | None]) -> list[Links]:
    """The links up to `tip` that are not in `done`, each after its predecessors."""
    order: list[Links] = []
    seen: set[Links] = set()
    stack: list[tuple[Links, bool]] = [(tip, False)]
    while stack:
        links, ready = stack.pop()
        if ready:
            order.append(links)
        elif links not in seen and links not in done:
            seen.add(links)
            stack.append((links, True))
            stack.extend((one, False) for one in reversed(links.previous))
    return order


def layers_of(ctx: Context, tip: Links) -> Value:
    """The layers of a Sequential as a list; input layers do not count."""
    items: list[Value] = []
    complete = True
    while tip.previous:
        if len(tip.previous) > 1:
            complete = False
            break
        if not _is_input(tip.layer):
            items.append(tip.layer if tip.layer is not None else UnknownV("layer"))
        tip = tip.previous[0]
    items.reverse()
    if complete:
        return ctx.new_list(items)
    # The beginning depends on the path; positions from the end are still known.
    return ctx.new_list([RunsV(tuple((UnknownV("layers differ by path"),) * n for n in (0, 1))), *items])


def _is_input(layer: Value | None) -> bool:
    return isinstance(layer, TensorV) or (isinstance(layer, LayerV) and kind_of(layer.layer) is Kind.INPUT)


# ---------------------------------------------------------------------------------------------------------------------
# Sequential: writing it to the graph


def write(ctx: Context, tip: Links, written: Written, own: bool = False) -> TensorV | None:
    """The tensor after `tip`; None for an empty model without an input. Nodes come into the graph once."""
    for links in _ordered(tip, written.after):
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
    """The tensor after the first layer."""
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
    """The nodes of a model that has an input of its own."""
    functional = ctx.memory.functionals.get(model.id)
    if functional is not None:
        return [id for id in functional.nodes if ctx.graph.nodes[id].kind != "input"]
    known = ctx.memory.sequentials[model.id]
    return [node for links in _ordered(links_of(ctx, model), {}) for node in known.own.nodes.get(links, ())]


def _start(ctx: Context, layer: Value, span: Span, written: Written) -> TensorV:
    """The input that the first layer declares, or an unknown one."""
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
    if _is_input(layer):
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
    """Whether a Sequential knows its own input."""
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
    """Whether the model has an input of its own: a Sequential may only get one where it is called."""
    known = ctx.memory.sequentials.get(model.id)
    if known is None:
        return model.id in ctx.memory.functionals
    return known.own.declared is not None or _begins(ctx, links_of(ctx, model))


def ends(ctx: Context, model: ModelV) -> tuple[tuple[TensorV, ...], TensorV | None]:
    """Inputs and (first) output of a model that has an input of its own."""
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
    """Guard against a model that contains itself."""
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
    tips = {known.model.id: _tips(known, links_of(ctx, known.model)) for known in ending}
    inside = {id for ends in tips.values() for tip in ends for id in _nested(tip)}
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
    nodes = [node for links in _ordered(tip, {}) for node in written.nodes.get(links, ())]
    inputs = written.start.refs if written.start is not None else ()
    outputs = output.refs if output is not None else ()
    ctx.graph.model("sequential", known.name, known.model.span, inputs, outputs, nodes)


def _tips(known: Sequential, *further: Links) -> list[Links]:
    """The ends of a Sequential's chain, those left out that another end goes on from."""
    tips = {**known.tips, **dict.fromkeys(further)}
    inner = _before(tips)
    return [tip for tip in tips if tip not in inner]


def _nested(tip: Links) -> Iterator[int]:
    """Ids of the models among the layers, also inside wrappers."""
    for links in _ordered(tip, {}):
        stack = [links.layer]
        while stack:
            layer = stack.pop()
            if isinstance(layer, ModelV):
                yield layer.id
            elif isinstance(layer, LayerV):
                stack.extend(layer.children)
            elif isinstance(layer, ChoiceV):
                stack.extend(layer.options)


def _before(tips: Iterable[Links]) -> set[Links]:
    """All links that come before one of `tips`."""
    seen: set[Links] = set()
    stack = [one for tip in tips for one in tip.previous]
    while stack:
        links = stack.pop()
        if links not in seen:
            seen.add(links)
            stack.extend(links.previous)
    return seen


# ---------------------------------------------------------------------------------------------------------------------
# Functional models


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
    starts = _ends(ctx, inputs)
    stops = _ends(ctx, outputs)
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


def _ends(ctx: Context, arg: ArgV) -> tuple[TensorV, ...]:
    items = sequence(ctx, arg.value)
    if items is not None and items.complete and not any(isinstance(item, RunsV) for item in items.items):
        return tuple(as_tensor(ctx, item, arg.span) for item in items.items)
    found = tensors(ctx, arg.value)
    return tuple(found) or (as_tensor(ctx, arg.value, arg.span),)


def _between(ctx: Context, inputs: Sequence[TensorV], outputs: Sequence[TensorV]) -> tuple[int, ...]:
    """The nodes from which the outputs come, back to the inputs, in order."""
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


def call_model(ctx: Context, model: ModelV, args: CallArgs, span: Span) -> Value:
    """A model is called on tensors: its nodes once more, over the same layers."""
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
    """The nodes of a functional model, once more on other inputs."""
    given = [as_tensor(ctx, arg.value, arg.span)] if len(known.inputs) == 1 else list(_ends(ctx, arg))
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
    """Shape of an output of a node of the graph under construction."""
    outputs = ctx.graph.nodes[ref.node].outputs
    return outputs[ref.output] if ref.output < len(outputs) else None


def _copy(ctx: Context, node: Node, inputs: Sequence[TensorV]) -> Node:
    """The same call on other tensors."""
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


def functional_layers(ctx: Context, known: Functional) -> list[Value] | None:
    """The layers of a functional model that is one chain, in order, the input first; None for any other shape."""
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
    """The value of a layer of the graph, with what it wraps."""
    known = ctx.memory.layers.get(layer.id)
    if known is not None:
        return known
    return LayerV(layer, tuple(layer_value(ctx, child) for child in layer.children))


def layers_in(ctx: Context, model: ModelV) -> Iterator[Value]:
    """All layers of a model, in no order that the code could index."""
    functional = ctx.memory.functionals.get(model.id)
    if functional is not None:
        seen: set[int] = set()
        for id in functional.nodes:
            layer = ctx.graph.nodes[id].layer
            if layer is not None and layer.id not in seen:
                seen.add(layer.id)
                yield layer_value(ctx, layer)
    else:
        for links in _ordered(links_of(ctx, model), {}):
            if links.layer is not None:
                yield links.layer


def sequential_of(ctx: Context, instance: InstanceV) -> ModelV:
    """The Sequential that an instance of a user's subclass of Sequential is, for `self.add(...)`."""
    known = ctx.memory.sequentials.get(instance.id)
    if known is None:
        model = ModelV(instance.id, "sequential", instance.cls.span)
        fill_sequential(ctx, model, CallArgs(), instance.cls.span)
        return model
    return known.model


def model_of(ctx: Context, instance: InstanceV) -> ModelV | None:
    """What `functional_init` or `sequential_of` made of the instance, if anything."""
    functional = ctx.memory.functionals.get(instance.id)
    if functional is not None:
        return functional.model
    known = ctx.memory.sequentials.get(instance.id)
    return None if known is None else known.model
