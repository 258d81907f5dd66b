"""Many files: which ones can hold a finding, each through the linter, and findings brought to the file they lie in."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from rnnlint.project.files import File
from rnnlint.project.modules import Modules
from rnnlint.project.roots import Roots
from rnnlint.project.walk import discover
from rnnlint.registry import ABOUT_COMMENTS
from rnnlint.result import FileResult
from rnnlint.run.candidates import Candidates, Search, Watch
from rnnlint.run.contents import Contents
from rnnlint.settings.choices import AUTO

# Most runs find no candidate: what one is analysed with is imported where there is one.
if TYPE_CHECKING:
    from rnnlint.confirm.installed import InstalledKeras
    from rnnlint.findings import Finding
    from rnnlint.graph import Note
    from rnnlint.project.pins import Origin
    from rnnlint.project.walk import Discovered
    from rnnlint.run.cache import Cache, RunCache
    from rnnlint.run.pool import Task
    from rnnlint.settings.settings import Settings
    from rnnlint.source.source import Source

Resolve: TypeAlias = "Callable[[str], Settings]"
# A run that analysed nothing is kept where it read more files than this.
_WORTH_KEEPING = 300


def run(
    paths: Iterable[str | os.PathLike[str]],
    settings: Resolve,
    found: InstalledKeras | None = None,
    changed: Mapping[str, bytes] | None = None,
    *,
    jobs: int | None = 1,
    cache: Cache | None = None,
    watch: Watch = lambda items, *_: items,
    prepare: Callable[[], None] | None = None,
) -> Iterator[FileResult]:
    """Lint files and folders; `settings` resolves those of a path. Results come in the order of their paths.

    A file that cannot hold a finding is not parsed, also not for errors in its syntax.

    Where a Keras was `found`, it is the one that code runs on, and the findings carry plans to be confirmed by it.
    `changed` files hold these bytes instead of the content on disk.

    Args:
        paths: files and folders.
        settings: resolves the settings of a path.
        found: the Keras of the Python that confirms.
        changed: bytes by path.
        jobs: the number of processes that analyse; None: as many as pay.
        cache: has results of earlier runs, and keeps those of this one. Not for what is to be confirmed or fixed.
        watch: is given what is worked on, with its number and a title, and gives it back; for a progress bar.
        prepare: is called in each process that is about to analyse a file, also in those that are started for it.

    Raises:
        MissingPathError: where a path does not exist.
    """
    started = time.time_ns()
    given = [os.fspath(path) for path in paths]
    roots = Roots()
    listed = discover(given, settings, roots)
    kept = None
    if cache is not None and found is None and not changed:
        from rnnlint.run.cache import RunCache

        kept = RunCache(cache, given, listed, settings, started)
    known = kept.run() if kept else None
    if known is not None:
        yield from _with_diagnostics(listed, (known.get(path) or FileResult(path) for path in listed.paths))
        return
    tops = tuple(os.path.abspath(path) for path in given if os.path.isdir(path))
    contents = Contents(changed or {}, kept.read if kept else None)
    modules = Modules(listed.files, tops, contents.source, roots)
    candidates = Search(listed, settings, contents, modules, kept, jobs, watch).run()
    analysis = _Analysis(candidates, modules, settings, found, kept)
    results = _merged(listed.paths, analysis.results(jobs, watch, prepare), candidates.commented, modules, settings)
    if kept:
        merged = list(results)
        kept.keep(merged, modules, worth=bool(candidates.paths) or len(merged) > _WORTH_KEEPING)
        results = iter(merged)
    yield from _with_diagnostics(listed, results)


def _with_diagnostics(listed: Discovered, results: Iterable[FileResult]) -> Iterator[FileResult]:
    """The results, with those of what could not be read among them."""
    if not listed.diagnostics:
        return iter(results)
    merged = {result.path: result for result in results}
    for diagnostic in listed.diagnostics:
        known = merged.get(diagnostic.span.path, FileResult(diagnostic.span.path))
        merged[known.path] = replace(known, diagnostics=(*known.diagnostics, diagnostic))
    return (merged[path] for path in sorted(merged))


class _Analysis:
    """Analyses the candidates of a run, each with the Keras that its code may run on."""

    def __init__(
        self,
        candidates: Candidates,
        modules: Modules,
        settings: Resolve,
        found: InstalledKeras | None,
        cache: RunCache | None,
    ) -> None:
        self._candidates = candidates
        self._modules = modules
        self._settings = settings
        self._found = found
        self._cache = cache
        self._notes: dict[str, Note] = {}  # of the pins by which the Keras of a file is known

    def results(self, jobs: int | None, watch: Watch, prepare: Callable[[], None] | None) -> dict[str, FileResult]:
        """The results of the candidates, in the order of their paths; findings may lie in other files."""
        if not self._candidates.paths:
            return {}
        from rnnlint.run.pool import lint_all

        results: dict[str, FileResult] = {}
        left: list[Task] = []
        for path in self._candidates.paths:
            task = self._task(path)
            known = self._cache.file(task, self._modules) if self._cache else None
            if known is None:
                left.append(task)
            else:
                results[path] = known
        work = lint_all(left, self._modules, self._found, jobs, prepare)
        for task, linted in watch(work, len(left), "Linting"):
            results[task.path] = linted.result
            if self._cache:
                self._cache.keep_file(task, self._modules, linted)
        # In the order of their paths, not in that in which they were done.
        return {path: _with_note(results[path], self._notes.get(path)) for path in self._candidates.paths}

    def _task(self, path: str) -> Task:
        from rnnlint.linter import environment
        from rnnlint.run.pool import Task

        settings = self._settings(path)
        env = environment(settings, self._modules, path, self._found)
        if self._found is None and AUTO in (settings.keras_version, settings.backend):
            origin = self._modules.origin(path)
            if self._cache:
                self._cache.pins(origin)
            if settings.keras_version == AUTO and (note := _pins_note(path, origin)):
                self._notes[path] = note
        focus = self._candidates.focus(path)
        if focus is None:
            return Task(path, settings, env, len(self._modules.source(path).text))
        return Task(path, settings, env, focus.size, focus.passed_over)


def _merged(
    paths: Iterable[str],
    results: Mapping[str, FileResult],
    commented: frozenset[str],
    modules: Modules,
    settings: Resolve,
) -> Iterator[FileResult]:
    """Bring each finding to the file that it lies in, if that is part of the run, and let that file suppress it.

    `commented` are the files with suppression comments about our rules, which are looked at even without a finding.
    """
    found: dict[str, list[Finding]] = {}
    for result in results.values():
        for finding in result.findings:
            found.setdefault(finding.span.path, []).append(finding)
    for path in paths:
        known = results.get(path)
        if known is None and path not in found and path not in commented:
            yield FileResult(path)
            continue
        from rnnlint.findings import collect
        from rnnlint.linter import finish

        known = known or FileResult(path)
        result = replace(known, findings=collect(found.get(path, ())))
        own = settings(path)
        source: Source | None = None
        judged = path in commented and bool(ABOUT_COMMENTS & own.rules)
        if known.findings or result.findings or known.diagnostics or judged:
            source = modules.source(path)
        yield finish(replace(result, source=source), own, source)


def _with_note(result: FileResult, note: Note | None) -> FileResult:
    return replace(result, notes=(note, *result.notes)) if note else result


def lint_text(data: bytes, name: str, settings: Settings, found: InstalledKeras | None = None) -> FileResult:
    """Lint what came through a pipe as if it were the file `name`."""
    from rnnlint.linter import environment, finish, lint, parses_with_libcst
    from rnnlint.source.read import from_bytes

    source = from_bytes(data, name, parses_with_libcst)
    modules = Modules([File.at(name)])
    modules.hold(source)
    env = environment(settings, modules, name, found)
    result = lint(source, settings, modules, env, found=found)
    return replace(finish(result, settings, source), source=source)


def _pins_note(path: str, origin: Origin) -> Note | None:
    """For `-v`: the pins by which the Keras of a folder is known."""
    parts = [f"Keras by the pins {origin.text}"] if origin.pins else []
    text = "; ".join([*parts, *origin.notes])
    if not text:
        return None
    from rnnlint.graph import Note, Span

    # The same words for every file of the project: said once.
    return Note(Span(os.path.dirname(path) or ".", 1, 1, 1, 1), text)
