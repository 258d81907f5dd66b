"""Drives the worker's modules without its pipes, in the Python that runs this. Imports nothing of rnnlint or pytest.

    python drive.py REQUESTS.json ANSWERS.json

A request {"job": ...} is answered as the worker would answer it. {"see": job} gives what the last node of the job puts
out, the layers made for it, and their weights. A job may have "live": constructor calls for what a builder would make.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
FOLDER = Path(__file__).resolve().parents[2] / "rnnlint" / "worker"


def module(name: str) -> Any:
    """A module of the worker, loaded as `--confirm` loads it."""
    if "_rnnlint_worker" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "_rnnlint_worker", FOLDER / "__init__.py", submodule_search_locations=[str(FOLDER)]
        )
        assert spec is not None
        assert spec.loader is not None
        package = importlib.util.module_from_spec(spec)
        sys.modules["_rnnlint_worker"] = package
        spec.loader.exec_module(package)
    return importlib.import_module("_rnnlint_worker." + name)


def see(job: Any) -> Any:
    replay = module("replay")
    try:
        context = replay.prepare(job)
        outputs = context.run(job["nodes"][-1]["id"])
    except module("failure").Failed as failed:
        return {"failed": [failed.stage, type(failed.cause).__name__, str(failed.cause), failed.layer]}
    return {
        "outputs": [context.array(one).tolist() for one in outputs],
        "shapes": [list(map(int, one.shape)) for one in outputs],
        "sizes": context.sizes,
        "layers": {key: type(one).__module__ + "." + type(one).__name__ for key, one in context.layers.items()},
        "weights": {
            key: [[getattr(one, "path", one.name), list(one.shape)] for one in layer.weights]
            for key, layer in context.layers.items()
        },
    }


def answer(request: Any) -> Any:
    job = request.get("see") or request["job"]
    if "live" in job:
        context = module("replay").Replay(job, {}, module("load").keras())
        module("build").LIVE[:] = [context.layer(spec) for spec in job["live"]]
    return see(job) if "see" in request else module("main")._answer(request)


def main() -> None:
    load = module("load")
    ready = load.load(load.find())
    given, taken = map(Path, sys.argv[1:])
    requests = json.loads(given.read_text(encoding="utf-8"))
    told = json.dumps({"ready": ready, "answers": [answer(one) for one in requests]}, default=module("main")._plain)
    taken.write_text(told, encoding="utf-8")


if __name__ == "__main__":
    main()
