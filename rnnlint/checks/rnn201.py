"""RNN201: recurrent dropout where the layer would otherwise run on cuDNN."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import enumeration, forced, named, place, scope
from rnnlint.checks.context import RuleSettings, affected
from rnnlint.checks.remedies import removal
from rnnlint.findings import Finding, Probe
from rnnlint.flow.view import View
from rnnlint.keras.cudnn import Disqualifier, disqualifiers
from rnnlint.keras.versions import Env
from rnnlint.registry import rule

RULE = rule("RNN201")


def check(view: View, _settings: RuleSettings) -> Iterator[Finding]:
    """One finding per layer; what else takes the same layer off cuDNN is named in its message."""
    called = view.first_calls
    for layer in view.outermost:
        env = view.targets.restrict(layer.origin)
        found = disqualifiers(layer, view.targets)
        for lost in found:
            if lost.argument != "recurrent_dropout" or forced(lost.layer):
                continue
            span, related = place(lost.layer, lost.arg)
            others = [
                one
                for one in found
                if one.layer is lost.layer
                and one.argument not in (lost.argument, "use_cudnn")
                and one.where & lost.where
            ]
            certain = lost.certain and lost.layer.certain
            yield Finding.of(
                RULE,
                message=f"{named(lost)} {'takes' if certain else 'may take'} this {lost.layer.short} off cuDNN"
                f"{scope(lost.where, env)}: several times slower on a GPU, in training and at inference"
                f"{_also(lost, others, env)}",
                span=span,
                certain=certain,
                label="no cuDNN with this",
                related=related,
                probe=Probe(
                    kind="cudnn",
                    layer=lost.layer.id,
                    claims=("lost",),
                    node=called.get(layer.id),
                    argument=lost.argument,
                    others=tuple(one.argument for one in others),
                    where=affected(lost.where, env),
                ),
                remedy=removal(lost.layer, lost.arg, "unsafe") if lost.certain else None,
            )


def _also(lost: Disqualifier, others: list[Disqualifier], env: Env) -> str:
    if not others:
        return ""
    parts = [
        named(one) + ("" if lost.where.pairs & env.pairs <= one.where.pairs else f" ({one.where.describe(env)})")
        for one in others
    ]
    return f"; so {'do' if len(parts) > 1 else 'does'} {enumeration(parts)}"
