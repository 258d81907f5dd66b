"""Attributes and items of objects, and isinstance()."""

from __future__ import annotations

from rnnlint.graph import Span
from rnnlint.interpret.base import Value
from rnnlint.interpret.machine import Machine
from rnnlint.interpret.values import (
    ArgV,
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
    TensorV,
    TupleV,
    UnknownV,
)

_TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (float,),
    "str": (str,),
    "bool": (bool,),
    "bytes": (bytes,),
    "complex": (complex,),
}


def set_attribute(vm: Machine, value: Value, name: str, new: Value) -> None:
    """`value.name = new`; objects of Keras keep what rnnlint knows of them."""
    if isinstance(value, (InstanceV, ClassV, ModuleV, ObjectV)):
        vm.store.set(value.id, name, new)
    elif isinstance(value, ChoiceV):
        for option in value.options:
            if isinstance(option, (InstanceV, ClassV, ObjectV)):
                old = vm.store.get(option.id, name)
                vm.store.set(option.id, name, new if old is None else vm.join([old, new]))


def is_instance(value: Value, cls: Value) -> bool | None:
    """Return the outcome of `isinstance()`, None where it is not known."""
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


def get_item(vm: Machine, value: Value, key: Value, span: Span) -> Value:
    """`value[key]` of an object: a namespace, or a user's `__getitem__`."""
    if isinstance(value, ObjectV) and isinstance(key, ConstV):
        return vm.store.get(value.id, str(key.value)) or UnknownV(f"item {key.value!r}")
    if isinstance(value, InstanceV):
        method = vm.attribute(value, "__getitem__", span)
        if not isinstance(method, UnknownV):
            return vm.call(method, CallArgs((ArgV(key, span),)), span)
    return UnknownV("an item of an object")
