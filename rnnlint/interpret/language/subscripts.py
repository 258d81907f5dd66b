"""Subscripts: items and slices of values."""

from __future__ import annotations

import operator

import libcst as cst

from rnnlint.interpret import semantics
from rnnlint.interpret.base import Value
from rnnlint.interpret.contents import DictItems
from rnnlint.interpret.folding import fold
from rnnlint.interpret.items import any_item, is_run, key_of
from rnnlint.interpret.join import MOST_OPTIONS
from rnnlint.interpret.library.objects import get_item
from rnnlint.interpret.machine import Machine, evaluates
from rnnlint.interpret.values import (
    ChoiceV,
    ClassV,
    ConstV,
    InstanceV,
    ListV,
    ModuleV,
    ObjectV,
    TupleV,
    UnknownV,
    describe,
    is_tensor,
)

_ABSENT = object()


@evaluates(cst.Subscript)
def subscript(vm: Machine, node: cst.Subscript) -> Value:
    """`value[key]`, `value[start:stop]`."""
    value = vm.evaluate(node.value)
    if len(node.slice) == 1 and type(only := node.slice[0].slice) is cst.Index:
        return index(vm, value, vm.evaluate(only.value), node)
    keys: list[Value] = []
    for element in node.slice:
        part = element.slice
        if isinstance(part, cst.Index):
            keys.append(vm.evaluate(part.value))
        elif isinstance(part, cst.Slice):
            bounds = [vm.evaluate(bound) if bound else ConstV(None) for bound in (part.lower, part.upper, part.step)]
            plain = [bound.value if isinstance(bound, ConstV) else _ABSENT for bound in bounds]
            try:
                keys.append(UnknownV("slice") if _ABSENT in plain else ConstV(slice(*plain)))
            except TypeError:
                keys.append(UnknownV("slice"))
    key: Value = keys[0] if len(keys) == 1 else TupleV(tuple(keys))
    return index(vm, value, key, node)


def index(vm: Machine, value: Value, key: Value, node: cst.CSTNode) -> Value:
    """`value[key]`."""
    if isinstance(value, ChoiceV):
        return vm.join([index(vm, option, key, node) for option in value.options])
    if is_tensor(value):
        return semantics.operator(vm, "operator.getitem", [value, key], vm.span(node))
    if isinstance(value, UnknownV):
        if isinstance(key, UnknownV):
            return UnknownV(value.reason, value.span)
        plain = key_of(key)
        return value.part(f"[{plain.value!r}]") if plain is not None else UnknownV(value.reason, value.span)
    if isinstance(key, ChoiceV):
        return vm.join([index(vm, value, option, node) for option in key.options])
    mapping = vm.mapping(value)
    if mapping is not None:
        return _item(vm, mapping, key)
    items = vm.raw_items(value)
    if items is not None and isinstance(key, ConstV):
        if isinstance(key.value, slice):
            return _slice(vm, value, items, key.value)
        if isinstance(key.value, int):
            picked = _pick(items, int(key.value))
            if picked is None and items.complete and not any(is_run(item) for item in items.items):
                return UnknownV("an item that is not there")
            return picked if picked is not None else any_item(items)
    if items is not None:
        return any_item(items)
    if isinstance(value, (InstanceV, ModuleV, ClassV, ObjectV)):
        return get_item(vm, value, key, vm.span(node))
    return UnknownV(f"an item of {describe(value)}")


def _item(vm: Machine, mapping: DictItems, key: Value) -> Value:
    plain = key_of(key)
    if plain is None:
        # An unknown key: any of the values, as long as they are few.
        found = [item for _, item in mapping.items]
        if mapping.complete and 0 < len(found) <= MOST_OPTIONS:
            return vm.join(found)
        return UnknownV("a dict item whose key is not known")
    item = mapping.get(plain.value)
    return item if item is not None else UnknownV(f"key {plain.value!r} is not in the dict")


def _slice(vm: Machine, value: Value, items: TupleV, part: slice) -> Value:
    if isinstance(value, ConstV):
        return fold(operator.getitem, [value, ConstV(part)])
    if not items.complete or any(is_run(item) for item in items.items):
        return UnknownV("a slice of a list that is only partly known")
    try:
        picked = items.items[part]
    except (TypeError, ValueError):
        return UnknownV("a slice that is not understood")
    return vm.new_list(picked) if isinstance(value, ListV) else TupleV(picked)


def _pick(items: TupleV, at: int) -> Value | None:
    """Return an item by its index; None where something of unknown length comes before it."""
    listed = items.items
    if at >= 0:
        if at < len(listed) and not any(is_run(item) for item in listed[: at + 1]):
            return listed[at]
    elif items.complete and -at <= len(listed) and not any(is_run(item) for item in listed[at:]):
        return listed[at]
    return None
