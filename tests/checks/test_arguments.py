"""What RNN106 and RNN301 say: which part is wrong, what Keras does, and in which versions."""

from __future__ import annotations

import pytest

import rnnlint
from rnnlint.findings import Finding
from rnnlint.settings.settings import Settings

SECOND = "`noise_shape` gets 42, the second positional argument: "
HEAD = "from keras import Input, layers\nx = Input((20, 16))\n"


def findings(line: str, code: str, version: str = "auto") -> list[Finding]:
    found = rnnlint.check_source(HEAD + line, "model.py", Settings(frozenset({code}), keras_version=version))
    assert list(found.diagnostics) == []
    return list(found)


@pytest.mark.parametrize(
    ("line", "version", "message"),
    [
        (
            "layers.Dropout(0.5, 42)",
            "auto",
            SECOND + "Keras fails in the first training step (Keras 2 and Keras 3.0 to 3.12) or rejects it in the "
            "constructor (Keras 3.13 and later); write `seed=42`",
        ),
        (
            "layers.Dropout(0.5, 42)",
            "3.15",
            SECOND + "Keras rejects it in the constructor; write `seed=42`",
        ),
        (
            "layers.Dropout(0.5, noise_shape=(None, 1, 3))(x)",
            "2.15",
            "`noise_shape` has 3 where the input has 16: Keras fails in the first training step, while inference works",
        ),
        (
            "layers.Dropout(0.5, noise_shape=(-1, 0, 16))(x)",
            "3.15",
            (
                "`noise_shape` has -1 (write None for the size of the input) and has 0: Keras rejects it in the "
                "constructor"
            ),
        ),
    ],
)
def test_noise_shapes(line: str, version: str, message: str) -> None:
    assert [finding.message for finding in findings(line, "RNN106", version)] == [message]


@pytest.mark.parametrize(
    ("line", "version", "message"),
    [
        (
            "layers.LSTM(8, dropout=-0.1)",
            "auto",
            "`dropout=-0.1` is negative: Keras silently clamps it to 0, which drops nothing",
        ),
        (
            "layers.Dropout(50)",
            "auto",
            "`rate=50` looks like a percentage; Keras expects 0.5: Keras raises ValueError in the constructor",
        ),
        (
            "layers.Dropout(1.0)",
            ">=3.13,<3.15",
            (
                "`rate=1.0` would leave nothing: Keras raises ValueError in the first training step (Keras 3.13 on "
                "tensorflow) or silently zeroes everything in training (Keras 3 on jax and torch, "
                "Keras 3.14 on tensorflow)"
            ),
        ),
        (
            "layers.SimpleRNN(8, dropout=1.5)",
            "3.15",
            "`dropout=1.5` is above 1: Keras clamps it to 1 and silently zeroes the whole input in training",
        ),
    ],
)
def test_rates(line: str, version: str, message: str) -> None:
    assert [finding.message for finding in findings(line, "RNN301", version)] == [message]


def test_two_rates_of_one_layer_that_come_from_elsewhere() -> None:
    """They are one finding, at the layer, and neither hides the other."""
    (found,) = findings("options = dict(dropout=20, recurrent_dropout=30)\nlayers.SimpleRNN(8, **options)", "RNN301")
    assert "`dropout=20`" in found.message
    assert "; `recurrent_dropout=30`" in found.message
    assert found.span.row == 4


def test_a_noise_shape_that_fits_one_of_two_inputs() -> None:
    found = findings("d = layers.Dropout(0.5, noise_shape=(None, 1, 16))\nd(x)\nd(Input((20, 8)))", "RNN106")
    assert [finding.span.row for finding in found] == [3]
