"""RNN401: `training=True` in a functional model, which `predict` and `evaluate` override."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.context import RuleSettings, only_in, spoken_of
from rnnlint.checks.rate import rate
from rnnlint.findings import Finding, Probe, Related
from rnnlint.flow.paths import DROPOUTS
from rnnlint.graph import Const, Graph, Layer, Node, options
from rnnlint.keras.defects import TRAINING_OVERRIDDEN
from rnnlint.keras.table import Kind, kind_of
from rnnlint.registry import rule

RULE = rule("RNN401")

_OWN = (Kind.RECURRENT, Kind.CELL, Kind.CONV_RECURRENT)


def check(graph: Graph, settings: RuleSettings) -> Iterator[Finding]:
    """Every such call of a layer that drops something."""
    inside = {node for part in graph.parts if part.kind in ("layer", "subclass") for node in part.nodes}
    inside |= {node for model in graph.models if model.kind == "subclass" for node in model.nodes}
    functional = {node for model in graph.models if model.kind == "functional" for node in model.nodes}
    return (
        finding
        for node in graph.nodes
        if node.id in functional and node.id not in inside and node.layer is not None
        if (finding := _finding(node, node.layer, settings)) is not None
    )


def _finding(node: Node, layer: Layer, settings: RuleSettings) -> Finding | None:
    arg = node.arg("training")
    if arg is None:
        return None
    asked = [isinstance(one, Const) and one.value is not None and bool(one.value) for one in options(arg.value)]
    drops, always = _drops(layer)
    env = settings.keras.restrict(layer.origin)
    confidence = spoken_of(TRAINING_OVERRIDDEN.where, env, RULE, settings)
    if not any(asked) or not drops or confidence is None:
        return None
    sure = confidence == "certain" and all(asked) and always and node.certain
    return Finding.of(
        RULE,
        message=f"`training=True` of this {layer.short} is overridden in Keras 3: `predict` and `evaluate` of a "
        "functional "
        "model drop nothing, so that their results do not vary; call `model(x, training=True)`",
        span=arg.span,
        certain=sure,
        label="predict and evaluate override this",
        related=(Related(layer.span, f"this {layer.short}"),),
        probe=Probe(
            kind="calls",
            layer=layer.id,
            claims=("overridden",),
            node=node.id,
            where=only_in(TRAINING_OVERRIDDEN.where, env),
        ),
    )


def _drops(layer: Layer) -> tuple[bool, bool]:
    """Whether a layer, or one inside, drops anything, and whether it does for sure."""
    found = []
    for one in layer.walk():
        if kind_of(one) in DROPOUTS:
            found.append(rate(one))
        elif kind_of(one) in _OWN:
            found += [rate(one, "dropout"), rate(one, "recurrent_dropout")]
    return any(one.active for one in found), any(one.always for one in found)
