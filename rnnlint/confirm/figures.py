"""Shares against the probabilities predicted for them."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

Status: TypeAlias = Literal["confirmed", "refuted", "unverified"]
# A status, and the evidence for it in words.
Judgement: TypeAlias = tuple[Status, str]

# A share agrees with a predicted probability if that lies in the share's exact (Clopper-Pearson) interval at 99.9 %.
# Only one in a million samples of a true prediction lies outside the second interval, from which on it is refuted;
# one in a thousand would be too many for a verdict that silences a finding.
_AGREES = 0.001
_REFUTES = 1e-6


def compare(told: str, lost: int, units: int, probability: float | None) -> Judgement:
    """Judge a share by the probability predicted for it; without one, any loss confirms."""
    if not units:
        return "unverified", f"{told}: there were none"
    if probability is None:
        return ("confirmed" if lost else "refuted"), told
    told = f"{told}, predicted {percent(probability)}"
    status = agreement(lost, units, probability)
    if status == "unverified":
        told += f"; {units:,} of them do not tell, more --draws would"
    return status, told


def agreement(lost: int, units: int, probability: float) -> Status:
    """Whether `lost` of `units` independent draws agree with a probability; "unverified" in between.

    Exact: the probability of so many or more, and of so few or fewer, against half of each level (Clopper and Pearson
    1934 as a test).
    """
    tail = min(at_least(lost, units, probability), at_least(units - lost, units, 1 - probability))
    return "confirmed" if tail >= _AGREES / 2 else "unverified" if tail >= _REFUTES / 2 else "refuted"


def at_least(count: int, units: int, probability: float) -> float:
    """The probability of `count` or more successes among independent draws; at most 1, and never below by rounding."""
    if count <= units * probability:
        return 1.0  # at least one half, which is all that `agreement` needs to know
    if probability <= 0:
        return 0.0
    log = (
        math.lgamma(units + 1)
        - math.lgamma(count + 1)
        - math.lgamma(units - count + 1)
        + count * math.log(probability)
        + (units - count) * (math.log1p(-probability) if count < units else 0.0)
    )
    term = total = 1.0
    odds = probability / (1 - probability) if probability < 1 else math.inf
    # Beyond the mean the terms fall faster than a geometric series.
    for more in range(count, units):
        term *= (units - more) / (more + 1) * odds
        total += term
        if term < total * 1e-12:
            break
    return min(1.0, math.exp(log) * total)


def percent(lost: float, units: int = 1) -> str:
    """A share in percent with one decimal, small ones with two digits that count: "50.1 %", "0.0016 %"."""
    share = lost / units if units else 0.0
    if share in (0, 1):
        return f"{share:.0%}".replace("%", " %")
    return f"{100 * share:.1f} %" if share >= 0.001 else f"{100 * share:.2g} %"
