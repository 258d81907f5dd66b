"""RNN205: a cell in an RNN, where the layer of the same name would run on cuDNN."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.context import RuleSettings, affected
from rnnlint.checks.cudnn import in_short
from rnnlint.findings import Finding, Probe, Related
from rnnlint.flow.view import View
from rnnlint.keras.cudnn import as_layer, disqualifiers, kernel
from rnnlint.registry import rule

RULE = rule("RNN205")


def check(view: View, _settings: RuleSettings) -> Iterator[Finding]:
    """One finding per RNN with a single cell."""
    called = view.first_calls
    for layer in view.graph.layers:
        twin = as_layer(layer)
        if twin is None:
            continue
        env = view.targets.for_origin(layer.origin)
        where, sure = kernel(twin), layer.certain and twin.complete and twin.certain
        for lost in disqualifiers(twin, view.targets):
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
            f"{'runs' if sure else 'may run'} on cuDNN{in_short(where, env)}, several times faster on a GPU",
            span=layer.span,
            certain=sure,
            label=f"{twin.short} does the same on cuDNN",
            related=() if cell.span == layer.span else (Related(cell.span, f"this {cell.short}"),),
            probe=Probe(
                kind="cudnn",
                layer=layer.id,
                claims=("layer",),
                node=called.get(layer.id),
                argument=twin.short,
                where=affected(where, env),
            ),
        )
