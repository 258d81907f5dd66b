"""Reading arguments: what is a known constant, and what is not known."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from rnnlint.graph import Arg, Choice, Const, Items, Layer, Name, Shape, Value
from rnnlint.keras.table import LayerSpec, default, spec

if TYPE_CHECKING:
    from rnnlint.keras.versions import KerasTargets


class _Unknown(enum.Enum):
    UNKNOWN = "UNKNOWN"


UNKNOWN: Final = _Unknown.UNKNOWN


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


def constant(value: Value) -> object:
    """The Python constant that a value is: a tuple for lists and tuples, a `graph.Name` for a reference, or UNKNOWN.

    The items of a tuple may themselves be UNKNOWN. A Choice is known where all its options are the same.
    """
    match value:
        case Const(found):
            return found
        case Items(items, _, True):
            return tuple(constant(item) for item in items)
        case Name():
            return value
        case Choice((first, *rest)):
            found = constant(first)
            return found if all(_same(found, constant(other)) for other in rest) else UNKNOWN
    return UNKNOWN


def _same(a: object, b: object) -> bool:
    return type(a) is type(b) and a == b


def as_int(found: object) -> int | None:
    """An integer that is no bool, or None."""
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def as_ints(found: object, count: int) -> tuple[int | None, ...] | None:
    """`count` integers as Keras normalises them: one for all, or a tuple of that length. None: not that."""
    if isinstance(found, tuple):
        return tuple(as_int(one) for one in found) if len(found) == count else None
    if found is UNKNOWN:
        return (None,) * count
    single = as_int(found)
    return None if single is None else (single,) * count


def as_target(found: object) -> tuple[list[int | None], list[int]] | None:
    """The sizes of a target shape as written, and which of them are -1; None where it is no valid target."""
    listed = (found,) if as_int(found) is not None else found
    if not isinstance(listed, tuple):
        return None
    sizes = [as_int(size) for size in listed]
    free = [index for index, size in enumerate(sizes) if size == -1]
    if len(free) > 1 or any(size is not None and size < -1 for size in sizes):
        return None
    return [None if size == -1 else size for size in sizes], free


def as_flag(found: object) -> bool | None:
    """The truth of a constant, or None where it is not known."""
    return None if found is UNKNOWN or isinstance(found, Name) else bool(found)


class LayerArgs:
    """The constructor arguments of a layer, defaults included, in the Keras versions of `env`."""

    def __init__(self, layer: Layer, env: KerasTargets) -> None:
        self.layer = layer
        self.env = env
        self.spec: LayerSpec | None = spec(layer.name) if layer.kind == "keras" else None

    def get(self, name: str) -> object:
        """A constant, or UNKNOWN: not known as written, hidden by a splat, or a default that versions disagree on."""
        arg = self.layer.arg(name)
        if arg is not None:
            return constant(arg.value)
        if not self.layer.complete or self.spec is None:
            return UNKNOWN
        found = default(self.spec, name, self.env)
        return UNKNOWN if found is None else found.value

    def given(self, name: str) -> bool:
        """Whether the argument is written, or may be given by a splat."""
        return self.layer.arg(name) is not None or not self.layer.complete

    def size(self, name: str) -> int | None:
        """An integer argument."""
        return as_int(self.get(name))

    def flag(self, name: str) -> bool | None:
        """The truth of an argument; an argument that no version of `env` has is False."""
        if not self.given(name) and self.spec is not None and default(self.spec, name, self.env) is None:
            return False
        return as_flag(self.get(name))

    def sizes(self, name: str, count: int) -> tuple[int | None, ...] | None:
        """An argument for `count` axes, such as `kernel_size`."""
        return as_ints(self.get(name), count)

    def channels_first(self) -> bool | None:
        """`data_format`; where it is left to `keras.config`, channels last, its default."""
        found = self.get("data_format")
        if found is UNKNOWN and not self.given("data_format"):
            return False  # the defaults of versions are None and "channels_last"
        return None if found is UNKNOWN else found == "channels_first"


class PlainArgs:
    """The arguments of a call other than its tensors: named as in the function, or `#1` by position in the call."""

    def __init__(self, args: Sequence[Arg]) -> None:
        self.args = args

    def get(self, names: str, position: int, otherwise: object = None) -> object:
        """The constant given under one of `names` (split by blanks) or at a position; `otherwise` if neither."""
        wanted = {*names.split(), f"#{position}"}
        found = next((arg for arg in self.args if arg.name in wanted), None)
        return otherwise if found is None else constant(found.value)

    def operands(self) -> list[object]:
        """All arguments as constants."""
        return [constant(arg.value) for arg in self.args]


class LayerCall(LayerArgs):
    """A call of a layer: its constructor arguments, the shapes of its inputs, and the other arguments of the call."""

    def __init__(self, layer: Layer, env: KerasTargets, inputs: Sequence[Shape], args: Sequence[Arg] = ()) -> None:
        super().__init__(layer, env)
        self.inputs = inputs
        self.beside = PlainArgs(args)
