"""What the calls of a job ask of the sizes and ranks of their inputs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from rnnlint.confirm.rebuild.parts import Sizes
from rnnlint.graph import Const, Layer, Node
from rnnlint.keras.kinds import Kind
from rnnlint.keras.table import kind_of

LISTS = frozenset({"concat", "concatenate", "stack", "add_n", "accumulate_n", "hstack", "vstack", "dstack"})
_DROPPING = (Kind.DROPOUT, Kind.SPATIAL_DROPOUT, Kind.GAUSSIAN_DROPOUT, Kind.ALPHA_DROPOUT, Kind.NOISE)
_SAME_RANK = (*_DROPPING, Kind.MASKING, Kind.DENSE, Kind.ELEMENTWISE, Kind.NORMALIZATION, Kind.PERMUTE, Kind.MERGE)
_SHORTENING = (Kind.CONV, Kind.POOLING, Kind.CROPPING)


def passes_on(node: Node) -> bool:
    """Whether a call returns its input at inference, as dropout and noise do."""
    layer = node.layer
    while layer is not None and kind_of(layer) is Kind.TIME_DISTRIBUTED and layer.children:
        layer = layer.children[0]
    return layer is not None and bool(node.inputs) and kind_of(layer) in _DROPPING


def keeps_rank(node: Node) -> bool:
    """Whether what a call gives has the rank of its inputs."""
    if node.layer is None:
        return positionwise(node) and "stack" not in node.name
    return kind_of(node.layer) in _SAME_RANK


def fixed_rank(layer: Layer | None) -> int | None:
    """The rank of a layer's input where the class says it."""
    what = None if layer is None else kind_of(layer)
    if what in (Kind.RECURRENT, Kind.CUDNN_RECURRENT, Kind.BIDIRECTIONAL, Kind.RNN):
        return 3
    if what in (Kind.CONV, Kind.POOLING, Kind.GLOBAL_POOLING, Kind.UPSAMPLING, Kind.PADDING, Kind.CROPPING):
        assert layer is not None
        return next((int(digit) + 2 for digit in "123" if f"{digit}D" in layer.short), None)
    return {Kind.EMBEDDING: 2, Kind.REPEAT: 2}.get(what) if what is not None else None


def positionwise(node: Node) -> bool:
    """Whether a call puts tensors together position by position, or one after the other along an axis."""
    if node.kind == "op":
        return node.name.rpartition(".")[2] in LISTS | {
            "add",
            "sub",
            "mul",
            "subtract",
            "multiply",
            "maximum",
            "minimum",
        }
    return node.layer is not None and kind_of(node.layer) is Kind.MERGE


def misfit(node: Node, inputs: Sequence[Sizes], outputs: Iterable[Sizes]) -> bool:
    """Whether a call fails with these sizes, as far as they are known."""
    given = [sizes for sizes in inputs if sizes is not None]
    made = [sizes for sizes in outputs if sizes is not None]
    if any(size < 1 for sizes in made for size in sizes):
        return True
    if node.layer is not None and kind_of(node.layer) in _SHORTENING and given and not made:
        return True  # it takes away more than there is
    if node.layer is not None and kind_of(node.layer) is Kind.RESHAPE and given and made:
        return math.prod(given[0]) != math.prod(made[0])
    if not positionwise(node) or len({len(sizes) for sizes in given}) != 1:
        return False
    along = concatenated(node)
    for axis, sizes in enumerate(zip(*given, strict=True)):
        if along is not None and axis != along % len(given[0]) and len(set(sizes)) > 1:
            return True
        if along is None and len({size for size in sizes if size != 1}) > 1:
            return True
    return False


def concatenated(node: Node) -> int | None:
    """The axis along which tensors are put one after the other; None where they are combined."""
    if "concat" not in node.name.lower():
        return None
    arg = node.arg("axis") or (node.layer.arg("axis") if node.layer is not None else None)
    found = arg.value.value if arg is not None and isinstance(arg.value, Const) else -1
    return found if isinstance(found, int) else -1
