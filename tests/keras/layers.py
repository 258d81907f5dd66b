"""Layers for the tests of keras/: as the graph has them, as `observe.py` builds them, and what it saw."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from rnnlint.graph import Arg, Choice, Const, Items, Layer, LayerArg, Name, Range, Span, Unknown, Value
from rnnlint.keras.versions import KERAS_2, NEWEST, KerasTargets, Version
from tests import warm

SPAN = Span("model.py", 1, 1, 1, 1)
ANY = KerasTargets.unknown()
OBSERVED = {
    major: KerasTargets(frozenset({version}), frozenset({"tensorflow"}))
    for major, version in ((2, KERAS_2[-1]), (3, NEWEST))
}
TANH_LAYER = 77  # the id of an Activation("tanh") layer as an argument


def value(given: object) -> Value:
    """A Python object as a value of the graph."""
    if isinstance(given, (Const, Items, Name, LayerArg, Range, Choice, Unknown)):
        return given
    if isinstance(given, (tuple, list)):
        return Items(tuple(value(one) for one in given), "list" if isinstance(given, list) else "tuple")
    return Const(given)


def layer(
    name: str,
    *children: Layer,
    origin: str = "keras",
    positional: Collection[str] = (),
    complete: bool = True,
    **arguments: object,
) -> Layer:
    """A layer with its arguments already bound."""
    args = tuple(Arg(key, value(given), SPAN, key in positional) for key, given in arguments.items())
    return Layer(0, f"keras.layers.{name}", "keras", origin, args, SPAN, children, complete)


def env(version: Version, backend: str = "tensorflow") -> KerasTargets:
    """One version on one backend."""
    return KerasTargets(frozenset({version}), frozenset({backend}))


def encode(given: Layer, **extra: object) -> dict[str, Any]:
    """A layer for `observe.py`; `extra` are arguments that only the real layer needs, such as `units`."""
    keywords = {name: {"const": one} for name, one in extra.items()}
    positional = [_encode(arg.value) for arg in given.args if arg.positional]
    keywords |= {arg.name: _encode(arg.value) for arg in given.args if not arg.positional}
    children = [encode(child, **_needed(child)) for child in given.children]
    return {
        "class": given.short,
        "origin": given.origin,
        "children": children,
        "positional": positional,
        "keywords": keywords,
    }


def _needed(child: Layer) -> dict[str, object]:
    recurrent = child.short.startswith(("LSTM", "GRU", "SimpleRNN"))
    return {"units": 5} if recurrent and child.arg("units") is None else {}


def _encode(given: Value) -> dict[str, Any]:
    match given:
        case Const(constant):
            return {"const": constant}
        case Items(items, kind, _):
            return {"items": [_encode(item) for item in items], "kind": kind}
        case Name(name):
            return {"name": name}
        case LayerArg():
            return {"layer": encode(layer("Activation", activation="tanh"))}
    raise TypeError(given)


def observe(python: str, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the Keras of that Python does with the jobs."""
    with tempfile.TemporaryDirectory() as folder:
        given, taken = Path(folder, "jobs.json"), Path(folder, "results.json")
        given.write_text(json.dumps(jobs), encoding="utf-8")
        script = Path(__file__).with_name("observe.py")
        warm.run(python, script, str(given), str(taken), cwd=folder, timeout=300)
        answers: list[dict[str, Any]] = json.loads(taken.read_text(encoding="utf-8"))["answers"]
    return answers


def plausible(sample: Sequence[int], probability: float) -> bool:
    """Whether a sample, as hits and trials, lies within the two-sided 99.99 % bounds of a binomial distribution."""
    hits, trials = sample
    if probability in (0.0, 1.0):
        return hits == trials * probability

    def density(k: int) -> float:
        ways = math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1)
        return math.exp(ways + k * math.log(probability) + (trials - k) * math.log1p(-probability))

    below = math.fsum(density(k) for k in range(hits + 1))
    above = math.fsum(density(k) for k in range(hits, trials + 1))
    return min(below, above) > 0.00005
