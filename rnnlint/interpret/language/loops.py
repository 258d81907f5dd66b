"""Loops: unrolled over items that are known, else run until nothing new is found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import libcst as cst

from rnnlint.interpret.base import Value
from rnnlint.interpret.items import any_item
from rnnlint.interpret.language.control import fork, header, rejoin, suite
from rnnlint.interpret.machine import Machine, executes
from rnnlint.interpret.spreading import MOST_TURNS, iterate
from rnnlint.interpret.store import Flow
from rnnlint.interpret.values import ChoiceV, RunsV, TupleV, UnknownV, describe

# How much work a loop may cost that neither makes nor calls a layer, before its turns are no longer told apart.
_MOST_IDLE_STEPS = 1_000


@executes(cst.For)
def for_statement(vm: Machine, node: cst.For) -> Flow:
    """`for target in items ... else`."""
    header(vm, node, node.iter)
    iterable = vm.evaluate(node.iter)
    items = iterate(vm, iterable)
    turns: list[Value | RunsV] = []
    if items is not None:
        turns.extend(items.items)
    since = vm.store.exits
    flow = _turns(vm, node, turns)
    if flow is Flow.NORMAL and (items is None or not items.complete):
        inner = _element(vm, iterable)
        _repeat_unknown(vm, partial(_turn, vm, node, inner))
    if flow is Flow.NORMAL and node.orelse is not None:
        with vm.uncertain(vm.store.exits > since):
            flow = suite(vm, node.orelse.body)
            if flow in (Flow.BREAK, Flow.CONTINUE):
                return _outer(vm, flow, since)
    return rejoin(vm, Flow.BREAK, since, flow)


def _outer(vm: Machine, jump: Flow, since: int) -> Flow:
    """Return how a loop ends whose `else` jumps: that jump is one of the loop around it."""
    if not vm.store.rejoin(Flow.BREAK, since, False, vm.join):
        return jump
    return Flow.NORMAL


def _turns(vm: Machine, node: cst.For, turns: Sequence[Value | RunsV]) -> Flow:
    """Run the turns of a loop over known items."""
    steps, size = vm.budget.steps, vm.graph.size
    for index, item in enumerate(turns):
        if not vm.budget.step():
            break
        if index >= 8 and vm.graph.size == size and vm.budget.steps - steps > _MOST_IDLE_STEPS:
            # A loop over numbers: it neither makes nor calls a layer.
            rest = any_item(TupleV(tuple(turns[index:])))
            _repeat_unknown(vm, partial(_turn, vm, node, rest))
            break
        if isinstance(item, RunsV):
            flow = fork(vm, [partial(_run_turns, vm, node, run) for run in item.runs])
        else:
            flow = _turn(vm, node, item)
        if flow is not Flow.NORMAL:
            return flow
    return Flow.NORMAL


def _element(vm: Machine, iterable: Value) -> Value:
    listed = vm.raw_items(iterable)
    if listed is not None:
        return any_item(listed)
    if isinstance(iterable, ChoiceV):
        parts = [items.items for option in iterable.options if (items := vm.raw_items(option)) is not None]
        flat = [item for part in parts for item in part if not isinstance(item, RunsV)]
        if len(parts) == len(iterable.options) and flat:
            return vm.join(flat)
    node = iterable.node if isinstance(iterable, UnknownV) else None
    return UnknownV(f"an item of {describe(iterable)}", None, node)


def _run_turns(vm: Machine, node: cst.For, run: Sequence[Value]) -> Flow:
    for item in run:
        flow = _turn(vm, node, item)
        if flow is not Flow.NORMAL:
            return flow
    return Flow.NORMAL


def _turn(vm: Machine, node: cst.For | cst.While, item: Value | None = None) -> Flow:
    if isinstance(node, cst.For) and item is not None:
        vm.assign(node.target, item)
    since = vm.store.exits
    with vm.uncertain(since > vm.frame.exits):
        flow = suite(vm, node.body)
    return rejoin(vm, Flow.CONTINUE, since, flow)


@executes(cst.While)
def while_statement(vm: Machine, node: cst.While) -> Flow:
    """`while test ... else`."""
    turns = 0
    since = vm.store.exits
    flow = Flow.NORMAL
    ends = True
    while turns < MOST_TURNS and vm.budget.step():
        header(vm, node, node.test)
        truth = vm.truth(vm.evaluate(node.test))
        if truth is False:
            if node.orelse is not None:
                flow = suite(vm, node.orelse.body)
            return rejoin(vm, Flow.BREAK, since, flow)
        ends = not isinstance(node.test, (cst.Name, cst.Integer)) or truth is None
        if truth is None or (turns >= 2 and not ends):
            break
        flow = _turn(vm, node)
        if flow is not Flow.NORMAL:
            return rejoin(vm, Flow.BREAK, since, flow)
        turns += 1
    _repeat_unknown(vm, partial(_turn, vm, node))
    if not ends and vm.store.exits > since:
        flow = Flow.RAISE  # `while True` ends by a jump only
    return rejoin(vm, Flow.BREAK, since, flow)


def _repeat_unknown(vm: Machine, turn: Callable[[], Flow]) -> None:
    """Run the body of a loop whose number of turns is not known.

    Twice is enough for the end of one turn to be seen to feed the beginning of the next; where the first turn
    neither made nor called a layer, once.
    """
    for _ in range(2):
        size = vm.graph.size
        fork(vm, [lambda: Flow.NORMAL, turn])
        if vm.graph.size == size:
            return
