"""Calls of functions of the code: arguments are bound, and the body is run."""

from __future__ import annotations

import libcst as cst

from rnnlint.graph import Span
from rnnlint.interpret.base import Value
from rnnlint.interpret.language.classes import decorated
from rnnlint.interpret.language.control import rejoin, suite
from rnnlint.interpret.machine import Machine, call_of
from rnnlint.interpret.store import Flow
from rnnlint.interpret.values import ArgV, CallArgs, ConstV, FunctionV, TupleV, UnknownV

# How deep calls are followed.
_MOST_DEPTH = 16


def call_function(vm: Machine, function: FunctionV, args: CallArgs, span: Span, receiver: Value | None = None) -> Value:
    """Return what calling a user's function gives; unknown where it calls itself or the calls nest too deeply."""
    vm.entries.called.add(id(function.node))
    if id(function.node) in vm.running:
        return vm.not_followed(f"{function.name}() calls itself", args, span)
    if len(vm.running) >= _MOST_DEPTH or not vm.budget.step():
        return vm.not_followed(f"{function.name}() is called too deeply to be followed", args, span)
    return run_function(vm, function, _bind(vm, function, args, span, receiver), receiver)


def _bind(vm: Machine, function: FunctionV, args: CallArgs, span: Span, receiver: Value | None) -> dict[str, Value]:
    signature = function.parsed.signature(function.node)
    bound: dict[str, Value] = {}
    positional = args.positional
    if receiver is not None and function.owner is not None and decorated(function) != "static":
        positional = (ArgV(receiver, span), *positional)
    for name, arg in zip(signature.listed, positional, strict=False):
        bound[name] = arg.value
    extra: list[tuple[str, Value]] = []
    for name, arg in args.keywords:
        if name in signature.keywords:
            bound[name] = arg.value
        else:
            extra.append((name, arg.value))
    for name in signature.names:
        if name not in bound:
            default = function.defaults.get(name)
            if default is None or not args.complete:
                missing = UnknownV(f"argument '{name}' of {function.name}()", span)
                default = missing if default is None else vm.join([default, missing])
            bound[name] = default
    if signature.star is not None:
        rest = tuple(arg.value for arg in positional[len(signature.listed) :])
        bound[signature.star] = TupleV(rest, args.complete)
    if signature.double_star is not None:
        bound[signature.double_star] = vm.new_dict(extra, args.complete)
    return bound


def run_function(vm: Machine, function: FunctionV, bound: dict[str, Value], receiver: Value | None) -> Value:
    """Run a function's body with its parameters bound, and join what it returns."""
    scope = vm.store.make(bound)
    frame = vm.push(function.parsed, (scope, *function.scopes), function, receiver)
    certain = vm.graph.certain
    vm.running.append(id(function.node))
    try:
        if isinstance(function.node, cst.Lambda):
            return vm.evaluate(function.node.body)
        flow = suite(vm, function.node.body)
        if flow is Flow.NORMAL:
            frame.returned.append(ConstV(None))
        rejoin(vm, Flow.RETURN, frame.exits, flow, None if scope in vm.captured else scope)
        return vm.join(frame.returned) if frame.returned else UnknownV(f"{function.name}() never returns")
    finally:
        vm.graph.certain = certain
        vm.pop()
        vm.running.pop()
        if scope not in vm.captured:
            vm.store.drop(scope)


call_of(FunctionV)(call_function)
