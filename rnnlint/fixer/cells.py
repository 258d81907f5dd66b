"""Edits into the cells of a notebook.

Of its JSON only the string literals of the edited lines change: what they do not share with the edit keeps its escapes.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from rnnlint.findings import Edit
from rnnlint.fixer.errors import ApplyError
from rnnlint.records import dataclass
from rnnlint.source.places import CellPlaces, cell_places


@dataclass(frozen=True, slots=True)
class _Unit:
    """One character of a cell as the user sees it (a line end is one), and how the JSON writes it."""

    text: str
    raw: str


def texts(data: bytes) -> dict[int | None, str]:
    """The text of each cell of a notebook, by its number."""
    text = data.decode(json.detect_encoding(data), "surrogatepass")
    return {number: found.text for number, found in cell_places(text).items()}


def apply(data: bytes, edits: Sequence[Edit]) -> bytes:
    """The bytes of a notebook with edits made, which are in order and do not overlap.

    Raises:
        ApplyError: where that cannot be done.
    """
    encoding = json.detect_encoding(data)
    try:
        text = data.decode(encoding, "surrogatepass")
    except UnicodeError as error:
        raise ApplyError(str(error)) from None
    by_cell: dict[int, list[Edit]] = {}
    for edit in edits:
        if edit.span.cell is None:
            raise ApplyError("a place in no cell")
        by_cell.setdefault(edit.span.cell, []).append(edit)
    places = cell_places(text)
    changes: list[tuple[int, int, str]] = []
    for cell, own in by_cell.items():
        if cell not in places:
            raise ApplyError("its cells are others than those that were linted")
        changes += _edited_cell(text, places[cell], own)
    for start, end, raw in sorted(changes, reverse=True):
        text = text[:start] + raw + text[end:]
    return text.encode(encoding, "surrogatepass")


def _units(text: str, found: CellPlaces) -> tuple[list[_Unit], list[int]]:
    """The characters of a cell, and where among them each of its JSON strings ends.

    Raises:
        ApplyError: where the JSON holds more than that, such as a byte order mark.
    """
    units = [
        _Unit(char, text[start:end]) for char, start, end in zip(found.text, found.starts, found.ends, strict=True)
    ]
    breaks = [bisect_left(found.starts, end) for _, end in found.strings]
    for (left, right), (start, end) in zip(pairwise([0, *breaks]), found.strings, strict=True):
        if "".join(unit.raw for unit in units[left:right]) != text[start:end]:
            raise ApplyError("its JSON holds characters that are not part of a line")
    if any(text[left + 1 : right - 1].strip() != "," for (_, left), (right, _) in pairwise(found.strings)):
        raise ApplyError("its JSON holds something else than strings among the lines of a cell")
    if len(breaks) > len(set(breaks)):
        raise ApplyError("its JSON holds empty strings among the lines of a cell")
    return units, breaks


def _edited_cell(text: str, found: CellPlaces, edits: Sequence[Edit]) -> Iterator[tuple[int, int, str]]:
    """The changes of the JSON that make the edits of one cell."""
    units, ends = _units(text, found)
    listed = text[: found.strings[0][0] - 1].rstrip().endswith("[")
    breaks = set(ends)  # where one string ends and the next one begins
    spans = [(start - 1, end + 1) for start, end in found.strings]
    starts = [0, *(index + 1 for index, unit in enumerate(units) if unit.text == "\n")]
    ascii_only = text.isascii()
    newline = next((unit.raw for unit in units if unit.text == "\n"), "\\n")
    for edit in reversed(edits):
        start = starts[edit.span.row - 1] + edit.span.column - 1
        end = starts[edit.span.end_row - 1] + edit.span.end_column - 1
        if not start <= end <= len(units):
            raise ApplyError("its cells are others than those that were linted")
        made = [_Unit(char, newline if char == "\n" else _escaped(char, ascii_only)) for char in edit.content]
        grown = len(made) - (end - start)
        moved = {one for one in breaks if one < start} | {one + grown for one in breaks if one > end}
        moved |= {start} & breaks | {one + grown for one in {end} & breaks}
        moved |= {start + index for index, unit in enumerate(made, start=1) if unit.text == "\n"}
        units[start:end] = made
        # What meets at the edges of the edit is one line, and one literal, unless a line ends there.
        edges = {start, end + grown}
        breaks = {one for one in moved if one not in edges or not one or units[one - 1].text == "\n"} | {len(units)}
    bounds = sorted({0, len(units), *(breaks if listed else ())})
    after = ['"' + "".join(unit.raw for unit in units[left:right]) + '"' for left, right in pairwise(bounds)] or ['""']
    before = [text[start:end] for start, end in spans]
    return _relisted(before, after, spans, _separator(text, spans) if listed else "")


def _separator(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text between two items of a list."""
    if len(spans) > 1:
        return text[spans[0][1] : spans[1][0]]
    return "," + text[text.rindex("[", 0, spans[0][0]) + 1 : spans[0][0]]


def _relisted(
    before: Sequence[str], after: Sequence[str], spans: Sequence[tuple[int, int]], between: str
) -> Iterator[tuple[int, int, str]]:
    """The changes that make one list of strings out of another; what stays in it is not touched."""
    for kind, left, right, first, last in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        new = after[first:last]
        if kind == "replace" and len(new) == right - left:
            yield from ((*span, one) for span, one in zip(spans[left:right], new, strict=True))
        elif kind == "replace":
            yield spans[left][0], spans[right - 1][1], between.join(new)
        elif kind == "insert":
            at = spans[left - 1][1] if left else spans[0][0]
            yield at, at, between + between.join(new) if left else between.join(new) + between
        elif kind == "delete" and left:
            yield spans[left - 1][1], spans[right - 1][1], ""
        elif kind == "delete":
            yield spans[0][0], spans[right][0], ""


def _escaped(char: str, ascii_only: bool) -> str:
    return json.dumps(char, ensure_ascii=ascii_only)[1:-1]
