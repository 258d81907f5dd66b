"""Jobs for the worker's probes, and the Pythons that answer them."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rnnlint.graph import Layer
from tests.keras.layers import encode

ASK = Path(__file__).with_name("ask.py")


def spec(given: Layer) -> dict[str, Any]:
    """A layer of the graph as a job has it; ids count from 0, the outermost first."""
    extra: dict[str, object] = {"units": 5} if given.short in ("LSTM", "GRU", "SimpleRNN") else {}
    if given.arg("units") is not None:
        extra = {}
    made = encode(given, **extra)
    count = 0

    def number(one: dict[str, Any]) -> None:
        nonlocal count
        one["id"], one["class"] = count, "keras.layers." + one["class"]
        count += 1
        for value in (*one["positional"], *one["keywords"].values()):
            if "layer" in value:
                value["layer"]["class"] = "keras.layers." + value["layer"]["class"]
        for child in one["children"]:
            number(child)

    number(made)
    return made


def job(layers: Sequence[Mapping[str, Any]], nodes: Sequence[Mapping[str, Any]], **probe: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "seed": 3,
        "draws": 256,
        "sizes": {"batch": [6], "t1": [7]},
        "layers": {str(number): layer for number, layer in enumerate(layers)},
        "nodes": list(nodes),
        "probe": {"target": None, "axis": 1, "inner": None, **probe},
    }


def chain(shape: Sequence[int | str], count: int, dtype: str = "float32", **kwargs: Any) -> list[dict[str, Any]]:
    """An input (node 0), and the layers 0, 1, ... called one on another (nodes 1, 2, ...)."""
    fill = {"fill": "nonzero"} if dtype == "float32" else {"fill": "ids", "high": 10}
    first: dict[str, Any] = {"id": 0, "kind": "input", "shape": list(shape), "dtype": dtype, **fill}
    calls = [
        {"id": number + 1, "kind": "layer", "layer": str(number), "inputs": [[number, 0]], "kwargs": {}}
        for number in range(count)
    ]
    calls[-1]["kwargs"] = kwargs
    return [first, *calls]


def cudnn(given: Layer, argument: str, others: Sequence[str] = (), inner: int | None = None) -> dict[str, Any]:
    """Of a layer by itself; `inner` counts the layers inside."""
    asked = {"argument": argument, "others": list(others), "inner": inner}
    return job([spec(given)], [], kind="cudnn", layer="0", node=None, **asked)


def ask(python: str, jobs: Sequence[Mapping[str, Any]], env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What the worker answers under that Python: {"keras", "backend", "answers"}."""
    with tempfile.TemporaryDirectory() as folder:
        given, taken = Path(folder, "jobs.json"), Path(folder, "answers.json")
        given.write_text(json.dumps(list(jobs)), encoding="utf-8")
        done = subprocess.run(
            [python, str(ASK), str(given), str(taken)],
            cwd=folder,
            env={**os.environ, **(env or {})},
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=600,
            check=False,
        )
        assert taken.exists(), f"{python} died with status {done.returncode}:\n{done.stderr[-4000:]}"
        answered: dict[str, Any] = json.loads(taken.read_text(encoding="utf-8"))
    return answered
