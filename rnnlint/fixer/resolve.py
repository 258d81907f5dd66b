"""From a remedy, which a check gives and which knows no source, to a `Fix` with the exact edits of the text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TypeAlias

from rnnlint.findings import (
    Edit,
    Finding,
    Fix,
    NameArgument,
    PrependItem,
    Remedy,
    RemoveArgument,
    ReplaceClass,
    SetArgument,
    SetItem,
    Step,
    Swap,
    Unwrap,
)
from rnnlint.fixer.code import Call, Code, Piece
from rnnlint.graph import Span
from rnnlint.keras.table import spec
from rnnlint.source.text import Text

# Start, end and new text: offsets in `Source.text`.
Change: TypeAlias = tuple[int, int, str]


class _CannotError(Exception):
    """The source is not written so that the step can be taken safely."""


def resolve(findings: Iterable[Finding], text: Text) -> tuple[Finding, ...]:
    """The findings of a source, each with the fix that its remedy gives there, or without a fix."""
    findings = tuple(findings)
    if all(finding.remedy is None for finding in findings):
        return findings
    code = Code(text)
    return tuple(
        replace(finding, fix=finding.fix or fix(finding.remedy, code), remedy=None) if finding.remedy else finding
        for finding in findings
    )


def fix(remedy: Remedy, code: Code) -> Fix | None:
    """The alternative of a remedy with the smallest edit in this code; None where none is possible."""
    best: list[Change] | None = None
    for way in remedy.alternatives:
        try:
            changes = sorted(change for step in way for change in _changes(step, code))
            _check(changes, code)
        except _CannotError:
            continue
        if best is None or _size(changes, code) < _size(best, code):
            best = changes
    if not best:
        return None
    edits = tuple(Edit(code.span(start, end), text) for start, end, text in best)
    return Fix(remedy.message, remedy.applicability, edits)


def _size(changes: Sequence[Change], code: Code) -> tuple[int, int]:
    """First how many places are touched, then how many characters."""
    return len(changes), sum(_distance(code.content[start:end], text) for start, end, text in changes)


def _distance(old: str, new: str) -> int:
    """How many characters differ between what two texts have in common at both ends."""
    shorter = min(len(old), len(new))
    head = next((index for index in range(shorter) if old[index] != new[index]), shorter)
    shorter -= head
    tail = next((index for index in range(shorter) if old[-1 - index] != new[-1 - index]), shorter)
    return len(old) + len(new) - 2 * (head + tail)


def _check(changes: Sequence[Change], code: Code) -> None:
    """Raise where changes touch each other, or where the user sees another text than the analysis."""
    if any(before[1] > after[0] for before, after in pairwise(changes)):
        raise _CannotError
    if not all(code.original(start, end) for start, end, _ in changes):
        raise _CannotError


# ---------------------------------------------------------------------------------------------------------------------
# Steps


def _changes(step: Step, code: Code) -> list[Change]:
    match step:
        case SetArgument(_, name, text, None):
            call = _call(code, step.call)
            if any(piece.keyword == name for piece in call.pieces):
                raise _CannotError
            return _add(code, call, f"{name}={text}")
        case SetArgument(_, _, text, at):
            assert at is not None
            piece = _piece(code, _call(code, step.call), at)
            return [(*_literal(code, piece), text)]
        case RemoveArgument(_, at):
            call = _call(code, step.call)
            return _remove(code, call, _piece(code, call, at))
        case NameArgument(_, at, name):
            call = _call(code, step.call)
            piece = _piece(code, call, at)
            after = call.pieces[call.pieces.index(piece) + 1 :]
            if piece.keyword or any(one.keyword in (None, name) for one in after):
                raise _CannotError
            return [(piece.start, piece.start, f"{name}=")]
        case SetItem(_, at, index, text):
            items = _items(_piece(code, _call(code, step.call), at))
            if index >= len(items):
                raise _CannotError
            return [(code.text.start_of(items[index]), code.text.end_of(items[index]), text)]
        case PrependItem(_, at, text):
            items = _items(_piece(code, _call(code, step.call), at))
            start = code.text.start_of(items[0]) if items else -1
            # A first item in its own brackets starts after them.
            if start < 0 or code.content[start - 1] not in "([ \t\n" or _bracketed(code, items[0]):
                raise _CannotError
            return [(start, start, f"{text}, ")]
        case ReplaceClass(_, name):
            return _replace_class(code, _call(code, step.call), name)
        case Unwrap():
            return _unwrap(code, _call(code, step.outer), _call(code, step.inner))
        case Swap():
            return _swap(code, _call(code, step.first), _call(code, step.second))


def _call(code: Code, span: Span) -> Call:
    """The constructor call at a span, by the name of a layer: not a `map()` or a splat that hides the arguments."""
    call = code.call(span)
    if call is None or call.splat:
        raise _CannotError
    name = code.dotted(call.node.func)
    if name is None:
        raise _CannotError
    short = name.rpartition(".")[2]
    meanings = code.meanings(call.node.func)
    if spec(short) is None and not all(spec(one.rpartition(".")[2]) for one in meanings or [""]):
        raise _CannotError
    return call


def _piece(code: Code, call: Call, at: Span) -> Piece:
    """The argument at a span, which counts no brackets around the value."""
    extent = code.extent(at)
    for piece in call.pieces:
        if extent is not None and extent[0] == code.text.start_of(piece.node) and extent[1] <= piece.end:
            return piece
    raise _CannotError


def _literal(code: Code, piece: Piece) -> tuple[int, int]:
    """The extent of an argument's value, if it is a literal."""
    try:
        ast.literal_eval(piece.value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise _CannotError from None
    start, end = code.text.start_of(piece.value), code.text.end_of(piece.value)
    if _comments(code, start, end):
        raise _CannotError
    return start, end


def _items(piece: Piece) -> Sequence[ast.expr]:
    """The items of an argument that is written as a list or tuple."""
    value = piece.value
    if not isinstance(value, (ast.Tuple, ast.List)) or any(isinstance(one, ast.Starred) for one in value.elts):
        raise _CannotError
    return value.elts


def _bracketed(code: Code, node: ast.expr) -> bool:
    """Whether an item has its own brackets, or a comment before it."""
    parent = code.text.parents[node]
    assert isinstance(parent, (ast.Tuple, ast.List))
    between = code.content[code.text.start_of(parent) + 1 : code.text.start_of(node)]
    return bool(between.strip())


def _comments(code: Code, start: int, end: int) -> bool:
    """Whether a stretch of an expression holds comments."""
    covered = sum(right - left for _, _, left, right in code.tokens(start, end))
    blank = sum(char.isspace() for char in code.content[start:end])
    return "#" in code.content[start:end] and covered + blank < end - start


# ---------------------------------------------------------------------------------------------------------------------
# Arguments


def _add(code: Code, call: Call, text: str) -> list[Change]:
    """A keyword after the last argument, in its style: on a separate line, and with a trailing comma."""
    if not call.pieces:
        return [(call.open, call.open, text)]
    last = call.pieces[-1]
    if last.comma is None:
        return [(last.end, last.end, f", {text}")]
    indent, rest = code.indent(last.start), code.line_rest(last.comma + 1)
    if indent is not None and rest is not None:
        return [(rest, rest, f"\n{indent}{text},")]
    return [(last.comma, last.comma, f", {text}")]


def _remove(code: Code, call: Call, piece: Piece) -> list[Change]:
    """An argument and one comma. What has its lines for itself leaves no empty line; comments stay."""
    if not _free_of_effects(piece.value) or _comments(code, piece.start, piece.end):
        raise _CannotError
    index = call.pieces.index(piece)
    before = call.pieces[index - 1] if index else None
    after = call.pieces[index + 1] if index + 1 < len(call.pieces) else None
    if piece.keyword is None and after is not None and after.keyword is None:
        raise _CannotError  # the next one would take its place
    stop = piece.end if piece.comma is None else piece.comma + 1
    if piece.comma is not None and not code.plain(piece.end, piece.comma):
        raise _CannotError
    lines = _whole_lines(code, piece.start, stop)
    if lines is not None:
        changes = [(*lines, "")]
        if after is None and piece.comma is None and before is not None and before.comma is not None:
            changes.append((before.comma, before.comma + 1, ""))
        return changes
    if (
        after is not None
        and code.plain(stop, after.start)
        and ("\n" not in code.content[stop : after.start] or not before)
    ):
        return [(piece.start, after.start, "")]
    if before is None:
        return [(piece.start, stop, "")]
    assert before.comma is not None
    if piece.comma is None:
        # `f(a, b)`: the comma before goes. A comment between keeps its place.
        if code.plain(before.comma + 1, piece.start):
            return [(before.comma, piece.end, "")]
        return [(before.comma, before.comma + 1, ""), (piece.start, piece.end, "")]
    if code.plain(before.comma + 1, piece.start):
        return [(before.comma + 1, stop, "")]
    return [(piece.start, stop, "")]


def _whole_lines(code: Code, start: int, stop: int) -> tuple[int, int] | None:
    """The lines of a stretch with their newline, if they hold nothing else and no backslash leads to them."""
    indent, rest = code.indent(start), code.line_rest(stop)
    if indent is None or rest is None or code.content[stop:rest].strip():
        return None
    begin = start - len(indent)
    if code.content[:begin].endswith("\\\n") or rest >= len(code.content):
        return None
    return begin, rest + 1


def _free_of_effects(node: ast.expr) -> bool:
    """Whether the value is a literal or a name: nothing happens where it is not evaluated."""
    allowed = (
        ast.Constant, ast.Name, ast.Attribute, ast.UnaryOp, ast.BinOp, ast.Tuple, ast.List, ast.expr_context,
        ast.operator, ast.unaryop,
    )  # fmt: skip
    return all(isinstance(one, allowed) for one in ast.walk(node))


# ---------------------------------------------------------------------------------------------------------------------
# Layers


def _replace_class(code: Code, call: Call, name: str) -> list[Change]:
    """`layers.Dropout` by `layers.SpatialDropout1D`; a bare name only where the other one is imported as well."""
    func = call.node.func
    assert isinstance(func, (ast.Name, ast.Attribute))
    other: ast.expr = ast.Name(name) if isinstance(func, ast.Name) else ast.Attribute(func.value, name)
    if not code.names_layer(other, name):
        raise _CannotError
    end = code.text.end_of(func)
    start = end - len(func.id if isinstance(func, ast.Name) else func.attr)
    if code.content[start:end] != (func.id if isinstance(func, ast.Name) else func.attr):
        raise _CannotError
    return [(start, end, name)]


def _unwrap(code: Code, outer: Call, inner: Call) -> list[Change]:
    """`TimeDistributed(Dropout(0.3), name="x")` becomes `Dropout(0.3, name="x")`."""
    own = [piece for piece in outer.pieces if piece.value is inner.node]
    if len(own) != 1:
        raise _CannotError
    moved = [piece for piece in outer.pieces if piece is not own[0]]
    taken = {piece.keyword for piece in inner.pieces}
    if any(piece.keyword is None or piece.keyword in taken for piece in moved):
        raise _CannotError
    inside = sorted([(piece.start, piece.end) for piece in moved] + [(inner.start, inner.end)])
    # Whatever falls away must be no comment.
    if any(_comments(code, piece.start, piece.end) for piece in moved):
        raise _CannotError
    ends = [outer.open, *(end for _, end in inside)]
    starts = [*(start for start, _ in inside), outer.close]
    if any("#" in code.content[end:start] for end, start in zip(ends, starts, strict=True)):
        raise _CannotError
    added: list[Change] = []
    for piece in moved:
        added += _add(code, inner, code.content[piece.start : piece.end])
    if len({start for start, _, _ in added}) > 1 or not inner.pieces:
        raise _CannotError
    merged = [(added[0][0], added[0][1], "".join(text for _, _, text in added))] if added else []
    return [(outer.start, inner.start, ""), *merged, (inner.end, outer.end, "")]


def _swap(code: Code, first: Call, second: Call) -> list[Change]:
    """Two layers in a list, in `add` calls one after the other, or in calls one around or after the other."""
    if first.start > second.start:
        first, second = second, first
    if first.end > second.start or not _neighbours(code, first, second):
        raise _CannotError
    texts = code.content[first.start : first.end], code.content[second.start : second.end]
    changes = [(first.start, first.end, texts[1]), (second.start, second.end, texts[0])]
    return changes + _swapped_comments(code, first, second)


def _neighbours(code: Code, first: Call, second: Call) -> bool:
    """Whether two calls are at places where layers follow each other, with nothing relevant between them."""
    parents = code.text.parents
    one, other = parents[first.node], parents[second.node]
    if isinstance(one, ast.List | ast.Tuple) and one is other:
        return one.elts.index(second.node) - one.elts.index(first.node) == 1
    if not isinstance(one, ast.Call) or not isinstance(other, ast.Call):
        return False
    if one.func is first.node and other.func is second.node:
        # Masking()(Dropout(0.3)(x)): the outer one is written first.
        if [other] == one.args and not one.keywords and _single(other):
            return True
        return _single(one) and _single(other) and _chained(code, one, other)
    added = one.args == [first.node] and other.args == [second.node] and not one.keywords and not other.keywords
    return added and _added(one, other) and _consecutive(code, one, other)


def _single(call: ast.Call) -> bool:
    return len(call.args) == 1 and not call.keywords


def _added(one: ast.Call, other: ast.Call) -> bool:
    """`model.add(...)` twice."""
    return (
        isinstance(one.func, ast.Attribute)
        and isinstance(other.func, ast.Attribute)
        and one.func.attr == other.func.attr == "add"
        and isinstance(one.func.value, (ast.Name, ast.Attribute))
        and ast.dump(one.func.value) == ast.dump(other.func.value)
    )


def _chained(code: Code, one: ast.Call, other: ast.Call) -> bool:
    """`x = A()(...)` and then `x = B()(x)`."""
    before, after = code.text.parents[one], code.text.parents[other]
    if not isinstance(before, ast.Assign) or not isinstance(after, ast.Assign) or len(before.targets) != 1:
        return False
    target, read = before.targets[0], other.args[0]
    return (
        isinstance(target, ast.Name)
        and isinstance(read, ast.Name)
        and read.id == target.id
        and len(after.targets) == 1
        and isinstance(after.targets[0], ast.Name)
        and after.targets[0].id == target.id
        and _consecutive(code, one, other)
    )


def _consecutive(code: Code, one: ast.Call, other: ast.Call) -> bool:
    """Whether the statements of two expressions follow each other in one body."""
    before, after = code.text.parents[one], code.text.parents[other]
    if not isinstance(before, ast.Expr | ast.Assign) or not isinstance(after, ast.Expr | ast.Assign):
        return False
    parent = code.text.parents[before]
    bodies = [getattr(parent, name, []) for name in ("body", "orelse", "finalbody")]
    return any(
        isinstance(body, list) and before in body and body.index(before) + 1 < len(body)
        and body[body.index(before) + 1] is after
        for body in bodies
    )  # fmt: skip


def _swapped_comments(code: Code, first: Call, second: Call) -> list[Change]:
    """The comments at the ends of the two lines are swapped too: they describe the code before them.

    A comment on a separate line between the two may describe either.
    """
    ends: list[tuple[int, int]] = []
    for call in (first, second):
        stop = _element_end(code, call)
        rest = code.line_rest(stop)
        ends.append((stop, rest if rest is not None and "#" in code.content[stop:rest] else stop))
    (start, end), (other_start, other_end) = ends
    if start > second.start:  # one within the other: there is one end of line
        return []
    if "#" in code.content[end : second.start]:
        raise _CannotError
    if start == end and other_start == other_end:
        return []
    return [(start, end, code.content[other_start:other_end]), (other_start, other_end, code.content[start:end])]


def _element_end(code: Code, call: Call) -> int:
    """The end of a list's element with its comma, or of the statement that adds or calls the layer."""
    parent = code.text.parents[call.node]
    if isinstance(parent, ast.List | ast.Tuple):
        comma = re.compile(r"[ \t]*,").match(code.content, call.end)
        return comma.end() if comma else call.end
    while not isinstance(parent, ast.stmt):
        parent = code.text.parents[parent]
    return code.text.end_of(parent)
