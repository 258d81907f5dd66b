"""Suppression comments: what they name, where they may stand, and what they must not do."""

from __future__ import annotations

import json

import pytest

from rnnlint.findings import Finding, Related
from rnnlint.graph import Span
from rnnlint.source import Source, from_text
from rnnlint.suppress import apply, comments, directives


def source(text: str) -> Source:
    return from_text(text, "a.py")


def finding(row: int, code: str = "RNN101", *, statement: tuple[int, int] | None = None, **more: object) -> Finding:
    span = Span("a.py", row, 1, row, 9, None, statement or (row, row))
    return Finding(code, "x", "message", span, **more)  # type: ignore[arg-type]


def suppressed(text: str, *findings: Finding) -> list[bool]:
    kept, gone = apply(findings, source(text))
    assert set(kept).isdisjoint(gone)
    assert len(kept) + len(gone) == len(findings)
    return [one in gone for one in findings]


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "#noqa",
        "# NOQA",
        "# noqa  # pylint: disable=foo",
        "# type: ignore  # noqa: RNN101",
        "# noqa because the mask is meant",
        "# noqa: RNN101",
        "# noqa:RNN101",
        "# noqa : RNN101",
        "# noqa RNN101",
        "# NoQA: rnn101",
        "# noqa: RNN202, RNN101",
        "# noqa: RNN202 RNN101",
        "# noqa: E501,RNN101",
        "# noqa: RNN101 word dropout is meant",
        "# noqa: RNN1",
        "# noqa: dropped-timesteps",
        "# rnnlint: ignore[RNN101]",
        "#rnnlint:ignore[RNN101]",
        "# rnnlint: ignore[RNN202, RNN101] as in the paper",
        "# rnnlint: ignore[dropped-timesteps]",
        "# rnnlint: ignore[RNN1]",
        "# rnnlint: ignore[ALL]",
        "# E501  # rnnlint: ignore[RNN101]",
    ],
)
def test_suppresses_its_line(comment: str) -> None:
    assert suppressed(f"x = 1  {comment}\ny = 2\n", finding(1), finding(2)) == [True, False]
    assert not any(one.problem for one in directives(source(f"x = 1  {comment}\n")))


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa: RNN102",
        "# noqa:RNN102",
        "# noqa : RNN102",
        "# noqa RNN102",
        "# noqa: E501",
        "# noqa: F401, E501",
        "# noqas",
        "# see noqa",
        "# flake8: noqa",
        "# ruff: noqa",
        "# rnnlint: ignore[RNN102]",
        "# rnnlint is fine with this",
    ],
)
def test_leaves_other_rules_alone(comment: str) -> None:
    assert suppressed(f"x = 1  {comment}\n", finding(1)) == [False]
    assert not any(one.problem for one in directives(source(f"x = 1  {comment}\n")))


@pytest.mark.parametrize(
    ("comment", "problem"),
    [
        ("# noqa:", "names no rule"),
        ("# noqa: the mask is meant", "names no rule"),
        ("# noqa-RNN101", "colon"),
        ("# noqa: RNN999", "unknown rule 'RNN999'"),
        ("# rnnlint: ignore RNN101", "brackets"),
        ("# rnnlint: ignore", "brackets"),
        ("# rnnlint: ignore[]", "names no rule"),
        ("# rnnlint: ignore[RNN999]", "unknown rule 'RNN999'"),
        ("# rnnlint: ignore[dropped-timestep]", "did you mean 'dropped-timesteps'?"),
        ("# rnnlint: ignroe[RNN101]", "write `rnnlint: ignore[RNN101]`"),
        ("# rnnlint: disable=RNN101", "write `rnnlint: ignore[RNN101]`"),
        ("# rnnlint: noqa", "line of its own"),
        ("# rnnlint: file-ignore[RNN101]", "line of its own"),
    ],
)
def test_near_miss_suppresses_nothing(comment: str, problem: str) -> None:
    text = f"x = 1  {comment}\n"
    assert suppressed(text, finding(1)) == [False]
    (directive,) = directives(source(text))
    assert problem in directive.problem
    assert (directive.span.row, directive.span.column) == (1, 8)


def test_one_unknown_code_does_not_cancel_the_known_one_of_a_noqa() -> None:
    (directive,) = directives(source("x = 1  # noqa: RNN999, RNN101\n"))
    assert directive.codes == frozenset({"RNN101"})
    assert "RNN999" in directive.problem
    assert suppressed("x = 1  # noqa: RNN999, RNN101\n", finding(1), finding(1, "RNN102")) == [True, False]
    own = "x = 1  # rnnlint: ignore[RNN999, RNN101]\n"
    assert suppressed(own, finding(1), finding(1, "RNN102")) == [True, False]


@pytest.mark.parametrize(
    "text",
    [
        's = "# noqa"\n',
        "s = '''\n# noqa\n'''\n",
        's = """a "quoted" # noqa"""\n',
        's = r"\\" + "# noqa"\n',
        's = "a\\\n# noqa"\n',
        's = b"# noqa"; t = f"{s}# noqa"\n',
    ],
)
def test_strings_hold_no_comments(text: str) -> None:
    assert directives(source(text)) == ()


def test_comment_after_strings_of_all_kinds() -> None:
    text = "a = \"'\"; b = '\"'; c = ''; d = \"\"\"x\"y\n'''\"\"\"; e = 'it\\'s'  # noqa: RNN101\n"
    assert [one.span.row for one in directives(source(text))] == [2]
    assert list(comments("x = 'open\ny = 1  # noqa\n")) == [(2, 8, "# noqa", False)]


MODEL = """\
model = Sequential([
    Dropout(.5),{}
    LSTM(3,{}
         return_sequences=True),
    Dropout(.5),
    LSTM(3),
]){}
"""


def in_model() -> tuple[Finding, Finding]:
    """Two findings of one statement, with the recurrent layers that they concern."""

    def related(row: int) -> tuple[Related, ...]:
        return (Related(Span("a.py", row, 5, row + (row == 3), 20, None, (1, 7)), "recurrent layer"),)

    return (
        finding(2, statement=(1, 7), related=related(3)),
        finding(5, statement=(1, 7), related=related(6)),
    )


def test_any_line_of_the_statement() -> None:
    noqa = "  # noqa: RNN101"
    assert suppressed(MODEL.format("", "", noqa), *in_model()) == [True, True]
    assert suppressed(MODEL.format(noqa, "", ""), *in_model()) == [True, False]
    assert suppressed(MODEL.format("", noqa, ""), *in_model()) == [True, False]


def test_line_of_a_related_statement() -> None:
    text = "x = Dropout(.5)(x)\nx = Dense(3)(x)\nx = LSTM(\n  3)(x)  # noqa: RNN101\n"
    related = Related(Span("a.py", 3, 5, 4, 4, None, (3, 4)), "recurrent layer")
    assert suppressed(text, finding(1, related=(related,)), finding(1, "RNN102")) == [True, False]
    elsewhere = Related(Span("b.py", 3, 5, 4, 4, None, (3, 4)), "recurrent layer")
    assert suppressed(text, finding(1, related=(elsewhere,))) == [False]


def test_own_line_above_a_statement() -> None:
    above = "# rnnlint: ignore[RNN101]\n# the mask is meant\n\n"
    first = finding(5, statement=(4, 10))
    second = finding(9, statement=(4, 10))
    assert suppressed(above + MODEL.format("", "", ""), first, second) == [True, True]
    after = "x = 1\n" + above
    assert suppressed(after, finding(1)) == [False]
    # `noqa` has no such form: flake8 reads it for its own line.
    assert suppressed("# noqa: RNN101\nx = 1\n", finding(2)) == [False]


def test_own_line_inside_a_list_means_the_next_element() -> None:
    text = MODEL.format("", "", "").replace("    Dropout", "    # rnnlint: ignore[RNN101]\n    Dropout", 1)
    first, second = finding(3, statement=(1, 8)), finding(6, statement=(1, 8))
    assert suppressed(text, first, second) == [True, False]


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("# rnnlint: noqa", [True, True]),
        ("# rnnlint: noqa: RNN102", [False, True]),
        ("#RNNLINT:NOQA", [True, True]),
        ("# rnnlint: file-ignore[RNN101]", [True, False]),
        ("# rnnlint: file-ignore[RNN101, missing-noise-shape]", [True, True]),
        ("# rnnlint: noqa RNN101", [False, False]),
        ("# rnnlint: noqa: all of it", [False, False]),
        ("# rnnlint: file-ignore", [False, False]),
    ],
)
def test_whole_file(comment: str, expected: list[bool]) -> None:
    assert suppressed(f"import keras\n{comment}\nx = 1\n", finding(1), finding(3, "RNN102")) == expected


def test_notebook_rows_count_in_the_cell() -> None:
    def cell(kind: str, text: str) -> dict[str, object]:
        code: dict[str, object] = {"execution_count": None, "outputs": []} if kind == "code" else {}
        return {"cell_type": kind, "metadata": {}, "source": text.splitlines(keepends=True), **code}

    cells = [
        cell("code", "%matplotlib inline\nx = 1  # noqa: RNN101"),
        cell("markdown", "text"),
        cell("code", "x = 1\ny = 1\n# rnnlint: ignore[RNN101]"),
        cell("code", "x = 1"),
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    read = from_text(json.dumps(notebook), "a.ipynb")
    assert not read.diagnostics

    def at(number: int, row: int) -> Finding:
        return Finding("RNN101", "x", "m", Span("a.ipynb", row, 1, row, 2, number, (row, row)))

    here = [at(1, 2), at(3, 2), at(4, 1)]
    assert apply(here, read) == ((at(3, 2), at(4, 1)), (at(1, 2),))
    assert [(one.span.cell, one.span.row, one.span.column) for one in directives(read)] == [(1, 2, 8), (3, 3, 1)]


def test_directive_in_a_huge_file_is_found_quickly() -> None:
    text = "x = '" + "a" * 100_000 + "'\n" + "y = 1  # note\n" * 100_000 + "z = 1  # noqa: RNN101\n"
    (directive,) = directives(source(text))
    assert directive.rows == (100_002,)
