"""Verdicts: what was claimed of a layer against what real Keras showed of it.

Pure: a probe, its plan and the worker's answer in, a `Verdict` out. "refuted" is only said where Keras was seen to do
something else; whatever could not be run, or is too rare to be seen, is "unverified", with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from rnnlint.confirm.case import Answer, Case
from rnnlint.confirm.kinds import KINDS
from rnnlint.confirm.wording import after_colon, clean, one_line, quote
from rnnlint.findings import Plan, Probe, Verdict
from rnnlint.keras.versions import BACKENDS, KERAS_2, NEWEST, RELEASES, KerasTargets, Version, VersionSet

_BUILD = "--build MODULE:CALLABLE lets your own code build the model"


def judge(probe: Probe | None, plan: Plan | None, answer: Answer, keras: str, backend: str) -> Verdict:
    """The verdict on a finding.

    Args:
        probe: what the finding claims.
        plan: how it was asked; its obstacle, if it has one, is the verdict.
        answer: the worker's message, with "observed" or "failed"; for a job that it never answered one with "lost":
            "timeout" (and "seconds"), "memory", "died" or "skipped" (and "message").
        keras: the version of the worker's Keras, such as "3.15.1".
        backend: its backend.
    """
    reason = _unseen(probe, plan, answer, keras, backend)
    if reason or probe is None or plan is None or plan.job is None:
        return Verdict("unverified", one_line(reason), keras, backend)
    try:
        judge_claim = KINDS[probe.kind].judge
        said = [judge_claim(Case(probe, plan.job, claim, answer["observed"])) for claim in probe.claims]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        said = [("unverified", f"the worker's answer could not be read: {type(error).__name__}: {error}")]
    # Of a claim for several versions of Keras one applies to this one.
    status, evidence = min(said, key=lambda one: ("confirmed", "unverified", "refuted").index(one[0]))
    note = answer["observed"].get("note", "") if isinstance(answer["observed"], Mapping) else ""
    assumed = f"assuming {', '.join(plan.assumed)}" if plan.assumed else ""
    return Verdict(status, one_line("; ".join(part for part in (evidence, note, assumed) if part)), keras, backend)


def _unseen(probe: Probe | None, plan: Plan | None, answer: Answer, keras: str, backend: str) -> str:
    """Why nothing can be said; empty if something was observed."""
    if probe is None or plan is None:
        return "a run cannot show this finding"
    if probe.fixed and not covers(probe, keras, backend) and _version(keras) >= _version(probe.fixed):
        return f"fixed in Keras {probe.fixed}, and Keras {keras} runs here"
    if plan.obstacle or plan.job is None:
        return plan.obstacle or "no model could be planned that shows it"
    if not covers(probe, keras, backend):
        spoken = VersionSet(probe.where).describe(KerasTargets(frozenset(RELEASES), frozenset(BACKENDS)))
        return f"the finding is about {spoken}, which is not the Keras that runs here"
    message = clean(str(answer.get("message", "")))
    match answer.get("lost"):
        case None:
            pass
        case "timeout":
            return f"the model took longer than {answer.get('seconds', 0):g} s; --confirm-timeout sets the limit"
        case "memory":
            return f"the model takes too much memory{after_colon(message)}"
        case "died":
            return f"the worker died on this model{after_colon(message)}"
        case other:
            return message or str(other)
    failed = answer.get("failed")
    if failed is not None:
        error = quote(failed)
        if failed.get("stage") == "build":
            return f"the model could not be rebuilt: {error}; {_BUILD}"
        return f"the model could not be observed: {error}"
    return "" if "observed" in answer else "the worker gave no answer"


def covers(probe: Probe, keras: str, backend: str) -> bool:
    """Whether a finding is about this Keras; a release newer than the newest known counts as the newest."""
    return not probe.where or (_version(keras), backend) in probe.where


def _version(keras: str) -> Version:
    """tf_keras 2.16 and later is Keras 2.15; what cannot be read is taken for the newest."""
    match = re.match(r"(\d+)\.(\d+)", keras)
    found = (int(match[1]), int(match[2])) if match else NEWEST
    return min(found, KERAS_2[-1] if found[0] == 2 else NEWEST)
