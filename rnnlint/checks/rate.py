"""What is known of a dropout rate."""

from __future__ import annotations

from rnnlint.graph import Choice, Const, Layer, Range, Unknown, Value, options
from rnnlint.keras.scalars import text
from rnnlint.records import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate between 0 and 1, both exclusive: RNN301 reports those that are not.

    `known` holds the constants that it may be. `low` and `high` bound it over all alternatives that drop, None where
    one of them is wholly unknown. `active` says that it may drop, `always` that every alternative drops.
    """

    known: tuple[float, ...]
    low: float | None
    high: float | None
    active: bool
    always: bool

    @property
    def value(self) -> float | None:
        """The figure, where there is just one."""
        return self.known[0] if len(self.known) == 1 and self.low == self.high else None

    @property
    def likely(self) -> float | None:
        """The figure to name in a message: the only one, or the default that a caller may override."""
        return self.known[0] if len(self.known) == 1 else None


OFF = Rate((), None, None, False, False)


def rate(layer: Layer, name: str = "rate") -> Rate:
    """The rate of a dropout layer, or of a recurrent layer's argument `dropout`.

    A Dropout whose rate is wholly unknown is taken to drop, because a Dropout is written to drop; a rate that is 0 by
    default is not, whatever else a caller may pass. A recurrent layer's unknown argument is not taken to be set.
    """
    arg = layer.arg(name)
    if arg is None and name == "rate":
        arg = layer.arg("p")  # the name in Keras 1, which early releases of Keras 2 still took
    if arg is None:
        return OFF if layer.complete or name != "rate" else _of(Unknown("hidden by a splat"))
    found = _of(arg.value)
    return found if name == "rate" or found.known or found.high is not None else OFF


def argument_text(layer: Layer, name: str) -> str:
    """The argument as in the source, as far as it drops: `dropout=0.2`."""
    arg = layer.arg(name)
    if arg is None:
        return f"`{name}`"
    drops = tuple(one for one in options(arg.value) if _of(one).active and not isinstance(one, Unknown))
    return f"`{name}={text(drops[0] if len(drops) == 1 else Choice(drops))}`" if drops else f"`{name}`"


def _of(value: Value) -> Rate:
    known: list[float] = []
    bounds: list[tuple[float, float]] = []
    unknown = idle = False
    for option in options(value):
        match option:
            case Const(bool()):
                idle = True
            case Const(int() | float() as figure):
                if 0 < figure < 1:
                    known.append(float(figure))
                    bounds.append((float(figure), float(figure)))
                else:
                    idle = True
            case Range(low, high):
                if high is not None and high <= 0:
                    idle = True
                else:
                    bounds.append((max(0.0, low or 0.0), min(1.0, 1.0 if high is None else high)))
                    idle = idle or low is None or low <= 0
            case Unknown():
                unknown = True
            case _:
                pass  # no rate at all, such as the None or the tuple of another branch: it says nothing of this one
    active = bool(bounds) or (unknown and not idle)
    if not active:
        return OFF
    if not bounds:
        return Rate((), None, None, True, False)
    low = None if unknown else min(bound[0] for bound in bounds)
    high = max(bound[1] for bound in bounds)
    return Rate(tuple(dict.fromkeys(known)), low, high, True, not unknown and not idle)
