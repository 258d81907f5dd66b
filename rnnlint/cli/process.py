"""What the command changes in its own process and in those that it starts. Nothing else in rnnlint changes a process.

`start` is for a process that the command owns, `prepare` for one that is about to analyse a file, `end` for when all is
said. They are called by the command alone: whoever imports rnnlint as a library finds its process as it was. The
figures are medians on Python 3.11 with libcst 1.9.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

# The analysis takes several calls for each level of the code, which the limits on what is parsed let nest 200 deep;
# with Python's own limit of 1,000 less of such a file is followed, and a note says so. Would break: a thread with a
# small stack of its own, of which the command starts none for an analysis.
RECURSION_LIMIT = 6_000
# Nearly all that a run makes lives until its end, so that to look for garbage finds none: a fifth of the time of a run
# over many files. Would break: code that makes many circles which nobody holds; memory would grow by a million objects
# before they are found.
COLLECTOR = (1_000_000, 20, 100)


def start() -> None:
    """Tune a process that the command owns."""
    gc.set_threshold(*COLLECTOR)
    sys.setrecursionlimit(max(sys.getrecursionlimit(), RECURSION_LIMIT))


def prepare() -> None:
    """Tune a process that the command owns, and that is about to analyse a file. May be called again."""
    start()
    if "rnnlint.interpret" not in sys.modules:
        with fast_dataclasses():
            import rnnlint.interpret  # noqa: F401 - and with it libcst, whose nodes are two hundred data classes


@contextmanager
def fast_dataclasses() -> Iterator[None]:
    """Make the data classes of all modules that are imported meanwhile as `rnnlint.records` makes its own.

    `dataclasses` compiles six methods of each class at once, which is half of the time that the import of libcst takes:
    0.07 s, a quarter of a run over one file with a finding. Would break: another thread that makes data classes
    meanwhile gets such ones, too; and a libcst whose nodes use more of `dataclasses` than `rnnlint.records` knows,
    which tests/test_records.py would show. CI tries the oldest and the newest libcst.
    """
    import dataclasses

    from rnnlint import records

    frozen: list[Any] = []

    def dataclass(cls: Any = None, /, **options: Any) -> Any:
        if cls is None:
            return partial(dataclass, **options)
        made = records.dataclass(cls, **options)
        if options.get("frozen"):
            frozen.append(made)
        return made

    usual = dataclasses.dataclass
    dataclasses.dataclass = dataclass
    try:
        yield
    finally:
        dataclasses.dataclass = usual
        # Only now: the standard library lets no class that is not frozen be derived from one that is.
        for cls in frozen:
            cls.__dataclass_params__.frozen = True


def protocol_streams() -> tuple[BinaryIO, BinaryIO]:
    """The standard streams for the language server's protocol alone, from where its messages come and to where they go.

    Whatever else prints does so on stderr, here and in child processes. pygls, which would tell of each message there
    that it does not like, is silent.
    """
    import logging

    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    try:
        os.dup2(2, 1)
    except OSError:
        os.dup2(nothing, 1)
    os.close(nothing)
    sys.stdout = sys.stderr
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
    return reader, writer


def leave_folder() -> str:
    """Leave the current folder for the root of the file system; the folder that was left.

    A Python that starts looks for its own modules in the current folder first, and a child's must not be the user's.
    """
    folder = os.getcwd()
    sys.path[:] = map(os.path.abspath, sys.path)
    os.chdir(os.path.abspath(os.sep))
    return folder


def end(status: str | int | None) -> NoReturn:
    """End the process without freeing what is in memory, object by object, which is a tenth of a run over many files.

    Would break: what waits to be written by a destructor, and a Python that renames `atexit._run_exitfuncs`.
    """
    if isinstance(status, int) and not _watched() and threading.active_count() == 1:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (OSError, ValueError):
            sys.exit(status)  # which tries again, and tells
        atexit._run_exitfuncs()
        os._exit(status)
    sys.exit(status)


def _watched() -> bool:
    """Whether a debugger, a profiler or a measurement of coverage goes on after the run."""
    monitoring = getattr(sys, "monitoring", None)  # from Python 3.12 on
    tools = [monitoring.get_tool(number) for number in range(6)] if monitoring else []
    return any(one is not None for one in (sys.gettrace(), sys.getprofile(), *tools))
