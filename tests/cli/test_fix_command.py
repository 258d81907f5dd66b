"""`rnnlint check --fix` and its sisters, as users type them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rnnlint.cli.program import cli
from rnnlint.confirm.session import Session
from rnnlint.result import FileResult
from rnnlint.run import confirmed
from rnnlint.run import loop as runner
from rnnlint.settings.settings import Settings
from tests.confirm.confirming import LIMITS

BAD = """\
import keras
from keras import layers

model = keras.Sequential([
    keras.Input((100, 32)),
    layers.Dropout(0.3),  # on purpose?
    layers.Dropout(0.3, 42),
    layers.LSTM(64),
])
"""
SAFE = BAD.replace("0.3, 42", "0.3, seed=42")
UNSAFE = SAFE.replace("Dropout(", "SpatialDropout1D(")
OFFER = "[*] 1 fixable with `--fix` (1 unsafe fix available with `--fix --unsafe-fixes`)."


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [one for one in os.environ if one.startswith("RNNLINT_") or "COLOR" in one]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def bad(folder: Path) -> Path:
    path = folder / "bad.py"
    path.write_text(BAD, encoding="utf-8")
    return path


def check(*args: str, status: int, text: str | bytes | None = None) -> Result:
    result = CliRunner().invoke(cli, ("check", *args), input=text, prog_name="rnnlint")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == status, result.output
    return result


def test_what_can_be_fixed_is_marked_and_counted(bad: Path) -> None:
    lines = check("--output-format", "concise", status=1).stdout.splitlines()
    assert [line.split(" ")[1:3] for line in lines[:2]] == [["RNN102", "Dropout(0.3)"], ["RNN106", "[*]"]]
    assert lines[2:] == ["Found 2 findings.", OFFER]
    lines = check("--output-format", "concise", "--unsafe-fixes", status=1).stdout.splitlines()
    assert [line.split(" ")[2] for line in lines[:2]] == ["[*]", "[*]"]
    assert lines[-1] == "[*] 2 fixable with `--fix`."
    lines = check("--no-unsafe-fixes", status=1).stdout.splitlines()
    assert lines[-1] == "[*] 1 fixable with `--fix`."
    lines = check("--select", "RNN102", status=1).stdout.splitlines()
    assert lines[-1] == "1 unsafe fix available with `--fix --unsafe-fixes`."
    assert bad.read_text(encoding="utf-8") == BAD


def test_full_says_what_a_fix_does(bad: Path) -> None:
    out = check(status=1).stdout
    assert "\nhelp: Share one mask over the sequence (unsafe fix)\n" in out
    assert "\nRNN106 [*] " in out
    assert "\nhelp: Write `seed=42`\n" in out


def test_safe_fixes_are_written(bad: Path) -> None:
    result = check("--fix", status=1)
    assert bad.read_text(encoding="utf-8") == SAFE
    assert result.stdout.count("RNN102 ") >= 2
    assert result.stdout.endswith(
        "Found 3 findings (1 fixed, 2 remaining).\n2 unsafe fixes available with `--fix --unsafe-fixes`.\n"
    )
    assert check("--fix", status=1).stdout.count("fixed") == 0
    assert bad.read_text(encoding="utf-8") == SAFE


def test_unsafe_fixes_are_written_on_request(bad: Path) -> None:
    result = check("--fix", "--unsafe-fixes", "--show-fixes", status=0)
    assert bad.read_text(encoding="utf-8") == UNSAFE
    assert result.stdout.splitlines() == [
        "Fixed 3 findings:",
        "- bad.py:",
        "    2 \N{MULTIPLICATION SIGN} RNN102 (missing-noise-shape)",
        "    1 \N{MULTIPLICATION SIGN} RNN106 (invalid-noise-shape)",
        "",
        "Found 3 findings (3 fixed, 0 remaining).",
    ]
    assert check(status=0).stdout == "All checks passed!\n"


def test_the_setting(folder: Path, bad: Path) -> None:
    (folder / "pyproject.toml").write_text("[tool.rnnlint]\nunsafe-fixes = true\n", encoding="utf-8")
    check("--fix", "--no-unsafe-fixes", status=1)
    assert bad.read_text(encoding="utf-8") == SAFE
    check("--fix", status=0)
    assert bad.read_text(encoding="utf-8") == UNSAFE
    (folder / "pyproject.toml").write_text('[tool.rnnlint]\nunsafe-fixes = "yes"\n', encoding="utf-8")
    assert "unsafe-fixes" in check("--fix", status=2).stderr


@pytest.mark.parametrize("name", ["bad.py", "my model.py", "mödel.py", "tab\there.py", 'a "quoted"\nname\\.py'])
@pytest.mark.skipif(os.name == "nt", reason="such names are not possible")
def test_the_diff_can_be_applied(folder: Path, bad: Path, name: str) -> None:
    bad = bad.rename(folder / name)
    result = check("--diff", "--unsafe-fixes", status=1)
    assert result.stderr == "Would fix 3 findings.\n"
    assert bad.read_text(encoding="utf-8") == BAD
    (folder / "a.patch").write_text(result.stdout, encoding="utf-8")
    subprocess.run(["git", "apply", "--unsafe-paths", "-p0", "a.patch"], cwd=folder, check=True)
    assert bad.read_text(encoding="utf-8") == UNSAFE
    result = check("--diff", status=0)
    assert (result.stdout, result.stderr) == ("", "No findings would be fixed.\n")


def test_the_diff_counts_what_is_hidden(bad: Path) -> None:
    assert check("--diff", status=1).stderr == (
        "Would fix 1 finding (2 additional fixes available with `--unsafe-fixes`).\n"
    )
    assert check("--diff", "--select", "RNN102", status=0).stderr == (
        "No findings would be fixed (1 fix available with `--unsafe-fixes`).\n"
    )


def test_the_diff_in_colours(bad: Path) -> None:
    out = check("--diff", "--color", "always", status=1).stdout
    plain = re.sub(r"\x1b\[[\d;]*m", "", out)
    assert plain != out
    assert plain == check("--diff", status=1).stdout


@pytest.mark.parametrize("mode", ["--fix", "--diff"])
def test_what_somebody_else_fixes_meanwhile_is_left_alone(
    bad: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lint = runner.run

    def meanwhile(*args: Any, **more: Any) -> Iterator[FileResult]:
        yield from list(lint(*args, **more))
        bad.write_text(UNSAFE, encoding="utf-8")

    monkeypatch.setattr(runner, "run", meanwhile)
    result = check(mode, "--unsafe-fixes", status=1 if mode == "--fix" else 0)
    assert "warning: bad.py cannot be fixed: the file was changed in the meantime" in result.stderr
    assert bad.read_text(encoding="utf-8") == UNSAFE


@pytest.mark.parametrize("option", ["--add-noqa", "--write-baseline"])
def test_the_diff_writes_nothing(folder: Path, bad: Path, option: str) -> None:
    result = check("--diff", option, "--baseline", "known.json", status=2)
    assert f"--diff writes nothing, but {option} does" in result.stderr
    assert [path.name for path in folder.iterdir()] == ["bad.py"]
    assert bad.read_text(encoding="utf-8") == BAD


def test_fix_only_reports_nothing_of_the_rest(bad: Path) -> None:
    result = check("--fix-only", status=0)
    assert result.stdout == ""
    assert result.stderr == "Fixed 1 finding (2 additional fixes available with `--unsafe-fixes`).\n"
    assert bad.read_text(encoding="utf-8") == SAFE
    assert check("--fix-only", "--no-unsafe-fixes", status=0).stderr == "No findings fixed.\n"
    assert check("--fix-only", "-q", status=0).output == ""


def test_stdin_comes_out_fixed() -> None:
    result = check("--fix", "-", status=1, text=BAD)
    assert result.stdout == SAFE
    assert "RNN102 " in result.stderr
    assert "Found 3 findings (1 fixed, 2 remaining)." in result.stderr
    result = check("--fix", "--unsafe-fixes", "-", status=0, text=BAD.replace("\n", "\r\n").encode())
    assert result.stdout_bytes == UNSAFE.replace("\n", "\r\n").encode()
    result = check("--fix", "-", status=0, text="x = 1\n")
    assert result.stdout == "x = 1\n"
    result = check("--diff", "--stdin-filename", "src/a.py", "-", status=1, text=BAD)
    assert result.stdout.startswith("--- src/a.py\n+++ src/a.py\n@@ ")
    assert check("--fix-only", "-", status=0, text=BAD).stdout == SAFE


def test_stdin_is_not_written_to_a_file_of_that_name(bad: Path) -> None:
    assert check("--fix-only", "--stdin-filename", "bad.py", "-", status=0, text=BAD).stdout == SAFE
    assert bad.read_text(encoding="utf-8") == BAD


def test_a_notebook_is_fixed_in_place(folder: Path) -> None:
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": BAD.splitlines(keepends=True)}]
    text = json.dumps({"cells": cells, "metadata": {"ü": "ü"}, "nbformat": 4, "nbformat_minor": 5}, indent=1)
    path = folder / "a.ipynb"
    path.write_text(text, encoding="utf-8", newline="\r\n")
    result = check("--diff", status=1)
    assert result.stdout.startswith("--- a.ipynb:cell 1\n+++ a.ipynb:cell 1\n")
    check("--fix", "--unsafe-fixes", status=0)
    changed = path.read_bytes()
    assert json.loads(changed)["cells"][0]["source"] == UNSAFE.splitlines(keepends=True)
    undone = changed.replace(b"SpatialDropout1D", b"Dropout").replace(b"seed=", b"")
    assert undone == text.replace("\n", "\r\n").encode()


def test_a_file_that_cannot_be_written_keeps_its_findings(folder: Path, bad: Path) -> None:
    other = folder / "other.py"
    other.write_text(BAD, encoding="utf-8")
    bad.chmod(0o444)
    result = check("--fix", "--unsafe-fixes", "--output-format", "concise", status=2)
    assert result.stderr == "error: cannot write bad.py: the file is read-only\n"
    assert [line.split(":")[0] for line in result.stdout.splitlines()[:2]] == ["bad.py", "bad.py"]
    assert "Found 5 findings (3 fixed, 2 remaining)." in result.stdout
    assert bad.read_text(encoding="utf-8") == BAD
    assert other.read_text(encoding="utf-8") == UNSAFE


def test_a_helper_in_another_file_is_fixed_there(folder: Path) -> None:
    helper = folder / "helper.py"
    helper.write_text("from keras import layers\n\ndef drop(x):\n    return layers.Dropout(0.3)(x)\n", encoding="utf-8")
    model = "import keras\nfrom keras import layers\nfrom helper import drop\n"
    model += "x = layers.LSTM(4)(drop(keras.Input((9, 8))))\n"
    (folder / "model.py").write_text(model, encoding="utf-8")
    assert check("--fix", "--unsafe-fixes", ".", status=0).stdout == "Found 1 finding (1 fixed, 0 remaining).\n"
    assert "layers.SpatialDropout1D(0.3)(x)" in helper.read_text(encoding="utf-8")
    assert (folder / "model.py").read_text(encoding="utf-8") == model


def test_withheld_and_suppressed_findings_are_not_fixed(folder: Path) -> None:
    text = BAD.replace("0.3),  # on purpose?", "0.3),  # noqa: RNN102").replace(
        "layers.Dropout(0.3, 42)", "layers.Dense(4)"
    )
    path = folder / "a.py"
    path.write_text(text, encoding="utf-8")
    check("--fix", "--unsafe-fixes", status=0)
    assert path.read_text(encoding="utf-8") == text
    possible = "def make(rate=0.3):\n    " + text.replace("\n", "\n    ").rstrip() + "\n"
    possible = possible.replace("Dropout(0.3),  # noqa: RNN102", "Dropout(rate),")
    path.write_text(possible, encoding="utf-8")
    check("--fix", "--unsafe-fixes", "--min-confidence", "certain", status=0)
    assert path.read_text(encoding="utf-8") == possible
    check("--fix", "--unsafe-fixes", status=0)
    assert "SpatialDropout1D(rate)" in path.read_text(encoding="utf-8")


def test_machine_formats_show_what_is_left(bad: Path) -> None:
    left = json.loads(check("--fix", "--output-format", "json", status=1).stdout)
    assert [one["code"] for one in left] == ["RNN102", "RNN102"]
    assert left[0]["fix"]["applicability"] == "unsafe"
    assert left[0]["fix"]["edits"][0]["content"] == "SpatialDropout1D"


@pytest.mark.keras
def test_real_keras_has_a_say(keras3_python: str, folder: Path) -> None:
    """A finding that the fixed model still shows is none that was fixed; one that Keras refutes is not fixed at all."""
    path = folder / "a.py"
    path.write_text(SAFE.replace("0.3, seed=42", "0.2"), encoding="utf-8")
    before = path.read_bytes()
    unhelpful = before.replace(b"Dropout(0.3)", b"Dropout(0.3, noise_shape=None)")
    helpful = before.replace(b"Dropout(0.3)", b"SpatialDropout1D(0.3)")
    session = Session(keras3_python, limits=LIMITS)
    try:
        (result,) = runner.run([str(path)], lambda _: Settings(), session.found)
        first = result.findings[0]
        assert (first.code, first.span.row) == ("RNN102", 6)
        assert confirmed.remains(session, lambda _: Settings(), str(path), before, unhelpful, [first])
        assert not confirmed.remains(session, lambda _: Settings(), str(path), before, helpful, [first])
    finally:
        session.close()
    check("--confirm", "--python", keras3_python, "--fix", "--unsafe-fixes", status=0)
    assert path.read_text(encoding="utf-8") == UNSAFE.replace("0.3, seed=42", "0.2")
