"""SARIF: valid under its schema, and what consumers read of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from pydantic import ValidationError
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Schema

from rnnlint import __version__
from rnnlint.findings import Diagnostic, Verdict
from rnnlint.graph import Span
from rnnlint.output.report import Report
from tests.output import reports

VERDICTS = {
    "RNN101": Verdict("confirmed", "256 draws: 50.1 %", "3.15.1", "tensorflow"),
    "RNN201": Verdict("refuted", "cuDNN was chosen", "3.15.1", "tensorflow"),
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    monkeypatch.chdir(tmp_path)
    reports.write(tmp_path)
    return reports.report(tmp_path)


def run(report: Report) -> dict[str, Any]:
    """The run of a log that the schema accepts."""
    text = reports.text("sarif", report)
    Schema.model_validate_json(text)
    (found,) = json.loads(text)["runs"]
    assert isinstance(found, dict)
    return found


def result(report: Report, code: str, uri: str = "nb.ipynb") -> dict[str, Any]:
    (found,) = (one for one in run(report)["results"] if one["ruleId"] == code and unquote(place(one)[0]) == uri)
    assert isinstance(found, dict)
    return found


def place(one: dict[str, Any]) -> tuple[str, dict[str, int]]:
    physical = (one["locations"][0] if "locations" in one else one)["physicalLocation"]
    return physical["artifactLocation"]["uri"], physical["region"]


def covered(region: dict[str, int], path: Path) -> str:
    """The text of a region, in code points, as `columnKind` says."""
    lines = path.read_text(encoding="utf-8").split("\n")[region["startLine"] - 1 : region["endLine"]]
    lines[-1] = lines[-1][: region["endColumn"] - 1]
    lines[0] = lines[0][region["startColumn"] - 1 :]
    return "\n".join(lines)


def test_the_schema_refuses_what_is_wrong(project: Report) -> None:
    log = json.loads(reports.text("sarif", project))
    log["runs"][0]["results"][0]["levle"] = "error"
    with pytest.raises(ValidationError, match="levle"):
        Schema.model_validate(log)


def test_tool_and_rules(project: Report) -> None:
    found = run(project)
    driver = found["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("rnnlint", __version__)
    rules = driver["rules"]
    assert [rule["id"] for rule in rules] == ["RNN101", "RNN201"]
    assert rules[0]["name"] == "DroppedTimesteps"
    assert rules[0]["helpUri"].endswith("/rules/RNN101.md")
    assert "## Why is this bad?" in rules[0]["help"]["markdown"]
    for one in found["results"]:
        assert rules[one["ruleIndex"]]["id"] == one["ruleId"]


def test_links_of_a_page_are_absolute(project: Report) -> None:
    for rule in run(project)["tool"]["driver"]["rules"]:
        targets = rule["help"]["markdown"].split("](")[1:]
        assert all(target.startswith(("https://", "http://", "#")) for target in targets)


def test_places_are_those_of_the_files(project: Report, tmp_path: Path) -> None:
    found = run(project)
    assert found["columnKind"] == "unicodeCodePoints"
    assert found["originalUriBaseIds"] == {"SRCROOT": {"uri": tmp_path.as_uri() + "/"}}
    texts = []
    for one in found["results"]:
        uri, region = place(one)
        assert one["locations"][0]["physicalLocation"]["artifactLocation"]["uriBaseId"] == "SRCROOT"
        texts.append((unquote(uri), covered(region, tmp_path / unquote(uri))))
    assert texts == [
        ("nb.ipynb", "layers.Dropout(0.5)"),
        (reports.SCRIPT, "layers.Dropout(0.5)"),
        (reports.SCRIPT, "recurrent_dropout=0.2"),
    ]
    assert "%20" in found["results"][1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]


def test_a_notebook_keeps_its_cell(project: Report) -> None:
    cell = result(project, "RNN101")["locations"][0]["properties"]
    assert cell == {"cell": 3, "row": 2, "column": 5}


def test_the_way_through_the_model(project: Report, tmp_path: Path) -> None:
    one = result(project, "RNN101", reports.SCRIPT)
    (flow,) = one["codeFlows"]
    (thread,) = flow["threadFlows"]
    stations = [station["location"] for station in thread["locations"]]
    shown = [covered(place(station)[1], tmp_path / reports.SCRIPT) for station in stations]
    assert shown[0] == "layers.Dropout(0.5)"
    assert shown[1].startswith("layers.Activation")
    assert shown[-1].startswith("layers.LSTM(8, return_sequences=True)")
    assert stations[-1]["message"]["text"] == "LSTM steps along axis 1"
    assert [related["id"] for related in one["relatedLocations"]] == list(range(1, len(shown)))
    # An argument and its layer are no way.
    other = result(project, "RNN201", reports.SCRIPT)
    assert "codeFlows" not in other
    assert other["relatedLocations"]


def test_levels() -> None:
    found = run(reports.of_each_severity())
    assert [one["level"] for one in found["results"]] == ["error", "warning", "note"]
    rules = [found["tool"]["driver"]["rules"][one["ruleIndex"]] for one in found["results"]]
    assert [one["defaultConfiguration"]["level"] for one in rules] == ["error", "warning", "note"]
    assert [one["properties"]["problem.severity"] for one in rules] == ["error", "warning", "recommendation"]


def test_possible_is_said(project: Report) -> None:
    possible = replace(project, findings=[replace(one, confidence="possible") for one in project.findings])
    results = run(possible)["results"]
    assert {one["properties"]["confidence"] for one in results} == {"possible"}
    assert all(one["message"]["text"].startswith("[possible] ") for one in results)


def test_verdicts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    reports.write(tmp_path)
    report = reports.report(tmp_path, VERDICTS)
    confirmed = result(report, "RNN101")
    assert confirmed["properties"]["verdict"] == {
        "status": "confirmed",
        "evidence": "256 draws: 50.1 %",
        "keras": "3.15.1",
        "backend": "tensorflow",
    }
    assert "[confirmed: 256 draws: 50.1 %; Keras 3.15.1, tensorflow]" in confirmed["message"]["text"]
    refuted = result(report, "RNN201", reports.SCRIPT)
    assert (refuted["kind"], refuted["level"]) == ("pass", "none")


def test_fixes(project: Report) -> None:
    report = reports.fixed(project, "RNN101", {"Dropout": "SpatialDropout1D", '"é😀"': "None"})
    (fix,) = result(report, "RNN101", reports.SCRIPT)["fixes"]
    (change,) = fix["artifactChanges"]
    replaced = [(one["deletedRegion"]["startColumn"], one["insertedContent"]["text"]) for one in change["replacements"]]
    row = reports.MODEL.split("\n")[4]
    assert replaced == [(row.index("Dropout") + 1, "SpatialDropout1D"), (row.index('"é') + 1, "None")]
    assert fix["properties"] == {"applicability": "unsafe"}
    assert "fixes" not in result(report, "RNN101")


def test_what_could_not_be_read_is_a_notification(project: Report) -> None:
    (invocation,) = run(project)["invocations"]
    (one,) = invocation["toolExecutionNotifications"]
    assert (one["descriptor"], one["level"]) == ({"id": "invalid-syntax"}, "error")
    assert place(one)[0] == "broken.py"
    assert invocation["executionSuccessful"] is True
    crash = Diagnostic("internal-error", "rule RNN101 failed", Span("a.py", 1, 1, 1, 2))
    (invocation,) = run(replace(project, diagnostics=[crash]))["invocations"]
    assert invocation["executionSuccessful"] is False


def test_fingerprints_outlive_moved_lines(project: Report, tmp_path: Path) -> None:
    def marks(report: Report) -> list[str]:
        return [one["partialFingerprints"]["layerCall/v1"] for one in run(report)["results"]]

    before = marks(project)
    assert len(set(before)) == len(before)
    script = tmp_path / reports.SCRIPT
    script.write_text("# moved\n\n" + reports.MODEL.replace("0.5", "\n    0.50  # half\n"), encoding="utf-8")
    assert marks(reports.report(tmp_path)) == before


def test_a_file_outside_the_project(project: Report, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    report = replace(project, root=str(tmp_path / "inner"))
    uri, _ = place(run(report)["results"][0])
    assert uri == (tmp_path / "nb.ipynb").as_uri()


def test_nothing_found(tmp_path: Path) -> None:
    found = run(Report((), (), lambda *_: "", root=str(tmp_path)))
    assert (found["results"], found["tool"]["driver"]["rules"]) == ([], [])
