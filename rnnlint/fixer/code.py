"""A source as `ast` and `tokenize` see it: the call at a span, its arguments, and what a name refers to."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from functools import cached_property

from rnnlint.graph import Span
from rnnlint.keras.names import resolve
from rnnlint.records import dataclass
from rnnlint.source.text import Text

_SKIPPED = frozenset({tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT})
_END = re.compile(r"[ \t\f]*(?:#[^\n]*)?(?:\n|\Z)")


@dataclass(frozen=True, slots=True)
class Piece:
    """An argument of a call as written, from `start` to `end`; `comma` is the offset of the comma after it."""

    start: int
    end: int
    node: ast.expr | ast.keyword
    comma: int | None = None

    @property
    def keyword(self) -> str | None:
        """Its name, None for one that is given by position."""
        return self.node.arg if isinstance(self.node, ast.keyword) else None

    @property
    def value(self) -> ast.expr:
        """Its value."""
        return self.node.value if isinstance(self.node, ast.keyword) else self.node


@dataclass(frozen=True, slots=True)
class Call:
    """A call: its extent, the offset behind its opening bracket, and its arguments in order."""

    start: int
    end: int
    open: int
    node: ast.Call
    pieces: tuple[Piece, ...]

    @property
    def close(self) -> int:
        """The offset of the closing bracket."""
        return self.end - 1

    @property
    def splat(self) -> bool:
        """Whether `*` or `**` hides arguments."""
        return any(
            isinstance(piece.node, ast.Starred) or (isinstance(piece.node, ast.keyword) and piece.node.arg is None)
            for piece in self.pieces
        )


class Code:
    """The text of a source for someone who is to change it: places, the parts of calls, and what names stand for.

    Offsets count the characters of the text, `content`.
    """

    def __init__(self, text: Text) -> None:
        self.text = text
        self.source = text.source
        self.content = text.text

    # -----------------------------------------------------------------------------------------------------------------
    # Places

    def extent(self, span: Span) -> tuple[int, int] | None:
        """The offsets of a span; None where it is in another file."""
        if span.path != self.source.path:
            return None
        start = self._offset(span.row, span.column, span.cell)
        end = self._offset(span.end_row, span.end_column, span.cell)
        return None if start is None or end is None else (start, end)

    def _offset(self, row: int, column: int, cell: int | None) -> int | None:
        if cell is not None:
            first = next((one.first for one in self.source.cells if one.number == cell), None)
            if first is None:
                return None
            row += first - 1
        if not 0 < row <= len(self.text.starts):
            return None
        return self.text.starts[row - 1] + column - 1 - self.source.shifts.get(row, 0)

    def span(self, start: int, end: int) -> Span:
        """The span of a stretch, as the user sees it."""
        row, last = self.text.row(start), self.text.row(end)
        starts = self.text.starts
        return self.source.span(row, start - starts[row - 1] + 1, last, end - starts[last - 1] + 1)

    def line_rest(self, offset: int) -> int | None:
        """The offset of the line's end (of its newline), if only blanks and a comment follow; else None."""
        match = _END.match(self.content, offset)
        return None if match is None else match.end() - match[0].endswith("\n")

    def indent(self, offset: int) -> str | None:
        """The white space before a place, if there is nothing else before it on its line; else None."""
        before = self.content[self.text.line_start(offset) : offset]
        return before if not before.strip(" \t\f") else None

    def original(self, start: int, end: int) -> bool:
        """Whether the user sees the same text there, without IPython's own syntax."""
        place = self.span(start, end)
        for row in range(place.row, place.end_row + 1):
            line = self.source.line(row, place.cell)
            if row == place.row:
                at = self.text.line_start(start)
                stop = self.content.find("\n", at)
                if line[place.column - 1 :] != self.content[start : stop if stop >= 0 else len(self.content)]:
                    return False
            else:
                at = self.content.index("\n", at) + 1
                if not self.content.startswith(line, at):
                    return False
        return True

    # -----------------------------------------------------------------------------------------------------------------
    # Syntax

    def call(self, span: Span) -> Call | None:
        """The call at exactly this span."""
        extent = self.extent(span)
        node = self.text.calls.get(extent) if extent is not None else None
        return None if node is None or extent is None else self._call(node, *extent)

    def _call(self, node: ast.Call, start: int, end: int) -> Call | None:
        tokens = self.tokens(start, end)
        if not tokens or self.content[end - 1] != ")":
            return None
        opened: list[int] = []
        first = None
        for index, (_, text, _, stop) in enumerate(tokens):
            if text in ("(", "[", "{"):
                opened.append(index)
            elif text in (")", "]", "}"):
                first = opened.pop() if opened else None
                if stop == end:
                    break
        if first is None or opened:
            return None
        extents: list[tuple[int, int, int | None]] = []
        depth, begin, last = 0, -1, -1
        for _, text, left, right in tokens[first + 1 :]:
            if (text == "," and not depth) or right == end:
                if begin >= 0:
                    extents.append((begin, last, left if text == "," else None))
                begin = -1
                continue
            depth += (text in ("(", "[", "{")) - (text in (")", "]", "}"))
            begin, last = left if begin < 0 else begin, right
        written: list[ast.expr | ast.keyword] = sorted([*node.args, *node.keywords], key=self.text.start_of)
        if len(written) != len(extents):
            return None
        pieces = tuple(
            Piece(left, right, one, comma) for one, (left, right, comma) in zip(written, extents, strict=True)
        )
        return Call(start, end, tokens[first][3], node, pieces)

    def tokens(self, start: int, end: int) -> list[tuple[int, str, int, int]]:
        """Type, text, start and end of the tokens of an expression, comments left out; empty where they fail."""
        shift = start - 1  # for the bracket that makes the lines one logical line
        text = f"({self.content[start:end]})"
        lines = [0, *(match.end() for match in re.finditer("\n", text))]
        try:
            found = [
                (
                    one.type,
                    one.string,
                    shift + lines[one.start[0] - 1] + one.start[1],
                    shift + lines[one.end[0] - 1] + one.end[1],
                )
                for one in tokenize.generate_tokens(io.StringIO(text).readline)
                if one.type not in _SKIPPED and one.string
            ]
        except (tokenize.TokenError, SyntaxError, IndexError):
            return []
        return found[1:-1]

    def plain(self, start: int, end: int) -> bool:
        """Whether a stretch holds nothing but white space, also with a backslash at the end of a line."""
        return not re.sub(r"\\\n", "", self.content[start:end]).strip(" \t\f\n")

    # -----------------------------------------------------------------------------------------------------------------
    # Names

    def dotted(self, node: ast.expr) -> str | None:
        """The dotted name that an expression is written as."""
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.Attribute):
            base = self.dotted(node.value)
            return None if base is None else f"{base}.{node.attr}"
        return None

    def names_layer(self, node: ast.expr, short: str) -> bool:
        """Whether an expression is a name of this layer of Keras wherever it is evaluated."""
        symbols = [resolve(name) for name in self.meanings(node)]
        return bool(symbols) and all(
            symbol is not None and symbol.kind == "layer" and symbol.name == f"keras.layers.{short}"
            for symbol in symbols
        )

    def meanings(self, node: ast.expr) -> frozenset[str]:
        """The full dotted names that a name may refer to by the file's imports; empty where anything else binds it."""
        written = self.dotted(node)
        if written is None:
            return frozenset()
        head, _, rest = written.partition(".")
        return frozenset(f"{name}.{rest}" if rest else name for name in self._bound(head, frozenset()))

    def _bound(self, name: str, seen: frozenset[str]) -> frozenset[str]:
        """By any import or plain assignment, anywhere in the file."""
        if name in seen or name in self._rebound:
            return frozenset()
        found = set(self._imported.get(name, ()))
        for value in self._aliases.get(name, ()):
            head, _, rest = value.partition(".")
            names = self._bound(head, seen | {name})
            if not names:
                return frozenset()
            found |= {f"{one}.{rest}" if rest else one for one in names}
        if not found:
            found = {f"{module}.{name}" for module in self._stars}
        return frozenset(found)

    @cached_property
    def _imported(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for node in self.text.of_kind(ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                found.setdefault(name, set()).add(alias.name if alias.asname else name)
        for one in self.text.of_kind(ast.ImportFrom):
            for alias in one.names:
                module = "." * one.level + (one.module or "")
                found.setdefault(alias.asname or alias.name, set()).add(f"{module}.{alias.name}")
        return found

    @cached_property
    def _stars(self) -> tuple[str, ...]:
        return tuple(name.removesuffix(".*") for name in sorted(self._imported.get("*", ())))

    @cached_property
    def _aliases(self) -> dict[str, set[str]]:
        """`L = keras.layers`: what is assigned, by name."""
        found: dict[str, set[str]] = {}
        for node in self.text.of_kind(ast.Assign):
            value = self.dotted(node.value)
            if value is not None and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                found.setdefault(node.targets[0].id, set()).add(value)
        return found

    @cached_property
    def _rebound(self) -> frozenset[str]:
        """Names that something else than an import or a plain assignment binds."""
        plain = {
            id(node.targets[0])
            for node in self.text.of_kind(ast.Assign)
            if len(node.targets) == 1 and self.dotted(node.value) is not None
        }
        bound = (node for node in self.text.of_kind(ast.Name) if not isinstance(node.ctx, ast.Load))
        names = {node.id for node in bound if id(node) not in plain}
        names |= {node.arg for node in self.text.of_kind(ast.arg)}
        for node in self.text.nodes:
            match node:
                case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
                    names.add(name)
                case ast.ExceptHandler(_, str(name)) | ast.MatchAs(_, str(name)) | ast.MatchStar(str(name)):
                    names.add(name)
                case ast.Global(several) | ast.Nonlocal(several):
                    names.update(several)
        return frozenset(names)
