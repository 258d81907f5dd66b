"""One worker process under the user's Python: how it is started, asked, limited and ended.

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
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rnnlint.confirm.case import Answer
from rnnlint.records import dataclass

HELLO = 60.0  # seconds for Python to start and to read metadata
LOADING = 300.0  # seconds for Keras to be imported
TICK = 0.2  # seconds between two looks at the worker's state
TAIL = 4096  # bytes kept of what the worker printed last
WORKER = Path(__file__).parents[1] / "worker"
# Loads the folder as a separate package: neither rnnlint nor the current folder is on the worker's `sys.path`.
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


class LostError(Exception):
    """The worker is gone: `how` as `verdict.judge` takes it ("lost"), and one line about it."""

    def __init__(self, how: str, message: str) -> None:
        super().__init__(message)
        self.how = how


@dataclass(frozen=True, slots=True)
class Limits:
    """What one model may cost: seconds, and GiB of memory."""

    seconds: float
    memory: float


class WorkerProcess:
    """A running worker, and the pipes to it. Starting one raises OSError where the Python cannot be run."""

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
        """What Keras there is; the worker goes on to import it. Raises LostError."""
        return self._take(self._message(HELLO, "it does not answer"), "hello")

    def ready(self) -> Answer:
        """Wait until Keras is imported. Raises LostError."""
        if self._ready is None:
            late = f"its Keras is not imported within {LOADING:g} s"
            self._ready = self._take(self._message(LOADING, late), "ready")
        return self._ready

    def ask(self, request: Mapping[str, Any], patience: float = 0) -> Answer:
        """Send a request, return the answer, which may take `patience` seconds above the limit. Raises LostError."""
        # What it has printed so far does not belong to this request.
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
            raise LostError(str(message["fatal"]), shortened(message.get("message", "")))
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
                raise LostError("timeout", late)
            ended = False
            if now >= look:
                look = now + TICK
                ended = self._process.poll() is not None
                used = _bytes_in_use(self._process.pid)
                if used > self._limits.memory * 2**30:
                    raise LostError("memory", f"more than {self._limits.memory:g} GiB; --confirm-memory sets the limit")
            events = self._selector.select(max(min(look, deadline) - now, 0))
            # Another process may hold the pipes open after the worker's end; nothing more comes from them.
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
        """Read what is there, and return whether there was anything."""
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

    def _gone(self) -> LostError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        code = self._process.poll()
        if code is None:
            how = "it closed its pipe"
        elif code < 0:
            how = f"it was killed by {signal.Signals(-code).name}"
        else:
            how = f"it ended with status {code}"
        last = shortened(self._tail.decode("utf-8", "replace").rstrip().rpartition("\n")[2]) if code else ""
        return LostError("died", f"{how}{f': {last}' if last else ''}")

    def _garbage(self) -> LostError:
        return LostError("died", "its answer is malformed")


def _bytes_in_use(pid: int) -> int:
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


def shortened(text: object) -> str:
    """A text on one line of at most 300 characters."""
    return " ".join(str(text).split())[:300]
