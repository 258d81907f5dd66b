"""Runs scripts in a Python that has imported Keras already: importing it takes four seconds, and thirty tests need it.

`python warm.py` imports Keras and then forks one process per script that it is asked for, so that each begins as if it
had just imported Keras itself. It imports nothing of rnnlint or pytest. `run` is for the tests: it starts one such
process for each Python.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")


def run(python: str, script: Path, *arguments: str, cwd: str, timeout: float, given: str = "") -> str:
    """Run a script to its end, as `python script arguments` does, and return what it wrote to its two outputs.

    `given` is its standard input, `timeout` in seconds. Raises RuntimeError where its status is not 0.
    """
    process = _started(python)
    assert process.stdin is not None
    assert process.stdout is not None
    asked = {"script": str(script), "arguments": arguments, "cwd": cwd, "timeout": timeout, "given": given}
    process.stdin.write(json.dumps(asked) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    assert line, f"{python} ended while it ran {script.name}"
    answer = json.loads(line)
    if answer["status"]:
        raise RuntimeError(f"{python} {script.name} ended with status {answer['status']}:\n{answer['said'][-4000:]}")
    return str(answer["said"])


@functools.cache
def _started(python: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [python, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
    )
    atexit.register(_end, process)
    return process


def _end(process: subprocess.Popen[str]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.wait(60)


def _child(asked: dict[str, Any], given: int, said: int) -> None:
    """Become the script. Never returns."""
    status = 1
    try:
        os.dup2(given, 0)
        os.dup2(said, 1)
        os.dup2(said, 2)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - the old one has read ahead
        os.chdir(asked["cwd"])
        sys.argv = [asked["script"], *asked["arguments"]]
        sys.path[0] = os.path.dirname(asked["script"])
        runpy.run_path(asked["script"], run_name="__main__")
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _serve() -> None:
    import keras  # noqa: F401
    import numpy  # noqa: F401, ICN001
    import tensorflow  # noqa: F401, ICN001

    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    for line in sys.stdin:
        asked = json.loads(line)
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
            given.write(asked["given"].encode())
            given.seek(0)
            child = os.fork()
            if not child:
                _child(asked, given.fileno(), said.fileno())
            status = _ended(child, time.monotonic() + asked["timeout"])
            said.seek(0)
            told = said.read().decode(errors="replace")
        answers.write(json.dumps({"status": status, "said": told}) + "\n")
        answers.flush()


def _ended(child: int, deadline: float) -> int:
    """The exit status of a child, which is killed at the deadline."""
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            deadline = float("inf")
        time.sleep(0.02)


if __name__ == "__main__":
    _serve()
