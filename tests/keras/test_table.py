"""The layer table against `inspect.signature` of real Keras, and binding."""

from __future__ import annotations

from typing import Any

import pytest

from rnnlint.graph import Const
from rnnlint.keras.kinds import Kind
from rnnlint.keras.table import REQUIRED, LayerSpec, Param, bind, default, names, spec
from rnnlint.keras.versions import RELEASES, KerasTargets
from tests.keras.reality import ask

K2 = KerasTargets(frozenset({(2, 15)}), frozenset({"tensorflow"}))
K3 = KerasTargets(frozenset({RELEASES[-1]}), frozenset({"tensorflow"}))
ANY = KerasTargets.unknown()


def known(name: str) -> LayerSpec:
    found = spec(name)
    assert found is not None, name
    return found


def described(params: tuple[Param, ...]) -> list[dict[str, Any]]:
    return [
        {
            "name": param.name,
            "default": "REQUIRED" if param.default is REQUIRED else repr(param.default),
            "keyword_only": param.keyword_only,
        }
        for param in params
    ]


def compare(python: str, major: int) -> None:
    found = ask(python, "signatures")
    assert int(found["version"].split(".")[0]) == major
    minor = int(found["version"].split(".")[1])
    version = (major, minor)
    if version > RELEASES[-1]:
        pytest.fail(
            f"Keras {found['version']} is newer than the table: add it to `KERAS_3` in rnnlint/keras/versions.py "
            "and mark rows in rnnlint/keras/rows/"
        )
    layers = found["answer"]
    assert len(layers) > 140
    wrong = {}
    for name, real in layers.items():
        if name in ("serialize", "deserialize", "InputSpec"):
            continue
        have = spec(name)
        signature = None if have is None else have.at(version)
        if have is None or signature is None:
            wrong[name] = "not in the table"
        elif described(signature.params) != real["params"]:
            wrong[name] = f"{described(signature.params)} != {real['params']}"
        elif have.short != real["real"] and (have.short, real["real"]) != ("GroupQueryAttention", name):
            wrong[name] = f"is a second name of {real['real']}, not of {have.short}"
        elif real["more"] != any(param.name == "trainable" for param in signature.extra) and have.kind not in (
            Kind.MERGE,
            Kind.DOT,
            Kind.INPUT,
        ):
            wrong[name] = f"further keywords: {real['more']}"
    assert wrong == {}
    missing = {name for name in names() if (one := spec(name)) and one.at(version) and name not in layers}
    assert not missing, "in the table, not in Keras"


@pytest.mark.keras
def test_keras_3(keras3_python: str) -> None:
    compare(keras3_python, 3)


@pytest.mark.keras2
def test_keras_2(keras2_python: str) -> None:
    compare(keras2_python, 2)


def test_every_row_parses_in_every_version() -> None:
    for name in names():
        found = spec(name)
        assert found is not None
        for version in RELEASES:
            signature = found.at(version)
            if signature is None:
                continue
            ordered = [param.name for param in signature.params]
            assert len(set(ordered)) == len(ordered), (name, version, ordered)
            everything = ordered + [param.name for param in signature.extra if param.name not in ordered]
            assert "name" in everything or found.kind is Kind.OTHER or name == "Pipeline", (name, version)


def test_positional_arguments_bind_by_signature() -> None:
    lstm = known("keras.layers.LSTM")
    assert bind(lstm, [64, "relu"], [("dropout", 0.2)], ANY).args == (
        ("units", 64, True),
        ("activation", "relu", True),
        ("dropout", 0.2, False),
    )


def test_a_position_on_which_versions_disagree_is_unclear() -> None:
    attention = known("LSTM")
    many = list(range(20))
    binding = bind(attention, many, [], ANY)
    # Keras 3 has `seed` where Keras 2 has `return_sequences`.
    assert binding.args[16] == ("recurrent_dropout", 16, True)
    assert binding.unclear[0] == 17
    assert [name for name, _, _ in bind(attention, many, [], K2).args][17] == "return_sequences"
    assert [name for name, _, _ in bind(attention, many, [], K3).args][17] == "seed"


def test_what_no_version_accepts_is_an_error() -> None:
    lstm, dropout = known("LSTM"), known("Dropout")
    assert bind(lstm, [1], [("dropout_W", 0.2)], ANY).errors == ("LSTM has no argument 'dropout_W'",)
    assert bind(lstm, [1], [("dropout_W", 0.2)], ANY).args == (("units", 1, True),)
    assert bind(lstm, [1], [("units", 2)], ANY).errors == ("LSTM got argument 'units' twice",)
    assert bind(dropout, [0.1, None, 3, 4], [], ANY).errors == (
        "Dropout takes at most 3 positional arguments, 4 were given",
    )
    for name, where in (("SpatialDropout1D", K3), ("GaussianDropout", ANY)):
        stray = bind(known(name), [0.1], [("noise_shape", 5)], where)
        assert stray.args[1:] == (("noise_shape", 5, False),)
        assert stray.errors == (f"{name} has no argument 'noise_shape'",)


@pytest.mark.parametrize(
    ("name", "keyword", "version", "accepted"),
    [
        ("LSTM", "use_cudnn", (3, 1), False),
        ("LSTM", "use_cudnn", (3, 2), True),
        ("LSTM", "use_cudnn", (2, 15), False),
        ("LSTM", "time_major", (2, 15), True),
        ("LSTM", "time_major", (3, 0), False),
        ("LSTM", "implementation", (3, 0), True),
        ("GRU", "implementation", (3, 3), False),
        ("GRU", "implementation", (3, 4), True),
        ("GRU", "reset_after", (2, 0), False),
        ("GRU", "reset_after", (2, 1), True),
        ("SpatialDropout1D", "noise_shape", (2, 15), True),
        ("SpatialDropout1D", "noise_shape", (3, 5), False),
        ("SpatialDropout1D", "trainable", (3, 5), False),
        ("Dense", "weights", (2, 15), True),
        ("Dense", "weights", (3, 5), False),
        ("Dense", "input_shape", (3, 5), True),
        ("Embedding", "input_length", (3, 1), False),
        ("Embedding", "input_length", (3, 2), True),
        ("CuDNNLSTM", "dropout", (2, 15), False),
        ("CuDNNLSTM", "go_backwards", (2, 15), True),
    ],
)
def test_keywords_by_version(name: str, keyword: str, version: tuple[int, int], accepted: bool) -> None:
    found = known(name)
    binding = bind(found, [], [(keyword, 1)], KerasTargets(frozenset({version}), frozenset({"tensorflow"})))
    assert (binding.errors == ()) is accepted


def test_defaults() -> None:
    gru, pool, dropout = known("GRU"), known("AveragePooling1D"), known("Dropout")
    assert default(gru, "recurrent_dropout", ANY) == Const(0.0)
    assert default(gru, "reset_after", ANY) == Const(True)
    assert default(gru, "reset_after", KerasTargets(frozenset({(2, 3)}), frozenset({"tensorflow"}))) == Const(False)
    old = KerasTargets(frozenset({(2, 2), (2, 3)}), frozenset({"tensorflow"}))
    assert default(gru, "recurrent_activation", old) is None
    assert default(gru, "use_cudnn", ANY) == Const("auto")
    assert default(gru, "use_cudnn", K2) is None
    assert default(dropout, "rate", ANY) is None
    assert default(dropout, "trainable", ANY) == Const(True)
    assert default(pool, "pool_size", ANY) is None


def test_second_names_and_old_names() -> None:
    assert spec("MaxPool1D") == spec("keras.layers.MaxPooling1D")
    assert spec("tensorflow.keras.layers.LSTM") is None
    assert spec("NoSuchLayer") is None
    highway = known("Highway")
    assert bind(highway, [1, 2], [("activation", 3)], ANY) == bind(highway, [1, 2], [("activation", 3)], K3)
    assert bind(highway, [1], [], ANY).unclear == (1,)
    cudnn = known("CuDNNGRU")
    # A pin to Keras 3 does not make the arguments of a layer of Keras 2 unknown.
    assert bind(cudnn, [64], [], K3).args == (("units", 64, True),)
