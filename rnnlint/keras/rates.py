"""Dropout rates that Keras refuses, clamps or switches off.

Sources: `Dropout.__init__` raises for a number outside [0, 1] (keras 2.15.0, 2.6.0, every 3.x); `RNN` cells clamp to
[0, 1] (`min(1., max(0., dropout))`, keras 2.3.1 `layers/recurrent.py` to 3.15.1 `layers/rnn/lstm.py`). What a rate of 1
then does depends on the backend's `dropout`: TensorFlow refused it up to Keras 3.13, others return zeros
(`backend/*/random.py`), and LSTM and GRU cells skip it (`0 < dropout < 1`). The standalone Keras 2.0 to 2.3 clamps in
`Dropout` too, and then only drops for `0 < rate < 1` (2.3.1 `layers/core.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from rnnlint.graph import Arg, Const, Layer, Range, Value, options
from rnnlint.keras.cudnn import EVERYWHERE, NOWHERE
from rnnlint.keras.defects import CONV_LSTM_IGNORES, RECURRENT_RATE_IGNORED
from rnnlint.keras.kinds import DROPOUTS, OWN_DROPOUT, Kind
from rnnlint.keras.scalars import number, text
from rnnlint.keras.table import kind_of
from rnnlint.keras.versions import KerasTargets, VersionSet
from rnnlint.records import dataclass

Reason: TypeAlias = Literal["negative", "one", "above-one", "percent", "none", "string"]


@dataclass(frozen=True, slots=True)
class RateOutcome:
    """What Keras makes of the rate, and where. `text` completes "Keras ...".

    "rejected": an error in the constructor; "training-error": at the first training call; "off": nothing is dropped;
    "all-zero": everything is; "off-or-all-zero": one of the two, by device and backend.
    """

    what: Literal["rejected", "training-error", "off", "all-zero", "off-or-all-zero"]
    text: str
    where: VersionSet


@dataclass(frozen=True, slots=True)
class RateProblem:
    """A rate that does not do what it says.

    `argument` is "rate", "dropout" or "recurrent_dropout"; `text` the offending value as source. `certain` is False
    where it is only one of several possible values. `suggestion` is the rate that was probably meant, for a percentage.
    """

    layer: Layer
    argument: str
    arg: Arg
    text: str
    reason: Reason
    outcomes: tuple[RateOutcome, ...]
    certain: bool
    suggestion: float | None = None


_TF_OLD = VersionSet.keras3("tensorflow", until=13)  # raises at a rate of 1
_STANDALONE = VersionSet.keras2(0, 3)
_KERAS_2 = VersionSet.keras2(4)
_KERAS_3 = VersionSet.keras3()


def check_rates(layer: Layer, env: KerasTargets) -> tuple[RateProblem, ...]:
    """The rates of a dropout, recurrent layer or cell that Keras refuses, clamps or switches off in `env`.

    Layers inside a wrapper are not looked into. None and strings are reported only where they are the only possible
    value: a default of None is usually tested before it is used.
    """
    found: list[RateProblem] = []
    what = kind_of(layer)
    here = env.for_origin(layer.origin)
    for name in ("rate", "p") if what in DROPOUTS else ("dropout", "recurrent_dropout") if what in OWN_DROPOUT else ():
        arg = layer.arg(name)
        if arg is None or what is None:
            continue
        alternatives = options(arg.value)
        for value in dict.fromkeys(alternatives):
            reason = _reason(value)
            if reason is None or (reason in ("none", "string") and len(alternatives) > 1):
                continue
            outcomes = tuple(
                outcome for outcome in _outcomes(layer, what, name, reason) if outcome.where.within(here) != "none"
            )
            if outcomes:
                certain = all(_reason(one) is not None for one in alternatives)
                rate = number(value)
                percent = rate / 100 if reason == "percent" and rate is not None and rate < 100 else None
                found.append(RateProblem(layer, name, arg, text(value), reason, outcomes, certain, percent))
    return tuple(found)


def _reason(value: Value) -> Reason | None:
    if isinstance(value, Range):
        return (
            "negative"
            if value.high is not None and value.high < 0
            else ("above-one" if value.low is not None and value.low > 1 else None)
        )
    if value == Const(None):
        return "none"
    if isinstance(value, Const) and isinstance(value.value, str):
        return "string"
    rate = number(value)
    if rate is None or 0 <= rate < 1:
        return None
    if rate < 0:
        return "negative"
    return "one" if rate == 1 else "percent" if 2 <= rate <= 100 else "above-one"


def _outcomes(layer: Layer, what: Kind, name: str, reason: Reason) -> Iterator[RateOutcome]:
    if what in (Kind.DROPOUT, Kind.SPATIAL_DROPOUT):
        yield from _dropout(reason)
    elif what in (Kind.GAUSSIAN_DROPOUT, Kind.ALPHA_DROPOUT):
        yield from _noise(reason)
    else:
        yield from _recurrent(layer, what, name, reason)


def _dropout(reason: Reason) -> Iterator[RateOutcome]:
    if reason in ("none", "string"):
        yield RateOutcome("rejected", "raises TypeError in the constructor", _STANDALONE | _KERAS_3)
        yield RateOutcome("training-error", "raises ValueError in the first training step", _KERAS_2)
        return
    yield RateOutcome("off", "clamps it and then drops nothing", _STANDALONE)
    if reason == "one":
        yield RateOutcome("training-error", "raises ValueError in the first training step", _KERAS_2 | _TF_OLD)
        yield RateOutcome("all-zero", "silently zeroes everything in training", _KERAS_3 - _TF_OLD)
    else:
        yield RateOutcome("rejected", "raises ValueError in the constructor", _KERAS_2 | _KERAS_3)


def _noise(reason: Reason) -> Iterator[RateOutcome]:
    if reason in ("none", "string"):
        yield RateOutcome("training-error", "raises TypeError in the first call", VersionSet.keras2())
        yield RateOutcome("rejected", "raises TypeError in the constructor", _KERAS_3)
        return
    yield RateOutcome("off", "silently does nothing", VersionSet.keras2())
    if reason == "one":
        yield RateOutcome("training-error", "raises ZeroDivisionError in the first training step", _KERAS_3)
    else:
        yield RateOutcome("rejected", "raises ValueError in the constructor", _KERAS_3)


def _recurrent(layer: Layer, what: Kind, name: str, reason: Reason) -> Iterator[RateOutcome]:
    if reason in ("none", "string"):
        yield RateOutcome("rejected", "raises TypeError in the constructor", EVERYWHERE)
        return
    if reason == "negative":
        yield RateOutcome("off", "silently clamps it to 0, which drops nothing", EVERYWHERE)
        return
    clamps = "" if reason == "one" else "clamps it to 1 and "
    simple = layer.short.startswith("SimpleRNN")
    ignored = RECURRENT_RATE_IGNORED.where if name == "recurrent_dropout" else NOWHERE
    if what is Kind.CONV_RECURRENT:
        # It used neither, but drew both, which tensorflow refuses.
        ignored |= CONV_LSTM_IGNORES.where - _TF_OLD
    yield RateOutcome("off", f"{clamps}drops nothing", _STANDALONE | ignored)
    yield RateOutcome("training-error", f"{clamps}raises ValueError at the call", (_KERAS_2 | _TF_OLD) - ignored)
    rest = _KERAS_3 - _TF_OLD - ignored
    if simple:
        lost = "the whole input" if name == "dropout" else "the whole state"
        yield RateOutcome("all-zero", f"{clamps}silently zeroes {lost} in training", rest)
    elif name == "dropout" and what is Kind.RECURRENT:
        said = f"{clamps}silently drops nothing or zeroes the whole input, depending on release, backend and device"
        yield RateOutcome("off-or-all-zero", said, rest)
    else:
        yield RateOutcome("off", f"{clamps}silently drops nothing", rest)
