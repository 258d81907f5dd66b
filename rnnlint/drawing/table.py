"""A table for each model, as Keras' `model.summary()` has it, in the width of the terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import zip_longest

import click

from rnnlint.drawing import DrawnFile, Page, codes, heading, keras, line, origins, remarks, row_label
from rnnlint.drawing.summary import Row, shapes_text
from rnnlint.output import printable, shown, where
from rnnlint.records import dataclass

HEAD = ("#", "Layer", "Line", "Output shape", "Dropout mask", "cuDNN")
GAP = "  "
# No column gets narrower than this, however narrow the terminal.
LEAST = 8


@dataclass(frozen=True, slots=True)
class _Line:
    """A row of the table: the paragraphs of each cell, and the lines below them that span all columns."""

    cells: tuple[tuple[str, ...], ...]
    codes: str
    remarks: str


def render(files: Sequence[DrawnFile], page: Page) -> Iterator[str]:
    """The tables of all files."""
    for number, file in enumerate(files):
        yield "\n" * bool(number)
        yield _style(f"{printable(shown(file.path))}, read for {keras(file.env)}", page, bold=True) + "\n"
        for diagnostic in file.diagnostics:
            yield f"{where(diagnostic.span)}: {diagnostic.kind}: {printable(diagnostic.message)}\n"
        if not file.summary.models and not file.summary.uncalled:
            yield "no model\n"
        for model in file.summary.models:
            yield "\n" + _style(heading(model, file.path), page, bold=True) + "\n"
            yield from _table(list(_lines(model.rows, file.path)), page)
        if file.summary.uncalled:
            yield "\n" + _style("Layers that are not seen called", page, bold=True) + "\n"
            yield from _table(list(_lines(file.summary.uncalled, file.path)), page)
        marks = file.summary.marks()
        if marks:
            yield "\n"
        for mark in marks:
            sure = "" if mark.confidence == "certain" else "?"
            text = f"{where(mark.span)}: {_style(mark.code + sure, page, fg='red', bold=True)} {mark.name}"
            yield f"{text}: {printable(mark.label)}\n" if mark.label else f"{text}\n"


def _lines(rows: Sequence[Row], path: str, depth: int = 0, before: str | None = None) -> Iterator[_Line]:
    for row in rows:
        shape = shapes_text(row.outputs) if row.outputs else ""
        layer = "  " * depth + row_label(row)
        said = [one for one in (origins(row, before), *remarks(row)) if one]
        yield _Line(
            ((row.id,), (layer,), (line(row.span, path),), (shape,), row.masks, (printable(row.cudnn),)),
            ", ".join(codes(row)),
            "; ".join(said),
        )
        yield from _lines(row.rows, path, depth + 1, before)
        before = row.id


def _table(lines: Sequence[_Line], page: Page) -> Iterator[str]:
    used = [index for index, name in enumerate(HEAD) if index < 4 or any(any(one.cells[index]) for one in lines)]
    natural = [
        max([columns(HEAD[index]), *(columns(text) for one in lines for text in one.cells[index])]) for index in used
    ]
    widths = fit(natural, page.width - len(GAP) * (len(used) - 1))
    yield _style(_joined([HEAD[index] for index in used], widths), page, bold=True) + "\n"
    yield _joined(["-" * width for width in widths], widths) + "\n"
    for one in lines:
        cells = [
            [part for text in one.cells[index] for part in wrap(text, width)]
            for index, width in zip(used, widths, strict=True)
        ]
        for parts in zip_longest(*cells, fillvalue=""):
            yield _joined(parts, widths) + "\n"
        space = " " * (widths[0] + len(GAP) + 2)
        if one.codes:
            yield space + _style(one.codes, page, fg="red", bold=True) + "\n"
        if one.remarks:
            yield from (f"{space}{part}\n" for part in wrap(one.remarks, max(page.width - len(space), LEAST)))


def fit(natural: Sequence[int], width: int) -> list[int]:
    """Widths of columns that fit: the widest become narrower first."""
    widths = list(natural)
    while sum(widths) > width:
        widest = max(range(len(widths)), key=lambda index: widths[index])
        if widths[widest] <= LEAST:
            break
        widths[widest] -= 1
    return widths


def wrap(text: str, width: int) -> list[str]:
    """A text in lines of at most `width` columns, broken between words if possible, indented as it begins."""
    indent = text[: len(text) - len(text.lstrip(" "))]
    found: list[str] = []
    current = ""
    for word in text.split():
        if current.strip() and columns(current) + 1 + columns(word) > width:
            found.append(current)
            current = ""
        current = f"{current} {word}" if current.strip() else indent + word
        while columns(current) > width:
            cut = next(index for index in range(len(current), 0, -1) if index == 1 or columns(current[:index]) <= width)
            # Rather behind a sign than within a name.
            cut = max((index for index in range(cut // 2, cut + 1) if current[index - 1] in "=._/(,"), default=cut)
            found.append(current[:cut])
            current = indent + current[cut:] if len(indent) < width else current[cut:]
    return [*found, current] if current.strip() or not found else found


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _joined(parts: Sequence[str], widths: Sequence[int]) -> str:
    return GAP.join(part + " " * (width - columns(part)) for part, width in zip(parts, widths, strict=True)).rstrip()


def _style(text: str, page: Page, **how: object) -> str:
    return click.style(text, **how) if page.color else text  # type: ignore[arg-type]
