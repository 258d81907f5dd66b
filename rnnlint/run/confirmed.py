"""What real Keras shows beside the analysis: models that the user's own code builds, and whether a fix has helped."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from rnnlint.checks.context import RuleSettings
from rnnlint.confirm.observed.account import read_account
from rnnlint.confirm.observed.comparing import differences
from rnnlint.confirm.observed.matching import match
from rnnlint.confirm.observed.targets import build_targets
from rnnlint.confirm.session import BuildError
from rnnlint.findings import Finding, collect
from rnnlint.linter import environment, finish, own_backend, parses_with_libcst, read_source, replan
from rnnlint.project.files import File
from rnnlint.project.modules import Modules
from rnnlint.records import dataclass
from rnnlint.result import FileResult
from rnnlint.source.read import from_bytes

if TYPE_CHECKING:
    from rnnlint.confirm.installed import InstalledKeras
    from rnnlint.confirm.session import Session
    from rnnlint.graph import Graph, Node, Note
    from rnnlint.keras.versions import KerasTargets
    from rnnlint.settings.settings import Settings
    from rnnlint.source.source import Source

Resolve: TypeAlias = "Callable[[str], Settings]"


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
    env = environment(settings(source.path), modules, source.path, found)
    return not own_backend(source, env, any_backend=True).pairs & found.env().pairs


def _makers(sources: Mapping[str, Source]) -> list[str]:

    return [target for source in sources.values() for target in build_targets(source)]


def _differences(graph: Graph, sources: Mapping[str, Source], modules: Modules, env: KerasTargets) -> Iterator[Note]:
    """Where the analysis of a file and what its code built differ."""
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

    modules = Modules([File.at(path)], (), read_source)
    sources = [from_bytes(data, path, parses_with_libcst) for data in (before, after)]
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
