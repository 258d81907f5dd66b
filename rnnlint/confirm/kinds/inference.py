"""A layer that drops at inference as well, where cuDNN runs it."""

from __future__ import annotations

from rnnlint.confirm.case import Case
from rnnlint.confirm.choices import harmless, highest
from rnnlint.confirm.figures import Judgement, compare, percent
from rnnlint.confirm.jobs import by_itself
from rnnlint.confirm.rebuild.finish import Planned
from rnnlint.findings import InferenceClaim, Probe
from rnnlint.flow.view import View
from rnnlint.keras.scalars import number

CLAIMS: tuple[InferenceClaim, ...] = ("drops",)


def plan(view: View, probe: Probe) -> Planned:
    """A layer that runs on cuDNN, by itself."""
    layer = view.graph.layers[probe.layer]
    chosen = {**harmless(layer, layer, view.targets, ("dropout",)), (layer.id, "dropout"): highest(layer, "dropout")}
    return by_itself(view, probe, layer, chosen, {"probability": number(chosen[layer.id, "dropout"])})


def judge(case: Case) -> Judgement:
    """How much of the input is zero at inference, where it is handed to cuDNN."""
    seen = case.seen
    if not seen["attempted"] or not seen["control"] or seen["inference"] is None:
        return "unverified", f"whether Keras chooses cuDNN could not be observed here: {seen.get('mechanism')}"
    lost, values = seen["inference"]
    told = f"at inference {percent(lost, values)} of the input is zero where it is passed to cuDNN"
    if not lost:
        return "refuted", told
    status, told = compare(told, lost, values, case.probability)
    return status, f"{told} (on a simulated GPU)"
