"""Where the nodes of a parsed module stand in its text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import accumulate
from types import TracebackType
from typing import Any

import libcst as cst
from libcst._nodes.internal import CodegenState

from rnnlint.source import syntax

_INDENT = re.compile(r"[ \t\f]*")


class Positions:
    """Start and end of nodes, in characters of the text.

    A tree of libcst holds no positions, and its providers cost several times the parse. Noting where each node's tokens
    begin and end while its code is generated costs a third of the parse; so only the statements in which a place is
    asked for are generated. `ast` says where a statement begins, and where what is generated does not stand there in
    the text, or the statement is not known, the whole module is generated.
    """

    def __init__(self, module: cst.Module, text: str) -> None:
        self._module = module
        self._text = text
        self._starts: dict[int, int] | None = None
        self._generated: set[int] = set()
        self._known: dict[int, tuple[int, int]] = {}
        self._complete = False

    def extent(
        self, node: cst.CSTNode, end: cst.CSTNode | None = None, statement: cst.CSTNode | None = None
    ) -> tuple[int, int]:
        """Return the start of one node and the end of another (or the same), parts of the code of `statement`.

        Raises:
            RecursionError: where the code is nested too deeply for libcst to generate it.
        """
        if statement is not None and not self._complete and id(statement) not in self._generated:
            self._generated.add(id(statement))
            self._known.update(self._generate(statement))
        known = self._known
        first, last = known.get(id(node)), known.get(id(end or node))
        if first is None or last is None or last[1] < 0:
            self.complete()
            first, last = self._known[id(node)], self._known[id(end or node)]
        return first[0], last[1]

    def complete(self) -> None:
        """Generate the whole module, unless that is done."""
        if not self._complete:
            marks = _Marks(self._module.default_indent, self._module.default_newline)
            self._module._codegen(marks)
            self._known = marks.extents(0)
            self._complete = True

    def _generate(self, statement: Any) -> dict[int, tuple[int, int]]:
        """Return the extents of the nodes of a simple statement, or of what stands before the body of a compound one.

        Empty where the statement is not found in the text.
        """
        if self._starts is None:
            self._starts = _starts(self._module, self._text)
        start = self._starts.get(id(statement))
        if start is None:
            return {}
        text = self._text
        marks = _Marks(self._module.default_indent, self._module.default_newline, getattr(statement, "body", None))
        indent = _INDENT.match(text, text.rfind("\n", 0, start) + 1)
        marks.indent_tokens.append(indent[0] if indent else "")
        further = {"is_elif": True} if isinstance(statement, cst.If) and text.startswith("elif", start) else {}
        with suppress(_BodyReached):
            statement._codegen(marks, **further)
        simple = isinstance(statement, (cst.SimpleStatementLine, cst.SimpleStatementSuite))
        anchor = marks.where[id(statement.body[0]) if simple else id(statement)][0]
        begin = start - sum(map(len, marks.tokens[:anchor]))
        # At the end of the text there need not be a line end.
        if begin < 0 or not text.startswith("".join(marks.tokens).rstrip("\n"), begin):
            return {}
        return marks.extents(begin)


def _starts(module: cst.Module, text: str) -> dict[int, int]:
    """Return where the first token of each statement begins, by its id; nothing where `ast` sees other statements."""
    tree = syntax.parse(text)
    if not isinstance(tree, ast.Module):
        return {}
    lines = [0, *(match.end() for match in re.finditer("\n", text))]
    found: dict[int, int] = {}
    try:
        for node, twin in _pairs(module, tree):
            line = lines[twin.lineno - 1]
            column = twin.col_offset  # in bytes
            if not text.isascii() and not text[line : line + column].isascii():
                column = len(text[line : line + column].encode()[:column].decode())
            found[id(node)] = line + column
    except (AttributeError, LookupError, UnicodeError):
        return {}
    return found


def _pairs(module: cst.Module, tree: ast.Module) -> Iterator[tuple[cst.CSTNode, ast.stmt]]:
    """Yield each statement of libcst (a line of simple ones is one) with the first statement of `ast` in it."""
    stack: list[tuple[Sequence[Any], Sequence[ast.stmt]]] = [(module.body, tree.body)]
    while stack:
        nodes, twins = stack.pop()
        at = 0
        for node in nodes:
            yield node, twins[at]
            if isinstance(node, (cst.SimpleStatementLine, cst.SimpleStatementSuite)):
                at += len(node.body)
            else:
                stack.extend(_bodies(node, twins[at]))
                at += 1


def _bodies(node: Any, twin: Any) -> Iterator[tuple[Sequence[Any], Sequence[ast.stmt]]]:
    """Yield the bodies of a compound statement, as both trees have them."""
    for one, other in ((node, twin), *zip(getattr(node, "handlers", ()), getattr(twin, "handlers", ()), strict=True)):
        if not isinstance(one, cst.Match):
            yield _statements(one.body), other.body
    for case, other in zip(getattr(node, "cases", ()), getattr(twin, "cases", ()), strict=True):
        yield _statements(case.body), other.body
    orelse = getattr(node, "orelse", None)
    if orelse is not None:
        yield ((orelse,) if isinstance(orelse, cst.If) else _statements(orelse.body)), twin.orelse
    if getattr(node, "finalbody", None) is not None:
        yield _statements(node.finalbody.body), twin.finalbody


def _statements(suite: cst.BaseSuite) -> Sequence[cst.CSTNode]:
    return suite.body if isinstance(suite, cst.IndentedBlock) else (suite,)


class _BodyReached(Exception):  # noqa: N818 - what was wanted, no error
    """The code before the body of a compound statement is generated."""


class _Marks(CodegenState):
    """Notes for statements, expressions and arguments the index of the first token and of the one after the last.

    The last is -1 where it was not reached.
    """

    __slots__ = ("body", "where")

    def __init__(self, default_indent: str, default_newline: str, body: object = None) -> None:
        super().__init__(default_indent, default_newline)
        self.where: dict[int, tuple[int, int]] = {}
        self.body = body

    def before_codegen(self, node: cst.CSTNode) -> None:
        if node is self.body:
            raise _BodyReached

    def record_syntactic_position(  # type: ignore[override]
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> _PositionMark:
        return _PositionMark(self, node, start_node, end_node)

    def extents(self, begin: int) -> dict[int, tuple[int, int]]:
        """Return start and end in characters, where the first token begins at `begin`."""
        offsets = list(accumulate(map(len, self.tokens), initial=begin))
        return {id: (offsets[start], offsets[end] if end >= 0 else -1) for id, (start, end) in self.where.items()}


class _PositionMark:
    """Notes where a node begins and ends without the parentheses, decorators or comments around it.

    A class, because a generator's context manager costs several times as much.
    """

    __slots__ = ("end", "marks", "node", "start")

    def __init__(
        self, marks: _Marks, node: cst.CSTNode, start: cst.CSTNode | None = None, end: cst.CSTNode | None = None
    ) -> None:
        self.marks = marks
        self.node = id(node)
        self.start = start
        self.end = end

    def __enter__(self) -> None:
        self.marks.where[self.node] = (len(self.marks.tokens), -1)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            where, here = self.marks.where, len(self.marks.tokens)
            start = where[self.node] if self.start is None else where[id(self.start)]
            # A suite on the line of its header has no place of its own.
            end = (0, here) if self.end is None else where.get(id(self.end), (0, here))
            where[self.node] = (start[0], end[1])
