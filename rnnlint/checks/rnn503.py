"""RNN503: recurrent dropout that is drawn with the rate of the other argument."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import at_argument
from rnnlint.checks.context import RuleSettings
from rnnlint.checks.defects import per_argument
from rnnlint.checks.rate import Rate, argument_text, rate
from rnnlint.findings import Finding
from rnnlint.flow.view import View
from rnnlint.graph import Layer, options
from rnnlint.keras.defects import RECURRENT_RATE_IGNORED, Defect
from rnnlint.keras.kinds import Kind
from rnnlint.keras.scalars import number
from rnnlint.keras.table import kind_of
from rnnlint.registry import rule

RULE = rule("RNN503")


def check(view: View, settings: RuleSettings) -> Iterator[Finding]:
    """One finding per recurrent layer or cell."""
    for found in per_argument(view, settings, RULE, ("recurrent_dropout",), _defect):
        layer, wanted, used = found.layer, found.dropped, rate(found.layer, "dropout")
        if used.active and wanted.known == used.known:
            continue
        alone = _zero(layer)
        sure = found.certain and layer.complete and (alone or _apart(wanted, used))
        effect = ("does nothing" if sure else "may do nothing") if alone else ("is" if sure else "may be") + " ignored"
        yield at_argument(
            RULE,
            layer,
            found.arg,
            message=f"{argument_text(layer, 'recurrent_dropout')} of this {layer.short} {effect}: "
            f"{found.defect.releases} drops the state with the rate of "
            f"`dropout`{_which(used, alone)}{found.defect.fixed_note}",
            certain=sure,
            label="not the rate that is used",
            kind="kept",
            claims=("ignored",),
            node=found.node,
            probability=1.0 if alone else None if used.value is None else 1 - used.value,
            where=found.where,
            fixed=found.defect.fixed,
        )


def _defect(layer: Layer) -> Defect | None:
    return RECURRENT_RATE_IGNORED if kind_of(layer) in (Kind.RECURRENT, Kind.CELL) else None


def _apart(one: Rate, other: Rate) -> bool:
    """Whether two rates are known to differ."""
    return one.value is not None and other.value is not None and one.value != other.value


def _zero(layer: Layer) -> bool:
    """Whether the input's rate is 0, as far as is written."""
    arg = layer.arg("dropout")
    rates = [number(one) for one in options(arg.value)] if arg is not None else [0.0]
    return all(one is not None and one <= 0 for one in rates)


def _which(used: Rate, alone: bool) -> str:
    return ", which is 0" if alone else "" if used.value is None else f", which is {used.value:g}"
