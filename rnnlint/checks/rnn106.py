"""RNN106: a noise shape that Keras cannot use."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import consequences, place
from rnnlint.checks.context import RuleSettings, once
from rnnlint.checks.flow import dropout, inputs_shape, paths
from rnnlint.findings import Finding, Rule
from rnnlint.graph import Graph, Layer, Shape
from rnnlint.keras.masks import NoiseProblem, check_noise_shape
from rnnlint.keras.scalars import text
from rnnlint.keras.versions import Env

RULE = Rule(
    code="RNN106",
    name="invalid-noise-shape",
    summary="Reports a `noise_shape` that Keras refuses, ignores, or cannot fit to the layer's input.",
)


def check(graph: Graph, settings: RuleSettings) -> Iterator[Finding]:
    """One finding per dropout layer, whatever it feeds."""
    return once(_findings(graph, settings.keras))


def _findings(graph: Graph, env: Env) -> Iterator[Finding]:
    for layer, shape, rank, certain in _dropouts(graph, env):
        problems = [problem for problem in check_noise_shape(layer, shape, rank, env) if not _shared(problem)]
        if problems:
            yield _finding(problems, env, certain)


def _dropouts(graph: Graph, env: Env) -> Iterator[tuple[Layer, Shape, int | None, bool]]:
    """Each dropout at each of its calls, with what is known of its input there, and those that nothing calls."""
    ranks = {path.dropout.id: path.rank for path in paths(graph, env)}
    called: set[int] = set()
    for node in graph.nodes:
        inside = dropout(node.layer)
        if inside is None or node.layer is None:
            continue
        called.update(layer.id for layer in node.layer.walk())
        yield node.layer, inputs_shape(graph, node, 0), ranks.get(node.id), node.certain
    for layer in graph.layers:
        if layer.id not in called and dropout(layer) is layer:
            yield layer, None, None, layer.certain


def _shared(problem: NoiseProblem) -> bool:
    """RNN104 and RNN105 speak about masks that work, but for the whole batch or for one batch size."""
    return problem.kind in ("batch-shared", "fixed-batch") or (
        problem.kind == "rank-low" and any(effect.when == "silent" for effect in problem.effects)
    )


def _finding(problems: list[NoiseProblem], env: Env, certain: bool) -> Finding:
    first = problems[0]
    env = env.restrict(first.layer.origin)
    certain = certain and first.layer.certain and any(problem.certain for problem in problems)
    span, related = place(first.layer, first.arg)
    wrong = " and ".join(dict.fromkeys(problem.what for problem in problems))
    meant = f"; write `{first.keyword}={text(first.value)}`" if first.keyword else ""
    return Finding(
        RULE.code,
        RULE.name,
        f"`noise_shape` {wrong}: {consequences(first.effects, env)}{meant}",
        span,
        "certain" if certain else "possible",
        "no usable noise shape",
        related,
    )
