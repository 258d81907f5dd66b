"""Names: what they stand for in the present scopes, among star imports and among the built-ins."""

from __future__ import annotations

import builtins
from functools import lru_cache

import libcst as cst

from rnnlint.interpret.base import Value
from rnnlint.interpret.contents import LazyValue
from rnnlint.interpret.machine import Machine, evaluates
from rnnlint.interpret.state import Frame
from rnnlint.interpret.store import STARS
from rnnlint.interpret.values import ConstV, ExternalV, TupleV, UnknownV
from rnnlint.keras import names

_CONSTANTS = {"None": ConstV(None), "True": ConstV(True), "False": ConstV(False), "__debug__": ConstV(True)}


@evaluates(cst.Name)
def read_name(vm: Machine, node: cst.Name) -> Value:
    """A name."""
    name = node.value
    if name in _CONSTANTS:
        return _CONSTANTS[name]
    frame = vm.frame
    if not frame.outer_names:
        # As `lookup`, in place: every other expression is a name.
        for variables in frame.variables:
            value = variables.get(name)
            if value is not None:
                return value.get() if isinstance(value, LazyValue) else value
    return lookup(vm, name)


def lookup(vm: Machine, name: str) -> Value:
    """Return the value of a name in the present scopes, then among the star imports and the built-ins."""
    frame = vm.frame
    if name in frame.outer_names:
        return vm.store.get(frame.outer_names[name], name) or UnknownV(f"name '{name}' is not defined")
    for variables in frame.variables:
        value = variables.get(name)
        if value is not None:
            return value.get() if isinstance(value, LazyValue) else value
    return _beyond_scopes(vm, frame, name)


def _beyond_scopes(_vm: Machine, frame: Frame, name: str) -> Value:
    """Return the value of a name that no scope holds."""
    for variables in frame.variables:
        stars = variables.get(STARS)
        for module in reversed(stars.items) if isinstance(stars, TupleV) else ():
            if isinstance(module, ExternalV):
                symbol = names.resolve(f"{module.name}.{name}")
                # Which functions a Keras module holds is not known: a built-in of that name is likelier.
                known = symbol is not None and symbol.kind in ("layer", "model", "input")
                if known or (symbol is not None and symbol.kind == "function" and not is_builtin(name)):
                    return ExternalV(f"{module.name}.{name}")
    if is_builtin(name):
        return ExternalV(f"builtins.{name}")
    return UnknownV(f"name '{name}' is not defined in the code that was read")


def dotted_name(node: cst.BaseExpression) -> str:
    """Return the name that a chain of attributes spells."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if isinstance(node, cst.Name):
        parts.append(node.value)
    return ".".join(reversed(parts))


@lru_cache(16_384)  # any name in the code may come here
def is_builtin(name: str) -> bool:
    """Return whether a name is one of Python's built-ins."""
    return hasattr(builtins, name) or name in ("get_ipython", "xrange", "unicode", "basestring")
