"""Argument values of the graph as numbers and as text."""

from __future__ import annotations

import math

from rnnlint.graph import Choice, Const, Items, Layer, LayerArg, Name, Range, Value, options


def number(value: Value) -> float | None:
    """A constant real number, as Python compares it (True is 1.0); None for every other value, and for nan."""
    if not isinstance(value, Const) or not isinstance(value.value, (bool, int, float)):
        return None
    try:
        found = float(value.value)
    except OverflowError:
        return math.inf if value.value > 0 else -math.inf
    return None if math.isnan(found) else found


def argument(layer: Layer, *names: str) -> Value | None:
    """The value of the first of these arguments that the code gives, or None."""
    return next((arg.value for name in names if (arg := layer.arg(name)) is not None), None)


def text(value: Value) -> str:
    """A value as a reader would write it: `0.2`, `'relu'`, `(None, 1, None)`, `tf.nn.relu`, `0.2 or 0.5`."""
    match value:
        case Const(constant):
            return repr(constant)
        case Items(items, shape, complete):
            inner = ", ".join([text(item) for item in items] + ([] if complete else ["..."]))
            if shape == "list":
                return f"[{inner}]"
            return f"({inner},)" if len(items) == 1 and complete else f"({inner})"
        case Name(name):
            return "tf." + name.removeprefix("tensorflow.") if name.startswith("tensorflow.") else name
        case LayerArg():
            return "a layer"
        case Range(low, high):
            return f"{'...' if low is None else low} to {'...' if high is None else high}"
        case Choice():
            return " or ".join(dict.fromkeys(text(option) for option in options(value)))
    return "..."
