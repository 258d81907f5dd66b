"""Targets of assignments: names, attributes, items, and tuples of targets."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from rnnlint.interpret.base import Value
from rnnlint.interpret.contents import DictItems
from rnnlint.interpret.items import key_of
from rnnlint.interpret.language.classes import class_attribute
from rnnlint.interpret.library.methods import set_key
from rnnlint.interpret.library.objects import set_attribute
from rnnlint.interpret.machine import Machine, assigns_to
from rnnlint.interpret.store import ITEMS, SETTER
from rnnlint.interpret.values import (
    ArgV,
    BoundV,
    CallArgs,
    ChoiceV,
    DictV,
    FunctionV,
    InstanceV,
    ListV,
    ObjectV,
    RunsV,
    TensorV,
    TupleV,
    UnknownV,
    describe,
)


@assigns_to(cst.Name)
def set_name(vm: Machine, target: cst.Name, value: Value) -> None:
    """`name = value`."""
    name, frame = target.value, vm.frame
    vm.store.set(frame.outer_names.get(name, frame.scopes[0]), name, value)


@assigns_to(cst.StarredElement)
def set_starred(vm: Machine, target: cst.StarredElement, value: Value) -> None:
    """`*target = values`."""
    vm.assign(target.value, value)


@assigns_to(cst.Attribute)
def set_attribute_target(vm: Machine, target: cst.Attribute, value: Value) -> None:
    """`owner.name = value`."""
    owner = vm.evaluate(target.value)
    name = target.attr.value
    setter = class_attribute(vm, owner.cls, (SETTER, name)) if isinstance(owner, InstanceV) else None
    if isinstance(setter, FunctionV):
        span = vm.span(target)
        vm.call(BoundV(owner, setter), CallArgs((ArgV(value, span),)), span)
    else:
        set_attribute(vm, owner, name, value)


@assigns_to(cst.Tuple, cst.List)
def unpack(vm: Machine, target: cst.Tuple | cst.List, value: Value) -> None:
    """`a, *b = value`."""
    elements = target.elements
    if isinstance(value, ChoiceV):
        # Alternatives are taken apart one by one; what is unknown of the whole is unknown of each part.
        rows = [vm.raw_items(option) for option in value.options]
        known = [row.items for row in rows if row is not None and len(row.items) == len(elements)]
        rest = [option for option, row in zip(value.options, rows, strict=True) if row is None]
        if known and len(known) + len(rest) == len(rows) and all(isinstance(one, UnknownV) for one in rest):
            value = TupleV(tuple(vm.join([*column, *rest]) for column in zip(*known, strict=True)))
    parts = _parts(vm, elements, value)
    for element, part in zip(elements, parts, strict=True):
        vm.assign(element.value, part)


def _parts(vm: Machine, elements: Sequence[cst.BaseElement], value: Value) -> list[Value]:
    """Return what each of several targets gets."""
    items = vm.raw_items(value)
    star = next((i for i, element in enumerate(elements) if isinstance(element, cst.StarredElement)), len(elements))
    if items is not None and not any(isinstance(item, RunsV) for item in items.items):
        front = min(star, len(items.items))
        parts = list(items.items[:front])
        behind = len(elements) - star - 1
        if star < len(elements) and items.complete and len(items.items) >= star + behind:
            end = len(items.items) - behind
            parts += [vm.new_list(items.items[star:end]), *items.items[end:]]
        missing = len(elements) - len(parts)
        return parts + [UnknownV("an item of a list that is only partly known")] * missing
    if isinstance(value, TensorV):
        if not elements:
            return []
        value = vm.unknown("a tensor is taken apart", vm.span(elements[0].value), [value])
    if isinstance(value, UnknownV):
        return [UnknownV(value.reason, value.span, value.node)] * len(elements)
    return [UnknownV(f"a part of {describe(value)}")] * len(elements)


@assigns_to(cst.Subscript)
def set_item(vm: Machine, target: cst.Subscript, value: Value) -> None:
    """`owner[key] = value`."""
    owner = vm.evaluate(target.value)
    index = target.slice[0].slice
    key = vm.evaluate(index.value) if isinstance(index, cst.Index) and len(target.slice) == 1 else UnknownV("slice")
    plain = key_of(key)
    if isinstance(owner, DictV):
        if plain is None:
            mapping = vm.mapping(owner) or DictItems((), False)
            items = tuple((have, vm.join([item, value])) for have, item in mapping.items)
            vm.store.set(owner.id, ITEMS, DictItems(items, False))
        else:
            set_key(vm, owner, plain.value, value)
    elif isinstance(owner, ListV):
        listed = vm.raw_items(owner) or TupleV((), False)
        if plain is not None and isinstance(plain.value, int) and -len(listed.items) <= plain.value < len(listed.items):
            changed = list(listed.items)
            changed[plain.value] = value
            vm.store.set(owner.id, ITEMS, TupleV(tuple(changed), listed.complete))
        else:
            vm.store.set(owner.id, ITEMS, TupleV((), False))
    elif isinstance(owner, ObjectV) and plain is not None:
        vm.store.set(owner.id, str(plain.value), value)
