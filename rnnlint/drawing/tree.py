"""The models as a tree: nested models, wrappers and cells as branches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from rnnlint.drawing import DrawnFile, Page, codes, heading, keras, line, origins, remarks, row_label
from rnnlint.drawing.summary import Row, shapes_text
from rnnlint.output import printable, shown, where


def render(files: Sequence[DrawnFile], page: Page) -> Iterator[str]:
    """The trees of all files."""
    for file in files:
        yield f"{printable(shown(file.path))}, read for {keras(file.env)}\n"
        for diagnostic in file.diagnostics:
            yield f"{where(diagnostic.span)}: {diagnostic.kind}: {printable(diagnostic.message)}\n"
        groups = [(heading(model, file.path), model.rows) for model in file.summary.models]
        if file.summary.uncalled:
            groups.append(("Layers that are not seen called", file.summary.uncalled))
        for number, (text, rows) in enumerate(groups, 1):
            last = number == len(groups)
            yield f"{'└── ' if last else '├── '}{text}\n"
            yield from _branches(rows, "    " if last else "│   ", file.path, page, None)
        if not groups:
            yield "└── no model\n"


def _branches(rows: Sequence[Row], prefix: str, path: str, page: Page, before: str | None) -> Iterator[str]:
    for number, row in enumerate(rows, 1):
        last = number == len(rows)
        yield f"{prefix}{'└── ' if last else '├── '}{_text(row, path, page, before)}\n"
        yield from _branches(row.rows, prefix + ("    " if last else "│   "), path, page, before)
        before = row.id


def _text(row: Row, path: str, page: Page, before: str | None) -> str:
    parts = [f"{row.id} {row_label(row)}"]
    if place := line(row.span, path, "line "):
        parts[0] += f" ({place})"
    if row.outputs:
        parts[0] += f" {shapes_text(row.outputs)}"
    if came := origins(row, before):
        parts.append(came)
    parts += [f"mask {one}" for one in row.masks]
    if row.cudnn:
        parts.append(f"cuDNN {printable(row.cudnn)}")
    parts += remarks(row)
    if row.marks:
        text = ", ".join(codes(row))
        parts.append(click.style(text, fg="red", bold=True) if page.color else text)
    return "; ".join(parts)
