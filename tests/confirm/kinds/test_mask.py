"""The mask of a dropout layer: its jobs and its verdicts."""

from __future__ import annotations

from typing import Any

import pytest

from rnnlint.confirm.figures import Status
from rnnlint.findings import Claim, Verdict
from tests.confirm.judging import BATCH, KERAS, SHARED, ask, mask
from tests.confirm.planning import job, kinds, layer_of, planned, shape_into


def test_a_mask_from_its_input_to_the_recurrent_layer() -> None:
    made = planned(
        """
        inputs = keras.Input((20, 8))
        x = layers.Dense(4, kernel_initializer="zeros", name="first")(inputs)
        x = layers.Dropout(0.3, noise_shape=(None, None, 1), seed=7)(x)
        x = layers.LayerNormalization()(x)
        outputs = layers.LSTM(64)(x)
        """,
        "RNN101",
    )
    told = job(made)
    assert kinds(told) == ["input", "Dense", "Dropout", "LayerNormalization", "target"]
    assert told["nodes"][0] == {
        "id": 0,
        "kind": "input",
        "shape": ["batch", 20, 8],
        "dtype": "float32",
        "fill": "nonzero",
    }
    assert layer_of(told, "Dense")["keywords"] == {"units": {"const": 4}}
    none = {"const": None}
    assert layer_of(told, "Dropout")["keywords"] == {
        "rate": {"const": 0.3},
        "noise_shape": {"items": [none, none, {"const": 1}], "kind": "tuple"},
    }
    assert told["nodes"][4] == {"id": 4, "kind": "target", "name": "LSTM", "inputs": [[3, 0]]}
    assert told["probe"] == {
        "kind": "mask",
        "claim": "steps",
        "node": 2,
        "layer": told["nodes"][2]["layer"],
        "inner": layer_of(told, "Dropout")["id"],
        "target": 4,
        "axis": 1,
        "batch": [0],
        "features": [2],
        "probability": 0.3,
    }
    assert made.assumed == ()


def test_an_unknown_rate_is_a_half() -> None:
    made = planned(
        """
        def build(rate):
            inputs = keras.Input((20, 8))
            x = layers.Dropout(rate, noise_shape=(None, None, 1))(inputs)
            return keras.Model(inputs, layers.LSTM(4)(x))
        """,
        "RNN101",
    )
    assert layer_of(job(made), "Dropout")["keywords"]["rate"] == {"const": 0.5}
    assert job(made)["probe"]["probability"] == 0.5
    assert made.assumed == ("rate 0.5",)


@pytest.mark.parametrize(
    ("rate", "taken"),
    [
        ("0.2 if flag else 0.4", 0.4),
        ("0.0 if flag else 0.4", 0.4),
        ("hp.Float('rate', 0.1, 0.3)", 0.3),
        ("hp.Float('rate', 0.0, 1.0)", 0.5),
        ("None if flag else config.rate", 0.5),
    ],
)
def test_of_several_rates_the_one_that_shows_most(rate: str, taken: float) -> None:
    made = planned(
        f"""
        def build(hp, flag, config):
            inputs = keras.Input((20, 2))
            x = layers.SpatialDropout1D({rate})(inputs)
            x = layers.Dropout({rate})(x)
            return keras.Model(inputs, layers.LSTM(4)(x))
        """,
        "RNN102" if "config" in rate else "RNN101",
    )
    assert layer_of(job(made), "Dropout")["keywords"]["rate"] == {"const": taken}


def test_the_probability_is_that_of_the_job() -> None:
    """Range(0.1, 0.3) on two features: 0.3 ** 2."""
    made = planned(
        """
        def build(hp):
            inputs = keras.Input((20, 2))
            x = layers.SpatialDropout1D(hp.Float("rate", 0.1, 0.3))(inputs)
            return keras.Model(inputs, layers.LSTM(4)(x))
        """,
        "RNN103",
    )
    assert job(made)["probe"]["probability"] == pytest.approx(0.09)


def test_unknown_sizes_become_symbols_and_the_same_ones_stay_the_same() -> None:
    made = planned(
        """
        def build(steps, width):
            a = keras.Input((steps, width))
            b = keras.Input((steps, width))
            x = layers.Concatenate()([a, b])
            x = layers.Dropout(0.5)(x)
            return keras.Model([a, b], layers.LSTM(4)(x))
        """,
        "RNN102",
    )
    told = job(made)
    first, second = (node["shape"] for node in told["nodes"] if node["kind"] == "input")
    assert first == second
    assert told["nodes"][2]["list"] is True
    sizes = shape_into(told)
    assert len(set(sizes)) == 3
    assert set(made.assumed) == {f"steps={sizes[1]}", f"width={sizes[2]}"}


def test_unnamed_sizes_are_told_by_what_they_are() -> None:
    made = planned(
        """
        inputs = keras.Input((None, None))
        x = layers.Dropout(0.5)(inputs)
        outputs = layers.LSTM(4)(x)
        """,
        "RNN102",
    )
    assert made.assumed == ("7 timesteps", "5 features")


def test_sizes_that_are_too_short_for_what_follows_are_left_out() -> None:
    made = planned(
        """
        inputs = keras.Input((None, 4))
        x = layers.Conv1D(8, 9, strides=4)(inputs)
        x = layers.Conv1D(8, 5)(x)
        x = layers.Dropout(0.5)(x)
        outputs = layers.LSTM(4)(x)
        """,
        "RNN102",
    )
    told = job(made)
    steps = next(sizes for name, sizes in told["sizes"].items() if name != "batch")
    assert kinds(told) == ["input", "Conv1D", "Conv1D", "Dropout", "target"]
    assert min(steps) == 60
    assert made.assumed == ("60 timesteps",)


def test_the_noise_shape_tells_sizes_of_the_input() -> None:
    made = planned(
        """
        def build(x):
            x = layers.Dropout(0.5, noise_shape=(1, 1, 48))(x)
            return layers.LSTM(4)(x)
        """,
        "RNN104",
    )
    assert shape_into(job(made)) == [6, 7, 48]


def test_a_batch_size_in_the_noise_shape_is_the_batch() -> None:
    made = planned(
        """
        inputs = keras.Input((20, 8))
        x = layers.Dropout(0.3, noise_shape=(32, 20, 1))(inputs)
        outputs = layers.LSTM(4)(x)
        """,
        "RNN101",
    )
    assert job(made)["sizes"]["batch"] == [32]


def test_a_layer_that_is_called_twice_is_one_layer() -> None:
    made = planned(
        """
        inputs = keras.Input((20, 8))
        dense = layers.Dense(8)
        x = dense(dense(inputs))
        x = layers.Dropout(0.5)(x)
        outputs = layers.LSTM(4)(x)
        """,
        "RNN102",
    )
    told = job(made)
    assert kinds(told) == ["input", "Dense", "Dense", "Dropout", "target"]
    assert told["nodes"][1]["layer"] == told["nodes"][2]["layer"]


def test_a_loop_is_as_many_calls() -> None:
    told = job(
        planned(
            """
            x = inputs = keras.Input((20, 8))
            for width in (8, 16):
                x = layers.Dense(width)(x)
            x = layers.Dropout(0.5)(x)
            outputs = layers.LSTM(4)(x)
            """,
            "RNN102",
        )
    )
    assert [
        layer["keywords"]["units"]["const"] for layer in told["layers"].values() if "units" in layer["keywords"]
    ] == [
        8,
        16,
    ]


def test_a_nested_model_is_its_calls() -> None:
    told = job(
        planned(
            """
            encoder = keras.Sequential([layers.Dense(16), layers.Dropout(0.5)])
            inputs = keras.Input((20, 8))
            outputs = layers.LSTM(4)(encoder(inputs))
            """,
            "RNN102",
        )
    )
    assert kinds(told) == ["input", "Dense", "Dropout", "target"]


def test_one_output_of_several() -> None:
    told = job(
        planned(
            """
            inputs = keras.Input((20, 32))
            a, b = ops.split(inputs, 2, axis=-1)
            x = layers.Dropout(0.5)(b)
            outputs = layers.LSTM(4)(x)
            """,
            "RNN102",
        )
    )
    split = next(node for node in told["nodes"] if node["kind"] == "op")
    assert split["name"] == "keras.ops.split"
    assert split["list"] is False
    assert split["kwargs"] == {"#1": {"const": 2}, "axis": {"const": -1}}
    assert told["nodes"][told["probe"]["node"]]["inputs"] == [[split["id"], 1]]


def test_operations_on_the_way_are_replayed_with_their_arguments() -> None:
    told = job(
        planned(
            """
            inputs = keras.Input((20, 8))
            x = layers.Dropout(0.5)(inputs)
            x = ops.concatenate([1 - x, inputs], axis=-1)
            outputs = layers.LSTM(4)(x[:, ::2, ...])
            """,
            "RNN102",
        )
    )
    sub, concatenate, getitem = (node for node in told["nodes"] if node["kind"] == "op")
    assert sub["kwargs"] == {"#0": {"const": 1}}
    assert concatenate["list"] is True
    whole = {"slice": [None, None, None]}
    key = {"items": [whole, {"slice": [None, None, {"const": 2}]}, {"ellipsis": True}], "kind": "tuple"}
    assert getitem["kwargs"] == {"key": key}


def test_the_body_of_a_lambda_stands_for_it() -> None:
    told = job(
        planned(
            """
            inputs = keras.Input((20, 8))
            x = layers.Dropout(0.5)(inputs)
            x = layers.Lambda(lambda t: t * 2.0)(x)
            outputs = layers.LSTM(4)(x)
            """,
            "RNN102",
        )
    )
    assert kinds(told) == ["input", "Dropout", "op", "target"]


def test_other_dropouts_are_passed_by() -> None:
    """They do nothing at inference, and one of them may be broken itself."""
    told = job(
        planned(
            """
            inputs = keras.Input((20, 8))
            x = layers.Dropout(0.5, noise_shape=(-1, 1, 8))(inputs)
            x = layers.Dropout(0.3)(x)
            x = layers.GaussianNoise(0.1)(x)
            outputs = layers.LSTM(4)(x)
            """,
            "RNN102",
        )
    )
    assert kinds(told) == ["input", "Dropout", "target"]


def test_of_several_producers_the_one_on_the_way() -> None:
    """Only one arm leads through the Dropout."""
    told = job(
        planned(
            """
            def build(flag):
                inputs = keras.Input((20, 8))
                x = layers.Dense(16)(inputs)
                if flag:
                    x = layers.Dropout(0.5)(x)
                    x = layers.Activation("relu")(x)
                return keras.Model(inputs, layers.LSTM(4)(x))
            """,
            "RNN102",
        )
    )
    assert kinds(told) == ["input", "Dense", "Dropout", "Activation", "target"]


def test_time_on_another_axis() -> None:
    told = job(
        planned(
            """
            inputs = keras.Input((8, 20))
            x = layers.Dropout(0.3, noise_shape=(None, 1, None))(inputs)
            x = layers.Permute((2, 1))(x)
            outputs = layers.LSTM(4)(x)
            """,
            "RNN101",
        )
    )
    assert (told["probe"]["axis"], told["probe"]["features"]) == (2, [1])
    assert kinds(told) == ["input", "Dropout", "Permute", "target"]


def test_inside_time_distributed() -> None:
    made = planned(
        """
        inputs = keras.Input((100, 8))
        x = layers.TimeDistributed(layers.Dropout(0.3, noise_shape=(None, 1)))(inputs)
        outputs = layers.LSTM(4)(x)
        """,
        "RNN101",
    )
    told = job(made)
    wrapper = told["layers"][told["probe"]["layer"]]
    assert wrapper["class"] == "keras.layers.TimeDistributed"
    assert wrapper["keywords"] == {}
    assert [child["id"] for child in wrapper["children"]] == [told["probe"]["inner"]]
    assert shape_into(told) == [6, 12, 8], "Keras 3 calls the layer inside once per timestep"
    assert made.assumed == ("12 of 100 timesteps",)


def test_a_wrapper_that_nothing_calls() -> None:
    told = job(planned("x = layers.TimeDistributed(layers.Dropout(0.3))\n", "RNN109"))
    assert shape_into(told) == [6, 7, 5]
    assert told["probe"]["target"] is None


# ---------------------------------------------------------------------------------------------------------------------
# Verdicts


@pytest.mark.parametrize(
    ("claim", "seen", "probability", "status", "evidence"),
    [
        ("steps", {}, 0.5, "confirmed", "256 draws: 50.1 % of timesteps all-zero before LSTM, predicted 50.0 %"),
        ("steps", {}, None, "confirmed", "256 draws: 50.1 % of timesteps all-zero before LSTM"),
        ("steps", {}, 0.3, "refuted", "256 draws: 50.1 % of timesteps all-zero before LSTM, predicted 30.0 %"),
        ("steps", {"steps": [0, 10752]}, None, "refuted", "256 draws: 0 % of timesteps all-zero before LSTM"),
        (
            "steps",
            SHARED,
            0.5,
            "refuted",
            "256 draws, 50.1 % of values dropped: the mask is the same at all timesteps before LSTM",
        ),
        (
            "steps",
            {"reaches": False},
            0.5,
            "refuted",
            (
                "256 draws: 50.1 % of timesteps all-zero before LSTM, predicted 50.0 %; but that does not "
                "change what LSTM reads"
            ),
        ),
        (
            "steps",
            {"reaches": None},
            0.5,
            "unverified",
            (
                "256 draws: 50.1 % of timesteps all-zero before LSTM, predicted 50.0 %; whether LSTM reads it could "
                "not be observed"
            ),
        ),
        (
            "steps",
            {"values": [0, 10752]},
            0.5,
            "refuted",
            "256 draws: nothing is dropped before LSTM, predicted 50.0 %",
        ),
        (
            "steps",
            {"varies": None, "values": None, "output_shape": [6, 6, 7, 4]},
            0.5,
            "unverified",
            "in training the dropout turns the shape (6, 7, 1) into (6, 6, 7, 4)",
        ),
        (
            "sequences",
            SHARED,
            0.5,
            "confirmed",
            "256 draws: 50.1 % of sequences all-zero before LSTM, predicted 50.0 %",
        ),
        ("sequences", SHARED, 0.3, "refuted", "256 draws: 50.1 % of sequences all-zero before LSTM, predicted 30.0 %"),
        (
            "sequences",
            {},
            0.5,
            "refuted",
            "256 draws, 50.1 % of values dropped: the mask is a new one at every timestep before LSTM",
        ),
        (
            "batches",
            {**BATCH, "varies": [False, False, True]},
            0.0625,
            "confirmed",
            "256 draws: 5.9 % of batches all-zero before LSTM, predicted 6.2 %",
        ),
        (
            "batches",
            {},
            0.5,
            "refuted",
            "256 draws, 50.1 % of values dropped: each sample of a batch has its own mask before LSTM",
        ),
        (
            "per-step",
            {},
            None,
            "confirmed",
            "256 draws, 50.1 % of values dropped: a new mask at every timestep before LSTM",
        ),
        (
            "per-step",
            SHARED,
            None,
            "refuted",
            "256 draws, 50.1 % of values dropped: the mask is the same at all timesteps before LSTM",
        ),
        ("per-step", {"shape": [6, 1, 4]}, None, "unverified", "there is a single timestep here"),
        (
            "per-step",
            {"reaches": False},
            None,
            "refuted",
            (
                "256 draws, 50.1 % of values dropped: a new mask at every timestep before LSTM; but that "
                "does not change what LSTM reads"
            ),
        ),
        (
            "batch-shared",
            BATCH,
            None,
            "confirmed",
            "256 draws, 49.8 % of values dropped: the same mask for all 6 samples of a batch before LSTM",
        ),
        (
            "batch-shared",
            {},
            None,
            "refuted",
            "256 draws, 50.1 % of values dropped: each sample of a batch has its own mask before LSTM",
        ),
        ("batch-shared", {**BATCH, "shape": [1, 7, 4]}, None, "unverified", "the batch has a single sample here"),
        (
            "elementwise",
            {},
            None,
            "confirmed",
            "256 draws, 50.1 % of values dropped: each element has its own draw, as without the wrapper",
        ),
        (
            "elementwise",
            SHARED,
            None,
            "refuted",
            "256 draws, 50.1 % of values dropped: the mask is the same all along axis 1",
        ),
    ],
)
def test_masks(
    claim: Claim | tuple[Claim, ...], seen: dict[str, Any], probability: float | None, status: Status, evidence: str
) -> None:
    verdict = ask("mask", claim, mask(**seen), probability=probability, target="LSTM")
    assert verdict == Verdict(status, evidence, *KERAS)


def test_an_axis_that_is_not_known() -> None:
    verdict = ask("mask", "per-step", mask(), asked={"axis": None})
    assert verdict == Verdict("unverified", "the time axis of the dropout's input is unknown", *KERAS)


def test_a_rate_that_is_not_known() -> None:
    layer = {"class": "keras.layers.Dropout", "keywords": {"rate": {"symbol": "r"}}}
    verdict = ask("mask", "elementwise", mask(values=[0, 10752]), layer=layer)
    assert verdict == Verdict("unverified", "256 draws: nothing is dropped", *KERAS)


def test_a_mask_that_no_recurrent_layer_reads_need_not_reach_one() -> None:
    verdict = ask("mask", "elementwise", mask(reaches=None))
    assert verdict.status == "confirmed"
    assert " before " not in verdict.evidence


def test_too_rare_to_be_seen() -> None:
    """No timestep of four features was lost at rate 0.05: the draws that make one up are compared instead."""
    rare = mask(shape=[6, 7, 4], varies=[True] * 3, values=[2150, 43008], steps=[0, 10752])
    verdict = ask("mask", "steps", rare, probability=0.05**4, target="GRU")
    assert verdict.status == "confirmed"
    assert verdict.evidence == (
        "256 draws: 5.0 % of values zero before GRU, with 4 independent values per timestep, predicted 5.0 %; all at "
        "once, predicted 0.00063 %, is too rare to be observed among 10,752 timesteps"
    )
    wrong = ask("mask", "steps", {**rare, "values": [4300, 43008]}, probability=0.05**4, target="GRU")
    assert wrong.status == "refuted"
    assert "10.0 % of values zero" in wrong.evidence
    assert "predicted 5.0 %" in wrong.evidence


def test_nothing_dropped_at_a_rate_that_drops_next_to_nothing() -> None:
    """It is neither seen nor refuted."""
    layer = {"class": "keras.layers.Dropout", "positional": [{"const": 1e-9}], "keywords": {}}
    for claim in ("steps", "per-step", "batch-shared", "elementwise"):
        verdict = ask("mask", claim, mask(values=[0, 10752]), layer=layer, probability=1e-9)
        assert verdict.status == "unverified", claim
        assert verdict.evidence == "256 draws: nothing is dropped, predicted 1e-07 %"


def test_a_wrapped_dropout_has_the_rate_of_the_layer_inside() -> None:
    inner = {"class": "keras.layers.Dropout", "positional": [{"const": 0.9}]}
    layer = {"class": "keras.layers.TimeDistributed", "children": [inner]}
    verdict = ask("mask", "elementwise", mask(values=[0, 10752]), layer=layer)
    assert verdict == Verdict("refuted", "256 draws: nothing is dropped, predicted 90.0 %", *KERAS)


def test_at_the_edge() -> None:
    """Between one in a thousand and one in a million neither is said."""
    verdict = ask("mask", "steps", mask(steps=[5590, 10752]), probability=0.5)
    assert verdict.status == "unverified"
    assert verdict.evidence == (
        "256 draws: 52.0 % of timesteps all-zero, predicted 50.0 %; 10,752 of them do not tell, more --draws would"
    )
