"""The mask of a recurrent layer's own `dropout`: its jobs and its verdicts."""

from __future__ import annotations

import pytest

from rnnlint.confirm.figures import Status
from rnnlint.findings import Claim, Verdict
from rnnlint.keras.versions import KerasTargets, parse_keras_version
from tests.confirm.judging import KERAS, ask
from tests.confirm.planning import KERAS_2, KERAS_3, job, layer_of, planned, shape_into


def test_the_recurrent_layers_own_mask() -> None:
    made = planned(
        """
        inputs = keras.Input((1000, 1))
        outputs = layers.Bidirectional(layers.LSTM(64, dropout=0.3, name="encoder"))(inputs)
        """,
        "RNN103",
    )
    told = job(made)
    assert shape_into(told) == [6, 12, 1]
    assert told["probe"]["probability"] == 0.3
    assert told["probe"]["inner"] == layer_of(told, "LSTM")["id"]
    assert made.assumed == ("12 of 1,000 timesteps",)


def test_the_own_mask_follows_the_version() -> None:
    code = """
    inputs = keras.Input((20, 1))
    outputs = layers.LSTM(4, dropout=0.5, recurrent_dropout=0.1)(inputs)
    """
    middle = KerasTargets(parse_keras_version("3.6"), frozenset({"tensorflow"}))
    assert job(planned(code, "RNN103", middle))["probe"]["probability"] == 0.5
    for env in (KERAS_2, KERAS_3):  # a mask for each of four gates
        assert job(planned(code, "RNN103", env))["probe"]["probability"] == 0.5**4


# ---------------------------------------------------------------------------------------------------------------------
# Verdicts


@pytest.mark.parametrize(
    ("claim", "first", "every", "probability", "status", "evidence"),
    [
        (
            "steps",
            [77, 256],
            [0, 256],
            0.3,
            "confirmed",
            "256 draws: the input is lost in 30.1 % of timesteps, predicted 30.0 %",
        ),
        (
            "steps",
            [0, 256],
            [0, 256],
            0.3,
            "refuted",
            "256 draws: the input is lost in 0 % of timesteps, predicted 30.0 %",
        ),
        (
            "steps",
            [77, 256],
            [77, 256],
            0.3,
            "refuted",
            "256 draws: the input is lost in 30.1 % of timesteps, and in 30.1 % of sequences at all timesteps at once",
        ),
        (
            "sequences",
            [77, 256],
            [77, 256],
            0.3,
            "confirmed",
            "256 draws: the whole input is lost in 30.1 % of sequences, predicted 30.0 %",
        ),
        (
            "sequences",
            [77, 256],
            [0, 256],
            0.3,
            "refuted",
            "256 draws: the whole input is lost in 0 % of sequences, predicted 30.0 %",
        ),
        (
            "sequences",
            [0, 0],
            [0, 0],
            0.3,
            "unverified",
            "256 draws: the whole input is lost in 0 % of sequences: there were none",
        ),
    ],
)
def test_own_masks(
    claim: Claim, first: list[int], every: list[int], probability: float, status: Status, evidence: str
) -> None:
    seen = {"first": first, "all": every, "draws": 256, "shape": [256, 7, 1]}
    verdict = ask("own-mask", claim, seen, probability=probability, argument="dropout")
    assert verdict == Verdict(status, evidence, *KERAS)
