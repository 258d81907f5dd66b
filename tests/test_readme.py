"""What the README shows is what happens."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from lsprotocol import types
from pygls.lsp.client import LanguageClient

import rnnlint
from rnnlint.cli.check import check as check_command
from rnnlint.cli.program import cli
from rnnlint.settings.pyproject import KEYS
from rnnlint.settings.resolver import Resolver
from tests.published import HOME, command, run
from tests.readme import README, ROOT, blocks

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

EXAMPLE = blocks("python")[0]


@pytest.fixture
def terminal(tmp_path: Path) -> dict[str, str]:
    """The environment of a user's terminal, in which `rnnlint` is installed."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    path = f"{command(tmp_path / 'bin')}{os.pathsep}{kept['PATH']}"
    return {**kept, "PATH": path, "HOME": str(tmp_path / "home"), "TF_CPP_MIN_LOG_LEVEL": "3"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the README's example."""
    found = tmp_path / "work"
    found.mkdir()
    (found / "forecast.py").write_text(EXAMPLE, encoding="utf-8")
    return found


def commands(word: str) -> list[str]:
    """The lines of the one shell block that holds a word, without their comments."""
    (block,) = (text for text in blocks("sh") if word in text)
    return [line.partition("  #")[0].rstrip() for line in block.splitlines()]


def test_the_example_gives_the_output_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("COLUMNS", "FORCE_COLOR", "CLICOLOR_FORCE", "RNNLINT_OUTPUT_FORMAT"):
        monkeypatch.delenv(name, raising=False)
    Path("forecast.py").write_text(EXAMPLE, encoding="utf-8")
    result = CliRunner().invoke(cli, ["check", "--isolated", "forecast.py"])
    assert result.exit_code == 1
    assert result.stdout.splitlines() == blocks("text")[0].splitlines()


@pytest.mark.keras
def test_confirm_gives_the_output_shown(folder: Path, terminal: dict[str, str], keras3_python: str) -> None:
    """But for the figures, which another Keras may draw otherwise."""
    (text,) = (text for text in blocks("console") if "--confirm" in text)
    line, *expected = text.splitlines()
    done = subprocess.run(
        shlex.split(line.removeprefix("$ ")),
        cwd=folder,
        env=terminal,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1
    assert [_plain(one) for one in done.stdout.splitlines()] == [_plain(one) for one in expected]


def _plain(line: str) -> str:
    return re.sub(r"\b\d+\.\d %", "N %", line)


@pytest.mark.keras
def test_graph_gives_the_output_shown(folder: Path, terminal: dict[str, str]) -> None:
    (shown,) = (text for text in blocks("console") if "rnnlint graph" in text)
    command, _, expected = shown.removeprefix("$ ").partition("\n")
    done = subprocess.run(
        command, shell=True, cwd=folder, env={**terminal, "COLUMNS": "80"}, capture_output=True, text=True, check=False
    )
    assert done.stdout == expected


def test_the_ways_to_confirm(folder: Path, terminal: dict[str, str], keras3_python: str) -> None:
    other, build = commands("--build")
    home = Path(terminal["HOME"]) / "project"
    home.mkdir(parents=True)
    (home / ".venv").symlink_to(sys.prefix)
    (folder / "src").mkdir()
    (folder / "forecast.py").rename(folder / "src" / "forecast.py")
    assert "2 confirmed" in run("bash", "-c", other, cwd=folder, env=terminal, status=1)
    layers = "[keras.Input(shape=(48, units)), keras.layers.Dropout(rate()), keras.layers.LSTM(8)]"
    model = f"def make_model(units):\n    return keras.Sequential({layers})\n"
    rate = "def rate():\n    return float(input.__name__ == 'input') / 4\n"
    (folder / "model.py").write_text(f"import keras\n\n{rate}\n\n{model}", encoding="utf-8")
    said = run("bash", "-c", build, cwd=folder, env=terminal, status=1)
    assert "model.py" in said
    assert re.search(r"confirmed: .*Dropout|confirmed: 256 draws", said)


def test_the_fixes(folder: Path, terminal: dict[str, str]) -> None:
    diff, safe, unsafe = commands("--diff")
    file = folder / "forecast.py"
    assert "-        layers.LSTM(32, recurrent_dropout=0.2)," in run(
        "bash", "-c", diff, cwd=folder, env=terminal, status=1
    )
    run("bash", "-c", safe, cwd=folder, env=terminal, status=1)
    assert file.read_text(encoding="utf-8") == EXAMPLE
    run("bash", "-c", unsafe, cwd=folder, env=terminal, status=1)
    assert "recurrent_dropout" not in file.read_text(encoding="utf-8")


def test_the_baseline(folder: Path, terminal: dict[str, str]) -> None:
    write, compare, comment = commands("--write-baseline")
    run("bash", "-c", write, cwd=folder, env=terminal)
    run("bash", "-c", compare, cwd=folder, env=terminal)
    (folder / "new.py").write_text(EXAMPLE, encoding="utf-8")
    said = run("bash", "-c", compare, cwd=folder, env=terminal, status=1)
    assert "new.py" in said
    assert "forecast.py:" not in said
    run("bash", "-c", comment, cwd=folder, env=terminal)
    assert "layers.Dropout(0.3),  # noqa: RNN101\n" in (folder / "new.py").read_text(encoding="utf-8")
    run("rnnlint", "check", cwd=folder, env=terminal)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion(folder: Path, terminal: dict[str, str], shell: str) -> None:
    (line,) = commands("_COMPLETE")
    if shell == "bash":
        said = run("bash", "-c", f"{line}; complete -p rnnlint", env=terminal)
        assert said.strip().endswith("rnnlint")
        # What the function asks for when TAB is pressed.
        asked = {
            **terminal,
            "COMP_WORDS": "rnnlint check --output-",
            "COMP_CWORD": "2",
            "_RNNLINT_COMPLETE": "bash_complete",
        }
        assert {"plain,--output-format", "plain,--output-file"} <= set(run("rnnlint", env=asked).split())
    else:
        script = run("rnnlint", env={**terminal, "_RNNLINT_COMPLETE": f"{shell}_source"})
        assert f"{shell}_complete" in script


def _neovim() -> list[str]:
    (text,) = blocks("lua")
    (command,) = re.findall(r"cmd = \{ (.*?) \}", text)
    return [json.loads(word) for word in command.split(", ")]


def _helix() -> list[str]:
    (text,) = (text for text in blocks("toml") if "language-server" in text)
    data = tomllib.loads(text)
    assert "rnnlint" in data["language"][0]["language-servers"]
    server = data["language-server"]["rnnlint"]
    return [server["command"], *server["args"]]


def _vscode() -> list[str]:
    (text,) = blocks("json")
    data = json.loads(text)
    return [data["glspc.server.command"], *data["glspc.server.commandArguments"]]


@pytest.mark.parametrize("command", [_neovim, _helix, _vscode])
def test_the_editors_start_a_server(command: Callable[[], list[str]], folder: Path, terminal: dict[str, str]) -> None:
    async def talk() -> types.InitializeResult:
        client = LanguageClient("tests", "1")
        program, *arguments = command()
        # As pygls starts it: by name, which is looked up on this process's PATH.
        await client.start_io(
            shutil.which(program, path=terminal["PATH"]) or program, *arguments, cwd=folder, env=terminal
        )
        result = await client.initialize_async(
            types.InitializeParams(types.ClientCapabilities(), root_uri=folder.as_uri())
        )
        await client.shutdown_async(None)
        client.exit(None)
        await client.stop()  # type: ignore[no-untyped-call]
        return result

    result = asyncio.run(talk())
    assert result.server_info
    assert result.server_info.name == "rnnlint"


def test_the_configuration_is_accepted_and_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = blocks("toml")[0]
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    Resolver().settings("x.py")  # raises for an unknown key or a wrong value
    assert set(tomllib.loads(text)["tool"]["rnnlint"]) == set(KEYS)


def test_every_setting_is_an_option() -> None:
    options = {name for option in check_command.params for name in option.opts}
    assert {f"--{key}" for key in KEYS} <= options


@pytest.mark.parametrize("line", blocks("python")[1].splitlines())
def test_the_suppressions_suppress(line: str) -> None:
    assert "RNN101" in {finding.code for finding in rnnlint.check_source(EXAMPLE)}
    found = rnnlint.check_source(EXAMPLE.replace("layers.Dropout(0.3),", line))
    assert {finding.code for finding in found} == {"RNN201"}


def test_the_library_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    exec(blocks("python")[2], {})
    assert "RNN201" in capsys.readouterr().out


def test_links_lead_somewhere() -> None:
    """They are absolute, for where the README is shown alone; those into the project are for files that exist."""
    headings = {
        re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-")
        for text in re.findall(r"^#+ (.*)$", README, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)]+)\)", README):
        if target.startswith("#"):
            assert target[1:] in headings, target
        else:
            assert target.startswith("https://"), target
            inside = re.match(rf"{HOME}/(?:blob|tree)/main/(.*)", target)
            assert not inside or (ROOT / inside[1]).exists(), target
