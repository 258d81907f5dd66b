"""Calls that fail: their jobs and their verdicts."""

from __future__ import annotations

from typing import Any

import pytest

from rnnlint.confirm.figures import Status
from rnnlint.findings import Claim, Verdict
from tests.confirm.judging import ERROR, KERAS, OK, REFUSED, SHARED, ask, mask
from tests.confirm.planning import KERAS_2, KERAS_3, job, kinds, layer_of, planned, shape_into


def test_implementation() -> None:
    code = """
    def build(implementation=1, rate=0.2, recurrent=0.0):
        return layers.LSTM(4, implementation=implementation, dropout=rate, recurrent_dropout=recurrent)
    """
    told = job(planned(code, "RNN302"))
    keywords = layer_of(told, "LSTM")["keywords"]
    assert (keywords["implementation"], keywords["dropout"]) == ({"const": 1}, {"const": 0.2})
    assert keywords["recurrent_dropout"] == {"const": 0.0}
    assert told["probe"]["without"] == ["implementation"]


def test_a_fixed_batch_size() -> None:
    told = job(
        planned(
            """
            inputs = keras.Input((20, 8))
            x = layers.Dropout(0.3, noise_shape=(16, 1, 8))(inputs)
            outputs = layers.LSTM(4)(x)
            """,
            "RNN105",
        )
    )
    assert told["sizes"]["batch"] == [16]
    assert (told["probe"]["rows"], told["probe"]["written"]) == ("other", 16)
    assert kinds(told) == ["input", "Dropout"]


def test_a_seed_by_position_stays_there() -> None:
    told = job(planned("x = layers.Dropout(0.5, 42)\n", "RNN106"))
    layer = layer_of(told, "Dropout")
    assert layer["positional"] == [{"const": 0.5}, {"const": 42}]
    assert layer["keywords"] == {}
    assert told["probe"]["without"] == ["noise_shape"]


def test_of_several_noise_shapes_the_wrong_one() -> None:
    told = job(
        planned(
            """
            def build(flag):
                inputs = keras.Input((20, 8))
                x = layers.Dropout(0.3, noise_shape=(None, 1, 8) if flag else 42)(inputs)
                return layers.LSTM(4)(x)
            """,
            "RNN106",
        )
    )
    assert layer_of(told, "Dropout")["keywords"]["noise_shape"] == {"const": 42}


def test_a_noise_shape_where_there_is_none() -> None:
    code = "x = layers.SpatialDropout2D(0.5, noise_shape=(None, 1, 1, 8))\n"
    for env, claim in ((KERAS_3, "raises"), (KERAS_2, "ignored")):
        told = job(planned(code, "RNN106", env))
        assert told["probe"]["claim"] == claim
        assert len(shape_into(told)) == 4


def test_cudnn_demanded_in_vain() -> None:
    told = job(
        planned(
            """
            x = layers.Bidirectional(layers.LSTM(4, recurrent_dropout=0.2, activation="relu", use_cudnn=True))
            """,
            "RNN203",
        )
    )
    lstm = layer_of(told, "LSTM")
    assert told["probe"]["inner"] == lstm["id"]
    assert told["layers"][told["probe"]["layer"]]["class"] == "keras.layers.Bidirectional"
    assert set(told["probe"]["without"]) == {"recurrent_dropout", "activation"}
    assert told["probe"]["fake_gpu"] is True
    assert lstm["keywords"]["use_cudnn"] == {"const": True}


# ---------------------------------------------------------------------------------------------------------------------
# Verdicts


@pytest.mark.parametrize(
    ("claim", "seen", "asked", "status", "evidence"),
    [
        (
            "raises",
            {"control": {**OK, "rows": 16}, "call": {**ERROR, "rows": 17}},
            {"rows": "other"},
            "confirmed",
            "the training step with a batch of 17 raises ValueError: misfit; a batch of 16 runs",
        ),
        (
            "raises",
            {"control": {**OK, "rows": 16}, "call": {**OK, "rows": 17}},
            {"rows": "other"},
            "refuted",
            "a batch of 17 raises nothing",
        ),
        (
            "raises",
            {"control": ERROR, "call": ERROR},
            {"without": ["noise_shape"]},
            "unverified",
            "the same without `noise_shape` also fails: ValueError: misfit",
        ),
        (
            "raises",
            {"control": OK, "call": REFUSED},
            {"without": ["noise_shape"]},
            "confirmed",
            "the constructor raises ValueError: misfit; the same without `noise_shape` runs",
        ),
        (
            "raises",
            {"control": OK, "call": {**ERROR, "when": "inference"}},
            {"without": ["unroll", "use_bias"], "fake_gpu": True},
            "confirmed",
            "the call raises ValueError: misfit; the same without `unroll` and `use_bias` runs (on a simulated GPU)",
        ),
        (
            "raises",
            {"control": OK, "call": {"ok": True, "output_shape": [6, 6, 7, 4]}},
            {"without": "noise_shape"},
            "unverified",
            (
                "no exception; the output in training has the shape (6, 6, 7, 4), without `noise_shape` (6, 7, 4), "
                "which is not what the finding says"
            ),
        ),
        (
            "rank",
            {"control": OK, "call": {"ok": True, "output_shape": [6, 6, 7, 4]}},
            {"without": "noise_shape"},
            "confirmed",
            "no exception; the output in training has the shape (6, 6, 7, 4), without `noise_shape` (6, 7, 4)",
        ),
        (
            "rank",
            {"control": OK, "call": OK},
            {"without": "noise_shape"},
            "refuted",
            "no exception; the output in training has the shape (6, 7, 4), without `noise_shape` (6, 7, 4)",
        ),
        (
            "rank",
            {"control": OK, "call": {"ok": True}},
            {},
            "unverified",
            "no exception, and the shape of the output is not known",
        ),
        (
            "rank",
            {"control": OK, "call": ERROR},
            {},
            "unverified",
            (
                "the training step raises ValueError: misfit; the same without `noise_shape` runs, which is not what "
                "the finding says"
            ),
        ),
        (
            "ignored",
            {"control": OK, "call": OK, "mask": mask(), "control_mask": mask()},
            {},
            "confirmed",
            "no exception; the mask is drawn along the same axes without `noise_shape`",
        ),
        (
            "ignored",
            {"control": OK, "call": OK, "mask": mask(), "control_mask": mask(**SHARED)},
            {},
            "refuted",
            "no exception; the mask is drawn along other axes without `noise_shape`",
        ),
        (
            "ignored",
            {"control": ERROR, "call": ERROR},
            {},
            "unverified",
            "the same without `noise_shape` also fails: ValueError: misfit",
        ),
        (
            ("ignored", "raises"),
            {"control": OK, "call": ERROR},
            {},
            "confirmed",
            "the training step raises ValueError: misfit; the same without `noise_shape` runs",
        ),
        (
            ("ignored", "rank"),
            {"control": OK, "call": OK, "mask": mask(), "control_mask": mask(**SHARED)},
            {},
            "refuted",
            "no exception; the mask is drawn along other axes without `noise_shape`",
        ),
    ],
)
def test_errors(
    claim: Claim | tuple[Claim, ...], seen: dict[str, Any], asked: dict[str, Any], status: Status, evidence: str
) -> None:
    verdict = ask("error", claim, seen, asked=asked, argument="noise_shape")
    assert verdict == Verdict(status, evidence, *KERAS)
