"""Python's surface without a parser: brackets, strings and comments in one scan, and `ast` as a judge of syntax."""

from __future__ import annotations

import ast
import re
import warnings
from typing import Any, NamedTuple

from rnnlint.source.tokens import TOKEN


class SyntaxProblem(NamedTuple):
    """Why `ast` refuses a text: row and column from 1; `deep` where it gave up rather than found an error."""

    row: int
    column: int
    message: str
    deep: bool = False


class Extremes(NamedTuple):
    """The deepest bracket, the longest chain of operators and the most strings in a row, each with its offset.

    `parts` counts brackets, operators, separators and lines of code: about as many nodes as a tree has at the least.
    """

    depth: int
    depth_at: int
    chain: int
    strings: int
    strings_at: int
    parts: int


def problem(text: str) -> SyntaxProblem | None:
    """What `ast` says against a text, or None."""
    tree = parse(text)
    return tree if isinstance(tree, SyntaxProblem) else None


# The module that Python's compiler names in its warnings about a text, and the filter that concerns these alone.
_FILENAME = "<rnnlint>"
_FILTER = ("ignore", None, Warning, re.compile(_FILENAME), 0)


def parse(text: str) -> ast.Module | SyntaxProblem:
    """The `ast` of a text, without the warnings of Python's compiler, or what is wrong with it. Never raises."""
    try:
        tree = _parsed(text, "exec")
        assert isinstance(tree, ast.Module)
        return tree
    except SyntaxError as error:
        row = max(error.lineno or 1, 1)
        message = error.msg or "invalid syntax"
        return SyntaxProblem(row, max(error.offset or 1, 1), message, "too many nested" in message)
    except (MemoryError, RecursionError):
        return SyntaxProblem(1, 1, "the code is nested too deeply", True)
    except ValueError as error:
        return SyntaxProblem(1, 1, str(error))


def literal(text: str) -> object:
    """The value of a literal, without the warnings of Python's compiler.

    Raises:
        SyntaxError, ValueError, TypeError, MemoryError, RecursionError: where the text is none.
    """
    tree = _parsed(text.lstrip(" \t"), "eval")
    assert isinstance(tree, ast.Expression)
    return ast.literal_eval(tree)


def _parsed(text: str, mode: str) -> ast.AST:
    """The `ast` of a text. Where Python warns of an escape that is none, that is no concern of our caller's.

    The filters of warnings are the whole process's, and `warnings.catch_warnings` may leave them changed where two
    threads use it, or where another thread or the keyboard interrupts it. To insert and to remove one filter are one
    step each, which nothing interrupts; for want of room on the stack the call before them fails, and not they.
    """
    filters: Any = warnings.filters
    _look(filters)
    try:
        filters.insert(0, _FILTER)
        return ast.parse(text, _FILENAME, mode)
    finally:
        filters.remove(_FILTER)


def _look(filters: list[object]) -> int:
    """One call deeper than those that `_parsed` makes."""
    return filters.count(_FILTER)


# What joins two operands, or makes one of one.
_OPERATORS = frozenset(".+-*/%@&|^~<>")
_WORD_OPERATORS = frozenset({"not", "lambda", "else", "and", "or", "await", "in", "is"})


def extremes(text: str) -> Extremes:
    """How deep brackets nest and how long operators and strings chain, by one linear scan without recursion."""
    depth = depth_at = longest = 0
    chains = [0]
    depths = 0
    run = strings = strings_at = string_end = 0
    parts = line = 0
    for match in TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "string":
            run = run + 1 if not text[string_end : match.start()].strip(" \t\f\n\\") else 1
            string_end = match.end()
            if run > strings:
                strings, strings_at = run, max(match.start(), match.end("prefix"))
        elif kind == "open":
            parts += 1
            chains[-1] += 1  # a call or a subscript is a link, too
            longest = max(longest, chains[-1])
            chains.append(0)
            depth += 1
            if depth > depths:
                depths, depth_at = depth, match.start()
        elif kind == "close":
            if depth:
                depth -= 1
                chains.pop()
        elif kind == "separator" or (kind == "end" and not depth):
            if kind == "separator" or match.start() > line:
                parts += 1
            chains[-1] = 0
            run = 0
            line = match.end()
        elif kind == "comment":
            line = match.end()  # not counted: it may be alone on its line
        elif links := _links(kind, match[0]):
            parts += links
            chains[-1] += links
            longest = max(longest, chains[-1])
    return Extremes(depths, depth_at, longest, strings, strings_at, parts)


def _links(kind: str | None, text: str) -> int:
    """How many operators a token is, or holds as a number does."""
    if kind == "mark":
        return text in _OPERATORS
    if kind == "name":
        return text in _WORD_OPERATORS
    return sum(map(text.count, ".+-")) if kind == "number" else 0


def logical_end(text: str, start: int) -> tuple[int, int]:
    """The end of the logical line that starts at `start` (before its line end), and the end of the code in it."""
    depth = 0
    code = start
    for match in TOKEN.finditer(text, start):
        kind = match.lastgroup
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(depth - 1, 0)
        elif kind == "comment":
            code = match.start()
        elif kind == "end" and not depth:
            last = code if text[code : match.start()].startswith("#") else match.start()
            return match.start(), last
    return len(text), code if text[code:].startswith("#") else len(text)


# The line on which `ast` stops, in code for Python 2. Compiled when there is such code.
_PYTHON_2 = (
    ("the print statement", r"(?:^|[;:])\s*print\s*(?:>>|[\w\"'`\\]|\([^=]*\)\s*[%,.\w])"),
    ("the exec statement", r"(?:^|[;:])\s*exec\s+[\w\"']"),
    ("`except X, e`", r"^\s*except\s+[\w.]+\s*,\s*[a-z_]\w*\s*:|^\s*except\s*\([^)]*\)\s*,\s*\w+\s*:"),
    ("`raise X, message`", r"(?:^|[;:])\s*raise\s+[\w.]+\s*,"),
    ("backquotes", r"`[^`]+`"),
    ("`<>`", r"[\w)\]\"']\s*<>\s*[\w(\[\"'-]"),
    ("an octal number such as 0777", r"(?<![\w.])0[0-7]+(?![\w.])"),
    ("a long number such as 10L", r"(?<![\w.])(?:\d+|0[xX][0-9a-fA-F]+)[lL]\b"),
    ("a ur'' string", r"\b[uU][rR][\"']"),
    ("a tuple as a parameter", r"\bdef\s+\w+\([^)]*\(|\blambda\s*\("),
)


def python_2(text: str, row: int) -> str | None:
    """What makes row `row`, at which `ast` stopped, Python 2; None where nothing does."""
    line = _row(text, row)
    return next((what for what, pattern in _PYTHON_2 if re.search(pattern, line)), None)


def _row(text: str, row: int) -> str:
    start = 0
    for _ in range(row - 1):
        start = text.find("\n", start) + 1
        if not start:
            return ""
    end = text.find("\n", start)
    return text[start : end if end >= 0 else len(text)]


def place(text: str, offset: int) -> tuple[int, int]:
    """Row and column of an offset, from 1."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1
