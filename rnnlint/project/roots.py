"""Where projects begin: git work trees and packaged folders."""

from __future__ import annotations

import os

_GIT = (".git",)
_PACKAGING = ("pyproject.toml", "setup.py", "setup.cfg")


class Roots:
    """The folders that projects begin at, each folder asked of the disk once.

    Made for one run: what the disk said in an earlier one may have changed.
    """

    def __init__(self) -> None:
        self._git: dict[str, str | None] = {}
        self._packaged: dict[str, str | None] = {}

    def git_root(self, folder: str) -> str | None:
        """The git work tree that contains a folder (absolute), or None."""
        return _above(folder, _GIT, self._git)

    def project_root(self, folder: str) -> str | None:
        """The project that contains a folder (absolute), or None.

        That is its git work tree, else the nearest folder at or above it that is packaged.
        """
        return self.git_root(folder) or _above(folder, _PACKAGING, self._packaged)


def _above(folder: str, names: tuple[str, ...], known: dict[str, str | None]) -> str | None:
    """The nearest folder, at or above this one, that holds one of the names; `known` grows by all that are passed."""
    climbed: list[str] = []
    while folder not in known:
        climbed.append(folder)
        parent = os.path.dirname(folder)
        if any(os.path.exists(os.path.join(folder, name)) for name in names):
            known[folder] = folder
        elif parent == folder:
            known[folder] = None
        else:
            folder = parent
    found = known[folder]
    known.update(dict.fromkeys(climbed, found))
    return found
