"""Probes that follow single values through a recurrent layer: those of its input, or those of its state.

- `kept`: {"draws", "kept": [arrived, samples], "varies": whether different timesteps fared differently, "keras2"}. One
  value of each sample is not zero, of the input or of the first state, and everything that is put out depends on it.
  Of a dropout layer alone it is the share of all values.
- `state`: {"steps", "largest": the largest value of the state in training, "calm": at inference, "opened": whether that
  took an open update gate}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .failure import Failed
from .layers import cells, forward, innermost, look, settled, weights
from .masks import figures
from .specs import changed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .replay import Replay

_UNITS = 4
_FEWEST_DRAWS = 8
_MOST_VALUES = 2_000_000
_DIFFERENT = 1e-5
_GATES = {"LSTM": 4, "GRU": 3}

_SAMPLES, _STEPS = 16, 100
_OPEN = 10.0
_START = 0.9


def kept(job: Mapping[str, Any], context: Replay) -> dict[str, Any]:
    """How much of its input, or of its state, a layer keeps in training."""
    probe = job["probe"]
    node = probe["node"]
    if "Dropout" in innermost(context.outermost(node)):
        found = figures(context, node, context.inputs(node), context.called(node))
        lost, values = found["values"]
        return {"draws": found["draws"], "kept": [values - lost, values], "varies": None, "keras2": context.legacy}
    calls = _before(context, node) if probe.get("stack") else []
    shape = tuple(int(size) for size in context.inputs(calls[0] if calls else node)[0].shape)
    layer, shape = forward(context.layer(_small(context.outermost(node))), shape)
    time = 0 if getattr(layer, "time_major", False) else 1
    sizes = list(shape)
    sizes[1 - time] = max(_FEWEST_DRAWS, min(int(job.get("draws", 256)), _MOST_VALUES // int(np.prod(shape[1:]))))
    with settled(layer):
        find = _of_the_state if probe["argument"] == "recurrent_dropout" else _of_the_input
        arrived, varies = find(context, layer, sizes, time, calls)
    return {
        "draws": len(arrived),
        "kept": [int(arrived.sum()), len(arrived)],
        "varies": varies,
        "keras2": context.legacy,
    }


def _before(context: Replay, node: int) -> list[int]:
    """The calls of dropout layers straight in front of a node, the first one first."""
    found: list[int] = []
    while True:
        ((node, _),) = context.nodes[node]["inputs"]
        if context.nodes[node]["kind"] != "layer":
            return found
        name = innermost(context.outermost(node))
        if "Dropout" in name:
            found.insert(0, node)
        elif name != "Masking":  # which changes no value
            return found


def _of_the_input(
    context: Replay, layer: Any, sizes: Sequence[int], time: int, calls: Sequence[int]
) -> tuple[Any, bool | None]:
    """In which samples the value arrives at the first timestep."""
    nothing = np.zeros(sizes, "float32")
    array = nothing.copy()
    array.reshape(*sizes[:2], -1)[..., 0] = 1
    look(context, layer, context.tensor(array), training=False)
    dropped = context.tensor(array)
    for call in calls:
        dropped = context.call(call, [dropped], training=True)
    with weights(context, layer, 0.3, 0.9, recurrent=False):
        _one_gate(context, layer, "kernel")
        empty = look(context, layer, context.tensor(nothing), training=False)
        calm = look(context, layer, context.tensor(array), training=False)
        trained = look(context, layer, dropped, training=True)
    empty, calm, trained = (np.moveaxis(one, time, 1) for one in (empty, calm, trained))
    varies = None
    if sizes[time] > 1:
        # With one mask for all timesteps a sample goes one of two ways.
        varies = len(np.unique(np.round(trained.reshape(len(trained), -1), 3), axis=0)) > 2
    return _differs(trained, empty, calm), varies


def _of_the_state(
    context: Replay, layer: Any, sizes: Sequence[int], time: int, calls: Sequence[int]
) -> tuple[Any, bool | None]:
    """In which samples a value of the first state has an effect, on other values than itself."""
    del calls
    nothing = context.tensor(np.zeros(sizes, "float32"))
    output = np.moveaxis(look(context, layer, nothing, training=False), time, 1)
    state = np.zeros((output.shape[0], *output.shape[2:]), "float32")
    state.reshape(len(state), -1)[:, 0] = 1
    states = [context.tensor(state)]
    if "LSTM" in type(cells(layer)[0]).__name__:
        states.append(context.tensor(np.zeros_like(state)))
    with weights(context, layer, 0.3, 0.9, recurrent=True):
        _one_gate(context, layer, "recurrent_kernel")
        calm = look(context, layer, nothing, *states, training=False)
        trained = look(context, layer, nothing, *states, training=True)
        kernel = cells(layer)[0].recurrent_kernel
        kernel.assign(np.zeros_like(context.array(kernel)))
        empty = look(context, layer, nothing, *states, training=False)
    empty, calm, trained = (np.moveaxis(one, time, 1)[..., 1:] for one in (empty, calm, trained))
    return _differs(trained, empty, calm), None


def _differs(trained: Any, empty: Any, calm: Any) -> Any:
    """The samples whose first timestep is not as without the value; at inference it has to be so in all."""
    rest = tuple(range(1, empty.ndim - 1))

    def arrives(found: Any) -> Any:
        return np.abs(found - empty)[:, 0].max(axis=rest) > _DIFFERENT

    if not empty.size or not arrives(calm).all():
        raise Failed("observe", "what goes into the layer cannot be told from what comes out")
    return arrives(trained)


def _one_gate(context: Replay, layer: Any, name: str) -> None:
    """Keep only the columns of a kernel that make the candidate state: other gates may have separate masks."""
    cell = cells(layer)[0]
    gates = next((gates for word, gates in _GATES.items() if word in type(cell).__name__), 1)
    if gates == 1:
        return
    kernel = getattr(cell, name)
    array = np.array(context.array(kernel))
    wide = array.shape[-1] // gates
    array[..., : 2 * wide] = 0
    array[..., 3 * wide :] = 0
    kernel.assign(array)


def _small(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same with few units, but more than one."""
    for one in ("units", "filters"):
        if one in spec.get("keywords", {}):
            spec = changed(spec, spec["id"], (), {one: {"const": _UNITS}})
    return {**spec, "children": [_small(child) for child in spec.get("children", ())]}


# ---------------------------------------------------------------------------------------------------------------------


def state(job: Mapping[str, Any], context: Replay) -> dict[str, Any]:
    """How large the state of a GRU becomes. It starts below 1, and what is mixed in is a tanh."""
    probe = job["probe"]
    node = probe["node"]
    shape = tuple(int(size) for size in context.inputs(node)[0].shape)
    layer, shape = forward(context.layer(_small(context.outermost(node))), shape)
    time = 0 if getattr(layer, "time_major", False) else 1
    sizes = list(shape)
    sizes[time], sizes[1 - time] = _STEPS, _SAMPLES
    tensor = context.tensor(context.random.normal(size=sizes).astype("float32"))
    opened = False
    with settled(layer):
        look(context, layer, context.tensor(np.zeros(shape, "float32")), training=False)
        calm = look(context, layer, tensor, training=False)
        largest = _largest(look(context, layer, tensor, training=True))
        bias = getattr(cells(layer)[0], "bias", None)
        if largest <= 1 and bias is not None:
            # As training may leave it: the state is handed on as it is.
            opened = True
            before = np.array(context.array(bias))
            array = before.copy()
            array[..., : array.shape[-1] // 3] += _OPEN
            start = context.tensor(np.full((_SAMPLES, calm.shape[-1]), _START, "float32"))
            bias.assign(array)
            try:
                largest = _largest(look(context, layer, tensor, start, training=True))
            finally:
                bias.assign(before)
    return {"steps": _STEPS, "largest": largest, "calm": _largest(calm), "opened": opened}


def _largest(found: Any) -> float:
    """The largest value, infinite also where it has become nan."""
    return float(np.abs(found).max()) if np.isfinite(found).all() else float("inf")
