"""RNN504: ConvLSTM layers that ignore their dropout."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import place
from rnnlint.checks.context import RuleSettings, affected, confidence_in
from rnnlint.checks.rate import argument_text, rate
from rnnlint.findings import Finding, Probe
from rnnlint.flow.view import View
from rnnlint.keras.defects import CONV_LSTM_IGNORES
from rnnlint.keras.kinds import Kind
from rnnlint.keras.table import kind_of
from rnnlint.registry import rule

RULE = rule("RNN504")


def check(view: View, settings: RuleSettings) -> Iterator[Finding]:
    """One finding per argument."""
    called = view.first_calls
    for layer in view.graph.layers:
        if kind_of(layer) is not Kind.CONV_RECURRENT:
            continue
        env = view.targets.restrict(layer.origin)
        confidence = confidence_in(CONV_LSTM_IGNORES.where, env, RULE, settings)
        for name in ("dropout", "recurrent_dropout"):
            arg, dropped = layer.arg(name), rate(layer, name)
            if arg is None or confidence is None or not dropped.active:
                continue
            sure = confidence == "certain" and dropped.always and layer.certain
            span, related = place(layer, arg)
            yield Finding.of(
                RULE,
                message=f"{argument_text(layer, name)} of this {layer.short} {'does' if sure else 'may do'} nothing: "
                f"{CONV_LSTM_IGNORES.releases} ignores it{CONV_LSTM_IGNORES.mended}",
                span=span,
                certain=sure,
                label="drops nothing",
                related=related,
                probe=Probe(
                    kind="kept",
                    layer=layer.id,
                    claims=("ignored",),
                    node=called.get(layer.id),
                    argument=name,
                    probability=1.0,
                    where=affected(CONV_LSTM_IGNORES.where, env),
                    fixed=CONV_LSTM_IGNORES.fixed,
                ),
            )
