"""Where projects begin: git work trees and packaged folders."""

from __future__ import annotations

import os

_GIT = (".git",)
_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")
# By names: of folders the nearest one, at or above them, that holds one of these. It is remembered for one run.
_nearest: dict[tuple[str, ...], dict[str, str | None]] = {_GIT: {}, _PROJECT_FILES: {}}


def git_root(folder: str) -> str | None:
    """The git work tree that a folder (absolute) stands in."""
    return _above(folder, _GIT)


def project_root(folder: str) -> str | None:
    """The project that a folder (absolute) stands in: its git work tree, else the nearest folder that is packaged."""
    return git_root(folder) or _above(folder, _PROJECT_FILES)


def _above(folder: str, names: tuple[str, ...]) -> str | None:
    known = _nearest[names]
    climbed: list[str] = []
    while folder not in known:
        climbed.append(folder)
        parent = os.path.dirname(folder)
        if _holds(folder, names):
            known[folder] = folder
        elif parent == folder:
            known[folder] = None
        else:
            folder = parent
    found = known[folder]
    known.update(dict.fromkeys(climbed, found))
    return found


def _holds(folder: str, names: tuple[str, ...]) -> bool:
    return any(os.path.exists(os.path.join(folder, name)) for name in names)


def forget() -> None:
    """Ask the disk anew where projects are."""
    for known in _nearest.values():
        known.clear()
