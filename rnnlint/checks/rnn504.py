"""RNN504: ConvLSTM layers that ignore their dropout."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import at_argument
from rnnlint.checks.context import RuleSettings
from rnnlint.checks.defects import per_argument
from rnnlint.checks.rate import argument_text
from rnnlint.findings import Finding
from rnnlint.flow.view import View
from rnnlint.graph import Layer
from rnnlint.keras.defects import CONV_LSTM_IGNORES, Defect
from rnnlint.keras.kinds import Kind
from rnnlint.keras.table import kind_of
from rnnlint.registry import rule

RULE = rule("RNN504")


def check(view: View, settings: RuleSettings) -> Iterator[Finding]:
    """One finding per argument."""
    for found in per_argument(view, settings, RULE, ("dropout", "recurrent_dropout"), _defect):
        layer, name = found.layer, found.arg.name
        yield at_argument(
            RULE,
            layer,
            found.arg,
            message=f"{argument_text(layer, name)} of this {layer.short} {'does' if found.certain else 'may do'} "
            f"nothing: {found.defect.releases} ignores it{found.defect.fixed_note}",
            certain=found.certain,
            label="drops nothing",
            kind="kept",
            claims=("ignored",),
            node=found.node,
            probability=1.0,
            where=found.where,
            fixed=found.defect.fixed,
        )


def _defect(layer: Layer) -> Defect | None:
    return CONV_LSTM_IGNORES if kind_of(layer) is Kind.CONV_RECURRENT else None
