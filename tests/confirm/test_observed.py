"""Targets, the worker's account as a graph, and what that says of findings, without Keras."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from rnnlint.checks.context import RuleSettings
from rnnlint.confirm.observed.account import read_account
from rnnlint.confirm.observed.comparing import differences
from rnnlint.confirm.observed.matching import Matched
from rnnlint.confirm.observed.matching import match as match_live
from rnnlint.confirm.observed.places import NOWHERE
from rnnlint.confirm.observed.targets import build_request, build_targets
from rnnlint.findings import Finding, Plan
from rnnlint.graph import Arg, Const, Graph, Layer, Model, Name, Node, Ref, Span, Unknown
from rnnlint.interpret import interpret
from rnnlint.keras.versions import KerasTargets, parse_keras_version
from rnnlint.linter import NoFinder
from rnnlint.source.read import from_text
from rnnlint.source.source import Source

ENV = KerasTargets(parse_keras_version("3.15"), frozenset({"tensorflow"}))


def source(text: str, path: str = "net.py") -> Source:
    return from_text(dedent(text).lstrip(), path)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("def make():\n    return keras.Sequential([])", ["make"]),
        ("def make(units=3, *, rate=.5, **more):\n    model = Model(x, y)\n    return model", ["make"]),
        ("def make(units):\n    return Sequential()", []),
        ("def make(*, units):\n    return Sequential()", []),
        ("def make():\n    model = Sequential()\n    model.fit(x)", []),
        ("def make():\n    model = Sequential()\n    return model.fit(x)", []),
        ("def make():\n    model: Model = Sequential()\n    return model, 3", ["make"]),
        ("def make():\n    a, b = Sequential(), 1\n    return {'a': Model(a)}", ["make"]),
        ("def make(n):\n    return Sequential()\ndef main():\n    return make(3)\n", ["main"]),
        ("def main():\n    return make(3)\ndef make(n):\n    return Sequential()\n", ["main"]),
        ("class Net(keras.Model):\n    pass\nclass Sub(Net):\n    pass\ndef make():\n    return Sub()", ["make"]),
        ("def make():\n    def inner():\n        return Sequential()\n    return inner", []),
        ("def make():\n    with scope():\n        if x:\n            return Sequential()", ["make"]),
        ("@pytest.fixture\ndef make():\n    return Sequential()", []),
        ("async def make():\n    return Sequential()", []),
        ("class A:\n    def make(self=1):\n        return Sequential()", []),
        ("try:\n    import a\nexcept ImportError:\n    def make():\n        return Sequential()", ["make"]),
        ("if __name__ == '__main__':\n    def make():\n        return Sequential()", []),
        ("def make():\n    return Sequential() if x else None", ["make"]),
        ("def make(:", []),
    ],
)
def test_targets(text: str, names: list[str]) -> None:
    assert build_targets(source(text, "models/net.py")) == [f"models/net.py:{name}" for name in names]


def test_a_notebook_has_no_targets() -> None:
    cells = [{"cell_type": "code", "source": "def make():\n    return Sequential()", "metadata": {}, "outputs": []}]
    notebook = json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}})
    assert build_targets(from_text(notebook, "a.ipynb")) == []


def test_request(tmp_path: Path) -> None:
    asked = build_request("a:b", {"n": 3, "s": "x", "t": (None,)}, 5.0, str(tmp_path))
    assert (asked["path"], asked["cwd"], asked["timeout"]) == ([str(tmp_path)], str(tmp_path), 5.0)
    assert asked["args"] == {"n": "3", "s": "'x'", "t": "(None,)"}
    (tmp_path / "src").mkdir()
    assert build_request("a:b", {}, 5.0, str(tmp_path))["path"] == [str(tmp_path), str(tmp_path / "src")]


def account(place: list[Any] | None, **more: Any) -> dict[str, Any]:
    """What the worker says of one LSTM that is called on an input."""
    arguments = [
        {"name": "units", "value": {"const": 3}, "positional": True},
        {"name": "dropout", "value": {"const": 0.5}, "positional": False},
    ]
    layer = {"cls": "LSTM", "keras": True, "model": False, "origin": "keras", "complete": True, "args": arguments}
    called = {"kind": "layer", "name": "LSTM", "layer": 0, "inputs": [[0, 0]], "outputs": [[None, 3]], "place": None}
    given = {"kind": "input", "name": "keras.Input", "inputs": [], "outputs": [[None, 5, 1]], "place": None}
    return {"layers": [{**layer, "place": place, **more}], "nodes": [given, called], "models": [], "notes": []}


def spans(code: str, place: list[Any], **more: Any) -> list[str]:
    """The code of the layer and of its arguments, as read from a worker's account."""
    lines = code.split("\n")
    layer = read_account(account(place, **more), {place[0]: from_text(code, "net.py")}).layers[0]
    found = []
    for span in (layer.span, *(arg.span for arg in layer.args)):
        assert (span.path, span.row) == ("net.py", span.end_row)
        found.append(lines[span.row - 1][span.column - 1 : span.end_column - 1])
    return found


def test_columns_count_characters() -> None:
    code = "x = f('äöü', LSTM(3, dropout=.5))"
    begin, end = len(code[: code.index("LSTM")].encode()) + 1, len(code.encode())
    assert spans(code, ["/p/net.py", 1, begin, 1, end]) == ["LSTM(3, dropout=.5)", "3", "dropout=.5"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x = keras.layers.LSTM(3, dropout=.5)", ["keras.layers.LSTM(3, dropout=.5)", "3", "dropout=.5"]),
        # Two of them: the whole row.
        ("x = LSTM(3), LSTM(3)", ["x = LSTM(3), LSTM(3)"] * 3),
        ("x = make()", ["x = make()"] * 3),
    ],
)
def test_before_python_3_11_only_rows_are_known(code: str, expected: list[str]) -> None:
    assert spans(code, ["/p/net.py", 1]) == expected


def test_arguments_from_splats_stand_at_the_splat() -> None:
    code = "LSTM(*sizes, **options)"
    assert spans(code, ["/p/net.py", 1, 1, 1, len(code) + 1]) == [code, "sizes", "options"]


def test_other_files_keep_their_paths() -> None:
    layer = read_account(account(["/else/where.py", 7, 3, 8, 5]), {}).layers[0]
    assert (layer.span, layer.args[0].span) == (Span("/else/where.py", 7, 3, 8, 5),) * 2
    assert read_account(account(None), {}).layers[0].span == NOWHERE


def test_values() -> None:
    values: dict[str, tuple[Any, Any]] = {
        "a": ({"name": "tensorflow.math.tanh"}, Name("tensorflow.tanh")),
        "b": ({"slice": [{"const": None}, {"const": -1}, {"const": None}]}, Const(slice(None, -1, None))),
        "c": ({"ellipsis": True}, Const(...)),
        "d": ({"other": "<object>"}, Unknown("<object>")),
    }
    arguments = [{"name": name, "value": one, "positional": False} for name, (one, _) in values.items()]
    layer = read_account(account(None, args=arguments), {}).layers[0]
    assert {arg.name: arg.value for arg in layer.args} == {name: value for name, (_, value) in values.items()}


def dropped(features: int | None, path: str = "net.py", row: int = 1) -> Graph:
    """Dropout(0.5) before an LSTM, as a live graph has them."""
    span = Span(path, row, 5, row, 17)
    drop = Layer(0, "keras.layers.Dropout", "keras", "keras", (Arg("rate", Const(0.5), span, True),), span)
    lstm = Layer(
        1, "keras.layers.LSTM", "keras", "keras", (Arg("units", Const(3), span, True),), Span(path, 9, 1, 9, 8)
    )
    refs = [((Ref(number),),) for number in range(2)]
    return Graph(
        (drop, lstm),
        (
            Node(0, "input", "keras.Input", (), ((None, 10, features),), span),
            Node(1, "layer", drop.name, refs[0], ((None, 10, features),), span, drop),
            Node(2, "layer", lstm.name, refs[1], ((None, 3),), lstm.span, lstm),
        ),
    )


def match(findings: list[Finding], *graphs: Graph, paths: tuple[str, ...] = ("net.py",)) -> Matched:
    codes = frozenset({"RNN101", "RNN102"})
    return match_live(findings, graphs, ENV, RuleSettings(), codes, paths)


STATIC = Finding(
    "RNN101", "dropped-timesteps", "may", Span("net.py", 1, 5, 1, 17), "possible", plan=Plan(obstacle="no")
)


def test_a_finding_of_both_is_the_live_one_at_its_place() -> None:
    matched = match([STATIC], dropped(1))
    (finding,) = matched.findings
    assert (finding.span, finding.confidence, matched.added) == (STATIC.span, "certain", ())
    assert "Dropout(0.5) zeroes whole timesteps" in finding.message
    assert finding.plan is not None
    assert finding.plan.obstacle == ""
    assert matched.notes == ()


def test_a_live_finding_in_the_same_row_is_the_same() -> None:
    whole_row = replace(STATIC, span=Span("net.py", 1, 1, 1, 40))
    assert [one.span for one in match([whole_row], dropped(1)).findings] == [whole_row.span]


def test_more_may_show_than_was_seen() -> None:
    weaker = replace(STATIC, code="RNN102", name="missing-noise-shape")
    matched = match([weaker], dropped(1))
    assert [(one.code, one.span) for one in matched.findings] == [("RNN101", STATIC.span)]
    assert matched.added == ()


def test_what_only_the_run_shows_is_added_once() -> None:
    matched = match([], dropped(1), dropped(1))
    assert [(one.code, one.confidence) for one in matched.added] == [("RNN101", "certain")]


def test_what_lies_elsewhere_is_left_out() -> None:
    assert match([], dropped(1, "/site-packages/net.py")).added == ()


def test_what_does_not_show_is_noted() -> None:
    matched = match([STATIC], dropped(64))
    assert matched.findings == (STATIC,)
    assert [note.message for note in matched.notes] == ["RNN101 does not appear in the models that --build made"]
    # A model in which it shows settles it.
    assert match([STATIC], dropped(64), dropped(1)).notes == ()


def test_a_plan_without_assumptions_is_kept() -> None:
    sure = replace(STATIC, confidence="certain", plan=Plan({"id": 1}))
    matched = match([sure], dropped(None))
    assert [one.plan for one in matched.findings if one.code == "RNN101"] == [sure.plan]


def test_differences() -> None:
    code = source(
        """
        import keras
        from keras import layers

        model = keras.Sequential([keras.Input((5, 1)), layers.LSTM(4, dropout=0.5)])
        """
    )
    static = interpret(code, NoFinder(), ENV)
    row = code.text.split("\n")[3]
    begin = row.index("layers.LSTM") + 1
    graph = read_account(account(["/p/net.py", 4, begin, 4, row.index("])") + 1]), {"/p/net.py": code})
    model = Model("sequential", "m", static.models[0].span, (Ref(0),), (Ref(1),), (0, 1))
    notes = differences(static, replace(graph, models=(model,)), "net.py")
    assert [(note.span.row, note.message) for note in notes] == [
        (4, "the analysis and Keras differ: keras.layers.LSTM: units=4, Keras got 3"),
        (4, "the analysis and Keras differ: keras.layers.LSTM: shape (None, 4), Keras has (None, 3)"),
    ]
    assert differences(static, static, "net.py") == []
    elsewhere = replace(graph.layers[0], span=Span("net.py", 2, 1, 2, 5))
    notes = differences(static, Graph((elsewhere,)), "net.py")
    assert [note.message for note in notes] == ["the analysis does not see this LSTM"]
