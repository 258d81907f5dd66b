"""Live Keras models as rnnlint's graph, and the comparison of that graph with the static one."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rnnlint import graph
from rnnlint.graph import Arg, Const, Graph, Items, Layer, LayerArg, Model, Name, Node, Ref, Span

WORKER = Path(__file__).with_name("worker.py")
# A constructor call that no line of the generated source shows: `layers.add([...])` makes its Add inside of Keras.
NOWHERE = Span("", 0, 0, 0, 0)


class RefusedError(Exception):
    """Keras, or the source itself, raised."""


class Keras:
    """A process with Keras in it that executes sources; imported once, asked many times."""

    def __init__(self, python: str) -> None:
        self._process = subprocess.Popen(
            [python, str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        self.version: str = self._answer()["keras"]

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()

    def build(self, source: str) -> Graph:
        """What Keras builds of a source; raises RefusedError where it raised."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"source": source}) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        if "refused" in answer:
            raise RefusedError(answer["refused"] + "\n" + answer["traceback"])
        if "broken" in answer:
            raise AssertionError(answer["broken"])
        return read(answer["graph"])

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the Keras process ended"
        answer: dict[str, Any] = json.loads(line)
        return answer


def read(answer: dict[str, Any]) -> Graph:
    """The worker's answer as a graph."""
    layers: dict[int, Layer] = {}

    def span(position: list[int] | None) -> Span:
        return NOWHERE if position is None else Span("", position[0], position[1], position[2], position[3])

    def value(one: dict[str, Any]) -> graph.Value:
        if "const" in one:
            return Const(one["const"])
        if "items" in one:
            return Items(tuple(value(item) for item in one["items"]), one["kind"])
        if "layer" in one:
            return LayerArg(layer(one["layer"]).id)
        return Name(one["name"]) if "name" in one else graph.Unknown(one["other"])

    def children(one: dict[str, Any]) -> list[Layer]:
        if "layer" in one:
            return [layer(one["layer"])]
        return [child for item in one.get("items", ()) for child in children(item)]

    def layer(number: int) -> Layer:
        if number not in layers:
            one = answer["layers"][number]
            at = span(one["position"])
            layers[number] = Layer(
                id=number,
                name=f"keras.layers.{one['cls']}" if one["keras"] else one["cls"],
                kind="keras" if one["keras"] else "user",
                origin="keras",
                args=tuple(Arg(name, value(what), at) for name, what in one["args"].items()),
                span=at,
                children=tuple(child for what in one["args"].values() for child in children(what)),
            )
        return layers[number]

    nodes: list[Node] = []
    models: list[Model] = []
    for model in answer["models"]:
        start = len(nodes)

        def ref(one: list[int], start: int = start) -> Ref:
            return Ref(start + one[0], one[1])

        for one in model["nodes"]:
            made = None if one["layer"] is None else layer(one["layer"])
            nodes.append(
                Node(
                    id=len(nodes),
                    kind=one["kind"],
                    name=one["name"],
                    inputs=tuple((ref(producer),) for producer in one["inputs"]),
                    outputs=tuple(None if shape is None else tuple(shape) for shape in one["outputs"]),
                    span=NOWHERE if made is None else made.span,
                    layer=made,
                )
            )
        models.append(
            Model(
                kind=model["kind"],
                name=model["name"],
                span=span(model["position"]),
                inputs=tuple(ref(one) for one in model["inputs"]),
                outputs=tuple(ref(one) for one in model["outputs"]),
                nodes=tuple(range(start, len(nodes))),
            )
        )
    return Graph(tuple(layers[number] for number in sorted(layers)), tuple(nodes), tuple(models))


# ---------------------------------------------------------------------------------------------------------------------

# Keras names the operation's class, rnnlint the function or operator that was called.
_SAME_OP = {
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "truedivide",
    "divide": "truedivide",
    "neg": "negative",
    "pow": "power",
    "concat": "concatenate",
    "expanddims": "expanddims",
    "reducemean": "mean",
    "reducesum": "sum",
    "reducemax": "max",
}


def _op(name: str) -> str:
    short = name.rpartition(".")[2].replace("_", "").lower()
    return _SAME_OP.get(short, short)


@dataclass
class Comparison:
    """What the static graph of one model says against the live one.

    `differences` is what must not be. `known` and `unknown` count what the static side knew, by kind of fact.
    """

    static: Graph
    live: Graph
    differences: list[str] = field(default_factory=list)
    known: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    nodes: dict[int, int] = field(default_factory=dict)
    layers: dict[int, int] = field(default_factory=dict)
    inputs: dict[Ref, Ref | None] = field(default_factory=dict)

    @property
    def merit(self) -> tuple[bool, int]:
        """Orders comparisons by how well the two sides agree."""
        return not self.differences, self.known.total() - self.unknown.total()

    def model(self, static: Model, live: Model) -> None:
        """Compare two models: from the outputs back, then the order of the calls."""
        if static.kind != live.kind:
            self._differ(f"model: {static.kind}, Keras has {live.kind}")
        self.inputs = dict.fromkeys(static.inputs)
        if not static.outputs:
            self.unknown["model"] += 1
        elif len(static.outputs) > len(live.outputs):
            self.unknown["edge"] += 1  # several producers that an output may have
        elif len(static.outputs) != len(live.outputs):
            self._differ(f"model: {len(static.outputs)} outputs, Keras has {len(live.outputs)}")
        else:
            for ours, theirs in zip(static.outputs, live.outputs, strict=True):
                self._refs((ours,), theirs, "output")
        place = {id: i for i, id in enumerate(static.nodes)}
        order = [id for id in sorted(self.nodes, key=lambda id: place.get(id, -1)) if id in place]
        layer_calls = [id for id in order if self.static.nodes[id].kind in ("layer", "op")]
        theirs_order = [self.nodes[id] for id in layer_calls]
        if theirs_order != sorted(theirs_order):
            names = [self.live.nodes[id].name for id in theirs_order]
            self._differ(f"order of calls: {names}")
        missing = [id for id in self.nodes if id not in place and self.static.nodes[id].kind != "input"]
        if missing:
            names = [self.static.nodes[id].name for id in missing]
            self._differ(f"model.nodes lacks what leads to its outputs: {names}")

    def _differ(self, text: str) -> None:
        self.differences.append(text)

    def _refs(self, ours: tuple[Ref, ...], theirs: Ref, what: str) -> None:
        if len(ours) != 1:
            self.unknown["edge"] += 1
            return
        node = self.static.nodes[ours[0].node]
        other = self.live.nodes[theirs.node]
        if node.kind == "opaque":
            self.unknown["node"] += 1
            return
        if ours[0] in self.inputs and other.kind == "input":
            self._input(ours[0], theirs, what)
            return
        if ours[0].output != theirs.output:
            self._differ(f"{what}: output {ours[0].output} of {node.name}, Keras has {theirs.output} of {other.name}")
            return
        self.known["edge"] += 1
        self._node(node, other)

    def _input(self, ours: Ref, theirs: Ref, what: str) -> None:
        """A model's input may be a tensor of the model around it."""
        if self.inputs[ours] not in (None, theirs):
            self._differ(f"{what}: comes from another input")
            return
        self.inputs[ours] = theirs
        self.known["edge"] += 1
        self._shape(self.static.shape(ours), self.live.shape(theirs), f"input of {what}")

    def _node(self, node: Node, other: Node) -> None:
        if node.id in self.nodes or other.id in self.nodes.values():
            if self.nodes.get(node.id) != other.id:
                self._differ(f"{node.name} at row {node.span.row} is not one call of {other.name}")
            return
        self.nodes[node.id] = other.id
        if node.kind != other.kind:
            self._differ(f"{node.kind} {node.name} at row {node.span.row}, Keras has {other.kind} {other.name}")
            return
        what = f"{node.name} at row {node.span.row}"
        if node.kind == "op" and _op(node.name) != _op(other.name):
            self._differ(f"{what}: Keras has {other.name}")
        if node.layer is not None and other.layer is not None:
            self._layer(node.layer, other.layer, what)
        self._shapes(node, other, what)
        if node.kind == "input" and other.kind == "input":
            return
        if len(node.inputs) != len(other.inputs):
            self._differ(f"{what}: {len(node.inputs)} inputs, Keras has {len(other.inputs)}")
            return
        for ours, theirs in zip(node.inputs, other.inputs, strict=True):
            self._refs(ours, theirs[0], what)

    def _shapes(self, node: Node, other: Node, what: str) -> None:
        if len(node.outputs) != len(other.outputs):
            if node.outputs == (None,):
                self.unknown["shape"] += 1
            else:
                self._differ(f"{what}: {len(node.outputs)} outputs, Keras has {len(other.outputs)}")
            return
        for ours, theirs in zip(node.outputs, other.outputs, strict=True):
            self._shape(ours, theirs, what)

    def _shape(self, ours: graph.Shape, theirs: graph.Shape, what: str) -> None:
        if theirs is None:  # a Sequential that Keras has not built
            return
        if ours is None:
            self.unknown["shape"] += 1
        elif len(ours) != len(theirs) or not all(
            a == b for a, b in zip(ours, theirs, strict=True) if isinstance(a, int) and b != "?"
        ):
            self._differ(f"{what}: shape {ours}, Keras has {theirs}")
        else:
            known = all(isinstance(a, int) for a, b in zip(ours, theirs, strict=True) if isinstance(b, int))
            (self.known if known else self.unknown)["shape"] += 1

    def _layer(self, ours: Layer, theirs: Layer, what: str) -> None:
        if ours.id in self.layers or theirs.id in self.layers.values():
            if self.layers.get(ours.id) != theirs.id:
                self._differ(f"{what}: shared where Keras has several layers, or the other way round")
            return
        self.layers[ours.id] = theirs.id
        if ours.kind == "opaque":
            self.unknown["layer"] += 1
            return
        self.known["layer"] += 1
        if ours.name.rpartition(".")[2] != theirs.name.rpartition(".")[2]:
            self._differ(f"{what}: {ours.name}, Keras has {theirs.name}")
            return
        if ours.kind != "keras":
            return
        if theirs.span != NOWHERE:
            span = ours.span
            if (span.row, span.column, span.end_row, span.end_column) != (
                theirs.span.row,
                theirs.span.column,
                theirs.span.end_row,
                theirs.span.end_column,
            ):
                self._differ(f"{what}: constructed at {span}, Keras saw {theirs.span}")
        self._args(ours, theirs, what)
        if len(ours.children) == len(theirs.children):
            for a, b in zip(ours.children, theirs.children, strict=True):
                self._layer(a, b, f"{a.name} in {what}")
        elif ours.children or ours.complete:
            self._differ(
                f"{what}: children {[c.short for c in ours.children]}, Keras {[c.short for c in theirs.children]}"
            )

    def _args(self, ours: Layer, theirs: Layer, what: str) -> None:
        written = {arg.name: arg.value for arg in ours.args}
        real = {arg.name: arg.value for arg in theirs.args}
        if ours.complete and written.keys() != real.keys():
            self._differ(f"{what}: arguments {sorted(written)}, Keras got {sorted(real)}")
        elif not written.keys() <= real.keys():
            self._differ(f"{what}: arguments {sorted(written.keys() - real.keys())} that Keras did not get")
        for name in written.keys() & real.keys():
            verdict = self._same(written[name], real[name])
            if verdict is False:
                self._differ(f"{what}: {name}={written[name]}, Keras got {real[name]}")
            else:
                (self.known if verdict else self.unknown)["argument"] += 1

    def _same(self, ours: graph.Value, theirs: graph.Value) -> bool | None:
        """Whether an argument is equal; None where the static side does not claim to know."""
        verdicts = [self._same_option(option, theirs) for option in graph.options(ours)]
        if len(verdicts) == 1:
            return verdicts[0]
        return False if all(verdict is False for verdict in verdicts) else None

    def _same_option(self, ours: graph.Value, theirs: graph.Value) -> bool | None:
        if isinstance(ours, graph.Unknown) or isinstance(theirs, graph.Unknown):
            return None
        if isinstance(ours, graph.Range):
            if not isinstance(theirs, Const) or not isinstance(theirs.value, (int, float)):
                return False
            low = ours.low is None or ours.low <= theirs.value
            return None if low and (ours.high is None or theirs.value <= ours.high) else False
        if isinstance(ours, Const) and isinstance(theirs, Const):
            return ours.value == theirs.value and type(ours.value) is type(theirs.value)
        if isinstance(ours, Items) and isinstance(theirs, Items):
            if ours.kind != theirs.kind or len(ours.items) > len(theirs.items):
                return False
            if len(ours.items) < len(theirs.items):
                return False if ours.complete else None
            verdicts = [self._same(a, b) for a, b in zip(ours.items, theirs.items, strict=True)]
            return False if False in verdicts else None if None in verdicts or not ours.complete else True
        if isinstance(ours, LayerArg) and isinstance(theirs, LayerArg):
            return True  # the layers themselves are compared as children
        if isinstance(ours, Name) and isinstance(theirs, Name):
            short = ours.name.rpartition(".")[2]
            return short == theirs.name or "<" in theirs.name
        return False


def compare(static: Graph, live: Graph) -> tuple[list[str], Counter[str], Counter[str]]:
    """Compare all that a source builds: `(differences, known, unknown)`.

    A live model answers to the static models that the same call constructed: a function that builds one is run once
    from its caller and once on its own. Neither may a live model differ from all of them, nor one of them from all
    live models of its place.
    """
    differences: list[str] = []
    known: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    closest: dict[int, Comparison] = {}
    for theirs in live.models:
        comparisons = {}
        for i, ours in enumerate(static.models):
            if _may_be(ours, theirs):
                comparisons[i] = comparison = Comparison(static, live)
                comparison.model(ours, theirs)
                if i not in closest or comparison.merit > closest[i].merit:
                    closest[i] = comparison
        if not comparisons:
            unknown["model"] += 1
            continue
        winner = max(comparisons.values(), key=lambda comparison: comparison.merit)
        differences += [f"{theirs.kind} model at row {theirs.span.row}: {text}" for text in winner.differences]
        known += winner.known
        unknown += winner.unknown
        known["model"] += 1
    for i, comparison in closest.items():
        for text in comparison.differences:
            line = f"{static.models[i].kind} model at row {static.models[i].span.row}: {text}"
            if line not in differences:
                differences.append(line)
    return differences, known, unknown


def _may_be(ours: Model, theirs: Model) -> bool:
    return ours.kind == theirs.kind and (ours.span.row, ours.span.column) == (theirs.span.row, theirs.span.column)
