"""The table of library functions: what is known of functions outside of the code, by their dotted names."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

from rnnlint.graph import Span
from rnnlint.interpret.base import Value
from rnnlint.interpret.machine import Machine
from rnnlint.interpret.values import CallArgs

# Takes the dotted name by which the function was called; gives None where it does not understand the arguments.
LibraryHandler: TypeAlias = Callable[[Machine, str, CallArgs, Span], Value | None]

_FUNCTIONS: dict[str, LibraryHandler] = {}
_PREFIXES: dict[str, LibraryHandler] = {}
_SUFFIXES: dict[str, LibraryHandler] = {}


def library_function(*names: str) -> Callable[[LibraryHandler], LibraryHandler]:
    """Return a decorator that registers the handler of functions with these dotted names."""
    return _registering(_FUNCTIONS, names)


def library_prefix(*prefixes: str) -> Callable[[LibraryHandler], LibraryHandler]:
    """Return a decorator that registers the handler of all functions whose names begin with one of these."""
    return _registering(_PREFIXES, prefixes)


def library_suffix(*suffixes: str) -> Callable[[LibraryHandler], LibraryHandler]:
    """Return a decorator that registers the handler of all functions whose names end with one of these."""
    return _registering(_SUFFIXES, suffixes)


def _registering(table: dict[str, LibraryHandler], keys: tuple[str, ...]) -> Callable[[LibraryHandler], LibraryHandler]:
    def register(handler: LibraryHandler) -> LibraryHandler:
        table.update(dict.fromkeys(keys, handler))
        return handler

    return register


@lru_cache(16_384)  # any name in the code may come here
def _handler(name: str) -> LibraryHandler | None:
    """Return the handler of a function by its dotted name, or None. Most functions have none."""
    if name in _FUNCTIONS:
        return _FUNCTIONS[name]
    starting = (handler for prefix, handler in _PREFIXES.items() if name.startswith(prefix))
    ending = (handler for suffix, handler in _SUFFIXES.items() if name.endswith(suffix))
    return next(starting, None) or next(ending, None)


def is_library(name: str) -> bool:
    """Return whether `call_library` may know a function."""
    return _handler(name) is not None


def call_library(vm: Machine, name: str, args: CallArgs, span: Span) -> Value | None:
    """Call a library function by its dotted name; None where neither it nor such a call of it is known."""
    handler = _handler(name)
    return handler(vm, name, args, span) if handler is not None else None
