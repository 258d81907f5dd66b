"""RNN109: TimeDistributed around a Dropout that needs no wrapper."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.context import RuleSettings
from rnnlint.checks.loss import layer_text
from rnnlint.checks.rate import rate
from rnnlint.findings import Finding, Probe, Related, Remedy, Unwrap
from rnnlint.flow.view import View
from rnnlint.graph import Const, Layer, options
from rnnlint.keras.kinds import Kind
from rnnlint.keras.table import kind_of
from rnnlint.registry import rule

RULE = rule("RNN109")


def check(view: View, _settings: RuleSettings) -> Iterator[Finding]:
    """Every such layer, called or not."""
    called = view.first_calls
    yield from (_finding(view, layer, called.get(layer.id)) for layer in view.graph.layers if _pointless(layer))


def _pointless(layer: Layer) -> bool:
    if kind_of(layer) is not Kind.TIME_DISTRIBUTED or not layer.children:
        return False
    inner = layer.children[0]
    if kind_of(inner) is not Kind.DROPOUT or not inner.complete or not rate(inner).active:
        return False
    shape = inner.arg("noise_shape")
    return shape is None or all(option == Const(None) for option in options(shape.value))


def _finding(view: View, layer: Layer, node: int | None) -> Finding:
    inner = layer.children[0]
    name = layer_text(inner)
    return Finding.of(
        RULE,
        message=f"TimeDistributed({name}) draws a mask value for every timestep and feature, as {name} does without "
        "the wrapper",
        span=layer.span,
        certain=layer.certain and inner.certain,
        label="the wrapper changes nothing",
        related=() if inner.span == layer.span else (Related(inner.span, f"the wrapped {inner.short}"),),
        probe=Probe(
            kind="mask",
            layer=layer.id,
            claims=("elementwise",),
            node=node,
            node_ids=() if node is None else (node,),
            axis=1,
        ),
        remedy=_remedy(view, layer, inner),
    )


# What every layer takes, and a Dropout can be given instead of its wrapper.
_COMMON = frozenset({"layer", "name", "dtype", "trainable", "input_shape", "batch_input_shape"})


def _remedy(view: View, layer: Layer, inner: Layer) -> Remedy | None:
    """The Dropout alone, unless the wrapper is called with what the Dropout does not take."""
    told = {arg.name for node in view.index.calls(layer.span) for arg in node.args}
    if not layer.complete or not told <= {"training"} or not {arg.name for arg in layer.args} <= _COMMON:
        return None
    return Remedy("Remove TimeDistributed", "unsafe", ((Unwrap(layer.span, inner.span),),))
