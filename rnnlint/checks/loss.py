"""How likely a mask is to zero a whole timestep, or a whole sequence: what RNN101 and RNN103 share."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Literal, TypeAlias

from rnnlint.checks.arguments import place
from rnnlint.checks.context import RuleSettings, affected, union
from rnnlint.checks.rate import Rate, rate
from rnnlint.findings import OwnMaskClaim, Probe, Related
from rnnlint.flow.paths import Path, inputs_shape, target
from rnnlint.flow.view import View
from rnnlint.graph import Const, Layer, Node, Span, options
from rnnlint.keras.kinds import Kind
from rnnlint.keras.masks import all_dropped, draws, mask, rnn_input_mask, rnn_losses
from rnnlint.keras.scalars import text
from rnnlint.keras.table import kind_of
from rnnlint.keras.versions import VersionSet
from rnnlint.records import dataclass

Unit: TypeAlias = Literal["timestep", "sequence"]


@dataclass(frozen=True, slots=True)
class Loss:
    """All features of a timestep or sequence are lost with `probability`, which `draws` independent draws decide.

    `probability` is None where the rate is unknown, and the highest known one where there are several (`most`).
    `certain`: whatever the rate turns out to be, the loss reaches the threshold.
    """

    draws: int
    probability: float | None
    most: bool
    certain: bool

    @property
    def chance(self) -> str:
        """The probability in words: "probability 0.30"."""
        if self.probability is None:
            return "a probability equal to its rate"
        return f"probability {'up to ' if self.most else ''}{figure(self.probability)}"

    @property
    def count(self) -> str:
        """The draws in words: "one draw"."""
        return "one draw" if self.draws == 1 else f"{self.draws} draws"


def loss(dropped: Rate, draws: int, threshold: float) -> Loss | None:
    """The loss if some value of the rate reaches the threshold; None if none does, or none is known to."""
    if not dropped.active:
        return None
    if dropped.high is None:
        # The rate is wholly unknown: a single draw loses the step with any rate that one would write.
        return Loss(draws=draws, probability=None, most=False, certain=False) if draws == 1 else None
    likely = [known for known in dropped.known if all_dropped(known, draws) >= threshold]
    if not likely and (dropped.known or all_dropped(dropped.high, draws) < threshold):
        return None
    highest = max(likely, default=dropped.high)
    certain = dropped.always and dropped.low is not None and all_dropped(dropped.low, draws) >= threshold
    return Loss(draws=draws, probability=all_dropped(highest, draws), most=len(dropped.known) != 1, certain=certain)


def figure(probability: float) -> str:
    """A probability with two digits that count: 0.30, 0.064."""
    return f"{probability:.2f}" if probability >= 0.1 else f"{probability:.2g}"


def features(number: int) -> str:
    """The number of features in words: "1 feature", "3 features"."""
    return f"{number} feature" + "s" * (number != 1)


# ---------------------------------------------------------------------------------------------------------------------
# Dropout layers


def off(node: Node) -> bool:
    """Whether a call says `training=False`: then nothing is dropped."""
    training = node.arg("training")
    return training is not None and all(
        isinstance(option, Const) and option.value is not None and not option.value
        for option in options(training.value)
    )


def path_loss(view: View, path: Path, settings: RuleSettings, unit: Unit) -> Loss | None:
    """What the dropout of a path loses per timestep if its mask varies along time, or per sequence if it does not."""
    assert path.dropout.layer is not None
    axes = path.features
    found = mask(path.dropout.layer, path.shape, path.rank, view.targets.for_origin(path.layer.origin))
    if axes is None or found is None or found.effect != "zero" or found.varies is None or off(path.dropout):
        return None
    along = found.varies[path.axis]
    if (along is False) != (unit == "sequence"):
        return None
    if unit == "sequence" and not any(found.varies[axis] for axis in path.batch):
        return None
    count = draws(found, path.shape, axes)
    if not count:  # not known, or no feature at all to lose
        return None
    lost = loss(rate(path.layer), count, settings.timestep_loss_threshold)
    if lost is not None and along is None:
        return Loss(draws=lost.draws, probability=lost.probability, most=lost.most, certain=False)
    return lost


def layer_text(layer: Layer) -> str:
    """A dropout layer with its rate, where that is one figure (if only by default): `Dropout(0.3)`."""
    value = rate(layer).likely
    return layer.short if value is None else f"{layer.short}({value:g})"


def width(path: Path) -> int | None:
    """The number of features of a timestep at the dropout; None if it is not known."""
    axes = path.features
    return None if axes is None else _product([path.shape[axis] if path.shape is not None else None for axis in axes])


def reason(path: Path, lost: Loss, unit: Unit) -> str:
    """Why the loss is so likely: "noise_shape=(None, None, 1) makes one draw per timestep"."""
    per = f"{lost.count} per {unit}"
    shape = noise_shape(path.layer)
    number = width(path)
    why = f"{shape} makes {per}" if shape else f"its mask has {per}"
    return why if number is None or (shape and number > lost.draws) else f"{why} ({features(number)})"


def noise_shape(layer: Layer) -> str:
    """The argument as text: `noise_shape=(None, None, 1)`; empty where it is left out or None."""
    arg = layer.arg("noise_shape")
    return "" if arg is None or arg.value == Const(None) else f"noise_shape={text(arg.value)}"


def _product(sizes: list[int | str | None]) -> int | None:
    known = [size for size in sizes if isinstance(size, int)]
    return prod(known) if len(known) == len(sizes) else None


# ---------------------------------------------------------------------------------------------------------------------
# The recurrent layer's own dropout


@dataclass(frozen=True, slots=True)
class OwnLoss:
    """What a recurrent layer's argument `dropout` loses of an input with `features` features.

    `per_timestep` and `per_sequence` say in which versions of Keras it loses single timesteps, in which whole
    sequences, and are empty where it does neither. `everywhere`: they are all the versions there may be.
    """

    title: str
    span: Span
    related: tuple[Related, ...]
    features: int
    timesteps: int | None
    probability: float
    most: bool
    chance: str
    per_timestep: str
    per_sequence: str
    everywhere: bool
    certain: bool
    probe: Probe


def own_losses(view: View, settings: RuleSettings) -> Iterator[OwnLoss]:
    """Every call of a recurrent layer whose own `dropout` reaches the threshold."""
    for node in view.graph.nodes:
        if node.kind == "layer" and node.layer is not None and node.inputs and not off(node):
            found = _own_loss(view, node, node.layer, settings)
            if found is not None:
                yield found


def _own_loss(view: View, node: Node, layer: Layer, settings: RuleSettings) -> OwnLoss | None:
    read = target(layer)
    if read is None or read.rank is None:
        return None
    shape = inputs_shape(view.graph, node, 0)
    if shape is None or len(shape) != read.rank:
        return None
    inner = read.layer
    env = view.targets.for_origin(inner.origin)
    found = rnn_input_mask(inner, env)
    count = _product([size for axis, size in enumerate(shape) if axis != read.time and axis not in read.batch])
    if found is None or not count:
        return None
    dropped = rate(found.layer, "dropout")
    highest = max(dropped.known, default=dropped.high)
    if not dropped.active or highest is None:
        return None
    threshold = settings.timestep_loss_threshold
    losses = [one for one in rnn_losses(found, count, highest) if one.probability >= threshold]
    if not losses:
        return None
    step = union(one.where for one in losses if not one.time_shared)
    sequence = union(one.where for one in losses if one.time_shared)
    low = rnn_losses(found, count, dropped.low) if dropped.low else ()
    certain = dropped.always and all(
        any(other.where == one.where and other.probability >= threshold for other in low) for one in losses
    )
    everywhere = (step | sequence).within(env) == "all"
    every: tuple[tuple[OwnMaskClaim, VersionSet], ...] = (("steps", step), ("sequences", sequence))
    size = shape[read.time]
    span, related = place(found.layer, found.arg)
    value = dropped.value
    name = found.layer.short
    probability = max(one.probability for one in losses)
    most = value is None or len({one.probability for one in losses}) > 1
    directions = " in each direction" if any(kind_of(one) is Kind.BIDIRECTIONAL for one in layer.walk()) else ""
    return OwnLoss(
        title=f"{name}(dropout=...)" if value is None else f"{name}(dropout={value:g})",
        span=span,
        related=related,
        features=count,
        timesteps=size if isinstance(size, int) else None,
        probability=probability,
        most=most,
        chance=f"probability {'up to ' if most else ''}{figure(probability)}{directions}",
        per_timestep=step.describe(env) if step else "",
        per_sequence=sequence.describe(env) if sequence else "",
        everywhere=everywhere,
        certain=certain and node.certain and len(node.inputs[0]) == 1,
        probe=Probe(
            kind="own-mask",
            layer=found.layer.id,
            claims=tuple(claim for claim, where in every if where),
            node=node.id,
            axis=read.time,
            argument="dropout",
            probability=probability,
            where=affected(step | sequence, env),
        ),
    )
