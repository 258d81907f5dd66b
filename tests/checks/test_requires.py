"""What a rule's row `requires` of a file never silences the rule.

A rule's own pages show what its author thought of; a row that asks for too much would be as narrow as they are. So the
files here are made without any rule in mind: layers with arguments, alone and one behind another. Wherever a rule
reports something in one of them, the gate has to let that file pass by the rule's own row. A row that asks for nothing
lets every file pass; one that asks for something has to be seen here with each of its alternatives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path

import pytest

from rnnlint.api import check_source
from rnnlint.prefilter.gate import Gate
from rnnlint.project.modules import Modules
from rnnlint.registry import ABOUT_COMMENTS, RULES, Rule
from rnnlint.settings.settings import Settings

VERSIONS = ("auto", "2.15", "3.2")
CODES = frozenset(rule.code for rule in RULES) - ABOUT_COMMENTS
# Class -> how it is written without further arguments.
DROPOUTS = {
    "Dropout": "0.3",
    "SpatialDropout1D": "0.3",
    "GaussianDropout": "0.3",
    "AlphaDropout": "0.3",
}
DROPOUT_ARGUMENTS = (
    "",
    ", noise_shape=(None, 1, None)",
    ", noise_shape=(1, None, None)",
    ", noise_shape=(32, 1, 8)",
    ", noise_shape=(None, None, 1)",
    ", noise_shape=(None, 1, 3)",
    ", seed=1",
    ", (None, None, 1)",
    ", (1, None, None)",
    ", (32, 1, 8)",
    ", None, 1",
    ", 42",
)
RECURRENT = ("LSTM", "GRU", "SimpleRNN", "ConvLSTM1D")
RECURRENT_ARGUMENTS = (
    "dropout=0",
    "dropout=0.4",
    "dropout=0.8",
    "dropout=50",
    "recurrent_dropout=0.2",
    "recurrent_dropout=30",
    "activation='relu'",
    "use_bias=False",
    "unroll=True",
    "use_cudnn=True",
    "implementation=1",
)
# What stands before `dropout` and `recurrent_dropout`, all by position.
_FUNCTIONS = "'tanh', 'sigmoid', True, 'glorot_uniform', 'orthogonal', 'zeros'"
BEFORE = {
    "LSTM": f"8, {_FUNCTIONS}, True{', None' * 7}",
    "GRU": f"8, {_FUNCTIONS}{', None' * 7}",
    "SimpleRNN": f"8, 'tanh', True, 'glorot_uniform', 'orthogonal', 'zeros'{', None' * 7}",
    "ConvLSTM1D": f"8, 3, 1, 'same', 'channels_last', 1, {_FUNCTIONS}, True{', None' * 7}",
    "LSTMCell": f"8, {_FUNCTIONS}, True{', None' * 6}",
    "GRUCell": f"8, {_FUNCTIONS}{', None' * 6}",
}
RATES = ("0.4, 0.3", "0.4, 0.0", "0.0, 0.3", "0.8, 0.0", "50, 0.0")
OTHERS = (
    "Masking()",
    "Masking(-1.0)",
    "Embedding(100, 8)",
    "Dense(8)",
    "TimeDistributed(keras.layers.Dropout(0.3))",
    "Lambda(lambda x: keras.random.dropout(x, 0.2))",
    "Lambda(lambda x: keras.backend.dropout(x, 0.2))",
)


def dropouts() -> Iterator[str]:
    for name, rate in DROPOUTS.items():
        yield from (f"{name}({rate}{more})" for more in DROPOUT_ARGUMENTS)
        yield from (f"{name}({rate})" for rate in ("0", "0.9", "30", "rate=-0.5"))


def recurrent() -> Iterator[str]:
    for name in RECURRENT:
        size = "8, 3" if name == "ConvLSTM1D" else "8"
        yield f"{name}({size})"
        for one in RECURRENT_ARGUMENTS:
            yield f"{name}({size}, {one})"
    for name, rates in product(BEFORE, RATES):
        layer = f"{name}({BEFORE[name]}, {rates})"
        yield f"RNN(keras.layers.{layer})" if name.endswith("Cell") else layer
    yield f"LSTM({BEFORE['LSTM']}, 0.4, 0.3, 7, False, False, False, False, False, True)"  # the last is `use_cudnn`
    for cell in ("LSTMCell", "GRUCell"):
        for more in ("", ", dropout=0.3", ", dropout=30", ", recurrent_dropout=0.3"):
            yield f"RNN(keras.layers.{cell}(8{more}))"
    for inner in ("LSTM(8, dropout=0.3)", "LSTM(8)", "GRU(8, recurrent_dropout=0.3)"):
        yield f"Bidirectional(keras.layers.{inner})"


def with_two_arguments() -> Iterator[str]:
    for one, two in combinations(RECURRENT_ARGUMENTS, 2):
        if one.partition("=")[0] != two.partition("=")[0]:
            yield from (f"{name}(8, {one}, {two})" for name in ("LSTM", "GRU"))


def files() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Sources, each of one model, with the Keras versions for which they are read."""
    for layer in [*dropouts(), *recurrent(), *OTHERS]:
        for width in (1, 8):
            yield _model([layer], width), VERSIONS
    # What rules see of several arguments or layers depends on the version no more than what they see of one.
    yield from ((text, VERSIONS[:1]) for text in _more_files())


def _more_files() -> Iterator[str]:
    for layer in with_two_arguments():
        yield _model([layer], 8)
    plain = ["LSTM(8)", "GRU(8, dropout=0.3)", "SimpleRNN(8)", f"LSTM({BEFORE['LSTM']}, 0.4)", *OTHERS]
    simple = [f"{name}({rate})" for name, rate in DROPOUTS.items()]
    for first in [*simple, *(f"Dropout(0.3{more})" for more in DROPOUT_ARGUMENTS), *OTHERS]:
        for second in plain:
            for width in (1, 8):
                yield _model([first, second], width)
    for layer in ("Dropout(0.3)", "LSTM(8, dropout=0.3)", f"LSTM({BEFORE['LSTM']}, 0.4)", "LSTM(8)"):
        yield _model([layer], 8, "training=True")
    for first, second in (("Dropout(0.3, seed=1)",) * 2, ("Dropout(0.3, None, 1)",) * 2):
        yield _model([first, "LSTM(8, return_sequences=True)", second], 8)
    for cell in ("LSTMCell(8, dropout=0.3)", f"LSTMCell({BEFORE['LSTMCell']}, 0.4)", "GRUCell(8)"):
        yield f"import keras\n\ncell = keras.layers.{cell}\nx, s = cell(keras.Input((8,)), [])\ncell(x, s)\n"


def _model(layers: list[str], width: int, call: str = "") -> str:
    lines = ["import keras", "", f"inputs = x = keras.Input((20, {width}))"]
    lines += [f"x = keras.layers.{layer}(x{f', {call}' if call else ''})" for layer in layers]
    return "\n".join([*lines, "model = keras.Model(inputs, x)", ""])


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """By code the files in which the rule reports something."""
    folder = tmp_path_factory.mktemp("files")
    found: dict[str, list[str]] = defaultdict(list)
    settings = {one: Settings(rules=CODES, selected=CODES, keras_version=one) for one in VERSIONS}
    for number, (text, versions) in enumerate(files()):
        findings = [one for version in versions for one in check_source(text, f"f{number}.py", settings[version])]
        path = folder / f"f{number}.py"
        path.write_text(text)
        for code in {finding.code for finding in findings}:
            found[code].append(str(path))
    return found


def silenced(rule: Rule, paths: list[str]) -> set[str]:
    """The files that the gate leaves out by the row of a rule."""
    gate = Gate(rule.requires or (frozenset[str](),), Modules(), lambda path: Path(path).read_bytes())
    for path in paths:
        gate.look(path, Path(path).read_bytes())
    return set(paths) - gate.candidates()


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_row_silences_nothing(code: str, reported: dict[str, list[str]]) -> None:
    (rule,) = (rule for rule in RULES if rule.code == code)
    lost = silenced(rule, reported[code])
    assert not lost, f"{code} reports this, but its row keeps it from being read:\n{Path(min(lost)).read_text()}"


NARROWED = [rule for rule in RULES if rule.requires]
TOO_NARROW = [
    pytest.param(rule, number, id=f"{rule.code}-{number}")
    for rule in NARROWED
    for number in range(len(rule.requires) if len(rule.requires) > 1 else 0)
]


@pytest.mark.parametrize("rule", NARROWED, ids=lambda rule: rule.code)
def test_a_row_that_asks_for_more_is_found_out(rule: Rule, reported: dict[str, list[str]]) -> None:
    """The files show that the rule reports something without any further ingredient: also that of a new rule."""
    assert reported[rule.code], (
        f"nothing here is reported by {rule.code}: let `_more_files` make a model that it reports"
    )
    for more in ("masking", "seed", "lambda"):
        wrong = rule._replace(requires=tuple(need | {more} for need in rule.requires))
        if wrong.requires != rule.requires:
            assert silenced(wrong, reported[rule.code]), more


@pytest.mark.parametrize(("rule", "number"), TOO_NARROW)
def test_a_row_that_lacks_an_alternative_is_found_out(rule: Rule, number: int, reported: dict[str, list[str]]) -> None:
    wrong = rule._replace(requires=(*rule.requires[:number], *rule.requires[number + 1 :]))
    assert silenced(wrong, reported[rule.code]), sorted(rule.requires[number])
