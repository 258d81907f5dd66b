"""What several rules check before they offer a remedy: one constructor call may make several layers."""

from __future__ import annotations

from typing import Literal

from rnnlint.checks.loss import width
from rnnlint.findings import Remedy, RemoveArgument
from rnnlint.flow.paths import Path, inputs_shape
from rnnlint.flow.view import View
from rnnlint.graph import Arg, Layer, Shape
from rnnlint.keras.kinds import Kind
from rnnlint.keras.table import kind_of

# Layers whose number of features is an argument. Nobody writes 1 there in front of a recurrent layer.
_MAKES_FEATURES = frozenset(
    {
        Kind.RECURRENT,
        Kind.CUDNN_RECURRENT,
        Kind.CONV_RECURRENT,
        Kind.BIDIRECTIONAL,
        Kind.RNN,
        Kind.EMBEDDING,
        Kind.DENSE,
        Kind.CONV,
    }
)


def removal(layer: Layer, arg: Arg, applicability: Literal["safe", "unsafe"]) -> Remedy:
    """Take an argument out of a layer's call."""
    return Remedy(f"Remove `{arg.name}`", applicability, ((RemoveArgument(layer.span, arg.span),),))


def one_rank(view: View, layer: Layer, rank: int | None) -> bool:
    """Whether all that is made at this place is known to read tensors of this rank."""
    by_path = view.paths.ranks
    for node in view.index.dropouts(layer.span):
        shape = inputs_shape(view.graph, node, 0)
        if rank is None or (len(shape) if shape is not None else by_path.get(node.id)) != rank:
            return False
    return True


def common_shape(view: View, layer: Layer) -> Shape:
    """The shape that all calls of what is made at this place read; None where they differ."""
    shapes = {inputs_shape(view.graph, node, 0) for node in view.index.dropouts(layer.span)}
    return shapes.pop() if len(shapes) == 1 else None


def shared_noise_shape(view: View, path: Path) -> str | None:
    """The `noise_shape` that shares the mask over time, if it is that for every layer made at this place.

    None also where the input may have a single feature: with one mask it would lose whole sequences.
    """
    if path.layer is not path.dropout.layer or not path.layer.complete:
        return None
    if not one_rank(view, path.layer, path.rank):
        return None
    axes = {(other.axis, other.rank) for other in view.paths.from_place[path.layer.span]}
    if axes != {(path.axis, path.rank)} or not _wide(view, path):
        return None
    assert path.rank is not None
    return f"({', '.join('1' if axis == path.axis else 'None' for axis in range(path.rank))})"


def _wide(view: View, path: Path) -> bool:
    """Whether a timestep has several features, as far as can be told."""
    number = width(path)
    if number is not None:
        return number > 1
    return all(_makes_features(view.graph.nodes[ref.node].layer) for ref in path.dropout.inputs[0])


def _makes_features(layer: Layer | None) -> bool:
    while layer is not None and kind_of(layer) is Kind.TIME_DISTRIBUTED and layer.children:
        layer = layer.children[0]
    return kind_of(layer) in _MAKES_FEATURES
