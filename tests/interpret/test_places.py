"""Places in the code are found out when something asks for them, and are spans from then on."""

from __future__ import annotations

import copy
import dataclasses
import operator
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import libcst as cst
import pytest

import rnnlint
from rnnlint.graph import Span
from rnnlint.interpret.parsed import ParsedModule
from rnnlint.interpret.spans import LazySpan
from rnnlint.linter import lint
from rnnlint.project.modules import Modules, Recorder
from rnnlint.settings.settings import Settings
from rnnlint.source.read import from_text

TEXT = "import keras\nx = keras.layers.LSTM(8)\ny = f(\n    g(1), 2)\n"
EXPECTED = Span("a.py", 2, 5, 2, 25, None, (2, 2))


def spot() -> LazySpan:
    unit = ParsedModule(from_text(TEXT, "a.py"))
    line = unit.tree.body[1]
    assert isinstance(line, cst.SimpleStatementLine)
    assert isinstance(line.body[0], cst.Assign)
    return LazySpan(unit, line.body[0].value, None, (line, line, line))


ASKED: dict[str, Callable[[Span], object]] = {
    "row": lambda span: span.row,
    "statement": lambda span: span.statement,
    "equal": lambda span: (
        span == EXPECTED,
        EXPECTED.__eq__(span),
        operator.eq(EXPECTED, span),
        span != EXPECTED,
        span == spot(),
        span == object(),
    ),
    "hash": lambda span: (hash(span), len({span, EXPECTED}), {EXPECTED: 1}.get(span)),
    "order": lambda span: (span < EXPECTED, span <= EXPECTED, operator.lt(EXPECTED, span), EXPECTED.__lt__(span)),
    "order of two": lambda span: sorted([span, spot()]) == [EXPECTED, EXPECTED],
    "repr": repr,
    "replace": lambda span: dataclasses.replace(span, path="b.py"),
    "copy": copy.copy,
    "deep copy": copy.deepcopy,
    "pickle": lambda span: pickle.loads(pickle.dumps(span)),
    "fields": dataclasses.astuple,
    "class": lambda span: span.__class__,
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_a_place_is_the_span_that_it_stands_for(ask: Callable[[Span], object]) -> None:
    place = spot()
    assert type(place) is LazySpan
    assert ask(place) == ask(EXPECTED)
    assert type(place) is Span
    assert ask(place) == ask(EXPECTED)
    assert place.end_column == EXPECTED.end_column


MODEL = """
from keras import Sequential, layers
model = Sequential([
    layers.Input((9, 4)),
    layers.Dropout(0.5, noise_shape=(None, None, 1)),
    layers.LSTM(8, recurrent_dropout=0.2),
])
"""


def spots(value: Any) -> Iterator[LazySpan]:
    """Those that nothing was asked of yet. To look at a part of one would be to ask."""
    if type(value) is LazySpan:
        yield value
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from spots(one)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from spots(getattr(value, field.name))


def test_what_is_found_holds_no_tree() -> None:
    """Over many files, trees would take all memory."""
    source = from_text(MODEL, "model.py")
    settings = Settings(keras_version="3")
    modules = Modules()
    modules.hold(source)
    from rnnlint.linter import environment

    env = environment(settings, modules, source.path)
    result = lint(source, settings, Recorder(modules), env)
    assert {finding.code for finding in result.findings} >= {"RNN101", "RNN201"}
    assert any(finding.remedy for finding in result.findings)
    assert any(finding.related for finding in result.findings)
    assert list(spots(result)) == []


def test_a_place_in_code_that_nests_as_deeply_as_may_be() -> None:
    """It is asked for where Python's own limit of recursion holds."""
    deep = 150
    text = f"import keras\nx = {'f(' * deep}keras.layers.LSTM(8, recurrent_dropout=0.2){')' * deep}\n"
    (finding,) = rnnlint.check_source(text, "deep.py", Settings(keras_version="3", backend="tensorflow"))
    assert finding.code == "RNN201"
    assert text.split("\n")[1][finding.span.column - 1 :].startswith("recurrent_dropout=0.2")
