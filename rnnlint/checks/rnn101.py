"""RNN101: a mask whose draws are too few to keep a timestep alive."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from rnnlint.checks.context import RuleSettings
from rnnlint.checks.loss import Loss, OwnLoss, features, layer_text, own_losses, path_loss, reason, width
from rnnlint.checks.rate import rate
from rnnlint.checks.remedies import shared_noise_shape
from rnnlint.findings import Finding, Remedy, SetArgument
from rnnlint.flow.paths import Path
from rnnlint.flow.view import View
from rnnlint.graph import Const, Layer, options
from rnnlint.keras.kinds import Kind
from rnnlint.keras.masks import all_dropped
from rnnlint.keras.table import kind_of
from rnnlint.registry import rule

RULE = rule("RNN101")

_ON_PURPOSE = re.compile(r"(word|token|step|frame)s?[ _-]?drop", re.IGNORECASE)


def check(view: View, settings: RuleSettings) -> Iterator[Finding]:
    """Dropout layers on the way into a recurrent layer, and the recurrent layer's own `dropout` in Keras 2."""
    layers = (
        _layer(view, path, found, settings)
        for path in view.paths
        if not path.shared and (found := path_loss(view, path, settings, "timestep")) is not None
    )
    # Where some versions lose sequences, RNN103 names both.
    own = (_own(found) for found in own_losses(view, settings) if not found.per_sequence)
    yield from chain(layers, own)


def _layer(view: View, path: Path, lost: Loss, settings: RuleSettings) -> Finding:
    purpose = _purpose(view, path) if lost.draws == 1 and width(path) != 1 else ""
    return Finding.of(
        RULE,
        message=f"{layer_text(path.layer)} zeroes whole timesteps before {path.target.layer.short}: "
        f"{reason(path, lost, 'timestep')}, so each step is lost with {lost.chance}"
        f"{_expected(lost.probability, lost.most, path.timesteps)}"
        + (f"; this is right for word dropout, which {purpose} suggests" if purpose else ""),
        span=path.layer.span,
        certain=path.certain and lost.certain and not purpose,
        label="zeroes whole timesteps",
        related=path.trace(view.graph),
        probe=path.probe(view.graph, "steps", lost.probability),
        remedy=None if purpose else _remedy(view, path, settings),
    )


def _remedy(view: View, path: Path, settings: RuleSettings) -> Remedy | None:
    """One mask for the sequence, where the timestep is lost by its noise shape and not for want of features."""
    given, number, dropped = path.layer.arg("noise_shape"), width(path), rate(path.layer)
    shape = shared_noise_shape(view, path)
    if kind_of(path.layer) is not Kind.DROPOUT or given is None or number is None or shape is None:
        return None
    if dropped.high is not None and all_dropped(dropped.high, number) >= settings.timestep_loss_threshold:
        return None
    return Remedy(
        f"Share one mask over the sequence: `noise_shape={shape}`",
        "unsafe",
        ((SetArgument(path.layer.span, "noise_shape", shape, given.span),),),
    )


def _own(own: OwnLoss) -> Finding:
    where = "its mask is drawn at every timestep" + (f" in {own.per_timestep}" if own.per_timestep else "")
    return Finding.of(
        RULE,
        message=f"{own.title} zeroes whole timesteps of its input: {where}, and the input has "
        f"{features(own.features)}, so each step is lost with "
        f"{own.chance}{_expected(own.probability, own.most, own.timesteps)}",
        span=own.span,
        certain=own.certain and own.everywhere,
        label="zeroes whole timesteps of the input",
        related=own.related,
        probe=own.probe,
    )


def _expected(probability: float | None, most: bool, timesteps: int | None) -> str:
    """How many steps that is on average, where their number is known."""
    if probability is None or timesteps is None or timesteps < 2:
        return ""
    lost = probability * timesteps
    about = "up to about" if most else "about"
    return f", {about} {f'{lost:.0f}' if lost >= 2 else f'{lost:.2g}'} of {timesteps} steps per sequence"


def _purpose(view: View, path: Path) -> str:
    """What says that dropping whole timesteps is meant; empty where nothing does."""
    for layer in (path.layer, path.dropout.layer):
        name = _name(layer)
        if _ON_PURPOSE.search(name):
            return f"the name {name!r}"
    producers = path.dropout.inputs[0]
    if producers and all(kind_of(view.graph.nodes[ref.node].layer) is Kind.EMBEDDING for ref in producers):
        return "its place after an Embedding"
    return ""


def _name(layer: Layer | None) -> str:
    arg = layer.arg("name") if layer is not None else None
    names = [option.value for option in options(arg.value) if isinstance(option, Const)] if arg else []
    return next((name for name in names if isinstance(name, str)), "")
