"""A file of a run: its path as the user wrote it, and where that leads."""

from __future__ import annotations

import os
from typing import NamedTuple

SUFFIXES = (".py", ".ipynb")


class File(NamedTuple):
    """One file, made where it is found and carried from there on.

    `shown` is the path as the user wrote it, by which findings name the file; `real` is the absolute path without
    symbolic links, by which imports and editors find it; `folder` is the absolute path of its folder.
    """

    shown: str
    real: str
    folder: str

    @classmethod
    def at(cls, path: str) -> File:
        """The file at a path, which need not exist."""
        return cls(path, os.path.realpath(path), os.path.dirname(os.path.abspath(path)))
