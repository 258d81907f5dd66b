"""Finds the modules of the code base under analysis by name, without importing anything."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from rnnlint.files import SUFFIXES, guard, project_root
from rnnlint.source import Source, read


class Modules:
    """Finds and keeps sources of modules: a `rnnlint.interpret.Finder`.

    `spelled` maps real paths to the paths by which the run knows its files; `tops` are the folders (absolute) that
    were given to lint. Nothing outside the importing file's project (`.git`, else a packaging file, else the given
    folder, and where that lies inside a package the folder that holds the package) is ever read, also not through
    symbolic links; and of what is installed in one folder with it, only its own package.
    """

    def __init__(
        self,
        spelled: Mapping[str, str] | None = None,
        tops: tuple[str, ...] = (),
        read: Callable[[str], Source] = read,
    ) -> None:
        self._read = read
        self._spelled = spelled or {}
        self._tops = tops
        self._sources: dict[str, Source] = {}
        self._located: dict[tuple[str, int, str], str | None] = {}
        self._roots: dict[str, str] = {}

    def find(self, module: str, level: int, importer: str) -> Source | None:
        """The source of a module by dotted name, relative to the importer's package where `level` > 0.

        A package without `__init__.py` is an empty source. None where the module is not in the code base, or where it
        cannot be read or must not be parsed.
        """
        path = self.locate(module, level, importer)
        if path is None:
            return None
        return self._readable(path) if os.path.isfile(path) else self._package(path)

    def locate(self, module: str, level: int, importer: str) -> str | None:
        """The file of a module by dotted name, or None where it is not in the code base.

        Of a package without `__init__.py` it is the path where that would be.
        """
        folder = os.path.dirname(os.path.abspath(importer))
        key = (module, level, folder)
        if key not in self._located:
            found = self._search(module, level, folder)
            self._located[key] = None if found is None else self._spelled.get(os.path.realpath(found), found)
        return self._located[key]

    def top(self, folder: str) -> str | None:
        """The given folder that holds this one, the innermost; for one inside a package, what holds the package."""
        tops = (top for top in self._tops if (folder + os.sep).startswith(os.path.join(top, "")))
        top = max(tops, key=len, default=None)
        return None if top is None else _package_root(top)

    def root(self, folder: str) -> str:
        """The folder that no import from `folder` leaves."""
        if folder not in self._roots:
            candidates = [one for one in (project_root(folder), self.top(folder)) if one is not None]
            self._roots[folder] = min(candidates, key=len) if candidates else _package_root(folder)
        return self._roots[folder]

    def _search(self, module: str, level: int, folder: str) -> str | None:
        root = self.root(folder)
        parts = module.split(".") if module else []
        if not all(part.isidentifier() for part in parts) or not (parts or level):
            return None
        for base in _bases(folder, level, root):
            if parts and os.path.basename(base) in _INSTALLED and _below(base, folder) != parts[0]:
                continue  # another project's package, installed beside this one
            stem = os.path.join(base, *parts)
            for path in (os.path.join(stem, "__init__.py"), *([f"{stem}.py"] if parts else [])):
                if _is_file(path) and self._inside(path, root):
                    return path
            if _holds_modules(stem) and self._inside(stem, root):
                return os.path.join(stem, "__init__.py")
        return None

    @staticmethod
    def _inside(path: str, root: str) -> bool:
        return (os.path.realpath(path) + os.sep).startswith(os.path.join(os.path.realpath(root), ""))

    def source(self, path: str) -> Source:
        """A file's source, read once, whether or not it can be parsed."""
        real = os.path.realpath(path)
        if real not in self._sources:
            self._sources[real] = self._read(self._spelled.get(real, path))
        return self._sources[real]

    def _readable(self, path: str) -> Source | None:
        source = self.source(path)
        return None if source.diagnostics or guard(source) is not None else source

    def _package(self, path: str) -> Source:
        real = os.path.realpath(path)
        source = self._sources.get(real)
        if source is None:
            source = self._sources[real] = Source(path, "")
        return source


def _bases(folder: str, level: int, root: str) -> Iterator[str]:
    """Where a module may be: relative to the package, or below the script's folder and the folders above it."""
    if level:
        for _ in range(level - 1):
            if folder == root:
                return
            folder = os.path.dirname(folder)
        yield folder
        return
    while True:
        yield folder
        source = os.path.join(folder, "src")
        if "src" in _entries(folder) and os.path.isdir(source):
            yield source
        parent = os.path.dirname(folder)
        if folder == root or parent == folder:
            return
        folder = parent


# Folders that hold packages of many projects.
_INSTALLED = ("site-packages", "dist-packages")


def _below(base: str, folder: str) -> str:
    """The first folder on the way from one folder down to another."""
    return os.path.relpath(folder, base).partition(os.sep)[0]


def _holds_modules(folder: str) -> bool:
    """Whether a folder is a package without `__init__.py`: Python files in it, or in a folder below it."""
    above, name = os.path.split(folder)
    if name not in _entries(above):
        return False
    try:
        with os.scandir(folder) as scan:
            entries = list(scan)
    except OSError:
        return False
    if any(entry.name.endswith(SUFFIXES[0]) for entry in entries):
        return True
    return any(entry.is_dir(follow_symlinks=False) and Path(entry.path, "__init__.py").is_file() for entry in entries)


@lru_cache(maxsize=4096)
def _entries(folder: str) -> frozenset[str]:
    """The names in a folder: one look instead of one for every name that is asked for."""
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return frozenset()


def _is_file(path: str) -> bool:
    folder, name = os.path.split(path)
    return name in _entries(folder) and os.path.isfile(path)


def _package_root(folder: str) -> str:
    while _is_file(os.path.join(folder, "__init__.py")) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return folder
