"""Token ids behind a dropout: their jobs and their verdicts."""

from __future__ import annotations

from typing import Any

import pytest

from rnnlint.confirm.figures import Status
from rnnlint.findings import Verdict
from tests.confirm.judging import ERROR, KERAS, OK, ask
from tests.confirm.planning import job, layer_of, planned


@pytest.mark.parametrize(("dtype", "kind"), [("", "float32"), (", dtype='int64'", "int32")])
def test_ids_before_an_embedding(dtype: str, kind: str) -> None:
    told = job(
        planned(
            f"""
            inputs = keras.Input((50,){dtype})
            x = layers.Dropout(0.3)(inputs)
            outputs = layers.Embedding(1000, 300)(x)
            """,
            "RNN108",
        )
    )
    ids = told["nodes"][0]
    assert (ids["fill"], ids["high"], ids["dtype"]) == ("ids", 1000, kind)
    assert layer_of(told, "Embedding")["keywords"] == {"input_dim": {"const": 1000}, "output_dim": {"const": 4}}


def test_a_huge_vocabulary_is_cut() -> None:
    made = planned(
        """
        x = layers.Dropout(0.3)(keras.Input((50,)))
        outputs = layers.Embedding(400_000, 4)(x)
        """,
        "RNN108",
    )
    assert layer_of(job(made), "Embedding")["keywords"]["input_dim"] == {"const": 1000}
    assert made.assumed == ("1,000 of 400,000 words",)


# ---------------------------------------------------------------------------------------------------------------------
# Verdicts


@pytest.mark.parametrize(
    ("seen", "status", "evidence"),
    [
        (
            {"call": ERROR, "control": OK},
            "confirmed",
            "the training step raises ValueError: misfit; at inference it runs",
        ),
        (
            {"call": ERROR, "control": {**ERROR, "when": "inference"}},
            "unverified",
            "also at inference, the call raises ValueError: misfit",
        ),
        (
            {"call": OK, "control": OK, "changed": [90, 100], "out_of_range": 20},
            "confirmed",
            "90.0 % of the ids change in training, 20.0 % to ids beyond the table",
        ),
        (
            {"call": OK, "control": OK, "changed": [90, 100], "out_of_range": None},
            "confirmed",
            "90.0 % of the ids change in training",
        ),
        (
            {"call": OK, "control": OK, "changed": [0, 100], "out_of_range": 0},
            "refuted",
            "0 % of the ids change in training",
        ),
    ],
)
def test_ids(seen: dict[str, Any], status: Status, evidence: str) -> None:
    assert ask("ids", "other-ids", seen) == Verdict(status, evidence, *KERAS)
