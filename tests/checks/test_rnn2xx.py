"""RNN201 to RNN203 on graphs made by hand: messages, places, confidence, versions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rnnlint.checks import rnn201, rnn202, rnn203
from rnnlint.checks.context import RuleSettings
from rnnlint.findings import Finding, collect
from rnnlint.flow.view import View
from rnnlint.graph import Arg, Choice, Const, Graph, Layer, LayerArg, Name, Range, Span, Unknown, Value
from rnnlint.keras.versions import KerasTargets, parse_keras_version


def span(row: int, column: int = 1, end: int = 80) -> Span:
    return Span("model.py", row, column, row, end, None, (row, row))


class Code:
    """A file under construction: each layer in a row of its own, each argument in ten columns of it."""

    def __init__(self) -> None:
        self.layers: list[Layer] = []

    def layer(self, name: str, *children: Layer, origin: str = "keras", certain: bool = True, **args: Value) -> Layer:
        row = len(self.layers) + 1
        bound = tuple(
            Arg(key, value, span(row, 10 * (index + 1), 10 * (index + 2) - 2))
            for index, (key, value) in enumerate(args.items())
        )
        made = Layer(
            len(self.layers), f"keras.layers.{name}", "keras", origin, bound, span(row), children, certain=certain
        )
        self.layers.append(made)
        return made

    def check(
        self,
        rule: Callable[[View, RuleSettings], Iterator[Finding]],
        version: str = "",
        backends: tuple[str, ...] = ("tensorflow", "jax", "torch"),
    ) -> list[Finding]:
        env = KerasTargets(parse_keras_version(version), frozenset(backends)) if version else KerasTargets.unknown()
        return list(collect(rule(View(Graph(tuple(self.layers)), env), RuleSettings())))


@pytest.fixture
def code() -> Code:
    return Code()


TF = ("tensorflow",)


def test_recurrent_dropout_where_the_version_is_known(code: Code) -> None:
    layer = code.layer("LSTM", units=Const(8), recurrent_dropout=Const(0.2))
    (finding,) = code.check(rnn201.check, "3.15", TF)
    assert finding.code == "RNN201"
    assert finding.message == (
        "`recurrent_dropout=0.2` rules out cuDNN for this LSTM: several times slower on a GPU, in training and at "
        "inference"
    )
    assert finding.span == layer.args[1].span
    assert finding.confidence == "certain"
    assert [place.span for place in finding.related] == [layer.span]


def test_recurrent_dropout_says_where_if_not_everywhere(code: Code) -> None:
    code.layer("GRU", recurrent_dropout=Const(0.2))
    (finding,) = code.check(rnn201.check, ">=3")
    assert "out cuDNN for this GRU (Keras 3 on tensorflow, 3.14+ on torch): several" in finding.message


def test_other_disqualifiers_are_named_with_their_versions(code: Code) -> None:
    code.layer(
        "LSTM", dropout=Const(0.1), activation=Const("relu"), use_bias=Const(False), recurrent_dropout=Const(0.2)
    )
    (finding,) = code.check(rnn201.check, ">=3.2,<3.6", TF)
    labels = ["so does this (Keras 3.2 to 3.3 on tensorflow)", "so does this", "so does this"]
    assert [one.label for one in finding.related[1:]] == labels
    assert finding.probe is not None
    assert finding.probe.others == ("dropout", "activation", "use_bias")
    (finding,) = code.check(rnn201.check, "3.15", TF)
    assert [one.label for one in finding.related[1:]] == ["so does this", "so does this"]


def test_another_disqualifier_is_in_the_message_if_two_lines_hold_it(code: Code) -> None:
    code.layer("LSTM", unroll=Const(True), recurrent_dropout=Const(0.2))
    (finding,) = code.check(rnn201.check, "3.15", TF)
    assert finding.message.endswith("on a GPU, in training and at inference; so does `unroll=True`")


@pytest.mark.parametrize("name", ["LSTM", "GRU"])
@pytest.mark.parametrize("rate", [Const(0.25), Range(0.0, 0.5)])
def test_the_message_takes_two_lines_where_nothing_is_pinned(code: Code, name: str, rate: Value) -> None:
    """Also with other arguments that rule out cuDNN, and whatever versions have which kernel."""
    others: dict[str, Any] = {
        "dropout": Const(0.25),
        "activation": Const("relu"),
        "use_bias": Const(False),
        "unroll": Const(True),
    }
    for given in ({}, others):
        code.layer(name, recurrent_dropout=rate, **given)
    for finding in code.check(rnn201.check):
        assert len(f"{finding.code} {finding.message}") <= 2 * 80
        assert "Keras 2 and 3 on tensorflow, 3.14+ on" in finding.message


@pytest.mark.parametrize(
    ("version", "backend", "lstm", "gru"),
    [
        ("2.3", "tensorflow", 0, 0),
        ("2.15", "tensorflow", 1, 1),
        ("3.0", "tensorflow", 1, 1),
        ("3.9", "torch", 0, 0),
        ("3.13", "torch", 0, 0),
        ("3.14", "torch", 0, 1),
        ("3.15", "torch", 1, 1),
        ("3.13", "jax", 0, 0),
        ("3.15", "jax", 1, 0),
    ],
)
def test_only_where_there_is_a_kernel(code: Code, version: str, backend: str, lstm: int, gru: int) -> None:
    code.layer("LSTM", recurrent_dropout=Const(0.2))
    assert len(code.check(rnn201.check, version, (backend,))) == lstm
    code.layers.clear()
    code.layer("GRU", recurrent_dropout=Const(0.2))
    assert len(code.check(rnn201.check, version, (backend,))) == gru


@pytest.mark.parametrize("name", ["SimpleRNN", "LSTMCell", "GRUCell", "ConvLSTM2D", "CuDNNLSTM"])
def test_layers_without_a_kernel_of_their_own(code: Code, name: str) -> None:
    code.layer(name, recurrent_dropout=Const(0.2), activation=Const("relu"), use_cudnn=Const(True))
    for rule in (rnn201.check, rnn202.check, rnn203.check):
        assert code.check(rule) == []


@pytest.mark.parametrize(
    ("value", "confidence"),
    [
        (Const(0), None),
        (Const(0.0), None),
        (Const(False), None),
        (Unknown("parameter 'rate'"), None),
        (Choice((Const(0.0), Unknown("parameter 'rate'"))), None),
        (Range(0.0, 0.0), None),
        (Const(1e-9), "certain"),
        (Const(True), "certain"),
        (Choice((Const(0.2), Const(0.3))), "certain"),
        (Range(0.1, 0.5), "certain"),
        (Range(0.0, 0.5), "possible"),
        (Choice((Const(0.2), Unknown("parameter 'rate'"))), "possible"),
        (Choice((Const(0.2), Const(0.0))), "possible"),
    ],
)
def test_values_of_recurrent_dropout(code: Code, value: Value, confidence: str | None) -> None:
    code.layer("LSTM", recurrent_dropout=value)
    found = [finding.confidence for finding in code.check(rnn201.check, "3.15", TF)]
    assert found == ([] if confidence is None else [confidence])


def test_a_layer_on_some_path_is_possible(code: Code) -> None:
    code.layer("LSTM", certain=False, recurrent_dropout=Const(0.2))
    (finding,) = code.check(rnn201.check)
    assert finding.confidence == "possible"
    assert "may rule out" in finding.message


def test_a_wrapped_layer_is_reported_once_and_at_itself(code: Code) -> None:
    inner = code.layer("LSTM", recurrent_dropout=Const(0.2))
    outer = code.layer("Bidirectional", inner, layer=LayerArg(0))
    code.layer("TimeDistributed", outer, layer=LayerArg(1))
    (finding,) = code.check(rnn201.check, "3.15", TF)
    assert finding.span == inner.args[0].span
    assert "this LSTM" in finding.message


def test_keras_2_on_the_backend_it_has(code: Code) -> None:
    code.layer("GRU", origin="tf_keras", recurrent_dropout=Const(0.2))
    (finding,) = code.check(rnn201.check, "3.15", ("jax",))
    assert "out cuDNN for this GRU: several" in finding.message


def test_an_argument_from_elsewhere_is_reported_at_the_layer(code: Code) -> None:
    arg = Arg("recurrent_dropout", Const(0.2), span(99))
    layer = Layer(0, "keras.layers.LSTM", "keras", "keras", (arg,), span(1))
    code.layers.append(layer)
    (finding,) = code.check(rnn201.check)
    assert finding.span == layer.span
    assert [place.span for place in finding.related] == [arg.span]


def test_use_cudnn_written_out_silences_201_and_202(code: Code) -> None:
    for wish in (True, False):
        code.layer("LSTM", recurrent_dropout=Const(0.2), activation=Const("relu"), use_cudnn=Const(wish))
    assert code.check(rnn201.check) == []
    assert code.check(rnn202.check) == []
    assert len(code.check(rnn203.check)) == 1


def test_each_incompatible_argument_is_a_finding(code: Code) -> None:
    code.layer(
        "GRU",
        activation=Name("keras.activations.relu"),
        recurrent_activation=Const("sigmoid"),
        unroll=Const(True),
        reset_after=Const(False),
        recurrent_dropout=Const(0.2),
    )
    found = code.check(rnn202.check, "3.15", TF)
    assert [finding.message for finding in found] == [
        "`activation=keras.activations.relu` rules out cuDNN for this GRU: several times slower on a GPU",
        "`unroll=True` rules out cuDNN for this GRU: several times slower on a GPU",
        "`reset_after=False` rules out cuDNN for this GRU: several times slower on a GPU",
    ]


def test_conflicts_are_one_finding_at_use_cudnn(code: Code) -> None:
    layer = code.layer("LSTM", activation=Const("relu"), recurrent_dropout=Const(0.2), use_cudnn=Const(True))
    (finding,) = code.check(rnn203.check, "3.15", TF)
    assert finding.message == (
        "`use_cudnn=True` conflicts with `recurrent_dropout=0.2` and `activation='relu'`: this LSTM raises ValueError "
        "at its first call"
    )
    assert finding.span == layer.args[2].span
    assert {place.span for place in finding.related} == {layer.span, layer.args[0].span, layer.args[1].span}


@pytest.mark.parametrize(("version", "count"), [("2.15", 0), ("3.1", 0), ("3.2", 1), ("3.15", 1)])
def test_conflicts_need_the_argument_to_exist(code: Code, version: str, count: int) -> None:
    code.layer("LSTM", recurrent_dropout=Const(0.2), use_cudnn=Const(True))
    assert len(code.check(rnn203.check, version)) == count


def test_a_conflict_says_from_which_version_on(code: Code) -> None:
    code.layer("LSTM", recurrent_dropout=Const(0.2), use_cudnn=Const(True))
    (finding,) = code.check(rnn203.check)
    assert finding.message.endswith("ValueError at its first call in Keras 3.2 and later")
