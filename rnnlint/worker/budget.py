"""How large the tensors and weights of a job may be."""

from __future__ import annotations

import math
from typing import Any

from .failure import Failed

# One tensor (64 MB of float32) and all weights of a model (400 MB): more is not tried out.
MOST_ELEMENTS = 16_000_000
MOST_WEIGHTS = 100_000_000
# A table of word vectors of this many rows does for a probe; the ids stay below.
MOST_IDS = 10_000


def bounded(shape: Any) -> None:
    """Raise where a tensor of that shape would be too big."""
    sizes = [size for size in shape if isinstance(size, int)]
    if math.prod(sizes) > MOST_ELEMENTS:
        said = "a tensor of shape ({}) is too big to try out".format(", ".join(map(str, sizes)))
        raise Failed("build", MemoryError(said))


def foresee(layer: Any, tensor: Any) -> None:
    """Raise Failed where a layer says that its output would be too big, without making it."""
    try:
        shape = layer.compute_output_shape(tuple(tensor.shape))
    except Exception:  # noqa: BLE001 - the call itself will say what is wrong
        return
    bounded(shape)
