"""The calls of a graph, by what they call and by what reads them."""

from __future__ import annotations

from collections.abc import Sequence

from rnnlint.flow.paths import dropout
from rnnlint.graph import Graph, Node, Span


class Index:
    """The calls of a graph by the place in the code of what they call, and what reads them."""

    def __init__(self, graph: Graph) -> None:
        self._calls: dict[Span, list[Node]] = {}
        self._dropouts: dict[Span, list[Node]] = {}
        self._readers: dict[int, list[int]] = {}
        self.outputs = {ref.node for model in graph.models for ref in model.outputs}
        for node in graph.nodes:
            if node.layer is not None:
                self._calls.setdefault(node.layer.span, []).append(node)
                if (inside := dropout(node.layer)) is not None:
                    self._dropouts.setdefault(inside.span, []).append(node)
            for refs in node.inputs:
                for ref in refs:
                    self._readers.setdefault(ref.node, []).append(node.id)

    def calls(self, place: Span) -> Sequence[Node]:
        """The calls of all layers that are made at a place: by a function that is called twice, say."""
        return self._calls.get(place, ())

    def dropouts(self, place: Span) -> Sequence[Node]:
        """The calls of all dropout layers that are made at a place, alone or inside a TimeDistributed."""
        return self._dropouts.get(place, ())

    def readers(self, node: int) -> Sequence[int]:
        """The calls that read the outputs of a call."""
        return self._readers.get(node, ())
