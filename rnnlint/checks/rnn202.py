"""RNN202: arguments other than recurrent dropout that take a layer off cuDNN."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import combine, forced, named, place, scope
from rnnlint.checks.context import RuleSettings, affected
from rnnlint.checks.remedies import removal
from rnnlint.findings import Finding, Probe
from rnnlint.flow.view import View
from rnnlint.graph import Layer
from rnnlint.keras.cudnn import disqualifiers
from rnnlint.keras.versions import Env
from rnnlint.registry import rule

RULE = rule("RNN202")


def check(view: View, _settings: RuleSettings) -> Iterator[Finding]:
    """One finding per argument."""
    called = view.first_calls
    return (
        finding for layer in view.outermost for finding in combine(_findings(layer, called.get(layer.id), view.targets))
    )


def _findings(layer: Layer, node: int | None, env: Env) -> Iterator[Finding]:
    local = env.restrict(layer.origin)
    found = disqualifiers(layer, env)
    for lost in found:
        if lost.argument in ("recurrent_dropout", "dropout", "use_cudnn") or forced(lost.layer):
            continue
        span, related = place(lost.layer, lost.arg)
        certain = lost.certain and lost.layer.certain
        yield Finding.of(
            RULE,
            message=f"{named(lost)} {'takes' if certain else 'may take'} this {lost.layer.short} off cuDNN"
            f"{scope(lost.where, local)}: several times slower on a GPU",
            span=span,
            certain=certain,
            label="no cuDNN with this",
            related=related,
            probe=Probe(
                kind="cudnn",
                layer=lost.layer.id,
                claims=("lost",),
                node=node,
                argument=lost.argument,
                others=tuple(
                    one.argument
                    for one in found
                    if one is not lost and one.layer is lost.layer and one.where & lost.where
                ),
                where=affected(lost.where, local),
            ),
            remedy=removal(lost.layer, lost.arg, "unsafe") if lost.certain else None,
        )
