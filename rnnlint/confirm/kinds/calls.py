"""Calls that are compared: results that vary and should not, or are the same and should not be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from rnnlint.confirm.case import Case
from rnnlint.confirm.choices import highest, rates
from rnnlint.confirm.figures import Judgement
from rnnlint.confirm.jobs import ANY_SIZE, ask, cut_for, in_a_layer
from rnnlint.confirm.rebuild.finish import Planned, finish
from rnnlint.confirm.rebuild.job import JobBuilder
from rnnlint.confirm.rebuild.parts import ObstacleError
from rnnlint.findings import Probe
from rnnlint.flow.view import View
from rnnlint.graph import Layer, Value
from rnnlint.keras.kinds import DROPOUTS, OWN_DROPOUT, Kind
from rnnlint.keras.table import kind_of


def plan(view: View, probe: Probe) -> Planned:
    """Calls that are compared with each other, of what they call by itself."""
    assert probe.node is not None
    node = view.graph.nodes[probe.node]
    if "at-inference" in probe.claims:
        builder = JobBuilder(view.graph, view.targets, {})
        refs = node.inputs[0] if node.inputs else ()
        if not refs:
            raise ObstacleError("there is nothing that gives its input")
        shape = view.graph.shape(refs[0])
        made = builder.input(builder.free_id(), shape if shape is not None else (None, None, None), {}, 1)
        builder.call(node, [made], checked=False)
        return finish(builder, ask(probe, node.id, ""), [node.id], unsaid=ANY_SIZE)
    nodes = [view.graph.nodes[id] for id in probe.node_ids] or [node]
    chosen = {
        (one.id, name): value
        for called in nodes
        if called.layer is not None
        for one in called.layer.walk()
        for name, value in _dropped(one)
    }
    builder = JobBuilder(view.graph, view.targets, chosen)
    assert node.layer is not None
    if "stale" in probe.claims:
        place, key = in_a_layer(builder, node.layer)
        return finish(builder, ask(probe, place, key), [place], unsaid=ANY_SIZE)
    rank = 3 if kind_of(node.layer) not in (*DROPOUTS, Kind.TIME_DISTRIBUTED) else 2
    keep = kind_of(node.layer) in DROPOUTS
    made = cut_for(builder, nodes[-1], rank, 1, keep=keep)
    for one in nodes:
        builder.call(one, [made], checked=False)
        seed = one.layer.arg("seed") if one.layer is not None and "same-mask" in probe.claims else None
        if seed is not None and one.layer is not None:  # which says nothing elsewhere
            builder.layers[str(one.layer.id)]["keywords"]["seed"] = builder.settler.value(seed.value)
    asked = {**ask(probe, node.id, str(node.layer.id)), "target": nodes[0].id}
    return finish(builder, asked, [one.id for one in nodes])


def _dropped(layer: Layer) -> Iterator[tuple[str, Value]]:
    """Rates with which a layer drops."""
    if kind_of(layer) in DROPOUTS:
        yield from rates(layer)
    for name in ("dropout", "recurrent_dropout"):
        if layer.arg(name) is not None and kind_of(layer) in OWN_DROPOUT:
            yield name, highest(layer, name)


def _overridden(case: Case) -> Judgement:
    """A layer called with training=True, whose model predicts the same all the same."""
    told = f"{_others(case, 'changed')} between two `predict`, {_others(case, 'control')} between two `model(x)`"
    if not case.seen["control"][0]:
        return "unverified", f"{told}: nothing is dropped anyway"
    return ("refuted" if case.seen["changed"][0] else "confirmed"), told


def _at_inference(case: Case) -> Judgement:
    """A model that predicts something else at every call."""
    told = f"{_others(case, 'changed')} between two `predict`"
    return ("confirmed" if case.seen["changed"][0] else "refuted"), told


def _stale(case: Case) -> Judgement:
    """A cell that drops the same at every call."""
    reset = f"{_others(case, 'control')} with the masks reset in between"
    told = f"{_others(case, 'changed')} between two calls in training, {reset}"
    if not case.seen["control"][0]:
        return "unverified", f"{told}: nothing is dropped anyway"
    return ("refuted" if case.seen["changed"][0] else "confirmed"), told


def _same_mask(case: Case) -> Judgement:
    """Two layers that drop the same."""
    told = f"{_others(case, 'changed')} between the two masks, {_others(case, 'control')} between two of one layer"
    if not case.seen["control"][0]:
        return "unverified", f"{told}: one mask for all calls"
    return ("refuted" if case.seen["changed"][0] else "confirmed"), told


def _others(case: Case, name: str) -> str:
    changed, values = case.seen[name]
    return f"{changed:,} of {values:,} values differ"


CLAIMS: Mapping[str, Callable[[Case], Judgement]] = {
    "overridden": _overridden,
    "at-inference": _at_inference,
    "stale": _stale,
    "same-mask": _same_mask,
}


def judge(case: Case) -> Judgement:
    """Whether the claim holds, by what was seen."""
    return CLAIMS[case.claim](case)
