"""What a verdict says whatever the kind: of answers that show nothing, and of other Kerases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest

from rnnlint.confirm.kinds import KINDS
from rnnlint.confirm.verdict import covers, judge
from rnnlint.findings import Plan, Probe, ProbeKind, Verdict
from rnnlint.keras.versions import VersionSet
from rnnlint.worker.main import PROBES
from tests.confirm.judging import KERAS, ask, mask

SEEN = {"id": 1, "observed": mask()}
STEPS = Probe("mask", 0, ("steps",), probability=0.5)
JOB: dict[str, Any] = {"layers": {}, "nodes": [], "probe": {"axis": 1}}


@pytest.mark.parametrize(
    ("probe", "plan", "answer", "evidence"),
    [
        (None, None, {}, "a run cannot show this finding"),
        (STEPS, Plan(obstacle="make_block (line 12) is not understood"), {}, "make_block (line 12) is not understood"),
        (STEPS, Plan(), SEEN, "no model could be planned that shows it"),
        (STEPS, Plan(JOB), {}, "the worker gave no answer"),
        (
            STEPS,
            Plan(JOB),
            {"lost": "timeout", "seconds": 60},
            "the model took longer than 60 s; --confirm-timeout sets the limit",
        ),
        (
            STEPS,
            Plan(JOB),
            {"lost": "died", "message": "killed by signal 9"},
            "the worker died on this model: killed by signal 9",
        ),
        (STEPS, Plan(JOB), {"lost": "memory"}, "the model takes too much memory"),
        (
            STEPS,
            Plan(JOB),
            {"lost": "skipped", "message": "no Keras in /usr/bin/python3"},
            "no Keras in /usr/bin/python3",
        ),
        (
            STEPS,
            Plan(JOB),
            {"failed": {"stage": "build", "error": "ValueError", "message": "negative dimension", "layer": 3}},
            (
                "the model could not be rebuilt: ValueError: negative dimension; --build MODULE:CALLABLE lets your "
                "own code build the model"
            ),
        ),
        (
            STEPS,
            Plan(JOB),
            {"failed": {"stage": "observe", "error": "TypeError", "message": "", "layer": None}},
            "the model could not be observed: TypeError",
        ),
        (STEPS, Plan(JOB), {"observed": {"draws": 1}}, "the worker's answer could not be read: KeyError: 'varies'"),
        (
            STEPS,
            Plan(JOB),
            {"observed": None},
            "the worker's answer could not be read: TypeError: 'NoneType' object is not subscriptable",
        ),
        (
            Probe("mask", 0, ("steps",), where=VersionSet.keras3("tensorflow", since=2, until=13).pairs),
            Plan(JOB),
            {"observed": mask(steps=[0, 10752])},
            "the finding is about Keras 3.2 to 3.13 on tensorflow, which is not the Keras that runs here",
        ),
    ],
)
def test_unverified(probe: Probe | None, plan: Plan | None, answer: dict[str, Any], evidence: str) -> None:
    assert judge(probe, plan, answer, *KERAS) == Verdict("unverified", evidence, *KERAS)


@pytest.mark.parametrize(
    ("keras", "backend", "where", "covered"),
    [
        ("3.15.1", "jax", VersionSet(), True),
        ("3.15.1", "tensorflow", VersionSet.keras3("tensorflow"), True),
        ("3.15.1", "jax", VersionSet.keras3("tensorflow"), False),
        ("3.19.0", "torch", VersionSet.keras3(since=14), True),
        ("3.19.0", "torch", VersionSet.keras3(until=14), False),
        ("2.15.0", "tensorflow", VersionSet.keras2(), True),
        ("2.15.0", "tensorflow", VersionSet.keras3(), False),
        ("2.21.0", "tensorflow", VersionSet.keras2(since=15), True),
        ("2.6.0", "tensorflow", VersionSet.keras2(since=15), False),
    ],
)
def test_which_keras_a_finding_speaks_of(keras: str, backend: str, where: VersionSet, covered: bool) -> None:
    """tf_keras 2.21 counts as Keras 2.15, a release newer than the newest known as that."""
    assert covers(Probe("cudnn", 0, ("lost",), where=where.pairs), keras, backend) is covered


def test_what_was_assumed_and_noted_is_told() -> None:
    verdict = ask(
        "mask", "steps", mask(note="50 of 1,000 timesteps"), probability=0.5, assumed=("7 timesteps", "rate 0.5")
    )
    assert verdict.evidence == (
        "256 draws: 50.1 % of timesteps all-zero, predicted 50.0 %; 50 of 1,000 timesteps; "
        "assuming 7 timesteps, rate 0.5"
    )


def test_fixed_since() -> None:
    """Where the release that runs has mended it, that is said before all else, but not of one that never had it."""
    probe = Probe("state", 0, ("grows",), where=VersionSet.keras3(since=2, until=7).pairs, fixed="3.8")
    plan = Plan(obstacle="something is in the way")
    for keras, told in (
        ("3.8.0", "fixed in Keras 3.8, and Keras 3.8.0 runs here"),
        ("3.15.1", "fixed in Keras 3.8, and Keras 3.15.1 runs here"),
        ("3.6.0", "something is in the way"),
        ("3.0.5", "something is in the way"),
        ("2.15.0", "something is in the way"),
    ):
        verdict = judge(probe, plan, {}, keras, "tensorflow")
        assert (verdict.status, verdict.evidence) == ("unverified", told)


def test_every_kind_is_planned_judged_and_observed() -> None:
    assert set(KINDS) == set(get_args(ProbeKind)) == set(PROBES)
    assert all(kind.CLAIMS for kind in KINDS.values())


def test_a_probe_is_not_changed_by_being_judged() -> None:
    probe = replace(STEPS)
    judge(probe, Plan(JOB), SEEN, *KERAS)
    assert probe == STEPS
