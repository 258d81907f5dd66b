"""reviewdog's diagnostic format: comments on a pull request, with fixes as suggestions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rnnlint.findings import Finding
from rnnlint.graph import Span
from rnnlint.output import code, sentence, severity, shown
from rnnlint.output.rulebook import url

if TYPE_CHECKING:
    from rnnlint.findings import Fix
    from rnnlint.output import Entry
    from rnnlint.output.report import Report

_SEVERITIES = {"error": "ERROR", "warning": "WARNING", "advice": "INFO"}


def render(report: Report) -> Iterator[str]:
    """The result."""
    from json import dumps

    result = {
        "source": {"name": "rnnlint", "url": "https://github.com/rnnlint/rnnlint"},
        "severity": "WARNING",
        "diagnostics": [_diagnostic(entry, report) for entry in report.entries],
    }
    yield dumps(result, indent=2, ensure_ascii=False) + "\n"


def _diagnostic(entry: Entry, report: Report) -> dict[str, Any]:
    finding = entry if isinstance(entry, Finding) else None
    record: dict[str, Any] = {
        "message": sentence(entry),
        "location": _location(entry.span, report),
        "severity": _SEVERITIES[severity(entry)],
        "code": {"value": code(entry), "url": url(finding.code)} if finding else {"value": code(entry)},
    }
    if finding and finding.related:
        record["related_locations"] = [
            {"message": one.label, "location": _location(one.span, report)} for one in finding.related
        ]
    if finding and finding.fix and (suggestions := _suggestions(finding.fix, finding.span, report)):
        record["suggestions"] = suggestions
    return record


def _suggestions(fix: Fix, span: Span, report: Report) -> list[dict[str, Any]]:
    """A suggestion is one stretch: several edits become one that holds the text between them.

    None for a notebook, whose cells are text within JSON, and none for a fix that touches another file.
    """
    edits = sorted(fix.edits, key=lambda edit: (edit.span.row, edit.span.column))
    if not edits or any((edit.span.path, edit.span.cell) != (span.path, None) for edit in edits):
        return []
    text, at = "", (edits[0].span.row, edits[0].span.column)
    for edit in edits:
        text += _between(at, (edit.span.row, edit.span.column), span.path, report) + edit.content
        at = (edit.span.end_row, edit.span.end_column)
    first = edits[0].span
    whole = Span(span.path, first.row, first.column, *at)
    return [{"range": _range(whole, report), "text": text}]


def _between(start: tuple[int, int], end: tuple[int, int], path: str, report: Report) -> str:
    lines = [report.line(path, row, None) for row in range(start[0], end[0] + 1)]
    lines[-1] = lines[-1][: end[1] - 1]
    lines[0] = lines[0][start[1] - 1 :]
    return "\n".join(lines)


def _location(span: Span, report: Report) -> dict[str, Any]:
    return {"path": shown(span.path), "range": _range(span, report)}


def _range(span: Span, report: Report) -> dict[str, Any]:
    """Rows, and columns in bytes of UTF-8, from 1; the end is exclusive."""
    place = report.places.locate(span)

    def position(row: int, column: int) -> dict[str, int]:
        line = report.line(span.path, row, None) if span.cell is None else report.places.line(span.path, row)
        before = line[: column - 1]
        # Beyond the end of a line, and where the line cannot be read, a character counts one.
        rest = column - 1 - len(before)
        return {"line": row, "column": len(before.encode("utf-8", "surrogatepass")) + rest + 1}

    return {"start": position(place.row, place.column), "end": position(place.end_row, place.end_column)}
