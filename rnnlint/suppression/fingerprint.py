"""What a finding is recognised by when lines move: file, rule, the text of the layer call, and which of equal ones.

Spacing, comments, line breaks, quotes and the spelling of numbers do not count, nor does a comma before a closing
bracket: a formatter changes no fingerprint. The line never counts.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from keyword import iskeyword
from typing import TypeAlias

from rnnlint.findings import Finding
from rnnlint.graph import Span
from rnnlint.records import dataclass
from rnnlint.source import syntax
from rnnlint.source.tokens import Token
from rnnlint.source.tokens import tokens as read_tokens

# `line(path, row, cell)` gives a line of source, as in `output.Report`.
Line: TypeAlias = Callable[[str, int, "int | None"], str]
# What names a finding within one run: verdicts and fixes may be added to it later.
Key: TypeAlias = "tuple[str, Span]"

MAX_TEXT = 200  # of a call in a baseline; what is longer is cut, and told apart by a hash

_OPENING = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`path` is relative, with `/`; `text` the layer call; `index` counts from 0 among findings equal in all else."""

    path: str
    code: str
    text: str
    index: int

    @property
    def digest(self) -> str:
        """The same as 32 hexadecimal digits."""
        parts = (self.path, self.code, self.text, str(self.index))
        return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def fingerprints(findings: Iterable[Finding], line: Line, base: str) -> dict[Key, Fingerprint]:
    """The fingerprint of each finding, by its code and span; paths relative to the folder `base`.

    For a stable index these have to be all findings of a file, whether they are reported or not.
    """
    counts: Counter[tuple[str, str, str]] = Counter()
    found: dict[Key, Fingerprint] = {}
    statements: dict[tuple[str, int | None, int, int], list[Token]] = {}
    for finding in sorted(findings, key=_order):
        if (finding.code, finding.span) in found:
            continue
        same = (relative(finding.span.path, base), finding.code, call_text(finding.span, line, statements))
        found[finding.code, finding.span] = Fingerprint(*same, counts[same])
        counts[same] += 1
    return found


def _order(finding: Finding) -> tuple[str, int, int, int, str]:
    span = finding.span
    return span.path, span.cell or 0, span.row, span.column, finding.code


def relative(path: str, base: str) -> str:
    """A path from a folder on, with `/` and composed characters, the same on every machine; printable as UTF-8."""
    text = os.path.relpath(path, base).replace(os.sep, "/").encode("utf-8", "surrogateescape")
    return unicodedata.normalize("NFC", text.decode("utf-8", "replace"))


# ---------------------------------------------------------------------------------------------------------------------
# The text of a call


def call_text(
    span: Span, line: Line, statements: dict[tuple[str, int | None, int, int], list[Token]] | None = None
) -> str:
    """The call at a span, or the innermost one around it (of an argument), in its normal form.

    `statements` keeps what was read, for further spans of the same statement.
    """
    first, last = span.statement if span.statement != (0, 0) else (span.row, span.end_row)
    known = statements if statements is not None else {}
    key = (span.path, span.cell, first, last)
    if key not in known:
        rows = range(first, last + 1)
        known[key] = list(read_tokens([line(span.path, row, span.cell) for row in rows], first))
    tokens = known[key]
    start, end = (span.row, span.column), (span.end_row, span.end_column)
    inside = [number for number, token in enumerate(tokens) if start <= token.start and token.end <= end]
    if not inside:  # a comment
        return " ".join(line(span.path, span.row, span.cell)[span.column - 1 :].split())
    pairs = _pairs(tokens)
    begin, stop = inside[0], inside[-1]
    if not (tokens[stop].text == ")" and begin < pairs.get(stop, -1) and _callee(tokens, pairs, pairs[stop]) >= 0):
        around = [
            (opening, closing)
            for closing, opening in pairs.items()
            if opening < begin and closing > stop and _callee(tokens, pairs, opening) >= 0
        ]
        if around:
            opening, stop = max(around)
            begin = _callee(tokens, pairs, opening)
    return _normal(tokens[begin : stop + 1])


def _pairs(tokens: list[Token]) -> dict[int, int]:
    """The opening bracket of each closing one, by their numbers."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for number, token in enumerate(tokens):
        if token.kind == "open":
            opened.append(number)
        elif opened and tokens[opened[-1]].text == _OPENING.get(token.text):
            pairs[number] = opened.pop()
    return pairs


def _callee(tokens: list[Token], pairs: Mapping[int, int], opening: int) -> int:
    """Where the callee of a `(` starts; -1 where that bracket makes no call."""
    if tokens[opening].text != "(":
        return -1
    begin = opening
    while True:
        before = begin - 1
        if before >= 0 and tokens[before].text in (")", "]") and before in pairs:
            begin = pairs[before]
            continue
        if before >= 0 and tokens[before].kind == "name" and not iskeyword(tokens[before].text):
            begin = before
            if before >= 2 and tokens[before - 1].text == "." and tokens[before - 2].kind not in ("string", "number"):
                begin = before - 1
                continue
        return begin if begin < opening and tokens[begin].text != "." else -1


def _normal(tokens: list[Token]) -> str:
    parts: list[str] = []
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.text == "," and following is not None and following.text in _OPENING:
            continue
        text = _literal(token.text) if token.kind in ("string", "number") else token.text
        if parts and re.match(r"\w", text) and re.search(r"\w$", parts[-1]):
            parts.append(" ")
        parts.append(", " if text == "," else text)
    whole = "".join(parts)
    if len(whole) > MAX_TEXT:
        return f"{whole[:MAX_TEXT]}... {sha256(whole.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
    return whole


def _literal(text: str) -> str:
    """A string or number as `repr` writes it; an f-string with its quotes made equal."""
    try:
        return repr(syntax.literal(text))
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        match = re.match(r"([A-Za-z]*)(\"{3}|'{3}|[\"'])", text)
        return f"{match[1].lower()}{text[match.end() : -len(match[2])]!r}" if match else text
