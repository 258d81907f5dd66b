"""Definitions of functions and classes."""

from __future__ import annotations

import libcst as cst

from rnnlint.interpret.base import Value
from rnnlint.interpret.contents import appended
from rnnlint.interpret.language.classes import decorated
from rnnlint.interpret.language.control import header, suite
from rnnlint.interpret.language.names import dotted_name
from rnnlint.interpret.machine import Machine, evaluates, executes
from rnnlint.interpret.store import CLASS, DATACLASS, DELETER, FIELDS, METHODS, SETTER, Flow
from rnnlint.interpret.values import (
    ArgV,
    CallArgs,
    ChoiceV,
    ClassV,
    ConstV,
    ExternalV,
    FunctionV,
    PartialV,
    TupleV,
    UnknownV,
)
from rnnlint.keras import names

# Decorators that leave the function what it is.
_TRANSPARENT = (
    "tensorflow.function",
    "functools.lru_cache",
    "functools.cache",
    "functools.wraps",
    "abc.abstractmethod",
    "typing.override",
    "register_keras_serializable",
    "tensorflow.autograph",
    "wraps",
    "numba.jit",
)


def define_function(vm: Machine, node: cst.FunctionDef | cst.Lambda) -> FunctionV:
    """Return the function that a definition makes. Its defaults are evaluated now, as in Python."""
    frame = vm.frame
    defaults: dict[str, Value] = {}
    parameters = node.params
    for parameter in [*parameters.posonly_params, *parameters.params, *parameters.kwonly_params]:
        if parameter.default is not None:
            defaults[parameter.name.value] = vm.evaluate(parameter.default)
    name = node.name.value if isinstance(node, cst.FunctionDef) else "<lambda>"
    # A class body is no scope for the functions in it.
    owner = vm.store.get(frame.scopes[0], CLASS) if frame.scopes else None
    scopes = frame.scopes[1:] if owner is not None else frame.scopes
    vm.captured.update(scopes)
    return FunctionV(name, node, frame.parsed, scopes, defaults, owner if isinstance(owner, ClassV) else None)


@executes(cst.FunctionDef)
def function_definition(vm: Machine, node: cst.FunctionDef) -> Flow:
    """`def`; decorators that are functions of the code are applied."""
    last = node.params.params[-1] if node.params.params else node.name
    header(vm, node, last if isinstance(last, cst.Name) else last.name)
    function = define_function(vm, node)
    value: Value = function
    decorators: list[Value] = []
    for decorator in reversed(node.decorators):
        applied = vm.evaluate(decorator.decorator)
        decorators.append(applied)
        if isinstance(applied, (FunctionV, PartialV)):
            value = vm.call(applied, CallArgs((ArgV(value, vm.span(node.name)),)), vm.span(node.name))
        elif isinstance(applied, ExternalV) and not _is_transparent(applied.name):
            value = UnknownV(f"'{function.name}' is decorated by {applied.name}")
    if decorators:
        named = FunctionV(
            function.name,
            node,
            function.parsed,
            function.scopes,
            function.defaults,
            function.owner,
            tuple(decorators),
        )
        value = named if value is function else value
        function = named
    if function.owner is not None:
        methods = vm.store.raw(function.owner.id, METHODS) or TupleV(())
        vm.store.set(function.owner.id, METHODS, appended(methods, [function]) or methods)
    else:
        _list_entry(vm, function, node)
    kind = decorated(function)
    if kind in ("setter", "deleter"):
        # The getter keeps the name.
        vm.store.set(vm.frame.scopes[0], (SETTER if kind == "setter" else DELETER, function.name), function)
    else:
        vm.store.set(vm.frame.outer_names.get(function.name, vm.frame.scopes[0]), function.name, value)
    return Flow.NORMAL


@evaluates(cst.Lambda)
def lambda_expression(vm: Machine, node: cst.Lambda) -> Value:
    """`lambda`."""
    return define_function(vm, node)


@executes(cst.ClassDef)
def class_definition(vm: Machine, node: cst.ClassDef) -> Flow:
    """`class`; its body runs in a scope that its methods do not see."""
    header(vm, node, node.name)
    bases = tuple(vm.evaluate(arg.value) for arg in node.bases)
    keras = next((found for base in bases if (found := _keras_base(base))), "")
    frame = vm.frame
    id = vm.store.new()
    cls = ClassV(id, node.name.value, bases, frame.parsed, vm.span(node.name), keras)
    vm.store.set(id, CLASS, cls)
    vm.store.set(id, FIELDS, TupleV(()))
    for decorator in node.decorators:
        if "dataclass" in _dotted_or_empty(decorator.decorator):
            vm.store.set(id, DATACLASS, ConstV(True))
    if any(isinstance(base, ExternalV) and base.name.endswith("NamedTuple") for base in bases):
        vm.store.set(id, DATACLASS, ConstV(True))
    vm.push(frame.parsed, (id, *frame.scopes), exits=frame.exits)
    try:
        suite(vm, node.body)
    finally:
        vm.pop()
    vm.store.set(frame.scopes[0], cls.name, cls)
    _list_entry(vm, cls, node)
    return Flow.NORMAL


def _list_entry(vm: Machine, entry: FunctionV | ClassV, node: cst.CSTNode) -> None:
    """Add an entry point, once. Imported modules have none: each is the file under analysis in a run of its own."""
    if vm.frame.parsed.source.path == vm.code.main and id(node) not in vm.entries.listed:
        if len(vm.frame.scopes) == 1 and entry.name in vm.entries.passed_over:
            return
        vm.entries.listed.add(id(node))
        vm.entries.waiting.append(entry)


def _keras_base(base: Value) -> str:
    if isinstance(base, ClassV):
        return base.keras
    if isinstance(base, ExternalV):
        symbol = names.resolve(base.name)
        if symbol is not None and symbol.kind in ("layer", "model"):
            return symbol.name
        if symbol is not None and symbol.name == "tensorflow.Module":
            return "keras.layers.Layer"
    if isinstance(base, ChoiceV):
        return next((found for option in base.options if (found := _keras_base(option))), "")
    return ""


def _is_transparent(name: str) -> bool:
    return name.startswith("builtins.") or name.endswith((*_TRANSPARENT, "property"))


def _dotted_or_empty(node: cst.BaseExpression) -> str:
    return dotted_name(node.func) if isinstance(node, cst.Call) else dotted_name(node)
