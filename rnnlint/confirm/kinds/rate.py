"""A rate that is not a probability."""

from __future__ import annotations

import math
from typing import get_args

from rnnlint.confirm.case import Case
from rnnlint.confirm.choices import choose, rank_of, recurrent_rank
from rnnlint.confirm.figures import Judgement, percent
from rnnlint.confirm.jobs import ANY_SIZE, MOST_VALUES, alone, ask, in_a_layer, own_input
from rnnlint.confirm.rebuild.finish import Planned, finish
from rnnlint.confirm.rebuild.job import JobBuilder
from rnnlint.confirm.wording import fails, otherwise
from rnnlint.findings import Probe, RateClaim
from rnnlint.flow.view import View
from rnnlint.graph import Const, Range
from rnnlint.keras.kinds import DROPOUTS, Kind
from rnnlint.keras.rates import check_rates
from rnnlint.keras.table import kind_of

CLAIMS: tuple[RateClaim, ...] = get_args(RateClaim)


def plan(view: View, probe: Probe) -> Planned:
    """A layer with an invalid rate, by itself."""
    layer = view.graph.layers[probe.layer]
    name = probe.argument
    bad = choose(
        layer,
        layer,
        name,
        lambda one: any(found.argument == name and found.certain for found in check_rates(one, view.targets)),
    )
    if isinstance(bad, Range):
        bad = Const(bad.high if bad.high is not None and bad.high < 0 else bad.low)
    chosen = {(layer.id, name): bad}
    builder = JobBuilder(view.graph, view.targets, chosen)
    what = kind_of(layer)
    node_layer = view.graph.nodes[probe.node].layer if probe.node is not None else None
    shape = own_input(view.graph, probe, layer) if node_layer is not None and node_layer.id == layer.id else None
    if what is Kind.CELL:
        node, key = in_a_layer(builder, layer)
    else:
        rank = rank_of(layer) if what in DROPOUTS else recurrent_rank(layer)
        if shape is not None and math.prod(size for size in shape if isinstance(size, int)) > MOST_VALUES:
            shape = None
        node, key = alone(builder, layer, shape or (None,) * rank), str(layer.id)
    asked = ask(probe, node, key, axis=1, argument="rate" if name == "p" else name)
    return finish(builder, asked, [node], unsaid=ANY_SIZE)


def judge(case: Case) -> Judgement:
    """What Keras does with an invalid rate, against the claim (`rnnlint.keras.rates.Outcome.what`)."""
    call, control = case.seen["call"], case.seen.get("control", {})
    if "error" in control:
        return "unverified", f"also with a rate of 0.5, {fails(control)}"
    if "error" in call:
        found, told = ("rejected" if call.get("when") == "constructor" else "training-error"), fails(call)
    elif case.seen["off"]:
        found, told = "off", "in training nothing is dropped"
    elif case.seen["zero"]:
        found, told = "all-zero", "in training everything is zero"
    else:
        share = f"{percent(*case.seen['share'])} of the values" if case.seen.get("share") else "some of the values"
        return "refuted", f"Keras accepts it and drops {share}"
    if found == case.claim or (case.claim == "off-or-all-zero" and found in ("off", "all-zero")):
        return "confirmed", told
    return otherwise(("confirmed", told))
