"""The match statement."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import libcst as cst

from rnnlint.interpret.base import Value
from rnnlint.interpret.language.control import fork, header, suite
from rnnlint.interpret.language.operators import compare
from rnnlint.interpret.machine import Machine, executes
from rnnlint.interpret.store import Flow
from rnnlint.interpret.values import UnknownV


@executes(cst.Match)
def match_statement(vm: Machine, node: cst.Match) -> Flow:
    """`match`; only the case that is taken where the patterns before it are decided."""
    header(vm, node, node.subject)
    subject = vm.evaluate(node.subject)
    arms: list[Callable[[], Flow]] = []
    for case in node.cases:
        outcome = _matches(vm, case.pattern, subject) if case.guard is None else None
        if outcome is False:
            continue
        body = case.body
        if outcome is True:
            if not arms:
                _capture(vm, case.pattern)
                return suite(vm, body)
            arms.append(partial(_case, vm, case))
            return fork(vm, arms)
        arms.append(partial(_case, vm, case))
    return fork(vm, [*arms, lambda: Flow.NORMAL]) if arms else Flow.NORMAL


def _case(vm: Machine, case: cst.MatchCase) -> Flow:
    _capture(vm, case.pattern)
    return suite(vm, case.body)


def _capture(vm: Machine, pattern: cst.CSTNode) -> None:
    for part in _walk(pattern):
        if isinstance(part, cst.MatchAs) and isinstance(part.name, cst.Name):
            vm.assign(part.name, UnknownV("a part of what is matched"))


def _matches(vm: Machine, pattern: cst.CSTNode, subject: Value) -> bool | None:
    if isinstance(pattern, cst.MatchValue):
        return compare(vm, cst.Equal(), subject, vm.evaluate(pattern.value))
    if isinstance(pattern, cst.MatchSingleton):
        return compare(vm, cst.Is(), subject, vm.evaluate(pattern.value))
    if isinstance(pattern, cst.MatchOr):
        outcomes = {_matches(vm, element.pattern, subject) for element in pattern.patterns}
        return True if True in outcomes else (None if None in outcomes else False)
    if isinstance(pattern, cst.MatchAs) and pattern.pattern is None:
        return True
    return None


def _walk(node: cst.CSTNode) -> list[cst.CSTNode]:
    found = [node]
    for one in found:
        found.extend(one.children)
    return found
