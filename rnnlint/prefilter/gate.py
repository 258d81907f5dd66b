"""Which files can hold a finding: asked of their bytes first, then of their `ast`, before libcst is imported at all.

A rule can speak only where certain things come together (`rnnlint.keras.ingredients`): a dropout layer and a recurrent
layer, say. They need not stand in one file, so imports into the code base are followed. Every answer here errs on the
side of "can hold a finding"; tests/test_gate.py compares the findings with and without it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from functools import cache, cached_property
from typing import TYPE_CHECKING

from rnnlint.keras.frameworks import framework
from rnnlint.keras.ingredients import EVERYTHING, KERAS, Ingredients, in_bytes
from rnnlint.project.locate import INSTALLED
from rnnlint.project.modules import Known
from rnnlint.records import dataclass
from rnnlint.registry import ABOUT_COMMENTS, RULES

if TYPE_CHECKING:
    from rnnlint.prefilter.reach import Focus, Reach, Rows
    from rnnlint.project.modules import Modules

# The most that a list of names in brackets is read of.
_LONGEST = 10_000
_COMMON = frozenset({KERAS})
_NOTHING = frozenset[str]()


@dataclass(frozen=True, slots=True)
class ScannedImport:
    """One import statement: `names` is empty for `import module`; a star is among them as `*`."""

    module: str
    level: int
    names: tuple[str, ...] = ()

    @property
    def top(self) -> str:
        """The first part of the module's name."""
        return self.module.partition(".")[0]


@cache
def _statement() -> re.Pattern[bytes]:
    """An import statement, on one line or several in brackets; a notebook's lines are JSON strings.

    Compiled when a file is first asked for its imports: that takes 1 ms, and most runs over one file ask none.
    """
    return re.compile(
        rb"(?:^|\\n|[;:])[ \t]*\"?[ \t]*"
        rb"(?:from[ \t]+([.\w \t]+?)[ \t]+import\b[ \t\\\r\n]*(\([^)]*\)|(?:[^#\r\n\"\\]|\\\r?\n)*)"
        rb"|import[ \t]+([^#\r\n\";\\]+))"
    )


def imports(data: bytes) -> Iterator[ScannedImport]:
    """The import statements of a file, by a cheap scan of its bytes, which may take strings and comments for some."""
    at = data.find(b"import")
    while at >= 0:
        start, end = data.rfind(b"\n", 0, at) + 1, _line_end(data, at)
        opened = data.find(b"(", at, end)
        if opened >= 0 and data.find(b")", opened, end) < 0:
            closed = data.find(b")", end, end + _LONGEST)
            end = closed + 1 if closed >= 0 else end
        elif data[end - 2 : end].rstrip(b"\r").endswith(b"\\") and end < len(data):
            end = _line_end(data, end + 1)
        for match in _statement().finditer(data[start:end]):
            source, names, modules = (group.decode("utf-8", "replace") if group else "" for group in match.groups())
            if source:
                module = source.replace(" ", "").replace("\t", "")
                bare = module.lstrip(".")
                yield ScannedImport(bare, len(module) - len(bare), tuple(_listed(names)))
            else:
                yield from (ScannedImport(name, 0) for name in _listed(modules))
        at = data.find(b"import", max(end, at + 6))


def _line_end(data: bytes, at: int) -> int:
    end = data.find(b"\n", at)
    return end if end >= 0 else len(data)


def _listed(text: str) -> Iterator[str]:
    for part in re.sub(r"#[^\n]*|[()\\]", " ", text).split(","):
        name = re.sub(r"\bas\b.*", "", part).strip()
        if name:
            yield name.split()[0]


Read = Callable[[str], "bytes | None"]


def ingredients(data: bytes | None) -> Ingredients | None:
    """The ingredients that a file may hold by its bytes; None where it cannot be read."""
    return in_bytes(data) if data is not None and _is_text(data) else None


def _is_text(data: bytes) -> bool:
    """Whether bytes are plain UTF-8; what is not is for the linter to judge, which knows coding cookies."""
    if b"\0" in data:
        return False
    if data.isascii():
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def requirements(selected: Iterable[frozenset[str]]) -> tuple[Ingredients, ...]:
    """What rules, given by the codes that each file selects, ask of code: one of these sets has to come together.

    A rule about comments asks for nothing that stands in code.
    """
    codes = frozenset[str]().union(*set(selected)) - ABOUT_COMMENTS
    asked = [rule.requires or (frozenset[str](),) for rule in RULES if rule.code in codes]
    return tuple(dict.fromkeys(need for one in asked for need in one))


class Gate:
    """Decides for the files of a run which ones are analysed.

    `needs` are the ingredients that the selected rules ask for: one of these sets has to come together. `read` gives a
    file's bytes, or None where it cannot be read.
    """

    def __init__(self, needs: Iterable[Ingredients], modules: Modules, read: Read) -> None:
        self._needs = tuple(need | _COMMON for need in needs)
        self._modules = modules
        self._read = read
        self._not_read: list[str] = []
        self._holds: dict[str, Ingredients] = {}
        self._selected: dict[str, Focus | None] = {}
        self._rows: dict[str, frozenset[Rows]] = {}
        self._parser_safe: frozenset[str] = frozenset()
        self._imported: dict[str, tuple[_Taken, ...]] = {}
        self._reached: dict[str, dict[str, None]] = {}
        self._marks: dict[str, bool] = {}
        self._tops: dict[str, frozenset[bytes]] = {}

    @cached_property
    def _reaches(self) -> Reach:
        from rnnlint.prefilter.reach import Reach, bits

        return Reach(self._modules, self._edges, lambda path: bits(self._holding(path)), self._marked)

    def look(self, path: str, data: bytes | None) -> None:
        """Take a file of the run into account: its bytes, or None where it cannot be read."""
        self.note(path, ingredients(data))

    def note(self, path: str, holds: Ingredients | None) -> None:
        """The same for a file whose `ingredients` are known."""
        if holds is None:
            self._not_read.append(path)
        else:
            self._holds[path] = holds

    def candidates(self) -> frozenset[str]:
        """The files that can hold a finding or put together what others hold. One that cannot be read is among them."""
        self.take(self.examine(self.maybe()))
        return self.selected

    def maybe(self) -> list[str]:
        """The files that may be candidates, by the bytes of all; to be examined."""
        if not self._needs:
            return []
        marked = [path for path, holds in self._holds.items() if holds - _COMMON]
        plain = [path for path, holds in self._holds.items() if not holds - _COMMON]
        # Without Keras in reach, a module about LSTMs is another framework's.
        importers = self._importers(plain, [path for path in marked if self._reaches_keras(path)])
        return sorted([*filter(self._enough, marked), *importers])

    def examine(self, paths: Iterable[str]) -> Examined:
        """Which of these files are candidates, by what their code really uses."""
        from rnnlint.prefilter.reach import bits

        needs = [bits(need - _COMMON) for need in self._needs]
        if not all(needs):
            return Examined(dict.fromkeys(paths))
        selected: dict[str, Focus | None] = {}
        for path in paths:
            if (self._holding(path) - _COMMON or self._takes(path)) and (focus := self._reaches.focus(path, needs)):
                selected[path] = focus
        return Examined(selected, self._reaches.skipped_rows(), self._reaches.parser_safe())

    def take(self, examined: Examined) -> None:
        """Take account of what was examined."""
        self._selected |= examined.selected
        for path, rows in examined.skipped_rows.items():
            self._rows[path] = self._rows.get(path, rows) & rows
        self._parser_safe |= examined.parser_safe

    def lose(self, paths: Iterable[str]) -> None:
        """Take account of files that could not be examined: all is to be read."""
        self._selected |= dict.fromkeys(paths)

    @property
    def selected(self) -> frozenset[str]:
        """The candidates among what was examined, and what could not be read."""
        return frozenset(self._not_read).union(self._selected)

    def focus(self, path: str) -> Focus | None:
        """What of a candidate is to be run; None for all."""
        return self._selected.get(path)

    def known(self) -> Mapping[str, Known]:
        """What was found out of files: rows that no candidate's analysis needs, and whether the parser is safe."""
        rows = {} if self._not_read or None in self._selected.values() else self._rows
        return {
            path: Known(tuple(sorted(rows.get(path, ()))), path in self._parser_safe)
            for path in self._parser_safe.union(rows)
        }

    def _enough(self, path: str) -> bool:
        """Whether all that some rule needs comes together in a file and in what it imports."""
        reached = frozenset().union(*(self._holding(one) for one in self._reach(path)))
        return any(need <= reached for need in self._needs)

    def _reaches_keras(self, path: str) -> bool:
        return KERAS in self._holds[path] or any(KERAS in self._holding(one) for one in self._reach(path))

    def _holding(self, path: str) -> Ingredients:
        if path not in self._holds:
            data = self._read(path)
            self._holds[path] = EVERYTHING if data is None else in_bytes(data)
        return self._holds[path]

    def _reach(self, path: str) -> Iterable[str]:
        """A file and all that it imports from the code base, directly or not."""
        if path not in self._reached:
            reached = self._reached[path] = {path: None}
            queue = [path]
            while queue:
                for one in self._edges(queue.pop()):
                    if one not in reached:
                        reached[one] = None
                        queue.append(one)
        return self._reached[path]

    def _marked(self, path: str) -> bool:
        """Whether a file or what it imports holds more than Keras."""
        if path not in self._marks:
            self._marks[path] = any(self._holding(one) - _COMMON for one in self._reach(path))
        return self._marks[path]

    def _edges(self, path: str) -> Iterable[str]:
        return dict.fromkeys(one.path for one in self._imports(path))

    def _imports(self, path: str) -> tuple[_Taken, ...]:
        """What the imports of a file take from the code base."""
        if path not in self._imported:
            data = self._read(path)
            self._imported[path] = () if data is None else tuple(self._resolve(path, data))
        return self._imported[path]

    def _resolve(self, path: str, data: bytes) -> Iterator[_Taken]:
        for one in imports(data):
            if not one.level and framework(one.module):
                continue
            if one.names:
                if (located := self._locate(one.module, one.level, path)) is not None:
                    yield _Taken(located, one.names)
                wanted = [f"{one.module}.{name}".lstrip(".") for name in one.names if name != "*"]
            else:
                parts = one.module.split(".")
                wanted = [".".join(parts[: length + 1]) for length in range(len(parts))]
            for name in wanted:
                if (located := self._locate(name, one.level, path)) is not None:
                    yield _Taken(located)
                    # A package gives all its modules as attributes.
                    if os.path.basename(located) == "__init__.py":
                        yield from (_Taken(inner) for inner in self._attributes(located, data))

    def _locate(self, module: str, level: int, path: str) -> str | None:
        return self._modules.locate(module, level, path) if module or level else None

    def _attributes(self, package: str, data: bytes) -> Iterator[str]:
        """The modules of a package that some code may reach as its attributes."""
        folder = os.path.dirname(package)
        for name in sorted(self._modules.disk.names(self._modules.file(package).folder)):
            if name.endswith(".py") and f".{name[:-3]}".encode("utf-8", "surrogateescape") in data:
                yield os.path.join(folder, name)

    # -----------------------------------------------------------------------------------------------------------------
    # Files that hold no ingredient themselves

    def _importers(self, plain: list[str], marked: list[str]) -> list[str]:
        """The files that reach enough through their imports alone.

        Reading the imports of every file would cost more than everything else. A file is only asked for its imports
        if it spells the name by which, from where it stands, one of the files in question can be imported.
        """
        found: list[str] = []
        hot = set(marked)
        fresh = set(marked)
        folders: dict[str, list[str]] = {}
        for path in plain:
            folders.setdefault(self._modules.file(path).folder, []).append(path)
        while fresh:
            reachable = _Reachable(fresh, self._modules)
            fresh = set()
            for folder, paths in folders.items():
                names = reachable.names(folder)
                for path in paths if names else ():
                    if path in hot or names.isdisjoint(self._imported_tops(path)):
                        continue
                    if not hot.isdisjoint(self._edges(path)):
                        fresh.add(path)
                        hot.add(path)
                        if self._enough(path):
                            found.append(path)
        return found

    def _imported_tops(self, path: str) -> frozenset[bytes]:
        if path not in self._tops:
            self._tops[path] = frozenset(
                b"." if one.level else one.top.encode() for one in imports(self._read(path) or b"")
            )
        return self._tops[path]

    def _takes(self, path: str) -> bool:
        """Whether a file imports a name by which another one gives ingredients."""
        data = self._read(path) or b""
        for one in self._imports(path):
            if self._marked(one.path):
                names = self._reaches.hot_names(one.path)
                if names is None or not one.names or not names.isdisjoint(one.names):
                    return True
                if "*" in one.names and any(name.encode("utf-8", "surrogateescape") in data for name in names):
                    return True
        return False


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found out of files: those that are candidates, with what of them is to be run, None for all.

    `skipped_rows` are the rows that they do not need, of each file that they need. `parser_safe` are files that were
    seen to be no danger for the parser.
    """

    selected: dict[str, Focus | None]
    skipped_rows: dict[str, frozenset[Rows]] = field(default_factory=dict)
    parser_safe: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Taken:
    """What an import takes from a file of the code base: some names, or the module itself."""

    path: str
    names: tuple[str, ...] = ()


class _Reachable:
    """By which names files can be imported from a folder: relatively, or from a folder above the importing file."""

    def __init__(self, files: Iterable[str], modules: Modules) -> None:
        self._modules = modules
        self._below: dict[str, set[str]] = {}
        self._found: dict[tuple[str, str, str], frozenset[str]] = {}
        for path in files:
            folder, name = modules.file(path).folder, os.path.basename(path)
            root = modules.root(folder)
            stem = name.rpartition(".")[0]
            while stem.isidentifier():
                if stem != "__init__":
                    self._below.setdefault(folder, set()).add(stem)
                if folder == root or os.path.dirname(folder) == folder:
                    break
                folder, stem = os.path.split(folder)

    def names(self, folder: str) -> frozenset[bytes]:
        """The first parts of the names by which those in a folder may import any of the files; `.` if relatively."""
        found = self._from(folder, "", self._modules.root(folder))
        known = {name.encode("utf-8", "surrogateescape") for name in found if not framework(name)}
        return frozenset(known | {b"."}) if found else frozenset()

    def _from(self, folder: str, own: str, root: str) -> frozenset[str]:
        """The names that are in reach from a folder, up to the root; `own` is the one below it that is come from."""
        passed: list[tuple[str, str, str]] = []
        while True:
            above, name = os.path.split(folder)
            # Of what is installed in one folder a package only sees itself.
            key = (folder, own if name in INSTALLED else "", root)
            found = self._found.get(key)
            if found is not None:
                break
            passed.append(key)
            if folder == root or above == folder:
                found = frozenset()
                break
            folder, own = above, name
        for key in reversed(passed):
            folder, own, _ = key
            below = self._below.get(folder, _NOTHING) | self._below.get(os.path.join(folder, "src"), _NOTHING)
            found = self._found[key] = found | (below & {own} if os.path.basename(folder) in INSTALLED else below)
        return found
