"""Pythons that are none: scripts in the place of the worker's Python, which speak its protocol and misbehave."""

from __future__ import annotations

import sys
from pathlib import Path

# A worker without Keras. A job's "do" is executed, then the observation of its "see" sent; what is to be built fails.
WORKER = """
import json, os, signal, sys, time

requests, answers = os.fdopen(int(sys.argv[4])), os.fdopen(int(sys.argv[5]), "w")

def say(message):
    print(json.dumps(message), file=answers, flush=True)

def hello(package="keras", backend="tensorflow", keras="3.15.1", tf_keras=None):
    versions = {"keras": keras, "tf_keras": tf_keras}
    say({"hello": {"keras": versions[package], "package": package, "versions": versions, "backend": backend}})

def ready():
    say({"ready": {"keras": "3.15.1", "backend": "tensorflow", "gpu": False}})

def work(see=None):
    for line in requests:
        request = json.loads(line)
        if "build" in request:
            request = request["build"]
            exec(eval(request["args"]["do"]))
            say({"id": request["id"], "failed": {"stage": "build", "error": "BuildError", "message": "no model"}})
            continue
        job = request["job"]
        exec(job.get("do", ""), {**globals(), "job": job})
        say({"id": job["id"], "observed": job.get("see", see)})
"""
GOOD = "hello(); ready(); work()"


def python(folder: Path, code: str = GOOD) -> str:
    """An executable that runs this code in the place of the worker."""
    path = folder / "python"
    path.write_text(f"#!{sys.executable} -S\n{WORKER}\n{code}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)
