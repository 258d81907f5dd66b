"""What a run has to do to show a finding in real Keras: one job for the worker, or the obstacle why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlint.confirm.kinds import KINDS
from rnnlint.confirm.rebuild import ObstacleError
from rnnlint.findings import Finding, Plan

if TYPE_CHECKING:
    from rnnlint.graph import Graph
    from rnnlint.keras.versions import Env


def plan(graph: Graph, finding: Finding, env: Env) -> Plan:
    """Plan the run that shows `finding`.

    Args:
        graph: of the file that the finding was made of.
        finding: with its probe.
        env: the Keras versions and backends that the checks were given.
    """
    probe = finding.probe
    if probe is None:
        return Plan(obstacle="there is nothing that a run could show of this finding")
    try:
        job, assumed = KINDS[probe.kind].plan(graph, probe, env)
    except ObstacleError as error:
        return Plan(obstacle=str(error))
    return Plan(job, "", assumed)
