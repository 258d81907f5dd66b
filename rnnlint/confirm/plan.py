"""What a run has to do to show a finding in real Keras: one job for the worker, or the obstacle that prevents it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rnnlint.confirm.kinds import KINDS
from rnnlint.confirm.rebuild.parts import ObstacleError
from rnnlint.findings import Finding, Plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from rnnlint.flow.view import View


def plan(view: View, finding: Finding) -> Plan:
    """Plan the run that shows `finding`, which a check made of `view`."""
    probe = finding.probe
    if probe is None:
        return Plan(obstacle="a run cannot show this finding")
    try:
        job, assumed = KINDS[probe.kind].plan(view, probe)
    except ObstacleError as error:
        return Plan(obstacle=str(error))
    return Plan(job, "", assumed)


def with_plan(
    finding: Finding,
    view: View,
    failed: Callable[[Finding, Exception], None],
    obstacle: Callable[[str], str] = lambda _: "",
) -> Finding:
    """The finding with its plan; without a probe it stays as it is.

    `obstacle` says of the package that a layer comes from why real Keras cannot be asked about it, if it cannot. A plan
    that raises costs nobody the finding: `failed` is told of it.
    """
    if finding.probe is None:
        return finding
    try:
        reason = obstacle(view.graph.layers[finding.probe.layer].origin)
        planned = Plan(obstacle=reason) if reason else plan(view, finding)
    except Exception as error:  # noqa: BLE001 - see above
        failed(finding, error)
        planned = Plan(obstacle="rnnlint failed to plan a model for it")
    return replace(finding, plan=planned)
