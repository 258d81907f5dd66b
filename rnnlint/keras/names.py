"""Names: every spelling of a thing in Keras, TensorFlow or numpy, and the one canonical name for it.

Nothing is imported; a name is resolved by its spelling alone.
"""

from __future__ import annotations

import builtins
from functools import lru_cache
from typing import Literal

from rnnlint.keras.arguments import words
from rnnlint.keras.table import spec
from rnnlint.records import dataclass

SymbolKind = Literal["layer", "model", "input", "function", "module"]


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name of Keras, TensorFlow or numpy.

    `name` is canonical: `keras.layers.LSTM`, `keras.Model`, `keras.Sequential`, `keras.Input`, `keras.ops.add`,
    `keras.layers.concatenate`, `tensorflow.reshape`, `numpy.zeros`. `origin` is the package that the spelling goes
    through (`graph.Layer.origin`). Classes other than layers and models (optimizers, callbacks) have kind "function".
    """

    name: str
    origin: str
    kind: SymbolKind


# Packages that are Keras, longest first: prefix of a dotted name -> origin.
_ROOTS: tuple[tuple[str, str], ...] = (
    ("tensorflow.contrib.keras.api.keras", "tensorflow.contrib.keras"),
    ("tensorflow.contrib.keras.python.keras", "tensorflow.contrib.keras"),
    ("tensorflow.contrib.keras", "tensorflow.contrib.keras"),
    ("tensorflow.compat.v1.keras", "tensorflow.compat.v1.keras"),
    ("tensorflow.compat.v2.keras", "tensorflow.keras"),
    ("tensorflow.python.keras.api._v1.keras", "tensorflow.compat.v1.keras"),
    ("tensorflow.python.keras.api._v2.keras", "tensorflow.python.keras"),
    ("tensorflow.python.keras", "tensorflow.python.keras"),
    ("tensorflow.keras.api._v1.keras", "tensorflow.compat.v1.keras"),
    ("tensorflow.keras.api._v2.keras", "tensorflow.keras"),
    ("tensorflow.keras.api.keras", "tensorflow.keras"),
    ("tensorflow.keras", "tensorflow.keras"),
    ("tf_keras.api._v1.keras", "tensorflow.compat.v1.keras"),
    ("tf_keras.api._v2.keras", "tf_keras"),
    ("tf_keras.api", "tf_keras"),
    ("tf_keras.src", "tf_keras"),
    ("tf_keras", "tf_keras"),
    ("keras.api._v1.keras", "tensorflow.compat.v1.keras"),
    ("keras.api._v2.keras", "keras"),
    ("keras.api._tf_keras.keras", "tensorflow.keras"),
    ("keras.api", "keras"),
    ("keras._tf_keras.keras", "tensorflow.keras"),
    ("keras.src", "keras.src"),
    ("keras", "keras"),
)

# Same things under another TensorFlow name.
_TENSORFLOW: tuple[tuple[str, str], ...] = (
    ("tf", "tensorflow"),
    ("tensorflow_core", "tensorflow"),
    ("tensorflow._api.v1", "tensorflow.compat.v1"),
    ("tensorflow._api.v2", "tensorflow"),
)

# `tf.math.add is tf.add`: functions of tf.math, tf.nn, tf.linalg and tf.python.ops that also exist at the top level.
_TENSORFLOW_TOP = words(
    """abs acos acosh add add_n argmax argmin asin asinh atan atan2 atanh cast ceil clip_by_value concat cos cosh
    cumsum divide einsum equal exp expand_dims fill floor gather gather_nd greater greater_equal identity less
    less_equal logical_and logical_not logical_or matmul maximum minimum multiply negative norm not_equal one_hot
    ones ones_like pad pow range rank reduce_all reduce_any reduce_logsumexp reduce_max reduce_mean reduce_min
    reduce_prod reduce_sum repeat reshape reverse round scalar_mul shape sigmoid sign sin sinh size slice split
    sqrt square squeeze stack stop_gradient strided_slice subtract tan tanh tensordot tile transpose truediv
    unstack where zeros zeros_like"""
)
_TENSORFLOW_PARTS = (
    "tensorflow.math.",
    "tensorflow.nn.",
    "tensorflow.linalg.",
    "tensorflow.python.ops.array_ops.",
    "tensorflow.python.ops.math_ops.",
    "tensorflow.python.ops.nn_ops.",
)
_TENSORFLOW_MODULES = words(
    """_api audio autograph bitwise compat config contrib data debugging distribute dtypes errors estimator
    experimental feature_column image initializers io keras layers linalg lite logging lookup losses math metrics
    mixed_precision nn optimizers python profiler quantization queue ragged random raw_ops saved_model sets signal
    sparse strings summary sysconfig test tpu train types version xla v1 v2 ops rnn rnn_cell app flags gfile learn
    cudnn_rnn seq2seq"""
)
_NUMPY_MODULES = words("linalg random fft ma polynomial testing lib core typing ctypeslib char rec emath")

_KERAS_MODULES = words(
    """activations api applications backend callbacks config constraints datasets distribution distribute
    dtype_policies engine estimator experimental export initializations initializers layers legacy losses metrics
    mixed_precision models objectives ops optimizers preprocessing quantizers random regularizers saving src tree
    utils visualizers wrappers"""
)
# Modules one level down whose names could as well be functions'.
_SUBMODULES = {
    "applications": words(
        """densenet efficientnet efficientnet_v2 convnext imagenet_utils inception_resnet_v2 inception_v3 mobilenet
        mobilenet_v2 mobilenet_v3 nasnet regnet resnet resnet50 resnet_rs resnet_v2 vgg16 vgg19 xception
        music_tagger_crnn"""
    ),
    "datasets": words("boston_housing california_housing cifar cifar10 cifar100 fashion_mnist imdb mnist reuters"),
    "preprocessing": words("image sequence text timeseries"),
    "utils": words(
        """conv_utils data_utils generic_utils io_utils layer_utils legacy losses_utils np_utils test_utils tf_utils
        training_utils vis_utils visualize_util"""
    ),
    "backend": words("tensorflow_backend theano_backend cntk_backend common tensorflow jax torch numpy config"),
    "ops": words("numpy nn core math linalg image"),
    "wrappers": frozenset(["scikit_learn"]),
    "optimizers": words("schedules legacy experimental"),
    "mixed_precision": frozenset(["experimental"]),
    "callbacks": frozenset(["experimental"]),
    "engine": words(
        """base_layer functional input_layer input_spec network sequential topology training data_adapter
        keras_tensor"""
    ),
    "models": words("sequential functional model cloning experimental"),
    "activations": frozenset(["activations"]),
}
_MODELS = {"Sequential": "keras.Sequential", "Model": "keras.Model", "Functional": "keras.Model"}
_MERGE_FUNCTIONS = words("add average concatenate dot maximum minimum multiply subtract")
_LAYER_FUNCTIONS = _MERGE_FUNCTIONS | {"serialize", "deserialize"}
_LAYER_MODULES = words(
    """activation activations advanced_activations attention convolutional convolutional_recurrent core cudnn_recurrent
    dense_attention einsum_dense embeddings experimental kernelized local locally_connected merge merging noise
    normalization normalization_v2 pooling preprocessing recurrent recurrent_v2 regularization reshaping rnn
    rnn_cell_wrapper_v2 serialization wrappers"""
)
# Built-in functions that TensorFlow, numpy, keras.ops and keras.backend also define. After a star import of one
# of these packages, any other built-in name is still Python's.
_OWN_BUILTINS = words("abs all any bool complex float int map max min object pow print range round slice str sum")
_BUILTINS = frozenset(dir(builtins)) - _OWN_BUILTINS
_MODEL_FUNCTIONS = words("clone_model load_model model_from_config model_from_json model_from_yaml save_model")
# `keras.layers.recurrent` went with Keras 2.9. Its LSTM and GRU are those of compat.v1 (or of multi-backend Keras):
# they have no cuDNN kernel, unlike `keras.layers.LSTM` (Keras 2.8 layers/recurrent.py, layers/recurrent_v2.py).
_V1_MODULES = ("layers.recurrent.", "layers.rnn.lstm_v1.", "layers.rnn.gru_v1.")


def _strip(dotted: str, prefix: str) -> str | None:
    """What follows a package name, "" for the package itself, None if the name does not begin with it."""
    if dotted == prefix:
        return ""
    return dotted[len(prefix) + 1 :] if dotted.startswith(prefix + ".") else None


@lru_cache(16_384)  # any name of a user's code may be asked for
def resolve(dotted: str) -> Symbol | None:
    """The symbol of a dotted name as spelled after imports are resolved (`tensorflow.keras.layers.LSTM`).

    None where the name belongs to another package (`torch.nn.Dropout`, `keras_contrib.layers.CRF`), and
    where the package, which people import with a star, has no such thing (`keras.layers.print`, `numpy.len`).
    """
    if dotted.rpartition(".")[2] in _BUILTINS:
        return None
    for old, new in _TENSORFLOW:
        rest = _strip(dotted, old)
        if rest is not None:
            dotted = f"{new}.{rest}" if rest else new
    for prefix, origin in _ROOTS:
        rest = _strip(dotted, prefix)
        if rest is not None:
            return _keras(rest, origin)
    if dotted == "tensorflow" or dotted.startswith("tensorflow."):
        return _tensorflow(dotted)
    rest = _strip(dotted, "numpy")
    if rest is not None:
        module = all(part in _NUMPY_MODULES for part in rest.split(".") if part)
        return Symbol(dotted, "numpy", "module" if module else "function")
    return None


def _keras(rest: str, origin: str) -> Symbol | None:
    """The symbol of a name below a Keras package."""
    if not rest:
        return Symbol("keras", origin, "module")
    *middle, last = rest.split(".")
    if middle[:1] == ["legacy"] and middle[1:2] == ["layers"]:
        del middle[0]
    top = middle[0] if middle else ""
    lower = all(part == part.lower() for part in middle)
    if lower and top in ("", "layers", "engine", "models"):
        if last == "Input":
            return Symbol("keras.Input", origin, "input")
        if last in _MODELS:
            return Symbol(_MODELS[last], origin, "model")
        if last == "Layer":
            return Symbol("keras.layers.Layer", origin, "layer")
        if top in ("layers", "engine") and last != last.lower():
            found = spec(last)
            if found is not None and (top == "layers" or found.short == "InputLayer"):
                if rest.startswith(_V1_MODULES) and found.short in ("LSTM", "GRU", "LSTMCell", "GRUCell"):
                    origin = "tensorflow.compat.v1.keras"
                return Symbol(found.name, origin, "layer")
    if lower and top == "layers" and last == last.lower():
        if last in _LAYER_FUNCTIONS:
            return Symbol(f"keras.layers.{last}", origin, "function")
        return Symbol(f"keras.{rest}", origin, "module") if len(middle) > 1 or last in _LAYER_MODULES else None
    if middle == ["layers"] and last != "InputSpec":
        return None
    if middle == ["models"] and last not in _MODEL_FUNCTIONS | _SUBMODULES["models"]:
        return None
    if last in _OWN_BUILTINS and top not in ("ops", "backend"):
        return None
    if (not middle and last in _KERAS_MODULES) or (len(middle) == 1 and last in _SUBMODULES.get(top, ())):
        return Symbol(f"keras.{rest}", origin, "module")
    if top in ("ops", "backend", "activations") and lower:
        return Symbol(f"keras.{top}.{last}", origin, "function")
    return Symbol(f"keras.{rest}", origin, "function")


def _tensorflow(dotted: str) -> Symbol:
    """The symbol of a name of TensorFlow outside Keras."""
    for prefix in ("tensorflow.compat.v1", "tensorflow.compat.v2"):
        rest = _strip(dotted, prefix)
        if rest:
            dotted = f"tensorflow.{rest}"
    for part in _TENSORFLOW_PARTS:
        if dotted.startswith(part) and dotted[len(part) :] in _TENSORFLOW_TOP:
            dotted = f"tensorflow.{dotted[len(part) :]}"
    module = all(part in _TENSORFLOW_MODULES for part in dotted.split(".")[1:])
    return Symbol(dotted, "tensorflow", "module" if module else "function")
