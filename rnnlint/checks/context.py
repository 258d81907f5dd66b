"""What a check is given beside the graph, and what all checks share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from rnnlint.findings import Confidence, Finding
from rnnlint.graph import Graph
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
