"""What a check is given beside the graph, and what all checks share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from rnnlint.findings import Finding, Remedy
from rnnlint.graph import Graph, Span
from rnnlint.keras.cudnn import EVERYWHERE
from rnnlint.keras.versions import Env, Version, Where


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """The settings that rules read.

    `keras` holds the Keras versions and backends that the code may run under. `timestep_loss_threshold` is the
    probability, per timestep or per sequence, from which on a loss is reported.
    """

    keras: Env
    timestep_loss_threshold: float = 0.01


def union(wheres: Iterable[Where]) -> Where:
    """Where any of them holds."""
    found = Where()
    for where in wheres:
        found |= where
    return found


def only_in(where: Where, env: Env) -> frozenset[tuple[Version, str]]:
    """`Probe.where` of what holds in `where`: empty if that is every version and backend."""
    return frozenset() if not EVERYWHERE - where else where.pairs & env.pairs


Check: TypeAlias = Callable[[Graph, RuleSettings], Iterator[Finding]]


def once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """One finding per place: the first certain one, else the first.

    A function's layers are met once for each call of it and once for the function by itself. A remedy holds for the
    place if no other is named for it.
    """
    best: dict[Span, Finding] = {}
    remedies: dict[Span, set[Remedy]] = {}
    for finding in findings:
        known = best.get(finding.span)
        if known is None or (known.confidence == "possible" and finding.confidence == "certain"):
            best[finding.span] = finding
        if finding.remedy is not None:
            remedies.setdefault(finding.span, set()).add(finding.remedy)
    for span, finding in best.items():
        named = remedies.get(span, set())
        yield replace(finding, remedy=next(iter(named)) if len(named) == 1 else None)
