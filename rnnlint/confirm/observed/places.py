"""The places of calls that Python saw while it ran: rows and byte columns become spans."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from rnnlint.graph import Span
from rnnlint.source.source import Source
from rnnlint.source.text import Text

# The span of a layer that no line of the linted code constructs.
NOWHERE = Span("", 0, 0, 0, 0)


def meet(a: Span, b: Span) -> bool:
    """Whether two spans share a character."""
    return (
        (a.path, a.cell) == (b.path, b.cell)
        and (a.row, a.column) < (b.end_row, b.end_column)
        and (b.row, b.column) < (a.end_row, a.end_column)
    )


def extent(span: Span) -> tuple[int, int]:
    """How long a span is, for comparison: rows first, then columns."""
    return span.end_row - span.row, span.end_column - span.column


def last_name(node: ast.AST) -> str:
    """The last part of a dotted name; empty for any other expression."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


class SourceCalls:
    """The calls that a source holds. Places are as Python gives them, columns in bytes, but counted from 1."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._text = Text(source)

    @cached_property
    def _by_place(self) -> dict[tuple[int, int, int, int], ast.Call]:
        return {_place(node): node for node in self._text.of_kind(ast.Call)}

    def call(self, place: Sequence[Any], name: str) -> tuple[ast.Call, tuple[int, int]] | None:
        """The call at a place with the rows of its statement; of a place that is a row only, the one call by that name.

        None where there is no such call, or several.
        """
        if len(place) == 5:
            row, column, end_row, end_column = place[1:]
            node = self._by_place.get((row, column, end_row, end_column))
            return None if node is None else (node, self._rows(node))
        known = [one for key, one in self._by_place.items() if key[0] == place[1] and last_name(one.func) == name]
        return (known[0], self._rows(known[0])) if len(known) == 1 else None

    def _rows(self, node: ast.AST) -> tuple[int, int]:
        """The first and last row of the statement that a node stands in."""
        while not isinstance(node, ast.stmt):
            node = self._text.parents[node]
        return _header(node)

    def span(self, node: ast.AST, end: ast.AST | None = None, rows: tuple[int, int] | None = None) -> Span:
        """A node as a span of the file."""
        return self.between(*_place(node)[:2], *_place(end or node)[2:], rows)

    def between(self, row: int, column: int, end_row: int, end_column: int, rows: tuple[int, int] | None) -> Span:
        """A place as Python counts it as a span of the file."""
        first, last = self._text.column(row, column - 1), self._text.column(end_row, end_column - 1)
        return self.source.span(row, first, end_row, last, rows)


def _place(node: Any) -> tuple[int, int, int, int]:
    return node.lineno, node.col_offset + 1, node.end_lineno, node.end_col_offset + 1


def _header(statement: ast.stmt) -> tuple[int, int]:
    """The first and last row of a statement; of a compound one only up to its body."""
    if not hasattr(statement, "body") and not hasattr(statement, "cases"):
        return statement.lineno, statement.end_lineno or statement.lineno
    parts = [
        one
        for one in ast.walk(statement)
        if isinstance(one, ast.expr) and one.lineno < _body_row(statement) and one.end_lineno is not None
    ]
    return statement.lineno, max([statement.lineno, *(one.end_lineno or 0 for one in parts)])


def _body_row(statement: Any) -> int:
    first = (getattr(statement, "body", None) or [case.pattern for case in statement.cases])[0]
    return int(first.lineno)
