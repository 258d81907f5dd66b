"""RNN106: a noise shape that Keras cannot use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from rnnlint.checks.arguments import consequences, place
from rnnlint.checks.context import RuleSettings, affected, union
from rnnlint.checks.remedies import common_shape
from rnnlint.findings import ErrorClaim, Finding, NameArgument, Probe, Remedy, RemoveArgument, SetItem, Step
from rnnlint.flow.paths import dropout, inputs_shape
from rnnlint.flow.view import View
from rnnlint.graph import Const, Items, Layer, Node, Shape, Value
from rnnlint.keras.kinds import Kind
from rnnlint.keras.masks import Effect, NoiseKind, NoiseProblem, check_noise_shape
from rnnlint.keras.scalars import text
from rnnlint.keras.table import kind_of
from rnnlint.keras.versions import KerasTargets
from rnnlint.registry import rule

RULE = rule("RNN106")
# Shared masks are what RNN104 and RNN105 are about.
_PROBLEMS: frozenset[NoiseKind] = frozenset(get_args(NoiseKind)) - {"batch-shared", "fixed-batch"}


def check(view: View, _settings: RuleSettings) -> Iterator[Finding]:
    """One finding per dropout layer, whatever it feeds."""
    return _findings(view, view.targets)


def _findings(view: View, env: KerasTargets) -> Iterator[Finding]:
    ranks = {path.dropout.id: path.rank for path in view.paths}
    for layer, node in _dropouts(view):
        shape = None if node is None else inputs_shape(view.graph, node, 0)
        rank = None if node is None else ranks.get(node.id)
        problems = [problem for problem in check_noise_shape(layer, shape, rank, env) if not _shared(problem)]
        if problems:
            # What every call of this code reads; inside a TimeDistributed axes are counted otherwise.
            common = common_shape(view, layer) if layer is problems[0].layer else None
            yield _finding(problems, env, layer if node is None else node, common)


def _dropouts(view: View) -> Iterator[tuple[Layer, Node | None]]:
    """Each dropout at each of its calls, and those that nothing calls."""
    called: set[int] = set()
    for node in view.graph.nodes:
        inside = dropout(node.layer)
        if inside is None or node.layer is None:
            continue
        called.update(layer.id for layer in node.layer.walk())
        yield node.layer, node
    for layer in view.graph.layers:
        if layer.id not in called and dropout(layer) is layer:
            yield layer, None


def _shared(problem: NoiseProblem) -> bool:
    """RNN104 and RNN105 speak about masks that work, but for the whole batch or for one batch size."""
    return problem.kind in ("batch-shared", "fixed-batch") or (
        problem.kind == "rank-low" and any(effect.when == "silent" for effect in problem.effects)
    )


def _finding(problems: list[NoiseProblem], env: KerasTargets, at: Layer | Node, shape: Shape) -> Finding:
    first = problems[0]
    env = env.for_origin(first.layer.origin)
    certain = at.certain and first.layer.certain and any(problem.certain for problem in problems)
    span, related = place(first.layer, first.arg)
    wrong = " and ".join(dict.fromkeys(problem.what for problem in problems))
    meant = f"; write `{first.keyword}={text(first.value)}`" if first.keyword else ""
    return Finding.of(
        RULE,
        message=f"`noise_shape` {wrong}: {consequences(first.effects, env)}{meant}",
        span=span,
        certain=certain,
        label="Keras cannot use this noise shape",
        related=related,
        probe=Probe(
            kind="error",
            layer=first.layer.id,
            claims=tuple(dict.fromkeys(_claim(first, effect) for effect in first.effects)),
            node=at.id if isinstance(at, Node) else None,
            argument="noise_shape",
            problems=_PROBLEMS,
            where=affected(union(effect.where for effect in first.effects), env),
        ),
        remedy=_remedy(problems, env, shape),
    )


def _remedy(problems: list[NoiseProblem], env: KerasTargets, shape: Shape) -> Remedy | None:
    """Everything that is wrong put right, or nothing."""
    steps: list[Step] = []
    for problem in problems:
        step = _step(problem, env, shape)
        if step is None:
            return None
        steps.append(step)
    first = problems[0]
    match steps:
        case [NameArgument(name=name)]:
            message = f"Write `{name}={text(first.value)}`"
        case [RemoveArgument()]:
            message = "Remove `noise_shape`"
        case _:
            message = "Write sizes that fit the input"
    return Remedy(message, "safe" if all(problem.safe for problem in problems) else "unsafe", (tuple(steps),))


def _step(problem: NoiseProblem, env: KerasTargets, shape: Shape) -> Step | None:
    call, at = problem.layer.span, problem.arg.span
    if problem.keyword is not None:
        return NameArgument(call, at, problem.keyword)
    if problem.kind == "no-parameter":
        return RemoveArgument(call, at)
    # AlphaDropout of Keras 2 does not fill in None.
    no_none = kind_of(problem.layer) is Kind.ALPHA_DROPOUT and 2 in env.majors
    if problem.axis is None:
        return None
    item: Value | None = None
    if isinstance(problem.fixed, Items):
        item = problem.fixed.items[problem.axis]
    elif problem.kind == "size" and shape is not None and problem.axis < len(shape):
        size = shape[problem.axis]
        item = Const(size) if isinstance(size, int) and problem.axis else Const(None)
    if item is None or (no_none and item == Const(None)):
        return None
    return SetItem(call, at, problem.axis, text(item))


def _claim(problem: NoiseProblem, effect: Effect) -> ErrorClaim:
    if effect.when != "silent":
        return "raises"
    return "rank" if problem.kind == "rank-high" else "ignored"
