"""The layers of a Sequential, as a chain.

A Sequential is a chain of `Links`, one for each layer, that shares its beginning with every earlier state of the model.
Where branches meet, a link has several predecessors. The chain only says what was added: its nodes are written to the
graph (`models.write`) when the model is called, when its output is read, or at the end. So `.pop()` leaves nothing
behind, a model without a known input is written with the tensor that it is called on, and time stays linear in the
number of layers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rnnlint import graph
from rnnlint.graph import Span
from rnnlint.interpret.base import Value
from rnnlint.interpret.semantics.context import Context
from rnnlint.interpret.semantics.layers import layer_text
from rnnlint.interpret.semantics.memory import LINKS, Links, Sequential, Written, join_links
from rnnlint.interpret.semantics.tensors import sequence
from rnnlint.interpret.values import (
    CallArgs,
    ChoiceV,
    ConstV,
    InstanceV,
    LayerV,
    ModelV,
    RunsV,
    TensorV,
    TupleV,
    UnknownV,
)
from rnnlint.keras.kinds import Kind
from rnnlint.keras.table import kind_of


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


def sequential_of(ctx: Context, instance: InstanceV) -> ModelV:
    """Return the Sequential that an object of a user's subclass is, for `self.add(...)`; it is made where needed."""
    known = ctx.memory.sequentials.get(instance.id)
    if known is None:
        model = ModelV(instance.id, "sequential", instance.cls.span)
        fill_sequential(ctx, model, CallArgs(), instance.cls.span)
        return model
    return known.model


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
    """Return the present state of a Sequential. Of one made on a path that was left, the tips are known."""
    content = ctx.store.get(model.id, LINKS)
    if isinstance(content, Links):
        return content
    if isinstance(content, ChoiceV):
        found = [option for option in content.options if isinstance(option, Links)]
    else:
        known = ctx.memory.sequentials.get(model.id)
        found = tips_of(known) if known is not None else []
    joined = join_links(found) if found else Links()
    ctx.store.set(model.id, LINKS, joined)
    return joined


def add(ctx: Context, model: ModelV, layer: Value, span: Span) -> None:
    """`model.add(layer)`."""
    before = links_of(ctx, model)
    _set(ctx, model, before, _link(ctx, before, layer, span, ctx.graph.certain))


def pop(ctx: Context, model: ModelV) -> Value:
    """Do `model.pop()` and return the layer that was the last one."""
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


def ordered(tip: Links, done: dict[Links, TensorV | None]) -> list[Links]:
    """Return the links up to `tip` that are not in `done`, each after its predecessors."""
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
    """Return the layers of a Sequential as a list; input layers do not count."""
    items: list[Value] = []
    complete = True
    while tip.previous:
        if len(tip.previous) > 1:
            complete = False
            break
        if not is_input(tip.layer):
            items.append(tip.layer if tip.layer is not None else UnknownV("layer"))
        tip = tip.previous[0]
    items.reverse()
    if complete:
        return ctx.new_list(items)
    # The beginning depends on the path; positions from the end are still known.
    return ctx.new_list([RunsV(tuple((UnknownV("layers differ by path"),) * n for n in (0, 1))), *items])


def is_input(layer: Value | None) -> bool:
    """Return whether a layer of a Sequential is its input: a tensor or an `InputLayer`."""
    return isinstance(layer, TensorV) or (isinstance(layer, LayerV) and kind_of(layer.layer) is Kind.INPUT)


def tips_of(known: Sequential, *further: Links) -> list[Links]:
    """Return the ends of a Sequential's chain, without those that another end continues."""
    tips = {**known.tips, **dict.fromkeys(further)}
    inner = _before(tips)
    return [tip for tip in tips if tip not in inner]


def nested_models(tip: Links) -> Iterator[int]:
    """Yield ids of the models among the layers, also inside wrappers."""
    for links in ordered(tip, {}):
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
    """Return all links that come before one of `tips`."""
    seen: set[Links] = set()
    stack = [one for tip in tips for one in tip.previous]
    while stack:
        links = stack.pop()
        if links not in seen:
            seen.add(links)
            stack.extend(links.previous)
    return seen
