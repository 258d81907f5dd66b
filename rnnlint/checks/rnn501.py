"""RNN501: a GRU whose recurrent dropout scales the state itself."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import at_argument
from rnnlint.checks.context import RuleSettings
from rnnlint.checks.defects import per_argument
from rnnlint.checks.rate import argument_text, rate
from rnnlint.findings import Finding
from rnnlint.flow.view import View
from rnnlint.graph import Layer
from rnnlint.keras.defects import GRU_STATE_GROWS, GRU_STATE_GROWS_WITH_DROPOUT, Defect
from rnnlint.keras.kinds import Kind
from rnnlint.keras.table import kind_of
from rnnlint.registry import rule

RULE = rule("RNN501")


def check(view: View, settings: RuleSettings) -> Iterator[Finding]:
    """One finding per GRU or GRUCell."""
    for found in per_argument(view, settings, RULE, ("recurrent_dropout",), _defect):
        layer, defect, sure = found.layer, found.defect, found.certain
        yield at_argument(
            RULE,
            layer,
            found.arg,
            message=f"{argument_text(layer, 'recurrent_dropout')} {'makes' if sure else 'may make'} the state of this "
            f"{layer.short} explode: {defect.releases} rescales the state itself at every timestep and carries it "
            f"over, so nothing bounds it{defect.fixed_note}",
            certain=sure,
            label="the state grows at every timestep",
            kind="state",
            claims=("grows",),
            node=found.node,
            where=found.where,
            fixed=defect.fixed,
        )


def _defect(layer: Layer) -> Defect | None:
    if kind_of(layer) not in (Kind.RECURRENT, Kind.CELL) or layer.short not in ("GRU", "GRUCell"):
        return None
    return GRU_STATE_GROWS_WITH_DROPOUT if rate(layer, "dropout").always else GRU_STATE_GROWS
