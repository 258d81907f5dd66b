"""Displays of tuples, lists, sets and dicts."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import libcst as cst

from rnnlint.interpret.base import Value
from rnnlint.interpret.items import key_of
from rnnlint.interpret.machine import Machine, evaluates
from rnnlint.interpret.spreading import splat, spread_items
from rnnlint.interpret.values import TupleV, UnknownV, describe


@evaluates(cst.Tuple)
def tuple_display(vm: Machine, node: cst.Tuple) -> Value:
    """`(a, *b)`."""
    items, complete = _sequence(vm, node.elements)
    return TupleV(tuple(items), complete)


@evaluates(cst.List)
def list_display(vm: Machine, node: cst.List) -> Value:
    """`[a, *b]`."""
    items, complete = _sequence(vm, node.elements)
    return vm.new_list(items, complete)


@evaluates(cst.Set)
def set_display(vm: Machine, node: cst.Set) -> Value:
    """`{a, *b}`; what a set holds is not kept."""
    _sequence(vm, node.elements)
    return UnknownV("a set")


@evaluates(cst.Dict)
def dict_display(vm: Machine, node: cst.Dict) -> Value:
    """`{key: value, **mapping}`."""
    items: list[tuple[Hashable, Value]] = []
    complete = True
    for element in node.elements:
        value = vm.evaluate(element.value)
        if type(element) is cst.DictElement:
            key = key_of(vm.evaluate(element.key))
            if key is None:
                complete = False
            else:
                items.append((key.value, value))
        else:
            mapping = splat(vm, value)
            if mapping is None or not mapping.complete:
                complete = False
                items = [(key, vm.join([old, UnknownV("a splat may replace it")])) for key, old in items]
            if mapping is not None and mapping.complete:
                items.extend(mapping.items)
            elif mapping is not None:
                before = dict(items)
                items.extend((k, vm.join([before[k], one]) if k in before else one) for k, one in mapping.items)
    return vm.new_dict(list(dict(items).items()), complete)


def _sequence(vm: Machine, elements: Sequence[cst.BaseElement]) -> tuple[list[Value], bool]:
    items: list[Value] = []
    complete = True
    for element in elements:
        value = vm.evaluate(element.value)
        if type(element) is not cst.StarredElement:
            items.append(value)
            continue
        spread = spread_items(vm, value)
        if spread is None or not complete:
            complete = False
            if spread is None:
                items.append(_rest(vm, value))
        else:
            items.extend(spread.items)
            complete = spread.complete
    return items, complete


def _rest(_vm: Machine, value: Value) -> Value:
    """Return what stands for the items of a splat that was not understood."""
    return value if isinstance(value, UnknownV) else UnknownV(f"*{describe(value)} is not understood")
