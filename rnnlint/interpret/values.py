"""Abstract values.

A value is immutable. Whatever can be mutated (a scope's variables, a list's items, an instance's attributes, a
Sequential's layers) lives in a cell of the `Store`, addressed by the id of its object and a key, so that a branch can
be run, taken back and joined without copying the world (`rnnlint.interpret.store`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from rnnlint.graph import Layer, Ref, Shape, Span
from rnnlint.interpret.base import Value, identity, immutable

if TYPE_CHECKING:
    import libcst as cst

    from rnnlint.interpret.parsed import ParsedModule


@immutable
class ConstV(Value):
    """A Python constant."""

    value: object


@immutable
class UnknownV(Value):
    """A value that is not known, with the reason.

    `node` is the opaque graph node that the value came out of, where tensors went into what was not understood: a layer
    that is called on the value keeps its place in the graph. Two unknowns with the same `symbol` are the same value,
    such as `data.shape[1]` as long as `data` is not assigned again; a symbol can name a dimension.
    """

    reason: str
    span: Span | None = None
    node: int | None = None
    symbol: str = ""

    def part(self, name: str) -> UnknownV:
        """Return an attribute or an item of it, also unknown."""
        return UnknownV(self.reason, self.span, self.node, f"{self.symbol}{name}" if self.symbol else "")


@immutable
class RangeV(Value):
    """An unknown number between two bounds."""

    low: float | None
    high: float | None


@immutable
class ChoiceV(Value):
    """One of several values; made by `join` and by overridable defaults, at least two options, none a ChoiceV."""

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
    """A list; its items are a TupleV in cell `(id, ITEMS)`."""

    id: int


@immutable
class DictV(Value):
    """A dict; cell `(id, ITEMS)` holds a `DictItems`."""

    id: int


@immutable
class ExternalV(Value):
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
    parsed: ParsedModule


@identity
class FunctionV(Value):
    """A user's function, method or lambda with the scopes it closes over (innermost first)."""

    name: str
    node: cst.FunctionDef | cst.Lambda
    parsed: ParsedModule
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
    parsed: ParsedModule
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
    {ConstV, RangeV, ExternalV, FunctionV, ClassV, InstanceV, ModuleV, ObjectV, BoundV}
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

    def values(self) -> list[Value]:
        """Return the values of the positional arguments."""
        return [arg.value for arg in self.positional]

    def keyword(self, name: str) -> ArgV | None:
        """Return the keyword argument of that name, or None."""
        return next((arg for have, arg in self.keywords if have == name), None)


# Values that are true whatever they hold.
TRUE = (LayerV, ModelV, FunctionV, ClassV, BoundV, PartialV, ModuleV, InstanceV, TensorV)


def is_tensor(value: Value) -> TypeGuard[TensorV | UnknownV]:
    """Return whether a value is a tensor, or came out of an opaque node."""
    return type(value) is TensorV or (isinstance(value, UnknownV) and value.node is not None)


def describe(value: Value) -> str:
    """Return a few words for what a value is, for notes."""
    if isinstance(value, UnknownV):
        return value.reason
    if isinstance(value, ExternalV):
        return f"{value.name}"
    if isinstance(value, (FunctionV, ClassV, ModuleV)):
        return value.name
    if isinstance(value, InstanceV):
        return f"an object of class {value.cls.name}"
    if isinstance(value, ChoiceV):
        return "one of several values"
    return {
        "LayerV": "a layer",
        "ModelV": "a model",
        "TensorV": "a tensor",
        "DictV": "a dict",
        "ListV": "a list",
        "TupleV": "a tuple",
        "BoundV": "a method",
    }.get(type(value).__name__, "a value")
