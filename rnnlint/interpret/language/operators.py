"""Unary, binary, boolean and comparison operators."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import libcst as cst

from rnnlint.interpret import semantics
from rnnlint.interpret.base import Value
from rnnlint.interpret.folding import MOST_PRODUCT, compare_ranges, fold, fold_one
from rnnlint.interpret.items import key_of
from rnnlint.interpret.join import choice
from rnnlint.interpret.library.methods import extend
from rnnlint.interpret.machine import EXPRESSIONS, Machine, evaluates
from rnnlint.interpret.values import (
    TRUE,
    ChoiceV,
    ClassV,
    ConstV,
    DictV,
    ExternalV,
    ListV,
    ObjectV,
    RangeV,
    TensorV,
    TupleV,
    UnknownV,
    is_tensor,
)
from rnnlint.keras import names

_BINARY: dict[type[cst.CSTNode], tuple[str, Callable[[Any, Any], Any]]] = {
    cst.Add: ("add", operator.add),
    cst.Subtract: ("sub", operator.sub),
    cst.Multiply: ("mul", operator.mul),
    cst.Divide: ("truediv", operator.truediv),
    cst.FloorDivide: ("floordiv", operator.floordiv),
    cst.Modulo: ("mod", operator.mod),
    cst.Power: ("pow", operator.pow),
    cst.MatrixMultiply: ("matmul", operator.matmul),
    cst.LeftShift: ("lshift", operator.lshift),
    cst.RightShift: ("rshift", operator.rshift),
    cst.BitAnd: ("and_", operator.and_),
    cst.BitOr: ("or_", operator.or_),
    cst.BitXor: ("xor", operator.xor),
}


_AUGMENTED: dict[type[cst.CSTNode], type[cst.CSTNode]] = {
    cst.AddAssign: cst.Add,
    cst.SubtractAssign: cst.Subtract,
    cst.MultiplyAssign: cst.Multiply,
    cst.DivideAssign: cst.Divide,
    cst.FloorDivideAssign: cst.FloorDivide,
    cst.ModuloAssign: cst.Modulo,
    cst.PowerAssign: cst.Power,
    cst.MatrixMultiplyAssign: cst.MatrixMultiply,
    cst.LeftShiftAssign: cst.LeftShift,
    cst.RightShiftAssign: cst.RightShift,
    cst.BitAndAssign: cst.BitAnd,
    cst.BitOrAssign: cst.BitOr,
    cst.BitXorAssign: cst.BitXor,
}


_UNARY: dict[type[cst.CSTNode], tuple[str, Callable[[Any], Any]]] = {
    cst.Minus: ("neg", operator.neg),
    cst.Plus: ("pos", operator.pos),
    cst.BitInvert: ("invert", operator.invert),
}


# Operators that ask whether two things are the same: what they give where they are.
_SAME: dict[type[cst.CSTNode], bool] = {cst.Is: True, cst.Equal: True, cst.IsNot: False, cst.NotEqual: False}


_COMPARE: dict[type[cst.CSTNode], Callable[[Any, Any], Any]] = {
    cst.Equal: operator.eq,
    cst.NotEqual: operator.ne,
    cst.LessThan: operator.lt,
    cst.LessThanEqual: operator.le,
    cst.GreaterThan: operator.gt,
    cst.GreaterThanEqual: operator.ge,
}


@evaluates(cst.UnaryOperation)
def unary(vm: Machine, node: cst.UnaryOperation) -> Value:
    """`-x`, `not x` ..."""
    value = vm.evaluate(node.expression)
    if type(node.operator) is cst.Not:
        truth = vm.truth(value)
        return UnknownV("a truth value that is not known") if truth is None else ConstV(not truth)
    name, function = _UNARY[type(node.operator)]
    if isinstance(value, TensorV):
        return semantics.operator(vm, f"operator.{name}", [value], vm.span(node))
    return fold(function, [value])


@evaluates(cst.BinaryOperation)
def binary_operation(vm: Machine, node: cst.BinaryOperation) -> Value:
    """`left + right` and the other binary operators."""
    # A long chain a + b + c leans left: walk it instead of recursing.
    chain: list[cst.BinaryOperation] = []
    left: cst.BaseExpression = node
    while type(left) is cst.BinaryOperation:
        chain.append(left)
        left = left.left
    value = vm.evaluate(left)
    for one in reversed(chain):
        right = one.right
        value = binary(vm, type(one.operator), value, EXPRESSIONS[type(right)](vm, right), one)
    return value


def binary(vm: Machine, kind: type[cst.CSTNode], left: Value, right: Value, node: cst.CSTNode) -> Value:
    """`left op right`."""
    name, function = _BINARY[kind]
    if type(left) is ConstV and type(right) is ConstV:
        return fold_one(function, (left, right))
    if is_tensor(left) or is_tensor(right):
        return semantics.operator(vm, f"operator.{name}", [left, right], vm.span(node))
    if name == "add" and not isinstance(left, ConstV) and not isinstance(right, ConstV):
        a, b = vm.raw_items(left), vm.raw_items(right)
        if a is not None and b is not None:
            items, complete = (a.items + b.items, b.complete) if a.complete else (a.items, False)
            if isinstance(left, TupleV) and not vm.budget.copy(len(items)):
                items, complete = (), False
            return vm.new_list(items, complete) if isinstance(left, ListV) else TupleV(items, complete)
    if name == "mul" and isinstance(left, ConstV) is not isinstance(right, ConstV):
        repeated, times = (right, left) if isinstance(left, ConstV) else (left, right)
        repeated_items = vm.raw_items(repeated)
        if repeated_items is not None and isinstance(times, ConstV):
            return _repeat(vm, repeated, repeated_items, times.value)
    if isinstance(left, (RangeV, ChoiceV, ConstV)) and isinstance(right, (RangeV, ChoiceV, ConstV)):
        return fold(function, [left, right])
    if name == "mod" and isinstance(left, ConstV) and isinstance(left.value, str):
        return UnknownV("a text that is put together at run time")
    return UnknownV("an expression whose operands are not known")


def _repeat(vm: Machine, value: Value, items: TupleV, times: object) -> Value:
    if not isinstance(times, int) or len(items.items) * times > 1000:
        return vm.new_list(items.items, False) if isinstance(value, ListV) else TupleV(items.items, False)
    repeated = items.items * max(times, 0)
    return vm.new_list(repeated, items.complete) if isinstance(value, ListV) else TupleV(repeated, items.complete)


def augmented(vm: Machine, kind: type[cst.CSTNode], left: Value, right: Value, node: cst.CSTNode) -> Value:
    """`left op= right`; a list is extended in place."""
    if kind is cst.AddAssign and isinstance(left, ListV):
        extend(vm, left, right)
        return left
    return binary(vm, _AUGMENTED[kind], left, right, node)


@evaluates(cst.BooleanOperation)
def boolean(vm: Machine, node: cst.BooleanOperation) -> Value:
    """`left or right`, `left and right`; `right` is evaluated where it may be needed."""
    left = vm.evaluate(node.left)
    stops = type(node.operator) is cst.Or
    options = left.options if isinstance(left, ChoiceV) else (left,)
    kept = [option for option in options if vm.truth(option) is not (not stops)]
    if len(kept) == len(options) and all(vm.truth(option) is stops for option in options):
        return left
    with vm.uncertain(bool(kept)):
        right = vm.evaluate(node.right)
    return choice([*kept, right], semantics.join_values)


@evaluates(cst.Comparison)
def comparison(vm: Machine, node: cst.Comparison) -> Value:
    """`a < b < c`."""
    left = vm.evaluate(node.left)
    result: bool | None = True
    for target in node.comparisons:
        right = vm.evaluate(target.comparator)
        one = compare(vm, target.operator, left, right)
        if one is False:
            return ConstV(False)
        if one is None:
            result = None
        left = right
    return UnknownV("a comparison whose outcome is not known") if result is None else ConstV(True)


def compare(vm: Machine, op: cst.BaseCompOp, left: Value, right: Value) -> bool | None:
    """Return outcome of one comparison, None where it is not known."""
    if isinstance(left, UnknownV) and not isinstance(right, ChoiceV):
        return None
    if isinstance(left, ChoiceV) or isinstance(right, ChoiceV):
        lefts = left.options if isinstance(left, ChoiceV) else (left,)
        rights = right.options if isinstance(right, ChoiceV) else (right,)
        if len(lefts) * len(rights) > MOST_PRODUCT:
            return None
        outcomes = {compare(vm, op, a, b) for a in lefts for b in rights}
        return outcomes.pop() if len(outcomes) == 1 else None
    kind = type(op)
    if kind in _SAME:
        same = _identical(vm, left, right)
        if same is not None:
            return same is _SAME[kind]
    if kind is cst.In or kind is cst.NotIn:
        contained = _contains(vm, left, right)
        return None if contained is None else contained is (kind is cst.In)
    function = _COMPARE.get(kind)
    if function is not None:
        a, b = _plain(vm, left), _plain(vm, right)
        if a is not None and b is not None:
            try:
                return bool(function(a[0], b[0]))
            except TypeError:
                return None
        if isinstance(left, RangeV) or isinstance(right, RangeV):
            return compare_ranges(function, left, right)
    return None


def _identical(_vm: Machine, left: Value, right: Value) -> bool | None:
    if isinstance(left, ConstV) and isinstance(right, ConstV):
        if left.value is None or right.value is None:
            return left.value is right.value
        return None
    for one, other in ((left, right), (right, left)):
        if isinstance(one, ConstV) and one.value is None:
            known = isinstance(other, (*TRUE, TupleV, ListV, DictV, RangeV, ObjectV))
            return False if known or (isinstance(other, ExternalV) and names.resolve(other.name)) else None
    if isinstance(left, ExternalV) and isinstance(right, ExternalV):
        a, b = names.resolve(left.name), names.resolve(right.name)
        if a is not None and b is not None:
            return a.name == b.name
    if isinstance(left, ClassV) and isinstance(right, ClassV):
        return left is right
    return None


def _contains(vm: Machine, left: Value, right: Value) -> bool | None:
    key = key_of(left)
    if key is None:
        return None
    if isinstance(right, ConstV):
        try:
            return bool(key.value in right.value)  # type: ignore[operator]
        except TypeError:
            return None
    items = vm.raw_items(right)
    if items is None:
        return None
    keys = [key_of(item) for item in items.items]
    if any(have is not None and have.value == key.value for have in keys):
        return True
    return False if items.complete and None not in keys else None


def _plain(vm: Machine, value: Value) -> tuple[object] | None:
    """Return a constant, or a tuple or list of constants, as a Python object in a tuple; None for anything else."""
    key = key_of(value)
    if key is not None:
        return (key.value,)
    if isinstance(value, ListV):
        items = vm.raw_items(value)
        if items is not None and (key := key_of(items)) is not None and isinstance(key.value, tuple):
            return (list(key.value),)
    return None
