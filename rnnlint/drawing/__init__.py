"""Drawings of models, for `rnnlint graph`: one module each, with a function `render(files, page) -> Iterator[str]`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from importlib import import_module

from rnnlint.drawing.summary import ModelSummary, Row, Summary, shape_text
from rnnlint.findings import Diagnostic
from rnnlint.graph import Span
from rnnlint.keras.versions import BACKENDS, KerasTargets, VersionSet
from rnnlint.output import position, printable, shown
from rnnlint.records import dataclass

# Format -> module here.
FORMATS = {"table": "table", "tree": "tree", "json": "json", "mermaid": "mermaid", "svg": "svg"}


@dataclass(frozen=True, slots=True)
class DrawnFile:
    """What one file builds, the Keras that it is read for, and what could not be read of it."""

    path: str
    summary: Summary
    env: KerasTargets
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """How wide a drawing in text may be, and whether it may have colours."""

    width: int = 80
    color: bool = False


def render(name: str, files: Sequence[DrawnFile], page: Page) -> Iterator[str]:
    """The drawing in a format of `FORMATS`, piece by piece.

    Raises:
        ModuleNotFoundError: where the library that lays out a picture is not installed.
    """
    pieces: Iterator[str] = import_module(f"rnnlint.drawing.{FORMATS[name]}").render(files, page)
    return pieces


def keras(env: KerasTargets) -> str:
    """The Keras that a file is read for: "Keras 3.15 on tensorflow", "Keras 2 and Keras 3 on any backend"."""
    versions = VersionSet(env.pairs).describe(env).partition(" on ")[0]
    backends = [backend for backend in BACKENDS if backend in env.backends]
    if not any(version[0] == 3 for version in env.versions):
        return versions
    return f"{versions} on {'any backend' if len(backends) == len(BACKENDS) else ' or '.join(backends)}"


def heading(model: ModelSummary, path: str) -> str:
    """Such as `Sequential "encoder", line 12, input (None, 20, 4)`."""
    parts = [model.title + (f' "{printable(model.name)}"' if model.name and model.title != model.name else "")]
    if model.kind != "loose":
        parts.append(line(model.span, path, "line "))
    if model.inputs:
        parts.append(f"input{'s' * (len(model.inputs) > 1)} {', '.join(map(shape_text, model.inputs))}")
    return ", ".join(parts)


def line(span: Span, path: str, word: str = "") -> str:
    """Where a layer is constructed: `12`, `cell 2:3` in a notebook, `blocks.py:5` in another file."""
    if not span.row:
        return ""
    place = position(span).rpartition(":")[0]
    if span.path == path:
        return place if span.cell is not None else word + place
    folder = os.path.dirname(os.path.abspath(path))
    return f"{printable(shown(os.path.relpath(os.path.abspath(span.path), folder)))}:{place}"


def row_label(row: Row) -> str:
    """The class, with the name that the code gives it: `LSTM "encoder"`."""
    text = row.title + (f' "{row.name}"' if row.name else "")
    return printable(text)


def remarks(row: Row) -> list[str]:
    """What else there is to say of a row: why it is not understood, that it is only possible, that it is shared."""
    found = []
    if row.reason:
        found.append(printable(row.reason))
    if not row.certain:
        found.append("on some paths only")
    if len(row.shapes) > 1:
        found.append(f"called {len(row.shapes)} times")
    return found


def codes(row: Row) -> list[str]:
    """The rules that report something here, possible ones with a question mark."""
    marks = {
        mark.code: mark.confidence == "certain"
        for mark in sorted(row.marks, key=lambda one: one.confidence, reverse=True)
    }
    return [code + "?" * (not certain) for code, certain in sorted(marks.items())]


def origins(row: Row, before: str | None) -> str:
    """Where the inputs come from: `from 1 and 4`, `from 2 or 3`; empty if just from the row before."""
    if all(source == ((before,),) for source in row.sources) or not any(row.sources):
        return ""
    calls = [" and ".join(" or ".join(ids) for ids in source) for source in row.sources if source]
    return f"from {'; '.join(dict.fromkeys(calls))}"
