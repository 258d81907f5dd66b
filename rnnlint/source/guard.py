"""The limits that a source has to keep before it may reach libcst, which dies or does not end beyond them."""

from __future__ import annotations

import ast
import re

from rnnlint.findings import Diagnostic, DiagnosticKind
from rnnlint.source import syntax
from rnnlint.source.source import Source

# In characters: comments and strings cost libcst next to nothing, and what is denser is refused for its nodes below.
MAX_SOURCE = 4_000_000
# The same for a file that `ast` refuses, whose nodes cannot be counted: libcst needs up to 3 KB per character.
MAX_UNREAD = 400_000
# libcst's time and memory grow with the square of the nesting, and its parser dies beyond 1,200 brackets.
MAX_BRACKETS = 200
MAX_DEPTH = 200
MAX_ELIFS = 600
# What `ast` keeps flat and libcst nests: `and` and `or`, strings in a row, the loops of a comprehension, the dots of an
# import. Its parser dies beyond some thousand of them, its generator on Python 3.12 beyond 600.
MAX_CHAIN = 600
# libcst, the interpreter and the checks need 2 to 8 KB of memory per node of the `ast`, names' contexts not counted: a
# file needs up to 1.2 GB. 20,000 layers are 140,000 nodes, and so are some 20,000 lines of code without comments.
MAX_NODES = 150_000


def guard(source: Source) -> Diagnostic | None:
    """Why a source must not reach libcst, or None: too large, nested too deeply, or not Python 3.

    `ast` is the judge where it can be; what it refuses otherwise may be syntax newer than the running Python, and
    goes on to libcst within the same limits.
    """
    text = source.text
    if len(text) > MAX_SOURCE:
        return _too_large(source, MAX_SOURCE)
    found = syntax.extremes(text)
    if found.depth > MAX_BRACKETS:
        message = f"brackets nest {found.depth:,} deep, more than the limit of {MAX_BRACKETS}; split the expression"
        return _at(source, "too-complex", message, *syntax.place(text, found.depth_at))
    if found.strings > MAX_CHAIN:
        message = f"{found.strings:,} strings in a row, more than the limit of {MAX_CHAIN:,}; join them"
        return _at(source, "too-complex", message, *syntax.place(text, found.strings_at))
    if found.parts > 2 * MAX_NODES:
        return _too_many(source)  # `ast` would need up to half a KB of memory per character to say so
    tree = syntax.parse(text)
    if isinstance(tree, syntax.SyntaxProblem):
        if tree.deep:
            return _at(source, "too-complex", tree.message, tree.row, tree.column)
        if what := syntax.python_2(text, tree.row):
            message = f"Python 2 syntax: {what}; rnnlint reads Python 3"
            return _at(source, "invalid-syntax", message, tree.row, tree.column)
        if found.chain > MAX_DEPTH or len(_ELIF.findall(text)) > MAX_ELIFS or len(text) > MAX_UNREAD:
            return _at(source, "invalid-syntax", tree.message, tree.row, tree.column)
        return None
    return _too_deep(source, tree)


_ELIF = re.compile(r"\belif\b")


def _at(source: Source, kind: DiagnosticKind, message: str, row: int, column: int) -> Diagnostic:
    return Diagnostic(kind, message, source.span(row, column, row, column + 1))


def _too_large(source: Source, limit: int) -> Diagnostic:
    rows = source.text.count("\n") + 1
    message = (
        f"{source.path} holds {len(source.text):,} characters of code in {rows:,} lines, more than the limit of "
        f"{limit:,}; split it, or exclude it if it holds data"
    )
    return _at(source, "too-complex", message, 1, 1)


def _too_many(source: Source) -> Diagnostic:
    rows = source.text.count("\n") + 1
    message = (
        f"{source.path} holds more than {MAX_NODES:,} names, calls and numbers in {rows:,} lines, which is beyond the "
        "limit; split it, or exclude it if it holds data"
    )
    return _at(source, "too-complex", message, 1, 1)


def _too_deep(source: Source, tree: ast.Module) -> Diagnostic | None:
    """The depth of a tree, level by level. An `elif` is on the level of its `if`; a chain of them counts by itself."""
    level: list[ast.AST] = [tree]
    depth = nodes = 0
    where: ast.AST = tree
    while level:
        depth += 1
        where = next((node for node in level if hasattr(node, "lineno")), where)
        if depth > MAX_DEPTH:
            return _deep_at(source, where, f"the code nests more than {MAX_DEPTH} levels deep; split it")
        inner: list[ast.AST] = []
        for node in level:
            kind = type(node)
            if kind in _LEAVES:
                continue
            if kind in _CHAINED and (links := _links(node)) > MAX_CHAIN:
                return _deep_at(source, node, f"{links:,} links in one chain, more than {MAX_CHAIN:,}; split it")
            if kind is ast.If:
                elifs = 0
                while isinstance(node, ast.If) and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
                    inner.append(node.test)
                    inner += node.body
                    node = node.orelse[0]  # noqa: PLW2901
                    elifs += 1
                if elifs > MAX_ELIFS:
                    message = f"an if statement has more than {MAX_ELIFS:,} elif branches; split it"
                    return _deep_at(source, node, message)
            # `ast.iter_child_nodes` takes four times as long.
            for value in node.__dict__.values():
                if isinstance(value, ast.AST):
                    if not isinstance(value, ast.expr_context):
                        inner.append(value)
                elif type(value) is list:
                    inner += [one for one in value if isinstance(one, ast.AST)]
        nodes += len(inner)
        if nodes > MAX_NODES:
            return _too_many(source)
        level = inner
    return None


# Nodes without children, and nodes that are single in `ast` but nested in libcst.
_LEAVES = frozenset((ast.Name, ast.Constant, ast.Pass, ast.Break, ast.Continue, *ast.operator.__subclasses__()))
_CHAINED = frozenset(
    (ast.BoolOp, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Import, ast.ImportFrom)
)


def _links(node: ast.AST) -> int:
    """The length of such a chain."""
    match node:
        case ast.BoolOp(values=values):
            return len(values)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return len(node.generators)
        case ast.Import(names=names):
            return max(alias.name.count(".") for alias in names)
        case ast.ImportFrom(module=str(module)):
            return module.count(".")
    return 0


def _deep_at(source: Source, node: ast.AST, message: str) -> Diagnostic:
    return _at(source, "too-complex", message, getattr(node, "lineno", 1), 1)
