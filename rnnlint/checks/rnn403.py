"""RNN403: a cell with dropout that is called by hand, and keeps its mask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rnnlint.checks.context import RuleSettings
from rnnlint.checks.rate import argument_text, rate
from rnnlint.findings import Finding, Probe, Related
from rnnlint.flow.view import View
from rnnlint.graph import Layer, Node
from rnnlint.keras.kinds import Kind
from rnnlint.keras.table import kind_of
from rnnlint.registry import rule

RULE = rule("RNN403")


def check(view: View, _settings: RuleSettings) -> Iterator[Finding]:
    """Every cell that is called more than once."""
    calls = Counter(node.layer.id for node in view.graph.nodes if kind_of(node.layer) is Kind.CELL and node.layer)
    return (
        finding
        for node in view.graph.nodes
        if node.layer is not None and calls[node.layer.id] > 1 and node.layer.span not in view.graph.resets
        if (finding := _finding(node, node.layer)) is not None
    )


def _finding(node: Node, layer: Layer) -> Finding | None:
    names = [name for name in ("dropout", "recurrent_dropout") if rate(layer, name).always]
    if not names:
        return None
    what = " and ".join(argument_text(layer, name) for name in names)
    return Finding.of(
        RULE,
        message=f"this {layer.short} with {what} is called by hand: it draws its mask at the first call and keeps it "
        "until `reset_dropout_mask()`, in eager execution for all batches",
        span=layer.span,
        certain=False,
        label="keeps its first mask",
        related=(Related(node.span, "is called here"),),
        probe=Probe(kind="calls", layer=layer.id, claims=("stale",), node=node.id, argument=names[0]),
    )
