"""Many files: which ones can hold a finding, each through the linter, and findings brought to the file they lie in."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from rnnlint.keras.ingredients import Ingredients
from rnnlint.prefilter.gate import Examined, Gate, ingredients
from rnnlint.project.files import File
from rnnlint.project.modules import Modules
from rnnlint.project.roots import Roots
from rnnlint.project.walk import discover
from rnnlint.records import dataclass
from rnnlint.registry import ABOUT_COMMENTS, RULES
from rnnlint.result import FileResult
from rnnlint.settings.choices import AUTO
from rnnlint.suppression.comments import may_hold_directives

# Most runs find no candidate: what one is analysed with is imported where there is one.
if TYPE_CHECKING:
    from rnnlint.confirm.installed import InstalledKeras
    from rnnlint.confirm.session import Session
    from rnnlint.findings import Finding
    from rnnlint.graph import Graph, Node, Note
    from rnnlint.keras.versions import KerasTargets
    from rnnlint.project.pins import Origin
    from rnnlint.project.walk import Discovered
    from rnnlint.run.cache import Cache, Keeper
    from rnnlint.run.pool import Portion, Task
    from rnnlint.settings.settings import Settings
    from rnnlint.source.source import Source

A = TypeVar("A")
Resolve = Callable[[str], "Settings"]
# What was asked of the disk, with the answers.
Asked = dict[tuple[str, str], object]
# Of each of several files the ingredients that it may hold, and whether it speaks of our rules.
_Looks = list[tuple[Ingredients | None, bool]]
# Is given what is worked on, the number of it, and a title; gives it back.
Watch = Callable[[Iterable[Any], int, str], Iterable[Any]]
# A run that analysed nothing is kept where it read more files than this.
_WORTH_KEEPING = 300
_MOST_QUICK = 10_000_000
# The bytes below which no other process is asked to look at them.
_MANY = 10_000_000


class _Files:
    """What files hold: the `changed` bytes, else what stands on the disk. `told` is shown what was read.

    `stats` are what was seen of files when they were found.
    """

    def __init__(
        self,
        changed: Mapping[str, bytes],
        stats: Mapping[str, tuple[os.stat_result, bool]],
        told: Callable[[str, bytes | None], None] | None = None,
    ) -> None:
        self._changed = changed
        self._stats = stats
        self._told = told

    def __reduce__(self) -> tuple[type[_Files], tuple[Mapping[str, bytes], Mapping[str, Any]]]:
        return _Files, (self._changed, {})

    def content(self, path: str) -> bytes | None:
        read = self._read(path)
        return read if isinstance(read, bytes) else None

    def source(self, file: File) -> Source:
        read = self._read(file.shown)
        if not isinstance(read, bytes):
            return read
        from rnnlint.linter import accepts
        from rnnlint.source.read import from_bytes

        return from_bytes(read, file.shown, accepts)

    def _read(self, path: str) -> bytes | Source:
        data = self._changed.get(path) if self._changed else None
        if data is None and path in self._stats:
            data = _quickly(path, self._stats[path][0].st_size)
        read: bytes | Source
        if data is None:
            from rnnlint.source.read import read_bytes

            read = read_bytes(path)
        else:
            read = data
        if self._told:
            self._told(path, read if isinstance(read, bytes) else None)
        return read


# A file may have become a FIFO since it was found.
_QUICK = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def _quickly(path: str, size: int) -> bytes | None:
    """The bytes of a file that was seen to have this size; None where that is not so any more, or is too much."""
    if not 0 < size <= _MOST_QUICK:
        return None
    try:
        handle = os.open(path, _QUICK)
    except OSError:
        return None
    try:
        data = os.read(handle, size + 1)
    except OSError:
        return None
    finally:
        os.close(handle)
    return data if len(data) == size else None


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
    keeper = None
    if cache is not None and found is None and not changed:
        from rnnlint.run.cache import Keeper

        keeper = Keeper(cache, given, listed, settings, started)
    known = keeper.run() if keeper else None
    if known is None:
        results = _Run(given, listed, settings, found, changed or {}, keeper, prepare, roots).lint(jobs, watch)
    else:
        results = (known.get(path) or FileResult(path) for path in listed.paths)
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


class _Run:
    """One run over the files that were found."""

    def __init__(
        self,
        given: list[str],
        listed: Discovered,
        settings: Resolve,
        found: InstalledKeras | None,
        changed: Mapping[str, bytes],
        keeper: Keeper | None,
        prepare: Callable[[], None] | None,
        roots: Roots,
    ) -> None:
        self._listed = listed
        self._settings = settings
        self._found = found
        self._keeper = keeper
        self._prepare = prepare
        tops = tuple(os.path.abspath(path) for path in given if os.path.isdir(path))
        self._files = _Files(changed, listed.stats, keeper.read if keeper else None)
        self._modules = Modules(listed.files, tops, self._files.source, roots)

    def lint(self, jobs: int | None, watch: Watch) -> Iterator[FileResult]:
        """The results, in the order of the paths."""
        candidates, commented = self._candidates(jobs, watch)
        merged = self._merge(self._analyse(candidates, jobs, watch), commented)
        if self._keeper:
            kept = list(merged)
            self._keeper.keep(kept, self._modules, worth=bool(candidates) or len(kept) > _WORTH_KEEPING)
            merged = iter(kept)
        return merged

    def _candidates(self, jobs: int | None, watch: Watch) -> tuple[list[str], set[str]]:
        """The files to analyse, and those with suppression comments about our rules."""
        files = self._listed.paths
        one_each = {file.folder: file.shown for file in self._listed.files}.values()
        gate = self._gate = Gate(
            needs(self._settings(path).rules for path in one_each), self._modules, self._files.content
        )
        commented: set[str] = set()
        for portion, looked in self._look_all(files, jobs, watch):
            for path, (holds, speaks) in zip(portion, looked, strict=True):
                gate.note(path, holds)
                if speaks:
                    commented.add(path)
        self._examine_all(gate, jobs, watch)
        return sorted(gate.chosen), commented

    def _look_all(self, files: Sequence[str], jobs: int | None, watch: Watch) -> Iterator[tuple[Sequence[str], _Looks]]:
        """What the bytes of files say."""
        sizes = self._sizes(files)
        if len(files) < 2 or (jobs is None and sum(size for _, size in sizes) < _MANY):
            yield files, [self._look(path) for path in watch(files, len(files), "Reading")]
            return
        from rnnlint.run.pool import look_all

        def look(portion: Portion) -> tuple[_Looks, Asked]:
            return [self._look(path) for path in portion.paths], self._keeper.asked if self._keeper else {}

        for portion, (looked, asked) in _counted(look_all(sizes, look, jobs), watch, len(files), "Reading"):
            self._note(asked)
            yield portion.paths, looked

    def _look(self, path: str) -> tuple[Ingredients | None, bool]:
        data = self._files.content(path)
        return ingredients(data), data is not None and may_hold_directives(data)

    def _examine_all(self, gate: Gate, jobs: int | None, watch: Watch) -> None:
        """Let the gate look closer at the files that may be candidates."""
        likely = gate.likely()
        if not likely:
            return
        from rnnlint.run.pool import examine_all

        disk = self._modules.disk.asked

        def examine(portion: Portion) -> tuple[Examined, Asked]:
            before = len(disk)
            examined = gate.examine(portion.paths)
            # What a process asks of the disk is asked for this one, too.
            more = dict(islice(disk.items(), before, None))
            return examined, more | (self._keeper.asked if self._keeper else {})

        work = examine_all(self._sizes(likely), examine, jobs)
        for portion, answer in _counted(work, watch, len(likely), "Examining"):
            if answer is None:
                gate.lose(portion.paths)
            else:
                gate.take(answer[0])
                self._note(answer[1])
        self._modules.know(gate.known())

    def _sizes(self, files: Iterable[str]) -> list[tuple[str, int]]:
        stats = self._listed.stats
        return [(path, stats[path][0].st_size if path in stats else 0) for path in files]

    def _note(self, asked: Asked) -> None:
        if self._keeper:
            self._keeper.note(asked, self._modules.disk.asked)

    def _analyse(self, candidates: list[str], jobs: int | None, watch: Watch) -> dict[str, FileResult]:
        if not candidates:
            return {}
        from rnnlint.run.pool import lint_all

        notes: dict[str, Note] = {}
        results: dict[str, FileResult] = {}
        left: list[Task] = []
        for path in candidates:
            task = self._task(path, notes)
            known = self._keeper.file(task, self._modules) if self._keeper else None
            if known is None:
                left.append(task)
            else:
                results[path] = known
        work = lint_all(left, self._modules, self._found, jobs, self._prepare)
        for task, linted in watch(work, len(left), "Linting"):
            results[task.path] = linted.result
            if self._keeper:
                self._keeper.keep_file(task, self._modules, linted)
        # In the order of their paths, not in that in which they were done.
        return {path: _with_note(results[path], notes.get(path)) for path in candidates}

    def _task(self, path: str, notes: dict[str, Note]) -> Task:
        from rnnlint.linter import environment
        from rnnlint.run.pool import Task

        settings = self._settings(path)
        env = environment(settings, self._modules, path, self._found)
        if self._found is None and AUTO in (settings.keras_version, settings.backend):
            origin = self._modules.origin(path)
            if self._keeper:
                self._keeper.pins(origin)
            if settings.keras_version == AUTO and (note := _pins_note(path, origin)):
                notes[path] = note
        focus = self._gate.focus(path)
        if focus is None:
            return Task(path, settings, env, len(self._modules.source(path).text))
        return Task(path, settings, env, focus.size, focus.passed_over)

    def _merge(self, results: Mapping[str, FileResult], commented: set[str]) -> Iterator[FileResult]:
        """Bring each finding to the file that it lies in, if that is part of the run, and let that file suppress it.

        `commented` are the files with suppression comments about our rules, which are looked at even without a finding.
        """
        found: dict[str, list[Finding]] = {}
        for result in results.values():
            for finding in result.findings:
                found.setdefault(finding.span.path, []).append(finding)
        for path in self._listed.paths:
            known = results.get(path)
            if known is None and path not in found and path not in commented:
                yield FileResult(path)
                continue
            from rnnlint.findings import collect
            from rnnlint.linter import finish

            known = known or FileResult(path)
            result = replace(known, findings=collect(found.get(path, ())))
            settings = self._settings(path)
            source: Source | None = None
            judged = path in commented and bool(ABOUT_COMMENTS & settings.rules)
            if known.findings or result.findings or known.diagnostics or judged:
                source = self._modules.source(path)
            yield finish(replace(result, source=source), settings, source)


def _counted(work: Iterable[tuple[Portion, A]], watch: Watch, length: int, title: str) -> Iterator[tuple[Portion, A]]:
    """The same, and each of its files is watched."""
    items = ((portion, answer, last) for portion, answer in work for last in _each(portion))
    for portion, answer, last in watch(items, length, title):
        if last:
            yield portion, answer


def _each(portion: Portion) -> Iterator[bool]:
    """For each of its files whether it is the last one."""
    yield from (False for _ in portion.paths[1:])
    yield True


def _with_note(result: FileResult, note: Note | None) -> FileResult:
    return replace(result, notes=(note, *result.notes)) if note else result


def needs(selected: Iterable[frozenset[str]]) -> tuple[frozenset[str], ...]:
    """What the selected rules ask of the code; a rule about comments asks for nothing that stands in code."""
    codes = frozenset[str]().union(*set(selected)) - ABOUT_COMMENTS
    asked = [rule.requires or (frozenset[str](),) for rule in RULES if rule.code in codes]
    return tuple(dict.fromkeys(need for one in asked for need in one))


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
    from rnnlint.confirm.observed.account import read_account
    from rnnlint.confirm.observed.matching import match
    from rnnlint.confirm.session import BuildError
    from rnnlint.findings import collect
    from rnnlint.linter import finish, read_source

    files = [File.at(path) for path in paths if os.path.isfile(path)]
    modules = Modules(files, (), read_source)
    sources = {file.real: modules.source(file.shown) for file in files}
    named = [one for target in targets for one in (_makers(sources) if target == "auto" else [target])]
    graphs: list[Graph] = []
    failed: list[str] = []
    if not named:
        failed.append("--build auto: no function that needs no arguments returns a model; name one: MODULE:CALLABLE")
    for target in dict.fromkeys(named):
        try:
            graphs.append(read_account(session.build(target, arguments), sources))
        except BuildError as error:
            failed.append(f"--build {target}: {error}")
    env = session.found.env()
    by_path = {source.path: source for source in sources.values()}
    rules = frozenset[str]().union(*(settings(path).rules for path in by_path))
    threshold = min((settings(path).timestep_loss_threshold for path in by_path), default=1.0)
    matched = match(findings, graphs, env, RuleSettings(threshold), rules, by_path)
    merged = [
        before
        if before.span.path in by_path and _elsewhere(by_path[before.span.path], modules, settings, session.found)
        else after
        for before, after in zip(findings, matched.findings, strict=True)
    ]
    for path, source in by_path.items():
        own = tuple(one for one in matched.added if one.span.path == path)
        finished = finish(FileResult(path, own), settings(path), source, complete=False)
        # --fix stats whether a fix has helped, and without the built model there is nothing to see.
        merged += [replace(one, fix=None) for one in finished.findings]
    notes = list(matched.notes)
    if explain:
        notes += [note for graph in graphs for note in _differences(graph, by_path, modules, env)]
    return Built(collect(merged), tuple(notes), tuple(failed))


def _elsewhere(source: Source, modules: Modules, settings: Resolve, found: InstalledKeras) -> bool:
    """Whether a file is for another Keras than the one that was found."""
    from rnnlint.linter import environment, own_backend

    env = environment(settings(source.path), modules, source.path, found)
    return not own_backend(source, env, any_backend=True).pairs & found.env().pairs


def _makers(sources: Mapping[str, Source]) -> list[str]:
    from rnnlint.confirm.observed.targets import build_targets

    return [target for source in sources.values() for target in build_targets(source)]


def _differences(graph: Graph, sources: Mapping[str, Source], modules: Modules, env: KerasTargets) -> Iterator[Note]:
    """Where the analysis of a file and what its code built differ."""
    from rnnlint.confirm.observed.comparing import differences
    from rnnlint.interpret import ParsedModules, interpret

    parsed = ParsedModules()
    for path in sorted({layer.span.path for layer in graph.layers} & set(sources)):
        yield from differences(interpret(sources[path], modules, env, parsed=parsed), graph, path)


def remains(
    session: Session, settings: Resolve, path: str, before: bytes, after: bytes, fixed: Sequence[Finding]
) -> bool:
    """Whether real Keras still shows one of the findings that were fixed in a file, in the models of the fixed code.

    That can be asked where the fix leaves the graph as it is but for arguments, and of findings of the file's own
    models; elsewhere it is enough that the rule is silent.
    """
    from rnnlint.interpret import ParsedModules, interpret
    from rnnlint.linter import accepts, environment, read_source, replan
    from rnnlint.source.read import from_bytes

    modules = Modules([File.at(path)], (), read_source)
    sources = [from_bytes(data, path, accepts) for data in (before, after)]
    modules.hold(sources[1])
    env = environment(settings(path), modules, path, session.found)
    parsed = ParsedModules()
    old, new = (interpret(source, modules, env, parsed=parsed) for source in sources)
    if [_shape(node) for node in old.nodes] != [_shape(node) for node in new.nodes]:
        return False
    asked = [replan(finding, new, env, session.found) for finding in fixed if _same_layer(finding, old, new)]
    return any(one.verdict and one.verdict.status == "confirmed" for one in session.confirm(asked))


def _shape(node: Node) -> tuple[object, ...]:
    return node.kind, node.inputs, None if node.layer is None else node.layer.id


def _same_layer(finding: Finding, old: Graph, new: Graph) -> bool:
    """Whether the layer that a finding speaks of is the same one in both graphs, but for its arguments."""
    probe = finding.probe
    if probe is None or probe.layer >= min(len(old.layers), len(new.layers)):
        return False
    before, after = old.layers[probe.layer], new.layers[probe.layer]
    there = before.span.path == finding.span.path and before.span.row <= finding.span.row <= before.span.end_row
    return there and len(old.layers) == len(new.layers) and after.short.endswith(before.short.removesuffix("1D"))


def lint_text(data: bytes, name: str, settings: Settings, found: InstalledKeras | None = None) -> FileResult:
    """Lint what came through a pipe as if it were the file `name`."""
    from rnnlint.linter import accepts, environment, finish, lint
    from rnnlint.source.read import from_bytes

    source = from_bytes(data, name, accepts)
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
