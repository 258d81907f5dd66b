"""The kinds of probes: for each one module that plans its jobs and judges what real Keras showed.

A new kind is a module with `CLAIMS`, `plan` and `judge`, a row in `KINDS`, its name in `rnnlint.findings.ProbeKind` and
a function in the worker (`worker/main.PROBES`), which knows nothing of this package.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from rnnlint.confirm.case import Case
from rnnlint.confirm.figures import Judgement
from rnnlint.confirm.kinds import (
    calls,
    cudnn,
    error,
    ids,
    inference,
    kept,
    mask,
    masking,
    own_mask,
    rate,
    state,
)
from rnnlint.confirm.rebuild.finish import Planned
from rnnlint.findings import Probe, ProbeKind
from rnnlint.flow.view import View


class KindOfProbe(Protocol):
    """What the module of a kind holds."""

    @property
    def CLAIMS(self) -> Collection[str]:  # noqa: N802 - a constant of the module
        """Which of the kind's observations may decide."""

    def plan(self, view: View, probe: Probe) -> Planned:
        """The job that shows what a probe claims, and in words what was assumed. Raises ObstacleError."""

    def judge(self, case: Case) -> Judgement:
        """Whether a claim holds by what was seen, with the evidence.

        Raises KeyError, IndexError, TypeError or ValueError where the worker's answer lacks what it should hold.
        """


KINDS: Mapping[ProbeKind, KindOfProbe] = {
    "mask": mask,
    "own-mask": own_mask,
    "error": error,
    "rate": rate,
    "masking": masking,
    "ids": ids,
    "cudnn": cudnn,
    "kept": kept,
    "state": state,
    "inference": inference,
    "calls": calls,
}
