"""Plans: every example has a job; what is too much work, and what is in the way."""

from __future__ import annotations

import math

import pytest

from rnnlint.confirm.plan import plan
from rnnlint.findings import Finding, Plan, Probe
from rnnlint.flow.view import View
from rnnlint.graph import Graph, Span, Unknown
from rnnlint.interpret import interpret
from rnnlint.keras.versions import KerasTargets
from rnnlint.linter import NoFinder
from rnnlint.source.read import from_text
from tests import pages
from tests.checks.graphs import Net
from tests.confirm.planning import KERAS_2, KERAS_3, finding_of, found, job, kinds, layer_of, planned, shape_into

BLOCKS = [block for page in [*pages.pages(), *pages.cases()] for block in page.blocks if block.plain]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.id)
@pytest.mark.parametrize("env", [KERAS_3, KERAS_2], ids=["3", "2"])
def test_every_finding_of_an_example_has_a_job(block: pages.Block, env: KerasTargets) -> None:
    graph = interpret(from_text(block.text, "block.py"), NoFinder(), env)
    for finding in found(graph, env):
        assert finding.probe is not None, finding.code
        told = job(plan(View(graph, env), finding))
        assert told["probe"]["kind"] == finding.probe.kind
        assert told["probe"]["claim"] in finding.probe.claims


def test_without_a_probe_there_is_nothing_to_run() -> None:
    finding = Finding("RNN999", "test", "Test.", Span("model.py", 1, 1, 1, 2))
    assert plan(View(Graph(), KERAS_3), finding) == Plan(obstacle="a run cannot show this finding")


# ---------------------------------------------------------------------------------------------------------------------
# What is too much work, and what is in the way


@pytest.mark.parametrize(
    "before",
    [
        "layers.Embedding(500_000, 8)(keras.Input((20,)))",
        "layers.LSTM(8, return_sequences=True)(keras.Input((5000, 3)))[:, :20]",
        "layers.Dense(8)(layers.Dense(20_000)(keras.Input((20, 300))))",
        "Attention()(keras.Input((20, 8)))",
        "layers.Dense(8, activation=mine)(keras.Input((20, 8)))",
        "layers.Dense(8, **options)(keras.Input((20, 8)))[:, :20]",
        "layers.CuDNNLSTM(8, return_sequences=True)(keras.Input((20, 3)))",
    ],
)
def test_upstream_of_the_dropout_a_shape_is_enough(before: str) -> None:
    told = job(
        planned(
            f"""
            class Attention(layers.Layer):
                pass

            def mine(x):
                return x

            def build(options):
                x = layers.Dropout(0.5)({before})
                return layers.LSTM(4)(x)
            """,
            "RNN102",
        )
    )
    dropped = told["probe"]["node"]
    assert kinds(told)[dropped + 1 :] == ["target"]
    assert not any(one in ("Embedding", "LSTM", "Attention", "CuDNNLSTM") for one in kinds(told))
    assert math.prod(shape_into(told)) < 200_000


def test_a_long_sequence_is_shortened() -> None:
    made = planned(
        """
        inputs = keras.Input((4000, 300))
        x = layers.Dropout(0.5)(inputs)
        outputs = layers.LSTM(4)(x)
        """,
        "RNN102",
    )
    assert shape_into(job(made)) == [6, 12, 300]
    assert made.assumed == ("12 of 4,000 timesteps",)


def test_a_length_that_a_layer_asks_for_stays() -> None:
    made = planned(
        """
        inputs = keras.Input((4000, 300))
        x = layers.Dropout(0.5)(inputs)
        x = layers.Permute((1, 2))(x)
        outputs = layers.LSTM(4)(x)
        """,
        "RNN102",
    )
    assert shape_into(job(made)) == [2, 4000, 300], "few samples do"


@pytest.mark.parametrize(
    ("between", "told"),
    [
        (
            "layers.TimeDistributed(Mine())(x)",
            "`Mine` at line 3 is a class of this code, which replay does not run",
        ),
        (
            "layers.Dense(4, activation=layers.Activation(unknown))(x)",
            "`activation` of `Activation` at line 8 is not known",
        ),
        (
            "layers.TimeDistributed(keras.Sequential([layers.Dense(3)]))(x)",
            "`Sequential` at line 8 cannot be rebuilt by itself",
        ),
    ],
)
def test_what_is_in_the_way(between: str, told: str) -> None:
    made = planned(
        f"""class Mine(layers.Layer): pass
def clipped(x): return x
def build(unknown):
  inputs = keras.Input((20, 8))
  x = layers.Dropout(0.5)(inputs)
  x = {between}
  return layers.LSTM(4)(x)
""",
        "RNN102",
    )
    assert made.job is None
    assert made.obstacle == told


def test_an_activation_of_the_code_itself_is_taken_to_pass_values_on() -> None:
    made = planned(
        """
        def clipped(x):
            return keras.activations.relu(x, max_value=20)

        inputs = keras.Input((20, 8))
        x = layers.Dropout(0.5)(inputs)
        x = layers.Dense(4, activation=clipped)(x)
        outputs = layers.LSTM(4)(x)
        """,
        "RNN102",
    )
    assert layer_of(job(made), "Dense")["keywords"] == {"units": {"const": 4}}
    assert made.assumed == ("that `clipped` passes values on",)


def test_nothing_is_known_of_what_stands_beside_the_way() -> None:
    """A branch of which not even the rank is known cannot be put together with the dropped one."""
    net = Net()
    inputs = net.input(None, 20, 8)
    dropped = net.call(net.layer("Dropout", rate=0.5), inputs, shape=(None, 20, 8))
    other = net.opaque()
    both = net.op("keras.ops.where", dropped, other, shape=(None, 20, 8))
    net.call(net.layer("LSTM", units=4), both, shape=(None, 4))
    graph = net.graph()
    path = (dropped.id, both.id, graph.nodes[-1].id)
    finding = finding_of(Probe("mask", 0, ("per-step",), dropped.id, path, 1), graph)
    assert plan(View(graph, KERAS_3), finding).obstacle == f"`block` at line {other.span.row} is not understood"


def test_a_branch_beside_the_way_has_its_sizes() -> None:
    """Its length is unknown to the analysis, and has to be that of the dropped branch."""
    told = job(
        planned(
            """
            class Mine(layers.Layer):
                def call(self, x):
                    return x

            def build(other):
                inputs = keras.Input((None, 8))
                x = layers.Dropout(0.5)(layers.Conv1D(8, 3)(inputs))
                y = layers.LSTM(8, return_sequences=True, activation=other)(layers.Conv1D(8, 3)(Mine()(inputs)))
                return layers.LSTM(4)(layers.Add()([x, y]))
            """,
            "RNN102",
        )
    )
    add = next(node for node in told["nodes"] if node.get("list"))
    lengths = []
    for producer, _ in add["inputs"]:
        node = told["nodes"][producer]
        while node["kind"] != "input":
            node = told["nodes"][node["inputs"][0][0]]
        lengths.append(told["sizes"][node["shape"][1]])
    assert lengths[0] == [length + 2 for length in lengths[1]] or lengths[0] == lengths[1]


def test_a_gate_beside_the_way_gets_the_sizes_of_what_it_is_put_on() -> None:
    """A branch that is cut off would only fit by chance."""
    net = Net()
    unknown = (None, None, None)
    dropout, dense = net.layer("Dropout", rate=0.5), net.layer("Dense", units=Unknown("a parameter"))
    dropped = net.call(dropout, net.input(None, 20, 8), shape=(None, 20, 8))
    other = net.call(net.layer("Dense", units=3), net.input(None, 20, 8), shape=(None, 20, 3))
    both = net.call("Concatenate", dropped, other, shape=(None, 20, 11))
    gate = net.op("operator.sub", net.call(dense, net.opaque(), shape=unknown), shape=unknown, **{"#0": 1.0})
    gated = net.op("operator.mul", gate, both, shape=(None, 20, 11))
    last = net.call(net.layer("LSTM", units=4), gated, shape=(None, 4))
    graph = net.graph()
    probe = Probe("mask", dropout.id, ("per-step",), dropped.id, (dropped.id, both.id, gated.id, last.id), 1)
    told = job(plan(View(graph, KERAS_3), finding_of(probe, graph)))
    multiply = next(node for node in told["nodes"] if node.get("name") == "operator.mul")
    beside = told["nodes"][multiply["inputs"][0][0]]
    assert (beside["kind"], beside["shape"]) == ("input", ["batch", 20, 11])
