"""The probes of the worker against what was observed of Keras 3 and 2.15, with their negative controls."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.confirm.jobs import JSON, call, drive, job, layer, op, start
from tests.keras.layers import plausible

MAJORS = [pytest.param(2, marks=pytest.mark.keras2), pytest.param(3, marks=pytest.mark.keras)]
LSTM = layer("LSTM", id=90, units=3)


def dropout(noise_shape: object = "none given", rate: float = 0.5, name: str = "Dropout", id: int = 0) -> JSON:
    given: dict[str, Any] = {} if noise_shape == "none given" else {"noise_shape": noise_shape}
    return layer(name, id=id, rate=rate, **given)


def over_time(inner: JSON) -> JSON:
    return layer("TimeDistributed", {**inner, "id": 1})


# ---------------------------------------------------------------------------------------------------------------------
# Masks of dropout layers


@dataclass(frozen=True)
class Mask:
    """A dropout on an input, over which axes its mask varies, and how likely a step and a sequence is lost whole."""

    layer: JSON
    shape: tuple[int, ...]
    varies: tuple[bool, ...]
    step: float
    sequence: float
    more: JSON = field(default_factory=dict)
    batch: float = 0.0

    @property
    def id(self) -> str:
        inner = (self.layer["children"] or [self.layer])[0]
        wrapper = "TD " if self.layer["children"] else ""
        return f"{wrapper}{inner['class']} {inner['keywords'].get('noise_shape', '')} {self.shape}"

    def job(self) -> JSON:
        return job({"0": self.layer}, [start(*self.shape), call(1, "0", 0)], **self.more)


B, T, F = True, True, True
MASKS = [
    Mask(dropout(rate=0.2), (6, 7, 1), (B, T, False), 0.2, 0.2**7),
    Mask(dropout(rate=0.5), (6, 7, 2), (B, T, F), 0.25, 0.25**7),
    Mask(dropout(rate=0.2), (6, 7, 4), (B, T, F), 0.0016, 0.0016**7),
    Mask(dropout(None, 0.5), (6, 7, 4), (B, T, F), 0.0625, 0.0625**7),
    Mask(dropout((None, None, 1), 0.3), (6, 7, 4), (B, T, False), 0.3, 0.3**7),
    Mask(dropout((6, 7, 1), 0.3), (6, 7, 4), (B, T, False), 0.3, 0.3**7),
    Mask(dropout((None, 1, None)), (6, 7, 2), (B, False, F), 0.25, 0.25),
    Mask(dropout((None, 1, 1)), (6, 7, 4), (B, False, False), 0.5, 0.5),
    Mask(dropout((1, 1, 4)), (6, 7, 4), (False, False, F), 0.0625, 0.0625, batch=0.0625),
    Mask(dropout((1, None, 1)), (6, 7, 4), (False, T, False), 0.5, 0.5**7, batch=0.5**7),
    Mask(dropout((1, 1, 1)), (6, 7, 4), (False, False, False), 0.5, 0.5, batch=0.5),
    Mask(dropout((4,)), (6, 7, 4), (False, False, F), 0.0625, 0.0625, batch=0.0625),
    Mask(dropout((7, 1)), (6, 7, 4), (False, T, False), 0.5, 0.5**7, batch=0.5**7),
    Mask(layer("SpatialDropout1D", rate=0.3), (6, 7, 1), (B, False, False), 0.3, 0.3),
    Mask(layer("SpatialDropout1D", rate=0.5), (6, 7, 2), (B, False, F), 0.25, 0.25),
    Mask(layer("SpatialDropout2D", rate=0.5), (6, 7, 3, 2), (B, False, False, F), 0.25, 0.25),
    # Between two Permutes: the features are axis 1, and time is axis 2.
    Mask(layer("SpatialDropout1D", rate=0.3), (6, 2, 7), (B, False, T), 0.3, 0.3**7, {"axis": 2}),
    Mask(layer("GaussianDropout", rate=0.5), (6, 7, 1), (B, T, False), 0.0, 0.0),
    Mask(dropout(rate=0.3, name="AlphaDropout"), (6, 7, 1), (B, T, False), 0.3, 0.3**7),
    Mask(over_time(dropout()), (6, 7, 2), (B, T, F), 0.25, 0.25**7),
    Mask(over_time(dropout((None, 1), 0.3)), (6, 7, 4), (B, T, False), 0.3, 0.3**7),
    # Two axes of samples, as before TimeDistributed(LSTM()).
    Mask(dropout(rate=0.3), (3, 2, 7, 1), (B, True, T, False), 0.3, 0.3**7, {"axis": 2, "batch": [0, 1]}),
]


# ---------------------------------------------------------------------------------------------------------------------
# Whether it matters


def reaching(*between: JSON, layers: JSON | None = None, target: int = 9, **more: Any) -> JSON:
    nodes = [start("batch", "steps", 2), call(1, "0", 0), *between]
    last = between[-1]["id"] if between else 1
    end = {"id": target, "kind": "target", "name": "LSTM", "inputs": [[last, 0]]}
    return job({"0": dropout(), **(layers or {})}, [*nodes, end], target=target, **more)


DENSE = layer("Dense", id=5, units=3)
REACHES: dict[str, tuple[JSON, bool]] = {
    "directly": (reaching(), True),
    "through Dense": (reaching(call(2, "5", 1), layers={"5": DENSE}), True),
    "another branch adds to it": (reaching(op(2, "operator.add", 1, 0)), True),
    "Permute": (reaching(call(2, "5", 1), layers={"5": layer("Permute", dims=(2, 1))}), True),
    "shared over time": (
        {**reaching(), "layers": {"0": dropout((None, 1, None))}},
        True,
    ),
    "multiplied by nothing": (reaching(op(2, "operator.mul", 1, args={"#1": 0.0})), False),
    "left behind": (reaching(op(2, "operator.getitem", 0, args={"key": {"ellipsis": True}})), False),
}

# ---------------------------------------------------------------------------------------------------------------------
# The recurrent layer's own mask


def own(given: JSON, *shape: int, **more: Any) -> JSON:
    shape = shape or (6, 3, 1)
    return job({"0": given}, [start(*shape), call(1, "0", 0)], kind="own-mask", argument="dropout", **more)


def cell(name: str, **arguments: Any) -> JSON:
    return layer(name, id=1, units=3, **arguments)


HALF: dict[str, Any] = {"units": 3, "dropout": 0.5}
# Job, probability of a lost timestep, and whether the mask is shared over time in Keras 2 and in Keras 3.
OWN: dict[str, tuple[JSON, float, bool, bool]] = {
    "LSTM": (own(layer("LSTM", **HALF)), 0.5, False, True),
    "GRU": (own(layer("GRU", **HALF)), 0.5, False, True),
    "SimpleRNN": (own(layer("SimpleRNN", **HALF)), 0.5, True, True),
    "rate 0.2, 200 units": (own(layer("LSTM", units=200, dropout=0.2)), 0.2, False, True),
    "two features": (own(layer("LSTM", **HALF), 6, 3, 2), 0.25, False, True),
    "sequences": (own(layer("LSTM", return_sequences=True, **HALF), 6, 3, 2), 0.25, False, True),
    "states": (own(layer("GRU", return_state=True, **HALF)), 0.5, False, True),
    "stateful": (own(layer("LSTM", stateful=True, **HALF)), 0.5, False, True),
    "unrolled": (own(layer("LSTM", unroll=True, **HALF)), 0.5, True, True),
    "a cell": (own(layer("RNN", cell("LSTMCell", dropout=0.5))), 0.5, True, True),
    "cells": (own(layer("RNN", cell("GRUCell", dropout=0.5), cell("GRUCell", dropout=0.5))), 0.5, True, True),
    "Bidirectional": (own(layer("Bidirectional", cell("LSTM", dropout=0.5))), 0.5, False, True),
    "both directions": (
        own(layer("Bidirectional", cell("LSTM", dropout=0.5), {**cell("LSTM", go_backwards=True), "id": 2})),
        0.5,
        False,
        True,
    ),
    "backwards": (own(layer("LSTM", go_backwards=True, **HALF)), 0.5, False, True),
    "over time": (own(layer("TimeDistributed", cell("LSTM", dropout=0.5)), 6, 2, 3, 1), 0.5, False, True),
    "recurrent dropout": (own(layer("SimpleRNN", recurrent_dropout=0.5, **HALF)), 0.5, True, True),
    "none": (own(layer("LSTM", units=3)), 0.0, False, False),
    "only recurrent": (own(layer("SimpleRNN", units=3, recurrent_dropout=0.5)), 0.0, False, False),
}
# With a mask for each gate a sequence is lost whole only where all four are: 0.5 ** 4.
PER_GATE = {
    "LSTM": own(layer("LSTM", recurrent_dropout=0.3, **HALF)),
    "ConvLSTM": own(layer("ConvLSTM1D", filters=2, kernel_size=1, dropout=0.5), 6, 3, 1, 1),
}


# ---------------------------------------------------------------------------------------------------------------------
# Errors


def fails(given: JSON, *shape: int, **more: Any) -> JSON:
    return job({"0": given}, [start(*(shape or (6, 7, 4))), call(1, "0", 0)], kind="error", **more)


NO_SHAPE: dict[str, Any] = {"without": ["noise_shape"]}
# Job, and when Keras 2 and Keras 3.15 raise what.
ERRORS: dict[str, tuple[JSON, tuple[str, str] | None, tuple[str, str] | None]] = {
    "a batch of another size": (
        fails(dropout((16, 1, 4)), 16, 7, 4, rows="other", written=16),
        ("training", "InvalidArgumentError"),
        ("training", "InvalidArgumentError"),
    ),
    "any batch": (fails(dropout((None, 1, 4)), 16, 7, 4, rows="other", written=16), None, None),
    "a batch of two": (
        fails(dropout((2, 1, 4)), 5, 7, 4, rows="other", written=2),
        ("training", "InvalidArgumentError"),
        ("training", "InvalidArgumentError"),
    ),
    "another size": (
        fails(dropout((None, 1, 3)), **NO_SHAPE),
        ("training", "InvalidArgumentError"),
        ("training", "InvalidArgumentError"),
    ),
    "negative": (
        fails(dropout((None, 1, -1)), **NO_SHAPE),
        ("training", "InvalidArgumentError"),
        ("constructor", "ValueError"),
    ),
    "a seed by position": (
        fails(layer("Dropout", by_position=(0.5, 42)), **NO_SHAPE),
        ("training", "TypeError"),
        ("constructor", "ValueError"),
    ),
    "too many axes": (fails(dropout((6, 1, 1, 4)), **NO_SHAPE), None, None),
    "no parameter": (
        fails(layer("SpatialDropout1D", rate=0.5, noise_shape=(1, 1, 4)), **NO_SHAPE),
        None,
        ("constructor", "TypeError"),
    ),
    "inside a wrapper": (
        fails(over_time(dropout((None, 3))), inner=1, **NO_SHAPE),
        ("training", "InvalidArgumentError"),
        ("training", "InvalidArgumentError"),
    ),
    "a legal shape": (fails(dropout((None, 1, 4)), **NO_SHAPE), None, None),
    "instead": (
        fails(dropout((None, 1, 3)), instead={"noise_shape": {"items": [{"const": None}] * 3, "kind": "tuple"}}),
        ("training", "InvalidArgumentError"),
        ("training", "InvalidArgumentError"),
    ),
}
ALONE = job({"0": dropout(-1)}, [], kind="error", node=None, **NO_SHAPE)
BOTH_FAIL = fails(layer("SpatialDropout1D", rate=0.5), 6, 7, 4, 2, **NO_SHAPE)
CONFLICT: dict[str, Any] = {"kind": "error", "without": ["recurrent_dropout"], "fake_gpu": True}
CUDNN = job(
    {"0": layer("LSTM", units=3, use_cudnn=True, recurrent_dropout=0.2)}, [start(6, 7, 4), call(1, "0", 0)], **CONFLICT
)
NO_CONFLICT = job(
    {"0": layer("LSTM", units=3, use_cudnn=True, dropout=0.2)}, [start(6, 7, 4), call(1, "0", 0)], **CONFLICT
)


# ---------------------------------------------------------------------------------------------------------------------
# Rates


def rated(given: JSON, argument: str, *shape: int, inner: int | None = None) -> JSON:
    nodes = [start(*(shape or (6, 5, 4))), call(1, "0", 0)]
    return job({"0": given}, nodes, kind="rate", argument=argument, inner=inner)


def of(name: str, argument: str, rate: object, **more: Any) -> JSON:
    more[argument] = rate
    return rated(layer(name, units=3, **more), argument)


# What happens in Keras 2.15 and in Keras 3.15 on tensorflow.
RATES: dict[str, tuple[JSON, str, str]] = {
    "Dropout(20)": (rated(dropout(rate=20), "rate"), "constructor ValueError", "constructor ValueError"),
    "Dropout(1.0)": (rated(dropout(rate=1.0), "rate"), "training ValueError", "zero"),
    "Dropout('0.5')": (rated(layer("Dropout", rate="0.5"), "rate"), "training ValueError", "constructor TypeError"),
    "Dropout(0.5)": (rated(dropout(rate=0.5), "rate"), "neither", "neither"),
    "Dropout(0.0)": (rated(dropout(rate=0.0), "rate"), "off", "off"),
    "AlphaDropout(1.0)": (rated(layer("AlphaDropout", rate=1.0), "rate"), "off", "training ZeroDivisionError"),
    "LSTM(dropout=20)": (of("LSTM", "dropout", 20), "training ValueError", "off"),
    "LSTM(dropout=-.1)": (of("LSTM", "dropout", -0.1), "off", "off"),
    "LSTM(dropout=.5)": (of("LSTM", "dropout", 0.5), "neither", "neither"),
    "LSTM(dropout=0, recurrent_dropout=.5)": (of("LSTM", "dropout", 0.0, recurrent_dropout=0.5), "off", "off"),
    "LSTM(recurrent_dropout=20)": (of("LSTM", "recurrent_dropout", 20), "training ValueError", "off"),
    "LSTM(recurrent_dropout=-1, dropout=.5)": (of("LSTM", "recurrent_dropout", -1, dropout=0.5), "off", "off"),
    "SimpleRNN(dropout=1.5)": (of("SimpleRNN", "dropout", 1.5), "training ValueError", "zero"),
    "SimpleRNN(recurrent_dropout=1)": (of("SimpleRNN", "recurrent_dropout", 1), "training ValueError", "zero"),
    "SimpleRNN(recurrent_dropout=.5)": (of("SimpleRNN", "recurrent_dropout", 0.5), "neither", "neither"),
    "LSTM(dropout=20, recurrent_dropout=20)": (
        of("LSTM", "dropout", 20, recurrent_dropout=20),
        "training ValueError",
        "off",
    ),
    "SimpleRNN(recurrent_dropout=None, dropout=1)": (
        of("SimpleRNN", "dropout", 1, recurrent_dropout=None),
        "training ValueError",
        "zero",
    ),
    "RNN(LSTMCell(dropout=1.0))": (
        rated(layer("RNN", cell("LSTMCell", dropout=1.0)), "dropout", inner=1),
        "training ValueError",
        "off",
    ),
    "ConvLSTM1D(dropout=20)": (
        rated(layer("ConvLSTM1D", filters=2, kernel_size=1, dropout=20), "dropout", 2, 3, 6, 2),
        "training ValueError",
        "off",
    ),
}
NO_RATE = job({"0": dropout(rate=2.0)}, [], kind="rate", node=None, argument="rate")
ELSEWHERE = rated(dropout((6, 1, 3), rate=2.0), "rate")


# ---------------------------------------------------------------------------------------------------------------------
# Masking and ids


def padded(given: JSON, *shape: int, between: JSON | None = None, **masking: Any) -> JSON:
    layers = {"0": given, "8": layer("Masking", id=8, **masking)}
    nodes = [start(*shape), call(1, "0", 0)]
    if between is not None:
        layers["5"] = between
        nodes.append(call(2, "5", 1))
    nodes.append(call(9, "8", nodes[-1]["id"]))
    return job(layers, nodes, kind="masking", target=9)


# Job, probability that a real timestep is masked, the number of draws for these, share of padding still masked.
MASKINGS: dict[str, tuple[JSON, float, int | None, float]] = {
    "0.0, one feature": (padded(dropout(rate=0.2), 6, 7, 1), 0.2, 256 * (7 + 6 + 5 + 4 + 3 + 2), 1.0),
    "0.0, two features": (padded(dropout(rate=0.5), 6, 7, 2), 0.25, 256 * (7 + 6 + 5 + 4 + 3 + 2), 1.0),
    "0.0, eight features": (padded(dropout(rate=0.2), 6, 7, 8), 0.2**8, None, 1.0),
    "shared over time": (padded(layer("SpatialDropout1D", rate=0.3), 6, 7, 1), 0.3, 256 * 6, 1.0),
    "shared by the batch": (padded(dropout((1, None, 1), 0.3), 6, 7, 4), 0.3, 256 * 7, 1.0),
    "-1.0": (padded(dropout(rate=0.5), 6, 7, 1, mask_value=-1.0), 0.0, None, 0.0),
    "off": (padded(dropout(rate=0.0), 6, 7, 1, mask_value=-1.0), 0.0, None, 1.0),
    "Permute between": (padded(dropout(rate=0.5), 6, 1, 7, between=layer("Permute", dims=(2, 1))), 0.5, None, 1.0),
}
PERMUTED = {"axis": 2}
MASKINGS["Permute between"][0]["probe"].update(PERMUTED)


def looked_up(dtype: str, rate: float, words: int = 50) -> JSON:
    layers = {"0": dropout(rate=rate), "8": layer("Embedding", id=8, input_dim=words, output_dim=4)}
    first = {"id": 0, "kind": "input", "shape": [6, 7], "dtype": dtype, "fill": "ids", "high": words}
    return job(layers, [first, call(1, "0", 0), call(9, "8", 1)], kind="ids", target=9)


IDS = {"whole": looked_up("int32", 0.5), "float": looked_up("float32", 0.5), "off": looked_up("float32", 0.0)}

BIG = job({"0": dropout()}, [start(6, 1000, 200), call(1, "0", 0)])

ALL: dict[str, JSON] = {
    **{f"mask {one.id}": one.job() for one in MASKS},
    **{f"reaches {name}": given for name, (given, _) in REACHES.items()},
    **{f"own {name}": given[0] for name, given in OWN.items()},
    **{f"per gate {name}": given for name, given in PER_GATE.items()},
    **{f"error {name}": given[0] for name, given in ERRORS.items()},
    "alone": ALONE,
    "both fail": BOTH_FAIL,
    "cudnn": CUDNN,
    "no conflict": NO_CONFLICT,
    **{f"rate {name}": given[0] for name, given in RATES.items()},
    "no rate": NO_RATE,
    "elsewhere": ELSEWHERE,
    **{f"masking {name}": given[0] for name, given in MASKINGS.items()},
    **{f"ids {name}": given for name, given in IDS.items()},
    "big": BIG,
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


@pytest.mark.parametrize("one", MASKS, ids=[one.id for one in MASKS])
def test_mask(one: Mask, seen: Seen) -> None:
    found = seen[f"mask {one.id}"]
    assert found["shape"] == found["output_shape"] == list(one.shape)
    assert found["varies"] == list(one.varies)
    axis, batch = one.more.get("axis", 1), one.more.get("batch", [0])
    units = {
        "batches": found["draws"],
        "sequences": found["draws"],
        "steps": found["draws"] * (one.shape[axis] if one.varies[axis] else 1),
    }
    for number in batch:
        for name in ("steps", "sequences"):
            units[name] *= one.shape[number] if one.varies[number] else 1
    for name, probability in (("steps", one.step), ("sequences", one.sequence), ("batches", one.batch)):
        assert found[name][1] == units[name], name
        if probability > 1e-5 or not probability:
            assert plausible(found[name], probability) or (name == "batches" and not one.batch), name
    assert found["reaches"] is None
    assert found["draws"] == 256


@pytest.mark.parametrize("name", REACHES)
def test_reaches(name: str, seen: Seen) -> None:
    assert seen[f"reaches {name}"]["reaches"] is REACHES[name][1]


@pytest.mark.parametrize("name", OWN)
def test_own_mask(name: str, seen: Seen) -> None:
    found, (_, probability, *shared) = seen[f"own {name}"], OWN[name]
    steps = found["shape"][1]
    assert found["draws"] == found["first"][1] == found["all"][1] == 256
    assert plausible(found["first"], probability)
    if shared[seen.major - 2]:
        assert found["first"] == found["all"]
    else:
        assert plausible(found["all"], probability**steps)


@pytest.mark.parametrize("name", PER_GATE)
def test_own_mask_per_gate(name: str, seen: Seen) -> None:
    found = seen[f"per gate {name}"]
    assert plausible(found["all"], 0.5**4)
    # In the first timestep the forget gate has nothing to forget: its mask does not show.
    assert plausible(found["first"], 0.5**3)


@pytest.mark.parametrize("name", ERRORS)
def test_error(name: str, seen: Seen) -> None:
    found, (_, *expected) = seen[f"error {name}"], ERRORS[name]
    assert found["control"]["ok"], found["control"]
    wrong = expected[seen.major - 2]
    if wrong is None:
        assert found["call"]["ok"], found["call"]
    else:
        assert (found["call"]["when"], found["call"]["error"]) == wrong
        assert found["call"]["message"]
        assert not {"\n", "\x1b", "{{"} & set(found["call"]["message"])


def test_error_varies_the_rows(seen: Seen) -> None:
    found = seen["error a batch of another size"]
    assert (found["control"]["rows"], found["call"]["rows"]) == (16, 15)
    found = seen["error a batch of two"]
    assert (found["control"]["rows"], found["call"]["rows"]) == (2, 3)


def test_error_tells_what_happens_without_one(seen: Seen) -> None:
    assert seen["error too many axes"]["call"]["output_shape"] == [6, 6, 7, 4]
    assert seen["error too many axes"]["control"]["output_shape"] == [6, 7, 4]
    legal = seen["error a legal shape"]
    assert (legal["mask"]["varies"], legal["control_mask"]["varies"]) == ([True, False, True], [True, True, True])
    if seen.major == 2:
        ignored = seen["error no parameter"]
        assert ignored["mask"]["varies"] == ignored["control_mask"]["varies"] == [True, False, True]


def test_error_of_a_layer_that_is_not_called(seen: Seen) -> None:
    found = seen["alone"]
    assert found["control"] == {"ok": True, "output_shape": None}
    if seen.major == 2:
        assert found["call"] == {"ok": True, "output_shape": None}
    else:
        assert found["call"]["when"] == "constructor"


def test_error_of_the_control(seen: Seen) -> None:
    assert {found["when"] for found in (seen["both fail"]["control"], seen["both fail"]["call"])} == {"inference"}


@pytest.mark.keras
def test_error_for_want_of_cudnn(keras3_python: str) -> None:
    seen = Seen(3, _answers(keras3_python))
    assert seen["cudnn"]["control"]["ok"]
    assert seen["cudnn"]["call"]["error"] == "ValueError"
    assert "use_cudnn=True" in seen["cudnn"]["call"]["message"]
    assert seen["no conflict"]["call"]["ok"], "dropout alone is none"


@pytest.mark.parametrize("name", RATES)
def test_rate(name: str, seen: Seen) -> None:
    found, (_, *expected) = seen[f"rate {name}"], RATES[name]
    wanted = expected[seen.major - 2]
    if "error" in found["call"]:
        assert f"{found['call']['when']} {found['call']['error']}".startswith(wanted)
        assert found["control"]["ok"], found["control"]
        assert found["off"] is found["zero"] is None
    else:
        assert (found["off"], found["zero"]) == (wanted == "off", wanted == "zero"), wanted
    if name == "Dropout(0.5)":
        assert plausible(found["share"], 0.5)


def test_rate_of_a_layer_that_is_not_called(seen: Seen) -> None:
    assert (seen["no rate"]["call"]["when"], seen["no rate"]["call"]["error"]) == ("constructor", "ValueError")


def test_rate_beside_another_error(seen: Seen) -> None:
    assert "error" in seen["elsewhere"]["control"]


@pytest.mark.parametrize("name", MASKINGS)
def test_masking(name: str, seen: Seen) -> None:
    found, (_, real, units, padding) = seen[f"masking {name}"], MASKINGS[name]
    assert found["inference"]["real"][0] == 0
    assert found["inference"]["real"][1] > 0
    assert found["inference"]["padding"][0] == found["inference"]["padding"][1] > 0
    assert plausible(found["training"]["real"], real)
    assert found["training"]["padding"][0] == padding * found["training"]["padding"][1]
    if units is not None:
        assert found["training"]["real"][1] == units


def test_ids(seen: Seen) -> None:
    whole = seen["ids whole"]
    assert whole["control"]["ok"], whole["control"]
    assert (whole["call"]["when"], whole["changed"]) == ("training", None)
    floats = seen["ids float"]
    assert floats["control"]["ok"]
    assert floats["changed"] == [floats["changed"][1]] * 2, "an id is dropped or doubled"
    assert floats["out_of_range"] > 0
    assert floats["input_dim"] == 50
    off = seen["ids off"]
    assert off["control"]["ok"]
    assert off["call"]["ok"]
    assert (off["changed"][0], off["out_of_range"]) == (0, 0)


def test_few_draws_where_there_is_much_of_each(seen: Seen) -> None:
    assert 8 <= seen["big"]["draws"] < 256
    assert plausible(seen["big"]["values"], 0.5)
