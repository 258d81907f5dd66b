"""Plans: what of a graph becomes a job, what is assumed, and what is in the way."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from rnnlint.checks import RULES
from rnnlint.checks.context import RuleSettings
from rnnlint.confirm.plan import plan
from rnnlint.findings import Finding, Plan, Probe, collect
from rnnlint.flow.view import View
from rnnlint.graph import Choice, Const, Graph, Items, Layer, Name, Range, Span, Unknown
from rnnlint.interpret import interpret
from rnnlint.keras.versions import Env, parse_keras_version
from rnnlint.linter import NoFinder
from rnnlint.source.read import from_text
from tests import pages
from tests.checks.graphs import Net

JSON = dict[str, Any]

KERAS_3 = Env(parse_keras_version("3.15"), frozenset({"tensorflow"}))
KERAS_2 = Env(parse_keras_version("2.15"), frozenset({"tensorflow"}))
EVERY_RULE = [check for rule, check in RULES if rule.runtime]
HEAD = "import keras\nfrom keras import layers, ops\n"


def build(code: str, env: Env = KERAS_3) -> Graph:
    return interpret(from_text(HEAD + textwrap.dedent(code), "model.py"), NoFinder(), env)


def found(graph: Graph, env: Env = KERAS_3) -> tuple[Finding, ...]:
    return collect(finding for check in EVERY_RULE for finding in check(View(graph, env), RuleSettings()))


def planned(code: str, wanted: str, env: Env = KERAS_3, at: int = 0) -> Plan:
    """The plan of the finding of a rule (the `at`-th of them) in a source."""
    graph = build(code, env)
    matching = [finding for finding in found(graph, env) if finding.code == wanted]
    assert len(matching) > at, [finding.code for finding in found(graph, env)]
    return plan(View(graph, env), matching[at])


def job(made: Plan) -> JSON:
    """The job of a plan, checked for what holds of every job."""
    assert made.job is not None, made.obstacle
    assert not made.obstacle
    told: JSON = json.loads(json.dumps(made.job, allow_nan=False))
    assert told == made.job
    assert set(told) == {"sizes", "layers", "nodes", "probe"}
    for number, node in enumerate(told["nodes"]):
        assert node["id"] == number, "a producer has the smaller id"
        assert all(producer < number for producer, _ in node.get("inputs", ()))
    used = {node["layer"] for node in told["nodes"] if node["kind"] == "layer"}
    assert used == set(told["layers"])
    assert {len(sizes) for sizes in told["sizes"].values()} <= {len(told["sizes"].get("batch", ()))} | {1}
    assert set(symbols(told)) == set(told["sizes"])
    assert all(size > 0 for sizes in told["sizes"].values() for size in sizes)
    probe = told["probe"]
    if probe["claim"] == "at-inference":  # a function in a Lambda is no layer
        assert told["nodes"][probe["node"]]["kind"] == "op"
        return told
    assert probe["layer"] in told["layers"]
    assert told["nodes"][probe["node"]]["kind"] == "layer"
    assert told["nodes"][probe["node"]]["layer"] == probe["layer"]
    return told


def symbols(data: Any) -> Iterator[str]:
    """The symbols that a job uses."""
    if isinstance(data, dict):
        if set(data) == {"symbol"}:
            yield data["symbol"]
        for key, value in data.items():
            if key == "shape":
                yield from (dim for dim in value if isinstance(dim, str))
            elif key != "sizes":
                yield from symbols(value)
    elif isinstance(data, list):
        for item in data:
            yield from symbols(item)


def layer_of(told: JSON, name: str) -> JSON:
    """The layer of a class, also inside another."""
    queue = list(told["layers"].values())
    while queue:
        one: JSON = queue.pop(0)
        if one["class"] == f"keras.layers.{name}":
            return one
        queue += one["children"]
    raise AssertionError(f"no {name} in {list(told['layers'].values())}")


def kinds(told: JSON) -> list[str]:
    """What the nodes are, in order."""
    return [
        told["layers"][node["layer"]]["class"].rpartition(".")[2] if node["kind"] == "layer" else node["kind"]
        for node in told["nodes"]
    ]


def shape_into(told: JSON) -> list[int]:
    """The shape of the first input of the job, at the first attempt."""
    return [told["sizes"][dim][0] if isinstance(dim, str) else dim for dim in told["nodes"][0]["shape"]]


# ---------------------------------------------------------------------------------------------------------------------
# Every example


BLOCKS = [block for page in [*pages.pages(), *pages.cases()] for block in page.blocks if block.plain]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.id)
@pytest.mark.parametrize("env", [KERAS_3, KERAS_2], ids=["3", "2"])
def test_every_finding_of_an_example_has_a_job(block: pages.Block, env: Env) -> None:
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
# Masks


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
    finding = _finding(Probe("mask", 0, ("per-step",), dropped.id, path, 1), graph)
    assert plan(View(graph, KERAS_3), finding).obstacle == f"`block` at line {other.span.row} is not understood"


def _finding(probe: Probe, graph: Graph) -> Finding:
    return Finding("RNN102", "test", "Test.", graph.layers[probe.layer].span, probe=probe)


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
    told = job(plan(View(graph, KERAS_3), _finding(probe, graph)))
    multiply = next(node for node in told["nodes"] if node.get("name") == "operator.mul")
    beside = told["nodes"][multiply["inputs"][0][0]]
    assert (beside["kind"], beside["shape"]) == ("input", ["batch", 20, 11])


# ---------------------------------------------------------------------------------------------------------------------
# What is kept, and what becomes of the state


def at(version: str) -> Env:
    return Env(parse_keras_version(version), frozenset({"tensorflow"}))


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
def test_kept(code: str, rule: str, version: str, kept: float, written: float | None) -> None:
    told = job(planned(f"layer = {code}\n", rule, at(version)))
    assert told["probe"]["probability"] == pytest.approx(kept)
    assert told["probe"].get("written") == (None if written is None else pytest.approx(written))
    assert len(told["nodes"]) == 2


def test_rates_that_may_be_equal() -> None:
    code = """
    def build(rate=0.2):
        return layers.SimpleRNN(4, dropout=rate, recurrent_dropout=0.2 if rate else 0.3)
    """
    made = planned(code, "RNN503", at("3.1"))
    assert made.job is not None
    chosen = layer_of(job(made), "SimpleRNN")["keywords"]
    assert chosen["dropout"] != chosen["recurrent_dropout"]


def test_a_state_is_bounded_by_its_activation() -> None:
    code = "layer = layers.Bidirectional(layers.GRU(4, activation='relu', recurrent_dropout=0.2))\n"
    told = job(planned(code, "RNN501", at("3.6")))
    assert layer_of(told, "GRU")["keywords"]["activation"] == {"const": "tanh"}
    assert kinds(told) == ["input", "GRU"]


def test_inference_on_cudnn() -> None:
    """Of the activations the one that keeps it there."""
    code = """
    def build(relu):
        return layers.LSTM(4, dropout=0.3, activation="relu" if relu else "tanh")
    """
    told = job(planned(code, "RNN502", at("3.6")))
    assert layer_of(told, "LSTM")["keywords"]["activation"] == {"const": "tanh"}
    assert told["probe"]["probability"] == 0.3


def test_a_cell_and_its_layer() -> None:
    told = job(planned("layer = layers.RNN(layers.LSTMCell(4), return_sequences=True)\n", "RNN205"))
    assert told["probe"]["twin"] is True
    assert kinds(told) == ["input", "RNN"]


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


# ---------------------------------------------------------------------------------------------------------------------
# Errors


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


@pytest.mark.parametrize(
    ("code", "argument", "value"),
    [
        ("x = layers.Dropout(20)", "rate", 20),
        ("x = layers.LSTM(4, dropout=1.5, recurrent_dropout=-1)", "dropout", 1.5),
        ("x = layers.GRU(4, dropout=0.2 if flag else 20)", "dropout", 20),
    ],
)
def test_a_rate_that_is_none(code: str, argument: str, value: float) -> None:
    told = job(planned(f"def build(flag):\n    {code}\n", "RNN301"))
    assert told["probe"]["argument"] == argument
    layer = told["layers"][told["probe"]["layer"]]
    assert layer["keywords"][argument] == {"const": value}
    assert "recurrent_dropout" not in layer["keywords"], "the other rate that is none would hide it"
    assert len(shape_into(told)) == 3


def test_a_range_of_percents() -> None:
    told = job(planned("def build(hp):\n    x = layers.Dropout(hp.Float('rate', 10.0, 50.0))\n", "RNN301"))
    assert layer_of(told, "Dropout")["keywords"]["rate"] == {"const": 10.0}


def test_a_cell_is_put_into_a_layer() -> None:
    told = job(planned("cells = [layers.LSTMCell(4, dropout=20), layers.LSTMCell(4)]\n", "RNN301"))
    outer = told["layers"]["cell"]
    assert outer["class"] == "keras.layers.RNN"
    assert [child["class"] for child in outer["children"]] == ["keras.layers.LSTMCell"]
    assert told["probe"]["inner"] == outer["children"][0]["id"]


def test_the_rank_of_a_convolutional_recurrent_layer() -> None:
    told = job(planned("x = layers.ConvLSTM2D(4, 3, dropout=20)\n", "RNN301"))
    assert len(shape_into(told)) == 5


# ---------------------------------------------------------------------------------------------------------------------
# Own masks, Masking, Embedding, cuDNN


def test_the_recurrent_layers_own_mask() -> None:
    made = planned(
        """
        inputs = keras.Input((1000, 1))
        outputs = layers.Bidirectional(layers.LSTM(64, dropout=0.3, name="encoder"))(inputs)
        """,
        "RNN103",
    )
    told = job(made)
    assert shape_into(told) == [6, 12, 1]
    assert told["probe"]["probability"] == 0.3
    assert told["probe"]["inner"] == layer_of(told, "LSTM")["id"]
    assert made.assumed == ("12 of 1,000 timesteps",)


def test_the_own_mask_follows_the_version() -> None:
    code = """
    inputs = keras.Input((20, 1))
    outputs = layers.LSTM(4, dropout=0.5, recurrent_dropout=0.1)(inputs)
    """
    middle = Env(parse_keras_version("3.6"), frozenset({"tensorflow"}))
    assert job(planned(code, "RNN103", middle))["probe"]["probability"] == 0.5
    for env in (KERAS_2, KERAS_3):  # a mask for each of four gates
        assert job(planned(code, "RNN103", env))["probe"]["probability"] == 0.5**4


def test_padding_before_masking() -> None:
    told = job(
        planned(
            """
            inputs = keras.Input((200, 8))
            x = layers.Dropout(0.3)(inputs)
            x = layers.Masking(mask_value=-1.0)(x)
            outputs = layers.LSTM(4)(x)
            """,
            "RNN107",
        )
    )
    assert kinds(told) == ["input", "Dropout", "Masking"]
    assert told["probe"]["target"] == 2
    assert shape_into(told) == [6, 7, 8]
    assert layer_of(told, "Masking")["keywords"] == {"mask_value": {"const": -1.0}}


def test_masking_with_an_unknown_value() -> None:
    made = planned(
        """
        def build(pad):
            inputs = keras.Input((20, 8))
            x = layers.Dropout(0.3)(inputs)
            return layers.Masking(pad)(x)
        """,
        "RNN107",
    )
    assert made.assumed == ("mask_value=-1.0",)


def test_real_steps_that_masking_takes_for_padding() -> None:
    told = job(
        planned(
            """
            inputs = keras.Input((20, 2))
            x = layers.SpatialDropout1D(0.3)(inputs)
            outputs = layers.Masking()(x)
            """,
            "RNN107",
        )
    )
    assert told["probe"]["probability"] == pytest.approx(0.09)


@pytest.mark.parametrize(("dtype", "kind"), [("", "float32"), (", dtype='int64'", "int32")])
def test_ids_before_an_embedding(dtype: str, kind: str) -> None:
    told = job(
        planned(
            f"""
            inputs = keras.Input((50,){dtype})
            x = layers.Dropout(0.3)(inputs)
            outputs = layers.Embedding(1000, 300)(x)
            """,
            "RNN108",
        )
    )
    ids = told["nodes"][0]
    assert (ids["fill"], ids["high"], ids["dtype"]) == ("ids", 1000, kind)
    assert layer_of(told, "Embedding")["keywords"] == {"input_dim": {"const": 1000}, "output_dim": {"const": 4}}


def test_a_huge_vocabulary_is_cut() -> None:
    made = planned(
        """
        x = layers.Dropout(0.3)(keras.Input((50,)))
        outputs = layers.Embedding(400_000, 4)(x)
        """,
        "RNN108",
    )
    assert layer_of(job(made), "Embedding")["keywords"]["input_dim"] == {"const": 1000}
    assert made.assumed == ("1,000 of 400,000 words",)


def test_cudnn_needs_nothing_but_the_layer() -> None:
    made = planned(
        """
        def build(steps, activation):
            inputs = keras.Input((steps, 8))
            x = layers.Conv1D(8, 3)(inputs)
            x = layers.GRU(32, recurrent_dropout=0.2 if steps else 0.0, activation="relu")(x)
            return keras.Model(inputs, x)
        """,
        "RNN201",
    )
    told = job(made)
    assert kinds(told) == ["input", "GRU"]
    assert layer_of(told, "GRU")["keywords"]["recurrent_dropout"] == {"const": 0.2}
    assert told["probe"]["others"] == ["activation"]
    assert made.assumed == ()


def test_of_several_values_of_another_argument_a_harmless_one() -> None:
    told = job(
        planned(
            """
            def build(flag):
                return layers.GRU(32, recurrent_dropout=0.2, activation="relu" if flag else "tanh")
            """,
            "RNN201",
        )
    )
    assert layer_of(told, "GRU")["keywords"]["activation"] == {"const": "tanh"}


def test_an_activation_of_the_code_itself_is_in_the_way_of_cudnn() -> None:
    made = planned(
        """
        def mine(x):
            return x

        x = layers.GRU(32, recurrent_dropout=0.2, activation=mine)
        """,
        "RNN201",
    )
    assert made.obstacle == "`mine` at line 7 is a function of this code, which replay does not run"


def test_what_a_caller_may_pass_is_left_at_its_default() -> None:
    made = planned(
        """
        def build(activation):
            return layers.GRU(32, recurrent_dropout=0.2, activation=activation)
        """,
        "RNN201",
    )
    assert "activation" not in layer_of(job(made), "GRU")["keywords"]
    assert made.assumed == ("activation at its default",)


def test_units_that_are_not_known() -> None:
    made = planned("def build(units):\n    return layers.GRU(units, recurrent_dropout=0.2)\n", "RNN201")
    told = job(made)
    (size,) = {name for name in told["sizes"] if name != "batch"} & set(symbols(told["layers"]))
    assert layer_of(told, "GRU")["keywords"]["units"] == {"symbol": size}
    assert made.assumed == (f"units={told['sizes'][size][0]}",)


# ---------------------------------------------------------------------------------------------------------------------
# Graphs made by hand


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
    told = job(plan(View(graph, KERAS_2), _finding(probe, graph)))
    assert layer_of(told, "Dropout")["keywords"] == {"rate": {"const": 0.4}}


def test_values_as_json() -> None:
    options: dict[str, object] = {
        "rate": Const(0.25),
        "noise_shape": Items((Const(None), Unknown("", "steps"), Choice((Const(8), Const(9)))), "list"),
        "seed": Const(float("nan")),
    }
    graph, _, probe = sequence(**options)
    told = job(plan(View(graph, KERAS_3), _finding(probe, graph)))
    noise = layer_of(told, "Dropout")["keywords"]["noise_shape"]
    (symbol,) = set(told["sizes"]) - {"batch"}
    assert noise == {"items": [{"const": None}, {"symbol": symbol}, {"const": 8}], "kind": "list"}


@pytest.mark.parametrize(
    ("rate", "taken"), [(Range(0.1, 0.4), 0.4), (Range(None, None), 0.5), (Unknown("a parameter"), 0.5)]
)
def test_rates_that_are_no_constants(rate: object, taken: float) -> None:
    graph, _, probe = sequence(rate=rate)
    told = job(plan(View(graph, KERAS_3), _finding(probe, graph)))
    assert layer_of(told, "Dropout")["keywords"]["rate"] == {"const": taken}


def test_a_layer_that_this_keras_lacks() -> None:
    net = Net()
    dropout = net.layer("Dropout", rate=0.5)
    dropped = net.call(dropout, net.input(None, 20, 8), shape=(None, 20, 8))
    old = net.call(net.layer("ThresholdedReLU"), dropped, shape=(None, 20, 8))
    last = net.call(net.layer("LSTM", units=4), old, shape=(None, 4))
    graph = net.graph()
    probe = Probe("mask", dropout.id, ("per-step",), dropped.id, (dropped.id, old.id, last.id), 1)
    assert job(plan(View(graph, KERAS_2), _finding(probe, graph)))
    obstacle = plan(View(graph, KERAS_3), _finding(probe, graph)).obstacle
    assert obstacle == f"`ThresholdedReLU` at line {graph.layers[1].span.row} is not a layer of the installed Keras"


def test_a_line_of_a_notebook_is_named_by_its_cell() -> None:
    graph, dropout, probe = sequence(rate=0.5)
    user = replace(dropout, kind="user", name="Mine", span=replace(dropout.span, cell=3))
    nodes = tuple(replace(node, layer=user) if node.layer is dropout else node for node in graph.nodes)
    graph = Graph((user, *graph.layers[1:]), nodes)
    made = plan(View(graph, KERAS_3), _finding(probe, graph))
    assert made.obstacle.startswith(f"`Mine` in cell 3, line {dropout.span.row} is a class of this code")


def test_a_function_of_tensorflow_as_an_activation() -> None:
    net = Net()
    lstm = net.layer("LSTM", units=4, dropout=0.3, activation=Name("tensorflow.nn.tanh"))
    node = net.call(lstm, net.input(None, 20, 1), shape=(None, 4))
    graph = net.graph()
    probe = Probe("own-mask", lstm.id, ("sequences",), node.id, axis=1, argument="dropout", probability=0.3)
    told = job(plan(View(graph, KERAS_3), _finding(probe, graph)))
    assert layer_of(told, "LSTM")["keywords"]["activation"] == {"name": "tensorflow.nn.tanh"}
