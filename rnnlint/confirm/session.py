"""Confirming findings: workers for one run, findings in, verdicts out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from rnnlint.confirm.case import Answer
from rnnlint.confirm.installed import InstalledKeras
from rnnlint.confirm.observed.targets import build_request
from rnnlint.confirm.process import Limits, LostError, WorkerProcess, shortened
from rnnlint.confirm.verdict import judge
from rnnlint.findings import Finding, Verdict
from rnnlint.registry import RULES

DRAWS = 256
SEED = 1  # of every job: the same finding gets the same figures
ATTEMPTS = 2  # starts in a row that may fail
GRACE = 5.0  # seconds for a builder that was interrupted to say where
OTHER = "name a Python that has Keras by --python"
HINTS = {
    "no-keras": f"`pip install 'rnnlint[runtime]'`, or {OTHER}",
    "no-backend": "install it there, or choose another by --backend",
    "import": f"mend that installation, or {OTHER}",
}
# The rules that say something of what a model does, not of comments.
OBSERVABLE = frozenset(rule.code for rule in RULES if rule.runtime)
# Of a target of --build.
_LOST = {"timeout": "", "memory": "it needs ", "died": "the worker died on it: ", "skipped": ""}
_HELP = {
    "timeout": "; --confirm-timeout sets the limit",
    "died": "; let --build call a function that only builds the model",
}


class ConfirmError(Exception):
    """Nothing can be confirmed: one line that says why, and what to do; `reason` alone says why."""

    def __init__(self, reason: str, hint: str = OTHER) -> None:
        super().__init__(f"nothing is confirmed: {reason}; {hint}")
        self.reason = reason


class BuildError(Exception):
    """A target of --build gave no model: one line that says why, and what to do."""


class Session:
    """Workers for one run: one for each Keras package that the linted code uses, a fresh one for each that is lost.

    `close` leaves nothing running.
    """

    def __init__(self, python: str | None = None, backend: str = "auto", *, limits: Limits, draws: int = DRAWS) -> None:
        self._python = python or sys.executable
        self._backend = backend
        self._limits = limits
        self._draws = draws
        self._workers: dict[str, WorkerProcess] = {}
        # By package: why no worker with it can be had.
        self.useless: dict[str, ConfirmError] = {}
        self._answers: dict[str, Answer] = {}
        self._asked = 0
        self._first = self._begin("auto")

    def close(self) -> None:
        """End all workers."""
        while self._workers:
            self._workers.popitem()[1].close()

    @cached_property
    def found(self) -> InstalledKeras:
        """The Keras of that Python, known before it is imported. Raises ConfirmError."""
        try:
            hello = self._first.hello()
            found = InstalledKeras(self._python, hello["package"], hello["backend"], hello["versions"])
            found.version(found.package)
        except LostError as lost:
            self.close()
            raise self._error(lost) from lost
        except (KeyError, TypeError, ValueError) as error:
            self.close()
            raise ConfirmError(f"{self._python} has a Keras that rnnlint does not know: {shortened(error)}") from error
        self._workers[found.package] = self._workers.pop("auto")
        return found

    def confirm(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """The findings in their order, with verdicts where their rule says something of a run. Nothing is raised.

        The same job is run once.
        """
        for finding in findings:
            if finding.code not in OBSERVABLE:
                yield finding
                continue
            plan = finding.plan
            answer: Answer = {}
            package = self.found.package
            if plan is not None and plan.job is not None and not plan.obstacle:
                package = self._package(plan.job)
                answer = self._answer(plan.job, package)
            # The one that answered, else what the metadata says.
            keras = self.found.versions[package] or ""
            backend = "tensorflow" if keras.startswith("2.") else self.found.backend
            yield replace(finding, verdict=judge(finding.probe, plan, answer, keras, backend))

    def build(self, target: str, arguments: Mapping[str, object]) -> Answer:
        """What the user's own code builds, as `read_account` takes it. Raises BuildError."""
        package = self.found.package
        self._asked += 1
        request = {**build_request(target, arguments, self._limits.seconds), "id": self._asked}
        try:
            answer = self._worker(package).ask({"build": request}, GRACE)
        except LostError as lost:
            self._end(package)
            raise BuildError(f"{_LOST[lost.how]}{lost}{_HELP.get(lost.how, '')}") from lost
        if "built" not in answer:
            # What it did to the process before it failed is not known.
            self._end(package)
            raise BuildError(shortened(answer.get("failed", {}).get("message", "no answer")))
        graph: Answer = answer["built"]["graph"]
        return graph

    def _answer(self, job: Mapping[str, Any], package: str) -> Answer:
        try:
            key = json.dumps(job, sort_keys=True)
        except (TypeError, ValueError) as error:
            return {"lost": "skipped", "message": f"rnnlint planned what cannot be sent: {error}"}
        if key not in self._answers:
            self._answers[key] = self._ask(job, package)
        return self._answers[key]

    def _package(self, job: Mapping[str, Any]) -> str:
        origins = [layer["origin"] for layer in job.get("layers", {}).values() if "origin" in layer]
        holders = {self.found.holder(origin) for origin in origins}
        return holders.pop() if len(holders) == 1 else self.found.package

    def _ask(self, job: Mapping[str, Any], package: str) -> Answer:
        self._asked += 1
        try:
            return self._worker(package).ask({"job": {**job, "id": self._asked, "seed": SEED, "draws": self._draws}})
        except LostError as lost:
            self._end(package)
            return {"lost": lost.how, "message": str(lost), "seconds": self._limits.seconds}

    def _worker(self, package: str) -> WorkerProcess:
        """A worker that has imported Keras. Raises LostError."""
        attempts = 0
        while package not in self.useless:
            attempts += 1
            try:
                worker = self._workers.get(package) or self._begin(package)
                worker.ready()
                return worker
            except ConfirmError as error:
                self.useless[package] = error
            except LostError as lost:
                # What it says itself it will say again.
                if lost.how in HINTS or attempts == ATTEMPTS:
                    self.useless[package] = self._error(lost)
            self._end(package)
        raise LostError("skipped", self.useless[package].reason)

    def _error(self, lost: LostError) -> ConfirmError:
        if lost.how in HINTS:
            return ConfirmError(f"{self._python} {lost}", HINTS[lost.how])
        return ConfirmError(f"{self._python} does not run the worker: {lost}")

    def _begin(self, package: str) -> WorkerProcess:
        """Start a worker. Raises ConfirmError, LostError."""
        if os.name != "posix":
            raise ConfirmError("this system is not supported", "use Linux, macOS or WSL")
        try:
            worker = WorkerProcess(self._python, package, self._backend, self._limits)
        except OSError as error:
            raise ConfirmError(f"{self._python} cannot be run: {error.strerror or error}") from error
        self._workers[package] = worker
        if package != "auto":
            worker.hello()
        return worker

    def _end(self, package: str) -> None:
        worker = self._workers.pop(package, None)
        if worker is not None:
            worker.close()


def unverified(finding: Finding, reason: str) -> Finding:
    """A finding for which there is no worker."""
    verdict = Verdict("unverified", reason, "", "")
    return replace(finding, verdict=verdict) if finding.code in OBSERVABLE else finding
