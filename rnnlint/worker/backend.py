"""An imported Keras with its backend: tensors in, arrays out."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np

from .naming import is_legacy, module

if TYPE_CHECKING:
    from collections.abc import Iterator


class Backend:
    """A Keras package, its version and the backend that it runs on; `legacy`: Keras 2."""

    def __init__(self, keras: Any) -> None:
        self.keras = keras
        self.version = tuple(int(part) for part in keras.__version__.split(".")[:3] if part.isdigit())
        self.legacy = is_legacy(keras)
        self.backend: str = "tensorflow" if self.legacy else keras.backend.backend()

    def tensor(self, array: Any) -> Any:
        """A tensor of the backend."""
        if not self.legacy:
            return self.keras.ops.convert_to_tensor(array)
        import tensorflow as tf

        return tf.convert_to_tensor(array)

    def array(self, tensor: Any) -> Any:
        """The values of a tensor; half-precision as single."""
        if self.backend == "torch" and hasattr(tensor, "detach"):
            tensor = tensor.detach().cpu()
            tensor = tensor.float() if tensor.dtype.is_floating_point else tensor
        array = np.asarray(tensor)
        return array if array.dtype.kind in "biuf" and array.dtype != "float16" else array.astype("float32")

    def mask(self, tensor: Any) -> Any:
        """The mask that Keras attached to a tensor, or None."""
        if self.legacy:
            return getattr(tensor, "_keras_mask", None)
        backend = module(self.keras.__name__ + ".src.backend")
        found = getattr(backend, "get_keras_mask", None)
        return getattr(tensor, "_keras_mask", None) if found is None else found(tensor)

    def copy(self, tensor: Any) -> Any:
        """A copy of a tensor on torch, with its mask; any other value as it is."""
        if not hasattr(tensor, "clone"):
            return tensor
        copy = tensor.clone()
        if self.mask(tensor) is not None:
            copy._keras_mask = self.mask(tensor)
        return copy

    @contextlib.contextmanager
    def no_gradients(self) -> Iterator[None]:
        """Within it torch keeps nothing for gradients."""
        if self.backend != "torch":
            yield
            return
        import torch

        with torch.no_grad():
            yield
