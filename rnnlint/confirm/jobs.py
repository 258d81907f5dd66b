"""The parts of jobs that several kinds of probes share: a layer by itself, a synthetic input, the probe's own entry."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from rnnlint.confirm.choices import batch_size, rank_of, recurrent_rank
from rnnlint.confirm.rebuild.finish import Planned, finish
from rnnlint.confirm.rebuild.job import JobBuilder
from rnnlint.confirm.rebuild.parts import JobTensor, Json, ObstacleError
from rnnlint.findings import Probe
from rnnlint.flow.paths import dropout
from rnnlint.flow.view import View
from rnnlint.graph import Const, Graph, Items, Layer, Node, Shape, Value
from rnnlint.keras.kinds import DROPOUTS, Kind
from rnnlint.keras.masks import all_dropped, draws, mask
from rnnlint.keras.scalars import number
from rnnlint.keras.table import kind_of

# Longer and larger inputs make no finding clearer, and drawing many masks for them slow.
MOST_STEPS = 24
SHORT = 12
MOST_VALUES = 200_000
# Assumptions not worth telling where a layer is observed on an input of any length and width, or of any size at all.
ANY_LENGTH = (" timesteps", " features")
ANY_SIZE = (*ANY_LENGTH, " positions")


def ask(probe: Probe, node: int, layer: str, **more: Any) -> Json:
    """The probe of a job: which call of which layer to observe, and the other data the worker needs."""
    about = {"kind": probe.kind, "claim": probe.claims[0], "node": node, "layer": layer, "inner": probe.layer}
    return {**about, "target": None, "axis": probe.axis, **more}


def alone(builder: JobBuilder, layer: Layer, shape: Shape) -> int:
    """A layer called on a synthetic input of a shape, nothing before it."""
    settled = builder.settler.settle(layer)
    inside = dropout(settled)
    if inside is not None and (rows := batch_size(inside)) is not None:
        builder.sizes.rows(rows)
    made = builder.input(builder.free_id(), shape, pins_of(builder, settled, shape))
    node = builder.free_id()
    key = builder.key(settled)
    builder.nodes[node] = {"id": node, "kind": "layer", "layer": key, "inputs": [made.ref], "kwargs": {}}
    return node


def in_a_layer(builder: JobBuilder, cell: Layer) -> tuple[int, str]:
    """A cell in the layer that runs it over time."""
    settled = builder.settler.settle(cell)
    made = builder.input(builder.free_id(), (None, None, None), {})
    builder.layers["cell"] = {
        "id": -1,
        "class": "keras.layers.RNN",
        "origin": cell.origin,
        "positional": [],
        "keywords": {},
        "children": [builder.settler.layer(settled)],
    }
    node = builder.free_id()
    builder.nodes[node] = {"id": node, "kind": "layer", "layer": "cell", "inputs": [made.ref], "kwargs": {}}
    return node, "cell"


def by_itself(view: View, probe: Probe, layer: Layer, chosen: Mapping[tuple[int, str], Value], more: Json) -> Planned:
    """A recurrent layer on a synthetic input, wrappers taken off; a cell in the layer that runs it."""
    builder = JobBuilder(view.graph, view.targets, chosen)
    if kind_of(layer) is Kind.CELL:
        node, key = in_a_layer(builder, layer)
    else:
        node, key = alone(builder, layer, (None,) * recurrent_rank(layer)), str(layer.id)
    return finish(builder, ask(probe, node, key, axis=1, **more), [node], unsaid=ANY_SIZE)


def recurrent(view: View, probe: Probe, outer: Layer, chosen: Mapping[tuple[int, str], Value], more: Json) -> Planned:
    """A recurrent layer on a synthetic input; no more than that decides about its kernel."""
    builder = JobBuilder(view.graph, view.targets, chosen)
    shape = own_input(view.graph, probe, outer)
    if shape is not None and len(shape) > 1 and isinstance(shape[-2], int) and shape[-2] > MOST_STEPS:
        shape = (*shape[:-2], None, shape[-1])
    node = alone(builder, outer, shape or (None,) * recurrent_rank(outer))
    asked = ask(probe, node, str(outer.id), axis=1, argument=probe.argument, **more)
    return finish(builder, asked, [node], unsaid=ANY_LENGTH)


def own_input(graph: Graph, probe: Probe, layer: Layer) -> Shape:
    """The shape of the input of the call that is probed, if one is known and legal for the layer."""
    node = graph.nodes[probe.node] if probe.node is not None else None
    if node is None or not node.inputs or not node.inputs[0]:
        return None
    shape = graph.shape(node.inputs[0][0])
    if shape is None or (kind_of(layer) not in DROPOUTS and len(shape) != recurrent_rank(layer)):
        return None
    return shape


def cut_for(builder: JobBuilder, node: Node, rank: int, time: int, *, keep: bool) -> JobTensor:
    """A synthetic input for a node, of at least some rank; its timesteps few unless `keep`."""
    refs = node.inputs[0] if node.inputs else ()
    if not refs:
        raise ObstacleError("there is nothing that gives its input")
    assert node.layer is not None
    known = builder.graph.shape(refs[0])
    if known is not None and len(known) < rank:
        known = None
    shape = known if known is not None else (None,) * rank
    pins = pins_of(builder, builder.settler.settle(node.layer), shape)
    if not keep and isinstance(shape[time], int) and shape[time] > MOST_STEPS and time not in pins:  # type: ignore[operator]
        shape = (*shape[:time], None, *shape[time + 1 :])
    return builder.input(builder.free_id(), shape, pins, time)


def into(builder: JobBuilder, node: Node, rank: int | None, time: int | None, *, shrink: bool) -> JobTensor:
    """The input of a dropout: what leads to it if that is cheap, else a synthetic one of its shape."""
    assert node.layer is not None
    layer = builder.settler.settle(node.layer)
    refs = node.inputs[0] if node.inputs else ()
    if rank is None and all(builder.graph.shape(ref) is None for ref in refs):
        rank = max(rank_of(layer), 1 if time is None else time + 2)
        builder.settler.say(layer, f"a tensor of rank {rank}")
    shape = builder.graph.shape(refs[0]) if refs else None
    pins = pins_of(builder, layer, shape if shape is not None or rank is None else (None,) * rank)
    made = builder.cut(refs[0], rank, pins, time) if pins else builder.tensor(refs, rank)
    sizes = made.sizes[0]
    if not shrink or sizes is None or time is None or not time < len(sizes):
        return made
    # Keras 3 calls what TimeDistributed wraps once for each timestep.
    if math.prod(sizes) > MOST_VALUES or (kind_of(layer) is Kind.TIME_DISTRIBUTED and sizes[time] > MOST_STEPS):
        short = min(sizes[time], SHORT)
        wide = 64 if math.prod(sizes) * short // sizes[time] > MOST_VALUES else sizes[-1]
        made = builder.smaller(made, {time: short, len(sizes) - 1: min(wide, sizes[-1])}, time)
    return made


def pins_of(builder: JobBuilder, layer: Layer, shape: Shape) -> dict[int, int]:
    """Sizes that the noise shape of a settled dropout asks for where the input's are not known."""
    inside = dropout(layer)
    arg = inside.arg("noise_shape") if inside is not None else None
    if arg is None or shape is None or not isinstance(arg.value, Items):
        return {}
    axes = [axis for axis in range(len(shape)) if inside is layer or axis != 1]  # TimeDistributed takes axis 1 off
    items = [builder.sizes.concrete(item) for item in arg.value.items]
    return {
        axis: item.value
        for axis, item in zip(reversed(axes), reversed(items), strict=False)
        if axis > 0 and isinstance(item, Const) and type(item.value) is int and item.value > 1 and shape[axis] is None
    }


def predicted(
    builder: JobBuilder, probe: Probe, layer: Layer, made: JobTensor, features: Iterable[int]
) -> float | None:
    """The figure predicted for the values of the job; what the finding says where they do not tell."""
    sizes = made.sizes[0]
    if probe.claims not in (("steps",), ("sequences",)) or sizes is None:
        return probe.probability
    settled = builder.sizes.concrete_layer(builder.settler.settle(layer))
    found = mask(settled, sizes, None, builder.env.for_origin(layer.origin))
    if found is None or (rate := number(found.rate)) is None or (count := draws(found, sizes, [*features])) is None:
        return probe.probability
    return all_dropped(rate, count)
