"""What the code builds: the one graph type of rnnlint.

The interpreter fills it from source; tests/differential fills it from live Keras objects and compares the two. It is
plain, frozen, picklable data: a rule reads the graph and nothing else.

Shapes are written `(batch, timesteps, features)`, batch first, as Keras prints them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Literal, TypeAlias

from rnnlint.records import dataclass

# A dimension is a known size, a named unknown (two dimensions of one name are equal), or unknown.
Dim: TypeAlias = int | str | None
# A shape is one dimension per axis, or None where not even the rank is known.
Shape: TypeAlias = tuple[Dim, ...] | None


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of source. Rows and columns count from 1, columns in characters; the end is exclusive.

    `cell` counts from 1 over all cells of a notebook, and rows then count within that cell. `statement` is the first
    and last row of the smallest simple statement (or compound header) around the span: where a suppression comment
    may stand.
    """

    path: str
    row: int
    column: int
    end_row: int
    end_column: int
    cell: int | None = None
    statement: tuple[int, int] = field(default=(0, 0), compare=False)

    def resolve(self) -> Span:
        """Return this span, worked out.

        The interpreter makes spans that hold syntax nodes until they are first read (`rnnlint.interpret.spans`). What
        outlives the analysis of a file resolves its spans, or it would keep the syntax tree.
        """
        return self


# ---------------------------------------------------------------------------------------------------------------------
# Abstract values of arguments


@dataclass(frozen=True, slots=True)
class Const:
    """A Python constant: None, bool, int, float, complex, str, bytes or Ellipsis."""

    value: object


@dataclass(frozen=True, slots=True)
class Items:
    """A list or tuple. `complete` is False where an unknown number of further items follows."""

    items: tuple[Value, ...]
    kind: Literal["list", "tuple"] = "tuple"
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Name:
    """A reference by canonical dotted name: `keras.activations.tanh`, `tensorflow.nn.relu`, or a user's function."""

    name: str


@dataclass(frozen=True, slots=True)
class LayerArg:
    """A layer passed as an argument, by the `Layer.id`."""

    layer: int


@dataclass(frozen=True, slots=True)
class Range:
    """An unknown number between `low` and `high` (either may be None), such as a tuner's `hp.Float("rate", 0, .5)`."""

    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several values, depending on the path taken or on the caller.

    A parameter with the default 0.5 that a caller may override is `Choice((Const(0.5), Unknown("parameter 'rate'")))`.
    """

    options: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not known, and why. Two unknowns of one `symbol` have the same value: a parameter that is used twice."""

    reason: str = ""
    symbol: str = ""


Value: TypeAlias = Const | Items | Name | LayerArg | Range | Choice | Unknown


def options(value: Value) -> tuple[Value, ...]:
    """All alternatives of a value, flat; a value that is no Choice is its only alternative."""
    if isinstance(value, Choice):
        return tuple(one for option in value.options for one in options(option))
    return (value,)


# ---------------------------------------------------------------------------------------------------------------------
# Layers and calls


@dataclass(frozen=True, slots=True)
class Arg:
    """An argument as written, bound to its parameter."""

    name: str
    value: Value
    span: Span
    positional: bool = False


def _named(args: tuple[Arg, ...], name: str) -> Arg | None:
    for arg in args:
        if arg.name == name:
            return arg
    return None


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer object: one constructor call.

    `name` is the canonical Keras name (`keras.layers.LSTM`) for kind "keras"; the class as written for a user's class
    ("user") and for what was not understood ("opaque"). `origin` is the package spelling it came from: "keras",
    "tensorflow.keras", "tf_keras", "tensorflow.python.keras", "tensorflow.compat.v1.keras", "keras.src" or "".
    `children` are the wrapped layer or the cells, in order. `complete` is False where a splat hides further
    arguments: what is not in `args` then need not have its default. `certain` is False where only some path through
    the code constructs it.
    """

    id: int
    name: str
    kind: Literal["keras", "user", "opaque"]
    origin: str
    args: tuple[Arg, ...]
    span: Span
    children: tuple[Layer, ...] = ()
    complete: bool = True
    certain: bool = True

    @property
    def short(self) -> str:
        """The class name alone: `LSTM`."""
        return self.name.rpartition(".")[2]

    def arg(self, name: str) -> Arg | None:
        """The argument as written, or None where it was left at its default (or hidden by a splat)."""
        return _named(self.args, name)

    def walk(self) -> Iterator[Layer]:
        """This layer and all layers inside it, outermost first."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """One output of one node."""

    node: int
    output: int = 0


@dataclass(frozen=True, slots=True)
class Node:
    """A call: of a layer, of an operation on tensors, or of something that was not understood.

    - "input": `keras.Input`, or the implicit input of a Sequential or of a function's tensor parameter.
    - "layer": the call of `layer`.
    - "op": a function or operator on tensors, `name` is canonical (`keras.ops.concatenate`, `operator.add`,
      `operator.getitem`).
    - "opaque": not understood; `name` says what, `reason` why.

    `inputs` holds for each input tensor its possible producers: several after a join of branches. `outputs` holds the
    shape of each output. `args` are the other arguments of the call (`training`, `mask`, an op's `axis`). `certain` is
    False where only some path through the code makes the call. `body` is what the function of a Lambda gave: its output
    is that tensor, on the same axes.
    """

    id: int
    kind: Literal["input", "layer", "op", "opaque"]
    name: str
    inputs: tuple[tuple[Ref, ...], ...]
    outputs: tuple[Shape, ...]
    span: Span
    layer: Layer | None = None
    args: tuple[Arg, ...] = ()
    reason: str = ""
    certain: bool = True
    body: tuple[Ref, ...] = ()

    @property
    def shape(self) -> Shape:
        """Shape of the first output."""
        return self.outputs[0] if self.outputs else None

    def arg(self, name: str) -> Arg | None:
        """An argument of the call, or None."""
        return _named(self.args, name)


@dataclass(frozen=True, slots=True)
class Model:
    """A model that the code names: a Sequential, `Model(inputs, outputs)`, or a subclass. `nodes` in call order."""

    kind: Literal["sequential", "functional", "subclass"]
    name: str
    span: Span
    inputs: tuple[Ref, ...]
    outputs: tuple[Ref, ...]
    nodes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """The call of a model, or of a user's class that runs layers of its own ("layer"): the nodes that it is made of.

    `whole` is one number for all calls of one object. `name` and `span` are as of a `Model`; `inputs` are the tensors
    that it was called on, each with its possible producers, which lie outside of `nodes`.
    """

    whole: int
    kind: Literal["sequential", "functional", "subclass", "layer"]
    name: str
    span: Span
    inputs: tuple[tuple[Ref, ...], ...]
    outputs: tuple[Ref, ...]
    nodes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was not understood, for `-v`."""

    span: Span
    message: str


@dataclass(frozen=True)
class Graph:
    """Everything that one file builds. `nodes[i].id == i`, likewise `layers`; what a node reads has smaller ids.

    A loop has no edges backwards: its body is run again, and the second turn's calls are nodes of their own.
    `notes` are what was not understood; `errors` the statements that broke the interpreter, which is a bug of ours.
    `parts` are the models that are called: their nodes are among those of the model that calls them. `resets` are the
    places of the cells that are told to forget their dropout masks.
    """

    layers: tuple[Layer, ...] = ()
    nodes: tuple[Node, ...] = ()
    models: tuple[Model, ...] = ()
    notes: tuple[Note, ...] = ()
    errors: tuple[Note, ...] = ()
    parts: tuple[Part, ...] = ()
    resets: frozenset[Span] = frozenset()

    def shape(self, ref: Ref) -> Shape:
        """Shape of one output of a node."""
        outputs = self.nodes[ref.node].outputs
        return outputs[ref.output] if ref.output < len(outputs) else None
