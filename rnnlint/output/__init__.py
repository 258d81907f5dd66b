"""Output formats: one module each, with a function `render(report) -> Iterator[str]` that yields pieces of text."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from rnnlint.findings import Diagnostic, Finding
    from rnnlint.graph import Span
    from rnnlint.registry import Severity

# The formats that print nothing where there is nothing to report.
FOR_PEOPLE = ("full", "concise")

Entry: TypeAlias = "Finding | Diagnostic"


def code(entry: Entry) -> str:
    """The rule of a finding, or the kind of a diagnostic."""
    return getattr(entry, "code", None) or entry.kind  # type: ignore[union-attr]


def severity(entry: Entry) -> Severity:
    """That of a finding's rule; what could not be read is an error."""
    return getattr(entry, "severity", "error")


def shown(path: str) -> str:
    """A path as the user reads it: relative to the current folder where it lies below it, and printable as UTF-8."""
    if os.path.isabs(path):
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
    """`[possible] message [verdict]`, the marks where they apply: for formats without places of their own for them."""
    text = " ".join(entry.message.split())
    if getattr(entry, "confidence", "certain") == "possible":
        text = f"[possible] {text}"
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
    import unicodedata

    # Joiners and other marks of no width are part of words and emoji; what turns the direction of text is not.
    if unicodedata.category(char) == "Cf" and unicodedata.bidirectional(char) in ("BN", "AL", "L", "NSM"):
        return char
    return " " if unicodedata.category(char) == "Zs" else "\ufffd"
