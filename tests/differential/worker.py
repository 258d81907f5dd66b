"""Runs under a Python with Keras: executes generated sources and describes the models that they build.

One request per line on stdin, `{"source": "..."}`; one answer per line on stdout: `{"graph": ...}` with the models that
the source constructed, or `{"refused": "..."}` where Keras (or the source) raised. What a model consists of is read off
Keras' own account by the worker's recorder, never off rnnlint.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import traceback
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras

FILENAME = "<generated>"
FOLDER = Path(__file__).resolve().parents[2] / "rnnlint" / "worker"


def module(name: str) -> Any:
    """A module of the worker; rnnlint itself may be missing under this Python."""
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


def summaries(recorder: Any) -> Iterator[dict[str, Any]]:
    """Of each model that the source constructs what its `summary()` lists: class and shapes of the outputs.

    Shapes of a layer that was called several times, with different results, are left out: Keras 2 says "multiple".
    """
    for made in recorder.order:
        model = made.object
        if isinstance(model, keras.Model) and made.direct and made.place is not None:
            functional = not isinstance(model, keras.Sequential) and recorder.keras.inside(model) is not None
            layers = getattr(model, "_operations", None) if functional else None
            rows = [(type(one).__name__, _shapes(one)) for one in layers or model.layers]
            yield {"place": made.place[1:], "class": type(model).__name__, "functional": functional, "rows": rows}


def _shapes(layer: Any) -> Any:
    structures = module("structures")
    found = [[structures.shape_of(one) for one in structures.flat(node.outputs)] for node in layer._inbound_nodes]
    return found[-1] if found and all(one == found[0] for one in found) else None


def describe(source: str) -> dict[str, Any]:
    """Execute a source and describe all the models that it constructed."""
    keras.backend.clear_session()
    recorder = module("recorder").KerasRecorder(module("package").Keras(keras))
    generated = types.ModuleType("generated")
    sys.modules["generated"] = generated  # where dataclasses look
    recorder.install()
    try:
        try:
            exec(compile(source, FILENAME, "exec"), vars(generated))
        except Exception as error:  # noqa: BLE001
            text = traceback.format_exception_only(type(error), error)[-1].strip()
            return {"refused": text, "traceback": traceback.format_exc(limit=-3)}
        return {"graph": module("record").describe(recorder, 0, []).graph(), "summaries": list(summaries(recorder))}
    finally:
        recorder.uninstall()


def main() -> None:
    """Answer requests until stdin closes."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print(json.dumps({"keras": keras.__version__}), file=out, flush=True)
    for line in sys.stdin:
        try:
            answer = describe(json.loads(line)["source"])
        except Exception:  # noqa: BLE001
            answer = {"broken": traceback.format_exc()}
        print(json.dumps(answer), file=out, flush=True)


if __name__ == "__main__":
    main()
