"""Output formats: one module each, with a function `render(report) -> Iterator[str]` that yields pieces of text."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from rnnlint.findings import Diagnostic, Finding
    from rnnlint.fingerprint import Fingerprint, Key
    from rnnlint.graph import Span
    from rnnlint.notebook import Places

# Format -> module here. A new format is one line and one module.
FORMATS = {
    "full": "full",
    "concise": "concise",
    "json": "json",
    "json-lines": "json_lines",
    "sarif": "sarif",
    "github": "github",
    "gitlab": "gitlab",
    "junit": "junit",
    "rdjson": "rdjson",
}

Entry: TypeAlias = "Finding | Diagnostic"


def _places() -> Places:
    from rnnlint.notebook import Places

    return Places()


@dataclass(frozen=True)
class Report:
    """What a run has to say.

    `line(path, row, cell)` gives a line of source, `width` is how many columns an excerpt may have,
    `fixable` whether `--fix` would fix a finding. `refuted` are the
    findings that real Keras contradicts: a format shows them apart or not at all.

    `root` is the project's folder, from which CI services read paths, `places` finds notebooks' cells in their files,
    `others` are findings that are not reported (suppressed, withheld, in the baseline), which count in fingerprints,
    `version` is that of rnnlint, and `started` is when the run was.
    """

    findings: Sequence[Finding]
    diagnostics: Sequence[Diagnostic]
    line: Callable[[str, int, int | None], str]
    width: int = 140
    refuted: Sequence[Finding] = ()
    root: str = "."
    places: Places = field(default_factory=_places)
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
    def fingerprints(self) -> Mapping[Key, Fingerprint]:
        """By code and span; the same wherever the line moves."""
        from rnnlint.fingerprint import fingerprints

        return fingerprints([*self.findings, *self.refuted, *self.others], self.line, self.root)

    def project_path(self, path: str) -> str:
        """A path from the project's folder on, with `/`; absolute where it lies outside. Printable as UTF-8."""
        from rnnlint.fingerprint import relative

        inside = relative(path, self.root)
        path = Path(path).absolute().as_posix() if inside.startswith("../") else inside
        return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def in_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Entries in the order of the source."""
    return tuple(sorted(entries, key=lambda one: (_place(one.span), code(one), one.message)))


def _place(span: Span) -> tuple[str, int, int, int]:
    return shown(span.path), span.cell or 0, span.row, span.column


def render(name: str, report: Report) -> Iterator[str]:
    """The report in a format of `FORMATS`, piece by piece, with ANSI colours where the format is for people."""
    pieces: Iterator[str] = import_module(f"rnnlint.output.{FORMATS[name]}").render(report)
    return pieces


def code(entry: Entry) -> str:
    """The rule of a finding, or the kind of a diagnostic."""
    return getattr(entry, "code", None) or entry.kind  # type: ignore[union-attr]


def shown(path: str) -> str:
    """A path as the user reads it: relative to the current folder where it lies below it, and printable as UTF-8."""
    if Path(path).is_absolute():
        relative = os.path.relpath(path)
        path = path if relative.startswith("..") else relative
    else:
        path = os.path.normpath(path)
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def where(span: Span) -> str:
    """`a.py:7:5`, or `nb.ipynb:cell 3:2:9`."""
    return f"{printable(shown(span.path))}:{position(span)}"


def position(span: Span) -> str:
    """`7:5`, or `cell 3:2:9` in a notebook."""
    return f"{f'cell {span.cell}:' if span.cell is not None else ''}{span.row}:{span.column}"


def sentence(entry: Entry) -> str:
    """The message, with the verdict behind it where there is one; one printable line."""
    text = " ".join(entry.message.split())
    if verdict := getattr(entry, "verdict", None):
        which = f"; Keras {verdict.keras}, {verdict.backend}" if verdict.keras else ""
        text += f" [{verdict.status}: {' '.join(verdict.evidence.split())}{which}]"
    return printable(text)


def printable(text: str) -> str:
    """Text without what would steer a terminal: control and direction characters become visible, tabs stay."""
    if text.isprintable():
        return text
    return "".join(_visible(char) for char in text)


def _visible(char: str) -> str:
    if char == "\t" or char.isprintable():
        return char
    if char < " ":
        return chr(0x2400 + ord(char))
    # Joiners and other marks of no width are part of words and emoji; what turns the direction of text is not.
    if unicodedata.category(char) == "Cf" and unicodedata.bidirectional(char) in ("BN", "AL", "L", "NSM"):
        return char
    return " " if unicodedata.category(char) == "Zs" else "\N{REPLACEMENT CHARACTER}"
