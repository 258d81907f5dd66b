"""A JSON array with ruff's keys, and `confidence`, `related` and `verdict` on top; refuted findings are among them.

The keys are an interface of their own: they stay when the internal types change.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rnnlint.findings import Finding
from rnnlint.output import code, severity, shown
from rnnlint.output.rulebook import url

if TYPE_CHECKING:
    from rnnlint.findings import Fix
    from rnnlint.graph import Span
    from rnnlint.output import Entry
    from rnnlint.output.report import Report


def render(report: Report) -> Iterator[str]:
    """The array."""
    from json import dumps

    yield dumps([record(entry) for entry in report.everything], indent=2, ensure_ascii=False) + "\n"


def record(entry: Entry) -> dict[str, Any]:
    """One entry. Rows and columns count from 1, `cell` from 1 over all cells; the end is exclusive."""
    finding = entry if isinstance(entry, Finding) else None
    verdict = finding.verdict if finding else None
    return {
        "code": code(entry),
        "name": finding.name if finding else code(entry),
        "message": entry.message,
        **_place(entry.span),
        "fix": _fix(finding.fix) if finding and finding.fix else None,
        "noqa_row": entry.span.row if finding else None,
        "severity": severity(entry),
        "url": url(finding.code) if finding else None,
        "confidence": finding.confidence if finding else None,
        "related": [{"message": one.label, **_place(one.span)} for one in finding.related] if finding else [],
        "verdict": {
            "status": verdict.status,
            "evidence": verdict.evidence,
            "keras": verdict.keras or None,
            "backend": verdict.backend or None,
        }
        if verdict
        else None,
    }


def _place(span: Span) -> dict[str, Any]:
    return {"filename": shown(span.path), "cell": span.cell, **_location(span)}


def _location(span: Span) -> dict[str, Any]:
    return {
        "location": {"row": span.row, "column": span.column},
        "end_location": {"row": span.end_row, "column": span.end_column},
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "applicability": fix.applicability,
        "message": fix.message,
        "edits": [{"content": edit.content, **_location(edit.span)} for edit in fix.edits],
    }
