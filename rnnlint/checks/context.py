"""What a check receives besides the view, and what all checks share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from rnnlint.findings import Confidence, Finding
from rnnlint.flow.view import View
from rnnlint.keras.cudnn import EVERYWHERE
from rnnlint.keras.versions import KerasTargets, Version, VersionSet
from rnnlint.records import dataclass
from rnnlint.registry import Rule


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """The settings that rules read.

    `timestep_loss_threshold` is the probability, per timestep or per sequence, from which on a loss is reported.
    `selected` are the codes that were asked for, not just on by default: those rules also report what happens only in
    some of the Keras versions that the code may run on.
    """

    timestep_loss_threshold: float = 0.01
    selected: frozenset[str] = frozenset()


def union(wheres: Iterable[VersionSet]) -> VersionSet:
    """Where any of them holds."""
    found = VersionSet()
    for where in wheres:
        found |= where
    return found


def affected(where: VersionSet, env: KerasTargets) -> frozenset[tuple[Version, str]]:
    """`Probe.where` of what holds in `where`: empty if that is every version and backend."""
    return frozenset() if not EVERYWHERE - where else where.pairs & env.pairs


def confidence_in(where: VersionSet, env: KerasTargets, rule: Rule, settings: RuleSettings) -> Confidence | None:
    """How sure it is that the code runs where Keras has a defect; None where nothing is to be reported.

    Where only some of the versions that `env` leaves open have it, the rule has to be selected. A version that has it
    on one of the backends left open will do.
    """
    match where.within(env):
        case "none":
            return None
        case "all":
            return "certain"
    known = env.versions <= {version for version, _ in where.pairs & env.pairs}
    return "possible" if known or rule.code in settings.selected else None


Check: TypeAlias = Callable[[View, RuleSettings], Iterator[Finding]]
