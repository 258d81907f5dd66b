"""Results of earlier runs, in one file below the project; at worst a run is a cold one.

Two levels. A whole run is answered where nothing that it looked at has changed: its files by their status, as git's
index knows them, and what it asked of the disk beside them by asking again. Else each file that is analysed is
answered by its content and that of every module that its analysis asked for.

The file lies in a folder that may be somebody else's. It is text: one line for each entry, with a checksum, whose JSON
is taken apart into the few classes that results are made of and refused where anything has another type.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import cache, cached_property, lru_cache
from hashlib import blake2b
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

from rnnlint.project.disk import questions
from rnnlint.project.modules import Modules
from rnnlint.project.roots import Roots
from rnnlint.result import FileResult
from rnnlint.version import __version__

if TYPE_CHECKING:
    from rnnlint.project.pins import Origin
    from rnnlint.project.walk import Discovered
    from rnnlint.run.pool import Linted, Task
    from rnnlint.settings.settings import Settings

FOLDER = ".rnnlint_cache"
_FILE = "results"
# Bounds on what is kept; the entries that were used last stay.
_MOST_BYTES = 16_000_000
_MOST_ENTRIES = 4_000
_LARGEST = 4_000_000
_KEY = 32  # the length of a key, the digest of what an entry is for
# The time within which a file may change twice and show the same status: the grain of some file systems.
_GRAIN = 2_000_000_000
# Files that changed just before the run are known by their content; of more than so many a run is not kept.
_MOST_FRESH = 500
_KEPT_DIAGNOSTICS = frozenset({"invalid-syntax"})


class Cache:
    """The results that are kept in a folder. `problem` says why there are none, for `-v`.

    A folder that was `named` may be a link and have parents that do not exist.
    """

    def __init__(self, folder: str, *, named: bool = False) -> None:
        self._folder = folder
        self._named = named
        self.problem = ""
        self._new: dict[bytes, bytes] = {}
        self._used: dict[bytes, None] = {}

    def get(self, key: str) -> Any:
        """What is kept by a key, as JSON has it: anything, or None."""
        named = key.encode()
        line = self._lines.get(named)
        if line is None:
            return None
        check, _, text = line[_KEY + 1 :].partition(b" ")
        if _digest(text).encode() != check:
            return None
        from json import loads

        try:
            entry = loads(text)
        except (ValueError, RecursionError):
            return None
        self._used[named] = None
        return entry

    @cached_property
    def _lines(self) -> dict[bytes, bytes]:
        return self._read()

    def _read(self) -> dict[bytes, bytes]:
        """The lines by their keys, with which they begin; none where the file is not there, or is none of ours."""
        if not self._usable():
            return {}
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        try:
            handle = os.open(os.path.join(self._folder, _FILE), flags)
            with os.fdopen(handle, "rb") as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
                    return {}
                lines = file.read().split(b"\n")
        except (OSError, ValueError):
            return {}
        return {line[:_KEY]: line for line in lines if line[_KEY : _KEY + 1] == b" "}

    def _usable(self) -> bool:
        """Whether the folder is one. Another one's project must not lead elsewhere by a link."""
        look = os.stat if self._named else os.lstat
        try:
            return stat.S_ISDIR(look(self._folder).st_mode)
        except (OSError, ValueError):
            return False

    def put(self, key: str, entry: object) -> None:
        """Keep something, from the next `write` on."""
        from json import dumps

        text = dumps(entry, separators=(",", ":")).encode()
        if len(text) <= _LARGEST:
            self._new[key.encode()] = b"%b %b %b" % (key.encode(), _digest(text).encode(), text)

    def write(self) -> None:
        """Write what is new, by a file that takes the other's place: who reads meanwhile reads the one or the other."""
        if not self._new:
            return
        temporary = os.path.join(self._folder, f"{_FILE}.{os.getpid()}.{time.time_ns()}")
        try:
            self._make_folder()
            lines = self._read()  # once more: another run may have written
            for key in self._used:
                if key in lines:
                    lines[key] = lines.pop(key)
            lines = {key: line for key, line in lines.items() if key not in self._new} | self._new
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            try:
                with os.fdopen(os.open(temporary, flags, 0o666), "wb") as file:
                    file.writelines(_bounded(lines))
                os.replace(temporary, os.path.join(self._folder, _FILE))
            finally:
                with suppress(OSError):
                    os.unlink(temporary)
        except (OSError, ValueError) as error:
            self.problem = f"the cache in {self._folder} is not written: {getattr(error, 'strerror', None) or error}"

    def _make_folder(self) -> None:
        if not self._usable():
            os.makedirs(self._folder) if self._named else os.mkdir(self._folder)
        for name, text in _TAGS.items():
            with suppress(FileExistsError), open(os.path.join(self._folder, name), "x", encoding="ascii") as file:
                file.write(text)
        with os.scandir(self._folder) as scan:
            for entry in scan:
                # What a run left that ended in the middle of writing.
                if (
                    entry.name.startswith(f"{_FILE}.")
                    and time.time() - entry.stat(follow_symlinks=False).st_mtime > 600
                ):
                    os.unlink(entry.path)


# What a crafted or damaged entry may lead to on the way to a result.
_DAMAGED = (TypeError, ValueError, KeyError, AttributeError, IndexError, RecursionError, OverflowError, OSError)
_TAGS = {
    ".gitignore": "*\n",
    "CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n# Results of rnnlint: https://bford.info/cachedir/\n",
}


def _bounded(lines: dict[bytes, bytes]) -> list[bytes]:
    """The last of the lines, as many as may be kept."""
    kept: list[bytes] = []
    size = 0
    for line in reversed(lines.values()):
        size += len(line) + 1
        if size > _MOST_BYTES or len(kept) >= _MOST_ENTRIES:
            break
        kept.append(line + b"\n")
    return kept[::-1]


# ---------------------------------------------------------------------------------------------------------------------
# Keys


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


def _key(*parts: object) -> str:
    return _digest(repr((_version(), os.getcwd(), *parts)).encode("utf-8", "surrogatepass"))


@cache
def _version() -> str:
    """rnnlint, by its own files, since a checkout changes without its version; what it is built on; and Python."""
    from importlib.machinery import PathFinder

    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    files = [os.path.join(folder, name) for folder, _, names in os.walk(own) for name in names if name.endswith(".py")]
    files += [spec.origin for name in _BUILT_ON if (spec := PathFinder.find_spec(name)) and spec.origin]
    looks = [(path, one.st_size, one.st_mtime_ns) for path in sorted(files) if (one := _status(path))]
    return repr((__version__, sys.version, sys.platform, looks))


_BUILT_ON = ("libcst", "packaging", "pathspec")


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


def _file_key(task: Task) -> str:
    """What an analysis of a file is known by, beside the contents that it reads."""
    settings, env = task.settings, task.env
    given = sorted(settings.rules), settings.backend, settings.timestep_loss_threshold
    return _key("file", task.path, given, sorted(env.versions), sorted(env.backends))


def _relevant(settings: Settings) -> tuple[object, ...]:
    """The settings that results depend on."""
    ignores = [(one.base, one.patterns, one.inverted, sorted(codes)) for one, codes in settings.per_file_ignores]
    keras = settings.keras_version, settings.backend
    return sorted(settings.rules), ignores, keras, settings.timestep_loss_threshold, settings.ignore_noqa


# ---------------------------------------------------------------------------------------------------------------------
# One run


class RunCache:
    """Answers one run from the cache, and keeps what that run found out. `started` is when it began to look around."""

    def __init__(
        self,
        store: Cache,
        given: Sequence[str],
        found: Discovered,
        settings: Callable[[str], Settings],
        started: int,
    ) -> None:
        self._store = store
        self._paths = found.stats.keys()
        self._before = started - _GRAIN
        self._key = _key("run", list(given))
        self._fresh: set[str] = set()
        self._files = self._listing(found, settings)
        self._answers: dict[tuple[str, str], object] = {}
        self._questions = _questions(Roots())

    def _listing(self, found: Discovered, settings: Callable[[str], Settings]) -> str:
        """All files by their status, and their settings as far as they matter."""
        from marshal import dumps

        numbers: dict[int, int] = {}
        relevant: list[object] = []
        held: list[Settings] = []  # so that none takes the place of another
        looks: list[tuple[object, ...]] = []
        for path in found.paths:
            one, link = found.stats[path]
            own = settings(path)
            number = numbers.setdefault(id(own), len(numbers))
            if number == len(relevant):
                relevant.append(_relevant(own))
                held.append(own)
            looks.append((path, one.st_size, one.st_mtime_ns, one.st_ctime_ns, one.st_ino, link, number))
            if self._young(one):
                self._fresh.add(path)
        # Of version 2: the later ones write equal values in several ways.
        return _digest(dumps(looks, 2) + repr(relevant).encode("utf-8", "surrogatepass"))

    def _young(self, status: os.stat_result) -> bool:
        """Whether a file may have changed since without another status, since it changed just before."""
        return max(status.st_mtime_ns, status.st_ctime_ns) >= self._before

    def run(self) -> dict[str, FileResult] | None:
        """The results of a run with these files that are not empty, where all that it looked at is as it was."""
        entry = self._store.get(self._key)
        try:
            if entry is None or entry["files"] != self._files or not _as_before(entry["asked"]):
                return None
            known = {*self._paths, *(path for question, path, _ in entry["asked"] if question == "text")}
            results = {path: _result(path, packed, known) for path, *packed in entry["results"]}
        except _DAMAGED:
            return None
        return results if self._paths >= results.keys() else None

    def file(self, task: Task, modules: Modules) -> FileResult | None:
        """The result of an analysis, where the file and all that it asked for are as they were."""
        entry = self._store.get(_file_key(task))
        try:
            if entry is None or entry["source"] != modules.digest(task.path):
                return None
            known = {task.path}
            for module, level, importer, path, content in entry["asked"]:
                if importer not in known or modules.locate(module, level, importer) != path:
                    return None
                if modules.digest(path) != content:
                    return None
                known.add(path)
            return _result(task.path, entry["result"], known)
        except _DAMAGED:
            return None

    def keep_file(self, task: Task, modules: Modules, linted: Linted) -> None:
        """Keep the result of an analysis, as it is before findings come to the files that they lie in."""
        for one in linted.queries:
            # Another process may have seen another state of the disk.
            if (
                modules.locate(one.module, one.level, one.importer) != one.path
                or modules.digest(one.path) != one.digest
            ):
                self._answers["text", one.path or one.importer] = _CHANGING
        if all(one.kind in _KEPT_DIAGNOSTICS for one in linted.result.diagnostics):
            asked = [[one.module, one.level, one.importer, one.path, one.digest] for one in linted.queries]
            entry = {"source": modules.digest(task.path), "asked": asked, "result": _packed(linted.result)}
            self._store.put(_file_key(task), entry)

    def read(self, path: str, data: bytes | None) -> None:
        """Take note of what was read. The status of a file says enough, but not of a fresh one, nor of a stranger."""
        if path not in self._paths or (path in self._fresh and len(self._fresh) <= _MOST_FRESH):
            answer = "" if data is None else _digest(data)
            if self._answers.setdefault(("text", path), answer) != answer:
                self._answers["text", path] = _CHANGING

    @property
    def answers(self) -> dict[tuple[str, str], object]:
        """What was asked so far beside what the run's `Disk` was."""
        return self._answers

    def note(self, asked: Mapping[tuple[str, str], object], disk: dict[tuple[str, str], object]) -> None:
        """Take note of what another process asked; `disk` is what this one did."""
        for key, answer in asked.items():
            known = self._answers if key[0] == "text" else disk
            if known.setdefault(key, answer) != answer:
                self._answers[key] = _CHANGING

    def pins(self, origin: Origin) -> None:
        """Take note of what was looked at for the pins of a project."""
        for folder in origin.folders:
            self._ask("dependencies", folder)
            self._ask("root", folder)
        for path in origin.files:
            self._ask("text", path)
            self._ask("real", path)

    def _ask(self, question: str, path: str) -> None:
        """Ask once more what was asked before: the answer counts where nothing has changed since."""
        if (question, path) not in self._answers:
            status = _status(path)
            changing = status is not None and self._young(status)
            self._answers[question, path] = _CHANGING if changing else self._questions[question](path)

    def keep(self, results: list[FileResult], modules: Modules, *, worth: bool) -> None:
        """Keep the results of the run if they are `worth` it, and write all that was kept."""
        told = [one for one in results if one.findings or one.suppressed or one.diagnostics or one.notes]
        kinds = {one.kind for result in told for one in result.diagnostics}
        asked = self._answers | modules.disk.queries
        settled = len(self._fresh) <= _MOST_FRESH and _CHANGING not in self._answers.values()
        if worth and settled and kinds <= _KEPT_DIAGNOSTICS:
            questions = [[question, path, _answer(answer)] for (question, path), answer in asked.items()]
            packed = [[result.path, *_packed(result)] for result in told]
            self._store.put(self._key, {"files": self._files, "asked": questions, "results": packed})
        self._store.write()


# ---------------------------------------------------------------------------------------------------------------------
# What a run asks of the disk beside its files

# No answer to any question: what changed while the run was looking.
_CHANGING = "changing"


def _text(path: str) -> str:
    """The content of a file; empty where it cannot be read."""
    from rnnlint.source.read import read_bytes

    data = read_bytes(path)
    return _digest(data) if isinstance(data, bytes) else ""


def _dependencies(folder: str) -> tuple[str, ...]:
    from rnnlint.project.dependencies import dependency_files

    return dependency_files(folder)


def _questions(roots: Roots) -> dict[str, Callable[[str], object]]:
    return {**questions(roots), "text": _text, "dependencies": _dependencies}


def _as_before(asked: list[list[str]]) -> bool:
    ask = _questions(Roots())
    return all(_answer(ask[question](path)) == answer for question, path, answer in asked)


def _answer(answer: object) -> str:
    """An answer in a form that can be kept."""
    if isinstance(answer, str):
        return answer
    if isinstance(answer, (frozenset, tuple)):
        return _digest(repr(sorted(answer)).encode("utf-8", "surrogatepass"))
    return repr(answer)


# ---------------------------------------------------------------------------------------------------------------------
# Results as JSON


def _packed(result: FileResult) -> list[object]:
    return [_pack(one) for one in (result.findings, result.suppressed, result.diagnostics, result.notes)]


def _result(path: str, packed: Any, known: set[str]) -> FileResult:
    from rnnlint.findings import Diagnostic, Finding
    from rnnlint.graph import Note

    findings, suppressed, diagnostics, notes = packed
    return FileResult(
        _reader(str)(path, None),
        _reader(tuple[Finding, ...])(findings, known),
        _reader(tuple[Finding, ...])(suppressed, known),
        _reader(tuple[Diagnostic, ...])(diagnostics, known),
        _reader(tuple[Note, ...])(notes, None),
    )


# What only a run with --confirm needs, which is never answered from here.
_LEFT_OUT = frozenset({"probe", "plan", "verdict"})
# The largest row or column that a source can have.
_MOST = 50_000_000


def _pack(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return [value.__class__.__name__, *(_pack(getattr(value, name)) for name in _shape(value.__class__))]
    if isinstance(value, (tuple, list)):
        return [_pack(one) for one in value]
    return value


@lru_cache(maxsize=64)
def _shape(kind: type) -> dict[str, Any]:
    """The fields of a class that are kept, with their types."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind) if field.name not in _LEFT_OUT}


# Makes a value of JSON; the spans in it lie in the known files, unless these are None. What raises is damaged.
_Reader = Callable[[Any, "set[str] | None"], Any]


@cache
def _reader(hint: Any) -> _Reader:
    """What makes values of just this type, and raises one of `_DAMAGED` where it cannot."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _any_of(arguments)
    if origin is Literal:
        return _one_of(arguments)
    if origin is tuple:
        return _tuple_of(arguments)
    return _object_of(hint) if is_dataclass(hint) else _plain(hint)


def _any_of(kinds: tuple[Any, ...]) -> _Reader:
    readers = {kind.__name__: _reader(kind) for kind in kinds}

    def read(data: Any, known: set[str] | None) -> Any:
        return readers[data[0] if type(data) is list else type(data).__name__](data, known)

    return read


def _one_of(values: tuple[Any, ...]) -> _Reader:
    def read(data: Any, _: set[str] | None) -> Any:
        if data not in values:
            raise ValueError(data)
        return data

    return read


def _tuple_of(kinds: tuple[Any, ...]) -> _Reader:
    endless = kinds[-1] is Ellipsis
    readers = [_reader(kind) for kind in kinds[: 1 if endless else None]]

    def read(data: Any, known: set[str] | None) -> Any:
        if type(data) is not list:
            raise TypeError(data)
        if endless:
            return tuple([readers[0](one, known) for one in data])
        return tuple([one(part, known) for one, part in zip(readers, data, strict=True)])

    return read


def _object_of(kind: Any) -> _Reader:
    from rnnlint.graph import Span

    name, inside = kind.__name__, kind is Span
    fields_of = [(field, _reader(hint)) for field, hint in _shape(kind).items()]

    def read(data: Any, known: set[str] | None) -> Any:
        if type(data) is not list or data[0] != name:
            raise TypeError(data)
        values = {field: one(part, known) for (field, one), part in zip(fields_of, data[1:], strict=True)}
        if inside and known is not None and values["path"] not in known:
            raise ValueError(values["path"])
        return kind(**values)

    return read


def _plain(kind: Any) -> _Reader:
    def read(data: Any, _: set[str] | None) -> Any:
        if type(data) is not kind or kind not in (str, int, float, bool, NoneType):
            raise TypeError(data)
        if kind is int and not 0 <= data <= _MOST:
            raise ValueError(data)
        return data

    return read


def default_folder() -> str:
    """Where the results of a run are kept: in the project that the current folder stands in, else there."""
    here = os.getcwd()
    return os.path.join(Roots().project_root(here) or here, FOLDER)
