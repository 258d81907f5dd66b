"""Conditional statements and expressions, and what their tests say of names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from rnnlint.interpret.base import Value
from rnnlint.interpret.language.control import fork, header, suite
from rnnlint.interpret.language.names import lookup
from rnnlint.interpret.language.operators import compare
from rnnlint.interpret.library.objects import is_instance
from rnnlint.interpret.machine import Machine, evaluates, executes
from rnnlint.interpret.store import Flow
from rnnlint.interpret.values import ChoiceV, ConstV, ExternalV

# How many of the tests before it an arm of a long elif chain remembers.
_MOST_REFUTED = 8
# What can be assigned to, and holds a value.
_VARIABLES = frozenset({cst.Name, cst.Attribute, cst.Subscript})


@executes(cst.If)
def if_statement(vm: Machine, node: cst.If) -> Flow:
    """`if ... elif ... else`; only the arm that is taken where the test is decided."""
    # A long elif chain is walked, not recursed into.
    arms: list[Callable[[], Flow]] = []
    refuted: list[cst.BaseExpression] = []
    rest: cst.If | cst.Else | None = node
    while type(rest) is cst.If:
        header(vm, rest, rest.test)
        truth = vm.truth(vm.evaluate(rest.test))
        if truth is not False:
            if truth is True and not arms:
                return suite(vm, rest.body)
            arms.append(_arm(vm, rest.body, tuple(refuted), rest.test))
            refuted.append(rest.test)
        if truth is True:
            return fork(vm, arms)
        rest = rest.orelse
    if not arms:
        return suite(vm, rest.body) if rest is not None else Flow.NORMAL
    arms.append(_arm(vm, rest.body if rest is not None else None, tuple(refuted), None))
    return fork(vm, arms)


def _arm(
    vm: Machine, body: cst.BaseSuite | None, refuted: Sequence[cst.BaseExpression], holds: cst.BaseExpression | None
) -> Callable[[], Flow]:
    """Return an arm of an undecided `if`. Inside it, its own test holds and the tests before it do not."""

    def run() -> Flow:
        for test in refuted[-_MOST_REFUTED:]:
            narrow(vm, test, False)
        if holds is not None:
            narrow(vm, holds, True)
        return suite(vm, body) if body is not None else Flow.NORMAL

    return run


def narrow(vm: Machine, test: cst.BaseExpression, truth: bool) -> None:
    """Drop the alternatives of a variable that a test excludes, but for numbers.

    That a rate is 0 by default is worth knowing after `if rate > 0` as well.
    """
    if type(test) is cst.UnaryOperation and type(test.operator) is cst.Not:
        narrow(vm, test.expression, not truth)
    elif type(test) is cst.BooleanOperation:
        if (type(test.operator) is cst.And) is truth:
            narrow(vm, test.left, truth)
            narrow(vm, test.right, truth)
    elif type(test) is cst.Comparison and len(test.comparisons) == 1:
        right = vm.evaluate(test.comparisons[0].comparator)
        op = test.comparisons[0].operator
        _keep(vm, test.left, lambda option: compare(vm, op, option, right) is not (not truth))
    elif type(test) is cst.Call and type(test.func) is cst.Name and len(test.args) == 2:
        if lookup(vm, test.func.value) == ExternalV("builtins.isinstance"):
            cls = vm.evaluate(test.args[1].value)
            _keep(vm, test.args[0].value, lambda option: is_instance(option, cls) is not (not truth))
    else:
        _keep(vm, test, lambda option: vm.truth(option) is not (not truth))


def _keep(vm: Machine, variable: cst.BaseExpression, possible: Callable[[Value], bool]) -> None:
    """Keep those alternatives of a variable that are possible."""
    if type(variable) not in _VARIABLES:
        return
    value = vm.evaluate(variable)
    if not isinstance(value, ChoiceV):
        return
    kept = [option for option in value.options if _is_number(option) or possible(option)]
    if 0 < len(kept) < len(value.options):
        vm.assign(variable, vm.join(kept))


def _is_number(value: Value) -> bool:
    return isinstance(value, ConstV) and isinstance(value.value, (int, float))


@evaluates(cst.IfExp)
def conditional(vm: Machine, node: cst.IfExp) -> Value:
    """`body if test else orelse`."""
    truth = vm.truth(vm.evaluate(node.test))
    if truth is not None:
        return vm.evaluate(node.body if truth else node.orelse)
    results: list[Value] = []
    with vm.uncertain():
        vm.store.fork(
            [lambda: results.append(vm.evaluate(node.body)), lambda: results.append(vm.evaluate(node.orelse))],
            vm.join,
        )
    return vm.join(results)
