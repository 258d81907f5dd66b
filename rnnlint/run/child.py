"""A child process that answers one question after the other, for the pool of a run and for the language server."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from signal import SIG_IGN, SIGINT, Signals, signal
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import BaseContext

Q = TypeVar("Q")
A = TypeVar("A")
# The kinds of what a child says: that it has started, an answer, and why there is none.
READY, ANSWER, ERROR = "ready", "answer", "error"


class Child(Generic[Q, A]):
    """A process that calls `answer` with each question. It says `READY` once `prepare` has returned in it."""

    def __init__(
        self, context: BaseContext, answer: Callable[[Q], A], prepare: Callable[[], None] | None = None
    ) -> None:
        """Start the process.

        Raises:
            OSError: where the system gives no process, or no memory for one.
        """
        self.pipe, theirs = context.Pipe()
        self._process: Any = context.Process(  # type: ignore[attr-defined]
            target=_serve, args=(theirs, answer, prepare), daemon=True
        )
        try:
            self._process.start()
        finally:
            theirs.close()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return int(self._process.pid)

    def ask(self, question: Q) -> None:
        """Hand on a question. A child that died does not take it, which `hear` tells."""
        with suppress(OSError):
            self.pipe.send(question)

    def hear(self) -> tuple[str, Any] | None:
        """Wait for what it says next: one of the kinds, and the answer or the error's text. None where it has died."""
        try:
            said: tuple[str, Any] = self.pipe.recv()
        except (EOFError, OSError):
            return None
        return said

    def ended(self) -> str:
        """How a process that has died ended: the name of a signal, or its status."""
        self._process.join(5)  # as it was about to
        self.close()
        code = self._process.exitcode or 0
        if code < 0 and -code in set(Signals):
            return Signals(-code).name
        return f"status {code}"

    def kill(self) -> None:
        """End it, whatever it is doing."""
        self._process.kill()

    def close(self) -> None:
        """End it, wait for its end, and close the pipe."""
        self.kill()
        self._process.join()
        self.pipe.close()


def _serve(pipe: Connection, answer: Callable[[Any], object], prepare: Callable[[], None] | None) -> None:
    """Answer questions until the pipe is closed."""
    import gc
    import threading

    signal(SIGINT, SIG_IGN)  # the process that started this one ends it
    threading.Thread(target=_follow_parent, daemon=True).start()
    if prepare is not None:
        prepare()
    gc.freeze()  # what was inherited or imported stays, and need not be looked at
    pipe.send((READY, None))
    while True:
        try:
            question = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            said: tuple[str, object] = (ANSWER, answer(question))
        except Exception as error:  # noqa: BLE001 - an error with one question must not cost the others' answers
            said = (ERROR, f"{type(error).__name__}: {error}")
        pipe.send(said)


def _follow_parent() -> None:
    """End with the process that started this one, also in the middle of an answer."""
    from multiprocessing import connection, parent_process

    if (parent := parent_process()) is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
