"""Token ids through a dropout into an Embedding."""

from __future__ import annotations

from rnnlint.confirm.case import Case
from rnnlint.confirm.choices import dropping
from rnnlint.confirm.figures import Judgement, percent
from rnnlint.confirm.jobs import ANY_LENGTH, ask, cut_for
from rnnlint.confirm.rebuild.finish import Planned, finish
from rnnlint.confirm.rebuild.job import JobBuilder
from rnnlint.confirm.wording import fails
from rnnlint.findings import IdsClaim, Probe
from rnnlint.flow.view import View
from rnnlint.graph import Const, Graph, Layer, Ref, options
from rnnlint.keras.kinds import Kind
from rnnlint.keras.table import kind_of

_VOCABULARY = 20_000

CLAIMS: tuple[IdsClaim, ...] = ("other-ids",)


def plan(view: View, probe: Probe) -> Planned:
    """Token ids through a dropout into an Embedding."""
    first, *between, last = (view.graph.nodes[id] for id in probe.node_ids)
    layer, chosen = dropping(view, probe, first)
    assert last.layer is not None
    table = _table(last.layer)
    words, wide = _size(table, "input_dim"), _size(table, "output_dim")
    high = words if words is not None and words <= _VOCABULARY else 1000
    chosen[table.id, "input_dim"] = Const(high)
    if wide is None or wide > 16:
        chosen[table.id, "output_dim"] = Const(4)  # how wide the table is does not matter
    builder = JobBuilder(view.graph, view.targets, chosen)
    if high != words:
        builder.settler.say(last.layer, f"{high:,} words" if words is None else f"{high:,} of {words:,} words")
    made = cut_for(builder, first, 2, 1, keep=bool(between))
    entry = builder.nodes[made.node]
    entry["fill"], entry["high"] = "ids", high
    entry["dtype"] = _dtype(view.graph, first.inputs[0][0]) if first.inputs and first.inputs[0] else "float32"
    for node in (first, *between, last):
        made = builder.call(node, [made], checked=False)
    asked = ask(probe, first.id, str(layer.id), target=last.id, axis=1)
    return finish(builder, asked, [first.id, last.id], unsaid=ANY_LENGTH)


def _table(layer: Layer) -> Layer:
    while kind_of(layer) is Kind.TIME_DISTRIBUTED and layer.children:
        layer = layer.children[0]
    return layer


def _size(layer: Layer, name: str) -> int | None:
    arg = layer.arg(name)
    found = next((one.value for one in options(arg.value) if isinstance(one, Const)), None) if arg is not None else None
    return found if isinstance(found, int) else None


def _dtype(graph: Graph, ref: Ref) -> str:
    """Whole numbers where the input says so; Keras' inputs are floats by default."""
    node = graph.nodes[ref.node]
    arg = node.arg("dtype") if node.kind == "input" else None
    text = arg.value.value if arg is not None and isinstance(arg.value, Const) else None
    return "int32" if isinstance(text, str) and "int" in text else "float32"


def judge(case: Case) -> Judgement:
    """Ids that an Embedding looks up."""
    call, control = case.seen["call"], case.seen["control"]
    if "error" in control:
        return "unverified", f"also at inference, {fails(control)}"
    if "error" in call:
        return "confirmed", f"{fails(call)}; at inference it runs"
    changed, ids = case.seen["changed"]
    beyond = case.seen.get("out_of_range", 0)
    told = f"{percent(changed, ids)} of the ids change in training"
    if beyond:
        told += f", {percent(beyond, ids)} to ids beyond the table"
    return ("confirmed" if changed else "refuted"), told
