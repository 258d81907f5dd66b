"""Collects layers, nodes, models and notes while the interpreter runs, and makes the frozen graph of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from typing import Literal

from rnnlint.graph import Arg, Graph, Layer, Model, Node, Note, Part, Ref, Shape, Span
from rnnlint.records import dataclass


class Uncertain:
    """A context in which what is built is not built on every path, if that is undecided."""

    __slots__ = ("_before", "_graph", "_undecided")

    def __init__(self, graph: GraphBuilder, undecided: bool = True) -> None:
        self._graph = graph
        self._undecided = undecided

    def __enter__(self) -> None:
        self._before = self._graph.certain
        if self._undecided:
            self._graph.certain = False

    def __exit__(self, *_: object) -> None:
        self._graph.certain = self._before


@dataclass
class GraphBuilder:
    """The graph under construction. `certain` is False while the interpreter is on a path that need not be taken.

    `size` is how much of models has been built: it grows whenever a layer is made or called, or a function is applied
    to what comes of one, and not by what is made of arrays alone.
    """

    certain: bool = True
    layers: list[Layer] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    models: list[Model] = field(default_factory=list)
    notes: dict[tuple[Span, str], Note] = field(default_factory=dict)
    errors: dict[tuple[Span, str], Note] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    resets: set[Span] = field(default_factory=set)
    size: int = 0
    _from_arrays: list[bool] = field(default_factory=list)

    def layer(
        self,
        name: str,
        kind: Literal["keras", "user", "opaque"],
        origin: str,
        args: Sequence[Arg],
        span: Span,
        children: Sequence[Layer] = (),
        complete: bool = True,
    ) -> Layer:
        """Add a layer object."""
        layer = Layer(len(self.layers), name, kind, origin, tuple(args), span, tuple(children), complete, self.certain)
        self.layers.append(layer)
        self.size += 1
        return layer

    def node(
        self,
        kind: Literal["input", "layer", "op", "opaque"],
        name: str,
        inputs: Sequence[tuple[Ref, ...]],
        outputs: Sequence[Shape],
        span: Span,
        layer: Layer | None = None,
        args: Sequence[Arg] = (),
        reason: str = "",
    ) -> Node:
        """Add a call."""
        node = Node(
            len(self.nodes),
            kind,
            name,
            tuple(inputs),
            tuple(outputs),
            span,
            layer,
            tuple(args),
            reason,
            self.certain,
        )
        self.nodes.append(node)
        known = self._from_arrays
        # Nobody knows where something opaque comes from that is made of nothing.
        arrays = kind == "op" or (kind == "opaque" and len(inputs) > 0)
        known.append(arrays and all(known[ref.node] for refs in inputs for ref in refs))
        self.size += not known[-1]
        return node

    def set_body(self, node: int, refs: tuple[Ref, ...]) -> None:
        """Set the tensors that the function of a Lambda gave: the node's output comes from them."""
        self.nodes[node] = replace(self.nodes[node], body=refs)

    def model(
        self,
        kind: Literal["sequential", "functional", "subclass"],
        name: str,
        span: Span,
        inputs: Sequence[Ref],
        outputs: Sequence[Ref],
        nodes: Sequence[int],
    ) -> None:
        """Add a model."""
        self.models.append(Model(kind, name, span, tuple(inputs), tuple(outputs), tuple(nodes)))

    def part(
        self,
        whole: int,
        kind: Literal["sequential", "functional", "subclass", "layer"],
        name: str,
        span: Span,
        inputs: Sequence[tuple[Ref, ...]],
        outputs: Sequence[Ref],
        nodes: Sequence[int],
    ) -> None:
        """Add the call of a model; one that made no node says nothing."""
        if nodes:
            self.parts.append(Part(whole, kind, name, span, tuple(inputs), tuple(outputs), tuple(nodes)))

    def note(self, span: Span, message: str) -> None:
        """Remember something that was not understood; the same thing at the same place once."""
        span = span.resolve()
        if (span, message) not in self.notes:
            self.notes[span, message] = Note(span, message)

    def error(self, span: Span, message: str) -> None:
        """Remember a statement that broke the interpreter."""
        span = span.resolve()
        self.errors.setdefault((span, message), Note(span, message))

    def graph(self) -> Graph:
        """Return the finished graph."""
        return Graph(
            tuple(self.layers),
            tuple(self.nodes),
            tuple(self.models),
            tuple(self.notes.values()),
            tuple(self.errors.values()),
            tuple(self.parts),
            frozenset(self.resets),
        )
