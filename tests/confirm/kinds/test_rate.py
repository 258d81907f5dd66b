"""Invalid rates: their jobs and their verdicts."""

from __future__ import annotations

from typing import Any

import pytest

from rnnlint.confirm.figures import Status
from rnnlint.findings import Claim, Verdict
from tests.confirm.judging import ERROR, KERAS, OK, REFUSED, ask
from tests.confirm.planning import job, layer_of, planned, shape_into


@pytest.mark.parametrize(
    ("code", "argument", "value"),
    [
        ("x = layers.Dropout(20)", "rate", 20),
        ("x = layers.LSTM(4, dropout=1.5, recurrent_dropout=-1)", "dropout", 1.5),
        ("x = layers.GRU(4, dropout=0.2 if flag else 20)", "dropout", 20),
    ],
)
def test_a_rate_that_is_none(code: str, argument: str, value: float) -> None:
    told = job(planned(f"def build(flag):\n    {code}\n", "RNN301"))
    assert told["probe"]["argument"] == argument
    layer = told["layers"][told["probe"]["layer"]]
    assert layer["keywords"][argument] == {"const": value}
    assert "recurrent_dropout" not in layer["keywords"], "the other rate that is none would hide it"
    assert len(shape_into(told)) == 3


def test_a_range_of_percents() -> None:
    told = job(planned("def build(hp):\n    x = layers.Dropout(hp.Float('rate', 10.0, 50.0))\n", "RNN301"))
    assert layer_of(told, "Dropout")["keywords"]["rate"] == {"const": 10.0}


def test_a_cell_is_put_into_a_layer() -> None:
    told = job(planned("cells = [layers.LSTMCell(4, dropout=20), layers.LSTMCell(4)]\n", "RNN301"))
    outer = told["layers"]["cell"]
    assert outer["class"] == "keras.layers.RNN"
    assert [child["class"] for child in outer["children"]] == ["keras.layers.LSTMCell"]
    assert told["probe"]["inner"] == outer["children"][0]["id"]


def test_the_rank_of_a_convolutional_recurrent_layer() -> None:
    told = job(planned("x = layers.ConvLSTM2D(4, 3, dropout=20)\n", "RNN301"))
    assert len(shape_into(told)) == 5


# ---------------------------------------------------------------------------------------------------------------------
# Verdicts


def rated(**seen: Any) -> dict[str, Any]:
    return {"call": OK, "off": False, "zero": False, "share": None, **seen}


@pytest.mark.parametrize(
    ("claim", "seen", "status", "evidence"),
    [
        (
            "rejected",
            rated(call={**REFUSED, "message": "Invalid value"}),
            "confirmed",
            "the constructor raises ValueError: Invalid value",
        ),
        ("training-error", rated(call={**ERROR, "message": ""}), "confirmed", "the training step raises ValueError"),
        (
            "training-error",
            rated(call={**ERROR, "message": "x"}, control={**ERROR, "message": "x"}),
            "unverified",
            "also with a rate of 0.5, the training step raises ValueError: x",
        ),
        ("off", rated(off=True), "confirmed", "in training nothing is dropped"),
        ("all-zero", rated(zero=True), "confirmed", "in training everything is zero"),
        ("off-or-all-zero", rated(zero=True), "confirmed", "in training everything is zero"),
        (("training-error", "off-or-all-zero"), rated(off=True), "confirmed", "in training nothing is dropped"),
        ("off", rated(zero=True), "unverified", "in training everything is zero, which is not what the finding says"),
        ("off", rated(share=[20, 100]), "refuted", "Keras accepts it and drops 20.0 % of the values"),
        ("all-zero", rated(), "refuted", "Keras accepts it and drops some of the values"),
    ],
)
def test_rates(claim: Claim | tuple[Claim, ...], seen: dict[str, Any], status: Status, evidence: str) -> None:
    assert ask("rate", claim, seen, argument="dropout") == Verdict(status, evidence, *KERAS)


def test_messages_become_one_clean_line() -> None:
    message = (
        "Exception encountered when calling Dropout.call().\n\n\x1b[1m{{function_node __wrapped__Mul_device_/CPU:0}} "
        "Incompatible shapes: [3,1,4] vs. [6,7,4] [Op:Mul] name: \x1b[0m\n\nArguments received by Dropout.call():\n  x"
    )
    outcome = {"error": "InvalidArgumentError", "message": message, "when": "training"}
    verdict = ask("rate", "training-error", rated(call=outcome))
    assert verdict.evidence == (
        "the training step raises InvalidArgumentError: Incompatible shapes: [3,1,4] vs. [6,7,4]"
    )
    ended = ask("rate", "rejected", rated(call={**REFUSED, "message": "Received: rate=20."}))
    assert ended.evidence == "the constructor raises ValueError: Received: rate=20"
    long = ask("rate", "training-error", rated(call={**outcome, "message": "\x07 a\u2028b" + "c" * 1000}))
    assert long.evidence.isprintable()
    assert len(long.evidence) < 300
