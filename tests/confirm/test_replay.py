"""Jobs rebuilt by the worker in real Keras, 3 and 2.15: layers, operations, sizes, inputs, and what it refuses."""

from __future__ import annotations

import functools
import math
from collections import Counter
from typing import Any

import pytest

from tests.confirm.jobs import JSON, call, drive, job, layer, op, start

MAJORS = [pytest.param(2, marks=pytest.mark.keras2), pytest.param(3, marks=pytest.mark.keras)]
BOTH, TWO, THREE = (2, 3), (2,), (3,)


def on(given: JSON, *shape: int | str, **more: Any) -> JSON:
    """One layer on an input."""
    return job({"0": given}, [start(*(shape or (6, 7, 4))), call(1, "0", 0)], **more)


def cell(name: str, units: int = 3, id: int = 1, **arguments: Any) -> JSON:
    return layer(name, id=id, units=units, **arguments)


LSTM = cell("LSTM")
# Job, class of the layer, shape of its output.
LAYERS: dict[str, tuple[JSON, str, list[int]]] = {
    "by keyword": (on(layer("LSTM", units=3, return_sequences=True)), "LSTM", [6, 7, 3]),
    "by position": (on(layer("Dense", by_position=(5,))), "Dense", [6, 7, 5]),
    "activation by name": (
        on(layer("Dense", units=5, activation={"name": "keras.activations.tanh"})),
        "Dense",
        [6, 7, 5],
    ),
    "activation of tensorflow": (
        on(layer("Dense", units=5, activation={"name": "tensorflow.nn.relu"})),
        "Dense",
        [6, 7, 5],
    ),
    "activation layer": (
        on(layer("LSTM", units=3, activation={"layer": layer("Activation", activation="tanh")})),
        "LSTM",
        [6, 3],
    ),
    "TimeDistributed": (on(layer("TimeDistributed", layer("Dense", id=1, units=2))), "TimeDistributed", [6, 7, 2]),
    "Bidirectional": (on(layer("Bidirectional", LSTM, merge_mode="concat")), "Bidirectional", [6, 6]),
    "two directions": (
        on(layer("Bidirectional", LSTM, cell("GRU", id=2, go_backwards=True), merge_mode="concat")),
        "Bidirectional",
        [6, 6],
    ),
    "RNN": (on(layer("RNN", cell("LSTMCell"), return_sequences=True)), "RNN", [6, 7, 3]),
    "RNN of cells": (on(layer("RNN", cell("LSTMCell"), cell("GRUCell", 2, id=2))), "RNN", [6, 2]),
    "StackedRNNCells": (
        on(layer("RNN", layer("StackedRNNCells", cell("LSTMCell", id=2), cell("LSTMCell", 4, id=3), id=1))),
        "RNN",
        [6, 4],
    ),
    "Bidirectional over time": (
        on(layer("TimeDistributed", layer("Bidirectional", cell("GRU", id=2), id=1)), 6, 5, 7, 4),
        "TimeDistributed",
        [6, 5, 6],
    ),
    "ConvLSTM2D": (on(layer("ConvLSTM2D", filters=2, kernel_size=(3, 3)), 2, 3, 5, 5, 1), "ConvLSTM2D", [2, 3, 3, 2]),
    "stateful, of a Sequential": (
        on(layer("LSTM", units=3, stateful=True, input_shape=(7, 4), name="a name")),
        "LSTM",
        [6, 3],
    ),
    "first layer": (on(layer("Dense", units=3, input_dim=4)), "Dense", [6, 7, 3]),
    "a symbol": (on(layer("RepeatVector", n={"symbol": "steps"}), 6, 4), "RepeatVector", [6, 7, 4]),
    "not a number": (on(layer("Masking", mask_value={"float": "nan"})), "Masking", [6, 7, 4]),
    "a tuple": (on(layer("Permute", dims=(2, 1))), "Permute", [6, 4, 7]),
    "a list": (on(layer("Reshape", target_shape=[28])), "Reshape", [6, 28]),
    "another package": (on({**LSTM, "origin": "tensorflow.keras"}), "LSTM", [6, 3]),
}

X, Y = [6, 7, 4], [6, 7, 4]
# Operation, on one or two tensors of the shape (6, 7, 4), its arguments, the shape of its result; where it is known.
OPS: list[tuple[str, int, JSON, list[int], tuple[int, ...]]] = [
    ("operator.add", 2, {}, X, BOTH),
    ("operator.sub", 1, {"#0": 1.0}, X, BOTH),
    ("operator.mul", 1, {"#1": 2.0}, X, BOTH),
    ("operator.truediv", 2, {}, X, BOTH),
    ("operator.pow", 1, {"#1": 2.0}, X, BOTH),
    ("operator.neg", 1, {}, X, BOTH),
    ("operator.getitem", 1, {"key": [{"slice": [None, None, None]}, -1]}, [6, 4], BOTH),
    ("operator.getitem", 1, {"key": ({"slice": [None, None, None]}, -1)}, [6, 4], BOTH),
    ("operator.getitem", 1, {"key": ({"ellipsis": True}, {"slice": [0, {"const": 2}, None]})}, [6, 7, 2], BOTH),
    ("operator.getitem", 1, {"key": ({"slice": [None, None, None]}, None)}, [6, 1, 7, 4], BOTH),
    ("tensorflow.concat", 2, {"axis": -1}, [6, 7, 8], BOTH),
    ("tensorflow.concat", 2, {"#1": 1}, [6, 14, 4], BOTH),
    ("tensorflow.stack", 2, {}, [2, 6, 7, 4], BOTH),
    ("tensorflow.add", 2, {}, X, BOTH),
    ("tensorflow.add_n", 2, {}, X, BOTH),
    ("tensorflow.matmul", 2, {"transpose_b": True}, [6, 7, 7], BOTH),
    ("tensorflow.einsum", 2, {"#0": "btd,bsd->bts"}, [6, 7, 7], BOTH),
    ("tensorflow.expand_dims", 1, {"#1": -1}, [6, 7, 4, 1], BOTH),
    ("tensorflow.reshape", 1, {"#1": (-1, 28)}, [6, 28], BOTH),
    ("tensorflow.transpose", 1, {"perm": [0, 2, 1]}, [6, 4, 7], BOTH),
    ("tensorflow.reduce_mean", 1, {"axis": 1}, [6, 4], BOTH),
    ("tensorflow.reduce_max", 1, {"#1": -1, "keepdims": True}, [6, 7, 1], BOTH),
    ("tensorflow.tile", 1, {"#1": (1, 2, 1)}, [6, 14, 4], BOTH),
    ("tensorflow.cast", 1, {"#1": {"name": "tensorflow.float32"}}, X, BOTH),
    ("tensorflow.nn.relu", 1, {}, X, BOTH),
    ("tensorflow.tanh", 1, {}, X, BOTH),
    ("tensorflow.to_float", 1, {}, X, BOTH),
    ("tensorflow.reverse", 1, {"axis": [1]}, X, BOTH),
    ("keras.activations.relu", 1, {}, X, BOTH),
    ("keras.activations.softmax", 1, {"axis": 1}, X, BOTH),
    ("keras.backend.concatenate", 2, {"axis": 1}, [6, 14, 4], BOTH),
    ("keras.backend.permute_dimensions", 1, {"#1": (0, 2, 1)}, [6, 4, 7], BOTH),
    ("keras.backend.mean", 1, {"axis": 1, "keepdims": True}, [6, 1, 4], BOTH),
    ("keras.backend.expand_dims", 1, {"axis": 1}, [6, 1, 7, 4], BOTH),
    ("keras.ops.concatenate", 2, {"axis": 2}, [6, 7, 8], THREE),
    ("keras.ops.stack", 2, {"axis": 1}, [6, 2, 7, 4], THREE),
    ("keras.ops.mean", 1, {"axis": (1,)}, [6, 4], THREE),
    ("keras.ops.transpose", 1, {"axes": (0, 2, 1)}, [6, 4, 7], THREE),
    ("keras.ops.where", 2, {"#0": True}, X, THREE),
    ("numpy.transpose", 1, {}, [4, 7, 6], BOTH),
    ("numpy.reshape", 1, {"#1": (6, 28)}, [6, 28], BOTH),
    ("numpy.concatenate", 2, {"axis": 1}, [6, 14, 4], BOTH),
    ("numpy.expand_dims", 1, {"#1": 0}, [1, 6, 7, 4], BOTH),
    ("numpy.zeros", 0, {"#0": (6, 2)}, [6, 2], BOTH),
    ("tensorflow.ones", 0, {"#0": (6, 2)}, [6, 2], BOTH),
]


def operated(name: str, tensors: int, args: JSON) -> JSON:
    return job({}, [start(6, 7, 4), start(6, 7, 4, id=1), op(2, name, *range(tensors), args=args)], node=None)


DENSE, DENSE_5 = layer("Dense", id=0, units=4), layer("Dense", id=5, units=4)
SHARED = job({"0": DENSE}, [start(6, 7, 4), call(1, "0", 0), call(2, "0", 1), op(3, "operator.add", 1, 2)])
MERGED = job(
    {"0": DENSE, "5": layer("Concatenate", id=5, axis=-1)},
    [start(6, 7, 4), call(1, "0", 0), call(2, "5", 0, 1)],
)
ATTENTION = job(
    {"0": DENSE, "5": layer("MultiHeadAttention", id=5, num_heads=2, key_dim=3)},
    [start(6, 7, 4), call(1, "0", 0), call(2, "5", 0, 1, use_causal_mask=True, training=True)],
)
STATES = job(
    {"0": layer("LSTM", units=3, return_state=True), "5": layer("LSTM", id=5, units=3)},
    [
        start(6, 7, 4),
        call(1, "0", 0),
        {"id": 2, "kind": "layer", "layer": "5", "inputs": [[0, 0], [1, 1], [1, 2]]},
    ],
)
SPLIT = job(
    {},
    [
        start(6, 7, 4),
        op(1, "tensorflow.split", 0, args={"#1": 2, "axis": 2}),
        {"id": 2, "kind": "op", "name": "operator.add", "inputs": [[1, 0], [1, 1]]},
    ],
    node=None,
)
WORDS = job(
    {"0": layer("Embedding", input_dim=1_000_000, output_dim=3, input_length=7)},
    [start("batch", "steps", dtype="int32", fill="ids", high=1_000_000), call(1, "0", 0)],
)
FEW_IDS = job({}, [start(60, 70, dtype="float32", fill="ids", high=5)], node=None)
WHOLE = job({}, [start(6, 70, dtype="int32")], node=None)
# Pooled four times: 7 and 12 timesteps are not enough.
POOL = layer("MaxPooling1D", pool_size=2)
LONG = job(
    {str(number): {**POOL, "id": number} for number in range(4)} | {"9": layer("Dropout", id=9, rate=0.5)},
    [
        start("batch", "t", "f"),
        *(call(number + 1, str(number), number) for number in range(4)),
        call(5, "9", 4),
    ],
    {"batch": [6], "t": [7, 12, 60, 200], "f": [5, 3]},
    node=5,
    layer="9",
)
NEVER = {**LONG, "sizes": {"batch": [6], "t": [7, 12], "f": [5]}}
AGAIN = job({}, [start(3, 4)], node=None)

# What cannot be done: the stage, the class of the exception, a part of its message, the layer.
FAILURES: dict[str, tuple[JSON, str, str, int | None, tuple[int, ...]]] = {
    "a huge input": (on(DENSE, 6, 200, 1_000_000), "MemoryError", "(6, 200, 1000000) is too big", None, BOTH),
    "a huge layer": (on(layer("LSTM", id=4, units=100_000)), "MemoryError", "too big", 4, BOTH),
    "a huge output": (on(layer("RepeatVector", id=4, n=10**9), 6, 4), "MemoryError", "too big", 4, BOTH),
    "no such layer": (on(layer("Nonsense", id=4)), "AttributeError", "has no Nonsense", 4, BOTH),
    "a layer of Keras 2": (on(layer("ThresholdedReLU", id=4)), "AttributeError", "has no ThresholdedReLU", 4, THREE),
    "compat.v1": (on(layer("CuDNNLSTM", id=4, units=3, origin="tensorflow.compat.v1.keras")), "", "", 4, THREE),
    "no such operation": (operated("keras.ops.nonsense", 1, {}), "AttributeError", "keras.ops.nonsense", None, BOTH),
    "an operation of Keras 3": (operated("keras.ops.concatenate", 2, {}), "AttributeError", "keras.ops", None, TWO),
    "another library": (operated("torch.relu", 1, {}), "AttributeError", "has no torch.relu", None, BOTH),
    "an argument too few": (operated("tensorflow.add", 1, {"#2": 1}), "ValueError", "argument number 2", None, BOTH),
    "a wrong argument": (on(layer("Dense", id=4, units=3, unit=4)), "", "unit", 4, BOTH),
    "a wrong input": (on(layer("LSTM", id=4, units=3), 6, 7), "ValueError", "", 4, BOTH),
    "an unknown value": (on(layer("Dense", id=4, units={"what": 3})), "ValueError", "cannot be replayed", 4, BOTH),
    "text": (job({}, [start(6, 7, dtype="str")], node=None), "ValueError", "cannot be filled", None, BOTH),
    "sizes that never fit": (NEVER, "", "", 2, BOTH),
    "by position": (on(layer("Dense", id=4, units=3), 6, 7, 4), "ValueError", "by position", 4, BOTH),
}
FAILURES["by position"][0]["nodes"][1]["kwargs"] = {"#2": {"const": True}}

LIVE = {
    **job({"0": {"live": 1}}, [start(6, 7, 2), call(1, "0", 0)]),
    "live": [LSTM, layer("Dropout", rate=0.5, noise_shape=(None, 1, None))],
}
LIVE_OWN = {
    **job({"0": {"live": 0}}, [start(6, 3, 1), call(1, "0", 0)], kind="own-mask"),
    "live": [layer("Bidirectional", cell("LSTM", dropout=0.5, stateful=True))],
}

SEEN: dict[str, JSON] = {
    **{f"layer {name}": given[0] for name, given in LAYERS.items()},
    **{f"op {number}": operated(*one[:3]) for number, one in enumerate(OPS)},
    **{f"failure {name}": given[0] for name, given in FAILURES.items()},
    "shared": SHARED,
    "merged": MERGED,
    "attention": ATTENTION,
    "states": STATES,
    "split": SPLIT,
    "words": WORDS,
    "few ids": FEW_IDS,
    "whole": WHOLE,
    "long": LONG,
    "again": AGAIN,
    "and again": AGAIN,
    "another seed": {**AGAIN, "seed": 2},
    "live": LIVE,
}
ASKED: dict[str, JSON] = {"live mask": LIVE, "live own mask": LIVE_OWN, "failed": FAILURES["a wrong argument"][0]}


class Seen:
    def __init__(self, major: int, answers: dict[str, JSON]) -> None:
        self.major = major
        self.answers = answers

    def __getitem__(self, name: str) -> JSON:
        answer = self.answers[name]
        assert "failed" not in answer, answer
        return answer


@functools.cache
def _answers(python: str) -> dict[str, JSON]:
    requests = [*({"see": given} for given in SEEN.values()), *({"job": given} for given in ASKED.values())]
    return dict(zip([*SEEN, *ASKED], drive(python, requests)["answers"], strict=True))


@pytest.fixture(params=MAJORS)
def seen(request: pytest.FixtureRequest) -> Seen:
    return Seen(request.param, _answers(request.getfixturevalue(f"keras{request.param}_python")))


def flat(values: Any) -> list[float]:
    return [one for value in values for one in flat(value)] if isinstance(values, list) else [values]


@pytest.mark.parametrize("name", LAYERS)
def test_layer(name: str, seen: Seen) -> None:
    found, (_, short, shape) = seen[f"layer {name}"], LAYERS[name]
    assert found["layers"]["0"].rpartition(".")[2] == short
    assert found["shapes"] == [shape]
    assert not any(math.isnan(one) for one in flat(found["outputs"]))


@pytest.mark.parametrize("number", range(len(OPS)), ids=[f"{number} {one[0]}" for number, one in enumerate(OPS)])
def test_op(number: int, seen: Seen) -> None:
    name, _, _, shape, majors = OPS[number]
    if seen.major in majors:
        assert seen[f"op {number}"]["shapes"] == [shape]
    else:
        stage, error, message, _ = seen.answers[f"op {number}"]["failed"]
        assert (stage, error) == ("build", "AttributeError")
        assert name in message


def test_op_with_the_operands_in_order(seen: Seen) -> None:
    difference = flat(seen["op 1"]["outputs"])
    assert all(-0.5 <= one <= 0.5 for one in difference), "1 - x"
    assert len({round(one, 3) for one in difference}) > 50


@pytest.mark.parametrize("name", FAILURES)
def test_failure(name: str, seen: Seen) -> None:
    _, error, message, layer_id, majors = FAILURES[name]
    if seen.major not in majors:
        return
    stage, found, said, where = seen.answers[f"failure {name}"]["failed"]
    assert (stage, where) == ("build", layer_id)
    assert found == error or not error
    assert message in said
    assert said


def test_failed_as_the_parent_gets_it(seen: Seen) -> None:
    answer = seen.answers["failed"]
    assert answer["id"] == 1
    assert (answer["failed"]["stage"], answer["failed"]["layer"]) == ("build", 4)
    assert "unit" in answer["failed"]["message"]


def test_layers_are_shared_and_fresh(seen: Seen) -> None:
    assert len(seen["shared"]["weights"]["0"]) == 2, "one Dense, called twice"
    assert seen["merged"]["shapes"] == [[6, 7, 8]]
    assert seen["attention"]["shapes"] == [[6, 7, 4]]
    assert seen["states"]["shapes"] == [[6, 3]]
    assert seen["split"]["shapes"] == [[6, 7, 2]]


def test_children(seen: Seen) -> None:
    assert Counter(
        len(seen[f"layer {name}"]["weights"]["0"]) for name in ("RNN", "RNN of cells", "StackedRNNCells")
    ) == {
        3: 1,
        6: 2,
    }
    kernels = [shape for name, shape in seen["layer two directions"]["weights"]["0"] if name.endswith("kernel:0")]
    if seen.major == 2:
        assert kernels == [[4, 12], [3, 12], [4, 9], [3, 9]]
    assert len(seen["layer two directions"]["weights"]["0"]) == 6


def test_sizes_are_tried_until_it_builds(seen: Seen) -> None:
    assert seen["long"]["sizes"] == {"batch": 6, "t": 60, "f": 3, "steps": 7}
    assert seen["long"]["shapes"] == [[6, 3, 3]]


def test_inputs(seen: Seen) -> None:
    numbers = flat(seen["again"]["outputs"])
    assert all(0.5 <= one <= 1.5 for one in numbers)
    assert len(set(numbers)) == 12
    assert seen["again"] == seen["and again"]
    assert seen["again"] != seen["another seed"]
    assert set(flat(seen["few ids"]["outputs"])) == {1, 2, 3, 4}
    assert all(one == int(one) > 0 for one in flat(seen["whole"]["outputs"]))
    assert seen["words"]["shapes"] == [[6, 7, 3]]
    assert seen["words"]["weights"]["0"][0][1] == [10_000, 3]


def test_live_layers(seen: Seen) -> None:
    assert seen["live"]["layers"]["0"].endswith("Dropout")
    assert seen["live mask"]["observed"]["varies"] == [True, False, True]
    own = seen["live own mask"]["observed"]
    assert 0 < own["first"][0] < own["first"][1]
    assert (own["first"] == own["all"]) == (seen.major == 3)
