"""One source file: its text, and the way from a row and column of that text back to the place the user sees.

Rows and columns count from 1, columns in characters. Rows end at LF, CR LF or a lone CR, as in Python; a form feed ends
none (so `str.splitlines` must not be used to count rows).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from typing import Literal

from rnnlint.findings import Diagnostic, DiagnosticKind
from rnnlint.graph import Span
from rnnlint.records import dataclass


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
    were. `diagnostics` name what could not be read. `skipped_rows` are rows of whole statements, first and last, that
    the analysis may pass over: `code` is the text without them. `parser_safe` says that the text was found to be no
    danger for the parser.
    """

    path: str
    text: str
    kind: Literal["python", "notebook"] = "python"
    diagnostics: tuple[Diagnostic, ...] = ()
    original: str = ""
    cells: tuple[Cell, ...] = ()
    shifts: Mapping[int, int] = field(default_factory=dict)
    skipped_rows: tuple[tuple[int, int], ...] = ()
    parser_safe: bool = False

    @cached_property
    def code(self) -> str:
        """The text that is analysed, of as many rows as `text`."""
        if not self.skipped_rows:
            return self.text
        lines = self.text.split("\n")
        for first, last in self.skipped_rows:
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
        """A row as the user sees it, without its line end; empty where there is no such row. `cell` as in a `Span`."""
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


def diagnose(path: str, kind: DiagnosticKind, message: str, row: int = 1, column: int = 1) -> Diagnostic:
    """A diagnostic at one character of a file."""
    return Diagnostic(kind, message, Span(path, row, column, row, column + 1, None, (row, row)))


def refused(path: str, kind: DiagnosticKind, message: str, row: int = 1, column: int = 1) -> Source:
    """The empty source of a file that cannot be read."""
    which: Literal["python", "notebook"] = "notebook" if path.endswith(".ipynb") else "python"
    return Source(path, "", which, (diagnose(path, kind, message, row, column),))
