"""Which line of user code is under way."""

from __future__ import annotations

import itertools
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import types
    from collections.abc import Iterator

    Place = list[Any] | None


# Frames of these packages are not the user's, nor are those of the standard library.
_PACKAGES = ("keras", "tf_keras", "tensorflow", "jax", "torch", "numpy", "absl", "tree", "optree", "wrapt")


# What Keras does on its own account.
_REPEATING = ("_maybe_rebuild", "clone_graph_nodes", "_build_graph_network_for_inferred_shape")


def _folders() -> Iterator[str]:
    """The folders of Keras and its dependencies: everything loaded before user code."""
    yield os.path.dirname(os.path.abspath(__file__)) + os.sep
    for name in _PACKAGES:
        path = os.path.abspath(getattr(sys.modules.get(name), "__file__", None) or "")
        # TensorFlow's file may be in a folder that only re-exports its public names.
        folder, found, _ = path.rpartition(os.sep + name + os.sep)
        if found:
            yield folder + found


class UserPlaces:
    """Finds the line of user code that is under way."""

    def __init__(self) -> None:
        self._known: dict[str, bool] = {}
        self._folders = tuple(_folders())
        self._library = os.path.dirname(os.path.abspath(os.__file__))

    def user(self, filename: str) -> bool:
        """Whether a file is the user's, or a package's that is built on Keras."""
        known = self._known.get(filename)
        if known is None:
            known = self._known[filename] = self._is_user(filename)
        return known

    def _is_user(self, filename: str) -> bool:
        if filename.startswith(("<frozen", "<string", "<__array", "<decorator")) or "__autograph_generated" in filename:
            return False
        path = os.path.abspath(filename)
        if path.startswith(self._folders):
            return False
        return not path.startswith(self._library + os.sep) or "-packages" in path[len(self._library) :]

    def here(self, frame: types.FrameType | None, called: bool = False) -> Place:
        """`[file, row, column, end row, end column]` of the innermost user call; columns in bytes, from 1.

        Before Python 3.11 `[file, row]`. None where there is none, where a Sequential makes up its input or a model is
        copied, and, for what is `called`, where a Sequential calls its layers.
        """
        while frame is not None and not self.user(frame.f_code.co_filename):
            code = frame.f_code
            if code.co_name in _REPEATING or (called and code.co_filename.endswith("sequential.py")):
                return None
            if code.co_name == "build" and code.co_filename.endswith("sequential.py"):
                return None
            frame = frame.f_back
        return None if frame is None else place(frame)


def place(frame: types.FrameType) -> list[Any]:
    """As `UserPlaces.here`, of one frame."""
    file = frame.f_code.co_filename
    if hasattr(frame.f_code, "co_positions"):
        positions = frame.f_code.co_positions()
        row, end_row, column, end_column = next(itertools.islice(positions, frame.f_lasti // 2, None))
        if None not in (row, end_row, column, end_column):
            return [file, row, column + 1, end_row, end_column + 1]
    return [file, frame.f_lineno]
