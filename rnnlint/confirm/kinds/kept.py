"""How much of its input, or of its state, a layer keeps in training."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rnnlint.confirm.case import Case
from rnnlint.confirm.choices import highest, inner_layer, rank_of, rates, recurrent_rank
from rnnlint.confirm.figures import Judgement, agreement, compare, percent
from rnnlint.confirm.jobs import ANY_SIZE, alone, ask, by_itself, cut_for
from rnnlint.confirm.rebuild.finish import Planned, finish
from rnnlint.confirm.rebuild.job import JobBuilder
from rnnlint.confirm.rebuild.parts import Json, ObstacleError
from rnnlint.findings import Probe
from rnnlint.flow.paths import dropout
from rnnlint.flow.view import View
from rnnlint.graph import Const, Layer, Value, options
from rnnlint.keras.kinds import DROPOUTS, Kind
from rnnlint.keras.masks import mask
from rnnlint.keras.scalars import number
from rnnlint.keras.table import kind_of


def plan(view: View, probe: Probe) -> Planned:
    """How much a layer keeps: a dropout, or a recurrent layer of its input or state, by itself or behind dropouts."""
    if len(probe.node_ids) > 1:
        return _stack(view, probe)
    layer = view.graph.layers[probe.layer]
    if kind_of(layer) in DROPOUTS:
        chosen = {(layer.id, name): value for name, value in rates(layer)}
        builder = JobBuilder(view.graph, view.targets, chosen)
        rank = rank_of(layer)
        node = alone(builder, layer, (None,) * rank)
        rate = next((number(value) for value in chosen.values()), None)
        asked = ask(probe, node, str(layer.id), axis=1, batch=[0], features=[*range(2, rank)])
        return finish(builder, {**asked, "probability": None if rate is None else 1 - rate}, [node], unsaid=ANY_SIZE)
    name = probe.argument
    chosen = {(layer.id, name): highest(layer, name), **_runs(layer)}
    rate = number(chosen[layer.id, name])
    kept = None if rate is None else 1 - rate
    more: Json = {"argument": name}
    if "ignored" in probe.claims:
        more["written"], kept = kept, 1.0
        if (
            name == "recurrent_dropout"
            and kind_of(layer) is not Kind.CONV_RECURRENT
            and layer.arg("dropout") is not None
        ):
            used = _used(layer)
            if used == rate:
                raise ObstacleError("the two rates may be equal")
            chosen[layer.id, "dropout"] = Const(used)
            kept = 1 - used
    return by_itself(view, probe, layer, chosen, {**more, "probability": kept})


def _stack(view: View, probe: Probe) -> Planned:
    """Dropouts straight in front of a recurrent layer that drops its input itself."""
    *before, last = (view.graph.nodes[id] for id in probe.node_ids)
    assert last.layer is not None
    if kind_of(last.layer) is Kind.TIME_DISTRIBUTED:
        raise ObstacleError("what TimeDistributed takes apart is not followed")
    chosen = _runs(last.layer)
    kept = 1.0
    for node in before:
        inside = dropout(node.layer)
        if inside is None:
            continue
        for name, value in rates(inside):
            chosen[inside.id, name] = value
            kept *= 1 - (number(value) or 0.0)
        shape = mask(inside, None, recurrent_rank(last.layer), view.targets.for_origin(inside.origin))
        if shape is None or shape.varies is None or not shape.varies[0]:
            raise ObstacleError("the samples of a batch may share a mask")
    own = inner_layer(last.layer, probe.layer)
    chosen[own.id, "dropout"] = highest(own, "dropout")
    kept *= 1 - (number(chosen[own.id, "dropout"]) or 0.0)
    builder = JobBuilder(view.graph, view.targets, chosen)
    made = cut_for(builder, before[0], recurrent_rank(last.layer), 1, keep=False)
    for node in (*before, last):
        made = builder.call(node, [made], checked=False)
    asked = ask(probe, last.id, str(last.layer.id), argument="dropout", stack=True, probability=kept)
    return finish(builder, asked, [last.id], unsaid=ANY_SIZE)


def _runs(layer: Layer) -> dict[tuple[int, str], Value]:
    """Whatever its `implementation`, a layer keeps as much; with 1 some releases fail (RNN302)."""
    found = [one for one in layer.walk() if kind_of(one) is Kind.RECURRENT and one.arg("implementation") is not None]
    return {(one.id, "implementation"): Const(2) for one in found}


def _used(layer: Layer) -> float:
    """The rate of a layer's `dropout`, one that drops before one that does not; 0.5 where none is known."""
    arg = layer.arg("dropout")
    known = [rate for one in options(arg.value) if (rate := number(one)) is not None and rate < 1] if arg else []
    return max(0.0, *known) if known else 0.5


def _kept(case: Case) -> Judgement:
    """The share of the input, or of the state, that has an effect."""
    kept, samples = case.seen["kept"]
    return compare(_share(case), kept, samples, case.probability)


def _ignored(case: Case) -> Judgement:
    """The same, which is not the share that the argument leaves."""
    kept, samples = case.seen["kept"]
    written, told = case.asked.get("written"), _share(case)
    if written is not None:
        told += f", where `{case.probe.argument}` should leave {percent(written)}"
        if agreement(kept, samples, written) != "refuted":
            if agreement(kept, samples, case.probability or 0.0) == "refuted":
                return "refuted", told
            return "unverified", f"{told}: more --draws would tell"
    return compare(told, kept, samples, case.probability)


def _share(case: Case) -> str:
    what = "state" if case.probe.argument == "recurrent_dropout" else "input"
    return f"{case.seen['draws']} draws: {percent(*case.seen['kept'])} of the {what} is kept"


def _drawn(case: Case) -> Judgement:
    """A mask per timestep in Keras 2, one for the sequence in Keras 3."""
    seen = case.seen
    if seen["varies"] is None or not 0 < seen["kept"][0] < seen["kept"][1]:
        return "unverified", "there is a single timestep here" if seen["varies"] is None else _share(case)
    told = (
        f"{seen['draws']} draws: {'a new mask at every timestep' if seen['varies'] else 'one mask for all timesteps'}"
    )
    return ("confirmed" if seen["varies"] is seen["keras2"] else "refuted"), told


CLAIMS: Mapping[str, Callable[[Case], Judgement]] = {
    "share": _kept,
    "ignored": _ignored,
    "drawn": _drawn,
}


def judge(case: Case) -> Judgement:
    """Whether the claim holds, by what was seen."""
    return CLAIMS[case.claim](case)
