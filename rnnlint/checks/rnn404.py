"""RNN404: one seed in several dropout layers of a model."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import place
from rnnlint.checks.context import RuleSettings, affected, confidence_in
from rnnlint.checks.rate import rate
from rnnlint.findings import Finding, Probe, Related
from rnnlint.flow.paths import dropout, inputs_shape
from rnnlint.flow.view import View
from rnnlint.graph import Const, Node
from rnnlint.keras.defects import SEEDS_SHARED
from rnnlint.registry import rule

RULE = rule("RNN404")


def check(view: View, settings: RuleSettings) -> Iterator[Finding]:
    """Every dropout layer whose seed another one before it has."""
    return (finding for model in view.graph.models for finding in _of_model(view, model.nodes, settings))


def _of_model(view: View, nodes: tuple[int, ...], settings: RuleSettings) -> Iterator[Finding]:
    earlier: list[Node] = []
    for id in nodes:
        node = view.graph.nodes[id]
        layer = node.layer
        # What TimeDistributed wraps is called once for each timestep.
        if layer is None or dropout(layer) is not layer or _seed(node) is None or not rate(layer).active:
            continue
        env = view.targets.for_origin(layer.origin)
        confidence = confidence_in(SEEDS_SHARED.where, env, RULE, settings)
        first = next((one for one in earlier if _same(view, one, node) is not False), None)
        earlier.append(node)
        arg = layer.arg("seed")
        if first is None or first.layer is None or arg is None or confidence is None:
            continue
        sure = confidence == "certain" and _same(view, first, node) and node.certain and first.certain
        span, related = place(layer, arg)
        yield Finding.of(
            RULE,
            message=f"this {layer.short} has the same seed as the {first.layer.short} in line {first.layer.span.row}: "
            "in Keras 3 both draw the same mask at every call",
            span=span,
            certain=bool(sure),
            label="the same mask as another layer",
            related=(Related(first.layer.span, "has the same seed"), *related),
            probe=Probe(
                kind="calls",
                layer=layer.id,
                claims=("same-mask",),
                node=node.id,
                node_ids=(first.id, node.id),
                where=affected(SEEDS_SHARED.where, env),
            ),
        )


def _seed(node: Node) -> int | None:
    arg = node.layer.arg("seed") if node.layer is not None else None
    value = arg.value.value if arg is not None and isinstance(arg.value, Const) else None
    return value if type(value) is int else None


def _same(view: View, one: Node, two: Node) -> bool | None:
    """Whether two calls of different layers draw the same mask; None where their shapes are not known."""
    if one.layer is None or two.layer is None or one.layer.span == two.layer.span or _seed(one) != _seed(two):
        return False
    if one.layer.name != two.layer.name or _noise(one) != _noise(two):
        return False
    rates = rate(one.layer).value, rate(two.layer).value
    if None not in rates and rates[0] != rates[1]:
        return False
    shapes = inputs_shape(view.graph, one, 0), inputs_shape(view.graph, two, 0)
    if shapes[0] is None or shapes[1] is None:
        return None
    if len(shapes[0]) != len(shapes[1]):
        return False
    sizes = list(zip(shapes[0][1:], shapes[1][1:], strict=True))
    if any(isinstance(a, int) and isinstance(b, int) and a != b for a, b in sizes):
        return False
    return True if None not in rates and all(a is not None and a == b for a, b in sizes) else None


def _noise(node: Node) -> object:
    arg = node.layer.arg("noise_shape") if node.layer is not None else None
    return None if arg is None else arg.value
