"""Many files: which ones can hold a finding, each through the linter, and findings brought to the file they lie in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rnnlint.files import discover
from rnnlint.findings import Finding
from rnnlint.gate import Gate
from rnnlint.graph import Graph, Node, Note, Span
from rnnlint.linter import FileResult, accepts, environment, finish, lint, own_backend, replan, unique
from rnnlint.modules import Modules
from rnnlint.settings import known_rules
from rnnlint.source import Source, from_bytes, read, read_bytes
from rnnlint.suppress import OWN, may_hold_directives

if TYPE_CHECKING:
    from rnnlint.keras.versions import Env
    from rnnlint.runtime.confirm import Found, Session
    from rnnlint.settings import Settings

Resolve = Callable[[str], "Settings"]


@dataclass(frozen=True, slots=True)
class Task:
    """One file to lint, picklable."""

    path: str
    settings: Settings


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


@dataclass(frozen=True, slots=True)
class _Files:
    """What files hold: the `changed` bytes, else what stands on the disk."""

    changed: Mapping[str, bytes]

    def bytes(self, path: str) -> bytes | None:
        data = self.changed.get(path)
        read = read_bytes(path) if data is None else data
        return None if isinstance(read, Source) else read

    def source(self, path: str) -> Source:
        data = self.changed.get(path)
        return read(path, accepts) if data is None else from_bytes(data, path, accepts)


def run(
    paths: Iterable[str | os.PathLike[str]],
    settings: Resolve,
    found: Found | None = None,
    changed: Mapping[str, bytes] | None = None,
) -> Iterator[FileResult]:
    """Lint files and folders; `settings` resolves those of a path. Results come in the order of their paths.

    Where a Keras was `found`, it is the one that code runs on, and the findings carry plans to be confirmed by it.
    `changed` files hold these bytes instead of what stands on the disk.

    Raises:
        MissingPathError: where a path does not exist.
    """
    paths = list(paths)
    files = _Files(changed or {})
    listed = discover(paths, settings)
    tops = tuple(os.path.abspath(path) for path in paths if os.path.isdir(path))
    modules = Modules({os.path.realpath(path): path for path in listed.files}, tops, files.source)
    results: dict[str, FileResult] = {}
    for diagnostic in listed.diagnostics:
        known = results.setdefault(diagnostic.span.path, FileResult(diagnostic.span.path))
        results[known.path] = replace(known, diagnostics=(*known.diagnostics, diagnostic))
    gate = Gate(needs(settings(path).rules for path in listed.files), modules, files.bytes)
    commented: set[str] = set()
    for path in listed.files:
        data = files.bytes(path)
        gate.look(path, data)
        if data is not None and may_hold_directives(data):
            commented.add(path)
    candidates = gate.candidates()
    for path in listed.files:
        known = results.get(path, FileResult(path))
        results[path] = lint_task(Task(path, settings(path)), modules, found) if path in candidates else known
    yield from _merge(results, settings, files, commented)


def needs(selected: Iterable[frozenset[str]]) -> tuple[frozenset[str], ...]:
    """What the selected rules ask of the code; a rule about comments asks for nothing that stands in code."""
    codes = frozenset[str]().union(*set(selected)) - OWN
    asked = [rule.needs or (frozenset[str](),) for rule in known_rules() if rule.code in codes]
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
        merged += finish(FileResult(path, own), settings(path), source, complete=False).findings
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


def remains(
    session: Session, settings: Resolve, path: str, before: bytes, after: bytes, fixed: Sequence[Finding]
) -> bool:
    """Whether real Keras still shows one of the findings that were fixed in a file, in the models of the fixed code.

    That can be asked where the fix leaves the graph as it is but for arguments, and of findings of the file's own
    models; elsewhere it is enough that the rule is silent.
    """
    from rnnlint.interpret import interpret

    modules = Modules({os.path.realpath(path): path}, (), _read)
    sources = [from_bytes(data, path, accepts) for data in (before, after)]
    env = environment(settings(path), os.path.dirname(os.path.abspath(path)), text=sources[1].text, found=session.found)
    old, new = (interpret(source, modules, env) for source in sources)
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


def lint_text(data: bytes, name: str, settings: Settings, found: Found | None = None) -> FileResult:
    """Lint what came through a pipe as if it were the file `name`."""
    source = from_bytes(data, name, accepts)
    modules = Modules({os.path.realpath(name): name})
    folder = os.path.dirname(os.path.abspath(name))
    env = environment(settings, folder, text=source.text, found=found)
    result = lint(source, settings, modules, env, found=found)
    return replace(finish(result, settings, source), source=source)


def lint_task(task: Task, modules: Modules, found: Found | None = None) -> FileResult:
    """Lint one file; findings that lie in other files are among the result's."""
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


def _merge(
    results: dict[str, FileResult], settings: Resolve, files: _Files, commented: set[str]
) -> Iterator[FileResult]:
    """Bring each finding to the file that it lies in, if that is part of the run, and let that file suppress it.

    `commented` are the files with suppression comments about our rules, which are read even without a finding.
    """
    found: dict[str, list[Finding]] = {}
    for result in results.values():
        for finding in result.findings:
            found.setdefault(finding.span.path, []).append(finding)
    for path in sorted(results):
        result = replace(results[path], findings=unique(found.get(path, ())))
        source = result.source
        if source is None and (result.findings or (path in commented and OWN & settings(path).rules)):
            source = files.source(path)
        yield finish(result, settings(path), source)
