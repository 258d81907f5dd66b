"""Functions of the standard library and of numpy that build scripts lean on."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from rnnlint.graph import Span
from rnnlint.interpret.base import Value
from rnnlint.interpret.folding import fold
from rnnlint.interpret.library.builtin import call_builtin, make_dict
from rnnlint.interpret.library.registry import library_function
from rnnlint.interpret.machine import Machine
from rnnlint.interpret.values import (
    ArgV,
    CallArgs,
    ChoiceV,
    ConstV,
    ExternalV,
    ListV,
    PartialV,
    RangeV,
    RunsV,
    TupleV,
    UnknownV,
)

_PURE: dict[str, Callable[..., Any]] = {
    **{f"math.{name}": getattr(math, name) for name in ("ceil", "floor", "sqrt", "log", "log2", "exp", "pow", "trunc")},
    **{f"numpy.{name}": getattr(math, name) for name in ("ceil", "floor", "sqrt", "log2", "log", "exp")},
    **{f"numpy.{name}": int for name in ("int32", "int64", "int_")},
    **{f"numpy.{name}": float for name in ("float32", "float64", "float_")},
    "os.path.join": lambda *parts: "/".join(parts),
}


@library_function(*_PURE)
def pure(_vm: Machine, name: str, args: CallArgs, _span: Span) -> Value | None:
    """Functions on numbers and texts that give the same for the same arguments."""
    return fold(_PURE[name], args.values()) if args.positional and not args.keywords else None


@library_function("functools.partial")
def partial(_vm: Machine, _name: str, args: CallArgs, _span: Span) -> Value | None:
    """`functools.partial(function, ...)`."""
    if not args.positional:
        return None
    return PartialV(args.positional[0].value, CallArgs(args.positional[1:], args.keywords, args.complete))


@library_function("functools.reduce")
def reduce(vm: Machine, _name: str, args: CallArgs, span: Span) -> Value | None:
    """`functools.reduce(function, items[, first])`."""
    if not args.complete or len(args.positional) not in (2, 3):
        return None
    function, *given = args.values()
    items = vm.raw_items(given[0])
    if items is None or not items.complete or any(isinstance(item, RunsV) for item in items.items):
        return None
    rest = [*given[1:], *items.items]
    if not rest:
        return None
    value = rest[0]
    for item in rest[1:]:
        value = vm.call(function, CallArgs((ArgV(value, span), ArgV(item, span))), span)
    return value


@library_function("collections.OrderedDict")
def ordered_dict(vm: Machine, _name: str, args: CallArgs, _span: Span) -> Value:
    """`collections.OrderedDict(pairs)`."""
    return make_dict(vm, args)


@library_function("collections.defaultdict")
def default_dict(vm: Machine, _name: str, args: CallArgs, _span: Span) -> Value:
    """`collections.defaultdict(factory, pairs)`."""
    return make_dict(vm, args, skip=1)


@library_function("copy.copy", "copy.deepcopy")
def copy(vm: Machine, _name: str, args: CallArgs, _span: Span) -> Value | None:
    """`copy.copy(x)`, `copy.deepcopy(x)`."""
    if not args.positional:
        return None
    value = args.positional[0].value
    items = vm.raw_items(value)
    if isinstance(value, ListV) and items is not None:
        return vm.new_list(items.items, items.complete)
    mapping = vm.mapping(value)
    if mapping is not None:
        return vm.new_dict(mapping.items, mapping.complete)
    return value if isinstance(value, (ConstV, TupleV, ChoiceV, RangeV, ExternalV)) else UnknownV("a copy")


@library_function("numpy.array", "numpy.asarray")
def array(vm: Machine, _name: str, args: CallArgs, _span: Span) -> Value | None:
    """`numpy.array(items)`, taken as the items."""
    if not args.positional:
        return None
    value = args.positional[0].value
    return value if vm.raw_items(value) is not None else UnknownV("an array")


@library_function("numpy.prod")
def product(vm: Machine, _name: str, args: CallArgs, _span: Span) -> Value | None:
    """`numpy.prod(items)`."""
    if not args.positional:
        return None
    value = args.positional[0].value
    items = vm.raw_items(value)
    if items is None or not items.complete:
        return UnknownV("the product of numbers that are not known")
    result: Value = ConstV(1)
    for item in items.items:
        result = fold(operator.mul, [result, item])
    return result


@library_function("numpy.max", "numpy.maximum")
def maximum(vm: Machine, _name: str, args: CallArgs, span: Span) -> Value | None:
    """The same as the built-in `max`."""
    return call_builtin(vm, "max", args, span)


@library_function("numpy.min", "numpy.minimum")
def minimum(vm: Machine, _name: str, args: CallArgs, span: Span) -> Value | None:
    """The same as the built-in `min`."""
    return call_builtin(vm, "min", args, span)


@library_function("itertools.chain")
def chain(vm: Machine, _name: str, args: CallArgs, _span: Span) -> Value:
    """`itertools.chain(x, y)`, as a tuple."""
    found: list[Value] = []
    for value in args.values():
        items = vm.raw_items(value)
        if items is None or not items.complete:
            return TupleV(tuple(found), False)
        found.extend(items.items)
    return TupleV(tuple(found))


@library_function("os.environ.get", "os.getenv")
def environment_variable(vm: Machine, _name: str, args: CallArgs, _span: Span) -> Value:
    """`os.getenv(name, default)`."""
    values = args.values()
    return vm.join([values[1], UnknownV("an environment variable")]) if len(values) > 1 else UnknownV("os.environ")


@library_function("operator.attrgetter", "operator.itemgetter")
def getter(_vm: Machine, name: str, _args: CallArgs, _span: Span) -> Value:
    """A function that reads an attribute or an item; what it is called on is not followed."""
    return UnknownV(name)
