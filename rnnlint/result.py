"""What a run says of one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlint.records import dataclass

if TYPE_CHECKING:
    from rnnlint.findings import Diagnostic, Finding
    from rnnlint.graph import Note
    from rnnlint.source.source import Source


@dataclass(frozen=True, slots=True)
class FileResult:
    """What linting one file gave. `notes` are what was not understood; `source` is there where something was found."""

    path: str
    findings: tuple[Finding, ...] = ()
    suppressed: tuple[Finding, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    notes: tuple[Note, ...] = ()
    source: Source | None = None
