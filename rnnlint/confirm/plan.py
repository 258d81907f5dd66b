"""What a run has to do to show a finding in real Keras: one job for the worker, or the obstacle why there is none."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rnnlint.confirm.rebuild import Json, Made, ObstacleError, Rebuild, passes_on
from rnnlint.findings import Finding, Plan, Probe
from rnnlint.flow.paths import DROPOUTS, Path, dropout, paths
from rnnlint.flow.paths import target as reads
from rnnlint.graph import Const, Graph, Items, Layer, Node, Range, Ref, Shape, Unknown, Value, options
from rnnlint.keras.cudnn import as_layer, conflicts, disqualifiers
from rnnlint.keras.masks import check_noise_shape, draws, mask, rnn_input_mask, rnn_losses
from rnnlint.keras.rates import check_rates
from rnnlint.keras.scalars import number
from rnnlint.keras.table import Kind, kind_of

if TYPE_CHECKING:
    from rnnlint.keras.versions import Env

# More values than these make no finding clearer, but many draws of them slow.
_STEPS = 24
_SHORT = 12
_VALUES = 200_000
_VOCABULARY = 20_000


def plan(graph: Graph, finding: Finding, env: Env) -> Plan:
    """Plan the run that shows `finding`.

    Args:
        graph: of the file that the finding was made of.
        finding: with its probe.
        env: the Keras versions and backends that the checks were given.
    """
    probe = finding.probe
    if probe is None:
        return Plan(obstacle="there is nothing that a run could show of this finding")
    try:
        job, assumed = _KINDS[probe.kind](graph, probe, env)
    except ObstacleError as error:
        return Plan(obstacle=str(error))
    return Plan(job, "", assumed)


_Planned = tuple[Json, tuple[str, ...]]


# ---------------------------------------------------------------------------------------------------------------------
# Dropout layers


def _mask(graph: Graph, probe: Probe, env: Env) -> _Planned:
    """The mask of a dropout layer, and where it leads to a recurrent layer what that reads."""
    if probe.node is None:
        return _uncalled_mask(graph, probe, env)
    node = graph.nodes[probe.node]
    path = _path(graph, probe, env)
    rank = path.rank if path is not None else None
    layer, chosen = _dropping(graph, probe, node, env, rank)
    rebuild = Rebuild(graph, env, chosen)
    inside = dropout(rebuild.settle(layer))
    if inside is not None and (rows := _rows(inside)) is not None:
        rebuild.rows(rows)
    given = _into(rebuild, node, rank, probe.axis, shrink=_any_length(graph.nodes[id] for id in probe.way[1:-1]))
    made = rebuild.call(node, [given], checked=False)
    target = None
    if len(probe.way) > 1:
        *between, last = (graph.nodes[id] for id in probe.way[1:])
        made = _along(rebuild, between, made)
        target = rebuild.free_id()
        read = reads(last.layer)
        name = read.layer.short if read is not None else last.name.rpartition(".")[2]
        rebuild.nodes[target] = {"id": target, "kind": "target", "name": name, "inputs": [made.ref]}
    batch = sorted(path.batch) if path is not None else [0]
    sizes = given.sizes[0]
    features = [axis for axis in range(len(sizes or ())) if axis != probe.axis and axis not in batch]
    if math.prod(sizes or ()) > _VALUES and (inside is None or _rows(inside) is None):
        rebuild.rows(2)
    asked = _ask(
        probe,
        node.id,
        str(layer.id),
        target=target,
        batch=batch,
        features=features,
        probability=_probability(rebuild, probe, layer, given, features),
    )
    return rebuild.finish(asked, [node.id] if target is None else [node.id, target])


def _uncalled_mask(graph: Graph, probe: Probe, env: Env) -> _Planned:
    layer = graph.layers[probe.layer]
    chosen = {(inner.id, arg): value for inner in layer.walk() for arg, value in _rate(inner)}
    rebuild = Rebuild(graph, env, chosen)
    node = _alone(rebuild, layer, (None, None, None))
    asked = _ask(probe, node, str(layer.id), axis=1, batch=[0], features=[2], probability=None)
    return rebuild.finish(asked, [node])


def _path(graph: Graph, probe: Probe, env: Env) -> Path | None:
    for path in paths(graph, env):
        if path.dropout.id == probe.node and path.axis == probe.axis and path.way(graph) == probe.way:
            return path
    return None


def _along(rebuild: Rebuild, between: Iterable[Node], made: Made) -> Made:
    """The layers between the dropout and the recurrent layer. What is not replayed there is an obstacle."""
    for node in between:
        if node.body or passes_on(node):
            for output in range(len(node.outputs)):
                rebuild.made[Ref(node.id, output)] = made
            continue
        if node.layer is not None:
            rebuild.settle(node.layer)
        made = rebuild.call(node, rebuild.beside(node, made), checked=False)
    return made


def _any_length(nodes: Iterable[Node]) -> bool:
    """Whether layers take any number of timesteps and features."""
    free = (*DROPOUTS, Kind.NOISE, Kind.MASKING, Kind.DENSE, Kind.ELEMENTWISE, Kind.NORMALIZATION)
    return all(node.layer is not None and kind_of(node.layer) in free for node in nodes)


def _dropping(
    graph: Graph, probe: Probe, node: Node, env: Env, rank: int | None = None
) -> tuple[Layer, dict[tuple[int, str], Value]]:
    """The layer that a node calls, and the values of the dropout's arguments for which the finding happens."""
    assert node.layer is not None
    inside = dropout(node.layer)
    chosen: dict[tuple[int, str], Value] = {}
    if inside is None:
        return node.layer, chosen
    chosen.update({(inside.id, name): value for name, value in _rate(inside)})
    arg = inside.arg("noise_shape")
    if arg is not None:
        wrong = _noise_kinds(probe)
        for option in options(arg.value):
            one = _with(node.layer, inside.id, "noise_shape", option)
            shape = graph.shape(node.inputs[0][0]) if node.inputs and node.inputs[0] else None
            found = {problem.kind for problem in check_noise_shape(one, shape, rank, env)}
            if not isinstance(option, Unknown) and (not wrong or found & wrong):
                chosen[inside.id, "noise_shape"] = option
                break
        if arg.positional and probe.kind == "error":
            chosen[inside.id, "#"] = Const(None)
    return node.layer, chosen


def _noise_kinds(probe: Probe) -> set[str]:
    """The problems of a noise shape that a probe is about; empty where it is about none."""
    if probe.argument != "noise_shape":
        return set()
    if probe.claim == "batch-shared":
        return {"batch-shared", "rank-low"}
    others = {"rank-low", "rank-high", "size", "negative", "zero", "float", "string", "position", "no-shape"}
    return {"fixed-batch"} if probe.way else others | {"none-in-alpha", "no-parameter"}


def _rate(layer: Layer) -> Iterator[tuple[str, Value]]:
    """The rate that shows most: the highest that may be given, 0.5 where none is known."""
    for name in ("rate", "p"):
        arg = layer.arg(name)
        if arg is None:
            continue
        choices = options(arg.value)
        known = [rate for one in choices if (rate := number(one)) is not None and 0 < rate < 1]
        tops = [one.high for one in choices if isinstance(one, Range) and one.high is not None and 0 < one.high < 1]
        if known or tops:
            yield name, Const(max(known or tops))
            return
        yield name, Const(0.5) if any(isinstance(one, Range) for one in choices) else Unknown()
        return


def _into(rebuild: Rebuild, node: Node, rank: int | None, time: int | None, *, shrink: bool) -> Made:
    """The input of a dropout: what leads to it if that is cheap, else a synthetic one of its shape."""
    assert node.layer is not None
    layer = rebuild.settle(node.layer)
    refs = node.inputs[0] if node.inputs else ()
    if rank is None and all(rebuild.graph.shape(ref) is None for ref in refs):
        rank = max(_rank(layer), 1 if time is None else time + 2)
        rebuild.say(layer, f"a tensor of rank {rank}")
    shape = rebuild.graph.shape(refs[0]) if refs else None
    pins = _pins(rebuild, layer, shape if shape is not None or rank is None else (None,) * rank)
    made = rebuild.cut(refs[0], rank, pins, time) if pins else rebuild.tensor(refs, rank)
    sizes = made.sizes[0]
    if not shrink or sizes is None or time is None or not time < len(sizes):
        return made
    # Keras 3 calls what TimeDistributed wraps once for each timestep.
    if math.prod(sizes) > _VALUES or (kind_of(layer) is Kind.TIME_DISTRIBUTED and sizes[time] > _STEPS):
        short = min(sizes[time], _SHORT)
        wide = 64 if math.prod(sizes) * short // sizes[time] > _VALUES else sizes[-1]
        made = rebuild.smaller(made, {time: short, len(sizes) - 1: min(wide, sizes[-1])}, time)
    return made


def _pins(rebuild: Rebuild, layer: Layer, shape: Shape) -> dict[int, int]:
    """Sizes that the noise shape of a settled dropout asks for where the input's are not known."""
    inside = dropout(layer)
    arg = inside.arg("noise_shape") if inside is not None else None
    if arg is None or shape is None or not isinstance(arg.value, Items):
        return {}
    axes = [axis for axis in range(len(shape)) if inside is layer or axis != 1]  # TimeDistributed takes axis 1 off
    items = [rebuild.concrete(item) for item in arg.value.items]
    return {
        axis: item.value
        for axis, item in zip(reversed(axes), reversed(items), strict=False)
        if axis > 0 and isinstance(item, Const) and type(item.value) is int and item.value > 1 and shape[axis] is None
    }


def _rank(layer: Layer) -> int:
    """The rank of the input of a dropout of which nothing is known."""
    inside = dropout(layer)
    outer = 0 if inside is layer else 1
    if inside is None:
        return 3
    if kind_of(inside) is Kind.SPATIAL_DROPOUT:
        return {"1": 3, "2": 4, "3": 5}.get(inside.short[-2:-1], 3) + outer
    arg = inside.arg("noise_shape")
    if arg is not None and isinstance(arg.value, Items) and arg.value.items:
        return max(2, len(arg.value.items)) + outer
    return 3


def _probability(rebuild: Rebuild, probe: Probe, layer: Layer, made: Made, features: Iterable[int]) -> float | None:
    """The figure predicted for the values of the job; what the finding says where they do not tell."""
    sizes = made.sizes[0]
    if probe.claim not in ("steps", "sequences") or sizes is None:
        return probe.probability
    settled = rebuild.concrete_layer(rebuild.settle(layer))
    found = mask(settled, sizes, None, rebuild.env.restrict(layer.origin))
    if found is None or (rate := number(found.rate)) is None or (count := draws(found, sizes, [*features])) is None:
        return probe.probability
    return float(rate ** min(count, 100_000))


# ---------------------------------------------------------------------------------------------------------------------
# The recurrent layer's own dropout


def _own_mask(graph: Graph, probe: Probe, env: Env) -> _Planned:
    """A recurrent layer on its input, of which only the number of features matters."""
    assert probe.node is not None
    node = graph.nodes[probe.node]
    assert node.layer is not None
    inner = _inner(node.layer, probe.layer)
    chosen = {(inner.id, "dropout"): _highest(inner, "dropout")}
    rebuild = Rebuild(graph, env, chosen)
    layer = rebuild.settle(node.layer)
    made = rebuild.tensor(node.inputs[0], None if probe.axis is None else probe.axis + 2)
    sizes = made.sizes[0]
    if sizes is not None and probe.axis is not None and sizes[probe.axis] > _STEPS:
        made = rebuild.smaller(made, {probe.axis: _SHORT}, probe.axis)
        sizes = made.sizes[0]
    rebuild.call(node, [made], checked=False)
    asked = _ask(
        probe, node.id, str(layer.id), argument="dropout", probability=_own_probability(rebuild, probe, layer, sizes)
    )
    return rebuild.finish(asked, [node.id])


def _own_probability(rebuild: Rebuild, probe: Probe, layer: Layer, sizes: tuple[int, ...] | None) -> float | None:
    env = rebuild.env.restrict(layer.origin)
    found = rnn_input_mask(rebuild.concrete_layer(layer), env)
    if found is None or sizes is None or probe.axis is None:
        return probe.probability
    features = math.prod(sizes[probe.axis + 1 :])
    losses = [one for one in rnn_losses(found, features) if one.where.within(env) != "none"]
    # Several figures only where several versions may be meant: then the highest, as in the message.
    return max((one.probability for one in losses), default=probe.probability)


# ---------------------------------------------------------------------------------------------------------------------
# Errors and rates


def _error(graph: Graph, probe: Probe, env: Env) -> _Planned:
    if probe.argument == "implementation":
        return _implementation(graph, probe, env)
    return _noise_error(graph, probe, env) if probe.argument == "noise_shape" else _conflict(graph, probe, env)


def _implementation(graph: Graph, probe: Probe, env: Env) -> _Planned:
    """A layer with `implementation=1` and a dropout, with and without the former."""
    outer = _outer(graph, probe)
    inner = _inner(outer, probe.layer)
    chosen: dict[tuple[int, str], Value] = {
        (inner.id, "implementation"): Const(1),
        (inner.id, "dropout"): _highest(inner, "dropout"),
    }
    if inner.arg("recurrent_dropout") is not None:
        chosen[inner.id, "recurrent_dropout"] = Const(0.0)
    return _recurrent(graph, probe, env, outer, chosen, {"without": ["implementation"]})


def _noise_error(graph: Graph, probe: Probe, env: Env) -> _Planned:
    """A dropout whose noise shape fails: at another batch size (RNN105), or at all (RNN106)."""
    rows = probe.claim == "raises" and bool(probe.way)
    more: Json = {"without": ["noise_shape"]}
    if probe.node is None:
        layer = graph.layers[probe.layer]
        chosen: dict[tuple[int, str], Value] = {(layer.id, name): value for name, value in _rate(layer)}
        arg = layer.arg("noise_shape")
        for option in options(arg.value) if arg is not None else ():
            if check_noise_shape(_with(layer, layer.id, "noise_shape", option), None, None, env):
                chosen[layer.id, "noise_shape"] = option
                break
        if arg is not None and arg.positional:
            chosen[layer.id, "#"] = Const(None)
        rebuild = Rebuild(graph, env, chosen)
        node_id = _alone(rebuild, layer, (None,) * _rank(rebuild.settle(layer)))
    else:
        node = graph.nodes[probe.node]
        path = _path(graph, probe, env)
        rank = path.rank if path is not None else None
        layer, chosen = _dropping(graph, probe, node, env, rank)
        rebuild = Rebuild(graph, env, chosen)
        settled = dropout(rebuild.settle(layer))
        if rows and settled is not None:
            written = _rows(settled)
            if written is None:
                raise ObstacleError("the batch size in the noise shape is not known")
            rebuild.rows(written)
            more = {"rows": "other", "written": written}
        given = _into(rebuild, node, rank, probe.axis or 1, shrink=False)
        rebuild.call(node, [given], checked=False)
        node_id = node.id
    asked = _ask(probe, node_id, str(layer.id), argument="noise_shape", **more)
    return rebuild.finish(asked, [node_id])


def _rows(layer: Layer) -> int | None:
    """The batch size that a noise shape is written for, if it is for one."""
    arg = layer.arg("noise_shape")
    first = arg.value.items[0] if arg is not None and isinstance(arg.value, Items) and arg.value.items else None
    return first.value if isinstance(first, Const) and type(first.value) is int and first.value > 1 else None


def _conflict(graph: Graph, probe: Probe, env: Env) -> _Planned:
    """A layer with `use_cudnn=True`, with and without what cuDNN cannot do."""
    outer = _outer(graph, probe)
    inner = _inner(outer, probe.layer)
    names = (probe.argument, *probe.others)
    chosen: dict[tuple[int, str], Value] = {(inner.id, "use_cudnn"): Const(True)}
    for name in names:
        chosen[inner.id, name] = _choose(
            outer,
            inner,
            name,
            lambda one, name=name: name in {found.argument for found in conflicts(one, env)},  # type: ignore[misc]
        )
    return _recurrent(graph, probe, env, outer, chosen, {"without": list(names), "fake_gpu": True})


def _cudnn(graph: Graph, probe: Probe, env: Env) -> _Planned:
    """A layer with an argument that takes it off cuDNN."""
    if probe.claim == "layer":
        return _cell_off_cudnn(graph, probe, env)
    outer = _outer(graph, probe)
    inner = _inner(outer, probe.layer)

    def lost(one: Layer) -> set[str]:
        return {found.argument for found in disqualifiers(one, env) if found.layer.id == inner.id and found.certain}

    chosen = {
        (inner.id, probe.argument): _choose(outer, inner, probe.argument, lambda one: probe.argument in lost(one))
    }
    for arg in inner.args:
        if arg.name != probe.argument and len(options(arg.value)) > 1:
            harmless = _choose(outer, inner, arg.name, lambda one, name=arg.name: name not in lost(one))  # type: ignore[misc]
            if not isinstance(harmless, Unknown):
                chosen[inner.id, arg.name] = harmless
    return _recurrent(graph, probe, env, outer, chosen, {"others": list(probe.others)})


def _cell_off_cudnn(graph: Graph, probe: Probe, env: Env) -> _Planned:
    """An RNN with a cell, beside the layer that could run on cuDNN."""
    layer = graph.layers[probe.layer]
    twin = as_layer(layer)
    assert twin is not None, "the finding is about one"
    chosen = _harmless(layer, twin, env, ())
    return _recurrent(graph, probe, env, layer, chosen, {"twin": True})


def _harmless(owner: Layer, layer: Layer, env: Env, but: Sequence[str]) -> dict[tuple[int, str], Value]:
    """Values for the arguments of `layer`, `owner`'s or its cell's, that leave it on cuDNN where they may do either."""

    def lost(one: Layer) -> set[str]:
        return {found.argument for found in disqualifiers(one, env) if found.certain}

    chosen: dict[tuple[int, str], Value] = {}
    for arg in layer.args:
        if arg.name not in but and len(options(arg.value)) > 1:
            value = _choose(layer, layer, arg.name, lambda one, name=arg.name: name not in lost(one))  # type: ignore[misc]
            for one in owner.walk():
                if one.arg(arg.name) is not None and not isinstance(value, Unknown):
                    chosen[one.id, arg.name] = value
    return chosen


def _recurrent(
    graph: Graph, probe: Probe, env: Env, outer: Layer, chosen: Mapping[tuple[int, str], Value], more: Json
) -> _Planned:
    """A recurrent layer on a synthetic input; no more than that decides about its kernel."""
    rebuild = Rebuild(graph, env, chosen)
    shape = _own_input(graph, probe, outer)
    if shape is not None and len(shape) > 1 and isinstance(shape[-2], int) and shape[-2] > _STEPS:
        shape = (*shape[:-2], None, shape[-1])
    node = _alone(rebuild, outer, shape or (None,) * _recurrent_rank(outer))
    asked = _ask(probe, node, str(outer.id), axis=1, argument=probe.argument, **more)
    job, assumed = rebuild.finish(asked, [node])
    # How long and wide the input is does not matter here.
    return job, tuple(words for words in assumed if not words.endswith((" timesteps", " features")))


def _rate_probe(graph: Graph, probe: Probe, env: Env) -> _Planned:
    """A layer with a rate that is none, by itself."""
    layer = graph.layers[probe.layer]
    name = probe.argument
    bad = _choose(
        layer,
        layer,
        name,
        lambda one: any(found.argument == name and found.certain for found in check_rates(one, env)),
    )
    if isinstance(bad, Range):
        bad = Const(bad.high if bad.high is not None and bad.high < 0 else bad.low)
    chosen = {(layer.id, name): bad}
    rebuild = Rebuild(graph, env, chosen)
    what = kind_of(layer)
    node_layer = graph.nodes[probe.node].layer if probe.node is not None else None
    shape = _own_input(graph, probe, layer) if node_layer is not None and node_layer.id == layer.id else None
    if what is Kind.CELL:
        node, key = _in_a_layer(rebuild, layer)
    else:
        rank = _rank(layer) if what in DROPOUTS else _recurrent_rank(layer)
        if shape is not None and math.prod(size for size in shape if isinstance(size, int)) > _VALUES:
            shape = None
        node, key = _alone(rebuild, layer, shape or (None,) * rank), str(layer.id)
    asked = _ask(probe, node, key, axis=1, argument="rate" if name == "p" else name)
    job, assumed = rebuild.finish(asked, [node])
    return job, tuple(words for words in assumed if not words.endswith((" timesteps", " features", " positions")))


def _in_a_layer(rebuild: Rebuild, cell: Layer) -> tuple[int, str]:
    """A cell in the layer that runs it over time."""
    settled = rebuild.settle(cell)
    made = rebuild.input(rebuild.free_id(), (None, None, None), {})
    rebuild.layers["cell"] = {
        "id": -1,
        "class": "keras.layers.RNN",
        "origin": cell.origin,
        "positional": [],
        "keywords": {},
        "children": [rebuild.layer(settled)],
    }
    node = rebuild.free_id()
    rebuild.nodes[node] = {"id": node, "kind": "layer", "layer": "cell", "inputs": [made.ref], "kwargs": {}}
    return node, "cell"


# ---------------------------------------------------------------------------------------------------------------------
# What is kept, and what becomes of the state


def _kept(graph: Graph, probe: Probe, env: Env) -> _Planned:
    """How much a layer keeps: a dropout, or a recurrent layer of its input or state, by itself or behind dropouts."""
    if len(probe.way) > 1:
        return _stack(graph, probe, env)
    layer = graph.layers[probe.layer]
    if kind_of(layer) in DROPOUTS:
        chosen = {(layer.id, name): value for name, value in _rate(layer)}
        rebuild = Rebuild(graph, env, chosen)
        rank = _rank(layer)
        node = _alone(rebuild, layer, (None,) * rank)
        rate = next((number(value) for value in chosen.values()), None)
        asked = _ask(probe, node, str(layer.id), axis=1, batch=[0], features=[*range(2, rank)])
        return _finish(rebuild, {**asked, "probability": None if rate is None else 1 - rate}, node)
    name = probe.argument
    chosen = {(layer.id, name): _highest(layer, name), **_runs(layer)}
    rate = number(chosen[layer.id, name])
    kept = None if rate is None else 1 - rate
    more: Json = {"argument": name}
    if probe.claim == "ignored":
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
    return _by_itself(graph, probe, env, layer, chosen, {**more, "probability": kept})


def _runs(layer: Layer) -> dict[tuple[int, str], Value]:
    """Whatever its `implementation`, a layer keeps as much; with 1 some releases fail (RNN302)."""
    found = [one for one in layer.walk() if kind_of(one) is Kind.RECURRENT and one.arg("implementation") is not None]
    return {(one.id, "implementation"): Const(2) for one in found}


def _used(layer: Layer) -> float:
    """The rate of a layer's `dropout`, one that drops before one that does not; 0.5 where none is known."""
    arg = layer.arg("dropout")
    known = [rate for one in options(arg.value) if (rate := number(one)) is not None and rate < 1] if arg else []
    return max(0.0, *known) if known else 0.5


def _by_itself(
    graph: Graph, probe: Probe, env: Env, layer: Layer, chosen: Mapping[tuple[int, str], Value], more: Json
) -> _Planned:
    """A recurrent layer on a synthetic input, wrappers taken off; a cell in the layer that runs it."""
    rebuild = Rebuild(graph, env, chosen)
    if kind_of(layer) is Kind.CELL:
        node, key = _in_a_layer(rebuild, layer)
    else:
        node, key = _alone(rebuild, layer, (None,) * _recurrent_rank(layer)), str(layer.id)
    return _finish(rebuild, _ask(probe, node, key, axis=1, **more), node)


def _finish(rebuild: Rebuild, asked: Json, node: int) -> _Planned:
    """The job of a layer by itself, of which sizes do not matter."""
    job, assumed = rebuild.finish(asked, [node])
    return job, tuple(words for words in assumed if not words.endswith((" timesteps", " features", " positions")))


def _stack(graph: Graph, probe: Probe, env: Env) -> _Planned:
    """Dropouts straight in front of a recurrent layer that drops its input itself."""
    *before, last = (graph.nodes[id] for id in probe.way)
    assert last.layer is not None
    if kind_of(last.layer) is Kind.TIME_DISTRIBUTED:
        raise ObstacleError("what TimeDistributed takes apart is not followed")
    chosen = _runs(last.layer)
    kept = 1.0
    for node in before:
        inside = dropout(node.layer)
        if inside is None:
            continue
        for name, value in _rate(inside):
            chosen[inside.id, name] = value
            kept *= 1 - (number(value) or 0.0)
        shape = mask(inside, None, _recurrent_rank(last.layer), env.restrict(inside.origin))
        if shape is None or shape.varies is None or not shape.varies[0]:
            raise ObstacleError("the samples of a batch may share a mask")
    own = _inner(last.layer, probe.layer)
    chosen[own.id, "dropout"] = _highest(own, "dropout")
    kept *= 1 - (number(chosen[own.id, "dropout"]) or 0.0)
    rebuild = Rebuild(graph, env, chosen)
    made = _cut_for(rebuild, before[0], _recurrent_rank(last.layer), 1, keep=False)
    for node in (*before, last):
        made = rebuild.call(node, [made], checked=False)
    asked = _ask(probe, last.id, str(last.layer.id), argument="dropout", stack=True, probability=kept)
    return _finish(rebuild, asked, last.id)


def _state(graph: Graph, probe: Probe, env: Env) -> _Planned:
    """A GRU over many timesteps. Its activation is what bounds its state, so that is the one it has by default."""
    layer = graph.layers[probe.layer]
    chosen: dict[tuple[int, str], Value] = {(layer.id, probe.argument): _highest(layer, probe.argument)}
    if layer.arg("activation") is not None:
        chosen[layer.id, "activation"] = Const("tanh")
    return _by_itself(graph, probe, env, layer, chosen, {})


def _inference(graph: Graph, probe: Probe, env: Env) -> _Planned:
    """A layer that runs on cuDNN, by itself."""
    layer = graph.layers[probe.layer]
    chosen = {**_harmless(layer, layer, env, ("dropout",)), (layer.id, "dropout"): _highest(layer, "dropout")}
    return _by_itself(graph, probe, env, layer, chosen, {"probability": number(chosen[layer.id, "dropout"])})


def _calls(graph: Graph, probe: Probe, env: Env) -> _Planned:
    """Calls that are compared with each other, of what they call by itself."""
    assert probe.node is not None
    node = graph.nodes[probe.node]
    if probe.claim == "at-inference":
        rebuild = Rebuild(graph, env, {})
        refs = node.inputs[0] if node.inputs else ()
        if not refs:
            raise ObstacleError("there is nothing that gives its input")
        shape = graph.shape(refs[0])
        made = rebuild.input(rebuild.free_id(), shape if shape is not None else (None, None, None), {}, 1)
        rebuild.call(node, [made], checked=False)
        return _finish(rebuild, _ask(probe, node.id, ""), node.id)
    nodes = [graph.nodes[id] for id in probe.way] or [node]
    chosen = {
        (one.id, name): value
        for called in nodes
        if called.layer is not None
        for one in called.layer.walk()
        for name, value in _dropped(one)
    }
    rebuild = Rebuild(graph, env, chosen)
    assert node.layer is not None
    if probe.claim == "stale":
        place, key = _in_a_layer(rebuild, node.layer)
        return _finish(rebuild, _ask(probe, place, key), place)
    rank = 3 if kind_of(node.layer) not in (*DROPOUTS, Kind.TIME_DISTRIBUTED) else 2
    keep = kind_of(node.layer) in DROPOUTS
    made = _cut_for(rebuild, nodes[-1], rank, 1, keep=keep)
    for one in nodes:
        rebuild.call(one, [made], checked=False)
        seed = one.layer.arg("seed") if one.layer is not None and probe.claim == "same-mask" else None
        if seed is not None and one.layer is not None:  # which says nothing elsewhere
            rebuild.layers[str(one.layer.id)]["keywords"]["seed"] = rebuild.value(seed.value)
    asked = {**_ask(probe, node.id, str(node.layer.id)), "target": nodes[0].id}
    return rebuild.finish(asked, [one.id for one in nodes])


def _dropped(layer: Layer) -> Iterator[tuple[str, Value]]:
    """Rates with which a layer drops."""
    if kind_of(layer) in DROPOUTS:
        yield from _rate(layer)
    for name in ("dropout", "recurrent_dropout"):
        if layer.arg(name) is not None and kind_of(layer) in (Kind.RECURRENT, Kind.CELL, Kind.CONV_RECURRENT):
            yield name, _highest(layer, name)


# ---------------------------------------------------------------------------------------------------------------------
# Masking and Embedding behind a dropout


def _masking(graph: Graph, probe: Probe, env: Env) -> _Planned:
    """Values with padding through a dropout into Masking."""
    first, *between, last = (graph.nodes[id] for id in probe.way)
    assert first.layer is not None
    assert last.layer is not None
    layer, chosen = _dropping(graph, probe, first, env)
    arg = last.layer.arg("mask_value")
    values = [one.value for one in options(arg.value) if isinstance(one, Const)] if arg is not None else [0.0]
    value = next((one for one in values if (one == 0) is (probe.claim == "steps")), values[0] if values else -1.0)
    chosen[last.layer.id, "mask_value"] = Const(value)
    rebuild = Rebuild(graph, env, chosen)
    made = given = _cut_for(rebuild, first, 3, 1, keep=_moves(between))
    rank = len(given.sizes[0] or ())
    for node in (first, *between, last):
        made = rebuild.call(node, [made], checked=False)
    if arg is not None and not values:
        rebuild.say(last.layer, f"mask_value={value}")
    probability = probe.probability
    if rank > 2 and not _moves(between):
        probability = _probability(rebuild, probe, layer, given, range(2, rank))
    asked = _ask(probe, first.id, str(layer.id), target=last.id, axis=1, probability=probability)
    return rebuild.finish(asked, [first.id, last.id])


def _moves(nodes: Sequence[Node]) -> bool:
    return any(node.layer is not None and kind_of(node.layer) in (Kind.RESHAPE, Kind.PERMUTE) for node in nodes)


def _ids(graph: Graph, probe: Probe, env: Env) -> _Planned:
    """Token ids through a dropout into an Embedding."""
    first, *between, last = (graph.nodes[id] for id in probe.way)
    layer, chosen = _dropping(graph, probe, first, env)
    assert last.layer is not None
    table = _table(last.layer)
    words, wide = _size(table, "input_dim"), _size(table, "output_dim")
    high = words if words is not None and words <= _VOCABULARY else 1000
    chosen[table.id, "input_dim"] = Const(high)
    if wide is None or wide > 16:
        chosen[table.id, "output_dim"] = Const(4)  # how wide the table is does not matter
    rebuild = Rebuild(graph, env, chosen)
    if high != words:
        rebuild.say(last.layer, f"{high:,} words" if words is None else f"{high:,} of {words:,} words")
    made = _cut_for(rebuild, first, 2, 1, keep=bool(between))
    entry = rebuild.nodes[made.node]
    entry["fill"], entry["high"] = "ids", high
    entry["dtype"] = _dtype(graph, first.inputs[0][0]) if first.inputs and first.inputs[0] else "float32"
    for node in (first, *between, last):
        made = rebuild.call(node, [made], checked=False)
    asked = _ask(probe, first.id, str(layer.id), target=last.id, axis=1)
    job, assumed = rebuild.finish(asked, [first.id, last.id])
    return job, tuple(words for words in assumed if not words.endswith((" timesteps", " features")))


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


# ---------------------------------------------------------------------------------------------------------------------
# What they share


def _ask(probe: Probe, node: int, layer: str, **more: Any) -> Json:
    """The probe of the job: about which call of which layer it is, and what else the worker has to know."""
    about = {"kind": probe.kind, "claim": probe.claim, "node": node, "layer": layer, "inner": probe.layer}
    return {**about, "target": None, "axis": probe.axis, **more}


def _alone(rebuild: Rebuild, layer: Layer, shape: Shape) -> int:
    """A layer called on a synthetic input of a shape, nothing before it."""
    settled = rebuild.settle(layer)
    inside = dropout(settled)
    if inside is not None and (rows := _rows(inside)) is not None:
        rebuild.rows(rows)
    made = rebuild.input(rebuild.free_id(), shape, _pins(rebuild, settled, shape))
    node = rebuild.free_id()
    key = rebuild.key(settled)
    rebuild.nodes[node] = {"id": node, "kind": "layer", "layer": key, "inputs": [made.ref], "kwargs": {}}
    return node


def _cut_for(rebuild: Rebuild, node: Node, rank: int, time: int, *, keep: bool) -> Made:
    """A synthetic input for a node, of at least some rank; its timesteps few unless `keep`."""
    refs = node.inputs[0] if node.inputs else ()
    if not refs:
        raise ObstacleError("there is nothing that gives its input")
    assert node.layer is not None
    known = rebuild.graph.shape(refs[0])
    if known is not None and len(known) < rank:
        known = None
    shape = known if known is not None else (None,) * rank
    pins = _pins(rebuild, rebuild.settle(node.layer), shape)
    if not keep and isinstance(shape[time], int) and shape[time] > _STEPS and time not in pins:  # type: ignore[operator]
        shape = (*shape[:time], None, *shape[time + 1 :])
    return rebuild.input(rebuild.free_id(), shape, pins, time)


def _outer(graph: Graph, probe: Probe) -> Layer:
    """The layer that is called: the wrapper around the one that the finding is about."""
    if probe.node is not None and (layer := graph.nodes[probe.node].layer) is not None:
        return layer
    wrappers = (Kind.BIDIRECTIONAL, Kind.TIME_DISTRIBUTED)
    for layer in reversed(graph.layers):
        if kind_of(layer) in wrappers and any(inner.id == probe.layer for inner in layer.walk()):
            return layer
    return graph.layers[probe.layer]


def _inner(outer: Layer, id: int) -> Layer:
    return next(layer for layer in outer.walk() if layer.id == id)


def _own_input(graph: Graph, probe: Probe, layer: Layer) -> Shape:
    """The shape of the input of the call that is probed, if one is known and legal for the layer."""
    node = graph.nodes[probe.node] if probe.node is not None else None
    if node is None or not node.inputs or not node.inputs[0]:
        return None
    shape = graph.shape(node.inputs[0][0])
    if shape is None or (kind_of(layer) not in DROPOUTS and len(shape) != _recurrent_rank(layer)):
        return None
    return shape


def _recurrent_rank(layer: Layer) -> int:
    what = kind_of(layer)
    if what is Kind.TIME_DISTRIBUTED:
        return 1 + (_recurrent_rank(layer.children[0]) if layer.children else 3)
    if what is Kind.BIDIRECTIONAL and layer.children:
        return _recurrent_rank(layer.children[0])
    if what is Kind.CONV_RECURRENT:
        return {"1D": 4, "2D": 5, "3D": 6}.get(layer.short[-2:], 5)
    return 3


def _choose(outer: Layer, inner: Layer, name: str, happens: Callable[[Layer], bool]) -> Value:
    """The first alternative of an argument for which something happens, all else as it is."""
    arg = inner.arg(name)
    if arg is None:
        return Unknown()
    for option in options(arg.value):
        for one in _ends(option):
            if happens(_with(outer, inner.id, name, one)):
                return one
    return options(arg.value)[0]


def _ends(option: Value) -> Iterator[Value]:
    """A value, or numbers of a range: half of its upper end, its ends."""
    if not isinstance(option, Range):
        yield option
        return
    high = option.high
    if high is not None and 0 < high <= 1:
        yield Const(high / 2 if option.low is None or option.low < high / 2 else high)
    for end in (option.low, high):
        if end is not None:
            yield Const(end)


def _highest(layer: Layer, name: str) -> Value:
    arg = layer.arg(name)
    known = [rate for one in options(arg.value) if (rate := number(one)) is not None and 0 < rate < 1] if arg else []
    if known:
        return Const(max(known))
    return next((one for option in options(arg.value) for one in _ends(option)), Const(0.5)) if arg else Const(0.5)


def _with(layer: Layer, id: int, name: str, value: Value) -> Layer:
    """A layer with another value for an argument of it, or of the layer inside with that id."""
    if layer.id == id:
        return replace(layer, args=tuple(replace(arg, value=value) if arg.name == name else arg for arg in layer.args))
    return replace(layer, children=tuple(_with(child, id, name, value) for child in layer.children))


_KINDS: dict[str, Callable[[Graph, Probe, Env], _Planned]] = {
    "mask": _mask,
    "own-mask": _own_mask,
    "error": _error,
    "rate": _rate_probe,
    "masking": _masking,
    "ids": _ids,
    "cudnn": _cudnn,
    "kept": _kept,
    "state": _state,
    "inference": _inference,
    "calls": _calls,
}
