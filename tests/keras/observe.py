"""Asks real Keras, 2 or 3 on tensorflow. A script: it imports nothing of rnnlint or pytest.

    python observe.py JOBS.json RESULTS.json

Each job has a "layer" (see `layers.encode`) and a "do":

- "mask": calls a dropout layer `calls` times on ones of `shape`; what was dropped along which axes, and how often.
- "input": how often a recurrent layer's own mask hides the first timestep, and the whole sequence.
- "rate": what a training call does beside an inference call, and beside one on zeros.
- "cudnn": how often the layer goes to the cuDNN entry point when Keras believes in a GPU.

An exception becomes {"error": class, "when": "constructor" | "training" | "inference"}.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["KERAS_BACKEND"] = "tensorflow"
warnings.simplefilter("ignore")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

KERAS_3 = keras.__version__.startswith("3.")


def my_tanh(x: Any) -> Any:
    return tf.tanh(x)


def value(given: Any) -> Any:
    if "items" in given:
        items = [value(one) for one in given["items"]]
        return items if given["kind"] == "list" else tuple(items)
    if "layer" in given:
        return layer(given["layer"])
    if "name" in given:
        if given["name"] == "my_tanh":
            return my_tanh
        root, *rest = given["name"].split(".")
        found: Any = {"tensorflow": tf, "keras": keras}[root]
        for name in rest:
            found = getattr(found, name)
        return found
    return given["const"]


def layer(given: Any) -> Any:
    root: Any = tf.compat.v1.keras if given["origin"] == "tensorflow.compat.v1.keras" else keras
    children = [layer(child) for child in given["children"]]
    keywords = {name: value(one) for name, one in given["keywords"].items()}
    if given["class"] == "Bidirectional" and len(children) == 2:
        keywords["backward_layer"] = children.pop()
    if given["class"] in ("RNN", "StackedRNNCells") and len(children) > 1:
        children = [children]
    return getattr(root.layers, given["class"])(*children, *map(value, given["positional"]), **keywords)


def mask(job: Any, made: Any) -> dict[str, Any]:
    x = np.ones(job["shape"], "float32")
    outputs = [np.asarray(made(x, training=True)) for _ in range(job["calls"])]
    if outputs[0].shape != x.shape:
        return {"shape": outputs[0].shape}
    y = np.stack(outputs)
    lost = (y < 0) if job["layer"]["class"] == "AlphaDropout" else (y == 0)
    noise = y if job["layer"]["class"] == "GaussianDropout" else lost
    varies = [bool((noise != noise.take([0], axis=axis)).any()) for axis in range(1, noise.ndim)]
    time, features = job["time"] + 1, tuple(axis for axis in range(2, noise.ndim) if axis != job["time"] + 1)
    steps = lost.all(axis=features, keepdims=True)
    whole = steps.all(axis=time, keepdims=True)
    # Of what shares a draw only one counts.
    for axis, own in enumerate(varies, start=1):
        if not own:
            steps, whole = steps.take([0], axis=axis), whole.take([0], axis=axis)
    return {"varies": varies, "steps": [int(steps.sum()), steps.size], "sequences": [int(whole.sum()), whole.size]}


def input_mask(job: Any, made: Any) -> dict[str, Any]:
    x = np.ones(job["shape"], "float32")
    made(x, training=False)
    # Without recurrent kernels a recurrent dropout, which only acts there, cannot be seen.
    for weight in made.weights:
        recurrent = "recurrent_kernel" in getattr(weight, "path", weight.name)
        weight.assign(np.zeros(weight.shape) if recurrent else np.random.uniform(0.3, 0.9, weight.shape))
    reset(made)
    empty = outputs(made(x * 0, training=False))
    reset(made)
    same = np.abs(outputs(made(x, training=True)) - empty).max(axis=-1) < 1e-5
    return {"first": int(same[:, 0].sum()), "all": int(same.all(axis=1).sum()), "samples": len(x)}


def reset(made: Any) -> None:
    if getattr(made, "stateful", False):
        (made.reset_state if KERAS_3 else made.reset_states)()


def outputs(result: Any) -> Any:
    """Of a Bidirectional with merge_mode None the forward half."""
    return np.asarray(result[0] if isinstance(result, (list, tuple)) else result)


def rate(job: Any, made: Any) -> dict[str, Any]:
    x = np.ones(job["shape"], "float32")
    trained = np.asarray(made(x, training=True))
    if job["layer"]["class"].endswith("Dropout") or "Dropout1D" in job["layer"]["class"]:
        empty = np.zeros_like(trained)
    else:
        empty = np.asarray(made(x * 0, training=False))
    inferred = np.asarray(made(x, training=False))
    return {
        "off": bool(np.allclose(trained, inferred, atol=1e-6)),
        "zero": bool(np.allclose(trained, empty, atol=1e-6)),
    }


@contextlib.contextmanager
def simulated_gpu() -> Iterator[list[str]]:
    """Keras takes its cuDNN branch; the kernel is replaced by a note and Keras' own loop."""
    seen: list[str] = []
    with contextlib.ExitStack() as stack:
        if KERAS_3:
            module = importlib.import_module("keras.src.backend.tensorflow.rnn")
            stack.enter_context(mock.patch.object(module, "_is_gpu_available", return_value=True))
            for name in ("_cudnn_lstm", "_cudnn_gru"):

                def refuse(*args: Any, name: str = name, **keywords: Any) -> None:
                    for one in (*args, *keywords.values()):
                        if getattr(one, "dtype", None) == tf.bool:
                            module._assert_valid_mask(one)
                    seen.append(name)
                    raise NotImplementedError

                stack.enter_context(mock.patch.object(module, name, refuse))
        else:
            utils = importlib.import_module("keras.src.layers.rnn.gru_lstm_utils")
            gpu = utils.GPU_DEVICE_NAME
            stack.enter_context(mock.patch.object(utils, "get_context_device_type", return_value=gpu))
            for name in ("lstm", "gru"):
                module = importlib.import_module("keras.src.layers.rnn." + name)

                def stand_in(name: str = name, module: Any = module, **keywords: Any) -> Any:
                    seen.append(name)
                    return getattr(module, "standard_" + name)(zero_output_for_mask=False, **keywords)

                stack.enter_context(mock.patch.object(module, "gpu_" + name, stand_in))
        yield seen


def cudnn(job: Any, made: Any) -> dict[str, Any]:
    more = {} if job.get("mask") is None else {"mask": tf.constant([job["mask"]] * job["shape"][0]) > 0}
    with simulated_gpu() as seen:
        try:
            made(np.ones(job["shape"], "float32"), training=job["training"], **more)
        except Exception as error:  # noqa: BLE001
            return {"calls": len(seen), "error": type(error).__name__}
    return {"calls": len(seen)}


def answer(job: Any) -> dict[str, Any]:
    try:
        made = layer(job["layer"])
    except Exception as error:  # noqa: BLE001
        return {"error": type(error).__name__, "when": "constructor"}
    try:
        return {"mask": mask, "input": input_mask, "rate": rate, "cudnn": cudnn}[job["do"]](job, made)
    except Exception as error:  # noqa: BLE001
        failed = {"error": type(error).__name__, "when": "training"}
    if job["do"] in ("mask", "rate"):
        try:
            made(np.ones(job["shape"], "float32"), training=False)
        except Exception:  # noqa: BLE001
            failed["when"] = "inference"
    return failed


def main() -> None:
    np.random.seed(1)
    keras.utils.set_random_seed(20)
    jobs, results = map(Path, sys.argv[1:])
    answers = [answer(job) for job in json.loads(jobs.read_text(encoding="utf-8"))]
    results.write_text(json.dumps({"keras": keras.__version__, "answers": answers}), encoding="utf-8")


if __name__ == "__main__":
    main()
