"""Dropout masks: over which axes they are drawn, what they can take away at once, and which noise shapes go wrong.

A mask of Keras has the input's shape, or `noise_shape` broadcast to it from the right. Where it does not vary along an
axis, one draw holds for all positions of that axis. Sources: `Dropout.call` and `_get_concrete_noise_shape` (keras
3.15.1 `backend/tensorflow/random.py`; 2.15.0 `layers/regularization/dropout.py`). Each noise shape was run in eleven
pairs of a version (2.15.0, 3.0.5, 3.6.0, 3.15.1, tf_keras 2.21.0) and a backend; 3.13 moved the refusals from the first
training step into `Dropout.__init__`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

from rnnlint.graph import Arg, Choice, Const, Dim, Items, Layer, Range, Shape, Unknown, Value, options
from rnnlint.keras.cudnn import EVERYWHERE, NOWHERE, fast_in_keras2
from rnnlint.keras.defects import CONV_LSTM_IGNORES
from rnnlint.keras.kinds import DROPOUTS, OWN_DROPOUT, Kind
from rnnlint.keras.scalars import argument, number, text
from rnnlint.keras.table import kind_of
from rnnlint.keras.versions import KerasTargets, VersionSet
from rnnlint.records import dataclass

# Per axis: True, own draws along it; False, one draw for all of it; None, not known.
Varies: TypeAlias = tuple[bool | None, ...]


@dataclass(frozen=True, slots=True)
class Mask:
    """The mask of a dropout layer's call.

    `layer` is the dropout itself, also inside TimeDistributed. `varies` has one entry per axis of the input; it is None
    where the rank or the noise shape is not known, or where the call fails. `noise_shape` is the argument's value
    (the alternative that this mask is for) or None. `effect` is what happens to a dropped value: it becomes "zero", a
    "constant" other than zero (AlphaDropout), or is only multiplied with "noise" (GaussianDropout).
    """

    layer: Layer
    rate: Value
    varies: Varies | None
    effect: Literal["zero", "constant", "noise"]
    noise_shape: Value | None = None

    @property
    def drops(self) -> bool:
        """Whether what is dropped is gone: replaced by zero or by a constant."""
        return self.effect != "noise"

    @property
    def elementwise(self) -> bool:
        """Whether every element is known to have a draw of its own."""
        return self.varies is not None and all(one is True for one in self.varies)


def mask(layer: Layer, shape: Shape, rank: int | None, env: KerasTargets) -> Mask | None:
    """The mask that a layer puts on an input of `shape`, or of `rank` where the shape is not known.

    None for a layer that is no dropout. Where `noise_shape` has several possible values, `varies` says what they agree
    on; `masks` gives each.
    """
    found = masks(layer, shape, rank, env)
    if not found:
        return None
    if len(found) == 1:
        return found[0]
    first = found[0].layer.arg("noise_shape")
    varies = _agreed([one.varies for one in found])
    return replace(found[0], varies=varies, noise_shape=first.value if first else None)


def masks(layer: Layer, shape: Shape, rank: int | None, env: KerasTargets) -> tuple[Mask, ...]:
    """One mask per possible value of `noise_shape`; empty for a layer that is no dropout."""
    if shape is not None:
        rank = len(shape)
    if kind_of(layer) is Kind.TIME_DISTRIBUTED:
        return tuple(_time_distributed(layer, shape, rank, env))
    what = kind_of(layer)
    if what not in DROPOUTS:
        return ()
    rate = argument(layer, "rate", "p") or Unknown("no rate given")
    if what is Kind.SPATIAL_DROPOUT:
        return (Mask(layer, rate, _spatial(layer, rank), "zero"),)
    if what is Kind.GAUSSIAN_DROPOUT:
        return (Mask(layer, rate, None if rank is None else (True,) * rank, "noise"),)
    effect: Literal["zero", "constant"] = "constant" if what is Kind.ALPHA_DROPOUT else "zero"
    given = layer.arg("noise_shape")
    if given is None:
        value: Value = Const(None) if layer.complete else Unknown("hidden by a splat")
        return (Mask(layer, rate, _varies(value, shape, rank), effect),)
    return tuple(Mask(layer, rate, _varies(one, shape, rank), effect, one) for one in options(given.value))


def _time_distributed(layer: Layer, shape: Shape, rank: int | None, env: KerasTargets) -> Iterator[Mask]:
    """The inner layer's mask with the time axis put in.

    Keras 2 folds the timesteps into the batch, so they differ as the samples do. Keras 3 calls the layer once per
    timestep where their number is known; else it maps over them, in a TensorFlow graph with the same draws.
    """
    if not layer.children or rank is None or rank < 2:
        inner = masks(layer.children[0], None, None, env) if layer.children else ()
        yield from (replace(one, varies=None) for one in inner)
        return
    inner_shape = None if shape is None else shape[:1] + shape[2:]
    steps = shape[1] if shape is not None else None
    for one in masks(layer.children[0], inner_shape, rank - 1, env):
        if one.varies is None:
            yield one
            continue
        over_time: set[bool | None] = set()
        if 2 in env.majors:
            over_time.add(one.varies[0])
        if 3 in env.majors:
            over_time.add(True if isinstance(steps, int) else None)
        time = over_time.pop() if len(over_time) == 1 else None
        yield replace(one, varies=(one.varies[0], time, *one.varies[1:]))


def _spatial(layer: Layer, rank: int | None) -> Varies | None:
    """SpatialDropout1D, 2D and 3D take inputs of rank 3, 4 and 5, and drop whole channels."""
    own = {"1": 3, "2": 4, "3": 5}.get(layer.short[-2:-1])
    if own is None or rank not in (None, own):
        return None
    data_format = Const(None) if own == 3 else argument(layer, "data_format") or Const(None)
    if data_format in (Const(None), Const("channels_last")):
        return (True, *(False,) * (own - 2), True)
    if data_format == Const("channels_first"):
        return (True, True, *(False,) * (own - 2))
    return (True, *(None,) * (own - 1))


def _varies(value: Value, shape: Shape, rank: int | None) -> Varies | None:
    """How a noise shape varies, broadcast from the right. None where it is not known, or no noise shape for this rank.

    A None at index i of `noise_shape` means the input's size at index i, counted from the left, also where the
    noise shape is shorter than the input.
    """
    if rank is None:
        return None
    if value == Const(None):
        return (True,) * rank
    if not isinstance(value, Items) or not value.complete or len(value.items) > rank:
        return None
    sizes: Sequence[Dim] = shape if shape is not None else (None,) * rank
    found: list[bool | None] = [False] * (rank - len(value.items))
    for index, item in enumerate(value.items):
        axis = rank - len(value.items) + index
        answers = {_item_varies(option, sizes[index], sizes[axis], index == axis) for option in options(item)}
        if "wrong" in answers:
            return None
        found.append(answers.pop() if len(answers) == 1 else None)  # type: ignore[arg-type]
    return tuple(found)


def _item_varies(item: Value, named: Dim, size: Dim, same: bool) -> bool | Literal["wrong"] | None:
    match item:
        case Const(None):
            if same or (named is not None and named == size):
                return True
            return False if named == 1 else "wrong"
        case Const(bool()):
            return None
        case Const(int(wanted)):
            if wanted < 1 or (wanted > 1 and isinstance(size, int) and size != wanted):
                return "wrong"
            return wanted > 1
        case Const():
            return "wrong"
        case Range(low, _):
            return True if low is not None and low > 1 else None
    return None


def _agreed(all_varies: Sequence[Varies | None]) -> Varies | None:
    known = [one for one in all_varies if one is not None]
    if len(known) < len(all_varies) or len({len(one) for one in known}) != 1:
        return None
    return tuple(axis[0] if len(set(axis)) == 1 else None for axis in zip(*known, strict=True))


# ---------------------------------------------------------------------------------------------------------------------
# Probabilities


def rates(value: Value) -> tuple[float, ...]:
    """The possible values of a rate that are known numbers strictly between 0 and 1."""
    found = (number(option) for option in options(value))
    return tuple(dict.fromkeys(rate for rate in found if rate is not None and 0 < rate < 1))


def draws(found: Mask, shape: Shape, axes: Collection[int]) -> int | None:
    """The number of independent draws within the given axes, at one position of all others; None if not known."""
    if found.varies is None:
        return None
    count = 1
    for axis in axes:
        varies = found.varies[axis]
        size = shape[axis] if shape is not None else None
        if varies is False or size == 1:
            continue
        if varies is None or not isinstance(size, int):
            return None
        count *= size
    return count


def all_dropped(rate: float, draws: int) -> float:
    """The probability that all of some independent draws drop; 0.0 where it is too small for a float."""
    return rate ** min(draws, 100_000)


# ---------------------------------------------------------------------------------------------------------------------
# The recurrent layer's own input mask


@dataclass(frozen=True, slots=True)
class InputMask:
    """The mask that a recurrent layer's `dropout` puts on its input.

    Sources: `LSTM.call` and `GRU.call` of keras 2.15.0 mask the whole input where cuDNN may run, and else
    `DropoutRNNCellMixin` holds one mask; `LSTM.inner_loop` and `DropoutRNNCell` of keras 3.15.1 hold one mask. Read off
    the outputs of layers in 2.15.0, 3.0.5, 3.6.0 and 3.15.1.

    `per_timestep`: where a new mask is drawn at every timestep, one for all gates. `time_shared`: where one mask
    serves all timesteps; of these `one_mask` where it is the same for all gates, and `per_gate` where each of the
    `gates` has its own, so that an input is gone only where all of them drop it. `ignored`: where Keras does not apply
    it. The remaining versions and backends depend on arguments that are not known, or fail. A Bidirectional draws
    for each direction apart. `layer` is the recurrent layer or cell, `arg` its `dropout`.
    """

    layer: Layer
    arg: Arg
    per_timestep: VersionSet
    time_shared: VersionSet
    one_mask: VersionSet
    per_gate: VersionSet
    gates: int
    ignored: VersionSet

    @property
    def rate(self) -> Value:
        """The rate as given. Keras clamps it to [0, 1]."""
        return self.arg.value


@dataclass(frozen=True, slots=True)
class InputLoss:
    """The probability that the mask drops a whole timestep, or with `time_shared` the whole sequence, and where."""

    probability: float
    time_shared: bool
    where: VersionSet


def rnn_input_mask(layer: Layer, env: KerasTargets) -> InputMask | None:
    """The input mask of a recurrent layer; None where `dropout` is not given, is 0 or below, or the layer has none.

    Of a Bidirectional it is the forward layer's, of an RNN or StackedRNNCells the first cell's.
    """
    what = kind_of(layer)
    if what in (Kind.BIDIRECTIONAL, Kind.TIME_DISTRIBUTED, Kind.RNN, Kind.STACKED_CELLS):
        return rnn_input_mask(layer.children[0], env) if layer.children else None
    arg = layer.arg("dropout")
    if arg is None or what not in OWN_DROPOUT:
        return None
    if all(isinstance(one, Const) and not (number(one) or 0) > 0 for one in options(arg.value)):
        return None
    here = VersionSet(env.for_origin(layer.origin).pairs)
    if what is Kind.CONV_RECURRENT:
        ignored = CONV_LSTM_IGNORES.where
        shared = (EVERYWHERE - ignored) & here
        return InputMask(layer, arg, NOWHERE, shared, NOWHERE, NOWHERE, 4, ignored & here)
    fast = fast_in_keras2(layer) if what is Kind.RECURRENT else False
    keras2 = VersionSet.keras2(4)
    per_timestep = keras2 if fast else NOWHERE
    shared = EVERYWHERE - (NOWHERE if fast is False else keras2)
    per_gate, unclear = _per_gate(layer)
    gates = 4 if layer.short.startswith("LSTM") else 3
    return InputMask(
        layer,
        arg,
        per_timestep & here,
        shared & here,
        (shared - per_gate - unclear) & here,
        (per_gate - unclear) & shared & here,
        gates,
        NOWHERE,
    )


def rnn_losses(found: InputMask, features: Dim, rate: float | None = None) -> tuple[InputLoss, ...]:
    """What the input mask drops whole, on an input of `features` features; empty where that is not known."""
    if rate is None:
        rate = number(found.rate)
    if rate is None or not 0 < rate < 1 or not isinstance(features, int):
        return ()
    lost = all_dropped(rate, features)
    losses = (
        InputLoss(lost, False, found.per_timestep),
        InputLoss(lost, True, found.one_mask),
        InputLoss(all_dropped(rate, features * found.gates), True, found.per_gate),
    )
    return tuple(loss for loss in losses if loss.where)


def _per_gate(layer: Layer) -> tuple[VersionSet, VersionSet]:
    """Where each gate of an LSTM or GRU off the fast path has an input mask of its own, and where that is not known.

    It is so under `implementation=1`, which a recurrent dropout above 0 forces: in Keras 2, and again from 3.8 on
    (`dropout_mask_count`, keras 3.15.1 `LSTMCell.__init__`). From 3.8 on, LSTM and GRU themselves fail at training with
    `implementation=1` and no recurrent dropout: `LSTM.inner_loop` of 3.15.1 broadcasts a list of masks.
    """
    if layer.short.startswith("SimpleRNN"):
        return NOWHERE, NOWHERE
    able = VersionSet.keras2() | VersionSet.keras3(since=8)
    recurrent = argument(layer, "recurrent_dropout") or Const(0.0)
    above = {None if (rate := number(one)) is None else rate > 0 for one in options(recurrent)}
    if above == {True}:
        return able, NOWHERE
    implementation = argument(layer, "implementation")
    if implementation is None:
        # The default is 1 in Keras 2.0 to 2.3 (2 in 2.3.0 and later, which the minor does not tell) and in v1 classes.
        first = VersionSet.keras2(0, 2)
        unclear = VersionSet.keras2(3, 3)
        if layer.origin.startswith("tensorflow.compat.v1"):
            first, unclear = VersionSet.keras2(), NOWHERE
    elif implementation == Const(1):
        first, unclear = able, NOWHERE
        if kind_of(layer) is Kind.RECURRENT:
            first, unclear = VersionSet.keras2(), VersionSet.keras3(since=8)
    elif isinstance(implementation, Const):
        first, unclear = NOWHERE, NOWHERE
    else:
        first, unclear = NOWHERE, able
    if above != {False} or not layer.complete:
        unclear |= able - first
    return first, unclear


# ---------------------------------------------------------------------------------------------------------------------
# Noise shapes that go wrong

NoiseKind: TypeAlias = Literal[
    "batch-shared",  # 1 on the batch axis
    "rank-low",  # broadcast from the right: the batch shares it
    "fixed-batch",  # a number above 1 on the batch axis
    "rank-high",
    "size",  # another size than the input's
    "negative",
    "zero",
    "float",
    "string",
    "position",  # a seed or flag that lands on noise_shape by position
    "no-shape",  # the same by keyword
    "none-in-alpha",  # None in the noise shape of a Keras 2 AlphaDropout
    "no-parameter",  # the layer has no noise_shape
]


@dataclass(frozen=True, slots=True)
class Effect:
    """What Keras does, when, and in which versions and backends. `text` completes "Keras ..."."""

    when: Literal["constructor", "training", "silent"]
    text: str
    where: VersionSet


@dataclass(frozen=True, slots=True)
class NoiseProblem:
    """One thing that is wrong with a `noise_shape`.

    `axis` counts within the noise shape. `what` is a clause without a subject's name: "has 1 on the batch axis".
    `certain` is False where another possible value has no such problem. `fixed` is the whole noise shape put right,
    `safe` whether that keeps what the code does where it works; `keyword` the parameter that a value given by position
    was meant for.
    """

    kind: NoiseKind
    layer: Layer
    arg: Arg
    value: Value
    what: str
    effects: tuple[Effect, ...]
    axis: int | None = None
    certain: bool = True
    fixed: Value | None = None
    safe: bool = False
    keyword: str | None = None


_SHARED = Effect("silent", "draws one mask for the whole batch", EVERYWHERE)
_MISFIT = Effect("training", "fails in the first training step, while inference works", EVERYWHERE)


def check_noise_shape(layer: Layer, shape: Shape, rank: int | None, env: KerasTargets) -> tuple[NoiseProblem, ...]:
    """What is wrong with the `noise_shape` of a dropout layer on an input of `shape`, or of `rank`.

    Effects that cannot occur in `env` are left out, and problems without any other. Unknown items and an unknown rank
    raise no problem.
    """
    if shape is not None:
        rank = len(shape)
    what = kind_of(layer)
    if what is Kind.TIME_DISTRIBUTED and layer.children:
        inner = None if shape is None else shape[:1] + shape[2:]
        return check_noise_shape(layer.children[0], inner, None if rank is None else rank - 1, env)
    arg = layer.arg("noise_shape")
    if arg is None or what not in DROPOUTS:
        return ()
    alternatives = options(arg.value)
    found: dict[tuple[NoiseKind, int | None], NoiseProblem] = {}
    counts: dict[tuple[NoiseKind, int | None], int] = {}
    for value in alternatives:
        for problem in _problems(layer, arg, value, shape, rank, env):
            key = (problem.kind, problem.axis)
            found.setdefault(key, problem)
            counts[key] = counts.get(key, 0) + 1
    here = env.for_origin(layer.origin)
    result: list[NoiseProblem] = []
    for key, problem in found.items():
        effects = tuple(effect for effect in problem.effects if effect.where.within(here) != "none")
        if effects:
            certain = problem.certain and counts[key] == len(alternatives)
            fixed = problem.fixed if len(alternatives) == 1 else None
            result.append(replace(problem, effects=effects, certain=certain, fixed=fixed))
    return tuple(result)


def _problems(
    layer: Layer, arg: Arg, value: Value, shape: Shape, rank: int | None, env: KerasTargets
) -> Iterator[NoiseProblem]:
    def problem(kind: NoiseKind, what: str, *effects: Effect, **more: object) -> NoiseProblem:
        return NoiseProblem(kind, layer, arg, value, what, effects, **more)  # type: ignore[arg-type]

    what = kind_of(layer)
    alpha = what is Kind.ALPHA_DROPOUT
    if what is Kind.SPATIAL_DROPOUT or what is Kind.GAUSSIAN_DROPOUT:
        if value != Const(None):
            ignored = VersionSet.keras2() if what is Kind.SPATIAL_DROPOUT else NOWHERE
            yield problem(
                "no-parameter",
                f"is not an argument of {layer.short}",
                Effect("silent", "ignores it", ignored),
                Effect("constructor", "rejects it in the constructor", EVERYWHERE - ignored),
            )
        return
    refused = _refused(alpha)
    match value:
        case Const(None):
            return
        case Const(str()):
            yield problem("string", f"is the string {text(value)}", *refused)
            return
        case Const(bool() | int() | float()):
            if arg.positional:
                seed = type(value.value) is int
                yield problem(
                    "position",
                    f"gets {text(value)}, the second positional argument",
                    *refused,
                    keyword="seed" if seed else None,
                    safe=seed,
                )
            else:
                yield problem("no-shape", f"is {text(value)}, which is not a shape", *refused)
            return
        case Items(items, _, True):
            pass
        case _:
            return
    if alpha and any(item == Const(None) for item in items):
        yield problem(
            "none-in-alpha",
            "has None, which AlphaDropout does not fill in",
            Effect("training", "fails in the first training step", VersionSet.keras2()),
        )
    broken = False
    for index, item in enumerate(items):
        for kind_, said, fixed in _wrong_item(item):
            broken = True
            certain = len(options(item)) == 1
            yield problem(
                kind_, said, *refused, axis=index, certain=certain, fixed=_put(value, index, fixed), safe=True
            )
    if broken:
        return
    if rank is not None and len(items) > rank:
        reaches = any(item == Const(None) for item in items[rank:])
        silent = VersionSet.keras2() | VersionSet.keras3("tensorflow")
        effects = (
            [_MISFIT]
            if reaches
            else [
                Effect("silent", f"returns a tensor of rank {len(items)} in training", silent),
                Effect("training", "fails in the first training step", EVERYWHERE - silent),
            ]
        )
        yield problem("rank-high", f"has {len(items)} axes for an input of rank {rank}", *effects)
        return
    if rank is not None and len(items) < rank:
        yield _rank_low(problem, value, items, shape, rank, alpha)
        return
    if not items:
        return
    yield from _batch_axis(problem, value, items, shape, rank, alpha and 2 in env.majors)
    for index, item in enumerate(items[1:], start=1):
        size = shape[index] if shape is not None else None
        wanted = {number(option) for option in options(item)}
        if isinstance(size, int) and None not in wanted and not wanted & {1.0, float(size)}:
            yield problem("size", f"has {text(item)} where the input has {size}", _MISFIT, axis=index)


def _refused(alpha: bool) -> tuple[Effect, ...]:
    """3.13 began to validate in `Dropout.__init__`; AlphaDropout still does not."""
    early = NOWHERE if alpha else VersionSet.keras3(since=13)
    return (
        Effect("training", "fails in the first training step", EVERYWHERE - early),
        Effect("constructor", "rejects it in the constructor", early),
    )


def _wrong_item(item: Value) -> Iterator[tuple[NoiseKind, str, Value | None]]:
    """What is wrong with one item whatever the input: kind, words, and what it should be."""
    for option in options(item):
        match option:
            case Const(bool()):
                continue
            case Const(int(size)) if size < 0:
                yield "negative", f"has {size} (write None for the size of the input)", Const(None)
            case Const(int(0)):
                yield "zero", "has 0", None
            case Const(float(size)):
                whole = Const(int(size)) if size.is_integer() and size >= 1 else None
                yield "float", f"has {size!r}, but sizes are integers", whole
            case Const(str(size)):
                yield "string", f"has the string {size!r}", None


def _put(value: Items, index: int, item: Value | None) -> Items | None:
    if item is None or isinstance(value.items[index], Choice):
        return None
    return replace(value, items=(*value.items[:index], item, *value.items[index + 1 :]))


def _rank_low(
    problem: Callable[..., NoiseProblem], value: Items, items: tuple[Value, ...], shape: Shape, rank: int, alpha: bool
) -> NoiseProblem:
    effects = [_SHARED]
    if not items:
        effects = [replace(_SHARED, where=VersionSet.keras3())]
        if not alpha:  # Keras 2's AlphaDropout takes () for None
            effects.append(replace(_MISFIT, where=VersionSet.keras2()))
    elif any(item == Const(None) for item in items):
        effects = [replace(_MISFIT, text=_MISFIT.text + ", unless two sizes happen to be equal")]
    elif shape is not None and _varies(value, shape, rank) is None:
        effects = [_MISFIT]
    fixed = None
    if effects == [_SHARED] and len(items) == rank - 1 and not alpha:
        fixed = replace(value, items=(Const(None), *items))
    axes = f"{len(items)} axis" if len(items) == 1 else f"{len(items)} axes"
    return problem("rank-low", f"has {axes} for an input of rank {rank}", *effects, fixed=fixed)


def _batch_axis(
    problem: Callable[..., NoiseProblem],
    value: Items,
    items: tuple[Value, ...],
    shape: Shape,
    rank: int | None,
    no_none: bool,
) -> Iterator[NoiseProblem]:
    batch = shape[0] if shape is not None else None
    certain = not isinstance(items[0], Choice)
    free = None if no_none or rank is None else _put(value, 0, Const(None))
    for option in options(items[0]):
        size = option.value if isinstance(option, Const) else None
        if type(size) is not int or size == batch:
            continue
        if size == 1:
            yield problem("batch-shared", "has 1 on the batch axis", _SHARED, axis=0, certain=certain, fixed=free)
        elif isinstance(batch, int):
            said = f"has {size} where the batch has {batch}"
            yield problem("size", said, _MISFIT, axis=0, certain=certain)
        elif rank is not None or len(items) > 2:
            effect = replace(
                _MISFIT, text="fails on a training batch of any other size, such as the last one of an epoch"
            )
            yield problem(
                "fixed-batch",
                f"has {size} on the batch axis",
                effect,
                axis=0,
                certain=certain and rank is not None,
                fixed=free,
                safe=True,
            )
