"""What a run imports, and how the process ends: the time before and after the work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from rnnlint.cli import process

ROOT = Path(__file__).resolve().parents[2]


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What only some runs need. `ast` and `dataclasses` come with click and with the settings.
HEAVY = words(
    """
    difflib hashlib importlib.metadata importlib.resources json libcst marshal multiprocessing packaging pathlib
    pathspec shutil subprocess tempfile tomllib traceback unicodedata urllib
    rnnlint.checks rnnlint.cli.show_settings rnnlint.confirm rnnlint.drawing.summary rnnlint.findings rnnlint.fixer
    rnnlint.graph rnnlint.interpret rnnlint.keras.names rnnlint.keras.table rnnlint.keras.versions rnnlint.linter
    rnnlint.output.concise rnnlint.output.full rnnlint.output.report rnnlint.output.rulebook rnnlint.project.pins
    rnnlint.run.cache rnnlint.run.pool rnnlint.server rnnlint.source.notebook rnnlint.source.source
    rnnlint.source.syntax rnnlint.suppression.baseline rnnlint.suppression.suppress
    """
)
if sys.version_info < (3, 11):
    HEAVY -= {"subprocess"}  # its own `uuid` imports it, which click needs
# What a finding in a script, which is printed, has no need of.
NOT_FOR_A_FINDING = words(
    """
    difflib hashlib importlib.metadata importlib.resources marshal multiprocessing packaging pathspec tempfile
    tomllib
    rnnlint.cli.show_settings rnnlint.confirm rnnlint.drawing.summary rnnlint.fixer.cells rnnlint.output.rulebook
    rnnlint.run.cache rnnlint.server rnnlint.source.notebook rnnlint.suppression.baseline
    rnnlint.suppression.suppress
    """
)
FOUND = """
from keras import Sequential, Input, layers

Sequential([Input((20, 8)), layers.LSTM(32, return_sequences=True), layers.Dropout(0.5), layers.LSTM(32)])
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clean.py").write_text("x = 1\n")
    (tmp_path / "found.py").write_text(FOUND)


def python(*args: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, *args], capture_output=True, encoding="utf-8", env=env, check=False)


def imported(*args: str, status: int = 0) -> set[str]:
    """The modules that a run imports, beside those that Python starts with."""
    code = (
        "import sys; before = set(sys.modules); from rnnlint.cli.program import cli\n"
        f"try: cli({list(args)!r}, prog_name='rnnlint')\n"
        "except SystemExit as end: print(end.code or 0, *sorted({*sys.modules} - before), file=sys.stderr)"
    )
    found, *names = python("-c", code).stderr.split()
    assert found == str(status)
    return set(names)


def below(names: set[str], wanted: frozenset[str]) -> set[str]:
    return {one for one in wanted if any(name == one or name.startswith(f"{one}.") for name in names)}


@pytest.mark.parametrize("args", [["check", "--isolated", "--no-cache", "clean.py"], ["check", "--no-cache"]])
def test_nothing_heavy_is_imported_where_there_is_nothing_to_find(args: list[str]) -> None:
    Path("found.py").unlink()
    assert below(imported(*args), HEAVY) == set()


@pytest.mark.parametrize("run", ["first", "second"])
def test_what_the_cache_needs_where_there_is_nothing_to_find(run: str) -> None:
    Path("found.py").unlink()
    if run == "second":
        imported("check")
    allowed = words("hashlib marshal rnnlint.run.cache")
    assert below(imported("check"), HEAVY) <= allowed


@pytest.mark.parametrize(
    ("command", "more"),
    [
        ("--version", ""),
        ("rule --help", "rule options console"),
        ("check --help", "check checked steps options console"),
        ("--help", "check checked steps graph rule server options console"),
    ],
)
def test_what_tells_of_the_program_imports_none_of_it(command: str, more: str) -> None:
    names = imported(*command.split())
    assert {name for name in names if name.startswith("rnnlint.")} == {
        "rnnlint.cli",
        "rnnlint.cli.process",
        "rnnlint.cli.program",
        "rnnlint.output",
        "rnnlint.version",
        *(words("rnnlint.records rnnlint.settings rnnlint.settings.choices") if more else ()),
        *(f"rnnlint.cli.{name}" for name in more.split()),
    }
    assert below(names, HEAVY) <= {"shutil"}  # by which click knows how wide the terminal is


def test_what_a_finding_needs() -> None:
    names = imported("check", "--isolated", "--no-cache", "found.py", status=1)
    assert "libcst" in names
    assert below(names, NOT_FOR_A_FINDING) == set()


def test_only_selected_checks_are_imported() -> None:
    names = imported("check", "--isolated", "--no-cache", "--select", "RNN101,RNN303", "found.py")
    assert {name for name in names if name.startswith("rnnlint.checks.rnn")} == {
        "rnnlint.checks.rnn101",
        "rnnlint.checks.rnn303",
    }


# ---------------------------------------------------------------------------------------------------------------------
# The end


def run(before: str, *args: str) -> subprocess.CompletedProcess[str]:
    return python("-c", f"import sys; sys.argv[1:] = {list(args)!r}\n{before}\nfrom rnnlint.cli import main\nmain()")


@pytest.mark.parametrize(("name", "status"), [("clean.py", 0), ("found.py", 1), ("missing.py", 2)])
def test_what_was_registered_for_the_end_is_done(name: str, status: int) -> None:
    done = run("import atexit; atexit.register(print, 'registered')", "check", "--no-cache", name)
    assert done.returncode == status
    assert done.stdout.endswith("registered\n")


def test_a_thread_is_waited_for() -> None:
    before = "import threading, time; threading.Thread(target=lambda: (time.sleep(0.5), print('waited'))).start()"
    done = run(before, "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("waited\n")


def test_a_profiler_goes_on() -> None:
    done = python("-m", "cProfile", "-m", "rnnlint", "check", "--no-cache", "clean.py")
    assert "All checks passed!" in done.stdout
    assert "function calls" in done.stdout


def test_what_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "gettrace", lambda: None)
    monkeypatch.setattr(sys, "getprofile", lambda: None)
    monkeypatch.setattr(sys, "monitoring", None, raising=False)
    assert not process._watched()
    for number in range(6):
        tools = SimpleNamespace(get_tool=lambda one, number=number: "coverage" if one == number else None)
        monkeypatch.setattr(sys, "monitoring", tools)
        assert process._watched()


def test_what_an_interrupted_run_holds_is_closed() -> None:
    before = """
from rnnlint.cli import steps
def lint(request, found):
    try:
        yield
    finally:
        print("closed")
def collect(request, checked, results, found):
    next(results)
    raise KeyboardInterrupt
steps.lint, steps.collect = lint, collect
"""
    done = run(before, "check", "--no-cache")
    assert (done.returncode, done.stdout, done.stderr) == (130, "closed\n", "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_what_cannot_be_flushed_at_the_end() -> None:
    """As Python says it."""
    before = "sys.stdout = open('/dev/full', 'w'); sys.stdout.write('more')"
    done = run(before, "check", "--quiet", "--no-cache", "clean.py")
    assert "No space left" in done.stderr
    assert done.returncode == 120
