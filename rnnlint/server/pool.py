"""Child processes that do the jobs: one that takes too long, or whose answer nobody wants any more, can be ended."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from rnnlint.run.child import ERROR, READY, Child

if TYPE_CHECKING:
    from rnnlint.interpret import ParsedModules
    from rnnlint.server.analysis import Answer, Job

# Two, so that a file that takes long does not keep the others waiting.
SIZE = 2
# Seconds for one job, and for one whose text has changed in the meantime.
LIMIT = 30.0
PATIENCE = 1.0


class OutdatedError(Exception):
    """The text has changed, and the job was given up."""


class FailedError(Exception):
    """There is no answer; the message says why."""


class Pool:
    """Answers jobs. For one event loop; `close` ends all processes. `prepare` is called in each of them."""

    def __init__(self, prepare: Callable[[], None] | None = None) -> None:
        self._prepare = prepare
        self._slots = asyncio.Semaphore(SIZE)
        self._idle: list[_ServerWorker] = []
        self._busy: set[_ServerWorker] = set()
        self._threads = ThreadPoolExecutor(2 * SIZE, "rnnlint")

    def warm_up(self) -> None:
        """Start a process, which takes a moment to import what it needs."""
        if not self._idle and not self._busy:
            self._idle.append(_ServerWorker(self._prepare))

    async def ask(self, job: Job, outdated: asyncio.Event) -> Answer:
        """The answer to a job.

        Raises:
            OutdatedError: where `outdated` was set before there was one.
            FailedError: where it takes too long, or the process dies of it.
        """
        async with self._slots:
            if outdated.is_set():
                raise OutdatedError
            worker = self._idle.pop() if self._idle else _ServerWorker(self._prepare)
            self._busy.add(worker)
            done = False
            try:
                answer = await self._answer(worker, job, outdated)
                done = True
                return answer
            finally:
                self._busy.discard(worker)
                if done:
                    self._idle.append(worker)
                else:
                    worker.kill()

    async def _answer(self, worker: _ServerWorker, job: Job, outdated: asyncio.Event) -> Answer:
        answer = asyncio.get_running_loop().run_in_executor(self._threads, worker.ask, job)
        # An answer that nobody waits for any more may be an error.
        answer.add_done_callback(lambda one: one.cancelled() or one.exception())
        newer = asyncio.ensure_future(outdated.wait())
        try:
            both: list[asyncio.Future[Any]] = [answer, newer]
            await asyncio.wait(both, timeout=LIMIT, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done() and newer.done():
                await asyncio.wait({answer}, timeout=PATIENCE)
        finally:
            newer.cancel()
        if answer.done():
            return await answer
        if outdated.is_set():
            raise OutdatedError
        raise FailedError(f"the analysis took longer than {LIMIT:.0f} seconds and was given up until the next change")

    def close(self) -> None:
        """End all processes, also in the middle of a job."""
        for worker in (*self._idle, *self._busy):
            worker.kill()
        self._threads.shutdown(wait=False)


class _ServerWorker:
    """A child that does jobs."""

    def __init__(self, prepare: Callable[[], None] | None) -> None:
        # Not forked: this process has threads, and holds the streams to the editor.
        self._child = Child(get_context("spawn"), _Work(), partial(_start, prepare))

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._child.pid

    def ask(self, job: Job) -> Answer:
        """The answer to a job; waits for it.

        Raises:
            FailedError: where the job failed, or the process died of it.
        """
        self._child.ask(job)
        said = self._child.hear()
        if said is not None and said[0] == READY:
            said = self._child.hear()
        if said is None:
            raise FailedError("the analysis died of this file; it is tried again after the next change")
        kind, answer = said
        if kind == ERROR:
            raise FailedError(f"the analysis failed, which is an error inside rnnlint; please report it: {answer}")
        found: Answer = answer
        return found

    def kill(self) -> None:
        """End it, whatever it is doing."""
        self._child.kill()


def _start(prepare: Callable[[], None] | None) -> None:
    """Import what the first job needs. What prints in a child does so on stderr: stdout is the editor's."""
    sys.stdout = sys.stderr
    if prepare is not None:
        prepare()
    from rnnlint.checks import load
    from rnnlint.registry import RULES

    load(rule.code for rule in RULES)


class _Work:
    """Does one job after the other, in a child. It keeps the modules that were parsed."""

    def __init__(self) -> None:
        self._parsed: ParsedModules | None = None

    def __call__(self, job: Job) -> Answer:
        from rnnlint.interpret import ParsedModules
        from rnnlint.server.analysis import perform

        self._parsed = self._parsed or ParsedModules()
        return perform(job, self._parsed)
