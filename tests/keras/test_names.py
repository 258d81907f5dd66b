"""Every spelling of a name of Keras, TensorFlow and numpy; and the names that only look like one."""

from __future__ import annotations

import pytest

from rnnlint.keras.names import Symbol, resolve
from rnnlint.keras.table import names, spec


@pytest.mark.parametrize(
    ("dotted", "origin"),
    [
        ("keras.layers.LSTM", "keras"),
        ("tf.keras.layers.LSTM", "tensorflow.keras"),
        ("tensorflow.keras.layers.LSTM", "tensorflow.keras"),
        ("tensorflow.compat.v2.keras.layers.LSTM", "tensorflow.keras"),
        ("tensorflow.keras.api._v2.keras.layers.LSTM", "tensorflow.keras"),
        ("keras._tf_keras.keras.layers.LSTM", "tensorflow.keras"),
        ("tf_keras.layers.LSTM", "tf_keras"),
        ("tf_keras.src.layers.rnn.lstm.LSTM", "tf_keras"),
        ("keras.api.layers.LSTM", "keras"),
        ("keras.api._v2.keras.layers.LSTM", "keras"),
        ("keras.src.layers.LSTM", "keras.src"),
        ("keras.src.layers.rnn.lstm.LSTM", "keras.src"),
        ("keras.layers.rnn.lstm.LSTM", "keras"),
        ("keras.layers.recurrent_v2.LSTM", "keras"),
        ("tensorflow.python.keras.layers.LSTM", "tensorflow.python.keras"),
        ("tensorflow.python.keras.layers.recurrent_v2.LSTM", "tensorflow.python.keras"),
        ("tensorflow_core.python.keras.layers.LSTM", "tensorflow.python.keras"),
        ("tensorflow.compat.v1.keras.layers.LSTM", "tensorflow.compat.v1.keras"),
        ("tensorflow.contrib.keras.layers.LSTM", "tensorflow.contrib.keras"),
        ("tensorflow.contrib.keras.api.keras.layers.LSTM", "tensorflow.contrib.keras"),
        ("tensorflow.contrib.keras.python.keras.layers.recurrent.LSTM", "tensorflow.compat.v1.keras"),
        # The LSTM of this module has no cuDNN kernel in any version that has the module.
        ("keras.layers.recurrent.LSTM", "tensorflow.compat.v1.keras"),
        ("tensorflow.python.keras.layers.recurrent.LSTM", "tensorflow.compat.v1.keras"),
    ],
)
def test_one_layer_in_many_spellings(dotted: str, origin: str) -> None:
    assert resolve(dotted) == Symbol("keras.layers.LSTM", origin, "layer")


@pytest.mark.parametrize(
    ("dotted", "name"),
    [
        ("keras.layers.core.Dropout", "Dropout"),
        ("keras.src.layers.regularization.dropout.Dropout", "Dropout"),
        ("keras.layers.core.SpatialDropout1D", "SpatialDropout1D"),
        ("keras.layers.wrappers.TimeDistributed", "TimeDistributed"),
        ("keras.layers.wrappers.Bidirectional", "Bidirectional"),
        ("keras.layers.merge.Concatenate", "Concatenate"),
        ("keras.layers.embeddings.Embedding", "Embedding"),
        ("keras.layers.normalization.BatchNormalization", "BatchNormalization"),
        ("keras.layers.normalization.batch_normalization.BatchNormalization", "BatchNormalization"),
        ("keras.layers.convolutional.Conv1D", "Conv1D"),
        ("keras.layers.convolutional.Convolution1D", "Conv1D"),
        ("keras.layers.pooling.MaxPool1D", "MaxPooling1D"),
        ("keras.layers.noise.GaussianNoise", "GaussianNoise"),
        ("keras.layers.advanced_activations.LeakyReLU", "LeakyReLU"),
        ("keras.layers.cudnn_recurrent.CuDNNLSTM", "CuDNNLSTM"),
        ("keras.layers.convolutional_recurrent.ConvLSTM2D", "ConvLSTM2D"),
        ("keras.layers.recurrent.SimpleRNN", "SimpleRNN"),
        ("keras.layers.core.TimeDistributedDense", "TimeDistributedDense"),
        ("keras.legacy.layers.Merge", "Merge"),
        ("tf.keras.layers.experimental.preprocessing.Normalization", "Normalization"),
        ("keras.engine.topology.InputLayer", "InputLayer"),
        ("keras.engine.input_layer.InputLayer", "InputLayer"),
        ("keras.engine.topology.Layer", "Layer"),
        ("keras.engine.base_layer.Layer", "Layer"),
        ("keras.engine.Layer", "Layer"),
        ("keras.Layer", "Layer"),
        ("tensorflow.keras.layers.Layer", "Layer"),
    ],
)
def test_legacy_modules(dotted: str, name: str) -> None:
    symbol = resolve(dotted)
    assert symbol is not None
    assert (symbol.name, symbol.kind) == (f"keras.layers.{name}", "layer")


@pytest.mark.parametrize(
    ("dotted", "name", "kind"),
    [
        ("keras.Sequential", "keras.Sequential", "model"),
        ("keras.models.Sequential", "keras.Sequential", "model"),
        ("keras.engine.sequential.Sequential", "keras.Sequential", "model"),
        ("keras.src.models.sequential.Sequential", "keras.Sequential", "model"),
        ("tensorflow.keras.Model", "keras.Model", "model"),
        ("keras.models.Model", "keras.Model", "model"),
        ("keras.engine.training.Model", "keras.Model", "model"),
        ("keras.src.models.functional.Functional", "keras.Model", "model"),
        ("keras.Input", "keras.Input", "input"),
        ("keras.layers.Input", "keras.Input", "input"),
        ("keras.engine.Input", "keras.Input", "input"),
        ("keras.engine.topology.Input", "keras.Input", "input"),
        ("keras.models.Input", "keras.Input", "input"),
        ("keras.layers.add", "keras.layers.add", "function"),
        ("keras.layers.merge.concatenate", "keras.layers.concatenate", "function"),
        ("keras.src.layers.merging.concatenate.concatenate", "keras.layers.concatenate", "function"),
        ("keras.layers.merge", "keras.layers.merge", "module"),
        ("keras.layers.recurrent", "keras.layers.recurrent", "module"),
        ("keras.layers.experimental.preprocessing", "keras.layers.experimental.preprocessing", "module"),
        ("keras", "keras", "module"),
        ("tensorflow.keras", "keras", "module"),
        ("tf.keras.layers", "keras.layers", "module"),
        ("keras.backend", "keras.backend", "module"),
        ("keras.backend.int_shape", "keras.backend.int_shape", "function"),
        ("keras.backend.tensorflow_backend.concatenate", "keras.backend.concatenate", "function"),
        ("keras.ops.concatenate", "keras.ops.concatenate", "function"),
        ("keras.src.ops.numpy.concatenate", "keras.ops.concatenate", "function"),
        ("keras.ops.nn.relu", "keras.ops.relu", "function"),
        ("keras.activations.tanh", "keras.activations.tanh", "function"),
        ("keras.src.activations.activations.tanh", "keras.activations.tanh", "function"),
        ("keras.optimizers.Adam", "keras.optimizers.Adam", "function"),
        ("keras.utils.np_utils.to_categorical", "keras.utils.np_utils.to_categorical", "function"),
        ("keras.utils.to_categorical", "keras.utils.to_categorical", "function"),
        ("keras.layers.LSTM.from_config", "keras.layers.LSTM.from_config", "function"),
        ("keras.models.load_model", "keras.models.load_model", "function"),
        ("tensorflow", "tensorflow", "module"),
        ("tf", "tensorflow", "module"),
        ("tensorflow.nn", "tensorflow.nn", "module"),
        ("tensorflow.nn.tanh", "tensorflow.tanh", "function"),
        ("tensorflow.math.tanh", "tensorflow.tanh", "function"),
        ("tensorflow.tanh", "tensorflow.tanh", "function"),
        ("tensorflow.nn.relu", "tensorflow.nn.relu", "function"),
        ("tensorflow.math.reduce_mean", "tensorflow.reduce_mean", "function"),
        ("tensorflow.python.ops.array_ops.concat", "tensorflow.concat", "function"),
        ("tensorflow.compat.v1.transpose", "tensorflow.transpose", "function"),
        ("tensorflow.contrib.rnn.LSTMCell", "tensorflow.contrib.rnn.LSTMCell", "function"),
        ("tf.nn.rnn_cell.LSTMCell", "tensorflow.nn.rnn_cell.LSTMCell", "function"),
        ("tf.compat.v1.nn.rnn_cell.DropoutWrapper", "tensorflow.nn.rnn_cell.DropoutWrapper", "function"),
        ("tf.layers.dropout", "tensorflow.layers.dropout", "function"),
        ("tf.compat.v1.layers.Dropout", "tensorflow.layers.Dropout", "function"),
        ("numpy", "numpy", "module"),
        ("numpy.random", "numpy.random", "module"),
        ("numpy.random.rand", "numpy.random.rand", "function"),
        ("numpy.zeros", "numpy.zeros", "function"),
        ("numpy.max", "numpy.max", "function"),
        ("keras.backend.sum", "keras.backend.sum", "function"),
        ("tensorflow.range", "tensorflow.range", "function"),
    ],
)
def test_other_things(dotted: str, name: str, kind: str) -> None:
    symbol = resolve(dotted)
    assert symbol is not None
    assert (symbol.name, symbol.kind) == (name, kind)


@pytest.mark.parametrize(
    "dotted",
    [
        "torch.nn.Dropout",
        "torch.nn.LSTM",
        "keras_contrib.layers.CRF",
        "keras_tuner.HyperParameters",
        "kerastuner.tuners.RandomSearch",
        "keras_nlp.layers.TransformerEncoder",
        "keras_aud.Dropout",
        "keras_utils.LSTM",
        "recurrentshop.LSTMCell",
        "kashgari.layers.L.LSTM",
        "kashgari.layers.LSTM",
        "tensorflow_addons.rnn.LayerNormLSTMCell",
        "tensorflow_probability.layers.DenseFlipout",
        "tflearn.layers.recurrent.lstm",
        "mykeras.layers.LSTM",
        "kerasx.layers.LSTM",
        "layers.LSTM",
        "keras.layers.NoSuchLayer",
        "keras.layers.print",
        "tensorflow.keras.models.range",
        "keras.optimizers.print",
        "keras.backend.len",
        "tensorflow.zip",
        "numpy.enumerate",
        "LSTM",
        "",
    ],
)
def test_lookalikes(dotted: str) -> None:
    assert resolve(dotted) is None


def test_every_layer_resolves_to_its_row() -> None:
    for name in names():
        found, symbol = spec(name), resolve(f"tensorflow.keras.layers.{name}")
        assert found is not None
        assert symbol is not None
        if name == "Input":
            assert symbol.kind == "input"
        elif name == name.lower():
            assert (symbol.name, symbol.kind) == (found.name, "function")
        else:
            assert (symbol.name, symbol.kind) == (found.name, "layer")
