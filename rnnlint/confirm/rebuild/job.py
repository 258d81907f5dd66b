"""A job under construction: nodes are added one by one, from the call that is asked for back to what leads to it.

What is not known gets a value (`settle`) or, if it is a size, a symbol (`sizes`). Every candidate is tried out on the
shape tables, so that the worker need not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rnnlint.confirm.rebuild.fitting import LISTS, concatenated, fixed_rank, keeps_rank, misfit, passes_on, positionwise
from rnnlint.confirm.rebuild.parts import JobTensor, Json, ObstacleError, known, name_of, not_understood, place
from rnnlint.confirm.rebuild.settle import Focus, Settler, is_open
from rnnlint.confirm.rebuild.sizes import ATTEMPTS, SizeTable, role
from rnnlint.graph import Const, Graph, Layer, Node, Ref, Shape
from rnnlint.keras.kinds import RECURRENT, Kind
from rnnlint.keras.shapes import layer_outputs, op_outputs
from rnnlint.keras.table import kind_of
from rnnlint.keras.versions import KerasTargets

# Beyond this a part that only leads to the call in question is replaced by its output shape.
_DEEP = 12
_ELEMENTS = 500_000
_VALUES = 200_000
_WEIGHTS = 2_000_000
_STEPS = 64


class JobBuilder:
    """A job under construction.

    `made` are the tensors of the graph so far, `nodes` and `layers` what the job holds. `misfits` are the attempts at
    which a call fails, `shorter` the words for inputs that were cut.
    """

    def __init__(self, graph: Graph, env: KerasTargets, focus: Focus) -> None:
        self.graph = graph
        self.env = env
        self.sizes = SizeTable()
        self.settler = Settler(graph.layers, env, focus, self.sizes)
        self.layers: dict[str, Json] = {}
        self.nodes: dict[int, Json] = {}
        self.made: dict[Ref, JobTensor] = {}
        self.misfits: dict[int, set[int]] = {}
        self.shorter: dict[int, str] = {}
        self._cuts: set[int] = set()
        self._failed: dict[tuple[Ref, int | None], ObstacleError] = {}

    def tensor(self, refs: Sequence[Ref], rank: int | None = None, deep: int = 0) -> JobTensor:
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

    def _tensor(self, ref: Ref, rank: int | None, deep: int) -> JobTensor:
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
                    raise ObstacleError(f"{name_of(node)} gives a tensor of another rank")  # noqa: TRY301
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
        layers = list(self.settler.settle(node.layer).walk())
        return any(
            self.settler.assumed.get(str(layer.id)) or any(is_open(arg.value) for arg in layer.args) for layer in layers
        )

    def _poor(self, made: JobTensor, beside: int) -> bool:
        """Whether a synthetic tensor is better put in behind a call: it is huge, or has to fit others by chance."""
        if made.node not in self._cuts:
            return False
        shape = self.nodes[made.node]["shape"]
        return math.prod(made.sizes[0] or ()) > _VALUES or (
            beside > 1 and any(isinstance(dim, str) for dim in shape[1:])
        )

    def inputs(
        self, node: Node, rank: int | None = None, deep: int = 0, given: JobTensor | None = None
    ) -> list[JobTensor]:
        """The inputs of a call. `given` is one of them, wherever its node stands among the possible producers."""
        wanted = node.inputs
        if node.layer is not None and kind_of(node.layer) in RECURRENT:
            wanted = wanted[:1]  # initial states are zero where they are not given
        found: list[JobTensor] = []
        for refs in wanted:
            if given is not None and given in [self.made.get(ref) for ref in refs]:
                found.append(given)
            else:
                hint = rank if keeps_rank(node) else fixed_rank(node.layer)
                found.append(self.tensor(refs, hint, deep + 1))
        return found

    def call(self, node: Node, inputs: Sequence[JobTensor], output: int = 0, *, checked: bool = True) -> JobTensor:
        """A call of a layer or an operation. `checked`: an obstacle if it is more work than it is worth."""
        if node.kind == "opaque" or (node.kind == "op" and not inputs):
            raise ObstacleError(not_understood(node))
        inputs = self._fitting(node, inputs)
        if node.kind == "op":
            args = tuple(self.settler.arg(arg, None, node.span) for arg in node.args if arg.name != "name")
            outputs = [
                op_outputs(node.name, [one.sizes[row] for one in inputs], self.sizes.concrete_args(args, row))
                for row in range(ATTEMPTS)
            ]
            made: Json = {"kind": "op", "name": node.name, "list": node.name.rpartition(".")[2] in LISTS}
            kwargs = {arg.name: self.settler.value(arg.value) for arg in args}
        else:
            assert node.layer is not None
            layer = self.settler.settle(node.layer)
            outputs = [
                layer_outputs(
                    self.sizes.concrete_layer(layer, row),
                    [one.sizes[row] for one in inputs],
                    self.env.for_origin(layer.origin),
                    node.args,
                )
                for row in range(ATTEMPTS)
            ]
            if checked:
                self._affordable(layer, inputs, outputs[0])
                if kind_of(layer) is Kind.PREPROCESSING:
                    raise ObstacleError(f"`{layer.short}` {place(node.span)} has to be adapted to data")
            made = {"kind": "layer", "layer": self.key(layer)}
            if len(inputs) > 1:
                made["list"] = layer.short != "MultiHeadAttention"
            kwargs = {}
        if checked and any(math.prod(shape or ()) > _ELEMENTS for shape in map(known, outputs[0])):
            raise ObstacleError("the tensors are too large")
        misfits = {
            row for row in range(ATTEMPTS) if misfit(node, [one.sizes[row] for one in inputs], map(known, outputs[row]))
        }
        if checked and len(misfits) == ATTEMPTS:
            raise ObstacleError("the sizes do not fit")
        self.misfits[node.id] = misfits
        self.nodes[node.id] = {"id": node.id, **made, "inputs": [one.ref for one in inputs], "kwargs": kwargs}
        for index in range(max(len(node.outputs), output + 1)):
            sizes = tuple(known(shapes[index]) if index < len(shapes) else None for shapes in outputs)
            self.made[Ref(node.id, index)] = JobTensor(node.id, index, sizes)
        return self.made[Ref(node.id, output)]

    def cut(
        self, ref: Ref, rank: int | None = None, pins: Mapping[int, int] | None = None, time: int | None = None
    ) -> JobTensor:
        """A synthetic input in place of a tensor, of its shape as far as that is known."""
        node = self.graph.nodes[ref.node]
        shape = self.graph.shape(ref)
        if shape is None and rank is not None:
            shape = (None,) * rank
        if shape is None:
            raise ObstacleError(
                not_understood(node)
                if node.kind == "opaque"
                else f"the shape of what {name_of(node)} gives is not known"
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
    ) -> JobTensor:
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
                meaning = role(axis, len(shape), time)
                dims.append(self.sizes.symbol(size or f"{id}.{axis}", meaning, named=size is not None))
        self.nodes[id] = {"id": id, "kind": "input", "shape": dims, "dtype": dtype, "fill": "nonzero", **more}
        rows = tuple(
            tuple(self.sizes.candidates[dim][row] if isinstance(dim, str) else dim for dim in dims)
            for row in range(ATTEMPTS)
        )
        return JobTensor(id, 0, rows)

    def free_id(self) -> int:
        """The id of a node that the graph does not have."""
        return max([len(self.graph.nodes) - 1, *self.nodes]) + 1

    def smaller(self, made: JobTensor, pins: Mapping[int, int], time: int) -> JobTensor:
        """A synthetic input in place of a tensor, with fewer positions on some axes."""
        sizes = made.sizes[0]
        assert sizes is not None
        short = self.input(self.free_id(), sizes, pins, time)
        for axis, size in pins.items():
            if size < sizes[axis]:
                self.shorter[short.node] = f"{size} of {sizes[axis]:,} {role(axis, len(sizes), time)}".rstrip()
        return short

    def beside(self, node: Node, given: JobTensor) -> list[JobTensor]:
        """The inputs of a call that puts tensors together, `given` among them; synthetic ones where they cannot fit."""
        inputs = self._fitting(node, self.inputs(node, given=given))
        if given.sizes[0] is None or any(
            not misfit(node, [one.sizes[row] for one in inputs], ()) for row in range(ATTEMPTS)
        ):
            return inputs
        return [one if one == given else self._like(given) for one in inputs]

    def _like(self, made: JobTensor) -> JobTensor:
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
            dims.append(self.sizes.symbol(f"{id}.{axis}", role(axis, len(first), None), named=False))
            self.sizes.candidates[f"{id}.{axis}"] = column
        self.nodes[id] = {"id": id, "kind": "input", "shape": dims, "dtype": "float32", "fill": "nonzero"}
        return JobTensor(id, 0, made.sizes)

    def _fitting(self, node: Node, inputs: Sequence[JobTensor]) -> list[JobTensor]:
        """Inputs that are put together position by position: free sizes of the synthetic ones follow the others."""
        made = list(inputs)
        if len(made) < 2 or not positionwise(node):
            return made
        along = concatenated(node)
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
                if self.sizes.candidates[dim] != sizes and self.sizes.words.get(dim, "").startswith(" "):
                    self.sizes.candidates[dim] = sizes
                    changed = True
            if changed:
                rows = tuple(
                    tuple(self.sizes.candidates[dim][row] if isinstance(dim, str) else dim for dim in entry["shape"])
                    for row in range(ATTEMPTS)
                )
                made[index] = JobTensor(one.node, one.output, rows)
        return made

    def _affordable(self, layer: Layer, inputs: Sequence[JobTensor], outputs: Sequence[Shape]) -> None:
        into, out = inputs[0].sizes[0] if inputs else None, known(outputs[0])
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

    def key(self, layer: Layer) -> str:
        """The name of a settled layer in the job."""
        self.layers[str(layer.id)] = self.settler.layer(layer)
        return str(layer.id)
