"""A Masking layer behind a dropout: padding that it no longer recognises, timesteps that it takes for padding."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rnnlint.confirm.case import Case
from rnnlint.confirm.choices import dropping
from rnnlint.confirm.figures import Judgement, compare, percent
from rnnlint.confirm.jobs import ask, cut_for, predicted
from rnnlint.confirm.rebuild.finish import Planned, finish
from rnnlint.confirm.rebuild.job import JobBuilder
from rnnlint.findings import Probe
from rnnlint.flow.view import View
from rnnlint.graph import Const, Node, options
from rnnlint.keras.kinds import Kind
from rnnlint.keras.table import kind_of


def plan(view: View, probe: Probe) -> Planned:
    """Values with padding through a dropout into Masking."""
    first, *between, last = (view.graph.nodes[id] for id in probe.node_ids)
    assert first.layer is not None
    assert last.layer is not None
    layer, chosen = dropping(view, probe, first)
    arg = last.layer.arg("mask_value")
    values = [one.value for one in options(arg.value) if isinstance(one, Const)] if arg is not None else [0.0]
    value = next((one for one in values if (one == 0) is (probe.claims == ("steps",))), values[0] if values else -1.0)
    chosen[last.layer.id, "mask_value"] = Const(value)
    builder = JobBuilder(view.graph, view.targets, chosen)
    made = given = cut_for(builder, first, 3, 1, keep=_moves(between))
    rank = len(given.sizes[0] or ())
    for node in (first, *between, last):
        made = builder.call(node, [made], checked=False)
    if arg is not None and not values:
        builder.settler.say(last.layer, f"mask_value={value}")
    probability = probe.probability
    if rank > 2 and not _moves(between):
        probability = predicted(builder, probe, layer, given, range(2, rank))
    asked = ask(probe, first.id, str(layer.id), target=last.id, axis=1, probability=probability)
    return finish(builder, asked, [first.id, last.id])


def _moves(nodes: Sequence[Node]) -> bool:
    return any(node.layer is not None and kind_of(node.layer) in (Kind.RESHAPE, Kind.PERMUTE) for node in nodes)


def _padding(case: Case) -> Judgement:
    """Padding that Masking does not recognise any more."""
    (trained, units), (inferred, total) = (case.seen[when]["padding"] for when in ("training", "inference"))
    told = f"{percent(trained, units)} of the padding masked in training, {percent(inferred, total)} at inference"
    if not inferred:
        return "unverified", told
    return ("confirmed" if trained * total < inferred * units else "refuted"), told


def _steps(case: Case) -> Judgement:
    """Timesteps that Masking takes for padding."""
    lost, units = case.seen["training"]["real"]
    told = f"{percent(lost, units)} of the real timesteps masked in training"
    if case.seen["inference"]["real"][0]:
        return "unverified", f"{told}, but also some at inference"
    status, told = compare(told, lost, units, case.probability)
    if status == "confirmed" and not lost:
        return "unverified", f"{told}: too rare to be observed among {units:,}"
    return status, told


CLAIMS: Mapping[str, Callable[[Case], Judgement]] = {
    "padding": _padding,
    "steps": _steps,
}


def judge(case: Case) -> Judgement:
    """Whether the claim holds, by what was seen."""
    return CLAIMS[case.claim](case)
