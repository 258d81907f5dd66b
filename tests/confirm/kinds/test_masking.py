"""Masking behind a dropout: its jobs and its verdicts."""

from __future__ import annotations

import pytest

from rnnlint.confirm.figures import Status
from rnnlint.findings import Claim, Verdict
from tests.confirm.judging import KERAS, ask
from tests.confirm.planning import job, kinds, layer_of, planned, shape_into


def test_padding_before_masking() -> None:
    told = job(
        planned(
            """
            inputs = keras.Input((200, 8))
            x = layers.Dropout(0.3)(inputs)
            x = layers.Masking(mask_value=-1.0)(x)
            outputs = layers.LSTM(4)(x)
            """,
            "RNN107",
        )
    )
    assert kinds(told) == ["input", "Dropout", "Masking"]
    assert told["probe"]["target"] == 2
    assert shape_into(told) == [6, 7, 8]
    assert layer_of(told, "Masking")["keywords"] == {"mask_value": {"const": -1.0}}


def test_masking_with_an_unknown_value() -> None:
    made = planned(
        """
        def build(pad):
            inputs = keras.Input((20, 8))
            x = layers.Dropout(0.3)(inputs)
            return layers.Masking(pad)(x)
        """,
        "RNN107",
    )
    assert made.assumed == ("mask_value=-1.0",)


def test_real_steps_that_masking_takes_for_padding() -> None:
    told = job(
        planned(
            """
            inputs = keras.Input((20, 2))
            x = layers.SpatialDropout1D(0.3)(inputs)
            outputs = layers.Masking()(x)
            """,
            "RNN107",
        )
    )
    assert told["probe"]["probability"] == pytest.approx(0.09)


# ---------------------------------------------------------------------------------------------------------------------
# Verdicts


@pytest.mark.parametrize(
    ("claim", "real", "padding", "probability", "status", "evidence"),
    [
        (
            "padding",
            [[0, 900], [0, 900]],
            [[0, 600], [600, 600]],
            None,
            "confirmed",
            "0 % of the padding masked in training, 100 % at inference",
        ),
        (
            "padding",
            [[0, 900], [0, 900]],
            [[600, 600], [600, 600]],
            None,
            "refuted",
            "100 % of the padding masked in training, 100 % at inference",
        ),
        (
            "padding",
            [[0, 900], [0, 900]],
            [[0, 600], [0, 600]],
            None,
            "unverified",
            "0 % of the padding masked in training, 0 % at inference",
        ),
        (
            "steps",
            [[184, 900], [0, 900]],
            [[600, 600], [600, 600]],
            0.2,
            "confirmed",
            "20.4 % of the real timesteps masked in training, predicted 20.0 %",
        ),
        (
            "steps",
            [[184, 900], [0, 900]],
            [[600, 600], [600, 600]],
            None,
            "confirmed",
            "20.4 % of the real timesteps masked in training",
        ),
        (
            "steps",
            [[0, 900], [0, 900]],
            [[600, 600], [600, 600]],
            0.2,
            "refuted",
            "0 % of the real timesteps masked in training, predicted 20.0 %",
        ),
        (
            "steps",
            [[184, 900], [9, 900]],
            [[600, 600], [600, 600]],
            0.2,
            "unverified",
            "20.4 % of the real timesteps masked in training, but also some at inference",
        ),
        (
            "steps",
            [[0, 900], [0, 900]],
            [[600, 600], [600, 600]],
            1e-5,
            "unverified",
            "0 % of the real timesteps masked in training, predicted 0.001 %: too rare to be observed among 900",
        ),
    ],
)
def test_masking(
    claim: Claim,
    real: list[list[int]],
    padding: list[list[int]],
    probability: float | None,
    status: Status,
    evidence: str,
) -> None:
    seen = {
        when: {"real": real[index], "padding": padding[index]} for index, when in enumerate(("training", "inference"))
    }
    verdict = ask("masking", claim, seen, probability=probability)
    assert verdict == Verdict(status, evidence, *KERAS)
