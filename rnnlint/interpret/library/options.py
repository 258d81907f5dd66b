"""Command lines, flags and tuners: values that someone chooses outside of the code."""

from __future__ import annotations

from rnnlint.graph import Span
from rnnlint.interpret.base import Value
from rnnlint.interpret.library.registry import library_function, library_prefix, library_suffix
from rnnlint.interpret.machine import Machine
from rnnlint.interpret.store import FLAG
from rnnlint.interpret.values import CallArgs, ChoiceV, ConstV, ObjectV, RangeV, TupleV, UnknownV


def is_tuner_method(name: str) -> bool:
    """Return whether a method name is one of a hyperparameter tuner's."""
    return name in ("Float", "Int", "Choice", "Boolean", "Fixed") or name.startswith("suggest_")


@library_suffix(".ArgumentParser")
def argument_parser(vm: Machine, _name: str, _args: CallArgs, _span: Span) -> Value:
    """`argparse.ArgumentParser(...)` and parsers that derive from it."""
    return ObjectV(vm.store.new(), "argparse")


@library_function("types.SimpleNamespace", "argparse.Namespace", "easydict.EasyDict", "addict.Dict", "munch.Munch")
def namespace(vm: Machine, _name: str, args: CallArgs, _span: Span) -> Value:
    """An object whose attributes are the arguments."""
    made = ObjectV(vm.store.new(), "namespace")
    for key, arg in args.keywords:
        vm.store.set(made.id, key, arg.value)
    for arg in args.positional:
        mapping = vm.mapping(arg.value)
        for have, value in mapping.items if mapping else ():
            vm.store.set(made.id, str(have), value)
    return made


def object_method(vm: Machine, target: ObjectV, name: str, args: CallArgs) -> Value:
    """Return a method of a modelled library object."""
    if target.kind != "argparse":
        return UnknownV(f"the result of .{name}()")
    if name == "add_argument":
        _add_argument(vm, target, args)
        return ConstV(None)
    if name == "set_defaults":
        for key, arg in args.keywords:
            vm.store.set(target.id, key, _chosen(vm, arg.value, "a command-line option"))
        return ConstV(None)
    if name in ("parse_args", "parse_intermixed_args"):
        return ObjectV(target.id, "namespace")
    if name == "parse_known_args":
        return TupleV((ObjectV(target.id, "namespace"), vm.new_list((), False)))
    if name in ("add_argument_group", "add_mutually_exclusive_group", "add_subparsers", "add_parser"):
        return target
    return UnknownV(f"the result of .{name}()")


def _chosen(vm: Machine, default: Value, what: str) -> Value:
    return vm.join([default, UnknownV(what)])


def _add_argument(vm: Machine, target: ObjectV, args: CallArgs) -> None:
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
    vm.store.set(target.id, name, _chosen(vm, value, f"command-line option '{long}'"))


@library_prefix("absl.flags.DEFINE_", "tensorflow.app.flags.DEFINE_", "tensorflow.compat.v1.app.flags.DEFINE_")
def define_flag(vm: Machine, _name: str, args: CallArgs, _span: Span) -> Value:
    """`flags.DEFINE_float(name, default, help)` of absl or of TensorFlow 1."""
    if len(args.positional) >= 2 and isinstance(name := args.positional[0].value, ConstV):
        vm.store.set(0, (FLAG, str(name.value)), _chosen(vm, args.positional[1].value, f"flag '{name.value}'"))
    return ConstV(None)


def flag(vm: Machine, name: str) -> Value:
    """`FLAGS.name` of absl or of TensorFlow 1."""
    return vm.store.get(0, (FLAG, name)) or UnknownV(f"flag '{name}'")


def tuner(vm: Machine, name: str, args: CallArgs) -> Value | None:
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
        items = vm.raw_items(options) if options is not None else None
        if items is not None and items.complete and items.items:
            return vm.join(items.items)
        return UnknownV("a choice of the tuner")
    if name == "Boolean":
        return ChoiceV((ConstV(False), ConstV(True)))
    if name == "Fixed":
        return given(0, "value")
    return None
