"""RNN109: TimeDistributed around a Dropout that needs no wrapper."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.context import RuleSettings, once
from rnnlint.checks.flow import kind
from rnnlint.checks.loss import title
from rnnlint.checks.rate import rate
from rnnlint.findings import Finding, Related, Rule
from rnnlint.graph import Const, Graph, Layer, options
from rnnlint.keras.table import Kind

RULE = Rule(
    code="RNN109",
    name="timedistributed-dropout",
    summary="Reports `TimeDistributed(Dropout(r))`, which does nothing that `Dropout(r)` does not do.",
)


def check(graph: Graph, settings: RuleSettings) -> Iterator[Finding]:  # noqa: ARG001 - as every check
    """Every such layer, called or not."""
    yield from once(_finding(layer, layer.children[0]) for layer in graph.layers if _pointless(layer))


def _pointless(layer: Layer) -> bool:
    if kind(layer) is not Kind.TIME_DISTRIBUTED or not layer.children:
        return False
    inner = layer.children[0]
    if kind(inner) is not Kind.DROPOUT or not inner.complete or not rate(inner).active:
        return False
    shape = inner.arg("noise_shape")
    return shape is None or all(option == Const(None) for option in options(shape.value))


def _finding(layer: Layer, inner: Layer) -> Finding:
    name = title(inner)
    return Finding(
        RULE.code,
        RULE.name,
        f"TimeDistributed({name}) draws for every timestep and feature, as {name} does without the wrapper",
        layer.span,
        "certain" if layer.certain and inner.certain else "possible",
        "the wrapper changes nothing",
        () if inner.span == layer.span else (Related(inner.span, f"the wrapped {inner.short}"),),
    )
