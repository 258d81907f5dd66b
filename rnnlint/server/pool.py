"""Child processes that do the jobs: one that takes too long, or whose answer nobody wants any more, can be ended."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import connection, get_context, parent_process
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

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
    """Answers jobs. For one event loop; `close` ends all processes."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(SIZE)
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._threads = ThreadPoolExecutor(2 * SIZE, "rnnlint")

    def warm_up(self) -> None:
        """Start a process, which takes a moment to import what it needs."""
        if not self._idle and not self._busy:
            self._idle.append(_Worker())

    async def ask(self, job: Job, outdated: asyncio.Event) -> Answer:
        """The answer to a job.

        Raises:
            OutdatedError: where `outdated` was set before there was one.
            FailedError: where it takes too long, or the process dies of it.
        """
        async with self._slots:
            if outdated.is_set():
                raise OutdatedError
            worker = self._idle.pop() if self._idle else _Worker()
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

    async def _answer(self, worker: _Worker, job: Job, outdated: asyncio.Event) -> Answer:
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


class _Worker:
    def __init__(self) -> None:
        # Not forked: this process has threads, and holds the streams to the editor.
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, job: Job) -> Answer:
        try:
            self._pipe.send(job)
            answer: Answer | str = self._pipe.recv()
        except (EOFError, OSError):
            raise FailedError("the analysis died of this file; it is tried again after the next change") from None
        if isinstance(answer, str):
            raise FailedError(f"the analysis failed, which is an error inside rnnlint; please report it: {answer}")
        return answer

    def kill(self) -> None:
        self._process.kill()


def _serve(pipe: Connection) -> None:
    """Do jobs until the pipe is closed. What prints does so on stderr."""
    sys.stdout = sys.stderr
    threading.Thread(target=_follow_parent, daemon=True).start()
    from rnnlint.checks import load
    from rnnlint.interpret import ParsedModules
    from rnnlint.registry import RULES
    from rnnlint.server.analysis import perform

    load(rule.code for rule in RULES)
    parsed = ParsedModules()
    while True:
        try:
            job = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer: Answer | str = perform(job, parsed)
        except Exception as error:  # noqa: BLE001 - one file's error must not cost the others' answers
            answer = f"{type(error).__name__}: {error}"
        pipe.send(answer)


def _follow_parent() -> None:
    """Nobody else ends a long job when the server was killed."""
    if (parent := parent_process()) is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
