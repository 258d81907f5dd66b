"""The worker's probes of what a recurrent layer keeps, of its state, and of what is handed to cuDNN."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from tests.confirm.jobs import JSON, call, drive, job, layer, start
from tests.keras.layers import plausible

MAJORS = [pytest.param(2, marks=pytest.mark.keras2), pytest.param(3, marks=pytest.mark.keras)]


def of(given: JSON, argument: str, *shape: int, kind: str = "kept", **more: Any) -> JSON:
    return job({"0": given}, [start(*(shape or (6, 5, 3))), call(1, "0", 0)], kind=kind, argument=argument, **more)


def cell(name: str, **arguments: Any) -> JSON:
    return layer("RNN", layer(name, id=1, units=3, **arguments))


def stacked(*before: JSON, recurrent: JSON) -> JSON:
    layers = {str(index): one for index, one in enumerate([*before, recurrent])}
    nodes = [start(6, 5, 3), *(call(index + 1, str(index), index) for index in range(len(layers)))]
    last = len(before)
    return job(layers, nodes, kind="kept", argument="dropout", node=last + 1, layer=str(last), stack=True)


BOTH: dict[str, Any] = {"dropout": 0.3, "recurrent_dropout": 0.6}
# Job and the share that is kept.
KEPT: dict[str, tuple[JSON, float]] = {
    "Dropout": (of(layer("Dropout", rate=0.7), "rate"), 0.3),
    "AlphaDropout": (of(layer("AlphaDropout", rate=0.7), "rate"), 0.3),
    "SpatialDropout1D": (of(layer("SpatialDropout1D", rate=0.7), "rate"), 0.3),
    **{
        f"{name}, {argument}": (of(layer(name, units=3, **BOTH), argument), kept)
        for name in ("LSTM", "GRU", "SimpleRNN")
        for argument, kept in (("dropout", 0.7), ("recurrent_dropout", 0.4))
    },
    "LSTM": (of(layer("LSTM", units=200, dropout=0.3), "dropout"), 0.7),
    "LSTM, the other only": (of(layer("LSTM", units=3, recurrent_dropout=0.6), "dropout"), 1.0),
    "GRU, the other only": (of(layer("GRU", units=3, dropout=0.3), "recurrent_dropout"), 1.0),
    "no bias": (of(layer("LSTM", units=3, use_bias=False, **BOTH), "dropout"), 0.7),
    "no bias, state": (of(layer("LSTM", units=3, use_bias=False, **BOTH), "recurrent_dropout"), 0.4),
    "reset_after=False": (of(layer("GRU", units=3, reset_after=False, **BOTH), "recurrent_dropout"), 0.4),
    "one unit": (of(layer("SimpleRNN", units=1, **BOTH), "recurrent_dropout"), 0.4),
    "backwards": (of(layer("LSTM", units=3, go_backwards=True, return_sequences=True, **BOTH), "dropout"), 0.7),
    "LSTMCell": (of(cell("LSTMCell", **BOTH), "recurrent_dropout", inner=1), 0.4),
    "GRUCell": (of(cell("GRUCell", **BOTH), "dropout", inner=1), 0.7),
    "ConvLSTM1D": (of(layer("ConvLSTM1D", filters=2, kernel_size=3, **BOTH), "dropout", 6, 3, 6, 2), 0.7),
    "ConvLSTM2D": (of(layer("ConvLSTM2D", filters=1, kernel_size=3, **BOTH), "recurrent_dropout", 6, 3, 6, 5, 2), 0.4),
    "nothing": (of(layer("ConvLSTM2D", filters=1, kernel_size=3), "dropout", 6, 3, 6, 5, 2), 1.0),
    "stacked": (stacked(layer("Dropout", rate=0.5), recurrent=layer("LSTM", id=1, units=3, dropout=0.4)), 0.3),
    "stacked thrice": (
        stacked(
            layer("Dropout", rate=0.2),
            layer("SpatialDropout1D", id=1, rate=0.2),
            recurrent=layer("GRU", id=2, units=3, dropout=0.5),
        ),
        0.32,
    ),
    "stacked, Masking between": (
        stacked(
            layer("Dropout", rate=0.5),
            layer("Masking", id=1, mask_value=-7.0),
            recurrent=layer("SimpleRNN", id=2, units=3, dropout=0.4),
        ),
        0.3,
    ),
    "Bidirectional": (
        stacked(
            layer("Dropout", rate=0.5),
            recurrent=layer("Bidirectional", layer("LSTM", id=2, units=3, dropout=0.4), id=1),
        ),
        0.3,
    ),
}
# Job, and whether the mask varies over time in Keras 2; in Keras 3 none does.
VARIES: dict[str, tuple[JSON, bool]] = {
    "LSTM": (of(layer("LSTM", units=3, dropout=0.3), "dropout"), True),
    "GRU": (of(layer("GRU", units=3, dropout=0.3), "dropout"), True),
    "unroll": (of(layer("LSTM", units=3, dropout=0.3, unroll=True), "dropout"), False),
    "SimpleRNN": (of(layer("SimpleRNN", units=3, dropout=0.3), "dropout"), False),
    "per gate": (of(layer("LSTM", units=3, **BOTH), "dropout"), False),
}
STATES: dict[str, JSON] = {
    "0.5": of(layer("GRU", units=3, recurrent_dropout=0.5), "recurrent_dropout", kind="state"),
    "0.01": of(layer("GRU", units=3, recurrent_dropout=0.01), "recurrent_dropout", kind="state"),
    "no bias": of(layer("GRU", units=3, recurrent_dropout=0.5, use_bias=False), "recurrent_dropout", kind="state"),
    "relu": of(layer("GRU", units=3, activation="exponential"), "recurrent_dropout", kind="state"),
    "reset_after=False": of(layer("GRU", reset_after=False, units=3, dropout=0.5), "recurrent_dropout", kind="state"),
    "cell": of(cell("GRUCell", recurrent_dropout=0.5), "recurrent_dropout", kind="state", inner=1),
}
INFERENCE = of(layer("LSTM", units=3, dropout=0.5), "dropout", kind="inference", inner=0)
OFF = of(layer("LSTM", units=3, dropout=0.5, unroll=True), "dropout", kind="inference", inner=0)


def twin(given: JSON) -> JSON:
    return of(given, given["children"][0]["class"][: -len("Cell")], kind="cudnn", inner=0, twin=True)


TWINS = {name: twin(cell(name, dropout=0.2)) for name in ("LSTMCell", "GRUCell")}
OTHER = twin(cell("GRUCell", reset_after=False))

ALL: dict[str, JSON] = {
    **{f"kept {name}": given for name, (given, _) in KEPT.items()},
    **{f"varies {name}": given for name, (given, _) in VARIES.items()},
    **{f"state {name}": given for name, given in STATES.items()},
    "inference": INFERENCE,
    "off": OFF,
    **{f"twin {name}": given for name, given in TWINS.items()},
    "other": OTHER,
}


@functools.cache
def _answers(python: str) -> dict[str, JSON]:
    answers = drive(python, [{"job": given} for given in ALL.values()])["answers"]
    return dict(zip(ALL, answers, strict=True))


class Seen:
    """What the worker answered to `ALL` in one major version of Keras."""

    def __init__(self, major: int, answers: dict[str, JSON]) -> None:
        self.major = major
        self.answers = answers

    def __getitem__(self, name: str) -> JSON:
        answer = self.answers[name]
        assert "observed" in answer, answer
        observed: JSON = answer["observed"]
        return observed


@pytest.fixture(params=MAJORS)
def seen(request: pytest.FixtureRequest) -> Seen:
    return Seen(request.param, _answers(request.getfixturevalue(f"keras{request.param}_python")))


@pytest.mark.parametrize("name", KEPT)
def test_kept(name: str, seen: Seen) -> None:
    found = seen[f"kept {name}"]
    assert plausible(found["kept"], KEPT[name][1])
    assert found["keras2"] is (seen.major == 2)
    assert found["draws"] == 256


@pytest.mark.parametrize("name", VARIES)
def test_varies(name: str, seen: Seen) -> None:
    assert seen[f"varies {name}"]["varies"] is (VARIES[name][1] and seen.major == 2)


@pytest.mark.parametrize("name", [name for name in STATES if name != "relu"])
def test_state_is_bounded(name: str, seen: Seen) -> None:
    """These releases have no such defect, however far the update gate is opened."""
    found = seen[f"state {name}"]
    assert found["steps"] == 100
    assert 0 < found["calm"] <= 1
    assert 0 < found["largest"] <= 1
    assert found["opened"] is (name != "no bias")


def test_state_of_another_activation(seen: Seen) -> None:
    """It is seen that a state leaves its bounds."""
    found = seen["state relu"]
    assert found["largest"] > 1
    assert found["calm"] > 1


def test_inference(seen: Seen) -> None:
    found = seen["inference"]
    if seen.major == 2:
        assert (found["attempted"], found["inference"]) == (False, None)
        assert "Keras 2.15" in found["mechanism"]
        return
    assert found["attempted"]
    assert found["control"]
    assert plausible(found["training"], 0.5)
    assert found["inference"][0] == 0
    assert seen["off"]["inference"] is None


@pytest.mark.parametrize("name", TWINS)
def test_twin(name: str, seen: Seen) -> None:
    found = seen[f"twin {name}"]
    assert (found["attempted"], found["control"], found["errors"]) == (True, True, {})
    assert (found["as_written"], found["without"], found["same"]) == (False, True, True)
    assert found["gpu"] is None


def test_twin_that_is_off_cudnn_too(seen: Seen) -> None:
    assert (seen["other"]["as_written"], seen["other"]["without"], seen["other"]["same"]) == (False, False, True)
