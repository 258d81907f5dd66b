"""What the files of a run hold, read from the disk or given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from rnnlint.source.binary import UnreadableError, file_bytes

if TYPE_CHECKING:
    from rnnlint.project.files import File
    from rnnlint.source.source import Source


class Contents:
    """What files hold: the `changed` bytes, else the content on disk.

    `read` is shown each path that was read and its bytes, None where that failed; a copy in another process shows
    nothing.
    """

    def __init__(self, changed: Mapping[str, bytes], read: Callable[[str, bytes | None], None] | None = None) -> None:
        self._changed = changed
        self._show = read

    def __reduce__(self) -> tuple[type[Contents], tuple[Mapping[str, bytes]]]:
        return Contents, (self._changed,)

    def data(self, path: str) -> bytes | None:
        """The bytes of a file; None where it cannot be read."""
        try:
            return self._bytes(path)
        except UnreadableError:
            return None

    def source(self, file: File) -> Source:
        """The source of a file; one that cannot be read says so in its diagnostics."""
        from rnnlint.linter import parses_with_libcst
        from rnnlint.source.read import from_bytes
        from rnnlint.source.source import refused

        try:
            data = self._bytes(file.shown)
        except UnreadableError as error:
            return refused(file.shown, error.kind, str(error))
        return from_bytes(data, file.shown, parses_with_libcst)

    def _bytes(self, path: str) -> bytes:
        data: bytes | None = None
        try:
            data = self._changed[path] if path in self._changed else file_bytes(path)
            return data
        finally:
            if self._show:
                self._show(path, data)
