"""RNN104: a mask that all samples of a batch share."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.context import RuleSettings, once
from rnnlint.checks.loss import noise_shape, title
from rnnlint.checks.noise import Trouble, troubles
from rnnlint.findings import Finding, Rule
from rnnlint.graph import Graph

RULE = Rule(
    code="RNN104",
    name="batch-shared-noise-shape",
    summary="Reports a `noise_shape` that makes all samples of a batch share one dropout mask.",
)


def check(graph: Graph, settings: RuleSettings) -> Iterator[Finding]:
    """Dropout layers with a `noise_shape` on a sequence."""
    yield from once(_finding(found) for found in troubles(graph, settings) if _shared(found))


def _shared(found: Trouble) -> bool:
    """1 on the batch axis, or too few axes where Keras accepts them in silence."""
    return found.problem.kind in ("batch-shared", "rank-low") and any(
        effect.when == "silent" for effect in found.problem.effects
    )


def _finding(found: Trouble) -> Finding:
    return Finding(
        RULE.code,
        RULE.name,
        f"{title(found.layer)} draws one mask for the whole batch: {noise_shape(found.layer)} {found.problem.what}, so "
        "all samples lose the same values",
        found.layer.span,
        "certain" if found.certain else "possible",
        "one mask for the whole batch",
        found.related,
    )
