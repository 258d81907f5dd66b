"""Literals: numbers and texts, also those put together by the parser."""

from __future__ import annotations

from typing import Any

import libcst as cst

from rnnlint.interpret.base import Value
from rnnlint.interpret.machine import Machine, evaluates
from rnnlint.interpret.values import ConstV, UnknownV
from rnnlint.source import syntax

# Python refuses to print integers of more than some thousand digits.
_MOST_BITS = 1_000


_MOST_TEXT = 10_000


@evaluates(cst.SimpleString, cst.Integer, cst.Float, cst.Imaginary, cst.Ellipsis)
def constant(vm: Machine, node: cst.BaseExpression) -> Value:
    """A literal; evaluated once for each parsed module."""
    constants = vm.frame.parsed.constants
    known = constants.get(id(node))
    if known is None:
        known = constants[id(node)] = _literal(vm, node)
    return known


def _literal(_vm: Machine, node: cst.BaseExpression) -> Value:
    if not isinstance(node, (cst.SimpleString, cst.Integer, cst.Float, cst.Imaginary)):
        return ConstV(...)
    text = node.value.lstrip()
    try:
        if isinstance(node, cst.Integer):
            number = int(text, 0)
            return UnknownV("a number that is too large") if number.bit_length() > _MOST_BITS else ConstV(number)
        if isinstance(node, cst.Float):
            return ConstV(float(text))
        if text[0] in "\"'" and "\\" not in text:
            quotes = 3 if text[:3] in ('"""', "'''") else 1
            return ConstV(text[quotes:-quotes])
        return ConstV(syntax.literal(text))
    except (ValueError, SyntaxError, MemoryError):
        return UnknownV(f"literal {node.value[:20]} is not understood")


@evaluates(cst.ConcatenatedString)
def concatenated(vm: Machine, node: cst.ConcatenatedString) -> Value:
    """`"a" "b"`."""
    parts: list[cst.BaseExpression] = []
    rest: cst.BaseExpression = node
    while isinstance(rest, cst.ConcatenatedString):
        parts.append(rest.left)
        rest = rest.right
    parts.append(rest)
    text: Any = None
    for part in parts:
        value = vm.evaluate(part)
        if not isinstance(value, ConstV) or not isinstance(value.value, (str, bytes)):
            return UnknownV("a text that is put together at run time")
        try:
            text = value.value if text is None else text + value.value
        except TypeError:
            return UnknownV("text and bytes are mixed")
    return ConstV(text)


@evaluates(cst.FormattedString)
def formatted(vm: Machine, node: cst.FormattedString) -> Value:
    """`f"a {b}"`, where all parts are known."""
    text = ""
    known = True
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            text += part.value
        elif isinstance(part, cst.FormattedStringExpression):
            value = vm.evaluate(part.expression)
            if isinstance(value, ConstV) and part.format_spec is None and len(text) < _MOST_TEXT:
                text += str(value.value)[:_MOST_TEXT]
            else:
                known = False
    return ConstV(text) if known else UnknownV("a text that is put together at run time")
