"""The positions of a notebook's cells in its JSON, for formats without cells and for edits."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

from rnnlint.graph import Span
from rnnlint.records import dataclass
from rnnlint.source.decode import replace_surrogates
from rnnlint.source.read import read_bytes

_SPACE = re.compile(r"[ \t\r\n]*")
_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class CellPlaces:
    """The position of each character of a code cell in the notebook's JSON.

    `text` is the cell as `Cell.text` holds it. Its character number i is written in `json[starts[i]:ends[i]]`, which is
    longer than one character where it is escaped. `strings` are the JSON strings that the text is put together from,
    as (start, end) without the quotes: usually one for each line.
    """

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    strings: tuple[tuple[int, int], ...]

    def offset(self, row: int, column: int) -> int:
        """The number of a character of `text` by its row and column, within the limits of that row."""
        start = 0
        for _ in range(row - 1):
            start = self.text.find("\n", start) + 1 or len(self.text)
        stop = self.text.find("\n", start)
        return min(start + column - 1, stop if stop >= 0 else len(self.text))

    def start(self, number: int) -> int:
        """Where character `number` starts in the JSON, or the text ends."""
        return self.starts[number] if number < len(self.starts) else self.ends[-1] if self.ends else self.strings[-1][0]


def cell_places(json: str) -> dict[int, CellPlaces]:
    """The places of all cells' sources, by the number of the cell, of a notebook that `parse` reads (without a BOM).

    Raises:
        ValueError: for what is no JSON.
    """
    reader = _Reader(json)
    cells: list[list[tuple[int, int]]] = []
    sheets: list[list[tuple[int, int]]] = []
    for key in reader.members():
        if key == "cells":
            cells = list(_sources(reader))
        elif key == "worksheets":
            sheets = [
                one
                for _ in reader.elements()
                for name in reader.members()
                if name == "cells"
                for one in _sources(reader)
            ]
    found = enumerate(cells or sheets, start=1)
    return {number: _places(json, strings) for number, strings in found if strings}


def _sources(reader: _Reader) -> Iterator[list[tuple[int, int]]]:
    """The JSON strings of each cell's source, which formats 2 and 3 call the input of a code cell."""
    for _ in reader.elements():
        found: dict[str, list[tuple[int, int]]] = {}
        for key in reader.members():
            if key in ("source", "input"):
                found[key] = list(reader.strings())
        yield found.get("source") or found.get("input") or []


class _Reader:
    """Goes through a JSON text and knows where it is. What is not asked for is passed over at the speed of `json`."""

    def __init__(self, text: str) -> None:
        from json import JSONDecoder

        self._text = text
        self._at = 0
        self._decode = JSONDecoder(parse_int=float).raw_decode

    def _peek(self) -> str:
        match = _SPACE.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._text[self._at : self._at + 1]

    def _parts(self, opening: str, closing: str) -> Iterator[None]:
        """The parts of an object or array, each to be read or left; nothing for another value."""
        if self._peek() != opening:
            return
        self._at += 1
        while self._peek() != closing:
            yield
            if self._peek() == ",":
                self._at += 1
        self._at += 1

    def _pass(self, start: int) -> None:
        if self._at == start:
            _, self._at = self._decode(self._text, start)

    def members(self) -> Iterator[str]:
        """The keys of an object, each before its value."""
        for _ in self._parts("{", "}"):
            key, self._at = self._decode(self._text, self._at)
            self._peek()
            self._at += 1
            self._peek()
            start = self._at
            yield key
            self._pass(start)

    def elements(self) -> Iterator[None]:
        """Once before each element of an array."""
        for _ in self._parts("[", "]"):
            start = self._at
            yield
            self._pass(start)

    def strings(self) -> Iterator[tuple[int, int]]:
        """A string, or those of an array, as (start, end) between the quotes."""
        for _ in self.elements() if self._peek() == "[" else (None,):
            if self._peek() == '"':
                start = self._at + 1
                _, self._at = self._decode(self._text, self._at)
                yield start, self._at - 1


def _decoded(content: str) -> str:
    """The text of a JSON string."""
    if "\\" not in content:
        return content
    from json import loads

    return str(loads(f'"{content}"'))


def _places(json: str, strings: Sequence[tuple[int, int]]) -> CellPlaces:
    """As `_join` reads a cell: put together, LF line ends, no byte order mark, no lone surrogates."""
    text: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in strings:
        for match in _CHARACTER.finditer(json, start, end):
            char = _decoded(match[0])
            if char == "\n" and text and text[-1] == "\r":
                text[-1], ends[-1] = "\n", match.end()
                continue
            text.append(char)
            starts.append(match.start())
            ends.append(match.end())
    if text[:1] == ["\ufeff"]:
        del text[0], starts[0], ends[0]
    joined = "".join("\n" if char == "\r" else char for char in text)
    return CellPlaces(replace_surrogates(joined), tuple(starts), tuple(ends), tuple(strings))


class Places:
    """The positions of findings in their files, for formats without cells. A notebook is read when first needed.

    `given` are the bytes of files that came through a pipe.
    """

    def __init__(self, given: Mapping[str, bytes] | None = None) -> None:
        self._given = given or {}
        self._notebooks: dict[str, tuple[str, dict[int, CellPlaces], list[int]]] = {}

    def locate(self, span: Span) -> Span:
        """The same stretch with row and column in the file. A cell that is not found any more becomes row 1."""
        if span.cell is None:
            return span
        _, cells, rows = self._read(span.path)
        cell = cells.get(span.cell)
        if cell is None:
            return Span(span.path, 1, 1, 1, 1, None, (1, 1))
        first, last = cell.offset(span.row, span.column), cell.offset(span.end_row, span.end_column)
        start = _place(rows, cell.start(first))
        end = _place(rows, cell.start(last) if last <= first else cell.ends[last - 1])
        return Span(span.path, *start, *end, None, (start[0], end[0]))

    def line(self, path: str, row: int) -> str:
        """A physical line of a notebook, without its line end."""
        text, _, rows = self._read(path)
        if not 0 < row <= len(rows):
            return ""
        return text[rows[row - 1] : rows[row] if row < len(rows) else None].rstrip("\r\n")

    def _read(self, path: str) -> tuple[str, dict[int, CellPlaces], list[int]]:
        if path not in self._notebooks:
            data = self._given.get(path) or read_bytes(path)
            text = data.decode("utf-8-sig", "replace") if isinstance(data, bytes) else ""
            try:
                cells = cell_places(text)
            except (ValueError, RecursionError):  # it was changed in the meantime
                cells = {}
            rows = [0, *(match.end() for match in re.finditer(r"\r\n?|\n", text))]
            self._notebooks[path] = text, cells, rows
        return self._notebooks[path]


def _place(rows: Sequence[int], offset: int) -> tuple[int, int]:
    """Row and column from 1 of an offset in a text whose rows start at `rows`."""
    row = bisect_right(rows, offset)
    return row, offset - rows[row - 1] + 1
