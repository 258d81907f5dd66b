"""cuDNN: which recurrent layers have a kernel, in which Keras versions and backends, and which arguments lose it.

Sources: Keras 2 decides in `LSTM.__init__` and `GRU.__init__` (`_could_use_gpu_kernel`, keras 2.15.0
`layers/rnn/lstm.py` and `gru.py`). Keras 3 decides at the call, in `LSTM.inner_loop` and `GRU.inner_loop`, which try
`backend.lstm` and `backend.gru`; those ask `cudnn_ok` in `backend/<name>/rnn.py`. Which release has what
was run in 22 pairs of version and backend, with Keras told that there is a GPU and its entry to the kernel watched. The
standalone Keras 2.0 to 2.3 has plain LSTM and GRU in `layers/recurrent.py` without any kernel, and CuDNNLSTM and
CuDNNGRU beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from rnnlint.graph import Arg, Choice, Const, Layer, LayerArg, Name, Range, Value, options
from rnnlint.keras.defects import DROPOUT_LOSES_CUDNN
from rnnlint.keras.kinds import Kind
from rnnlint.keras.scalars import number, text
from rnnlint.keras.table import kind_of
from rnnlint.keras.versions import KerasTargets, VersionSet
from rnnlint.records import dataclass

NOWHERE = VersionSet()
EVERYWHERE = VersionSet.keras2() | VersionSet.keras3()

# On torch, 3.10 to 3.14 choose cuDNN for an LSTM too, but what they put around the kernel raises, and they go on with
# their loop without a word (keras issue 22274, pull request 22874).
_LSTM = (
    VersionSet.keras2(4)
    | VersionSet.keras3("tensorflow")
    | VersionSet.keras3("torch", since=15)
    | VersionSet.keras3("jax", since=14)
)
_GRU = VersionSet.keras2(4) | VersionSet.keras3("tensorflow") | VersionSet.keras3("torch", since=14)
_MASKED = VersionSet.keras3("tensorflow", until=1) | VersionSet.keras3("jax", "torch", since=14)

# `Bidirectional` rebuilds the wrapped layer from its config, which lacks `use_cudnn`; 3.12 began to carry it over.
_BIDIRECTIONAL_KEEPS_USE_CUDNN = VersionSet.keras3(since=12)

# From these versions on the backend has a loop of its own for what cuDNN cannot do, so that `use_cudnn=True` passes
# (`_fallback_lstm` and `_fallback_gru` in backend/torch/rnn.py, `lax.scan` in `gru` of backend/jax/rnn.py).
_OWN_LOOP = {
    "LSTM": VersionSet.keras3("torch", since=14),
    "GRU": VersionSet.keras3("torch", since=15) | VersionSet.keras3("jax", since=15),
}


@dataclass(frozen=True, slots=True)
class Disqualifier:
    """An argument that takes a layer off cuDNN.

    `layer` is the LSTM or GRU itself, also inside a Bidirectional. `text` is the offending value as source. `where`
    says in which of the versions and backends that have a kernel it is lost (for a conflict: where Keras raises).
    `certain` is False where the value may also be a harmless one.
    """

    argument: str
    arg: Arg
    text: str
    where: VersionSet
    certain: bool
    layer: Layer


def kernel(layer: Layer) -> VersionSet:
    """Where this layer has a cuDNN kernel at all, whatever its arguments.

    A Bidirectional or TimeDistributed has the kernel of the layer inside. `tensorflow.compat.v1.keras` holds the
    classes of TensorFlow 1 in Keras 2, which have none. CuDNNLSTM and CuDNNGRU run on nothing else.
    """
    match kind_of(layer):
        case Kind.RECURRENT:
            where = {"LSTM": _LSTM, "GRU": _GRU}.get(layer.short, NOWHERE)
            return where - VersionSet.keras2() if _tensorflow_1(layer) else where
        case Kind.CUDNN_RECURRENT:
            return VersionSet.keras2()
        case Kind.BIDIRECTIONAL | Kind.TIME_DISTRIBUTED:
            where = NOWHERE
            for child in layer.children:
                where |= kernel(child)
            return where
        case _:
            return NOWHERE


def as_layer(layer: Layer) -> Layer | None:
    """The LSTM or GRU that does what an RNN with one such cell does; None for every other layer."""
    if kind_of(layer) is not Kind.RNN or len(layer.children) != 1:
        return None
    cell = layer.children[0]
    name = {"LSTMCell": "LSTM", "GRUCell": "GRU"}.get(cell.short) if kind_of(cell) is Kind.CELL else None
    if name is None:
        return None
    own = tuple(arg for arg in layer.args if arg.name != "cell")
    complete = cell.complete and layer.complete
    return replace(cell, name=f"keras.layers.{name}", args=(*cell.args, *own), complete=complete)


def masked(layer: Layer) -> VersionSet:
    """Where any mask (of an Embedding, a Masking or the call) takes the layer off cuDNN, even a right-padded one."""
    return _MASKED & kernel(layer)


def disqualifiers(layer: Layer, env: KerasTargets) -> tuple[Disqualifier, ...]:
    """The arguments that take the layer, or the layers inside a wrapper, off cuDNN somewhere in `env`.

    An unknown value is not a disqualifier. Rates that Keras refuses in the constructor (None, a string)
    are none either.
    """
    env = env.for_origin(layer.origin)
    return tuple(
        found
        for inner, position in _inner(layer)
        for found in _lost(inner, position)
        if found.where.within(env) != "none"
    )


def conflicts(layer: Layer, env: KerasTargets) -> tuple[Disqualifier, ...]:
    """The arguments that make Keras 3 raise ValueError at the first call because of `use_cudnn=True` in the same call.

    `inner_loop` raises wherever the fast path was not taken; some backends have a loop of their own for what cuDNN
    cannot do, and take it without a word.
    """
    env = env.for_origin(layer.origin)
    found: list[Disqualifier] = []
    for inner, position in _inner(layer):
        forced = inner.arg("use_cudnn")
        if forced is None or position == "backward":
            continue
        wanted = [isinstance(option, Const) and option.value is True for option in options(forced.value)]
        if not any(wanted):
            continue
        raises = VersionSet.keras3(since=2) if position == "alone" else _BIDIRECTIONAL_KEEPS_USE_CUDNN
        for name, judge in _judges(inner, position).items():
            arg = inner.arg(name)
            if arg is None or name == "use_cudnn":
                continue
            bad, where, certain = _judge(arg.value, judge)
            where &= raises
            if name in ("activation", "recurrent_activation", "use_bias", "unroll"):
                where -= _OWN_LOOP[inner.short]
                if name == "unroll" and inner.short == "GRU":
                    where |= raises & VersionSet.keras3("jax", since=15)
            if bad and where.within(env) != "none":
                found.append(Disqualifier(name, arg, _texts(bad), where, certain and all(wanted), inner))
    return tuple(found)


def fast_in_keras2(layer: Layer) -> bool | None:
    """Whether Keras 2.4 and later sets `_could_use_gpu_kernel` on this LSTM or GRU; None where it depends.

    With or without a GPU the layer then takes another path through `call`: the one that multiplies the whole input
    with one mask, drawn again at every timestep.
    """
    if kind_of(layer) is not Kind.RECURRENT or layer.short not in ("LSTM", "GRU") or _tensorflow_1(layer):
        return False
    keras2, answer = VersionSet.keras2(4), None if not layer.complete else True
    for name, judge in _judges(layer, "alone").items():
        arg = layer.arg(name)
        if arg is None or name in ("dropout", "use_cudnn"):
            continue
        judged = [None if where is None else bool(where & keras2) for where in map(judge, options(arg.value))]
        if all(judged):
            return False
        if any(one is not False for one in judged):
            answer = None
    return answer


# ---------------------------------------------------------------------------------------------------------------------


def _tensorflow_1(layer: Layer) -> bool:
    return layer.origin.startswith(("tensorflow.compat.v1", "tensorflow.contrib"))


def _inner(layer: Layer) -> Iterator[tuple[Layer, str]]:
    """The LSTMs and GRUs with a kernel in a layer, each "alone", "forward" or "backward"."""
    match kind_of(layer):
        case Kind.RECURRENT if layer.short in ("LSTM", "GRU"):
            yield layer, "alone"
        case Kind.BIDIRECTIONAL:
            for index, child in enumerate(layer.children):
                for inner, _ in _inner(child):
                    yield inner, "backward" if index else "forward"
        case Kind.TIME_DISTRIBUTED:
            for child in layer.children:
                yield from _inner(child)


# Where one value of an argument loses the kernel (nowhere: it is harmless), or None where the value is not known.
_Judge = Callable[[Value], VersionSet | None]


def _judges(layer: Layer, position: str) -> dict[str, _Judge]:
    """For each argument that can lose the kernel, where a value of it does. The order is that of a message."""
    judges: dict[str, _Judge] = {
        # Keras 2 compares the argument as written with 0, Keras 3 what it clamped to [0, 1]. Through Bidirectional
        # the argument comes out of the config, clamped.
        "recurrent_dropout": lambda value: _rate(
            value, EVERYWHERE, NOWHERE if position == "forward" else VersionSet.keras2()
        ),
        "dropout": lambda value: _rate(value, DROPOUT_LOSES_CUDNN.where, NOWHERE),
        "activation": lambda value: _function(value, "tanh"),
        "recurrent_activation": lambda value: _function(value, "sigmoid"),
        "use_bias": lambda value: _flag(value, lost_if=False),
        "unroll": lambda value: _flag(value, lost_if=True),
    }
    if layer.short == "GRU":
        judges["reset_after"] = lambda value: _flag(value, lost_if=False)
    off = VersionSet.keras3(since=2)
    if position == "forward":
        off = _BIDIRECTIONAL_KEEPS_USE_CUDNN
    elif position == "backward":  # 3.12 overwrites it with the forward layer's
        off -= _BIDIRECTIONAL_KEEPS_USE_CUDNN
    judges["use_cudnn"] = lambda value: off if value == Const(False) else NOWHERE if isinstance(value, Const) else None
    return judges


def _rate(value: Value, positive: VersionSet, negative: VersionSet) -> VersionSet | None:
    if (rate := number(value)) is not None:
        return positive if rate > 0 else negative if rate < 0 else NOWHERE
    return NOWHERE if isinstance(value, Const) else None


def _function(value: Value, wanted: str) -> VersionSet | None:
    """Keras compares functions by identity; None and other names are other functions."""
    match value:
        case Const(None | str() as name):  # Keras refuses numbers
            return NOWHERE if name == wanted else EVERYWHERE
        case LayerArg():
            return EVERYWHERE
        case Name(name):
            module, _, short = name.rpartition(".")
            if short == wanted and module in (
                "keras.activations",
                "keras.ops",
                "tensorflow",
                "tensorflow.math",
                "tensorflow.nn",
            ):
                return NOWHERE
            if module in ("keras.activations", "keras.ops", "keras.backend") or module.startswith("tensorflow"):
                return EVERYWHERE
    return None


def _flag(value: Value, *, lost_if: bool) -> VersionSet | None:
    if isinstance(value, Const):
        return EVERYWHERE if bool(value.value) is lost_if else NOWHERE
    return None


def _lost(layer: Layer, position: str) -> Iterator[Disqualifier]:
    has_kernel = kernel(layer)
    for name, judge in _judges(layer, position).items():
        arg = layer.arg(name)
        if arg is None:
            continue
        bad, where, certain = _judge(arg.value, judge)
        if bad:
            yield Disqualifier(name, arg, _texts(bad), where & has_kernel, certain, layer)


def _judge(value: Value, judge: _Judge) -> tuple[tuple[Value, ...], VersionSet, bool]:
    """The offending alternatives of a value, where they offend, and whether each alternative offends there."""
    judged: list[tuple[Value, VersionSet | None]] = []
    for option in options(value):
        if isinstance(option, Range):
            # Any number of the range may come: judge the upper half line and the harmless rest.
            if option.low is not None and option.low > 0:
                judged.append((option, judge(Const(option.low))))
            elif option.high is not None and option.high > 0:
                judged += [(option, judge(Const(option.high))), (option, NOWHERE)]
            else:
                judged.append((option, None))
        else:
            judged.append((option, judge(option)))
    bad = tuple(option for option, where in judged if where)
    union = NOWHERE
    for _, where in judged:
        union |= where or NOWHERE
    return bad, union, all(where == union for _, where in judged)


def _texts(values: tuple[Value, ...]) -> str:
    return text(values[0]) if len(values) == 1 else text(Choice(values))
