"""RNN108: dropout on the ids that an Embedding looks up."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.context import RuleSettings
from rnnlint.checks.loss import layer_text, off
from rnnlint.checks.rate import rate
from rnnlint.findings import Finding, Probe, Related
from rnnlint.flow.paths import Upstream, upstream
from rnnlint.flow.view import View
from rnnlint.graph import Node
from rnnlint.keras.kinds import Kind
from rnnlint.keras.table import kind_of
from rnnlint.registry import rule

RULE = rule("RNN108")

_THROUGH = frozenset({Kind.NOISE, Kind.RESHAPE, Kind.FLATTEN, Kind.PERMUTE})


def check(view: View, _settings: RuleSettings) -> Iterator[Finding]:
    """Every Embedding and the dropouts before it."""
    yield from (
        _finding(node, found)
        for node in view.graph.nodes
        if _embedding(node)
        for found in upstream(view.graph, node, _THROUGH)
        if rate(found.layer).active and not off(found.dropout)
    )


def _embedding(node: Node) -> bool:
    layer = node.layer
    while layer is not None and kind_of(layer) is Kind.TIME_DISTRIBUTED and layer.children:
        layer = layer.children[0]
    return kind_of(layer) is Kind.EMBEDDING


def _finding(embedding: Node, found: Upstream) -> Finding:
    assert embedding.layer is not None
    return Finding.of(
        RULE,
        message=f"{layer_text(found.layer)} drops and rescales token ids before Embedding: training fails or looks up "
        "other tokens; put it after the Embedding",
        span=found.layer.span,
        certain=found.certain and rate(found.layer).always,
        label="drops token ids",
        related=(
            *(Related(node.span, f"passes {node.layer.short}") for node in found.between if node.layer is not None),
            Related(embedding.layer.span, "Embedding looks up the ids"),
        ),
        probe=Probe(
            kind="ids",
            layer=found.layer.id,
            claims=("other-ids",),
            node=found.dropout.id,
            node_ids=found.node_ids(embedding),
        ),
    )
