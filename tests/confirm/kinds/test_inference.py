"""Dropout at inference on cuDNN: its job and its verdicts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.confirm.judging import ask
from tests.confirm.planning import job, keras, layer_of, planned


def test_inference_on_cudnn() -> None:
    """Of the activations the one that keeps it there."""
    code = """
    def build(relu):
        return layers.LSTM(4, dropout=0.3, activation="relu" if relu else "tanh")
    """
    told = job(planned(code, "RNN502", keras("3.6")))
    assert layer_of(told, "LSTM")["keywords"]["activation"] == {"const": "tanh"}
    assert told["probe"]["probability"] == 0.3


# ---------------------------------------------------------------------------------------------------------------------
# Verdicts


@pytest.mark.parametrize(
    ("seen", "status", "evidence"),
    [
        (
            {"inference": [104, 512]},
            "confirmed",
            (
                "at inference 20.3 % of the input is zero where it is passed to cuDNN, predicted 20.0 % "
                "(on a simulated GPU)"
            ),
        ),
        ({"inference": [0, 512]}, "refuted", "at inference 0 % of the input is zero where it is passed to cuDNN"),
        ({"inference": None}, "unverified", "whether Keras chooses cuDNN could not be observed here: entry"),
        ({"attempted": False}, "unverified", "whether Keras chooses cuDNN could not be observed here: entry"),
    ],
)
def test_inference(seen: dict[str, Any], status: str, evidence: str) -> None:
    whole = {"attempted": True, "control": True, "mechanism": "entry", "inference": None, **seen}
    verdict = ask("inference", "drops", whole, probability=0.2)
    assert (verdict.status, verdict.evidence) == (status, evidence)
