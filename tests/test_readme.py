"""What the README shows is what happens."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import rnnlint
from rnnlint.checks import RULES
from rnnlint.cli import cli
from rnnlint.settings import KEYS, Resolver

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    """The code blocks of one language."""
    return [text for found, text in BLOCK.findall(README) if found == language]


def test_the_example_gives_the_output_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("COLUMNS", "FORCE_COLOR", "CLICOLOR_FORCE", "RNNLINT_OUTPUT_FORMAT"):
        monkeypatch.delenv(name, raising=False)
    Path("forecast.py").write_text(blocks("python")[0], encoding="utf-8")
    result = CliRunner().invoke(cli, ["check", "--isolated", "forecast.py"])
    assert result.exit_code == 1
    assert result.stdout.splitlines() == blocks("text")[0].splitlines()


def test_the_rules_table_is_that_of_the_registry() -> None:
    rows = [
        f"| [{rule.code}](rules/{rule.code}.md) | `{rule.name}` | {'on' if rule.default else 'off'} | {rule.summary} |"
        for rule, _ in RULES
    ]
    assert [line for line in README.splitlines() if line.startswith("| [RNN")] == rows


def test_the_configuration_is_accepted_and_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = blocks("toml")[0]
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    Resolver().settings("x.py")  # raises for an unknown key or a wrong value
    assert set(tomllib.loads(text)["tool"]["rnnlint"]) == set(KEYS)


def test_every_setting_is_an_option() -> None:
    options = {name for option in cli.commands["check"].params for name in option.opts}
    assert {f"--{key}" for key in KEYS} <= options


@pytest.mark.parametrize("line", blocks("python")[1].splitlines())
def test_the_suppressions_suppress(line: str) -> None:
    example = blocks("python")[0]
    assert "RNN101" in {finding.code for finding in rnnlint.check_source(example)}
    found = rnnlint.check_source(example.replace("layers.Dropout(0.3),", line))
    assert {finding.code for finding in found} == {"RNN201"}


def test_the_hook_exists() -> None:
    ids = re.compile(r"- id: (\S+)")
    (text,) = blocks("yaml")
    assert ids.findall(text) == ids.findall((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert f"rev: v{rnnlint.__version__}\n" in text


def test_the_library_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    exec(blocks("python")[2], {})
    assert "RNN201" in capsys.readouterr().out


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
