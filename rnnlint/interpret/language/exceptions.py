"""The try and with statements."""

from __future__ import annotations

from functools import partial

import libcst as cst

from rnnlint.interpret.language.control import alternatives, header, suite
from rnnlint.interpret.machine import Machine, executes
from rnnlint.interpret.store import Flow
from rnnlint.interpret.values import InstanceV, UnknownV


@executes(cst.Try, cst.TryStar)
def try_statement(vm: Machine, node: cst.Try | cst.TryStar) -> Flow:
    """`try ... except ... else ... finally`; each handler is a path that comes instead of the body."""

    def body() -> Flow:
        flow = suite(vm, node.body)
        return suite(vm, node.orelse.body) if flow is Flow.NORMAL and node.orelse is not None else flow

    def handle(handler: cst.ExceptHandler | cst.ExceptStarHandler) -> Flow:
        if handler.name is not None and isinstance(handler.name.name, cst.Name):
            vm.assign(handler.name.name, UnknownV("an exception"))
        with vm.uncertain():
            return suite(vm, handler.body)

    # What the body did before it failed is taken as not done: a handler comes instead of it.
    if node.handlers:
        handlers = [partial(handle, handler) for handler in node.handlers]
        flow = alternatives(vm, [body, *handlers])
    else:
        flow = body()
    if node.finalbody is not None:
        last = suite(vm, node.finalbody.body)
        flow = last if last is not Flow.NORMAL else flow
    return flow


@executes(cst.With)
def with_statement(vm: Machine, node: cst.With) -> Flow:
    """`with`; only objects of the user's classes are taken to give themselves."""
    for item in node.items:
        header(vm, node, item.item)
        value = vm.evaluate(item.item)
        if item.asname is not None:
            known = value if isinstance(value, InstanceV) else UnknownV("what a context manager gives")
            vm.assign(item.asname.name, known)
    return suite(vm, node.body)
