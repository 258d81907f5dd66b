"""Which Keras this Python has, read from metadata, and importing it."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import json
import os
import sys
from typing import Any

BACKENDS = ("tensorflow", "jax", "torch")
_TENSORFLOW = ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-macos", "tf-nightly", "tf-nightly-cpu")
_loaded: Any = None


class MissingError(Exception):
    """This Python cannot be used: `kind` for the parent, the message for the user."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def keras() -> Any:
    """The imported package: `keras`, or `tf_keras`."""
    return _loaded


def find(package: str = "auto", backend: str = "auto") -> dict[str, Any]:
    """The hello message: versions and the backend, without importing Keras. Sets KERAS_BACKEND for the import.

    `package` is "keras", "tf_keras", or "auto" for what `tf.keras` is here. Raises MissingError.
    """
    versions = {"keras": _version("keras", "keras-nightly"), "tf_keras": _version("tf-keras", "tf-keras-nightly")}
    legacy = os.environ.get("TF_USE_LEGACY_KERAS") in ("true", "True", "1")
    if package == "auto":
        package = "tf_keras" if (legacy or not versions["keras"]) and versions["tf_keras"] else "keras"
    version = versions[package]
    if not version:
        raise MissingError("no-keras", f"has no {'Keras' if package == 'keras' else package}")
    if version.startswith("2."):
        backend = "tensorflow"
    else:
        backend = os.environ["KERAS_BACKEND"] = _backend(backend)
    if not _installed(backend):
        raise MissingError("no-backend", f"has Keras {version}, but not its backend {backend}")
    return {
        "python": "{}.{}.{}".format(*sys.version_info),
        "keras": version,
        "package": package,
        "versions": versions,
        "tensorflow": _version(*_TENSORFLOW),
        "backend": backend,
        "legacy": legacy and package == "tf_keras",
    }


def load(hello: dict[str, Any]) -> dict[str, Any]:
    """Import the Keras that `find` found; the ready message. Raises MissingError, and whatever that import raises."""
    global _loaded  # noqa: PLW0603 - there is one Keras in a process
    _loaded = importlib.import_module(hello["package"])
    found = {"keras": _loaded.__version__, "backend": _loaded.backend.backend()}
    if _release(found) != _release(hello):
        told = "has Keras {keras} on {backend} by its metadata, ".format(**hello)
        raise MissingError("import", told + "but imports Keras {keras} on {backend}".format(**found))
    return {**found, "gpu": _gpu(found["backend"])}


def _release(found: dict[str, Any]) -> Any:
    return found["keras"].split(".")[:2], found["backend"]


def _version(*names: str) -> str | None:
    for name in names:
        try:
            # A broken installation has none.
            found: str | None = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        if found:
            return found
    return None


def _installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _backend(wanted: str) -> str:
    """As Keras 3 itself decides; where nobody chose, and the default is not installed, one that is."""
    chosen = wanted if wanted != "auto" else os.environ.get("KERAS_BACKEND")
    if chosen:
        return chosen
    # Keras writes its default into that file: as long as it says that, nobody chose.
    default = _configured() or BACKENDS[0]
    if default != BACKENDS[0] or _installed(default):
        return default
    return next((one for one in BACKENDS if _installed(one)), default)


def _configured() -> str | None:
    """The backend of keras.json, where Keras looks for it."""
    home = os.path.expanduser("~")
    folder = os.environ.get("KERAS_HOME") or os.path.join(home if os.access(home, os.W_OK) else "/tmp", ".keras")  # noqa: S108
    try:
        with open(os.path.expanduser(os.path.join(folder, "keras.json"))) as file:
            found = json.load(file)["backend"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return found if isinstance(found, str) else None


def _gpu(backend: str) -> bool:
    """Whether there is a GPU; TensorFlow is kept from taking all of its memory."""
    if backend == "tensorflow":
        import tensorflow as tf

        devices = tf.config.list_physical_devices("GPU")
        for device in devices:
            tf.config.experimental.set_memory_growth(device, True)
        return bool(devices)
    if backend == "jax":
        import jax

        return bool(jax.default_backend() == "gpu")
    if backend == "torch":
        import torch

        return bool(torch.cuda.is_available())
    return False
