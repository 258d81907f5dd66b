"""RNN105: a batch size written into a noise shape."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.context import RuleSettings
from rnnlint.checks.loss import layer_text, noise_shape
from rnnlint.checks.noise import Trouble, troubles
from rnnlint.findings import Finding, Remedy, SetItem
from rnnlint.flow.view import View
from rnnlint.registry import rule

RULE = rule("RNN105")


def check(view: View, _settings: RuleSettings) -> Iterator[Finding]:
    """Dropout layers with a `noise_shape` on a sequence."""
    yield from (_finding(found) for found in troubles(view) if found.problem.kind == "fixed-batch")


def _finding(found: Trouble) -> Finding:
    return Finding.of(
        RULE,
        message=f"{layer_text(found.layer)} works with a single batch size only: {noise_shape(found.layer)} "
        f"{found.problem.what}, so training fails on a batch of any other size, such as the last one of an epoch",
        span=found.layer.span,
        certain=found.certain,
        label="works with one batch size only",
        related=found.related,
        probe=found.probe("error", "raises", frozenset({"fixed-batch"})),
        remedy=_remedy(found),
    )


def _remedy(found: Trouble) -> Remedy | None:
    """`None` in place of the number, which AlphaDropout of Keras 2 does not take."""
    problem = found.problem
    if problem.fixed is None:
        return None
    step = SetItem(found.layer.span, problem.arg.span, 0, "None")
    return Remedy("Fit every batch size: `None` on the batch axis", "safe", ((step,),))
