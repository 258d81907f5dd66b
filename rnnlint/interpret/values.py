"""Abstract values, and the store that holds what can change.

A value is immutable. Whatever can be mutated (a scope's variables, a list's items, an instance's attributes, a
Sequential's layers) lives in a cell of the `Store`, addressed by the id of its object and a key, so that a branch can
be run, taken back and joined without copying the world.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from rnnlint.graph import Layer, Ref, Shape, Span

T = TypeVar("T")

if TYPE_CHECKING:
    import libcst as cst
    from typing_extensions import dataclass_transform

    from rnnlint.interpret.unit import Statement, Unit

else:

    def dataclass_transform(**_: bool) -> Callable[[T], T]:
        """Tells a type checker which decorators make dataclasses; of `typing` since Python 3.11."""
        return lambda function: function


Cell: TypeAlias = tuple[int, Hashable]


class Spot:
    """Where nodes of a unit stand; of most places nobody ever asks, so the span is computed where something keeps it.

    It is the span of `node`, or of all from `node` to `end`; `statement` is what it is part of.
    """

    __slots__ = ("end", "node", "statement", "unit")

    def __init__(
        self, unit: Unit, node: cst.CSTNode, end: cst.CSTNode | None = None, statement: Statement | None = None
    ) -> None:
        self.unit = unit
        self.node = node
        self.end = end
        self.statement = statement

    @property
    def span(self) -> Span:
        """The stretch of source."""
        return self.unit.span(self.node, self.end, self.statement)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (Span, Spot)) and settled(self) == settled(other)

    def __hash__(self) -> int:
        return hash(self.span)


Place: TypeAlias = Span | Spot


def settled(place: Place) -> Span:
    """The span of a place."""
    return place.span if isinstance(place, Spot) else place


class Value:
    """An abstract value: what an expression may evaluate to."""

    __slots__ = ()


@dataclass_transform(frozen_default=True)
def value(cls: type[T]) -> type[T]:
    """A dataclass that nobody changes; made frozen, making an object of it would take three times as long."""
    return dataclass(slots=True, unsafe_hash=True)(cls)


@dataclass_transform(frozen_default=True, eq_default=False)
def identity(cls: type[T]) -> type[T]:
    """The same, of which no two objects are equal."""
    return dataclass(slots=True, eq=False)(cls)


@value
class Const(Value):
    """A Python constant."""

    value: object


@value
class Unknown(Value):
    """Not known, and why.

    `node` is the opaque graph node that this came out of (where tensors went into the thing that was not understood),
    so that a layer which is called on it keeps its place in the graph. Two unknowns of one `symbol` are the same value:
    `data.shape[1]` is, as long as `data` is not assigned anew, and names a dimension.
    """

    reason: str
    span: Place | None = None
    node: int | None = None
    symbol: str = ""

    def part(self, name: str) -> Unknown:
        """A part of it: an attribute or an item."""
        return Unknown(self.reason, self.span, self.node, f"{self.symbol}{name}" if self.symbol else "")


@value
class Range(Value):
    """An unknown number between two bounds."""

    low: float | None
    high: float | None


@value
class Choice(Value):
    """One of several values; made by `join` and by overridable defaults, at least two options, none a Choice."""

    options: tuple[Value, ...]


@value
class TupleV(Value):
    """A tuple; `complete` is False where further, unknown items follow."""

    items: tuple[Value, ...]
    complete: bool = True


@value
class RunsV(Value):
    """An item of a list or tuple that stands for one of several runs of items: `*([A] if flag else [B, C])`.

    It arises where branches are joined; an empty run means that the items of the other runs need not be there.
    """

    runs: tuple[tuple[Value, ...], ...]


@value
class ListV(Value):
    """A list; its items are a TupleV in cell `(id, "items")`."""

    id: int


@value
class DictV(Value):
    """A dict; cell `(id, "items")` holds a `DictItems`."""

    id: int


@value
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


@value
class External(Value):
    """A module, class or function outside the code under analysis, by dotted name: `tensorflow.keras.layers.LSTM`."""

    name: str


@value
class TensorV(Value):
    """A symbolic tensor: its possible producers, and the join of their shapes."""

    refs: tuple[Ref, ...]
    shape: Shape


@value
class LayerV(Value):
    """A Keras layer object that is not a model. `children` are the wrapped layers or cells as values."""

    layer: Layer
    children: tuple[Value, ...] = ()


@value
class ModelV(Value):
    """A Keras model that is not a user's subclass: state in cells of `id`, kept by `rnnlint.interpret.semantics`."""

    id: int
    kind: str  # "sequential" or "functional"
    span: Place


@value
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
    span: Place
    keras: str = ""


@value
class InstanceV(Value):
    """An object of a user's class; attributes are cells of `id`."""

    id: int
    cls: ClassV


@value
class ObjectV(Value):
    """An object of a library class whose behaviour is modelled: an `argparse.ArgumentParser` and its namespace."""

    id: int
    kind: str


@value
class BoundV(Value):
    """A method bound to its object; `method` is a FunctionV, or the name of a built-in method."""

    self: Value
    method: FunctionV | str


@value
class PartialV(Value):
    """`functools.partial(function, ...)`."""

    function: Value
    args: CallArgs


@value
class SuperV(Value):
    """`super()` inside a method of `cls`."""

    cls: ClassV
    self: Value


@value
class ArgV:
    """An argument of a call as written: its value and where it stands."""

    value: Value
    span: Place


@value
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


_ABSENT = object()


@value
class _Exit:
    """A state in which the code jumped away: the state where the trail had this length, and what was written since."""

    kind: str
    position: int
    written: dict[Cell, object]


class Store:
    """All mutable state, with a trail of old contents so that a branch can be undone and joined."""

    def __init__(self) -> None:
        self._cells: dict[Cell, Value] = {}
        self._trail: list[tuple[Cell, object]] = []
        # Cells that are on the trail since it began and since the last jump: their old content is known.
        self._noted: set[Cell] = set()
        self._exits: list[_Exit] = []
        self._next = 0

    def new(self) -> int:
        """A fresh object id."""
        self._next += 1
        return self._next

    def get(self, id: int, key: Hashable) -> Value | None:
        """The content of a cell, or None where it was never set."""
        content = self._cells.get((id, key))
        return content.get() if isinstance(content, Deferred) else content

    def raw(self, id: int, key: Hashable) -> Value | None:
        """The same, but what is found out later is left at that."""
        return self._cells.get((id, key))

    def set(self, id: int, key: Hashable, value: Value) -> None:
        """Overwrite a cell."""
        cell = (id, key)
        self._note(cell)
        self._cells[cell] = value

    def delete(self, id: int, key: Hashable) -> None:
        """Make a cell as if it was never set."""
        cell = (id, key)
        if cell in self._cells:
            self._note(cell)
            del self._cells[cell]

    def _note(self, cell: Cell) -> None:
        """Keep what a cell holds before it is overwritten, once for each place that the trail is read from."""
        if cell not in self._noted:
            self._noted.add(cell)
            self._trail.append((cell, self._cells.get(cell, _ABSENT)))

    def fork(
        self,
        arms: Sequence[Callable[[], object]],
        join: Callable[[Cell, list[Value | None]], Value | None],
        keep: bool = True,
    ) -> None:
        """Run each arm on the present state, then set every cell that any arm touched to the join of its outcomes.

        `join` gets the cell and, per arm that ended normally, its content after that arm (None: not set). The outcome
        of an arm that returns False (it raised) takes no part; that of one that returns a text (it jumped away) waits
        for `rejoin`. Where no arm ended normally the state is that after the last arm. With `keep` False the state is
        left as it was. Time is linear in what the arms wrote.
        """
        outer, noted = self._trail, self._noted
        start: dict[Cell, object] = {}
        outcomes: list[dict[Cell, object]] = []
        last: dict[Cell, object] = {}
        for arm in arms:
            trail: list[tuple[Cell, object]] = []
            self._trail, self._noted = trail, set()
            before = len(self._exits)
            ended: object = False
            try:
                ended = arm()
            finally:
                first = _first(trail)
                after = {cell: self._cells.get(cell, _ABSENT) for cell in first}
                for i, one in enumerate(self._exits[before:], before):
                    written = {**after, **_first(trail[one.position :]), **one.written}
                    self._exits[i] = _Exit(one.kind, len(outer), written)
                for cell, old in first.items():
                    start.setdefault(cell, old)
                    self._put(cell, old)
                self._trail, self._noted = outer, noted
                if len(self._exits) > before:
                    noted.clear()
            last = after
            if isinstance(ended, str):
                self._exits.append(_Exit(ended, len(outer), after))
                noted.clear()
            elif ended is not False:
                outcomes.append(after)
        if keep:
            self._join(outcomes or [last], start, join)

    def _join(
        self,
        outcomes: Sequence[dict[Cell, object]],
        start: dict[Cell, object],
        join: Callable[[Cell, list[Value | None]], Value | None],
    ) -> None:
        """Set what the outcomes hold to their join; `start` is what they do not name."""
        for cell in dict.fromkeys(cell for after in outcomes for cell in after):
            contents = [after.get(cell, start.get(cell, _ABSENT)) for after in outcomes]
            if all(content is contents[0] for content in contents):
                joined = contents[0]
            else:
                values = [
                    content.get() if isinstance(content, Deferred) else None if content is _ABSENT else content
                    for content in contents
                ]
                joined = join(cell, values)  # type: ignore[arg-type]
                if joined is None:
                    joined = _ABSENT
            self._note(cell)
            self._put(cell, joined)

    @property
    def exits(self) -> int:
        """How many states wait for `rejoin`."""
        return len(self._exits)

    def leave(self, kind: str) -> None:
        """The code jumps away in the present state."""
        self._exits.append(_Exit(kind, len(self._trail), {}))
        self._noted.clear()

    def rejoin(
        self,
        kind: str,
        since: int,
        alive: bool,
        join: Callable[[Cell, list[Value | None]], Value | None],
    ) -> bool:
        """Join the states of that kind that are waiting (from number `since` on) into the present one.

        With `alive` False nothing arrives in the present state itself. Returns whether any state arrives.
        """
        arriving = [one for one in self._exits[since:] if one.kind == kind]
        if not arriving:
            return alive
        self._exits[since:] = [one for one in self._exits[since:] if one.kind != kind]
        outcomes = [{**_first(self._trail[one.position :]), **one.written} for one in arriving]
        touched = dict.fromkeys(cell for after in outcomes for cell in after)
        present = {cell: self._cells.get(cell, _ABSENT) for cell in touched}
        self._join([*outcomes, present] if alive else outcomes, present, join)
        return True

    def isolated(self, run: Callable[[], object]) -> None:
        """Run something and take back everything that it wrote."""
        before = len(self._exits)
        try:
            self.fork([run], _no_join, keep=False)
        finally:
            del self._exits[before:]

    def permanently(self, run: Callable[[], object]) -> None:
        """Run something whose writes no branch takes back: a module is executed once, whoever imports it first."""
        outer = self._trail, self._noted
        self._trail, self._noted = [], set()
        try:
            run()
        finally:
            self._trail, self._noted = outer

    def _put(self, cell: Cell, content: object) -> None:
        if content is _ABSENT:
            self._cells.pop(cell, None)
        else:
            self._cells[cell] = content  # type: ignore[assignment]

    def cells(self, id: int) -> Iterator[tuple[Hashable, Value]]:
        """All cells of one object. Scans the whole store: for rare use only."""
        for (owner, key), value in list(self._cells.items()):
            if owner == id:
                yield key, value


def _first(trail: Sequence[tuple[Cell, object]]) -> dict[Cell, object]:
    """What the cells of a stretch of the trail held before it."""
    first: dict[Cell, object] = {}
    for cell, old in trail:
        first.setdefault(cell, old)
    return first


def _no_join(_cell: Cell, _contents: list[Value | None]) -> None:
    """For a state that is not kept."""
