"""Methods of lists, dicts and texts."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from rnnlint.interpret.base import Value
from rnnlint.interpret.contents import DictItems, SharedItems, appended
from rnnlint.interpret.items import key_of
from rnnlint.interpret.machine import Machine
from rnnlint.interpret.spreading import splat, spread_items
from rnnlint.interpret.store import ITEMS
from rnnlint.interpret.values import CallArgs, ConstV, DictV, ListV, TupleV, UnknownV

# Past this many, an unrolled list is no longer kept item by item when appended to in a loop, nor a dict key by key.
_MOST_ITEMS = 50_000
_MOST_KEYS = 4_000


_TEXT_METHODS = frozenset(
    (
        *("lower", "upper", "strip", "lstrip", "rstrip", "title", "capitalize", "casefold", "swapcase", "replace"),
        *("startswith", "endswith", "isdigit", "find", "index", "count"),
        *("split", "rsplit", "partition", "rpartition", "join", "format", "zfill"),
    )
)


def extend(vm: Machine, target: ListV, value: Value) -> None:
    """`target.extend(value)`."""
    old = vm.raw_items(target) or TupleV((), False)
    if not old.complete:
        return
    new = spread_items(vm, value)
    if new is None:
        vm.store.set(target.id, ITEMS, TupleV(old.items, False))
    elif new.complete and len(old.items) + len(new.items) <= _MOST_ITEMS:
        grown = appended(vm.store.raw(target.id, ITEMS), new.items)
        vm.store.set(target.id, ITEMS, grown or TupleV(old.items + new.items))
    else:
        vm.store.set(target.id, ITEMS, TupleV(old.items + new.items, new.complete))


def set_key(vm: Machine, target: DictV, key: Hashable, value: Value) -> None:
    """`target[key] = value`."""
    raw = vm.store.raw(target.id, ITEMS)
    grown = appended(raw, ((key, value),)) if not isinstance(raw, SharedItems) or len(raw) < _MOST_KEYS else None
    if grown is None:
        old = vm.mapping(target) or DictItems((), False)
        if len(old.items) >= _MOST_KEYS and old.get(key) is None:
            if old.complete:
                vm.store.set(target.id, ITEMS, DictItems(old.items, False))
            return
        items = {**dict(old.items), key: value}
        vm.store.set(target.id, ITEMS, DictItems(tuple(items.items()), old.complete))
    else:
        vm.store.set(target.id, ITEMS, grown)


def list_method(vm: Machine, target: ListV, name: str, args: CallArgs) -> Value:
    """Return a method of a list."""
    values = [arg.value for arg in args.positional]
    none = ConstV(None)
    if name == "append" and values:
        grown = appended(vm.store.raw(target.id, ITEMS), values[:1])
        if grown is not None and len(grown) <= _MOST_ITEMS:
            vm.store.set(target.id, ITEMS, grown)
            return none
    old = vm.raw_items(target) or TupleV((), False)

    def put(items: tuple[Value, ...], complete: bool = old.complete) -> Value:
        vm.store.set(target.id, ITEMS, TupleV(items, complete))
        return none

    if name == "append" and values:
        return put(old.items, False)
    if name == "extend" and values:
        extend(vm, target, values[0])
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
        return vm.new_list(old.items, old.complete)
    if name == "reverse" and old.complete:
        return put(old.items[::-1])
    if name == "clear":
        return put((), True)
    if name in ("sort", "remove", "reverse"):
        return put((), False)
    return UnknownV(f"the result of .{name}()")


def dict_method(vm: Machine, target: DictV, name: str, args: CallArgs) -> Value:
    """Return a method of a dict."""
    values = [arg.value for arg in args.positional]
    old = vm.mapping(target) or DictItems((), False)

    def put(items: dict[Any, Value], complete: bool) -> None:
        vm.store.set(target.id, ITEMS, DictItems(tuple(items.items()), complete))

    if name in ("get", "setdefault", "pop") and values:
        default = values[1] if len(values) > 1 else ConstV(None)
        key = key_of(values[0])
        if key is None:
            return UnknownV("a dict item whose key is not known")
        found = old.get(key.value)
        if name == "pop":
            put({have: item for have, item in old.items if have != key.value}, old.complete)
        if found is not None:
            return found
        if name == "setdefault":
            put({**dict(old.items), key.value: default}, old.complete)
        return default if old.complete else vm.join([default, UnknownV(f"key {key.value!r} of a dict partly known")])
    if name == "update":
        items = dict(old.items)
        complete = old.complete
        for value in values:
            mapping = splat(vm, value)
            if mapping is not None and mapping.complete:
                items.update(mapping.items)
                continue
            complete = False
            items = {key: vm.join([item, UnknownV("an update may replace it")]) for key, item in items.items()}
            for have, item in mapping.items if mapping is not None else ():
                items[have] = vm.join([items[have], item]) if have in items else item
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
        return vm.raw_items(target) or TupleV((), False)
    if name == "values":
        return TupleV(tuple(item for _, item in old.items), old.complete)
    if name == "copy":
        return vm.new_dict(old.items, old.complete)
    return UnknownV(f"the result of .{name}()")


def text_method(vm: Machine, target: ConstV, name: str, args: CallArgs) -> Value:
    """Return a method of a text."""
    if name not in _TEXT_METHODS or args.keywords or not args.complete:
        return UnknownV(f"the result of .{name}()")
    values: list[Value] = [arg.value for arg in args.positional]
    if name == "join" and values:
        items = vm.raw_items(values[0])
        parts = [item.value for item in items.items if isinstance(item, ConstV)] if items and items.complete else []
        if items is None or len(parts) != len(items.items) or not all(isinstance(part, str) for part in parts):
            return UnknownV("a text that is put together at run time")
        return ConstV(str(target.value).join(str(part) for part in parts)[:_MOST_ITEMS])
    if name in ("format", "zfill"):
        return UnknownV("a text that is put together at run time")
    plain = [value.value for value in values if isinstance(value, ConstV)]
    if len(plain) != len(values) or len(str(target.value)) > _MOST_ITEMS:
        return UnknownV(f"the result of .{name}()")
    if name == "replace" and any(len(str(part)) > 100 for part in plain):
        return UnknownV(f"the result of .{name}()")
    try:
        found = getattr(target.value, name)(*plain)
    except (AttributeError, LookupError, TypeError, ValueError):
        return UnknownV(f"the result of .{name}()")
    if isinstance(found, list):
        return vm.new_list([ConstV(part) for part in found])
    return TupleV(tuple(ConstV(part) for part in found)) if isinstance(found, tuple) else ConstV(found)
