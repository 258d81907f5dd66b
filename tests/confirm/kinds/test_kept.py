"""How much a layer keeps: its jobs and its verdicts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.confirm.judging import ask
from tests.confirm.planning import job, keras, kinds, layer_of, planned


def test_stacked_dropouts() -> None:
    told = job(
        planned(
            """
            def build(rate=0.5):
                x = layers.Dropout(0.2)(keras.Input((200, 8)))
                x = layers.SpatialDropout1D(0.5)(x)
                return layers.Bidirectional(layers.LSTM(4, dropout=rate))(x)
            """,
            "RNN110",
        )
    )
    assert kinds(told) == ["input", "Dropout", "SpatialDropout1D", "Bidirectional"]
    assert told["probe"]["probability"] == pytest.approx(0.8 * 0.5 * 0.5)
    assert told["probe"]["stack"] is True
    assert told["nodes"][told["probe"]["node"]]["layer"] == told["probe"]["layer"]
    (steps,) = (told["sizes"][size] for size in told["nodes"][0]["shape"][1:] if isinstance(size, str))
    assert steps[0] < 24, "few of the 200 timesteps will do"


def test_stacked_dropouts_that_a_batch_shares() -> None:
    made = planned(
        """
        x = layers.Dropout(0.2, noise_shape=(1, 20, 8))(keras.Input((20, 8)))
        x = layers.LSTM(4, dropout=0.5)(x)
        """,
        "RNN110",
    )
    assert made.obstacle == "the samples of a batch may share a mask"


def test_stacked_in_each_timestep() -> None:
    made = planned(
        """
        x = layers.SpatialDropout2D(0.2)(keras.Input((5, 20, 8)))
        x = layers.TimeDistributed(layers.LSTM(4, dropout=0.5))(x)
        """,
        "RNN110",
    )
    assert made.obstacle == "what TimeDistributed takes apart is not followed"


@pytest.mark.parametrize(
    ("code", "rule", "version", "kept", "written"),
    [
        ("layers.Dropout(0.8)", "RNN303", "3.15", 0.2, None),
        ("layers.SimpleRNN(4, recurrent_dropout=0.6)", "RNN303", "3.15", 0.4, None),
        ("layers.SimpleRNN(4, recurrent_dropout=0.2)", "RNN503", "3.1", 1.0, 0.8),
        ("layers.SimpleRNN(4, dropout=0.4, recurrent_dropout=0.2)", "RNN503", "3.1", 0.6, 0.8),
        ("layers.RNN(layers.GRUCell(4, dropout=0.4, recurrent_dropout=0.2))", "RNN503", "3.1", 0.6, 0.8),
        ("layers.ConvLSTM2D(4, 3, dropout=0.4, recurrent_dropout=0.2)", "RNN504", "3.4", 1.0, 0.6),
        ("layers.LSTM(4, dropout=0.4)", "RNN505", "3.15", 0.6, None),
    ],
)
def test_what_is_kept(code: str, rule: str, version: str, kept: float, written: float | None) -> None:
    told = job(planned(f"layer = {code}\n", rule, keras(version)))
    assert told["probe"]["probability"] == pytest.approx(kept)
    assert told["probe"].get("written") == (None if written is None else pytest.approx(written))
    assert len(told["nodes"]) == 2


def test_rates_that_may_be_equal() -> None:
    code = """
    def build(rate=0.2):
        return layers.SimpleRNN(4, dropout=rate, recurrent_dropout=0.2 if rate else 0.3)
    """
    made = planned(code, "RNN503", keras("3.1"))
    assert made.job is not None
    chosen = layer_of(job(made), "SimpleRNN")["keywords"]
    assert chosen["dropout"] != chosen["recurrent_dropout"]


# ---------------------------------------------------------------------------------------------------------------------
# Verdicts


def kept(share: float, **seen: Any) -> dict[str, Any]:
    """So much of 256 samples."""
    return {"draws": 256, "kept": [round(256 * share), 256], "varies": None, "keras2": False, **seen}


@pytest.mark.parametrize(
    ("share", "probability", "status", "evidence"),
    [
        (0.25, 0.25, "confirmed", "256 draws: 25.0 % of the input is kept, predicted 25.0 %"),
        (0.75, 0.25, "refuted", "256 draws: 75.0 % of the input is kept, predicted 25.0 %"),
        (0.25, None, "confirmed", "256 draws: 25.0 % of the input is kept"),
    ],
)
def test_kept(share: float, probability: float | None, status: str, evidence: str) -> None:
    verdict = ask("kept", "share", kept(share), probability=probability, argument="dropout")
    assert (verdict.status, verdict.evidence) == (status, evidence)


@pytest.mark.parametrize(
    ("share", "written", "predicted", "status"),
    [
        (1.0, 0.5, 1.0, "confirmed"),
        (0.5, 0.5, 1.0, "refuted"),
        (0.8, 0.5, 0.8, "confirmed"),
        (0.2, 0.5, 0.8, "refuted"),
        # Two shares that the draws cannot tell apart.
        (1.0, 0.999, 1.0, "unverified"),
    ],
)
def test_ignored(share: float, written: float, predicted: float, status: str) -> None:
    asked = {"written": written}
    verdict = ask("kept", "ignored", kept(share), probability=predicted, asked=asked, argument="recurrent_dropout")
    assert verdict.status == status
    assert "of the state is kept, where `recurrent_dropout` should leave" in verdict.evidence


@pytest.mark.parametrize(
    ("seen", "status", "evidence"),
    [
        (kept(0.8, varies=False), "confirmed", "256 draws: one mask for all timesteps"),
        (kept(0.8, varies=True), "refuted", "256 draws: a new mask at every timestep"),
        (kept(0.8, varies=True, keras2=True), "confirmed", "256 draws: a new mask at every timestep"),
        (kept(0.8, varies=False, keras2=True), "refuted", "256 draws: one mask for all timesteps"),
        (kept(1.0, varies=False), "unverified", "256 draws: 100 % of the input is kept"),
        (kept(0.8), "unverified", "there is a single timestep here"),
    ],
)
def test_drawn(seen: dict[str, Any], status: str, evidence: str) -> None:
    verdict = ask("kept", "drawn", seen, argument="dropout")
    assert (verdict.status, verdict.evidence) == (status, evidence)
