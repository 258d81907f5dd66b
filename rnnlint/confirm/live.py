"""`--build`: what the user's own code built in the worker, as a graph, and what that says of the findings.

The worker's account (`worker/record.py`) becomes the same `Graph` that the analysis makes of source. The same checks
run over it, and a finding of both takes its plan from the live one, in which all arguments and shapes are known.
"""

from __future__ import annotations

import ast
import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from typing import Any, TypeAlias

from rnnlint import graph as g
from rnnlint.checks import RULES
from rnnlint.checks.context import RuleSettings
from rnnlint.findings import SUPERSEDED, Finding, Plan
from rnnlint.graph import Arg, Const, Graph, Items, Layer, LayerArg, Model, Name, Node, Note, Ref, Span
from rnnlint.keras.names import resolve
from rnnlint.records import dataclass
from rnnlint.source.source import Source

Json: TypeAlias = Mapping[str, Any]

# A constructor call that no line of the code shows.
NOWHERE = Span("", 0, 0, 0, 0)
# By code the one that says more of the same layer.
_MORE = {weaker: code for code, weaker in SUPERSEDED.items()}
_CHILDREN = ("layer", "backward_layer", "cell", "cells")


# ---------------------------------------------------------------------------------------------------------------------
# What to build


def request(target: str, arguments: Mapping[str, object], timeout: float, cwd: str | None = None) -> dict[str, Any]:
    """What the worker is asked for `target`; `id` is for the sender to add. The module is found as by `python -m`."""
    cwd = os.path.abspath(cwd or os.curdir)
    source = os.path.join(cwd, "src")
    return {
        "target": target,
        "args": {name: repr(value) for name, value in arguments.items()},
        "path": [cwd, *([source] if os.path.isdir(source) else [])],
        "cwd": cwd,
        "timeout": timeout,
    }


def targets(source: Source) -> list[str]:
    """For `--build auto`: the functions of a module that return a model and need no arguments, `path:name` each.

    By the text alone: nothing is imported. A function returns a model where what it returns is made by a call of
    `Sequential`, `Model`, a class that derives from one, or another such function.
    """
    if source.kind != "python" or not source.path.endswith(".py"):
        return []
    try:
        module = ast.parse(source.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    top = list(_top(module.body))
    makers = {"Sequential", "Model"}
    functions = [one for one in top if isinstance(one, ast.FunctionDef)]
    classes = [one for one in top if isinstance(one, ast.ClassDef)]
    for _ in range(len(top)):
        before = len(makers)
        makers.update(one.name for one in classes if any(_last(base) in makers for base in one.bases))
        makers.update(one.name for one in functions if _returns(one, makers))
        if len(makers) == before:
            break
    return [f"{source.path}:{one.name}" for one in functions if one.name in makers and _callable(one)]


def _top(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, those of `try` and `if` among them, but not what only runs as a script."""
    for one in body:
        yield one
        if isinstance(one, ast.Try):
            yield from _top([*one.body, *(inner for handler in one.handlers for inner in handler.body), *one.orelse])
        elif isinstance(one, ast.If) and not any(_last(node) == "__name__" for node in ast.walk(one.test)):
            yield from _top([*one.body, *one.orelse])


def _callable(function: ast.FunctionDef) -> bool:
    """Whether all parameters have defaults. What a decorator makes of a function is not known."""
    arguments = function.args
    needed = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults)
    return not needed and None not in arguments.kw_defaults and not function.decorator_list


def _returns(function: ast.FunctionDef, makers: Collection[str]) -> bool:
    own = list(_own(function.body))
    made: set[str] = set()

    def is_model(value: ast.expr | None) -> bool:
        match value:
            case ast.Call():
                return _last(value.func) in makers
            case ast.Name(name):
                return name in made
            case ast.Tuple(items) | ast.List(items):
                return any(is_model(item) for item in items)
            case ast.Dict(values=items):
                return any(is_model(item) for item in items)
            case ast.IfExp(body=first, orelse=second):
                return is_model(first) or is_model(second)
        return False

    for one in own:
        if isinstance(one, ast.Assign) and is_model(one.value):
            for place in one.targets:
                names = place.elts if isinstance(place, ast.Tuple) else [place]
                made.update(name.id for name in names if isinstance(name, ast.Name))
        elif isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and is_model(one.value):
            made.add(one.target.id)
    return any(isinstance(one, ast.Return) and is_model(one.value) for one in own)


def _own(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a function in their order, without those of functions and classes in it."""
    for one in body:
        yield one
        if not isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for name in ("body", "handlers", "orelse", "finalbody", "cases"):
                for inner in getattr(one, name, ()):
                    yield from _own([inner] if isinstance(inner, ast.stmt) else inner.body)


def _last(node: ast.AST) -> str:
    """The last part of a dotted name."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


# ---------------------------------------------------------------------------------------------------------------------
# The worker's account as a graph


@dataclass
class _Calls:
    """The calls that a source holds. Rows and columns as Python counts them: columns in bytes, here from 1."""

    source: Source

    @cached_property
    def _lines(self) -> list[str]:
        return self.source.text.split("\n")

    @cached_property
    def by_place(self) -> dict[tuple[int, int, int, int], tuple[ast.Call, tuple[int, int]]]:
        """Each call with the first and last row of its statement."""
        found: dict[tuple[int, int, int, int], tuple[ast.Call, tuple[int, int]]] = {}
        try:
            stack: list[tuple[ast.AST, tuple[int, int]]] = [(ast.parse(self.source.text), (1, 1))]
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return found
        while stack:
            node, rows = stack.pop()
            if isinstance(node, ast.stmt):
                rows = _header(node)
            if isinstance(node, ast.Call):
                found[_place(node)] = (node, rows)
            stack.extend((child, rows) for child in ast.iter_child_nodes(node))
        return found

    def call(self, place: Sequence[Any], name: str) -> tuple[ast.Call, tuple[int, int]] | None:
        """The call at a place; where only its row is known, the only one of that row by that name."""
        if len(place) == 5:
            row, column, end_row, end_column = place[1:]
            return self.by_place.get((row, column, end_row, end_column))
        known = [one for key, one in self.by_place.items() if key[0] == place[1] and _last(one[0].func) == name]
        return known[0] if len(known) == 1 else None

    def span(self, node: ast.AST, end: ast.AST | None = None, rows: tuple[int, int] | None = None) -> Span:
        """A node as a span of the file."""
        return self.between(*_place(node)[:2], *_place(end or node)[2:], rows)

    def between(self, row: int, column: int, end_row: int, end_column: int, rows: tuple[int, int] | None) -> Span:
        """A place as Python counts it as a span of the file."""
        first, last = self._characters(row, column), self._characters(end_row, end_column)
        return self.source.span(row, first, end_row, last, rows)

    def _characters(self, row: int, column: int) -> int:
        line = self._lines[row - 1] if row <= len(self._lines) else ""
        return column if line.isascii() else len(line.encode()[: column - 1].decode("utf-8", "ignore")) + 1


def _place(node: Any) -> tuple[int, int, int, int]:
    return node.lineno, node.col_offset + 1, node.end_lineno, node.end_col_offset + 1


def _header(statement: ast.stmt) -> tuple[int, int]:
    """First and last row of a simple statement, or of what stands in front of a compound one's body."""
    if not hasattr(statement, "body") and not hasattr(statement, "cases"):
        return statement.lineno, statement.end_lineno or statement.lineno
    parts = [
        one
        for one in ast.walk(statement)
        if isinstance(one, ast.expr) and one.lineno < _body_row(statement) and one.end_lineno is not None
    ]
    return statement.lineno, max([statement.lineno, *(one.end_lineno or 0 for one in parts)])


def _body_row(statement: Any) -> int:
    first = (getattr(statement, "body", None) or [case.pattern for case in statement.cases])[0]
    return int(first.lineno)


def read(answer: Json, sources: Mapping[str, Source]) -> Graph:
    """The worker's account (LIVEGRAPH) as a graph.

    Args:
        answer: layers, nodes, models and notes, by number.
        sources: the linted files by their real paths; what lies elsewhere keeps its path.
    """
    return _Reader(answer, sources).graph()


class _Reader:
    def __init__(self, answer: Json, sources: Mapping[str, Source]) -> None:
        self._answer = answer
        self._sources = sources
        self._calls: dict[str, _Calls | None] = {}
        self._layers: dict[int, Layer] = {}

    def graph(self) -> Graph:
        layers = tuple(self._layer(number) for number in range(len(self._answer["layers"])))
        nodes = tuple(self._node(number, one) for number, one in enumerate(self._answer["nodes"]))
        models = tuple(
            Model(
                kind=one["kind"],
                name=one["name"],
                span=self._span(one["place"], ""),
                inputs=tuple(Ref(*ref) for ref in one["inputs"]),
                outputs=tuple(Ref(*ref) for ref in one["outputs"]),
                nodes=tuple(one["nodes"]),
            )
            for one in self._answer["models"]
        )
        notes = tuple(Note(self._span(one["place"], ""), one["message"]) for one in self._answer["notes"])
        return Graph(layers, nodes, models, notes)

    # -- places

    def _file(self, path: str) -> _Calls | None:
        if path not in self._calls:
            source = self._sources.get(path) or self._sources.get(os.path.realpath(path))
            self._calls[path] = None if source is None else _Calls(source)
        return self._calls[path]

    def _call(self, place: Sequence[Any] | None, name: str) -> tuple[ast.Call, tuple[int, int]] | None:
        calls = None if place is None else self._file(place[0])
        return None if calls is None or place is None else calls.call(place, name)

    def _span(self, place: Sequence[Any] | None, name: str) -> Span:
        if place is None:
            return NOWHERE
        calls, call = self._file(place[0]), self._call(place, name)
        row, column, end_row, end_column = place[1:] if len(place) == 5 else (place[1], 1, place[1], 1)
        if calls is None:
            return Span(place[0], row, column, end_row, end_column)
        if call is not None:
            return calls.span(call[0], rows=call[1])
        if len(place) == 2:
            end_column = len(calls.source.line(row).encode()) + 1
        return calls.between(row, column, end_row, end_column, None)

    def _args(self, args: Iterable[Json], place: Sequence[Any] | None, name: str, otherwise: Span) -> tuple[Arg, ...]:
        """Arguments with the places where the call has them."""
        call = self._call(place, name)
        spans: dict[str | int, Span] = {}
        if call is not None and place is not None and (calls := self._file(place[0])) is not None:
            node, rows = call
            for index, value in enumerate(node.args):
                if isinstance(value, ast.Starred):
                    spans["*"] = calls.span(value.value, rows=rows)
                elif "*" not in spans:
                    spans[index] = calls.span(value, rows=rows)
            for keyword in node.keywords:
                if keyword.arg is None:
                    spans["**"] = calls.span(keyword.value, rows=rows)
                else:
                    spans[keyword.arg] = calls.span(keyword, keyword.value, rows)
        found = []
        position = 0
        for one in args:
            key: str | int = position if one["positional"] else one["name"]
            splat = "*" if one["positional"] else "**"
            position += one["positional"]
            span = spans.get(key) or spans.get(splat) or otherwise
            found.append(Arg(one["name"], self._value(one["value"]), span, one["positional"]))
        return tuple(found)

    # -- values, layers, nodes

    def _value(self, one: Json) -> g.Value:
        match one:
            case {"const": found}:
                return Const(found)
            case {"ellipsis": _}:
                return Const(...)
            case {"slice": parts}:
                return Const(slice(*(part.get("const") for part in parts)))
            case {"items": items, "kind": kind}:
                return Items(tuple(self._value(item) for item in items), kind)
            case {"layer": number}:
                return LayerArg(number)
            case {"name": name}:
                symbol = resolve(name)
                return Name(name if symbol is None else symbol.name)
        return g.Unknown(str(one.get("other", "")))

    def _layer(self, number: int) -> Layer:
        if number in self._layers:
            return self._layers[number]
        one = self._answer["layers"][number]
        span = self._span(one["place"], one["cls"])
        wrapped = [arg["value"] for arg in one["args"] if arg["name"] in _CHILDREN]
        name = f"keras.{'' if one['model'] else 'layers.'}{one['cls']}" if one["keras"] else one["cls"]
        self._layers[number] = made = Layer(
            id=number,
            name=name,
            kind="keras" if one["keras"] else "user",
            origin=one["origin"],
            args=self._args(one["args"], one["place"], one["cls"], span),
            span=span,
            children=tuple(self._layer(child) for value in wrapped for child in _numbers(value)),
            complete=one["complete"],
        )
        return made

    def _node(self, number: int, one: Json) -> Node:
        layer = self._layer(one["layer"]) if one.get("layer") is not None else None
        span = layer.span if one["place"] is None and layer is not None else self._span(one["place"], "")
        symbol = resolve(one["name"]) if one["kind"] == "op" else None
        name = one["name"] if symbol is None else symbol.name
        return Node(
            id=number,
            kind=one["kind"],
            name=name if layer is None else layer.name,
            inputs=tuple((Ref(*ref),) for ref in one["inputs"]),
            outputs=tuple(None if shape is None else tuple(shape) for shape in one["outputs"]),
            span=span,
            layer=layer,
            args=self._args(one.get("args", ()), None, "", span),
            reason=one.get("reason", ""),
            body=tuple(Ref(*ref) for ref in one.get("body", ())),
        )


def _numbers(value: Json) -> list[int]:
    if "layer" in value:
        return [value["layer"]]
    return [number for item in value.get("items", ()) for number in _numbers(item)]


# ---------------------------------------------------------------------------------------------------------------------
# Findings


@dataclass(frozen=True)
class Matched:
    """What live models say of the findings.

    `findings` are those given, in their order; what the live graph shows as well has its message, figures and plan.
    `added` are findings that only the live graph shows. `notes` are for `-v`.
    """

    findings: tuple[Finding, ...]
    added: tuple[Finding, ...]
    notes: tuple[Note, ...]


def match(
    findings: Sequence[Finding],
    graphs: Iterable[Graph],
    settings: RuleSettings,
    rules: Collection[str],
    paths: Collection[str],
) -> Matched:
    """Check live graphs and compare with the findings of the analysis.

    Args:
        findings: of the analysis, for all files.
        graphs: as `read` made them; of two that show the same, the first counts.
        settings: the rules' settings; `keras` is the Keras that built the models.
        rules: codes of the rules that are on.
        paths: the linted files, as in the spans of findings. What lies elsewhere is left out.
    """
    known = list(findings)
    taken: set[int] = set()
    added: list[Finding] = []
    notes: list[Note] = []
    missed: dict[int, str] = {}
    for graph in (graphs := tuple(graphs)):
        called = {layer.span for node in graph.nodes if node.layer is not None for layer in node.layer.walk()}
        held: set[int] = set()
        for finding in _check(graph, settings, rules, notes):
            if finding.span.path not in paths:
                continue
            index = _index(finding, known, held)
            if index is None:
                if not any(_same(finding, one) for one in added):
                    added.append(finding)
            else:
                held.add(index)
                if index not in taken:
                    known[index] = _merged(known[index], finding)
        taken |= held
        for index, finding in enumerate(findings):
            if any(_meet(finding.span, span) for span in called):
                missed[index] = f"{finding.code} does not show in the models that --build made"
        notes += graph.notes
    notes += [Note(findings[index].span, text) for index, text in missed.items() if index not in taken]
    return Matched(tuple(known), tuple(added), tuple(notes))


def _check(graph: Graph, settings: RuleSettings, rules: Collection[str], notes: list[Note]) -> list[Finding]:
    """The findings of a live graph, with their plans: one per rule and place."""
    from rnnlint.confirm.plan import plan

    found: dict[tuple[str, Span], Finding] = {}
    for rule, check in RULES:
        if rule.code not in rules:
            continue
        try:
            for finding in check(graph, settings):
                before = found.get((finding.code, finding.span))
                if before is None or (before.confidence, finding.confidence) == ("possible", "certain"):
                    found[finding.code, finding.span] = finding
        except Exception as error:  # noqa: BLE001 - one rule's error must not cost the others' findings
            notes.append(Note(NOWHERE, f"{rule.code} failed on what --build made: {error!r}"[:300]))
    kept = [one for one in found.values() if (_MORE.get(one.code), one.span) not in found]
    planned = []
    for finding in kept:
        try:
            planned.append(replace(finding, plan=plan(graph, finding, settings.keras)))
        except Exception as error:  # noqa: BLE001 - a plan that fails must not cost the finding
            notes.append(Note(finding.span, f"planning how to confirm {finding.code} failed: {error!r}"[:300]))
            planned.append(replace(finding, plan=Plan(obstacle="rnnlint failed to plan a model for it")))
    return planned


def _merged(static: Finding, live: Finding) -> Finding:
    """The finding of both: where the analysis saw it, as the run shows it."""
    if static.code != live.code:
        return replace(live, span=static.span)
    plan, known = live.plan, static.plan
    better = live
    if plan is not None and known is not None and not known.obstacle:
        # The same layer may be in a model whose sizes the analysis knows and in one that leaves them open.
        fewer = static.confidence == "certain" and len(known.assumed) < len(plan.assumed)
        better = static if plan.obstacle or fewer else live
    return replace(live, span=static.span, related=static.related, fix=static.fix, probe=better.probe, plan=better.plan)


def _index(finding: Finding, known: Sequence[Finding], held: Collection[int]) -> int | None:
    """The finding of the analysis that is this one: at the same place, else the shortest that meets it."""
    meeting = [
        index
        for index, one in enumerate(known)
        if _same(finding, one) and (index not in held or one.span == finding.span)
    ]
    return min(meeting, key=lambda index: (known[index].span != finding.span, _size(known[index].span)), default=None)


def _same(live: Finding, other: Finding) -> bool:
    """Whether both say the same of the same place, or the live one more, now that all figures are known."""
    return live.code in (other.code, _MORE.get(other.code)) and _meet(live.span, other.span)


def _meet(a: Span, b: Span) -> bool:
    """Whether two places share a character; both have columns, if only those of a whole row."""
    return (
        (a.path, a.cell) == (b.path, b.cell)
        and (a.row, a.column) < (b.end_row, b.end_column)
        and (b.row, b.column) < (a.end_row, a.end_column)
    )


def _size(span: Span) -> tuple[int, int]:
    return span.end_row - span.row, span.end_column - span.column


# ---------------------------------------------------------------------------------------------------------------------
# The static graph against the live one


def differences(static: Graph, live: Graph, path: str) -> list[Note]:
    """For `-v`: where the analysis of a file is wrong, or blind, by what its code built.

    Different layers, arguments and shapes are an error of rnnlint, or code that depends on what it runs on.
    """
    notes, _, _ = compare(static, live, every=False)
    known = {layer.span for layer in static.layers}
    for layer in live.layers:
        if layer.kind == "keras" and layer.span.path == path and layer.span not in known:
            notes.append(Note(layer.span, f"the analysis does not see this {layer.short}"))
    return [note for note in dict.fromkeys(notes) if note.span.path == path]


def compare(static: Graph, live: Graph, *, every: bool = True) -> tuple[list[Note], Counter[str], Counter[str]]:
    """Compare the models of both graphs: differences, and how many facts the static graph knows and does not know.

    A live model answers to the static models that the same call constructed: a function that builds one is run once
    from its caller and once on its own. A live model may not differ from all of them, nor, with `every`, one of them
    from all live models of its place.
    """
    notes: list[Note] = []
    known: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    closest: dict[int, Comparison] = {}
    for theirs in live.models:
        comparisons = {}
        for i, ours in enumerate(static.models):
            if _may_be(ours, theirs):
                comparisons[i] = comparison = Comparison(static, live)
                comparison.model(ours, theirs)
                if i not in closest or comparison.merit > closest[i].merit:
                    closest[i] = comparison
        if not comparisons:
            unknown["model"] += 1
            continue
        winner = max(comparisons.values(), key=lambda comparison: comparison.merit)
        notes += winner.differences
        known += winner.known
        unknown += winner.unknown
        known["model"] += 1
    if every:
        notes += [note for comparison in closest.values() for note in comparison.differences if note not in notes]
    return notes, known, unknown


def _may_be(ours: Model, theirs: Model) -> bool:
    if ours.kind != theirs.kind:
        return False
    if ours.kind == "subclass":
        return ours.name == theirs.name
    return (ours.span.path, ours.span.row, ours.span.column) == (theirs.span.path, theirs.span.row, theirs.span.column)


# Keras names the operation's class, rnnlint the function or operator that was called.
_SAME_OP = {
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "truedivide",
    "divide": "truedivide",
    "neg": "negative",
    "pow": "power",
    "concat": "concatenate",
    "reducemean": "mean",
    "reducesum": "sum",
    "reducemax": "max",
}


def _op(name: str) -> str:
    short = name.rpartition(".")[2].replace("_", "").lower()
    return _SAME_OP.get(short, short)


@dataclass
class Comparison:
    """What the static graph of one model says against the live one.

    `differences` is what must not be. `known` and `unknown` count what the static side knew, by kind of fact.
    """

    static: Graph
    live: Graph
    differences: list[Note] = field(default_factory=list)
    known: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    nodes: dict[int, int] = field(default_factory=dict)
    layers: dict[int, int] = field(default_factory=dict)
    inputs: dict[Ref, Ref | None] = field(default_factory=dict)
    span: Span = NOWHERE

    @property
    def merit(self) -> tuple[bool, int]:
        """Orders comparisons by how well the two sides agree."""
        return not self.differences, self.known.total() - self.unknown.total()

    def model(self, static: Model, live: Model) -> None:
        """Compare two models: from the outputs back, then the order of the calls."""
        self.span = static.span
        self.inputs = dict.fromkeys(static.inputs)
        if not static.outputs:
            self.unknown["model"] += 1
        elif len(static.outputs) > len(live.outputs):
            self.unknown["edge"] += 1  # several producers that an output may have
        elif len(static.outputs) != len(live.outputs):
            self._differ(f"{len(static.outputs)} outputs, Keras has {len(live.outputs)}")
        else:
            for ours, theirs in zip(static.outputs, live.outputs, strict=True):
                self._refs((ours,), theirs, "output")
        self.span = static.span
        place = {id: i for i, id in enumerate(static.nodes)}
        order = [id for id in sorted(self.nodes, key=lambda id: place.get(id, -1)) if id in place]
        layer_calls = [id for id in order if self.static.nodes[id].kind in ("layer", "op")]
        theirs_order = [self.nodes[id] for id in layer_calls]
        if theirs_order != sorted(theirs_order):
            self._differ(f"order of calls: {[self.live.nodes[id].name for id in theirs_order]}")
        missing = [id for id in self.nodes if id not in place and self.static.nodes[id].kind != "input"]
        if missing and static.kind != "subclass":
            self._differ(f"the model lacks what leads to its outputs: {[self.static.nodes[id].name for id in missing]}")

    def _differ(self, text: str) -> None:
        self.differences.append(Note(self.span, f"the analysis and Keras differ: {text}"))

    def _refs(self, ours: tuple[Ref, ...], theirs: Ref, what: str) -> None:
        if len(ours) != 1:
            self.unknown["edge"] += 1
            return
        node = self.static.nodes[ours[0].node]
        other = self.live.nodes[theirs.node]
        if "opaque" in (node.kind, other.kind):
            self.unknown["node"] += 1
            return
        if ours[0] in self.inputs and other.kind == "input":
            self._input(ours[0], theirs, what)
            return
        if ours[0].output != theirs.output:
            self._differ(f"{what}: output {ours[0].output} of {node.name}, Keras has {theirs.output} of {other.name}")
            return
        self.known["edge"] += 1
        self._node(node, other)

    def _input(self, ours: Ref, theirs: Ref, what: str) -> None:
        """A model's input may be a tensor of the model around it."""
        if self.inputs[ours] not in (None, theirs):
            self._differ(f"{what}: comes from another input")
            return
        self.inputs[ours] = theirs
        self.known["edge"] += 1
        self._shape(self.static.shape(ours), self.live.shape(theirs), f"input of {what}")

    def _node(self, node: Node, other: Node) -> None:
        if node.span.row:
            self.span = node.span
        if node.id in self.nodes or other.id in self.nodes.values():
            if self.nodes.get(node.id) != other.id:
                self._differ(f"{node.name} is not one call of {other.name}")
            return
        self.nodes[node.id] = other.id
        if node.kind != other.kind:
            self._differ(f"{node.kind} {node.name}, Keras has {other.kind} {other.name}")
            return
        what = node.name
        if node.kind == "op" and _op(node.name) != _op(other.name):
            self._differ(f"{what}: Keras has {other.name}")
        if node.layer is not None and other.layer is not None:
            self._layer(node.layer, other.layer, what)
        self._shapes(node, other, what)
        if node.kind == "input" and other.kind == "input":
            return
        if len(node.inputs) != len(other.inputs):
            self._differ(f"{what}: {len(node.inputs)} inputs, Keras has {len(other.inputs)}")
            return
        for ours, theirs in zip(node.inputs, other.inputs, strict=True):
            self._refs(ours, theirs[0], what)

    def _shapes(self, node: Node, other: Node, what: str) -> None:
        if len(node.outputs) != len(other.outputs):
            if node.outputs == (None,):
                self.unknown["shape"] += 1
            else:
                self._differ(f"{what}: {len(node.outputs)} outputs, Keras has {len(other.outputs)}")
            return
        for ours, theirs in zip(node.outputs, other.outputs, strict=True):
            self._shape(ours, theirs, what)

    def _shape(self, ours: g.Shape, theirs: g.Shape, what: str) -> None:
        if theirs is None:  # a Sequential that Keras has not built
            return
        if ours is None:
            self.unknown["shape"] += 1
        elif len(ours) != len(theirs) or not all(
            a == b for a, b in zip(ours, theirs, strict=True) if isinstance(a, int)
        ):
            self._differ(f"{what}: shape {ours}, Keras has {theirs}")
        else:
            known = all(isinstance(a, int) for a, b in zip(ours, theirs, strict=True) if isinstance(b, int))
            (self.known if known else self.unknown)["shape"] += 1

    def _layer(self, ours: Layer, theirs: Layer, what: str) -> None:
        if ours.id in self.layers or theirs.id in self.layers.values():
            if self.layers.get(ours.id) != theirs.id:
                self._differ(f"{what}: shared where Keras has several layers, or the other way round")
            return
        self.layers[ours.id] = theirs.id
        if ours.kind == "opaque":
            self.unknown["layer"] += 1
            return
        self.known["layer"] += 1
        if ours.short != theirs.short:
            self._differ(f"{what}: {ours.name}, Keras has {theirs.name}")
            return
        if ours.kind != "keras":
            return
        if theirs.span != NOWHERE and not _meet(ours.span, theirs.span):
            self._differ(f"{what}: constructed at row {ours.span.row}, Keras saw {theirs.span.path}:{theirs.span.row}")
        self._args(ours, theirs, what)
        if len(ours.children) == len(theirs.children):
            for a, b in zip(ours.children, theirs.children, strict=True):
                self._layer(a, b, f"{a.name} in {what}")
        elif ours.children or ours.complete:
            self._differ(
                f"{what}: children {[c.short for c in ours.children]}, Keras {[c.short for c in theirs.children]}"
            )

    def _args(self, ours: Layer, theirs: Layer, what: str) -> None:
        written = {arg.name: arg.value for arg in ours.args}
        real = {arg.name: arg.value for arg in theirs.args}
        if ours.complete and theirs.complete and written.keys() != real.keys():
            self._differ(f"{what}: arguments {sorted(written)}, Keras got {sorted(real)}")
        elif theirs.complete and not written.keys() <= real.keys():
            self._differ(f"{what}: arguments {sorted(written.keys() - real.keys())} that Keras did not get")
        for name in written.keys() & real.keys():
            verdict = self._same(written[name], real[name])
            if verdict is False:
                self._differ(f"{what}: {name}={_text(written[name])}, Keras got {_text(real[name])}")
            else:
                (self.known if verdict else self.unknown)["argument"] += 1

    def _same(self, ours: g.Value, theirs: g.Value) -> bool | None:
        """Whether an argument is equal; None where the static side does not claim to know."""
        verdicts = [self._same_option(option, theirs) for option in g.options(ours)]
        if len(verdicts) == 1:
            return verdicts[0]
        return False if all(verdict is False for verdict in verdicts) else None

    def _same_option(self, ours: g.Value, theirs: g.Value) -> bool | None:
        if isinstance(ours, g.Unknown) or isinstance(theirs, g.Unknown):
            return None
        if isinstance(ours, g.Range):
            if not isinstance(theirs, Const) or not isinstance(theirs.value, (int, float)):
                return False
            low = ours.low is None or ours.low <= theirs.value
            return None if low and (ours.high is None or theirs.value <= ours.high) else False
        if isinstance(ours, Const) and isinstance(theirs, Const):
            return ours.value == theirs.value and type(ours.value) is type(theirs.value)
        if isinstance(ours, Items) and isinstance(theirs, Items):
            if ours.kind != theirs.kind or len(ours.items) > len(theirs.items):
                return False
            if len(ours.items) < len(theirs.items):
                return False if ours.complete else None
            verdicts = [self._same(a, b) for a, b in zip(ours.items, theirs.items, strict=True)]
            return False if False in verdicts else None if None in verdicts or not ours.complete else True
        if isinstance(ours, LayerArg) and isinstance(theirs, LayerArg):
            return True  # the layers themselves are compared as children
        if isinstance(ours, Name) and isinstance(theirs, Name):
            short = ours.name.rpartition(".")[2]
            return short == theirs.name.rpartition(".")[2] or "<" in theirs.name
        return False


def _text(value: g.Value) -> str:
    match value:
        case Const(found):
            return repr(found)
        case Items(items, kind):
            inner = ", ".join(_text(item) for item in items)
            return f"[{inner}]" if kind == "list" else f"({inner}{',' if len(items) == 1 else ''})"
        case Name(name):
            return name
        case g.Choice(choices):
            return " or ".join(_text(one) for one in choices)
    return "something unknown"
