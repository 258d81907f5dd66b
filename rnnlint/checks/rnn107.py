"""RNN107: dropout in front of Masking, which then reads zeroed and rescaled values."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.context import RuleSettings
from rnnlint.checks.loss import figure, layer_text, off
from rnnlint.checks.rate import rate
from rnnlint.findings import Finding, MaskingClaim, Probe, Related, Remedy, Swap
from rnnlint.flow.paths import Upstream, upstream
from rnnlint.flow.view import View
from rnnlint.graph import Const, Node, options
from rnnlint.keras.kinds import Kind
from rnnlint.keras.masks import all_dropped, draws, mask
from rnnlint.keras.table import kind_of
from rnnlint.registry import rule

RULE = rule("RNN107")

_THROUGH = frozenset({Kind.NOISE, Kind.RESHAPE, Kind.PERMUTE})


def check(view: View, settings: RuleSettings) -> Iterator[Finding]:
    """Every Masking layer and the dropouts before it."""
    yield from (
        finding
        for node in view.graph.nodes
        if kind_of(node.layer) is Kind.MASKING
        for found in upstream(view.graph, node, _THROUGH)
        if (finding := _finding(view, node, found, settings)) is not None
    )


def _finding(view: View, masking: Node, found: Upstream, settings: RuleSettings) -> Finding | None:
    assert masking.layer is not None
    dropped = rate(found.layer)
    if off(found.dropout) or not dropped.active:
        return None
    zero = _mask_value_is_zero(masking)
    name = layer_text(found.layer)
    certain = found.certain and dropped.always and masking.layer.complete
    probability = None
    claims: tuple[MaskingClaim, ...]
    if zero is None:
        claims = ("padding", "steps")
        why = "Masking then looks for its mask_value among zeroed and rescaled values"
        certain = False
    elif not zero or kind_of(found.layer) is Kind.ALPHA_DROPOUT:
        claims = ("padding",)
        why = "in training no padded value keeps the mask_value, so padding is not masked"
    elif kind_of(found.layer) is Kind.GAUSSIAN_DROPOUT:
        return None
    else:
        probability = _all_zero(view, found)
        claims = ("steps",)
        why = "a timestep whose features are all dropped is masked as padding"
        if probability is not None:
            why += f" (probability {figure(probability)})"
        certain = certain and probability is not None and probability >= settings.timestep_loss_threshold
    return Finding.of(
        RULE,
        message=f"{name} before Masking: {why}; put Masking first",
        span=found.layer.span,
        certain=certain,
        label="drops before Masking",
        related=(
            *(Related(node.span, f"passes {node.layer.short}") for node in found.between if node.layer is not None),
            Related(masking.layer.span, "Masking reads the result"),
        ),
        probe=Probe(
            kind="masking",
            layer=found.layer.id,
            claims=claims,
            node=found.dropout.id,
            node_ids=found.node_ids(masking),
            axis=1,
            probability=probability,
        ),
        remedy=_remedy(view, masking, found),
    )


# What only the first layer of a model says.
_INPUT = frozenset({"input_shape", "batch_input_shape", "batch_shape", "input_dim", "input_length", "batch_size"})


def _remedy(view: View, masking: Node, found: Upstream) -> Remedy | None:
    """Swap the two, where each reads or is read by nothing else, whatever calls their code."""
    assert masking.layer is not None
    first, second = found.layer.span, masking.layer.span
    layers = (found.layer, masking.layer)
    if (
        found.between
        or found.dropout.layer is not found.layer
        or any(arg.name in _INPUT for one in layers for arg in one.args)
    ):
        return None
    known = view.index
    drops, masks = ({node.id for node in known.calls(place)} for place in (first, second))
    if any(view.graph.nodes[node].args for node in drops | masks):
        return None
    read = {ref.node for mask in masks for refs in view.graph.nodes[mask].inputs for ref in refs}
    if read - drops or any(reader not in masks for drop in drops for reader in known.readers(drop)):
        return None
    if drops & known.outputs:
        return None
    return Remedy("Put Masking first", "unsafe", ((Swap(first, second),),))


def _mask_value_is_zero(masking: Node) -> bool | None:
    """Whether `mask_value` is 0, which is its default; None if that is not known."""
    assert masking.layer is not None
    arg = masking.layer.arg("mask_value")
    if arg is None:
        return True if masking.layer.complete else None
    values = options(arg.value)
    if any(not isinstance(value, Const) for value in values):
        return None
    zeros = {isinstance(value, Const) and value.value == 0 for value in values}
    return zeros.pop() if len(zeros) == 1 else None


def _all_zero(view: View, found: Upstream) -> float | None:
    """The probability that all features of a timestep are dropped; None if the rate or their number is unknown."""
    assert found.dropout.layer is not None
    refs = found.dropout.inputs[0]
    shape = view.graph.shape(refs[0]) if len(refs) == 1 else None
    value = rate(found.layer).value
    if any(kind_of(node.layer) in (Kind.RESHAPE, Kind.PERMUTE) for node in found.between):
        return None
    drawn = mask(
        found.dropout.layer,
        shape,
        None if shape is None else len(shape),
        view.targets.for_origin(found.layer.origin),
    )
    if value is None or shape is None or len(shape) < 3 or drawn is None:
        return None
    count = draws(drawn, shape, range(2, len(shape)))
    return None if count is None else all_dropped(value, count)
