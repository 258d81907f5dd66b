"""The worker's process as its parent sees it: what it costs when the worker hangs, dies, prints, forks or lies."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rnnlint.confirm.installed import InstalledKeras
from rnnlint.confirm.process import TAIL
from rnnlint.confirm.session import BuildError, ConfirmError, Session, unverified
from rnnlint.findings import Finding, Plan, Probe, Verdict
from rnnlint.graph import Span
from rnnlint.keras.versions import KerasTargets, parse_keras_version
from rnnlint.worker import load
from tests.confirm import fakes
from tests.confirm.confirming import LIMITS

OFF = {"call": {"ok": True}, "off": True, "zero": False, "share": None}
KEPT = {"call": {"ok": True}, "off": False, "zero": False, "share": [20, 100]}
# Far more than any of these takes on a busy machine.
PATIENCE = 60.0

Start = Callable[..., Session]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts sessions with a worker of `fakes`, and ends them."""
    monkeypatch.chdir(tmp_path)
    started: list[Session] = []

    def begin(code: str = fakes.GOOD, **limits: float) -> Session:
        started.append(Session(fakes.python(tmp_path, code), limits=replace(LIMITS, **limits)))
        return started[-1]

    yield begin
    for session in started:
        session.close()


def finding(do: str = "", see: dict[str, Any] = OFF, **more: Any) -> Finding:
    job = {"do": do, "see": see, "layers": {"0": {"class": "keras.layers.LSTM", "origin": "keras"}}, **more}
    probe = Probe("rate", 0, ("off",), argument="dropout")
    return Finding("RNN301", "invalid-rate", "wrong", Span("a.py", 1, 1, 1, 2), probe=probe, plan=Plan(job))


def verdicts(session: Session, *findings: Finding) -> list[Verdict]:
    found = [one.verdict for one in session.confirm(findings)]
    assert len(found) == len(findings)
    return [one for one in found if one is not None]


def gone(pid: int) -> bool:
    """Whether a process ends, which may take a moment. One that nobody waits for stays as a zombie."""
    for _ in range(int(PATIENCE * 20)):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


# ---------------------------------------------------------------------------------------------------------------------
# A worker that does what it should


def test_verdicts_come_with_the_keras_that_was_asked(start: Start) -> None:
    session = start()
    assert session.found.env() == KerasTargets(frozenset({(3, 15)}), frozenset({"tensorflow"}))
    confirmed, refuted, planless = verdicts(
        session, finding(), finding(see=KEPT), Finding("RNN301", "invalid-rate", "wrong", Span("a.py", 1, 1, 1, 2))
    )
    assert (confirmed.status, confirmed.keras, confirmed.backend) == ("confirmed", "3.15.1", "tensorflow")
    assert (refuted.status, planless.status) == ("refuted", "unverified")


def test_a_plan_with_an_obstacle_asks_nothing(start: Start) -> None:
    blocked = Finding(
        "RNN301",
        "x",
        "x",
        Span("a.py", 1, 1, 1, 2),
        probe=Probe("rate", 0, ("off",)),
        plan=Plan(obstacle="make_block, line 3"),
    )
    (verdict,) = verdicts(start("hello(); ready()"), blocked)
    assert (verdict.status, verdict.evidence) == ("unverified", "make_block, line 3")


def test_what_no_run_can_show_has_no_verdict(start: Start) -> None:
    comment = Finding("RNN900", "unused-suppression", "suppresses nothing", Span("a.py", 1, 1, 1, 2))
    assert list(start("hello(); ready()").confirm([comment])) == [comment]
    assert unverified(comment, "no Keras") == comment


def test_the_same_job_is_run_once(start: Start, tmp_path: Path) -> None:
    count = "open('count', 'a').write('x')"
    assert {one.status for one in verdicts(start(), *[finding(count)] * 5)} == {"confirmed"}
    assert (tmp_path / "count").read_text() == "x"


def test_a_plan_that_is_no_json_costs_itself(start: Start) -> None:
    wrong, right = verdicts(start(), finding(value=3j), finding())
    assert wrong.evidence.startswith("rnnlint planned what cannot be sent: ")
    assert (wrong.status, right.status) == ("unverified", "confirmed")


def test_jobs_carry_draws_and_a_seed(start: Start, tmp_path: Path) -> None:
    verdicts(start(), finding("json.dump(job, open('job', 'w'))"))
    job = json.loads((tmp_path / "job").read_text())
    assert job["draws"] == 256
    assert {"id", "seed"} <= job.keys()


# ---------------------------------------------------------------------------------------------------------------------
# A worker that does not


LOST = {
    "exit": ("sys.exit(3)", "it ended with status 3"),
    "last words": ("sys.exit('first\\nno more room')", "it ended with status 1: no more room"),
    "killed": ("os.kill(os.getpid(), signal.SIGKILL)", "it was killed by SIGKILL"),
    "aborted": ("os.abort()", "it was killed by SIGABRT"),
    "garbage": ("answers.write('}{\\n'); answers.flush()", "its answer is malformed"),
    "no object": ("say([1])", "its answer is malformed"),
    "another answer": ("say({'id': 999, 'observed': {}})", "its answer is malformed"),
    "closed": ("os.closerange(3, 999); time.sleep(1e6)", "it closed its pipe"),
    "closed with a child": ("os.fork() or time.sleep(1e6); os._exit(4)", "it ended with status 4"),
}


@pytest.mark.parametrize(("do", "told"), LOST.values(), ids=LOST.keys())
def test_a_lost_worker_costs_one_verdict(start: Start, do: str, told: str) -> None:
    before, lost, after = verdicts(start(), finding(), finding(do), finding("1"))
    assert (before.status, lost.status, after.status) == ("confirmed", "unverified", "confirmed")
    assert lost.evidence == f"the worker died on this model: {told}"


def test_a_model_that_hangs_costs_its_time(start: Start, tmp_path: Path) -> None:
    hang = "open('pid', 'w').write(str(os.getpid())); signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass"
    lost, after = verdicts(start(seconds=3.0), finding(hang), finding())
    assert lost.evidence == "the model took longer than 3 s; --confirm-timeout sets the limit"
    assert after.status == "confirmed"
    assert gone(int((tmp_path / "pid").read_text()))


def test_a_model_that_takes_too_much_memory(start: Start) -> None:
    hog = "hog = b'x' * (512 << 20); time.sleep(1e6)"
    lost, after = verdicts(start(memory=0.25), finding(hog), finding())
    assert "--confirm-memory" in lost.evidence
    assert (lost.status, after.status) == ("unverified", "confirmed")


def test_what_is_printed_neither_blocks_nor_stays(start: Start) -> None:
    session = start()
    flood = "for _ in range(512): os.write(1, bytes(1 << 20)); os.write(2, bytes(1 << 20))"
    (verdict,) = verdicts(session, finding(flood))
    assert verdict.status == "confirmed"
    assert all(len(worker._tail) <= TAIL for worker in session._workers.values())


def test_what_a_worker_started_ends_with_it(start: Start, tmp_path: Path) -> None:
    # Written before anybody waits for it: the parent goes on once there is an answer.
    fork = "child = os.fork()\nif not child: time.sleep(1e6)\nopen('pid', 'w').write(str(child))"
    session = start()
    assert verdicts(session, finding(fork))[0].status == "confirmed"
    session.close()
    assert gone(int((tmp_path / "pid").read_text()))


def test_nothing_to_read_and_no_terminal(start: Start) -> None:
    asks = "assert sys.stdin.read() == ''\ntry: open('/dev/tty')\nexcept OSError: pass\nelse: sys.exit('a terminal')"
    assert verdicts(start(), finding(asks))[0].status == "confirmed"


@pytest.mark.parametrize(
    ("target", "do", "told"),
    [
        ("a:make", "1", "no model"),
        (
            "a:make",
            "os._exit(3)",
            "the worker died on it: it ended with status 3; let --build call a function that only",
        ),
    ],
)
def test_a_builder_that_fails_costs_itself(start: Start, target: str, do: str, told: str) -> None:
    session = start()
    with pytest.raises(BuildError) as caught:
        session.build(target, {"do": do})
    assert str(caught.value).startswith(told)
    assert verdicts(session, finding())[0].status == "confirmed"


# ---------------------------------------------------------------------------------------------------------------------
# No worker at all


@pytest.mark.parametrize(
    ("code", "told"),
    {
        "sys.exit()": "does not run the worker: it ended with status 0",
        "sys.exit('no such option -c')": "does not run the worker: it ended with status 1: no such option -c",
        "print('3.11.2', file=answers, flush=True)": "does not run the worker: its answer is malformed",
        "say({'hello': None})": "does not run the worker: its answer is malformed",
        "say({'hello': {}})": "has a Keras that rnnlint does not know: 'package'",
        "hello(keras='1.2')": "has a Keras that rnnlint does not know: Keras version '1.2'",
        "say({'fatal': 'no-keras', 'message': 'has no Keras'})": "has no Keras; `pip install 'rnnlint[runtime]'`",
    }.items(),
)
def test_no_python_with_keras(start: Start, tmp_path: Path, code: str, told: str) -> None:
    session = start(code)
    with pytest.raises(ConfirmError) as caught:
        session.found  # noqa: B018
    assert str(caught.value).startswith(f"nothing is confirmed: {tmp_path}/python {told}")
    assert "\n" not in str(caught.value)
    assert "--python" in str(caught.value)


@pytest.mark.parametrize("name", ["missing", "folder", "text"])
def test_no_python_at_all(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("x")
    with pytest.raises(ConfirmError, match=f"{name} cannot be run: .*; name a Python that has Keras by --python"):
        Session(str(tmp_path / name), limits=LIMITS)


def test_a_python_without_keras(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    python.chmod(0o755)
    session = Session(str(python), limits=LIMITS)
    with pytest.raises(
        ConfirmError, match="python has no Keras; `pip install 'rnnlint\\[runtime\\]'`, or name a Python"
    ):
        session.found  # noqa: B018


def test_a_keras_that_cannot_be_imported_is_tried_once(start: Start, tmp_path: Path) -> None:
    code = "hello(); open('starts', 'a').write('x'); say({'fatal': 'import', 'message': 'cannot import its Keras: x'})"
    session = start(code)
    first, second = verdicts(session, finding("1"), finding("2"))
    assert first == second
    assert (first.status, first.evidence) == ("unverified", f"{tmp_path}/python cannot import its Keras: x")
    assert [str(one) for one in session.useless.values()] == [
        f"nothing is confirmed: {first.evidence}; mend that installation, or name a Python that has Keras by --python"
    ]
    assert (tmp_path / "starts").read_text() == "x"


def test_a_worker_that_dies_while_it_loads_is_tried_twice(start: Start, tmp_path: Path) -> None:
    session = start("hello(); open('starts', 'a').write('x'); sys.exit(7)")
    found = verdicts(session, *[finding(str(number)) for number in range(5)])
    assert {one.evidence for one in found} == {f"{tmp_path}/python does not run the worker: it ended with status 7"}
    assert (tmp_path / "starts").read_text() == "xx"


# ---------------------------------------------------------------------------------------------------------------------
# The worker itself, under a Keras that is none


def stand_in(folder: Path, text: str = "", version: str = "3.15.1") -> None:
    """A package `keras` with metadata, on a backend that needs nothing."""
    for package in ("keras", "jax"):
        (folder / package).mkdir()
    backend = f"class backend:\n    backend = staticmethod(lambda: 'jax')\n__version__ = {version!r}\n"
    (folder / "keras" / "__init__.py").write_text(backend + text)
    (folder / "jax" / "__init__.py").write_text("default_backend = lambda: 'cpu'\n")
    (folder / "keras-3.15.1.dist-info").mkdir()
    (folder / "keras-3.15.1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: keras\nVersion: 3.15.1\n")


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A Python that has `tmp_path` and the standard library."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    python.chmod(0o755)
    return str(python)


def test_the_worker_answers(bare: str, tmp_path: Path) -> None:
    stand_in(tmp_path, "print('what Keras prints')")
    session = Session(bare, limits=LIMITS)
    try:
        assert session.found == InstalledKeras(bare, "keras", "jax", {"keras": "3.15.1", "tf_keras": None})
        # It knows no such kind; with one it would import NumPy.
        (verdict,) = verdicts(session, finding(probe={"kind": "nonsense"}))
        assert verdict.evidence == "the model could not be observed: KeyError: 'nonsense'"
    finally:
        session.close()


def test_the_current_folder_is_not_imported(bare: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path)
    here = tmp_path / "here"
    here.mkdir()
    for name in ("keras", "json", "importlib", "resource", "queue"):
        (here / f"{name}.py").write_text("raise SystemExit(9)\n")
    monkeypatch.chdir(here)
    session = Session(bare, limits=LIMITS)
    try:
        (verdict,) = verdicts(session, finding(probe={"kind": "nonsense"}))
        assert "KeyError" in verdict.evidence
    finally:
        session.close()


def test_another_keras_than_the_metadata_says(bare: str, tmp_path: Path) -> None:
    stand_in(tmp_path, version="3.6.0")
    session = Session(bare, limits=LIMITS)
    try:
        (verdict,) = verdicts(session, finding())
        assert verdict.evidence == f"{bare} has Keras 3.15.1 on jax by its metadata, but imports Keras 3.6.0 on jax"
    finally:
        session.close()


ORPHAN = """
import os, sys, time
from rnnlint.confirm.process import Limits
from rnnlint.confirm.session import Session
session = Session(sys.argv[1], limits=Limits(60.0, 8.0))
session.found
print("started", flush=True)
session._worker("keras")
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_orphan(bare: str, tmp_path: Path, end: signal.Signals) -> None:
    """However the parent goes, the worker and what it started go with it."""
    stand_in(
        tmp_path,
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(1e6)'])\n"
        "open('pids.new', 'w').write(f'{os.getpid()} {child.pid}')\n"
        "os.rename('pids.new', 'pids')\n"
        "time.sleep(1e6)\n",
    )
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(root)])}
    with subprocess.Popen(
        [sys.executable, "-c", ORPHAN, bare], cwd=tmp_path, env=environment, stdout=-1, stderr=-1
    ) as parent:
        while not (tmp_path / "pids").exists() and parent.poll() is None:
            time.sleep(0.05)
        pids = [int(one) for one in (tmp_path / "pids").read_text().split()]
        parent.send_signal(end)
        parent.communicate(timeout=PATIENCE)
    assert all(gone(pid) for pid in pids)


# ---------------------------------------------------------------------------------------------------------------------
# Which Keras it is


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Pretends that this Python has these distributions, and nothing else."""
    monkeypatch.setattr(os, "environ", {"KERAS_HOME": str(tmp_path), "HOME": str(tmp_path)})

    def pretend(**versions: str) -> None:
        def version(name: str) -> str:
            try:
                return versions[name.replace("-", "_")]
            except KeyError:
                raise importlib.metadata.PackageNotFoundError(name) from None

        monkeypatch.setattr(importlib.metadata, "version", version)
        monkeypatch.setattr(importlib.util, "find_spec", versions.get)

    return pretend


def test_tensorflow_with_keras_3(installed: Callable[..., None]) -> None:
    installed(keras="3.15.1", tensorflow="2.21.0", jax="0.7")
    hello = load.find()
    assert (hello["package"], hello["keras"], hello["backend"], hello["legacy"]) == (
        "keras",
        "3.15.1",
        "tensorflow",
        False,
    )
    assert os.environ["KERAS_BACKEND"] == "tensorflow"
    assert load.find(backend="jax")["backend"] == "jax"


def test_legacy_keras(installed: Callable[..., None]) -> None:
    installed(keras="3.15.1", tensorflow="2.21.0", tf_keras="2.21.0")
    assert load.find()["package"] == "keras"
    assert load.find("tf_keras")["keras"] == "2.21.0"
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    hello = load.find(backend="jax")
    assert (hello["package"], hello["keras"], hello["backend"], hello["legacy"]) == (
        "tf_keras", "2.21.0", "tensorflow", True,
    )  # fmt: skip
    assert load.find("keras")["keras"] == "3.15.1"
    os.environ["TF_USE_LEGACY_KERAS"] = "0"
    assert load.find()["package"] == "keras"


def test_legacy_keras_that_is_not_installed(installed: Callable[..., None]) -> None:
    installed(keras="3.15.1", tensorflow="2.21.0")
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    assert load.find()["package"] == "keras"
    with pytest.raises(load.MissingError, match="has no tf_keras"):
        load.find("tf_keras")


def test_keras_2_has_one_backend(installed: Callable[..., None]) -> None:
    installed(keras="2.15.0", tensorflow="2.15.1", jax="0.4")
    os.environ["KERAS_BACKEND"] = "jax"
    assert load.find(backend="jax")["backend"] == "tensorflow"


def test_the_backend(installed: Callable[..., None], tmp_path: Path) -> None:
    installed(keras="3.15.1", jax="0.7", torch="2.13")
    # What Keras writes there by itself is nobody's choice.
    (tmp_path / "keras.json").write_text('{"backend": "tensorflow"}')
    assert load.find()["backend"] == "jax"
    (tmp_path / "keras.json").write_text('{"backend": "torch"}')
    os.environ.pop("KERAS_BACKEND")
    assert load.find()["backend"] == "torch"
    (tmp_path / "keras.json").write_text('["no object"]')
    os.environ["KERAS_BACKEND"] = "jax"
    assert load.find()["backend"] == "jax"
    assert load.find(backend="torch")["backend"] == "torch"
    with pytest.raises(load.MissingError, match=r"has Keras 3\.15\.1, but not its backend tensorflow") as caught:
        load.find(backend="tensorflow")
    assert caught.value.kind == "no-backend"


def test_no_keras(installed: Callable[..., None]) -> None:
    installed(tensorflow="2.4.0")
    with pytest.raises(load.MissingError, match="has no Keras"):
        load.find()


def found(package: str = "keras", backend: str = "tensorflow", **versions: str | None) -> InstalledKeras:
    return InstalledKeras("python", package, backend, {"keras": "3.15.1", "tf_keras": None, **versions})


def test_what_was_found_is_what_code_runs_on() -> None:
    assert found().env().pairs == {((3, 15), "tensorflow")}
    assert found(keras="3.99.0").env().versions == {(3, 15)}
    assert found(keras="2.15.0").env().pairs == {((2, 15), "tensorflow")}
    legacy = found("tf_keras", tf_keras="2.21.0")
    assert legacy.env().versions == {(2, 15)}
    assert legacy.env(standalone=True).versions == {(3, 15)}


@pytest.mark.parametrize(
    ("which", "version", "backend", "origin", "told"),
    [
        (found(), "3.15", "tensorflow", "keras", ""),
        (found(), ">=3.4,<4", "tensorflow", "tensorflow.keras", ""),
        (found(), "2.15", "tensorflow", "keras",
         "the code is for Keras 2.15, but python has Keras 3.15.1 on tensorflow; run with --python PATH"),
        (found(), "3.15", "jax", "keras",
         "the code is for Keras 3.15 on jax, but python has Keras 3.15.1 on tensorflow; run with --backend jax"),
        (found(), "3.15", "tensorflow", "tf_keras", "python has no tf_keras; --python names one that has it"),
        (found(tf_keras="2.21.0"), "3.15", "tensorflow", "tf_keras", ""),
        (found("tf_keras", tf_keras="2.21.0"), "2.15", "tensorflow", "tensorflow.keras", ""),
        (found(keras="2.15.0"), "2.15", "jax", "keras", ""),
    ],
)  # fmt: skip
def test_another_keras_than_the_code_is_for(
    which: InstalledKeras, version: str, backend: str, origin: str, told: str
) -> None:
    env = KerasTargets(parse_keras_version(version), frozenset({backend}))
    assert which.obstacle(env, origin) == told
