"""A Context without an interpreter: what a test gives to the semantics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rnnlint import graph
from rnnlint.graph import Graph, Node, Span
from rnnlint.interpret import semantics
from rnnlint.interpret.base import Value
from rnnlint.interpret.builder import GraphBuilder
from rnnlint.interpret.contents import DictItems
from rnnlint.interpret.join import join
from rnnlint.interpret.parsed import ParsedModule
from rnnlint.interpret.semantics.memory import Memory
from rnnlint.interpret.semantics.tensors import tensors
from rnnlint.interpret.store import ITEMS, Store
from rnnlint.interpret.values import (
    ArgV,
    CallArgs,
    ChoiceV,
    ConstV,
    DictV,
    LayerV,
    ListV,
    ModelV,
    RunsV,
    TensorV,
    TupleV,
    UnknownV,
)
from rnnlint.keras.names import resolve
from rnnlint.keras.versions import KerasTargets, parse_keras_version
from rnnlint.source.source import Source

PARSED = ParsedModule(Source("test.py", ""))


@dataclass(frozen=True, eq=False)
class PythonV(Value):
    """A function of the code under analysis, as a Python function on abstract values."""

    function: Callable[..., Value]


class Fake:
    """Implements `rnnlint.interpret.context.Context`; every span it hands out is on a line of its own."""

    def __init__(self, keras: str = "") -> None:
        self.env = (
            KerasTargets(parse_keras_version(keras), frozenset({"tensorflow"})) if keras else KerasTargets.unknown()
        )
        self.graph = GraphBuilder()
        self.store = Store()
        self.memory = Memory()
        self._row = 0

    # -- Context --

    def call(self, function: Value, args: CallArgs, span: Span) -> Value:
        if isinstance(function, PythonV):
            return function.function(*(arg.value for arg in args.positional), **{k: a.value for k, a in args.keywords})
        if isinstance(function, LayerV):
            return semantics.call_layer(self, function, args, span)
        if isinstance(function, ModelV):
            return semantics.call_model(self, function, args, span)
        return self.unknown("called", span, [arg.value for arg in args.positional])

    def unknown(self, reason: str, span: Span, inputs: Sequence[Value] = ()) -> UnknownV:
        self.graph.note(span, reason)
        found = [tensor.refs for value in inputs for tensor in tensors(self, value)]
        if not found:
            return UnknownV(reason, span)
        return UnknownV(reason, span, self.graph.node("opaque", reason, found, (None,), span, reason=reason).id)

    def truth(self, value: Value) -> bool | None:
        return bool(value.value) if isinstance(value, ConstV) else None

    def items(self, value: Value) -> TupleV | None:
        items = self.store.get(value.id, ITEMS) if isinstance(value, ListV) else value
        if not isinstance(items, TupleV):
            return None
        spread = [
            ChoiceV(tuple(TupleV(run) for run in item.runs)) if isinstance(item, RunsV) else item
            for item in items.items
        ]
        return TupleV(tuple(spread), items.complete)

    def mapping(self, value: Value) -> DictItems | None:
        items = self.store.get(value.id, ITEMS) if isinstance(value, DictV) else None
        return items if isinstance(items, DictItems) else None

    def new_list(self, items: Sequence[Value], complete: bool = True) -> ListV:
        made = ListV(self.store.new())
        self.store.set(made.id, ITEMS, TupleV(tuple(items), complete))
        return made

    def freeze(self, value: Value) -> graph.Value:
        if isinstance(value, ConstV):
            return graph.Const(value.value)
        if isinstance(value, LayerV):
            return graph.LayerArg(value.layer.id)
        if isinstance(value, ChoiceV):
            return graph.Choice(tuple(self.freeze(option) for option in value.options))
        items = self.items(value)
        if items is not None:
            return graph.Items(tuple(self.freeze(item) for item in items.items), complete=items.complete)
        return graph.Unknown(value.reason if isinstance(value, UnknownV) else "")

    def join(self, values: Sequence[Value]) -> Value:
        return join(values, semantics.join_values)

    # -- what a test does --

    def span(self) -> Span:
        self._row += 1
        return Span("test.py", self._row, 1, self._row, 10)

    def args(self, /, *positional: object, **keywords: object) -> CallArgs:
        return CallArgs(
            tuple(ArgV(value_of(one), self.span()) for one in positional),
            tuple((name, ArgV(value_of(one), self.span())) for name, one in keywords.items()),
        )

    def make(self, name: str, /, *positional: object, **keywords: object) -> Value:
        """`keras.<name>(...)` for a model or `Input`, `keras.layers.<name>(...)` for a layer."""
        dotted = name if "." in name else f"keras.{'' if name in ('Sequential', 'Model', 'Input') else 'layers.'}{name}"
        symbol = resolve(dotted)
        assert symbol is not None, dotted
        return semantics.construct(self, symbol, self.args(*positional, **keywords), self.span())

    def apply(self, layer: Value, /, *positional: object, **keywords: object) -> Value:
        return semantics.apply(self, layer, self.args(*positional, **keywords), self.span())

    def method(self, value: Value, method: str, /, *positional: object, **keywords: object) -> Value:
        return semantics.method(self, value, method, self.args(*positional, **keywords), self.span())

    def attribute(self, value: Value, name: str) -> Value:
        found = semantics.attribute(self, value, name, self.span())
        assert found is not None, name
        return found

    def function(self, name: str, /, *positional: object, **keywords: object) -> Value:
        found = semantics.function(self, name, self.args(*positional, **keywords), self.span())
        assert found is not None, name
        return found

    def operator(self, name: str, *operands: object) -> Value:
        return semantics.operator(self, name, [value_of(one) for one in operands], self.span())

    def list(self, *items: object, complete: bool = True) -> ListV:
        return self.new_list([value_of(one) for one in items], complete)

    def branch(self, *arms: Callable[[], object]) -> None:
        """Only one of the arms runs, nobody knows which."""
        certain, self.graph.certain = self.graph.certain, False
        self.store.fork(list(arms), self.join)
        self.graph.certain = certain

    def finish(self) -> Graph:
        semantics.finish(self)
        found = self.graph.graph()
        for node in found.nodes:
            assert all(ref.node < node.id for refs in node.inputs for ref in refs), node
        return found


def value_of(thing: object) -> Value:
    """A Python constant or tuple as an abstract value."""
    if isinstance(thing, Value):
        return thing
    if isinstance(thing, tuple):
        return TupleV(tuple(value_of(one) for one in thing))
    assert not isinstance(thing, (list, dict)), "lists live in the store: use Fake.list"
    return ConstV(thing)


def ways(found: Graph, node: Node) -> set[str]:
    """All ways from a beginning of the graph to a node, as layer names: "Input Dropout LSTM"."""
    name = node.layer.short if node.layer is not None else node.name.rpartition(".")[2] or node.reason
    before = [ref.node for refs in node.inputs for ref in refs]
    if node.kind == "opaque":
        name = "?"
    if not before:
        return {name}
    return {f"{way} {name}" for id in before for way in ways(found, found.nodes[id])}


def chains(found: Graph) -> list[str]:
    """All ways through the graph, from the nodes that nothing consumes."""
    used = {ref.node for node in found.nodes for refs in node.inputs for ref in refs}
    ends = [node for node in found.nodes if node.id not in used]
    return sorted(way for node in ends for way in ways(found, node))


def tensor(value: Value) -> TensorV:
    assert isinstance(value, TensorV), value
    return value
