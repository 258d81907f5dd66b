"""SARIF 2.1.0, the exchange format for static analysis that GitHub, Azure DevOps and editors read.

Written with the standard library: the libraries there are describe the format, and none writes it in fewer lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from rnnlint.findings import Finding
from rnnlint.output import printable, sentence
from rnnlint.output.rulebook import page_elsewhere, url
from rnnlint.registry import rule

if TYPE_CHECKING:
    from rnnlint.findings import Diagnostic, Fix
    from rnnlint.graph import Span
    from rnnlint.output.report import Report
    from rnnlint.registry import Rule, Severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
HOME = "https://github.com/rnnlint/rnnlint"
BASE = "SRCROOT"
# Not GitHub's `primaryLocationLineHash`: its upload action computes that one itself and warns of any other value.
FINGERPRINT = "layerCall/v1"
_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "advice": "note"}
# What code scanning reads of a rule; "recommendation" is its lowest.
_PROBLEMS: dict[Severity, str] = {"error": "error", "warning": "warning", "advice": "recommendation"}


def render(report: Report) -> Iterator[str]:
    """The log, with one run."""
    from json import dumps

    findings = [entry for entry in report.everything if isinstance(entry, Finding)]
    codes = sorted({finding.code for finding in findings})
    run = {
        "tool": {
            "driver": {
                "name": "rnnlint",
                "version": report.version,
                "semanticVersion": report.version,
                "informationUri": HOME,
                "rules": [_rule(rule(code)) for code in codes],
            }
        },
        "invocations": [
            {
                "executionSuccessful": all(one.kind != "internal-error" for one in report.diagnostics),
                "toolExecutionNotifications": [_notification(one, report) for one in report.diagnostics],
            }
        ],
        "originalUriBaseIds": {BASE: {"uri": Path(report.root).absolute().as_uri().rstrip("/") + "/"}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes.index(finding.code), report) for finding in findings],
    }
    yield dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    try:
        text = page_elsewhere(rule.code)
    except FileNotFoundError:
        text = rule.summary
    return {
        "id": rule.code,
        # Names of rules are PascalCase in SARIF.
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "helpUri": url(rule.code),
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"enabled": rule.default, "level": _LEVELS[rule.severity]},
        "properties": {
            "tags": ["keras", "dropout", "correctness"],
            "precision": "high",
            "problem.severity": _PROBLEMS[rule.severity],
        },
    }


def _result(finding: Finding, index: int, report: Report) -> dict[str, Any]:
    verdict = finding.verdict
    refuted = verdict is not None and verdict.status == "refuted"
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "kind": "pass" if refuted else "fail",
        "level": "none" if refuted else _LEVELS[finding.severity],
        "message": {"text": sentence(finding)},
        "locations": [_location(finding.span, report, finding.label)],
        "partialFingerprints": {FINGERPRINT: report.fingerprints[finding.code, finding.span].digest},
        "properties": {"confidence": finding.confidence},
    }
    related = [_location(one.span, report, one.label) for one in finding.related]
    if related:
        result["relatedLocations"] = [{"id": number, **one} for number, one in enumerate(related, start=1)]
    if related and finding.rule.flow:
        way = [result["locations"][0], *related]
        result["codeFlows"] = [{"threadFlows": [{"locations": [{"location": one} for one in way]}]}]
    if finding.fix and finding.span.cell is None:
        # Not for notebooks, where a cell's text is written as strings of JSON.
        result["fixes"] = [_fix(finding.fix, report)]
    if verdict:
        result["properties"]["verdict"] = {
            "status": verdict.status,
            "evidence": printable(verdict.evidence),
            "keras": verdict.keras or None,
            "backend": verdict.backend or None,
        }
    return result


def _fix(fix: Fix, report: Report) -> dict[str, Any]:
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        replacement = {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.content}}
        changes.setdefault(edit.span.path, []).append(replacement)
    return {
        "description": {"text": fix.message},
        "artifactChanges": [
            {"artifactLocation": _artifact(path, report), "replacements": replacements}
            for path, replacements in changes.items()
        ],
        "properties": {"applicability": fix.applicability},
    }


def _notification(diagnostic: Diagnostic, report: Report) -> dict[str, Any]:
    return {
        "descriptor": {"id": diagnostic.kind},
        "level": "error",
        "message": {"text": sentence(diagnostic)},
        "locations": [_location(diagnostic.span, report)],
    }


def _location(span: Span, report: Report, label: str = "") -> dict[str, Any]:
    place = report.places.locate(span)
    physical = {"artifactLocation": _artifact(span.path, report), "region": _region(place)}
    location: dict[str, Any] = {"physicalLocation": physical}
    if label:
        location["message"] = {"text": label}
    if span.cell is not None:
        location["properties"] = {"cell": span.cell, "row": span.row, "column": span.column}
    return location


def _artifact(path: str, report: Report) -> dict[str, str]:
    shown = report.project_path(path)
    if shown.startswith("/") or Path(shown).is_absolute():
        return {"uri": Path(shown).as_uri()}
    return {"uri": quote(shown), "uriBaseId": BASE}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.row,
        "startColumn": span.column,
        "endLine": span.end_row,
        "endColumn": span.end_column,
    }
