"""RNN201: recurrent dropout where the layer would otherwise run on cuDNN."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import at_argument, enumeration, scope
from rnnlint.checks.context import RuleSettings, affected
from rnnlint.checks.cudnn import LostKernel, lost_kernels, where_else, written
from rnnlint.checks.remedies import removal
from rnnlint.findings import Finding
from rnnlint.flow.view import View
from rnnlint.registry import rule

RULE = rule("RNN201")


def check(view: View, _settings: RuleSettings) -> Iterator[Finding]:
    """One finding per layer; what else takes the same layer off cuDNN is named in its message."""
    for layer in view.outermost:
        for found in lost_kernels(view, layer, ("recurrent_dropout",)):
            lost, inner = found.lost, found.layer
            certain = lost.certain and inner.certain
            yield at_argument(
                RULE,
                inner,
                lost.arg,
                message=f"{written(lost)} {'takes' if certain else 'may take'} this {inner.short} off cuDNN"
                f"{scope(lost.where, found.env)}: several times slower on a GPU, in training and at inference"
                f"{_also(found)}",
                certain=certain,
                label="no cuDNN with this",
                kind="cudnn",
                claims=("lost",),
                node=found.node,
                others=tuple(one.argument for one in found.beside("use_cudnn")),
                where=affected(lost.where, found.env),
                remedy=removal(inner, lost.arg, "unsafe") if lost.certain else None,
            )


def _also(found: LostKernel) -> str:
    parts = [written(one) + where_else(one, found.lost.where, found.env) for one in found.beside("use_cudnn")]
    return f"; so {'do' if len(parts) > 1 else 'does'} {enumeration(parts)}" if parts else ""
