"""The loop: one JSON object on a line in, one out, through pipes that user code does not print to."""

from __future__ import annotations

import ast
import importlib
import json
import os
import queue
import signal
import threading
from typing import Any

from . import load

MESSAGE = 500

# The module and function that answer each kind of probe, imported when first asked for: they import Keras.
PROBES = {
    "mask": ("masks", "mask"),
    "own-mask": ("masks", "own_mask"),
    "rate": ("masks", "rate"),
    "masking": ("masks", "masking"),
    "error": ("errors", "error"),
    "ids": ("errors", "ids"),
    "cudnn": ("cudnn", "cudnn"),
    "inference": ("cudnn", "inference"),
    "kept": ("recurrent", "kept"),
    "state": ("recurrent", "state"),
    "calls": ("calls", "calls"),
}


def main(requests: int, answers: int, options: dict[str, str]) -> None:
    """Say hello, import Keras, and answer requests until the parent closes its end. The pipes come as descriptors."""
    own = os.getpid()
    for descriptor in (requests, answers):
        os.set_inheritable(descriptor, False)
    out = os.fdopen(answers, "w", encoding="utf-8")
    pending: queue.Queue[Any] = queue.Queue()
    threading.Thread(target=_read, args=(requests, pending), daemon=True).start()

    def say(message: dict[str, Any]) -> None:
        # Of a builder that forks and returns twice, one goes on.
        if os.getpid() != own:
            os._exit(0)
        out.write(json.dumps(message, default=_plain) + "\n")
        out.flush()

    try:
        hello = load.find(options["package"], options["backend"])
        say({"hello": hello})
        say({"ready": load.load(hello)})
    except load.MissingError as error:
        say({"fatal": error.kind, "message": str(error)})
        return
    except BaseException as error:  # noqa: BLE001 - importing a broken installation may raise anything
        say({"fatal": "import", "message": f"cannot import its Keras: {type(error).__name__}: {_said(error)}"})
        return
    while True:
        say(_answer(pending.get()))


def _read(descriptor: int, pending: queue.Queue[Any]) -> None:
    """Hand on requests. When the parent is gone, however it went, this process and what it started go as well."""
    with os.fdopen(descriptor, encoding="utf-8") as lines:
        for line in lines:
            pending.put(json.loads(line))
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(0)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    stage, what = ("build", request["build"]) if "build" in request else ("observe", request["job"])
    try:
        if stage == "build":
            # As text, since JSON has neither tuples nor None as a key.
            what["args"] = {name: ast.literal_eval(text) for name, text in what["args"].items()}
            return {"id": what["id"], "built": _module("build").build(what)}
        module, function = PROBES[what["probe"]["kind"]]
        context = _module("replay").prepare(what)
        return {"id": what["id"], "observed": getattr(_module(module), function)(what, context)}
    except BaseException as error:  # noqa: BLE001 - what user code raises, SystemExit too, costs this one model
        return {"id": what["id"], "failed": _failed(error, stage)}


def _failed(error: BaseException, stage: str) -> dict[str, Any]:
    """An exception; `replay.Failed` carries its cause, the stage and the layer."""
    cause = getattr(error, "cause", error)
    return {
        "stage": getattr(error, "stage", stage),
        "error": type(cause).__name__,
        "message": _said(cause),
        "layer": getattr(error, "layer", None),
    }


def _module(name: str) -> Any:
    return importlib.import_module("." + name, __package__)


def _said(error: BaseException) -> str:
    """The beginning of an exception's message."""
    return str(error).strip()[:MESSAGE]


def _plain(value: Any) -> Any:
    """NumPy's numbers and arrays as Python's."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"no JSON: {value!r}")
