"""GitLab's Code Quality report: what its documentation demands of each issue."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rnnlint.findings import Diagnostic
from rnnlint.graph import Span
from rnnlint.output.report import Report
from tests.output import reports

SEVERITIES = {"info", "minor", "major", "critical", "blocker"}


def issues(report: Report) -> list[dict[str, Any]]:
    """The issues, each of the form that GitLab reads."""
    found = json.loads(reports.text("gitlab", report))
    assert isinstance(found, list)
    for issue in found:
        assert set(issue) == {
            "type", "check_name", "description", "categories", "severity", "fingerprint", "location",
        }  # fmt: skip
        assert issue["type"] == "issue"
        assert issue["severity"] in SEVERITIES
        assert re.fullmatch(r"[0-9a-f]{32}", issue["fingerprint"])
        assert issue["description"]
        location = issue["location"]
        assert set(location) == {"path", "positions"}
        assert not location["path"].startswith(("./", "/"))
        begin, end = location["positions"]["begin"], location["positions"]["end"]
        assert set(begin) == set(end) == {"line", "column"}
        assert (1, 1) <= (begin["line"], begin["column"]) <= (end["line"], end["column"])
    prints = [issue["fingerprint"] for issue in found]
    assert len(set(prints)) == len(prints), "GitLab shows one of those with equal fingerprints"
    return found


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    monkeypatch.chdir(tmp_path)
    reports.write(tmp_path)
    return reports.report(tmp_path)


def test_project(project: Report, tmp_path: Path) -> None:
    found = issues(project)
    assert [(one["check_name"], one["severity"], one["location"]["path"]) for one in found] == [
        ("invalid-syntax", "critical", "broken.py"),
        ("RNN101 dropped-timesteps", "minor", "nb.ipynb"),
        ("RNN101 dropped-timesteps", "minor", reports.SCRIPT),
        ("RNN201 recurrent-dropout-disables-cudnn", "minor", reports.SCRIPT),
    ]
    assert found[1]["description"].startswith("RNN101: Dropout(0.5) zeroes whole timesteps")
    row = found[1]["location"]["positions"]["begin"]["line"]
    assert "layers.Dropout(0.5)" in (tmp_path / "nb.ipynb").read_text(encoding="utf-8").split("\n")[row - 1]


def test_fingerprints_are_unique_and_outlive_moved_lines(project: Report, tmp_path: Path) -> None:
    before = {one["fingerprint"] for one in issues(project)}
    script = tmp_path / reports.SCRIPT
    script.write_text("\n\n" + reports.MODEL, encoding="utf-8")
    assert {one["fingerprint"] for one in issues(reports.report(tmp_path))} == before
    # The same model twice: equal calls, told apart by their order.
    script.write_text(reports.MODEL + reports.MODEL, encoding="utf-8")
    twice = {one["fingerprint"] for one in issues(reports.report(tmp_path))}
    assert before < twice
    assert len(twice) == len(before) + 2


def test_diagnostics_at_one_place_differ(project: Report) -> None:
    one = Diagnostic("internal-error", "failed", Span("a.py", 1, 1, 1, 2))
    assert len(issues(replace(project, diagnostics=[one, one]))) == 5


def test_possible_is_said(project: Report) -> None:
    report = replace(project, findings=[replace(one, confidence="possible") for one in project.findings])
    assert all(f"{one.code}: [possible] " in str(issues(report)) for one in report.findings)


def test_severities() -> None:
    assert [one["severity"] for one in issues(reports.of_each_severity())] == ["major", "minor", "info"]


def test_nothing_found() -> None:
    assert json.loads(reports.text("gitlab", Report((), (), lambda *_: ""))) == []
