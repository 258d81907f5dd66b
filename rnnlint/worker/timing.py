"""How long a training step takes."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


_WARM_UP, _STEPS, _SECONDS = 3, 10, 10.0


def step_ms(
    keras: Any, build: Callable[[], Any], shape: Sequence[int], mask: bool = False, steps: int = _STEPS
) -> float:
    """The median time of one training step of a model of that layer alone, as `fit` does it, in milliseconds."""
    inputs = keras.Input(shape=tuple(shape[1:]), batch_size=shape[0])
    outputs = build()(keras.layers.Masking()(inputs) if mask else inputs)
    output = outputs[0] if isinstance(outputs, (list, tuple)) else outputs
    model = keras.Model(inputs, output)
    model.compile("sgd", "mse")
    x = np.full(tuple(shape), 0.5, "float32")
    y = np.zeros(tuple(int(size) for size in output.shape), "float32")
    took: list[float] = []
    begun = time.perf_counter()
    for step in range(_WARM_UP + steps):
        start = time.perf_counter()
        model.train_on_batch(x, y)
        if step >= _WARM_UP:
            took.append(1000 * (time.perf_counter() - start))
            if time.perf_counter() - begun > _SECONDS:
                break
    return statistics.median(took)
