"""Canonical names resolved to objects of the installed Keras, and the parameters of its layers."""

from __future__ import annotations

import importlib
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from .failure import Failed

if TYPE_CHECKING:
    from collections.abc import Mapping


def is_legacy(keras: Any) -> bool:
    """Whether a package is Keras 2 or before."""
    return int(keras.__version__.split(".")[0]) < 3


def keras_class(keras: Any, spec: Mapping[str, Any]) -> Any:
    """The class that a constructor call names. Raises Failed where this Keras has none."""
    package = keras
    if spec.get("origin") == "tensorflow.compat.v1.keras":
        package = _compat_v1(keras)
    found = _attribute(package, spec["class"].partition(".")[2])
    if found is None:
        said = "Keras {} has no {}".format(keras.__version__, spec["class"].rpartition(".")[2])
        raise Failed("build", AttributeError(said), spec.get("id"))
    return found


def _compat_v1(keras: Any) -> Any:
    if not is_legacy(keras):
        raise Failed("build", f"Keras {keras.__version__} has no tf.compat.v1.keras")
    if keras.__name__ == "tf_keras":
        return importlib.import_module("tf_keras.api._v1.keras")
    import tensorflow as tf

    return tf.compat.v1.keras


def named(dotted: str, keras: Any, backend: str) -> Any:
    """The object of a canonical name: of the installed Keras, TensorFlow, numpy or Python.

    Raises Failed where there is no such object.
    """
    root, _, rest = dotted.partition(".")
    found = None
    if root == "keras":
        found = _attribute(keras, rest)
        if found is None and rest.startswith("backend.") and backend == "tensorflow" and not is_legacy(keras):
            # Under TensorFlow `tf.keras.backend` has the functions of Keras 2 also in Keras 3.
            found = _attribute(module("keras._tf_keras.keras"), rest)
    elif root == "tensorflow" and backend == "tensorflow":
        tensorflow = module("tensorflow")
        for package in ("", "math.", "nn.", "linalg.", "compat.v1."):
            found = found if found is not None else _attribute(tensorflow, package + rest)
    elif root == "numpy":
        found = _attribute(np, rest)
    elif root == "operator":
        found = _attribute(operator, rest)
    if found is None:
        said = f"Keras {keras.__version__} on {backend} has no {dotted}"
        raise Failed("build", AttributeError(said))
    return found


def module(name: str) -> Any:
    """A module, or None where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _attribute(found: Any, dotted: str) -> Any:
    for name in dotted.split("."):
        found = getattr(found, name, None)
    return found
