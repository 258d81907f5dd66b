"""The models of a graph as rows, as in Keras' `model.summary()`: what `rnnlint graph` draws.

The rows of a model come in the order in which Keras lists its layers: a Sequential's as they were added, a functional
model's by their depth (`map_graph` in keras 3.15.1 `ops/function.py`), those of a user's class as it calls them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from rnnlint.checks.rate import rate
from rnnlint.findings import Finding
from rnnlint.flow.paths import dropout, inputs_shape
from rnnlint.flow.view import View
from rnnlint.graph import Const, Layer, Model, Node, Part, Ref, Shape, Span, options
from rnnlint.keras.cudnn import NOWHERE, disqualifiers, kernel, masked
from rnnlint.keras.defects import CONV_LSTM_IGNORES, RECURRENT_RATE_IGNORED
from rnnlint.keras.kinds import OWN_DROPOUT, Kind
from rnnlint.keras.masks import mask, rnn_input_mask
from rnnlint.keras.table import kind_of
from rnnlint.keras.versions import BACKENDS, KerasTargets, VersionSet
from rnnlint.records import dataclass

RowKind: TypeAlias = Literal["input", "layer", "op", "opaque", "model"]

_NO_KERNEL = frozenset({Kind.RNN, Kind.CONV_RECURRENT})


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding at a row. `argument` is the one of the layer that it is about, if there is just one."""

    code: str
    name: str
    confidence: Literal["certain", "possible"]
    label: str
    message: str
    span: Span
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One layer of a model, an operation, what was not understood, or a model that is called.

    `id` is the number in the table, of inner rows after that of the outer one: "3.1". `name` is the `name=` that the
    code gives. `shapes` are those of the outputs of each call, the calls in order. `sources` holds for each input of
    each call the rows that it may come from. `masks` says what the dropout masks vary over, `cudnn` whether the layer
    runs on cuDNN or why not; both are empty for a layer that neither concerns. `rows` are the layers inside.
    """

    id: str
    kind: RowKind
    title: str
    name: str
    span: Span
    shapes: tuple[tuple[Shape, ...], ...] = ()
    sources: tuple[tuple[tuple[str, ...], ...], ...] = ()
    masks: tuple[str, ...] = ()
    cudnn: str = ""
    certain: bool = True
    reason: str = ""
    marks: tuple[Mark, ...] = ()
    rows: tuple[Row, ...] = ()

    @property
    def outputs(self) -> tuple[Shape, ...]:
        """The shapes of the outputs of its last call, which is the one that Keras lists."""
        return self.shapes[-1] if self.shapes else ()

    def walk(self) -> Iterator[Row]:
        """This row and those inside it."""
        yield self
        for row in self.rows:
            yield from row.walk()


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """One model. `inputs` are the shapes of its inputs. Kind "loose": calls that belong to no model that was seen."""

    kind: Literal["sequential", "functional", "subclass", "loose"]
    name: str
    span: Span
    inputs: tuple[Shape, ...]
    rows: tuple[Row, ...]

    @property
    def title(self) -> str:
        """What it is, in words."""
        words = {"sequential": "Sequential", "functional": "Model", "loose": "Calls outside of any model"}
        return words.get(self.kind, self.name)

    def walk(self) -> Iterator[Row]:
        """All rows, each before those inside it."""
        for row in self.rows:
            yield from row.walk()


@dataclass(frozen=True, slots=True)
class Summary:
    """What a file builds: its models, and the layers that it constructs and is not seen to call."""

    models: tuple[ModelSummary, ...] = ()
    uncalled: tuple[Row, ...] = ()

    def marks(self) -> tuple[Mark, ...]:
        """The findings of all rows, each once, in the order of the rows."""
        rows = [row for model in self.models for row in model.walk()]
        rows += [inner for row in self.uncalled for inner in row.walk()]
        return tuple(dict.fromkeys(mark for row in rows for mark in row.marks))


def summarize(view: View, findings: Iterable[Finding]) -> Summary:
    """The rows of all models of a graph, with the findings marked. Two models that say the same are shown once."""
    return _Summarizer(view, findings).summary()


def shape_text(shape: Shape) -> str:
    """A shape as Keras prints it, `?` where not even the rank is known."""
    if shape is None:
        return "?"
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def shapes_text(shapes: Sequence[Shape]) -> str:
    """The shapes of all outputs."""
    texts = [shape_text(shape) for shape in shapes]
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


# ---------------------------------------------------------------------------------------------------------------------
# Which rows, and in which order


@dataclass(frozen=True, slots=True)
class _RowCall:
    """A call as one row sees it: a node, or the call of a model with all its nodes. `key` is one per object called."""

    key: tuple[str, int]
    nodes: tuple[int, ...]
    inputs: tuple[tuple[Ref, ...], ...]
    part: Part | None = None


class _Summarizer:
    def __init__(self, view: View, findings: Iterable[Finding]) -> None:
        self._graph = view.graph
        self._env = view.targets
        self._marks: dict[Span, list[Mark]] = {}
        for one in findings:
            mark = Mark(
                code=one.code,
                name=one.name,
                confidence=one.confidence,
                label=one.label,
                message=one.message,
                span=one.span,
                argument=one.probe.argument if one.probe else "",
            )
            self._marks.setdefault(one.span, []).append(mark)
        self._time = {path.dropout.id: path.axis for path in view.paths}

    def summary(self) -> Summary:
        graph = self._graph
        whole = {frozenset(part.nodes) for part in graph.parts}
        models = []
        for model in graph.models:
            own = any(ref.node in model.nodes for ref in model.inputs)
            if model.nodes and (own or frozenset(model.nodes) not in whole or not self._called(model)):
                models.append(self._model(model))
        shown = _distinct(models)
        seen = {node for model in graph.models for node in model.nodes}
        inside = {node for part in graph.parts for node in part.nodes}
        spans = {graph.nodes[node].span for node in seen}
        loose = [
            node.id
            for node in graph.nodes
            if node.id not in seen and not (node.kind != "input" and node.id not in inside and node.span in spans)
        ]
        loose = self._connected(loose, spans)
        if loose:
            span = graph.nodes[loose[0]].span
            units = self._units(loose)
            rows = self._rows(units, self._in_order(units), "", {})
            shown.append(ModelSummary(kind="loose", name="", span=span, inputs=(), rows=rows))
        return Summary(tuple(sorted(shown, key=_place)), self._uncalled())

    def _called(self, model: Model) -> bool:
        """Whether the nodes of a model are those of its call in another one that is shown."""
        nodes = set(model.nodes)
        return any(
            nodes < set(other.nodes) or (nodes == set(other.nodes) and other.kind == "functional")
            for other in self._graph.models
            if other is not model
        )

    def _connected(self, loose: list[int], spans: Collection[Span]) -> list[int]:
        """Of the calls outside of models those at places that no model shows, without inputs that nothing reads."""
        kept = [node for node in loose if self._graph.nodes[node].span not in spans]
        layers = [node for node in kept if self._graph.nodes[node].kind == "layer"]
        if not layers:
            return []
        read = {ref.node for node in kept for refs in self._graph.nodes[node].inputs for ref in refs}
        found: dict[tuple[Span, str], int] = {}
        for node in kept:
            if self._graph.nodes[node].kind != "input" or node in read:
                found.setdefault((self._graph.nodes[node].span, self._graph.nodes[node].name), node)
        return sorted(found.values())

    def _model(self, model: Model) -> ModelSummary:
        nodes: Sequence[int] = model.nodes
        if model.kind != "subclass":
            nodes = self._reaching(nodes, model.outputs)
        if model.kind != "functional":
            nodes = [node for node in nodes if self._graph.nodes[node].kind != "input"]
        units = self._units(nodes, model)
        order = self._by_depth(units, model.outputs) if model.kind == "functional" else None
        rows = self._rows(units, order or self._in_order(units), "", {})
        inputs = tuple(self._graph.shape(ref) for ref in model.inputs)
        return ModelSummary(kind=model.kind, name=model.name, span=model.span, inputs=inputs, rows=rows)

    def _reaching(self, nodes: Sequence[int], outputs: Sequence[Ref]) -> list[int]:
        """The nodes from which the outputs come; all, where that leads nowhere."""
        own, seen = set(nodes), set[int]()
        stack = [ref.node for ref in outputs]
        while stack:
            node = stack.pop()
            if node in own and node not in seen:
                seen.add(node)
                stack += [ref.node for refs in self._graph.nodes[node].inputs for ref in refs]
        return [node for node in nodes if node in seen] or list(nodes)

    def _units(self, nodes: Sequence[int], whole: Model | Part | None = None) -> list[_RowCall]:
        """The calls among some nodes, each inner model as one call. `whole` is the model that the nodes belong to."""
        own = set(nodes)
        parts = [part for part in self._graph.parts if own.issuperset(part.nodes)]
        if whole is not None:
            # Calls within each other that are made of the same nodes: the inner one ends first.
            ends = [index for index, part in enumerate(parts) if part is whole or _same_call(part, whole)]
            if ends:
                nodes_of = set(parts[ends[-1]].nodes)
                parts = [
                    part for index, part in enumerate(parts) if index < ends[-1] or not nodes_of.issubset(part.nodes)
                ]
        taken: dict[int, Part] = {}
        for part in sorted(parts, key=lambda one: -len(one.nodes)):
            if not any(node in taken for node in part.nodes):
                taken.update(dict.fromkeys(part.nodes, part))
        units: list[_RowCall] = []
        done: set[int] = set()
        for node in nodes:
            found = taken.get(node)
            if found is None:
                one = self._graph.nodes[node]
                key = ("layer", one.layer.id) if one.layer is not None else ("node", node)
                units.append(_RowCall(key, (node,), one.inputs))
            elif id(found) not in done:
                done.add(id(found))
                inner = set(found.nodes)
                refs = tuple(tuple(ref for ref in one if ref.node not in inner) for one in found.inputs)
                units.append(_RowCall(("model", found.whole), found.nodes, refs, found))
        return units

    def _in_order(self, units: Sequence[_RowCall]) -> list[tuple[str, int]]:
        return list(dict.fromkeys(unit.key for unit in units))

    def _by_depth(self, units: Sequence[_RowCall], outputs: Sequence[Ref]) -> list[tuple[str, int]]:
        """As `map_graph` orders the operations: by depth, then as a walk back from the outputs meets them first."""
        by_node = {node: unit for unit in units for node in unit.nodes}
        index: dict[tuple[str, int], int] = {}
        finished: list[_RowCall] = []
        seen: set[int] = set()

        def before(unit: _RowCall) -> list[_RowCall]:
            return [by_node[ref.node] for refs in unit.inputs for ref in refs if ref.node in by_node]

        for ref in outputs:
            stack: list[tuple[_RowCall, bool]] = [(by_node[ref.node], False)] if ref.node in by_node else []
            while stack:
                unit, ready = stack.pop()
                if ready:
                    finished.append(unit)
                elif id(unit) not in seen:
                    seen.add(id(unit))
                    index.setdefault(unit.key, len(index))
                    stack.append((unit, True))
                    stack += [(one, False) for one in reversed(before(unit)) if one is not unit]
        depths: dict[int, int] = {}
        depth_of: dict[tuple[str, int], int] = {}
        for unit in reversed(finished):
            depth = max(depths.get(id(unit), 0), depth_of.get(unit.key, 0))
            depths[id(unit)] = depth_of[unit.key] = depth
            for one in before(unit):
                depths[id(one)] = max(depth + 1, depths.get(id(one), 0))
        for unit in units:
            if unit.key not in depth_of:  # an input that leads to no output
                depth_of[unit.key], index[unit.key] = 0, -1
        return sorted(depth_of, key=lambda key: (-depth_of[key], index[key]))

    # -- rows

    def _rows(
        self,
        units: Sequence[_RowCall],
        order: Sequence[tuple[str, int]],
        prefix: str,
        outside: Mapping[int, str],
    ) -> tuple[Row, ...]:
        ids = {key: f"{prefix}{number}" for number, key in enumerate(order, 1)}
        known = {**outside, **{node: ids[unit.key] for unit in units for node in unit.nodes}}
        calls: dict[tuple[str, int], list[_RowCall]] = {}
        for unit in units:
            calls.setdefault(unit.key, []).append(unit)
        return tuple(self._row(ids[key], calls[key], known) for key in order)

    def _row(self, id: str, calls: Sequence[_RowCall], known: Mapping[int, str]) -> Row:
        first = calls[0]
        sources = tuple(
            tuple(
                found
                for refs in unit.inputs
                if (found := tuple(dict.fromkeys(known[ref.node] for ref in refs if ref.node in known)))
            )
            for unit in calls
        )
        if first.part is not None:
            return self._part_row(id, calls, sources, known)
        nodes = [self._graph.nodes[unit.nodes[0]] for unit in calls]
        node = nodes[0]
        shapes = tuple(one.outputs for one in nodes)
        certain = any(one.certain for one in nodes)
        spans = [span for one in nodes for span in (one.span, *(arg.span for arg in one.args))]
        if node.layer is not None:
            return self._layer_row(id, node.layer, nodes, shapes, sources, certain, spans)
        title = {"input": "Input", "opaque": "?"}.get(node.kind, _op_title(node.name))
        return Row(
            id=id,
            kind=node.kind,
            title=title,
            name="",
            span=node.span,
            shapes=shapes,
            sources=sources,
            certain=certain,
            reason=" ".join(node.reason.split()) if node.kind == "opaque" else "",
            marks=self._marked(spans),
        )

    def _part_row(
        self,
        id: str,
        calls: Sequence[_RowCall],
        sources: tuple[tuple[tuple[str, ...], ...], ...],
        known: Mapping[int, str],
    ) -> Row:
        part = calls[-1].part
        assert part is not None
        nodes = [node for node in part.nodes if self._graph.nodes[node].kind != "input" or part.kind == "functional"]
        units = self._units(nodes, part)
        order = self._by_depth(units, part.outputs) if part.kind == "functional" else None
        given = {ref.node: known[ref.node] for refs in part.inputs for ref in refs if ref.node in known}
        inner = self._rows(units, order or self._in_order(units), f"{id}.", given)
        titles = {"sequential": "Sequential", "functional": "Model"}
        name = part.name if part.kind in titles else ""
        shapes = tuple(
            tuple(self._graph.shape(ref) for ref in unit.part.outputs) for unit in calls if unit.part is not None
        )
        certain = any(self._graph.nodes[unit.nodes[0]].certain for unit in calls)
        title = titles.get(part.kind, part.name)
        return Row(
            id=id,
            kind="model",
            title=title,
            name=name,
            span=part.span,
            shapes=shapes,
            sources=sources,
            masks=(),
            cudnn="",
            certain=certain,
            reason="",
            marks=self._marked([part.span]),
            rows=inner,
        )

    def _layer_row(
        self,
        id: str,
        layer: Layer,
        nodes: Sequence[Node],
        shapes: tuple[tuple[Shape, ...], ...] = (),
        sources: tuple[tuple[tuple[str, ...], ...], ...] = (),
        certain: bool = True,
        spans: Iterable[Span] = (),
        outer: Layer | None = None,
    ) -> Row:
        # One call in a function makes many layers: a finding at an argument is about those that are given it.
        idle = {arg.span for arg in layer.args if "dropout" in arg.name and arg.value in (Const(None), Const(0))}
        own = [layer.span, *(arg.span for arg in layer.args)]
        inside = {inner.span for child in layer.children for inner in child.walk()}
        inside |= {arg.span for child in layer.children for inner in child.walk() for arg in inner.args}
        marks = self._marked(span for span in (*own, *spans) if span not in inside and span not in idle)
        return Row(
            id=id,
            kind="opaque" if layer.kind == "opaque" else "layer",
            title=layer.short or "?",
            name=_name(layer),
            span=layer.span,
            shapes=shapes,
            sources=sources,
            masks=tuple(self._masks(layer, nodes)),
            cudnn=self._cudnn(layer, outer or layer),
            certain=certain and layer.certain,
            reason="not understood" if layer.kind == "opaque" else "",
            marks=tuple(
                mark for mark in marks if not mark.argument or any(one.arg(mark.argument) for one in layer.walk())
            ),
            rows=tuple(
                self._layer_row(f"{id}.{number}", child, (), outer=outer or layer)
                for number, child in enumerate(layer.children, 1)
            ),
        )

    def _uncalled(self) -> tuple[Row, ...]:
        """The layers at places where no layer is called."""
        called = {inner.span for node in self._graph.nodes if node.layer is not None for inner in node.layer.walk()}
        inside = {inner.id for layer in self._graph.layers for child in layer.children for inner in child.walk()}
        found = {
            layer.span: layer
            for layer in self._graph.layers
            if layer.span not in called and layer.id not in inside and layer.kind == "keras"
        }
        return tuple(self._layer_row(f"{number}", layer, ()) for number, layer in enumerate(found.values(), 1))

    def _marked(self, spans: Iterable[Span]) -> tuple[Mark, ...]:
        return tuple(mark for span in dict.fromkeys(spans) for mark in self._marks.get(span, ()))

    # -- what the columns say

    def _masks(self, layer: Layer, nodes: Sequence[Node]) -> Iterator[str]:
        env = self._env.for_origin(layer.origin)
        if (inner := dropout(layer)) is not None and (nodes or inner is layer):
            yield from dict.fromkeys(self._drawn(layer, inner, node, env) for node in nodes or (None,))
        elif kind_of(layer) in OWN_DROPOUT:
            yield from self._own_masks(layer, env)

    def _drawn(self, layer: Layer, inner: Layer, node: Node | None, env: KerasTargets) -> str:
        """Such as "0.2: batch, features"."""
        dropped = rate(inner)
        if not dropped.active:
            return "none" if inner.complete else "not known"
        figure = f"{dropped.likely:g}" if dropped.likely is not None else "rate ?"
        shape = inputs_shape(self._graph, node, 0) if node is not None else None
        drawn = mask(layer, shape, None if shape is None else len(shape), env)
        if drawn is None or drawn.varies is None:
            return f"{figure}: not known"
        time = self._time.get(node.id) if node is not None else None
        axes = _axes(len(drawn.varies), time)
        over = [
            axis + ("?" if varies is None else "")
            for axis, varies in zip(axes, drawn.varies, strict=True)
            if varies is not False
        ]
        return f"{figure}: {', '.join(over) or 'one for all'}"

    def _own_masks(self, layer: Layer, env: KerasTargets) -> Iterator[str]:
        """Of a recurrent layer's own `dropout` and `recurrent_dropout`."""
        found, dropped = rnn_input_mask(layer, env), rate(layer, "dropout")
        if found is not None and dropped.active:
            figure = f"input {dropped.likely:g}" if dropped.likely is not None else "input ?"
            if found.ignored.within(env) == "all":
                yield f"{figure}: ignored"
            elif not found.per_timestep:
                yield f"{figure}: batch, features"
            elif not found.time_shared:
                yield f"{figure}: batch, timesteps, features"
            else:
                yield f"{figure}: batch, features; in {found.per_timestep.describe(env)} also timesteps"
        dropped = rate(layer, "recurrent_dropout")
        if dropped.active:
            figure = f"state {dropped.likely:g}" if dropped.likely is not None else "state ?"
            defect = CONV_LSTM_IGNORES if kind_of(layer) is Kind.CONV_RECURRENT else RECURRENT_RATE_IGNORED
            ignored = defect.where.within(env) == "all"
            yield f"{figure}: {'ignored' if ignored else 'batch, units'}"

    def _cudnn(self, layer: Layer, outer: Layer) -> str:
        """Such as "yes", "no: recurrent_dropout=0.2", "yes on tensorflow"."""
        if kind_of(layer) in _NO_KERNEL:
            return f"no: {layer.short} has none"
        if kind_of(layer) not in (Kind.RECURRENT, Kind.CUDNN_RECURRENT):
            return ""
        env = self._env.for_origin(layer.origin)
        has = kernel(layer)
        if has.within(env) == "none":
            return f"no: {layer.short} has none" + (f" on {' or '.join(sorted(env.backends))}" if has else "")
        lost = [one for one in disqualifiers(outer, self._env) if one.layer is layer]
        gone, perhaps = NOWHERE, NOWHERE
        for one in lost:
            if one.certain:
                gone |= one.where
            else:
                perhaps |= one.where
        here = has & VersionSet(env.pairs)
        arguments = ", ".join(dict.fromkeys(f"{one.argument}={one.text}" for one in lost if one.where & here))
        if not here - gone:
            return f"no: {arguments}"
        text = "yes" if (here - gone).within(env) == "all" else f"yes on {_backends(here - gone, env)}"
        if not layer.complete or (perhaps & here):
            text = text.replace("yes", "perhaps", 1)
        if arguments:
            return f"{text}; not with {arguments}" if perhaps & here else f"{text}; elsewhere lost by {arguments}"
        if masked(layer).within(env) == "all":
            return f"{text}, without a mask"
        return text


def _backends(where: VersionSet, env: KerasTargets) -> str:
    """The backends: "tensorflow, jax (Keras 3.14 and later)"; versions where they are not all that there may be."""
    parts = []
    for backend in BACKENDS:
        admitted = sorted(version for version, have in env.pairs if have == backend)
        found = [version for version in admitted if (version, backend) in where.pairs]
        if found and found == admitted:
            parts.append(backend)
        elif found:
            alone = VersionSet.of(found, [backend]).describe(KerasTargets(env.versions, frozenset([backend])))
            parts.append(f"{backend} ({alone.replace(f' on {backend}', '')})")
    return ", ".join(parts)


def _same_call(part: Part, model: Model | Part) -> bool:
    return isinstance(model, Model) and part.span == model.span and set(part.nodes) == set(model.nodes)


def _name(layer: Layer) -> str:
    arg = layer.arg("name")
    found = {one.value for one in options(arg.value) if isinstance(one, Const)} if arg is not None else set()
    only = found.pop() if len(found) == 1 and arg is not None and isinstance(arg.value, Const) else None
    return only if isinstance(only, str) else ""


def _op_title(name: str) -> str:
    """`operator.add` is `add`, `keras.ops.mean` is `ops.mean`, `tensorflow.nn.relu` is `tf.nn.relu`."""
    if name.startswith("tensorflow."):
        return "tf." + name.removeprefix("tensorflow.")
    return name.removeprefix("operator.").removeprefix("keras.")


def _axes(rank: int, time: int | None) -> list[str]:
    """The names of the axes: `(batch, timesteps, features)`."""
    if time is None and rank == 3:
        time = 1
    names = [f"axis {axis}" for axis in range(rank)]
    names[-1:] = ["features"]
    if time is not None and time < rank:
        names[time] = "timesteps"
    return (["batch", *names[1:]] if time != 0 else names)[:rank]


def _place(model: ModelSummary) -> tuple[bool, str, int, int, int]:
    span = model.span
    return model.kind == "loose", span.path, span.cell or 0, span.row, span.column


# ---------------------------------------------------------------------------------------------------------------------
# Models that say the same


def _distinct(models: Sequence[ModelSummary]) -> list[ModelSummary]:
    """One of several models of one place that have the same rows, if nothing more is known of the others.

    A function that builds a model is run for its callers and once by itself, with parameters that are not known.
    """
    by_place: dict[tuple[str, Span], list[ModelSummary]] = {}
    called: dict[Span, list[list[Row]]] = {}
    for one in models:
        by_place.setdefault((one.kind, one.span), []).append(one)
        for row in one.walk():
            if row.kind == "model":
                called.setdefault(row.span, []).append([inner for child in row.rows for inner in child.walk()])
    kept: list[ModelSummary] = []
    for (_, span), some in by_place.items():
        rows = [list(one.walk()) for one in some]
        for index, one in enumerate(some):
            others = [rows[other] for other in range(len(some)) if other != index]
            better = [other for other in others if _says_less(rows[index], other)]
            earlier = rows[:index]
            if any(not _says_less(other, rows[index]) or other in earlier for other in better):
                continue
            unsure = not one.inputs or any(shape is None or None in shape[1:] for shape in one.inputs)
            if unsure and any(_says_less(rows[index], other) for other in called.get(span, ())):
                continue
            kept.append(one)
    return kept


def _says_less(rows: Sequence[Row], other: Sequence[Row]) -> bool:
    """Whether the second rows are the same calls as the first, and know as much of each shape."""
    if len(rows) != len(other):
        return False
    return all(
        (one.kind, one.span, one.title) == (two.kind, two.span, two.title) and _looser(one.outputs, two.outputs)
        for one, two in zip(rows, other, strict=True)
    )


def _looser(shapes: Sequence[Shape], others: Sequence[Shape]) -> bool:
    if len(shapes) != len(others):
        return False
    return all(
        one is None
        or (
            two is not None
            and len(one) == len(two)
            and all(not isinstance(a, int) or a == b for a, b in zip(one, two, strict=True))
        )
        for one, two in zip(shapes, others, strict=True)
    )
