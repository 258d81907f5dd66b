"""A layer that its arguments, or its cell, take off cuDNN."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from rnnlint.confirm.case import Answer, Case
from rnnlint.confirm.choices import choose, harmless, inner_layer, outer_layer
from rnnlint.confirm.figures import Judgement
from rnnlint.confirm.jobs import recurrent
from rnnlint.confirm.rebuild.finish import Planned
from rnnlint.confirm.wording import clean
from rnnlint.findings import Probe
from rnnlint.flow.view import View
from rnnlint.graph import Layer, Unknown, options
from rnnlint.keras.cudnn import as_layer, disqualifiers


def plan(view: View, probe: Probe) -> Planned:
    """A layer with an argument that takes it off cuDNN."""
    if "layer" in probe.claims:
        return _plan_cell(view, probe)
    outer = outer_layer(view.graph, probe)
    inner = inner_layer(outer, probe.layer)

    def loses(name: str, one: Layer) -> bool:
        found = [one for one in disqualifiers(one, view.targets) if one.layer.id == inner.id and one.certain]
        return name in {one.argument for one in found}

    def stays(name: str, one: Layer) -> bool:
        return not loses(name, one)

    chosen = {(inner.id, probe.argument): choose(outer, inner, probe.argument, partial(loses, probe.argument))}
    for arg in inner.args:
        if arg.name != probe.argument and len(options(arg.value)) > 1:
            value = choose(outer, inner, arg.name, partial(stays, arg.name))
            if not isinstance(value, Unknown):
                chosen[inner.id, arg.name] = value
    return recurrent(view, probe, outer, chosen, {"others": list(probe.others)})


def _plan_cell(view: View, probe: Probe) -> Planned:
    """An RNN with a cell, compared with the layer that could run on cuDNN."""
    layer = view.graph.layers[probe.layer]
    twin = as_layer(layer)
    assert twin is not None, "the finding is about one"
    chosen = harmless(layer, twin, view.targets, ())
    return recurrent(view, probe, layer, chosen, {"twin": True})


def _argument(case: Case) -> Judgement:
    """Whether Keras takes its cuDNN entry point as written, and with the arguments in question at their defaults."""
    seen, argument = case.seen, f"`{case.probe.argument}`"
    errors = seen.get("errors") or {}
    if not seen["attempted"] or not seen.get("control", True):
        why = seen.get("mechanism") or "not even with all arguments at their defaults"
        return "unverified", f"whether Keras chooses cuDNN could not be observed here: {why}"
    if seen["as_written"]:
        return "refuted", "Keras chooses cuDNN as written"
    if "as_written" in errors:
        return "unverified", f"the layer as written raises {clean(str(errors['as_written']))}"
    if not seen["without"]:
        other = "the mask that arrives" if seen.get("mask_loses") else "something else"
        return (
            "unverified",
            f"Keras chooses cuDNN neither as written nor without {argument}: {other} prevents it",
        )
    if not seen.get("loses", True):
        return "refuted", f"it is not {argument} that prevents cuDNN"
    names = [argument, *(f"`{name}`" for name in seen.get("put_back", ()))]
    told = f"Keras chooses cuDNN without {' and '.join(dict.fromkeys(names))}, but not as written"
    return "confirmed", f"{told}{_timed(seen)}"


def _timed(seen: Answer) -> str:
    """What it costs, where there is a GPU to tell."""
    if gpu := seen.get("gpu"):
        return (
            f"; a training step takes {gpu['as_written_ms']:.3g} ms on this GPU, {gpu['without_ms']:.3g} ms without: "
            f"{gpu['ratio']:.2g} times as long"
        )
    return " (on a simulated GPU)"


def _cell(case: Case) -> Judgement:
    """Whether a cell in an RNN is off cuDNN, where the layer that does the same is on it."""
    seen, name = case.seen, case.probe.argument
    if not seen["attempted"] or not seen.get("control", True):
        return "unverified", f"whether Keras chooses cuDNN could not be observed here: {seen.get('mechanism')}"
    if errors := seen.get("errors"):
        return "unverified", f"it raises {clean(str(next(iter(errors.values()))))}"
    if seen["as_written"]:
        return "refuted", "Keras chooses cuDNN for the cell"
    if not seen["without"]:
        return "unverified", f"Keras does not choose cuDNN for {name} either"
    if not seen["same"]:
        return "refuted", f"{name} with the same weights gives a different output"
    told = f"Keras chooses cuDNN for {name}, which gives the same output, but not for the cell"
    return "confirmed", f"{told}{_timed(seen)}"


CLAIMS: Mapping[str, Callable[[Case], Judgement]] = {
    "lost": _argument,
    "layer": _cell,
}


def judge(case: Case) -> Judgement:
    """Whether the claim holds, by what was seen."""
    return CLAIMS[case.claim](case)
