"""RNN201: recurrent dropout where the layer would otherwise run on cuDNN."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import at_argument, enumeration
from rnnlint.checks.context import RuleSettings, affected
from rnnlint.checks.cudnn import LostKernel, in_short, lost_kernels, written
from rnnlint.checks.remedies import removal
from rnnlint.findings import Finding, Related
from rnnlint.flow.view import View
from rnnlint.keras.cudnn import Disqualifier
from rnnlint.registry import rule

RULE = rule("RNN201")


# Two lines of a terminal.
_MOST = 160


def check(view: View, _settings: RuleSettings) -> Iterator[Finding]:
    """One finding per layer; what else rules out cuDNN for it is named in its message, or as a related place."""
    for layer in view.outermost:
        for found in lost_kernels(view, layer, ("recurrent_dropout",)):
            lost, inner, others = found.lost, found.layer, found.beside("use_cudnn")
            yield at_argument(
                RULE,
                inner,
                lost.arg,
                message=_message(found, others),
                certain=found.certain,
                label="rules out cuDNN",
                related=tuple(Related(one.arg.span, f"so does this{_where_else(one, found)}") for one in others),
                kind="cudnn",
                claims=("lost",),
                node=found.node,
                others=tuple(one.argument for one in others),
                where=affected(lost.where, found.env),
                remedy=removal(inner, lost.arg, "unsafe") if lost.certain else None,
            )


def _message(found: LostKernel, others: list[Disqualifier]) -> str:
    """What is said of where it holds, of when, and of other arguments, as far as two lines hold it."""
    lost = found.lost
    where = in_short(lost.where, found.env)
    message = (
        f"{written(lost)} {'rules' if found.certain else 'may rule'} out cuDNN for this {found.layer.short}{where}: "
        f"several times slower on a GPU{'' if where else ', in training and at inference'}"
    )
    if others:
        parts = [written(one) + _where_else(one, found) for one in others]
        also = f"; so {'do' if len(parts) > 1 else 'does'} {enumeration(parts)}"
        message += also if len(message + also) <= _MOST else ""
    return message


def _where_else(other: Disqualifier, found: LostKernel) -> str:
    """Where another argument rules it out, if not wherever this one does."""
    held = found.lost.where.pairs & found.env.pairs <= other.where.pairs
    return "" if held else in_short(other.where, found.env)
