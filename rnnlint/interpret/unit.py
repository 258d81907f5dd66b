"""A parsed source file, and where its nodes stand."""

from __future__ import annotations

import gc
import re
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from unicodedata import normalize

import libcst as cst
from libcst._nodes.internal import CodegenState

from rnnlint.graph import Span
from rnnlint.interpret.values import Value
from rnnlint.source import Source


class ParseError(Exception):
    """Source that libcst cannot parse; row and column count from 1 in the source's text."""

    def __init__(self, row: int, column: int, message: str) -> None:
        super().__init__(message)
        self.row = row
        self.column = column
        self.message = message


class Unit:
    """One parsed source. `constants` are the literals that were evaluated already.

    Positions are computed for the whole file when the first one is asked for. libcst's own position providers cost
    several times the parse (their nodes are deep-copied or every position is made an object); noting token indices
    while the code is generated once costs a third of it.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.module = parse(source.code)
        self.constants: dict[cst.CSTNode, Value] = {}
        self._spans: dict[tuple[cst.CSTNode, cst.CSTNode | None, tuple[int, int] | None], Span] = {}
        self._positions: _Positions | None = None
        self._lines: list[int] = []
        self._offsets: list[int] = []
        if not source.code.isascii() and normalize("NFKC", source.code) != source.code:
            self._normalize()

    def _normalize(self) -> None:
        """Write names as Python reads them. Where they stand is computed first, by the names as they are written."""
        self._place()
        stack: list[cst.CSTNode] = [self.module]
        while stack:
            node = stack.pop()
            if isinstance(node, cst.Name) and not node.value.isascii():
                object.__setattr__(node, "value", normalize("NFKC", node.value))
            stack.extend(node.children)

    def extent(self, node: cst.CSTNode, end: cst.CSTNode | None = None) -> tuple[int, int]:
        """Start and end offset of a node (or from `node` to `end`) in characters."""
        where = (self._positions or self._place()).where
        first, last = where[node][0], where[end or node][1]
        return self._offsets[first], self._offsets[last]

    def _place(self) -> _Positions:
        positions = _Positions(self.module.default_indent, self.module.default_newline)
        try:
            self.module._codegen(positions)
        except RecursionError:
            raise ParseError(1, 1, "the code is nested too deeply") from None
        self._positions = positions
        self._offsets = [0, *accumulate(map(len, positions.tokens))]
        self._lines = [0, *(match.end() for match in re.finditer("\n", self.source.code))]
        return positions

    def span(self, node: cst.CSTNode, end: cst.CSTNode | None = None, statement: tuple[int, int] | None = None) -> Span:
        """The span of a node, without the white space and comments around it."""
        key = (node, end, statement)
        known = self._spans.get(key)
        if known is None:
            first, last = self.extent(node, end)
            row, end_row = bisect_right(self._lines, first), bisect_right(self._lines, last)
            column, end_column = first - self._lines[row - 1] + 1, last - self._lines[end_row - 1] + 1
            known = self.source.span(row, column, end_row, end_column, statement or (row, end_row))
            self._spans[key] = known
        return known

    def rows(self, node: cst.CSTNode, end: cst.CSTNode | None = None) -> tuple[int, int]:
        """First and last row of a node in the source's text."""
        first, last = self.extent(node, end)
        return bisect_right(self._lines, first), bisect_right(self._lines, last)


# Parsed modules that several files import; a tree takes some twenty times the size of its source.
_MOST_KEPT = 2_000_000
_kept: OrderedDict[tuple[str, str], Unit] = OrderedDict()


def imported(source: Source) -> Unit:
    """The unit of a source that other files may ask for as well: the latest ones are kept.

    Raises:
        ParseError: where the text is not Python.
    """
    key = (source.path, source.code)
    unit = _kept.pop(key, None) or Unit(source)
    _kept[key] = unit
    size = sum(len(text) for _, text in _kept)
    while size > _MOST_KEPT and len(_kept) > 1:
        (_, text), _ = _kept.popitem(last=False)
        size -= len(text)
    return unit


def parse(text: str) -> cst.Module:
    """Parse; the collector is off meanwhile, because a fresh tree holds no cycles and is all survivors.

    Raises:
        ParseError: where the text is not Python.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        return cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        raise ParseError(error.raw_line, error.raw_column + 1, "the code does not parse") from None
    except RecursionError:
        raise ParseError(1, 1, "the code is nested too deeply") from None
    finally:
        if enabled:
            gc.enable()


class _Positions(CodegenState):
    """Notes for each node the index of its first token and of the token after its last."""

    __slots__ = ("where",)

    def __init__(self, default_indent: str, default_newline: str) -> None:
        super().__init__(default_indent, default_newline)
        self.where: dict[cst.CSTNode, tuple[int, int]] = {}

    def before_codegen(self, node: cst.CSTNode) -> None:
        if type(node) not in _TRIVIA:
            self.where[node] = (len(self.tokens), -1)

    def after_codegen(self, node: cst.CSTNode) -> None:
        if type(node) not in _TRIVIA:
            start, end = self.where[node]
            if end < 0:
                self.where[node] = (start, len(self.tokens))

    @contextmanager
    def record_syntactic_position(
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> Iterator[None]:
        start = len(self.tokens)
        yield
        self.where[node] = (
            self.where[start_node][0] if start_node is not None else start,
            self.where[end_node][1] if end_node is not None else len(self.tokens),
        )


_TRIVIA = frozenset(
    {cst.SimpleWhitespace, cst.ParenthesizedWhitespace, cst.TrailingWhitespace, cst.EmptyLine, cst.Comment, cst.Newline}
)
