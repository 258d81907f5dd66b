"""Access to recurrent layers: wrappers removed, weights and settings changed temporarily, states reset."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .replay import Replay


def forward(layer: Any, shape: tuple[int, ...]) -> tuple[Any, tuple[int, ...]]:
    """The recurrent layer inside wrappers, of a Bidirectional the forward one, and the shape of what it reads."""
    while True:
        if hasattr(layer, "forward_layer"):
            layer = layer.forward_layer
        elif type(layer).__name__ == "TimeDistributed":
            layer, shape = layer.layer, shape[:1] + shape[2:]
        else:
            return layer, shape


@contextlib.contextmanager
def settled(layer: Any) -> Iterator[None]:
    """Within it the layer gives all timesteps and no states, and of stacked cells only the first drops."""
    wanted: list[tuple[Any, str, Any]]
    wanted = [(layer, "return_sequences", True), (layer, "return_state", False), (layer, "stateful", False)]
    for cell in cells(layer)[1:]:
        wanted += [(cell, "dropout", 0.0), (cell, "recurrent_dropout", 0.0)]
    before = []
    for owner, name, value in wanted:
        if hasattr(owner, name) and getattr(owner, name) != value:
            before.append((owner, name, getattr(owner, name)))
            setattr(owner, name, value)
    try:
        yield
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)


@contextlib.contextmanager
def weights(context: Replay, layer: Any, low: float, high: float, *, recurrent: bool) -> Iterator[None]:
    """Within it weights are random and positive, the same each time; recurrent kernels are 0 without `recurrent`."""
    numbers = np.random.RandomState(7)
    before = [(weight, context.array(weight)) for weight in layer.weights]
    before = [(weight, array) for weight, array in before if array.dtype.kind == "f"]  # a seed is a weight too
    for weight, array in before:
        new = numbers.uniform(low, high, array.shape)
        if not recurrent and "recurrent_kernel" in getattr(weight, "path", weight.name):
            new *= 0
        weight.assign(new.astype(array.dtype))
    try:
        yield
    finally:
        for weight, array in before:
            weight.assign(array)


def innermost(spec: Mapping[str, Any]) -> str:
    """The class name of a layer, wrappers taken off."""
    while spec.get("children"):
        spec = spec["children"][0]
    return str(spec.get("class", "")).rpartition(".")[2]


def cells(layer: Any) -> list[Any]:
    """The cells of a recurrent layer, in order."""
    cell = getattr(layer, "cell", None)
    return list(getattr(cell, "cells", [cell])) if cell is not None else []


def look(context: Replay, layer: Any, tensor: Any, *states: Any, training: bool) -> Any:
    """What a recurrent layer gives, without a mask or state of an earlier call: Keras 2 keeps those of ConvLSTM.

    `states` are those that it begins with, zero if there are none.
    """
    for owner in (layer, *cells(layer)):
        for name in ("reset_dropout_mask", "reset_recurrent_dropout_mask"):
            if hasattr(owner, name):
                getattr(owner, name)()
    result = context.feed(layer, [tensor, *states], training=training)
    return context.array(result[0] if isinstance(result, (list, tuple)) else result)
