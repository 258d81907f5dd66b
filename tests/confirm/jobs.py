"""Jobs for the worker, written shortly, and its answers."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests import warm

JSON = dict[str, Any]

DRIVE = Path(__file__).with_name("drive.py")


def value(given: object) -> JSON:
    """A Python object as a job has it; a dict is a value already."""
    if isinstance(given, dict):
        return given
    if isinstance(given, (tuple, list)):
        return {"items": [value(one) for one in given], "kind": "list" if isinstance(given, list) else "tuple"}
    return {"const": given}


def layer(
    short: str, *children: JSON, id: int = 0, origin: str = "keras", by_position: Any = (), **keywords: Any
) -> JSON:
    """A constructor call."""
    return {
        "id": id,
        "class": f"keras.layers.{short}",
        "origin": origin,
        "positional": [value(one) for one in by_position],
        "keywords": {key: value(one) for key, one in keywords.items()},
        "children": list(children),
    }


def start(*shape: int | str, **more: Any) -> JSON:
    """The node of an input, number 0."""
    return {"id": 0, "kind": "input", "shape": list(shape), "dtype": "float32", "fill": "nonzero", **more}


def call(id: int, layer: str, *inputs: int, **kwargs: Any) -> JSON:
    """The node of a layer's call."""
    named = {key: value(one) for key, one in kwargs.items()}
    return {"id": id, "kind": "layer", "layer": layer, "inputs": [[one, 0] for one in inputs], "kwargs": named}


def op(id: int, name: str, *inputs: int, listed: bool | None = None, args: JSON | None = None) -> JSON:
    """The node of an operation."""
    made: JSON = {"id": id, "kind": "op", "name": name, "inputs": [[one, 0] for one in inputs]}
    made["kwargs"] = {key: value(one) for key, one in (args or {}).items()}
    return made if listed is None else {**made, "list": listed}


def job(layers: JSON, nodes: Sequence[JSON], sizes: dict[str, list[int]] | None = None, **probe: Any) -> JSON:
    """A job; the probe is by default the mask of the call number 1."""
    return {
        "id": 1,
        "seed": 1,
        "draws": 256,
        "sizes": {"batch": [6], "steps": [7], **(sizes or {})},
        "layers": layers,
        "nodes": list(nodes),
        "probe": {"kind": "mask", "node": 1, "layer": "0", "target": None, "axis": 1, **probe},
    }


def drive(python: str, requests: Sequence[JSON], env: dict[str, str] | None = None) -> JSON:
    """What the worker's code answers in that Python: {"ready": ..., "answers": [...]}."""
    with tempfile.TemporaryDirectory() as folder:
        given, taken = Path(folder, "requests.json"), Path(folder, "answers.json")
        given.write_text(json.dumps(list(requests)), encoding="utf-8")
        if env is None:
            warm.run(python, DRIVE, str(given), str(taken), cwd=folder, timeout=600)
            return dict(json.loads(taken.read_text(encoding="utf-8")))
        done = subprocess.run(
            [python, str(DRIVE), str(given), str(taken)],
            cwd=folder,
            env=env,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=600,
            check=False,
        )
        assert taken.exists(), f"{python} died with status {done.returncode}:\n{done.stderr[-4000:]}"
        answers: JSON = json.loads(taken.read_text(encoding="utf-8"))
    return answers
