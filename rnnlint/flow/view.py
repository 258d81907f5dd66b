"""What a rule reads: the graph, the Keras that it may run on, and what is derived from both once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from rnnlint.flow.index import Index
from rnnlint.flow.paths import Paths, find_paths
from rnnlint.graph import Graph, Layer
from rnnlint.keras.kinds import Kind
from rnnlint.keras.table import kind_of
from rnnlint.keras.versions import KerasTargets
from rnnlint.records import dataclass

_WRAPPERS = (Kind.BIDIRECTIONAL, Kind.TIME_DISTRIBUTED)


@dataclass(frozen=True, eq=False)
class View:
    """A graph as rules see it. `targets` are the Keras versions and backends that its code may run on."""

    graph: Graph
    targets: KerasTargets

    @cached_property
    def paths(self) -> Paths:
        """All dropouts that reach a recurrent layer."""
        return find_paths(self.graph, self.targets)

    @cached_property
    def index(self) -> Index:
        """The calls by what they call, and by what reads them."""
        return Index(self.graph)

    @cached_property
    def first_calls(self) -> Mapping[int, int]:
        """The first call of each layer that is called: `Layer.id` to `Node.id`."""
        found: dict[int, int] = {}
        for node in self.graph.nodes:
            if node.layer is not None:
                found.setdefault(node.layer.id, node.id)
        return found

    @cached_property
    def outermost(self) -> tuple[Layer, ...]:
        """All layers but those inside a Bidirectional or TimeDistributed, which are judged with it."""
        inside = {
            inner.id
            for layer in self.graph.layers
            if kind_of(layer) in _WRAPPERS
            for child in layer.children
            for inner in child.walk()
        }
        return tuple(layer for layer in self.graph.layers if layer.id not in inside)
