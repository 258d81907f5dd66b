"""Python's own built-in functions."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from rnnlint.graph import Span
from rnnlint.interpret.base import Value
from rnnlint.interpret.folding import fold
from rnnlint.interpret.items import any_item, key_of
from rnnlint.interpret.library.objects import is_instance, set_attribute
from rnnlint.interpret.library.registry import library_prefix
from rnnlint.interpret.machine import Machine
from rnnlint.interpret.spreading import MOST_TURNS
from rnnlint.interpret.values import (
    ArgV,
    BoundV,
    CallArgs,
    ChoiceV,
    ClassV,
    ConstV,
    FunctionV,
    InstanceV,
    LayerV,
    ModelV,
    ObjectV,
    PartialV,
    RangeV,
    RunsV,
    TupleV,
    UnknownV,
)

# Takes the name of the function; gives None where it does not understand the arguments.
BuiltinHandler: TypeAlias = Callable[[Machine, str, CallArgs, Span], Value | None]

_BUILTINS: dict[str, BuiltinHandler] = {}
_CONVERSIONS: dict[str, Callable[..., Any]] = {
    name: getattr(builtins, name) for name in ("abs", "bool", "float", "int", "round", "divmod", "str", "repr")
}
# What these give without an argument.
_EMPTY = {"int": 0, "float": 0.0, "str": "", "bool": False}


def builtin(*names: str) -> Callable[[BuiltinHandler], BuiltinHandler]:
    """Return a decorator that registers the handler of built-in functions with these names."""

    def register(handler: BuiltinHandler) -> BuiltinHandler:
        _BUILTINS.update(dict.fromkeys(names, handler))
        return handler

    return register


@library_prefix("builtins.")
def call_builtin(vm: Machine, name: str, args: CallArgs, span: Span) -> Value:
    """Call a built-in function by its name, with or without the module's."""
    name = name.removeprefix("builtins.")
    if not args.complete and name != "dict":
        return UnknownV(f"{name}() with arguments that are not known")
    handler = _BUILTINS.get(name)
    result = handler(vm, name, args, span) if handler is not None else None
    return result if result is not None else UnknownV(f"the result of {name}()")


@builtin("dict")
def dict_(vm: Machine, _name: str, args: CallArgs, _span: Span) -> Value:
    """`dict(mapping, key=value)`, `dict(pairs)`."""
    return make_dict(vm, args)


@builtin(*_CONVERSIONS)
def conversion(vm: Machine, name: str, args: CallArgs, _span: Span) -> Value:
    """`int(x)`, `abs(x)`, `str(x)` ..."""
    values = args.values()
    if not values:
        return ConstV(_EMPTY.get(name))
    if name == "bool":
        truth = vm.truth(values[0])
        return UnknownV("a truth value that is not known") if truth is None else ConstV(truth)
    if name in ("float", "abs") and isinstance(values[0], RangeV):
        return values[0] if name == "float" or (values[0].low or 0) >= 0 else RangeV(None, None)
    if name == "int" and isinstance(values[0], RangeV):
        return values[0]
    return fold(_CONVERSIONS[name], values)


@builtin("len")
def length(vm: Machine, _name: str, args: CallArgs, _span: Span) -> Value | None:
    """`len(x)`."""
    if len(args.positional) != 1:
        return None
    value = args.positional[0].value
    if isinstance(value, ConstV) and isinstance(value.value, (str, bytes)):
        return ConstV(len(value.value))
    items = vm.raw_items(value)
    if items is None or not items.complete or any(isinstance(item, RunsV) for item in items.items):
        return UnknownV("the length of something that is not known")
    return ConstV(len(items.items))


@builtin("range", "xrange")
def range_(_vm: Machine, _name: str, args: CallArgs, _span: Span) -> Value:
    """`range(start, stop, step)`, as a tuple."""
    values = args.values()
    bounds = [value.value for value in values if isinstance(value, ConstV) and type(value.value) is int]
    if len(bounds) != len(values) or not 1 <= len(bounds) <= 3:
        return UnknownV("a range whose bounds are not known")
    try:
        found = range(*bounds)
        length = len(found)
    except (ValueError, OverflowError):
        return UnknownV("a range that is not valid")
    if length > MOST_TURNS:
        return UnknownV(f"a range of {length} numbers")
    return TupleV(tuple(ConstV(number) for number in found))


@builtin("list", "tuple", "sorted", "reversed", "set", "frozenset", "iter")
def collection(vm: Machine, name: str, args: CallArgs, _span: Span) -> Value | None:
    """`list(x)`, `sorted(x)` ...; what a set holds is not kept."""
    values = args.values()
    if not values:
        return vm.new_list(()) if name == "list" else (TupleV(()) if name == "tuple" else UnknownV("a set"))
    items = vm.raw_items(values[0])
    if items is None or name in ("set", "frozenset"):
        return None
    found = items.items
    if name == "reversed":
        found = found[::-1] if items.complete else ()
    if name == "sorted":
        keys = [item.value for item in found if isinstance(item, ConstV)]
        try:
            found = tuple(ConstV(key) for key in sorted(keys)) if len(keys) == len(found) else ()  # type: ignore[type-var]
        except TypeError:
            found = ()
        if not found and items.items:
            return UnknownV("a sorted list that is not known")
    complete = items.complete and (name != "reversed" or bool(found) or not items.items)
    return TupleV(found, complete) if name in ("tuple", "reversed", "iter") else vm.new_list(found, complete)


def make_dict(vm: Machine, args: CallArgs, skip: int = 0) -> Value:
    """Return the dict that the arguments of `dict()` give; the first `skip` ones are of no interest."""
    items: dict[Any, Value] = {}
    complete = args.complete
    for arg in args.positional[skip:]:
        mapping = vm.mapping(arg.value)
        if mapping is not None:
            items.update(mapping.items)
            complete = complete and mapping.complete
            continue
        pairs = vm.raw_items(arg.value)
        for pair in pairs.items if pairs is not None else ():
            two = vm.raw_items(pair)
            key = key_of(two.items[0]) if two is not None and len(two.items) == 2 else None
            if two is None or key is None:
                complete = False
            else:
                items[key.value] = two.items[1]
        complete = complete and pairs is not None and pairs.complete
    items.update((name, arg.value) for name, arg in args.keywords)
    return vm.new_dict(list(items.items()), complete)


@builtin("enumerate")
def enumerate_(vm: Machine, _name: str, args: CallArgs, span: Span) -> Value | None:
    """`enumerate(x, start=0)`, as a tuple of pairs."""
    values = args.values()
    if not values:
        return None
    items = vm.raw_items(values[0])
    start = values[1] if len(values) > 1 else (args.keyword("start") or ArgV(ConstV(0), span)).value
    if items is None or not isinstance(start, ConstV) or not isinstance(start.value, int):
        return UnknownV("enumerate() over something that is not known")
    pairs = _number(items.items, start.value)
    return TupleV(pairs, items.complete) if pairs is not None else UnknownV("enumerate() over a list of runs")


@builtin("zip")
def zip_(vm: Machine, _name: str, args: CallArgs, _span: Span) -> Value:
    """`zip(x, y)`, as a tuple of tuples."""
    values = args.values()
    lists = [vm.raw_items(value) for value in values]
    known = [found for found in lists if found is not None]
    if len(known) != len(values) or not known:
        return UnknownV("zip() over something that is not known")
    if any(isinstance(item, RunsV) for found in known for item in found.items):
        # Which items meet is not known: up to two rows, each of any of the items.
        some = RunsV(((), (TupleV(tuple(any_item(found) for found in known)),)))
        return TupleV((some, some))
    rows = tuple(TupleV(row) for row in zip(*(found.items for found in known), strict=False))
    # It ends with the shortest list: the end is known where that one is complete.
    return TupleV(rows, any(found.complete and len(found.items) == len(rows) for found in known))


@builtin("map")
def map_(vm: Machine, _name: str, args: CallArgs, span: Span) -> Value | None:
    """`map(function, x)`, as a tuple; of several iterables nothing is known."""
    values = args.values()
    if len(values) != 2:
        return None
    items = vm.raw_items(values[1])
    if items is None or len(items.items) > MOST_TURNS or any(isinstance(item, RunsV) for item in items.items):
        return UnknownV("map() over something that is not known")
    results = tuple(vm.call(values[0], CallArgs((ArgV(item, span),)), span) for item in items.items)
    return TupleV(results, items.complete)


def _number(items: Sequence[Value], first: int) -> tuple[Value, ...] | None:
    """Return the pairs of enumerate(), or None for runs within runs. After a run, the number is not known."""
    pairs: list[Value] = []
    at: int | None = first
    for item in items:
        if isinstance(item, RunsV):
            if any(isinstance(one, RunsV) for run in item.runs for one in run):
                return None
            pairs.append(RunsV(tuple(tuple(_pair(at, i, one) for i, one in enumerate(run)) for run in item.runs)))
            at = None
        else:
            pairs.append(_pair(at, 0, item))
            at = None if at is None else at + 1
    return tuple(pairs)


def _pair(first: int | None, at: int, item: Value) -> TupleV:
    return TupleV((UnknownV("an index that is not known") if first is None else ConstV(first + at), item))


def _operands(vm: Machine, args: CallArgs) -> Sequence[Value] | None:
    """Return what `max(a, b)` and `max([a, b])` look at; None where not all of it is known."""
    values: Sequence[Value] = args.values()
    if args.keywords:
        return None
    if len(values) == 1:
        items = vm.raw_items(values[0])
        if items is None or not items.complete:
            return None
        values = items.items
    return values


@builtin("any", "all")
def any_or_all(vm: Machine, name: str, args: CallArgs, _span: Span) -> Value | None:
    """`any(x)`, `all(x)`."""
    values = _operands(vm, args)
    if values is None:
        return None
    truths = [vm.truth(value) for value in values]
    decided = (True in truths) if name == "any" else (False in truths)
    if decided:
        return ConstV(name == "any")
    return None if None in truths else ConstV(name == "all")


@builtin("max", "min", "sum")
def reduction(vm: Machine, name: str, args: CallArgs, _span: Span) -> Value | None:
    """`max(a, b)`, `sum(x)` ..."""
    values = _operands(vm, args)
    if values is None:
        return None
    functions: dict[str, Callable[..., Any]] = {"max": max, "min": min, "sum": lambda *numbers: sum(numbers)}
    function = functions[name]
    if len(values) < 2 and name != "sum":
        return values[0] if values else None
    return fold(function, values)


@builtin("isinstance")
def isinstance_(_vm: Machine, _name: str, args: CallArgs, _span: Span) -> Value | None:
    """`isinstance(x, cls)`."""
    if len(args.positional) != 2:
        return None
    known = is_instance(args.positional[0].value, args.positional[1].value)
    return UnknownV("the outcome of isinstance()") if known is None else ConstV(known)


@builtin("callable")
def callable_(_vm: Machine, _name: str, args: CallArgs, _span: Span) -> Value | None:
    """`callable(x)`."""
    if not args.positional:
        return None
    if isinstance(args.positional[0].value, (FunctionV, ClassV, LayerV, ModelV, PartialV, BoundV)):
        return ConstV(True)
    return UnknownV("the outcome of callable()")


@builtin("getattr")
def getattr_(vm: Machine, _name: str, args: CallArgs, span: Span) -> Value | None:
    """`getattr(x, name, default)`."""
    values = args.values()
    if len(values) < 2:
        return None
    name = values[1]
    if not isinstance(name, ConstV) or not isinstance(name.value, str):
        options = name.options if isinstance(name, ChoiceV) else ()
        if options and all(isinstance(option, ConstV) and isinstance(option.value, str) for option in options):
            return vm.join([vm.attribute(values[0], str(o.value), span) for o in options if isinstance(o, ConstV)])
        return UnknownV("an attribute whose name is not known")
    found = vm.attribute(values[0], name.value, span)
    if isinstance(found, UnknownV) and len(values) > 2:
        return vm.join([values[2], found])
    return found


@builtin("hasattr")
def hasattr_(_vm: Machine, _name: str, args: CallArgs, _span: Span) -> Value | None:
    """`hasattr(x, name)`, whose outcome is never taken as known."""
    return UnknownV("the outcome of hasattr()") if len(args.positional) == 2 else None


@builtin("setattr")
def setattr_(vm: Machine, _name: str, args: CallArgs, _span: Span) -> Value | None:
    """`setattr(x, name, value)`."""
    values = args.values()
    if len(values) != 3:
        return None
    if isinstance(values[1], ConstV) and isinstance(values[1].value, str):
        set_attribute(vm, values[0], values[1].value, values[2])
    return ConstV(None)


@builtin("type")
def type_(_vm: Machine, _name: str, args: CallArgs, _span: Span) -> Value | None:
    """`type(x)`."""
    if len(args.positional) != 1:
        return None
    value = args.positional[0].value
    return value.cls if isinstance(value, InstanceV) else UnknownV("the type of a value")


@builtin("vars")
def vars_(vm: Machine, _name: str, args: CallArgs, _span: Span) -> Value | None:
    """`vars(namespace)`."""
    value = args.positional[0].value if args.positional else None
    if not isinstance(value, ObjectV):
        return None
    return vm.new_dict([(str(key), item) for key, item in vm.store.cells(value.id).items()], False)


@builtin("object")
def object_(_vm: Machine, _name: str, _args: CallArgs, _span: Span) -> Value:
    """`object()`."""
    return UnknownV("a plain object")
