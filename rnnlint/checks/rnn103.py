"""RNN103: a mask shared over time whose draws are too few to keep a sequence alive."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from rnnlint.checks.context import RuleSettings
from rnnlint.checks.loss import Loss, OwnLoss, features, layer_text, own_losses, path_loss, reason
from rnnlint.findings import Finding
from rnnlint.flow.paths import Path
from rnnlint.flow.view import View
from rnnlint.registry import rule

RULE = rule("RNN103")


def check(view: View, settings: RuleSettings) -> Iterator[Finding]:
    """Dropout layers on the way into a recurrent layer, and the recurrent layer's own `dropout`."""
    layers = (
        _layer(view, path, found)
        for path in view.paths
        if not path.shared and (found := path_loss(view, path, settings, "sequence")) is not None
    )
    own = (_own(found) for found in own_losses(view, settings) if found.per_sequence)
    yield from chain(layers, own)


def _layer(view: View, path: Path, lost: Loss) -> Finding:
    return Finding.of(
        RULE,
        message=f"{layer_text(path.layer)} zeroes whole sequences before {path.target.layer.short}: "
        f"{reason(path, lost, 'sequence')}, so each sample is lost with {lost.chance}",
        span=path.layer.span,
        certain=path.certain and lost.certain,
        label="zeroes whole sequences",
        related=path.trace(view.graph),
        probe=path.probe(view.graph, "sequences", lost.probability),
    )


def _own(own: OwnLoss) -> Finding:
    number = features(own.features)
    if own.per_timestep:
        what = "zeroes whole sequences or timesteps of its input"
        why = (
            f"the input has {number}, so in {own.per_sequence} each sequence and in {own.per_timestep} each timestep "
            "is lost"
        )
    else:
        what = "zeroes whole sequences of its input"
        where = "" if own.everywhere else f" in {own.per_sequence}"
        why = f"the mask is shared over time{where} and the input has {number}, so each sample is lost"
    return Finding.of(
        RULE,
        message=f"{own.title} {what}: {why} with {own.chance}",
        span=own.span,
        certain=own.certain and own.everywhere,
        label=what.replace("its", "the"),
        related=own.related,
        probe=own.probe,
    )
