"""What cells of the store hold beside plain values: items of lists and dicts, and values worked out when first read."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import field
from typing import Any

from rnnlint.interpret.base import Value, immutable
from rnnlint.interpret.values import TupleV, UnknownV
from rnnlint.records import dataclass


@immutable
class DictItems(Value):
    """What a dict holds, in insertion order; keys are hashable Python constants or tuples of them."""

    items: tuple[tuple[Hashable, Value], ...]
    complete: bool = True
    _index: dict[tuple[type, Hashable], Value] | None = field(default=None, init=False, repr=False, compare=False)

    def get(self, key: Hashable) -> Value | None:
        """Return the value of a key, the last one given, or None."""
        index = self._index
        if index is None:
            index = {(type(have), have): value for have, value in self.items}
            object.__setattr__(self, "_index", index)
        try:
            return index.get((type(key), key))
        except TypeError:  # a slice
            return None


class LazyValue(Value):
    """The content of a cell that is worked out when it is first read."""

    __slots__ = ()

    def get(self) -> Value:
        """Return the content."""
        raise NotImplementedError


class SharedItems(LazyValue):
    """The items of a list that grows at its end, or of a dict that is filled key by key; none is missing.

    Successive states share one buffer, of which each owns a prefix. So adding an item takes the same time however many
    there are.
    """

    __slots__ = ("_buffer", "_length", "_made", "_value")

    def __init__(self, made: type[TupleV | DictItems], buffer: list[Any], length: int) -> None:
        self._made = made
        self._buffer = buffer
        self._length = length
        self._value: Value | None = None

    def __len__(self) -> int:
        return self._length

    def get(self) -> Value:
        """Return a TupleV, or a DictItems with the last value of each key."""
        if self._value is None:
            own = self._buffer[: self._length]
            self._value = TupleV(tuple(own)) if self._made is TupleV else DictItems(tuple(dict(own).items()))
        return self._value

    def plus(self, more: Iterable[Any]) -> SharedItems:
        """Return the state with further items, or (key, value) pairs."""
        if len(self._buffer) != self._length:
            # Another branch has grown it already.
            self._buffer = self._buffer[: self._length]
        self._buffer.extend(more)
        return SharedItems(self._made, self._buffer, len(self._buffer))


def appended(content: Value | None, more: Sequence[Any]) -> SharedItems | None:
    """Return the content of a list's or dict's cell with further items or pairs; None where some of it is unknown."""
    if isinstance(content, (TupleV, DictItems)) and content.complete:
        content = SharedItems(type(content), list(content.items), len(content.items))
    return content.plus(more) if isinstance(content, SharedItems) else None


@dataclass(eq=False)
class LazyImport(LazyValue):
    """What an import gives, worked out when it is first read, because most of what a module imports is never used.

    `modules` are the dotted names of `import a.b, a.c`, which all become attributes of `a`.
    """

    find: Callable[[], Value]
    modules: tuple[str, ...] = ()
    _value: Value | None = None
    _busy: bool = False

    def get(self) -> Value:
        """Return the value; unknown while it is being worked out, where modules import each other in a circle."""
        if self._value is None:
            if self._busy:
                return UnknownV("circular import")
            self._busy = True
            try:
                self._value = self.find()
            finally:
                self._busy = False
        return self._value
