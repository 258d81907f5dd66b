"""RNN301: rates outside the range in which Keras drops what they say."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import combine, consequences, place
from rnnlint.checks.context import RuleSettings, once
from rnnlint.findings import Finding, Rule
from rnnlint.graph import Graph
from rnnlint.keras.rates import RateProblem, check_rates
from rnnlint.keras.versions import Env

RULE = Rule(
    code="RNN301",
    name="dropout-rate-out-of-range",
    summary="Reports a dropout rate that Keras rejects, clamps or switches off: a percentage, a negative number, 1 or "
    "more.",
)


def check(graph: Graph, settings: RuleSettings) -> Iterator[Finding]:
    """One finding per rate of a dropout layer, a recurrent layer or a cell."""
    return once(
        finding
        for layer in graph.layers
        for finding in combine(_finding(problem, settings.keras) for problem in check_rates(layer, settings.keras))
    )


def _finding(problem: RateProblem, env: Env) -> Finding:
    layer = problem.layer
    span, related = place(layer, problem.arg)
    happens = consequences(problem.outcomes, env.restrict(layer.origin))
    return Finding(
        RULE.code,
        RULE.name,
        f"`{problem.arg.name}={problem.text}` {_wrong(problem)}: {happens}",
        span,
        "certain" if problem.certain and layer.certain else "possible",
        "not a rate from 0 to below 1",
        related,
    )


def _wrong(problem: RateProblem) -> str:
    match problem.reason:
        case "negative":
            return "is negative"
        case "one":
            return "would leave nothing"
        case "percent" if problem.suggestion is not None:
            return f"looks like a percentage, which Keras writes {problem.suggestion:g}"
        case "percent" | "above-one":
            return "is above 1"
        case "string":
            return "is a string"
        case "none":
            return "is no rate"
