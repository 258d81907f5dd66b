"""One document through the linter, with the text of the editor. Runs in a child process and is independent of LSP."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from io import BytesIO
from tokenize import detect_encoding
from typing import TYPE_CHECKING

from rnnlint.findings import Diagnostic, Edit, Finding, collect
from rnnlint.fixer import run as run_fixes
from rnnlint.graph import Span
from rnnlint.linter import environment, finish, lint, parses_with_libcst, read_source
from rnnlint.prefilter import gate
from rnnlint.project.files import File
from rnnlint.project.modules import Modules
from rnnlint.records import dataclass
from rnnlint.result import FileResult
from rnnlint.settings.resolver import Resolver
from rnnlint.settings.settings import Settings, SettingsError
from rnnlint.source.read import from_bytes, from_text, read_bytes
from rnnlint.source.source import Source
from rnnlint.source.text import Text
from rnnlint.suppression import suppress
from rnnlint.suppression.baseline import Baseline, BaselineError, load

if TYPE_CHECKING:
    from rnnlint.interpret import ParsedModules

# Each finding's own comment costs a look at the whole text.
MOST_COMMENTS = 200


@dataclass(frozen=True, slots=True)
class Job:
    """Lint the text of `path`; `fix`: apply its safe fixes instead.

    `open` are the texts of all open scripts by their real paths, `folders` those of the workspace. `foreign` are
    findings of this file that were made in others, which build models from what it holds.
    """

    path: str
    text: str
    open: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    foreign: tuple[Finding, ...] = ()
    fix: bool = False


@dataclass(frozen=True, slots=True)
class Mention:
    """A rule's name in a suppression comment."""

    span: Span
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a job gave.

    `comments` are for each finding the edits that suppress it; `elsewhere` are findings in other files, before
    suppression; `read` the real paths of the modules that were looked at; `lines` the rows of other files that
    findings point to. `fixed` is the text after fixes. `problem` says why there are no settings.
    """

    findings: tuple[Finding, ...] = ()
    comments: tuple[tuple[Edit, ...], ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    mentions: tuple[Mention, ...] = ()
    elsewhere: tuple[Finding, ...] = ()
    read: frozenset[str] = frozenset()
    lines: Mapping[tuple[str, int], str] = field(default_factory=dict)
    fixed: str | None = None
    problem: str = ""


def perform(job: Job, parsed: ParsedModules | None = None) -> Answer:
    """The answer to a job. Modules that were `parsed` for another one are not parsed again."""
    try:
        settings = Resolver(cwd=os.path.dirname(job.path)).settings(job.path)
        known = load(settings.baseline) if settings.baseline else None
    except (SettingsError, BaselineError) as error:
        return Answer(problem=str(error))
    if settings.excludes(job.path):
        return Answer(fixed=job.text if job.fix else None)
    look = _Look(job, settings, known, parsed)
    if job.fix:
        return Answer(fixed=_fixed(job, look))
    result, source = look.at(from_text(job.text, job.path, parses_with_libcst))
    text = Text(source)
    return Answer(
        result.findings,
        tuple(_comments(result.findings, text)) if not settings.ignore_noqa else (),
        result.diagnostics,
        tuple(_mentions(text)),
        tuple(look.elsewhere),
        frozenset(look.read),
        look.lines(result.findings),
    )


class _Look:
    """Lints one file with the others as in the editor, or else as on the disk."""

    def __init__(self, job: Job, settings: Settings, known: Baseline | None, parsed: ParsedModules | None) -> None:
        self._job = job
        self._settings = settings
        self._known = known
        self._parsed = parsed
        self._file = File.at(job.path)
        self._modules = Modules()
        self.elsewhere: list[Finding] = []
        self.read: set[str] = set()

    def at(self, source: Source) -> tuple[FileResult, Source]:
        """What a state of the file gives."""
        path, settings = self._job.path, self._settings
        texts = {**self._job.open, self._file.real: source.text}

        def given(file: File) -> Source:
            if file.real == self._file.real:
                return source
            self.read.add(file.real)
            return (
                from_text(texts[file.real], file.shown, parses_with_libcst) if file.real in texts else read_source(file)
            )

        def data(name: str) -> bytes | None:
            real = self._modules.file(name).real
            self.read.add(real)
            found = texts[real].encode("utf-8", "surrogatepass") if real in texts else read_bytes(name)
            return found if isinstance(found, bytes) else None

        self._modules = Modules([self._file], self._job.folders, given)
        result = FileResult(path, diagnostics=source.diagnostics)
        if self._job.fix or source.diagnostics or self._candidate(data):
            env = environment(settings, self._modules, path)
            result = lint(source, settings, self._modules, env, parsed=self._parsed)
        self.elsewhere = [one for one in result.findings if one.span.path != path]
        own = [one for one in result.findings if one.span.path == path]
        result = finish(replace(result, findings=collect([*own, *self._job.foreign])), settings, source)
        certain = settings.min_confidence == "certain"
        shown = tuple(one for one in result.findings if one.confidence == "certain" or not certain)
        if self._known:
            shown = self._known.compare(shown, lambda _, row, cell: source.line(row, cell), {}).new
        if settings.unsafe_fixes is False:
            shown = tuple(
                replace(one, fix=None) if one.fix and one.fix.applicability == "unsafe" else one for one in shown
            )
        return replace(result, findings=shown), source

    def _candidate(self, data: Callable[[str], bytes | None]) -> bool:
        """Whether the file can hold a finding, or put together what other open files hold."""
        asked = gate.Gate(gate.requirements([self._settings.rules]), self._modules, data)
        for path in {self._job.path, *self._job.open} - {self._file.real} | {self._job.path}:
            asked.look(path, data(path))
        return self._job.path in asked.candidates()

    def lines(self, findings: Iterable[Finding]) -> dict[tuple[str, int], str]:
        """The rows of other files where related places of findings start and end."""
        spans = (one.span for finding in findings for one in finding.related if one.span.path != self._job.path)
        rows = {(span.path, row) for span in spans for row in (span.row, span.end_row)}
        return {(path, row): self._modules.source(path).line(row) for path, row in rows}


def _comments(findings: Iterable[Finding], text: Text) -> Iterable[tuple[Edit, ...]]:
    for number, finding in enumerate(findings):
        yield suppress.add_noqa([finding], text)[0] if number < MOST_COMMENTS else ()


def _mentions(text: Text) -> Iterable[Mention]:
    for directive in suppress.directives(text):
        at = directive.span
        for one in directive.selectors:
            if one.codes:
                column = at.column + one.start
                span = Span(at.path, at.row, column, at.row, column + one.end - one.start, at.cell)
                yield Mention(span, one.codes)


def _fixed(job: Job, look: _Look) -> str:
    """The text with all safe fixes made, as `rnnlint check --fix` makes them."""
    try:
        encoding = "utf-8"
        if not job.path.endswith(".ipynb"):
            # A coding cookie holds for the bytes that the fixes are made in.
            encoding = detect_encoding(BytesIO(job.text.encode()).readline)[0].removesuffix("-sig")
        data = job.text.encode(encoding)
    except (SyntaxError, UnicodeError):
        return job.text

    def relint(changed: Mapping[str, bytes]) -> Mapping[str, FileResult]:
        return {job.path: look.at(from_bytes(changed.get(job.path, data), job.path, parses_with_libcst))[0]}

    outcome = run_fixes(relint({}), lambda _: data, relint, lambda _: False)
    return outcome.files[job.path].after.decode(encoding) if job.path in outcome.files else job.text
