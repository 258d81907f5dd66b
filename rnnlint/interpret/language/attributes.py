"""Attributes of values."""

from __future__ import annotations

import libcst as cst

from rnnlint.graph import Span
from rnnlint.interpret import semantics
from rnnlint.interpret.base import Value
from rnnlint.interpret.language.classes import class_attribute, decorated
from rnnlint.interpret.language.imports import from_star, submodule
from rnnlint.interpret.library.options import flag, is_tuner_method
from rnnlint.interpret.machine import EXPRESSIONS, Machine, attribute_of, evaluates, no_attribute
from rnnlint.interpret.spans import NOWHERE
from rnnlint.interpret.values import (
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
    SuperV,
    TensorV,
    TupleV,
    UnknownV,
)


@evaluates(cst.Attribute)
def attribute_expression(vm: Machine, node: cst.Attribute) -> Value:
    """`value.name`."""
    base = node.value
    if type(base) is not cst.Attribute:
        return _read(vm, EXPRESSIONS[type(base)](vm, base), node)
    # A long chain a.b.c leans left as well.
    chain = [node]
    while type(base) is cst.Attribute:
        chain.append(base)
        base = base.value
    value = vm.evaluate(base)
    for one in reversed(chain):
        value = _read(vm, value, one)
    return value


def _read(vm: Machine, value: Value, node: cst.Attribute) -> Value:
    place = NOWHERE if type(value) is ExternalV else vm.span(node)
    return vm.attribute(value, node.attr.value, place)


@attribute_of(ListV, DictV, ConstV)
def method_of(_vm: Machine, value: Value, name: str, _span: Span) -> Value:
    """Any attribute of a list, dict or constant is a method."""
    return BoundV(value, name)


@attribute_of(ExternalV)
def external_attribute(vm: Machine, value: ExternalV, name: str, _span: Span) -> Value:
    """`keras.layers`; `FLAGS.name` is a command-line flag."""
    return flag(vm, name) if value.name.endswith("FLAGS") else ExternalV(f"{value.name}.{name}")


@attribute_of(ChoiceV)
def choice_attribute(vm: Machine, value: ChoiceV, name: str, span: Span) -> Value:
    """The attribute of one of several values."""
    return vm.join([vm.attribute(option, name, span) for option in value.options])


@attribute_of(UnknownV)
def unknown_attribute(_vm: Machine, value: UnknownV, name: str, _span: Span) -> Value:
    """An attribute of something unknown: unknown for the same reason, or a method that is understood all the same."""
    return BoundV(value, name) if name == "reshape" or is_tuner_method(name) else value.part(f".{name}")


@attribute_of(LayerV, ModelV, TensorV, TupleV)
def keras_attribute(vm: Machine, value: Value, name: str, span: Span) -> Value:
    """An attribute or a method of a layer, model, tensor or shape."""
    return semantics.attribute(vm, value, name, span) or BoundV(value, name)


@attribute_of(ObjectV)
def object_attribute(vm: Machine, value: ObjectV, name: str, _span: Span) -> Value:
    """An option of a namespace, or a method of a parser of arguments."""
    if value.kind == "namespace":
        return vm.store.get(value.id, name) or UnknownV(f"attribute '{name}' of the options")
    return BoundV(value, name)


@attribute_of(FunctionV)
def function_attribute(vm: Machine, value: FunctionV, name: str, span: Span) -> Value:
    """`function.__name__`, and `property.setter`."""
    if name == "__name__":
        return ConstV(value.name)
    if name in ("setter", "deleter") and decorated(value) == "property":
        return BoundV(value, name)
    return no_attribute(vm, value, name, span)


@attribute_of(ClassV)
def class_object_attribute(vm: Machine, value: ClassV, name: str, _span: Span) -> Value:
    """`Class.name`."""
    found = class_attribute(vm, value, name)
    if isinstance(found, FunctionV) and decorated(found) == "class":
        return BoundV(value, found)
    if found is None and name == "__name__":
        return ConstV(value.name)
    return found or UnknownV(f"class {value.name} has no known attribute '{name}'")


@attribute_of(ModuleV)
def module_attribute(vm: Machine, value: ModuleV, name: str, _span: Span) -> Value:
    """`module.name`."""
    found = vm.store.get(value.id, name) or from_star(vm, value, name)
    if found is None:
        found = submodule(vm, value, name)
    return found or UnknownV(f"module '{value.name}' does not define '{name}'")


@attribute_of(InstanceV)
def instance_attribute(vm: Machine, value: InstanceV, name: str, span: Span) -> Value:
    """`self.name`: of the object, of its class, of the Keras model that it is."""
    found = vm.store.get(value.id, name)
    if found is None:
        found = class_attribute(vm, value.cls, name)
        if isinstance(found, FunctionV) and found.owner is not None:
            kind = decorated(found)
            if kind == "property":
                return vm.call(BoundV(value, found), CallArgs(), span)
            return found if kind == "static" else BoundV(value.cls if kind == "class" else value, found)
    if found is not None:
        return found
    if name == "__class__":
        return value.cls
    if value.cls.keras:
        model = semantics.model_of(vm, value)
        if model is None and value.cls.keras == "keras.Sequential":
            model = semantics.sequential_of(vm, value)
        if model is not None:
            return semantics.attribute(vm, model, name, span) or BoundV(model, name)
        return BoundV(value, name)
    return UnknownV(f"attribute '{name}' of an object of class {value.cls.name} is not known", span)


@attribute_of(SuperV)
def super_attribute(vm: Machine, value: SuperV, name: str, _span: Span) -> Value:
    """`super().name`."""
    receiver = value.self
    cls = receiver.cls if isinstance(receiver, InstanceV) else value.cls
    found = class_attribute(vm, cls, name, after=value.cls)
    if isinstance(found, FunctionV):
        return found if decorated(found) == "static" else BoundV(receiver, found)
    return found if found is not None else BoundV(value, name)
