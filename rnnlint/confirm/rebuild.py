"""A part of a graph as a job for the worker: plain data from which real Keras layers and tensors are made.

What is not known gets a value: sizes become symbols, each with a small legal candidate per attempt, all else the value
that a reader would take first. Every candidate is tried out on the shape tables, so that the worker need not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any, TypeAlias

from rnnlint.graph import (
    Arg,
    Const,
    Graph,
    Items,
    Layer,
    LayerArg,
    Name,
    Node,
    Range,
    Ref,
    Shape,
    Span,
    Unknown,
    Value,
    options,
)
from rnnlint.keras.arguments import words
from rnnlint.keras.kinds import RECURRENT, Kind
from rnnlint.keras.scalars import number
from rnnlint.keras.shapes import layer_outputs, op_outputs
from rnnlint.keras.table import REQUIRED, kind_of, spec
from rnnlint.keras.versions import Env
from rnnlint.records import dataclass

Json: TypeAlias = dict[str, Any]
Focus: TypeAlias = Mapping[tuple[int, str], Value]
# The sizes of a shape, all known, or None.
Sizes: TypeAlias = tuple[int, ...] | None

_ROWS = 6  # attempts
_BATCH = (6,) * _ROWS
# The first attempt takes primes that tell the axes apart, the others sizes that are long enough and divide well.
_PRIMES = {"timesteps": (7, 11, 13, 17, 19, 23), "features": (5, 3, 2, 29, 31, 37), "": (10, 14, 22, 26, 34, 38)}
_LONGER = {"timesteps": (12, 24, 60, 120, 480), "features": (8, 16, 32, 64, 128), "": (12, 24, 64, 128, 256)}

# Beyond this a part that only leads to the call in question is replaced by its output shape.
_DEEP = 12
_ELEMENTS = 500_000
_VALUES = 200_000
_WEIGHTS = 2_000_000
_STEPS = 64

_CHILDREN = frozenset({"layer", "backward_layer", "cell", "cells"})
# Arguments on which neither shapes nor masks nor kernels depend.
_NEEDLESS = words(
    """name trainable weights input_shape batch_input_shape batch_shape batch_size input_length input_dtype stateful
    seed lora_rank lora_alpha autocast dynamic"""
)
_NEEDLESS_ENDS = ("_initializer", "_regularizer", "_constraint")
_NUMBERS = {"kernel_size": 3, "pool_size": 2, "size": 2, "strides": 1, "cropping": 1, "padding": 1, "input_dim": 50}
_SIZES = frozenset({"units", "filters", "output_dim", "n", "key_dim", "num_heads", *_NUMBERS})
_RATES = ("dropout", "recurrent_dropout")
_NONE = Const(None)
_LISTS = frozenset({"concat", "concatenate", "stack", "add_n", "accumulate_n", "hstack", "vstack", "dstack"})


class ObstacleError(Exception):
    """What cannot be rebuilt, in words that follow "unverified:"."""


@dataclass(frozen=True, slots=True)
class Made:
    """A tensor of the job: where it comes from, and its shape at each attempt."""

    node: int
    output: int
    sizes: tuple[Sizes, ...]

    @property
    def ref(self) -> list[int]:
        """As the input of a node in JSON."""
        return [self.node, self.output]


@dataclass
class Rebuild:
    """A job under construction.

    `focus` holds the values of arguments that the finding is about, by `Layer.id` and name; with the name "#" a layer's
    arguments stay by position. `sizes` are the candidates of each symbol, one per attempt, `made` the tensors so far.
    """

    graph: Graph
    env: Env
    focus: Focus = field(default_factory=dict)
    layers: dict[str, Json] = field(default_factory=dict)
    nodes: dict[int, Json] = field(default_factory=dict)
    sizes: dict[str, tuple[int, ...]] = field(default_factory=lambda: {"batch": _BATCH})
    made: dict[Ref, Made] = field(default_factory=dict)
    _words: dict[str, str] = field(default_factory=dict)
    _assumed: dict[str, list[str]] = field(default_factory=dict)
    _shorter: dict[int, str] = field(default_factory=dict)
    _settled: dict[int, Layer] = field(default_factory=dict)
    _misfits: dict[int, set[int]] = field(default_factory=dict)
    _cuts: set[int] = field(default_factory=set)
    _failed: dict[tuple[Ref, int | None], ObstacleError] = field(default_factory=dict)

    # -- tensors ------------------------------------------------------------------------------------------------------

    def tensor(self, refs: Sequence[Ref], rank: int | None = None, deep: int = 0) -> Made:
        """The first of some possible producers that can be rebuilt, with all that leads to it."""
        problem = ObstacleError("there is nothing that gives its input")
        for ref in refs:
            known = self.graph.shape(ref)
            if rank is not None and known is not None and len(known) != rank:
                continue
            try:
                return self._tensor(ref, rank, deep)
            except ObstacleError as error:
                problem = error
        raise problem

    def _tensor(self, ref: Ref, rank: int | None, deep: int) -> Made:
        if ref in self.made:
            return self.made[ref]
        if (ref, rank) in self._failed:
            raise self._failed[ref, rank]
        node = self.graph.nodes[ref.node]
        try:
            if deep > _DEEP:
                raise ObstacleError("the model is too deep")  # noqa: TRY301
            if node.body:
                made = self.tensor(node.body, rank, deep + 1)
            elif passes_on(node):
                made = self.tensor(node.inputs[0], rank, deep + 1)
            elif node.kind == "input" or self._guesswork(node, ref, rank):
                made = self.cut(ref, rank)
            else:
                inputs = self.inputs(node, rank, deep)
                made = self.call(node, inputs, ref.output)
                sizes = made.sizes[0]
                if rank is not None and sizes is not None and len(sizes) != rank:
                    raise ObstacleError(f"{_name(node)} gives a tensor of another rank")  # noqa: TRY301
                if self._bounds(ref, rank) and any(self._poor(one, len(inputs)) for one in inputs):
                    made = self.cut(ref, rank)
        except ObstacleError:
            try:
                made = self.cut(ref, rank)
            except ObstacleError as error:
                self._failed[ref, rank] = error
                raise
        self.made[ref] = made
        return made

    def _bounds(self, ref: Ref, rank: int | None) -> bool:
        """Whether enough is known of a tensor for a synthetic one."""
        return rank is not None or self.graph.shape(ref) is not None

    def _guesswork(self, node: Node, ref: Ref, rank: int | None) -> bool:
        """Whether a call is better cut off: with guessed arguments it shows no more than its shape does."""
        if node.layer is None or not self._bounds(ref, rank):
            return False
        if kind_of(node.layer) is Kind.CUDNN_RECURRENT:
            return True  # it runs on a GPU only
        layers = list(self.settle(node.layer).walk())
        return any(
            self._assumed.get(str(layer.id)) or any(_symbolic(arg.value) for arg in layer.args) for layer in layers
        )

    def _poor(self, made: Made, beside: int) -> bool:
        """Whether a synthetic tensor is better put in behind a call: it is huge, or has to fit others by chance."""
        if made.node not in self._cuts:
            return False
        shape = self.nodes[made.node]["shape"]
        return math.prod(made.sizes[0] or ()) > _VALUES or (
            beside > 1 and any(isinstance(dim, str) for dim in shape[1:])
        )

    def inputs(self, node: Node, rank: int | None = None, deep: int = 0, given: Made | None = None) -> list[Made]:
        """The inputs of a call. `given` is one of them, wherever its node stands among the possible producers."""
        wanted = node.inputs
        if node.layer is not None and kind_of(node.layer) in RECURRENT:
            wanted = wanted[:1]  # initial states are zero where they are not given
        found: list[Made] = []
        for refs in wanted:
            if given is not None and given in [self.made.get(ref) for ref in refs]:
                found.append(given)
            else:
                hint = rank if _keeps_rank(node) else _fixed_rank(node.layer)
                found.append(self.tensor(refs, hint, deep + 1))
        return found

    def call(self, node: Node, inputs: Sequence[Made], output: int = 0, *, checked: bool = True) -> Made:
        """A call of a layer or an operation. `checked`: an obstacle if it is more work than it is worth."""
        if node.kind == "opaque" or (node.kind == "op" and not inputs):
            raise ObstacleError(_not_understood(node))
        inputs = self._fitting(node, inputs)
        if node.kind == "op":
            args = tuple(self._arg(arg, None, node.span) for arg in node.args if arg.name != "name")
            outputs = [
                op_outputs(node.name, [one.sizes[row] for one in inputs], self._concrete_args(args, row))
                for row in range(_ROWS)
            ]
            made: Json = {"kind": "op", "name": node.name, "list": node.name.rpartition(".")[2] in _LISTS}
            kwargs = {arg.name: self.value(arg.value) for arg in args}
        else:
            assert node.layer is not None
            layer = self.settle(node.layer)
            outputs = [
                layer_outputs(
                    self._concrete(layer, row),
                    [one.sizes[row] for one in inputs],
                    self.env.restrict(layer.origin),
                    node.args,
                )
                for row in range(_ROWS)
            ]
            if checked:
                self._affordable(layer, inputs, outputs[0])
                if kind_of(layer) is Kind.PREPROCESSING:
                    raise ObstacleError(f"`{layer.short}` {_place(node.span)} has to be adapted to data")
            made = {"kind": "layer", "layer": self.key(layer)}
            if len(inputs) > 1:
                made["list"] = layer.short != "MultiHeadAttention"
            kwargs = {}
        if checked and any(math.prod(shape or ()) > _ELEMENTS for shape in map(_known, outputs[0])):
            raise ObstacleError("the tensors are too large")
        misfits = {
            row for row in range(_ROWS) if _misfit(node, [one.sizes[row] for one in inputs], map(_known, outputs[row]))
        }
        if checked and len(misfits) == _ROWS:
            raise ObstacleError("the sizes do not fit")
        self._misfits[node.id] = misfits
        self.nodes[node.id] = {"id": node.id, **made, "inputs": [one.ref for one in inputs], "kwargs": kwargs}
        for index in range(max(len(node.outputs), output + 1)):
            sizes = tuple(_known(shapes[index]) if index < len(shapes) else None for shapes in outputs)
            self.made[Ref(node.id, index)] = Made(node.id, index, sizes)
        return self.made[Ref(node.id, output)]

    def cut(
        self, ref: Ref, rank: int | None = None, pins: Mapping[int, int] | None = None, time: int | None = None
    ) -> Made:
        """A synthetic input in place of a tensor, of its shape as far as that is known."""
        node = self.graph.nodes[ref.node]
        shape = self.graph.shape(ref)
        if shape is None and rank is not None:
            shape = (None,) * rank
        if shape is None:
            raise ObstacleError(
                _not_understood(node)
                if node.kind == "opaque"
                else f"the shape of what {_name(node)} gives is not known"
            )
        made = self.input(self.free_id(), shape, pins or {}, time)
        if node.kind != "input":
            self._cuts.add(made.node)
        return made

    def input(
        self,
        id: int,
        shape: Shape,
        pins: Mapping[int, int],
        time: int | None = None,
        dtype: str = "float32",
        **more: Any,
    ) -> Made:
        """A synthetic input of a shape whose unknown sizes become symbols; `pins` gives some of them."""
        assert shape is not None
        dims: list[int | str] = []
        for axis, dim in enumerate(shape):
            size = pins.get(axis, dim)
            if axis == 0 and (not isinstance(size, int) or size > 64):
                dims.append("batch")
            elif isinstance(size, int):
                dims.append(size)
            else:
                role = _role(axis, len(shape), time)
                dims.append(self.symbol(size or f"{id}.{axis}", role, named=size is not None))
        self.nodes[id] = {"id": id, "kind": "input", "shape": dims, "dtype": dtype, "fill": "nonzero", **more}
        rows = tuple(
            tuple(self.sizes[dim][row] if isinstance(dim, str) else dim for dim in dims) for row in range(_ROWS)
        )
        return Made(id, 0, rows)

    def free_id(self) -> int:
        """The id of a node that the graph does not have."""
        return max([len(self.graph.nodes) - 1, *self.nodes]) + 1

    def smaller(self, made: Made, pins: Mapping[int, int], time: int) -> Made:
        """A synthetic input in place of a tensor, with fewer positions on some axes."""
        sizes = made.sizes[0]
        assert sizes is not None
        short = self.input(self.free_id(), sizes, pins, time)
        for axis, size in pins.items():
            if size < sizes[axis]:
                self._shorter[short.node] = f"{size} of {sizes[axis]:,} {_role(axis, len(sizes), time)}".rstrip()
        return short

    def beside(self, node: Node, given: Made) -> list[Made]:
        """The inputs of a call that puts tensors together, `given` among them; synthetic ones where they cannot fit."""
        inputs = self._fitting(node, self.inputs(node, given=given))
        if given.sizes[0] is None or any(
            not _misfit(node, [one.sizes[row] for one in inputs], ()) for row in range(_ROWS)
        ):
            return inputs
        return [one if one == given else self._like(given) for one in inputs]

    def _like(self, made: Made) -> Made:
        """A synthetic input with the sizes of another tensor."""
        first = made.sizes[0]
        assert first is not None
        columns = [tuple((sizes or first)[axis] for sizes in made.sizes) for axis in range(len(first))]
        id = self.free_id()
        dims: list[int | str] = ["batch"]
        for axis, column in enumerate(columns[1:], 1):
            if len(set(column)) == 1:
                dims.append(column[0])
                continue
            dims.append(self.symbol(f"{id}.{axis}", _role(axis, len(first), None), named=False))
            self.sizes[f"{id}.{axis}"] = column
        self.nodes[id] = {"id": id, "kind": "input", "shape": dims, "dtype": "float32", "fill": "nonzero"}
        return Made(id, 0, made.sizes)

    def _fitting(self, node: Node, inputs: Sequence[Made]) -> list[Made]:
        """Inputs that are put together position by position: free sizes of the synthetic ones follow the others."""
        made = list(inputs)
        if len(made) < 2 or not _positionwise(node):
            return made
        along = _concatenated(node)
        ranks = {len(one.sizes[0]) for one in made if one.sizes[0] is not None}
        if len(ranks) != 1:
            return made
        rank = ranks.pop()
        if along is not None and along < 0:
            along += rank
        for index, one in enumerate(made):
            entry = self.nodes[one.node]
            other = next((other for other in made if other is not one and other.sizes[0] is not None), None)
            if entry["kind"] != "input" or other is None or one.sizes[0] is None:
                continue
            changed = False
            for axis in range(1, rank):
                dim = entry["shape"][axis]
                sizes = tuple((row or one.sizes[0])[axis] for row in other.sizes)
                if axis == along or not isinstance(dim, str):
                    continue
                if self.sizes[dim] != sizes and self._words.get(dim, "").startswith(" "):
                    self.sizes[dim] = sizes
                    changed = True
            if changed:
                rows = tuple(
                    tuple(self.sizes[dim][row] if isinstance(dim, str) else dim for dim in entry["shape"])
                    for row in range(_ROWS)
                )
                made[index] = Made(one.node, one.output, rows)
        return made

    def _affordable(self, layer: Layer, inputs: Sequence[Made], outputs: Sequence[Shape]) -> None:
        into, out = inputs[0].sizes[0] if inputs else None, _known(outputs[0])
        what = kind_of(layer)
        if what is Kind.EMBEDDING:
            sizes = [one.value for arg in layer.args if isinstance(one := arg.value, Const)]
            if math.prod(size for size in sizes if type(size) is int) > _WEIGHTS:
                raise ObstacleError("the table is too large")
        elif into and out:
            if what in RECURRENT and len(into) > 1 and into[1] > _STEPS:
                raise ObstacleError("the sequence is too long")
            if 4 * (into[-1] + out[-1]) * out[-1] > _WEIGHTS and what not in (Kind.ELEMENTWISE, Kind.RESHAPE):
                raise ObstacleError("the layer is too wide")

    # -- layers -------------------------------------------------------------------------------------------------------

    def key(self, layer: Layer) -> str:
        """The name of a settled layer in the job."""
        self.layers[str(layer.id)] = self.layer(layer)
        return str(layer.id)

    def layer(self, layer: Layer) -> Json:
        """A settled layer as JSON. By position only what has to be: what follows from the order as written."""
        placed = [arg for arg in layer.args if arg.positional and arg.name not in _CHILDREN]
        by_position = any(arg.name.startswith("#") for arg in placed) or (layer.id, "#") in self.focus
        positional = placed if by_position else []
        return {
            "id": layer.id,
            "class": layer.name,
            "origin": layer.origin,
            "positional": [self.value(arg.value) for arg in positional],
            "keywords": {
                arg.name: self.value(arg.value)
                for arg in layer.args
                if arg not in positional and arg.name not in _CHILDREN
            },
            "children": [self.layer(child) for child in layer.children],
        }

    def settle(self, layer: Layer) -> Layer:
        """The layer with one value for each argument that matters. Raises ObstacleError."""
        if layer.id in self._settled:
            return self._settled[layer.id]
        found = spec(layer.name) if layer.kind == "keras" else None
        if found is None:
            raise ObstacleError(_foreign(layer))
        versions = self.env.restrict(layer.origin).versions
        signatures = [one for version in sorted(versions) if (one := found.at(version)) is not None]
        if not signatures:
            raise ObstacleError(f"`{layer.short}` {_place(layer.span)} is no layer of the Keras at hand")
        assumed = self._assumed.setdefault(str(layer.id), [])
        args: list[Arg] = []
        for arg in layer.args:
            focused = self.focus.get((layer.id, arg.name))
            if focused is not None:
                arg = replace(arg, value=focused)  # noqa: PLW2901
            elif _needless(arg.name, found.kind) and not (arg.positional and (layer.id, "#") in self.focus):
                continue
            if arg.name in _CHILDREN:
                continue
            try:
                args.append(self._arg(arg, layer, arg.span))
            except _LeftOutError as left:
                if left.said:
                    assumed.append(left.said)
        given = {arg.name for arg in args}
        if "p" in given and "rate" not in given and signatures[-1].param("rate"):  # its name in Keras 1
            args = [replace(arg, name="rate") if arg.name == "p" else arg for arg in args]
            given.add("rate")
        for param in signatures[-1].params:
            if param.default is REQUIRED and param.name not in given | _CHILDREN and not _unclear(args):
                args.append(self._arg(Arg(param.name, Unknown(), layer.span), layer, layer.span))
        children = tuple(self.settle(child) for child in layer.children)
        settled = replace(layer, args=tuple(args), children=children, complete=True)
        if any(one.kind != "keras" for one in children):  # pragma: no cover - settling them would have raised
            raise ObstacleError(_foreign(layer))
        self._settled[layer.id] = settled
        return settled

    def _arg(self, arg: Arg, layer: Layer | None, span: Span) -> Arg:
        return replace(arg, value=self._settle(arg.value, arg.name, layer, span))

    def _settle(self, value: Value, name: str, layer: Layer | None, span: Span) -> Value:
        choices = options(value)
        known = [one for one in choices if not isinstance(one, Unknown) and not (one == _NONE and name in _SIZES)]
        if layer is not None and name in _RATES and (layer.id, name) not in self.focus:
            # Another rate that is none would hide what this one does.
            known = [one for one in known if _legal_rate(one)]
            if not known:
                raise _LeftOutError("" if all(isinstance(one, Unknown) for one in choices) else f"no {name}")
        one = [*known, *choices][0]
        if name == "return_sequences" and (Const(True) in known or len(known) < len(choices)):
            one = Const(True)
        match one:
            case Const(found):
                if isinstance(found, (bytes, complex)):
                    raise ObstacleError(f"`{name}` {_place(span)} is no plain value")
                return one
            case Items(items, _, True):
                return replace(one, items=tuple(self._settle(item, name, None, span) for item in items))
            case Name(written):
                if written.split(".")[0] in ("keras", "tensorflow"):
                    return one
                short = written.rpartition(".")[2]
                if name == "activation" and layer is not None and not any(id == layer.id for id, _ in self.focus):
                    raise _LeftOutError(f"that `{short}` passes values on")
                raise ObstacleError(f"`{short}` {_place(span)} is a function of this code, which replay does not run")
            case LayerArg(id):
                self.settle(self.graph.layers[id])
                return one
            case Range(low, high):
                return _of_range(low, high, whole=name not in ("rate", "dropout", "recurrent_dropout", "p"))
            case Unknown(_, symbol):
                return self._fill(name, layer, symbol, span)
        return self._fill(name, layer, "", span)

    def _fill(self, name: str, layer: Layer | None, symbol: str, span: Span) -> Value:
        """A value for an argument of which nothing is known."""
        if layer is None:
            if symbol and symbol in self.sizes:
                return Unknown("", symbol)
            if symbol:
                return Unknown("", self.symbol(symbol, "", named=True))
            raise ObstacleError(f"`{name.lstrip('#')}` {_place(span)} is not known")
        found = spec(layer.name)
        assert found is not None
        what = found.kind
        if name in ("rate", "p"):
            self.say(layer, "rate 0.5")
            return Const(0.5)
        if (name in _SIZES and name not in _NUMBERS) or (symbol in self.sizes and name not in _NUMBERS):
            return Unknown("", self.symbol(symbol or f"{layer.id}.{name}", "features", named=True))
        if name in _NUMBERS and not (name == "strides" and what is Kind.POOLING):
            self.say(layer, f"{name}={_NUMBERS[name]}")
            return Const(_NUMBERS[name])
        if name == "return_sequences":
            self.say(layer, "return_sequences=True")
            return Const(True)
        has_default = any(
            (param := signature.param(name)) is not None and param.default is not REQUIRED
            for version in self.env.restrict(layer.origin).versions
            if (signature := found.at(version)) is not None
        )
        if has_default and name not in ("axis", "axes", "dims", "target_shape", "function"):
            raise _LeftOutError(f"{name} at its default")
        raise ObstacleError(f"`{name.lstrip('#')}` of `{layer.short}` {_place(span)} is not known")

    def say(self, layer: Layer, said: str) -> None:
        """Remember what was assumed of a layer."""
        self._assumed.setdefault(str(layer.id), []).append(said)

    # -- values -------------------------------------------------------------------------------------------------------

    def rows(self, batch: int) -> None:
        """Fix the batch size."""
        self.sizes["batch"] = (batch,) * _ROWS

    def symbol(self, key: str, role: str, *, named: bool) -> str:
        """A size that is not known; one key is one size."""
        if key not in self.sizes:
            used = [sizes[0] for sizes in self.sizes.values()]
            first = next((prime for prime in _PRIMES[role] if prime not in used), _PRIMES[role][0])
            self.sizes[key] = (first, *_LONGER[role])
            told = key if "[" in key else key.rpartition(".")[2]
            self._words[key] = f"{told}=" if named and not told.startswith("value ") else f" {role or 'positions'}"
        return key

    def value(self, value: Value) -> Json:
        """A settled value as JSON."""
        match value:
            case Const(float(number)) if not math.isfinite(number):
                return {"float": str(number)}
            case Const(slice() as key):
                parts = (key.start, key.stop, key.step)
                return {"slice": [None if part is None else {"const": part} for part in parts]}
            case Const(found):
                return {"ellipsis": True} if found is Ellipsis else {"const": found}
            case Items(items, shape, _):
                return {"items": [self.value(item) for item in items], "kind": shape}
            case Name(name):
                return {"name": name}
            case LayerArg(id):
                return {"layer": self.layer(self.settle(self.graph.layers[id]))}
            case Unknown(_, symbol):
                return {"symbol": symbol}
        raise AssertionError(f"{value} is not settled")

    def _concrete(self, layer: Layer, row: int) -> Layer:
        children = tuple(self._concrete(child, row) for child in layer.children)
        return replace(layer, args=self._concrete_args(layer.args, row), children=children)

    def _concrete_args(self, args: Iterable[Arg], row: int) -> tuple[Arg, ...]:
        return tuple(replace(arg, value=self.concrete(arg.value, row)) for arg in args)

    def concrete(self, value: Value, row: int = 0) -> Value:
        """A settled value with the sizes of one attempt."""
        match value:
            case Items(items):
                return replace(value, items=tuple(self.concrete(item, row) for item in items))
            case Unknown(_, symbol) if symbol in self.sizes:
                return Const(self.sizes[symbol][row])
        return value

    def concrete_layer(self, layer: Layer) -> Layer:
        """A settled layer with the sizes of the first attempt."""
        return self._concrete(layer, 0)

    # -- the job ------------------------------------------------------------------------------------------------------

    def finish(self, probe: Json, ends: Iterable[int]) -> tuple[Json, tuple[str, ...]]:
        """The job, and in words what was assumed. `ends` are the nodes that are asked for."""
        wanted = self._reached(ends)
        order = {id: number for number, id in enumerate(sorted(wanted, key=self._depth))}
        nodes = [{**self.nodes[id], "id": number} for id, number in order.items()]
        for node in nodes:
            if "inputs" in node:
                node["inputs"] = [[order[id], output] for id, output in node["inputs"]]
        probe = {**probe, **{name: order.get(probe[name]) for name in ("node", "target")}}
        used = {node["layer"] for node in nodes if node["kind"] == "layer"} | {probe["layer"]}
        layers = {key: self.layers[key] for key in self.layers if key in used}
        symbols = set(_symbols([layers, [node.get("kwargs") for node in nodes]]))
        symbols.update(dim for node in nodes for dim in node.get("shape", ()) if isinstance(dim, str))
        rows = self._possible(symbols, {row for id in wanted for row in self._misfits.get(id, ())})
        names = {key: f"s{index}" if key != "batch" else key for index, key in enumerate(sorted(symbols))}
        assumed = [words for layer in layers.values() for id in _ids(layer) for words in self._assumed.get(id, ())]
        for key in sorted(symbols - {"batch"}):
            size, words = self.sizes[key][rows[0]], self._words.get(key, " positions")
            assumed.append(f"{words}{size}" if words.endswith("=") else f"{size}{words}")
        assumed += [self._shorter[id] for id in order if id in self._shorter]
        job = _renamed(
            {
                "sizes": {key: [self.sizes[key][row] for row in rows] for key in sorted(symbols)},
                "layers": layers,
                "nodes": nodes,
                "probe": probe,
            },
            names,
        )
        return job, tuple(dict.fromkeys(assumed))

    def _reached(self, ends: Iterable[int]) -> set[int]:
        found: set[int] = set()
        stack = list(ends)
        while stack:
            id = stack.pop()
            if id not in found:
                found.add(id)
                stack.extend(ref[0] for ref in self.nodes[id].get("inputs", ()))
        return found

    def _depth(self, id: int) -> tuple[int, int]:
        """Inputs first, then as in the graph: a node reads only smaller ones."""
        return (0 if self.nodes[id]["kind"] == "input" else 1, id)

    def _possible(self, symbols: set[str], misfits: set[int]) -> list[int]:
        """The attempts at which all sizes fit, each once; all of them where none does."""
        rows = [row for row in range(_ROWS) if row not in misfits]
        different: dict[tuple[int, ...], int] = {}
        for row in rows or range(_ROWS):
            different.setdefault(tuple(self.sizes[key][row] for key in sorted(symbols)), row)
        return list(different.values())[:4]


class _LeftOutError(Exception):
    """An argument that is best left at its default."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


def _ids(layer: Json) -> list[str]:
    return [str(layer["id"]), *(id for child in layer["children"] for id in _ids(child))]


def _symbols(data: Any) -> Iterable[str]:
    if isinstance(data, dict):
        if set(data) == {"symbol"}:
            yield data["symbol"]
            return
        data = list(data.values())
    if isinstance(data, list):
        for item in data:
            yield from _symbols(item)


def _renamed(job: Json, names: Mapping[str, str]) -> Json:
    """The same with short names for the symbols."""

    def again(data: Any) -> Any:
        if isinstance(data, dict):
            if set(data) == {"symbol"}:
                return {"symbol": names[data["symbol"]]}
            return {key: again(value) for key, value in data.items()}
        return [again(item) for item in data] if isinstance(data, list) else data

    for node in job["nodes"]:
        if "shape" in node:
            node["shape"] = [names[dim] if isinstance(dim, str) else dim for dim in node["shape"]]
    renamed: Json = again({key: job[key] for key in ("layers", "nodes", "probe")})
    return {"sizes": {names[key]: sizes for key, sizes in job["sizes"].items()}, **renamed}


def _known(shape: Shape) -> Sizes:
    if shape is None or not all(isinstance(dim, int) for dim in shape):
        return None
    return tuple(dim for dim in shape if isinstance(dim, int))


def _role(axis: int, rank: int, time: int | None) -> str:
    if axis == (1 if time is None else time) and rank > 1:
        return "timesteps"
    return "features" if axis == rank - 1 else ""


def _needless(name: str, what: Kind) -> bool:
    if name == "input_dim":
        return what is not Kind.EMBEDDING
    return name in _NEEDLESS or name.endswith(_NEEDLESS_ENDS)


def _unclear(args: Sequence[Arg]) -> bool:
    return any(arg.name.startswith("#") for arg in args)


def _symbolic(value: Value) -> bool:
    return isinstance(value, Unknown) or (isinstance(value, Items) and any(map(_symbolic, value.items)))


def _of_range(low: float | None, high: float | None, *, whole: bool) -> Const:
    if whole:
        number = low if low is not None else high if high is not None else 2
        return Const(max(1, math.ceil(number)))
    top = 0.5 if high is None or high >= 1 else high
    return Const(top)


def passes_on(node: Node) -> bool:
    """Whether a call gives its input at inference, as dropout and noise do."""
    layer = node.layer
    while layer is not None and kind_of(layer) is Kind.TIME_DISTRIBUTED and layer.children:
        layer = layer.children[0]
    return layer is not None and bool(node.inputs) and kind_of(layer) in _DROPPING


def _legal_rate(value: Value) -> bool:
    rate = number(value)
    return isinstance(value, Range) or (rate is not None and 0 <= rate < 1)


_DROPPING = (Kind.DROPOUT, Kind.SPATIAL_DROPOUT, Kind.GAUSSIAN_DROPOUT, Kind.ALPHA_DROPOUT, Kind.NOISE)
_SAME_RANK = (*_DROPPING, Kind.MASKING, Kind.DENSE, Kind.ELEMENTWISE, Kind.NORMALIZATION, Kind.PERMUTE, Kind.MERGE)


def _keeps_rank(node: Node) -> bool:
    if node.layer is None:
        return _positionwise(node) and "stack" not in node.name
    return kind_of(node.layer) in _SAME_RANK


def _fixed_rank(layer: Layer | None) -> int | None:
    """The rank of a layer's input where the class says it."""
    what = None if layer is None else kind_of(layer)
    if what in (Kind.RECURRENT, Kind.CUDNN_RECURRENT, Kind.BIDIRECTIONAL, Kind.RNN):
        return 3
    if what in (Kind.CONV, Kind.POOLING, Kind.GLOBAL_POOLING, Kind.UPSAMPLING, Kind.PADDING, Kind.CROPPING):
        assert layer is not None
        return next((int(digit) + 2 for digit in "123" if f"{digit}D" in layer.short), None)
    return {Kind.EMBEDDING: 2, Kind.REPEAT: 2}.get(what) if what is not None else None


def _positionwise(node: Node) -> bool:
    if node.kind == "op":
        return node.name.rpartition(".")[2] in _LISTS | {
            "add",
            "sub",
            "mul",
            "subtract",
            "multiply",
            "maximum",
            "minimum",
        }
    return node.layer is not None and kind_of(node.layer) is Kind.MERGE


def _misfit(node: Node, inputs: Sequence[Sizes], outputs: Iterable[Sizes]) -> bool:
    """Whether a call fails with these sizes, as far as they are known."""
    given = [sizes for sizes in inputs if sizes is not None]
    made = [sizes for sizes in outputs if sizes is not None]
    if any(size < 1 for sizes in made for size in sizes):
        return True
    if node.layer is not None and kind_of(node.layer) in _SHORTENING and given and not made:
        return True  # it takes away more than there is
    if node.layer is not None and kind_of(node.layer) is Kind.RESHAPE and given and made:
        return math.prod(given[0]) != math.prod(made[0])
    if not _positionwise(node) or len({len(sizes) for sizes in given}) != 1:
        return False
    along = _concatenated(node)
    for axis, sizes in enumerate(zip(*given, strict=True)):
        if along is not None and axis != along % len(given[0]) and len(set(sizes)) > 1:
            return True
        if along is None and len({size for size in sizes if size != 1}) > 1:
            return True
    return False


_SHORTENING = (Kind.CONV, Kind.POOLING, Kind.CROPPING)


def _concatenated(node: Node) -> int | None:
    """The axis along which tensors are put one after the other; None where they are combined."""
    if "concat" not in node.name.lower():
        return None
    arg = node.arg("axis") or (node.layer.arg("axis") if node.layer is not None else None)
    found = arg.value.value if arg is not None and isinstance(arg.value, Const) else -1
    return found if isinstance(found, int) else -1


def _place(span: Span) -> str:
    return f"at line {span.row}" if span.cell is None else f"in cell {span.cell}, line {span.row}"


def _name(node: Node) -> str:
    short = node.layer.short if node.layer is not None else node.name.rpartition(".")[2]
    return f"`{short}` {_place(node.span)}" if short else f"the code {_place(node.span)}"


def _not_understood(node: Node) -> str:
    if node.reason:
        return f"{_name(node)} is not understood: {node.reason}"
    return f"{_name(node)} is not understood"


def _foreign(layer: Layer) -> str:
    if layer.kind == "user":
        return f"`{layer.short}` {_place(layer.span)} is a class of this code, which replay does not run"
    if layer.kind == "opaque":
        return f"`{layer.name}` {_place(layer.span)} is not understood"
    return f"`{layer.short}` {_place(layer.span)} cannot be rebuilt by itself"
