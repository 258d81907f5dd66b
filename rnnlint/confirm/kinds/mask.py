"""The mask of a dropout layer over many draws, and what the recurrent layer behind it reads."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

from rnnlint.confirm.case import Case
from rnnlint.confirm.choices import batch_size, dropping, rates
from rnnlint.confirm.figures import Judgement, compare, percent
from rnnlint.confirm.jobs import MOST_VALUES, alone, ask, into, predicted
from rnnlint.confirm.rebuild.finish import Planned, finish
from rnnlint.confirm.rebuild.fitting import passes_on
from rnnlint.confirm.rebuild.job import JobBuilder
from rnnlint.confirm.rebuild.parts import JobTensor
from rnnlint.confirm.wording import shape_text
from rnnlint.findings import Probe
from rnnlint.flow.paths import dropout
from rnnlint.flow.paths import target as recurrent_target
from rnnlint.flow.view import View
from rnnlint.graph import Node, Ref
from rnnlint.keras.kinds import DROPOUTS, Kind
from rnnlint.keras.table import kind_of


def plan(view: View, probe: Probe) -> Planned:
    """The mask of a dropout layer, and where it leads to a recurrent layer what that reads."""
    if probe.node is None:
        return _uncalled(view, probe)
    node = view.graph.nodes[probe.node]
    layer, chosen = dropping(view, probe, node)
    builder = JobBuilder(view.graph, view.targets, chosen)
    inside = dropout(builder.settler.settle(layer))
    if inside is not None and (rows := batch_size(inside)) is not None:
        builder.sizes.rows(rows)
    shrink = _any_length(view.graph.nodes[id] for id in probe.node_ids[1:-1])
    given = into(builder, node, probe.rank, probe.axis, shrink=shrink)
    made = builder.call(node, [given], checked=False)
    target = None
    if len(probe.node_ids) > 1:
        *between, last = (view.graph.nodes[id] for id in probe.node_ids[1:])
        made = _along(builder, between, made)
        target = builder.free_id()
        read = recurrent_target(last.layer)
        name = read.layer.short if read is not None else last.name.rpartition(".")[2]
        builder.nodes[target] = {"id": target, "kind": "target", "name": name, "inputs": [made.ref]}
    batch = sorted(probe.batch)
    sizes = given.sizes[0]
    features = [axis for axis in range(len(sizes or ())) if axis != probe.axis and axis not in batch]
    if math.prod(sizes or ()) > MOST_VALUES and (inside is None or batch_size(inside) is None):
        builder.sizes.rows(2)
    asked = ask(
        probe,
        node.id,
        str(layer.id),
        target=target,
        batch=batch,
        features=features,
        probability=predicted(builder, probe, layer, given, features),
    )
    return finish(builder, asked, [node.id] if target is None else [node.id, target])


def _uncalled(view: View, probe: Probe) -> Planned:
    """The mask of a dropout layer that nothing calls, on a synthetic sequence."""
    layer = view.graph.layers[probe.layer]
    chosen = {(inner.id, arg): value for inner in layer.walk() for arg, value in rates(inner)}
    builder = JobBuilder(view.graph, view.targets, chosen)
    node = alone(builder, layer, (None, None, None))
    asked = ask(probe, node, str(layer.id), axis=1, batch=[0], features=[2], probability=None)
    return finish(builder, asked, [node])


def _along(builder: JobBuilder, between: Iterable[Node], made: JobTensor) -> JobTensor:
    """What the layers between the dropout and the recurrent layer give. Raises ObstacleError where one cannot run."""
    for node in between:
        if node.body or passes_on(node):
            for output in range(len(node.outputs)):
                builder.made[Ref(node.id, output)] = made
            continue
        if node.layer is not None:
            builder.settler.settle(node.layer)
        made = builder.call(node, builder.beside(node, made), checked=False)
    return made


def _any_length(nodes: Iterable[Node]) -> bool:
    """Whether layers take any number of timesteps and features."""
    free = (*DROPOUTS, Kind.NOISE, Kind.MASKING, Kind.DENSE, Kind.ELEMENTWISE, Kind.NORMALIZATION)
    return all(node.layer is not None and kind_of(node.layer) in free for node in nodes)


def _steps(case: Case) -> Judgement:
    """Timesteps that are lost as a whole."""
    return _along_time(case, own=True) or _loss(case, "steps", "timestep")


def _sequences(case: Case) -> Judgement:
    """Sequences that are lost as a whole."""
    return _along_time(case, own=False) or _loss(case, "sequences", "sequence")


def _batches(case: Case) -> Judgement:
    """Batches that are lost as a whole."""
    return _along_batch(case) or _loss(case, "batches", "batch")


def _per_step(case: Case) -> Judgement:
    """A mask with a separate draw for every timestep."""
    if said := _along_time(case, own=True):
        return said
    if case.seen["shape"][case.axis] == 1:
        return "unverified", "there is a single timestep here"
    return _reaching(case, ("confirmed", f"{case.drawn}: a new mask at every timestep{case.before}"))


def _batch_shared(case: Case) -> Judgement:
    """A mask that all samples share. What reads it does not matter."""
    told = f"{case.drawn}: the same mask for all {case.seen['shape'][0]} samples of a batch{case.before}"
    return _along_batch(case) or ("confirmed", told)


def _elementwise(case: Case) -> Judgement:
    """A mask with a draw for each element, as Dropout has it without a wrapper."""
    if said := _no_mask(case):
        return said
    axes = enumerate(zip(case.seen["shape"], case.seen["varies"], strict=True))
    same = [str(axis) for axis, (size, varies) in axes if size > 1 and not varies]
    if same:
        return "refuted", f"{case.drawn}: the mask is the same all along axis {' and '.join(same)}"
    return "confirmed", f"{case.drawn}: each element has its own draw, as without the wrapper"


def _along_time(case: Case, *, own: bool) -> Judgement | None:
    """The verdict where timesteps share a mask, or with `own=False` where each has its own; else None."""
    if said := _no_mask(case):
        return said
    shape, axis = case.seen["shape"], case.axis
    if axis is None or axis >= len(shape):
        return "unverified", "the time axis of the dropout's input is unknown"
    if shape[axis] == 1 or bool(case.seen["varies"][axis]) is own:
        return None
    what = "the same at all timesteps" if own else "a new one at every timestep"
    return "refuted", f"{case.drawn}: the mask is {what}{case.before}"


def _along_batch(case: Case) -> Judgement | None:
    """The verdict where the samples of a batch do not share the mask; else None."""
    if said := _no_mask(case):
        return said
    if case.seen["shape"][0] == 1:
        return "unverified", "the batch has a single sample here"
    if case.seen["varies"][0]:
        return "refuted", f"{case.drawn}: each sample of a batch has its own mask{case.before}"
    return None


def _no_mask(case: Case) -> Judgement | None:
    """The verdict where the output has another shape than the input, or no value was dropped; else None."""
    if case.seen["varies"] is None:
        shape, found = shape_text(case.seen["shape"]), shape_text(case.seen["output_shape"])
        return "unverified", f"in training the dropout turns the shape {shape} into {found}"
    if case.seen["values"][0]:
        return None
    told = f"{case.seen['draws']} draws: nothing is dropped{case.before}"
    if case.rate is None:
        return "unverified", told
    status, told = compare(told, 0, case.seen["values"][1], case.rate)
    return ("refuted" if status == "refuted" else "unverified"), told


def _loss(case: Case, units_name: str, unit: str) -> Judgement:
    """The share of timesteps, sequences or batches in which all values are zero."""
    lost, units = case.seen[units_name]
    dropped, values = case.seen["values"]
    probability = case.probability
    many = "batches" if unit == "batch" else f"{unit}s"
    told = f"{case.seen['draws']} draws: {percent(lost, units)} of {many} all-zero{case.before}"
    said = compare(told, lost, units, probability)
    if not lost and probability and said[0] != "refuted" and units:
        # So few were to be expected that none came. The single values show the rate, and how many of them a unit has.
        each = max(1, round(values / units))
        told = f"{case.seen['draws']} draws: {percent(dropped, values)} of values zero{case.before}"
        told += f", with {each} independent {'value' if each == 1 else 'values'} per {unit}"
        status, told = compare(told, dropped, values, probability ** (1 / each))
        rare = f"all at once, predicted {percent(probability)}, is too rare to be observed among {units:,} {many}"
        said = status, f"{told}; {rare}"
    return _reaching(case, said)


def _reaching(case: Case, said: Judgement) -> Judgement:
    """A loss also has to reach the recurrent layer: what it reads at a dropped timestep must differ from inference."""
    if said[0] != "confirmed" or not case.target or case.seen.get("reaches"):
        return said
    if case.seen.get("reaches") is None:
        return "unverified", f"{said[1]}; whether {case.target} reads it could not be observed"
    return "refuted", f"{said[1]}; but that does not change what {case.target} reads"


CLAIMS: Mapping[str, Callable[[Case], Judgement]] = {
    "steps": _steps,
    "sequences": _sequences,
    "batches": _batches,
    "per-step": _per_step,
    "batch-shared": _batch_shared,
    "elementwise": _elementwise,
}


def judge(case: Case) -> Judgement:
    """Whether the claim holds, by what was seen."""
    return CLAIMS[case.claim](case)
