"""Plans of what a source shows, and what jobs hold."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any

from rnnlint.checks import RULES
from rnnlint.checks.context import RuleSettings
from rnnlint.confirm.plan import plan
from rnnlint.findings import Finding, Plan, Probe, collect
from rnnlint.flow.view import View
from rnnlint.graph import Graph
from rnnlint.interpret import interpret
from rnnlint.keras.versions import KerasTargets, parse_keras_version
from rnnlint.linter import NoFinder
from rnnlint.source.read import from_text

JSON = dict[str, Any]
KERAS_3 = KerasTargets(parse_keras_version("3.15"), frozenset({"tensorflow"}))
KERAS_2 = KerasTargets(parse_keras_version("2.15"), frozenset({"tensorflow"}))
EVERY_RULE = [check for rule, check in RULES if rule.runtime]
HEAD = "import keras\nfrom keras import layers, ops\n"


def build(code: str, env: KerasTargets = KERAS_3) -> Graph:
    return interpret(from_text(HEAD + textwrap.dedent(code), "model.py"), NoFinder(), env)


def found(graph: Graph, env: KerasTargets = KERAS_3) -> tuple[Finding, ...]:
    return collect(finding for check in EVERY_RULE for finding in check(View(graph, env), RuleSettings()))


def planned(code: str, wanted: str, env: KerasTargets = KERAS_3, at: int = 0) -> Plan:
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


def finding_of(probe: Probe, graph: Graph) -> Finding:
    return Finding("RNN102", "test", "Test.", graph.layers[probe.layer].span, probe=probe)


def keras(version: str) -> KerasTargets:
    return KerasTargets(parse_keras_version(version), frozenset({"tensorflow"}))
