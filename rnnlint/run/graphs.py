"""For `rnnlint graph`: the graphs of files and folders, with the findings in them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from rnnlint.keras.versions import KerasTargets
from rnnlint.linter import environment, finish, lint, read_source
from rnnlint.prefilter.gate import Gate
from rnnlint.project.modules import Modules
from rnnlint.project.walk import discover
from rnnlint.records import dataclass
from rnnlint.result import FileResult
from rnnlint.source.read import read_bytes
from rnnlint.source.source import Source

if TYPE_CHECKING:
    from rnnlint.findings import Finding
    from rnnlint.graph import Graph
    from rnnlint.interpret import Finder, ParsedModules
    from rnnlint.run.loop import Resolve


@dataclass(frozen=True, slots=True)
class Recovered:
    """What the analysis of one file saw: its graph (None where the file cannot be read), and the Keras it is for."""

    result: FileResult
    graph: Graph | None
    env: KerasTargets


def graphs(
    paths: Iterable[str | os.PathLike[str]], settings: Resolve, prepare: Callable[[], None] | None = None
) -> Iterator[Recovered]:
    """The graphs of files and folders, in the order of their paths; `settings` resolves those of a path.

    `prepare` is called where there is a file to analyse, before the first.

    A file that is named is always among them; of a folder those that have to do with dropout, recurrent layers or
    masks. The findings are those of all files that the graph reaches into.

    Raises:
        MissingPathError: where a path does not exist.
    """
    given = [os.fspath(path) for path in paths]
    listed = discover(given, settings)
    tops = tuple(os.path.abspath(path) for path in given if os.path.isdir(path))
    modules = Modules(listed.files, tops, read_source)
    named = {os.path.realpath(path) for path in given if not os.path.isdir(path)}
    chosen = {file.shown for file in listed.files if file.real in named}
    gate = Gate((frozenset(),), modules, _bytes)
    for path in listed.paths:
        gate.look(path, _bytes(path))
    chosen |= gate.candidates()
    if chosen:
        yield from _recovered([path for path in listed.paths if path in chosen], settings, modules, prepare)
    for diagnostic in listed.diagnostics:
        yield Recovered(FileResult(diagnostic.span.path, diagnostics=(diagnostic,)), None, KerasTargets.unknown())


def _recovered(
    paths: Iterable[str], settings: Resolve, modules: Modules, prepare: Callable[[], None] | None
) -> Iterator[Recovered]:
    if prepare is not None:
        prepare()
    from rnnlint.interpret import ParsedModules

    parsed = ParsedModules()
    for path in paths:
        yield _recover(path, settings, modules, parsed)


def _recover(path: str, settings: Resolve, modules: Modules, parsed: ParsedModules) -> Recovered:
    from rnnlint.interpret import interpret

    seen: list[tuple[Graph, KerasTargets]] = []

    def remember(source: Source, finder: Finder, env: KerasTargets) -> Graph:
        seen.append((interpret(source, finder, env, parsed=parsed), env))
        return seen[-1][0]

    source, own = modules.source(path), settings(path)
    env = environment(own, modules, path)
    result = lint(source, own, modules, env, remember)
    findings: list[Finding] = []
    for other in dict.fromkeys([path, *(finding.span.path for finding in result.findings)]):
        text = source if other == path else read_source(modules.file(other))
        findings += finish(replace(result, path=other), settings(other), text, complete=False).findings
    graph, env = seen[0] if seen else (None, env)
    return Recovered(replace(result, findings=tuple(findings)), graph, env)


def _bytes(path: str) -> bytes | None:
    found = read_bytes(path)
    return None if isinstance(found, Source) else found
