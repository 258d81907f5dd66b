"""The state of a GRU: its job and its verdicts."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.confirm.judging import ask
from tests.confirm.planning import job, keras, kinds, layer_of, planned


def test_a_state_is_bounded_by_its_activation() -> None:
    code = "layer = layers.Bidirectional(layers.GRU(4, activation='relu', recurrent_dropout=0.2))\n"
    told = job(planned(code, "RNN501", keras("3.6")))
    assert layer_of(told, "GRU")["keywords"]["activation"] == {"const": "tanh"}
    assert kinds(told) == ["input", "GRU"]


# ---------------------------------------------------------------------------------------------------------------------
# Verdicts


@pytest.mark.parametrize(
    ("seen", "status", "evidence"),
    [
        (
            {"largest": 7.2e28, "calm": 0.9, "opened": False},
            "confirmed",
            "after 100 timesteps in training the largest value of the state is 7.2e+28, at inference 0.9",
        ),
        (
            {"largest": 2.5, "calm": 0.9, "opened": True},
            "confirmed",
            (
                "after 100 timesteps in training the largest value of the state is 2.5 with its update gate open, at "
                "inference 0.9"
            ),
        ),
        (
            {"largest": 1.0, "calm": 0.9, "opened": True},
            "refuted",
            (
                "after 100 timesteps in training the largest value of the state is 1 with its update gate open, at "
                "inference 0.9"
            ),
        ),
        (
            {"largest": math.inf, "calm": 3.0, "opened": False},
            "unverified",
            "after 100 timesteps in training the largest value of the state is inf, but at inference 3",
        ),
    ],
)
def test_state(seen: dict[str, Any], status: str, evidence: str) -> None:
    verdict = ask("state", "grows", {"steps": 100, **seen})
    assert (verdict.status, verdict.evidence) == (status, evidence)
