"""Settings: precedence, selection, patterns, and what is said about a wrong one."""

from __future__ import annotations

import pickle
import re
from dataclasses import fields
from pathlib import Path

import pytest

from rnnlint.registry import RULES
from rnnlint.settings.choices import DEFAULT_EXCLUDE
from rnnlint.settings.patterns import Patterns
from rnnlint.settings.pyproject import KEYS
from rnnlint.settings.resolver import Resolver
from rnnlint.settings.settings import Options, Settings, SettingsError
from rnnlint.settings.validation import CHECKS

DEFAULT = frozenset(rule.code for rule in RULES if rule.default)
EVERY = frozenset(rule.code for rule in RULES)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def configure(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pyproject.toml"
    path.write_text(f"[project]\nname = 'select'\n\n[tool.rnnlint]\n{text}\n", encoding="utf-8")
    return path


def rules(**options: tuple[str, ...]) -> frozenset[str]:
    return Resolver(Options(**options), isolated=True).settings("a.py").rules  # type: ignore[arg-type]


# ---------------------------------------------------------------------------------------------------------------------
# Selection


def test_defaults() -> None:
    settings = Resolver().settings("a.py")
    assert settings == Settings(exclude=settings.exclude)
    assert settings.rules == DEFAULT
    assert "RNN202" in EVERY - DEFAULT
    assert settings.exclude == (Patterns(str(Path.cwd()), DEFAULT_EXCLUDE),)
    assert (settings.keras_version, settings.backend, settings.output_format) == ("auto", "auto", "full")
    assert (settings.min_confidence, settings.timestep_loss_threshold) == ("possible", 0.01)


def test_select() -> None:
    two = {code for code in EVERY if code.startswith("RNN2")}
    assert rules(select=("RNN101",)) == {"RNN101"}
    assert rules(select=("dropped-timesteps", "RNN102")) == {"RNN101", "RNN102"}
    assert rules(select=("RNN2",)) == two
    assert rules(select=("RNN",)) == rules(select=("ALL",)) == EVERY
    assert rules(select=()) == frozenset()
    assert rules(extend_select=("RNN202",)) == DEFAULT | {"RNN202"}
    assert rules(ignore=("RNN1",)) == {code for code in DEFAULT if not code.startswith("RNN1")}


def test_longest_prefix_wins() -> None:
    assert rules(select=("ALL",), ignore=("RNN10",)) == {code for code in EVERY if not code.startswith("RNN10")}
    assert rules(select=("RNN101", "RNN2"), ignore=("RNN1",)) == {
        "RNN101",
        *(code for code in EVERY if code.startswith("RNN2")),
    }
    assert rules(select=("RNN101",), ignore=("RNN101",)) == frozenset()
    assert rules(select=("dropped-timesteps",), ignore=("RNN10",)) == {"RNN101"}
    assert rules(extend_select=("RNN202",), ignore=("RNN2",)) == {
        "RNN202",
        *(code for code in DEFAULT if not code.startswith("RNN2")),
    }


def test_the_command_line_beats_the_file(folder: Path) -> None:
    configure(folder, 'select = ["RNN1"]\nignore = ["RNN101"]\nkeras-version = "3.4"\nmin-confidence = "certain"')
    assert Resolver().settings("a.py").rules == {code for code in EVERY if code.startswith("RNN1")} - {"RNN101"}
    assert Resolver(Options(select=("RNN101",))).settings("a.py").rules == {"RNN101"}
    added = Resolver(Options(extend_select=("RNN101",), ignore=("RNN102",))).settings("a.py").rules
    assert added == {code for code in EVERY if code.startswith("RNN1")} - {"RNN102"}
    settings = Resolver(Options(keras_version="2")).settings("a.py")
    assert (settings.keras_version, settings.min_confidence) == ("2", "certain")


def test_what_was_asked_for(folder: Path) -> None:
    """Selected, by whatever name; not what is on by default."""
    assert Resolver().settings("a.py").selected == frozenset()
    assert Resolver(Options(extend_select=("RNN501",))).settings("a.py").selected == {"RNN501"}
    assert Resolver(Options(select=("ALL",), ignore=("RNN1",))).settings("a.py").selected == {
        code for code in EVERY if not code.startswith("RNN1")
    }
    configure(folder, 'extend-select = ["RNN50"]')
    resolver = Resolver(Options(ignore=("RNN501",)))
    assert resolver.settings("a.py").selected == {"RNN502", "RNN503", "RNN504", "RNN505"}
    assert Resolver(Options(select=("RNN101",))).settings("a.py").selected == {"RNN101"}


# ---------------------------------------------------------------------------------------------------------------------
# Which file


def test_nearest_file_with_the_table_and_no_merging(folder: Path) -> None:
    configure(folder, 'select = ["RNN101"]\nbackend = "jax"')
    configure(folder / "a" / "b", 'select = ["RNN102"]')
    (folder / "a" / "pyproject.toml").write_text("[tool.other]\nrnnlint = 1\n")
    (folder / "a" / "b" / "c").mkdir()
    (folder / "a" / "b" / "c" / "pyproject.toml").write_bytes(b"this is ] no TOML, and none of our business \xff")
    resolver = Resolver()
    assert resolver.settings("x.py").rules == {"RNN101"}
    assert resolver.settings("a/x.py").rules == {"RNN101"}
    assert resolver.settings(folder / "a" / "b" / "c" / "x.py").rules == {"RNN102"}
    assert resolver.settings("a/b/x.py").backend == "auto"
    assert resolver.settings("a/b/x.py").config == str(folder / "a" / "b" / "pyproject.toml")
    assert resolver.settings("a/x.py") is resolver.settings("x.py")


def test_config_and_isolated(folder: Path) -> None:
    configure(folder, 'select = ["RNN101"]')
    other = configure(folder / "other", 'select = ["RNN102"]\nexclude = ["/gen/"]')
    settings = Resolver(config=other).settings("x.py")
    assert settings.rules == {"RNN102"}
    assert settings.excludes("other/gen/x.py")
    assert not settings.excludes("gen/x.py")
    assert Resolver(isolated=True).settings("x.py").rules == DEFAULT


# ---------------------------------------------------------------------------------------------------------------------
# Patterns


def test_patterns_are_relative_to_their_file(folder: Path) -> None:
    configure(folder / "lib", 'exclude = ["gen", "data/*.py", "./one.py"]\nextend-exclude = ["*_pb2.py"]')
    settings = Resolver(Options(extend_exclude=("lib/late.py",))).settings("lib/x.py")
    assert settings.excludes("lib/gen/deep/x.py")
    assert settings.excludes("lib/sub/gen", is_dir=True)
    assert settings.excludes("lib/data/x.py")
    assert not settings.excludes("lib/sub/data/x.py")
    assert settings.excludes("lib/sub/x_pb2.py")
    assert settings.excludes("lib/one.py")
    assert settings.excludes("lib/late.py")
    absolute = Resolver(Options(exclude=(f"{folder}/lib/gen",))).settings("x.py")
    assert absolute.excludes("lib/gen/x.py")
    assert not absolute.excludes("gen/x.py")
    assert not settings.excludes("lib/.venv/x.py")  # `exclude` replaces the default list
    assert Settings(exclude=(Patterns(str(folder / "build"), ("build",)),)).excludes("build/x.py") is False


def test_default_excludes_do_not_match_above_the_project(folder: Path) -> None:
    project = folder / "build" / "project"
    configure(project, "")
    settings = Resolver().settings(project / "x.py")
    assert not settings.excludes(project / "x.py")
    assert settings.excludes(project / "build" / "x.py")


def test_per_file_ignores(folder: Path) -> None:
    configure(
        folder, '[tool.rnnlint.per-file-ignores]\n"tests/**" = ["RNN101", "missing-noise-shape"]\n"*.ipynb" = ["ALL"]'
    )
    settings = Resolver().settings("tests/x.py")
    assert settings.rules_for("tests/deep/x.py") == DEFAULT - {"RNN101", "RNN102"}
    assert settings.rules_for("x.py") == DEFAULT
    assert settings.rules_for(folder / "deep" / "x.ipynb") == frozenset()
    replaced = Resolver(Options(per_file_ignores=(("x.py", ("RNN2",)),))).settings("x.py")
    assert replaced.rules_for("x.py") == {code for code in DEFAULT if not code.startswith("RNN2")}
    assert replaced.rules_for("tests/y.py") == DEFAULT


def test_inverted_per_file_ignores(folder: Path) -> None:
    configure(folder, "per-file-ignores = { '!src/**' = ['RNN101'] }")
    settings = Resolver().settings("x.py")
    assert settings.rules_for("src/deep/x.py") == DEFAULT
    assert settings.rules_for("x.py") == settings.rules_for("lib/src.py") == DEFAULT - {"RNN101"}


def test_file_with_a_byte_order_mark(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[tool.rnnlint]\nselect = ['RNN201']\n", encoding="utf-8-sig")
    assert Resolver().settings("x.py").rules == {"RNN201"}


def test_picklable(folder: Path) -> None:
    configure(folder, 'exclude = ["gen"]\nper-file-ignores = { "*.py" = ["RNN101"] }')
    settings = Resolver().settings("x.py")
    again = pickle.loads(pickle.dumps(settings))
    assert again == settings
    assert again.excludes("gen/x.py")


# ---------------------------------------------------------------------------------------------------------------------
# Errors


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('slect = ["RNN101"]', "pyproject.toml:5: `slect`: unknown key in [tool.rnnlint]; did you mean 'select'?"),
        ("\n\nkeras_version = '3'", "pyproject.toml:7: `keras_version`: unknown key"),
        ('select = [\n  "RNN101",\n  "RNN999",\n]', "pyproject.toml:7: `select`: unknown rule 'RNN999'"),
        ('ignore = ["dropped-timestep"]', "did you mean 'dropped-timesteps'?"),
        ('ignore = ["rnn101"]', "did you mean 'RNN101'?"),
        ('select = "RNN101"', "pyproject.toml:5: `select`: expected a list of strings"),
        ("force-exclude = 1", "`force-exclude`: expected true or false"),
        ("keras-version = 3.10", "`keras-version`: write the version in quotes"),
        ('keras-version = ""', "pyproject.toml:5: `keras-version`: names no version"),
        ('keras-version = "three"', "pyproject.toml:5: `keras-version`: "),
        ('backend = "theano"', "`backend`: unknown value 'theano'"),
        ('backend = "tensroflow"', "did you mean 'tensorflow'?"),
        ('output-format = "xml"', "`output-format`: unknown value 'xml'"),
        ('min-confidence = "sure"', "(one of certain, possible)"),
        ("timestep-loss-threshold = 1.5", "is not a probability"),
        ('timestep-loss-threshold = "1%"', "expected a number"),
        ('per-file-ignores = ["x.py"]', "expected a table"),
        (
            '[tool.rnnlint.per-file-ignores]\n\n"x.py" = ["RNN999"]',
            "pyproject.toml:7: `per-file-ignores`: unknown rule",
        ),
        ("select = [", "pyproject.toml: is not valid TOML: "),
    ],
)
def test_errors_in_a_file(folder: Path, text: str, message: str) -> None:
    configure(folder, text)
    with pytest.raises(SettingsError) as error:
        Resolver()
    assert message in str(error.value)
    assert str(error.value).startswith("pyproject.toml")


def test_error_in_a_nested_file_names_it(folder: Path) -> None:
    configure(folder / "lib", "nothing = 1")
    resolver = Resolver()
    with pytest.raises(SettingsError, match=r"^lib/pyproject\.toml:5: `nothing`: unknown key"):
        resolver.settings("lib/x.py")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (Options(select=("RNN999",)), "--select: unknown rule 'RNN999'; did you mean "),
        (Options(ignore=("X",)), "--ignore: unknown rule 'X'"),
        (Options(per_file_ignores=(("x.py", ("RNN999",)),)), "--per-file-ignores: unknown rule 'RNN999'"),
        (Options(keras_version="9.9"), "--keras-version: "),
        (Options(backend="numpy"), "--backend: unknown value 'numpy'"),
        (Options(timestep_loss_threshold=0), "--timestep-loss-threshold: "),
    ],
)
@pytest.mark.parametrize("isolated", [True, False])
def test_errors_on_the_command_line(options: Options, message: str, isolated: bool) -> None:
    with pytest.raises(SettingsError) as error:
        Resolver(options, isolated=isolated)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        (b"[project]\n", "has no [tool.rnnlint] table"),
        (b"[tool.rnnlint]\nselect = ['\xff']\n", "is not UTF-8 (byte 26)"),
        (b"tool = 1 # rnnlint\n", "`tool` has to be a table"),
        (b"[tool]\nrnnlint = 1\n", "`tool.rnnlint` has to be a table"),
    ],
)
def test_errors_in_a_given_file(folder: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        (folder / "x.toml").write_bytes(content)
    with pytest.raises(SettingsError) as error:
        Resolver(config="x.toml")
    assert str(error.value).startswith(f"x.toml: {message}")


# ---------------------------------------------------------------------------------------------------------------------
# The Python that confirms


def test_python_is_relative_to_where_it_is_written(folder: Path) -> None:
    configure(folder / "project", 'python = "env/bin/python3"')
    assert Resolver().settings("project/src/a.py").python == str(folder / "project" / "env" / "bin" / "python3")
    assert Resolver(Options(python="./python3")).settings("project/a.py").python == str(folder / "python3")
    assert Resolver().settings("a.py").python is None


def test_python_may_be_an_environment_or_a_command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("project/.venv/bin", "commands"):
        (folder / place).mkdir(parents=True)
        (folder / place / "python").write_text("#!/bin/sh\n")
        (folder / place / "python").chmod(0o755)
    configure(folder / "project", 'python = ".venv"')
    assert Resolver().settings("project/a.py").python == str(folder / "project" / ".venv" / "bin" / "python")
    monkeypatch.setenv("PATH", str(folder / "commands"))
    assert Resolver(Options(python="python")).settings("a.py").python == str(folder / "commands" / "python")
    assert Resolver(Options(python="python99")).settings("a.py").python == "python99"


def test_limits(folder: Path) -> None:
    configure(folder, "confirm-timeout = 120\nconfirm-memory = 2.5")
    settings = Resolver().settings("a.py")
    assert (settings.confirm_timeout, settings.confirm_memory) == (120.0, 2.5)
    assert Resolver(Options(confirm_timeout=3.0)).settings("a.py").confirm_timeout == 3.0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("confirm-timeout = 0", "pyproject.toml:5: `confirm-timeout`: 0.0 is not above 0"),
        ("confirm-memory = inf", "pyproject.toml:5: `confirm-memory`: inf is not above 0"),
        ('confirm-timeout = "60"', "pyproject.toml:5: `confirm-timeout`: expected a number"),
        ("python = 3.11", "pyproject.toml:5: `python`: expected a string"),
        ('python = " "', "pyproject.toml:5: `python`: names no Python"),
        ("confirm = true", "pyproject.toml:5: `confirm`: unknown key in [tool.rnnlint]"),
    ],
)
def test_wrong_confirmation(folder: Path, text: str, told: str) -> None:
    configure(folder, text)
    with pytest.raises(SettingsError, match=re.escape(told)):
        Resolver()


def test_every_setting_is_checked_and_resolved() -> None:
    """A setting without a row in CHECKS would be read and then dropped."""
    combined = {"select", "ignore", "extend_select", "per_file_ignores", "exclude", "extend_exclude"}
    assert set(CHECKS) == set(Options._fields) - combined
    assert set(CHECKS) <= {one.name for one in fields(Settings)}
    assert {key.replace("-", "_") for key in KEYS} == set(Options._fields) - {"ignore_noqa"}
