"""Shares against predicted probabilities."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlint.confirm.figures import Status, agreement, at_least


@pytest.mark.parametrize("units", [1, 7, 40])
@pytest.mark.parametrize("probability", [0.0, 1e-9, 0.01, 0.3, 0.5, 0.97, 1.0])
def test_tails_are_exact(units: int, probability: float) -> None:
    for count in range(units + 1):
        exact = sum(
            math.comb(units, one) * probability**one * (1 - probability) ** (units - one)
            for one in range(count, units + 1)
        )
        found = at_least(count, units, probability)
        if count > units * probability:
            assert found == pytest.approx(exact, rel=1e-9, abs=1e-300)
        else:
            assert found == 1
            assert exact >= 0.5 - 1e-9


@pytest.mark.parametrize(
    ("lost", "units", "probability", "status"),
    [
        (0, 1, 0.5, "confirmed"),
        (0, 0, 0.5, "confirmed"),
        (0, 10, 0.0, "confirmed"),
        (1, 10**6, 0.0, "refuted"),
        (10, 10, 1.0, "confirmed"),
        (10**6 - 1, 10**6, 1.0, "refuted"),
        (0, 10752, 1e-4, "confirmed"),
        (0, 10752, 1e-3, "unverified"),
        (0, 10752, 1e-2, "refuted"),
        (3, 256, 1e-6, "refuted"),
        (150_000, 300_000, 0.5, "confirmed"),
        (150_000, 300_000, 0.49, "refuted"),
        (300_000, 300_000, 1 - 1e-9, "confirmed"),
    ],
)
def test_agreement(lost: int, units: int, probability: float, status: Status) -> None:
    assert agreement(lost, units, probability) == status
    assert agreement(units - lost, units, 1 - probability) == status


draws = st.integers(min_value=1, max_value=5000)
probabilities = st.floats(min_value=0, max_value=1)
seeds = st.integers(min_value=0, max_value=2**64)


def drawn(units: int, probability: float, seed: int) -> int:
    random = Random(seed)
    return sum(random.random() < probability for _ in range(units))


@given(draws, probabilities, seeds)
def test_draws_of_the_predicted_probability_are_not_refuted(units: int, probability: float, seed: int) -> None:
    """But for one in a million, by the level of the test."""
    assert agreement(drawn(units, probability, seed), units, probability) != "refuted"


@given(st.integers(min_value=3000, max_value=5000), probabilities, probabilities, seeds)
def test_draws_of_a_clearly_other_probability_are_refuted(units: int, real: float, said: float, seed: int) -> None:
    if abs(real - said) < 0.1:
        said = real + 0.1 if real < 0.5 else real - 0.1
    assert agreement(drawn(units, real, seed), units, said) == "refuted"


@given(draws, probabilities, st.data())
def test_farther_from_the_prediction_is_never_better(units: int, probability: float, data: st.DataObject) -> None:
    order = ("confirmed", "unverified", "refuted")
    lost = data.draw(st.integers(min_value=math.ceil(units * probability), max_value=units))
    near = data.draw(st.integers(min_value=math.ceil(units * probability), max_value=lost))
    assert order.index(agreement(near, units, probability)) <= order.index(agreement(lost, units, probability))
