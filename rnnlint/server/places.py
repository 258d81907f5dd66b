"""Places: from rows and columns in characters to the positions and edits of the protocol, and back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby

from lsprotocol import types
from pygls.workspace import PositionCodec, ServerTextPosition, ServerTextRange, TextDocument, Workspace

from rnnlint.findings import Edit
from rnnlint.fixer import ApplyError, apply
from rnnlint.graph import Span
from rnnlint.records import dataclass
from rnnlint.source.places import Places

# `str.splitlines` knows more line ends than the protocol and Python do, such as form feeds.
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
Edits = dict[str, list[types.TextEdit]]


def split(text: str) -> list[str]:
    """The lines of a text, with their ends."""
    return _LINE.findall(text)


class Document(TextDocument):
    """A document as the client edits it."""

    def _apply_incremental_change(self, change: types.TextDocumentContentChangePartial) -> None:
        text = DocumentText(self.uri, self.source, self.position_codec)
        start, end = text.offset(change.range.start), text.offset(change.range.end)
        self._source = text.text[:start] + change.text + text.text[end:]


class Documents(Workspace):
    """The open documents."""

    def _create_text_document(
        self, doc_uri: str, source: str | None = None, version: int | None = None, language_id: str | None = None
    ) -> TextDocument:
        return Document(doc_uri, source, version, language_id, True, self._sync_kind, self.position_codec)


@dataclass(frozen=True)
class DocumentText:
    """A state of a document."""

    uri: str
    text: str
    codec: PositionCodec
    version: int | None = None

    @cached_property
    def lines(self) -> list[str]:
        """The lines, with their ends."""
        return split(self.text)

    @property
    def newline(self) -> str:
        """How its lines end."""
        return next((line[len(line.rstrip("\r\n")) :] for line in self.lines[:1] if line[-1] in "\r\n"), "\n")

    def offset(self, position: types.Position) -> int:
        """The number of characters before a position."""
        if position.line >= len(self.lines):
            return len(self.text)
        line = self.lines[position.line].rstrip("\r\n")
        units = column = 0
        while column < len(line) and units < position.character:
            units += self.codec.client_num_units(line[column])
            column += 1
        return sum(map(len, self.lines[: position.line])) + column

    def range(self, span: Span) -> types.Range:
        """A stretch of source; rows of the text count without a byte order mark."""
        shift = self.text.startswith("\ufeff")
        return line_range(span, self.lines, self.codec, shift)


def line_range(span: Span, lines: Sequence[str], codec: PositionCodec, shift: bool = False) -> types.Range:
    """A stretch of source in lines; in the first one columns `shift` by one."""

    def position(row: int, column: int) -> ServerTextPosition:
        return ServerTextPosition(row - 1, column - 1 + (shift and row == 1))

    found = ServerTextRange(position(span.row, span.column), position(span.end_row, span.end_column))
    return codec.range_to_client_units([*lines, ""], found)


@dataclass(frozen=True)
class Snapshot:
    """A state of what one analysis looks at: a document, or the cells of a notebook (`cells`)."""

    path: str
    texts: tuple[DocumentText, ...]
    cells: bool = False
    languages: tuple[str, ...] = ()

    @cached_property
    def text(self) -> str:
        """What is analysed."""
        if not self.cells:
            return self.texts[0].text if self.texts else ""
        cells = [
            {"cell_type": "code", "language": language, "metadata": {}, "source": one.text}
            for one, language in zip(self.texts, self.languages, strict=True)
        ]
        return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})

    @cached_property
    def _places(self) -> Places:
        return Places({self.path: self.text.encode("utf-8", "surrogatepass")})

    def locate(self, span: Span) -> tuple[DocumentText, types.Range]:
        """The document that holds a stretch of source, and the place in it."""
        if self.cells:
            text = self.texts[min(max((span.cell or 1) - 1, 0), len(self.texts) - 1)]
            return text, text.range(span)
        return self.texts[0], self.texts[0].range(self._places.locate(span))

    def edits(self, edits: Iterable[Edit]) -> Edits | None:
        """The changes that a fix makes, by document; None where they cannot be made."""
        edits = tuple(edits)
        if not self.cells and any(edit.span.cell is not None for edit in edits):
            # The notebook is open as the JSON that it is.
            try:
                return self.changes(apply(self.text.encode(), self.path, edits).decode())
            except (ApplyError, UnicodeError):
                return None
        found: Edits = {}
        for edit in edits:
            text, where = self.locate(edit.span)
            change = types.TextEdit(where, edit.content.replace("\n", text.newline))
            found.setdefault(text.uri, []).append(change)
        return found

    def changes(self, after: str) -> Edits:
        """The changes that lead to another text, line by line."""
        if not self.cells:
            return _differences(((self.texts[0], after),))
        cells = [cell["source"] for cell in json.loads(after)["cells"]]
        return _differences(zip(self.texts, ("".join(cell) for cell in cells), strict=True))


def _differences(pairs: Iterable[tuple[DocumentText, str]]) -> Edits:
    found: Edits = {}
    for text, after in pairs:
        new = split(after)
        for start, end, lines in _blocks(text.lines, new):
            where = line_range(Span("", start + 1, 1, end + 1, 1), text.lines, text.codec)
            found.setdefault(text.uri, []).append(types.TextEdit(where, "".join(lines)))
    return found


def _blocks(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, Sequence[str]]]:
    """The runs of lines that differ, in linear time; where their number has changed, all from the first to the last."""
    if len(old) == len(new):
        for differs, numbers in groupby(range(len(old)), lambda number: old[number] != new[number]):
            if differs:
                held = list(numbers)
                yield held[0], held[-1] + 1, new[held[0] : held[-1] + 1]
        return
    most = min(len(old), len(new))
    head = next((number for number in range(most) if old[number] != new[number]), most)
    most -= head
    tail = next((number for number in range(most) if old[-1 - number] != new[-1 - number]), most)
    yield head, len(old) - tail, new[head : len(new) - tail]


def workspace_edit(edits: Edits, versions: Mapping[str, int | None], versioned: bool) -> types.WorkspaceEdit:
    """Edits of documents; `versioned`: the client knows them with the version that they are for."""
    if not versioned:
        return types.WorkspaceEdit(changes=edits)
    return types.WorkspaceEdit(
        document_changes=[
            types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri, versions.get(uri)), one)
            for uri, one in edits.items()
        ]
    )


def touches(one: types.Range, other: types.Range) -> bool:
    """Whether two ranges have a place in common; an empty one may be at the edge."""
    return _order(one.start) <= _order(other.end) and _order(other.start) <= _order(one.end)


def _order(position: types.Position) -> tuple[int, int]:
    return position.line, position.character
