"""Which Keras a project runs on, as far as its dependency files say. Nothing is executed, nothing is resolved."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from rnnlint.keras.versions import KerasTargets, Version, keras_for_tensorflow, parse_keras_version
from rnnlint.project.dependencies import Opened, Pin, readable
from rnnlint.project.roots import Roots
from rnnlint.records import dataclass

_TENSORFLOW = frozenset(
    {"tensorflow", "tensorflow-cpu", "tensorflow-gpu", "tensorflow-macos", "tensorflow-intel", "tensorflow-aarch64"}
    | {"tf-nightly", "tf-nightly-cpu", "tf-nightly-gpu", "tensorflow-rocm", "tensorflow-cpu-aws"}
)
# The last real release; what follows on PyPI is an empty package that refuses to install.
_GPU_PACKAGE_UNTIL = "<2.12"
_BACKENDS = {"jax": "jax", "jaxlib": "jax", "torch": "torch", "pytorch": "torch"} | dict.fromkeys(
    _TENSORFLOW, "tensorflow"
)
_NAMES = frozenset({"keras", "tf-keras", "keras-nightly", *_BACKENDS})


@dataclass(frozen=True, slots=True)
class Origin:
    """A project's Keras versions and backends, and the pins they come from, for `-v` (empty: not known).

    `folders` were searched for dependency files, and `files` were read, or would have been had they been there.
    """

    env: KerasTargets
    pins: tuple[Pin, ...] = ()
    notes: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The pins as a sentence's part: "keras==2.4.3 (requirements.txt)"."""
        return ", ".join(dict.fromkeys(f"{pin.name}{pin.specifier} ({_shown(pin.path)})" for pin in self.pins))


def _shown(path: str) -> str:
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


# ---------------------------------------------------------------------------------------------------------------------
# The project of a file


class Pins:
    """The pins of the projects of one run, each folder read once.

    Made for one run: the files may have changed since an earlier one.
    """

    def __init__(self, roots: Roots | None = None) -> None:
        self._roots = roots or Roots()
        self._known: dict[tuple[str, str | None], Origin] = {}

    def origin(self, folder: str, top: str | None = None) -> Origin:
        """The Keras that the project of a folder (absolute) is pinned to, by the nearest folder above with a pin.

        The search ends at the project's root (`.git`, or the first packaged folder) or at `top` (absolute); with
        neither, only the nearest folder with dependency files is read.
        """
        key = folder, top
        if key not in self._known:
            self._known[key] = self._search(folder, top)
        return self._known[key]

    def _search(self, folder: str, top: str | None) -> Origin:
        opened = Opened()
        pins, notes, read_any = _folder_pins(folder, opened)
        files = tuple(opened.asked)
        origin = _resolve(pins, notes)
        if origin is not None:
            return replace(origin, folders=(folder,), files=files)
        parent = os.path.dirname(folder)
        below_top = top is not None and folder.startswith(os.path.join(top, ""))
        rooted = self._roots.project_root(folder) is not None
        end = self._is_root(folder) if rooted else not below_top and (read_any or top is not None)
        if end or parent == folder:
            return Origin(KerasTargets.unknown(), (), tuple(notes), (folder,), files)
        above = self.origin(parent, top)
        return Origin(
            above.env,
            above.pins,
            (*notes, *above.notes),
            (folder, *above.folders),
            tuple(dict.fromkeys((*files, *above.files))),
        )

    def _is_root(self, folder: str) -> bool:
        if Path(folder, ".git").exists():
            return True
        packaged = any(Path(folder, name).is_file() for name in ("pyproject.toml", "setup.py", "setup.cfg"))
        return packaged and self._roots.git_root(folder) is None


def _folder_pins(folder: str, opened: Opened) -> tuple[list[Pin], list[str], bool]:
    """Pins of all dependency files of one folder; what could not be read; whether there was any such file."""
    pins: list[Pin] = []
    notes: list[str] = []
    read_any = False
    for path, reader in readable(folder):
        read_any = True
        try:
            pins += [pin for pin in reader(path, opened) if pin.name in _NAMES]
        except Exception as error:  # noqa: BLE001 - someone else's half-written file must not end the run
            notes.append(f"{_shown(path)} was not read for pins: {error}")
    return pins, notes, read_any


# ---------------------------------------------------------------------------------------------------------------------
# From pins to versions


def _resolve(pins: Iterable[Pin], notes: list[str]) -> Origin | None:
    """Keras pins, narrowed by TensorFlow's where the two agree; None where nothing is said."""
    pins = list(dict.fromkeys(pins))
    implied = {pin: found for pin in pins if (found := _versions(pin, notes)) is not None}
    keras = _merge([found for pin, found in implied.items() if pin.name == "keras"])
    tensorflow = _merge([found for pin, found in implied.items() if pin.name != "keras"])
    versions = keras & tensorflow or keras or tensorflow
    used = [pin for pin in implied if not keras or implied[pin] & versions or pin.name == "keras"]
    tf_keras = [pin for pin in pins if pin.name == "tf-keras"]
    if used and tf_keras:
        # With tf-keras installed, TF_USE_LEGACY_KERAS makes `tf.keras` Keras 2.
        versions |= {(2, 15)}
        used += tf_keras
    known = KerasTargets.unknown()
    backends = frozenset(_BACKENDS[pin.name] for pin in pins if pin.name in _BACKENDS)
    only = backends if len(backends) == 1 else known.backends
    if not used:
        # A lone, unpinned torch or jax does not make its project a Keras project.
        if len(backends) != 1 or not (only == {"tensorflow"} or any(pin.name == "keras" for pin in pins)):
            return None
        used = [pin for pin in pins if pin.name == "keras" or pin.name in _BACKENDS]
    return Origin(KerasTargets(versions or known.versions, only), tuple(used), tuple(notes))


def _merge(sets: list[frozenset[Version]]) -> frozenset[Version]:
    """What several pins say together: what all admit; where they disagree, what any of the narrowest admits."""
    narrow = [one for one in sets if not any(other < one for other in sets)]
    shared = frozenset.intersection(*narrow) if narrow else frozenset()
    return shared or frozenset().union(*narrow)


def _versions(pin: Pin, notes: list[str]) -> frozenset[Version] | None:
    """The Keras versions that a pin implies; None where it says nothing."""
    specifier = pin.specifier
    if pin.name == "tensorflow-gpu" and "==" not in specifier:
        specifier = f"{specifier},{_GPU_PACKAGE_UNTIL}".lstrip(",")
    if not specifier or pin.name not in ("keras", *_TENSORFLOW) or "nightly" in pin.name:
        return None
    try:
        return parse_keras_version(specifier) if pin.name == "keras" else keras_for_tensorflow(specifier)
    except ValueError as error:
        notes.append(f"{_shown(pin.path)}: {error}")
        return None
