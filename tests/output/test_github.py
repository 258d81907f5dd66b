"""GitHub's workflow commands, read back as the runner reads them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from rnnlint.findings import Diagnostic, Finding, Verdict
from rnnlint.graph import Span
from rnnlint.output.report import Report
from tests.output import reports


def commands(report: Report) -> list[tuple[str, dict[str, str], str]]:
    """Command, properties and message of each line."""
    found = []
    for line in reports.text("github", report).splitlines():
        match = re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line)
        assert match, line
        properties = dict(one.split("=", 1) for one in match[2].split(","))
        found.append((match[1], {name: unescaped(value) for name, value in properties.items()}, unescaped(match[3])))
    return found


def unescaped(text: str) -> str:
    for escape, char in {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}.items():
        text = text.replace(escape, char)
    return text


def finding(span: Span, message: str = "message") -> Finding:
    return Finding("RNN101", "dropped-timesteps", message, span)


def made(*findings: Finding, diagnostics: tuple[Diagnostic, ...] = ()) -> Report:
    return Report(findings, diagnostics, lambda *_: "")


def test_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    reports.write(tmp_path)
    found = commands(reports.report(tmp_path))
    assert [(command, values["file"], values["title"]) for command, values, _ in found] == [
        ("error", "broken.py", "rnnlint (invalid-syntax)"),
        ("warning", "nb.ipynb", "rnnlint (RNN101)"),
        ("warning", reports.SCRIPT, "rnnlint (RNN101)"),
        ("warning", reports.SCRIPT, "rnnlint (RNN201)"),
    ]
    physical = (tmp_path / "nb.ipynb").read_text(encoding="utf-8").split("\n")
    values = found[1][1]
    row, column, end = int(values["line"]), int(values["col"]), int(values["endColumn"])
    assert physical[row - 1][column - 1 : end - 1] == "layers.Dropout(0.5)"
    assert found[1][2].startswith("nb.ipynb:cell 3:2:5: RNN101 Dropout(0.5) zeroes whole timesteps")


def test_escaping() -> None:
    span = Span("a,b:c%0A\n.py", 1, 1, 1, 4)
    ((_, values, message),) = commands(made(finding(span, "100 %, a::b\nnext \x1b[31m")))
    assert values["file"] == span.path
    assert message.endswith("RNN101 100 %, a::b next \u241b[31m")
    assert len(reports.text("github", made(finding(span))).splitlines()) == 1


def test_columns_only_for_a_single_line() -> None:
    ((_, one, _),) = commands(made(finding(Span("a.py", 3, 5, 3, 9))))
    assert (one["line"], one["endLine"], one["col"], one["endColumn"]) == ("3", "3", "5", "9")
    ((_, several, _),) = commands(made(finding(Span("a.py", 3, 5, 4, 2))))
    assert set(several) == {"title", "file", "line", "endLine"}
    assert several["endLine"] == "4"


def test_possible_and_the_verdict_are_said() -> None:
    one = replace(finding(Span("a.py", 3, 5, 3, 9)), confidence="possible")
    one = replace(one, verdict=Verdict("unverified", "no Keras", "", ""))
    ((command, _, message),) = commands(made(one))
    assert command == "warning"
    assert message == "a.py:3:5: RNN101 [possible] message [unverified: no Keras]"


def test_a_command_for_each_severity() -> None:
    assert [command for command, _, _ in commands(reports.of_each_severity())] == ["error", "warning", "notice"]


def test_paths_are_the_repositorys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The runner reads them from the checkout, wherever the command ran."""
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    for path in ("a.py", str(tmp_path / "sub" / "a.py")):
        report = replace(made(finding(Span(path, 1, 1, 1, 2))), root=str(tmp_path))
        assert commands(report)[0][1]["file"] == "sub/a.py"


def test_nothing_found() -> None:
    assert reports.text("github", made()) == ""
