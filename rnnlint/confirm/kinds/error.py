"""A call that fails, gives another rank or ignores an argument, compared with the same call without the cause."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal

from rnnlint.confirm.case import Case
from rnnlint.confirm.choices import (
    batch_size,
    choose,
    dropping,
    highest,
    inner_layer,
    outer_layer,
    rank_of,
    rates,
    with_value,
)
from rnnlint.confirm.figures import Judgement
from rnnlint.confirm.jobs import alone, ask, into, recurrent
from rnnlint.confirm.rebuild.finish import Planned, finish
from rnnlint.confirm.rebuild.job import JobBuilder
from rnnlint.confirm.rebuild.parts import Json, ObstacleError
from rnnlint.confirm.wording import fails, otherwise, quote, shape_text
from rnnlint.findings import Probe
from rnnlint.flow.paths import dropout
from rnnlint.flow.view import View
from rnnlint.graph import Const, Layer, Value, options
from rnnlint.keras.cudnn import conflicts
from rnnlint.keras.masks import check_noise_shape


def plan(view: View, probe: Probe) -> Planned:
    """The call as written, and what the worker takes away from it for comparison."""
    if probe.argument == "implementation":
        return _implementation(view, probe)
    return _noise_error(view, probe) if probe.argument == "noise_shape" else _conflict(view, probe)


def _implementation(view: View, probe: Probe) -> Planned:
    """A layer with `implementation=1` and a dropout, with and without the former."""
    outer = outer_layer(view.graph, probe)
    inner = inner_layer(outer, probe.layer)
    chosen: dict[tuple[int, str], Value] = {
        (inner.id, "implementation"): Const(1),
        (inner.id, "dropout"): highest(inner, "dropout"),
    }
    if inner.arg("recurrent_dropout") is not None:
        chosen[inner.id, "recurrent_dropout"] = Const(0.0)
    return recurrent(view, probe, outer, chosen, {"without": ["implementation"]})


def _noise_error(view: View, probe: Probe) -> Planned:
    """A dropout whose noise shape fails: at another batch size (RNN105), or at all (RNN106)."""
    more: Json = {"without": ["noise_shape"]}
    if probe.node is None:
        layer = view.graph.layers[probe.layer]
        chosen: dict[tuple[int, str], Value] = {(layer.id, name): value for name, value in rates(layer)}
        arg = layer.arg("noise_shape")
        for option in options(arg.value) if arg is not None else ():
            if check_noise_shape(with_value(layer, layer.id, "noise_shape", option), None, None, view.targets):
                chosen[layer.id, "noise_shape"] = option
                break
        if arg is not None and arg.positional:
            chosen[layer.id, "#"] = Const(None)
        builder = JobBuilder(view.graph, view.targets, chosen)
        node_id = alone(builder, layer, (None,) * rank_of(builder.settler.settle(layer)))
    else:
        node = view.graph.nodes[probe.node]
        layer, chosen = dropping(view, probe, node)
        builder = JobBuilder(view.graph, view.targets, chosen)
        settled = dropout(builder.settler.settle(layer))
        if "fixed-batch" in probe.problems and settled is not None:
            written = batch_size(settled)
            if written is None:
                raise ObstacleError("the batch size in the noise shape is not known")
            builder.sizes.rows(written)
            more = {"rows": "other", "written": written}
        given = into(builder, node, probe.rank, probe.axis or 1, shrink=False)
        builder.call(node, [given], checked=False)
        node_id = node.id
    asked = ask(probe, node_id, str(layer.id), argument="noise_shape", **more)
    return finish(builder, asked, [node_id])


def _conflict(view: View, probe: Probe) -> Planned:
    """A layer with `use_cudnn=True`, with and without what cuDNN cannot do."""
    outer = outer_layer(view.graph, probe)
    inner = inner_layer(outer, probe.layer)
    names = (probe.argument, *probe.others)

    def clashes(name: str, one: Layer) -> bool:
        return name in {found.argument for found in conflicts(one, view.targets)}

    chosen: dict[tuple[int, str], Value] = {(inner.id, "use_cudnn"): Const(True)}
    for name in names:
        chosen[inner.id, name] = choose(outer, inner, name, partial(clashes, name))
    return recurrent(view, probe, outer, chosen, {"without": list(names), "fake_gpu": True})


def _raises(case: Case) -> Judgement:
    """A call that raises."""
    if said := _failing(case):
        return said
    grown, told = _shapes(case)
    return otherwise(("confirmed", told)) if grown else ("refuted", f"{_calls(case, 'call')} raises nothing")


def _rank(case: Case) -> Judgement:
    """An output in training with an axis more than it should have."""
    if said := _failing(case):
        return otherwise(said)
    grown, told = _shapes(case)
    return ("unverified" if grown is None else "confirmed" if grown else "refuted"), told


def _ignored(case: Case) -> Judgement:
    """An argument that changes nothing."""
    if said := _failing(case):
        return otherwise(said)
    if case.seen["mask"]["varies"] == case.seen["control_mask"]["varies"]:
        return "confirmed", f"no exception; the mask is drawn along the same axes {_without(case)}"
    return "refuted", f"no exception; the mask is drawn along other axes {_without(case)}"


def _shapes(case: Case) -> tuple[bool | None, str]:
    """Whether the outputs in training of the two calls have different ranks; None where they are not known."""
    found, plain = case.seen["call"].get("output_shape"), case.seen["control"].get("output_shape")
    if found is None or plain is None:
        return None, "no exception, and the shape of the output is not known"
    told = (
        f"no exception; the output in training has the shape {shape_text(found)}, {_without(case)} {shape_text(plain)}"
    )
    return len(found) != len(plain), told


def _failing(case: Case) -> Judgement | None:
    """The verdict if one of the two calls fails; else None."""
    control, call = case.seen["control"], case.seen["call"]
    if "error" in control:
        return "unverified", f"{_calls(case, 'control')} also fails: {quote(control)}"
    if "error" in call:
        gpu = " (on a simulated GPU)" if case.asked.get("fake_gpu") else ""
        return "confirmed", f"{fails(call, _calls(case, 'call'))}; {_calls(case, 'control')} runs{gpu}"
    return None


def _calls(case: Case, which: Literal["control", "call"]) -> str:
    """The call as written, or the one that it is compared with."""
    if case.asked.get("rows"):
        rows = case.seen[which].get("rows")
        return f"a batch of {rows}" if rows else "another batch size" if which == "call" else "the batch size written"
    return "it" if which == "call" else f"the same {_without(case)}"


def _without(case: Case) -> str:
    """What the call is compared with: "without `noise_shape`"."""
    names = [case.asked.get("without") or case.probe.argument]
    if isinstance(names[0], (list, tuple)):
        names = list(names[0])
    return f"without {' and '.join(f'`{name}`' for name in names)}"


CLAIMS: Mapping[str, Callable[[Case], Judgement]] = {
    "raises": _raises,
    "rank": _rank,
    "ignored": _ignored,
}


def judge(case: Case) -> Judgement:
    """Whether the claim holds, by what was seen."""
    return CLAIMS[case.claim](case)
