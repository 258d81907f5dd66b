"""The parent's side: the worker process under the user's Python, its limits, and findings in, verdicts out.

The worker is a session of its own, without a terminal and with nothing to read from stdin. What it prints is read and
forgotten, all but the last lines. Requests and answers go through two pipes of their own; once the request pipe is
closed, be it because this process was killed, the worker kills itself and all that it started.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from rnnlint.confirm.observed.targets import build_request
from rnnlint.confirm.verdict import judge
from rnnlint.findings import Finding, Verdict
from rnnlint.keras.versions import BACKENDS, NEWEST, RELEASES, Env, Version, Where, parse_keras_version
from rnnlint.records import dataclass
from rnnlint.registry import RULES

Answer: TypeAlias = Mapping[str, Any]

TIMEOUT = 60.0  # seconds for a model
MEMORY = 8.0  # GiB
DRAWS = 256
SEED = 1  # of every job: the same finding gets the same figures
HELLO = 60.0  # seconds for Python to start and to read metadata
LOADING = 300.0  # seconds for Keras to be imported
ATTEMPTS = 2  # starts in a row that may fail
GRACE = 5.0  # seconds for a builder that was interrupted to say where
TICK = 0.2  # seconds between two looks at the worker's state
TAIL = 4096  # bytes kept of what the worker printed last

WORKER = Path(__file__).parents[1] / "worker"
# Loads the folder as a package of its own: neither rnnlint nor the current folder comes into the worker's `sys.path`.
BOOTSTRAP = """
import sys
if sys.path and not sys.path[0]:
    del sys.path[0]
import importlib.util, json, os, resource
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
folder, requests, answers, options = sys.argv[1:]
spec = importlib.util.spec_from_file_location(
    "_rnnlint_worker", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
)
sys.modules["_rnnlint_worker"] = package = importlib.util.module_from_spec(spec)
spec.loader.exec_module(package)
sys.argv[1:] = []
importlib.import_module("_rnnlint_worker.main").main(int(requests), int(answers), json.loads(options))
"""
# No log lines that nobody asked for, and no more of a GPU's memory than is used.
ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
}
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


class _LostError(Exception):
    """The worker is gone: how, in the words of `verdict.judge`, and one line about it."""

    def __init__(self, how: str, message: str) -> None:
        super().__init__(message)
        self.how = how


@dataclass(frozen=True, slots=True)
class Limits:
    """What one model may cost: seconds, and GiB of memory."""

    seconds: float = TIMEOUT
    memory: float = MEMORY


@dataclass(frozen=True, slots=True)
class Found:
    """The Keras that a Python has, by its metadata.

    `package` is what `tf.keras` is there: "keras" or "tf_keras"; `versions` are those of both, as far as installed.
    """

    python: str
    package: str
    backend: str
    versions: Mapping[str, str | None]

    def __str__(self) -> str:
        return f"Keras {self.versions[self.package]} on {self.backend}, of {self.python}"

    def holder(self, origin: str) -> str:
        """The package whose layers those imported from `origin` (`graph.Layer.origin`) are."""
        if origin.startswith("tf_keras"):
            return "tf_keras"
        return "keras" if origin.partition(".")[0] == "keras" else self.package

    def version(self, package: str) -> Version:
        """The version of a package as rnnlint counts them; the newest known for one that is newer."""
        return max(parse_keras_version(self.versions[package] or "")) if self.versions[package] else NEWEST

    def env(self, *, standalone: bool = False) -> Env:
        """What code runs on here; `standalone`: it imports the package `keras`, not TensorFlow's."""
        package = "keras" if standalone and self.versions["keras"] else self.package
        return Env(frozenset({self.version(package)}), frozenset({self.backend}))

    def obstacle(self, env: Env, origin: str) -> str:
        """Why layers from `origin` in code for `env` cannot be observed here; empty if they can."""
        package, wanted = self.holder(origin), env.restrict(origin)
        if not self.versions[package]:
            return f"{self.python} has no {package}; --python names one that has it"
        version = self.version(package)
        backend = "tensorflow" if version[0] == 2 else self.backend
        if (version, backend) in wanted.pairs:
            return ""
        every = Env(frozenset(RELEASES), frozenset(BACKENDS))
        told = f"the code is for {Where(wanted.pairs).describe(every)}"
        other = sorted(where for number, where in wanted.pairs if number == version)
        hint = f"--backend {other[0]}" if other else "--python PATH"
        return f"{told}, but {self.python} has Keras {self.versions[package]} on {backend}; run with {hint}"


# ---------------------------------------------------------------------------------------------------------------------
# One process


class _Worker:
    """A running worker."""

    def __init__(self, python: str, package: str, backend: str, limits: Limits) -> None:
        self._limits = limits
        self._tail = b""
        self._parts: list[bytes] = []
        self._lines: list[bytes] = []
        self._ready: Answer | None = None
        self._closed = False
        requests, self._requests = os.pipe()
        self._answers, answers = os.pipe()
        self._printed, printed = os.pipe()
        options = json.dumps({"package": package, "backend": backend})
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the Python that the user named
                [python, "-c", BOOTSTRAP, str(WORKER), str(requests), str(answers), options],
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                pass_fds=(requests, answers),
                start_new_session=True,
                env={**ENVIRONMENT, **os.environ},
            )
        except BaseException:
            for descriptor in (self._requests, self._answers, self._printed):
                os.close(descriptor)
            raise
        finally:
            for descriptor in (requests, answers, printed):
                os.close(descriptor)
        self._selector = selectors.DefaultSelector()
        for descriptor in (self._answers, self._printed):
            self._selector.register(descriptor, selectors.EVENT_READ)

    def hello(self) -> Answer:
        """What Keras there is; the worker goes on to import it. Raises _LostError."""
        return self._take(self._message(HELLO, "it does not answer"), "hello")

    def ready(self) -> Answer:
        """Wait until Keras is imported. Raises _LostError."""
        if self._ready is None:
            late = f"its Keras is not imported within {LOADING:g} s"
            self._ready = self._take(self._message(LOADING, late), "ready")
        return self._ready

    def ask(self, request: Mapping[str, Any], patience: float = 0) -> Answer:
        """Send a request, return the answer, which may take `patience` seconds above the limit. Raises _LostError."""
        # What it printed before is none of this request's.
        self._read([key.fd for key, _ in self._selector.select(0)])
        self._tail = b""
        data = memoryview(json.dumps(request).encode() + b"\n")
        try:
            while data:
                data = data[os.write(self._requests, data) :]
        except OSError as error:
            raise self._gone() from error
        answer = self._message(self._limits.seconds + patience, f"no answer within {self._limits.seconds:g} s")
        wanted = next(iter(request.values()))["id"]
        if answer.get("id") != wanted:
            raise self._garbage()
        return answer

    def close(self) -> None:
        """Kill the worker and all that it started."""
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._selector.close()
        for descriptor in (self._requests, self._answers, self._printed):
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def _take(self, message: Answer, key: str) -> Answer:
        if "fatal" in message:
            raise _LostError(str(message["fatal"]), _one_line(message.get("message", "")))
        if not isinstance(message.get(key), dict):
            raise self._garbage()
        found: Answer = message[key]
        return found

    def _message(self, seconds: float, late: str) -> Answer:
        """The next message, within so many seconds; what the worker prints meanwhile is read and cut."""
        now = time.monotonic()
        deadline, look = now + seconds, now
        while not self._lines:
            if now >= deadline:
                raise _LostError("timeout", late)
            ended = False
            if now >= look:
                look = now + TICK
                ended = self._process.poll() is not None
                used = _memory(self._process.pid)
                if used > self._limits.memory * 2**30:
                    raise _LostError(
                        "memory", f"more than {self._limits.memory:g} GiB; --confirm-memory sets the limit"
                    )
            events = self._selector.select(max(min(look, deadline) - now, 0))
            # Whoever holds the pipes open after the worker's end, nothing more comes of it.
            if not self._read([key.fd for key, _ in events]) and (ended or self._closed):
                raise self._gone()
            now = time.monotonic()
        try:
            message = json.loads(self._lines.pop(0))
        except ValueError as error:
            raise self._garbage() from error
        if not isinstance(message, dict):
            raise self._garbage()
        return message

    def _read(self, descriptors: Iterable[int]) -> bool:
        """Read what is there; whether there was any."""
        anything = False
        for descriptor in descriptors:
            data = os.read(descriptor, 1 << 16)
            if not data:
                self._selector.unregister(descriptor)
                self._closed = self._closed or descriptor == self._answers
            elif descriptor == self._printed:
                self._tail = (self._tail + data)[-TAIL:]
            else:
                *lines, rest = data.split(b"\n")
                for line in lines:
                    self._lines.append(b"".join([*self._parts, line]))
                    self._parts = []
                self._parts.append(rest)
            anything = anything or bool(data)
        return anything

    def _gone(self) -> _LostError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        code = self._process.poll()
        if code is None:
            how = "it closed its pipe"
        elif code < 0:
            how = f"it was killed by {signal.Signals(-code).name}"
        else:
            how = f"it ended with status {code}"
        last = _one_line(self._tail.decode("utf-8", "replace").rstrip().rpartition("\n")[2]) if code else ""
        return _LostError("died", f"{how}{f': {last}' if last else ''}")

    def _garbage(self) -> _LostError:
        return _LostError("died", "it answered what is no answer")


def _memory(pid: int) -> int:
    """Bytes that a process holds in memory; 0 where that cannot be known.

    Watched from outside: a limit on the address space would stop TensorFlow, jax and CUDA, which reserve far more of it
    than they use, and a thread inside waits as long as an allocation does.
    """
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        pass
    if sys.platform == "darwin":
        listed = subprocess.run(  # noqa: S603
            ["/bin/ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout.strip()
        return int(listed) * 1024 if listed.isdigit() else 0
    return 0


def _one_line(text: object) -> str:
    return " ".join(str(text).split())[:300]


# ---------------------------------------------------------------------------------------------------------------------
# A run


class Session:
    """Workers for one run: one for each Keras package that the linted code uses, a fresh one for each that is lost.

    `close` leaves nothing running.
    """

    def __init__(
        self, python: str | None = None, backend: str = "auto", limits: Limits | None = None, draws: int = DRAWS
    ) -> None:
        self._python = python or sys.executable
        self._backend = backend
        self._limits = limits or Limits()
        self._draws = draws
        self._workers: dict[str, _Worker] = {}
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
    def found(self) -> Found:
        """The Keras of that Python, known before it is imported. Raises ConfirmError."""
        try:
            hello = self._first.hello()
            found = Found(self._python, hello["package"], hello["backend"], hello["versions"])
            found.version(found.package)
        except _LostError as lost:
            self.close()
            raise self._error(lost) from lost
        except (KeyError, TypeError, ValueError) as error:
            self.close()
            raise ConfirmError(f"{self._python} has a Keras that rnnlint does not know: {_one_line(error)}") from error
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
        except _LostError as lost:
            self._end(package)
            raise BuildError(f"{_LOST[lost.how]}{lost}{_HELP.get(lost.how, '')}") from lost
        if "built" not in answer:
            # What it did to the process before it failed is not known.
            self._end(package)
            raise BuildError(_one_line(answer.get("failed", {}).get("message", "no answer")))
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
        except _LostError as lost:
            self._end(package)
            return {"lost": lost.how, "message": str(lost), "seconds": self._limits.seconds}

    def _worker(self, package: str) -> _Worker:
        """A worker that has imported Keras. Raises _LostError."""
        attempts = 0
        while package not in self.useless:
            attempts += 1
            try:
                worker = self._workers.get(package) or self._begin(package)
                worker.ready()
                return worker
            except ConfirmError as error:
                self.useless[package] = error
            except _LostError as lost:
                # What it says itself it will say again.
                if lost.how in HINTS or attempts == ATTEMPTS:
                    self.useless[package] = self._error(lost)
            self._end(package)
        raise _LostError("skipped", self.useless[package].reason)

    def _error(self, lost: _LostError) -> ConfirmError:
        if lost.how in HINTS:
            return ConfirmError(f"{self._python} {lost}", HINTS[lost.how])
        return ConfirmError(f"{self._python} does not run the worker: {lost}")

    def _begin(self, package: str) -> _Worker:
        """Start a worker. Raises ConfirmError, _LostError."""
        if os.name != "posix":
            raise ConfirmError("this system is not supported", "use Linux, macOS or WSL")
        try:
            worker = _Worker(self._python, package, self._backend, self._limits)
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
