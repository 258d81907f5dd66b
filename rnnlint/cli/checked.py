"""What `rnnlint check` knows: what it was asked for, and what it has found so far. Each step makes a new `Checked`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING

from rnnlint.cli.console import Console, fail
from rnnlint.cli.options import STDIN, CheckOptions
from rnnlint.records import dataclass

if TYPE_CHECKING:
    from rnnlint.findings import Diagnostic, Finding
    from rnnlint.fixer import Outcome
    from rnnlint.result import FileResult
    from rnnlint.settings.resolver import Resolver
    from rnnlint.settings.settings import Settings
    from rnnlint.source.source import Source


class LenientResolver:
    """Gives the settings of a file. What is wrong in its pyproject.toml is printed once, and none of its rules run."""

    def __init__(self, resolver: Resolver, console: Console) -> None:
        self._resolver = resolver
        self._console = console
        self._wrong: set[str] = set()

    @property
    def failed(self) -> bool:
        """Whether some settings could not be used."""
        return bool(self._wrong)

    def __call__(self, path: str) -> Settings:
        """Return the settings of a file."""
        from rnnlint.settings.settings import Settings, SettingsError

        try:
            return self._resolver.settings(path)
        except SettingsError as error:
            if str(error) not in self._wrong:
                self._wrong.add(str(error))
                self._console.error(str(error))
            return Settings(rules=frozenset())

    def here(self) -> Settings:
        """The settings of the current folder, which hold for the run as a whole.

        Raises:
            SettingsError: where they cannot be used.
        """
        return self._resolver.settings(STDIN)


class StandardInput:
    """What comes through stdin: read when it is first asked for. `text` is None until then."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.text: bytes | None = None

    def read(self) -> bytes:
        """The bytes, the same each time.

        Raises:
            Failure: where stdin is closed.
        """
        if sys.stdin is None:
            fail("stdin is closed")
        if self.text is None:
            self.text = sys.stdin.buffer.read()
        return self.text


class Sources:
    """The sources of a run, for lines to show: those that were linted, and others, which are read when asked for."""

    def __init__(self, linted: Iterable[Source] = ()) -> None:
        self._linted = {source.path: source for source in linted}
        self._others: dict[str, Source] = {}

    def __getitem__(self, path: str) -> Source:
        return self._linted[path]

    def line(self, path: str, row: int, cell: int | None) -> str:
        """A line of a file, or of a cell of a notebook; `row` counts from 1."""
        source = self._linted.get(path) or self._others.get(path)
        if source is None:
            from rnnlint.source.read import read_as_shown

            source = self._others[path] = read_as_shown(path)
        return source.line(row, cell)


@dataclass(frozen=True)
class Request:
    """What a run is asked for, and the console that it prints on. `paths` are those that exist, and `-`."""

    options: CheckOptions
    paths: tuple[str, ...]
    settings: LenientResolver
    console: Console
    stdin: StandardInput

    def reports(self, finding: Finding) -> bool:
        """Whether a finding is certain enough for the settings of its file."""
        return finding.confidence == "certain" or self.settings(finding.span.path).min_confidence == "possible"

    def fixes(self, finding: Finding) -> bool:
        """Whether `--fix` fixes a finding."""
        from rnnlint.fixer import applicable

        return applicable(finding.fix, unsafe=self.settings(finding.span.path).unsafe_fixes or False)

    def hides_fix(self, finding: Finding) -> bool:
        """Whether `--fix` would fix a finding if unsafe fixes were allowed, of which nothing is said."""
        unsaid = self.settings(finding.span.path).unsafe_fixes is None
        return unsaid and finding.fix is not None and not self.fixes(finding)


@dataclass(frozen=True)
class Checked:
    """What a run has found so far.

    `findings` are those to report; `withheld` are below the confidence asked for, `suppressed` by comments, `known` to
    the baseline, `refuted` by real Keras. `files` are all that were linted, `complete` those of them that could be
    read. `fixes` is what the fixer did, or None. `done` are lines for the end of the summary. `failed` says that
    something went wrong which was printed as an error, so that the exit status is 2.
    """

    findings: tuple[Finding, ...] = ()
    withheld: tuple[Finding, ...] = ()
    suppressed: tuple[Finding, ...] = ()
    known: tuple[Finding, ...] = ()
    refuted: tuple[Finding, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    files: tuple[str, ...] = ()
    complete: tuple[str, ...] = ()
    sources: Sources = field(default_factory=Sources)
    fixes: Outcome[FileResult] | None = None
    done: tuple[str, ...] = ()
    failed: bool = False

    def reporting(self, findings: Iterable[Finding], request: Request) -> Checked:
        """The same with other findings, of which those that are not certain enough are withheld."""
        reported: list[Finding] = []
        withheld: list[Finding] = []
        for finding in findings:
            (reported if request.reports(finding) else withheld).append(finding)
        return replace(self, findings=tuple(reported), withheld=(*self.withheld, *withheld))

    def saying(self, *lines: str) -> Checked:
        """The same with further lines for the end of the summary."""
        return replace(self, done=(*self.done, *lines))


def has_verdict(finding: Finding, status: str) -> bool:
    """Whether real Keras was asked about a finding, and its verdict is this one."""
    return finding.verdict is not None and finding.verdict.status == status


def by_path(results: Iterable[FileResult]) -> Mapping[str, FileResult]:
    """The results by their paths."""
    return {result.path: result for result in results}
