"""A parsed source file, and where its nodes stand."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import OrderedDict
from functools import cached_property
from typing import TypeAlias
from unicodedata import normalize

import libcst as cst

from rnnlint.graph import Span
from rnnlint.interpret.base import Value, immutable
from rnnlint.interpret.positions import Positions
from rnnlint.source.source import Source

# A simple statement, or a compound one of which the header is meant; the first and the last node of that code.
Statement: TypeAlias = tuple[cst.CSTNode, cst.CSTNode, cst.CSTNode]


class ParseError(Exception):
    """Source that libcst cannot parse; row and column count from 1 in the source's text."""

    def __init__(self, row: int, column: int, message: str) -> None:
        super().__init__(message)
        self.row = row
        self.column = column
        self.message = message


class TooDeepError(ParseError):
    """Source that nests too deeply for the recursion limit of this process."""

    def __init__(self) -> None:
        super().__init__(1, 1, "the code is nested too deeply for the analysis; split it")


@immutable
class Signature:
    """The names of a function's parameters: those filled by position, those filled by keyword, and all of them."""

    listed: tuple[str, ...]
    keywords: frozenset[str]
    names: tuple[str, ...]
    star: str | None
    double_star: str | None


def _signature(given: cst.Parameters) -> Signature:
    listed = tuple(parameter.name.value for parameter in (*given.posonly_params, *given.params))
    only = tuple(parameter.name.value for parameter in given.kwonly_params)
    keywords = frozenset([*(parameter.name.value for parameter in given.params), *only])
    star = given.star_arg.name.value if isinstance(given.star_arg, cst.Param) else None
    double_star = given.star_kwarg.name.value if given.star_kwarg is not None else None
    return Signature(listed, keywords, listed + only, star, double_star)


class ParsedModule:
    """One parsed source.

    `constants` are the literals that were evaluated already, by the ids of their nodes.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.tree = parse(source.code)
        self.constants: dict[int, Value] = {}
        self._signatures: dict[int, Signature] = {}
        self._positions = Positions(self.tree, source.code)
        self._spans: dict[tuple[int, int, int, int], Span] = {}
        if not source.code.isascii() and _is_written_otherwise(source.code):
            self._normalize()

    def _normalize(self) -> None:
        """Replace names by their normal form (NFKC) like Python, after computing the positions of names as written."""
        try:
            self._positions.complete()
        except RecursionError:
            raise TooDeepError from None
        stack: list[cst.CSTNode] = [self.tree]
        while stack:
            node = stack.pop()
            if isinstance(node, cst.Name) and not node.value.isascii():
                object.__setattr__(node, "value", normalize("NFKC", node.value))
            stack.extend(node.children)

    def signature(self, function: cst.FunctionDef | cst.Lambda) -> Signature:
        """Return the names of a function's parameters."""
        known = self._signatures.get(id(function))
        if known is None:
            known = self._signatures[id(function)] = _signature(function.params)
        return known

    @cached_property
    def _lines(self) -> list[int]:
        """The offset of each row in the text."""
        return [0, *(match.end() for match in re.finditer("\n", self.source.code))]

    def span(self, node: cst.CSTNode, end: cst.CSTNode | None = None, statement: Statement | None = None) -> Span:
        """Return the span of a node (or from `node` to `end`), without the white space and comments around it.

        Of the statement around it the rows are those of its first and last node.

        Raises:
            ParseError: where the code is nested too deeply for libcst to say where it stands.
        """
        home, first, last = statement or (None, node, end)
        key = (id(node), id(end), id(first), id(last))
        known = self._spans.get(key)
        if known is None:
            try:
                start, stop = self._positions.extent(node, end, home)
                around = self._positions.extent(first, last, home)
            except RecursionError:
                raise TooDeepError from None
            row, end_row = self._row(start), self._row(stop)
            column, end_column = start - self._lines[row - 1] + 1, stop - self._lines[end_row - 1] + 1
            rows = self._row(around[0]), self._row(around[1])
            known = self._spans[key] = self.source.span(row, column, end_row, end_column, rows)
        return known

    def _row(self, offset: int) -> int:
        return bisect_right(self._lines, offset)


def _is_written_otherwise(text: str) -> bool:
    """Return whether a text may hold a name that is not in normal form (NFKC)."""
    letters = {letter for letter in set(text) if not letter.isascii() and f"_{letter}".isidentifier()}
    words = re.findall(f"[A-Za-z0-9_{''.join(letters)}]+", text) if letters else ()
    return any(not word.isascii() and normalize("NFKC", word) != word for word in words)


# In characters of source; a tree takes some twenty times the size of its source.
_MOST_KEPT = 2_000_000


class ParsedModules:
    """Modules that several files import, each parsed once; the ones used last are kept.

    Whoever analyses several files makes one and hands it on. It is not for several threads.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], ParsedModule] = OrderedDict()

    def get(self, source: Source) -> ParsedModule:
        """Return the parsed module of a source.

        Raises:
            ParseError: where the text is not Python.
        """
        key = (source.path, source.code)
        parsed = self._kept.get(key)
        if parsed is not None:
            self._kept.move_to_end(key)
            return parsed
        parsed = self._kept[key] = ParsedModule(source)
        size = sum(len(text) for _, text in self._kept)
        while size > _MOST_KEPT and len(self._kept) > 1:
            (_, text), _ = self._kept.popitem(last=False)
            size -= len(text)
        return parsed


def parse(text: str) -> cst.Module:
    """Return the syntax tree of a text.

    Raises:
        ParseError: where the text is not Python.
    """
    try:
        return cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        raise ParseError(error.raw_line, error.raw_column + 1, "the code does not parse") from None
    except RecursionError:
        raise TooDeepError from None
