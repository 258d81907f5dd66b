"""RNN301: rates outside the range in which Keras drops what they say."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import at_argument, combine, consequences
from rnnlint.checks.context import RuleSettings, affected, union
from rnnlint.findings import Finding, Remedy, SetArgument
from rnnlint.flow.view import View
from rnnlint.keras.rates import RateProblem, check_rates
from rnnlint.keras.versions import KerasTargets
from rnnlint.registry import rule

RULE = rule("RNN301")


def check(view: View, _settings: RuleSettings) -> Iterator[Finding]:
    """One finding per rate of a dropout layer, a recurrent layer or a cell."""
    called = view.first_calls
    return (
        finding
        for layer in view.graph.layers
        for finding in combine(
            _finding(problem, called.get(layer.id), view.targets) for problem in check_rates(layer, view.targets)
        )
    )


def _finding(problem: RateProblem, node: int | None, env: KerasTargets) -> Finding:
    layer = problem.layer
    env = env.for_origin(layer.origin)
    happens = consequences(problem.outcomes, env)
    return at_argument(
        RULE,
        layer,
        problem.arg,
        message=f"`{problem.arg.name}={problem.text}` {_wrong(problem)}: {happens}",
        certain=problem.certain and layer.certain,
        label="not a rate from 0 to below 1",
        kind="rate",
        claims=tuple(dict.fromkeys(outcome.what for outcome in problem.outcomes)),
        node=node,
        argument=problem.argument,
        where=affected(union(outcome.where for outcome in problem.outcomes), env),
        remedy=_remedy(problem),
    )


def _remedy(problem: RateProblem) -> Remedy | None:
    """A percentage as a share."""
    if problem.suggestion is None or not problem.certain:
        return None
    step = SetArgument(problem.layer.span, problem.arg.name, f"{problem.suggestion:g}", problem.arg.span)
    return Remedy(f"Write {problem.text} % as {problem.suggestion:g}", "unsafe", ((step,),))


def _wrong(problem: RateProblem) -> str:
    match problem.reason:
        case "negative":
            return "is negative"
        case "one":
            return "would leave nothing"
        case "percent" if problem.suggestion is not None:
            return f"looks like a percentage; Keras expects {problem.suggestion:g}"
        case "percent" | "above-one":
            return "is above 1"
        case "string":
            return "is a string"
        case "none":
            return "is not a rate"
