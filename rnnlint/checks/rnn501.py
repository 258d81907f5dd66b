"""RNN501: a GRU whose recurrent dropout scales the state itself."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import place
from rnnlint.checks.context import RuleSettings, affected, confidence_in
from rnnlint.checks.rate import argument_text, rate
from rnnlint.findings import Finding, Probe
from rnnlint.flow.view import View
from rnnlint.keras.defects import GRU_STATE_GROWS, GRU_STATE_GROWS_WITH_DROPOUT
from rnnlint.keras.kinds import Kind
from rnnlint.keras.table import kind_of
from rnnlint.registry import rule

RULE = rule("RNN501")


def check(view: View, settings: RuleSettings) -> Iterator[Finding]:
    """One finding per GRU or GRUCell."""
    called = view.first_calls
    for layer in view.graph.layers:
        if kind_of(layer) not in (Kind.RECURRENT, Kind.CELL) or layer.short not in ("GRU", "GRUCell"):
            continue
        arg, dropped = layer.arg("recurrent_dropout"), rate(layer, "recurrent_dropout")
        if arg is None or not dropped.active:
            continue
        defect = GRU_STATE_GROWS_WITH_DROPOUT if rate(layer, "dropout").always else GRU_STATE_GROWS
        env = view.targets.restrict(layer.origin)
        confidence = confidence_in(defect.where, env, RULE, settings)
        if confidence is None:
            continue
        sure = confidence == "certain" and dropped.always and layer.certain
        span, related = place(layer, arg)
        yield Finding.of(
            RULE,
            message=f"{argument_text(layer, 'recurrent_dropout')} {'makes' if sure else 'may make'} the state of this "
            f"{layer.short} "
            f"explode: {defect.releases} scales the state itself at every timestep and carries it on, so that nothing "
            f"bounds it{defect.mended}",
            span=span,
            certain=sure,
            label="the state grows at every timestep",
            related=related,
            probe=Probe(
                kind="state",
                layer=layer.id,
                claims=("grows",),
                node=called.get(layer.id),
                argument="recurrent_dropout",
                where=affected(defect.where, env),
                fixed=defect.fixed,
            ),
        )
