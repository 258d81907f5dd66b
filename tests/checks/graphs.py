"""Graphs made by hand, for the tests of the checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from rnnlint.flow.view import View
from rnnlint.graph import (
    Arg,
    Choice,
    Const,
    Graph,
    Items,
    Layer,
    LayerArg,
    Name,
    Node,
    Range,
    Ref,
    Shape,
    Span,
    Unknown,
    Value,
)
from rnnlint.keras.versions import KerasTargets, parse_keras_version

Source: TypeAlias = "Node | tuple[Node, ...]"


def value(given: object) -> Value:
    """A Python object as an argument's value; what is a value already stays one."""
    if isinstance(given, tuple | list):
        return Items(tuple(value(one) for one in given), "tuple" if isinstance(given, tuple) else "list")
    return given if isinstance(given, Const | Items | Name | LayerArg | Range | Choice | Unknown) else Const(given)


def targets(version: str = "", backends: Sequence[str] = ("tensorflow",)) -> KerasTargets:
    """The Keras versions that a text admits; any version on any backend where it is empty."""
    return KerasTargets(parse_keras_version(version), frozenset(backends)) if version else KerasTargets.unknown()


class Net:
    """A graph under construction: every layer and every call in a row of its own."""

    def __init__(self) -> None:
        self.layers: list[Layer] = []
        self.nodes: list[Node] = []
        self._row = 0

    def _span(self) -> Span:
        self._row += 1
        return Span("model.py", self._row, 1, self._row, 40, None, (self._row, self._row))

    def layer(
        self,
        short: str,
        *children: Layer,
        kind: Literal["keras", "user", "opaque"] = "keras",
        complete: bool = True,
        certain: bool = True,
        origin: str = "keras",
        **args: object,
    ) -> Layer:
        """A layer object."""
        span = self._span()
        bound = tuple(Arg(key, value(given), span) for key, given in args.items())
        full = f"keras.layers.{short}" if kind == "keras" else short
        made = Layer(len(self.layers), full, kind, origin, bound, span, children, complete, certain)
        self.layers.append(made)
        return made

    def input(self, *shape: int | None) -> Node:
        """An input of a shape, or of unknown rank where none is given."""
        return self._node("input", "keras.Input", (), shape or None)

    def call(
        self, layer: Layer | str, *sources: Source, shape: Shape = None, certain: bool = True, **args: object
    ) -> Node:
        """The call of a layer, or of a fresh one of that name; a tuple of sources are alternatives."""
        made = self.layer(layer) if isinstance(layer, str) else layer
        return self._node("layer", made.name, sources, shape, made, certain, args)

    def op(self, name: str, *sources: Source, shape: Shape = None, **args: object) -> Node:
        """An operation on tensors."""
        return self._node("op", name, sources, shape, args=args)

    def opaque(self, *sources: Source) -> Node:
        """Something that was not understood."""
        return self._node("opaque", "block", sources, None)

    def back_edge(self, node: Node, *sources: Node) -> None:
        """Further possible producers of a node's first input."""
        old = self.nodes[node.id]
        first = (*old.inputs[0], *(Ref(source.id) for source in sources))
        self.nodes[node.id] = Node(
            old.id, old.kind, old.name, (first, *old.inputs[1:]), old.outputs, old.span, old.layer, old.args
        )

    def graph(self) -> Graph:
        """The finished graph."""
        return Graph(tuple(self.layers), tuple(self.nodes))

    def view(self, version: str = "", backends: Sequence[str] = ("tensorflow",)) -> View:
        """The finished graph as rules see it, for the Keras versions that a text admits."""
        return View(self.graph(), targets(version, backends))

    def _node(
        self,
        kind: Literal["input", "layer", "op", "opaque"],
        name: str,
        sources: Sequence[Source],
        shape: Shape,
        layer: Layer | None = None,
        certain: bool = True,
        args: dict[str, object] | None = None,
    ) -> Node:
        span = self._span()
        inputs = tuple(
            tuple(Ref(one.id) for one in (source if isinstance(source, tuple) else (source,))) for source in sources
        )
        bound = tuple(Arg(key, value(given), span) for key, given in (args or {}).items())
        node = Node(len(self.nodes), kind, name, inputs, (shape,), span, layer, bound, certain=certain)
        self.nodes.append(node)
        return node


UNKNOWN = Unknown("a parameter")
