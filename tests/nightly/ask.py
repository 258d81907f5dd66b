"""Asks the worker's probes, in the Python that runs this. A script: it imports nothing of rnnlint or pytest.

    python ask.py JOBS.json ANSWERS.json

The worker is loaded as `--confirm` loads it, but without its pipes. A job may have more: "live", constructor calls of
live layers; "time", a shape for which training steps of the probe's layer are timed; and "numb", so that Keras is not
told of any GPU.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import traceback
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from unittest import mock

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
FOLDER = Path(__file__).resolve().parents[2] / "rnnlint" / "worker"


def worker() -> Any:
    """The worker's package, under its own name."""
    spec = importlib.util.spec_from_file_location(
        "_rnnlint_worker", FOLDER / "__init__.py", submodule_search_locations=[str(FOLDER)]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["_rnnlint_worker"] = package
    spec.loader.exec_module(package)
    return package


def module(name: str) -> Any:
    return importlib.import_module("_rnnlint_worker." + name)


def answer(job: Any) -> Any:
    replay = module("replay")
    try:
        context = replay.prepare(job)
        if "live" in job:
            live = [context.layer(spec) for spec in job["live"]]
            module("build").LIVE[:] = live
            before = [one.get_config() for one in live]
            answered = module("cudnn").cudnn(job, context)
            assert before == [one.get_config() for one in live]
            assert not any(one.built or one.weights for one in live)
            return answered
        if "numb" in job:
            kernels = module("cudnn").Kernels
            with mock.patch.object(kernels, "simulated_gpu", return_value=nullcontext([])):
                return module("cudnn").cudnn(job, context)
        if "time" in job:
            spec = job["layers"][str(job["probe"]["layer"])]
            return {"ms": module("timing").step_ms(context.keras, lambda: context.layer(spec), job["time"], steps=2)}
        file, function = module("main").PROBES[job["probe"]["kind"]]
        return getattr(module(file), function)(job, context)
    except Exception as error:  # noqa: BLE001
        return {"failed": "".join(traceback.format_exception_only(type(error), error)), "trace": traceback.format_exc()}


def main() -> None:
    worker()
    load = module("load")
    hello = load.find()
    load.load(hello)
    jobs, answers = map(Path, sys.argv[1:])
    found = [answer(job) for job in json.loads(jobs.read_text(encoding="utf-8"))]
    told = {"keras": hello["keras"], "backend": hello["backend"], "answers": found}
    answers.write_text(json.dumps(told, default=lambda one: one.tolist()), encoding="utf-8")


if __name__ == "__main__":
    main()
