"""Many processes give what one gives; one that dies costs one file."""

from __future__ import annotations

import faulthandler
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rnnlint.cli.program import cli
from rnnlint.interpret import ParsedModules
from rnnlint.linter import environment
from rnnlint.prefilter.gate import Examined, Gate
from rnnlint.project.modules import Modules
from rnnlint.result import FileResult
from rnnlint.run import child, pool
from rnnlint.run import loop as runner
from rnnlint.run.pool import Linted, Task, lint_all
from rnnlint.settings.settings import Settings

SAMPLE = Path(__file__).parent / "sample"
MODEL = """
import keras
from keras import layers
model = keras.Sequential([keras.Input((9, 4)), layers.Dropout(.3), layers.LSTM({})])
"""
forking = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are only forked on Linux")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twelve files with a finding each, two of them in a module that the others build their models with."""
    monkeypatch.chdir(tmp_path)
    Path("pyproject.toml").write_text("")
    Path("blocks.py").write_text("from keras import layers\ndef drop(x): return layers.Dropout(.3)(x)\n")
    for number in range(10):
        Path(f"m{number}.py").write_text(MODEL.format(number + 2) * (number + 1))
    for name in ("u", "v"):
        Path(f"{name}.py").write_text(
            "import keras\nfrom blocks import drop\n"
            "i = keras.Input((9, 4))\nm = keras.Model(i, keras.layers.LSTM(4)(drop(i)))\n"
        )
    return tmp_path


def lint(jobs: int | None = 1) -> list[FileResult]:
    return [replace(one, source=None) for one in runner.run(["."], lambda _: Settings(), jobs=jobs)]


def command(*options: str) -> tuple[int, bytes, bytes]:
    given = ["check", "--no-cache", "--isolated", *options]
    result = CliRunner().invoke(cli, given)
    return result.exit_code, result.stdout_bytes, result.stderr_bytes


def test_the_results_do_not_depend_on_the_number_of_processes(project: Path) -> None:
    serial = lint()
    assert sum(len(one.findings) for one in serial) > 10
    assert lint(3) == serial
    assert lint(50) == serial


@pytest.mark.parametrize("form", ["full", "json", "sarif"])
def test_the_output_is_the_same_byte_for_byte(form: str, project: Path) -> None:
    for paths in ([str(SAMPLE)], ["."], [".", str(SAMPLE)]):
        options = [*paths, "-v", "--output-format", form]
        assert command(*options, "-j4") == command(*options, "-j1") == command(*options)


def test_processes_that_are_started_anew_give_the_same(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where processes cannot be forked: nothing is inherited, everything has to go through the pipe."""
    serial = lint()
    monkeypatch.setattr(pool, "_may_fork", lambda: False)
    assert lint(2) == serial


def test_changed_texts_reach_the_processes(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = {"m3.py": b"x = 1\n", "blocks.py": b"def drop(x): return x\n"}
    monkeypatch.setattr(pool, "_may_fork", lambda: False)
    results, serial = (list(runner.run(["."], lambda _: Settings(), changed=changed, jobs=jobs)) for jobs in (2, 1))
    assert [one.findings for one in results] == [one.findings for one in serial]
    assert {one.path for one in results if one.findings} == {f"m{number}.py" for number in range(10) if number != 3}


def allow_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is patched here is patched in a forked process only; pytest-xdist has threads, which would forbid it."""
    monkeypatch.setattr(pool, "_may_fork", lambda: True)


def deadly(how: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the analysis of m5.py end its process."""
    real = pool.lint_task

    def lint_task(task: Task, modules: Modules, found: None, parsed: ParsedModules) -> Linted:
        if os.path.basename(task.path) == "m5.py":
            assert callable(how)
            how()
        return real(task, modules, found, parsed)

    monkeypatch.setattr(pool, "lint_task", lint_task)
    allow_fork(monkeypatch)


def crash() -> None:
    with suppress(ValueError):
        faulthandler.disable()  # which would print where pytest stands
    os.kill(os.getpid(), signal.SIGSEGV)


@forking
@pytest.mark.parametrize(
    ("how", "words"),
    [
        (crash, "SIGSEGV"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "SIGKILL"),
        (lambda: os._exit(3), "status 3"),
    ],
    ids=["crash", "killed", "exit"],
)
def test_a_process_that_dies_costs_one_file(
    how: object, words: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serial = {one.path: one for one in lint()}
    deadly(how, monkeypatch)
    results = {one.path: one for one in lint(2)}
    (lost,) = results.pop("m5.py").diagnostics
    assert results == {path: one for path, one in serial.items() if path != "m5.py"}
    assert lost.kind == "internal-error"
    assert lost.span.path == "m5.py"
    assert "m5.py" in lost.message
    assert words in lost.message


@forking
def test_a_lost_file_makes_the_status_2(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deadly(lambda: os._exit(3), monkeypatch)
    status, out, _ = command(".", "-j2", "--output-format", "concise")
    assert status == 2
    assert b"m5.py:1:1" in out
    assert b"m4.py:4:" in out


@forking
def test_an_error_in_a_process_costs_one_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError("no such luck")

    deadly(fail, monkeypatch)
    results = {one.path: one for one in lint(2)}
    assert "OSError: no such luck" in results["m5.py"].diagnostics[0].message
    assert results["m4.py"].findings


@forking
def test_every_file_is_linted_where_no_process_can_be_started(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serial = lint()

    def fail(*_: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(pool._PoolWorker, "__init__", fail)
    assert lint(4) == serial


@forking
def test_every_file_is_linted_where_processes_die_at_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serial = lint()
    monkeypatch.setattr(child, "_serve", lambda *_: os._exit(1))
    allow_fork(monkeypatch)
    assert lint(3) == serial


@forking
def test_files_are_examined_side_by_side(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each process sees some of the files; what none of their candidates needs is not read."""
    serial = lint()
    allow_fork(monkeypatch)
    monkeypatch.setattr(pool, "_BATCH", 1)
    seen: list[tuple[str, ...]] = []
    real = Gate.take

    def take(gate: Gate, examined: Examined) -> None:
        seen.append(tuple(examined.selected))
        real(gate, examined)

    monkeypatch.setattr(Gate, "take", take)
    assert lint(3) == serial
    assert len(seen) > 3


@forking
def test_files_that_no_process_could_examine_are_linted(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serial = lint()
    allow_fork(monkeypatch)
    parent = os.getpid()
    real = Gate.examine

    def examine(gate: Gate, paths: Sequence[str]) -> Examined:
        if os.getpid() != parent and any(os.path.basename(path) in ("m5.py", "blocks.py") for path in paths):
            os._exit(3)
        return real(gate, paths)

    monkeypatch.setattr(Gate, "examine", examine)
    assert lint(3) == serial


@forking
def test_the_largest_files_come_first(project: Path) -> None:
    paths = [f"m{number}.py" for number in range(10)]
    settings = Settings()
    tasks = [Task(path, settings, environment(settings), Path(path).stat().st_size) for path in paths]
    done = [task.path for task, _ in lint_all(tasks, Modules(), None, 2)]
    assert sorted(done) == sorted(paths)
    assert {"m9.py", "m8.py"} & set(done[:3])


def test_a_few_files_are_no_work_for_many(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []

    def side_by_side(*given: Any) -> Generator[None, None, Sequence[Task]]:
        started.append(given[3])
        yield from ()
        return list(given[0])

    monkeypatch.setattr(pool, "_side_by_side", side_by_side)
    allow_fork(monkeypatch)
    lint(None)
    assert not started
    for name in ("_PAYS_FORKED", "_PAYS_STARTED", "_SHARE", "_PAYS_EXAMINED", "_BATCH"):
        monkeypatch.setattr(pool, name, 100)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    lint(None)
    assert started == [3, 3]


@forking
def test_other_threads_forbid_to_fork() -> None:
    from threading import Event, Thread

    assert sys.platform.startswith("linux")
    ended = Event()
    thread = Thread(target=ended.wait)
    thread.start()
    try:
        assert not pool._may_fork()
    finally:
        ended.set()
        thread.join()


SLOW = """
import os, sys, time
from pathlib import Path
from rnnlint.run import pool
def lint_task(task, modules, found, parsed):
    Path(f"{os.getpid()}.pid").touch()
    time.sleep(600)
pool.lint_task = lint_task
from rnnlint.cli import main
sys.argv = ["rnnlint", "check", ".", "-j2", "--no-cache"]
main()
"""


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@forking
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["interrupted", "killed"])
def test_no_process_outlives_the_run(number: signal.Signals, project: Path) -> None:
    root = Path(runner.__file__).parents[2]
    env = {**os.environ, "PYTHONPATH": str(root)}
    process = subprocess.Popen([sys.executable, "-c", SLOW], env=env, stderr=subprocess.DEVNULL)
    while len(list(project.glob("*.pid"))) < 2:
        assert process.poll() is None
        time.sleep(0.05)
    children = [int(path.stem) for path in project.glob("*.pid")]
    assert all(map(alive, children))
    process.send_signal(number)
    assert process.wait() == (130 if number == signal.SIGINT else -signal.SIGKILL)
    while any(map(alive, children)):
        time.sleep(0.05)  # the test ends when they do


@pytest.mark.parametrize("given", ["0", "-1", "many", "1.5", "٣"])
def test_the_number_of_processes_is_checked(given: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["check", str(tmp_path), "--jobs", given])
    assert result.exit_code == 2
    assert "auto" in result.output
