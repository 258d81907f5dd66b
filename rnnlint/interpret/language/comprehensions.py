"""Comprehensions and generator expressions."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import libcst as cst

from rnnlint.interpret.base import Value
from rnnlint.interpret.items import key_of
from rnnlint.interpret.machine import Machine, evaluates
from rnnlint.interpret.spreading import iterate
from rnnlint.interpret.values import RunsV, UnknownV


@evaluates(cst.ListComp, cst.SetComp, cst.GeneratorExp)
def comprehension(vm: Machine, node: cst.ListComp | cst.GeneratorExp | cst.SetComp) -> Value:
    """`[element for target in items if test]`, also as a set or a generator, as a list."""
    items: list[Value] = []
    complete = _run_comprehension(vm, node.for_in, lambda: items.append(vm.evaluate(node.elt)))
    return vm.new_list(items, complete)


@evaluates(cst.DictComp)
def dict_comprehension(vm: Machine, node: cst.DictComp) -> Value:
    """`{key: value for target in items if test}`."""
    items: list[tuple[Hashable, Value]] = []
    unknown_keys = False

    def add() -> None:
        nonlocal unknown_keys
        key = key_of(vm.evaluate(node.key))
        value = vm.evaluate(node.value)
        if key is None:
            unknown_keys = True
        else:
            items.append((key.value, value))

    complete = _run_comprehension(vm, node.for_in, add)
    return vm.new_dict(list(dict(items).items()), complete and not unknown_keys)


def _run_comprehension(vm: Machine, part: cst.CompFor, add: Callable[[], None]) -> bool:
    """Run a comprehension in a scope of its own. Return whether all of its items are known."""
    frame = vm.frame
    scope = vm.store.new()
    outer = frame.scopes, frame.variables
    frame.scopes = (scope, *frame.scopes)
    frame.variables = (vm.store.cells(scope), *frame.variables)
    try:
        return _comprehension_loop(vm, part, add)
    finally:
        frame.scopes, frame.variables = outer
        if scope not in vm.captured:
            vm.store.drop(scope)


def _comprehension_loop(vm: Machine, part: cst.CompFor, add: Callable[[], None]) -> bool:
    known = iterate(vm, vm.evaluate(part.iter))
    complete = known is not None and known.complete and not any(isinstance(item, RunsV) for item in known.items)
    turns = known.items if known is not None and complete else (UnknownV("an item that is not known"),)
    if known is not None and not complete and known.items:
        turns = tuple(run for item in known.items for run in (item.runs[0] if isinstance(item, RunsV) else (item,)))
    with vm.uncertain(not complete):
        for item in turns:
            vm.assign(part.target, item)
            truths = [vm.truth(vm.evaluate(condition.test)) for condition in part.ifs]
            if False in truths:
                continue
            if None in truths:
                complete = False
            with vm.uncertain(None in truths):
                if part.inner_for_in is not None:
                    complete = _comprehension_loop(vm, part.inner_for_in, add) and complete
                else:
                    add()
    return complete
