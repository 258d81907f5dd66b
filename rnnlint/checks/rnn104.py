"""RNN104: a mask that all samples of a batch share."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.context import RuleSettings, affected, union
from rnnlint.checks.loss import layer_text, noise_shape
from rnnlint.checks.noise import Trouble, troubles
from rnnlint.checks.remedies import one_rank
from rnnlint.findings import Finding, PrependItem, Remedy, SetItem, Step
from rnnlint.flow.view import View
from rnnlint.keras.masks import NoiseKind
from rnnlint.registry import rule

RULE = rule("RNN104")
_PROBLEMS: frozenset[NoiseKind] = frozenset({"batch-shared", "rank-low"})


def check(view: View, _settings: RuleSettings) -> Iterator[Finding]:
    """Dropout layers with a `noise_shape` on a sequence."""
    yield from (_finding(view, found) for found in troubles(view) if _shared(found))


def _shared(found: Trouble) -> bool:
    """1 on the batch axis, or too few axes where Keras accepts them in silence."""
    return found.problem.kind in _PROBLEMS and any(effect.when == "silent" for effect in found.problem.effects)


def _finding(view: View, found: Trouble) -> Finding:
    silent = union(effect.where for effect in found.problem.effects if effect.when == "silent")
    return Finding.of(
        RULE,
        message=f"{layer_text(found.layer)} draws one mask for the whole batch: {noise_shape(found.layer)} "
        f"{found.problem.what}, so all samples lose the same values",
        span=found.layer.span,
        certain=found.certain,
        label="one mask for the whole batch",
        related=found.related,
        probe=found.probe(
            "mask", "batch-shared", _PROBLEMS, affected(silent, view.targets.for_origin(found.layer.origin))
        ),
        remedy=_remedy(view, found),
    )


def _remedy(view: View, found: Trouble) -> Remedy | None:
    """`None` on the batch axis, in place of 1 or in front."""
    problem = found.problem
    if problem.fixed is None:
        return None
    step: Step
    if problem.kind == "batch-shared":
        step = SetItem(found.layer.span, problem.arg.span, 0, "None")
    elif one_rank(view, found.layer, found.rank):
        step = PrependItem(found.layer.span, problem.arg.span, "None")
    else:
        return None
    return Remedy("Draw a mask for each sample: `None` on the batch axis", "unsafe", ((step,),))
