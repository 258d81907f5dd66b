"""JUnit's XML, under the schema that a package ships, and read back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from rnnlint.findings import Finding, Verdict
from rnnlint.graph import Span
from rnnlint.output.report import Report
from tests.output import reports

# The schema's package needs Python 3.11.
etree = pytest.importorskip("lxml.etree")
SCHEMA = pytest.importorskip("ub_test_reports") and etree.XMLSchema(
    etree.fromstring((files("ub_test_reports") / "schemas" / "JUnit.xsd").read_bytes())
)
WHEN = datetime(2026, 11, 23, 16, 5, 9, 123, tzinfo=timezone.utc)


def suites(report: Report) -> list[ET.Element]:
    """The suites of a valid document."""
    text = reports.text("junit", report)
    SCHEMA.assertValid(etree.fromstring(text.encode()))
    root = ET.fromstring(text)
    for suite in root:
        for kind in ("failure", "error"):
            assert suite.get(f"{kind}s" if kind == "error" else "failures") == str(len(suite.findall(f".//{kind}")))
        assert suite.get("tests") == str(len(suite.findall("testcase")))
    return list(root)


def test_the_schema_refuses_what_is_wrong(tmp_path: Path) -> None:
    text = reports.text("junit", Report((), (), lambda *_: ""))
    assert not SCHEMA.validate(etree.fromstring(text.replace(' hostname="localhost"', "").encode()))
    assert not SCHEMA.validate(etree.fromstring(text.replace("testcase", "testcaes").encode()))


def test_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    reports.write(tmp_path)
    verdict = Verdict("refuted", "cuDNN was chosen", "3.15.1", "tensorflow")
    report = reports.report(tmp_path, {"RNN201": verdict})
    broken, notebook, script = suites(replace(report, started=WHEN))
    assert [one.get("name") for one in (broken, notebook, script)] == ["broken.py", "nb.ipynb", reports.SCRIPT]
    assert notebook.get("timestamp") == "2026-11-23T16:05:09"
    assert [one.get("id") for one in (broken, notebook, script)] == ["0", "1", "2"]
    (error,) = broken.findall("testcase/error")
    assert error.get("type") == "invalid-syntax"
    (failure,) = notebook.findall("testcase/failure")
    assert failure.get("type") == "RNN101"
    assert (failure.get("message") or "").startswith("Dropout(0.5) zeroes whole timesteps")
    physical = (tmp_path / "nb.ipynb").read_text(encoding="utf-8").split("\n")
    row = next(number for number, line in enumerate(physical, start=1) if "layers.Dropout" in line)
    assert (failure.text or "").startswith(f"nb.ipynb:{row}:")
    # What real Keras contradicts is a test that passes.
    assert [(case.get("name"), len(case)) for case in script.findall("testcase")] == [
        ("5:5 RNN101 dropped-timesteps", 1),
        ("8:8 RNN201 recurrent-dropout-disables-cudnn", 0),
    ]


def test_characters_that_xml_cannot_hold() -> None:
    message = 'a\x00\x1b[31m <b> & "q" \ud800 \ufffe \x85 é 😀\tb'
    one = Finding("RNN101", "dropped-timesteps", message, Span("a\x01<&>\n\udce9.py", 1, 1, 1, 2))
    (suite,) = suites(Report([one], (), lambda *_: ""))
    assert suite.get("name") == "a\u2401<&>\u240a\ufffd.py"
    (failure,) = suite.findall("testcase/failure")
    assert failure.get("message") == 'a\u2400\u241b[31m <b> & "q" \ufffd \ufffd é 😀 b'


def test_nothing_found_is_a_test_that_passes() -> None:
    (suite,) = suites(Report((), (), lambda *_: ""))
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("1", "0", "0")


def test_severities_are_said() -> None:
    (suite,) = suites(reports.of_each_severity())
    texts = [failure.text or "" for failure in suite.findall("testcase/failure")]
    assert [text.split(": ")[1] for text in texts] == ["error", "warning", "advice"]
