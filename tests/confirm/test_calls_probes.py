"""The worker's probes that compare calls: `training=True`, a function in a Lambda, one seed, and a cell."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from tests.confirm.jobs import JSON, call, drive, job, layer, op, start

MAJORS = [pytest.param(2, marks=pytest.mark.keras2), pytest.param(3, marks=pytest.mark.keras)]


def of(given: JSON, *shape: int, claim: str = "overridden", **more: Any) -> JSON:
    return job({"0": given}, [start(*(shape or (6, 5, 3))), call(1, "0", 0)], kind="calls", claim=claim, **more)


def twice(one: int, two: int) -> JSON:
    layers = {str(index): layer("Dropout", id=index, rate=0.5, seed=seed) for index, seed in enumerate((one, two))}
    nodes = [start(6, 5, 3), call(1, "0", 0), call(2, "1", 0)]
    return job(layers, nodes, kind="calls", claim="same-mask", node=2, target=1, layer="1")


def function(name: str, rate: float) -> JSON:
    nodes = [start(6, 5, 3), op(1, name, 0, args={"rate": {"const": rate}})]
    return job({}, nodes, kind="calls", claim="at-inference", layer="")


def cell(name: str, **arguments: Any) -> JSON:
    return of(layer("RNN", layer(name, id=1, units=4, **arguments)), claim="stale", inner=1)


# Job, and whether calls differ in Keras 2 and in Keras 3.
CASES: dict[str, tuple[JSON, bool, bool]] = {
    "Dropout": (of(layer("Dropout", rate=0.5)), True, False),
    "LSTM": (of(layer("LSTM", units=4, dropout=0.5)), True, False),
    "GRU": (of(layer("GRU", units=4, recurrent_dropout=0.5)), True, False),
    "tf.nn.dropout": (function("tensorflow.nn.dropout", 0.5), True, True),
    "tf.nn.dropout of nothing": (function("tensorflow.nn.dropout", 0.0), False, False),
    "LSTMCell": (cell("LSTMCell", dropout=0.5), False, False),
    "GRUCell": (cell("GRUCell", recurrent_dropout=0.5), False, False),
    "one seed": (twice(7, 7), True, False),
    "two seeds": (twice(7, 8), True, True),
}


@functools.cache
def _answers(python: str) -> dict[str, JSON]:
    answers = drive(python, [{"job": given} for given, _, _ in CASES.values()])["answers"]
    return dict(zip(CASES, answers, strict=True))


@pytest.mark.parametrize("major", MAJORS)
@pytest.mark.parametrize("name", CASES)
def test_whether_calls_differ(name: str, major: int, request: pytest.FixtureRequest) -> None:
    answer = _answers(request.getfixturevalue(f"keras{major}_python"))[name]
    assert "observed" in answer, answer
    changed, values = answer["observed"]["changed"]
    assert bool(changed) is CASES[name][major - 1]
    assert values > 0
    control = answer["observed"]["control"]
    assert control is None or 0 < control[0] <= control[1]
