"""The mask that a recurrent layer's argument `dropout` puts on its own input."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from rnnlint.confirm.case import Case
from rnnlint.confirm.choices import highest, inner_layer
from rnnlint.confirm.figures import Judgement, agreement, compare, percent
from rnnlint.confirm.jobs import MOST_STEPS, SHORT, ask
from rnnlint.confirm.rebuild.finish import Planned, finish
from rnnlint.confirm.rebuild.job import JobBuilder
from rnnlint.findings import Probe
from rnnlint.flow.view import View
from rnnlint.graph import Layer
from rnnlint.keras.masks import rnn_input_mask, rnn_losses


def plan(view: View, probe: Probe) -> Planned:
    """A recurrent layer on its input; only the number of features matters."""
    assert probe.node is not None
    node = view.graph.nodes[probe.node]
    assert node.layer is not None
    inner = inner_layer(node.layer, probe.layer)
    chosen = {(inner.id, "dropout"): highest(inner, "dropout")}
    builder = JobBuilder(view.graph, view.targets, chosen)
    layer = builder.settler.settle(node.layer)
    made = builder.tensor(node.inputs[0], None if probe.axis is None else probe.axis + 2)
    sizes = made.sizes[0]
    if sizes is not None and probe.axis is not None and sizes[probe.axis] > MOST_STEPS:
        made = builder.smaller(made, {probe.axis: SHORT}, probe.axis)
        sizes = made.sizes[0]
    builder.call(node, [made], checked=False)
    asked = ask(probe, node.id, str(layer.id), argument="dropout", probability=_predicted(builder, probe, layer, sizes))
    return finish(builder, asked, [node.id])


def _predicted(builder: JobBuilder, probe: Probe, layer: Layer, sizes: tuple[int, ...] | None) -> float | None:
    env = builder.env.for_origin(layer.origin)
    found = rnn_input_mask(builder.sizes.concrete_layer(layer), env)
    if found is None or sizes is None or probe.axis is None:
        return probe.probability
    features = math.prod(sizes[probe.axis + 1 :])
    losses = [one for one in rnn_losses(found, features) if one.where.within(env) != "none"]
    # Several figures only where several versions may be meant: then the highest, as in the message.
    return max((one.probability for one in losses), default=probe.probability)


def _steps(case: Case) -> Judgement:
    (lost, units), (every, _) = case.seen["first"], case.seen["all"]
    told = f"{case.seen['draws']} draws: the input is lost in {percent(lost, units)} of timesteps"
    steps, probability = case.seen["shape"][case.axis or 1], case.probability
    if steps > 1 and probability is not None and agreement(every, units, probability**steps) == "refuted":
        return "refuted", f"{told}, and in {percent(every, units)} of sequences at all timesteps at once"
    return compare(told, lost, units, probability)


def _sequences(case: Case) -> Judgement:
    lost, units = case.seen["all"]
    told = f"{case.seen['draws']} draws: the whole input is lost in {percent(lost, units)} of sequences"
    return compare(told, lost, units, case.probability)


CLAIMS: Mapping[str, Callable[[Case], Judgement]] = {
    "steps": _steps,
    "sequences": _sequences,
}


def judge(case: Case) -> Judgement:
    """Whether the claim holds, by what was seen."""
    return CLAIMS[case.claim](case)
