"""Finds the modules of the code base under analysis by name, without importing anything."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from rnnlint.project.disk import Disk
from rnnlint.project.files import File
from rnnlint.project.locate import Locator
from rnnlint.records import dataclass

if TYPE_CHECKING:
    from rnnlint.project.pins import Origin, Pins
    from rnnlint.project.roots import Roots
    from rnnlint.source.source import Source


def _read(file: File) -> Source:
    from rnnlint.source.read import read

    return read(file.shown)


@dataclass(frozen=True, slots=True)
class Known:
    """What was found out of a file: see `Source.skipped_rows` and `Source.parser_safe`."""

    skipped_rows: tuple[tuple[int, int], ...] = ()
    parser_safe: bool = False


class Modules:
    """Finds and keeps sources of modules: a `rnnlint.interpret.Finder`, made for one run.

    Which files it finds, `Locator` says.
    """

    def __init__(
        self,
        files: Collection[File] = (),
        tops: tuple[str, ...] = (),
        read: Callable[[File], Source] = _read,
        roots: Roots | None = None,
    ) -> None:
        """Make it for a run.

        Args:
            files: those of the run.
            tops: the folders (absolute) that were given to lint.
            read: reads a file of the code base.
            roots: what the run knows of where projects begin.
        """
        self.disk = Disk(roots)
        self._given = files
        self._tops = tops
        self._read = read
        self._locator = Locator(files, tops, self.disk)
        self._sources: dict[str, Source] = {}
        self._digests: dict[Source, str] = {}
        self._parseable: dict[str, bool] = {}
        self._known: Mapping[str, Known] = {}

    def __reduce__(self) -> tuple[Callable[..., Modules], tuple[object, ...]]:
        return _unpacked, (self._given, self._tops, self._read, self._known)

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
        return self._locator.locate(module, level, importer)

    def file(self, path: str) -> File:
        """The file at a path: one of the run, or another one of the code base."""
        return self._locator.file(path)

    def top(self, folder: str) -> str | None:
        """The given folder that holds this one, the innermost; for one inside a package, what holds the package."""
        return self._locator.top(folder)

    def root(self, folder: str) -> str:
        """The folder that no import from `folder` leaves."""
        return self._locator.root(folder)

    def origin(self, path: str) -> Origin:
        """The Keras that the project of a file is pinned to."""
        folder = self.file(path).folder
        return self._pins.origin(folder, self.top(folder))

    @cached_property
    def _pins(self) -> Pins:
        from rnnlint.project.pins import Pins

        return Pins(self.disk.roots)

    def hold(self, source: Source) -> None:
        """Use this source for its file, instead of the content on disk."""
        self._sources[self.file(source.path).real] = source

    def source(self, path: str) -> Source:
        """A file's source, read once, whether or not it can be parsed."""
        file = self.file(path)
        real = file.real
        if real not in self._sources:
            shown = self._locator.shown(real, path)
            self._sources[real] = self._with_what_is_known(real, self._read(file._replace(shown=shown)))
        return self._sources[real]

    def located(self, path: str) -> Source:
        """The source of a file that was located; an empty one where a package has no `__init__.py`."""
        return self._package(path) if self._is_package(path) else self.source(path)

    def _is_package(self, path: str) -> bool:
        """Whether a located file is not there, because it is that of a package without one."""
        return os.path.basename(path) == "__init__.py" and not self._locator.is_file(self.file(path).real)

    def know(self, examined: Mapping[str, Known]) -> None:
        """Take account of what was found out of files, for the sources that are given from now on."""
        self._known = {self.file(path).real: known for path, known in examined.items()}
        for real in self._known.keys() & self._sources.keys():
            self._sources[real] = self._with_what_is_known(real, self._sources[real])

    def _with_what_is_known(self, real: str, source: Source) -> Source:
        known = self._known.get(real)
        return replace(source, skipped_rows=known.skipped_rows, parser_safe=known.parser_safe) if known else source

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
            self._parseable[source.path] = not source.diagnostics and (source.parser_safe or guard(source) is None)
        return source if self._parseable[source.path] else None

    def _package(self, path: str) -> Source:
        real = self.file(path).real
        source = self._sources.get(real)
        if source is None:
            from rnnlint.source.source import Source

            source = self._sources[real] = Source(path, "")
        return source


def _unpacked(
    files: Collection[File],
    tops: tuple[str, ...],
    read: Callable[[File], Source],
    known: Mapping[str, Known],
) -> Modules:
    modules = Modules(files, tops, read)
    modules._known = known
    return modules


def digest(source: Source) -> str:
    """All that an analysis reads of a source, in short."""
    from hashlib import blake2b

    cells = [(cell.number, cell.first, cell.text) for cell in source.cells]
    parts = source.text, source.original, source.kind, cells, sorted(source.shifts.items()), source.diagnostics
    return blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Query:
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

    def queries(self) -> Iterator[Query]:
        """All questions in their order, with the answers."""
        for module, level, importer in self._asked:
            path = self._modules.locate(module, level, importer)
            yield Query(module, level, importer, path, self._modules.digest(path))
