"""One source file: its text, and the way from a row and column of that text back to the place the user sees.

Rows and columns count from 1, columns in characters. Rows end at LF, CR LF or a lone CR, as in Python; a form feed ends
none (so `str.splitlines` must not be used to count rows).
"""

from __future__ import annotations

import os
import re
import stat
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import field
from functools import cached_property
from typing import Literal

from rnnlint.findings import Diagnostic, DiagnosticKind
from rnnlint.graph import Span
from rnnlint.records import dataclass

# Notebooks carry their outputs, often many megabytes of pictures; a script beyond this size is data.
MAX_SCRIPT_BYTES = 50_000_000
MAX_NOTEBOOK_BYTES = 500_000_000

_NEWLINE = re.compile(r"\r\n?|\n")
# PEP 263: a comment in one of the first two lines.
_COOKIE = re.compile(rb"^(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n?|\n))?[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)")
# Text encodings whose decoder needs more than linear time, or that nobody writes Python in.
_REFUSED_ENCODINGS = frozenset({"punycode", "idna", "undefined"})
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell of a notebook. `number` counts from 1 over all cells; its first row is row `first` of the text."""

    number: int
    first: int
    text: str


@dataclass(frozen=True, eq=False)
class Source:
    """What the analysis reads of one file: plain, picklable data, compared by identity so that it can be a cache's key.

    `text` has LF line ends and no byte order mark; for a notebook it is the joined code cells, IPython's own syntax
    replaced by Python of as many rows. `original` is the text as the user sees it (empty for a notebook, whose cells
    hold theirs). `shifts` says for the rows of `text` from whose beginning something was cut how many characters that
    were. `diagnostics` name what could not be read. `unread` are rows of whole statements, first and last, that the
    analysis may pass over: `code` is the text without them. `harmless` says that the text was found to be no danger
    for the parser.
    """

    path: str
    text: str
    kind: Literal["python", "notebook"] = "python"
    diagnostics: tuple[Diagnostic, ...] = ()
    original: str = ""
    cells: tuple[Cell, ...] = ()
    shifts: Mapping[int, int] = field(default_factory=dict)
    unread: tuple[tuple[int, int], ...] = ()
    harmless: bool = False

    @cached_property
    def code(self) -> str:
        """The text that is analysed, of as many rows as `text`."""
        if not self.unread:
            return self.text
        lines = self.text.split("\n")
        for first, last in self.unread:
            # A text of several rows costs the parser no more than one of a single row; empty rows do.
            line = lines[first - 1]
            quotes = line[: len(line) - len(line.lstrip())] + '"""'
            lines[first - 1 : last] = [quotes, *[""] * (last - first - 1), '"""'] if first < last else [f'{quotes}"""']
        return "\n".join(lines)

    @cached_property
    def _starts(self) -> list[int]:
        return [cell.first for cell in self.cells]

    @cached_property
    def _lines(self) -> list[str]:
        return (self.original or self.text).split("\n")

    @cached_property
    def _cells(self) -> dict[int, list[str]]:
        return {}

    def locate(self, row: int, column: int = 1) -> tuple[int | None, int, int]:
        """The cell (None in a script), the row in it, and the column of a place of `text`."""
        column += self.shifts.get(row, 0)
        if not self.cells:
            return None, row, column
        cell = self.cells[max(bisect_right(self._starts, row) - 1, 0)]
        return cell.number, row - cell.first + 1, column

    def span(
        self, row: int, column: int, end_row: int, end_column: int, statement: tuple[int, int] | None = None
    ) -> Span:
        """The `Span` of a stretch of `text`; `statement` are the first and last row of the statement around it."""
        cell, first, begin = self.locate(row, column)
        _, last, end = self.locate(end_row, end_column)
        start, stop = statement or (row, end_row)
        rows = (self.locate(start)[1], self.locate(stop)[1])
        return Span(self.path, first, begin, last, end, cell, rows)

    def line(self, row: int, cell: int | None = None) -> str:
        """A row as the user sees it, without its line end; empty where there is none. `cell` as in a `Span`."""
        lines = self._lines if cell is None else self._cell_lines(cell)
        return lines[row - 1] if 0 < row <= len(lines) else ""

    def has_row(self, row: int, cell: int | None = None) -> bool:
        """Whether there is such a row, for `line`."""
        return 0 < row <= len(self._lines if cell is None else self._cell_lines(cell))

    def text_row(self, row: int, cell: int | None = None) -> int:
        """The row of `text` that `locate` leads to a row (of a cell)."""
        return row if cell is None else row - 1 + next((one.first for one in self.cells if one.number == cell), 1)

    def _cell_lines(self, number: int) -> list[str]:
        if number not in self._cells:
            text = next((cell.text for cell in self.cells if cell.number == number), "")
            self._cells[number] = text.split("\n")
        return self._cells[number]


def normalize(text: str) -> str:
    """Text with LF line ends and no byte order mark."""
    text = text.removeprefix("\ufeff")
    return _NEWLINE.sub("\n", text) if "\r" in text else text


def diagnose(path: str, kind: DiagnosticKind, message: str, row: int = 1, column: int = 1) -> Diagnostic:
    """A diagnostic at one character of a file."""
    return Diagnostic(kind, message, Span(path, row, column, row, column + 1, None, (row, row)))


def refused(path: str, kind: DiagnosticKind, message: str, row: int = 1, column: int = 1) -> Source:
    """The empty source of a file that cannot be read."""
    which: Literal["python", "notebook"] = "notebook" if path.endswith(".ipynb") else "python"
    return Source(path, "", which, (diagnose(path, kind, message, row, column),))


def read(path: str, accepts: Callable[[str], bool] | None = None) -> Source:
    """Read a script or a notebook. What cannot be read is a `Diagnostic` of the source, never an exception."""
    data = read_bytes(path)
    return data if isinstance(data, Source) else from_bytes(data, path, accepts)


def read_as_shown(path: str) -> Source:
    """As `read`, for what asks for rows as the user sees them only: the text that is analysed is left out."""
    data = read_bytes(path)
    if isinstance(data, Source):
        return data
    if path.endswith(".ipynb"):
        from rnnlint.source.notebook import as_shown

        return as_shown(data, path)
    text = _decode(data, path)
    if isinstance(text, str):
        text = _clean(text, path)
    return text if isinstance(text, Source) else Source(path, "", original=text)


def read_bytes(path: str) -> bytes | Source:
    """The bytes of a regular file, or the refused source that says why not."""
    limit = MAX_NOTEBOOK_BYTES if path.endswith(".ipynb") else MAX_SCRIPT_BYTES
    try:
        # A FIFO would block in open(), so look first; O_NONBLOCK covers the moment in between.
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            what = "a directory" if stat.S_ISDIR(mode) else "not a regular file"
            return refused(
                path, "io-error", f"cannot read {path}: it is {what}; pipe text into `rnnlint check -` instead"
            )
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(handle, "rb") as file:
            # No buffer larger than the file; what grows meanwhile is seen to be too large, or read up to here.
            data = file.read(min(os.fstat(handle).st_size, limit) + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return refused(path, "io-error", f"cannot read {path}: {reason}")
    if len(data) > limit:
        return refused(path, "too-complex", f"{path} is larger than {limit // 1_000_000} MB; exclude it")
    return data


def from_bytes(data: bytes, path: str, accepts: Callable[[str], bool] | None = None) -> Source:
    """The source of a file's bytes; `path` says by its suffix whether it is a notebook."""
    if path.endswith(".ipynb"):
        from rnnlint.source.notebook import parse

        return parse(data, path, accepts)
    text = _decode(data, path)
    return text if isinstance(text, Source) else from_text(text, path, accepts)


def from_text(text: str, path: str, accepts: Callable[[str], bool] | None = None) -> Source:
    """The source of a text that is in memory already."""
    if path.endswith(".ipynb"):
        from rnnlint.source.notebook import parse

        return parse(text.encode("utf-8", "surrogatepass"), path, accepts)
    clean = _clean(text, path)
    if isinstance(clean, Source):
        return clean
    if has_magics(clean):
        from rnnlint.source.notebook import without_magics

        python, shifts = without_magics(clean)
        return Source(path, python, original=clean if python != clean else "", shifts=shifts)
    return Source(path, clean)


def _clean(text: str, path: str) -> str | Source:
    """The text of a script as the user sees it, or the refused source that says why it is none."""
    text = normalize(text)
    return _binary(text, path) if "\0" in text else replace_surrogates(text)


# A line that starts with IPython's own syntax, ends in `?`, or assigns from a magic: worth a closer look.
_MAGIC = re.compile(
    r"^[ \t]*[!%?]|=[ \t]*[!%][^=]|\?[ \t]*(?:#.*)?$|^[ \t]*(?:pip3?|conda|mamba|uv|apt-get)[ \t]+[a-z]", re.MULTILINE
)


def has_magics(text: str) -> bool:
    """Whether a text may hold IPython syntax; a cheap over-approximation."""
    return _MAGIC.search(text) is not None


def replace_surrogates(text: str) -> str:
    """Lone surrogates, which JSON and Python strings can hold but no file can, become U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return re.sub("[\ud800-\udfff]", "\ufffd", text)
    return text


def _binary(text: str, path: str) -> Source:
    row = text.count("\n", 0, text.index("\0")) + 1
    message = f"{path} holds a NUL byte in line {row}: this is no Python source, or it is UTF-16; save it as UTF-8"
    return refused(path, "io-error", message, row)


def _decode(data: bytes, path: str) -> str | Source:
    """The text of a script by its byte order mark and PEP 263 cookie, or the refused source that says why not."""
    if data.startswith(_UTF16_MARKS):
        return refused(path, "io-error", f"{path} is UTF-16, which Python does not read; save it as UTF-8")
    encoding = "utf-8"
    if not data.startswith(b"\xef\xbb\xbf") and (cookie := _COOKIE.match(data)):
        encoding = cookie[1].decode("ascii", "replace").lower().replace("_", "-")
    if encoding in _REFUSED_ENCODINGS:
        return refused(path, "io-error", f"{path} declares the encoding {encoding!r}; save it as UTF-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start]
        row = len(_NEWLINE.findall(before.decode("latin-1"))) + 1
        byte = f"0x{data[error.start]:02x}" if error.start < len(data) else "the end"
        hint = "save it as UTF-8, or name its encoding in the first line: # -*- coding: latin-1 -*-"
        if encoding != "utf-8":
            hint = f"the file declares {encoding}; correct that line or save it in that encoding"
        message = f"{path} is not {encoding}: {byte} at byte {error.start}, line {row}; {hint}"
        return refused(path, "io-error", message, row, error.start - _line_start(before) + 1)
    except (LookupError, ValueError) as error:
        return refused(path, "io-error", f"{path} declares the encoding {encoding!r}: {error}; save it as UTF-8")


def _line_start(before: bytes) -> int:
    return max(before.rfind(b"\n"), before.rfind(b"\r")) + 1
