"""Many files: which ones can hold a finding, each through the linter, and findings brought to the file they lie in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rnnlint import syntax
from rnnlint.files import MAX_SOURCE, discover, imports, may_hold_findings
from rnnlint.findings import Diagnostic, Finding
from rnnlint.graph import Graph, Note, Span
from rnnlint.linter import FileResult, accepts, environment, finish, lint, own_backend, unique
from rnnlint.modules import Modules
from rnnlint.source import Source, from_bytes, read, read_bytes

if TYPE_CHECKING:
    from rnnlint.keras.versions import Env
    from rnnlint.runtime.confirm import Found, Session
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


def run(paths: Iterable[str | os.PathLike[str]], settings: Resolve, found: Found | None = None) -> Iterator[FileResult]:
    """Lint files and folders; `settings` resolves those of a path. Results come in the order of their paths.

    Where a Keras was `found`, it is the one that code runs on, and the findings carry plans to be confirmed by it.

    Raises:
        MissingPathError: where a path does not exist.
    """
    paths = list(paths)
    listed = discover(paths, settings)
    tops = tuple(os.path.abspath(path) for path in paths if os.path.isdir(path))
    modules = Modules({os.path.realpath(path): path for path in listed.files}, tops, _read)
    results: dict[str, FileResult] = {}
    for diagnostic in listed.diagnostics:
        known = results.setdefault(diagnostic.span.path, FileResult(diagnostic.span.path))
        results[known.path] = replace(known, diagnostics=(*known.diagnostics, diagnostic))
    tasks = [Task(path, settings(path), candidate) for path, candidate in _candidates(listed.files)]
    for task in tasks:
        results[task.path] = lint_task(task, modules, found)
    yield from _merge(results, settings)


@dataclass(frozen=True, slots=True)
class Built:
    """What the models of --build say: the findings with their plans, what is for `-v`, and the targets that failed."""

    findings: tuple[Finding, ...]
    notes: tuple[Note, ...]
    failed: tuple[str, ...]


def build(
    session: Session,
    targets: Iterable[str],
    arguments: Mapping[str, object],
    findings: Sequence[Finding],
    paths: Iterable[str],
    settings: Resolve,
    *,
    explain: bool = False,
) -> Built:
    """Let the user's own code build its models, and compare what they show with the findings of the analysis.

    Args:
        session: imports and calls that code.
        targets: `MODULE:CALLABLE`, or "auto" for all functions of the linted files that return a model.
        arguments: of the callables.
        findings: of the analysis.
        paths: the linted files.
        settings: resolves those of a path.
        explain: also compare the models with the analysis, for the notes.
    """
    from rnnlint.checks.context import RuleSettings
    from rnnlint.runtime import live
    from rnnlint.runtime.confirm import BuildError

    sources = {os.path.realpath(path): _read(path) for path in paths if os.path.isfile(path)}
    named = [one for target in targets for one in (_makers(sources) if target == "auto" else [target])]
    graphs, failed = list[Graph](), list[str]()
    if not named:
        failed.append("--build auto: no function that needs no arguments returns a model; name one: MODULE:CALLABLE")
    for target in dict.fromkeys(named):
        try:
            graphs.append(live.read(session.build(target, arguments), sources))
        except BuildError as error:
            failed.append(f"--build {target}: {error}")
    env = session.found.env()
    by_path = {source.path: source for source in sources.values()}
    rules = frozenset[str]().union(*(settings(path).rules for path in by_path))
    threshold = min((settings(path).timestep_loss_threshold for path in by_path), default=1.0)
    matched = live.match(findings, graphs, RuleSettings(env, threshold), rules, by_path)
    merged = [
        before
        if before.span.path in by_path and _elsewhere(by_path[before.span.path], settings, session.found)
        else after
        for before, after in zip(findings, matched.findings, strict=True)
    ]
    for path, source in by_path.items():
        own = tuple(one for one in matched.added if one.span.path == path)
        merged += finish(FileResult(path, own), settings(path), source).findings
    notes = list(matched.notes)
    if explain:
        notes += [note for graph in graphs for note in _differences(graph, by_path, env)]
    return Built(unique(merged), tuple(notes), tuple(failed))


def _elsewhere(source: Source, settings: Resolve, found: Found) -> bool:
    """Whether a file is for another Keras than the one that was found."""
    env = environment(settings(source.path), text=source.text, found=found)
    return not own_backend(source, env, any_backend=True).pairs & found.env().pairs


def _makers(sources: Mapping[str, Source]) -> list[str]:
    from rnnlint.runtime import live

    return [target for source in sources.values() for target in live.targets(source)]


def _differences(graph: Graph, sources: Mapping[str, Source], env: Env) -> Iterator[Note]:
    """Where the analysis of a file and what its code built differ."""
    from rnnlint.interpret import interpret
    from rnnlint.runtime import live

    modules = Modules({os.path.realpath(path): path for path in sources}, (), _read)
    for path in sorted({layer.span.path for layer in graph.layers} & set(sources)):
        yield from live.differences(interpret(sources[path], modules, env), graph, path)


def lint_text(data: bytes, name: str, settings: Settings, found: Found | None = None) -> FileResult:
    """Lint what came through a pipe as if it were the file `name`."""
    source = from_bytes(data, name, accepts)
    modules = Modules({os.path.realpath(name): name})
    folder = os.path.dirname(os.path.abspath(name))
    env = environment(settings, folder, text=source.text, found=found)
    result = lint(source, settings, modules, env, found=found)
    return replace(finish(result, settings), source=source)


def lint_task(task: Task, modules: Modules, found: Found | None = None) -> FileResult:
    """Lint one file; findings that lie in other files are among the result's."""
    if not task.candidate:
        return _read_only(task.path)
    source = modules.source(task.path)
    folder = os.path.dirname(os.path.abspath(task.path))
    env = environment(task.settings, folder, modules.top(folder), source.text, found)
    result = lint(source, task.settings, modules, env, found=found)
    note = None if found else _pins_note(task, folder, modules)
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
