"""What a check is given beside the graph, and what all checks share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeAlias

from rnnlint.findings import Confidence, Finding, Remedy
from rnnlint.graph import Graph, Span
from rnnlint.keras.cudnn import EVERYWHERE
from rnnlint.keras.versions import Env, Version, Where
from rnnlint.records import dataclass
from rnnlint.registry import Rule


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """The settings that rules read.

    `keras` holds the Keras versions and backends that the code may run under. `timestep_loss_threshold` is the
    probability, per timestep or per sequence, from which on a loss is reported. `asked` are the codes that were
    selected, not just on by default: those rules also speak of versions that the code may run on or not.
    """

    keras: Env
    timestep_loss_threshold: float = 0.01
    asked: frozenset[str] = frozenset()


def union(wheres: Iterable[Where]) -> Where:
    """Where any of them holds."""
    found = Where()
    for where in wheres:
        found |= where
    return found


def only_in(where: Where, env: Env) -> frozenset[tuple[Version, str]]:
    """`Probe.where` of what holds in `where`: empty if that is every version and backend."""
    return frozenset() if not EVERYWHERE - where else where.pairs & env.pairs


def spoken_of(where: Where, env: Env, rule: Rule, settings: RuleSettings) -> Confidence | None:
    """How sure it is that the code runs where a defect of some Keras versions is; None: nothing is to be said.

    Where only some of the versions that `env` leaves open have it, a rule has to be asked for. A version that has it on
    one of the backends left open will do.
    """
    match where.within(env):
        case "none":
            return None
        case "all":
            return "certain"
    known = env.versions <= {version for version, _ in where.pairs & env.pairs}
    return "possible" if known or rule.code in settings.asked else None


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
