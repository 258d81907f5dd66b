"""Classes of the code: their attributes, fields and method resolution order."""

from __future__ import annotations

from collections.abc import Hashable

from rnnlint.interpret.base import Value
from rnnlint.interpret.machine import Machine
from rnnlint.interpret.store import FIELDS
from rnnlint.interpret.values import BoundV, ClassV, ConstV, ExternalV, FunctionV, TupleV

# How many classes one class is taken to derive from.
_MOST_BASES = 50
# How far up bases are looked for.
_MOST_DEPTH = 16


def class_attribute(vm: Machine, cls: ClassV, name: Hashable, after: ClassV | None = None) -> Value | None:
    """Return an attribute of a class or of the user's classes that it derives from, or None.

    With `after`, only classes behind that one in the method resolution order are looked at.
    """
    order = vm.orders.get(cls.id)
    if order is None:
        order = vm.orders[cls.id] = _resolution(cls)
    if after is not None and after in order:
        order = order[order.index(after) + 1 :]
    for one in order:
        found = vm.store.get(one.id, name)
        if found is not None:
            return found
    return None


def fields(vm: Machine, cls: ClassV) -> list[tuple[str, Value | None]]:
    """Return the fields of a dataclass, inherited ones first, with their defaults."""
    found: dict[str, Value | None] = {}
    for base in reversed(cls.bases):
        if isinstance(base, ClassV):
            found.update(fields(vm, base))
    listed = vm.store.get(cls.id, FIELDS)
    for item in listed.items if isinstance(listed, TupleV) else ():
        if isinstance(item, ConstV) and isinstance(item.value, str):
            found[item.value] = vm.store.get(cls.id, item.value)
    return list(found.items())


def _resolution(cls: ClassV) -> list[ClassV]:
    """Return a class and the user's classes among its bases, in Python's method resolution order."""
    order: list[ClassV] = []
    _list_bases(cls, order, 0)
    return order[::-1]


def _list_bases(cls: ClassV, order: list[ClassV], depth: int) -> None:
    """List bases depth first, so that in the reversed order a base follows every class that derives from it."""
    if depth < _MOST_DEPTH and len(order) < _MOST_BASES:
        for base in reversed(cls.bases):
            if isinstance(base, ClassV) and base not in order:
                _list_bases(base, order, depth + 1)
        order.append(cls)


def decorated(function: FunctionV) -> str:
    """Return what decorators make of a method: "static", "class", "property", "setter", "deleter", or ""."""
    for decorator in function.decorators:
        name = decorator.name if isinstance(decorator, ExternalV) else ""
        if name == "builtins.staticmethod":
            return "static"
        if name == "builtins.classmethod":
            return "class"
        if name == "builtins.property" or name.endswith("cached_property"):
            return "property"
        if isinstance(decorator, BoundV) and decorator.method in ("setter", "deleter"):
            return str(decorator.method)
    return ""
