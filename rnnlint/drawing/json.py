"""The models as JSON. The keys are an interface of their own: they stay when the internal types change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rnnlint.drawing import DrawnFile, Page, keras
from rnnlint.drawing.summary import Mark, ModelSummary, Row
from rnnlint.graph import Span
from rnnlint.output import shown


def render(files: Sequence[DrawnFile], page: Page) -> Iterator[str]:  # noqa: ARG001
    """An array with one object per file."""
    from json import dumps

    yield dumps([_file(file) for file in files], indent=2, ensure_ascii=False) + "\n"


def _file(file: DrawnFile) -> dict[str, Any]:
    return {
        "filename": shown(file.path),
        "keras": keras(file.env),
        "models": [_model(model) for model in file.summary.models],
        "uncalled": [_row(row) for row in file.summary.uncalled],
        "errors": [{"kind": one.kind, "message": one.message, **_place(one.span)} for one in file.diagnostics],
    }


def _model(model: ModelSummary) -> dict[str, Any]:
    return {
        "kind": model.kind,
        "name": model.name or None,
        **_place(model.span),
        "inputs": [_shape(shape) for shape in model.inputs],
        "layers": [_row(row) for row in model.rows],
    }


def _row(row: Row) -> dict[str, Any]:
    """One row. A shape is null where not even its rank is known, a size is null where it is not known or any."""
    return {
        "id": row.id,
        "kind": row.kind,
        "class": row.title,
        "name": row.name or None,
        **_place(row.span),
        "calls": [
            {"inputs": [list(ids) for ids in sources], "outputs": [_shape(shape) for shape in shapes]}
            for sources, shapes in zip(row.sources, row.shapes, strict=True)
        ],
        "masks": list(row.masks),
        "cudnn": row.cudnn or None,
        "confidence": "certain" if row.certain else "possible",
        "reason": row.reason or None,
        "findings": [_mark(mark) for mark in row.marks],
        "layers": [_row(inner) for inner in row.rows],
    }


def _shape(shape: tuple[int | str | None, ...] | None) -> list[int | str | None] | None:
    return None if shape is None else list(shape)


def _mark(mark: Mark) -> dict[str, Any]:
    return {
        "code": mark.code,
        "name": mark.name,
        "confidence": mark.confidence,
        "message": mark.message,
        **_place(mark.span),
    }


def _place(span: Span) -> dict[str, Any]:
    return {
        "location": {"filename": shown(span.path), "cell": span.cell, "row": span.row, "column": span.column}
        if span.row
        else None
    }
