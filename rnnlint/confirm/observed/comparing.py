"""The models of the analysis against the live ones: where the two differ, and how much the analysis knows."""

from __future__ import annotations

from collections import Counter
from dataclasses import field

from rnnlint.confirm.observed.places import NOWHERE, meet
from rnnlint.graph import (
    Choice,
    Const,
    Graph,
    Items,
    Layer,
    LayerArg,
    Model,
    Name,
    Node,
    Note,
    Range,
    Ref,
    Shape,
    Span,
    Unknown,
    Value,
    options,
)
from rnnlint.records import dataclass


def differences(static: Graph, live: Graph, path: str) -> list[Note]:
    """For `-v`: where the analysis of a file is wrong, or blind, by what its code built.

    Different layers, arguments and shapes are an error of rnnlint, or code that depends on what it runs on.
    """
    notes, _, _ = compare(static, live, every=False)
    known = {layer.span for layer in static.layers}
    for layer in live.layers:
        if layer.kind == "keras" and layer.span.path == path and layer.span not in known:
            notes.append(Note(layer.span, f"the analysis does not see this {layer.short}"))
    return [note for note in dict.fromkeys(notes) if note.span.path == path]


def compare(static: Graph, live: Graph, *, every: bool = True) -> tuple[list[Note], Counter[str], Counter[str]]:
    """Compare the models of both graphs: differences, and how many facts the static graph knows and does not know.

    A live model answers to the static models that the same call constructed: a function that builds one is run once
    from its caller and once on its own. A live model may not differ from all of them, nor, with `every`, one of them
    from all live models of its place.
    """
    notes: list[Note] = []
    known: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    closest: dict[int, ModelComparison] = {}
    for theirs in live.models:
        comparisons = {}
        for i, ours in enumerate(static.models):
            if _may_be(ours, theirs):
                comparisons[i] = comparison = ModelComparison(static, live)
                comparison.model(ours, theirs)
                if i not in closest or comparison.merit > closest[i].merit:
                    closest[i] = comparison
        if not comparisons:
            unknown["model"] += 1
            continue
        winner = max(comparisons.values(), key=lambda comparison: comparison.merit)
        notes += winner.differences
        known += winner.known
        unknown += winner.unknown
        known["model"] += 1
    if every:
        notes += [note for comparison in closest.values() for note in comparison.differences if note not in notes]
    return notes, known, unknown


def _may_be(ours: Model, theirs: Model) -> bool:
    if ours.kind != theirs.kind:
        return False
    if ours.kind == "subclass":
        return ours.name == theirs.name
    return (ours.span.path, ours.span.row, ours.span.column) == (theirs.span.path, theirs.span.row, theirs.span.column)


# Keras names the operation's class, rnnlint the function or operator that was called.
_SAME_OP = {
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "truedivide",
    "divide": "truedivide",
    "neg": "negative",
    "pow": "power",
    "concat": "concatenate",
    "reducemean": "mean",
    "reducesum": "sum",
    "reducemax": "max",
}


def _op(name: str) -> str:
    short = name.rpartition(".")[2].replace("_", "").lower()
    return _SAME_OP.get(short, short)


@dataclass
class ModelComparison:
    """What the static graph of one model says against the live one.

    `differences` is what must not be. `known` and `unknown` count what the static side knew, by kind of fact.
    """

    static: Graph
    live: Graph
    differences: list[Note] = field(default_factory=list)
    known: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    nodes: dict[int, int] = field(default_factory=dict)
    layers: dict[int, int] = field(default_factory=dict)
    inputs: dict[Ref, Ref | None] = field(default_factory=dict)
    span: Span = NOWHERE

    @property
    def merit(self) -> tuple[bool, int]:
        """Orders comparisons by how well the two sides agree."""
        return not self.differences, self.known.total() - self.unknown.total()

    def model(self, static: Model, live: Model) -> None:
        """Compare two models: from the outputs back, then the order of the calls."""
        self.span = static.span
        self.inputs = dict.fromkeys(static.inputs)
        if not static.outputs:
            self.unknown["model"] += 1
        elif len(static.outputs) > len(live.outputs):
            self.unknown["edge"] += 1  # several producers that an output may have
        elif len(static.outputs) != len(live.outputs):
            self._differ(f"{len(static.outputs)} outputs, Keras has {len(live.outputs)}")
        else:
            for ours, theirs in zip(static.outputs, live.outputs, strict=True):
                self._refs((ours,), theirs, "output")
        self.span = static.span
        place = {id: i for i, id in enumerate(static.nodes)}
        order = [id for id in sorted(self.nodes, key=lambda id: place.get(id, -1)) if id in place]
        layer_calls = [id for id in order if self.static.nodes[id].kind in ("layer", "op")]
        theirs_order = [self.nodes[id] for id in layer_calls]
        if theirs_order != sorted(theirs_order):
            self._differ(f"order of calls: {[self.live.nodes[id].name for id in theirs_order]}")
        missing = [id for id in self.nodes if id not in place and self.static.nodes[id].kind != "input"]
        if missing and static.kind != "subclass":
            self._differ(
                f"the outputs need calls that the model lacks: {[self.static.nodes[id].name for id in missing]}"
            )

    def _differ(self, text: str) -> None:
        self.differences.append(Note(self.span, f"the analysis and Keras differ: {text}"))

    def _refs(self, ours: tuple[Ref, ...], theirs: Ref, what: str) -> None:
        if len(ours) != 1:
            self.unknown["edge"] += 1
            return
        node = self.static.nodes[ours[0].node]
        other = self.live.nodes[theirs.node]
        if "opaque" in (node.kind, other.kind):
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
        if node.span.row:
            self.span = node.span
        if node.id in self.nodes or other.id in self.nodes.values():
            if self.nodes.get(node.id) != other.id:
                self._differ(f"{node.name} is not one call of {other.name}")
            return
        self.nodes[node.id] = other.id
        if node.kind != other.kind:
            self._differ(f"{node.kind} {node.name}, Keras has {other.kind} {other.name}")
            return
        what = node.name
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

    def _shape(self, ours: Shape, theirs: Shape, what: str) -> None:
        if theirs is None:  # a Sequential that Keras has not built
            return
        if ours is None:
            self.unknown["shape"] += 1
        elif len(ours) != len(theirs) or not all(
            a == b for a, b in zip(ours, theirs, strict=True) if isinstance(a, int)
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
        if ours.short != theirs.short:
            self._differ(f"{what}: {ours.name}, Keras has {theirs.name}")
            return
        if ours.kind != "keras":
            return
        if theirs.span != NOWHERE and not meet(ours.span, theirs.span):
            self._differ(f"{what}: constructed at row {ours.span.row}, Keras saw {theirs.span.path}:{theirs.span.row}")
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
        if ours.complete and theirs.complete and written.keys() != real.keys():
            self._differ(f"{what}: arguments {sorted(written)}, Keras got {sorted(real)}")
        elif theirs.complete and not written.keys() <= real.keys():
            self._differ(f"{what}: arguments {sorted(written.keys() - real.keys())} that Keras did not get")
        for name in written.keys() & real.keys():
            verdict = self._same(written[name], real[name])
            if verdict is False:
                self._differ(f"{what}: {name}={_text(written[name])}, Keras got {_text(real[name])}")
            else:
                (self.known if verdict else self.unknown)["argument"] += 1

    def _same(self, ours: Value, theirs: Value) -> bool | None:
        """Whether an argument is equal; None where the static side does not claim to know."""
        verdicts = [self._same_option(option, theirs) for option in options(ours)]
        if len(verdicts) == 1:
            return verdicts[0]
        return False if all(verdict is False for verdict in verdicts) else None

    def _same_option(self, ours: Value, theirs: Value) -> bool | None:
        if isinstance(ours, Unknown) or isinstance(theirs, Unknown):
            return None
        if isinstance(ours, Range):
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
            return short == theirs.name.rpartition(".")[2] or "<" in theirs.name
        return False


def _text(value: Value) -> str:
    match value:
        case Const(found):
            return repr(found)
        case Items(items, kind):
            inner = ", ".join(_text(item) for item in items)
            return f"[{inner}]" if kind == "list" else f"({inner}{',' if len(items) == 1 else ''})"
        case Name(name):
            return name
        case Choice(choices):
            return " or ".join(_text(one) for one in choices)
    return "something unknown"
