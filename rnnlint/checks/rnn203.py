"""RNN203: cuDNN demanded for a layer that cannot run on it."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import enumeration, named, outermost, place, scope
from rnnlint.checks.context import RuleSettings, once
from rnnlint.findings import Finding, Related, Rule
from rnnlint.graph import Graph
from rnnlint.keras.cudnn import Disqualifier, conflicts
from rnnlint.keras.versions import Where

RULE = Rule(
    code="RNN203",
    name="use-cudnn-conflict",
    summary="Reports `use_cudnn=True` beside an argument that cuDNN cannot serve: an error at the first call.",
)


def check(graph: Graph, settings: RuleSettings) -> Iterator[Finding]:
    """One finding per layer, at its `use_cudnn`."""
    return once(_findings(graph, settings))


def _findings(graph: Graph, settings: RuleSettings) -> Iterator[Finding]:
    for layer in outermost(graph):
        env = settings.keras.restrict(layer.origin)
        by_layer: dict[int, list[Disqualifier]] = {}
        for found in conflicts(layer, settings.keras):
            by_layer.setdefault(found.layer.id, []).append(found)
        for clashes in by_layer.values():
            inner = clashes[0].layer
            arg = inner.arg("use_cudnn")
            assert arg is not None, "a conflict has a use_cudnn"
            where = Where()
            for clash in clashes:
                where |= clash.where
            certain = inner.certain and any(clash.certain for clash in clashes)
            span, related = place(inner, arg)
            yield Finding(
                RULE.code,
                RULE.name,
                f"`use_cudnn=True` with {enumeration([named(clash) for clash in clashes])}: this {inner.short} "
                f"{'raises' if certain else 'may raise'} ValueError at its first call{scope(where, env)}",
                span,
                "certain" if certain else "possible",
                "cuDNN cannot do this",
                (*related, *(Related(clash.arg.span, "cuDNN has no such thing") for clash in clashes)),
            )
