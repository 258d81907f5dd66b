"""What a run asks of the disk apart from the contents of its files, each question once."""

from __future__ import annotations

import os
from collections.abc import Callable

from rnnlint.project.roots import Roots


def module_names(folder: str) -> frozenset[str]:
    """The names in a folder that can be a module or a package; none where it cannot be listed."""
    try:
        return frozenset(
            name
            for name in os.listdir(folder)
            if name.endswith(".py") or (name.isidentifier() and name != "__pycache__")
        )
    except OSError:
        return frozenset()


def real_by_parts(
    path: str,
    known: dict[str, str],
    is_link: Callable[[str], bool] = os.path.islink,
    real: Callable[[str], str] = os.path.realpath,
) -> str:
    """As `os.path.realpath` of an absolute path without `..`, but no part is asked for twice: `known` grows by them."""
    passed: list[str] = []
    while path not in known:
        above, name = os.path.split(path)
        if not name:
            known[path] = path
        elif is_link(path):
            known[path] = real(path)
        else:
            passed.append(path)
            path = above
    found = known[path]
    for one in reversed(passed):
        found = known[one] = os.path.join(found, os.path.basename(one))
    return found


def questions(roots: Roots) -> dict[str, Callable[[str], object]]:
    """What a `Disk` can be asked of a path, by the names under which it keeps the answers."""
    return {
        "names": module_names,
        "file": os.path.isfile,
        "folder": os.path.isdir,
        "link": os.path.islink,
        "real": os.path.realpath,
        "root": roots.project_root,
    }


class Disk:
    """Asks the disk for what lies in folders and where links lead, once per question.

    `queries` keeps the questions with their answers, so that a later run can ask whether they are still the same.
    """

    def __init__(self, roots: Roots | None = None) -> None:
        self.roots = roots or Roots()
        self.queries: dict[tuple[str, str], object] = {}
        self._questions = questions(self.roots)
        self._listed: dict[str, frozenset[str]] = {}
        self._reals: dict[str, str] = {}

    def names(self, folder: str) -> frozenset[str]:
        """The names of modules and packages in a folder: one look instead of one for every name that is asked for."""
        found = self._listed.get(folder)
        if found is None:
            found = self._listed[folder] = self.queries["names", folder] = module_names(folder)
        return found

    def is_file(self, path: str) -> bool:
        """Whether there is such a file."""
        folder, name = os.path.split(path)
        return name in self.names(folder) and bool(self._ask("file", path))

    def is_folder(self, path: str) -> bool:
        """Whether there is such a folder."""
        folder, name = os.path.split(path)
        return name in self.names(folder) and bool(self._ask("folder", path))

    def real(self, path: str) -> str:
        """Where an absolute path leads."""
        if os.pardir in path:
            return str(self._ask("real", path))
        return real_by_parts(path, self._reals, self.is_link, lambda one: str(self._ask("real", one)))

    def is_link(self, path: str) -> bool:
        """Whether a path is a symbolic link."""
        return bool(self._ask("link", path))

    def root(self, folder: str) -> str | None:
        """The project that contains a folder, or None."""
        found = self._ask("root", folder)
        return None if found is None else str(found)

    def _ask(self, question: str, path: str) -> object:
        key = question, path
        if key not in self.queries:
            self.queries[key] = self._questions[question](path)
        return self.queries[key]
