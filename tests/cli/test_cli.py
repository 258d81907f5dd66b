"""The command as users type it: options, output, status. Everything behind it is the real thing."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import rnnlint
from rnnlint.checks import RULES
from rnnlint.cli.check import check as check_command
from rnnlint.cli.options import EXAMPLES, SECTIONS
from rnnlint.cli.program import cli
from rnnlint.settings.pyproject import KEYS, NO_KEYS
from tests.confirm import fakes

ROOT = Path(__file__).resolve().parents[2]
SCRUBBED = ("CI", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "COLUMNS", "PYTHONUTF8", "PYTHONIOENCODING")

BAD = """\
from keras import Input, Sequential, layers

model = Sequential()
model.add(Input((20, 1)))
model.add(layers.Dropout(0.5))
model.add(layers.LSTM(8))
"""
# The rate is a parameter: it may be another one than the default.
MAYBE = """\
from keras import Input, Sequential, layers


def build(rate=0.5):
    return Sequential([Input((20, 1)), layers.Dropout(rate), layers.LSTM(8)])
"""
GOOD = "from keras import layers\n\nlayer = layers.LSTM(8)\n"
CONCISE = "bad.py:5:11: RNN101 "


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in {*SCRUBBED, *(one for one in os.environ if one.startswith(("RNNLINT_", "GITHUB_")))}:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def bad(folder: Path) -> Path:
    return write(folder / "bad.py", BAD)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def notebook(*cells: str) -> str:
    code: dict[str, object] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    text = {"cell_type": "markdown", "metadata": {}, "source": "# Title"}
    everything = [text, *({**code, "source": cell.splitlines(keepends=True)} for cell in cells)]
    return json.dumps({"cells": everything, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def run(*args: str, status: int = 0, text: str | bytes | None = None, env: dict[str, str] | None = None) -> Result:
    result = CliRunner().invoke(cli, args, input=text, env=env, prog_name="rnnlint")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == status, result.output
    return result


def check(*args: str, status: int = 0, text: str | bytes | None = None, env: dict[str, str] | None = None) -> Result:
    return run("check", *args, status=status, text=text, env=env)


def codes(result: Result) -> list[str]:
    return [entry["code"] for entry in json.loads(result.stdout)]


# ---------------------------------------------------------------------------------------------------------------------
# Status and summary


def test_findings_end_with_status_1(bad: Path) -> None:
    result = check(status=1)
    first, *_, last = result.stdout.splitlines()
    assert first.startswith("RNN101 ")
    assert " --> bad.py:5:11\n" in result.stdout
    assert "5 | model.add(layers.Dropout(0.5))\n  |           ^^^^^^^^^^^^^^^^^^^" in result.stdout
    assert "6 | model.add(layers.LSTM(8))\n  |           --------------" in result.stdout
    assert last == "Found 1 finding."
    assert result.stderr == ""


def test_clean_ends_with_status_0(folder: Path) -> None:
    write(folder / "good.py", GOOD)
    assert check().output == "All checks passed!\n"
    assert check("-q").output == ""


def test_unread_code_ends_with_status_1_and_the_rest_is_linted(folder: Path, bad: Path) -> None:
    write(folder / "half.py", "from keras import layers\nlayers.LSTM(\n")
    write(folder / "two.py", 'import keras.layers\nprint "LSTM"\n')
    (folder / "latin.py").write_bytes(b"# LSTM caf\xe9\n")
    write(folder / "broken.ipynb", '{"cells": ["keras", "LSTM(8, dropout=0.1)"')
    result = check("--output-format", "concise", status=1)
    bad_line, broken, half, latin, two, found, unread = result.stdout.splitlines()
    assert bad_line.startswith(CONCISE)
    assert broken.startswith("broken.ipynb:1:")
    assert half.startswith("half.py:2:12: invalid-syntax: ")
    assert latin.startswith("latin.py:1:11: io-error: ")
    assert two.startswith("two.py:2:1: invalid-syntax: Python 2")
    assert (found, unread) == ("Found 1 finding.", "4 places could not be read.")
    # Selection and confidence never hide an unread file.
    bad.unlink()
    result = check("--select", "RNN301", "--min-confidence", "certain", "--output-format", "concise", status=1)
    assert result.stdout.splitlines()[-1] == "4 places could not be read."


def test_exit_zero_is_for_status_1_only(folder: Path, bad: Path) -> None:
    assert check("--exit-zero").stdout == check(status=1).stdout
    assert "passed" not in check("--exit-zero", "missing.py", status=2).stdout
    check("--exit-zero", "--select", "RNN999", status=2)


def test_missing_path_ends_with_status_2_and_the_rest_is_linted(bad: Path) -> None:
    result = check("missing.py", "bad.py", "--output-format", "concise", status=2)
    assert result.stderr == "error: path 'missing.py' does not exist\n"
    assert (
        check("bad.py/", "", status=2).stderr == "error: path 'bad.py/' does not exist\nerror: path '' does not exist\n"
    )
    assert result.stdout.startswith(CONCISE)


def test_internal_error_ends_with_status_2(bad: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(graph: object, settings: object) -> None:
        raise ZeroDivisionError("of a test")

    rules = tuple((rule, crash if rule.code == "RNN102" else function) for rule, function in RULES)
    monkeypatch.setattr("rnnlint.checks.RULES", rules)
    result = check("--exit-zero", "--output-format", "concise", status=2)
    crashed, found, *rest = result.stdout.splitlines()
    assert crashed.startswith("bad.py:1:1: internal-error: rule RNN102 (missing-noise-shape) failed: ZeroDivisionError")
    assert found.startswith(CONCISE)
    assert rest[-1].startswith("1 error inside rnnlint: please report")


def test_nothing_to_lint(folder: Path) -> None:
    write(folder / "empty" / "a.txt", "x")
    result = check("empty")
    assert result.stderr == "warning: no Python files or notebooks found under the given paths\n"
    assert check("empty", "-q").output == ""
    assert check("empty", "--output-format", "json").stdout == "[]\n"


def test_confidence(folder: Path) -> None:
    write(folder / "maybe.py", MAYBE)
    result = check("--output-format", "concise", status=1)
    assert "maybe.py:5:40: RNN101 [possible] " in result.stdout
    assert result.stdout.splitlines()[-1] == "Found 1 finding (1 possible)."
    result = check("--min-confidence", "certain")
    assert result.stdout == "All checks passed!\n1 possible finding withheld by --min-confidence.\n"
    assert codes(check("--min-confidence", "certain", "--output-format", "json")) == []


def test_suppression(folder: Path) -> None:
    write(folder / "bad.py", BAD.replace("Dropout(0.5))", "Dropout(0.5))  # noqa: RNN101"))
    assert check().output == "All checks passed!\n"
    verbose = check("-v")
    assert verbose.stdout == "All checks passed!\n1 finding suppressed by comments.\n"
    check("--ignore-noqa", status=1)


def test_malformed_suppression(folder: Path) -> None:
    write(folder / "bad.py", BAD.replace("Dropout(0.5))", "Dropout(0.5))  # rnnlint: ignore RNN101"))
    write(folder / "good.py", GOOD + "x = 1  # rnnlint: ignore RNN101\n# noqa: all of it\n")
    result = check("--output-format", "concise", status=1)
    assert result.stderr == ""
    assert [line.split()[:2] for line in result.stdout.splitlines()[:3]] == [
        ["bad.py:5:11:", "RNN101"],
        ["bad.py:5:33:", "RNN901"],
        ["good.py:4:8:", "RNN901"],
    ]


def test_quiet_prints_findings_only(bad: Path) -> None:
    assert check("-q", "--output-format", "concise", status=1).stdout.count("\n") == 1


# ---------------------------------------------------------------------------------------------------------------------
# Selection and configuration


def test_selection(bad: Path) -> None:
    for args in (
        ("--select", "RNN101"),
        ("--select", "RNN102,RNN101"),
        ("--select", "RNN102", "--select", "dropped-timesteps"),
        ("--select", "ALL"),
        ("--select", "RNN2", "--extend-select", "RNN1"),
        ("--ignore", "RNN1", "--extend-select", "RNN101"),
    ):
        assert codes(check(*args, "--output-format", "json", status=1)) == ["RNN101"]
    for args in (("--select", "RNN102"), ("--ignore", "dropped-timesteps"), ("--per-file-ignores", "b*.py:RNN101")):
        assert codes(check(*args, "--output-format", "json")) == []
    for value in ("x.py:RNN102,bad.py:RNN101", "bad.py:RNN102,RNN101"):
        check("--per-file-ignores", value)
    assert "is not of the form PATTERN:RULE" in check("--per-file-ignores", "bad.py", status=2).stderr


def test_select_without_a_rule(bad: Path) -> None:
    assert "--select names no rule" in check("--select", "", status=2).stderr


def test_unknown_rule(bad: Path) -> None:
    result = check("--select", "dropped-timestep", status=2)
    assert result.stderr == "error: --select: unknown rule 'dropped-timestep'; did you mean 'dropped-timesteps'?\n"
    assert result.stdout == ""


def test_configuration(folder: Path, bad: Path) -> None:
    write(folder / "pyproject.toml", '[tool.rnnlint]\nignore = ["RNN101"]\n')
    check()
    check("--isolated", status=1)
    check("--select", "RNN101", status=1)
    other = write(folder / "other.toml", '[tool.rnnlint]\noutput-format = "json-lines"\n')
    result = check("--config", str(other), status=1)
    assert json.loads(result.stdout)["filename"] == "bad.py"
    write(folder / "pyproject.toml", '[tool.rnnlint]\nignroe = ["RNN101"]\n')
    result = check(status=2)
    message = "pyproject.toml:2: `ignroe`: unknown key in [tool.rnnlint]; did you mean 'ignore'?"
    assert result.stderr == f"error: {message}\n"
    assert "exclude each other" in check("--isolated", "--config", str(other), status=2).stderr


def test_every_file_has_the_settings_of_its_folder(folder: Path, bad: Path) -> None:
    write(folder / "lib" / "bad.py", BAD)
    write(folder / "lib" / "pyproject.toml", '[tool.rnnlint]\nselect = ["RNN2"]\n')
    result = check("--output-format", "json", status=1)
    assert [entry["filename"] for entry in json.loads(result.stdout)] == ["bad.py"]


def test_keras_version(folder: Path) -> None:
    text = BAD.replace("layers.Dropout(0.5)", "layers.Dense(8)").replace("LSTM(8)", "LSTM(8, recurrent_dropout=0.2)")
    write(folder / "cudnn.py", text)
    assert codes(check("--keras-version", "3.15", "--output-format", "json", status=1)) == ["RNN201"]
    # JAX has no cuDNN kernel before Keras 3.14.
    assert codes(check("--keras-version", "3.4", "--backend", "jax", "--output-format", "json")) == []
    write(folder / "pyproject.toml", '[tool.rnnlint]\nkeras-version = "3.4"\nbackend = "jax"\n')
    check()
    check("--backend", "tensorflow", status=1)
    assert check("--keras-version", "nine", status=2).stderr.startswith("error: --keras-version: ")


def test_a_wrong_file_in_a_folder_does_not_cost_the_rest(folder: Path, bad: Path) -> None:
    write(folder / "lib" / "a.py", BAD)
    write(folder / "lib" / "b.py", BAD)
    write(folder / "lib" / "pyproject.toml", "[tool.rnnlint]\nkeras = 3\n")
    result = check("--output-format", "concise", status=2)
    assert result.stdout.startswith(CONCISE)
    assert "lib" not in result.stdout
    assert result.stderr.startswith("error: lib/pyproject.toml:2: `keras`: unknown key in [tool.rnnlint]")
    assert result.stderr.count("error:") == 1


def test_interrupt(bad: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rnnlint.run.loop.run", interrupt)
    check(status=130)
    monkeypatch.setattr("rnnlint.settings.resolver.Resolver.settings", interrupt)
    monkeypatch.setattr("rnnlint.output.rulebook.page", interrupt)
    assert check(status=130).output == run("rule", "RNN101", status=130).output == ""


def test_threshold(folder: Path) -> None:
    write(folder / "a.py", BAD.replace("(20, 1)", "(20, 4)"))  # 0.5 ** 4 = 0.0625
    assert "RNN101" in codes(check("--output-format", "json", status=1))
    result = check("--timestep-loss-threshold", "0.1", "--output-format", "json", status=1)
    assert codes(result) == ["RNN102"]


def test_exclude(folder: Path, bad: Path) -> None:
    write(folder / "gen" / "bad.py", BAD)
    write(folder / ".venv" / "bad.py", BAD)
    write(folder / ".gitignore", "ignored.py\n")
    write(folder / "ignored.py", BAD)
    (folder / ".git").mkdir()

    def files(*args: str) -> set[str]:
        result = CliRunner().invoke(cli, ["check", *args, "--output-format", "json"])
        return {Path(entry["filename"]).as_posix() for entry in json.loads(result.stdout)}

    assert files() == {"bad.py", "gen/bad.py"}
    assert files("--exclude", "gen,ignored.py") == {"bad.py", ".venv/bad.py"}
    assert files("--extend-exclude", "gen") == {"bad.py"}
    assert files("--no-respect-gitignore") == {"bad.py", "gen/bad.py", "ignored.py"}
    assert files("gen/bad.py", "--exclude", "gen") == {"gen/bad.py"}
    assert files("gen/bad.py", "--exclude", "gen", "--force-exclude") == set()


# ---------------------------------------------------------------------------------------------------------------------
# stdin, output, colour


def test_stdin(folder: Path) -> None:
    result = check("-", "--output-format", "concise", text=BAD, status=1)
    assert result.stdout.startswith("-:5:11: RNN101 ")
    result = check("-", "--stdin-filename", "bad.py", text=BAD, status=1)
    assert " --> bad.py:5:11\n  |\n" in result.stdout
    assert "5 | model.add(layers.Dropout(0.5))" in result.stdout
    result = check("-", "--stdin-filename", "n.ipynb", "--output-format", "concise", text=notebook(BAD), status=1)
    assert result.stdout.startswith("n.ipynb:cell 2:5:11: RNN101 ")
    write(folder / "pyproject.toml", '[tool.rnnlint.per-file-ignores]\n"tests/*" = ["RNN101"]\n')
    check("-", "--stdin-filename", "tests/a.py", text=BAD)
    result = check("--stdin-filename", "a.py", "--output-format", "concise", text=BAD, status=1)
    assert result.stdout.startswith("a.py:5:11: RNN101 ")
    check("-", text="\xff".encode("latin-1"), status=1)


def test_notebook(folder: Path) -> None:
    first, second = BAD.split("model.add(layers.LSTM", 1)
    write(folder / "n.ipynb", notebook(first, "%matplotlib inline\nmodel.add(layers.LSTM" + second))
    result = check(status=1)
    assert " --> n.ipynb:cell 2:5:11\n" in result.stdout
    assert " ::: n.ipynb:cell 3:2:11\n" in result.stdout
    assert "2 | model.add(layers.LSTM(8))\n  |           --------------" in result.stdout
    (entry,) = json.loads(check("--output-format", "json", status=1).stdout)
    assert (entry["cell"], entry["location"]["row"], entry["related"][0]["cell"]) == (2, 5, 3)


@pytest.mark.parametrize("name", ["full", "concise", "json", "json-lines"])
def test_formats_by_option_environment_and_file(folder: Path, bad: Path, name: str) -> None:
    by_option = check("--output-format", name, status=1).stdout
    assert check(status=1, env={"RNNLINT_OUTPUT_FORMAT": name}).stdout == by_option
    write(folder / "pyproject.toml", f'[tool.rnnlint]\noutput-format = "{name}"\n')
    assert check(status=1).stdout == by_option
    if name.startswith("json"):
        assert "Found" not in by_option


def test_unknown_format(bad: Path) -> None:
    assert "'xml' is not one of" in check("--output-format", "xml", status=2).stderr
    assert "'xml' is not one of" in check(status=2, env={"RNNLINT_OUTPUT_FORMAT": "xml"}).stderr


def test_output_file(folder: Path, bad: Path) -> None:
    result = check("-o", "out.json", "--output-format", "json", "--color", "always", status=1)
    assert (folder / "out.json").read_text() == check("--output-format", "json", status=1).stdout
    assert "RNN101" in result.stdout
    assert result.stdout.splitlines()[-1] == "Found 1 finding."
    check("-o", "out.txt", "--color", "always", status=1)
    assert "\x1b" not in (folder / "out.txt").read_text()
    check("-o", "new/folder/out.json", status=1)
    assert (folder / "new/folder/out.json").exists()
    # What was found is shown all the same.
    result = check("-o", "bad.py/out.json", "--exit-zero", status=2)
    assert result.stderr.startswith("error: cannot write bad.py/out.json: ")
    assert result.stdout.startswith(CONCISE)


def test_statistics(folder: Path, bad: Path) -> None:
    write(folder / "worse.py", BAD + BAD)
    write(folder / "half.py", "import keras\nLSTM(\n")
    *rows, found, unread = check("--statistics", status=1).stdout.splitlines()
    assert rows[0] == "3\tRNN101\tdropped-timesteps"
    assert "1\tinvalid-syntax" in rows
    assert (found, unread) == ("Found 3 findings.", "1 place could not be read.")
    records = json.loads(check("--statistics", "--output-format", "json", status=1).stdout)
    assert {"code": "RNN101", "name": "dropped-timesteps", "count": 3} in records


@pytest.mark.parametrize(
    ("args", "env", "expected"),
    [
        ((), {}, False),
        (("--color", "always"), {}, True),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
        ((), {"FORCE_COLOR": "1"}, True),
        ((), {"CLICOLOR_FORCE": "1"}, True),
        ((), {"CLICOLOR_FORCE": "0"}, False),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ((), {"NO_COLOR": "1"}, False),
    ],
)
def test_color(bad: Path, args: tuple[str, ...], env: dict[str, str], expected: bool) -> None:
    for name in ("full", "concise"):
        result = CliRunner().invoke(cli, ["check", "--output-format", name, *args], env=env, color=True)
        assert ("\x1b[" in result.stdout) is expected
    assert (
        "\x1b" not in CliRunner().invoke(cli, ["check", "--output-format", "json", *args], env=env, color=True).stdout
    )


def test_verbose_says_what_was_not_understood(folder: Path) -> None:
    write(folder / "requirements.txt", "keras==3.4.1\n")
    write(
        folder / "a.py",
        """import keras
from gone import make

keras.Sequential([make(), keras.layers.LSTM(8, recurrent_dropout=0.0)])
""",
    )
    result = check("-v")
    assert result.stdout == "All checks passed!\n"
    assert "keras==3.4.1 (requirements.txt)" in result.stderr
    assert "note: a.py:4:18: a layer is not understood: gone.make() " in result.stderr
    assert "keras-version 2 by --keras-version" in check("-v", "--keras-version", "2").stderr
    write(folder / "pyproject.toml", '[tool.rnnlint]\nkeras-version = "3.6"\n')
    assert "keras-version 3.6 by pyproject.toml" in check("-v").stderr
    assert check().stderr == ""


# ---------------------------------------------------------------------------------------------------------------------
# --confirm, with workers that only say so


def mask(lost: int) -> str:
    """A worker to which every mask takes away `lost` of 30720 timesteps."""
    seen = {
        "shape": [6, 20, 1],
        "output_shape": [6, 20, 1],
        "draws": 256,
        "varies": [True, True, False],
        "values": [lost, 30720],
        "steps": [lost, 30720],
        "sequences": [0, 1536],
        "batches": [0, 256],
        "reaches": True,
        "kept": 2.0,
    }
    return f"hello(); ready(); work(json.loads({json.dumps(seen)!r}))"


EVIDENCE = "256 draws: 50.0 % of timesteps all-zero before LSTM, predicted 50.0 %"


def test_confirmed(folder: Path, bad: Path) -> None:
    python = fakes.python(folder, mask(15360))
    result = check("--confirm", "--python", python, status=1)
    *_, verdict, explains, empty, found = result.stdout.splitlines()
    assert verdict == f"confirmed: {EVIDENCE}; Keras 3.15.1, tensorflow"
    assert explains.startswith("help: `rnnlint rule RNN101`")
    assert (empty, found) == ("", "Found 1 finding (1 confirmed).")
    assert result.stderr == ""
    line, found = check(
        "--confirm", "--python", python, "--output-format", "concise", status=1
    ).stdout.splitlines()  # fmt: skip
    assert line.startswith(CONCISE)
    assert line.endswith(f" [confirmed: {EVIDENCE}]")
    for name in ("json", "json-lines"):
        result = check("--confirm", "--python", python, "--output-format", name, status=1)
        record = json.loads(result.stdout)[0] if name == "json" else json.loads(result.stdout)
        assert record["verdict"] == {
            "status": "confirmed",
            "evidence": EVIDENCE,
            "keras": "3.15.1",
            "backend": "tensorflow",
        }


def test_without_confirm_there_is_no_verdict(bad: Path) -> None:
    assert json.loads(check("--output-format", "json", status=1).stdout)[0]["verdict"] is None
    assert "firmed" not in check(status=1).stdout


def test_a_refuted_finding_is_shown_apart_and_fails_nothing(folder: Path, bad: Path) -> None:
    confirm = ("--confirm", "--python", fakes.python(folder, mask(3000)))
    result = check(*confirm, "--output-format", "concise")
    heading, line, summary = result.stdout.splitlines()
    assert heading == "Refuted, and not counted:"
    assert line.startswith(CONCISE)
    assert " [refuted: 256 draws: 9.8 % of timesteps all-zero before LSTM, predicted 50.0 %" in line
    assert summary == "All checks passed; 1 refuted."
    full = check(*confirm).stdout
    assert full.startswith("Refuted, and not counted:\n\nRNN101 ")
    assert "\nrefuted: 256 draws: " in full
    assert check(*confirm, "-q").stdout == ""
    (record,) = json.loads(check(*confirm, "--output-format", "json", "-q").stdout)
    assert record["verdict"]["status"] == "refuted"
    assert check(*confirm, "--statistics").stdout == "All checks passed; 1 refuted.\n"
    # The others count as ever.
    write(folder / "half.py", "from keras import layers\nlayers.LSTM(\n")
    assert check(*confirm, status=1).stdout.endswith("1 place could not be read.\n")


def test_all_verdicts_are_counted(folder: Path, bad: Path) -> None:
    # What the mask of one feature loses a worker says of all of them.
    write(folder / "half.py", BAD.replace("0.5", "0.3"))
    write(folder / "maybe.py", MAYBE)
    write(folder / "other.py", 'import os\n\nos.environ["KERAS_BACKEND"] = "jax"\n' + BAD)
    result = check("--confirm", "--python", fakes.python(folder, mask(15360)), status=1)
    assert result.stdout.splitlines()[-1] == "Found 3 findings (1 possible; 2 confirmed, 1 unverified); 1 refuted."
    assert "Keras 3.15 on jax, but " in result.stdout


def test_only_what_is_reported_is_confirmed(folder: Path, bad: Path) -> None:
    write(folder / "hidden.py", BAD.replace("0.5))", "0.4))  # noqa: RNN101"))
    write(folder / "maybe.py", MAYBE.replace("0.5", "0.3"))
    python = fakes.python(
        folder, "hello(); ready()\nfor line in requests: print(line, file=open('jobs', 'a')); os._exit(1)"
    )
    check("--confirm", "--python", python, "--min-confidence", "certain", status=1)
    assert len((folder / "jobs").read_text().split()) > 1
    assert len((folder / "jobs").read_text().strip().splitlines()) == 1


def test_the_keras_that_was_found_is_auto(folder: Path) -> None:
    write(folder / "a.py", "from keras import layers\n\nlayers.LSTM(8, recurrent_dropout=0.5)\n")
    args = ("--select", "RNN201", "--output-format", "concise")
    assert "RNN201" in check(*args, status=1).stdout
    python = fakes.python(folder, "hello(backend='torch', keras='3.4.0'); ready(); work()")
    result = check(*args, "--confirm", "--python", python, "-v")
    assert result.stdout == "All checks passed!\n"
    assert f"note: keras-version and backend auto: Keras 3.4.0 on torch, of {python}\n" in result.stderr


def test_a_setting_that_contradicts_the_keras_that_was_found(folder: Path, bad: Path) -> None:
    python = fakes.python(folder, mask(15360))
    result = check("--confirm", "--python", python, "--keras-version", "2.15", status=1)
    told = (
        f"unverified: the code is for Keras 2.15, but {python} has Keras 3.15.1 on tensorflow; run with --python PATH;"
    )
    assert told in result.stdout
    assert result.stdout.endswith("Found 1 finding (1 unverified).\n")


def test_a_python_that_confirms_nothing(folder: Path, bad: Path) -> None:
    result = check("--confirm", "--python", "./none", "--output-format", "concise", status=1)
    assert result.stderr == (
        f"error: nothing is confirmed: {folder}/none cannot be run: No such file or directory; "
        "name a Python that has Keras by --python\n"
    )
    assert result.stdout.splitlines()[0].endswith(
        f" [unverified: {folder}/none cannot be run: No such file or directory]"
    )
    assert check("--confirm", "--python", "./none", "-e").exit_code == 0
    record = json.loads(check("--confirm", "--python", "./none", "--output-format", "json", status=1).stdout)[0]
    assert (record["verdict"]["keras"], record["verdict"]["backend"]) == (None, None)


def test_a_keras_that_cannot_be_imported(folder: Path, bad: Path) -> None:
    python = fakes.python(folder, "hello(); say({'fatal': 'import', 'message': 'cannot import its Keras: x'})")
    result = check("--confirm", "--python", python, status=1)
    assert result.stderr == (
        f"error: nothing is confirmed: {python} cannot import its Keras: x; "
        "mend that installation, or name a Python that has Keras by --python\n"
    )
    assert f"unverified: {python} cannot import its Keras: x" in result.stdout


def test_interrupted_while_confirming(folder: Path, bad: Path) -> None:
    hang = "hello(); ready(); requests.readline(); open('asked', 'w').close(); time.sleep(1e6)"
    command = [sys.executable, "-m", "rnnlint", "check", "--confirm", "--python", fakes.python(folder, hang)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        while process.poll() is None and not Path("asked").exists():
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[0] == b""
    assert process.returncode == 130


def test_nothing_to_build(folder: Path) -> None:
    write(folder / "good.py", GOOD)
    result = check("--build", "auto", "--python", fakes.python(folder))
    assert result.stderr.startswith("warning: --build auto: no function that needs no arguments returns a model; ")
    assert result.stdout == "All checks passed!\n"


def test_clean_code_is_not_confirmed(folder: Path) -> None:
    write(folder / "good.py", GOOD)
    assert check("--confirm", "--python", fakes.python(folder)).output == "All checks passed!\n"


@pytest.mark.parametrize("option", [("--python", "x"), ("--confirm-timeout", "3"), ("--draws", "3")])
def test_what_needs_confirm(bad: Path, option: tuple[str, str]) -> None:
    assert f"Error: {option[0]} needs --confirm." in check(*option, status=2).stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--build-arg", "x=1"), "--build-arg needs --build."),
        (("--build", "module"), "'module' is neither MODULE:CALLABLE nor auto"),
        (("--build", "module:"), "'module:' is neither MODULE:CALLABLE nor auto"),
        (("--build", "module:3"), "'module:3' is neither MODULE:CALLABLE nor auto"),
        (("--build", "m:f", "--build-arg", "x"), "'x' is not of the form NAME=VALUE"),
        (("--build", "m:f", "--build-arg", "3=x"), "'3=x' is not of the form NAME=VALUE"),
        (("--confirm", "--draws", "0"), "0 is not in the range x>=1"),
        (("--confirm", "--confirm-timeout", "0"), "--confirm-timeout: 0.0 is not above 0"),
        (("--confirm", "--confirm-memory", "-1"), "--confirm-memory: -1.0 is not above 0"),
        (("--confirm", "--python", ""), "--python: names no Python"),
    ],
)
def test_wrong_confirm_options(bad: Path, options: tuple[str, ...], told: str) -> None:
    assert told in check(*options, status=2).stderr


@pytest.mark.keras
def test_confirmed_by_keras_3(keras3_python: str, bad: Path) -> None:
    (record,) = json.loads(check("--confirm", "--python", keras3_python, "--output-format", "json", status=1).stdout)
    assert record["verdict"]["status"] == "confirmed"
    assert record["verdict"]["keras"].startswith("3.")
    assert record["verdict"]["evidence"].endswith("% of timesteps all-zero before LSTM, predicted 50.0 %")


NET = """\
import os, sys, time

from keras import Input, Sequential, layers


def make(features=1, **more):
    drop = getattr(os, "missing", 0.2)
    return Sequential([Input((20, features)), layers.Dropout(0.5), layers.LSTM(8, recurrent_dropout=drop)])


def asks():
    return make(int(input("features? ")))


def dies():
    os._exit(5)


def hangs():
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass


def floods():
    for _ in range(256):
        print("x" * (1 << 20))
    return 3


def forks():
    os.fork()
    return make()
"""


@pytest.mark.keras
def test_own_code_builds_the_model(keras3_python: str, folder: Path) -> None:
    write(folder / "net.py", NET)
    wanted = [part for name in ("asks", "dies", "floods", "missing", "forks") for part in ("--build", f"net:{name}")]
    result = check("net.py", "--python", keras3_python, *wanted, "--output-format", "concise", status=1)
    asks, dies, floods, missing = result.stderr.splitlines()
    assert asks.startswith("warning: --build net:asks: asks() asks for input at net.py:12; ")
    assert dies.startswith("warning: --build net:dies: the worker died on it: it ended with status 5; ")
    assert floods.startswith("warning: --build net:floods: floods() gives ")
    assert missing.startswith("warning: --build net:missing: net has no 'missing'")
    # The rate that the analysis cannot know: only the built model shows it.
    dropped, lost, found = result.stdout.splitlines()
    assert dropped.startswith("net.py:8:47: RNN101 ")
    assert "about 10 of 20 steps per sequence [confirmed: 256 draws: " in dropped
    assert "RNN201 `recurrent_dropout=0.2` rules out cuDNN for this LSTM" in lost
    assert found == "Found 2 findings (2 confirmed)."


@pytest.mark.keras
def test_a_builder_that_never_returns(keras3_python: str, folder: Path) -> None:
    write(folder / "net.py", NET)
    args = ("net.py", "--python", keras3_python, "--build", "net.py:hangs", "--confirm-timeout", "2")
    result = check(*args, "--select", "RNN203")
    assert result.stderr == "warning: --build net.py:hangs: no answer within 2 s; --confirm-timeout sets the limit\n"
    assert result.stdout == "All checks passed!\n"


@pytest.mark.keras2
def test_confirmed_by_keras_2(keras2_python: str, bad: Path) -> None:
    (record,) = json.loads(check("--confirm", "--python", keras2_python, "--output-format", "json", status=1).stdout)
    assert (record["verdict"]["status"], record["verdict"]["backend"]) == ("confirmed", "tensorflow")
    assert record["verdict"]["keras"].startswith("2.")


# ---------------------------------------------------------------------------------------------------------------------
# What would be done


def test_show_files_lists_what_would_be_linted(bad: Path, folder: Path) -> None:
    write(folder / "models" / "b c.ipynb", notebook(BAD))
    write(folder / "build" / "left_out.py", BAD)
    write(folder / "notes.txt", BAD)
    names = [str(bad), str(folder / "models" / "b c.ipynb")]
    assert check("--show-files").stdout.splitlines() == names
    assert check("--show-files", "notes.txt").stdout == f"{folder / 'notes.txt'}\n"
    assert check("--show-files", "-", text=BAD).stdout == "-\n"
    nothing = check("--show-files", "--exclude", "*")
    assert (nothing.stdout, "no Python files" in nothing.stderr) == ("", True)
    assert "does not exist" in check("--show-files", "nowhere", status=2).stderr


def test_show_settings_shows_every_setting_of_the_first_file(bad: Path, folder: Path) -> None:
    write(folder / "requirements.txt", "keras==3.4\n")
    config = write(
        folder / "pyproject.toml",
        '[tool.rnnlint]\nselect = ["RNN1"]\nper-file-ignores = {"bad.py" = ["RNN101"]}\nextend-exclude = ["old"]\n'
        'python = ".venv"\nunsafe-fixes = true\nbaseline = "known.json"\n',
    )
    lines = check("--show-settings", "--draws", "1", "--confirm", "--backend", "jax").stdout.splitlines()
    assert lines[:2] == [f'Resolved settings for: "{bad}"', f'Settings path: "{config}"']
    keys = {line.partition(" = ")[0] for line in lines if " = " in line}
    assert keys == {*KEYS, "rules", "ignore-noqa"} - {"select", "ignore", "extend-select", "extend-exclude"}
    assert {'\t"old",', '\t"bad.py": RNN101,', "\tmissing-noise-shape (RNN102),"} < set(lines)
    assert "\tdropped-timesteps (RNN101)," not in lines
    assert {"unsafe-fixes = true", 'backend = "jax"', f'baseline = "{folder / "known.json"}"'} < set(lines)
    assert lines[-1] == "# auto: Keras 3.4, by keras==3.4 (requirements.txt)"
    lines = check("--show-settings", "--isolated", "--keras-version", "2", "--backend", "jax").stdout.splitlines()
    assert {"unsafe-fixes = hint", "baseline = none", "python = none"} < set(lines)
    assert not lines[-1].startswith("#")


@pytest.mark.parametrize("option", sorted(NO_KEYS))
def test_an_option_for_the_command_line_in_the_file(bad: Path, folder: Path, option: str) -> None:
    assert f"--{option}" in {name for one in check_command.params for name in one.opts}
    write(folder / "pyproject.toml", f"[tool.rnnlint]\n{option} = true\n")
    assert check(status=2).stderr == (
        f"error: pyproject.toml:2: `{option}`: unknown key in [tool.rnnlint]; --{option} is for the command line only\n"
    )


def test_a_baseline_without_a_name(bad: Path) -> None:
    assert check("--baseline", "", status=2).stderr == "error: --baseline: names no file\n"


def test_show_settings_with_settings_that_cannot_be_used(bad: Path, folder: Path) -> None:
    write(folder / "pyproject.toml", "[tool.rnnlint]\nbackend = 'mxnet'\n")
    assert check("--show-settings", status=2).stderr.startswith("error: pyproject.toml:2: `backend`: unknown value")


# ---------------------------------------------------------------------------------------------------------------------
# The group and `rnnlint rule`


def test_version_and_help() -> None:
    assert run("--version").output == f"rnnlint {rnnlint.__version__}\n"
    assert "check" in run("--help").output
    assert run("-h").output == run("--help").output
    text = check("--help").output
    for option in ("--select", "--keras-version", "--min-confidence", "--output-format", "RNNLINT_OUTPUT_FORMAT"):
        assert option in text
    headings = [line for line in text.splitlines() if line.endswith(":") and line[0] != " "]
    assert headings == [f"{one}:" for one in (*SECTIONS.values(), "Examples")]
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_the_help_are_commands(example: str) -> None:
    args = shlex.split(example.partition(" < ")[0])[2:]
    assert check_command.make_context("check", args).params


def test_did_you_mean(bad: Path) -> None:
    assert "did you mean `rnnlint check bad.py`?" in run("bad.py", status=2).stderr
    assert "did you mean `rnnlint check 'my file.py' -q`?" in run("my file.py", "-q", status=2).stderr
    assert "did you mean `rnnlint check`?" in run("chekc", status=2).stderr
    assert "'--select'" in check("--selcet", "RNN101", status=2).stderr


@pytest.mark.parametrize("rule", [rule for rule, _ in RULES], ids=lambda rule: rule.code)
def test_rule(rule: rnnlint.registry.Rule) -> None:
    page = (ROOT / "rules" / f"{rule.code}.md").read_text(encoding="utf-8")
    assert run("rule", rule.code).output == run("rule", rule.name).output == page.rstrip() + "\n"
    record = json.loads(run("rule", rule.code, "--output-format", "json").output)
    assert record["explanation"] == page
    assert record["url"].endswith(f"/rules/{rule.code}.md")
    assert {name: record[name] for name in ("code", "name", "summary", "default", "fix", "since")} == {
        "code": rule.code,
        "name": rule.name,
        "summary": rule.summary,
        "default": rule.default,
        "fix": rule.fix,
        "since": rule.since,
    }


def test_all_rules() -> None:
    text = run("rule", "--all").output
    assert [line.split()[1] for line in text.splitlines() if line.startswith("# RNN")] == [one.code for one, _ in RULES]
    records = json.loads(run("rule", "--all", "--output-format", "json").output)
    assert [one["code"] for one in records] == [one.code for one, _ in RULES]


def test_rule_usage() -> None:
    result = run("rule", "dropped-timestep", status=2)
    assert result.stderr == "error: unknown rule 'dropped-timestep'; did you mean 'dropped-timesteps'?\n"
    assert "--all" in run("rule", status=2).stderr
    run("rule", "RNN101", "--all", status=2)


# ---------------------------------------------------------------------------------------------------------------------
# The process


def python(*args: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), **more}
    return subprocess.run([sys.executable, *args], capture_output=True, env=env, check=False, timeout=60)


def test_module_runs(bad: Path) -> None:
    done = python("-m", "rnnlint", "check", "--output-format", "concise")
    assert done.returncode == 1
    assert done.stdout.decode().startswith(CONCISE)
    assert done.stderr == b""


def test_nothing_heavy_is_imported_for_help() -> None:
    heavy = ("libcst", "json", "packaging", "pathspec", "importlib.metadata", "rnnlint.keras", "rnnlint.interpret")
    code = f"import sys, rnnlint.cli.program; print([name for name in {heavy} if name in sys.modules])"
    done = python("-c", code)
    assert done.stdout == b"[]\n", done.stderr


def test_a_clean_folder_without_keras_needs_no_libcst(folder: Path) -> None:
    write(folder / "a.py", "x = 1\n")
    code = (
        "import sys; from rnnlint.cli.program import cli\n"
        "cli(['check'], standalone_mode=False); print('libcst' in sys.modules)"
    )
    assert python("-c", code).stdout.decode().splitlines() == ["All checks passed!", "False"]


def test_terminal_without_unicode(folder: Path) -> None:
    write(folder / "bad.py", BAD.replace("Dropout(0.5))", "Dropout(0.5))  # 名前"))
    done = python("-m", "rnnlint", "check", PYTHONIOENCODING="latin-1")
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"Dropout(0.5))  # ??" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX pipe")
def test_closed_pipe(folder: Path) -> None:
    for number in range(400):
        write(folder / f"bad{number}.py", BAD)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    args = [sys.executable, "-m", "rnnlint", "check", "--no-cache"]
    with subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) in (1, 2)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
@pytest.mark.parametrize(
    ("command", "status", "message"),
    [
        ("check >/dev/full", 2, "No space left"),
        ("check >&-", 1, ""),
        ("check - <&-", 2, "error: stdin is closed"),
        ("check . <&- 2>&-", 1, ""),
    ],
)
def test_streams_that_do_not_work(bad: Path, command: str, status: int, message: str) -> None:
    args = ["sh", "-c", f"{shlex.quote(sys.executable)} -m rnnlint {command}"]
    done = subprocess.run(args, capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert done.returncode == status
    assert b"Traceback" not in done.stderr
    assert message in done.stderr.decode()
    assert message or not done.stderr


def test_a_crash_does_not_look_like_a_finding(bad: Path) -> None:
    code = "import rnnlint.cli.check as c; c.lint = None; from rnnlint.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "check"],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.decode().splitlines()[-1].startswith("error: this is an error inside rnnlint")
