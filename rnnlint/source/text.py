"""The text of one source, and what is read off it: each thing computed once, when it is first asked for."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple, TypeVar

from rnnlint.source import syntax
from rnnlint.source.source import Source
from rnnlint.source.tokens import TOKEN

NodeT = TypeVar("NodeT", bound=ast.AST)


class Comment(NamedTuple):
    """A comment: row and column from 1, its text, and whether it has its line for itself."""

    row: int
    column: int
    text: str
    alone: bool


class Text:
    """The text of a source with its lines, comments, syntax tree and calls.

    Offsets count the characters of `Source.text` from 0; rows and columns count from 1. The tree is as large as some
    hundred times the text: hold a `Text` for as long as one file is worked on, and no longer.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text

    # -----------------------------------------------------------------------------------------------------------------
    # Lines

    @cached_property
    def lines(self) -> list[str]:
        """The rows, without their line ends."""
        return self.text.split("\n")

    @cached_property
    def starts(self) -> list[int]:
        """The offset at which each row starts."""
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def row(self, offset: int) -> int:
        """The row that an offset lies in."""
        return bisect_right(self.starts, offset)

    def line_start(self, offset: int) -> int:
        """The offset of the first character of a line."""
        return self.starts[self.row(offset) - 1]

    def column(self, row: int, byte: int) -> int:
        """The column of the character that stands behind so many bytes of a row, in which Python counts columns."""
        line = self.lines[row - 1] if row <= len(self.lines) else ""
        return byte + 1 if line.isascii() else len(line.encode()[:byte].decode("utf-8", "ignore")) + 1

    # -----------------------------------------------------------------------------------------------------------------
    # Tokens

    @cached_property
    def comments(self) -> tuple[Comment, ...]:
        """All comments; a `#` inside a string starts none."""
        return tuple(self._comments())

    def _comments(self) -> Iterator[Comment]:
        for match in TOKEN.finditer(self.text):
            if match.lastgroup == "comment":
                row = self.row(match.start())
                line = self.starts[row - 1]
                before = self.text[line : match.start()]
                yield Comment(row, match.start() - line + 1, match[0], not before.strip())

    @cached_property
    def open_rows(self) -> frozenset[int]:
        """The rows that end inside a string, or in a backslash: no comment can follow there."""
        rows = {number for number, line in enumerate(self.lines, start=1) if line.rstrip(" \t").endswith("\\")}
        for match in TOKEN.finditer(self.text):
            if match.lastgroup == "string":
                first = self.row(match.start())
                rows.update(range(first, first + match[0].count("\n")))
            elif match.lastgroup == "comment":
                rows.discard(self.row(match.start()))
        return frozenset(rows)

    # -----------------------------------------------------------------------------------------------------------------
    # Syntax

    @cached_property
    def tree(self) -> ast.Module | None:
        """The syntax tree, or None where the running Python refuses the text."""
        tree = syntax.parse(self.text)
        return tree if isinstance(tree, ast.Module) else None

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes, an outer one before those in it."""
        return tuple(ast.walk(self.tree)) if self.tree is not None else ()

    @cached_property
    def _by_kind(self) -> dict[type[ast.AST], list[ast.AST]]:
        found: dict[type[ast.AST], list[ast.AST]] = {}
        for node in self.nodes:
            found.setdefault(type(node), []).append(node)
        return found

    def of_kind(self, kind: type[NodeT]) -> Iterable[NodeT]:
        """All nodes of one class of `ast`, an outer one before those in it."""
        return self._by_kind.get(kind, ())  # type: ignore[return-value]

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The parent of each node."""
        return {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}

    @cached_property
    def calls(self) -> dict[tuple[int, int], ast.Call]:
        """The calls by the offsets at which they start and end."""
        return {(self.start_of(node), self.end_of(node)): node for node in self.of_kind(ast.Call)}

    def start_of(self, node: ast.expr | ast.keyword | ast.stmt) -> int:
        """The offset at which a node starts."""
        return self.offset(node.lineno, node.col_offset)

    def end_of(self, node: ast.expr | ast.keyword | ast.stmt) -> int:
        """The offset at which a node ends."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.offset(node.end_lineno, node.end_col_offset)

    def offset(self, row: int, byte: int) -> int:
        """The offset of the character that stands behind so many bytes of a row, in which Python counts columns."""
        start = self.starts[row - 1]
        if self.text[start : start + byte].isascii():
            return start + byte
        return start + self.column(row, byte) - 1
