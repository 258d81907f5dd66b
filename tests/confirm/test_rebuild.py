"""Graphs made by hand, rebuilt as jobs: values, rates and layers of other releases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rnnlint.confirm.plan import plan
from rnnlint.findings import Probe
from rnnlint.flow.view import View
from rnnlint.graph import Choice, Const, Graph, Items, Layer, Name, Range, Unknown
from tests.checks.graphs import Net
from tests.confirm.planning import KERAS_2, KERAS_3, finding_of, job, layer_of


def sequence(**args: Any) -> tuple[Graph, Layer, Probe]:
    """Input, Dropout, LSTM."""
    net = Net()
    dropout = net.layer("Dropout", **args)
    inputs = net.input(None, 20, 8)
    dropped = net.call(dropout, inputs, shape=(None, 20, 8))
    last = net.call(net.layer("LSTM", units=4), dropped, shape=(None, 4))
    probe = Probe("mask", dropout.id, ("per-step",), dropped.id, (dropped.id, last.id), 1)
    return net.graph(), dropout, probe


def test_the_rate_of_keras_1_goes_by_its_later_name() -> None:
    graph, _, probe = sequence(p=0.4)
    told = job(plan(View(graph, KERAS_2), finding_of(probe, graph)))
    assert layer_of(told, "Dropout")["keywords"] == {"rate": {"const": 0.4}}


def test_values_as_json() -> None:
    options: dict[str, object] = {
        "rate": Const(0.25),
        "noise_shape": Items((Const(None), Unknown("", "steps"), Choice((Const(8), Const(9)))), "list"),
        "seed": Const(float("nan")),
    }
    graph, _, probe = sequence(**options)
    told = job(plan(View(graph, KERAS_3), finding_of(probe, graph)))
    noise = layer_of(told, "Dropout")["keywords"]["noise_shape"]
    (symbol,) = set(told["sizes"]) - {"batch"}
    assert noise == {"items": [{"const": None}, {"symbol": symbol}, {"const": 8}], "kind": "list"}


@pytest.mark.parametrize(
    ("rate", "taken"), [(Range(0.1, 0.4), 0.4), (Range(None, None), 0.5), (Unknown("a parameter"), 0.5)]
)
def test_rates_that_are_no_constants(rate: object, taken: float) -> None:
    graph, _, probe = sequence(rate=rate)
    told = job(plan(View(graph, KERAS_3), finding_of(probe, graph)))
    assert layer_of(told, "Dropout")["keywords"]["rate"] == {"const": taken}


def test_a_layer_that_this_keras_lacks() -> None:
    net = Net()
    dropout = net.layer("Dropout", rate=0.5)
    dropped = net.call(dropout, net.input(None, 20, 8), shape=(None, 20, 8))
    old = net.call(net.layer("ThresholdedReLU"), dropped, shape=(None, 20, 8))
    last = net.call(net.layer("LSTM", units=4), old, shape=(None, 4))
    graph = net.graph()
    probe = Probe("mask", dropout.id, ("per-step",), dropped.id, (dropped.id, old.id, last.id), 1)
    assert job(plan(View(graph, KERAS_2), finding_of(probe, graph)))
    obstacle = plan(View(graph, KERAS_3), finding_of(probe, graph)).obstacle
    assert obstacle == f"`ThresholdedReLU` at line {graph.layers[1].span.row} is not a layer of the installed Keras"


def test_a_line_of_a_notebook_is_named_by_its_cell() -> None:
    graph, dropout, probe = sequence(rate=0.5)
    user = replace(dropout, kind="user", name="Mine", span=replace(dropout.span, cell=3))
    nodes = tuple(replace(node, layer=user) if node.layer is dropout else node for node in graph.nodes)
    graph = Graph((user, *graph.layers[1:]), nodes)
    made = plan(View(graph, KERAS_3), finding_of(probe, graph))
    assert made.obstacle.startswith(f"`Mine` in cell 3, line {dropout.span.row} is a class of this code")


def test_a_function_of_tensorflow_as_an_activation() -> None:
    net = Net()
    lstm = net.layer("LSTM", units=4, dropout=0.3, activation=Name("tensorflow.nn.tanh"))
    node = net.call(lstm, net.input(None, 20, 1), shape=(None, 4))
    graph = net.graph()
    probe = Probe("own-mask", lstm.id, ("sequences",), node.id, axis=1, argument="dropout", probability=0.3)
    told = job(plan(View(graph, KERAS_3), finding_of(probe, graph)))
    assert layer_of(told, "LSTM")["keywords"]["activation"] == {"name": "tensorflow.nn.tanh"}
