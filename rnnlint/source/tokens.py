"""The tokens of Python by one regular expression, whatever the running Python's grammar is, and whatever is broken.

It never fails and never looks at a character twice. A backslash in a string takes the next character along in raw
strings too, as for Python. White space is no token.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_PREFIX = r"(?P<prefix>[rRbBuUfFtT]|[rR][bBfFtT]|[bBfFtT][rR])?"
_NUMBER = r"(?:0[xXoObB][0-9a-fA-F_]+|(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9_]+)?)[jJ]?"
# Every alternative that opens a string also ends at the end of the text or line, so that nothing is scanned twice.
_OPEN_STRING = (
    r'"""(?:[^"\\]+|\\(?:.|\Z)|"(?!""))*(?:"""|\Z)'
    r"|'''(?:[^'\\]+|\\(?:.|\Z)|'(?!''))*(?:'''|\Z)"
    r'|"(?:[^"\\\n]+|\\(?:.|\Z))*(?:"|(?=\n)|\Z)'
    r"|'(?:[^'\\\n]+|\\(?:.|\Z))*(?:'|(?=\n)|\Z)"
)
_CLOSED_STRING = (
    r'"""(?:[^"\\]|\\.|"(?!""))*"""'
    r"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'(?:[^'\\\n]|\\.)*'"
)


def _pattern(string: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?P<string>{_PREFIX}(?:{string}))|(?P<comment>\#[^\n]*)|(?P<joined>\\\n)|(?P<end>\n)"
        rf"|(?P<open>[(\[{{])|(?P<close>[)\]}}])|(?P<separator>[,;])|(?P<number>{_NUMBER})|(?P<name>\w+)|(?P<mark>\S)",
        re.DOTALL,
    )


# Of a whole text: a string that nobody closed ends with its line, one with three quotes with the text.
TOKEN = _pattern(_OPEN_STRING)
# Of lines cut out of a text, which may begin within a string: a quote that opens none is a mark.
_IN_LINES = _pattern(_CLOSED_STRING)


class Token(NamedTuple):
    """A token of some lines: its kind is a group of `TOKEN`, its start and end are rows and columns from 1."""

    kind: str
    text: str
    start: tuple[int, int]
    end: tuple[int, int]


def tokens(lines: list[str], first: int) -> Iterator[Token]:
    """The tokens of lines of code, of which the first one is row `first`; without comments and the ends of lines."""
    row, column = first, 1
    position = 0
    text = "\n".join(lines)
    for match in _IN_LINES.finditer(text):
        column += match.start() - position
        position = match.end()
        kind, part = match.lastgroup or "", match[0]
        start = (row, column)
        if newlines := part.count("\n"):
            row += newlines
            column = len(part) - part.rfind("\n")
        else:
            column += len(part)
        if kind not in ("comment", "joined", "end"):
            yield Token(kind, part, start, (row, column))
