"""Abstract values.

A value is immutable. Whatever can be mutated (a scope's variables, a list's items, an instance's attributes, a
Sequential's layers) lives in a cell of the `Store`, addressed by the id of its object and a key, so that a branch can
be run, taken back and joined without copying the world (`rnnlint.interpret.store`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, TypeVar

from rnnlint.graph import Layer, Ref, Shape, Span
from rnnlint.records import dataclass

T = TypeVar("T")

if TYPE_CHECKING:
    import libcst as cst
    from typing_extensions import dataclass_transform

    from rnnlint.interpret.unit import Statement, Unit

else:

    def dataclass_transform(**_: bool) -> Callable[[T], T]:
        """Tells a type checker which decorators make dataclasses; of `typing` since Python 3.11."""
        return lambda function: function


# What a slot of a span holds, whatever the span makes of it.
_get: Any = Span.__dict__["path"].__get__
_put: Any = Span.__dict__["path"].__set__


class Spot(Span):
    """The span of `node`, or of all from `node` to `end`, which are part of `statement`, in a parsed module.

    Of most nobody ever asks where they are, and to find that out takes a good part of an analysis: so it becomes a span
    when something of it is asked for, and until then its first slot holds the nodes.
    """

    __slots__ = ()

    def __init__(
        self, unit: Unit, node: cst.CSTNode, end: cst.CSTNode | None = None, statement: Statement | None = None
    ) -> None:
        _put(self, (unit, node, end, statement))

    def __getattribute__(self, name: str) -> Any:
        unit, node, end, statement = _get(self)
        span = unit.span(node, end, statement)
        for one in Span.__slots__:
            object.__setattr__(self, one, getattr(span, one))
        object.__setattr__(self, "__class__", Span)
        return getattr(self, name)


class Value:
    """An abstract value: what an expression may evaluate to."""

    __slots__ = ()


@dataclass_transform(frozen_default=True)
def immutable(cls: type[T]) -> type[T]:
    """A dataclass that nobody changes; made frozen, making an object of it would take three times as long."""
    return dataclass(slots=True, unsafe_hash=True)(cls)


@dataclass_transform(frozen_default=True, eq_default=False)
def identity(cls: type[T]) -> type[T]:
    """The same, of which no two objects are equal."""
    return dataclass(slots=True, eq=False)(cls)


@immutable
class Const(Value):
    """A Python constant."""

    value: object


@immutable
class Unknown(Value):
    """Not known, and why.

    `node` is the opaque graph node that this came out of (where tensors went into the thing that was not understood),
    so that a layer which is called on it keeps its place in the graph. Two unknowns of one `symbol` are the same value:
    `data.shape[1]` is, as long as `data` is not assigned anew, and names a dimension.
    """

    reason: str
    span: Span | None = None
    node: int | None = None
    symbol: str = ""

    def part(self, name: str) -> Unknown:
        """A part of it: an attribute or an item."""
        return Unknown(self.reason, self.span, self.node, f"{self.symbol}{name}" if self.symbol else "")


@immutable
class Range(Value):
    """An unknown number between two bounds."""

    low: float | None
    high: float | None


@immutable
class Choice(Value):
    """One of several values; made by `join` and by overridable defaults, at least two options, none a Choice."""

    options: tuple[Value, ...]


@immutable
class TupleV(Value):
    """A tuple; `complete` is False where further, unknown items follow."""

    items: tuple[Value, ...]
    complete: bool = True


@immutable
class RunsV(Value):
    """An item of a list or tuple that stands for one of several runs of items: `*([A] if flag else [B, C])`.

    It arises where branches are joined; an empty run means that the items of the other runs need not be there.
    """

    runs: tuple[tuple[Value, ...], ...]


@immutable
class ListV(Value):
    """A list; its items are a TupleV in cell `(id, "items")`."""

    id: int


@immutable
class DictV(Value):
    """A dict; cell `(id, "items")` holds a `DictItems`."""

    id: int


@immutable
class DictItems(Value):
    """What a dict holds, in insertion order; keys are hashable Python constants or tuples of them."""

    items: tuple[tuple[Hashable, Value], ...]
    complete: bool = True
    _index: dict[tuple[type, Hashable], Value] | None = field(default=None, init=False, repr=False, compare=False)

    def get(self, key: Hashable) -> Value | None:
        """The value of a key, the last one winning, or None."""
        index = self._index
        if index is None:
            index = {(type(have), have): value for have, value in self.items}
            object.__setattr__(self, "_index", index)
        try:
            return index.get((type(key), key))
        except TypeError:  # a slice
            return None


@immutable
class External(Value):
    """A module, class or function outside the code under analysis, by dotted name: `tensorflow.keras.layers.LSTM`."""

    name: str


@immutable
class TensorV(Value):
    """A symbolic tensor: its possible producers, and the join of their shapes."""

    refs: tuple[Ref, ...]
    shape: Shape


@immutable
class LayerV(Value):
    """A Keras layer object that is not a model. `children` are the wrapped layers or cells as values."""

    layer: Layer
    children: tuple[Value, ...] = ()


@immutable
class ModelV(Value):
    """A Keras model that is not a user's subclass: state in cells of `id`, kept by `rnnlint.interpret.semantics`."""

    id: int
    kind: str  # "sequential" or "functional"
    span: Span


@immutable
class ModuleV(Value):
    """A module of the code under analysis; its variables are cells of `id`."""

    id: int
    name: str
    unit: object


@identity
class FunctionV(Value):
    """A user's function, method or lambda with the scopes it closes over (innermost first)."""

    name: str
    node: cst.FunctionDef | cst.Lambda
    unit: object
    scopes: tuple[int, ...]
    defaults: dict[str, Value]
    owner: ClassV | None = None
    decorators: tuple[Value, ...] = ()


@identity
class ClassV(Value):
    """A user's class; attributes are cells of `id`. `keras` is the nearest Keras base class (canonical), or empty."""

    id: int
    name: str
    bases: tuple[Value, ...]
    unit: object
    span: Span
    keras: str = ""


@immutable
class InstanceV(Value):
    """An object of a user's class; attributes are cells of `id`."""

    id: int
    cls: ClassV


@immutable
class ObjectV(Value):
    """An object of a library class whose behaviour is modelled: an `argparse.ArgumentParser` and its namespace."""

    id: int
    kind: str


@immutable
class BoundV(Value):
    """A method bound to its object; `method` is a FunctionV, or the name of a built-in method."""

    self: Value
    method: FunctionV | str


@immutable
class PartialV(Value):
    """`functools.partial(function, ...)`."""

    function: Value
    args: CallArgs


@immutable
class SuperV(Value):
    """`super()` inside a method of `cls`."""

    cls: ClassV
    self: Value


# Values that neither are nor hold a tensor or a layer, whatever is in their cells.
PLAIN: frozenset[type[Value]] = frozenset(
    {Const, Range, External, FunctionV, ClassV, InstanceV, ModuleV, ObjectV, BoundV}
)


@immutable
class ArgV:
    """An argument of a call as written: its value and where it stands."""

    value: Value
    span: Span


@immutable
class CallArgs:
    """The arguments of a call, splats already spread.

    `complete` is False where a splat was not understood: further positional or keyword arguments may be given.
    """

    positional: tuple[ArgV, ...] = ()
    keywords: tuple[tuple[str, ArgV], ...] = ()
    complete: bool = True

    def keyword(self, name: str) -> ArgV | None:
        """The keyword argument of that name, or None."""
        return next((arg for have, arg in self.keywords if have == name), None)


def classes(base: type[T]) -> list[type[T]]:
    """A class and all that derive from it."""
    return [base, *(inner for cls in base.__subclasses__() for inner in classes(cls))]


class Deferred(Value):
    """The content of a cell that is put together when it is asked for."""

    __slots__ = ()

    def get(self) -> Value:
        """The content."""
        raise NotImplementedError


class Grown(Deferred):
    """The complete items of a list that grows at its end, or of a dict that is filled: `get` gives them all.

    States that follow each other share one buffer, of which each knows how much is its own. So an item costs the same
    however many there are.
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
        """A TupleV, or a DictItems in which the last value of a key has won."""
        if self._value is None:
            own = self._buffer[: self._length]
            self._value = TupleV(tuple(own)) if self._made is TupleV else DictItems(tuple(dict(own).items()))
        return self._value

    def plus(self, more: Iterable[Any]) -> Grown:
        """The state with further items, or (key, value) pairs."""
        if len(self._buffer) != self._length:
            # Another branch has grown it already.
            self._buffer = self._buffer[: self._length]
        self._buffer.extend(more)
        return Grown(self._made, self._buffer, len(self._buffer))


def grow(content: Value | None, more: Sequence[Any]) -> Grown | None:
    """The content of a list's or dict's cell with further items or pairs; None where it is not known completely."""
    if isinstance(content, (TupleV, DictItems)) and content.complete:
        content = Grown(type(content), list(content.items), len(content.items))
    return content.plus(more) if isinstance(content, Grown) else None


@dataclass(eq=False)
class Later(Deferred):
    """What an import gives, found out when it is first asked for: most of what a module imports is never used here.

    `modules` are the dotted names of `import a.b, a.c`, which all hang on `a`.
    """

    find: Callable[[], Value]
    modules: tuple[str, ...] = ()
    _value: Value | None = None
    _busy: bool = False

    def get(self) -> Value:
        """The value; unknown within the import itself, where modules import each other in a circle."""
        if self._value is None:
            if self._busy:
                return Unknown("circular import")
            self._busy = True
            try:
                self._value = self.find()
            finally:
                self._busy = False
        return self._value
