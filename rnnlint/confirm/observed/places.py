"""Where in the code a call stands that Python saw while it ran: rows and byte columns become spans."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from rnnlint.graph import Span
from rnnlint.records import dataclass
from rnnlint.source import syntax
from rnnlint.source.source import Source

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


@dataclass
class SourceCalls:
    """The calls that a source holds. Places are as Python gives them, columns in bytes, but counted from 1."""

    source: Source

    @cached_property
    def _lines(self) -> list[str]:
        return self.source.text.split("\n")

    @cached_property
    def by_place(self) -> dict[tuple[int, int, int, int], tuple[ast.Call, tuple[int, int]]]:
        """Each call with the first and last row of its statement."""
        found: dict[tuple[int, int, int, int], tuple[ast.Call, tuple[int, int]]] = {}
        tree = syntax.parse(self.source.text)
        if not isinstance(tree, ast.Module):
            return found
        stack: list[tuple[ast.AST, tuple[int, int]]] = [(tree, (1, 1))]
        while stack:
            node, rows = stack.pop()
            if isinstance(node, ast.stmt):
                rows = _header(node)
            if isinstance(node, ast.Call):
                found[_place(node)] = (node, rows)
            stack.extend((child, rows) for child in ast.iter_child_nodes(node))
        return found

    def call(self, place: Sequence[Any], name: str) -> tuple[ast.Call, tuple[int, int]] | None:
        """The call at a place with the rows of its statement; of a place that is a row only, the one call by that name.

        None where there is no such call, or several.
        """
        if len(place) == 5:
            row, column, end_row, end_column = place[1:]
            return self.by_place.get((row, column, end_row, end_column))
        known = [one for key, one in self.by_place.items() if key[0] == place[1] and last_name(one[0].func) == name]
        return known[0] if len(known) == 1 else None

    def span(self, node: ast.AST, end: ast.AST | None = None, rows: tuple[int, int] | None = None) -> Span:
        """A node as a span of the file."""
        return self.between(*_place(node)[:2], *_place(end or node)[2:], rows)

    def between(self, row: int, column: int, end_row: int, end_column: int, rows: tuple[int, int] | None) -> Span:
        """A place as Python counts it as a span of the file."""
        first, last = self._characters(row, column), self._characters(end_row, end_column)
        return self.source.span(row, first, end_row, last, rows)

    def _characters(self, row: int, column: int) -> int:
        line = self._lines[row - 1] if row <= len(self._lines) else ""
        return column if line.isascii() else len(line.encode()[: column - 1].decode("utf-8", "ignore")) + 1


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
