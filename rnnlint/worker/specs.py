"""Constructor calls of layers as a job holds them, changed for comparison."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from . import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def changed(
    spec: Mapping[str, Any], layer: int | None, without: Iterable[str] = (), instead: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The constructor call with arguments of one layer, itself or inside, left out or given other values.

    `layer` None means all of them. What was written by position moves to keywords.
    """
    made = dict(spec)
    made["children"] = [changed(child, layer, without, instead) for child in spec.get("children", ())]
    if "live" in spec or (layer is not None and spec.get("id") != layer):
        return made
    without = tuple(without)
    positional = list(spec.get("positional", ()))
    keywords = dict(spec.get("keywords", {}))
    names = _parameters(spec["class"].rpartition(".")[2])
    if positional and len(positional) <= len(names):
        keywords.update(zip(names, positional))  # noqa: B905 - Python 3.8 and 3.9 have no strict
        positional = []
    elif positional and not set(without) <= keywords.keys():
        positional.pop()
    for name in without:
        keywords.pop(name, None)
    keywords.update(instead or {})
    made.update(positional=positional, keywords=keywords)
    return made


def _parameters(short: str) -> list[str]:
    """The parameters of a layer's constructor that may be given by position."""
    found = getattr(load.keras().layers, short, None) if load.keras() is not None else None
    if found is None:
        return []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [one.name for one in inspect.signature(found).parameters.values() if one.kind in kinds]


def walk(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A constructor call, and those of the layers in it."""
    yield spec
    for child in spec.get("children", ()):
        yield from walk(child)
    for value in (*spec.get("positional", ()), *spec.get("keywords", {}).values()):
        for one in value.get("items", (value,)):
            if "layer" in one:
                yield from walk(one["layer"])
