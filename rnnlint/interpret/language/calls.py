"""Calls: their arguments, and what calling each kind of value gives."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial

import libcst as cst

from rnnlint.graph import Span
from rnnlint.interpret import semantics
from rnnlint.interpret.base import Value
from rnnlint.interpret.language.classes import class_attribute, fields
from rnnlint.interpret.language.functions import call_function
from rnnlint.interpret.library.methods import dict_method, list_method, text_method
from rnnlint.interpret.library.options import is_tuner_method, object_method, tuner
from rnnlint.interpret.library.registry import call_library, is_library
from rnnlint.interpret.machine import EXPRESSIONS, Machine, call_of, evaluates
from rnnlint.interpret.spans import NOWHERE, LazySpan
from rnnlint.interpret.spreading import splat, spread_items
from rnnlint.interpret.store import BUILT, DATACLASS
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
    ObjectV,
    PartialV,
    RunsV,
    SuperV,
    TensorV,
    TupleV,
    UnknownV,
    describe,
)
from rnnlint.keras import names

_NOTHING = CallArgs()
_SUPER = ExternalV("builtins.super")


@evaluates(cst.Call)
def call_expression(vm: Machine, node: cst.Call) -> Value:
    """`function(arguments)`."""
    if not vm.budget.step():
        return _too_complex(vm, node)
    if type(node.func) is cst.Name and node.func.value == "super" and not node.args:
        return _super_object(vm)
    function = EXPRESSIONS[type(node.func)](vm, node.func)
    kind = type(function)
    # Where the arguments of a user's function stand is of no interest: only their values go on.
    inner = function.method if isinstance(function, BoundV) else function
    args = _arguments(vm, node.args, type(inner) is not FunctionV)
    if kind is ExternalV and function == _SUPER:
        return _super_object(vm)
    result = vm.call(function, args, vm.span(node))
    if kind is UnknownV and isinstance(result, UnknownV) and result.node is None:
        return _or_default(vm, node, args, result)
    return result


def _too_complex(vm: Machine, node: cst.Call) -> UnknownV:
    """Return what a call gives after the budget is spent; noted for the first of them in each entry point."""
    reason = "the code is too complex to follow any further"
    if vm.budget.noted != vm.budget.limit:
        vm.budget.noted = vm.budget.limit
        vm.graph.note(vm.span(node), reason)
    return UnknownV(reason)


def _or_default(vm: Machine, node: cst.Call, args: CallArgs, result: UnknownV) -> Value:
    """Return what `config.get("rate", 0.2)` gives where `config` is not known: the default is one of the values."""
    named = type(node.func) is cst.Attribute and node.func.attr.value in ("get", "pop", "setdefault")
    return vm.join([args.positional[1].value, result]) if named and len(args.positional) == 2 else result


def _super_object(vm: Machine) -> Value:
    frame = next((frame for frame in reversed(vm.frames) if frame.receiver is not None), None)
    if frame is None or frame.function is None or frame.function.owner is None or frame.receiver is None:
        return UnknownV("super() outside of a method")
    return SuperV(frame.function.owner, frame.receiver)


def _arguments(vm: Machine, nodes: Sequence[cst.Arg], places: bool = True) -> CallArgs:
    """Return the arguments of a call, splats spread; without `places` their spans are left out."""
    if not nodes:
        return _NOTHING
    frame = vm.frame
    positional: list[ArgV] = []
    keywords: list[tuple[str, ArgV]] = []
    complete = True
    for arg in nodes:
        node, keyword, star = arg.value, arg.keyword, arg.star
        value = EXPRESSIONS[type(node)](vm, node)
        span = LazySpan(frame.parsed, keyword or node, node, frame.statement) if places else NOWHERE
        if keyword is not None:
            keywords.append((keyword.value, ArgV(value, span)))
        elif not star:
            positional.append(ArgV(value, span))
        elif star == "*":
            spread = spread_items(vm, value)
            if spread is None or any(isinstance(item, RunsV) for item in spread.items):
                complete = False
            else:
                positional.extend(ArgV(item, span) for item in spread.items)
                complete = complete and spread.complete
        else:
            mapping = splat(vm, value)
            if mapping is None:
                complete = False
            else:
                keywords.extend((key, ArgV(item, span)) for key, item in mapping.items if isinstance(key, str))
                complete = complete and mapping.complete
    return CallArgs(tuple(positional), tuple(keywords), complete)


@call_of(PartialV)
def call_partial(vm: Machine, function: PartialV, args: CallArgs, span: Span) -> Value:
    """Call what `functools.partial` gave."""
    inner = function.args
    given = {name for name, _ in args.keywords}
    kept = tuple((name, arg) for name, arg in inner.keywords if name not in given)
    merged = CallArgs(inner.positional + args.positional, kept + args.keywords, inner.complete and args.complete)
    return vm.call(function.function, merged, span)


@call_of(ChoiceV)
def call_choice(vm: Machine, function: ChoiceV, args: CallArgs, span: Span) -> Value:
    """Call one of several values: each of them on a path of its own."""
    externals = [option for option in function.options if isinstance(option, ExternalV)]
    if len(externals) == len(function.options):
        # The two arms of a try/except import are one and the same thing.
        symbols = [names.resolve(option.name) for option in externals]
        if all(symbol is not None and symbols[0] is not None and symbol.name == symbols[0].name for symbol in symbols):
            return vm.call(externals[0], args, span)
    results: list[Value] = []

    def take(option: Value) -> None:
        results.append(vm.call(option, args, span))

    arms = [partial(take, option) for option in function.options]
    with vm.uncertain():
        vm.store.fork(arms, vm.join)
    return vm.join(results)


@call_of(ExternalV)
def call_external(vm: Machine, function: ExternalV, args: CallArgs, span: Span) -> Value:
    """Call something outside of the code: Keras, the libraries that are known, a tuner."""
    if _is_outside(function.name):
        return vm.not_followed(f"{function.name}() is outside of the code that was read", args, span)
    symbol = names.resolve(function.name)
    if symbol is not None:
        if symbol.kind in ("layer", "model", "input"):
            return semantics.construct(vm, symbol, args, span)
        if symbol.kind in ("function", "module"):
            result = call_library(vm, symbol.name, args, span)
            if result is None:
                result = semantics.function(vm, symbol.name, args, span)
            if result is not None:
                return result
    result = call_library(vm, function.name, args, span)
    if result is not None:
        return result
    last = function.name.rpartition(".")[2]
    if is_tuner_method(last) and not names.resolve(function.name.partition(".")[0]):
        tuned = tuner(vm, last, args)
        if tuned is not None:
            return tuned
    return vm.not_followed(f"{function.name}() is outside of the code that was read", args, span)


@call_of(BoundV)
def call_method(vm: Machine, method: BoundV, args: CallArgs, span: Span) -> Value:
    """Call a method that is bound to its object."""
    receiver = method.self
    if isinstance(method.method, FunctionV):
        return call_function(vm, method.method, args, span, receiver)
    name = method.method
    if isinstance(receiver, ListV):
        return list_method(vm, receiver, name, args)
    if isinstance(receiver, DictV):
        return dict_method(vm, receiver, name, args)
    if isinstance(receiver, (LayerV, ModelV, TensorV, TupleV)):
        if name == "__call__":
            return vm.call(receiver, args, span)
        return semantics.method(vm, receiver, name, args, span)
    if isinstance(receiver, ConstV) and isinstance(receiver.value, str):
        return text_method(vm, receiver, name, args)
    if isinstance(receiver, ObjectV):
        return object_method(vm, receiver, name, args)
    if isinstance(receiver, SuperV):
        return _call_super(vm, receiver, name, args, span)
    if isinstance(receiver, UnknownV) and name == "reshape":
        made = semantics.reshape(vm, receiver, args, span)
        return made if made is not None else vm.not_followed(receiver.reason, args, span, receiver)
    if isinstance(receiver, UnknownV):
        tuned = tuner(vm, name, args)
        return tuned if tuned is not None else vm.not_followed(receiver.reason, args, span, receiver)
    if isinstance(receiver, InstanceV):
        if name == "__call__":
            return call_instance(vm, receiver, args, span)
        return vm.not_followed(
            f"'{name}' of class {receiver.cls.name} is not set in the code that was read", args, span
        )
    return vm.not_followed(f"method '{name}' of {describe(receiver)}", args, span)


def _call_super(vm: Machine, receiver: SuperV, name: str, args: CallArgs, span: Span) -> Value:
    instance = receiver.self
    if isinstance(instance, InstanceV) and name == "__init__":
        if instance.cls.keras == "keras.Sequential":
            semantics.sequential_init(vm, instance, args, span)
        elif instance.cls.keras == "keras.Model":
            semantics.functional_init(vm, instance, args, span)
        return ConstV(None)
    if isinstance(instance, InstanceV) and instance.cls.keras in ("keras.Sequential", "keras.Model"):
        made = semantics.model_of(vm, instance)
        if made is not None:
            return (
                vm.call(made, args, span)
                if name in ("call", "__call__")
                else semantics.method(vm, made, name, args, span)
            )
    return vm.not_followed(f"super().{name}() is not the user's own", args, span)


@call_of(InstanceV)
def call_instance(vm: Machine, instance: InstanceV, args: CallArgs, span: Span) -> Value:
    """Call an object of a user's class; a layer or model of Keras is built first."""
    call = class_attribute(vm, instance.cls, "__call__" if not instance.cls.keras else "call")
    if isinstance(call, FunctionV):
        build = class_attribute(vm, instance.cls, "build") if instance.cls.keras else None
        if isinstance(build, FunctionV) and vm.store.get(instance.id, BUILT) is None:
            vm.store.set(instance.id, BUILT, ConstV(True))
            shape = UnknownV("the shape that build() gets", span)
            call_function(vm, build, CallArgs((ArgV(shape, span),)), span, instance)
        first = len(vm.graph.nodes)
        result = call_function(vm, call, args, span, instance)
        if instance.cls.keras:
            semantics.remember_call(vm, instance, args, result, first)
        return result
    model = semantics.model_of(vm, instance)
    if model is not None:
        return semantics.call_model(vm, model, args, span)
    return vm.not_followed(f"an object of class {instance.cls.name} is called", args, span)


@call_of(ClassV)
def instantiate(vm: Machine, cls: ClassV, args: CallArgs, span: Span) -> Value:
    """Make an object of a user's class; unknown where its base class is not known."""
    instance = InstanceV(vm.store.new(), cls)
    init = class_attribute(vm, cls, "__init__")
    if isinstance(init, FunctionV):
        call_function(vm, init, args, span, instance)
    elif vm.store.get(cls.id, DATACLASS) is not None:
        given = dict(args.keywords)
        for i, (name, default) in enumerate(fields(vm, cls)):
            arg = args.positional[i] if i < len(args.positional) else given.get(name)
            fallback = default or UnknownV(f"field '{name}' of {cls.name}")
            vm.store.set(instance.id, name, arg.value if arg is not None else fallback)
    elif cls.keras:
        _call_super(vm, SuperV(cls, instance), "__init__", args, span)
    elif any(not isinstance(base, ClassV) and base != ExternalV("builtins.object") for base in cls.bases):
        return UnknownV(f"class {cls.name} derives from something that is not known", span)
    return instance


@lru_cache(16_384)  # any name in the code may come here
def _is_outside(name: str) -> bool:
    """Return whether nothing is known of a function outside of the code."""
    last = name.rpartition(".")[2]
    return names.resolve(name) is None and not is_library(name) and not is_tuner_method(last)


call_of(LayerV)(semantics.call_layer)
call_of(ModelV)(semantics.call_model)
