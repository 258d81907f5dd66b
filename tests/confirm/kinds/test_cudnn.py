"""Layers off cuDNN: their jobs and their verdicts."""

from __future__ import annotations

from typing import Any

import pytest

from rnnlint.confirm.figures import Status
from rnnlint.findings import Verdict
from tests.confirm.judging import KERAS, ask
from tests.confirm.planning import job, kinds, layer_of, planned, symbols


def test_cudnn_needs_nothing_but_the_layer() -> None:
    made = planned(
        """
        def build(steps, activation):
            inputs = keras.Input((steps, 8))
            x = layers.Conv1D(8, 3)(inputs)
            x = layers.GRU(32, recurrent_dropout=0.2 if steps else 0.0, activation="relu")(x)
            return keras.Model(inputs, x)
        """,
        "RNN201",
    )
    told = job(made)
    assert kinds(told) == ["input", "GRU"]
    assert layer_of(told, "GRU")["keywords"]["recurrent_dropout"] == {"const": 0.2}
    assert told["probe"]["others"] == ["activation"]
    assert made.assumed == ()


def test_of_several_values_of_another_argument_a_harmless_one() -> None:
    told = job(
        planned(
            """
            def build(flag):
                return layers.GRU(32, recurrent_dropout=0.2, activation="relu" if flag else "tanh")
            """,
            "RNN201",
        )
    )
    assert layer_of(told, "GRU")["keywords"]["activation"] == {"const": "tanh"}


def test_an_activation_of_the_code_itself_is_in_the_way_of_cudnn() -> None:
    made = planned(
        """
        def mine(x):
            return x

        x = layers.GRU(32, recurrent_dropout=0.2, activation=mine)
        """,
        "RNN201",
    )
    assert made.obstacle == "`mine` at line 7 is a function of this code, which replay does not run"


def test_what_a_caller_may_pass_is_left_at_its_default() -> None:
    made = planned(
        """
        def build(activation):
            return layers.GRU(32, recurrent_dropout=0.2, activation=activation)
        """,
        "RNN201",
    )
    assert "activation" not in layer_of(job(made), "GRU")["keywords"]
    assert made.assumed == ("activation at its default",)


def test_units_that_are_not_known() -> None:
    made = planned("def build(units):\n    return layers.GRU(units, recurrent_dropout=0.2)\n", "RNN201")
    told = job(made)
    (size,) = {name for name in told["sizes"] if name != "batch"} & set(symbols(told["layers"]))
    assert layer_of(told, "GRU")["keywords"]["units"] == {"symbol": size}
    assert made.assumed == (f"units={told['sizes'][size][0]}",)


def test_a_cell_and_its_layer() -> None:
    told = job(planned("layer = layers.RNN(layers.LSTMCell(4), return_sequences=True)\n", "RNN205"))
    assert told["probe"]["twin"] is True
    assert kinds(told) == ["input", "RNN"]


# ---------------------------------------------------------------------------------------------------------------------
# Verdicts


def cudnn(**seen: Any) -> dict[str, Any]:
    """`recurrent_dropout` is what loses the kernel."""
    return {
        "attempted": True, "control": True, "as_written": False, "without": True, "only": True, "put_back": [],
        "loses": True, "mask": False, "mask_loses": False, "errors": {}, "mechanism": "_cudnn_lstm", "gpu": None,
        **seen
    }  # fmt: skip


@pytest.mark.parametrize(
    ("seen", "status", "evidence"),
    [
        (
            {},
            "confirmed",
            "Keras chooses cuDNN without `recurrent_dropout`, but not as written (on a simulated GPU)",
        ),
        (
            {"only": False, "put_back": ["unroll"]},
            "confirmed",
            "Keras chooses cuDNN without `recurrent_dropout` and `unroll`, but not as written (on a simulated GPU)",
        ),
        (
            {"gpu": {"as_written_ms": 40.0, "without_ms": 8.0, "ratio": 5.0}},
            "confirmed",
            (
                "Keras chooses cuDNN without `recurrent_dropout`, but not as written; a training step takes 40 ms "
                "on this GPU, 8 ms without: 5 times as long"
            ),
        ),
        ({"as_written": True}, "refuted", "Keras chooses cuDNN as written"),
        (
            {"only": False, "put_back": ["unroll"], "loses": False},
            "refuted",
            "it is not `recurrent_dropout` that prevents cuDNN",
        ),
        (
            {"without": False},
            "unverified",
            "Keras chooses cuDNN neither as written nor without `recurrent_dropout`: something else prevents it",
        ),
        (
            {"without": False, "mask_loses": True},
            "unverified",
            "Keras chooses cuDNN neither as written nor without `recurrent_dropout`: the mask that arrives prevents it",
        ),
        (
            {"attempted": False, "as_written": False, "without": False, "mechanism": "jax has no kernel for GRU"},
            "unverified",
            "whether Keras chooses cuDNN could not be observed here: jax has no kernel for GRU",
        ),
        (
            {"control": False, "without": False, "mechanism": ""},
            "unverified",
            "whether Keras chooses cuDNN could not be observed here: not even with all arguments at their defaults",
        ),
        (
            {"errors": {"as_written": "ValueError: rate must be below 1"}},
            "unverified",
            "the layer as written raises ValueError: rate must be below 1",
        ),
    ],
)
def test_cudnn(seen: dict[str, Any], status: Status, evidence: str) -> None:
    verdict = ask("cudnn", "lost", cudnn(**seen), argument="recurrent_dropout", others=("unroll",))
    assert verdict == Verdict(status, evidence, *KERAS)


TWIN = {"attempted": True, "control": True, "mechanism": "entry", "errors": {}, "gpu": None}
SAME = "Keras chooses cuDNN for LSTM, which gives the same output, but not for the cell"
GPU = {"as_written_ms": 30.0, "without_ms": 10.0, "ratio": 3.0}


@pytest.mark.parametrize(
    ("seen", "status", "evidence"),
    [
        ({}, "confirmed", f"{SAME} (on a simulated GPU)"),
        (
            {"gpu": GPU},
            "confirmed",
            f"{SAME}; a training step takes 30 ms on this GPU, 10 ms without: 3 times as long",
        ),
        ({"as_written": True}, "refuted", "Keras chooses cuDNN for the cell"),
        ({"same": False}, "refuted", "LSTM with the same weights gives a different output"),
        ({"without": False}, "unverified", "Keras does not choose cuDNN for LSTM either"),
        ({"errors": {"without": "ValueError: no"}}, "unverified", "it raises ValueError: no"),
        ({"attempted": False}, "unverified", "whether Keras chooses cuDNN could not be observed here: entry"),
    ],
)
def test_cell(seen: dict[str, Any], status: str, evidence: str) -> None:
    whole = {**TWIN, "as_written": False, "without": True, "same": True, **seen}
    verdict = ask("cudnn", "layer", whole, argument="LSTM")
    assert (verdict.status, verdict.evidence) == (status, evidence)
