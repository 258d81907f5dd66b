"""Output formats: one module each, with a function `render(report) -> Iterator[str]` that yields pieces of text."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from rnnlint.findings import Diagnostic, Finding
    from rnnlint.graph import Span

# Format -> module here. A new format is one line and one module.
FORMATS = {
    "full": "full",
    "concise": "concise",
    "json": "json",
    "json-lines": "json_lines",
}

Entry: TypeAlias = "Finding | Diagnostic"


@dataclass(frozen=True)
class Report:
    """What a run has to say.

    `line(path, row, cell)` gives a line of source, `width` is how many columns an excerpt may have.
    """

    findings: Sequence[Finding]
    diagnostics: Sequence[Diagnostic]
    line: Callable[[str, int, int | None], str]
    width: int = 140

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Findings and diagnostics in the order of the source."""
        everything: list[Entry] = [*self.findings, *self.diagnostics]
        return tuple(sorted(everything, key=lambda one: (_place(one.span), code(one), one.message)))


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
