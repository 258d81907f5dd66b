"""Python's own built-ins and the few library functions that build scripts lean on."""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable, Hashable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from rnnlint.graph import Span
from rnnlint.interpret.base import Value
from rnnlint.interpret.contents import DictItems, SharedItems, appended
from rnnlint.interpret.values import (
    ArgV,
    BoundV,
    CallArgs,
    ChoiceV,
    ClassV,
    ConstV,
    DictV,
    ExternalV,
    FunctionV,
    InstanceV,
    LayerV,
    ListV,
    ModelV,
    ModuleV,
    ObjectV,
    PartialV,
    RangeV,
    RunsV,
    TensorV,
    TupleV,
    UnknownV,
)

if TYPE_CHECKING:
    from rnnlint.interpret.evaluate import Evaluator

# A loop over more items than this is not unrolled.
MOST_TURNS = 64
# Past this many, an unrolled list is no longer kept item by item when appended to in a loop, nor a dict key by key.
MOST_ITEMS = 50_000
MOST_KEYS = 4_000

_PURE: dict[str, Callable[..., Any]] = {
    **{name: getattr(builtins, name) for name in ("abs", "bool", "float", "int", "round", "divmod", "str", "repr")},
    **{f"math.{name}": getattr(math, name) for name in ("ceil", "floor", "sqrt", "log", "log2", "exp", "pow", "trunc")},
    **{f"numpy.{name}": getattr(math, name) for name in ("ceil", "floor", "sqrt", "log2", "log", "exp")},
    **{f"numpy.{name}": int for name in ("int32", "int64", "int_")},
    **{f"numpy.{name}": float for name in ("float32", "float64", "float_")},
    "os.path.join": lambda *parts: "/".join(parts),
}
_TEXT_METHODS = frozenset(
    (
        *("lower", "upper", "strip", "lstrip", "rstrip", "title", "capitalize", "casefold", "swapcase", "replace"),
        *("startswith", "endswith", "isdigit", "find", "index", "count"),
        *("split", "rsplit", "partition", "rpartition", "join", "format", "zfill"),
    )
)
# What else `call` knows, beside the built-ins, parsers of arguments and flags.
_KNOWN = frozenset(
    (
        *("functools.partial", "functools.reduce", "collections.OrderedDict", "collections.defaultdict"),
        *("copy.copy", "copy.deepcopy", "itertools.chain", "os.environ.get", "os.getenv"),
        *("numpy.array", "numpy.asarray", "numpy.prod", "numpy.maximum", "numpy.minimum", "numpy.max", "numpy.min"),
        *("operator.attrgetter", "operator.itemgetter"),
        *("types.SimpleNamespace", "argparse.Namespace", "easydict.EasyDict", "addict.Dict", "munch.Munch"),
    )
)
_FLAGS = ("absl.flags.DEFINE_", "tensorflow.app.flags.DEFINE_", "tensorflow.compat.v1.app.flags.DEFINE_")
_TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (float,),
    "str": (str,),
    "bool": (bool,),
    "bytes": (bytes,),
    "complex": (complex,),
}


@cache
def is_builtin(name: str) -> bool:
    """Whether a name is one of Python's built-ins."""
    return hasattr(builtins, name) or name in ("get_ipython", "xrange", "unicode", "basestring")


def call(ip: Evaluator, name: str, args: CallArgs, span: Span) -> Value | None:
    """Call a library function by its dotted name; None where it is not known here."""
    if not is_known(name):
        return None
    if name.startswith("builtins."):
        return _builtin(ip, name.removeprefix("builtins."), args, span)
    values = [arg.value for arg in args.positional]
    if name in _PURE and values and not args.keywords:
        return ip.fold(_PURE[name], values)
    if name == "functools.partial" and values:
        rest = CallArgs(args.positional[1:], args.keywords, args.complete)
        return PartialV(values[0], rest)
    if name == "functools.reduce" and args.complete and len(values) in (2, 3):
        return _fold(ip, args.positional, span)
    if name in ("collections.OrderedDict", "collections.defaultdict"):
        return _make_dict(ip, args, skip=1 if name.endswith("defaultdict") else 0)
    if name in ("copy.copy", "copy.deepcopy") and values:
        return _copy(ip, values[0])
    if name in ("numpy.array", "numpy.asarray") and values:
        return values[0] if ip.raw_items(values[0]) is not None else UnknownV("an array")
    if name == "numpy.prod" and values:
        return _product(ip, values[0])
    if name in ("numpy.maximum", "numpy.minimum", "numpy.max", "numpy.min"):
        return _builtin(ip, {"numpy.max": "max", "numpy.maximum": "max"}.get(name, "min"), args, span)
    if name == "itertools.chain":
        return _chain(ip, values)
    if name in ("os.environ.get", "os.getenv"):
        return ip.join([values[1], UnknownV("an environment variable")]) if len(values) > 1 else UnknownV("os.environ")
    if name == "argparse.ArgumentParser" or name.endswith(".ArgumentParser"):
        return ObjectV(ip.store.new(), "argparse")
    if name in ("operator.attrgetter", "operator.itemgetter"):
        return UnknownV(name)
    if name in ("types.SimpleNamespace", "argparse.Namespace", "easydict.EasyDict", "addict.Dict", "munch.Munch"):
        return _namespace(ip, args)
    if name.startswith(_FLAGS):
        return _flag(ip, args)
    return None


@cache
def is_known(name: str) -> bool:
    """Whether `call` may know a function, of all of which it knows few."""
    return (
        name in _PURE or name in _KNOWN or name.endswith(".ArgumentParser") or name.startswith(("builtins.", *_FLAGS))
    )


def _fold(ip: Evaluator, args: Sequence[ArgV], span: Span) -> Value | None:
    """`functools.reduce(function, items[, first])`."""
    items = ip.raw_items(args[1].value)
    if items is None or not items.complete or any(isinstance(item, RunsV) for item in items.items):
        return None
    rest = [*(arg.value for arg in args[2:]), *items.items]
    if not rest:
        return None
    value = rest[0]
    for item in rest[1:]:
        value = ip.call(args[0].value, CallArgs((ArgV(value, span), ArgV(item, span))), span)
    return value


def _builtin(ip: Evaluator, name: str, args: CallArgs, span: Span) -> Value:
    values = [arg.value for arg in args.positional]
    if name == "dict":
        return _make_dict(ip, args)
    if not args.complete:
        return UnknownV(f"{name}() with arguments that are not known")
    if name in _PURE:
        return _conversion(ip, name, values)
    if name == "len" and len(values) == 1:
        return _length(ip, values[0])
    if name in ("range", "xrange"):
        return _range(values)
    if name in ("list", "tuple", "sorted", "reversed", "set", "frozenset", "iter"):
        return _collect(ip, name, values)
    if name in ("enumerate", "zip", "map", "filter"):
        return _combine(ip, name, args, span)
    if name in ("max", "min", "sum", "any", "all"):
        return _reduce(ip, name, values, args)
    if name == "isinstance" and len(values) == 2:
        known = is_instance(values[0], values[1])
        return UnknownV("the outcome of isinstance()") if known is None else ConstV(known)
    if name == "callable" and values:
        if isinstance(values[0], (FunctionV, ClassV, LayerV, ModelV, PartialV, BoundV)):
            return ConstV(True)
        return UnknownV("the outcome of callable()")
    if name == "getattr" and len(values) >= 2:
        return _getattr(ip, values, span)
    if name == "hasattr" and len(values) == 2:
        return UnknownV("the outcome of hasattr()")
    if name == "setattr" and len(values) == 3:
        if isinstance(values[1], ConstV) and isinstance(values[1].value, str):
            set_attribute(ip, values[0], values[1].value, values[2])
        return ConstV(None)
    if name == "type" and len(values) == 1:
        return values[0].cls if isinstance(values[0], InstanceV) else UnknownV("the type of a value")
    if name == "vars" and values and isinstance(values[0], ObjectV):
        found = [(str(key), value) for key, value in ip.store.cells(values[0].id).items()]
        return ip.new_dict(found, False)
    if name == "object":
        return UnknownV("a plain object")
    return UnknownV(f"the result of {name}()")


def _conversion(ip: Evaluator, name: str, values: Sequence[Value]) -> Value:
    if not values:
        return ConstV({"int": 0, "float": 0.0, "str": "", "bool": False}.get(name))
    if name == "bool":
        truth = ip.truth(values[0])
        return UnknownV("a truth value that is not known") if truth is None else ConstV(truth)
    if name in ("float", "abs") and isinstance(values[0], RangeV):
        return values[0] if name == "float" or (values[0].low or 0) >= 0 else RangeV(None, None)
    if name == "int" and isinstance(values[0], RangeV):
        return values[0]
    return ip.fold(_PURE[name], values)


def _length(ip: Evaluator, value: Value) -> Value:
    if isinstance(value, ConstV) and isinstance(value.value, (str, bytes)):
        return ConstV(len(value.value))
    items = ip.raw_items(value)
    if items is None or not items.complete or any(isinstance(item, RunsV) for item in items.items):
        return UnknownV("the length of something that is not known")
    return ConstV(len(items.items))


def _range(values: Sequence[Value]) -> Value:
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


def _collect(ip: Evaluator, name: str, values: Sequence[Value]) -> Value:
    if not values:
        return ip.new_list(()) if name == "list" else (TupleV(()) if name == "tuple" else UnknownV("a set"))
    items = ip.raw_items(values[0])
    if items is None or name in ("set", "frozenset"):
        return UnknownV(f"the result of {name}()")
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
    return TupleV(found, complete) if name in ("tuple", "reversed", "iter") else ip.new_list(found, complete)


def _make_dict(ip: Evaluator, args: CallArgs, skip: int = 0) -> Value:
    items: dict[Any, Value] = {}
    complete = args.complete
    for arg in args.positional[skip:]:
        mapping = ip.mapping(arg.value)
        if mapping is not None:
            items.update(mapping.items)
            complete = complete and mapping.complete
            continue
        pairs = ip.raw_items(arg.value)
        for pair in pairs.items if pairs is not None else ():
            two = ip.raw_items(pair)
            key = ip.key(two.items[0]) if two is not None and len(two.items) == 2 else None
            if two is None or key is None:
                complete = False
            else:
                items[key.value] = two.items[1]
        complete = complete and pairs is not None and pairs.complete
    items.update((name, arg.value) for name, arg in args.keywords)
    return ip.new_dict(list(items.items()), complete)


def _combine(ip: Evaluator, name: str, args: CallArgs, span: Span) -> Value:
    values = [arg.value for arg in args.positional]
    if name == "enumerate" and values:
        items = ip.raw_items(values[0])
        start = values[1] if len(values) > 1 else (args.keyword("start") or ArgV(ConstV(0), span)).value
        if items is None or not isinstance(start, ConstV) or not isinstance(start.value, int):
            return UnknownV("enumerate() over something that is not known")
        pairs = _number(items.items, start.value)
        return TupleV(pairs, items.complete) if pairs is not None else UnknownV("enumerate() over a list of runs")
    if name == "zip":
        lists = [ip.raw_items(value) for value in values]
        known = [found for found in lists if found is not None]
        if len(known) != len(values) or not known:
            return UnknownV("zip() over something that is not known")
        if any(isinstance(item, RunsV) for found in known for item in found.items):
            # Which items meet is not known: up to two rows, each of any of the items.
            some = RunsV(((), (TupleV(tuple(ip.any_item(found) for found in known)),)))
            return TupleV((some, some))
        rows = tuple(TupleV(row) for row in zip(*(found.items for found in known), strict=False))
        # It ends with the shortest list: the end is known where that one is complete.
        return TupleV(rows, any(found.complete and len(found.items) == len(rows) for found in known))
    if name == "map" and len(values) == 2:
        items = ip.raw_items(values[1])
        if items is None or len(items.items) > MOST_TURNS or any(isinstance(item, RunsV) for item in items.items):
            return UnknownV("map() over something that is not known")
        results = tuple(ip.call(values[0], CallArgs((ArgV(item, span),)), span) for item in items.items)
        return TupleV(results, items.complete)
    return UnknownV(f"the result of {name}()")


def _number(items: Sequence[Value], first: int) -> tuple[Value, ...] | None:
    """The pairs of enumerate(); after a run of alternatives the number is not known. None for runs within runs."""
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


def _reduce(ip: Evaluator, name: str, values: Sequence[Value], args: CallArgs) -> Value:
    if args.keywords:
        return UnknownV(f"the result of {name}()")
    if len(values) == 1:
        items = ip.raw_items(values[0])
        if items is None or not items.complete:
            return UnknownV(f"the result of {name}()")
        values = items.items
    if name in ("any", "all"):
        truths = [ip.truth(value) for value in values]
        decided = (True in truths) if name == "any" else (False in truths)
        if decided:
            return ConstV(name == "any")
        return UnknownV(f"the result of {name}()") if None in truths else ConstV(name == "all")
    functions: dict[str, Callable[..., Any]] = {"max": max, "min": min, "sum": lambda *numbers: sum(numbers)}
    function = functions[name]
    if len(values) < 2 and name != "sum":
        return values[0] if values else UnknownV(f"the result of {name}()")
    return ip.fold(function, values)


def _product(ip: Evaluator, value: Value) -> Value:
    items = ip.raw_items(value)
    if items is None or not items.complete:
        return UnknownV("the product of numbers that are not known")
    result: Value = ConstV(1)
    for item in items.items:
        result = ip.fold(operator.mul, [result, item])
    return result


def _chain(ip: Evaluator, values: Sequence[Value]) -> Value:
    found: list[Value] = []
    for value in values:
        items = ip.raw_items(value)
        if items is None or not items.complete:
            return TupleV(tuple(found), False)
        found.extend(items.items)
    return TupleV(tuple(found))


def _copy(ip: Evaluator, value: Value) -> Value:
    items = ip.raw_items(value)
    if isinstance(value, ListV) and items is not None:
        return ip.new_list(items.items, items.complete)
    mapping = ip.mapping(value)
    if mapping is not None:
        return ip.new_dict(mapping.items, mapping.complete)
    return value if isinstance(value, (ConstV, TupleV, ChoiceV, RangeV, ExternalV)) else UnknownV("a copy")


def _getattr(ip: Evaluator, values: Sequence[Value], span: Span) -> Value:
    name = values[1]
    if not isinstance(name, ConstV) or not isinstance(name.value, str):
        options = name.options if isinstance(name, ChoiceV) else ()
        if options and all(isinstance(option, ConstV) and isinstance(option.value, str) for option in options):
            return ip.join([ip.attribute(values[0], str(o.value), span) for o in options if isinstance(o, ConstV)])
        return UnknownV("an attribute whose name is not known")
    found = ip.attribute(values[0], name.value, span)
    if isinstance(found, UnknownV) and len(values) > 2:
        return ip.join([values[2], found])
    return found


def set_attribute(ip: Evaluator, value: Value, name: str, new: Value) -> None:
    """`value.name = new`; objects of Keras keep what rnnlint knows of them."""
    if isinstance(value, (InstanceV, ClassV, ModuleV, ObjectV)):
        ip.store.set(value.id, name, new)
    elif isinstance(value, ChoiceV):
        for option in value.options:
            if isinstance(option, (InstanceV, ClassV, ObjectV)):
                old = ip.store.get(option.id, name)
                ip.store.set(option.id, name, new if old is None else ip.join([old, new]))


def is_instance(value: Value, cls: Value) -> bool | None:
    """The outcome of `isinstance()`, None where it is not known."""
    if isinstance(cls, TupleV):
        outcomes = [is_instance(value, one) for one in cls.items]
        return True if True in outcomes else (None if None in outcomes or not cls.complete else False)
    if isinstance(value, ChoiceV):
        found = {is_instance(option, cls) for option in value.options}
        return found.pop() if len(found) == 1 else None
    if isinstance(cls, ExternalV) and cls.name.startswith("builtins."):
        name = cls.name.removeprefix("builtins.")
        if isinstance(value, ConstV):
            return isinstance(value.value, _TYPES[name]) if name in _TYPES else False
        kinds: dict[type[Value], str] = {ListV: "list", TupleV: "tuple", DictV: "dict"}
        if type(value) in kinds:
            return kinds[type(value)] == name
        if isinstance(value, (LayerV, ModelV, TensorV, FunctionV, ClassV)):
            return False
    if isinstance(cls, ClassV) and isinstance(value, InstanceV):
        return _derives(value.cls, cls)
    if isinstance(cls, ClassV) and isinstance(value, (ConstV, ListV, TupleV, DictV, LayerV)):
        return False
    return None


def _derives(cls: ClassV, base: ClassV) -> bool | None:
    if cls is base:
        return True
    outcomes = [_derives(one, base) if isinstance(one, ClassV) else None for one in cls.bases]
    known = all(isinstance(one, (ClassV, ExternalV)) for one in cls.bases)
    return True if True in outcomes else (False if known else None)


def extend(ip: Evaluator, target: ListV, value: Value) -> None:
    """`target.extend(value)`."""
    old = ip.raw_items(target) or TupleV((), False)
    if not old.complete:
        return
    new = ip.spread(value)
    if new is None:
        ip.store.set(target.id, "items", TupleV(old.items, False))
    elif new.complete and len(old.items) + len(new.items) <= MOST_ITEMS:
        grown = appended(ip.store.raw(target.id, "items"), new.items)
        ip.store.set(target.id, "items", grown or TupleV(old.items + new.items))
    else:
        ip.store.set(target.id, "items", TupleV(old.items + new.items, new.complete))


def set_key(ip: Evaluator, target: DictV, key: Hashable, value: Value) -> None:
    """`target[key] = value`."""
    raw = ip.store.raw(target.id, "items")
    grown = appended(raw, ((key, value),)) if not isinstance(raw, SharedItems) or len(raw) < MOST_KEYS else None
    if grown is None:
        old = ip.mapping(target) or DictItems((), False)
        if len(old.items) >= MOST_KEYS and old.get(key) is None:
            if old.complete:
                ip.store.set(target.id, "items", DictItems(old.items, False))
            return
        items = {**dict(old.items), key: value}
        ip.store.set(target.id, "items", DictItems(tuple(items.items()), old.complete))
    else:
        ip.store.set(target.id, "items", grown)


def list_method(ip: Evaluator, target: ListV, name: str, args: CallArgs) -> Value:
    """A method of a list."""
    values = [arg.value for arg in args.positional]
    none = ConstV(None)
    if name == "append" and values:
        grown = appended(ip.store.raw(target.id, "items"), values[:1])
        if grown is not None and len(grown) <= MOST_ITEMS:
            ip.store.set(target.id, "items", grown)
            return none
    old = ip.raw_items(target) or TupleV((), False)

    def put(items: tuple[Value, ...], complete: bool = old.complete) -> Value:
        ip.store.set(target.id, "items", TupleV(items, complete))
        return none

    if name == "append" and values:
        return put(old.items, False)
    if name == "extend" and values:
        extend(ip, target, values[0])
        return none
    if name == "insert" and len(values) == 2:
        at = values[0]
        if isinstance(at, ConstV) and isinstance(at.value, int) and old.complete:
            items = list(old.items)
            items.insert(at.value, values[1])
            return put(tuple(items))
        return put((), False)
    if name == "pop":
        at = values[0] if values else ConstV(-1)
        index = at.value if isinstance(at, ConstV) and isinstance(at.value, int) else len(old.items)
        if old.complete and -len(old.items) <= index < len(old.items):
            items = list(old.items)
            popped = items.pop(index)
            put(tuple(items))
            return popped
        put((), False)
        return UnknownV("an item of a list that is only partly known")
    if name == "copy":
        return ip.new_list(old.items, old.complete)
    if name == "reverse" and old.complete:
        return put(old.items[::-1])
    if name == "clear":
        return put((), True)
    if name in ("sort", "remove", "reverse"):
        return put((), False)
    return UnknownV(f"the result of .{name}()")


def dict_method(ip: Evaluator, target: DictV, name: str, args: CallArgs) -> Value:
    """A method of a dict."""
    values = [arg.value for arg in args.positional]
    old = ip.mapping(target) or DictItems((), False)

    def put(items: dict[Any, Value], complete: bool) -> None:
        ip.store.set(target.id, "items", DictItems(tuple(items.items()), complete))

    if name in ("get", "setdefault", "pop") and values:
        default = values[1] if len(values) > 1 else ConstV(None)
        key = ip.key(values[0])
        if key is None:
            return UnknownV("a dict item whose key is not known")
        found = old.get(key.value)
        if name == "pop":
            put({have: item for have, item in old.items if have != key.value}, old.complete)
        if found is not None:
            return found
        if name == "setdefault":
            put({**dict(old.items), key.value: default}, old.complete)
        return default if old.complete else ip.join([default, UnknownV(f"key {key.value!r} of a dict partly known")])
    if name == "update":
        items = dict(old.items)
        complete = old.complete
        for value in values:
            mapping = ip.splat(value)
            if mapping is not None and mapping.complete:
                items.update(mapping.items)
                continue
            complete = False
            items = {key: ip.join([item, UnknownV("an update may replace it")]) for key, item in items.items()}
            for have, item in mapping.items if mapping is not None else ():
                items[have] = ip.join([items[have], item]) if have in items else item
        items.update((key, arg.value) for key, arg in args.keywords)
        put(items, complete and args.complete)
        return ConstV(None)
    if name == "items":
        keys = [
            TupleV(tuple(ConstV(p) for p in key)) if isinstance(key, tuple) else ConstV(key) for key, _ in old.items
        ]
        pairs = tuple(TupleV((key, item)) for key, (_, item) in zip(keys, old.items, strict=True))
        return TupleV(pairs, old.complete)
    if name == "keys":
        return ip.raw_items(target) or TupleV((), False)
    if name == "values":
        return TupleV(tuple(item for _, item in old.items), old.complete)
    if name == "copy":
        return ip.new_dict(old.items, old.complete)
    return UnknownV(f"the result of .{name}()")


def text_method(ip: Evaluator, target: ConstV, name: str, args: CallArgs) -> Value:
    """A method of a text."""
    if name not in _TEXT_METHODS or args.keywords or not args.complete:
        return UnknownV(f"the result of .{name}()")
    values: list[Value] = [arg.value for arg in args.positional]
    if name == "join" and values:
        items = ip.raw_items(values[0])
        parts = [item.value for item in items.items if isinstance(item, ConstV)] if items and items.complete else []
        if items is None or len(parts) != len(items.items) or not all(isinstance(part, str) for part in parts):
            return UnknownV("a text that is put together at run time")
        return ConstV(str(target.value).join(str(part) for part in parts)[:MOST_ITEMS])
    if name in ("format", "zfill"):
        return UnknownV("a text that is put together at run time")
    plain = [value.value for value in values if isinstance(value, ConstV)]
    if len(plain) != len(values) or len(str(target.value)) > MOST_ITEMS:
        return UnknownV(f"the result of .{name}()")
    if name == "replace" and any(len(str(part)) > 100 for part in plain):
        return UnknownV(f"the result of .{name}()")
    try:
        found = getattr(target.value, name)(*plain)
    except (AttributeError, LookupError, TypeError, ValueError):
        return UnknownV(f"the result of .{name}()")
    if isinstance(found, list):
        return ip.new_list([ConstV(part) for part in found])
    return TupleV(tuple(ConstV(part) for part in found)) if isinstance(found, tuple) else ConstV(found)


# ---------------------------------------------------------------------------------------------------------------------
# Command lines and tuners: values that someone chooses outside of the code


def _namespace(ip: Evaluator, args: CallArgs) -> Value:
    made = ObjectV(ip.store.new(), "namespace")
    for name, arg in args.keywords:
        ip.store.set(made.id, name, arg.value)
    for arg in args.positional:
        mapping = ip.mapping(arg.value)
        for key, value in mapping.items if mapping else ():
            ip.store.set(made.id, str(key), value)
    return made


def object_method(ip: Evaluator, target: ObjectV, name: str, args: CallArgs) -> Value:
    """A method of a modelled library object."""
    if target.kind != "argparse":
        return UnknownV(f"the result of .{name}()")
    if name == "add_argument":
        _add_argument(ip, target, args)
        return ConstV(None)
    if name == "set_defaults":
        for key, arg in args.keywords:
            ip.store.set(target.id, key, _chosen(ip, arg.value, "a command-line option"))
        return ConstV(None)
    if name in ("parse_args", "parse_intermixed_args"):
        return ObjectV(target.id, "namespace")
    if name == "parse_known_args":
        return TupleV((ObjectV(target.id, "namespace"), ip.new_list((), False)))
    if name in ("add_argument_group", "add_mutually_exclusive_group", "add_subparsers", "add_parser"):
        return target
    return UnknownV(f"the result of .{name}()")


def _chosen(ip: Evaluator, default: Value, what: str) -> Value:
    return ip.join([default, UnknownV(what)])


def _add_argument(ip: Evaluator, target: ObjectV, args: CallArgs) -> None:
    flags = [arg.value.value for arg in args.positional if isinstance(arg.value, ConstV)]
    texts = [flag for flag in flags if isinstance(flag, str)]
    if not texts:
        return
    long = next((flag for flag in texts if flag.startswith("--")), texts[0])
    dest = args.keyword("dest")
    name = long.lstrip("-").replace("-", "_")
    if dest is not None and isinstance(dest.value, ConstV) and isinstance(dest.value.value, str):
        name = dest.value.value
    action = args.keyword("action")
    default = args.keyword("default")
    value: Value = default.value if default is not None else ConstV(None)
    if default is None and action is not None and isinstance(action.value, ConstV):
        value = ConstV({"store_true": False, "store_false": True}.get(str(action.value.value)))
    ip.store.set(target.id, name, _chosen(ip, value, f"command-line option '{long}'"))


def _flag(ip: Evaluator, args: CallArgs) -> Value:
    if len(args.positional) >= 2 and isinstance(name := args.positional[0].value, ConstV):
        ip.store.set(0, f"flag {name.value}", _chosen(ip, args.positional[1].value, f"flag '{name.value}'"))
    return ConstV(None)


def flag(ip: Evaluator, name: str) -> Value:
    """`FLAGS.name` of absl or of TensorFlow 1."""
    return ip.store.get(0, f"flag {name}") or UnknownV(f"flag '{name}'")


def tuner(ip: Evaluator, name: str, args: CallArgs) -> Value | None:
    """`hp.Float(...)` of Keras Tuner, `trial.suggest_float(...)` of Optuna: an unknown with a range. None: neither."""
    positional = [arg.value for arg in args.positional]
    if not positional and args.keyword("name") is None:
        return None
    rest = positional[1:]

    def given(at: int, *keywords: str) -> Value | None:
        if at < len(rest):
            return rest[at]
        return next((found.value for key in keywords if (found := args.keyword(key)) is not None), None)

    if name in ("Float", "Int", "suggest_float", "suggest_int", "suggest_uniform", "suggest_loguniform"):
        low, high = given(0, "min_value", "low"), given(1, "max_value", "high")
        ends = [
            end.value if isinstance(end, ConstV) and isinstance(end.value, (int, float)) else None
            for end in (low, high)
        ]
        return RangeV(ends[0], ends[1])
    if name in ("Choice", "suggest_categorical"):
        options = given(0, "values", "choices")
        items = ip.raw_items(options) if options is not None else None
        if items is not None and items.complete and items.items:
            return ip.join(items.items)
        return UnknownV("a choice of the tuner")
    if name == "Boolean":
        return ChoiceV((ConstV(False), ConstV(True)))
    if name == "Fixed":
        return given(0, "value")
    return None


def get_item(ip: Evaluator, value: Value, key: Value, span: Span) -> Value:
    """`value[key]` of an object: a namespace, or a user's `__getitem__`."""
    if isinstance(value, ObjectV) and isinstance(key, ConstV):
        return ip.store.get(value.id, str(key.value)) or UnknownV(f"item {key.value!r}")
    if isinstance(value, InstanceV):
        method = ip.attribute(value, "__getitem__", span)
        if not isinstance(method, UnknownV):
            return ip.call(method, CallArgs((ArgV(key, span),)), span)
    return UnknownV("an item of an object")
