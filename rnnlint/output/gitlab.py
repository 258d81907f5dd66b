"""GitLab's Code Quality report: Code Climate's issues, as far as GitLab reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from rnnlint.findings import Finding
from rnnlint.output import code, sentence, severity

if TYPE_CHECKING:
    from rnnlint.output import Entry
    from rnnlint.output.report import Report

_SEVERITIES = {"error": "major", "warning": "minor", "advice": "info"}


def render(report: Report) -> Iterator[str]:
    """The array. GitLab drops all but one of the issues with equal fingerprints: ours differ."""
    from json import dumps

    seen: Counter[str] = Counter()
    yield dumps([_issue(entry, report, seen) for entry in report.entries], indent=2, ensure_ascii=False) + "\n"


def _issue(entry: Entry, report: Report, seen: Counter[str]) -> dict[str, Any]:
    place = report.places.locate(entry.span)
    path = report.project_path(place.path)
    if isinstance(entry, Finding):
        fingerprint = report.fingerprints[entry.code, entry.span].digest
        name = f"{entry.code} {entry.name}"
    else:
        same = f"{path}\0{entry.kind}\0{entry.message}"
        fingerprint = sha256(f"{same}\0{seen[same]}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
        seen[same] += 1
        name = entry.kind
    begin = {"line": place.row, "column": place.column}
    return {
        "type": "issue",
        "check_name": name,
        "description": f"{code(entry)}: {sentence(entry)}",
        "categories": ["Bug Risk"],
        "severity": _SEVERITIES[severity(entry)] if isinstance(entry, Finding) else "critical",
        "fingerprint": fingerprint,
        "location": {
            "path": path,
            "positions": {"begin": begin, "end": {"line": place.end_row, "column": place.end_column}},
        },
    }
