"""Baselines: what is known stays silent wherever it moves, what is new is reported, what is gone is counted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rnnlint.cli.program import cli
from rnnlint.findings import Finding
from rnnlint.graph import Span
from rnnlint.suppression.baseline import Baseline, BaselineError, Comparison, load, write
from tests.output.reports import notebook

RULES = frozenset({"RNN101", "RNN201"})
JUDGED = {"a.py": RULES, "b.py": RULES}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("", encoding="utf-8")
    return tmp_path


def finding(row: int, path: str = "a.py", code: str = "RNN101", cell: int | None = None) -> Finding:
    return Finding(code, "x", "m", Span(path, row, 1, row, 50, cell))


def line(path: str, row: int, cell: int | None) -> str:
    """Dropout in rows from 1, LSTM in those from 100."""
    return "Dropout(0.5)" if row < 100 else "LSTM(8)"


def compare(
    counts: Mapping[tuple[str, str, str], int],
    *findings: Finding,
    judged: Mapping[str, frozenset[str]] = JUDGED,
    silent: tuple[Finding, ...] = (),
) -> Comparison:
    return Baseline("known.json", counts).compare(findings, line, judged, silent)


ONE = {("a.py", "RNN101", "Dropout(0.5)"): 1}


def test_moved_lines_are_known() -> None:
    compared = compare(ONE, finding(7))
    assert (compared.new, compared.known, compared.stale) == ((), (finding(7),), 0)
    assert compared.counts == ONE


@pytest.mark.parametrize("other", [finding(1, "b.py"), finding(1, code="RNN201"), finding(100)])
def test_other_findings_are_new(other: Finding) -> None:
    """In another file (or the same one renamed), of another rule, at another call."""
    compared = compare(ONE, other)
    assert (compared.new, compared.known, compared.stale) == ((other,), (), 1)
    assert len(compared.counts) == 1
    assert ("a.py", "RNN101", "Dropout(0.5)") not in compared.counts


def test_a_second_equal_call_is_new() -> None:
    compared = compare(ONE, finding(1), finding(2))
    assert (compared.known, compared.new, compared.stale) == ((finding(1),), (finding(2),), 0)
    assert set(compared.counts.values()) == {2}


def test_entries_that_nothing_matches() -> None:
    compared = compare({**ONE, ("a.py", "RNN101", "Dropout(0.5)"): 3, ("b.py", "RNN201", "LSTM(8)"): 1}, finding(4))
    assert (len(compared.known), compared.stale) == (1, 3)
    assert compared.counts == ONE


def test_what_was_not_judged_is_left_alone() -> None:
    """A file that this run did not lint, or could not read, and a rule that was off."""
    for judged in ({}, {"b.py": RULES}, {"a.py": frozenset({"RNN201"})}):
        compared = compare(ONE, judged=judged)
        assert (compared.stale, compared.counts) == (0, ONE)


def test_a_file_that_is_gone_is_stale_even_if_not_judged(folder: Path) -> None:
    (folder / "a.py").unlink()
    compared = compare(ONE, judged={})
    assert (compared.stale, dict(compared.counts)) == (1, {})


def test_silent_findings_keep_their_entries() -> None:
    compared = compare(ONE, silent=(finding(3),))
    assert (compared.new, compared.known, compared.stale, compared.counts) == ((), (), 0, ONE)
    # They make none, and take none from what is reported.
    compared = compare({}, silent=(finding(3),))
    assert dict(compared.counts) == {}
    compared = compare(ONE, finding(3), silent=(finding(1),))
    assert (compared.new, len(compared.known)) == ((), 1)


def test_file_is_sorted_and_reads_back(folder: Path) -> None:
    counts = {
        ("b.py", "RNN101", "LSTM('é')"): 2,
        ("a.py", "RNN201", "x"): 1,
        ("a.py", "RNN101", "z"): 1,
        ("a.py", "RNN101", "a"): 1,
    }
    write("sub/known.json", counts)
    text = (folder / "sub" / "known.json").read_text(encoding="utf-8")
    write("sub/known.json", dict(reversed(counts.items())))
    assert (folder / "sub" / "known.json").read_text(encoding="utf-8") == text
    assert json.loads(text) == {
        "version": 1,
        "findings": {"a.py": {"RNN101": {"a": 1, "z": 1}, "RNN201": {"x": 1}}, "b.py": {"RNN101": {"LSTM('é')": 2}}},
    }
    assert "        \"LSTM('é')\": 2\n" in text, "one line for each call, in plain characters"
    assert load("sub/known.json") == Baseline("sub/known.json", counts)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "line 1, column 1: Expecting value"),
        ('{"version": 1,\n<<<<<<< HEAD\n', "line 2, column 1: "),
        ("[]", "it has no findings"),
        ('{"version": 1}', "it has no findings"),
        ('{"findings": {}}', "its version is not 1"),
        ('{"version": "1", "findings": {}}', "its version is not 1"),
        ('{"version": 1, "findings": {"a.py": []}}', "a.py: an object is expected"),
        ('{"version": 1, "findings": {"a.py": {"RNN101": 1}}}', "a.py, RNN101: an object is expected"),
        ('{"version": 1, "findings": {"a.py": {"RNN101": {"x": 0}}}}', "the count of 'x' in a.py is not a number"),
        ('{"version": 1, "findings": {"a.py": {"RNN101": {"x": true}}}}', "the count of 'x' in a.py is not a number"),
        ("[" * 100_000, ""),
    ],
)
def test_malformed(folder: Path, text: str, reason: str) -> None:
    (folder / "known.json").write_text(text, encoding="utf-8")
    with pytest.raises(BaselineError) as error:
        load("known.json", must=False)
    message = str(error.value)
    assert message.startswith(f"known.json is not a baseline of rnnlint: {reason}")
    assert message.endswith("; restore it, or delete it and write a new one with --write-baseline")


def test_unreadable(folder: Path) -> None:
    with pytest.raises(BaselineError, match=r"known\.json does not exist; write it with --write-baseline"):
        load("known.json")
    assert load("known.json", must=False).counts == {}
    with pytest.raises(BaselineError, match="cannot be read: Is a directory"):
        load(str(folder))
    (folder / "known.json").write_bytes(b'{"\xff"')
    with pytest.raises(BaselineError, match="byte 2 is not UTF-8"):
        load("known.json")
    (folder / "known.json").write_text('{"version": 2, "findings": {}}', encoding="utf-8")
    with pytest.raises(BaselineError, match="is of version 2, which this rnnlint does not know; upgrade rnnlint"):
        load("known.json")


# ---------------------------------------------------------------------------------------------------------------------
# Through the command

BAD = """\
import keras
from keras import layers

model = keras.Sequential([keras.Input((20, 1)), layers.Dropout(0.5), layers.LSTM(8)])
"""
SECOND = "\nother = keras.Sequential([keras.Input((20, 1)), layers.Dropout(.5), layers.LSTM(8)])\n"


def check(*args: str, status: int = 0) -> Result:
    result = CliRunner().invoke(cli, ["check", "--isolated", "--output-format", "concise", *args])
    assert result.exit_code == status, result.output
    return result


@pytest.fixture
def project(folder: Path) -> Path:
    (folder / "a.py").write_text(BAD, encoding="utf-8")
    notebook(folder / "n.ipynb", BAD.split("\n\n"))
    assert check("--baseline", "known.json", "--write-baseline").stdout == (
        "All checks passed!\nWrote 2 findings to known.json.\n"
    )
    return folder


KNOWN = "All checks passed!\n2 findings known to known.json.\n"


def test_a_written_baseline_silences(project: Path) -> None:
    assert check("--baseline", "known.json").stdout == KNOWN
    counts = {"layers.Dropout(0.5)": 1}
    assert json.loads((project / "known.json").read_text(encoding="utf-8")) == {
        "version": 1,
        "findings": {"a.py": {"RNN101": counts}, "n.ipynb": {"RNN101": counts}},
    }
    before = (project / "known.json").read_bytes()
    check("--baseline", "known.json", "--write-baseline")
    assert (project / "known.json").read_bytes() == before


def test_moved_and_formatted_code_is_known(project: Path) -> None:
    moved = BAD.replace("layers.Dropout(0.5), ", "\n    layers.Dropout(\n        .5,  # half\n    ),\n")
    (project / "a.py").write_text(f"# a comment\n\n{moved}", encoding="utf-8")
    notebook(project / "n.ipynb", ["import os", *BAD.split("\n\n")])
    assert check("--baseline", "known.json").stdout == KNOWN


def test_new_findings_fail(project: Path) -> None:
    (project / "a.py").write_text(BAD + SECOND, encoding="utf-8")
    result = check("--baseline", "known.json", status=1)
    assert result.stdout.startswith("a.py:6:49: RNN101 ")
    assert result.stdout.endswith("Found 1 finding.\n2 findings known to known.json.\n")


def test_a_renamed_file_fails(project: Path) -> None:
    (project / "a.py").rename(project / "c.py")
    result = check("--baseline", "known.json", status=1)
    assert result.stdout.startswith("c.py:4:49: RNN101 ")
    assert "1 entry without a finding in known.json; --write-baseline drops what is gone." in result.stdout


def test_mended_findings_are_counted_and_dropped(project: Path) -> None:
    (project / "a.py").write_text("x = 1\n", encoding="utf-8")
    result = check("--baseline", "known.json")
    assert "1 entry without a finding in known.json; --write-baseline drops what is gone.\n" in result.stdout
    result = check("--baseline", "known.json", "--write-baseline")
    assert "Wrote 1 finding to known.json, dropped 1 entry without a finding.\n" in result.stdout
    assert "a.py" not in (project / "known.json").read_text(encoding="utf-8")


def test_a_run_over_some_files_keeps_the_entries_of_others(project: Path) -> None:
    before = (project / "known.json").read_bytes()
    check("--baseline", "known.json", "--write-baseline", "a.py")
    assert (project / "known.json").read_bytes() == before
    # Nor does one that could not read the file, or did not ask for the rule.
    (project / "a.py").write_text("from keras.layers import LSTM\nx = (\n", encoding="utf-8")
    check("--baseline", "known.json", "--write-baseline", status=1)
    check("--baseline", "known.json", "--write-baseline", "--select", "RNN2", status=1)
    assert (project / "known.json").read_bytes() == before


def test_from_another_folder(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "sub").mkdir()
    monkeypatch.chdir(project / "sub")
    assert "2 findings known to " in check("--baseline", "../known.json", "..").stdout


def test_in_the_configuration(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.rnnlint]\nbaseline = "known.json"\n', encoding="utf-8")
    result = CliRunner().invoke(cli, ["check"])
    assert (result.exit_code, result.stdout) == (0, KNOWN)
    (project / "a.py").write_text("x = 1\n", encoding="utf-8")
    result = CliRunner().invoke(cli, ["check", "--write-baseline"])
    assert "Wrote 1 finding to known.json" in result.stdout


def test_wrong_use(folder: Path) -> None:
    assert "--write-baseline needs --baseline FILE" in check("--write-baseline", status=2).stderr
    result = check("--baseline", "none.json", status=2)
    assert result.stderr == "error: the baseline none.json does not exist; write it with --write-baseline\n"
    (folder / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    result = check("--baseline", "pyproject.toml", "--write-baseline", status=2)
    assert "error: pyproject.toml is not a baseline of rnnlint" in result.stderr
    assert (folder / "pyproject.toml").read_text(encoding="utf-8") == "[project]\n"
