"""The worker's cuDNN and mask probes under many versions of Keras, on tensorflow, jax and torch.

    pytest tests/nightly/versions.py

Not part of a plain `pytest` (by its name), as it installs some GB and takes a quarter of an hour; never skipped when
asked for. What it installs goes into the folder RNNLINT_NIGHTLY (default: `.venv-nightly` in the checkout) and is used
again; an environment is complete when `NAME.complete` lies beside it. Needs Python 3.9 to 3.11 for TensorFlow 2.15.
`RNNLINT_NIGHTLY_ONLY="3.15.1 torch,2.15.0 tensorflow"` leaves out all others.

What the cuDNN probe sees is compared with what `rnnlint.keras.cudnn` says of that version and backend, and which
defects there are with `rnnlint.keras.defects`.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rnnlint.graph import Layer, Name
from rnnlint.keras import defects
from rnnlint.keras.cudnn import disqualifiers, kernel, masked
from rnnlint.keras.defects import Defect
from rnnlint.keras.versions import KerasTargets
from tests.conftest import ROOT
from tests.keras.layers import env, layer, plausible
from tests.nightly.jobs import ask, chain, cudnn, job, spec

FOLDER = Path(os.environ.get("RNNLINT_NIGHTLY") or ROOT / ".venv-nightly").resolve()
ENVIRONMENTS = {
    "tensorflow": ["tensorflow-cpu==2.21.0"],
    "tensorflow-2.16": ["tensorflow-cpu==2.16.2", "jax==0.4.30", "jaxlib==0.4.30", "dm-tree"],
    "tensorflow-2.15": ["tensorflow-cpu==2.15.1", "numpy<2"],
    "jax-torch": ["--extra-index-url=https://download.pytorch.org/whl/cpu", "torch==2.13.0", "jax", "keras==3.15.1"],
}


@dataclass(frozen=True)
class Setup:
    """A Keras on a backend, in one of the environments; `added` is installed on top of it, without what it needs."""

    version: str
    backend: str
    environment: str
    added: str = ""
    package: str = "keras"

    def __str__(self) -> str:
        return f"{self.version if self.package == 'keras' else f'{self.package} {self.version}'} {self.backend}"

    @property
    def env(self) -> KerasTargets:
        major, minor = map(int, self.version.split(".")[:2])
        return env((2, 15) if major == 2 else (major, minor), self.backend).for_origin(self.package)


OLD = ("3.0.5", "3.2.1", "3.4.1", "3.6.0", "3.8.0", "3.9.2", "3.12.4")
SETUPS = [
    Setup("2.15.0", "tensorflow", "tensorflow-2.15"),
    Setup("2.21.0", "tensorflow", "tensorflow", "tf_keras==2.21.0", "tf_keras"),
    *(Setup(one, "tensorflow", "tensorflow-2.16", f"keras=={one}") for one in OLD),
    *(Setup(one, "jax", "tensorflow-2.16", f"keras=={one}") for one in ("3.0.5", "3.6.0", "3.12.4")),
    *(Setup(one, "torch", "jax-torch", f"keras=={one}") for one in ("3.6.0", "3.12.4", "3.14.1")),
    Setup("3.14.1", "jax", "jax-torch", "keras==3.14.1"),
    Setup("3.15.1", "tensorflow", "tensorflow"),
    Setup("3.15.1", "jax", "jax-torch"),
    Setup("3.15.1", "torch", "jax-torch"),
]
if only := os.environ.get("RNNLINT_NIGHTLY_ONLY"):
    SETUPS = [one for one in SETUPS if str(one) in only.split(",")]
    assert len(SETUPS) == len(only.split(",")), f"RNNLINT_NIGHTLY_ONLY={only}"


# ---------------------------------------------------------------------------------------------------------------------
# cuDNN


def both(**arguments: Any) -> list[Layer]:
    return [layer(name, **arguments) for name in ("LSTM", "GRU")]


def bidirectional(*inner: Layer) -> Layer:
    return layer("Bidirectional", *inner)


# Layers with the argument in question.
LAYERS: list[tuple[Layer, str]] = [
    *((one, "recurrent_dropout") for rate in (0.2, 1e-9, 0, -0.5) for one in both(recurrent_dropout=rate)),
    *((one, "dropout") for one in both(dropout=0.2)),
    *((one, "activation") for value in ("relu", "tanh", None) for one in both(activation=value)),
    *((one, "activation") for one in both(activation=Name("keras.activations.tanh"))),
    *((one, "recurrent_activation") for one in both(recurrent_activation="hard_sigmoid")),
    *((one, "unroll") for one in both(unroll=True)),
    *((one, "use_bias") for one in both(use_bias=False)),
    *((one, "go_backwards") for one in both(go_backwards=True)),
    *((one, "return_sequences") for one in both(return_sequences=True)),
    (layer("GRU", reset_after=False), "reset_after"),
    (layer("SimpleRNN", unroll=True), "unroll"),
    *((bidirectional(one), "recurrent_dropout") for one in both(recurrent_dropout=0.2)),
    *((bidirectional(one), "dropout") for one in both(dropout=0.2)),
    *((bidirectional(one), "activation") for one in both(activation="relu")),
    (layer("TimeDistributed", layer("LSTM", unroll=True)), "unroll"),
]
USE_CUDNN = [
    *((one, "use_cudnn") for one in both(use_cudnn=False)),
    (bidirectional(layer("LSTM", use_cudnn=False)), "use_cudnn"),
]
KERAS_WITHOUT_USE_CUDNN = ("2.15.0", "2.21.0", "3.0.5")
PLAIN = both()


def layers(setup: Setup) -> list[tuple[Layer, str]]:
    return LAYERS if setup.version in KERAS_WITHOUT_USE_CUDNN else LAYERS + USE_CUDNN


def behind_a_mask(given: Layer) -> dict[str, Any]:
    nodes = chain(["batch", "t1", 3], 2)
    asked = {"argument": "dropout", "node": 2}
    return job([spec(layer("Masking")), spec(given)], nodes, kind="cudnn", layer="1", **asked)


# ---------------------------------------------------------------------------------------------------------------------
# Masks


def dropped(given: Layer, features: int = 1) -> dict[str, Any]:
    """A dropout in front of an LSTM."""
    nodes = chain(["batch", "t1", features], 2)
    return job([spec(given), spec(layer("LSTM"))], nodes, kind="mask", node=1, layer="0", target=2)


MASKS: list[tuple[dict[str, Any], list[bool], str, float]] = [
    # Which axes the mask varies over, what is lost as a whole, and how often.
    (dropped(layer("Dropout", rate=0.5)), [True, True, False], "steps", 0.5),
    (dropped(layer("Dropout", rate=0.5), 2), [True, True, True], "steps", 0.25),
    (dropped(layer("Dropout", rate=0.3, noise_shape=(None, 1, None)), 1), [True, False, False], "sequences", 0.3),
    (dropped(layer("SpatialDropout1D", rate=0.2), 2), [True, False, True], "sequences", 0.04),
    (dropped(layer("Dropout", rate=0.4, noise_shape=(None, None, 1)), 3), [True, True, False], "steps", 0.4),
    (dropped(layer("Dropout", rate=0.4, noise_shape=(1, 7, 1)), 3), [False, True, False], "steps", 0.4),
    (dropped(layer("Dropout", rate=0.5, noise_shape=(1, 1, 2)), 2), [False, False, True], "batches", 0.25),
]
OWN = [
    job([spec(one)], chain(["batch", "t1", 1], 1), kind="own-mask", node=1, layer="0", inner=0)
    for one in both(dropout=0.5)
]


# ---------------------------------------------------------------------------------------------------------------------
# Defects


def alone(given: Layer, *shape: int, **probe: Any) -> dict[str, Any]:
    return job([spec(given)], chain(["batch", *(shape or (7, 3))], 1), node=1, layer="0", **{"inner": 0, **probe})


def ignored(answer: dict[str, Any]) -> bool:
    kept, samples = answer["kept"]
    assert kept == samples or plausible(answer["kept"], 0.5), answer
    return bool(kept == samples)


def grows(answer: dict[str, Any]) -> bool:
    assert answer["calm"] <= 1, answer
    return bool(answer["largest"] > 1)


def fails(answer: dict[str, Any]) -> bool:
    assert answer["control"]["ok"], answer
    # Up to 3.3 a GRU does not take the argument.
    return "error" in answer["call"] and answer["call"]["when"] != "constructor"


STATE = {"kind": "kept", "argument": "recurrent_dropout"}
GRU = layer("GRU", recurrent_dropout=0.5)
CONV = layer("ConvLSTM2D", filters=2, kernel_size=3, dropout=0.5, recurrent_dropout=0.5)
DEFECTS: list[tuple[Defect, dict[str, Any], Callable[[dict[str, Any]], bool]]] = [
    (defects.RECURRENT_RATE_IGNORED, alone(layer("SimpleRNN", recurrent_dropout=0.5), **STATE), ignored),
    (defects.RECURRENT_RATE_IGNORED, alone(layer("LSTM", recurrent_dropout=0.5), **STATE), ignored),
    (defects.CONV_LSTM_IGNORES, alone(CONV, 3, 6, 5, 2, **STATE), ignored),
    (defects.CONV_LSTM_IGNORES, alone(CONV, 3, 6, 5, 2, kind="kept", argument="dropout"), ignored),
    (defects.GRU_STATE_GROWS, alone(GRU, kind="state"), grows),
    (
        defects.GRU_STATE_GROWS_WITH_DROPOUT,
        alone(layer("GRU", dropout=0.5, recurrent_dropout=0.5), kind="state"),
        grows,
    ),
    *(
        (
            defects.DROPS_AT_INFERENCE,
            alone(one, kind="inference", argument="dropout"),
            lambda answer: bool(answer["inference"] and answer["inference"][0]),
        )
        for one in both(dropout=0.5)
    ),
    *(
        (defects.IMPLEMENTATION_1_FAILS, alone(one, kind="error", without=["implementation"]), fails)
        for one in both(dropout=0.5, implementation=1)
    ),
]


# ---------------------------------------------------------------------------------------------------------------------


def python_of(name: str) -> Path:
    folder, complete = FOLDER / name, FOLDER / f"{name}.complete"
    python = folder / "bin" / "python"
    if not complete.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *ENVIRONMENTS[name]], check=True)
        complete.touch()
    return python


def added(requirement: str, python: Path) -> Path:
    folder, complete = FOLDER / requirement, FOLDER / f"{requirement}.complete"
    if not complete.exists():
        install = ["install", "-q", "--no-deps", "--upgrade", "--target", str(folder)]
        subprocess.run([str(python), "-m", "pip", *install, requirement], check=True)
        complete.touch()
    return folder


@functools.cache
def answers_of(setup: Setup, jobs: Callable[[Setup], dict[str, list[dict[str, Any]]]]) -> dict[str, list[Any]]:
    python = python_of(setup.environment)
    more = {"PYTHONPATH": str(added(setup.added, python)) if setup.added else "", "KERAS_BACKEND": setup.backend}
    if setup.package == "tf_keras":
        more["TF_USE_LEGACY_KERAS"] = "1"
    groups = jobs(setup)
    found = ask(str(python), [one for group in groups.values() for one in group], more)
    assert (found["keras"], found["backend"]) == (setup.version, setup.backend)
    answers = iter(found["answers"])
    return {name: [next(answers) for _ in group] for name, group in groups.items()}


def observed(setup: Setup) -> dict[str, list[dict[str, Any]]]:
    return answers_of(setup, _all)


def _all(setup: Setup) -> dict[str, list[dict[str, Any]]]:
    return {
        "layers": [cudnn(given, argument, inner=len(given.children)) for given, argument in layers(setup)],
        "plain": [cudnn(given, "dropout") for given in PLAIN],
        "masked": [behind_a_mask(given) for given in PLAIN],
        "masks": [asked for asked, *_ in MASKS],
        "own": OWN,
    }


def _defects(_: Setup) -> dict[str, list[dict[str, Any]]]:
    return {"": [asked for _, asked, _ in DEFECTS]}


pytestmark = pytest.mark.parametrize("setup", SETUPS, ids=str)


def test_kernels(setup: Setup) -> None:
    """Whether there is a cuDNN path, and whether a mask that is right-padded leaves a layer on it."""
    for name in ("plain", "masked"):
        for given, answer in zip(PLAIN, observed(setup)[name], strict=True):
            expected = kernel(given).within(setup.env) != "none"
            assert answer["control"] == expected, answer
            if name == "masked" and expected:
                assert answer["mask"], answer
                expected = masked(given).within(setup.env) == "none"
                assert answer["mask_loses"] == (not expected), answer
            assert answer["as_written"] == expected, answer


def test_arguments(setup: Setup) -> None:
    wrong = []
    for (given, argument), answer in zip(layers(setup), observed(setup)["layers"], strict=True):
        there = kernel(given).within(setup.env) != "none"
        lost = {one.argument for one in disqualifiers(given, setup.env)}
        assert lost <= {argument}
        expected = (there, there and not lost, there, there and bool(lost))
        seen = tuple(answer.get(name) for name in ("control", "as_written", "only", "loses"))
        if seen != expected:
            wrong.append((spec(given), expected, answer))
    assert not wrong


def test_masks(setup: Setup) -> None:
    for (asked, varies, what, probability), answer in zip(MASKS, observed(setup)["masks"], strict=True):
        assert "failed" not in answer, answer["trace"]
        told = (asked["layers"]["0"]["keywords"], answer)
        assert answer["varies"] == varies, told
        assert plausible(answer[what], probability), told
        assert answer["reaches"], told


def test_own_masks(setup: Setup) -> None:
    """Keras 2 draws the mask of `dropout` anew for each timestep, Keras 3 once for the sequence."""
    for answer in observed(setup)["own"]:
        assert "failed" not in answer, answer["trace"]
        assert plausible(answer["first"], 0.5), answer
        assert plausible(answer["all"], 0.5 ** (7 if setup.version.startswith("2.") else 1)), answer


def test_defects(setup: Setup) -> None:
    """Each is in the releases that `rnnlint.keras.defects` names, and in no other."""
    wrong = []
    for (defect, asked, seen), answer in zip(DEFECTS, answers_of(setup, _defects)[""], strict=True):
        assert "failed" not in answer, answer["trace"]
        if seen(answer) is not (defect.where.within(setup.env) != "none"):
            wrong.append((defect.source, asked["layers"], answer))
    assert not wrong
