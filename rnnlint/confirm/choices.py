"""Which of an argument's possible values a job takes: one for which the finding happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from rnnlint.findings import Probe
from rnnlint.flow.paths import dropout
from rnnlint.flow.view import View
from rnnlint.graph import Const, Graph, Items, Layer, Node, Range, Unknown, Value, options
from rnnlint.keras.cudnn import disqualifiers
from rnnlint.keras.kinds import Kind
from rnnlint.keras.masks import check_noise_shape
from rnnlint.keras.scalars import number
from rnnlint.keras.table import kind_of
from rnnlint.keras.versions import KerasTargets


def outer_layer(graph: Graph, probe: Probe) -> Layer:
    """The layer that is called: the wrapper around the one that the finding is about."""
    if probe.node is not None and (layer := graph.nodes[probe.node].layer) is not None:
        return layer
    wrappers = (Kind.BIDIRECTIONAL, Kind.TIME_DISTRIBUTED)
    for layer in reversed(graph.layers):
        if kind_of(layer) in wrappers and any(inner.id == probe.layer for inner in layer.walk()):
            return layer
    return graph.layers[probe.layer]


def inner_layer(outer: Layer, id: int) -> Layer:
    """The layer with an id in the layer that is called: that one itself, or one that it wraps."""
    return next(layer for layer in outer.walk() if layer.id == id)


def with_value(layer: Layer, id: int, name: str, value: Value) -> Layer:
    """A layer with another value for an argument of it, or of the layer inside with that id."""
    if layer.id == id:
        return replace(layer, args=tuple(replace(arg, value=value) if arg.name == name else arg for arg in layer.args))
    return replace(layer, children=tuple(with_value(child, id, name, value) for child in layer.children))


def choose(outer: Layer, inner: Layer, name: str, happens: Callable[[Layer], bool]) -> Value:
    """The first possible value of an argument of `inner` for which something happens to `outer`; else the first one."""
    arg = inner.arg(name)
    if arg is None:
        return Unknown()
    for option in options(arg.value):
        for one in _ends(option):
            if happens(with_value(outer, inner.id, name, one)):
                return one
    return options(arg.value)[0]


def _ends(option: Value) -> Iterator[Value]:
    """A value itself; of a range half of its upper end where that is a rate, and its ends."""
    if not isinstance(option, Range):
        yield option
        return
    high = option.high
    if high is not None and 0 < high <= 1:
        yield Const(high / 2 if option.low is None or option.low < high / 2 else high)
    for end in (option.low, high):
        if end is not None:
            yield Const(end)


def highest(layer: Layer, name: str) -> Value:
    """The highest legal rate that an argument may have; 0.5 where the layer is not given it."""
    arg = layer.arg(name)
    known = [rate for one in options(arg.value) if (rate := number(one)) is not None and 0 < rate < 1] if arg else []
    if known:
        return Const(max(known))
    return next((one for option in options(arg.value) for one in _ends(option)), Const(0.5)) if arg else Const(0.5)


def rates(layer: Layer) -> Iterator[tuple[str, Value]]:
    """The rate of a dropout that shows most, by the argument's name: the highest legal one, 0.5 where none is known."""
    for name in ("rate", "p"):
        arg = layer.arg(name)
        if arg is None:
            continue
        choices = options(arg.value)
        known = [rate for one in choices if (rate := number(one)) is not None and 0 < rate < 1]
        tops = [one.high for one in choices if isinstance(one, Range) and one.high is not None and 0 < one.high < 1]
        if known or tops:
            yield name, Const(max(known or tops))
            return
        yield name, Const(0.5) if any(isinstance(one, Range) for one in choices) else Unknown()
        return


def batch_size(layer: Layer) -> int | None:
    """The batch size that a noise shape is written for; None where it fits every one."""
    arg = layer.arg("noise_shape")
    first = arg.value.items[0] if arg is not None and isinstance(arg.value, Items) and arg.value.items else None
    return first.value if isinstance(first, Const) and type(first.value) is int and first.value > 1 else None


def rank_of(layer: Layer) -> int:
    """The rank of the input of a dropout about which nothing is known."""
    inside = dropout(layer)
    outer = 0 if inside is layer else 1
    if inside is None:
        return 3
    if kind_of(inside) is Kind.SPATIAL_DROPOUT:
        return {"1": 3, "2": 4, "3": 5}.get(inside.short[-2:-1], 3) + outer
    arg = inside.arg("noise_shape")
    if arg is not None and isinstance(arg.value, Items) and arg.value.items:
        return max(2, len(arg.value.items)) + outer
    return 3


def recurrent_rank(layer: Layer) -> int:
    """The rank of the input of a recurrent layer, or of a wrapper around one."""
    what = kind_of(layer)
    if what is Kind.TIME_DISTRIBUTED:
        return 1 + (recurrent_rank(layer.children[0]) if layer.children else 3)
    if what is Kind.BIDIRECTIONAL and layer.children:
        return recurrent_rank(layer.children[0])
    if what is Kind.CONV_RECURRENT:
        return {"1D": 4, "2D": 5, "3D": 6}.get(layer.short[-2:], 5)
    return 3


def dropping(view: View, probe: Probe, node: Node) -> tuple[Layer, dict[tuple[int, str], Value]]:
    """The layer that a node calls, and the values of the dropout's arguments for which the finding happens."""
    assert node.layer is not None
    inside = dropout(node.layer)
    chosen: dict[tuple[int, str], Value] = {}
    if inside is None:
        return node.layer, chosen
    chosen.update({(inside.id, name): value for name, value in rates(inside)})
    arg = inside.arg("noise_shape")
    if arg is not None:
        for option in options(arg.value):
            one = with_value(node.layer, inside.id, "noise_shape", option)
            shape = view.graph.shape(node.inputs[0][0]) if node.inputs and node.inputs[0] else None
            found = {problem.kind for problem in check_noise_shape(one, shape, probe.rank, view.targets)}
            if not isinstance(option, Unknown) and (not probe.problems or found & probe.problems):
                chosen[inside.id, "noise_shape"] = option
                break
        if arg.positional and probe.kind == "error":
            chosen[inside.id, "#"] = Const(None)
    return node.layer, chosen


def harmless(owner: Layer, layer: Layer, env: KerasTargets, but: Sequence[str]) -> dict[tuple[int, str], Value]:
    """Values for the arguments of `layer`, `owner`'s or its cell's, that leave it on cuDNN where they may do either."""

    def stays(name: str, one: Layer) -> bool:
        return name not in {found.argument for found in disqualifiers(one, env) if found.certain}

    chosen: dict[tuple[int, str], Value] = {}
    for arg in layer.args:
        if arg.name not in but and len(options(arg.value)) > 1:
            value = choose(layer, layer, arg.name, partial(stays, arg.name))
            for one in owner.walk():
                if one.arg(arg.name) is not None and not isinstance(value, Unknown):
                    chosen[one.id, arg.name] = value
    return chosen
