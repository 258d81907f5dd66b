"""Axes: where each axis of an output comes from, and how large it is.

A `Plan` says this for all axes of one output; layers (`shapes.py`) and operations (`ops.py`) are described by the
plans they give for the shapes of their inputs, so that shapes and the way back along an axis cannot disagree.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from math import prod
from typing import TypeAlias

from rnnlint.graph import Dim, Shape
from rnnlint.records import dataclass


class Way(enum.Enum):
    """How a position on an output axis depends on the positions of the input axis it comes from."""

    KEEP = "keep"  # on one position only: its own, or a shifted one (padding, cropping, repeating)
    MIX = "mix"  # on others too: convolution with kernel > 1, pooling, recurrence, attention


@dataclass(frozen=True, slots=True)
class Back:
    """An output axis comes from axis `axis` of input `input`.

    `shared`: other inputs carry the position too, so that what is zeroed in this input is not gone from the output
    (Add, Concatenate along another axis; not Multiply).
    """

    input: int
    axis: int
    way: Way = Way.KEEP
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of an output. `backs` is empty where the axis is made here (units, filters, repeats)."""

    dim: Dim
    backs: tuple[Back, ...] = ()


Plan: TypeAlias = tuple[Axis, ...] | None


def shape_of(plan: Plan) -> Shape:
    """The shape of an output."""
    return None if plan is None else tuple(axis.dim for axis in plan)


def identity(shape: Shape, input: int = 0, mixed: Iterable[int] = ()) -> Plan:
    """Every axis is kept; those in `mixed` (not negative) mix."""
    if shape is None:
        return None
    mix = set(mixed)
    return tuple(
        Axis(dim, (Back(input, index, Way.MIX if index in mix else Way.KEEP),)) for index, dim in enumerate(shape)
    )


def source(shape: Sequence[Dim], axis: int, input: int = 0, way: Way = Way.KEEP) -> Axis:
    """An axis taken over from an input with its size."""
    return Axis(shape[axis], (Back(input, axis, way),))


def normal(axis: object, rank: int) -> int | None:
    """An axis that may count from the end, counted from the front; None where it is not an axis."""
    if not isinstance(axis, int) or isinstance(axis, bool) or not -rank <= axis < rank:
        return None
    return axis % rank


def normal_axes(axes: object, rank: int) -> tuple[int, ...] | None:
    """One axis or several, counted from the front; None where that is not known."""
    several = axes if isinstance(axes, tuple) else (axes,)
    found = [normal(axis, rank) for axis in several]
    return tuple(axis for axis in found if axis is not None) if None not in found else None


def join_dim(dims: Sequence[Dim]) -> Dim:
    """The size of an axis on which inputs agree."""
    return dims[0] if all(dim == dims[0] for dim in dims) else None


def add_dims(dims: Iterable[Dim]) -> Dim:
    """The sum of sizes."""
    total = 0
    for dim in dims:
        if not isinstance(dim, int):
            return None
        total += dim
    return total


def broadcast(shapes: Sequence[Shape], *, carried: bool = True, batch_first: bool = False) -> Plan:
    """Elementwise combination. `carried`: an input can restore what another has zeroed (Add, not Multiply).

    Axes align from the right as in numpy. With `batch_first`, inputs of lower rank get new axes after the batch axis,
    as the merge layers of Keras do (Keras 2.15 and 3.15 base_merge._Merge.call).
    """
    if not shapes or any(shape is None for shape in shapes):
        return None
    known = [shape for shape in shapes if shape is not None]
    rank = max(len(shape) for shape in known)
    if batch_first and any(len(shape) == 0 for shape in known):
        return None
    plan: list[Axis] = []
    for index in range(rank):
        dims: list[Dim] = []
        places: list[tuple[int, int, Dim]] = []
        for number, shape in enumerate(known):
            missing = rank - len(shape)
            if batch_first:
                axis = 0 if index == 0 else index - missing
                present = index == 0 or axis >= 1
            else:
                axis = index - missing
                present = axis >= 0
            dims.append(shape[axis] if present else 1)
            if present:
                places.append((number, axis, shape[axis]))
        dim = _broadcast_dim(dims)
        carrying = [(number, axis) for number, axis, have in places if have != 1 or dim == 1]
        backs = tuple(Back(number, axis, Way.KEEP, carried and len(carrying) > 1) for number, axis in carrying)
        plan.append(Axis(dim, backs))
    return tuple(plan)


def _broadcast_dim(dims: Sequence[Dim]) -> Dim:
    wide = [dim for dim in dims if dim != 1]
    return join_dim(wide) if wide else 1


def concatenate(shapes: Sequence[Shape], axis: object) -> Plan:
    """Inputs side by side along `axis`; all have one rank, so one known rank is enough."""
    known = [shape for shape in shapes if shape is not None]
    if not known or any(len(shape) != len(known[0]) for shape in known):
        return None
    rank = len(known[0])
    along = normal(axis, rank)
    if along is None:
        return None if isinstance(axis, int) else (Axis(None),) * rank
    columns = [shape if shape is not None else (None,) * rank for shape in shapes]
    plan: list[Axis] = []
    for index in range(rank):
        dims = [shape[index] for shape in columns]
        if index == along:
            plan.append(Axis(add_dims(dims), tuple(Back(number, index) for number in range(len(columns)))))
        else:
            shared = len(columns) > 1
            backs = tuple(Back(number, index, Way.KEEP, shared) for number in range(len(columns)))
            plan.append(Axis(join_dim(dims), backs))
    return tuple(plan)


def permute(shape: Shape, order: object) -> Plan:
    """Axes in another order: output axis i is input axis `order[i]`."""
    if not isinstance(order, tuple):
        return None
    if shape is None:
        return tuple(Axis(None, (Back(0, axis),) if isinstance(axis, int) and axis >= 0 else ()) for axis in order)
    found = normal_axes(order, len(shape))
    if found is None or sorted(found) != list(range(len(shape))):
        return None
    return tuple(source(shape, axis) for axis in found)


def reduce_axes(shape: Shape, axes: object, keepdims: bool | None) -> Plan:
    """A sum, mean, maximum over `axes` (None: over all)."""
    if shape is None or keepdims is None:
        return None
    gone = tuple(range(len(shape))) if axes is None else normal_axes(axes, len(shape))
    if gone is None:
        return None
    if keepdims:
        return tuple(Axis(1) if axis in gone else source(shape, axis) for axis in range(len(shape)))
    return tuple(source(shape, axis) for axis in range(len(shape)) if axis not in gone)


def reshape(shape: Shape, target: Sequence[Dim], free: int | None) -> Plan:
    """The same elements in row-major order under another shape; `free` is the axis written as -1.

    An output axis comes from an input axis where two of three are proved equal: the number of elements before it,
    its size, and the number of elements after it.
    """
    sizes = list(target)
    if shape is None:
        return tuple(Axis(dim) for dim in sizes)
    if free is not None:
        rest = [dim for index, dim in enumerate(sizes) if index != free]
        sizes[free] = _inferred(shape, rest)
    return tuple(Axis(dim, _reshape_back(shape, sizes, index)) for index, dim in enumerate(sizes))


def _inferred(shape: Sequence[Dim], rest: Sequence[Dim]) -> Dim:
    """The size of the free axis; sizes that occur on both sides cancel out."""
    have, want = list(shape), list(rest)
    for dim in rest:
        if dim is not None and dim in have:
            have.remove(dim)
            want.remove(dim)
    if not want and len(have) == 1:
        return have[0]
    numbers = [dim for dim in (*have, *want) if isinstance(dim, int)]
    if len(numbers) != len(have) + len(want):
        return None
    total, other = prod(numbers[: len(have)]), prod(numbers[len(have) :])
    return total // other if other > 0 and total % other == 0 else None


def _reshape_back(shape: Sequence[Dim], sizes: Sequence[Dim], index: int) -> tuple[Back, ...]:
    found: list[int] = []
    for axis, dim in enumerate(shape):
        before = _same_product(shape[:axis], sizes[:index])
        after = _same_product(shape[axis + 1 :], sizes[index + 1 :])
        size = dim is not None and dim == sizes[index]
        if before + after + size >= 2:
            found.append(axis)
    # An axis of size 1 does not separate elements: it carries no position of its own.
    wide = [axis for axis in found if shape[axis] != 1] or found
    return (Back(0, wide[0]),) if len(wide) == 1 and (shape[wide[0]] != 1 or sizes[index] == 1) else ()


def _same_product(a: Sequence[Dim], b: Sequence[Dim]) -> bool:
    """Whether two runs of axes are proved to hold the same number of elements."""
    if None in a or None in b:
        return False
    return prod(dim for dim in a if isinstance(dim, int)) == prod(dim for dim in b if isinstance(dim, int)) and sorted(
        dim for dim in a if isinstance(dim, str)
    ) == sorted(dim for dim in b if isinstance(dim, str))
