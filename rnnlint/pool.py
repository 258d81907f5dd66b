"""Many files through the analysis: one after the other, or side by side in processes.

A process that dies (of the parser, or because memory is short) costs the one file that it had. The results are the
same either way; who asks for them puts them in order.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from signal import SIG_IGN, SIGINT, Signals, signal
from typing import TYPE_CHECKING, Any

from rnnlint.linter import lint
from rnnlint.modules import Asked, Recorder
from rnnlint.records import dataclass
from rnnlint.result import FileResult
from rnnlint.source import diagnose

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import BaseContext

    from rnnlint.keras.versions import Env
    from rnnlint.modules import Modules
    from rnnlint.runtime.confirm import Found
    from rnnlint.settings import Settings

# The characters of source below which another process costs more time than it saves: forked, or started anew.
_PAYS_FORKED = 50_000
_PAYS_STARTED = 500_000
# What one process is given at least.
_SHARE = 25_000


@dataclass(frozen=True, slots=True)
class Task:
    """One file to lint, picklable; `size` is the length of its text."""

    path: str
    settings: Settings
    env: Env
    size: int = 0


@dataclass(frozen=True, slots=True)
class Linted:
    """What a task gave; `asked` are the modules that it looked for, in that order."""

    result: FileResult
    asked: tuple[Asked, ...] = ()


def lint_task(task: Task, modules: Modules, found: Found | None = None) -> Linted:
    """Lint one file; findings that lie in other files are among the result's."""
    recorder = Recorder(modules)
    result = lint(modules.source(task.path), task.settings, recorder, task.env, found=found)
    # Who wants the source has it, or reads it: it need not go through a pipe.
    return Linted(replace(result, source=None), tuple(recorder.asked()))


def lint_all(
    tasks: Sequence[Task], modules: Modules, found: Found | None = None, jobs: int | None = 1
) -> Iterator[tuple[Task, Linted]]:
    """Lint files, in any order, in `jobs` processes; None: in as many as pay."""
    forks = _may_fork()
    count = min(jobs or _paying(tasks, forks), len(tasks))
    if count > 1:
        tasks = yield from _side_by_side(tasks, modules, found, count, forks)
    for task in tasks:
        yield task, lint_task(task, modules, found)


def _paying(tasks: Sequence[Task], forks: bool) -> int:
    size = sum(task.size for task in tasks)
    if size < (_PAYS_FORKED if forks else _PAYS_STARTED):
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, size // _SHARE)


def _may_fork() -> bool:
    """Only where that is sound: on Linux, as long as there is no other thread, also none that Python knows not of."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        return len(os.listdir("/proc/self/task")) == 1
    except OSError:
        return False


def _side_by_side(
    tasks: Sequence[Task], modules: Modules, found: Found | None, count: int, forks: bool
) -> Generator[tuple[Task, Linted], None, Sequence[Task]]:
    """Lint with processes, the largest file first. Returns what they could not be started for."""
    from multiprocessing import connection, get_context

    context = get_context("fork" if forks else "spawn")
    if forks:
        import rnnlint.interpret  # noqa: F401 - once for all
        from rnnlint.checks import load

        load(frozenset[str]().union(*(task.settings.rules for task in tasks)))
    waiting = sorted(tasks, key=lambda task: (task.size, task.path))
    workers: list[_Worker] = []
    idle: list[_Worker] = []
    busy: dict[Connection, _Worker] = {}
    try:
        while waiting or busy:
            while waiting and len(busy) < count:
                if not idle:
                    try:
                        idle.append(_Worker(context, modules, found))
                    except OSError:  # no more processes, or no memory for one
                        count = len(busy)
                        break
                    workers.append(idle[-1])
                worker = idle.pop()
                worker.give(waiting.pop())
                busy[worker.pipe] = worker
            if not busy:
                return waiting
            for pipe in connection.wait(list(busy)):
                worker = busy[pipe]  # type: ignore[index]
                answer = worker.take()
                if answer is None and worker.alive:
                    continue
                del busy[worker.pipe]
                if answer is not None:
                    idle.append(worker)
                    yield worker.task, answer
                elif worker.ready:
                    yield worker.task, Linted(_lost(worker))
                else:  # it never came to work
                    waiting.append(worker.task)
                    count -= 1
        return []
    finally:
        for worker in workers:
            worker.kill()


class _Worker:
    """A process, and the task that it has; it says that it is `ready`, then it answers each task."""

    task: Task

    def __init__(self, context: BaseContext, modules: Modules, found: Found | None) -> None:
        self.pipe, theirs = context.Pipe()
        self.ready = False
        self.alive = True
        self._process: Any = context.Process(  # type: ignore[attr-defined]
            target=_serve, args=(theirs, modules, found), daemon=True
        )
        try:
            self._process.start()
        finally:
            theirs.close()

    def give(self, task: Task) -> None:
        self.task = task
        with suppress(OSError):  # of one that died, which `take` tells
            self.pipe.send(task)

    def take(self) -> Linted | None:
        """The answer to the task; None where it only came to be ready, or died."""
        try:
            answer: Linted | str = self.pipe.recv()
        except (EOFError, OSError):
            self._process.join(5)  # so that it ends as it was about to
            self.kill()
            return None
        if isinstance(answer, Linted):
            return answer
        if answer == _READY:
            self.ready = True
            return None
        message = f"the analysis failed: {answer}"
        return Linted(FileResult(self.task.path, (), (), (diagnose(self.task.path, "internal-error", message),)))

    def end(self) -> str:
        """How the process ended, in words."""
        code = self._process.exitcode or 0
        if code < 0 and -code in set(Signals):
            return Signals(-code).name
        return f"status {code}"

    def kill(self) -> None:
        """End it, whatever it is doing."""
        self.alive = False
        self._process.kill()
        self._process.join()
        self.pipe.close()


_READY = ""


def _lost(worker: _Worker) -> FileResult:
    path = worker.task.path
    message = (
        f"the process that analysed {path} died ({worker.end()}), of the parser or for want of memory; exclude the "
        "file, and please report it"
    )
    return FileResult(path, (), (), (diagnose(path, "internal-error", message),))


def _serve(pipe: Connection, modules: Modules, found: Found | None) -> None:
    """Do tasks until the pipe is closed."""
    import gc
    import threading

    signal(SIGINT, SIG_IGN)  # the process that started this one ends it
    threading.Thread(target=_follow_parent, daemon=True).start()
    gc.freeze()  # what was inherited stays, and need not be looked at
    pipe.send(_READY)
    while True:
        try:
            task = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer: Linted | str = lint_task(task, modules, found)
        except Exception as error:  # noqa: BLE001 - one file's error must not cost the others
            answer = f"{type(error).__name__}: {error}"
        pipe.send(answer)


def _follow_parent() -> None:
    """End with the process that started this one, also in the middle of a task."""
    from multiprocessing import connection, parent_process

    if (parent := parent_process()) is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
