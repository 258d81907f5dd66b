"""The bytes of a file. Imports nothing of the rest, as most files of a run are read and hold nothing to report."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rnnlint.findings import DiagnosticKind

# Notebooks carry their outputs, often many megabytes of pictures; a script beyond this size is data.
MAX_SCRIPT_BYTES = 50_000_000
MAX_NOTEBOOK_BYTES = 500_000_000


class UnreadableError(Exception):
    """A file that cannot be read. `kind` is the kind of the diagnostic, `str()` its message."""

    def __init__(self, kind: DiagnosticKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def file_bytes(path: str) -> bytes:
    """The bytes of a regular file.

    Raises:
        UnreadableError: where it is none, is too large, or the system says no.
    """
    limit = MAX_NOTEBOOK_BYTES if path.endswith(".ipynb") else MAX_SCRIPT_BYTES
    try:
        # A FIFO would block in open(), so look first; O_NONBLOCK covers the moment in between.
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            what = "a directory" if stat.S_ISDIR(mode) else "not a regular file"
            message = f"cannot read {path}: it is {what}; pipe text into `rnnlint check -` instead"
            raise UnreadableError("io-error", message)
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(handle, "rb") as file:
            # No buffer larger than the file; what grows meanwhile is seen to be too large, or read up to here.
            data = file.read(min(os.fstat(handle).st_size, limit) + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableError("io-error", f"cannot read {path}: {reason}") from None
    if len(data) > limit:
        raise UnreadableError("too-complex", f"{path} is larger than {limit // 1_000_000} MB; exclude it")
    return data
