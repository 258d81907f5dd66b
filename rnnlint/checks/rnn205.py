"""RNN205: a cell in an RNN, where the layer of the same name would run on cuDNN."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import calls, scope
from rnnlint.checks.context import RuleSettings, only_in
from rnnlint.findings import Finding, Probe, Related
from rnnlint.graph import Graph
from rnnlint.keras.cudnn import as_layer, disqualifiers, kernel
from rnnlint.registry import rule

RULE = rule("RNN205")


def check(graph: Graph, settings: RuleSettings) -> Iterator[Finding]:
    """One finding per RNN with a single cell."""
    return _findings(graph, settings)


def _findings(graph: Graph, settings: RuleSettings) -> Iterator[Finding]:
    called = calls(graph)
    for layer in graph.layers:
        twin = as_layer(layer)
        if twin is None:
            continue
        env = settings.keras.restrict(layer.origin)
        where, sure = kernel(twin), layer.certain and twin.complete and twin.certain
        for lost in disqualifiers(twin, settings.keras):
            if lost.certain:
                where -= lost.where
            else:
                sure = False
        if where.within(env) == "none":
            continue
        cell = layer.children[0]
        yield Finding.of(
            RULE,
            message=f"RNN({cell.short}) has no cuDNN kernel; {twin.short} with the same arguments "
            f"{'runs' if sure else 'may run'} on cuDNN{scope(where, env)}, several times faster on a GPU",
            span=layer.span,
            certain=sure,
            label=f"{twin.short} would do the same on cuDNN",
            related=() if cell.span == layer.span else (Related(cell.span, f"this {cell.short}"),),
            probe=Probe(
                kind="cudnn",
                layer=layer.id,
                claims=("layer",),
                node=called.get(layer.id),
                argument=twin.short,
                where=only_in(where, env),
            ),
        )
