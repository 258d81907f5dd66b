"""RNN504: ConvLSTM layers that ignore their dropout."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import calls, place
from rnnlint.checks.context import RuleSettings, only_in, spoken_of
from rnnlint.checks.rate import rate, said
from rnnlint.findings import Finding, Probe
from rnnlint.graph import Graph
from rnnlint.keras.defects import CONV_LSTM_IGNORES
from rnnlint.keras.table import Kind, kind_of
from rnnlint.registry import rule

RULE = rule("RNN504")


def check(graph: Graph, settings: RuleSettings) -> Iterator[Finding]:
    """One finding per argument."""
    return _findings(graph, settings)


def _findings(graph: Graph, settings: RuleSettings) -> Iterator[Finding]:
    called = calls(graph)
    for layer in graph.layers:
        if kind_of(layer) is not Kind.CONV_RECURRENT:
            continue
        env = settings.keras.restrict(layer.origin)
        confidence = spoken_of(CONV_LSTM_IGNORES.where, env, RULE, settings)
        for name in ("dropout", "recurrent_dropout"):
            arg, dropped = layer.arg(name), rate(layer, name)
            if arg is None or confidence is None or not dropped.active:
                continue
            sure = confidence == "certain" and dropped.always and layer.certain
            span, related = place(layer, arg)
            yield Finding.of(
                RULE,
                message=f"{said(layer, name)} of this {layer.short} {'does' if sure else 'may do'} nothing: "
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
                    where=only_in(CONV_LSTM_IGNORES.where, env),
                    fixed=CONV_LSTM_IGNORES.fixed,
                ),
            )
