"""Entry points: the module itself, then every function, class and method as if somebody called it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import libcst as cst

from rnnlint.graph import Graph, Ref, Span
from rnnlint.interpret import semantics
from rnnlint.interpret.base import Value
from rnnlint.interpret.language.classes import class_attribute, decorated, fields
from rnnlint.interpret.language.functions import run_function
from rnnlint.interpret.language.imports import load
from rnnlint.interpret.machine import Machine
from rnnlint.interpret.parsed import ParsedModule
from rnnlint.interpret.spans import LazySpan
from rnnlint.interpret.store import DATACLASS, METHODS
from rnnlint.interpret.values import ClassV, FunctionV, InstanceV, TensorV, TupleV, UnknownV
from rnnlint.source.source import Source


def run(vm: Machine, source: Source) -> Graph:
    """Interpret a file.

    Raises:
        ParseError: where libcst cannot parse it.
    """
    vm.code.main = source.path
    load(vm, source, "__main__")
    _run_entries(vm)
    try:
        semantics.finish(vm)
    except Exception as error:  # noqa: BLE001 - a bug of ours must not end the run
        vm.graph.error(source.span(1, 1, 1, 1), f"{type(error).__name__}: {error}")
    return vm.graph.graph()


def _run_entries(vm: Machine, first: int = 0) -> None:
    """Run every function and class that waits (from number `first` on) as if somebody called it.

    What an entry point defines runs before the changes of the entry point are undone, because it closes over them.
    """
    entries = vm.entries.waiting[first:]
    del vm.entries.waiting[first:]
    for entry in entries:
        if vm.budget.spent():
            vm.graph.note(_entry_span(entry), "the file is too complex: not every function was followed")
            return
        if isinstance(entry, ClassV):
            _isolated(vm, entry, partial(_enter_class, vm, entry))
        elif id(entry.node) not in vm.entries.called or not _is_inner(entry):
            _isolated(vm, entry, partial(_enter, vm, entry, None))


def _isolated(vm: Machine, entry: FunctionV | ClassV, run: Callable[[], object]) -> None:
    """Run an entry point and what it defines, and undo what they changed.

    An exception is noted in the graph as an error, and the other entry points still run.
    """

    def both() -> None:
        first = len(vm.entries.waiting)
        run()
        _run_entries(vm, first)
        semantics.finish(vm, since)

    since = len(vm.memory.sequentials)
    frames, stack = len(vm.frames), len(vm.running)
    vm.budget.begin_entry(0 if isinstance(entry, ClassV) else _statements(entry.node))
    vm.push(entry.parsed, ())
    try:
        vm.store.isolated(both)
    except RecursionError:
        vm.graph.note(_entry_span(entry), "the code is nested too deeply to be followed")
    except Exception as error:  # noqa: BLE001 - a bug of ours must not end the run
        vm.graph.error(_entry_span(entry), f"{type(error).__name__}: {error}")
    finally:
        vm.unwind(frames)
        del vm.running[stack:]
        vm.graph.certain = True
        vm.budget.end_entry()


def _enter(vm: Machine, function: FunctionV, receiver: Value | None) -> Value:
    """Run a function with its defaults as possible values and everything else unknown."""
    parameters = function.node.params
    span = _entry_span(function)
    bound: dict[str, Value] = {}
    listed = [*parameters.posonly_params, *parameters.params]
    if receiver is not None and listed:
        bound[listed.pop(0).name.value] = receiver
    first = len(vm.graph.nodes)
    is_call = function.name == "call" and isinstance(receiver, InstanceV) and bool(receiver.cls.keras)
    for index, parameter in enumerate([*listed, *parameters.kwonly_params]):
        name = parameter.name.value
        unknown: Value = UnknownV(f"parameter '{name}' of {function.name}()", span, None, f"{function.name}.{name}")
        if is_call and index == 0:
            # What a layer or model is called on, of unknown shape.
            node = vm.graph.node("input", name, (), (None,), _span_in(vm, function, parameter))
            unknown = TensorV((Ref(node.id),), None)
        default = function.defaults.get(name)
        annotated = _annotated(vm, function, parameter)
        if default is not None:
            bound[name] = vm.join([default, unknown])
        else:
            bound[name] = annotated if annotated is not None else unknown
    if isinstance(parameters.star_arg, cst.Param):
        bound[parameters.star_arg.name.value] = TupleV((), False)
    if parameters.star_kwarg is not None:
        bound[parameters.star_kwarg.name.value] = vm.new_dict((), False)
    result = run_function(vm, function, bound, receiver)
    if is_call and isinstance(receiver, InstanceV) and receiver.cls.keras == "keras.Model":
        made = range(first, len(vm.graph.nodes))
        inputs = [Ref(id) for id in made if vm.graph.nodes[id].kind == "input"]
        outputs = [ref for tensor in vm.tensors(result) if isinstance(tensor, TensorV) for ref in tensor.refs]
        vm.graph.model("subclass", receiver.cls.name, receiver.cls.span, inputs[:1], outputs, made)
    return result


def _annotated(vm: Machine, function: FunctionV, parameter: cst.Param) -> Value | None:
    """Return an object of the dataclass that an annotation names, its defaults as possible values; else None."""
    if parameter.annotation is None or not isinstance(parameter.annotation.annotation, (cst.Name, cst.Attribute)):
        return None
    vm.push(function.parsed, function.scopes)
    try:
        cls = vm.evaluate(parameter.annotation.annotation)
    finally:
        vm.pop()
    if not isinstance(cls, ClassV) or vm.store.get(cls.id, DATACLASS) is None:
        return None
    instance = InstanceV(vm.store.new(), cls)
    for name, default in fields(vm, cls):
        unknown = UnknownV(f"field '{name}' of {cls.name}")
        vm.store.set(instance.id, name, unknown if default is None else vm.join([default, unknown]))
    return instance


def _enter_class(vm: Machine, cls: ClassV) -> None:
    """Make an object with its defaults and run each method on it."""
    instance = InstanceV(vm.store.new(), cls)
    init = class_attribute(vm, cls, "__init__")
    if isinstance(init, FunctionV) and init.owner is not None:
        _enter(vm, init, instance)
    elif vm.store.get(cls.id, DATACLASS) is not None:
        for name, default in fields(vm, cls):
            unknown = UnknownV(f"field '{name}' of {cls.name}")
            vm.store.set(instance.id, name, unknown if default is None else vm.join([default, unknown]))
    build = class_attribute(vm, cls, "build")
    if cls.keras and isinstance(build, FunctionV):
        _enter(vm, build, instance)
    methods = vm.store.get(cls.id, METHODS)
    for method in methods.items if isinstance(methods, TupleV) else ():
        if not isinstance(method, FunctionV) or method.name == "__init__" or (cls.keras and method.name == "build"):
            continue
        if f"{cls.name}.{method.name}" in vm.entries.passed_over and cls.parsed is vm.code.modules[vm.code.main].parsed:
            continue
        kind = decorated(method)
        receiver: Value | None = None if kind == "static" else (cls if kind == "class" else instance)
        _isolated(vm, method, partial(_enter, vm, method, receiver))


def _span_in(_vm: Machine, function: FunctionV, node: cst.CSTNode) -> Span:
    """Return where a parameter, or another part of a function's header, stands."""
    return _header_span(function.parsed, function.node, node.name if isinstance(node, cst.Param) else node)


def _is_inner(function: FunctionV) -> bool:
    """Return whether only the code around a function is meant to call it: it is nested, or its name begins with `_`."""
    return len(function.scopes) > 1 or function.name.startswith("_")


def _statements(function: cst.FunctionDef | cst.Lambda) -> int:
    """Return about how many statements a function has; those in `else`, `except` and the like are not counted."""
    count = 0
    level: Sequence[Any] = (function,)
    while level:
        blocks = [one.body for one in level if isinstance(getattr(one, "body", None), cst.IndentedBlock)]
        level = [one for block in blocks for one in block.body]
        count += len(level)
    return count


def _entry_span(entry: FunctionV | ClassV) -> Span:
    if isinstance(entry, ClassV):
        return entry.span
    return _header_span(
        entry.parsed, entry.node, entry.node.name if isinstance(entry.node, cst.FunctionDef) else entry.node
    )


def _header_span(parsed: ParsedModule, function: cst.FunctionDef | cst.Lambda, node: cst.CSTNode) -> LazySpan:
    """Return the span of a part of a function's header. The part counts as a statement of its own."""
    return LazySpan(parsed, node, None, None if isinstance(function, cst.Lambda) else (function, node, node))
