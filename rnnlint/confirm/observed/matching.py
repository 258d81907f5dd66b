"""What live models say of the findings that the analysis made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from rnnlint.checks import run_rules
from rnnlint.checks.context import RuleSettings
from rnnlint.confirm.observed.places import NOWHERE, extent, meet
from rnnlint.confirm.plan import with_plan
from rnnlint.findings import Finding
from rnnlint.flow.view import View
from rnnlint.graph import Graph, Note
from rnnlint.keras.versions import KerasTargets
from rnnlint.records import dataclass
from rnnlint.registry import RULES, Rule

# By code the one that says more of the same layer.
_MORE = {rule.supersedes: rule.code for rule in RULES if rule.supersedes}


@dataclass(frozen=True)
class Matched:
    """The findings of the analysis, and what live models add to them.

    `findings` are those given, in their order; one that a live graph shows too has the live message, figures and plan.
    `added` are findings that only a live graph shows. `notes` are for `-v`.
    """

    findings: tuple[Finding, ...]
    added: tuple[Finding, ...]
    notes: tuple[Note, ...]


def match(
    findings: Sequence[Finding],
    graphs: Iterable[Graph],
    targets: KerasTargets,
    settings: RuleSettings,
    rules: Collection[str],
    paths: Collection[str],
) -> Matched:
    """Check live graphs and compare with the findings of the analysis.

    Args:
        findings: of the analysis, for all files.
        graphs: as `account.read_account` made them; of two that show the same finding, the first counts.
        targets: the Keras that built the models.
        settings: the rules' settings.
        rules: codes of the rules that are on.
        paths: the linted files, as in the spans of findings. What lies elsewhere is left out.
    """
    known = list(findings)
    taken: set[int] = set()
    added: list[Finding] = []
    notes: list[Note] = []
    missed: dict[int, str] = {}
    for graph in (graphs := tuple(graphs)):
        called = {layer.span for node in graph.nodes if node.layer is not None for layer in node.layer.walk()}
        held: set[int] = set()
        for finding in _check(View(graph, targets), settings, rules, notes):
            if finding.span.path not in paths:
                continue
            index = _index(finding, known, held)
            if index is None:
                if not any(_same(finding, one) for one in added):
                    added.append(finding)
            else:
                held.add(index)
                if index not in taken:
                    known[index] = _merged(known[index], finding)
        taken |= held
        for index, finding in enumerate(findings):
            if any(meet(finding.span, span) for span in called):
                missed[index] = f"{finding.code} does not appear in the models that --build made"
        notes += graph.notes
    notes += [Note(findings[index].span, text) for index, text in missed.items() if index not in taken]
    return Matched(tuple(known), tuple(added), tuple(notes))


def _check(view: View, settings: RuleSettings, rules: Collection[str], notes: list[Note]) -> list[Finding]:
    """The findings of a live graph, with their plans."""

    def rule_failed(rule: Rule, error: Exception) -> None:
        notes.append(Note(NOWHERE, f"{rule.code} failed on what --build made: {error!r}"[:300]))

    def plan_failed(finding: Finding, error: Exception) -> None:
        notes.append(Note(finding.span, f"planning how to confirm {finding.code} failed: {error!r}"[:300]))

    found = run_rules(view, settings, rules, rule_failed)
    return [with_plan(finding, view, plan_failed) for finding in found]


def _merged(static: Finding, live: Finding) -> Finding:
    """The finding of both: where the analysis saw it, as the run shows it."""
    if static.code != live.code:
        return replace(live, span=static.span)
    plan, known = live.plan, static.plan
    better = live
    if plan is not None and known is not None and not known.obstacle:
        # The same layer may be in a model whose sizes the analysis knows and in one that leaves them open.
        fewer = static.confidence == "certain" and len(known.assumed) < len(plan.assumed)
        better = static if plan.obstacle or fewer else live
    return replace(live, span=static.span, related=static.related, fix=static.fix, probe=better.probe, plan=better.plan)


def _index(finding: Finding, known: Sequence[Finding], held: Collection[int]) -> int | None:
    """The finding of the analysis that is this one: at the same place, else the shortest that meets it."""
    meeting = [
        index
        for index, one in enumerate(known)
        if _same(finding, one) and (index not in held or one.span == finding.span)
    ]
    return min(meeting, key=lambda index: (known[index].span != finding.span, extent(known[index].span)), default=None)


def _same(live: Finding, other: Finding) -> bool:
    """Whether both say the same of the same place, or the live one more, now that all figures are known."""
    return live.code in (other.code, _MORE.get(other.code)) and meet(live.span, other.span)
