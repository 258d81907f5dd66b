"""Edits into the bytes of a file, with every other byte left as it is.

A script keeps its encoding, byte order mark and line ends.
"""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterable, Sequence
from io import BytesIO

from rnnlint.findings import Edit
from rnnlint.fixer.errors import ApplyError

_NEWLINE = re.compile(r"\r\n?|\n")


def apply(data: bytes, path: str, edits: Iterable[Edit]) -> bytes:
    """The bytes of a file with edits made, which must not overlap.

    Raises:
        ApplyError: where that cannot be done.
    """
    ordered = sorted(edits, key=lambda edit: edit.span)
    if not path.endswith(".ipynb"):
        return _script(data, ordered)
    from rnnlint.fixer import cells

    return cells.apply(data, ordered)


def user_text(data: bytes, path: str) -> dict[int | None, str]:
    """What a diff shows: the text of a script (under None), or of each cell of a notebook, there with LF line ends."""
    if not path.endswith(".ipynb"):
        return {None: _decoded(data)[0]}
    from rnnlint.fixer import cells

    return cells.texts(data)


def _script(data: bytes, edits: Sequence[Edit]) -> bytes:
    text, encoding = _decoded(data)
    try:
        if text.encode(encoding) != data:
            raise ApplyError(f"in its encoding {encoding} the same text may be other bytes")
        return _edited_text(text, edits).encode(encoding)
    except UnicodeError as error:
        raise ApplyError(str(error)) from None


def _decoded(data: bytes) -> tuple[str, str]:
    """The text of a script, its byte order mark kept as a character, and the encoding."""
    try:
        encoding = tokenize.detect_encoding(BytesIO(data).readline)[0].removesuffix("-sig")
        return data.decode(encoding), encoding
    except (SyntaxError, LookupError, UnicodeError) as error:
        raise ApplyError(str(error)) from None


def _edited_text(text: str, edits: Sequence[Edit]) -> str:
    mark = len(text) - len(text.removeprefix("\ufeff"))
    starts = [mark, *(match.end() for match in _NEWLINE.finditer(text))]
    newline = match[0] if (match := _NEWLINE.search(text)) else "\n"
    parts: list[str] = []
    position = 0
    for edit in edits:
        start = starts[edit.span.row - 1] + edit.span.column - 1
        end = starts[edit.span.end_row - 1] + edit.span.end_column - 1
        if not position <= start <= end <= len(text):
            raise ApplyError("its text is another than the one that was linted")
        parts += [text[position:start], edit.content.replace("\n", newline)]
        position = end
    return "".join([*parts, text[position:]])
