"""RNN202: arguments other than recurrent dropout that take a layer off cuDNN."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import at_argument, combine
from rnnlint.checks.context import RuleSettings, affected
from rnnlint.checks.cudnn import in_short, lost_kernels, written
from rnnlint.checks.remedies import removal
from rnnlint.findings import Finding
from rnnlint.flow.view import View
from rnnlint.graph import Layer
from rnnlint.registry import rule

RULE = rule("RNN202")

_ARGUMENTS = ("activation", "recurrent_activation", "use_bias", "unroll", "reset_after")


def check(view: View, _settings: RuleSettings) -> Iterator[Finding]:
    """One finding per argument."""
    return (finding for layer in view.outermost for finding in combine(_findings(view, layer)))


def _findings(view: View, layer: Layer) -> Iterator[Finding]:
    for found in lost_kernels(view, layer, _ARGUMENTS):
        lost, inner = found.lost, found.layer
        yield at_argument(
            RULE,
            inner,
            lost.arg,
            message=f"{written(lost)} {'rules' if found.certain else 'may rule'} out cuDNN for this "
            f"{inner.short}{in_short(lost.where, found.env)}: several times slower on a GPU",
            certain=found.certain,
            label="rules out cuDNN",
            kind="cudnn",
            claims=("lost",),
            node=found.node,
            others=tuple(one.argument for one in found.beside()),
            where=affected(lost.where, found.env),
            remedy=removal(inner, lost.arg, "unsafe") if lost.certain else None,
        )
