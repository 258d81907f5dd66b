"""Data classes that are made quickly.

`dataclasses` compiles up to six methods for each class while it makes it, which takes 0.3 ms: for the hundred classes
that a run with a finding needs, a fifth of its time.
Here a method is compiled when it is first called, which most are never, and what is the same for all classes is not
compiled at all.
"""

from __future__ import annotations

import dataclasses
from dataclasses import MISSING, FrozenInstanceError
from functools import partial
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 - for those who import it from here
else:

    def dataclass(cls=None, /, *, frozen=False, slots=False, eq=True, order=False, unsafe_hash=False, **more):
        """As `dataclasses.dataclass`, which makes those that have `more` options."""
        if more:
            return _standard(cls, frozen=frozen, slots=slots, eq=eq, order=order, unsafe_hash=unsafe_hash, **more)
        if cls is None:
            return partial(dataclass, frozen=frozen, slots=slots, eq=eq, order=order, unsafe_hash=unsafe_hash)
        own = {name for name, value in cls.__dict__.items() if value is not None}
        # Else one is made of the arguments' types, and to find these takes longer than all the rest.
        cls.__doc__ = cls.__doc__ or cls.__name__
        made = _with_fields(cls, slots)
        methods = {"__init__": _later(made, "__init__", partial(_init, frozen=frozen)), "__repr__": _repr}
        if frozen:
            methods["__setattr__"], methods["__delattr__"] = _refusals(made)
            if slots:
                methods |= {"__getstate__": _get_state, "__setstate__": _set_state}
        if eq:
            methods["__eq__"] = _later(made, "__eq__", partial(_comparison, sign="=="))
            methods["__hash__"] = _later(made, "__hash__", _hash) if frozen or unsafe_hash else None
        for name, sign in _ORDER.items() if order else ():
            methods[name] = _later(made, name, partial(_comparison, sign=sign))
        for name in methods.keys() - own:
            setattr(made, name, methods[name])
        return made


_standard: Any = dataclasses.dataclass
_ORDER = {"__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="}


def _with_fields(cls: type, slots: bool) -> Any:
    """Make a data class without methods.

    `dataclasses` searches each annotation that is text for ClassVar, InitVar and KW_ONLY by regular expressions, three
    times. Where no text names one of these, it is shown no text.
    """
    written = cls.__dict__.get("__annotations__", {})  # noqa: RUF063 - its own, as written
    texts = {name: one for name, one in written.items() if isinstance(one, str)}
    if not texts or any("Var" in text or "KW_ONLY" in text for text in texts.values()):
        return _standard(cls, init=False, repr=False, eq=False, slots=slots)
    cls.__annotations__ = written | dict.fromkeys(texts, object)
    made = _standard(cls, init=False, repr=False, eq=False, slots=slots)
    made.__annotations__ = written
    for name, text in texts.items():
        made.__dataclass_fields__[name].type = text
    return made


def _later(cls: type, name: str, compiled: Callable[[type], Any]) -> Callable[..., Any]:
    """A method that is put in its own place when it is first called."""

    def method(*args: Any, **keywords: Any) -> Any:
        function = compiled(cls)
        function.__name__ = name
        function.__qualname__ = f"{cls.__qualname__}.{name}"
        # That place may be a copy of the class, with slots.
        for owner in type(args[0]).__mro__ if args else ():
            if owner.__dict__.get(name) is method:
                setattr(owner, name, function)
        return function(*args, **keywords)

    return method


def _init(cls: Any, frozen: bool) -> Any:
    known: dict[str, Any] = {"_set": object.__setattr__, "_missing": MISSING}
    parameters, body = ["_self"], []
    named: list[str] = []
    passed: list[str] = []
    for one in cls.__dataclass_fields__.values():
        kind = one._field_type.name  # how `dataclasses` tells fields from what looks like them
        if kind == "_FIELD_CLASSVAR":
            continue
        name = one.name
        default = value = ""
        if one.default is not MISSING:
            known[f"_default_{name}"] = one.default
            default = value = f"_default_{name}"
        elif one.default_factory is not MISSING:
            known[f"_make_{name}"] = one.default_factory
            default, value = "_missing", f"_make_{name}()"
        if one.init:
            (named if getattr(one, "kw_only", False) else parameters).append(f"{name}={default}" if default else name)
            value = f"{value} if {name} is _missing else {name}" if default == "_missing" else name
        if kind == "_FIELD_INITVAR":
            passed.append(name)
        elif value:
            body.append(f"_set(_self, {name!r}, {value})" if frozen else f"_self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        body.append(f"_self.__post_init__({', '.join(passed)})")
    parameters += ["*", *named] if named else []
    return _compiled(f"def method({', '.join(parameters)}): {'; '.join(body) or 'pass'}", known)


def _refusals(cls: Any) -> tuple[Callable[..., None], Callable[..., None]]:
    """What sets and deletes attributes: those of a class derived from a frozen one may still be changed."""

    def refuse(instance: object, name: str, verb: str) -> None:
        if type(instance) is cls or any(one.name == name for one in dataclasses.fields(cls)):
            raise FrozenInstanceError(f"cannot {verb} field {name!r}")

    def set_attribute(self: object, name: str, value: object) -> None:
        refuse(self, name, "assign to")
        super(cls, self).__setattr__(name, value)

    def delete_attribute(self: object, name: str) -> None:
        refuse(self, name, "delete")
        super(cls, self).__delattr__(name)

    return set_attribute, delete_attribute


def _comparison(cls: type, sign: str) -> Any:
    compared = f"{_compared(cls, 'self')} {sign} {_compared(cls, 'other')}"
    return _compiled(
        f"def method(self, other): return {compared} if other.__class__ is self.__class__ else NotImplemented", {}
    )


def _hash(cls: type) -> Any:
    return _compiled(f"def method(self): return hash({_compared(cls, 'self')})", {})


def _compared(cls: Any, instance: str) -> str:
    return f"({''.join(f'{instance}.{one.name}, ' for one in dataclasses.fields(cls) if one.compare)})"


def _compiled(text: str, known: dict[str, Any]) -> Any:
    exec(text, known)  # noqa: S102 - the names of fields in a fixed text, as in `dataclasses`
    return known["method"]


@recursive_repr()
def _repr(self: Any) -> str:
    shown = (f"{one.name}={getattr(self, one.name)!r}" for one in dataclasses.fields(self) if one.repr)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _get_state(self: Any) -> list[object]:
    return [getattr(self, one.name) for one in dataclasses.fields(self)]


def _set_state(self: Any, state: list[object]) -> None:
    for one, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)
