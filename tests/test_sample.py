"""The sample project that the README's first command lints: it runs, and these are its findings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from rnnlint.cli.program import cli

ROOT = Path(__file__).resolve().parents[1]
FINDINGS = [
    ("tests/sample/reports.ipynb:cell 5:1:11", "RNN104"),
    ("tests/sample/traffic/blocks.py:16:12", "RNN102"),
    ("tests/sample/traffic/blocks.py:26:60", "RNN201"),
    ("tests/sample/traffic/models.py:14:15", "RNN101"),
    ("tests/sample/traffic/models.py:47:13", "RNN102"),
    ("tests/sample/traffic/models.py:47:13", "RNN107"),
]


def test_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(
        cli, ["check", "tests/sample", "--output-format", "concise", "--no-cache", "--color", "never"]
    )
    assert result.exit_code == 1, result.output
    lines = [line for line in result.stdout.splitlines() if ": RNN" in line]
    assert [(place, rest.split()[0]) for place, rest in (line.split(": ", 1) for line in lines)] == FINDINGS


@pytest.mark.keras
@pytest.mark.parametrize("model", ["single_sensor", "all_sensors", "all_sensors_shared_masks"])
def test_runs(model: str, keras3_python: str, tmp_path: Path) -> None:
    code = (
        f"import sys; sys.dont_write_bytecode = True; sys.path.insert(0, {str(ROOT / 'tests/sample')!r})\n"
        f"from traffic import models; models.{model}().summary(print_fn=lambda *a, **k: None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
