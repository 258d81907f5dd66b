"""The state of a GRU, which a recurrent dropout may let grow without a bound."""

from __future__ import annotations

from rnnlint.confirm.case import Case
from rnnlint.confirm.choices import highest
from rnnlint.confirm.figures import Judgement
from rnnlint.confirm.jobs import by_itself
from rnnlint.confirm.rebuild.finish import Planned
from rnnlint.findings import Probe
from rnnlint.flow.view import View
from rnnlint.graph import Const, Value

CLAIMS = ("grows",)
# Rounding may lift a tanh a little.
_BOUND = 1.001


def plan(view: View, probe: Probe) -> Planned:
    """A GRU over many timesteps. Its activation is what bounds its state, so that is the one it has by default."""
    layer = view.graph.layers[probe.layer]
    chosen: dict[tuple[int, str], Value] = {(layer.id, probe.argument): highest(layer, probe.argument)}
    if layer.arg("activation") is not None:
        chosen[layer.id, "activation"] = Const("tanh")
    return by_itself(view, probe, layer, chosen, {})


def judge(case: Case) -> Judgement:
    """A state beyond what a tanh can give."""
    seen = case.seen
    told = f"after {seen['steps']} timesteps in training the largest value of the state is {seen['largest']:.3g}"
    if seen["opened"]:
        told += " with its update gate open"
    if seen["calm"] > 1:
        return "unverified", f"{told}, but at inference {seen['calm']:.3g}"
    told += f", at inference {seen['calm']:.3g}"
    return ("confirmed" if seen["largest"] > _BOUND else "refuted"), told
