"""RNN110: dropout straight in front of a recurrent layer that drops its input itself."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from rnnlint.checks.arguments import enumeration, place
from rnnlint.checks.context import RuleSettings, affected
from rnnlint.checks.loss import layer_text, off
from rnnlint.checks.rate import argument_text, rate
from rnnlint.findings import Finding, Probe, Related
from rnnlint.flow.paths import target, upstream
from rnnlint.flow.view import View
from rnnlint.graph import Node
from rnnlint.keras.kinds import Kind
from rnnlint.keras.masks import rnn_input_mask
from rnnlint.keras.table import kind_of
from rnnlint.records import dataclass
from rnnlint.registry import rule

RULE = rule("RNN110")

_ZEROING = (Kind.DROPOUT, Kind.SPATIAL_DROPOUT)
# Layers that may be between and pass on what the dropout left.
_THROUGH = frozenset({Kind.MASKING})


@dataclass(frozen=True, slots=True)
class _Stack:
    """Dropout calls one behind the other, the first one first, and the share that they keep between them."""

    calls: tuple[Node, ...]
    node_ids: tuple[int, ...]
    kept: float
    certain: bool


def check(view: View, _settings: RuleSettings) -> Iterator[Finding]:
    """One finding per recurrent layer: the dropouts in front of it that keep least."""
    for node in view.graph.nodes:
        if node.kind != "layer" or node.layer is None or off(node) or (read := target(node.layer)) is None:
            continue
        own = rnn_input_mask(read.layer, view.targets)
        stacks = list(_stacks(view, node))
        if own is None or not stacks:
            continue
        env = view.targets.for_origin(own.layer.origin)
        where = own.per_timestep | own.time_shared
        second = rate(own.layer, "dropout")
        if second.likely is None or where.within(env) == "none":
            continue
        stack = min(stacks, key=lambda one: one.kept)
        kept = stack.kept * (1 - second.likely)
        sure = stack.certain and second.always and own.layer.certain and where.within(env) == "all"
        span, related = place(own.layer, own.arg)
        names = [layer_text(one.layer) for one in stack.calls if one.layer is not None]
        yield Finding.of(
            RULE,
            message=f"{argument_text(own.layer, 'dropout')} of this {own.layer.short} drops more of what "
            f"{enumeration(names)} has left: together they {'keep' if sure else 'may keep no more than'} "
            f"{100 * kept:.3g} % of the input",
            span=span,
            certain=sure,
            label="drops what another dropout left",
            related=(
                *related,
                *(Related(one.layer.span, "also drops") for one in stack.calls if one.layer is not None),
            ),
            probe=Probe(
                kind="kept",
                layer=own.layer.id,
                claims=("share",),
                node=node.id,
                node_ids=stack.node_ids,
                axis=read.time,
                argument="dropout",
                probability=kept,
                where=affected(where, env),
            ),
        )


def _stacks(view: View, node: Node) -> Iterator[_Stack]:
    """The stacks that end at the input of a node. Where paths join there are several; a part of one is one, too."""
    for found in upstream(view.graph, node, _THROUGH):
        calls = tuple(one for one in (found.dropout, *found.between) if kind_of(one.layer) is not Kind.MASKING)
        rates = [rate(one.layer) for one in calls if one.layer is not None]
        kinds = {kind_of(one.layer) for one in calls}
        if kinds <= set(_ZEROING) and all(one.likely is not None for one in rates) and not any(map(off, calls)):
            yield _Stack(
                calls=calls,
                node_ids=found.node_ids(node),
                kept=prod(1 - (one.likely or 0) for one in rates),
                certain=found.certain and all(one.always for one in rates) and all(one.certain for one in calls),
            )
