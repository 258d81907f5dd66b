"""Reads scripts and notebooks: from a file, its bytes or a text in memory to a `Source`."""

from __future__ import annotations

from collections.abc import Callable

from rnnlint.source.binary import UnreadableError, file_bytes
from rnnlint.source.decode import clean_text, decode, has_magics
from rnnlint.source.source import Source, refused


def read(path: str, parses: Callable[[str], bool] | None = None) -> Source:
    """Read a script or a notebook. What cannot be read is a `Diagnostic` of the source, never an exception."""
    data = read_bytes(path)
    return data if isinstance(data, Source) else from_bytes(data, path, parses)


def read_as_shown(path: str) -> Source:
    """As `read`, for what asks for rows as the user sees them only: the text that is analysed is left out."""
    data = read_bytes(path)
    if isinstance(data, Source):
        return data
    if path.endswith(".ipynb"):
        from rnnlint.source.notebook import as_shown

        return as_shown(data, path)
    text = decode(data, path)
    if isinstance(text, str):
        text = clean_text(text, path)
    return text if isinstance(text, Source) else Source(path, "", original=text)


def read_bytes(path: str) -> bytes | Source:
    """The bytes of a regular file, or the refused source that says why not."""
    try:
        return file_bytes(path)
    except UnreadableError as error:
        return refused(path, error.kind, str(error))


def from_bytes(data: bytes, path: str, parses: Callable[[str], bool] | None = None) -> Source:
    """The source of a file's bytes; `path` says by its suffix whether it is a notebook."""
    if path.endswith(".ipynb"):
        from rnnlint.source.notebook import parse

        return parse(data, path, parses)
    text = decode(data, path)
    return text if isinstance(text, Source) else from_text(text, path, parses)


def from_text(text: str, path: str, parses: Callable[[str], bool] | None = None) -> Source:
    """The source of a text that is in memory already."""
    if path.endswith(".ipynb"):
        from rnnlint.source.notebook import parse

        return parse(text.encode("utf-8", "surrogatepass"), path, parses)
    clean = clean_text(text, path)
    if isinstance(clean, Source):
        return clean
    if has_magics(clean):
        from rnnlint.source.magics import without_magics

        python, shifts = without_magics(clean)
        return Source(path, python, original=clean if python != clean else "", shifts=shifts)
    return Source(path, clean)
