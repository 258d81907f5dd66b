"""reviewdog's format: the structure of its protobuf definition, and suggestions applied as reviewdog applies them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rnnlint.findings import Edit, Finding, Fix
from rnnlint.graph import Span
from rnnlint.output.report import Report
from tests.output import reports

# message -> field -> (type, whether it is required): a type is a Python type, a message, or a list with one of them.
MESSAGES: dict[str, dict[str, tuple[Any, bool]]] = {
    "DiagnosticResult": {
        "diagnostics": (["Diagnostic"], True),
        "source": ("Source", False),
        "severity": ("Severity", False),
    },
    "Diagnostic": {
        "message": (str, True),
        "location": ("Location", True),
        "severity": ("Severity", False),
        "source": ("Source", False),
        "code": ("Code", False),
        "suggestions": (["Suggestion"], False),
        "original_output": (str, False),
        "related_locations": (["RelatedLocation"], False),
    },
    "Location": {"path": (str, True), "range": ("Range", False)},
    "RelatedLocation": {"message": (str, False), "location": ("Location", True)},
    "Range": {"start": ("Position", True), "end": ("Position", False)},
    "Position": {"line": (int, True), "column": (int, False)},
    "Suggestion": {"range": ("Range", True), "text": (str, True)},
    "Source": {"name": (str, True), "url": (str, False)},
    "Code": {"value": (str, True), "url": (str, False)},
}
SEVERITIES = ("UNKNOWN_SEVERITY", "ERROR", "WARNING", "INFO")


def conform(value: Any, kind: Any, where: str) -> None:
    """Assert that a value is of a type, all the way down."""
    if kind == "Severity":
        assert value in SEVERITIES, where
    elif isinstance(kind, list):
        assert isinstance(value, list), where
        for number, one in enumerate(value):
            conform(one, kind[0], f"{where}[{number}]")
    elif isinstance(kind, str):
        fields = MESSAGES[kind]
        assert isinstance(value, dict), where
        assert set(value) <= set(fields), where
        assert {name for name, (_, required) in fields.items() if required} <= set(value), where
        for name, one in value.items():
            conform(one, fields[name][0], f"{where}.{name}")
    else:
        assert type(value) is kind, where
        assert kind is not int or value >= 1, where


def diagnostics(report: Report) -> list[dict[str, Any]]:
    result = json.loads(reports.text("rdjson", report))
    conform(result, "DiagnosticResult", "")
    found = result["diagnostics"]
    assert isinstance(found, list)
    return found


def offset(data: bytes, position: dict[str, int]) -> int:
    """Lines and bytes of UTF-8 from 1."""
    lines = data.split(b"\n")
    return sum(len(line) + 1 for line in lines[: position["line"] - 1]) + position["column"] - 1


def cut(data: bytes, stretch: dict[str, dict[str, int]]) -> tuple[bytes, bytes, bytes]:
    start, end = offset(data, stretch["start"]), offset(data, stretch["end"])
    return data[:start], data[start:end], data[end:]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    monkeypatch.chdir(tmp_path)
    reports.write(tmp_path)
    return reports.report(tmp_path)


def test_project(project: Report, tmp_path: Path) -> None:
    found = diagnostics(project)
    assert [(one["code"]["value"], one["location"]["path"], one["severity"]) for one in found] == [
        ("invalid-syntax", "broken.py", "ERROR"),
        ("RNN101", "nb.ipynb", "WARNING"),
        ("RNN101", reports.SCRIPT, "WARNING"),
        ("RNN201", reports.SCRIPT, "WARNING"),
    ]
    assert found[1]["code"]["url"].endswith("rules/RNN101.md")
    for one, text in zip(found[1:], [b"layers.Dropout(0.5)"] * 2 + [b"recurrent_dropout=0.2"], strict=True):
        data = (tmp_path / one["location"]["path"]).read_bytes()
        assert cut(data, one["location"]["range"])[1] == text


def test_columns_count_bytes(project: Report, tmp_path: Path) -> None:
    data = (tmp_path / reports.SCRIPT).read_bytes()
    related = diagnostics(project)[2]["related_locations"]
    assert [cut(data, one["location"]["range"])[1] for one in related] == [
        b'layers.Activation("relu")(x)',
        b"layers.LSTM(8, return_sequences=True)",
    ]


def test_several_edits_are_one_suggestion(project: Report, tmp_path: Path) -> None:
    edits = {"0.5": "0.25", "Dropout": "SpatialDropout1D", '"é😀"': '"ü"'}
    one = diagnostics(reports.fixed(project, "RNN101", edits))[2]
    (suggestion,) = one["suggestions"]
    before, _, after = cut((tmp_path / reports.SCRIPT).read_bytes(), suggestion["range"])
    wanted = reports.MODEL
    for old, new in edits.items():
        wanted = wanted.replace(old, new)
    assert (before + suggestion["text"].encode() + after).decode() == wanted


def test_edits_on_several_lines() -> None:
    lines = ["é = [", "    a,", "    b,", "]"]
    edits = (
        Edit(Span("a.py", 3, 5, 3, 6), "c"),
        Edit(Span("a.py", 1, 1, 1, 2), "x"),
        Edit(Span("a.py", 4, 2, 4, 2), ";"),
    )
    one = Finding("RNN101", "x", "m", Span("a.py", 1, 1, 4, 2), fix=Fix("f", "safe", edits))
    report = Report([one], (), lambda path, row, cell: lines[row - 1])
    (suggestion,) = diagnostics(report)[0]["suggestions"]
    before, _, after = cut("\n".join(lines).encode(), suggestion["range"])
    assert (before + suggestion["text"].encode() + after).decode() == "x = [\n    a,\n    c,\n];"


def test_no_suggestion_within_the_json_of_a_notebook(project: Report) -> None:
    found = diagnostics(reports.fixed(project, "RNN101", {"0.5": "0.25"}))
    assert [("suggestions" in one) for one in found if one["code"]["value"] == "RNN101"] == [False, True]


def test_possible_is_said(project: Report) -> None:
    report = replace(project, findings=[replace(one, confidence="possible") for one in project.findings])
    assert all(one["message"].startswith("[possible] ") for one in diagnostics(report)[1:])


def test_severities() -> None:
    assert [one["severity"] for one in diagnostics(reports.of_each_severity())] == ["ERROR", "WARNING", "INFO"]


def test_nothing_found() -> None:
    assert diagnostics(Report((), (), lambda *_: "")) == []
