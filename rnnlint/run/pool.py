"""Much work in many processes: one item after the other, or side by side.

A process that dies (of the parser, or because memory is short) costs the one item that it had. The results are the
same either way; who asks for them puts them in order.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from rnnlint.linter import lint
from rnnlint.project.modules import Query, Recorder
from rnnlint.records import dataclass
from rnnlint.result import FileResult
from rnnlint.run.child import ERROR, READY, Child
from rnnlint.source.source import diagnose

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import BaseContext

    from rnnlint.confirm.installed import InstalledKeras
    from rnnlint.interpret import ParsedModules
    from rnnlint.keras.versions import KerasTargets
    from rnnlint.project.modules import Modules
    from rnnlint.settings.settings import Settings

# The characters of source below which another process costs more time than it saves: forked, or started anew.
_PAYS_FORKED = 20_000
_PAYS_STARTED = 500_000
# What one process is given at least.
_SHARE = 10_000
# The bytes of source below which it does not pay to read at files side by side, or to examine them, and the most of one
# batch.
_PAYS_READ = 10_000_000
_PAYS_EXAMINED = 400_000
_BATCH = 200_000


class WorkItem(Protocol):
    """What a process is given to do, picklable."""

    @property
    def size(self) -> int:
        """The length of its source, by which the largest is done first."""

    @property
    def name(self) -> str:
        """Tells items of one size apart."""


T = TypeVar("T", bound=WorkItem)
A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Task:
    """One file to lint, picklable; `size` is the length of its text. `passed_over` is as for `lint`."""

    path: str
    settings: Settings
    env: KerasTargets
    size: int = 0
    passed_over: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """See `WorkItem.name`."""
        return self.path


@dataclass(frozen=True, slots=True)
class Linted:
    """What a task gave; `queries` are the modules that it looked for, in that order."""

    result: FileResult
    queries: tuple[Query, ...] = ()


def lint_task(
    task: Task, modules: Modules, found: InstalledKeras | None = None, parsed: ParsedModules | None = None
) -> Linted:
    """Lint one file; findings that lie in other files are among the result's."""
    recorder = Recorder(modules)
    source = modules.source(task.path)
    result = lint(source, task.settings, recorder, task.env, found=found, passed_over=task.passed_over, parsed=parsed)
    # Who wants the source has it, or reads it: it need not go through a pipe.
    return Linted(replace(result, source=None), tuple(recorder.queries()))


class _Lint:
    """Lints one task after the other. In each process it keeps the modules that were parsed."""

    def __init__(self, modules: Modules, found: InstalledKeras | None) -> None:
        self._modules = modules
        self._found = found
        self._parsed: ParsedModules | None = None

    def __call__(self, task: Task) -> Linted:
        if self._parsed is None:
            from rnnlint.interpret import ParsedModules

            self._parsed = ParsedModules()
        return lint_task(task, self._modules, self._found, self._parsed)


def lint_all(
    tasks: Sequence[Task],
    modules: Modules,
    found: InstalledKeras | None = None,
    jobs: int | None = 1,
    prepare: Callable[[], None] | None = None,
) -> Iterator[tuple[Task, Linted]]:
    """Lint files, in any order, in `jobs` processes; None: in as many as pay. `prepare` is called in each of them."""
    if not tasks:
        return
    forks = _may_fork()
    count = min(jobs or _paying(tasks, forks), len(tasks))
    work = _Lint(modules, found)
    if prepare is not None and (count == 1 or forks):
        prepare()
    if count > 1:
        if forks:
            import rnnlint.interpret  # noqa: F401 - once for all
            from rnnlint.checks import load

            load(frozenset[str]().union(*(task.settings.rules for task in tasks)))
        tasks = yield from _side_by_side(tasks, work, _lost, count, forks, prepare)
    for task in tasks:
        yield task, work(task)


def _lost(task: Task, how: str, died: bool) -> Linted:
    """For a file whose process died, or raised an error."""
    message = f"the analysis failed: {how}"
    if died:
        message = (
            f"the process that analysed {task.path} died ({how}), of the parser or for want of memory; exclude the "
            "file, and please report it"
        )
    return Linted(FileResult(task.path, (), (), (diagnose(task.path, "internal-error", message),)))


# ---------------------------------------------------------------------------------------------------------------------
# Many files at once, before they are linted


@dataclass(frozen=True, slots=True)
class Batch:
    """Some files that lie beside each other."""

    paths: tuple[str, ...]
    size: int

    @property
    def name(self) -> str:
        """See `WorkItem.name`."""
        return self.paths[0]


def read_all(
    files: Sequence[tuple[str, int]], read: Callable[[Batch], A], jobs: int | None = 1
) -> Iterator[tuple[Batch, A]]:
    """Look at files, given with their sizes, in `jobs` processes; None: in as many as pay."""
    for batch, answer in _in_batches(files, read, jobs, _PAYS_READ):
        yield batch, read(batch) if answer is None else answer


def examine_all(
    files: Sequence[tuple[str, int]], examine: Callable[[Batch], A], jobs: int | None = 1
) -> Iterator[tuple[Batch, A | None]]:
    """Examine files likewise. None comes back for those whose process died."""
    return _in_batches(files, examine, jobs, _PAYS_EXAMINED)


def _in_batches(
    files: Sequence[tuple[str, int]], work: Callable[[Batch], A], jobs: int | None, pays: int
) -> Iterator[tuple[Batch, A | None]]:
    total = sum(size for _, size in files)
    count = jobs or (_cores() if total >= pays else 1)
    side_by_side = count > 1 and len(files) > 1 and _may_fork()
    most = max(total // (4 * count), 1) if side_by_side else total + 1
    batches: Sequence[Batch] = list(_batches(files, min(most, max(_BATCH, pays // 4))))
    if side_by_side:
        batches = yield from _side_by_side(batches, work, _no_answer, count, True)
    for batch in batches:
        yield batch, work(batch)


def _no_answer(_portion: Batch, _how: str, _died: bool) -> None:
    """For a batch whose process died, or raised an error: one of its files will do so again, by itself."""


def _batches(files: Iterable[tuple[str, int]], most: int) -> Iterator[Batch]:
    paths: list[str] = []
    size = 0
    for path, length in files:
        paths.append(path)
        size += length
        if size >= most:
            yield Batch(tuple(paths), size)
            paths, size = [], 0
    if paths:
        yield Batch(tuple(paths), size)


# ---------------------------------------------------------------------------------------------------------------------
# Processes


def _paying(tasks: Sequence[Task], forks: bool) -> int:
    size = sum(task.size for task in tasks)
    if size < (_PAYS_FORKED if forks else _PAYS_STARTED):
        return 1
    return min(_cores(), size // _SHARE)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _may_fork() -> bool:
    """Only where that is sound: on Linux, as long as there is no other thread, also none that Python knows not of."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        return len(os.listdir("/proc/self/task")) == 1
    except OSError:
        return False


def _side_by_side(
    items: Sequence[T],
    work: Callable[[T], A],
    lost: Callable[[T, str, bool], A],
    count: int,
    forks: bool,
    prepare: Callable[[], None] | None = None,
) -> Generator[tuple[T, A], None, Sequence[T]]:
    """Do the work with processes, the largest item first. Returns what they could not be started for.

    `lost` gives the answer for a item whose process died, or raised an error, and how.
    """
    from multiprocessing import connection, get_context

    context = get_context("fork" if forks else "spawn")
    waiting = sorted(items, key=lambda item: (item.size, item.name))
    workers: list[_PoolWorker[T, A]] = []
    idle: list[_PoolWorker[T, A]] = []
    busy: dict[Connection, _PoolWorker[T, A]] = {}
    try:
        while waiting or busy:
            while waiting and len(busy) < count:
                if not idle:
                    try:
                        idle.append(_PoolWorker(context, work, lost, prepare))
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
                answers = worker.take()
                if not answers and worker.alive:
                    continue
                del busy[worker.pipe]
                if answers:
                    idle.append(worker)
                    yield worker.item, answers[0]
                elif worker.ready:
                    yield worker.item, lost(worker.item, worker.end(), True)
                else:  # it never came to work
                    waiting.append(worker.item)
                    count -= 1
        return []
    finally:
        for worker in workers:
            worker.kill()


class _PoolWorker(Generic[T, A]):
    """A child, and the item that it has; it is `ready` once it has started, and `alive` until it died."""

    item: T

    def __init__(
        self,
        context: BaseContext,
        work: Callable[[T], A],
        lost: Callable[[T, str, bool], A],
        prepare: Callable[[], None] | None,
    ) -> None:
        self._child = Child(context, work, prepare)
        self._lost = lost
        self.ready = False
        self.alive = True

    @property
    def pipe(self) -> Connection:
        """Can be read where there is something to take."""
        return self._child.pipe

    def give(self, item: T) -> None:
        """Let it work on a item."""
        self.item = item
        self._child.ask(item)

    def take(self) -> tuple[A, ...]:
        """The answer to the item; none where it only came to be ready, or died."""
        said = self._child.hear()
        if said is None:
            self.alive = False
            return ()
        kind, answer = said
        if kind == READY:
            self.ready = True
            return ()
        return (self._lost(self.item, answer, False) if kind == ERROR else answer,)

    def end(self) -> str:
        """How the process ended, in words."""
        return self._child.ended()

    def kill(self) -> None:
        """End it, whatever it is doing."""
        self._child.close()
