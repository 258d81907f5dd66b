"""RNN401: `training=True` in a functional model, which `predict` and `evaluate` override."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.context import RuleSettings, affected, confidence_in
from rnnlint.checks.rate import rate
from rnnlint.findings import Finding, Probe, Related
from rnnlint.flow.view import View
from rnnlint.graph import Const, Layer, Node, options
from rnnlint.keras.defects import TRAINING_OVERRIDDEN
from rnnlint.keras.kinds import DROPOUTS, OWN_DROPOUT
from rnnlint.keras.table import kind_of
from rnnlint.registry import rule

RULE = rule("RNN401")


def check(view: View, settings: RuleSettings) -> Iterator[Finding]:
    """Every such call of a layer that drops something."""
    inside = {node for part in view.graph.parts if part.kind in ("layer", "subclass") for node in part.nodes}
    inside |= {node for model in view.graph.models if model.kind == "subclass" for node in model.nodes}
    functional = {node for model in view.graph.models if model.kind == "functional" for node in model.nodes}
    return (
        finding
        for node in view.graph.nodes
        if node.id in functional and node.id not in inside and node.layer is not None
        if (finding := _finding(view, node, node.layer, settings)) is not None
    )


def _finding(view: View, node: Node, layer: Layer, settings: RuleSettings) -> Finding | None:
    arg = node.arg("training")
    if arg is None:
        return None
    asked = [isinstance(one, Const) and one.value is not None and bool(one.value) for one in options(arg.value)]
    drops, always = _drops(layer)
    env = view.targets.for_origin(layer.origin)
    confidence = confidence_in(TRAINING_OVERRIDDEN.where, env, RULE, settings)
    if not any(asked) or not drops or confidence is None:
        return None
    sure = confidence == "certain" and all(asked) and always and node.certain
    return Finding.of(
        RULE,
        message=f"Keras 3 overrides `training=True` of this {layer.short}: in `predict` and `evaluate` a functional "
        "model drops nothing, and its results do not vary; call `model(x, training=True)` instead",
        span=arg.span,
        certain=sure,
        label="predict and evaluate override this",
        related=(Related(layer.span, f"this {layer.short}"),),
        probe=Probe(
            kind="calls",
            layer=layer.id,
            claims=("overridden",),
            node=node.id,
            where=affected(TRAINING_OVERRIDDEN.where, env),
        ),
    )


def _drops(layer: Layer) -> tuple[bool, bool]:
    """Whether a layer, or one inside, drops anything, and whether it does for sure."""
    found = []
    for one in layer.walk():
        if kind_of(one) in DROPOUTS:
            found.append(rate(one))
        elif kind_of(one) in OWN_DROPOUT:
            found += [rate(one, "dropout"), rate(one, "recurrent_dropout")]
    return any(one.active for one in found), any(one.always for one in found)
