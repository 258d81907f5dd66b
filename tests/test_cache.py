"""A warm run says what a cold one says, whatever happened in between to the files, to the cache, or to other runs."""

from __future__ import annotations

import errno
import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from rnnlint.cli.program import cli
from rnnlint.keras.ingredients import Ingredients
from rnnlint.prefilter.gate import Gate
from rnnlint.project.walk import Discovered, discover
from rnnlint.result import FileResult
from rnnlint.run import cache as caches
from rnnlint.run import loop as runner
from rnnlint.run import pool
from rnnlint.run.cache import FOLDER, Cache
from rnnlint.settings.resolver import Resolver
from rnnlint.settings.settings import Options
from rnnlint.source import read as reading
from tests import pages

MODEL = """import keras
from blocks.drop import drop
i = keras.Input((9, 4))
m = keras.Model(i, keras.layers.LSTM(4)(drop(i)))
"""
DROP = "from keras import layers\ndef drop(x): return layers.Dropout(.3)(x)\n"
PINNED = Options(keras_version="3.15", backend="tensorflow")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model that is built from two packages, a notebook, and files that are none of our business."""
    root = tmp_path / "project"
    write(root, "pyproject.toml", "[tool.rnnlint]\n")
    write(root, "model.py", MODEL)
    write(root, "blocks/__init__.py", "")
    write(root, "blocks/drop.py", DROP)
    write(root, "sub/other.py", "import keras\nfrom missing import drop\nx = drop(keras.layers.LSTM(3))\n")
    write(root, "book.ipynb", pages.notebook([MODEL]))
    for number in range(5):
        write(root, f"plain/p{number}.py", "import json\nprint(json.dumps(1))  # noqa: RNN101\n")
    monkeypatch.chdir(root)
    return root


def write(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")


def told(results: list[FileResult]) -> list[FileResult]:
    return [replace(one, source=None) for one in results]


def cold(options: Options = PINNED, *paths: str) -> list[FileResult]:
    return told(list(runner.run(paths or (".",), Resolver(options).settings)))


def warm(options: Options = PINNED, *paths: str, store: Cache | None = None) -> list[FileResult]:
    return told(list(runner.run(paths or (".",), Resolver(options).settings, cache=store or Cache(FOLDER))))


class Work:
    """Counts what a run does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read = self.linted = 0
        note, lint_task = Gate.note, pool.lint_task

        def counted_note(gate: Gate, path: str, holds: Ingredients | None) -> None:
            self.read += 1
            note(gate, path, holds)

        def counted_lint(*given: Any, **named: Any) -> Any:
            self.linted += 1
            return lint_task(*given, **named)

        monkeypatch.setattr(Gate, "note", counted_note)
        monkeypatch.setattr(pool, "lint_task", counted_lint)

    def of(self, task: Callable[[], object]) -> tuple[int, int]:
        self.read = self.linted = 0
        task()
        return self.read, self.linted


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    return Work(monkeypatch)


# ---------------------------------------------------------------------------------------------------------------------
# The two levels


def test_nothing_is_read_where_nothing_has_changed(project: Path, work: Work) -> None:
    expected = cold()
    assert any(one.findings for one in expected)
    files = len(expected)
    read, linted = work.of(lambda: warm() == expected or pytest.fail("the run that fills the cache differs"))
    assert read == files
    assert linted >= 2
    assert work.of(lambda: warm() == expected or pytest.fail("the warm run differs")) == (0, 0)


def test_nothing_is_analysed_again_where_something_else_has_changed(project: Path, work: Work) -> None:
    warm()
    write(project, "plain/p1.py", "x = 1\n")
    read, linted = work.of(warm)
    assert read > 0
    assert linted == 0
    assert warm() == cold()


def test_only_what_followed_a_module_is_analysed_again(project: Path, work: Work) -> None:
    write(project, "alone.py", "from keras import layers\nx = [layers.Dropout(.2), layers.LSTM(3)]\n")
    warm()
    write(project, "blocks/drop.py", DROP.replace(".3", ".35"))
    everything = work.of(cold)[1]
    assert 0 < work.of(warm)[1] < everything
    assert warm() == cold()


def test_what_is_rewritten_with_the_same_content_is_not_analysed_again(project: Path, work: Work) -> None:
    """As after a fresh checkout."""
    warm()
    for path in project.rglob("*.py"):
        path.write_bytes(path.read_bytes())
        os.utime(path, (1, 1))
    assert work.of(warm)[1] == 0


def test_other_settings_are_other_results(project: Path) -> None:
    for options in (PINNED, Options(select=("RNN102",)), Options(keras_version="2.15"), Options(ignore_noqa=True)):
        assert warm(options) == cold(options)
        assert warm(options) == cold(options)
    assert warm() == cold()


def test_other_paths_are_other_results(project: Path) -> None:
    for paths in ((".",), ("model.py",), ("model.py", "blocks"), ("blocks",), (str(project),), ("model.py",)):
        assert warm(PINNED, *paths) == cold(PINNED, *paths)
        assert warm(PINNED, *paths) == cold(PINNED, *paths)


def test_the_result_of_a_pool_is_kept(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = cold()
    assert told(list(runner.run(["."], Resolver(PINNED).settings, cache=Cache(FOLDER), jobs=3))) == expected
    work = Work(monkeypatch)  # not before: what counts cannot be sent to a process that is started anew
    assert work.of(warm) == (0, 0)
    assert warm() == expected


def test_notes_suppressed_findings_and_diagnostics_are_kept(project: Path) -> None:
    write(
        project, "quiet.py", MODEL.replace("drop(i)", "keras.layers.Dropout(.3)(i)") + "# rnnlint: file-ignore[RNN]\n"
    )
    write(project, "broken.py", MODEL + "def f(:\n")
    write(project, "unknown.py", MODEL + "m = unknown(keras.layers.Dropout(.3), keras.layers.LSTM(3))(*args)\n")
    expected = cold()
    assert any(one.suppressed for one in expected)
    assert any(one.diagnostics for one in expected)
    assert any(one.notes for one in expected)
    assert warm() == expected
    assert warm() == expected


# ---------------------------------------------------------------------------------------------------------------------
# Whatever is changed


def same_size(path: Path) -> None:
    """Another rate of the same length, and the times of before."""
    if path.exists():
        status = path.stat()
        text = path.read_text()
        path.write_text(text.replace(".3", ".8") if ".3" in text else text.replace(".8", ".3"))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def edit(path: Path, text: str) -> None:
    write(path.parent, path.name, text)


def removed(*paths: Path) -> None:
    for path in paths:
        if path.is_file() or path.is_symlink():
            path.unlink()


def linked(path: Path, target: str) -> None:
    removed(path)
    path.symlink_to(target)


def moved(path: Path, to: Path) -> None:
    if path.exists() and not to.exists():
        path.rename(to)


EDITS: dict[str, Callable[[Path], object]] = {
    "model": lambda root: edit(root / "model.py", MODEL + f"# {random.random()}\n"),
    "same size": lambda root: same_size(root / "blocks/drop.py"),
    "module": lambda root: edit(root / "blocks/drop.py", DROP.replace("(x)", "(x + 0)")),
    "module without a layer": lambda root: edit(root / "blocks/drop.py", "def drop(x): return x\n"),
    "module back": lambda root: edit(root / "blocks/drop.py", DROP),
    "package": lambda root: edit(root / "blocks/__init__.py", "from .drop import drop\n"),
    "package gone": lambda root: removed(root / "blocks/__init__.py"),
    "package elsewhere": lambda root: moved(root / "blocks", root / "away"),
    "package again": lambda root: moved(root / "away", root / "blocks"),
    "a module that was missing": lambda root: edit(root / "missing.py", DROP),
    "a nearer module": lambda root: edit(root / "sub/missing.py", DROP.replace(".3", ".4")),
    "a module in src": lambda root: edit(root / "src/missing.py", DROP.replace(".3", ".6")),
    "no such module": lambda root: removed(root / "missing.py", root / "sub/missing.py"),
    "a link": lambda root: linked(root / "missing.py", "blocks/drop.py"),
    "a link out of the project": lambda root: linked(root / "missing.py", "../outside.py"),
    "outside": lambda root: edit(root.parent / "outside.py", DROP),
    "ignored": lambda root: edit(root / ".gitignore", "drop.py\nmissing.py\n"),
    "not ignored": lambda root: removed(root / ".gitignore"),
    "settings": lambda root: edit(root / "pyproject.toml", "[tool.rnnlint]\nignore = ['RNN102']\n"),
    "ignores": lambda root: edit(
        root / "pyproject.toml", "[tool.rnnlint.per-file-ignores]\n'blocks/**' = ['RNN102']\n"
    ),
    "settings back": lambda root: edit(root / "pyproject.toml", "[tool.rnnlint]\n"),
    "settings below": lambda root: edit(root / "blocks/pyproject.toml", "[tool.rnnlint]\nselect = ['RNN101']\n"),
    "pins": lambda root: edit(root / "requirements.txt", "keras==3.15.0\n"),
    "other pins": lambda root: edit(root / "requirements.txt", "-r more.txt\nkeras==2.3.1\n"),
    "pins below": lambda root: edit(root / "blocks/requirements.txt", "tensorflow==2.15\n"),
    "included pins": lambda root: edit(root / "more.txt", "keras==2.4.3\ntensorflow==2.4\n"),
    "no pins": lambda root: removed(root / "requirements.txt", root / "blocks/requirements.txt"),
    "repository": lambda root: (root / ".git").mkdir(exist_ok=True),
    "comment": lambda root: edit(root / "blocks/drop.py", DROP.replace("\ndef", "\n# rnnlint: ignore\ndef")),
    "unused comment": lambda root: edit(root / "plain/p2.py", "x = 1  # rnnlint: ignore[RNN101]\n"),
    "notebook": lambda root: edit(root / "book.ipynb", pages.notebook(["x = 1", MODEL])),
    "touched": lambda root: os.utime(root / "model.py"),
    "a new file": lambda root: edit(root / "plain/new.py", MODEL.replace("blocks.", "away.")),
    "broken": lambda root: edit(root / "model.py", MODEL + "x = (\n"),
    "gone": lambda root: removed(root / "plain/new.py"),
    "no closer": lambda root: removed(root / "blocks/pyproject.toml"),
}


@pytest.mark.parametrize("options", [PINNED, Options()], ids=["pinned", "auto"])
@pytest.mark.parametrize("name", EDITS)
def test_every_edit_is_seen(name: str, options: Options, project: Path) -> None:
    for paths in ((".",), ("model.py", "sub")):
        warm(options, *paths)
    EDITS[name](project)
    for paths in ((".",), ("model.py", "sub")):
        expected = cold(options, *paths)
        assert warm(options, *paths) == expected
        assert warm(options, *paths) == expected


@pytest.mark.parametrize("seed", range(3))
def test_every_row_of_edits_is_seen(seed: int, project: Path) -> None:
    """In any order, with several at once."""
    chance = random.Random(seed)
    for _ in range(8):
        for name in chance.choices(list(EDITS), k=chance.randint(1, 3)):
            EDITS[name](project)
        options = chance.choice([PINNED, Options()])
        paths = chance.choice([("model.py", "sub"), (".",)])
        expected = cold(options, *paths)
        assert warm(options, *paths) == expected
        assert warm(options, *paths) == expected


def test_what_changes_within_the_grain_of_the_clock_is_seen(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a file system that counts in units of two seconds, and without inodes."""

    def coarse(*given: Any) -> Discovered:
        found = discover(*given)
        for path, (one, link) in found.stats.items():
            times = {
                name: getattr(one, name) // 2_000_000_000 * 2_000_000_000 for name in ("st_mtime_ns", "st_ctime_ns")
            }
            look: Any = SimpleNamespace(st_size=one.st_size, st_ino=0, **times)
            found.stats[path] = look, link
        return found

    monkeypatch.setattr(runner, "discover", coarse)
    for number in range(10):
        write(
            project, "alone.py", f"from keras import layers\nx = [layers.Dropout(.{number + 1:02}), layers.LSTM(3)]\n"
        )
        expected = cold()
        assert warm() == expected
        assert warm() == expected


def test_old_files_are_known_by_their_status_alone(project: Path, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "time", SimpleNamespace(time_ns=lambda: time.time_ns() + 3_600_000_000_000))
    expected = warm(Options())
    read = reading.read_bytes
    monkeypatch.setattr(reading, "read_bytes", lambda path: read(path) if path.endswith("toml") else pytest.fail(path))
    assert work.of(lambda: warm(Options()) == expected or pytest.fail("the warm run differs")) == (0, 0)


def test_a_file_that_changes_during_the_run_is_not_mistaken(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Gate.maybe

    def maybe(gate: Gate) -> list[str]:
        found = real(gate)
        write(project, "blocks/drop.py", DROP.replace(".3", ".7"))
        write(project, "model.py", MODEL.replace("LSTM(4)", "LSTM(5)"))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Gate, "maybe", maybe)
        warm()
    assert warm() == cold()


# ---------------------------------------------------------------------------------------------------------------------
# Whatever happens to the cache


def entries() -> Path:
    return Path(FOLDER, "results")


@pytest.mark.parametrize("seed", range(6))
def test_garbage_is_a_cold_run(seed: int, project: Path) -> None:
    expected = cold()
    warm()
    data = bytearray(entries().read_bytes())
    chance = random.Random(seed)
    if seed == 0:
        data = bytearray(chance.randbytes(10_000))
    elif seed == 1:
        data = data[: len(data) // 2]
    else:
        for _ in range(30):
            data[chance.randrange(len(data))] = chance.randrange(256)
    entries().write_bytes(data)
    assert warm() == expected
    assert warm() == expected


def crafted(change: Callable[[Any], Any]) -> None:
    """Change what is kept, with the right checksums."""
    lines = []
    for line in entries().read_text().splitlines():
        key, _, text = line.split(" ", 2)
        text = json.dumps(change(json.loads(text)))
        lines.append(f"{key} {caches._digest(text.encode())} {text}\n")
    entries().write_text("".join(lines))


def places(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(places, inner))


def with_odd(value: Any, at: list[int], odd: Any) -> Any:
    """The same value, but for something odd at one place."""
    at[0] -= 1
    if at[0] == 0:
        return odd
    if isinstance(value, dict):
        return {key: with_odd(one, at, odd) for key, one in value.items()}
    return [with_odd(one, at, odd) for one in value] if isinstance(value, list) else value


ODD: list[Any] = [
    None,
    True,
    -1,
    10**30,
    1.5,
    "x",
    "/etc/passwd",
    [],
    [[]],
    ["Span"],
    ["Finding", 1],
    {},
    {"path": "x"},
    ["os.system"],
]


@pytest.mark.parametrize("seed", range(5))
def test_crafted_entries_are_refused_or_harmless(seed: int, project: Path) -> None:
    """Nothing of another type comes through, and no place in a file that the run knows nothing of."""
    warm()
    kept = entries().read_text()
    chance = random.Random(seed)
    paths = {one.path for one in cold()}
    for _ in range(15):
        odd = chance.choice(ODD)
        crafted(lambda value: with_odd(value, [chance.randint(1, places(value))], odd))  # noqa: B023
        for result in warm(store=Unwritten(FOLDER)):
            assert isinstance(result, FileResult)
            for finding in result.findings:
                assert finding.span.path in paths
                assert isinstance(finding.message, str)
                assert 0 <= finding.span.row < 10**8
                assert all(one.span.path in paths for one in finding.related)
        entries().write_text(kept)


class Unwritten(Cache):
    def write(self) -> None:
        """Leave the file as it is."""


def test_another_version_is_a_cold_run(project: Path, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = work.of(warm)
    version = caches._version()
    with monkeypatch.context() as patch:
        patch.setattr(caches, "_version", lambda: version + "x")
        assert work.of(warm) == expected
        assert work.of(warm) == (0, 0)
    assert work.of(warm) == (0, 0)
    assert warm() == cold()


@pytest.mark.parametrize("code", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_a_disk_that_takes_nothing_is_a_cold_run(code: int, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def fail(path: Any, flags: int, *more: Any, **named: Any) -> int:
        if FOLDER in str(path) and flags & os.O_CREAT:
            raise OSError(code, os.strerror(code))
        return real(path, flags, *more, **named)

    monkeypatch.setattr(os, "open", fail)
    store = Cache(FOLDER)
    assert warm(store=store) == cold()
    assert os.strerror(code) in store.problem
    quiet = CliRunner().invoke(cli, ["check", "model.py"])
    loud = CliRunner().invoke(cli, ["check", "model.py", "-v"])
    assert "cache" not in quiet.stderr
    assert f"is not written: {os.strerror(code)}" in loud.stderr
    assert quiet.stdout == loud.stdout


def test_a_full_disk_leaves_what_was_there(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warm()
    before = entries().read_bytes()
    write(project, "model.py", MODEL + "\n")

    def full(*_: object) -> list[bytes]:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(caches, "_bounded", full)
    assert warm() == cold()
    assert entries().read_bytes() == before
    assert sorted(os.listdir(FOLDER)) == [".gitignore", "CACHEDIR.TAG", "results"]


def test_a_file_in_the_place_of_the_folder(project: Path) -> None:
    Path(FOLDER).write_text("mine")
    store = Cache(FOLDER)
    assert warm(store=store) == cold()
    assert store.problem
    assert Path(FOLDER).read_text() == "mine"


@pytest.mark.skipif(sys.platform == "win32", reason="no links without rights")
def test_the_folder_of_a_project_does_not_lead_elsewhere(project: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    Path(FOLDER).symlink_to(elsewhere)
    assert warm() == cold()
    assert not list(elsewhere.iterdir())
    # One that was named may be a link.
    store = Cache(str(project / FOLDER), named=True)
    assert warm(store=store) == cold()
    assert (elsewhere / "results").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
@pytest.mark.parametrize("kind", ["fifo", "folder", "link"])
def test_what_is_no_file_is_passed_over(kind: str, project: Path, tmp_path: Path) -> None:
    Path(FOLDER).mkdir()
    (tmp_path / "secret").write_text("secret")
    if kind == "fifo":
        os.mkfifo(entries())
    elif kind == "folder":
        entries().mkdir()
    else:
        entries().symlink_to(tmp_path / "secret")
    assert warm() == cold()
    assert (tmp_path / "secret").read_text() == "secret"


CRASH = """
import os, sys
from rnnlint.run import cache
def replace(*_): os.kill(os.getpid(), 9)
os.replace = replace
from rnnlint.cli import main
sys.argv = ["rnnlint", "check", "."]
main()
"""


def run_python(*arguments: str) -> subprocess.Popen[bytes]:
    root = Path(runner.__file__).parents[2]
    env = {**os.environ, "PYTHONPATH": str(root), "COVERAGE_PROCESS_START": ""}
    return subprocess.Popen([sys.executable, *arguments], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_crash_in_the_middle_of_writing(project: Path) -> None:
    warm()
    before = entries().read_bytes()
    write(project, "model.py", MODEL + "\n")
    crash = run_python("-c", CRASH)
    crash.communicate()
    assert crash.returncode == -9
    assert entries().read_bytes() == before
    (left,) = Path(FOLDER).glob("results.*")
    assert warm() == cold()
    assert left.exists(), "it may be another run's, just being written"
    os.utime(left, (1, 1))
    write(project, "model.py", MODEL + "\n\n")
    warm()
    assert not left.exists()


def test_runs_at_the_same_time(project: Path) -> None:
    """Each says what it says alone, and leaves a cache that the next one can use."""
    for number in range(4):
        write(project, f"more{number}/model.py", MODEL)
    commands = [["-m", "rnnlint", "check", "-q", "-j1", f"more{number}", "model.py"] for number in range(4)]
    expected = [CliRunner().invoke(cli, [*command[2:], "--no-cache"]).stdout_bytes for command in commands]
    for _ in range(2):
        running = [run_python(*command) for command in commands]
        assert [one.communicate() for one in running] == [(text, b"") for text in expected]
    for line in entries().read_text().splitlines():
        _, check, text = line.split(" ", 2)
        assert check == caches._digest(text.encode())
    assert warm() == cold()


def test_it_does_not_grow_without_end(project: Path, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    warm()
    most = len(entries().read_bytes()) + 1000
    monkeypatch.setattr(caches, "_MOST_BYTES", most)
    for number in range(5):
        write(project, "model.py", MODEL + "#\n" * number)
        write(project, f"sub/n{number}.py", MODEL)
        warm()
        assert len(entries().read_bytes()) <= most
    assert work.of(warm) == (0, 0)  # the last ones stay
    monkeypatch.setattr(caches, "_MOST_ENTRIES", 1)
    write(project, "model.py", MODEL)
    warm()
    assert len(entries().read_text().splitlines()) == 1


# ---------------------------------------------------------------------------------------------------------------------
# On the command line


def check(*arguments: str, **env: str) -> str:
    return CliRunner(env=env).invoke(cli, ["check", *arguments]).stdout


def test_it_lies_in_the_project_and_out_of_the_way(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "sub")
    check("..")
    assert not Path(FOLDER).exists()
    assert (project / FOLDER / ".gitignore").read_text() == "*\n"
    assert (project / FOLDER / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55\n")


def test_where_it_lies_can_be_said(project: Path, tmp_path: Path) -> None:
    check(RNNLINT_CACHE_DIR=str(tmp_path / "a/b"))
    assert (tmp_path / "a/b/results").exists()
    check("--cache-dir", str(tmp_path / "c"), RNNLINT_CACHE_DIR=str(tmp_path / "d"))
    assert (tmp_path / "c/results").exists()
    assert not (tmp_path / "d").exists()
    assert not Path(FOLDER).exists()


@pytest.mark.parametrize("options", [("--no-cache",), ("-n",), ("--diff",), ("--fix-only",), ("--add-noqa",)])
def test_what_is_written_into_files_does_not_come_from_it(options: tuple[str, ...], project: Path) -> None:
    check(*options)
    assert not Path(FOLDER).exists()


def test_what_comes_through_a_pipe_is_not_kept(project: Path) -> None:
    result = CliRunner().invoke(cli, ["check", "-"], input=MODEL)
    assert result.exit_code in (0, 1)
    assert not Path(FOLDER).exists()


@pytest.mark.parametrize("form", ["full", "concise", "json", "sarif", "gitlab", "junit", "rdjson", "github"])
def test_the_output_is_the_same_byte_for_byte(form: str, project: Path) -> None:
    expected = check("--no-cache", "--output-format", form)
    # JUnit says when it was.
    outputs = [re.sub(r' timestamp="[^"]*"', "", check("--output-format", form)) for _ in range(3)]
    assert outputs == [re.sub(r' timestamp="[^"]*"', "", expected)] * 3
