"""Executes code blocks with the Keras of the Python that runs it. A script: it imports nothing of rnnlint or pytest.

    python execute.py JOBS.json RESULTS.json

Jobs: a list of `{"id", "file", "text"}`, or `{"id", "files": {name: text}}` for a project whose modules are all
imported. Results: `{"keras": version, "errors": {id: null | [names of the exception's classes, message]}}`.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")


def script(file: str, text: str) -> str:
    """What of a notebook is Python: without the lines that only IPython reads."""
    if not file.endswith(".ipynb"):
        return text
    return "\n".join("pass" if line.startswith(("%", "!")) else line for line in text.splitlines())


def execute(job: dict[str, Any]) -> None:
    """Run one job; whatever it raises comes out."""
    if "files" not in job:
        code = compile(script(job["file"], job["text"]), job["id"], "exec", dont_inherit=True)
        exec(code, {"__name__": "__main__"})
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, text in job["files"].items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        before = set(sys.modules)
        sys.path.insert(0, folder)
        try:
            for name in job["files"]:
                module = name.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
                importlib.import_module(module)
        finally:
            sys.path.remove(folder)
            for name in set(sys.modules) - before:
                if getattr(sys.modules[name], "__file__", None) and str(sys.modules[name].__file__).startswith(folder):
                    del sys.modules[name]


def main() -> None:
    """Run all jobs in this process, each in a namespace and a Keras session of its own."""
    import keras

    jobs, results = map(Path, sys.argv[1:])
    sys.argv[1:] = []
    errors: dict[str, list[Any] | None] = {}
    for job in json.loads(jobs.read_text(encoding="utf-8")):
        keras.backend.clear_session()
        try:
            execute(job)
        except BaseException as error:  # noqa: BLE001 - a block may raise anything, and that is a result
            errors[job["id"]] = [[cls.__name__ for cls in type(error).__mro__], str(error)]
        else:
            errors[job["id"]] = None
    results.write_text(json.dumps({"keras": keras.__version__, "errors": errors}), encoding="utf-8")


if __name__ == "__main__":
    main()
