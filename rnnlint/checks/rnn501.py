"""RNN501: a GRU whose recurrent dropout scales the state itself."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import calls, place
from rnnlint.checks.context import RuleSettings, only_in, spoken_of
from rnnlint.checks.rate import rate, said
from rnnlint.findings import Finding, Probe
from rnnlint.graph import Graph
from rnnlint.keras.defects import GRU_STATE_GROWS, GRU_STATE_GROWS_WITH_DROPOUT
from rnnlint.keras.table import Kind, kind_of
from rnnlint.registry import rule

RULE = rule("RNN501")


def check(graph: Graph, settings: RuleSettings) -> Iterator[Finding]:
    """One finding per GRU or GRUCell."""
    return _findings(graph, settings)


def _findings(graph: Graph, settings: RuleSettings) -> Iterator[Finding]:
    called = calls(graph)
    for layer in graph.layers:
        if kind_of(layer) not in (Kind.RECURRENT, Kind.CELL) or layer.short not in ("GRU", "GRUCell"):
            continue
        arg, dropped = layer.arg("recurrent_dropout"), rate(layer, "recurrent_dropout")
        if arg is None or not dropped.active:
            continue
        defect = GRU_STATE_GROWS_WITH_DROPOUT if rate(layer, "dropout").always else GRU_STATE_GROWS
        env = settings.keras.restrict(layer.origin)
        confidence = spoken_of(defect.where, env, RULE, settings)
        if confidence is None:
            continue
        sure = confidence == "certain" and dropped.always and layer.certain
        span, related = place(layer, arg)
        yield Finding.of(
            RULE,
            message=f"{said(layer, 'recurrent_dropout')} {'makes' if sure else 'may make'} the state of this "
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
                where=only_in(defect.where, env),
                fixed=defect.fixed,
            ),
        )
