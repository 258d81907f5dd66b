"""Shapes and the way back along axes, against real layers: every case is built and called by Keras."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rnnlint.graph import Shape
from rnnlint.keras.axes import Back, Way
from rnnlint.keras.shapes import axis_back, layer_outputs, op_outputs
from rnnlint.keras.versions import KerasTargets
from tests.keras.reality import KERAS2, NEWEST, ask, call_of, layer

ANY = KerasTargets.unknown()
Case = tuple[str, list[list[int | None]]]

SEQUENCE: list[int | None] = [None, 6, 4]
OPEN: list[int | None] = [None, None, 4]
IMAGES: list[int | None] = [None, 6, 5, 4]
FILM: list[int | None] = [None, 4, 6, 5, 3]

# Both majors.
BOTH: list[Case] = [
    ("Dense(3)", [SEQUENCE]),
    ("Dense(3)", [[None, 4]]),
    ("Dense(3, activation='softmax')", [IMAGES]),
    ("Dense(units=3, use_bias=False)", [OPEN]),
    ("EinsumDense('abc,cd->abd', output_shape=(None, 7))", [SEQUENCE]),
    ("EinsumDense('abc,cd->abd', output_shape=(6, 7), bias_axes='d')", [SEQUENCE]),
    ("EinsumDense('...x,xy->...y', output_shape=7)", [SEQUENCE]),
    ("EinsumDense('abc,bd->adc', output_shape=(7, None))", [SEQUENCE]),
    ("Embedding(10, 3)", [[None, 6]]),
    ("Embedding(10, output_dim=3, mask_zero=True)", [[None, None]]),
    ("Embedding(10, 3)", [[None, 6, 2]]),
    ("Dropout(0.5)", [SEQUENCE]),
    ("SpatialDropout1D(0.5)", [OPEN]),
    ("SpatialDropout2D(0.5)", [IMAGES]),
    ("GaussianDropout(0.5)", [SEQUENCE]),
    ("GaussianNoise(0.5)", [SEQUENCE]),
    ("AlphaDropout(0.5)", [SEQUENCE]),
    ("ActivityRegularization(0.5)", [SEQUENCE]),
    ("Masking()", [SEQUENCE]),
    ("Activation('relu')", [SEQUENCE]),
    ("Activation('softmax')", [SEQUENCE]),
    ("Softmax(axis=1)", [SEQUENCE]),
    ("Softmax()", [SEQUENCE]),
    ("ReLU()", [SEQUENCE]),
    ("LeakyReLU()", [SEQUENCE]),
    ("PReLU()", [SEQUENCE]),
    ("ELU()", [SEQUENCE]),
    ("Identity()", [SEQUENCE]),
    ("Rescaling(0.5, offset=1.0)", [SEQUENCE]),
    ("BatchNormalization()", [SEQUENCE]),
    ("BatchNormalization(axis=1)", [SEQUENCE]),
    ("LayerNormalization()", [SEQUENCE]),
    ("LayerNormalization(axis=1)", [SEQUENCE]),
    ("LayerNormalization(axis=(1, 2))", [SEQUENCE]),
    ("UnitNormalization()", [SEQUENCE]),
    ("GroupNormalization(2)", [SEQUENCE]),
    ("LSTM(3)", [SEQUENCE]),
    ("LSTM(3, return_sequences=True)", [OPEN]),
    ("LSTM(3, return_sequences=True, return_state=True)", [SEQUENCE]),
    ("LSTM(3, return_state=True)", [SEQUENCE]),
    ("LSTM(3, return_sequences=True, go_backwards=True)", [SEQUENCE]),
    ("GRU(3, return_sequences=True, return_state=True)", [SEQUENCE]),
    ("GRU(3)", [SEQUENCE]),
    ("SimpleRNN(3, return_sequences=True, return_state=True)", [SEQUENCE]),
    ("RNN(LSTMCell(3), return_sequences=True, return_state=True)", [SEQUENCE]),
    ("RNN(GRUCell(3), return_state=True)", [SEQUENCE]),
    ("RNN(SimpleRNNCell(3))", [SEQUENCE]),
    ("RNN([LSTMCell(3), LSTMCell(5)], return_sequences=True)", [SEQUENCE]),
    ("RNN([GRUCell(3), SimpleRNNCell(5)])", [SEQUENCE]),
    ("RNN(StackedRNNCells([LSTMCell(3), LSTMCell(5)]), return_sequences=True)", [SEQUENCE]),
    ("Bidirectional(LSTM(3))", [SEQUENCE]),
    ("Bidirectional(LSTM(3, return_sequences=True))", [OPEN]),
    ("Bidirectional(LSTM(3, return_sequences=True), merge_mode='sum')", [SEQUENCE]),
    ("Bidirectional(GRU(3, return_sequences=True), merge_mode=None)", [SEQUENCE]),
    ("Bidirectional(LSTM(3, return_sequences=True, return_state=True))", [SEQUENCE]),
    ("Bidirectional(LSTM(3, return_state=True), merge_mode='ave')", [SEQUENCE]),
    ("Bidirectional(LSTM(3), backward_layer=LSTM(5, go_backwards=True))", [SEQUENCE]),
    ("Bidirectional(RNN(LSTMCell(3), return_sequences=True))", [SEQUENCE]),
    ("TimeDistributed(Dense(3))", [SEQUENCE]),
    ("TimeDistributed(Dense(3))", [IMAGES]),
    ("TimeDistributed(Dropout(0.5))", [SEQUENCE]),
    ("TimeDistributed(Flatten())", [IMAGES]),
    ("TimeDistributed(LSTM(3))", [IMAGES]),
    ("TimeDistributed(LSTM(3, return_sequences=True))", [IMAGES]),
    ("TimeDistributed(Bidirectional(LSTM(3)))", [IMAGES]),
    ("TimeDistributed(Conv1D(3, 2))", [IMAGES]),
    ("TimeDistributed(Conv2D(2, 3, padding='same'))", [FILM]),
    ("TimeDistributed(MaxPooling2D((2, 2)))", [FILM]),
    ("TimeDistributed(GlobalAveragePooling1D())", [IMAGES]),
    ("TimeDistributed(RepeatVector(3))", [SEQUENCE]),
    ("TimeDistributed(TimeDistributed(Dense(3)))", [IMAGES]),
    ("TimeDistributed(Embedding(10, 3))", [[None, 6, 4]]),
    ("ConvLSTM1D(3, 2)", [IMAGES]),
    ("ConvLSTM1D(3, 2, padding='same', return_sequences=True)", [IMAGES]),
    ("ConvLSTM2D(3, (2, 3), return_sequences=True)", [FILM]),
    ("ConvLSTM2D(3, 1, return_sequences=True)", [FILM]),
    ("ConvLSTM2D(3, 3, strides=2, padding='same')", [FILM]),
    ("Conv1D(3, 2)", [SEQUENCE]),
    ("Conv1D(3, 1)", [OPEN]),
    ("Conv1D(3, 3, padding='same')", [OPEN]),
    ("Conv1D(3, 3, padding='causal')", [SEQUENCE]),
    ("Conv1D(3, 3, strides=2)", [SEQUENCE]),
    ("Conv1D(3, 3, strides=2, padding='same')", [SEQUENCE]),
    ("Conv1D(3, kernel_size=2, dilation_rate=2)", [SEQUENCE]),
    ("Conv1D(3, kernel_size=2, dilation_rate=2, padding='causal')", [SEQUENCE]),
    ("Conv2D(3, (1, 3))", [IMAGES]),
    ("Conv2D(3, 2, strides=(2, 1))", [IMAGES]),
    ("Conv2D(3, [3, 1], padding='same')", [IMAGES]),
    ("Conv3D(2, 2)", [FILM]),
    ("Conv1DTranspose(3, 3)", [SEQUENCE]),
    ("Conv1DTranspose(3, 3, strides=2, padding='same')", [SEQUENCE]),
    ("Conv1DTranspose(3, 2, strides=3)", [SEQUENCE]),
    ("Conv1DTranspose(3, 1)", [SEQUENCE]),
    ("Conv2DTranspose(3, (3, 2), strides=(2, 1))", [IMAGES]),
    ("SeparableConv1D(3, 2)", [SEQUENCE]),
    ("SeparableConv1D(3, 3, padding='same')", [SEQUENCE]),
    ("SeparableConv2D(3, (1, 2), padding='same')", [IMAGES]),
    ("DepthwiseConv1D(3, depth_multiplier=2)", [SEQUENCE]),
    ("DepthwiseConv2D((3, 1), padding='same')", [IMAGES]),
    ("MaxPooling1D()", [SEQUENCE]),
    ("MaxPooling1D(3, strides=1, padding='same')", [OPEN]),
    ("MaxPooling1D(2, padding='same')", [[None, 5, 4]]),
    ("AveragePooling1D(pool_size=2)", [SEQUENCE]),
    ("MaxPooling1D(2, data_format='channels_first')", [SEQUENCE]),
    ("MaxPool1D(1)", [SEQUENCE]),
    ("MaxPooling2D((1, 2))", [IMAGES]),
    ("MaxPooling2D()", [IMAGES]),
    ("AveragePooling2D((2, 2), strides=(1, 2), padding='same')", [IMAGES]),
    ("MaxPooling3D((1, 2, 2))", [FILM]),
    ("GlobalMaxPooling1D()", [OPEN]),
    ("GlobalAveragePooling1D()", [SEQUENCE]),
    ("GlobalAveragePooling1D(keepdims=True)", [SEQUENCE]),
    ("GlobalAveragePooling1D('channels_first')", [SEQUENCE]),
    ("GlobalMaxPool2D()", [IMAGES]),
    ("Flatten()", [SEQUENCE]),
    ("Flatten()", [OPEN]),
    ("Flatten()", [[None, 5]]),
    ("Flatten()", [[None, 6, 1]]),
    ("Reshape((6, 4))", [SEQUENCE]),
    ("Reshape((6, 4, 1))", [SEQUENCE]),
    ("Reshape((4, 6))", [SEQUENCE]),
    ("Reshape((3, 8))", [SEQUENCE]),
    ("Reshape((-1, 20))", [IMAGES]),
    ("Reshape((6, -1))", [IMAGES]),
    ("Reshape((-1, 4))", [IMAGES]),
    ("Reshape((-1,))", [SEQUENCE]),
    ("Reshape((24,))", [SEQUENCE]),
    ("Reshape((-1, 2, 2))", [SEQUENCE]),
    ("Reshape((1, 6, 4))", [SEQUENCE]),
    ("Permute((2, 1))", [SEQUENCE]),
    ("Permute((2, 3, 1))", [IMAGES]),
    ("Permute([2, 1])", [OPEN]),
    ("RepeatVector(5)", [[None, 4]]),
    ("UpSampling1D()", [SEQUENCE]),
    ("UpSampling1D(3)", [OPEN]),
    ("UpSampling2D()", [IMAGES]),
    ("UpSampling2D((1, 2))", [IMAGES]),
    ("UpSampling2D(2, interpolation='bilinear')", [IMAGES]),
    ("ZeroPadding1D()", [SEQUENCE]),
    ("ZeroPadding1D((2, 0))", [SEQUENCE]),
    ("ZeroPadding1D(2)", [OPEN]),
    ("ZeroPadding2D((1, 0))", [IMAGES]),
    ("ZeroPadding2D(((1, 0), (2, 2)))", [IMAGES]),
    ("ZeroPadding3D()", [FILM]),
    ("Cropping1D()", [SEQUENCE]),
    ("Cropping1D((0, 2))", [SEQUENCE]),
    ("Cropping2D(((1, 0), (2, 2)))", [IMAGES]),
    ("Add()", [SEQUENCE, SEQUENCE]),
    ("Add()", [OPEN, OPEN]),
    ("Average()", [SEQUENCE, SEQUENCE, SEQUENCE]),
    ("Multiply()", [SEQUENCE, [None, 6, 1]]),
    ("Multiply()", [SEQUENCE, [None, 1, 4]]),
    ("Add()", [SEQUENCE, [None, 4]]),
    ("Maximum()", [SEQUENCE, SEQUENCE]),
    ("Minimum()", [SEQUENCE, SEQUENCE]),
    ("Subtract()", [SEQUENCE, SEQUENCE]),
    ("Concatenate()", [SEQUENCE, [None, 6, 2]]),
    ("Concatenate(axis=1)", [SEQUENCE, [None, 3, 4]]),
    ("Concatenate(axis=-2)", [SEQUENCE, [None, 3, 4]]),
    ("Concatenate()", [OPEN, OPEN, OPEN]),
    ("Dot(axes=1)", [SEQUENCE, [None, 6, 3]]),
    ("Dot(axes=(2, 2))", [SEQUENCE, [None, 5, 4]]),
    ("Dot((2, 1))", [SEQUENCE, [None, 4, 3]]),
    ("Dot(axes=-1)", [[None, 4], [None, 4]]),
    ("Attention()", [SEQUENCE, [None, 3, 4]]),
    ("AdditiveAttention()", [SEQUENCE, [None, 3, 4]]),
    ("MultiHeadAttention(2, 3)", [SEQUENCE, SEQUENCE]),
    ("MultiHeadAttention(2, 3, value_dim=2, output_shape=5)", [SEQUENCE, [None, 3, 4]]),
]

# Only Keras 3.
ONLY3: list[Case] = [
    ("RMSNormalization()", [SEQUENCE]),
    ("AdaptiveMaxPooling1D(3)", [SEQUENCE]),
    ("Conv1DTranspose(3, 3, strides=2, output_padding=1)", [SEQUENCE]),
    ("SpectralNormalization(Dense(3))", [SEQUENCE]),
    ("LSTM(3, return_sequences=True, use_cudnn=False)", [SEQUENCE]),
    ("ops.transpose(x0, (0, 2, 1))", [SEQUENCE]),
    ("ops.transpose(x0)", [SEQUENCE]),
    ("ops.swapaxes(x0, 1, 2)", [SEQUENCE]),
    ("ops.moveaxis(x0, 1, -1)", [IMAGES]),
    ("ops.concatenate([x0, x1], axis=1)", [SEQUENCE, [None, 3, 4]]),
    ("ops.concatenate((x0, x1), -1)", [SEQUENCE, SEQUENCE]),
    ("ops.stack([x0, x1], axis=1)", [[None, 4], [None, 4]]),
    ("ops.stack([x0, x1], axis=-1)", [SEQUENCE, SEQUENCE]),
    ("ops.expand_dims(x0, -1)", [SEQUENCE]),
    ("ops.expand_dims(x0, axis=1)", [SEQUENCE]),
    ("ops.squeeze(x0, axis=2)", [[None, 6, 1]]),
    ("ops.mean(x0, axis=1)", [SEQUENCE]),
    ("ops.max(x0, axis=-1, keepdims=True)", [SEQUENCE]),
    ("ops.sum(x0, (1, 2))", [IMAGES]),
    ("ops.softmax(x0, axis=1)", [SEQUENCE]),
    ("ops.cumsum(x0, axis=1)", [SEQUENCE]),
    ("ops.relu(x0)", [SEQUENCE]),
    ("ops.add(x0, x1)", [SEQUENCE, SEQUENCE]),
    ("ops.multiply(x0, x1)", [SEQUENCE, [None, 6, 1]]),
    ("ops.matmul(x0, x1)", [SEQUENCE, [None, 4, 3]]),
    ("ops.einsum('btd,bsd->bts', x0, x1)", [SEQUENCE, [None, 5, 4]]),
    ("ops.split(x0, 2, axis=1)", [SEQUENCE]),
    ("ops.split(x0, [2], axis=-1)", [SEQUENCE]),
    ("ops.unstack(x0, axis=1)", [SEQUENCE]),
    ("ops.flip(x0, axis=1)", [SEQUENCE]),
    ("ops.roll(x0, 1, axis=1)", [SEQUENCE]),
    ("ops.repeat(x0, 2, axis=1)", [SEQUENCE]),
    ("ops.tile(x0, (1, 2, 1))", [SEQUENCE]),
    ("ops.reshape(x0, (-1, 4, 6))", [SEQUENCE]),
    ("ops.reshape(x0, (-1, 6, 2, 2))", [SEQUENCE]),
    ("ops.reshape(x0, (-1, 6, 20))", [IMAGES]),
    ("ops.pad(x0, ((0, 0), (1, 2), (0, 0)))", [SEQUENCE]),
    ("ops.argmax(x0, axis=1)", [SEQUENCE]),
    ("ops.one_hot(x0, 5)", [[None, 6]]),
    ("x0 + x1", [SEQUENCE, SEQUENCE]),
    ("x0 * 2.0", [SEQUENCE]),
    ("1.0 - x0", [SEQUENCE]),
    ("x0 @ x1", [SEQUENCE, [None, 4, 3]]),
    ("x0[:, -1]", [SEQUENCE]),
    ("x0[:, -1, :]", [SEQUENCE]),
    ("x0[:, 1:, :]", [SEQUENCE]),
    ("x0[:, ::2]", [SEQUENCE]),
    ("x0[:, ::-1]", [SEQUENCE]),
    ("x0[..., 0]", [SEQUENCE]),
    ("x0[:, None]", [SEQUENCE]),
    ("x0[..., None]", [SEQUENCE]),
    ("x0[:, :, None, 1:3]", [SEQUENCE]),
    ("add([x0, x1])", [SEQUENCE, SEQUENCE]),
    ("multiply([x0, x1])", [SEQUENCE, [None, 4]]),
    ("concatenate([x0, x1])", [SEQUENCE, SEQUENCE]),
    ("concatenate([x0, x1], axis=1)", [SEQUENCE, SEQUENCE]),
    ("dot([x0, x1], axes=(2, 2))", [SEQUENCE, SEQUENCE]),
    ("tf.transpose(x0, perm=[0, 2, 1])", [SEQUENCE]),
    ("tf.concat([x0, x1], 1)", [SEQUENCE, SEQUENCE]),
    ("tf.reduce_mean(x0, axis=1)", [SEQUENCE]),
    ("tf.reduce_max(x0, 1, True)", [SEQUENCE]),
    ("tf.expand_dims(x0, 1)", [[None, 4]]),
    ("tf.tile(x0, [1, 6, 1])", [[None, 1, 4]]),
    ("tf.reverse(x0, axis=[1])", [SEQUENCE]),
    ("tf.split(x0, [2, 4], 1)", [SEQUENCE]),
    ("tf.split(x0, num_or_size_splits=2, axis=-1)", [SEQUENCE]),
    ("tf.unstack(x0, axis=1)", [SEQUENCE]),
    ("tf.unstack(x0, 6, 1)", [SEQUENCE]),
    ("tf.matmul(x0, x1, transpose_b=True)", [SEQUENCE, [None, 5, 4]]),
    ("tf.nn.dropout(x0, 0.0)", [SEQUENCE]),
    ("tf.nn.softmax(x0, axis=1)", [SEQUENCE]),
    ("tf.pad(x0, [[0, 0], [1, 0], [0, 0]])", [SEQUENCE]),
]

# Only Keras 2.
ONLY2: list[Case] = [
    ("LocallyConnected1D(3, 2)", [SEQUENCE]),
    ("ThresholdedReLU()", [SEQUENCE]),
    ("K.permute_dimensions(x0, (0, 2, 1))", [SEQUENCE]),
    ("K.concatenate([x0, x1])", [SEQUENCE, SEQUENCE]),
    ("K.concatenate([x0, x1], axis=1)", [SEQUENCE, SEQUENCE]),
    ("K.expand_dims(x0)", [SEQUENCE]),
    ("K.expand_dims(x0, 1)", [SEQUENCE]),
    ("K.squeeze(x0, 2)", [[None, 6, 1]]),
    ("K.repeat(x0, 5)", [[None, 4]]),
    ("K.repeat_elements(x0, 2, axis=1)", [SEQUENCE]),
    ("K.batch_flatten(x0)", [SEQUENCE]),
    ("K.batch_dot(x0, x1)", [SEQUENCE, [None, 4, 3]]),
    ("K.batch_dot(x0, x1, axes=[2, 2])", [SEQUENCE, [None, 5, 4]]),
    ("K.sum(x0, axis=1)", [SEQUENCE]),
    ("K.mean(x0, axis=-1, keepdims=True)", [SEQUENCE]),
    ("K.max(x0, 1)", [SEQUENCE]),
    ("K.argmax(x0)", [SEQUENCE]),
    ("K.l2_normalize(x0, axis=1)", [SEQUENCE]),
    ("K.softmax(x0, axis=1)", [SEQUENCE]),
    ("K.reverse(x0, 1)", [SEQUENCE]),
    ("K.temporal_padding(x0, (1, 2))", [SEQUENCE]),
    ("K.stack([x0, x1], axis=1)", [[None, 4], [None, 4]]),
    ("K.reshape(x0, (-1, 4, 6))", [SEQUENCE]),
    ("K.cast(x0, 'float32')", [SEQUENCE]),
]

# Where we say "unknown" although the sizes are there. Keras 3 leaves a None of EinsumDense's output_shape open and
# Keras 2 does not; Keras 3 takes the units of Bidirectional's forward layer for those of the backward layer.
VAGUE = frozenset(text for text, _ in BOTH if "backward_layer" in text or ("EinsumDense" in text and "None" in text))


def shape(dims: list[int | None]) -> Shape:
    return tuple(dims)


def answers(python: str, cases: list[Case]) -> list[Any]:
    found: list[Any] = ask(python, "calls", json.dumps(cases))["answer"]
    return found


def check(cases: list[Case], found: list[Any], env: KerasTargets) -> None:
    wrong: list[str] = []
    for (text, inputs), real in zip(cases, found, strict=True):
        if "error" in real:
            wrong.append(f"{text} on {inputs}: Keras says {real['error']}")
            continue
        wrong += shape_errors(text, inputs, real["shapes"], env)
        wrong += axis_errors(text, inputs, real["relations"], env)
    assert not wrong, "\n".join(wrong)


def shape_errors(text: str, inputs: list[list[int | None]], real: Any, env: KerasTargets) -> list[str]:
    if real is None:  # an operation: its shapes are read off the relations
        return []
    ours = layer_outputs(layer(text, env), [shape(one) for one in inputs], env)
    have = [None if one is None else list(one) for one in ours]
    return [] if have == real or vague(text, ours, real) else [f"{text} on {inputs}: {have}, Keras says {real}"]


def vague(text: str, ours: Any, real: Any) -> bool:
    """Whether shapes differ only in sizes that we leave open and may leave open."""
    return text in VAGUE and all(
        len(one) == len(other) and all(a in (b, None) for a, b in zip(one, other, strict=True))
        for one, other in zip(ours, real, strict=True)
    )


def axis_errors(text: str, inputs: list[list[int | None]], relations: Any, env: KerasTargets) -> list[str]:
    """`relations`: which input positions change which output positions."""
    sized: list[Shape] = [(None, *(6 if dim is None else dim for dim in one[1:])) for one in inputs]
    node = call_of(text, sized, env)
    plans = layer_outputs(node.layer, sized, env) if node.layer else op_outputs(node.name, sized, node.args)
    wrong: list[str] = []
    outputs: dict[int, dict[int, dict[tuple[int, int], list[list[int]]]]] = {}
    for output, axis, number, axis_in, rows in relations:
        outputs.setdefault(output, {}).setdefault(axis, {})[number, axis_in] = rows
    for output, axes in outputs.items():
        real_shape = (None, *(len(next(iter(axes[axis].values()))) for axis in sorted(axes)))
        ours = plans[output] if output < len(plans) else None
        if ours is None or (ours[1:] != real_shape[1:] and not vague(text, [ours], [real_shape])):
            wrong.append(f"{text} on {inputs}: output {output} is {ours}, Keras says {real_shape}")
            continue
        if any(len(other) != len(axes) for other in outputs.values()) and output > 0:
            continue  # the states: axis_back speaks of the outputs of one rank
        for axis, sources in axes.items():
            backs = axis_back(node, axis, sized, len(real_shape), env)
            wrong += _claims(f"{text} on {inputs}: output axis {axis}", backs, sources)
            kept = {at for at, rows in sources.items() if _one_to_one(rows)}
            claimed = {(back.input, back.axis) for back in backs}
            if not kept <= claimed:
                wrong.append(f"{text} on {inputs}: output axis {axis} comes from {kept}, not claimed: {backs}")
    return wrong


def _one_to_one(rows: list[list[int]]) -> bool:
    """Every output position comes from at most one input position, each from another."""
    places = [row[0] for row in rows if row]
    return all(len(row) <= 1 for row in rows) and len(set(places)) == len(places) > 1


def _claims(where: str, backs: tuple[Back, ...], sources: dict[tuple[int, int], list[list[int]]]) -> list[str]:
    wrong: list[str] = []
    mixed = any(
        back.way is Way.MIX and any(len(row) > 1 for row in sources.get((back.input, back.axis), [])) for back in backs
    )
    for back in backs:
        rows = sources.get((back.input, back.axis), [])
        if not any(rows):
            wrong.append(f"{where}: claims to come from {back}, on which nothing depends")
        elif back.way is Way.KEEP and any(len(row) > 1 for row in rows):
            wrong.append(f"{where}: claims {back}, but depends on {rows}")
        elif back.way is Way.MIX and not mixed and len(rows) > 1:
            wrong.append(f"{where}: claims {back}, but depends on single positions {rows}")
    return wrong


@pytest.mark.keras
def test_keras_3(keras3_python: str) -> None:
    cases = BOTH + ONLY3
    check(cases, answers(keras3_python, cases), NEWEST)


@pytest.mark.keras2
def test_keras_2(keras2_python: str) -> None:
    cases = BOTH + ONLY2
    check(cases, answers(keras2_python, cases), KERAS2)


# ---------------------------------------------------------------------------------------------------------------------
# What is not known stays unknown. Names in capitals stand for unknown values.


@pytest.mark.parametrize(
    ("text", "inputs", "expected"),
    [
        ("LSTM(3, return_sequences=FLAG)", [(None, 6, 4)], (None,)),
        ("LSTM(3, return_state=FLAG)", [(None, 6, 4)], (None,)),
        ("LSTM(UNITS, return_sequences=True)", [(None, 6, 4)], ((None, 6, None),)),
        ("LSTM(UNITS)", [(None, 6, 4)], ((None, None),)),
        ("LSTM(3)", [None], ((None, 3),)),
        ("LSTM(3, return_sequences=True)", [None], ((None, None, 3),)),
        ("LSTM(3)", [(None, 4)], (None,)),
        ("LSTM(3, **MORE)", [(None, 6, 4)], (None,)),
        ("LSTM(3, return_sequences=1)", [("b", "t", 4)], (("b", "t", 3),)),
        ("Bidirectional(LSTM(UNITS))", [(None, 6, 4)], ((None, None),)),
        ("Bidirectional(LAYER)", [(None, 6, 4)], (None,)),
        ("Bidirectional(LSTM(3), merge_mode=MODE)", [(None, 6, 4)], (None,)),
        ("RNN(CELL)", [(None, 6, 4)], (None,)),
        ("RNN(LSTMCell(UNITS))", [(None, 6, 4)], ((None, None),)),
        ("RNN([LSTMCell(3), LSTMCell(5)], return_state=True)", [(None, 6, 4)], ((None, 5), None, None)),
        ("TimeDistributed(LAYER)", [(None, 6, 4)], (None,)),
        ("TimeDistributed(Dense(3))", [None], (None,)),
        ("Dense(3)", [None], (None,)),
        ("Dense(UNITS)", [("b", 6, 4)], (("b", 6, None),)),
        ("Embedding(10, SIZE)", [(None, 6)], ((None, 6, None),)),
        ("Conv1D(FILTERS, 3)", [(None, 6, 4)], ((None, 4, None),)),
        ("Conv1D(3, SIZE)", [(None, 6, 4)], ((None, None, 3),)),
        ("Conv1D(3, SIZE, padding='same')", [(None, 6, 4)], ((None, 6, 3),)),
        ("Conv1D(3, 3, padding='same')", [(None, "t", 4)], ((None, "t", 3),)),
        ("Conv1D(3, 3, padding=PADDING)", [(None, 6, 4)], ((None, None, 3),)),
        ("Conv1D(3, 3, strides=STEP, padding='same')", [(None, 6, 4)], ((None, None, 3),)),
        ("Conv1D(3, 9)", [(None, 6, 4)], ((None, None, 3),)),
        ("Conv1D(3, 3, data_format=FORMAT)", [(None, 6, 4)], (None,)),
        ("Conv1D(3, 3)", [None], ((None, None, 3),)),
        ("Conv1D(3, 3)", [(None, 5, 6, 4)], (None,)),
        ("MaxPooling1D(SIZE)", [(None, 6, 4)], ((None, None, 4),)),
        ("MaxPooling1D(2, strides=None)", [(None, 6, 4)], ((None, 3, 4),)),
        ("MaxPooling1D(**MORE)", [(None, 6, 4)], (None,)),
        ("GlobalMaxPooling1D(keepdims=FLAG)", [(None, 6, 4)], (None,)),
        ("GlobalMaxPooling1D()", [None], ((None, None),)),
        ("Flatten()", [None], ((None, None),)),
        ("Flatten()", [(None, None, 4)], ((None, None),)),
        ("Reshape(SHAPE)", [(None, 6, 4)], (None,)),
        ("Reshape((SIZE, 4))", [(None, 6, 4)], ((None, None, 4),)),
        ("Reshape((-1, 8))", [None], ((None, None, 8),)),
        ("Reshape((-1, 8))", [(None, 6, 4)], ((None, 3, 8),)),
        ("Reshape((-1, 4))", [(None, "t", 4)], ((None, "t", 4),)),
        ("Reshape((-1, 7))", [(None, 6, 4)], ((None, None, 7),)),
        ("Permute(DIMS)", [(None, 6, 4)], (None,)),
        ("Permute((2, 1))", [None], ((None, None, None),)),
        ("RepeatVector(N)", [(None, 4)], ((None, None, 4),)),
        ("UpSampling1D(SIZE)", [(None, 6, 4)], ((None, None, 4),)),
        ("ZeroPadding1D(SIZE)", [(None, 6, 4)], ((None, None, 4),)),
        ("Concatenate()", [(None, 6, 4), None], ((None, None, None),)),
        ("Concatenate(axis=AXIS)", [(None, 6, 4), (None, 6, 4)], ((None, None, None),)),
        ("Concatenate(axis=1)", [(None, 6, 4), (None, None, 4)], ((None, None, 4),)),
        ("Add()", [(None, 6, 4), None], (None,)),
        ("Add()", [(None, 6, 4), (None, None, 4)], ((None, None, 4),)),
        ("Dot(axes=AXES)", [(None, 6, 4), (None, 6, 4)], (None,)),
        ("Lambda(FUNCTION)", [(None, 6, 4)], (None,)),
        ("Layer()", [(None, 6, 4)], (None,)),
        ("Highway()", [(None, 4)], (None,)),
        ("TextVectorization()", [(None, 1)], (None,)),
        ("Dropout(RATE)", [None], (None,)),
        ("LSTMCell(3)", [(None, 4)], ((None, 3), None)),
    ],
)
def test_unknown_stays_unknown(text: str, inputs: list[Shape], expected: tuple[Shape, ...]) -> None:
    assert layer_outputs(layer(text, ANY), inputs, ANY) == expected


def test_keras_2_alone() -> None:
    made = layer("LSTM(3, return_sequences=True, time_major=True)", KERAS2)
    assert layer_outputs(made, [(6, None, 4)], KERAS2) == ((6, None, 3),)
    made = layer("LSTM(3, time_major=FLAG)", KERAS2)
    assert layer_outputs(made, [(6, None, 4)], KERAS2) == (None,)
    made = layer("CuDNNLSTM(3, return_sequences=True, return_state=True)", KERAS2)
    assert layer_outputs(made, [(None, 6, 4)], KERAS2) == ((None, 6, 3), (None, 3), (None, 3))


@pytest.mark.parametrize(
    ("text", "axis", "inputs", "rank", "expected"),
    [
        ("Dropout(0.5)", 1, [None], None, (Back(0, 1),)),
        ("Dense(3)", 1, [None], None, ()),
        ("Dense(3)", 1, [None], 3, (Back(0, 1),)),
        ("Dense(3)", 2, [None], 3, ()),
        ("BatchNormalization()", 1, [None], 3, (Back(0, 1),)),
        ("LayerNormalization(axis=AXIS)", 1, [(None, 6, 4)], 3, (Back(0, 1, Way.MIX),)),
        ("Activation(FUNCTION)", 1, [(None, 6, 4)], 3, (Back(0, 1),)),
        ("Embedding(10, 3)", 1, [None], 3, (Back(0, 1),)),
        ("LSTM(3, return_sequences=True)", 1, [None], 3, (Back(0, 1, Way.MIX),)),
        ("LSTM(3, return_sequences=True)", 2, [None], 3, ()),
        ("LSTM(3, return_sequences=FLAG)", 1, [(None, 6, 4)], None, ()),
        ("LSTM(3, return_sequences=True, return_state=True)", 1, [(None, 6, 4)], 3, (Back(0, 1, Way.MIX),)),
        ("TimeDistributed(LAYER)", 1, [None], None, (Back(0, 1),)),
        ("TimeDistributed(LAYER)", 2, [None], None, ()),
        ("TimeDistributed(LSTM(3, return_sequences=True))", 2, [(None, 5, 6, 4)], 4, (Back(0, 2, Way.MIX),)),
        ("Conv1D(3, SIZE)", 1, [(None, 6, 4)], 3, (Back(0, 1, Way.MIX),)),
        ("Conv1D(3, 1)", 1, [None], 3, (Back(0, 1),)),
        ("MaxPooling1D(2)", 2, [(None, 6, 4)], 3, (Back(0, 2),)),
        ("Permute((2, 1))", 1, [None], 3, (Back(0, 2),)),
        ("Permute(DIMS)", 1, [(None, 6, 4)], 3, ()),
        ("RepeatVector(N)", 1, [(None, 4)], 3, ()),
        ("RepeatVector(N)", 2, [(None, 4)], 3, (Back(0, 1),)),
        ("Reshape((-1, 20))", 1, [(None, None, 5, 4)], 3, (Back(0, 1),)),
        ("Reshape((SIZE, 20))", 1, [(None, None, 5, 4)], 3, (Back(0, 1),)),
        ("Reshape((SIZE, WIDTH))", 1, [(None, None, 5, 4)], 3, ()),
        ("Reshape((6, WIDTH))", 1, [(None, 6, 5, 4)], 3, (Back(0, 1),)),
        ("Reshape((5, 8))", 1, [(None, 10, 4)], 3, ()),
        ("Reshape((-1, 4))", 1, [(None, 6, 5, 4)], 3, ()),
        ("Reshape((6, 1))", 1, [(None, 6)], 3, (Back(0, 1),)),
        ("Reshape((1, 6))", 1, [(None, 6)], 3, ()),
        ("Flatten()", 1, [(None, 6, 1)], 2, (Back(0, 1),)),
        ("Lambda(FUNCTION)", 1, [(None, 6, 4)], 3, ()),
        ("Add()", 1, [(None, 6, 4), None], 3, ()),
        ("Add()", 1, [(None, 6, 4), (None, 1, 4)], 3, (Back(0, 1),)),
        ("Add()", 1, [(None, 6, 4), (None, 6, 4)], 3, (Back(0, 1, shared=True), Back(1, 1, shared=True))),
        ("Multiply()", 1, [(None, 6, 4), (None, 6, 1)], 3, (Back(0, 1), Back(1, 1))),
        ("Concatenate()", 1, [(None, 6, 4), None], 3, (Back(0, 1, shared=True), Back(1, 1, shared=True))),
        ("Concatenate()", 1, [(None, 6, 4)], 3, (Back(0, 1),)),
        ("Concatenate(axis=1)", 1, [(None, 6, 4), (None, 6, 4)], 3, (Back(0, 1), Back(1, 1))),
        ("Concatenate(axis=AXIS)", 1, [(None, 6, 4), (None, 6, 4)], 3, ()),
        ("Dot(axes=(1, 1))", 1, [(None, 6, 4), (None, 6, 3)], 3, (Back(0, 2),)),
        ("x0 * SCALE", 1, [(None, 6, 4)], 3, ()),
        ("x0 * 2.0", 1, [None], None, (Back(0, 1),)),
        (
            "ops.where(x0, x1, 0.0)",
            1,
            [(None, 6, 4), (None, 6, 4)],
            3,
            (Back(0, 1, shared=True), Back(1, 1, shared=True)),
        ),
        ("tf.nn.relu(x0)", 1, [None], 3, (Back(0, 1),)),
        ("tf.foo(x0)", 1, [(None, 6, 4)], 3, ()),
        ("tf.reshape(x0, [-1, 6, 20])", 1, [(None, 6, 5, 4)], 3, (Back(0, 1),)),
        ("tf.reshape(x0, SHAPE)", 1, [(None, 6, 5, 4)], 3, ()),
    ],
)
def test_back(text: str, axis: int, inputs: list[Shape], rank: int | None, expected: tuple[Back, ...]) -> None:
    assert axis_back(call_of(text, inputs, ANY), axis, inputs, rank, ANY) == expected


@pytest.mark.parametrize(
    ("text", "inputs", "expected"),
    [
        ("ops.concatenate(XS, axis=1)", [], (None,)),
        ("ops.mean(x0, axis=AXIS)", [(None, 6, 4)], (None,)),
        ("ops.mean(x0)", [(None, 6, 4)], ((),)),
        ("ops.reshape(x0, SHAPE)", [(None, 6, 4)], (None,)),
        ("ops.reshape(x0, (SIZE, 6, 4))", [(None, 6, 4)], ((None, 6, 4),)),
        ("ops.reshape(x0, (SIZE, -1, 4))", [(None, 6, 4)], ((None, None, 4),)),
        ("ops.transpose(x0, PERM)", [(None, 6, 4)], (None,)),
        ("ops.squeeze(x0)", [(None, None, 4)], (None,)),
        ("ops.split(x0, PARTS)", [(None, 6, 4)], (None,)),
        ("ops.add(x0, x1)", [(None, 6, 4), None], (None,)),
        ("ops.dot(x0, x1)", [(None, 6, 4), (4, 3)], ((None, 6, 3),)),
        ("x0 + BIAS", [(None, 6, 4)], (None,)),
        ("x0 + 1", [None], (None,)),
        ("x0[:, -1]", [None], (None,)),
        ("x0[:, 0, 0, 0]", [(None, 6, 4)], (None,)),
        ("x0[:, 2:]", [(None, None, 4)], ((None, None, 4),)),
        ("tf.one_hot(x0, DEPTH)", [(None, 6)], ((None, 6, None),)),
        ("tf.nn.embedding_lookup(x0, x1)", [(10, 3), (None, 6)], ((None, 6, 3),)),
        ("tf.unstack(x0, axis=1)", [(None, None, 4)], (None,)),
        ("K.foo(x0)", [(None, 6, 4)], (None,)),
    ],
)
def test_operations(text: str, inputs: list[Shape], expected: tuple[Shape, ...]) -> None:
    node = call_of(text, inputs, ANY) if "x0" in text else call_of(text.replace("XS", "[x0]"), inputs, ANY)
    assert op_outputs(node.name, inputs, node.args) == expected


def test_wrappers_in_wrappers_are_linear() -> None:
    # Were the only child asked twice, each wrapper would double the time.
    env = KerasTargets.unknown()
    nested = layer("Bidirectional(" * 60 + "LSTM(8, return_state=False)" + ")" * 60, env)
    assert layer_outputs(nested, [(None, 9, 1)], env) == ((None, 8 * 2**60),)
