"""The worker's cuDNN probe on Keras 3 and Keras 2, on tensorflow; other versions and backends: tests/nightly."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from rnnlint.graph import Layer, LayerArg, Name
from tests.keras.layers import layer
from tests.nightly.jobs import ask, chain, cudnn, job, spec

# What becomes of a layer with an argument in question, in the words of an observation.
KEPT = {"as_written": True}
LOST = {"as_written": False, "without": True, "only": True, "loses": True}
WITH_OTHERS = {"as_written": False, "without": True, "only": False, "loses": True}
INNOCENT = {"as_written": False, "without": True, "only": False, "loses": False}
HOPELESS = {"as_written": False, "without": False, "only": False, "loses": True}
NO_PATH = {"attempted": False, "control": False, "as_written": False, "without": False}
RAISES = {**LOST, "errors": {"as_written"}}

Row = tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]


def both(argument: str, value: object, keras3: dict[str, Any], keras2: dict[str, Any] | None) -> list[Row]:
    arguments: dict[str, Any] = {argument: value}
    return [(cudnn(layer(name, **arguments), argument), keras3, keras2) for name in ("LSTM", "GRU")]


def one(given: Layer, argument: str, keras3: dict[str, Any], keras2: dict[str, Any] | None, **more: Any) -> Row:
    return cudnn(given, argument, **more), keras3, keras2


def bidirectional(*inner: Layer) -> Layer:
    return layer("Bidirectional", *inner)


DROPS = layer("LSTM", recurrent_dropout=0.2)
BACKWARD = layer("LSTM", recurrent_dropout=0.2, go_backwards=True)
# What is asked, and the answers of Keras 3.15.1 and of Keras 2.15; None: it has no such argument.
ROWS: list[Row] = [
    *both("recurrent_dropout", 0.2, LOST, LOST),
    *both("recurrent_dropout", 1e-9, LOST, LOST),
    *both("recurrent_dropout", 0, KEPT, KEPT),
    *both("recurrent_dropout", False, KEPT, KEPT),
    *both("recurrent_dropout", -0.5, KEPT, LOST),
    *both("recurrent_dropout", 20, LOST, RAISES),
    *both("recurrent_dropout", None, RAISES, RAISES),
    *both("dropout", 0.2, KEPT, KEPT),
    *both("activation", "relu", LOST, LOST),
    *both("activation", None, LOST, LOST),
    *both("activation", LayerArg(1), LOST, LOST),
    *both("activation", "tanh", KEPT, KEPT),
    *both("activation", Name("keras.activations.tanh"), KEPT, KEPT),
    *both("activation", Name("tensorflow.nn.tanh"), KEPT, KEPT),
    *both("activation", Name("keras.ops.tanh"), KEPT, None),
    *both("recurrent_activation", "hard_sigmoid", LOST, LOST),
    *both("recurrent_activation", "sigmoid", KEPT, KEPT),
    *both("unroll", True, LOST, LOST),
    *both("unroll", False, KEPT, KEPT),
    *both("use_bias", False, LOST, LOST),
    *both("use_cudnn", False, LOST, None),
    *both("implementation", 1, KEPT, KEPT),
    *both("return_state", True, KEPT, KEPT),
    *both("return_sequences", True, KEPT, KEPT),
    *both("go_backwards", True, KEPT, KEPT),
    *both("kernel_regularizer", "l2", KEPT, KEPT),
    one(layer("GRU", reset_after=False), "reset_after", LOST, LOST),
    one(layer("LSTM", unit_forget_bias=False), "unit_forget_bias", KEPT, KEPT),
    one(layer("LSTM", units=5, activation="relu", positional=("units", "activation")), "activation", LOST, LOST),
    # More than one argument: the others are put back only where that helps, and what does no harm is found out.
    one(layer("LSTM", recurrent_dropout=0.2, use_bias=False), "recurrent_dropout", HOPELESS, HOPELESS),
    one(
        layer("LSTM", recurrent_dropout=0.2, use_bias=False, unroll=True),
        "recurrent_dropout",
        {**WITH_OTHERS, "put_back": ["use_bias", "unroll"]},
        {**WITH_OTHERS, "put_back": ["use_bias", "unroll"]},
        others=("use_bias", "unroll"),
    ),
    one(
        layer("GRU", recurrent_dropout=0.2, dropout=0.2),
        "recurrent_dropout",
        {**LOST, "put_back": []},
        {**LOST, "put_back": []},
        others=("dropout",),
    ),
    one(layer("GRU", dropout=0.2, activation="relu"), "dropout", INNOCENT, INNOCENT, others=("activation",)),
    # An argument that breaks the training call by itself (Keras 3.8 and later).
    one(layer("LSTM", implementation=1, dropout=0.2), "implementation", {"errors": {"as_written"}}, KEPT),
    # Wrappers.
    one(bidirectional(DROPS), "recurrent_dropout", LOST, LOST, inner=1),
    one(bidirectional(layer("GRU", activation="relu")), "activation", LOST, LOST, inner=1),
    one(bidirectional(layer("LSTM", dropout=0.2)), "dropout", KEPT, KEPT, inner=1),
    one(bidirectional(layer("LSTM", use_cudnn=False)), "use_cudnn", LOST, None, inner=1),
    one(bidirectional(layer("LSTM"), BACKWARD), "recurrent_dropout", KEPT, KEPT, inner=1),
    one(bidirectional(layer("LSTM"), BACKWARD), "recurrent_dropout", LOST, LOST, inner=2),
    one(bidirectional(DROPS, BACKWARD), "recurrent_dropout", LOST, LOST, inner=2),
    one(layer("TimeDistributed", layer("LSTM")), "unroll", KEPT, KEPT, inner=1),
    one(layer("TimeDistributed", layer("LSTM", unroll=True)), "unroll", LOST, LOST, inner=1),
    one(layer("TimeDistributed", bidirectional(DROPS)), "recurrent_dropout", LOST, LOST, inner=2),
    # Without a cuDNN path at all.
    one(layer("SimpleRNN", unroll=True), "unroll", NO_PATH, NO_PATH),
    one(layer("RNN", layer("LSTMCell", recurrent_dropout=0.2)), "recurrent_dropout", NO_PATH, NO_PATH, inner=1),
    one(
        layer("LSTM", recurrent_dropout=0.2, origin="tensorflow.compat.v1.keras"),
        "recurrent_dropout",
        {"failed": True},
        NO_PATH,
    ),
]


def after(upstream: dict[str, Any], given: Layer, dtype: str, **kwargs: Any) -> dict[str, Any]:
    """The recurrent dropout of a layer behind another one."""
    shape: list[int | str] = ["batch", "t1"] if dtype == "int32" else ["batch", "t1", 3]
    nodes = chain(shape, 2, dtype, **kwargs)
    asked = {"argument": "recurrent_dropout", "node": 2}
    return job([upstream, spec(given)], nodes, kind="cudnn", layer="1", inner=0, **asked)


def embedding(**more: Any) -> dict[str, Any]:
    keywords = {"input_dim": {"const": 10}, "output_dim": {"const": 3}, **more}
    return {**spec(layer("Embedding")), "keywords": keywords}


MASKED: list[Row] = [
    (after(embedding(), DROPS, "int32"), {**LOST, "mask": False}, {**LOST, "mask": False}),
    (after(embedding(mask_zero={"const": True}), DROPS, "int32"), {**LOST, "mask": True}, {**LOST, "mask": True}),
    (after(spec(layer("Masking")), DROPS, "float32"), {**LOST, "mask": True}, {**LOST, "mask": True}),
    (after(spec(layer("Masking")), layer("GRU"), "float32"), {**KEPT, "mask": True}, {**KEPT, "mask": True}),
    (
        after(spec(layer("Masking")), bidirectional(DROPS), "float32"),
        {**LOST, "mask": True},
        {**LOST, "mask": True},
    ),
]


def live(given: Layer, argument: str) -> dict[str, Any]:
    """The same of a layer that the user's code has made, the second of two."""
    asked = {**cudnn(given, argument), "live": [spec(layer("Dense", units=2)), spec(given)]}
    return {**asked, "layers": {"0": {"live": 1}}}


LIVE: list[Row] = [
    (live(DROPS, "recurrent_dropout"), LOST, LOST),
    (live(layer("GRU", dropout=0.2), "dropout"), KEPT, KEPT),
    (live(layer("GRU", activation=Name("tensorflow.nn.relu")), "activation"), LOST, LOST),
    (live(layer("LSTM", activation=Name("tensorflow.nn.tanh")), "activation"), KEPT, KEPT),
    (live(layer("LSTM", use_cudnn=False), "use_cudnn"), LOST, None),
    (live(bidirectional(DROPS), "recurrent_dropout"), LOST, LOST),
    (live(bidirectional(layer("LSTM"), BACKWARD), "recurrent_dropout"), LOST, LOST),
    (live(bidirectional(layer("GRU", use_bias=False)), "use_bias"), LOST, LOST),
    (live(layer("TimeDistributed", layer("LSTM", unroll=True)), "unroll"), LOST, LOST),
    (live(layer("SimpleRNN", unroll=True), "unroll"), NO_PATH, NO_PATH),
]
ALL = ROWS + MASKED + LIVE


def title(row: Row) -> str:
    asked = row[0]

    def words(given: dict[str, Any]) -> str:
        if "live" in given:
            return "live " + words(asked["live"][given["live"]])
        parts = [words(child) for child in given["children"]]
        parts += [f"{name}={next(iter(value.values()))}" for name, value in given["keywords"].items()]
        return f"{given['class'].rpartition('.')[2]}({', '.join(part.partition('{')[0] for part in parts)})"

    layers = "-".join(words(given) for given in asked["layers"].values())
    return f"{layers}-{asked['probe']['argument']}-{asked['probe']['inner']}"


EXTRA = [
    {**cudnn(DROPS, "recurrent_dropout"), "numb": True},
    {**cudnn(DROPS, "recurrent_dropout"), "time": [4, 5, 3]},
    {**cudnn(bidirectional(layer("GRU", return_state=True)), "dropout", inner=1), "time": [4, 5, 3]},
]


@functools.cache
def observed(python: str) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = ask(python, [row[0] for row in ALL] + EXTRA)["answers"]
    return answers


def check(index: int, expected: dict[str, Any], python: str) -> None:
    answer = observed(python)[index]
    if expected.get("failed"):
        assert "failed" in answer
        return
    assert "failed" not in answer, answer["trace"]
    if expected is NO_PATH:
        assert "has no cuDNN path for this" in answer["mechanism"]
    else:
        assert answer["attempted"], answer
        assert answer["control"], answer
    assert set(answer.pop("errors")) == expected.get("errors", set())
    assert answer["gpu"] is None
    wanted = {name: value for name, value in expected.items() if name != "errors"}
    assert {name: answer[name] for name in wanted} == wanted, answer


@pytest.mark.keras
@pytest.mark.parametrize("index", range(len(ALL)), ids=[title(row) for row in ALL])
def test_keras_3(index: int, keras3_python: str) -> None:
    check(index, ALL[index][1], keras3_python)


@pytest.mark.keras2
@pytest.mark.parametrize("index", [n for n, row in enumerate(ALL) if row[2]], ids=[title(row) for row in ALL if row[2]])
def test_keras_2(index: int, keras2_python: str) -> None:
    expected = ALL[index][2]
    assert expected is not None
    check(index, expected, keras2_python)


def check_extra(python: str) -> None:
    blind, *timed = observed(python)[len(ALL) :]
    # A patch that does not bite is found out: nothing is said about the layer.
    assert blind["attempted"]
    assert not blind["control"]
    assert blind["mechanism"].startswith("not even LSTM(8) runs on ")
    assert not any(blind[name] for name in ("as_written", "without", "only", "loses"))
    # What a GPU would be asked; only that it can be run is tested.
    for answer in timed:
        assert answer["ms"] > 0, answer


@pytest.mark.keras
def test_control_and_timing_in_keras_3(keras3_python: str) -> None:
    check_extra(keras3_python)


@pytest.mark.keras2
def test_control_and_timing_in_keras_2(keras2_python: str) -> None:
    check_extra(keras2_python)
