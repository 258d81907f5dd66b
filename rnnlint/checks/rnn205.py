"""RNN205: a cell in an RNN, where the layer of the same name would run on cuDNN."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rnnlint.checks.arguments import calls, scope
from rnnlint.checks.context import RuleSettings, once, only_in
from rnnlint.checks.flow import kind
from rnnlint.findings import Finding, Probe, Related, Rule
from rnnlint.graph import Graph, Layer
from rnnlint.keras.cudnn import NOWHERE, disqualifiers, kernel
from rnnlint.keras.table import Kind

RULE = Rule(
    code="RNN205",
    name="cell-never-uses-cudnn",
    summary="Reports `RNN(LSTMCell(...))` and `RNN(GRUCell(...))` where LSTM or GRU would do the same on cuDNN.",
    default=False,
    runtime="cudnn",
    needs=(frozenset({"recurrent layer", "cell"}),),
)

_LAYERS = {"LSTMCell": "LSTM", "GRUCell": "GRU"}


def check(graph: Graph, settings: RuleSettings) -> Iterator[Finding]:
    """One finding per RNN with a single cell."""
    return once(_findings(graph, settings))


def _findings(graph: Graph, settings: RuleSettings) -> Iterator[Finding]:
    called = calls(graph)
    for layer in graph.layers:
        twin = _twin(layer)
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
        yield Finding(
            RULE.code,
            RULE.name,
            f"RNN({cell.short}) has no cuDNN kernel; {twin.short} with the same arguments "
            f"{'runs' if sure else 'may run'} on cuDNN{scope(where, env)}, several times faster on a GPU",
            layer.span,
            "certain" if sure else "possible",
            f"{twin.short} would do the same on cuDNN",
            () if cell.span == layer.span else (Related(cell.span, f"this {cell.short}"),),
            probe=Probe(
                "cudnn", layer.id, "layer", called.get(layer.id), argument=twin.short, where=only_in(where, env)
            ),
        )


def _twin(layer: Layer) -> Layer | None:
    """The LSTM or GRU that does what an RNN with one cell does; None for every other layer."""
    if kind(layer) is not Kind.RNN or len(layer.children) != 1:
        return None
    cell = layer.children[0]
    name = _LAYERS.get(cell.short) if kind(cell) is Kind.CELL else None
    if name is None or kernel(replace(cell, name=f"keras.layers.{name}")) == NOWHERE:
        return None
    return replace(
        cell,
        name=f"keras.layers.{name}",
        args=(*cell.args, *(arg for arg in layer.args if arg.name != "cell")),
        complete=cell.complete and layer.complete,
    )
