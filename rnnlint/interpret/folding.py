"""Arithmetic on constants and ranges, over all alternatives."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from rnnlint.interpret.base import Value
from rnnlint.interpret.join import choice
from rnnlint.interpret.values import ChoiceV, ConstV, RangeV, UnknownV

MOST_PRODUCT = 16


_MOST_TEXT = 10_000


_MOST_NUMBER = 10**15


def fold(function: Callable[..., Any], operands: Sequence[Value]) -> Value:
    """Apply a pure function to constants, over all alternatives; anything else is unknown."""
    if not any(isinstance(operand, ChoiceV) for operand in operands):
        return fold_one(function, operands)
    alternatives = [operand.options if isinstance(operand, ChoiceV) else (operand,) for operand in operands]
    size = 1
    for options in alternatives:
        size *= len(options)
    if size > MOST_PRODUCT:
        return UnknownV("too many alternatives")
    combinations: list[tuple[Value, ...]] = [()]
    for options in alternatives:
        combinations = [(*combination, option) for combination in combinations for option in options]
    return choice([fold_one(function, combination) for combination in combinations])


def fold_one(function: Callable[..., Any], operands: Sequence[Value]) -> Value:
    """Apply a pure function to operands that are no alternatives; unknown where it raises or gives too much."""
    plain: list[Any] = []
    for operand in operands:
        if not isinstance(operand, ConstV):
            if isinstance(operand, RangeV):
                return _fold_range(function, operands)
            return operand if isinstance(operand, UnknownV) else UnknownV("an expression that is not evaluated")
        value = operand.value
        if isinstance(value, (int, float)) and abs(value) > _MOST_NUMBER:
            return UnknownV("a number that is too large")
        if isinstance(value, (str, bytes)) and len(value) > _MOST_TEXT:
            return UnknownV("a text that is too long")
        plain.append(value)
    if function is operator.pow and isinstance(plain[1], (int, float)) and abs(plain[1]) > 64:
        return UnknownV("a number that is too large")
    if function is operator.lshift and isinstance(plain[1], int) and plain[1] > 64:
        return UnknownV("a number that is too large")
    if function is operator.mul and _is_long(plain):
        return UnknownV("a text that is too long")
    if function is operator.mod and isinstance(plain[0], (str, bytes)):
        return UnknownV("a text that is put together at run time")
    try:
        return ConstV(function(*plain))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return UnknownV("an expression that raises an error")


def _is_long(factors: Sequence[object]) -> bool:
    """Return whether a text is repeated very often."""
    is_text = any(isinstance(value, (str, bytes)) for value in factors)
    return is_text and any(isinstance(value, int) and value > 1000 for value in factors)


def _fold_range(function: Callable[..., Any], operands: Sequence[Value]) -> Value:
    """Return arithmetic of a range with a constant, where it is monotone."""
    if len(operands) == 2 and function in (operator.add, operator.sub, operator.mul, operator.truediv):
        left, right = operands
        ranged, other = (left, right) if isinstance(left, RangeV) else (right, left)
        if (
            isinstance(ranged, RangeV)
            and isinstance(other, ConstV)
            and isinstance(other.value, (int, float))
            and ranged.low is not None
            and ranged.high is not None
        ):
            try:
                ends = [
                    function(end, other.value) if ranged is left else function(other.value, end)
                    for end in (ranged.low, ranged.high)
                ]
            except (ArithmeticError, TypeError):
                return UnknownV("an expression that raises an error")
            return RangeV(min(ends), max(ends))
    return UnknownV("arithmetic on a range")


def compare_ranges(function: Callable[[Any, Any], Any], left: Value, right: Value) -> bool | None:
    """Return the outcome of a comparison of numbers of which one is a range; None where it is not decided."""

    def ends(value: Value) -> list[float] | None:
        if isinstance(value, RangeV) and value.low is not None and value.high is not None:
            return [value.low, value.high]
        if isinstance(value, ConstV) and isinstance(value.value, (int, float)):
            return [value.value]
        return None

    a, b = ends(left), ends(right)
    if a is None or b is None or function in (operator.eq, operator.ne):
        return None
    outcomes = {bool(function(x, y)) for x in a for y in b}
    return outcomes.pop() if len(outcomes) == 1 else None
