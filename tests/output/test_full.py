"""The `full` format: excerpts, marks and columns, compared as text."""

from __future__ import annotations

from collections.abc import Mapping

import click
import pytest

from rnnlint.findings import Diagnostic, Finding, Fix, Related
from rnnlint.graph import Span
from rnnlint.output.report import Report, render
from rnnlint.source.read import from_text
from tests.output import reports

CODE = """\
import keras

from keras import layers


def build(rate):
    x = keras.Input((None, 8))
    x = layers.Dropout(rate)(x)
    x = layers.Dense(8)(x)
    # 1
    # 2
    y = layers.Bidirectional(
        layers.LSTM(8, dropout=rate),
        merge_mode="sum",
    )(x)
    return layers.LSTM(8)(layers.Dropout(rate)(y))
"""


def span(needle: str, path: str = "a.py", text: str = CODE, cell: int | None = None) -> Span:
    start = text.index(needle)
    end = start + len(needle)

    def place(index: int) -> tuple[int, int]:
        return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)

    return Span(path, *place(start), *place(end), cell)


def full(*findings: Finding, files: Mapping[str, str] | None = None, width: int = 140, color: bool = False) -> str:
    sources = {path: from_text(text, path) for path, text in (files or {"a.py": CODE}).items()}

    def line(path: str, row: int, cell: int | None) -> str:
        return sources[path].line(row, cell) if path in sources else ""

    text = "".join(render("full", Report(findings, (), line, width)))
    return text if color else click.unstyle(text)


def finding(where: Span, *related: Related, label: str = "here") -> Finding:
    return Finding("RNN102", "missing-noise-shape", "the message", where, "certain", label, related)


def test_way_in_one_excerpt() -> None:
    way = (Related(span("layers.LSTM(8)"), "feeds this LSTM"), Related(span("layers.Dense(8)"), "passes through"))
    assert (
        full(finding(span("layers.Dropout(rate)"), *way))
        == """\
RNN102 the message
  --> a.py:8:9
   |
 6 | def build(rate):
 7 |     x = keras.Input((None, 8))
 8 |     x = layers.Dropout(rate)(x)
   |         ^^^^^^^^^^^^^^^^^^^^ here
 9 |     x = layers.Dense(8)(x)
   |         --------------- passes through
10 |     # 1
...
16 |     return layers.LSTM(8)(layers.Dropout(rate)(y))
   |            -------------- feeds this LSTM
   |
help: `rnnlint rule RNN102` explains missing-noise-shape

"""
    )


def test_two_marks_on_a_line_and_no_blank_ends() -> None:
    text = "\n\nx = layers.LSTM(8)(layers.Dropout(0.5)(x))\n\n\n"
    where = span("layers.Dropout(0.5)", text=text)
    shown = full(finding(where, Related(span("layers.LSTM(8)", text=text), "feeds")), files={"a.py": text})
    assert shown.splitlines()[2:-2] == [
        "  |",
        "3 | x = layers.LSTM(8)(layers.Dropout(0.5)(x))",
        "  |                    ^^^^^^^^^^^^^^^^^^^ here",
        "  |     -------------- feeds",
        "  |",
    ]


def test_finding_of_several_lines() -> None:
    where = span('layers.Bidirectional(\n        layers.LSTM(8, dropout=rate),\n        merge_mode="sum",\n    )')
    shown = full(finding(where, Related(span("dropout=rate"), "the argument")))
    assert shown.splitlines()[2:-2] == [
        "   |",
        "10 |       # 1",
        "11 |       # 2",
        "12 | /     y = layers.Bidirectional(",
        "13 | |         layers.LSTM(8, dropout=rate),",
        "   | |                        ------------ the argument",
        '14 | |         merge_mode="sum",',
        "15 | |     )(x)",
        "   | |_____^ here",
        "16 |       return layers.LSTM(8)(layers.Dropout(rate)(y))",
        "   |",
    ]


def test_long_finding_shows_its_first_line() -> None:
    text = "model = Sequential([\n" + "    Dense(1),\n" * 40 + "])\n"
    shown = full(finding(span(text.strip(), text=text)), files={"a.py": text})
    assert len(shown.splitlines()) == 10
    assert "  | ^^^^^^^^^^^^^^^^^^^^ here" in shown


def test_other_file_and_other_cell() -> None:
    related = (Related(span("there", "b.py", "x\nthere\n"), "it"), Related(span("x", "gone.py", "x"), "lost"))
    shown = full(finding(span("import keras"), *related), files={"a.py": "import keras\n", "b.py": "x\nthere\n"})
    assert shown.splitlines()[1:-2] == [
        " --> a.py:1:1",
        "  |",
        "1 | import keras",
        "  | ^^^^^^^^^^^^ here",
        "  |",
        " ::: b.py:2:1",
        "  |",
        "2 | there",
        "  | ----- it",
        "  |",
        " ::: gone.py:1:1: lost",
    ]
    notebook = (
        '{"cells": [{"cell_type": "markdown", "metadata": {}, "source": "x"}, {"cell_type": "code", "metadata": {},'
        ' "outputs": [], "execution_count": null, "source": ["first\\n", "second"]}, {"cell_type": "code", "metadata":'
        ' {}, "outputs": [], "execution_count": null, "source": "third"}], "metadata": {}, "nbformat": 4,'
        ' "nbformat_minor": 5}'
    )
    following = Related(Span("n.ipynb", 1, 1, 1, 6, 3), "next")
    shown = full(finding(Span("n.ipynb", 2, 1, 2, 7, 2), following), files={"n.ipynb": notebook})
    assert shown.splitlines()[1:-2] == [
        " --> n.ipynb:cell 2:2:1",
        "  |",
        "1 | first",
        "2 | second",
        "  | ^^^^^^ here",
        "  |",
        " ::: n.ipynb:cell 3:1:1",
        "  |",
        "1 | third",
        "  | ----- next",
        "  |",
    ]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("\tx = here", "    x = here"),
        ("\t\tlayer\there", "        layer    here"),
        ('名前 = "日本語"; here', '名前 = "日本語"; here'),
        ("cafe\u0301 = here", "cafe\u0301 = here"),
        ("a = '\U0001f600'; here", "a = '\U0001f600'; here"),
        ("esc = '\x1b[31m'; here", "esc = '\u241b[31m'; here"),
        ("trojan = '\u202e'; here", "trojan = '\ufffd'; here"),
        ("nbsp\xa0= here", "nbsp = here"),
    ],
)
def test_columns(line: str, shown: str) -> None:
    _, _, _, source, mark, *_ = full(finding(span("here", text=line)), files={"a.py": line}).splitlines()
    assert source == f"1 | {shown}"
    wide = sum(char in "名前日本語\U0001f600" for char in shown) - shown.count("\u0301")
    assert mark.index("^^^^") == source.index("here") + wide


@pytest.mark.parametrize("width", [80, 140])
def test_long_lines_are_cut_around_the_mark(width: int) -> None:
    line = "x" * 400 + " here " + "y" * 400
    text = full(finding(span("here", text=line)), files={"a.py": line}, width=width)
    _, _, _, source, mark, *_ = text.splitlines()
    assert max(len(source), len(mark)) <= width
    assert mark.index("^^^^") == source.index("here")
    assert source.count("…") == 2


def test_label_below_a_mark_that_leaves_no_room() -> None:
    line = f"model.add({'x' * 200})"
    where = span(line.removeprefix("model.add("), text=line)
    shown = full(finding(where, label="a new mask"), files={"a.py": line}, width=80).splitlines()
    assert [len(one) for one in shown[3:5]] == [80, 80]
    assert shown[5] == "  |           a new mask"


def test_label_of_a_mark_at_the_right_edge_stays_within_the_width() -> None:
    line = f"{'x' * 70}here"
    shown = full(finding(span("here", text=line), label="zeroes whole timesteps"), files={"a.py": line}, width=80)
    source, mark, label = shown.splitlines()[3:6]
    assert mark.index("^^^^") == source.index("here")
    assert label == "  | " + "zeroes whole timesteps".rjust(76)


def test_diagnostic_fix_and_confidence() -> None:
    one = Finding(
        "RNN106",
        "invalid-noise-shape",
        "two\nlines",
        Span("a.py", 1, 1, 1, 7),
        "possible",
        fix=Fix("name the seed", "safe", ()),
    )
    problem = Diagnostic("io-error", "cannot read b.py", Span("b.py", 1, 1, 1, 2))
    shown = click.unstyle("".join(render("full", Report([one], [problem], lambda *_: ""))))
    assert (
        shown
        == """\
RNN106 [possible] two lines
 --> a.py:1:1
help: name the seed
help: `rnnlint rule RNN106` explains invalid-noise-shape

io-error: cannot read b.py
 --> b.py:1:1

"""
    )


def test_colours_change_nothing_but_colours() -> None:
    one = finding(span("layers.Dropout(rate)"), Related(span("layers.LSTM(8)"), "feeds"))
    colored = full(one, color=True)
    assert click.unstyle(colored) == full(one)
    assert "\x1b[96m" in colored
    # Neither black nor white: both would be lost on one of the two backgrounds.
    assert not {f"\x1b[{code}m" for code in (30, 37, 90, 97)} & set(colored.split("m"))


def test_a_severity_has_its_colour() -> None:
    colored = "".join(render("full", reports.of_each_severity()))
    blocks = [block for block in colored.split("\n\n") if block]
    for block, color in zip(blocks, ("91", "93", "96"), strict=True):
        code, _, rest = block.partition(" ")
        assert code.startswith(f"\x1b[{color}m\x1b[1mRNN")
        assert f"\x1b[{color}m\x1b[1m^" in rest
