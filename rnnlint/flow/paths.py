"""From every recurrent layer back to the dropout layers whose masks reach its timesteps.

The walk follows one axis: it starts at the recurrent layer's input on the axis that the layer steps along, `(batch,
timesteps, features)`, and `keras.shapes.axis_back` says where each layer's timesteps come from. It ends where timesteps
are mixed (pooling, convolution, attention, another recurrent layer), where the time axis is made or lost, and where
the code was not understood.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import islice
from typing import overload

from rnnlint.findings import MaskClaim, Probe, Related
from rnnlint.graph import Const, Graph, Layer, Node, Ref, Shape, Span, options
from rnnlint.keras.kinds import CELLS, DROPOUTS, Kind
from rnnlint.keras.shapes import Back, Way, axis_back
from rnnlint.keras.table import kind_of
from rnnlint.keras.versions import KerasTargets
from rnnlint.records import dataclass

# Layers whose output has the rank of their input, whatever their arguments.
_SAME_RANK = DROPOUTS | {
    Kind.NOISE,
    Kind.MASKING,
    Kind.DENSE,
    Kind.ELEMENTWISE,
    Kind.NORMALIZATION,
    Kind.PERMUTE,
    Kind.CONV,
    Kind.POOLING,
    Kind.UPSAMPLING,
    Kind.PADDING,
    Kind.CROPPING,
}


# So many layers in a row that only pass values on are no model.
_FAR = 200


@dataclass(frozen=True, slots=True)
class Target:
    """How a recurrent layer reads its input: `layer` itself, wrappers taken off, and the axes of the input tensor."""

    layer: Layer
    time: int
    batch: frozenset[int]
    rank: int | None


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """A place on the walk: an output of a node on whose axis `axis` the recurrent layer will step."""

    ref: Ref
    axis: int
    batch: frozenset[int]
    rank: int | None
    shared: bool
    certain: bool
    source: Node
    target: Target
    before: _Step | None
    length: int = 0  # of the walk to here

    def key(self) -> tuple[object, ...]:
        return (self.ref, self.axis, self.batch, self.rank, self.shared, self.certain)


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """A way from a dropout layer's call to a recurrent layer's call.

    `layer` is the dropout layer, `TimeDistributed` taken off; `target` is what the call `recurrent` steps with. `axis`
    is the time axis of the dropout's input, `batch` its batch axes, `rank` its rank, `shape` what is known of it.
    `shared`: another branch carries the timestep around the dropout (a merge). `certain`: no other way can be taken.
    """

    dropout: Node
    layer: Layer
    recurrent: Node
    target: Target
    axis: int
    batch: frozenset[int]
    rank: int | None
    shape: Shape
    shared: bool
    certain: bool
    _step: _Step = field(repr=False)

    def between(self, graph: Graph) -> Iterator[Node]:
        """The nodes after the dropout and before the recurrent layer, in the order of the flow."""
        step = self._step.before
        while step is not None:
            yield graph.nodes[step.ref.node]
            step = step.before

    def node_ids(self, graph: Graph) -> tuple[int, ...]:
        """The nodes from the dropout to the recurrent layer, both included; of a very long way only the dropout."""
        if self._step.length > _FAR:
            return (self.dropout.id,)
        return (self.dropout.id, *(node.id for node in self.between(graph)), self.recurrent.id)

    @property
    def features(self) -> tuple[int, ...] | None:
        """The axes within one timestep, or None where the rank is not known."""
        if self.rank is None:
            return None
        return tuple(axis for axis in range(self.rank) if axis != self.axis and axis not in self.batch)

    def probe(self, graph: Graph, claim: MaskClaim, probability: float | None = None) -> Probe:
        """Observe the mask of the dropout."""
        return Probe(
            kind="mask",
            layer=self.layer.id,
            claims=(claim,),
            node=self.dropout.id,
            node_ids=self.node_ids(graph),
            axis=self.axis,
            rank=self.rank,
            batch=self.batch,
            probability=probability,
        )

    @property
    def timesteps(self) -> int | None:
        """The number of timesteps, if it is known."""
        size = self.shape[self.axis] if self.shape is not None and self.axis < len(self.shape) else None
        return size if isinstance(size, int) else None

    def trace(self, graph: Graph, limit: int = 8) -> tuple[Related, ...]:
        """The way as labelled places: the layers between, at most `limit` of them, and the recurrent layer."""
        passed = (Related(node.span, f"passes {_title(node)}") for node in islice(self.between(graph), limit))
        return (
            *passed,
            Related(_place(self.recurrent), f"{self.target.layer.short} steps along axis {self.target.time}"),
        )


def dropout(layer: Layer | None) -> Layer | None:
    """The dropout layer that a layer is, `TimeDistributed` taken off; None for any other layer."""
    found = kind_of(layer)
    while found is Kind.TIME_DISTRIBUTED and layer is not None:
        layer = layer.children[0] if layer.children else None
        found = kind_of(layer)
    return layer if found in DROPOUTS else None


def target(layer: Layer | None) -> Target | None:
    """What steps along time in a layer, and along which axis of its input; None for a layer that is not recurrent."""
    match kind_of(layer):
        case Kind.RECURRENT | Kind.CUDNN_RECURRENT:
            assert layer is not None
            return _oriented(layer, 3)
        case Kind.CONV_RECURRENT:
            assert layer is not None
            # ConvLSTM1D reads (batch, timesteps, rows, channels).
            return _oriented(layer, {"1D": 4, "2D": 5, "3D": 6}.get(layer.short[-2:]))
        case Kind.RNN:
            assert layer is not None
            known = bool(layer.children) and all(kind_of(child) in CELLS for child in layer.children)
            return _oriented(layer, 3 if known else None)
        case Kind.BIDIRECTIONAL:
            assert layer is not None
            inner = layer.children[0] if layer.children else None
            # Bidirectional accepts nothing but recurrent layers, so an inner layer of unknown class is one.
            return target(inner) or Target(layer, 1, frozenset({0}), None)
        case Kind.TIME_DISTRIBUTED:
            assert layer is not None
            found = target(layer.children[0]) if layer.children else None
            if found is None:
                return None
            batch = frozenset({0, *(axis + 1 for axis in found.batch)})
            return Target(found.layer, found.time + 1, batch, None if found.rank is None else found.rank + 1)
    return None


def _oriented(layer: Layer, rank: int | None) -> Target | None:
    """Batch first, unless Keras 2's `time_major` says otherwise."""
    major = layer.arg("time_major")
    if major is None or all(option == Const(False) for option in options(major.value)):
        return Target(layer, 1, frozenset({0}), rank)
    if all(option == Const(True) for option in options(major.value)):
        return Target(layer, 0, frozenset({1}), rank)
    return None


# ---------------------------------------------------------------------------------------------------------------------
# The walk


@dataclass(frozen=True, slots=True)
class Paths(Sequence[Path]):
    """The paths of a graph. `from_place`: by the place in the code of the dropout layer."""

    _all: tuple[Path, ...]
    from_place: Mapping[Span, Sequence[Path]]
    ranks: Mapping[int, int | None]  # of what the dropouts read, by the ids of their calls

    @overload
    def __getitem__(self, index: int) -> Path: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Path]: ...
    def __getitem__(self, index: int | slice) -> Path | Sequence[Path]:
        return self._all[index]

    def __len__(self) -> int:
        return len(self._all)


def find_paths(graph: Graph, env: KerasTargets) -> Paths:
    """All dropouts that reach a recurrent layer, each once per time axis, certainty and sharing of its ways."""
    found = tuple(_walk(graph, env))
    by_place: dict[Span, list[Path]] = {}
    for path in found:
        by_place.setdefault(path.layer.span, []).append(path)
    return Paths(_all=found, from_place=by_place, ranks={path.dropout.id: path.rank for path in found})


def _walk(graph: Graph, env: KerasTargets) -> Iterator[Path]:
    """Breadth first from all recurrent layers at once; a place is visited once per axis, certainty and sharing."""
    queue: deque[_Step] = deque()
    seen: set[tuple[object, ...]] = set()

    def push(steps: Iterable[_Step]) -> None:
        for step in steps:
            key = step.key()
            if key not in seen:
                seen.add(key)
                queue.append(step)

    push(_starts(graph))
    while queue:
        step = queue.popleft()
        node = graph.nodes[step.ref.node]
        if node.kind in ("input", "opaque") or kind_of(node.layer) is Kind.EMBEDDING:
            # What happens to the ids of an Embedding is not dropout of timesteps.
            continue
        inside = dropout(node.layer)
        if inside is not None:
            shape = inputs_shape(graph, node, 0)
            yield Path(
                dropout=node,
                layer=inside,
                recurrent=step.source,
                target=step.target,
                axis=step.axis,
                batch=step.batch,
                rank=_rank(shape, step.rank),
                shape=shape,
                shared=step.shared,
                certain=step.certain and node.certain,
                _step=step,
            )
        push(
            _steps_into_body(graph, node, step)
            if node.body and node.layer is not None
            else _steps_back(graph, node, step, env)
        )


def _starts(graph: Graph) -> Iterator[_Step]:
    """The inputs of all recurrent layers, on their time axis."""
    for node in graph.nodes:
        found = target(node.layer) if node.kind == "layer" else None
        if found is None or not node.inputs:
            continue
        refs = node.inputs[0]
        for ref in refs:
            rank = _rank(graph.shape(ref), found.rank)
            if found.rank is None or rank == found.rank:
                yield _Step(
                    ref=ref,
                    axis=found.time,
                    batch=found.batch,
                    rank=rank,
                    shared=False,
                    certain=node.certain and len(refs) == 1,
                    source=node,
                    target=found,
                    before=None,
                )


def _steps_into_body(graph: Graph, node: Node, step: _Step) -> Iterator[_Step]:
    """The output of a Lambda is what its function gave, on the same axis."""
    for ref in node.body:
        yield _Step(
            ref=ref,
            axis=step.axis,
            batch=step.batch,
            rank=_rank(graph.shape(ref), step.rank),
            shared=step.shared,
            certain=step.certain and node.certain and len(node.body) == 1,
            source=step.source,
            target=step.target,
            before=step,
            length=step.length + 1,
        )


def _steps_back(graph: Graph, node: Node, step: _Step, env: KerasTargets) -> Iterator[_Step]:
    """The inputs of a call from which the elements along the axis come unmixed."""
    shapes = tuple(inputs_shape(graph, node, index) for index in range(len(node.inputs)))
    local = env if node.layer is None else env.for_origin(node.layer.origin)
    keeps_rank = kind_of(node.layer) in _SAME_RANK or dropout(node.layer) is not None
    for back in _backs(node, step.axis, shapes, step.rank, local):
        if back.way is not Way.KEEP:
            continue
        refs = node.inputs[back.input]
        batch = _batch_back(node, step, back.input, shapes, local)
        for ref in refs:
            yield _Step(
                ref=ref,
                axis=back.axis,
                batch=batch,
                rank=_rank(graph.shape(ref), step.rank if keeps_rank else None),
                shared=step.shared or back.shared,
                certain=step.certain and node.certain and len(refs) == 1,
                source=step.source,
                target=step.target,
                before=step,
                length=step.length + 1,
            )


def _batch_back(node: Node, step: _Step, index: int, shapes: tuple[Shape, ...], env: KerasTargets) -> frozenset[int]:
    """The batch axes before a node. Axis 0 stays in place in every layer; further ones are followed like time."""
    found: set[int] = set()
    for axis in step.batch:
        if axis == 0:
            found.add(0)
            continue
        found.update(
            back.axis
            for back in _backs(node, axis, shapes, step.rank, env)
            if back.input == index and back.way is Way.KEEP
        )
    return frozenset(found)


def _backs(node: Node, axis: int, shapes: tuple[Shape, ...], rank: int | None, env: KerasTargets) -> tuple[Back, ...]:
    # TimeDistributed keeps its first two axes, whatever the rank of its output.
    outer = axis < 2 and kind_of(node.layer) is Kind.TIME_DISTRIBUTED
    return axis_back(node, axis, shapes, None if outer else rank, env)


def _rank(shape: Shape, otherwise: int | None) -> int | None:
    return len(shape) if shape is not None else otherwise


def inputs_shape(graph: Graph, node: Node, index: int) -> Shape:
    """The shape of a node's input: what all its possible producers agree on."""
    if index >= len(node.inputs):
        return None
    shapes = [graph.shape(ref) for ref in node.inputs[index]]
    first, *rest = shapes or [None]
    for shape in rest:
        if first is None or shape is None or len(first) != len(shape):
            return None
        first = tuple(one if one == other else None for one, other in zip(first, shape, strict=True))
    return first


def _title(node: Node) -> str:
    return node.layer.short if node.layer is not None else node.name.rpartition(".")[2]


def _place(node: Node) -> Span:
    return node.layer.span if node.layer is not None else node.span


# ---------------------------------------------------------------------------------------------------------------------
# Without an axis: the same tensor


@dataclass(frozen=True, slots=True)
class Upstream:
    """A dropout call whose output reaches a node through nothing but layers that pass values on."""

    dropout: Node
    layer: Layer
    between: tuple[Node, ...]
    certain: bool

    def node_ids(self, end: Node) -> tuple[int, ...]:
        """The nodes from the dropout to `end`, both included."""
        return (self.dropout.id, *(node.id for node in self.between), end.id)


def upstream(graph: Graph, node: Node, through: frozenset[Kind]) -> Iterator[Upstream]:
    """The dropouts before the first input of a node, looking through dropouts and layers of the given kinds."""
    queue: deque[tuple[Ref, tuple[Node, ...], bool]] = deque()
    seen: set[tuple[Ref, bool]] = set()

    def push(refs: tuple[Ref, ...], between: tuple[Node, ...], certain: bool) -> None:
        for ref in refs:
            state = (ref, certain and len(refs) == 1)
            if state not in seen:
                seen.add(state)
                queue.append((ref, between, state[1]))

    if node.inputs:
        push(node.inputs[0], (), node.certain)
    while queue:
        if len(seen) > _FAR:
            return
        ref, between, certain = queue.popleft()
        before = graph.nodes[ref.node]
        inside = dropout(before.layer)
        if before.kind != "layer" or len(before.inputs) != 1 or not (inside or kind_of(before.layer) in through):
            continue
        certain = certain and before.certain
        if inside is not None:
            yield Upstream(dropout=before, layer=inside, between=between, certain=certain)
        push(before.inputs[0], (before, *between)[:8], certain)
