"""RNN102: a new mask at every timestep where one for the whole sequence is meant."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks import rnn101
from rnnlint.checks.context import RuleSettings
from rnnlint.checks.loss import layer_text, noise_shape, off, width
from rnnlint.checks.rate import rate
from rnnlint.checks.remedies import shared_noise_shape
from rnnlint.findings import Finding, Remedy, ReplaceClass, SetArgument, Step
from rnnlint.flow.paths import Path
from rnnlint.flow.view import View
from rnnlint.keras.kinds import Kind
from rnnlint.keras.masks import mask
from rnnlint.keras.table import kind_of
from rnnlint.registry import rule

RULE = rule("RNN102")


def check(view: View, settings: RuleSettings) -> Iterator[Finding]:
    """Where RNN101 speaks about a Dropout, this rule does not."""
    lost = {finding.span for finding in rnn101.check(view, settings)}
    yield from (
        finding for path in view.paths if path.layer.span not in lost and (finding := _finding(view, path)) is not None
    )


def _finding(view: View, path: Path) -> Finding | None:
    assert path.dropout.layer is not None
    dropped = rate(path.layer)
    if kind_of(path.layer) is not Kind.DROPOUT or not dropped.active or off(path.dropout):
        return None
    if path.timesteps == 1 or width(path) == 1:
        return None
    drawn = mask(path.dropout.layer, path.shape, path.rank, view.targets.for_origin(path.layer.origin))
    if drawn is None or not (drawn.elementwise or not noise_shape(path.layer)):
        return None
    # A mask of unknown structure here: arguments hidden by a splat, or TimeDistributed over unknown timesteps.
    certain = path.layer.complete and (drawn.varies is None or drawn.varies[path.axis] is True)
    return Finding.of(
        RULE,
        message=f"{layer_text(path.layer)} draws a new mask at every timestep before {path.target.layer.short}; "
        f"{_advice(path)}",
        span=path.layer.span,
        certain=certain and path.certain and dropped.always,
        label="a new mask at every timestep",
        related=path.trace(view.graph),
        probe=path.probe(view.graph, "per-step"),
        remedy=_remedy(view, path),
    )


# What SpatialDropout1D takes as well, as keywords.
_COMMON = frozenset({"rate", "seed", "name", "dtype", "trainable", "input_shape", "batch_input_shape"})


def _remedy(view: View, path: Path) -> Remedy | None:
    """A `noise_shape`, or SpatialDropout1D on (batch, timesteps, features)."""
    shape = shared_noise_shape(view, path)
    if shape is None:
        return None
    layer, given = path.layer, path.layer.arg("noise_shape")
    alternatives: list[tuple[Step, ...]] = [
        (SetArgument(layer.span, "noise_shape", shape, given.span if given else None),)
    ]
    keywords = all(arg.name in _COMMON and (not arg.positional or arg.name == "rate") for arg in layer.args)
    if (path.axis, path.rank) == (1, 3) and keywords:
        alternatives.append((ReplaceClass(layer.span, "SpatialDropout1D"),))
    return Remedy("Share one mask over the sequence", "unsafe", tuple(alternatives))


def _advice(path: Path) -> str:
    """How to share the mask over time, for the time axis at the Dropout."""
    unwrapped = "" if path.layer is path.dropout.layer else "without TimeDistributed, "
    if path.rank is None:
        return f"{unwrapped}a noise_shape with 1 on axis {path.axis} shares one mask over the sequence"
    shape = ", ".join("1" if axis == path.axis else "None" for axis in range(path.rank))
    advice = f"{unwrapped}noise_shape=({shape}) shares one mask over the sequence"
    if path.axis == 1 and path.rank == 3:
        return advice
    return f"{advice} (here time is axis {path.axis} of {path.rank})"
