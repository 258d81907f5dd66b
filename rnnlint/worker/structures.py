"""Nested structures of tensors, and what of a tensor is plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def flat(structure: Any) -> list[Any]:
    """The leaves of nested lists, tuples and dicts, in Keras' order: dicts by key."""
    if isinstance(structure, dict):
        return [leaf for key in sorted(structure, key=str) for leaf in flat(structure[key])]
    if isinstance(structure, (list, tuple)):
        return [leaf for one in structure for leaf in flat(one)]
    return [structure]


def mapped(function: Callable[[Any], Any], structure: Any) -> Any:
    """The same structure with `function` applied to each leaf, in the order of `flat`."""
    if isinstance(structure, dict):
        done = {key: mapped(function, structure[key]) for key in sorted(structure, key=str)}
        return {key: done[key] for key in structure}
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*(mapped(function, one) for one in structure))
    if isinstance(structure, (list, tuple)):
        return type(structure)(mapped(function, one) for one in structure)
    return function(structure)


def shape_of(tensor: Any) -> list[int | None] | None:
    """A tensor's shape with None for unknown sizes; None where the rank is not known or the value is no tensor."""
    try:
        return [None if size is None else int(size) for size in tensor.shape]
    except (AttributeError, TypeError, ValueError):
        return None


class TensorSpec:
    """A tensor's shape and dtype."""

    __slots__ = ("dtype", "shape")

    def __init__(self, tensor: Any) -> None:
        self.shape = shape_of(tensor)
        dtype = tensor.dtype
        self.dtype = str(getattr(dtype, "name", dtype)).replace("torch.", "")


def spec_of(value: Any) -> Any:
    """The shape and dtype of a tensor; any other value as it is."""
    return TensorSpec(value) if hasattr(value, "shape") and hasattr(value, "dtype") else value
