"""What a run has to say, for the formats to write down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timezone
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from rnnlint.output import code, shown
from rnnlint.records import dataclass

if TYPE_CHECKING:
    from rnnlint.findings import Diagnostic, Finding
    from rnnlint.graph import Span
    from rnnlint.output import Entry
    from rnnlint.source.places import Places
    from rnnlint.suppression.fingerprint import Fingerprint, Key


@dataclass(frozen=True)
class Report:
    """What a run has to say.

    `line(path, row, cell)` gives a line of source, `width` is how many columns an excerpt may have,
    `fixable` whether `--fix` would fix a finding. `refuted` are the
    findings that real Keras contradicts: a format shows them apart or not at all.

    `root` is the project's folder, from which CI services read paths, `texts` are files that came through a pipe,
    `others` are findings that are not reported (suppressed, withheld, in the baseline), which count in fingerprints,
    `version` is that of rnnlint, and `started` is when the run was.
    """

    findings: Sequence[Finding]
    diagnostics: Sequence[Diagnostic]
    line: Callable[[str, int, int | None], str]
    width: int = 140
    refuted: Sequence[Finding] = ()
    root: str = "."
    texts: Mapping[str, bytes] = field(default_factory=dict)
    others: Sequence[Finding] = ()
    version: str = "0"
    started: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    fixable: Callable[[Finding], bool] = lambda _: False

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Findings and diagnostics in the order of the source."""
        return in_order([*self.findings, *self.diagnostics])

    @cached_property
    def everything(self) -> tuple[Entry, ...]:
        """The same with the refuted findings among them, for formats that carry the verdict."""
        return in_order([*self.entries, *self.refuted])

    @cached_property
    def places(self) -> Places:
        """Finds the cells of notebooks in their files."""
        from rnnlint.source.places import Places

        return Places(self.texts)

    @cached_property
    def fingerprints(self) -> Mapping[Key, Fingerprint]:
        """By code and span; the same wherever the line moves."""
        from rnnlint.suppression.fingerprint import fingerprints

        return fingerprints([*self.findings, *self.refuted, *self.others], self.line, self.root)

    def project_path(self, path: str) -> str:
        """A path from the project's folder on, with `/`; absolute where it lies outside. Printable as UTF-8."""
        from rnnlint.suppression.fingerprint import relative

        inside = relative(path, self.root)
        path = Path(path).absolute().as_posix() if inside.startswith("../") else inside
        return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def render(name: str, report: Report) -> Iterator[str]:
    """The report in a format, piece by piece, with ANSI colours where the format is for people.

    `name` is one of `rnnlint.settings.choices.FORMATS`. A new format is a name there and a module here, of the same
    name with `_` for `-`.
    """
    pieces: Iterator[str] = import_module(f"rnnlint.output.{name.replace('-', '_')}").render(report)
    return pieces


def in_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Entries in the order of the source."""
    return tuple(sorted(entries, key=lambda one: (_place(one.span), code(one), one.message)))


def _place(span: Span) -> tuple[str, int, int, int]:
    return shown(span.path), span.cell or 0, span.row, span.column
