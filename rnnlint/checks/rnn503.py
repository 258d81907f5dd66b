"""RNN503: recurrent dropout that is drawn with the rate of the other argument."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import place
from rnnlint.checks.context import RuleSettings, affected, confidence_in
from rnnlint.checks.rate import Rate, argument_text, rate
from rnnlint.findings import Finding, Probe
from rnnlint.flow.view import View
from rnnlint.graph import Layer, options
from rnnlint.keras.defects import RECURRENT_RATE_IGNORED
from rnnlint.keras.kinds import Kind
from rnnlint.keras.scalars import number
from rnnlint.keras.table import kind_of
from rnnlint.registry import rule

RULE = rule("RNN503")


def check(view: View, settings: RuleSettings) -> Iterator[Finding]:
    """One finding per recurrent layer or cell."""
    called = view.first_calls
    for layer in view.graph.layers:
        arg, wanted = layer.arg("recurrent_dropout"), rate(layer, "recurrent_dropout")
        if kind_of(layer) not in (Kind.RECURRENT, Kind.CELL) or arg is None or not wanted.active:
            continue
        used = rate(layer, "dropout")
        env = view.targets.restrict(layer.origin)
        confidence = confidence_in(RECURRENT_RATE_IGNORED.where, env, RULE, settings)
        if confidence is None or (used.active and wanted.known == used.known):
            continue
        alone = _zero(layer)
        sure = confidence == "certain" and wanted.always and layer.certain and layer.complete
        sure = sure and (alone or _apart(wanted, used))
        span, related = place(layer, arg)
        effect = ("does nothing" if sure else "may do nothing") if alone else ("is" if sure else "may be") + " ignored"
        yield Finding.of(
            RULE,
            message=f"{argument_text(layer, 'recurrent_dropout')} of this {layer.short} {effect}: "
            f"{RECURRENT_RATE_IGNORED.releases} "
            f"drops the state with the rate of `dropout`{_which(used, alone)}{RECURRENT_RATE_IGNORED.mended}",
            span=span,
            certain=sure,
            label="not the rate that is used",
            related=related,
            probe=Probe(
                kind="kept",
                layer=layer.id,
                claims=("ignored",),
                node=called.get(layer.id),
                argument="recurrent_dropout",
                probability=1.0 if alone else None if used.value is None else 1 - used.value,
                where=affected(RECURRENT_RATE_IGNORED.where, env),
                fixed=RECURRENT_RATE_IGNORED.fixed,
            ),
        )


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
