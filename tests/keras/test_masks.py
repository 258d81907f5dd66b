"""Masks, noise shapes and rates against samples of real Keras, 3 and 2.15."""

from __future__ import annotations

import functools
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import pytest

from rnnlint.graph import Choice, Const, Items, Layer, Name, Range, Shape, Unknown
from rnnlint.keras.masks import (
    Mask,
    check_noise_shape,
    draws,
    mask,
    masks,
    rates,
    rnn_input_mask,
    rnn_losses,
)
from rnnlint.keras.rates import RateProblem, check_rates
from rnnlint.keras.scalars import number
from rnnlint.keras.versions import KerasTargets
from tests.keras.layers import ANY, OBSERVED, encode, env, layer, observe, plausible, value

MAJORS = [pytest.param(2, marks=pytest.mark.keras2), pytest.param(3, marks=pytest.mark.keras)]


def dropout(noise_shape: object = "none given", rate: float = 0.5, name: str = "Dropout") -> Layer:
    given: dict[str, Any] = {} if noise_shape == "none given" else {"noise_shape": noise_shape}
    return layer(name, rate=rate, **given)


def rated(name: str, argument: str, rate: object) -> Layer:
    given: dict[str, Any] = {argument: rate}
    return layer(name, **given)


def over_time(inner: Layer) -> Layer:
    return layer("TimeDistributed", inner)


def step_loss(
    found: Mask, shape: Shape, time: int, batch: Collection[int] = (0,), rate: float | None = None
) -> float | None:
    """The probability that one timestep of one sample is dropped whole: `rate ** draws`, as draws are independent.

    `shape` is the shape at the dropout, `time` its time axis, `batch` the axes along which other samples lie. `rate` is
    to be given where the layer's has several possible values. None where anything needed is not known.
    """
    return _loss(found, shape, {time, *batch}, rate)


def sequence_loss(
    found: Mask, shape: Shape, time: int, batch: Collection[int] = (0,), rate: float | None = None
) -> float | None:
    """The probability that all timesteps of one sample are dropped at once. Arguments as for `step_loss`."""
    del time
    return _loss(found, shape, {*batch}, rate)


def _loss(found: Mask, shape: Shape, outside: set[int], rate: float | None) -> float | None:
    if not found.drops:
        return 0.0
    if rate is None:
        rate = number(found.rate)
    if rate is None or not 0 <= rate <= 1 or found.varies is None:
        return None
    count = draws(found, shape, [axis for axis in range(len(found.varies)) if axis not in outside])
    return None if count is None else rate ** min(count, 100_000)


@dataclass(frozen=True)
class Sample:
    """A dropout layer on ones of a shape whose axis `time` is time."""

    layer: Layer
    shape: tuple[int, ...] = (200, 6, 3)
    time: int = 1
    calls: int = 1

    @property
    def id(self) -> str:
        inner = (self.layer.children or (self.layer,))[0]
        args = ", ".join(f"{arg.name}={plain(arg.value)}" for arg in inner.args)
        wrapper = "TD " if self.layer.children else ""
        return f"{wrapper}{inner.short}({args}) on {'x'.join(map(str, self.shape))}"


def plain(given: object) -> object:
    if isinstance(given, Items):
        return tuple(plain(item) for item in given.items)
    return given.value if isinstance(given, Const) else given


FEW: dict[str, Any] = {"shape": (60, 6, 3), "calls": 40}
SAMPLES = [
    *(Sample(dropout(rate=rate), (400, 12, size)) for rate in (0.2, 0.5) for size in (1, 2, 4)),
    Sample(dropout(None)),
    Sample(dropout((None, 1, None))),
    Sample(dropout([None, 1, None])),
    Sample(dropout((None, 1, 3))),
    Sample(dropout((200, 1, 3))),
    Sample(dropout((None, None, 1))),
    Sample(dropout((None, 6, 1), 0.3)),
    Sample(dropout((None, 1, 1))),
    Sample(dropout((1, 1, 3)), **FEW),
    Sample(dropout((1, 6, 1)), **FEW),
    Sample(dropout((1, None, None)), **FEW),
    Sample(dropout((1, 1, 1)), **FEW),
    Sample(dropout((1, 3)), **FEW),
    Sample(dropout((6, 1)), **FEW),
    Sample(dropout((3,)), **FEW),
    Sample(dropout((1,)), **FEW),
    Sample(dropout((None, None)), (6, 6, 6), calls=40),
    Sample(dropout((None, 1)), (6, 6, 3), calls=40),
    Sample(layer("SpatialDropout1D", rate=0.5)),
    Sample(layer("SpatialDropout1D", rate=0.2), (400, 12, 1)),
    Sample(layer("SpatialDropout1D", rate=0.3), (200, 3, 6), time=2),
    Sample(dropout(), (200, 3, 6), time=2),
    Sample(dropout((None, None, 1)), (200, 3, 6), time=2),
    Sample(layer("SpatialDropout2D", rate=0.5), (100, 6, 4, 2)),
    Sample(layer("SpatialDropout2D", rate=0.5, data_format="channels_first"), (100, 2, 6, 4), time=2),
    Sample(layer("SpatialDropout2D", rate=0.5, data_format="channels_last"), (100, 2, 6, 4), time=2),
    Sample(layer("SpatialDropout3D", rate=0.5), (100, 5, 3, 2, 2)),
    Sample(layer("GaussianDropout", rate=0.5)),
    Sample(dropout(name="AlphaDropout"), (400, 12, 2)),
    Sample(dropout((200, 1, 3), name="AlphaDropout")),
    Sample(dropout((200, 6, 1), name="AlphaDropout")),
    Sample(dropout((1, 1, 3), name="AlphaDropout"), **FEW),
    Sample(over_time(dropout())),
    Sample(over_time(dropout((None, 1)))),
    Sample(over_time(dropout((None, None)))),
    Sample(over_time(dropout((1, 3))), **FEW),
    Sample(over_time(layer("SpatialDropout1D", rate=0.5)), (60, 5, 4, 2), calls=3),
    Sample(over_time(dropout((None, 1, None))), (60, 5, 4, 2), calls=3),
]

# Calls that fail, or put out another shape: the mask is then not known.
FAILING = [
    Sample(given, shape)
    for given, shape in [
        *((dropout(wrong), (8, 6, 3)) for wrong in ((None, 1), (8, 1), (None, 1, 2), (2, 1, 3), (None, 3, 1))),
        *(
            (dropout(wrong), (8, 6, 3))
            for wrong in ((-1, 1, 3), (None, 1, -1), (0, 1, 3), (None, 1.0, None), "none", 5)
        ),
        *(
            (dropout(wrong), (8, 6, 3))
            for wrong in ((8, 1, 1, 3), (None, 1, None, None), (1.5, 1, 1), (None, "1", None))
        ),
        (layer("Dropout", rate=0.5, noise_shape=42, positional=("rate", "noise_shape")), (8, 6, 3)),
        (layer("Dropout", rate=0.5, noise_shape=True, positional=("rate", "noise_shape")), (8, 6, 3)),
        (layer("AlphaDropout", rate=0.5, noise_shape=42, positional=("rate", "noise_shape")), (8, 6, 3)),
        (dropout((-1, 1, 3), name="AlphaDropout"), (8, 6, 3)),
        (dropout((8, 1, 2), name="AlphaDropout"), (8, 6, 3)),
        (dropout((8, 1, 1, 3), name="AlphaDropout"), (8, 6, 3)),
        (over_time(dropout((None, 2))), (8, 6, 3)),
        (over_time(dropout((-1, 3))), (8, 6, 3)),
        (layer("SpatialDropout1D", rate=0.5), (8, 6, 3, 2)),
        (over_time(layer("SpatialDropout1D", rate=0.5)), (8, 6, 3)),
    ]
]

RECURRENT: list[tuple[Layer, int]] = [
    *((layer(name, dropout=0.5), 1) for name in ("LSTM", "GRU", "SimpleRNN")),
    (layer("LSTM", dropout=0.2), 1),
    (layer("LSTM", dropout=0.5), 3),
    (layer("GRU", dropout=0.5), 2),
    (layer("LSTM", dropout=0.5, implementation=2), 1),
    (layer("LSTM", dropout=0.5, stateful=True), 1),
    (layer("LSTM", dropout=0.5, recurrent_dropout=0.3), 1),
    (layer("GRU", dropout=0.5, recurrent_dropout=0.3), 1),
    (layer("SimpleRNN", dropout=0.5, recurrent_dropout=0.3), 1),
    (layer("LSTM", dropout=0.5, activation="relu"), 1),
    (layer("LSTM", dropout=0.5, unroll=True), 1),
    (layer("LSTM", dropout=0.5, use_bias=False), 1),
    (layer("GRU", dropout=0.5, reset_after=False), 1),
    (layer("GRU", dropout=0.5, recurrent_activation="hard_sigmoid"), 1),
    (layer("RNN", layer("LSTMCell", dropout=0.5)), 1),
    (layer("RNN", layer("GRUCell", dropout=0.5)), 1),
    (layer("RNN", layer("SimpleRNNCell", dropout=0.5)), 1),
    (layer("RNN", layer("LSTMCell", dropout=0.5, implementation=1)), 1),
    (layer("RNN", layer("GRUCell", dropout=0.5, implementation=1)), 1),
    (layer("RNN", layer("LSTMCell", dropout=0.5), layer("LSTMCell")), 1),
    (layer("Bidirectional", layer("LSTM", dropout=0.5)), 1),
    (layer("Bidirectional", layer("LSTM", dropout=0.5, recurrent_dropout=0.3)), 1),
    (layer("Bidirectional", layer("SimpleRNN", dropout=0.5)), 1),
]
STEPS, SAMPLED = 3, 3000

DROPOUTS = ("Dropout", "SpatialDropout1D", "GaussianDropout", "AlphaDropout")
RATES: tuple[object, ...] = (0.0, 0.3, 1, 1.0, True, 1.5, 20, -0.1, None, "0.5")
LAYER_RATES = ("dropout", "recurrent_dropout")
RATED: list[Layer] = [
    *(layer(name, rate=rate) for name in DROPOUTS for rate in RATES),
    *(rated(name, which, rate) for name in ("LSTM", "GRU", "SimpleRNN") for which in LAYER_RATES for rate in RATES),
    *(layer(name, dropout=rate) for name in ("LSTMCell", "GRUCell", "SimpleRNNCell") for rate in (1.0, -1, "1")),
    *(rated("ConvLSTM2D", which, rate) for which in LAYER_RATES for rate in (1.0, 20, -0.5, None)),
]


def jobs() -> list[dict[str, Any]]:
    found = [
        {"do": "mask", "layer": encode(one.layer), "shape": one.shape, "time": one.time, "calls": one.calls}
        for one in SAMPLES + FAILING
    ]
    for given, size in RECURRENT:
        found.append({"do": "input", "layer": recurrent(given), "shape": [SAMPLED, STEPS, size]})
    for given in RATED:
        if given.short == "ConvLSTM2D":
            made, shape = encode(given, filters=2, kernel_size=3), [2, 3, 6, 6, 2]
        elif given.short.endswith("Cell"):
            made, shape = encode(layer("RNN", given)), [6, 5, 4]
        elif given.short in DROPOUTS:
            made, shape = encode(given), [6, 20, 4]
        else:
            made, shape = encode(given, units=5, return_sequences=True), [6, 5, 4]
        found.append({"do": "rate", "layer": made, "shape": shape})
    return found


def recurrent(given: Layer) -> dict[str, Any]:
    """With all timesteps put out, of Bidirectional the forward half."""
    if given.short == "RNN":
        return encode(given, return_sequences=True)
    if given.short == "Bidirectional":
        made = encode(given, merge_mode=None)
        made["children"][0]["keywords"]["return_sequences"] = {"const": True}
        return made
    return encode(given, units=4, return_sequences=True)


@functools.cache
def _observed(python: str) -> list[dict[str, Any]]:
    return observe(python, jobs())


@pytest.fixture
def seen(major: int, request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    """What this major of Keras answers to `jobs()`."""
    return _observed(request.getfixturevalue(f"keras{major}_python"))


@pytest.mark.parametrize("major", MAJORS)
@pytest.mark.parametrize("index", range(len(SAMPLES)), ids=[sample.id for sample in SAMPLES])
def test_mask(major: int, index: int, seen: list[dict[str, Any]]) -> None:
    sample, answer = SAMPLES[index], seen[index]
    found = mask(sample.layer, sample.shape, None, OBSERVED[major])
    assert found is not None
    assert found.varies is not None
    assert "varies" in answer, answer
    assert [one and size > 1 for one, size in zip(found.varies, sample.shape, strict=True)] == answer["varies"]
    steps = step_loss(found, sample.shape, sample.time)
    sequences = sequence_loss(found, sample.shape, sample.time)
    assert steps is not None
    assert sequences is not None
    assert plausible(answer["steps"], steps)
    assert plausible(answer["sequences"], sequences)


@pytest.mark.parametrize("major", MAJORS)
@pytest.mark.parametrize("index", range(len(FAILING)), ids=[sample.id for sample in FAILING])
def test_wrong_noise_shape(major: int, index: int, seen: list[dict[str, Any]]) -> None:
    sample, answer = FAILING[index], seen[len(SAMPLES) + index]
    where = OBSERVED[major]
    found = mask(sample.layer, sample.shape, None, where)
    assert found is not None
    assert found.varies is None
    inner = (sample.layer.children or (sample.layer,))[0]
    if inner.short == "SpatialDropout1D":
        assert "error" in answer
        return
    effects = [one for problem in check_noise_shape(sample.layer, sample.shape, None, where) for one in problem.effects]
    assert effects
    if "shape" in answer:
        assert [effect.when for effect in effects] == ["silent"]
        assert f"rank {len(answer['shape'])}" in effects[0].text
    else:
        assert answer["when"] in {effect.when for effect in effects}, answer


@pytest.mark.parametrize("major", MAJORS)
@pytest.mark.parametrize("index", range(len(SAMPLES)), ids=[sample.id for sample in SAMPLES])
def test_noise_shapes_that_work_are_no_error(major: int, index: int, seen: list[dict[str, Any]]) -> None:
    sample = SAMPLES[index]
    problems = check_noise_shape(sample.layer, sample.shape, None, OBSERVED[major])
    varies = seen[index]["varies"]
    for problem in problems:
        assert problem.kind in ("batch-shared", "rank-low")
        assert not varies[0] or sample.shape[0] == sample.shape[-1], "only equal sizes make a short noise shape work"
    if not varies[0] and not sample.layer.children:
        assert problems or sample.layer.short == "GaussianDropout"


@pytest.mark.parametrize("major", MAJORS)
@pytest.mark.parametrize("index", range(len(RECURRENT)))
def test_input_mask(major: int, index: int, seen: list[dict[str, Any]]) -> None:
    given, size = RECURRENT[index]
    answer = seen[len(SAMPLES) + len(FAILING) + index]
    assert "first" in answer, answer
    found = rnn_input_mask(given, OBSERVED[major])
    assert found is not None
    (loss,) = rnn_losses(found, size)
    whole = loss.probability if loss.time_shared else loss.probability**STEPS
    assert plausible((answer["all"], answer["samples"]), whole)
    if found.per_gate:
        # In the first timestep the forget gate has nothing to forget: its mask does not show.
        assert answer["first"] >= answer["all"]
    else:
        assert plausible((answer["first"], answer["samples"]), loss.probability)
        assert loss.time_shared == (answer["first"] == answer["all"])


@pytest.mark.parametrize("major", MAJORS)
@pytest.mark.parametrize("index", range(len(RATED)))
def test_rate(major: int, index: int, seen: list[dict[str, Any]]) -> None:
    given = RATED[index]
    answer = seen[len(SAMPLES) + len(FAILING) + len(RECURRENT) + index]
    problems = check_rates(given, OBSERVED[major])
    if not problems:
        assert given.args[0].value in (Const(0.0), Const(0.3))
        assert answer["off"] == (given.args[0].value == Const(0.0))
        return
    ((outcome,),) = (problem.outcomes for problem in problems)
    match outcome.what:
        case "rejected":
            assert answer.get("when") == "constructor"
            assert answer["error"] in outcome.text
        case "training-error":
            assert answer.get("when") in ("training", "inference")
            assert answer["error"] in outcome.text
        case "off":
            assert answer["off"]
        case "all-zero" if problems[0].argument != "recurrent_dropout":
            assert answer["zero"]
        case "all-zero":
            assert not answer["off"]
        case _:
            assert answer["off"] or answer["zero"]


# ---------------------------------------------------------------------------------------------------------------------
# What is only partly known


SEQUENCE = ("batch", 10, 4)


def test_unknown_shapes() -> None:
    found = mask(dropout(), None, 3, ANY)
    assert found is not None
    assert found.elementwise
    assert step_loss(found, None, 1) is None
    assert step_loss(found, (None, None, 2), 1) == 0.25
    assert sequence_loss(found, (None, None, 2), 1) is None
    unranked = mask(dropout(), None, None, ANY)
    assert unranked is not None
    assert unranked.varies is None
    spatial = mask(layer("SpatialDropout1D", rate=0.2), None, None, ANY)
    assert spatial is not None
    assert spatial.varies == (True, False, True)
    # A mask over whole timesteps needs no sizes.
    whole = mask(dropout((None, None, 1)), None, 3, ANY)
    assert whole is not None
    assert step_loss(whole, None, 1) == 0.5


def test_named_dimensions_are_not_sizes() -> None:
    found = mask(dropout((None, 1, 1)), ("batch", "steps", "features"), None, ANY)
    assert found is not None
    assert step_loss(found, ("batch", "steps", "features"), 1) == 0.5
    element = mask(dropout(), ("batch", "steps", "features"), None, ANY)
    assert element is not None
    assert step_loss(element, ("batch", "steps", "features"), 1) is None


@pytest.mark.parametrize(
    ("noise_shape", "varies"),
    [
        ((None, Unknown("n"), None), (True, None, True)),
        ((Unknown("batch"), 1, 4), (True, False, True)),
        ((None, Choice((Const(1), Const(10))), None), (True, None, True)),
        ((None, Choice((Const(1), Const(1))), None), (True, False, True)),
        ((None, Range(2, 20), None), (True, True, True)),
        ((None, Range(0, 20), None), (True, None, True)),
        (Unknown("parameter"), None),
        (Items((Const(None),), complete=False), None),
        (Choice((Const(None), value((None, 1, None)))), (True, None, True)),
        (Choice((Const(None), Unknown("parameter"))), None),
        ((None, 1, None), (True, False, True)),
    ],
)
def test_partly_known_noise_shapes(noise_shape: object, varies: object) -> None:
    found = mask(dropout(noise_shape), SEQUENCE, None, ANY)
    assert found is not None
    if isinstance(noise_shape, tuple) and isinstance(noise_shape[0], Unknown):
        assert found.varies == (None, False, True)
    else:
        assert found.varies == varies


def test_each_alternative() -> None:
    noise_shape = Choice((Const(None), value((None, 1, None)), Unknown("parameter")))
    found = masks(dropout(noise_shape), SEQUENCE, None, ANY)
    assert [one.varies for one in found] == [(True, True, True), (True, False, True), None]
    assert [one.noise_shape for one in found] == list(noise_shape.options)


def test_hidden_arguments() -> None:
    found = mask(layer("Dropout", rate=0.5, complete=False), SEQUENCE, None, ANY)
    assert found is not None
    assert found.varies is None


def test_no_mask() -> None:
    user = Layer(0, "Dropout", "user", "", (), dropout().span)
    for other in (user, layer("Dense"), layer("GaussianNoise"), layer("LSTM", dropout=0.2), over_time(layer("Dense"))):
        assert mask(other, SEQUENCE, None, ANY) is None
        assert masks(other, SEQUENCE, None, ANY) == ()


def test_rates_of_a_loss() -> None:
    choice = Choice((Const(0.2), Const(0.5), Unknown("parameter"), Const(0.2), Const(7), Const(0)))
    found = mask(layer("SpatialDropout1D", rate=choice), SEQUENCE, None, ANY)
    assert found is not None
    assert step_loss(found, SEQUENCE, 1) is None
    assert step_loss(found, SEQUENCE, 1, rate=0.5) == 0.0625
    assert rates(choice) == (0.2, 0.5)
    for rate, expected in ((0, 0.0), (1, 1.0), (20, None), (Name("RATE"), None)):
        found = mask(layer("SpatialDropout1D", rate=rate), SEQUENCE, None, ANY)
        assert found is not None
        assert step_loss(found, SEQUENCE, 1) == expected


def test_batch_axes() -> None:
    # Two timestep-like axes: the outer one only numbers samples.
    found = mask(dropout((None, None, 1, 1)), ("b", 7, 10, 4), None, ANY)
    assert found is not None
    assert step_loss(found, ("b", 7, 10, 4), 2, batch=(0, 1)) == 0.5
    assert step_loss(found, ("b", 7, 10, 4), 2) == 0.5**7
    assert sequence_loss(found, ("b", 7, 10, 4), 2, batch=(0, 1)) == 0.5


def test_time_distributed_on_unknown_timesteps() -> None:
    # In a TensorFlow graph Keras 3 then maps over time with one mask; a lost timestep is as likely.
    given = over_time(dropout())
    found = mask(given, (None, None, 2), None, ANY)
    assert found is not None
    assert found.varies == (True, None, True)
    assert step_loss(found, (None, None, 2), 1) == 0.25
    old = mask(given, (None, None, 2), None, env((2, 15)))
    assert old is not None
    assert old.varies == (True, True, True)


# ---------------------------------------------------------------------------------------------------------------------
# Noise shapes


def problems(given: Layer, shape: Any = SEQUENCE, rank: int | None = None, where: KerasTargets = ANY) -> list[str]:
    return [problem.kind for problem in check_noise_shape(given, shape, rank, where)]


@pytest.mark.parametrize(
    ("noise_shape", "shape", "expected"),
    [
        ((None, 1, None), SEQUENCE, []),
        ((None, 1, 4), SEQUENCE, []),
        ((1, 1, 4), SEQUENCE, ["batch-shared"]),
        ((1, 1, 4), (1, 10, 4), []),
        ((64, 1, 4), SEQUENCE, ["fixed-batch"]),
        ((64, 1, 4), (64, 10, 4), []),
        ((64, 1, 4), (32, 10, 4), ["size"]),
        ((64, 1, 3), SEQUENCE, ["fixed-batch", "size"]),
        ((Unknown("batch"), 1, 4), SEQUENCE, []),
        ((4,), SEQUENCE, ["rank-low"]),
        ((), SEQUENCE, ["rank-low"]),
        ((64, 1, 1, 4), SEQUENCE, ["rank-high"]),
        ((None, 1, None, None), SEQUENCE, ["rank-high"]),
        ((None, 1, 3), SEQUENCE, ["size"]),
        ((None, 1, 3), ("batch", 10, "features"), []),
        ((None, Choice((Const(1), Const(3))), None), SEQUENCE, []),
        ((None, Choice((Const(2), Const(3))), None), SEQUENCE, ["size"]),
        ((-1, 1, 4), SEQUENCE, ["negative"]),
        ((-1, -1, 0), SEQUENCE, ["negative", "negative", "zero"]),
        ((None, True, None), SEQUENCE, []),
        (Unknown("parameter"), SEQUENCE, []),
        (Name("tensorflow.shape"), SEQUENCE, []),
        ("(None, 1, None)", SEQUENCE, ["string"]),
        (42, SEQUENCE, ["no-shape"]),
    ],
)
def test_problems(noise_shape: object, shape: Any, expected: list[str]) -> None:
    assert problems(dropout(noise_shape), shape) == expected


@pytest.mark.parametrize(
    ("noise_shape", "expected"),
    [((1, 1, 4), ["batch-shared"]), ((64, 1, 4), ["fixed-batch"]), ((None, 1, None), []), ((8, 4), []), ((4,), [])],
)
def test_unknown_rank(noise_shape: object, expected: list[str]) -> None:
    found = check_noise_shape(dropout(noise_shape), None, None, ANY)
    assert [problem.kind for problem in found] == expected
    assert all(problem.fixed is None for problem in found)


def test_problems_inside_time_distributed() -> None:
    assert problems(over_time(dropout((64, 1)))) == ["fixed-batch"]
    assert problems(over_time(dropout((None, 1)))) == []
    assert problems(over_time(dropout((None, 1, None)))) == ["rank-high"]


def test_fixes() -> None:
    def fix(noise_shape: object, name: str = "Dropout", where: KerasTargets = ANY) -> tuple[object, bool]:
        (problem,) = check_noise_shape(dropout(noise_shape, name=name), SEQUENCE, None, where)
        return problem.fixed and plain(problem.fixed), problem.safe

    assert fix((64, 1, 4)) == ((None, 1, 4), True)
    assert fix((1, 1, 4)) == ((None, 1, 4), False)
    assert fix((-1, 1, 4)) == ((None, 1, 4), True)
    assert fix((None, 1.0, None)) == ((None, 1, None), True)
    assert fix((1, 4)) == ((None, 1, 4), False)
    assert fix((4,)) == (None, False)
    assert fix((64, 1, 4), "AlphaDropout") == (None, True)  # Keras 2 does not fill in its None
    assert fix((64, 1, 4), "AlphaDropout", env((3, 10))) == ((None, 1, 4), True)
    assert fix(Choice((value((64, 1, 4)), Unknown("parameter")))) == (None, True)


def test_seed_by_position() -> None:
    def found(second: object, name: str = "Dropout") -> Any:
        (problem,) = check_noise_shape(
            layer(name, rate=0.5, noise_shape=second, positional=("rate", "noise_shape")), SEQUENCE, None, ANY
        )
        return problem.kind, problem.keyword, problem.safe, [effect.where.describe(ANY) for effect in problem.effects]

    early = ["Keras 2 and Keras 3.0 to 3.12", "Keras 3.13 and later"]
    assert found(42) == ("position", "seed", True, early)
    assert found(True) == ("position", None, False, early)
    assert found(42, "AlphaDropout") == ("position", "seed", True, ["Keras 2 and Keras 3"])


def test_none_in_alpha_dropout() -> None:
    given = dropout((None, 1, None), name="AlphaDropout")
    (problem,) = check_noise_shape(given, SEQUENCE, None, ANY)
    assert problem.kind == "none-in-alpha"
    assert problem.effects[0].where.describe(ANY) == "Keras 2"
    assert problems(given, where=env((3, 15))) == []


def test_layers_without_a_noise_shape() -> None:
    given = layer("SpatialDropout1D", rate=0.5, noise_shape=(None, 1, None))
    (problem,) = check_noise_shape(given, SEQUENCE, None, ANY)
    assert [(effect.when, effect.where.describe(ANY)) for effect in problem.effects] == [
        ("silent", "Keras 2"),
        ("constructor", "Keras 3"),
    ]
    assert problems(dropout((None, 1, None), name="GaussianDropout")) == ["no-parameter"]


def test_one_of_several_values_is_not_certain() -> None:
    given = dropout(Choice((Const(None), value((1, 1, 4)))))
    (problem,) = check_noise_shape(given, SEQUENCE, None, ANY)
    assert (problem.kind, problem.certain) == ("batch-shared", False)
    given = dropout((Choice((Const(64), Unknown("parameter"))), 1, 4))
    (problem,) = check_noise_shape(given, SEQUENCE, None, ANY)
    assert (problem.kind, problem.certain) == ("fixed-batch", False)


# ---------------------------------------------------------------------------------------------------------------------
# The recurrent layer's own mask, and rates, in other versions


@pytest.mark.parametrize(
    ("given", "per_timestep", "one_mask", "per_gate"),
    [
        # Read off the outputs of real layers: `InputMask` names the releases.
        (layer("LSTM", dropout=0.5), "Keras 2", "Keras 3", "no Keras version"),
        (layer("LSTM", dropout=0.5, recurrent_dropout=0.3), "no Keras version", "Keras 3.0 to 3.7",
         "Keras 2 and Keras 3.8 and later"),
        (layer("LSTM", dropout=0.5, unroll=True), "no Keras version", "Keras 2 and Keras 3", "no Keras version"),
        (layer("RNN", layer("LSTMCell", dropout=0.5)), "no Keras version", "Keras 2 and Keras 3", "no Keras version"),
        (layer("RNN", layer("LSTMCell", dropout=0.5, implementation=1)), "no Keras version", "Keras 3.0 to 3.7",
         "Keras 2 and Keras 3.8 and later"),
        (layer("GRU", dropout=0.5), "Keras 2", "Keras 3", "no Keras version"),
        (layer("GRU", dropout=0.5, reset_after=False), "no Keras version", "Keras 2 and Keras 3", "no Keras version"),
        (layer("SimpleRNN", dropout=0.5), "no Keras version", "Keras 2 and Keras 3", "no Keras version"),
        # Training fails from 3.8 on.
        (layer("LSTM", dropout=0.5, implementation=1), "Keras 2", "Keras 3.0 to 3.7", "no Keras version"),
        # Not known.
        (layer("LSTM", dropout=0.5, recurrent_dropout=Unknown("r")), "no Keras version", "Keras 3.0 to 3.7",
         "no Keras version"),
        (layer("LSTM", dropout=0.5, activation=Name("swish")), "no Keras version", "Keras 3", "no Keras version"),
        (layer("LSTM", dropout=0.5, complete=False), "no Keras version", "Keras 3.0 to 3.7", "no Keras version"),
    ],
)  # fmt: skip
def test_input_mask_by_version(given: Layer, per_timestep: str, one_mask: str, per_gate: str) -> None:
    found = rnn_input_mask(given, ANY)
    assert found is not None
    assert found.per_timestep.describe(ANY) == per_timestep
    assert found.one_mask.describe(ANY) == one_mask
    assert found.per_gate.describe(ANY) == per_gate
    assert not found.per_timestep & found.time_shared


def test_no_input_mask() -> None:
    for given in (
        layer("LSTM"),
        layer("LSTM", dropout=0),
        layer("LSTM", dropout=-0.5),
        layer("LSTM", recurrent_dropout=0.5),
        layer("CuDNNLSTM"),
        layer("Bidirectional", layer("GRU")),
        layer("RNN"),
        dropout(),
    ):
        assert rnn_input_mask(given, ANY) is None
    unknown = rnn_input_mask(layer("LSTM", dropout=Unknown("parameter")), ANY)
    assert unknown is not None
    assert rnn_losses(unknown, 1) == ()
    assert [loss.probability for loss in rnn_losses(unknown, 2, rate=0.5)] == [0.25, 0.25]
    assert rnn_losses(unknown, None, rate=0.5) == ()


def test_conv_lstm_ignored_its_dropout() -> None:
    found = rnn_input_mask(layer("ConvLSTM2D", dropout=0.5), ANY)
    assert found is not None
    assert found.ignored.describe(ANY) == "Keras 3.0 to 3.4"
    assert found.time_shared.describe(ANY) == "Keras 2 and Keras 3.5 and later"
    ignoring = KerasTargets(frozenset((3, minor) for minor in range(5)), frozenset({"tensorflow", "torch"}))
    drawn = {"dropout": "Keras 3 on tensorflow", "recurrent_dropout": "Keras 3.2 to 3.4 on tensorflow"}
    for which in LAYER_RATES:
        (rate,) = check_rates(rated("ConvLSTM2D", which, 20), ignoring)
        off, raises = rate.outcomes
        assert off.text == "clamps it to 1 and drops nothing"
        assert raises.text == "clamps it to 1 and raises ValueError at the call"
        assert raises.where.describe(ignoring) == drawn[which]


def outcomes(given: Layer) -> dict[str, str]:
    (found,) = check_rates(given, ANY)
    result: dict[str, str] = {}
    for outcome in found.outcomes:
        result.setdefault(outcome.what, outcome.where.describe(ANY))
    return result


def test_rate_of_one_by_version() -> None:
    # `dropout` in backend/tensorflow/random.py of keras 3.13.0 and 3.14.0.
    raises = "Keras 2 and Keras 3.0 to 3.13 on tensorflow"
    silent = "Keras 3 on jax and torch, Keras 3.14 and later on tensorflow"
    assert outcomes(layer("Dropout", rate=1.0)) == {"training-error": raises, "all-zero": silent}
    assert outcomes(layer("LSTM", dropout=20)) == {"training-error": raises, "off-or-all-zero": silent}
    assert outcomes(layer("SimpleRNN", dropout=1)) == {"training-error": raises, "all-zero": silent}
    assert outcomes(layer("GRU", recurrent_dropout=1)) == {
        "off": "Keras 3.0 to 3.1",
        "training-error": "Keras 2 and Keras 3.2 to 3.13 on tensorflow",
    }


def only(given: Layer) -> RateProblem:
    (found,) = check_rates(given, ANY)
    return found


def test_what_was_probably_meant() -> None:
    assert only(layer("LSTM", recurrent_dropout=20)).suggestion == 0.2
    assert only(layer("Dropout", rate=50)).suggestion == 0.5
    assert only(layer("Dropout", rate=1.5)).suggestion is None
    assert only(layer("Dropout", rate=100)).suggestion is None
    assert only(layer("Dropout", rate=-0.5)).reason == "negative"
    assert only(layer("Dropout", rate=10**400)).reason == "above-one"


def test_uncertain_rates() -> None:
    assert check_rates(layer("Dropout", rate=Unknown("parameter")), ANY) == ()
    assert check_rates(layer("Dropout", rate=Choice((Const(None), Const(0.5)))), ANY) == ()
    assert check_rates(layer("Dropout", rate=float("nan")), ANY) == ()
    assert check_rates(layer("Dropout", rate=Range(0.0, 1.0)), ANY) == ()
    assert not only(layer("Dropout", rate=Choice((Const(20), Const(0.5))))).certain
    assert only(layer("Dropout", rate=Range(5, 50))).certain
    assert [problem.text for problem in check_rates(layer("GRU", dropout=2, recurrent_dropout=-1), ANY)] == ["2", "-1"]


def test_standalone_keras_clamps() -> None:
    # keras 2.3.1: `Dropout.__init__` in layers/core.py, and `0 < rate < 1` in its call.
    old = env((2, 3))
    (found,) = check_rates(layer("Dropout", rate=20), old)
    assert [outcome.what for outcome in found.outcomes] == ["off"]
    (found,) = check_rates(layer("LSTM", dropout=20), old)
    assert [outcome.what for outcome in found.outcomes] == ["off"]
