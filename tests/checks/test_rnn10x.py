"""RNN101 to RNN109 on graphs made by hand: messages, figures, places, confidence, versions."""

from __future__ import annotations

from typing import Any

import pytest

from rnnlint.checks import rnn101, rnn102, rnn103, rnn104, rnn105, rnn107, rnn108, rnn109
from rnnlint.checks.context import Check, RuleSettings
from rnnlint.checks.rate import rate
from rnnlint.findings import Finding, collect
from rnnlint.graph import Choice, Const, Layer, Node, Range, Span, Unknown
from tests.checks.graphs import UNKNOWN, Net

WIDE = (None, 10, 16)
ONE = (None, 10, 1)


@pytest.fixture
def net() -> Net:
    return Net()


def feed(net: Net, *layers: Layer, shape: tuple[int | None, ...] = WIDE) -> list[Node]:
    """A chain of shape-keeping layers into an LSTM."""
    x = net.input(*shape)
    nodes = []
    for layer in layers:
        x = net.call(layer, x, shape=shape)
        nodes.append(x)
    net.call(net.layer("LSTM", units=8), x, shape=(None, 8))
    return nodes


def run(check: Check, net: Net, version: str = "", threshold: float = 0.01) -> list[Finding]:
    return list(collect(check(net.view(version), RuleSettings(threshold))))


# ---------------------------------------------------------------------------------------------------------------------
# RNN101


def test_one_feature(net: Net) -> None:
    drop = net.layer("Dropout", rate=0.3)
    feed(net, drop, shape=ONE)
    (finding,) = run(rnn101.check, net)
    assert finding.message == (
        "Dropout(0.3) zeroes whole timesteps before LSTM: its mask has one draw per timestep (1 feature), so each step "
        "is lost with probability 0.30, about 3 of 10 steps per sequence"
    )
    assert (finding.span, finding.confidence) == (drop.span, "certain")
    assert [place.label for place in finding.related] == ["LSTM steps along axis 1"]
    assert run(rnn102.check, net) == []


def test_noise_shape_over_timesteps(net: Net) -> None:
    feed(net, net.layer("Dropout", rate=0.1, noise_shape=(None, None, 1)))
    (finding,) = run(rnn101.check, net)
    assert finding.message == (
        "Dropout(0.1) zeroes whole timesteps before LSTM: noise_shape=(None, None, 1) makes one draw per timestep, so "
        "each step is lost with probability 0.10, about 1 of 10 steps per sequence"
    )


@pytest.mark.parametrize(
    ("features", "figure", "reported"),
    [(1, 0.01, True), (2, 0.1, True), (2, 0.09, False), (3, 0.22, True), (4, 0.32, True), (4, 0.31, False)],
)
def test_threshold(net: Net, features: int, figure: float, reported: bool) -> None:
    feed(net, net.layer("Dropout", rate=figure), shape=(None, 10, features))
    assert bool(run(rnn101.check, net)) is reported
    assert bool(run(rnn102.check, net)) is not reported
    assert run(rnn101.check, net, threshold=0.5) == []


def test_unknown_features_say_nothing(net: Net) -> None:
    feed(net, net.layer("Dropout", rate=0.9), shape=(None, 10, None))
    assert run(rnn101.check, net) == []
    assert len(run(rnn102.check, net)) == 1


def test_several_known_rates_give_the_highest(net: Net) -> None:
    feed(net, net.layer("Dropout", rate=Choice((Const(0.1), Const(0.4)))), shape=ONE)
    (finding,) = run(rnn101.check, net)
    assert "lost with probability up to 0.40" in finding.message
    assert finding.confidence == "certain"


def test_wholly_unknown_rate(net: Net) -> None:
    feed(net, net.layer("Dropout", rate=UNKNOWN), shape=ONE)
    (finding,) = run(rnn101.check, net)
    assert "lost with a probability equal to its rate" in finding.message
    assert finding.confidence == "possible"


def test_word_dropout_has_other_words(net: Net) -> None:
    feed(net, net.layer("Dropout", rate=0.1, noise_shape=(None, None, 1), name="word_dropout"))
    (finding,) = run(rnn101.check, net)
    assert finding.message.endswith("; this is right for word dropout, which the name 'word_dropout' suggests")
    assert finding.confidence == "possible"


def test_word_dropout_after_an_embedding(net: Net) -> None:
    ids = net.input(None, 10)
    x = net.call(net.layer("Embedding", output_dim=16), ids, shape=WIDE)
    x = net.call(net.layer("Dropout", rate=0.1, noise_shape=(None, None, 1)), x, shape=WIDE)
    net.call("GRU", x)
    (finding,) = run(rnn101.check, net)
    assert finding.message.endswith("; this is right for word dropout, which its place after an Embedding suggests")


def test_time_distributed_over_unknown_timesteps_is_only_possible(net: Net) -> None:
    inner = net.layer("Dropout", rate=0.2, noise_shape=(None, 1))
    feed(net, net.layer("TimeDistributed", inner), shape=(None, None, 16))
    assert [finding.confidence for finding in run(rnn101.check, net)] == ["possible"]
    assert [finding.confidence for finding in run(rnn101.check, net, "2.15")] == ["certain"]


def test_shared_timesteps_are_not_lost(net: Net) -> None:
    x = net.input(*ONE)
    drop = net.call(net.layer("Dropout", rate=0.3), x, shape=ONE)
    net.call("LSTM", net.call("Concatenate", x, drop, shape=(None, 10, 2)))
    assert run(rnn101.check, net) == []


@pytest.mark.parametrize("training", [False, 0])
def test_off_at_the_call(net: Net, training: object) -> None:
    x = net.input(*ONE)
    net.call("LSTM", net.call(net.layer("Dropout", rate=0.3), x, shape=ONE, training=training))
    assert run(rnn101.check, net) == run(rnn102.check, net) == []


def test_not_known_to_be_off_at_the_call(net: Net) -> None:
    x = net.input(*ONE)
    training = Choice((Const(False), Unknown("training")))
    net.call("LSTM", net.call(net.layer("Dropout", rate=0.3), x, shape=ONE, training=training))
    assert len(run(rnn101.check, net)) == 1


# ---------------------------------------------------------------------------------------------------------------------
# RNN102


def test_new_mask_at_every_timestep(net: Net) -> None:
    drop = net.layer("Dropout", rate=0.2)
    feed(net, drop)
    (finding,) = run(rnn102.check, net)
    assert finding.message == (
        "Dropout(0.2) draws a new mask at every timestep before LSTM; noise_shape=(None, 1, None) shares one mask over "
        "the sequence"
    )
    assert (finding.span, finding.confidence) == (drop.span, "certain")


def test_advice_follows_the_time_axis(net: Net) -> None:
    x = net.input(None, 16, 10)
    drop = net.call(net.layer("Dropout", rate=0.2), x, shape=(None, 16, 10))
    net.call("LSTM", net.call(net.layer("Permute", dims=(2, 1)), drop, shape=WIDE))
    (finding,) = run(rnn102.check, net)
    assert "noise_shape=(None, None, 1) shares one mask" in finding.message
    assert "(here time is axis 2 of 3)" in finding.message
    assert "(None, 1, None)" not in finding.message


def test_advice_follows_the_rank(net: Net) -> None:
    films = (None, 6, 8, 8, 3)
    x = net.call(net.layer("Dropout", rate=0.2), net.input(*films), shape=films)
    net.call("ConvLSTM2D", x)
    (finding,) = run(rnn102.check, net)
    assert "noise_shape=(None, 1, None, None, None) shares" in finding.message


def test_advice_without_a_known_rank(net: Net) -> None:
    x = net.call(net.layer("Dropout", rate=0.2), net.opaque())
    net.call(net.layer("Bidirectional"), x)
    (finding,) = run(rnn102.check, net)
    assert finding.message.endswith("; a noise_shape with 1 on axis 1 shares one mask over the sequence")


def test_advice_takes_the_wrapper_off(net: Net) -> None:
    feed(net, net.layer("TimeDistributed", net.layer("Dropout", rate=0.2)))
    (finding,) = run(rnn102.check, net)
    assert finding.message.endswith(
        "; without TimeDistributed, noise_shape=(None, 1, None) shares one mask over the sequence"
    )


def test_hidden_arguments_make_it_possible(net: Net) -> None:
    feed(net, net.layer("Dropout", rate=0.2, complete=False))
    assert [finding.confidence for finding in run(rnn102.check, net)] == ["possible"]


@pytest.mark.parametrize(
    ("noise", "reported"),
    [
        (None, True),
        ((None, None, None), True),
        ((None, 1, None), False),
        (UNKNOWN, False),
        ((None, UNKNOWN, 16), False),
    ],
)
def test_only_an_elementwise_mask(net: Net, noise: object, reported: bool) -> None:
    feed(net, net.layer("Dropout", rate=0.2, noise_shape=noise))
    assert bool(run(rnn102.check, net)) is reported


def test_rnn101_silences_it_at_the_same_place(net: Net) -> None:
    """A helper that is called for one feature and for sixteen."""
    drop = net.layer("Dropout", rate=0.2)
    feed(net, drop)
    feed(net, drop, shape=ONE)
    assert run(rnn102.check, net) == []
    assert len(run(rnn101.check, net)) == 1


# ---------------------------------------------------------------------------------------------------------------------
# RNN103


def test_spatial_dropout_on_one_feature(net: Net) -> None:
    feed(net, net.layer("SpatialDropout1D", rate=0.3), shape=ONE)
    (finding,) = run(rnn103.check, net)
    assert finding.message == (
        "SpatialDropout1D(0.3) zeroes whole sequences before LSTM: its mask has one draw per sequence (1 feature), so "
        "each sample is lost with probability 0.30"
    )
    assert run(rnn101.check, net) == []


def own(net: Net, *, features: int | None = 1, name: str = "LSTM", **args: Any) -> Layer:
    layer = net.layer(name, units=8, **args)
    net.call(layer, net.input(None, 10, features), shape=(None, 8))
    return layer


def test_own_dropout_in_keras_3(net: Net) -> None:
    own(net, dropout=0.2)
    (finding,) = run(rnn103.check, net, "3.15")
    assert finding.message == (
        "LSTM(dropout=0.2) zeroes whole sequences of its input: the mask is shared over time and the input has "
        "1 feature, so each sample is lost with probability 0.20"
    )
    assert finding.confidence == "certain"
    assert run(rnn101.check, net, "3.15") == []


def test_own_dropout_in_keras_2(net: Net) -> None:
    own(net, dropout=0.2)
    (finding,) = run(rnn101.check, net, "2.15")
    assert "is drawn at every timestep" in finding.message
    assert ", about 2 of 10 steps per sequence" in finding.message
    assert finding.confidence == "certain"
    assert run(rnn103.check, net, "2.15") == []


def test_a_range_of_rates_bounds_the_lost_steps(net: Net) -> None:
    own(net, dropout=Range(0.1, 0.8))
    (finding,) = run(rnn101.check, net, "2.15")
    assert finding.message.endswith("probability up to 0.80, up to about 8 of 10 steps per sequence")


def test_no_feature_is_no_feature_to_lose(net: Net) -> None:
    feed(net, net.layer("Dropout", rate=0.3), net.layer("SpatialDropout1D", rate=0.3), shape=(None, 10, 0))
    assert run(rnn101.check, net) == run(rnn103.check, net) == []


def test_own_dropout_with_the_version_unknown_names_both(net: Net) -> None:
    own(net, dropout=0.2)
    (finding,) = run(rnn103.check, net)
    assert "in Keras 3 each sequence and in Keras 2 each timestep is lost with probability 0.20" in finding.message
    assert run(rnn101.check, net) == []


def test_own_dropout_says_in_each_direction(net: Net) -> None:
    inner = net.layer("GRU", dropout=0.2)
    net.call(net.layer("Bidirectional", inner), net.input(*ONE))
    (finding,) = run(rnn103.check, net, "3.15")
    assert finding.message.endswith("probability 0.20 in each direction")


def test_own_dropout_with_a_mask_per_gate(net: Net) -> None:
    """Four masks at 0.2 lose the feature together once in 625 sequences."""
    own(net, dropout=0.2, recurrent_dropout=0.2)
    assert run(rnn103.check, net, "3.15") == []
    (finding,) = run(rnn103.check, net, ">=3.2")
    assert finding.confidence == "possible"
    assert "in Keras 3.2 to 3.7" in finding.message


@pytest.mark.parametrize(
    "args", [{"dropout": 0.0}, {"dropout": UNKNOWN}, {}, {"dropout": Choice((Const(0.0), UNKNOWN))}]
)
def test_own_dropout_that_is_not_known_to_be_set(net: Net, args: dict[str, Any]) -> None:
    own(net, **args)
    assert run(rnn103.check, net) == run(rnn101.check, net) == []


@pytest.mark.parametrize("features", [8, None])
def test_own_dropout_on_many_or_unknown_features(net: Net, features: int | None) -> None:
    own(net, features=features, dropout=0.2)
    assert run(rnn103.check, net) == run(rnn101.check, net) == []


# ---------------------------------------------------------------------------------------------------------------------
# RNN104, RNN105


def test_batch_shared(net: Net) -> None:
    feed(net, net.layer("Dropout", rate=0.2, noise_shape=(1, 1, 16)))
    (finding,) = run(rnn104.check, net)
    assert finding.message == (
        "Dropout(0.2) draws one mask for the whole batch: noise_shape=(1, 1, 16) has 1 on the batch axis, so all "
        "samples lose the same values"
    )
    assert finding.confidence == "certain"


def test_rank_too_low(net: Net) -> None:
    feed(net, net.layer("Dropout", rate=0.2, noise_shape=(16,)))
    (finding,) = run(rnn104.check, net)
    assert "noise_shape=(16,) has 1 axis for an input of rank 3" in finding.message


@pytest.mark.parametrize("noise", [(None, 1, 16), (None, 16), (1, 1, -1), UNKNOWN, (UNKNOWN, 1, 16)])
def test_not_batch_shared_or_invalid(net: Net, noise: object) -> None:
    feed(net, net.layer("Dropout", rate=0.2, noise_shape=noise))
    assert run(rnn104.check, net) == run(rnn105.check, net) == []


def test_batch_shared_without_a_recurrent_layer(net: Net) -> None:
    drop = net.layer("Dropout", rate=0.2, noise_shape=(1, 1, 16))
    net.call(drop, net.input(*WIDE), shape=WIDE)
    assert [finding.confidence for finding in run(rnn104.check, net)] == ["certain"]
    pictures = Net()
    shape = (None, 8, 8, 3)
    pictures.call(pictures.layer("Dropout", rate=0.2, noise_shape=(1, 1, 1, 3)), pictures.input(*shape), shape=shape)
    pictures.call(pictures.layer("Dropout", rate=0.2, noise_shape=(1, 1, 3)), pictures.opaque())
    assert run(rnn104.check, pictures) == []


def test_a_batch_of_one_shares_nothing(net: Net) -> None:
    feed(net, net.layer("Dropout", rate=0.2, noise_shape=(1, 1, 16)), shape=(1, 10, 16))
    feed(net, net.layer("Dropout", rate=0.2, noise_shape=(1, 16)), shape=(1, 10, 16))
    assert run(rnn104.check, net) == []


def test_fixed_batch(net: Net) -> None:
    feed(net, net.layer("Dropout", rate=0.2, noise_shape=(32, 1, 16)))
    (finding,) = run(rnn105.check, net)
    assert finding.message == (
        "Dropout(0.2) works with a single batch size only: noise_shape=(32, 1, 16) has 32 on the batch axis, so "
        "training fails "
        "on a batch of any other size, such as the last one of an epoch"
    )
    assert run(rnn104.check, net) == []


def test_fixed_batch_of_a_model_of_that_batch_size(net: Net) -> None:
    feed(net, net.layer("Dropout", rate=0.2, noise_shape=(32, 1, 16)), shape=(32, 10, 16))
    assert run(rnn105.check, net) == []


def test_fixed_batch_from_a_default(net: Net) -> None:
    size = Choice((Const(32), UNKNOWN))
    feed(net, net.layer("Dropout", rate=0.2, noise_shape=(size, 1, 16)))
    assert [finding.confidence for finding in run(rnn105.check, net)] == ["possible"]


# ---------------------------------------------------------------------------------------------------------------------
# RNN107, RNN108, RNN109


def masked(net: Net, drop: Layer, shape: tuple[int | None, ...] = WIDE, **args: Any) -> None:
    x = net.call(drop, net.input(*shape), shape=shape)
    net.call(net.layer("Masking", **args), x, shape=shape)


def test_masking_with_another_value_loses_all_padding(net: Net) -> None:
    masked(net, net.layer("Dropout", rate=0.2), mask_value=-1.0)
    (finding,) = run(rnn107.check, net)
    assert finding.message == (
        "Dropout(0.2) before Masking: in training no padded value keeps the mask_value, so padding is not masked; put "
        "Masking first"
    )
    assert finding.confidence == "certain"


@pytest.mark.parametrize(("features", "figure", "confidence"), [(1, "0.20", "certain"), (16, "6.6e-12", "possible")])
def test_masking_zeros(net: Net, features: int, figure: str, confidence: str) -> None:
    masked(net, net.layer("Dropout", rate=0.2), (None, 10, features))
    (finding,) = run(rnn107.check, net)
    assert f"(probability {figure}" in finding.message
    assert finding.confidence == confidence


def test_masking_zeros_after_other_noise(net: Net) -> None:
    masked(net, net.layer("GaussianDropout", rate=0.2))
    assert run(rnn107.check, net) == []
    masked(net, net.layer("AlphaDropout", rate=0.2))
    (finding,) = run(rnn107.check, net)
    assert "no padded value keeps the mask_value" in finding.message


def test_masking_with_an_unknown_value(net: Net) -> None:
    masked(net, net.layer("Dropout", rate=0.2), mask_value=UNKNOWN)
    assert [finding.confidence for finding in run(rnn107.check, net)] == ["possible"]


def test_embedding(net: Net) -> None:
    drop = net.layer("Dropout", rate=0.2)
    embedding = net.layer("Embedding", output_dim=16)
    net.call(embedding, net.call(drop, net.input(None, 10), shape=(None, 10)), shape=WIDE)
    (finding,) = run(rnn108.check, net)
    assert (finding.span, finding.confidence) == (drop.span, "certain")
    assert [place.span for place in finding.related] == [embedding.span]


def test_embedding_behind_arithmetic(net: Net) -> None:
    x = net.call(net.layer("Dropout", rate=0.2), net.input(None, 10, 16), shape=WIDE)
    net.call("Embedding", net.op("tensorflow.argmax", x, shape=(None, 10)))
    assert run(rnn108.check, net) == []


def test_time_distributed_dropout(net: Net) -> None:
    inner = net.layer("Dropout", rate=0.2)
    wrapper = net.layer("TimeDistributed", inner)
    (finding,) = run(rnn109.check, net)
    assert finding.message == (
        "TimeDistributed(Dropout(0.2)) draws a mask value for every timestep and feature, as Dropout(0.2) does without "
        "the wrapper"
    )
    assert (finding.span, finding.confidence) == (wrapper.span, "certain")


@pytest.mark.parametrize(
    "args", [{"rate": 0.2, "noise_shape": (None, 1)}, {"rate": 0.2, "noise_shape": UNKNOWN}, {"rate": 0}]
)
def test_time_distributed_dropout_that_means_something(net: Net, args: dict[str, Any]) -> None:
    net.layer("TimeDistributed", net.layer("Dropout", **args))
    net.layer("TimeDistributed", net.layer("Dropout", rate=0.2, complete=False))
    net.layer("TimeDistributed", net.layer("GaussianDropout", rate=0.2))
    net.layer("TimeDistributed")
    assert run(rnn109.check, net) == []


# ---------------------------------------------------------------------------------------------------------------------
# Rates and places


@pytest.mark.parametrize(
    ("given", "active", "always", "figure"),
    [
        (0.3, True, True, 0.3),
        (0, False, False, None),
        (1, False, False, None),
        (True, False, False, None),
        (-0.1, False, False, None),
        (20, False, False, None),
        ("0.5", False, False, None),
        (None, False, False, None),
        (UNKNOWN, True, False, None),
        (Choice((Const(0.5), UNKNOWN)), True, False, None),
        (Choice((Const(0.0), UNKNOWN)), False, False, None),
        (Choice((Const(0.0), Const(0.5))), True, False, 0.5),
        (Choice((Const(0.2), Const(0.5))), True, True, None),
        (Range(0.1, 0.5), True, True, None),
        (Range(0.0, 0.5), True, False, None),
        (Range(None, None), True, False, None),
        (Range(None, 0.0), False, False, None),
    ],
)
def test_rate(net: Net, given: object, active: bool, always: bool, figure: float | None) -> None:
    found = rate(net.layer("Dropout", rate=given))
    assert (found.active, found.always, found.value) == (active, always, figure)


def test_rate_left_out_or_hidden(net: Net) -> None:
    assert not rate(net.layer("Dropout")).active
    assert rate(net.layer("Dropout", complete=False)).active
    assert not rate(net.layer("LSTM", complete=False), "dropout").active


def test_one_finding_per_place_and_the_certain_one() -> None:
    def finding(row: int, confidence: str, message: str) -> Finding:
        span = Span("model.py", row, 1, row, 9)
        return Finding("RNN101", "", message, span, "certain" if confidence == "certain" else "possible")

    found = [
        finding(1, "possible", "a"),
        finding(2, "certain", "b"),
        finding(1, "certain", "c"),
        finding(2, "certain", "d"),
    ]
    assert [one.message for one in collect(found)] == ["c", "b"]
