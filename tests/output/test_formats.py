"""`concise`, `json` and `json-lines`, and what all formats share."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

import click
import pytest

from rnnlint.findings import Diagnostic, Edit, Finding, Fix, Related, Verdict
from rnnlint.graph import Span
from rnnlint.output import shown
from rnnlint.output.report import Report, render
from rnnlint.settings.choices import FORMATS

PLACE = Span("b.py", 3, 5, 4, 9, None, (3, 4))
FULL = Finding(
    "RNN102",
    "missing-noise-shape",
    "a message",
    PLACE,
    "possible",
    "label",
    (Related(Span("n.ipynb", 1, 2, 1, 3, 7), "feeds"),),
    Fix("share the mask", "unsafe", (Edit(Span("b.py", 3, 9, 3, 9), "x"),)),
    Verdict("confirmed", "seen", "3.15.1", "tensorflow"),
)
CELL = Finding("RNN101", "dropped-timesteps", "日本 \x1b[31mred\nnext", Span("n.ipynb", 2, 9, 2, 12, 3))
WHEN = datetime(2026, 11, 23, tzinfo=timezone.utc)
UNREAD = Diagnostic("invalid-syntax", "unexpected EOF", Span("a.py", 3, 1, 3, 1))


def text(name: str, *entries: Finding | Diagnostic) -> str:
    findings = [one for one in entries if isinstance(one, Finding)]
    diagnostics = [one for one in entries if isinstance(one, Diagnostic)]
    return click.unstyle("".join(render(name, Report(findings, diagnostics, lambda *_: "", started=WHEN))))


def test_concise() -> None:
    assert text("concise", CELL, FULL, UNREAD).splitlines() == [
        "a.py:3:1: invalid-syntax: unexpected EOF",
        "b.py:3:5: RNN102 [possible] a message [confirmed: seen]",
        "n.ipynb:cell 3:2:9: RNN101 日本 \u241b[31mred next",
    ]


def test_json() -> None:
    unread, full, cell = json.loads(text("json", CELL, FULL, UNREAD))
    assert (unread["severity"], cell["severity"]) == ("error", "warning")
    assert full == {
        "code": "RNN102",
        "name": "missing-noise-shape",
        "message": "a message",
        "filename": "b.py",
        "cell": None,
        "location": {"row": 3, "column": 5},
        "end_location": {"row": 4, "column": 9},
        "fix": {
            "applicability": "unsafe",
            "message": "share the mask",
            "edits": [
                {"content": "x", "location": {"row": 3, "column": 9}, "end_location": {"row": 3, "column": 9}},
            ],
        },
        "noqa_row": 3,
        "severity": "advice",
        "url": "https://github.com/rnnlint/rnnlint/blob/main/rules/RNN102.md",
        "confidence": "possible",
        "related": [
            {
                "message": "feeds",
                "filename": "n.ipynb",
                "cell": 7,
                "location": {"row": 1, "column": 2},
                "end_location": {"row": 1, "column": 3},
            }
        ],
        "verdict": {"status": "confirmed", "evidence": "seen", "keras": "3.15.1", "backend": "tensorflow"},
    }
    assert (cell["cell"], cell["location"], cell["message"]) == (3, {"row": 2, "column": 9}, CELL.message)
    assert (cell["fix"], cell["related"], cell["verdict"]) == (None, [], None)
    assert (unread["code"], unread["name"]) == ("invalid-syntax", "invalid-syntax")
    assert (unread["noqa_row"], unread["url"], unread["confidence"]) == (None, None, None)
    assert set(unread) == set(full)


def test_json_lines_are_the_same_records() -> None:
    lines = text("json-lines", CELL, FULL, UNREAD).splitlines()
    assert [json.loads(line) for line in lines] == json.loads(text("json", CELL, FULL, UNREAD))


def test_nothing_found() -> None:
    nothing = {"full": "", "concise": "", "json": "[]\n", "json-lines": ""}
    assert {name: text(name) for name in nothing} == nothing


def test_order_does_not_depend_on_the_run() -> None:
    for name in FORMATS:
        assert text(name, CELL, FULL, UNREAD) == text(name, UNREAD, FULL, CELL)


def test_paths_are_relative_and_printable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path / "in")
    assert shown(str(tmp_path / "in" / "a.py")) == "a.py"
    assert shown("./x/../a.py") == "a.py"
    assert shown(str(tmp_path / "b.py")) == str(tmp_path / "b.py")
    assert shown("caf\udce9.py") == "caf\ufffd.py"
    broken = Finding("RNN101", "x", "m", Span("a\nb\udce9.py", 1, 1, 1, 2))
    assert text("concise", broken) == "a\u240ab\ufffd.py:1:1: RNN101 m\n"
    assert json.loads(text("json", broken))[0]["filename"] == "a\nb\ufffd.py"
