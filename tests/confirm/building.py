"""Runs build requests one after the other in the Python that runs this. Imports nothing of rnnlint or pytest.

    python building.py REQUESTS.json ANSWERS.json

Each answer is the worker's, with what the process looked like afterwards.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[2]))

from tests.confirm.drive import module


def state() -> list[Any]:
    keras = module("load").keras()
    return [
        os.getcwd(),
        [getattr(sys, name, None) is getattr(sys, f"__{name}__") for name in ("stdin", "stdout", "stderr")],
        sys.argv,
        [str(signal.getsignal(one)) for one in (signal.SIGTERM, signal.SIGALRM)],
        keras.backend.floatx(),
        str(getattr(keras.mixed_precision, "global_policy", getattr(keras, "dtype_policies", None))),
        keras.layers.Dense(1).compute_dtype,
        "RNNLINT_TEST" in os.environ,
        sys.gettrace() is None,
    ]


def main() -> None:
    load, worker = module("load"), module("main")
    load.load(load.find())
    given, taken = map(Path, sys.argv[1:])
    before = state()
    answers = []
    for request in json.loads(given.read_text(encoding="utf-8")):
        answer = worker._answer({"build": request})
        after = state()
        changed = [[old, new] for old, new in zip(before, after) if old != new]  # noqa: B905
        answers.append({**answer, "changed": changed})
    taken.write_text(json.dumps(answers), encoding="utf-8")
    # Threads and processes that builders left behind end with this one; a forked one may hang in TensorFlow for good.
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    main()
