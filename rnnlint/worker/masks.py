"""Probes that watch dropout masks: drawn over which axes, how often all of something is lost, and what that reaches.

Each takes the job and its built model and gives an observation. Counts are `[hits, trials]`, and a trial is an
independent draw: what shares a draw with something else counts once.

- `mask`: {"shape", "output_shape", "draws", "varies": per axis, "values", "steps", "sequences", "batches": counts of
  what came out all dropped, "reaches": whether the target's input changed where the mask took a timestep away}. The
  figures are None where the output has another shape than the input.
- `own_mask`: {"shape", "draws", "first": how often the first timestep was hidden, "all": how often all were}.
- `rate`: {"call": outcome, "control": outcome with a rate of 0.5, where the call failed, "off": as at inference,
  "zero": as if all were dropped, "share": [values dropped, all] of a dropout layer}.
- `masking`: {"shape", "draws", "training" and "inference": {"real", "padding": counts of masked timesteps}}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .failure import Failed
from .layers import forward, look, settled, weights
from .outcomes import outcome
from .specs import changed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .replay import Replay

# So many values are drawn at most, and so many calls of an inner layer made.
_MOST_VALUES = 20_000_000
_MOST_CALLS = 512
_FEWEST_DRAWS = 8


def mask(job: Mapping[str, Any], context: Replay) -> dict[str, Any]:
    """The mask of a dropout layer's call, and whether it reaches the target."""
    probe = job["probe"]
    node = probe["node"]
    observed = figures(context, node, context.inputs(node), context.called(node))
    observed["reaches"] = None
    if observed["varies"] is not None and probe.get("target") is not None:
        observed["reaches"] = _reaches(context, probe)
    return observed


def figures(context: Replay, node: int, inputs: Sequence[Any], layer: Any, draws: int | None = None) -> dict[str, Any]:
    """Calls the layer of a node in training on ones, again and again, and says what was lost."""
    probe = context.job["probe"]
    shape = tuple(int(size) for size in inputs[0].shape)
    ones = [context.tensor(np.ones(shape, "float32"))]
    first = context.array(context.call(node, ones, layer, training=True))
    observed: dict[str, Any] = {"shape": list(shape), "output_shape": list(first.shape), "draws": 1}
    if first.shape != shape:
        return {**observed, **dict.fromkeys(("varies", "values", "steps", "sequences", "batches"))}
    draws = _draws(context, shape, layer, draws)
    drawn: Any = np.empty((draws, *shape), "float32" if _gaussian(layer) else bool)
    draw = context.drawing(node, ones, layer)
    for index in range(draws):
        output = context.array(draw())
        # The output of a dropout on ones is positive, except for the value that AlphaDropout drops to.
        drawn[index] = output if _gaussian(layer) else output <= 0
    varies = [bool((drawn != drawn.take([0], axis=axis)).any()) for axis in range(1, drawn.ndim)]
    lost = drawn == 0 if _gaussian(layer) else drawn
    time, batch = axes(probe)
    features = tuple(axis + 1 for axis in within(probe, len(shape)))
    steps = lost.all(axis=features, keepdims=True)
    sequences = steps.all(axis=time + 1, keepdims=True)
    batches = sequences.all(axis=tuple(axis + 1 for axis in batch), keepdims=True)
    observed.update(
        draws=draws,
        varies=varies,
        values=_count(lost, varies),
        steps=_count(steps, varies),
        sequences=_count(sequences, varies),
        batches=_count(batches, varies),
    )
    return observed


def axes(probe: Mapping[str, Any]) -> tuple[int, tuple[int, ...]]:
    """The time axis of the probed call's input, and its batch axes."""
    time = probe.get("axis")
    time = 1 if time is None else int(time)
    return time, tuple(probe.get("batch") or ((1,) if time == 0 else (0,)))


def within(probe: Mapping[str, Any], rank: int) -> tuple[int, ...]:
    """The axes within one timestep."""
    time, batch = axes(probe)
    return tuple(axis for axis in range(rank) if axis != time and axis not in batch)


def _count(lost: Any, varies: Iterable[bool]) -> list[int]:
    for axis, own in enumerate(varies, start=1):
        if not own:
            lost = lost.take([0], axis=axis)
    return [int(lost.sum()), int(lost.size)]


def _draws(context: Replay, shape: tuple[int, ...], layer: Any, asked: int | None) -> int:
    asked = asked or int(context.job.get("draws", 256))
    possible = _MOST_VALUES // max(1, int(np.prod(shape)))
    if type(layer).__name__ == "TimeDistributed" and context.backend != "tensorflow":
        possible = min(possible, _MOST_CALLS // max(1, shape[1]))  # the layer inside is called once per timestep
    return max(_FEWEST_DRAWS, min(asked, possible))


def _gaussian(layer: Any) -> bool:
    inner = layer.layer if type(layer).__name__ == "TimeDistributed" else layer
    return type(inner).__name__ == "GaussianDropout"


def _reaches(context: Replay, probe: Mapping[str, Any]) -> bool | None:
    """Whether the target reads something else at a timestep that a training call took away than at inference."""
    node, target = probe["node"], probe["target"]
    calm = context.array(context.run(node)[0])
    features = within(probe, calm.ndim)
    before = [context.array(one) for one in context.inputs(target)]
    for _ in range(64):
        trained = context.array(context.call(node, training=True))
        changes = trained != calm
        if not changes.any():
            continue
        # As far as a whole timestep is gone, nothing but that: what is kept is scaled, which would show everywhere.
        gone = changes & ((trained == 0) | (trained == trained.min())).all(axis=features, keepdims=True)
        changed = np.where(gone, trained, calm) if gone.any() else trained
        after = downstream(context, node, context.tensor(changed.astype("float32")), target)
        return any(bool((context.array(a) != b).any()) for a, b in zip(after, before))  # noqa: B905
    return None


def downstream(context: Replay, node: int, output: Any, target: int, training: bool | None = None) -> list[Any]:
    """What the target reads if the call `node` gives `output`; the calls between are run again, the rest is not."""
    new: dict[int, list[Any]] = {node: [output]}
    for one in sorted(context.nodes):
        given = context.nodes[one]
        if not node < one < target or not any(producer in new for producer, _ in given.get("inputs", ())):
            continue
        inputs = [
            new[producer][index] if producer in new else context.run(producer)[index]
            for producer, index in given["inputs"]
        ]
        new[one] = context.apply(one, inputs, training)
    return [
        new[producer][index] if producer in new else context.run(producer)[index]
        for producer, index in context.nodes[target]["inputs"]
    ]


# ---------------------------------------------------------------------------------------------------------------------
# The recurrent layer's own dropout

_UNITS = 8
_STEPS = 12


def own_mask(job: Mapping[str, Any], context: Replay) -> dict[str, Any]:
    """What a recurrent layer's own `dropout` hides of its input: one sample of a batch is one draw.

    Without recurrent kernels a recurrent dropout, which acts only there, cannot be seen, and a timestep whose whole
    input is dropped looks like a timestep of zeros.
    """
    probe = job["probe"]
    given = context.inputs(probe["node"])[0]
    layer, shape = forward(context.layer(_small(context.outermost(probe["node"]))), tuple(map(int, given.shape)))
    time = 0 if getattr(layer, "time_major", False) else 1
    sizes = list(shape)
    sizes[time] = min(sizes[time], _STEPS)
    sizes[1 - time] = max(_FEWEST_DRAWS, min(int(job.get("draws", 256)), _MOST_VALUES // int(np.prod(sizes))))
    ones = context.tensor(np.ones(sizes, "float32"))
    nothing = context.tensor(np.zeros(sizes, "float32"))
    with settled(layer):
        look(context, layer, ones, training=False)
        with weights(context, layer, 0.3, 0.9, recurrent=False):
            empty = look(context, layer, nothing, training=False)
            seen = look(context, layer, ones, training=False)
            trained = look(context, layer, ones, training=True)
    rest = tuple(range(2, empty.ndim))
    if not (np.abs(seen - empty).max(axis=rest) > _SAME).all():
        raise Failed("observe", "what goes into the layer cannot be told from what comes out")
    hidden = np.moveaxis(np.abs(trained - empty).max(axis=rest) < _SAME, time, 1)
    samples = len(hidden)
    return {
        "shape": sizes,
        "draws": samples,
        "first": [int(hidden[:, 0].sum()), samples],
        "all": [int(hidden.all(axis=1).sum()), samples],
    }


_SAME = 1e-5


def _small(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same layer with few units: its mask is as wide as its input."""
    if "live" in spec:
        return spec
    made = {**spec, "children": [_small(child) for child in spec.get("children", ())]}
    units = spec.get("keywords", {}).get("units", {}).get("const")
    if isinstance(units, int) and units > _UNITS:
        made["keywords"] = {**spec["keywords"], "units": {"const": _UNITS}}
    return made


# ---------------------------------------------------------------------------------------------------------------------
# Rates


_OTHER = {"dropout": "recurrent_dropout", "recurrent_dropout": "dropout"}


def rate(job: Mapping[str, Any], context: Replay) -> dict[str, Any]:
    """What an invalid rate does: an exception, nothing, or everything dropped."""
    probe = job["probe"]
    node, argument = probe["node"], probe.get("argument") or "rate"
    spec = job["layers"][str(probe["layer"])]
    inner = probe.get("inner")
    inner = spec.get("id") if inner is None else inner
    if argument in _OTHER and "live" not in spec:
        other = _OTHER[argument]
        value = context.spec(inner).get("keywords", {}).get(other, {}).get("const", 0)
        if not isinstance(value, (int, float)) or not 0 <= value < 1:
            spec = changed(spec, inner, without=(other,))  # a separate problem
    observed: dict[str, Any] = {"call": outcome(context, node, spec), "off": None, "zero": None, "share": None}
    if "error" in observed["call"]:
        if "live" not in spec:
            written = "rate" if argument == "p" else argument
            legal = changed(spec, inner, without=(argument,), instead={written: {"const": 0.5}})
            observed["control"] = outcome(context, node, legal)
        return observed
    if node is None:
        return observed
    shape = tuple(int(size) for size in context.inputs(node)[0].shape)
    layer = context.layer(spec)
    if argument in ("rate", "p"):
        ones = context.tensor(np.ones(shape, "float32"))
        trained = context.array(context.call(node, [ones], layer, training=True))
        calm = context.array(context.call(node, [ones], layer, training=False))
        lost = trained <= 0
        observed.update(off=_same(trained, calm), zero=bool(lost.all()), share=[int(lost.sum()), int(lost.size)])
        return observed
    layer, shape = forward(layer, shape)
    observed.update(_recurrent_rate(context, layer, shape, argument))
    return observed


def _recurrent_rate(context: Replay, layer: Any, shape: tuple[int, ...], argument: str) -> dict[str, bool]:
    """Of the two rates the other one must not be seen.

    That of the input cannot be seen with an input of zeros, that of the state without recurrent kernels.
    """
    time = 0 if getattr(layer, "time_major", False) else 1
    sizes = list(shape)
    sizes[time] = min(sizes[time], _STEPS)
    nothing = context.tensor(np.zeros(sizes, "float32"))
    state = argument == "recurrent_dropout"
    tensor = nothing if state else context.tensor(np.ones(sizes, "float32"))
    with settled(layer):
        look(context, layer, tensor, training=False)
        with weights(context, layer, 0.1, 0.4, recurrent=state):
            trained = look(context, layer, tensor, training=True)
            calm = look(context, layer, tensor, training=False)
        with weights(context, layer, 0.1, 0.4, recurrent=False):
            empty = look(context, layer, nothing, training=False)
    if _same(calm, empty):
        raise Failed(
            "observe", "what the layer drops cannot be told from what comes out", context.job["probe"]["layer"]
        )
    return {"off": _same(trained, calm), "zero": _same(trained, empty)}


def _same(a: Any, b: Any) -> bool:
    return bool(a.shape == b.shape and np.allclose(a, b, atol=1e-6))


# ---------------------------------------------------------------------------------------------------------------------
# Masking


def masking(job: Mapping[str, Any], context: Replay) -> dict[str, Any]:
    """Which timesteps a Masking layer takes for padding behind a dropout, in training and at inference."""
    probe = job["probe"]
    node, target = probe["node"], probe["target"]
    shape = tuple(int(size) for size in context.inputs(node)[0].shape)
    time, batch = axes(probe)
    layer = context.called(target)
    array, padded = _padded(context, shape, time, batch[0], float(layer.mask_value))
    tensor = context.tensor(array)

    def masked(training: bool) -> Any:
        read = downstream(context, node, context.call(node, [tensor], training=training), target)[0]
        return ~context.array(layer.compute_mask(read)).astype(bool)

    calm = masked(training=False)
    # Where a layer between moves the timesteps, those masked at inference are the padding.
    in_place = padded.shape == calm.shape and time < padded.ndim
    padding = padded if in_place else calm
    if calm.all() or not calm.any():
        raise Failed("observe", "no padding arrives at the Masking layer even at inference")
    draws = max(_FEWEST_DRAWS, min(int(job.get("draws", 256)), _MOST_VALUES // array.size))
    drawn = np.stack([masked(training=True) for _ in range(draws)])
    real, pad = ~padding, padding.copy()
    if in_place:
        # What the dropout's mask does not tell apart counts once: the first timestep is never padding, the last is
        # in all samples but the first.
        varies = figures(context, node, context.inputs(node), context.called(node), draws=32)["varies"]
        if varies is not None and not varies[time]:
            _only(real, time, 0)
            _only(pad, time, -1)
        if varies is not None and not varies[batch[0]]:
            _only(real, batch[0], 0)
            _only(pad, batch[0], -1)
    return {
        "shape": list(shape),
        "draws": draws,
        "training": {name: _share(drawn[:, where]) for name, where in (("real", real), ("padding", pad))},
        "inference": {name: _share(calm[where]) for name, where in (("real", ~padding), ("padding", padding))},
    }


def _padded(context: Replay, shape: tuple[int, ...], time: int, batch: int, value: float) -> tuple[Any, Any]:
    """Samples of all lengths, right-padded with `value`, and where the padding is (without the last axis)."""
    array = context.random.uniform(2.0, 3.0, shape) + abs(value)
    padded = np.zeros(shape, bool)
    for sample in range(shape[batch]):
        index: list[Any] = [slice(None)] * len(shape)
        index[batch] = sample
        index[time] = slice(max(1, shape[time] - sample), None)
        padded[tuple(index)] = True
    array[padded] = value
    return array.astype("float32"), padded.all(axis=-1)


def _only(where: Any, axis: int, index: int) -> None:
    """Clear all but one position along an axis."""
    kept = where.take([index], axis=axis)
    where[...] = False
    position: list[Any] = [slice(None)] * where.ndim
    position[axis] = [index]
    where[tuple(position)] = kept


def _share(lost: Any) -> list[int]:
    return [int(lost.sum()), int(lost.size)]
