"""Blocks of statements, and how paths through the code part and meet again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from rnnlint.interpret.machine import Machine
from rnnlint.interpret.store import Flow


def block(vm: Machine, statements: Sequence[cst.CSTNode]) -> Flow:
    """Run statements in order until one of them leaves the block."""
    store, exits = vm.store, vm.frame.exits
    for statement in statements:
        flow = vm.execute(statement)
        if flow is not Flow.NORMAL:
            return flow
        if store.exits > exits:
            vm.graph.certain = False  # some path has left before the rest
    return Flow.NORMAL


def suite(vm: Machine, body: cst.BaseSuite) -> Flow:
    """Run the body of a compound statement."""
    return block(vm, body.body) if type(body) is cst.IndentedBlock else vm.execute(body)


def header(vm: Machine, node: cst.CSTNode, end: cst.CSTNode) -> None:
    """Say that the expressions evaluated next are in the header of a compound statement, from `node` to `end`."""
    vm.frame.statement = (node, node, end)


def fork(vm: Machine, arms: Sequence[Callable[[], Flow]]) -> Flow:
    """Run undecided arms and join their states; the state of an arm that jumps away waits for `rejoin`.

    Return RAISE where no arm goes on.
    """
    with vm.uncertain():
        return alternatives(vm, arms)


def alternatives(vm: Machine, arms: Sequence[Callable[[], Flow]]) -> Flow:
    """Do the same as `fork`, but leave it to each arm to say what is uncertain."""
    return Flow.NORMAL if Flow.NORMAL in vm.store.fork(arms, vm.join) else Flow.RAISE


def rejoin(vm: Machine, jump: Flow, since: int, flow: Flow, dead: int | None = None) -> Flow:
    """Join the states that jumped away by `jump` (from number `since` on) into the present one, which ended by `flow`.

    `dead` is a scope that nothing reads any more. Return NORMAL where any of the states goes on, else how they ended.
    """
    alive = flow is Flow.NORMAL or flow is jump
    if vm.store.exits > since:
        if not alive and flow is not Flow.RAISE:
            vm.store.leave(flow)
            flow = Flow.RAISE
        alive = vm.store.rejoin(jump, since, alive, vm.join, dead)
    return Flow.NORMAL if alive else flow
