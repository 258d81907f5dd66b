"""What a check is given beside the graph, and what all checks share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from rnnlint.findings import Finding
from rnnlint.graph import Graph, Span
from rnnlint.keras.versions import Env


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """The settings that rules read.

    `keras` holds the Keras versions and backends that the code may run under. `timestep_loss_threshold` is the
    probability, per timestep or per sequence, from which on a loss is reported.
    """

    keras: Env
    timestep_loss_threshold: float = 0.01


Check: TypeAlias = Callable[[Graph, RuleSettings], Iterator[Finding]]


def once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """One finding per place: the first certain one, else the first.

    A function's layers are met once for each call of it and once for the function by itself.
    """
    best: dict[Span, Finding] = {}
    for finding in findings:
        known = best.get(finding.span)
        if known is None or (known.confidence == "possible" and finding.confidence == "certain"):
            best[finding.span] = finding
    yield from best.values()
