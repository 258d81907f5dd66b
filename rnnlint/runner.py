"""Many files: which ones can hold a finding, each through the linter, and findings brought to the file they lie in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rnnlint import syntax
from rnnlint.files import MAX_SOURCE, discover, imports, may_hold_findings
from rnnlint.findings import Diagnostic, Finding
from rnnlint.graph import Note, Span
from rnnlint.linter import FileResult, accepts, environment, finish, lint, unique
from rnnlint.modules import Modules
from rnnlint.source import Source, from_bytes, read, read_bytes

if TYPE_CHECKING:
    from rnnlint.settings import Settings

Resolve = Callable[[str], "Settings"]


@dataclass(frozen=True, slots=True)
class Task:
    """One file to lint, picklable. `candidate`: whether it may hold, or put together, anything that a rule reports."""

    path: str
    settings: Settings
    candidate: bool = True


def check_paths(paths: Iterable[str | os.PathLike[str]] = (".",), settings: Settings | None = None) -> list[FileResult]:
    """Lint files and folders: one result per file, in the order of their paths.

    Args:
        paths: files, which are linted whatever their name, and folders, whose `.py` and `.ipynb` files are.
        settings: for all files; by default each file's own, from the nearest pyproject.toml with `[tool.rnnlint]`.

    Raises:
        rnnlint.files.MissingPathError: where a path does not exist.
        rnnlint.settings.SettingsError: where a pyproject.toml cannot be used.
    """
    if settings is not None:
        chosen = settings
        return list(run(paths, lambda _: chosen))
    from rnnlint.settings import Resolver

    return list(run(paths, Resolver().settings))


def run(paths: Iterable[str | os.PathLike[str]], settings: Resolve) -> Iterator[FileResult]:
    """Lint files and folders; `settings` resolves those of a path. Results come in the order of their paths.

    Raises:
        MissingPathError: where a path does not exist.
    """
    paths = list(paths)
    found = discover(paths, settings)
    tops = tuple(os.path.abspath(path) for path in paths if os.path.isdir(path))
    modules = Modules({os.path.realpath(path): path for path in found.files}, tops, _read)
    results: dict[str, FileResult] = {}
    for diagnostic in found.diagnostics:
        known = results.setdefault(diagnostic.span.path, FileResult(diagnostic.span.path))
        results[known.path] = replace(known, diagnostics=(*known.diagnostics, diagnostic))
    tasks = [Task(path, settings(path), candidate) for path, candidate in _candidates(found.files)]
    for task in tasks:
        results[task.path] = lint_task(task, modules)
    yield from _merge(results, settings)


def lint_text(data: bytes, name: str, settings: Settings) -> FileResult:
    """Lint what came through a pipe as if it were the file `name`."""
    source = from_bytes(data, name, accepts)
    modules = Modules({os.path.realpath(name): name})
    folder = os.path.dirname(os.path.abspath(name))
    result = lint(source, settings, modules, environment(settings, folder, text=source.text))
    return replace(finish(result, settings), source=source)


def lint_task(task: Task, modules: Modules) -> FileResult:
    """Lint one file; findings that lie in other files are among the result's."""
    if not task.candidate:
        return _read_only(task.path)
    source = modules.source(task.path)
    folder = os.path.dirname(os.path.abspath(task.path))
    result = lint(source, task.settings, modules, environment(task.settings, folder, modules.top(folder), source.text))
    note = _pins_note(task, folder, modules)
    return replace(result, notes=(note, *result.notes)) if note else result


def _read(path: str) -> Source:
    return read(path, accepts)


def _pins_note(task: Task, folder: str, modules: Modules) -> Note | None:
    """For `-v`: the pins by which the Keras of a folder is known."""
    if task.settings.keras_version != "auto":
        return None
    from rnnlint import pins

    origin = pins.environment(folder, modules.top(folder))
    parts = [f"Keras by the pins {origin.text}"] if origin.pins else []
    text = "; ".join([*parts, *origin.notes])
    # The same words for every file of the project: said once.
    return Note(Span(os.path.dirname(task.path) or ".", 1, 1, 1, 1), text) if text else None


def _candidates(paths: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Each file, with whether its bytes, or those of a module that it imports, name anything that a rule speaks of."""
    marked: dict[str, bool] = {}
    imported: dict[str, frozenset[str]] = {}
    for path in paths:
        data = read_bytes(path)
        # What cannot be read is a candidate: the linter says why.
        marked[path] = isinstance(data, Source) or may_hold_findings(data)
        imported[path] = imports(data) if isinstance(data, bytes) else frozenset()
    names = {name for path, mark in marked.items() if mark for name in _module_names(path)}
    grown = True
    while grown:
        grown = False
        for path, mark in marked.items():
            if not mark and imported[path] & names:
                marked[path] = True
                names.update(_module_names(path))
                grown = True
    yield from marked.items()


def _module_names(path: str) -> tuple[str, ...]:
    """The names by which a file is imported; that of its folder for a package's `__init__.py`."""
    stem = os.path.splitext(os.path.basename(path))[0]
    return (os.path.basename(os.path.dirname(os.path.abspath(path))),) if stem == "__init__" else (stem,)


def _read_only(path: str) -> FileResult:
    """A file that cannot hold a finding is only asked whether it can be read at all."""
    source = _read(path)
    diagnostics = list(source.diagnostics)
    if source.kind == "python" and not diagnostics and len(source.text) <= MAX_SOURCE:
        problem = syntax.problem(source.text)
        if problem is not None and (problem.deep or not accepts(source.text)):
            what = syntax.python_2(source.text, problem.row)
            message = f"Python 2 syntax: {what}; rnnlint reads Python 3" if what else problem.message
            span = source.span(problem.row, problem.column, problem.row, problem.column + 1)
            diagnostics.append(Diagnostic("too-complex" if problem.deep else "invalid-syntax", message, span))
    return FileResult(path, diagnostics=tuple(diagnostics), source=source if diagnostics else None)


def _merge(results: dict[str, FileResult], settings: Resolve) -> Iterator[FileResult]:
    """Bring each finding to the file that it lies in, if that is part of the run, and let that file suppress it."""
    found: dict[str, list[Finding]] = {}
    for result in results.values():
        for finding in result.findings:
            found.setdefault(finding.span.path, []).append(finding)
    for path in sorted(results):
        findings = unique(found.get(path, ()))
        result = replace(results[path], findings=findings)
        source = (result.source or _read(path)) if findings else result.source
        yield finish(result, settings(path), source) if findings else result
