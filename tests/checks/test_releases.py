"""Rules that speak of some Keras releases: when they do, how sure they are, and what they say."""

from __future__ import annotations

from typing import Any

import pytest

from rnnlint.checks import RULES, rnn110, rnn302, rnn303, rnn501, rnn503
from rnnlint.checks.context import RuleSettings, confidence_in
from rnnlint.findings import Finding, collect
from rnnlint.graph import Choice, Const, Range, Unknown
from rnnlint.keras.defects import DROPS_AT_INFERENCE, GRU_STATE_GROWS
from rnnlint.keras.versions import KerasTargets, parse_keras_version
from tests.checks.graphs import Net

BY_CODE = {rule.code: check for rule, check in RULES}
EVERY_BACKEND = ("tensorflow", "jax", "torch")


def env(versions: str, *backends: str) -> KerasTargets:
    return KerasTargets(parse_keras_version(versions), frozenset(backends or EVERY_BACKEND))


@pytest.mark.parametrize(
    ("versions", "backends", "by_itself", "asked"),
    [
        ("3.6", ("tensorflow",), "certain", "certain"),
        (">=3.4,<3.9", ("tensorflow",), "certain", "certain"),
        # All versions have it, on one of the backends.
        ("3.6", EVERY_BACKEND, "possible", "possible"),
        ("3.6", ("jax",), None, None),
        (">=3.4", ("tensorflow",), None, "possible"),
        ("", EVERY_BACKEND, None, "possible"),
        ("3.9", ("tensorflow",), None, None),
        ("2.15", ("tensorflow",), None, None),
    ],
)
def test_confidence_in(versions: str, backends: tuple[str, ...], by_itself: str | None, asked: str | None) -> None:
    keras = env(versions, *backends)
    rule = rnn501.RULE
    assert confidence_in(DROPS_AT_INFERENCE.where, keras, rule, RuleSettings()) == by_itself
    wanted = RuleSettings(selected=frozenset({"RNN501"}))
    assert confidence_in(DROPS_AT_INFERENCE.where, keras, rule, wanted) == asked
    other = RuleSettings(selected=frozenset({"RNN502"}))
    assert confidence_in(DROPS_AT_INFERENCE.where, keras, rule, other) == by_itself


def found(code: str, name: str, version: str, *, asked: bool = False, **arguments: Any) -> list[Finding]:
    """What a rule finds of one layer, on tensorflow."""
    net = Net()
    net.layer(name, units=8, **arguments)
    given = RuleSettings(selected=frozenset({code} if asked else ()))
    found = BY_CODE[code](net.view(version), given)
    return list(collect(found))


@pytest.mark.parametrize(
    ("code", "name", "version", "arguments", "message"),
    [
        (
            "RNN204",
            "LSTM",
            "3.2",
            {"dropout": 0.2},
            (
                "`dropout=0.2` rules out cuDNN for this LSTM in Keras 3.0 to 3.3 on tensorflow: several times slower "
                "on a "
                "GPU, in training and at inference; fixed in Keras 3.4"
            ),
        ),
        (
            "RNN302",
            "GRU",
            "3.15",
            {"dropout": 0.2, "implementation": 1},
            "`implementation=1` with `dropout=0.2`: this GRU fails in the first training step in Keras 3.8 and later",
        ),
        (
            "RNN501",
            "GRU",
            "3.6",
            {"recurrent_dropout": 0.2},
            (
                "`recurrent_dropout=0.2` makes the state of this GRU explode: Keras 3.2 to 3.7 rescales the state "
                "itself "
                "at every timestep and carries it over, so nothing bounds it; fixed in Keras 3.8"
            ),
        ),
        (
            "RNN501",
            "GRU",
            "3.1",
            {"recurrent_dropout": 0.2, "dropout": 0.1},
            (
                "`recurrent_dropout=0.2` makes the state of this GRU explode: Keras 3.0 to 3.7 rescales the state "
                "itself "
                "at every timestep and carries it over, so nothing bounds it; fixed in Keras 3.8"
            ),
        ),
        (
            "RNN502",
            "LSTM",
            "3.6",
            {"dropout": 0.2},
            (
                "`dropout=0.2` of this LSTM also drops at inference: Keras 3.4 to 3.8 on tensorflow does so where the "
                "layer runs on cuDNN; fixed in Keras 3.9"
            ),
        ),
        (
            "RNN503",
            "LSTM",
            "3.1",
            {"recurrent_dropout": 0.2},
            (
                "`recurrent_dropout=0.2` of this LSTM does nothing: Keras 3.0 to 3.1 drops the state with the rate of "
                "`dropout`, which is 0; fixed in Keras 3.2"
            ),
        ),
        (
            "RNN503",
            "GRU",
            "3.0",
            {"recurrent_dropout": 0.2, "dropout": 0.4},
            (
                "`recurrent_dropout=0.2` of this GRU is ignored: Keras 3.0 to 3.1 drops the state with the rate of "
                "`dropout`, which is 0.4; fixed in Keras 3.2"
            ),
        ),
        (
            "RNN504",
            "ConvLSTM2D",
            "3.4",
            {"dropout": 0.2},
            "`dropout=0.2` of this ConvLSTM2D does nothing: Keras 3.0 to 3.4 ignores it; fixed in Keras 3.5",
        ),
    ],
)
def test_messages(code: str, name: str, version: str, arguments: dict[str, Any], message: str) -> None:
    (finding,) = found(code, name, version, **arguments)
    assert (finding.message, finding.confidence) == (message, "certain")
    assert finding.probe is not None
    assert finding.probe.where
    assert {number for number, _ in finding.probe.where} == parse_keras_version(version)
    # Nothing is known, and the rule was not asked for; it was.
    assert found(code, name, "", **arguments) == []
    (maybe,) = found(code, name, "", asked=True, **arguments)
    assert maybe.confidence == "possible"
    assert "may" in maybe.message
    # Where it is known to be otherwise nobody can ask for it.
    assert found(code, name, "2.15", asked=True, **arguments) == []


def test_the_fix_of_what_may_work_is_not_safe() -> None:
    (sure,) = found("RNN302", "LSTM", "3.15", dropout=0.2, implementation=1)
    (maybe,) = found("RNN302", "LSTM", "", asked=True, dropout=0.2, implementation=1)
    assert sure.remedy is not None
    assert maybe.remedy is None
    assert rnn302.RULE.fix == sure.remedy.applicability == "safe"


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (Choice((Const(0.2), Unknown("a parameter"))), "`recurrent_dropout=0.2`"),
        (Choice((Const(0.2), Const(0.0), Const(0.5))), "`recurrent_dropout=0.2 or 0.5`"),
        (Range(0.0, 0.5), "`recurrent_dropout=0.0 to 0.5`"),
    ],
)
def test_a_rate_that_may_be_another(rate: object, text: str) -> None:
    for rule in (rnn501, rnn503):
        net = Net()
        net.layer("GRU", units=8, recurrent_dropout=rate)
        version = "3.6" if rule is rnn501 else "3.1"
        (finding,) = rule.check(net.view(version), RuleSettings())
        assert finding.confidence == "possible"
        assert finding.message.startswith(f"{text} ")


def test_the_probe_names_the_release_that_mended_it() -> None:
    (finding,) = found("RNN501", "GRU", "3.6", recurrent_dropout=0.5)
    assert finding.probe is not None
    assert finding.probe.fixed == GRU_STATE_GROWS.fixed == "3.8"


# ---------------------------------------------------------------------------------------------------------------------
# Rates


@pytest.mark.parametrize(
    ("rate", "message"),
    [
        (
            0.8,
            ("`rate=0.8` drops 80 %: Keras takes the share to drop, not the share to keep; to keep 80 %, write 0.2"),
        ),
        (
            Range(0.6, 0.9),
            ("`rate=0.6 to 0.9` drops at least 60 %: Keras takes the share to drop, not the share to keep"),
        ),
        (Range(0.2, 0.9), None),
        (0.5, None),
        (1.0, None),
        (20, None),
        (True, None),
        ("0.8", None),
        (None, None),
    ],
)
def test_high_rates(rate: object, message: str | None) -> None:
    net = Net()
    net.layer("Dropout", rate=rate)
    assert [finding.message for finding in rnn303.check(net.view(), RuleSettings())] == ([message] if message else [])


@pytest.mark.parametrize(
    ("first", "second", "kept", "confidence"),
    [
        (0.5, 0.5, "together they keep 25 % of the input", "certain"),
        (0.2, 0.1, "together they keep 72 % of the input", "certain"),
        (0.5, Choice((Const(0.5), Unknown())), "together they may keep no more than 25 % of the input", "possible"),
        (Choice((Const(0.5), Unknown())), 0.5, "together they may keep no more than 25 % of the input", "possible"),
    ],
)
def test_stacked(first: object, second: object, kept: str, confidence: str) -> None:
    net = Net()
    dropped = net.call(net.layer("Dropout", rate=first), net.input(None, 20, 8), shape=(None, 20, 8))
    net.call(net.layer("LSTM", units=8, dropout=second), dropped, shape=(None, 8))
    (finding,) = rnn110.check(net.view("3.15"), RuleSettings())
    assert (
        finding.message == f"`dropout=0.5` of this LSTM drops more of what Dropout(0.5) has left: {kept}"
        or first == 0.2
    )
    assert finding.message.endswith(kept)
    assert finding.confidence == confidence


def test_of_two_ways_the_one_that_keeps_less() -> None:
    net = Net()
    source = net.input(None, 20, 8)
    ways = [net.call(net.layer("Dropout", rate=rate), source, shape=(None, 20, 8)) for rate in (0.2, 0.5)]
    net.call(net.layer("LSTM", units=8, dropout=0.5), tuple(ways), shape=(None, 8))
    (finding,) = rnn110.check(net.view("3.15"), RuleSettings())
    assert finding.message.endswith("Dropout(0.5) has left: together they may keep no more than 25 % of the input")
    assert finding.confidence == "possible"
