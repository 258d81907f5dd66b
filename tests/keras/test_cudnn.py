"""cuDNN eligibility against Keras with a GPU that is not there, and against the measured matrix of other versions."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from rnnlint.graph import Choice, Const, Layer, LayerArg, Name, Range, Unknown
from rnnlint.keras.cudnn import conflicts, disqualifiers, fast_in_keras2, kernel, masked
from rnnlint.keras.versions import KerasTargets, Version, VersionSet
from tests.keras.layers import ANY, OBSERVED, encode, env, layer, observe

TF_TANH, OWN_TANH = Name("tensorflow.math.tanh"), Name("my_tanh")
LAYER = LayerArg(1)  # `encode` makes it Activation("tanh")


def bidirectional(*inner: Layer) -> Layer:
    return layer("Bidirectional", *inner)


def both(**arguments: Any) -> list[Layer]:
    return [layer(name, **arguments) for name in ("LSTM", "GRU")]


# Layers that both majors can build, each called once; what is expected is what rnnlint says.
LAYERS: list[Layer] = [
    *both(),
    *both(dropout=0.2),
    *both(recurrent_dropout=0.2),
    *both(recurrent_dropout=1e-9),
    *both(recurrent_dropout=0),
    *both(recurrent_dropout=False),
    *both(recurrent_dropout=-0.5),
    *both(activation="relu"),
    *both(activation=None),
    *both(activation="tanh"),
    *both(activation=Name("keras.activations.tanh")),
    *both(activation=Name("keras.activations.sigmoid")),
    *both(activation=TF_TANH),
    *both(activation=Name("tensorflow.nn.tanh")),
    *both(activation=Name("tensorflow.tanh")),
    *both(activation=Name("tensorflow.nn.relu")),
    *both(activation=LAYER),
    *both(recurrent_activation="sigmoid"),
    *both(recurrent_activation="hard_sigmoid"),
    *both(recurrent_activation=Name("tensorflow.math.sigmoid")),
    *both(recurrent_activation=Name("tensorflow.nn.sigmoid")),
    *both(recurrent_activation=Name("keras.activations.sigmoid")),
    *both(unroll=True),
    *both(unroll=False),
    *both(use_bias=False),
    *both(implementation=1),
    *both(implementation=2),
    *both(return_sequences=True, return_state=True),
    *both(go_backwards=True),
    *both(zero_output_for_mask=True),
    *both(stateful=True),
    *both(kernel_regularizer="l2"),
    layer("LSTM", unit_forget_bias=False),
    layer("GRU", reset_after=False),
    layer("GRU", reset_after=True),
    layer("LSTM", recurrent_dropout=0.2, activation="relu", use_bias=False),
    layer("SimpleRNN"),
    layer("RNN", layer("LSTMCell")),
    layer("RNN", layer("LSTMCell"), layer("LSTMCell")),
    layer("TimeDistributed", layer("LSTM")),
    layer("TimeDistributed", layer("LSTM", unroll=True)),
    *map(bidirectional, both()),
    *map(bidirectional, both(dropout=0.2)),
    *map(bidirectional, both(recurrent_dropout=0.2)),
    *map(bidirectional, both(recurrent_dropout=-0.5)),
    *map(bidirectional, both(return_sequences=True)),
    *map(bidirectional, both(activation=TF_TANH)),
    *map(bidirectional, both(activation="relu")),
    bidirectional(layer("RNN", layer("LSTMCell"))),
]
ONLY_KERAS_3: list[Layer] = [
    *both(activation=Name("keras.ops.tanh")),
    *both(recurrent_activation=Name("keras.ops.sigmoid")),
    *both(activation=Name("keras.ops.sigmoid")),
    *both(use_cudnn=False),
    *both(use_cudnn="auto"),
    *map(bidirectional, both(use_cudnn=False)),
    *map(bidirectional, both(activation=Name("keras.ops.tanh"))),
]
ONLY_KERAS_2: list[Layer] = [
    *both(time_major=True),
    *both(activation=Name("keras.backend.tanh")),
    layer("LSTM", origin="tensorflow.compat.v1.keras"),
    layer("GRU", origin="tensorflow.compat.v1.keras"),
]
FORCED: list[Layer] = [
    *both(use_cudnn=True),
    *both(use_cudnn=True, recurrent_dropout=0.2),
    *both(use_cudnn=True, recurrent_dropout=-0.5),
    *both(use_cudnn=True, dropout=0.2),
    *both(use_cudnn=True, activation="relu"),
    *both(use_cudnn=True, recurrent_activation="hard_sigmoid"),
    *both(use_cudnn=True, unroll=True),
    *both(use_cudnn=True, use_bias=False),
    layer("GRU", use_cudnn=True, reset_after=False),
    bidirectional(layer("LSTM", use_cudnn=True, recurrent_dropout=0.2)),
    bidirectional(layer("LSTM", use_cudnn=True)),
]
MASKS = {"right": [1, 1, 1, 0], "left": [0, 1, 1, 1]}


def cases(major: int) -> list[tuple[Layer, str | None, bool]]:
    """Layer, mask, training."""
    found = LAYERS + (ONLY_KERAS_3 if major == 3 else ONLY_KERAS_2)
    return [
        *((one, None, True) for one in found),
        *((one, None, False) for one in both(dropout=0.2) + both(recurrent_dropout=0.2)),
        *((one, mask, True) for mask in MASKS for one in both()),
    ]


def title(given: Layer) -> str:
    inner = [title(child) for child in given.children]
    args = [f"{arg.name}={getattr(arg.value, 'name', getattr(arg.value, 'value', '...'))}" for arg in given.args]
    return f"{given.short}({', '.join(inner + args)})"


def job(given: Layer, mask: str | None, training: bool) -> dict[str, Any]:
    more: dict[str, object] = {"units": 5} if given.short in ("LSTM", "GRU", "SimpleRNN") else {}
    shape = [3, 4, 4, 2] if given.short == "TimeDistributed" else [3, 4, 2]
    steps = MASKS[mask] if mask else None
    return {"do": "cudnn", "layer": encode(given, **more), "shape": shape, "mask": steps, "training": training}


@functools.cache
def observed(major: int, python: str) -> list[dict[str, Any]]:
    jobs = [job(*case) for case in cases(major)]
    if major == 3:
        jobs += [job(one, None, True) for one in FORCED]
    return observe(python, jobs)


def stays(given: Layer, where: KerasTargets) -> bool:
    """Whether rnnlint takes the layer to stay on cuDNN in a single version and backend."""
    lost = disqualifiers(given, where)
    assert all(one.certain for one in lost)
    return kernel(given).within(where) != "none" and not lost


def expected(given: Layer, mask: str | None, where: KerasTargets) -> int:
    if not stays(given, where) or mask == "left" or (mask and masked(given).within(where) != "none"):
        return 0
    return {"Bidirectional": 2, "TimeDistributed": 4}.get(given.short, 1)


@pytest.mark.keras
@pytest.mark.parametrize(
    "index", range(len(cases(3))), ids=[f"{title(one)}-{mask}-{training}" for one, mask, training in cases(3)]
)
def test_keras_3(index: int, keras3_python: str) -> None:
    given, mask, _ = cases(3)[index]
    answer = observed(3, keras3_python)[index]
    assert answer == {"calls": expected(given, mask, OBSERVED[3])} | {
        key: answer[key] for key in answer if mask == "left"
    }


@pytest.mark.keras2
@pytest.mark.parametrize(
    "index", range(len(cases(2))), ids=[f"{title(one)}-{mask}-{training}" for one, mask, training in cases(2)]
)
def test_keras_2(index: int, keras2_python: str) -> None:
    given, mask, _ = cases(2)[index]
    if given.short == "TimeDistributed":
        # Keras 2 folds the timesteps into the batch: one call.
        calls = min(1, expected(given, mask, OBSERVED[2]))
    else:
        calls = expected(given, mask, OBSERVED[2])
    assert observed(2, keras2_python)[index] == {"calls": calls}


@pytest.mark.keras
@pytest.mark.parametrize("index", range(len(FORCED)), ids=map(title, FORCED))
def test_use_cudnn_conflicts_in_keras_3(index: int, keras3_python: str) -> None:
    # Keras always raises here, as there is no kernel to be had; before it tried (a conflict), or after.
    answer = observed(3, keras3_python)[len(cases(3)) + index]
    assert answer["error"] == "ValueError"
    assert (answer["calls"] == 0) == bool(conflicts(FORCED[index], OBSERVED[3]))


# ---------------------------------------------------------------------------------------------------------------------
# Other versions and backends, measured with a faked GPU as `rnnlint.keras.cudnn` says.
# C: the layer took the cuDNN entry; -: it did not; E: an error; V: it did, then an error for want of a GPU; .: no test.
# With LSTM on torch before 3.15 nothing came of it: the code around the kernel raises (tests/nightly sees that).

COLUMNS: tuple[tuple[Version, str], ...] = (
    *(((3, minor), "tensorflow") for minor in (1, 3, 8, 13)),
    ((3, 13), "torch"),
    ((2, 15), "tensorflow"),
    ((2, 15), "tf_keras"),
    *(((3, minor), "tensorflow") for minor in (0, 6, 9, 14, 15)),
    *(((3, minor), "torch") for minor in (10, 12, 14, 15)),
    *(((3, minor), "jax") for minor in (14, 15)),
    ((3, 6), "torch"),
    ((3, 6), "jax"),
    ((3, 0), "jax"),
    ((3, 0), "torch"),
)
TANH, SIGMOID = Name("keras.ops.tanh"), Name("keras.ops.sigmoid")
ROWS: list[tuple[Layer, str]] = [
    (layer("LSTM"), "CCCCCCCCCCCCCCCCCC----"),
    (layer("LSTM", dropout=0.2), "--CCCCC-CCCCCCCCCC----"),
    (layer("LSTM", recurrent_dropout=0.2), "----------------------"),
    (layer("LSTM", recurrent_dropout=1e-9), "----------------------"),
    (layer("LSTM", recurrent_dropout=True), "-EEE-EE-EE------------"),
    (layer("LSTM", recurrent_dropout=False), "CCCCCCCCCCCCCCCCCC----"),
    (layer("LSTM", recurrent_dropout=0), "CCCCCCCCCCCCCCCCCC----"),
    (layer("LSTM", recurrent_dropout=-0.5), "CCCCC--CCCCCCCCCCC----"),
    (layer("LSTM", recurrent_dropout=20), "-EEE-EE-EE------------"),
    (layer("LSTM", activation="relu"), "----------------------"),
    (layer("LSTM", activation=None), "----------------------"),
    (layer("LSTM", activation=Name("keras.activations.tanh")), "CCCCCCCCCCCCCCCCCC----"),
    (layer("LSTM", activation=Name("tensorflow.tanh")), "CCCC.CCCCCCC.........."),
    (layer("LSTM", activation=Name("tensorflow.nn.tanh")), "CCCC.CCCCCCC.........."),
    (layer("LSTM", activation=TF_TANH), "CCCC.CCCCCCC.........."),
    (layer("LSTM", activation=TANH), "CCCCC..CCCCCCCCCCC----"),
    (layer("LSTM", recurrent_activation=SIGMOID), "CCCCC..CCCCCCCCCCC----"),
    (layer("LSTM", activation=LAYER), ".....--..............."),
    (layer("LSTM", recurrent_activation="hard_sigmoid"), "----------------------"),
    (layer("LSTM", recurrent_activation="sigmoid"), "CCCCCCCCCCCCCCCCCC----"),
    (layer("LSTM", unroll=True), "----------------------"),
    (layer("LSTM", use_bias=False), "----------------------"),
    (layer("LSTM", implementation=1), "CCCCCCCCCCCCCCCCCC----"),
    (layer("LSTM", implementation=2), "CCCCCCCCCCCCCCCCCC----"),
    (layer("LSTM", implementation=1, dropout=0.2), "--EEECC-CEEEEEEEEE----"),
    (layer("LSTM", use_cudnn=False), "E----EEE------------EE"),
    (layer("LSTM", use_cudnn=True), "EVVVVEEEVVVVVVCCVVEEEE"),
    (layer("LSTM", go_backwards=True), "CCCCCCCCCCCCCCCCCC----"),
    (layer("LSTM", return_sequences=True, return_state=True), "CCCCCCCCCCCCCCCCCC----"),
    (layer("LSTM", time_major=True), "EEEEECCEEEEEEEEEEEEEEE"),
    (layer("LSTM", zero_output_for_mask=True), "CCCCCCCCCCCCCCCCCC----"),
    (layer("LSTM", stateful=True), "CCCCCCCCCCCCCCCCCC----"),
    (layer("LSTM", kernel_regularizer="l2"), "CCCCCCCCCCCCCCCCCC----"),
    (layer("LSTM", unit_forget_bias=False), "CCCCCCCCCCCCCCCCCC----"),
    (layer("GRU"), "CCCC-CCCCCCC--CC------"),
    (layer("GRU", dropout=0.2), "--CC-CC-CCCC--CC------"),
    (layer("GRU", recurrent_dropout=0.2), "----------------------"),
    (layer("GRU", recurrent_dropout=True), "-EEE-EE-EE------------"),
    (layer("GRU", recurrent_dropout=0), "CCCC-CCCCCCC--CC------"),
    (layer("GRU", recurrent_dropout=-0.5), "CCCC---CCCCC--CC------"),
    (layer("GRU", activation="relu"), "----------------------"),
    (layer("GRU", activation=Name("keras.activations.tanh")), "CCCC-CCCCCCC--CC------"),
    (layer("GRU", activation=TF_TANH), "CCCC.CCCCCCC.........."),
    (layer("GRU", activation=TANH), "CCCC-..CCCCC--CC------"),
    (layer("GRU", recurrent_activation=SIGMOID), "CCCC-..CCCCC--CC------"),
    (layer("GRU", recurrent_activation="hard_sigmoid"), "----------------------"),
    (layer("GRU", unroll=True), "----------------------"),
    (layer("GRU", use_bias=False), "----------------------"),
    (layer("GRU", reset_after=False), "----------------------"),
    (layer("GRU", implementation=1), "EECC-CCECCCC--CC----EE"),
    (layer("GRU", use_cudnn=False), "E----EEE------------EE"),
    (layer("GRU", use_cudnn=True), "EVVVEEEEVVVVEEVCE-EEEE"),
    (layer("SimpleRNN"), "----------------------"),
    (layer("RNN", layer("LSTMCell")), "----------------------"),
    (layer("RNN", layer("LSTMCell"), layer("LSTMCell")), "----------------------"),
    (layer("ConvLSTM2D"), "----------------------"),
    (bidirectional(layer("LSTM")), "CCCCCCCCCCCCCCCCCC----"),
    (bidirectional(layer("LSTM", dropout=0.2)), "--CCCCC-CCCCCCCCCC----"),
    (bidirectional(layer("LSTM", recurrent_dropout=0.2)), "----------------------"),
    (bidirectional(layer("GRU")), "CCCC-CCCCCCC--CC------"),
    (bidirectional(layer("GRU", dropout=0.2)), "--CC-CC-CCCC--CC------"),
    (bidirectional(layer("GRU", recurrent_dropout=0.2)), "----------------------"),
    (bidirectional(layer("RNN", layer("LSTMCell"))), "----------------------"),
]
RIGHT_PADDED = [
    (layer("LSTM"), "-CCCCCC-CCCCCC--------"),
    (layer("GRU"), "-CCC-CC-CCCC----------"),
    (bidirectional(layer("LSTM")), "-CCCCCC-CCCCCC--------"),
    (bidirectional(layer("GRU")), "-CCC-CC-CCCC----------"),
]


def _in_vain(given: Layer, version: Version, backend: str) -> bool:
    return backend == "torch" and version < (3, 15) and "LSTM" in title(given)


@pytest.mark.parametrize(("given", "row"), ROWS, ids=[title(given) for given, _ in ROWS])
def test_measured_matrix(given: Layer, row: str) -> None:
    answers = ""
    for (version, backend), measured in zip(COLUMNS, row, strict=True):
        if _in_vain(given, version, backend):
            answers += measured
            assert not stays(given, env(version, backend))
            continue
        where = env(version).for_origin("tf_keras") if backend == "tf_keras" else env(version, backend)
        stayed = stays(given, where)
        answers += measured if measured in "E." or (measured in "CV") == stayed else "C" if stayed else "-"
    assert answers == row


@pytest.mark.parametrize(("given", "row"), RIGHT_PADDED, ids=[title(given) for given, _ in RIGHT_PADDED])
def test_measured_masks(given: Layer, row: str) -> None:
    for (version, backend), measured in zip(COLUMNS, row, strict=True):
        if _in_vain(given, version, backend):
            continue
        where = env(version) if backend == "tf_keras" else env(version, backend)
        stayed = stays(given, where) and masked(given).within(where) == "none"
        assert stayed == (measured == "C"), (version, backend)


def test_kernels_in_words() -> None:
    assert kernel(layer("LSTM")).describe(ANY) == (
        "Keras 2 and Keras 3 on tensorflow, Keras 3.14 and later on jax, Keras 3.15 on torch"
    )
    assert kernel(layer("GRU")).describe(ANY) == "Keras 2 and Keras 3 on tensorflow, Keras 3.14 and later on torch"
    assert kernel(layer("CuDNNLSTM")).describe(ANY) == "Keras 2"
    assert kernel(layer("LSTM", origin="tensorflow.compat.v1.keras")).describe(ANY) == (
        "Keras 3 on tensorflow, Keras 3.14 and later on jax, Keras 3.15 on torch"
    )
    user = Layer(0, "LSTM", "user", "", (), layer("LSTM").span)
    assert not kernel(user)
    assert disqualifiers(user, ANY) == ()


def test_standalone_keras_has_no_kernel() -> None:
    old = KerasTargets(frozenset({(2, 2), (2, 3)}), frozenset({"tensorflow"}))
    assert kernel(layer("LSTM")).within(old) == "none"
    assert disqualifiers(layer("LSTM", recurrent_dropout=0.2), old) == ()
    assert kernel(layer("CuDNNGRU")).within(old) == "all"


# ---------------------------------------------------------------------------------------------------------------------
# What is only partly known


@pytest.mark.parametrize(
    ("rate", "certain"),
    [
        (0.2, True),
        (Choice((Const(0.2), Const(0.5))), True),
        (Choice((Const(0.0), Const(0.5))), False),
        (Choice((Const(0.5), Unknown("parameter"))), False),
        (Range(0.1, 0.5), True),
        (Range(0.0, 0.5), False),
        (Range(None, 0.5), False),
        (Choice((Const(0.0), Unknown("parameter"))), None),
        (Unknown("parameter"), None),
        (Range(None, None), None),
        (Name("RATE"), None),
        (None, None),
        ("0.5", None),
        (0.0, None),
    ],
)
def test_certainty(rate: object, certain: bool | None) -> None:
    found = disqualifiers(layer("LSTM", recurrent_dropout=rate), ANY)
    assert [one.certain for one in found] == ([] if certain is None else [certain])


def test_text_names_the_offending_values_only() -> None:
    (found,) = disqualifiers(layer("GRU", activation=Choice((Const("tanh"), Const("relu"), Const("elu")))), ANY)
    assert (found.argument, found.text, found.certain) == ("activation", "'relu' or 'elu'", False)
    (found,) = disqualifiers(layer("GRU", activation=Name("tensorflow.nn.relu")), ANY)
    assert (found.text, found.certain) == ("tf.nn.relu", True)


def test_a_users_function_stays_unknown() -> None:
    assert disqualifiers(layer("LSTM", activation=OWN_TANH), ANY) == ()
    assert fast_in_keras2(layer("LSTM", activation=OWN_TANH)) is None


def test_the_layer_inside_is_named() -> None:
    inner = layer("LSTM", recurrent_dropout=0.2, use_bias=False)
    found = disqualifiers(bidirectional(inner), ANY)
    assert [(one.argument, one.layer is inner) for one in found] == [("recurrent_dropout", True), ("use_bias", True)]
    both_ways = disqualifiers(bidirectional(layer("LSTM"), layer("LSTM", unroll=True)), ANY)
    assert [one.argument for one in both_ways] == ["unroll"]


def test_only_where_the_layer_has_a_kernel() -> None:
    (found,) = disqualifiers(layer("GRU", recurrent_dropout=0.2), ANY)
    assert found.where.describe(ANY) == "Keras 2 and Keras 3 on tensorflow, Keras 3.14 and later on torch"
    assert disqualifiers(
        layer("GRU", recurrent_dropout=0.2), KerasTargets(ANY.versions, frozenset({"jax"})).for_origin("keras")
    )
    assert disqualifiers(layer("GRU", recurrent_dropout=0.2), env((3, 15), "jax")) == ()
    assert disqualifiers(layer("GRU", recurrent_dropout=0.2, origin="tf_keras"), env((3, 15), "jax"))


def test_bidirectional_forgets_use_cudnn_before_3_12() -> None:
    # Seen lost in 3.6.0 and kept in 3.15.1; `bidirectional.py` of keras 3.11.0 and 3.12.0 differ in it.
    given = bidirectional(layer("LSTM", use_cudnn=False))
    (found,) = disqualifiers(given, ANY)
    assert found.where - kernel(given) == VersionSet()
    assert (
        found.where.describe(ANY)
        == "Keras 3.12 and later on tensorflow, Keras 3.14 and later on jax, Keras 3.15 on torch"
    )
    forced = bidirectional(layer("LSTM", use_cudnn=True, recurrent_dropout=0.2))
    (conflict,) = conflicts(forced, ANY)
    assert conflict.where == VersionSet.keras3(since=12)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (layer("LSTM", use_cudnn=True, recurrent_dropout=0.2), "Keras 3.2 and later"),
        # The fallback loops in backend/torch/rnn.py from 3.14, `lax.scan` in backend/jax/rnn.py from 3.15.
        (
            layer("LSTM", use_cudnn=True, unroll=True),
            "Keras 3.2 and later on tensorflow and jax, Keras 3.2 to 3.13 on torch",
        ),
        (
            layer("GRU", use_cudnn=True, activation="relu"),
            "Keras 3.2 and later on tensorflow, Keras 3.2 to 3.14 on jax and torch",
        ),
        (layer("GRU", use_cudnn=True, reset_after=False), "Keras 3.2 and later"),
        (layer("LSTM", use_cudnn=True, dropout=0.2), "Keras 3.2 to 3.3 on tensorflow"),
    ],
    ids=lambda given: title(given) if isinstance(given, Layer) else "",
)
def test_conflicts_in_words(given: Layer, expected: str) -> None:
    (found,) = conflicts(given, ANY)
    assert found.certain
    assert found.where.describe(ANY) == expected


def test_no_conflict_without_true() -> None:
    for forced in ("auto", False, 1, Unknown("parameter"), None):
        assert conflicts(layer("LSTM", use_cudnn=forced, recurrent_dropout=0.2), ANY) == ()
    (found,) = conflicts(layer("LSTM", use_cudnn=Choice((Const(True), Const("auto"))), unroll=True), ANY)
    assert not found.certain
    assert conflicts(layer("LSTM", use_cudnn=True, recurrent_dropout=0.2), env((2, 15))) == ()
