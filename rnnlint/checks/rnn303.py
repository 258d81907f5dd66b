"""RNN303: rates above one half, which are often meant the other way round."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import at_argument
from rnnlint.checks.context import RuleSettings
from rnnlint.findings import Finding
from rnnlint.flow.view import View
from rnnlint.graph import Arg, Const, Layer, Range, Value, options
from rnnlint.keras.kinds import DROPOUTS, OWN_DROPOUT, Kind
from rnnlint.keras.scalars import number, text
from rnnlint.keras.table import kind_of
from rnnlint.registry import rule

RULE = rule("RNN303")

# GaussianDropout drops nothing.
_DROPPING = DROPOUTS - {Kind.GAUSSIAN_DROPOUT}


def check(view: View, _settings: RuleSettings) -> Iterator[Finding]:
    """One finding per rate of a dropout layer, a recurrent layer or a cell."""
    called = view.first_calls
    return (finding for layer in view.graph.layers for finding in _findings(layer, called.get(layer.id)))


def _findings(layer: Layer, node: int | None) -> Iterator[Finding]:
    what = kind_of(layer)
    for name in ("rate", "p") if what in _DROPPING else ("dropout", "recurrent_dropout") if what in OWN_DROPOUT else ():
        arg = layer.arg(name)
        high = [one for one in options(arg.value) if _high(one)] if arg is not None else []
        if arg is not None and high:
            yield _finding(layer, arg, high[0], len(high) == len(options(arg.value)), node)


def _high(value: Value) -> bool:
    """Whether a rate is above 0.5 whatever a tuner chooses, and below 1: RNN301 reports higher rates."""
    if isinstance(value, Range):
        return value.low is not None and 0.5 < value.low < 1 and value.high is not None and value.high < 1
    rate = number(value)
    return rate is not None and 0.5 < rate < 1


def _finding(layer: Layer, arg: Arg, value: Value, always: bool, node: int | None) -> Finding:
    rate = value.low if isinstance(value, Range) else number(value)
    assert rate is not None, "a rate is only high if it is known"
    share = f"{100 * rate:.3g} %"
    meant = f"; to keep {share}, write {1 - rate:.3g}" if isinstance(value, Const) else ""
    return at_argument(
        RULE,
        layer,
        arg,
        message=f"`{arg.name}={text(value)}` drops {'at least ' * isinstance(value, Range)}{share}: Keras takes the "
        f"share to drop, not the share to keep{meant}",
        certain=always and layer.certain,
        label="drops more than it keeps",
        kind="kept",
        claims=("share",),
        node=node,
        argument=arg.name,
        probability=1 - rate,
    )
