"""Simple statements."""

from __future__ import annotations

import libcst as cst

from rnnlint.interpret.base import Value
from rnnlint.interpret.contents import DictItems, appended
from rnnlint.interpret.language.operators import augmented
from rnnlint.interpret.machine import STATEMENTS, Machine, evaluates, executes
from rnnlint.interpret.store import FIELDS, ITEMS, Flow
from rnnlint.interpret.values import ClassV, ConstV, DictV, InstanceV, ListV, ModuleV, ObjectV, TupleV, UnknownV


@executes(cst.SimpleStatementLine, cst.SimpleStatementSuite)
def simple(vm: Machine, node: cst.SimpleStatementLine | cst.SimpleStatementSuite) -> Flow:
    """A line of simple statements."""
    body = node.body
    vm.frame.statement = (node, body[0], body[-1]) if body else None
    for small in body:
        flow = STATEMENTS[type(small)](vm, small)
        if flow is not Flow.NORMAL:
            return flow
    return Flow.NORMAL


@executes(cst.Expr)
def expression_statement(vm: Machine, node: cst.Expr) -> Flow:
    """An expression as a statement."""
    vm.evaluate(node.value)
    return Flow.NORMAL


@executes(cst.Assign)
def assignment(vm: Machine, node: cst.Assign) -> Flow:
    """`target = other = value`."""
    value = vm.evaluate(node.value)
    for one in node.targets:
        vm.assign(one.target, value)
    return Flow.NORMAL


@executes(cst.AnnAssign)
def annotated_assignment(vm: Machine, node: cst.AnnAssign) -> Flow:
    """`target: annotation = value`; in the body of a class the name of a field."""
    if node.value is not None:
        vm.assign(node.target, vm.evaluate(node.value))
    scope = vm.frame.scopes[0] if vm.frame.scopes else 0
    fields = vm.store.raw(scope, FIELDS)
    if isinstance(node.target, cst.Name) and (grown := appended(fields, [ConstV(node.target.value)])) is not None:
        vm.store.set(scope, FIELDS, grown)
    return Flow.NORMAL


@executes(cst.AugAssign)
def augmented_assignment(vm: Machine, node: cst.AugAssign) -> Flow:
    """`target += value`."""
    left = vm.evaluate(node.target)
    right = vm.evaluate(node.value)
    vm.assign(node.target, augmented(vm, type(node.operator), left, right, node))
    return Flow.NORMAL


@executes(cst.Return)
def return_statement(vm: Machine, node: cst.Return) -> Flow:
    """`return value`."""
    vm.frame.returned.append(vm.evaluate(node.value) if node.value is not None else ConstV(None))
    return Flow.RETURN


@executes(cst.Raise)
def raise_statement(_vm: Machine, _node: cst.Raise) -> Flow:
    """`raise`."""
    return Flow.RAISE


@executes(cst.Break)
def break_statement(_vm: Machine, _node: cst.Break) -> Flow:
    """`break`."""
    return Flow.BREAK


@executes(cst.Continue)
def continue_statement(_vm: Machine, _node: cst.Continue) -> Flow:
    """`continue`."""
    return Flow.CONTINUE


@executes(cst.Assert)
def assertion(vm: Machine, node: cst.Assert) -> Flow:
    """`assert test`; the test is evaluated, and nothing follows from it."""
    vm.evaluate(node.test)
    return Flow.NORMAL


@executes(cst.Del)
def delete(vm: Machine, node: cst.Del) -> Flow:
    """`del target`."""
    _unset(vm, node.target)
    return Flow.NORMAL


def _unset(vm: Machine, target: cst.BaseExpression) -> None:
    if isinstance(target, cst.Name) and vm.frame.scopes:
        name = target.value
        vm.store.delete(vm.frame.outer_names.get(name, vm.frame.scopes[0]), name)
    elif isinstance(target, (cst.Tuple, cst.List)):
        for element in target.elements:
            _unset(vm, element.value)
    elif isinstance(target, cst.Attribute):
        owner = vm.evaluate(target.value)
        if isinstance(owner, (InstanceV, ClassV, ModuleV, ObjectV)):
            vm.store.delete(owner.id, target.attr.value)
    elif isinstance(target, cst.Subscript):
        value = vm.evaluate(target.value)
        if isinstance(value, ListV):
            vm.store.set(value.id, ITEMS, TupleV((), False))
        elif isinstance(value, DictV) and (mapping := vm.mapping(value)) is not None:
            vm.store.set(value.id, ITEMS, DictItems(mapping.items, False))


@executes(cst.Global)
def global_statement(vm: Machine, node: cst.Global) -> Flow:
    """`global name`."""
    for item in node.names:
        vm.frame.outer_names[item.name.value] = vm.frame.scopes[-1]
    return Flow.NORMAL


@executes(cst.Nonlocal)
def nonlocal_statement(vm: Machine, node: cst.Nonlocal) -> Flow:
    """`nonlocal name`."""
    for item in node.names:
        name = item.name.value
        owner = next((scope for scope in vm.frame.scopes[1:] if vm.store.get(scope, name) is not None), None)
        if owner is not None:
            vm.frame.outer_names[name] = owner
    return Flow.NORMAL


@evaluates(cst.NamedExpr)
def assignment_expression(vm: Machine, node: cst.NamedExpr) -> Value:
    """`(name := value)`."""
    value = vm.evaluate(node.value)
    vm.assign(node.target, value)
    return value


@evaluates(cst.Await)
def await_expression(vm: Machine, node: cst.Await) -> Value:
    """`await value`, taken as the value."""
    return vm.evaluate(node.expression)


@evaluates(cst.Yield)
def yield_expression(vm: Machine, node: cst.Yield) -> Value:
    """`yield value`, `yield from values`."""
    if isinstance(node.value, cst.From):
        vm.evaluate(node.value.item)
    elif node.value is not None:
        vm.evaluate(node.value)
    return UnknownV("what a generator is sent")
