"""Finds the modules of the code base under analysis by name, without importing anything."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from rnnlint.project.disk import Disk
from rnnlint.records import dataclass

if TYPE_CHECKING:
    from rnnlint.source.source import Source


# Folders that hold packages of many projects.
INSTALLED = ("site-packages", "dist-packages")
Spelled = Mapping[str, str] | Callable[[], Mapping[str, str]]


def _read(path: str) -> Source:
    from rnnlint.source.read import read

    return read(path)


@dataclass(frozen=True, slots=True)
class Known:
    """What was found out of a file: see `Source.unread` and `Source.harmless`."""

    unread: tuple[tuple[int, int], ...] = ()
    harmless: bool = False


class Modules:
    """Finds and keeps sources of modules: a `rnnlint.interpret.Finder`.

    `spelled` maps real paths to the paths by which the run knows its files, or gives such a mapping when it is needed;
    `tops` are the folders (absolute) that were given to lint. Nothing outside the importing file's project (`.git`,
    else a packaging file, else the given folder, and where that lies inside a package the folder that holds the
    package) is ever read, also not through symbolic links; and of what is installed in one folder with it, only its
    own package.
    """

    def __init__(
        self,
        spelled: Spelled | None = None,
        tops: tuple[str, ...] = (),
        read: Callable[[str], Source] = _read,
        disk: Disk | None = None,
    ) -> None:
        self._read = read
        self._given = spelled or {}
        self._tops = tops
        self.disk = disk or Disk()
        self._sources: dict[str, Source] = {}
        self._located: dict[tuple[str, int, str], str | None] = {}
        self._roots: dict[str, str] = {}
        self._above: dict[tuple[str, str], tuple[str, ...]] = {}
        self._folders: dict[str, str] = {}
        self._reals: dict[str, str] = {}
        self._digests: dict[Source, str] = {}
        self._parseable: dict[str, bool] = {}
        self._known: Mapping[str, Known] = {}

    def __reduce__(self) -> tuple[Callable[..., Modules], tuple[object, ...]]:
        return _unpacked, (self._spelled, self._tops, self._read, self._known)

    @cached_property
    def _spelled(self) -> Mapping[str, str]:
        return self._given() if callable(self._given) else self._given

    def find(self, module: str, level: int, importer: str) -> Source | None:
        """The source of a module by dotted name, relative to the importer's package where `level` > 0.

        A package without `__init__.py` is an empty source. None where the module is not in the code base, or where it
        cannot be read or must not be parsed.
        """
        path = self.locate(module, level, importer)
        if path is None:
            return None
        return self._package(path) if self._is_package(path) else self._readable(path)

    def locate(self, module: str, level: int, importer: str) -> str | None:
        """The file of a module by dotted name, or None where it is not in the code base.

        Of a package without `__init__.py` it is the path where that would be.
        """
        folder = self._folders.get(importer)
        if folder is None:
            folder = self._folders[importer] = os.path.dirname(os.path.abspath(importer))
        key = (module, level, folder)
        if key not in self._located:
            found = self._search(module, level, folder)
            self._located[key] = None if found is None else self._spelled.get(self._real(found), found)
        return self._located[key]

    def top(self, folder: str) -> str | None:
        """The given folder that holds this one, the innermost; for one inside a package, what holds the package."""
        tops = (top for top in self._tops if (folder + os.sep).startswith(os.path.join(top, "")))
        top = max(tops, key=len, default=None)
        return None if top is None else self._package_root(top)

    def root(self, folder: str) -> str:
        """The folder that no import from `folder` leaves."""
        if folder not in self._roots:
            candidates = [one for one in (self.disk.root(folder), self.top(folder)) if one is not None]
            self._roots[folder] = min(candidates, key=len) if candidates else self._package_root(folder)
        return self._roots[folder]

    def _search(self, module: str, level: int, folder: str) -> str | None:
        root = self.root(folder)
        parts = module.split(".") if module else []
        if not all(part.isidentifier() for part in parts) or not (parts or level):
            return None
        for base in self._bases(folder, level, root):
            if parts and os.path.basename(base) in INSTALLED and _below(base, folder) != parts[0]:
                continue  # another project's package, installed beside this one
            above = self._descend(base, parts[:-1])
            if above is None:
                continue
            stem = os.path.join(above, *parts[-1:])
            package = not parts or parts[-1] in self.disk.names(above)
            for path in [os.path.join(stem, "__init__.py")] * package + [f"{stem}.py"] * bool(parts):
                if self._is_file(path) and self._inside(path, root):
                    return path
            if package and self._holds_modules(stem) and self._inside(stem, root):
                return os.path.join(stem, "__init__.py")
        return None

    def _descend(self, folder: str, parts: list[str]) -> str | None:
        for part in parts:
            if part not in self.disk.names(folder):
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
            inner = (source,) if self.disk.is_folder(source) else ()
            found = self._above[one, root] = (one, *inner, *found)
        return found

    def _is_file(self, path: str) -> bool:
        return path in self._spelled or self.disk.is_file(path)

    def _holds_modules(self, folder: str) -> bool:
        """Whether a folder is a package without `__init__.py`: Python files in it, or in a folder below it."""
        names = self.disk.names(folder)
        if any(name.endswith(".py") for name in names):
            return True
        inner = (os.path.join(folder, name) for name in sorted(names))
        return any(self.disk.is_file(os.path.join(one, "__init__.py")) and not self.disk.is_link(one) for one in inner)

    def _package_root(self, folder: str) -> str:
        while self._is_file(os.path.join(folder, "__init__.py")) and os.path.dirname(folder) != folder:
            folder = os.path.dirname(folder)
        return folder

    def _real(self, path: str) -> str:
        # The real path of a file of the run leads to itself.
        return path if path in self._spelled else self.disk.real(path)

    def _real_of(self, path: str) -> str:
        """As `_real`, of a path as it is spelled."""
        real = self._reals.get(path)
        if real is None:
            real = self._reals[path] = self._real(os.path.abspath(path))
        return real

    def _inside(self, path: str, root: str) -> bool:
        return (self._real(path) + os.sep).startswith(os.path.join(self.disk.real(root), ""))

    def source(self, path: str) -> Source:
        """A file's source, read once, whether or not it can be parsed."""
        real = self._real_of(path)
        if real not in self._sources:
            self._sources[real] = self._with_what_is_known(real, self._read(self._spelled.get(real, path)))
        return self._sources[real]

    def located(self, path: str) -> Source:
        """The source of a file that was located; an empty one where a package has no `__init__.py`."""
        return self._package(path) if self._is_package(path) else self.source(path)

    def _is_package(self, path: str) -> bool:
        """Whether a located file is not there, because it is that of a package without one."""
        return os.path.basename(path) == "__init__.py" and not self._is_file(self._real_of(path))

    def know(self, examined: Mapping[str, Known]) -> None:
        """Take account of what was found out of files, for the sources that are given from now on."""
        self._known = {self._real_of(path): known for path, known in examined.items()}
        for real in self._known.keys() & self._sources.keys():
            self._sources[real] = self._with_what_is_known(real, self._sources[real])

    def _with_what_is_known(self, real: str, source: Source) -> Source:
        known = self._known.get(real)
        return replace(source, unread=known.unread, harmless=known.harmless) if known else source

    def digest(self, path: str | None) -> str:
        """What was read of a file that was located, in short; empty where nothing was."""
        if path is None or self._is_package(path):
            return ""
        source = self.source(path)
        if source not in self._digests:
            self._digests[source] = digest(source)
        return self._digests[source]

    def _readable(self, path: str) -> Source | None:
        source = self.source(path)
        from rnnlint.source.guard import guard

        # Many files ask for the same module: looking for what would hurt the parser takes as long as parsing.
        if source.path not in self._parseable:
            self._parseable[source.path] = not source.diagnostics and (source.harmless or guard(source) is None)
        return source if self._parseable[source.path] else None

    def _package(self, path: str) -> Source:
        real = self._real_of(path)
        source = self._sources.get(real)
        if source is None:
            from rnnlint.source.source import Source

            source = self._sources[real] = Source(path, "")
        return source


def _unpacked(
    spelled: Spelled,
    tops: tuple[str, ...],
    read: Callable[[str], Source],
    known: Mapping[str, Known],
) -> Modules:
    modules = Modules(spelled, tops, read)
    modules._known = known
    return modules


def digest(source: Source) -> str:
    """All that an analysis reads of a source, in short."""
    from hashlib import blake2b

    cells = [(cell.number, cell.first, cell.text) for cell in source.cells]
    parts = source.text, source.original, source.kind, cells, sorted(source.shifts.items()), source.diagnostics
    return blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Asked:
    """What an analysis asked for: the file of a module, and the digest of what was read there."""

    module: str
    level: int
    importer: str
    path: str | None
    digest: str


class Recorder:
    """A finder that remembers what it was asked for."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._asked: dict[tuple[str, int, str], None] = {}

    def find(self, module: str, level: int, importer: str) -> Source | None:
        """As `Modules.find`."""
        self._asked[module, level, importer] = None
        return self._modules.find(module, level, importer)

    def asked(self) -> Iterator[Asked]:
        """All questions in their order, with the answers."""
        for module, level, importer in self._asked:
            path = self._modules.locate(module, level, importer)
            yield Asked(module, level, importer, path, self._modules.digest(path))


def _below(base: str, folder: str) -> str:
    """The first folder on the way from one folder down to another."""
    return os.path.relpath(folder, base).partition(os.sep)[0]
