"""From the name of a module to its file in the code base, without importing or reading anything."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from functools import cached_property

from rnnlint.project.disk import Disk
from rnnlint.project.files import File

# Folders that hold packages of many projects.
INSTALLED = ("site-packages", "dist-packages")


class Locator:
    """Finds the files of modules by their names.

    `files` are those of the run, and `tops` the folders (absolute) that were given to lint. Nothing outside the
    importing file's project (`.git`, else a packaging file, else the given folder, and where that lies inside a package
    the folder that holds the package) is ever found, also not through symbolic links; and of what is installed in one
    folder with it, only its own package.
    """

    def __init__(self, files: Collection[File], tops: tuple[str, ...], disk: Disk) -> None:
        self._given = files
        self._tops = tops
        self._disk = disk
        self._located: dict[tuple[str, int, str], str | None] = {}
        self._roots: dict[str, str] = {}
        self._above: dict[tuple[str, str], tuple[str, ...]] = {}
        self._others: dict[str, File] = {}

    @cached_property
    def _shown(self) -> dict[str, str]:
        """The files of the run as they are shown, by their real paths."""
        return {file.real: file.shown for file in self._given}

    @cached_property
    def _files(self) -> dict[str, File]:
        return {file.shown: file for file in self._given}

    def file(self, path: str) -> File:
        """The file at a path: one of the run, or another one of the code base."""
        found = self._files.get(path) or self._others.get(path)
        if found is None:
            absolute = os.path.abspath(path)
            found = self._others[path] = File(path, self.real(absolute), os.path.dirname(absolute))
        return found

    def shown(self, real: str, otherwise: str) -> str:
        """How the run shows the file with this real path; `otherwise` where it is not a file of the run."""
        return self._shown.get(real, otherwise)

    def locate(self, module: str, level: int, importer: str) -> str | None:
        """The file of a module by dotted name, or None where it is not in the code base.

        Of a package without `__init__.py` it is the path where that would be.
        """
        folder = self.file(importer).folder
        key = (module, level, folder)
        if key not in self._located:
            found = self._search(module, level, folder)
            self._located[key] = None if found is None else self.shown(self.real(found), found)
        return self._located[key]

    def top(self, folder: str) -> str | None:
        """The given folder that holds this one, the innermost; for one inside a package, what holds the package."""
        tops = (top for top in self._tops if (folder + os.sep).startswith(os.path.join(top, "")))
        top = max(tops, key=len, default=None)
        return None if top is None else self._package_root(top)

    def root(self, folder: str) -> str:
        """The folder that no import from `folder` leaves."""
        if folder not in self._roots:
            candidates = [one for one in (self._disk.root(folder), self.top(folder)) if one is not None]
            self._roots[folder] = min(candidates, key=len) if candidates else self._package_root(folder)
        return self._roots[folder]

    def _search(self, module: str, level: int, folder: str) -> str | None:
        root = self.root(folder)
        parts = module.split(".") if module else []
        if not all(part.isidentifier() for part in parts) or not (parts or level):
            return None
        for base in self._bases(folder, level, root):
            if parts and os.path.basename(base) in INSTALLED and _below(base, folder) != parts[0]:
                continue  # another project's package, installed next to this one
            above = self._descend(base, parts[:-1])
            if above is None:
                continue
            stem = os.path.join(above, *parts[-1:])
            package = not parts or parts[-1] in self._disk.names(above)
            for path in [os.path.join(stem, "__init__.py")] * package + [f"{stem}.py"] * bool(parts):
                if self.is_file(path) and self._inside(path, root):
                    return path
            if package and self._holds_modules(stem) and self._inside(stem, root):
                return os.path.join(stem, "__init__.py")
        return None

    def _descend(self, folder: str, parts: list[str]) -> str | None:
        for part in parts:
            if part not in self._disk.names(folder):
                return None
            folder = os.path.join(folder, part)
        return folder

    def _bases(self, folder: str, level: int, root: str) -> Iterator[str]:
        """Where a module may be: relative to the package, or below the script's folder and the folders above it."""
        if level:
            for _ in range(level - 1):
                if folder == root:
                    return
                folder = os.path.dirname(folder)
            yield folder
            return
        yield from self._upwards(folder, root)

    def _upwards(self, folder: str, root: str) -> tuple[str, ...]:
        """A folder and those above it up to the root, each with its `src`."""
        passed: list[str] = []
        while (found := self._above.get((folder, root))) is None:
            passed.append(folder)
            parent = os.path.dirname(folder)
            if folder == root or parent == folder:
                found = ()
                break
            folder = parent
        for one in reversed(passed):
            source = os.path.join(one, "src")
            inner = (source,) if self._disk.is_folder(source) else ()
            found = self._above[one, root] = (one, *inner, *found)
        return found

    def is_file(self, path: str) -> bool:
        """Whether there is a file at an absolute path."""
        return path in self._shown or self._disk.is_file(path)

    def real(self, path: str) -> str:
        """Where an absolute path leads; the real path of a file of the run leads to itself."""
        return path if path in self._shown else self._disk.real(path)

    def _holds_modules(self, folder: str) -> bool:
        """Whether a folder is a package without `__init__.py`: Python files in it, or in a folder below it."""
        names = self._disk.names(folder)
        if any(name.endswith(".py") for name in names):
            return True
        inner = (os.path.join(folder, name) for name in sorted(names))
        return any(
            self._disk.is_file(os.path.join(one, "__init__.py")) and not self._disk.is_link(one) for one in inner
        )

    def _package_root(self, folder: str) -> str:
        while self.is_file(os.path.join(folder, "__init__.py")) and os.path.dirname(folder) != folder:
            folder = os.path.dirname(folder)
        return folder

    def _inside(self, path: str, root: str) -> bool:
        return (self.real(path) + os.sep).startswith(os.path.join(self._disk.real(root), ""))


def _below(base: str, folder: str) -> str:
    """The first folder on the way from one folder down to another."""
    return os.path.relpath(folder, base).partition(os.sep)[0]
