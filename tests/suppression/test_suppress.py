"""Suppression comments: what they name, where they may stand, and what they must not do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import assume, given
from hypothesis import strategies as st

from rnnlint.api import check_source
from rnnlint.cli.program import cli
from rnnlint.findings import Edit, Finding, Related
from rnnlint.graph import Span
from rnnlint.registry import RULES
from rnnlint.result import FileResult
from rnnlint.run import loop as runner
from rnnlint.settings.settings import Settings
from rnnlint.source.read import from_text
from rnnlint.source.text import Text
from rnnlint.suppression.comments import may_hold_directives
from rnnlint.suppression.suppress import add_noqa, apply, directives, judge
from tests.output.reports import notebook


def source(text: str) -> Text:
    return Text(from_text(text, "a.py"))


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
    assert list(source("x = 'open\ny = 1  # noqa\n").comments) == [(2, 8, "# noqa", False)]


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
    assert apply(here, Text(read)) == ((at(3, 2), at(4, 1)), (at(1, 2),))
    assert [(one.span.cell, one.span.row, one.span.column) for one in directives(Text(read))] == [(1, 2, 8), (3, 3, 1)]


def test_directive_in_a_huge_file_is_found_quickly() -> None:
    text = "x = '" + "a" * 100_000 + "'\n" + "y = 1  # note\n" * 100_000 + "z = 1  # noqa: RNN101\n"
    (directive,) = directives(source(text))
    assert directive.rows == (100_002,)


# ---------------------------------------------------------------------------------------------------------------------
# RNN900 and RNN901

EVERY = frozenset(rule.code for rule in RULES)


def edited(text: str, edits: Iterable[Edit]) -> str:
    """A script after edits that do not overlap."""
    lines = text.split("\n")
    starts = [sum(len(line) + 1 for line in lines[:row]) for row in range(len(lines) + 1)]
    for edit in sorted(edits, key=lambda one: one.span, reverse=True):
        span = edit.span
        start, end = starts[span.row - 1] + span.column - 1, starts[span.end_row - 1] + span.end_column - 1
        text = text[:start] + edit.content + text[end:]
    return text


def judged(text: str, *findings: Finding, selected: frozenset[str] = EVERY, read: bool = True) -> list[Finding]:
    return list(judge(findings, source(text), selected, read=read))


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("x = 1  # noqa: RNN101\n", "x = 1\n", "RNN101 is not reported here"),
        ("x = 1 # noqa: RNN101 as in the paper  \n", "x = 1\n", "RNN101 is not reported here"),
        ("x = 1  # noqa: RNN101, RNN102", "x = 1", "RNN101, RNN102 are not reported here"),
        ("x = 1  # noqa: E501, RNN101\n", "x = 1  # noqa: E501\n", "RNN101 is not reported here"),
        ("x = 1  # noqa: RNN101,E501 F401 why\n", "x = 1  # noqa: E501, F401 why\n", "RNN101 is not reported here"),
        ("x = 1  # noqa: RNN101 E501\n", "x = 1  # noqa: E501\n", "RNN101 is not reported here"),
        ("x = 1  # NOQA:rnn101,RNN103\n", "x = 1  # NOQA:RNN103\n", "rnn101 is not reported here"),
        ("x = 1  # noqa: dropped-timesteps\n", "x = 1\n", "dropped-timesteps is not reported here"),
        ("x = 1  # type: ignore  # noqa: RNN101\n", "x = 1  # type: ignore\n", "RNN101 is not reported here"),
        ("x = 1  # noqa: RNN101  # fmt: skip\n", "x = 1  # fmt: skip\n", "RNN101 is not reported here"),
        ("x = 1  # rnnlint: ignore[RNN101]\n", "x = 1\n", "RNN101 is not reported here"),
        (
            "x = 1  # rnnlint: ignore[RNN101, RNN103]: why\n",
            "x = 1  # rnnlint: ignore[RNN103]: why\n",
            "RNN101 is not reported here",
        ),
        ("if y:\n    # rnnlint: ignore[RNN101]\n    x = 1\n", "if y:\n    x = 1\n", "RNN101 is not reported here"),
        ("# rnnlint: file-ignore[RNN101]\nx = 1\n", "x = 1\n", "RNN101 is not reported here"),
        ("x = 1\n# rnnlint: file-ignore[RNN101]", "x = 1", "RNN101 is not reported here"),
        ("# rnnlint: noqa: RNN101, RNN103\nx = 1\n", "# rnnlint: noqa: RNN103\nx = 1\n", "RNN101 is not reported here"),
        ("# rnnlint: noqa\nx = 1\n", "x = 1\n", "no rule is reported here"),
        ("# rnnlint: noqa  # isort: skip_file\n", "# isort: skip_file\n", "no rule is reported here"),
    ],
)
def test_unused_and_its_fix(before: str, after: str, message: str) -> None:
    """RNN103, where it is named, is reported on the line of the code."""
    reported = [finding(before[: before.index("x = 1")].count("\n") + 1, "RNN103")] if "RNN103" in before else []
    (one,) = judged(before, *reported)
    assert (one.code, one.message) == ("RNN900", f"unused suppression: {message}")
    assert one.fix is not None
    assert one.fix.applicability == "safe"
    assert edited(before, one.fix.edits) == after
    assert judged(after, *(finding(row, "RNN103") for row in (1, 2) if reported)) == []


@pytest.mark.parametrize(
    "text",
    [
        "x = 1  # noqa\n",
        "x = 1  # noqa: E501\n",
        "x = 1  # noqa: RNN101\n",
        "x = 1  # noqa: RNN1\n",
        "x = 1  # rnnlint: ignore[ALL]\n",
        "# rnnlint: noqa\nx = 1\n",
        "x = (\n    1\n)  # noqa: RNN101\n",
        "# rnnlint: ignore[RNN101]\nx = 1\n",
        "x = 1  # rnnlint: ignore[RNN900]\n",
        "x = 1  # noqa: RNN900, RNN901\n",
    ],
)
def test_used_or_none_of_our_business(text: str) -> None:
    row = text[: text.index("x = ")].count("\n") + 1
    assert judged(text, finding(row, statement=(row, row + 2))) == []


def test_judged_is_what_was_selected() -> None:
    text = "x = 1  # noqa: RNN101, RNN202\n# rnnlint: noqa\n"
    assert len(judged(text)) == 2
    (one,) = judged(text, selected=EVERY - {"RNN202"})
    assert "RNN101 is" in one.message
    assert judged(text, selected=EVERY - {"RNN900"}) == []
    assert judged(text, read=False) == []


def test_a_prefix_stands_as_long_as_one_of_its_rules_is_reported() -> None:
    text = "x = 1  # noqa: RNN1, RNN2\n"
    (one,) = judged(text, finding(1, "RNN108"))
    assert one.message == "unused suppression: RNN2 is not reported here"
    # RNN202 was off, and may be what is meant.
    assert judged(text, finding(1, "RNN108"), selected=EVERY - {"RNN202"}) == []


def test_malformed_is_reported_and_not_judged() -> None:
    text = "x = 1  # rnnlint: ignore RNN101\ny = 1  # noqa: RNN999, RNN101\nz = 1  # noqa: the mask is meant\n"
    one, other = judged(text)
    assert (one.code, one.fix) == ("RNN901", None)
    assert one.message == (
        "`# rnnlint: ignore RNN101` suppresses nothing: "
        "`ignore` needs the rules in brackets: `# rnnlint: ignore[RNN101]`"
    )
    assert other.message.startswith("`# noqa: RNN999, RNN101`: unknown rule 'RNN999'")
    assert judged(text, selected=EVERY - {"RNN901"}) == []
    assert len(judged(text, read=False)) == 2, "what is written wrongly is wrong whatever else could not be read"


def test_comments_about_comments() -> None:
    """A directive speaks of a finding about itself only where it names that rule."""

    def left(text: str) -> list[str]:
        return [one.code for one in apply(judged(text), source(text))[0]]

    assert left("# rnnlint: noqa\n") == ["RNN900"]
    assert left("x = 1  # noqa: RNN101\n# rnnlint: file-ignore[RNN900]\n") == []
    assert left("x = 1  # noqa: RNN101, RNN900\n") == []
    assert left("x = 1  # rnnlint: ignore[RNN999]  # noqa: RNN901\n") == []


def test_through_the_linter() -> None:
    text = "import keras\nlayer = keras.layers.LSTM(8)  # noqa: RNN201\n"
    assert check_source(text) == []
    settings = Settings(rules=Settings().rules | {"RNN900"})
    assert [one.code for one in check_source(text, settings=settings)] == ["RNN900"]
    ignoring = Settings(rules=settings.rules, ignore_noqa=True)
    assert check_source(text, settings=ignoring) == []
    assert [one.code for one in check_source("x = 1  # rnnlint: nqoa\n")] == ["RNN901"]


def test_marks_in_bytes() -> None:
    for text in ("x = 1  # noqa: RNN101", "x = 1 #NOQA:dropped-timesteps", "# rnnlint : noqa", '"x  # noqa: rnn1\\n"'):
        assert may_hold_directives(text.encode())
    for text in ("x = 1  # noqa", "x = 1  # noqa: E501\nrnn1 = 2", "# rnnlint is fine with this", ""):
        assert not may_hold_directives(text.encode())


def test_files_without_models_are_asked_for_their_comments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("x = 1  # noqa: RNN101\n", encoding="utf-8")
    notebook(Path("b.ipynb"), ["x = 1", "x = 1\n# rnnlint: ignore(RNN101)"])
    result = CliRunner().invoke(
        cli, ["check", "--isolated", "--extend-select", "RNN900", "--output-format", "concise", "."]
    )
    assert result.exit_code == 1
    expected = "`ignore` needs the rules in brackets: `# rnnlint: ignore[RNN101]`"
    assert result.stdout.replace(" [*]", "").splitlines()[:2] == [
        "a.py:1:8: RNN900 unused suppression: RNN101 is not reported here",
        f"b.ipynb:cell 3:2:1: RNN901 `# rnnlint: ignore(RNN101)` suppresses nothing: {expected}",
    ]


# ---------------------------------------------------------------------------------------------------------------------
# --add-noqa


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1\n", "x = 1  # noqa: RNN101\n"),
        ("x = 1", "x = 1  # noqa: RNN101"),
        ("x = 1   \n", "x = 1  # noqa: RNN101\n"),
        ("x = 1  # why\n", "x = 1  # why  # noqa: RNN101\n"),
        ("x = 1  # noqa: E501\n", "x = 1  # noqa: E501, RNN101\n"),
        ("x = 1  # noqa: E501 long\n", "x = 1  # noqa: E501, RNN101 long\n"),
        ("x = 1  # rnnlint: ignore[RNN103]\n", "x = 1  # rnnlint: ignore[RNN103]  # noqa: RNN101\n"),
        ("x = 1  # noqa:\n", "x = 1  # noqa:  # noqa: RNN101\n"),
        ("x = (\n    1,\n)\n", "x = (  # noqa: RNN101\n    1,\n)\n"),
        ("x = 1 + \\\n    1\n", "x = 1 + \\\n    1  # noqa: RNN101\n"),
        ('x = """\n# text\n""" + y\n', 'x = """\n# text\n""" + y  # noqa: RNN101\n'),
    ],
)
def test_add_noqa(before: str, after: str) -> None:
    one = finding(1, statement=(1, before.rstrip("\n").count("\n") + 1))
    edits, left = add_noqa([one], source(before))
    assert left == ()
    assert edited(before, edits) == after
    assert suppressed(after, one) == [True]


def test_add_noqa_of_several_rules_and_lines() -> None:
    text = "x = [\n    a,\n    b,\n]\n"
    findings = [finding(row, code, statement=(1, 4)) for row, code in [(2, "RNN301"), (2, "RNN101"), (3, "RNN101")]]
    edits, _ = add_noqa(findings, source(text))
    after = edited(text, edits)
    assert after == "x = [\n    a,  # noqa: RNN101, RNN301\n    b,  # noqa: RNN101\n]\n"
    assert suppressed(after, *findings) == [True] * 3


def test_add_noqa_leaves_what_has_no_place() -> None:
    """Unfinished code at the end of a file, and findings about comments."""
    assert add_noqa([finding(1)], source("x = 1 + \\")) == ((), (finding(1),))
    about = finding(1, "RNN901")
    assert add_noqa([about], source("x = 1  # noqa-RNN101\n")) == ((), (about,))


PIECES = ["a,", "'''s", "s''',", '"#",', "# c", "b,  # noqa: E501", "b,  # noqa", "", "c + \\", "'# noqa',"]


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8), st.integers(0, 7))
def test_add_noqa_suppresses(lines: list[str], row: int) -> None:
    """Whatever stands around it: the finding is suppressed, or left."""
    text = "\n".join(["x = [", *lines, "]", ""])
    one = finding(min(row, len(lines)) + 1, statement=(1, len(lines) + 2))
    assume(suppressed(text, one) == [False])
    edits, left = add_noqa([one], source(text))
    assert suppressed(edited(text, edits), one) == [not left]


BAD = """\
import keras
from keras import layers
model = keras.Sequential([keras.Input((20, 1)),
    layers.Dropout(0.5), layers.LSTM(8, recurrent_dropout=0.2),
])
"""


def test_add_noqa_through_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In scripts and notebooks, every other byte unchanged; the next run finds nothing, and no comment too many."""
    monkeypatch.chdir(tmp_path)
    head = "\ufeff# -*- coding: utf-8 -*-\r\nx = 'é'\r\n"
    Path("a.py").write_bytes((head + BAD.replace("\n", "\r\n")).encode())
    notebook(Path("n.ipynb"), ["%matplotlib inline\ntitle = 'é'", BAD])
    before = {path: Path(path).read_bytes() for path in ("a.py", "n.ipynb")}

    def check(*args: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, ["check", "--isolated", "--output-format", "concise", *args])
        return result.exit_code, result.stdout

    assert check()[0] == 1
    assert check("--add-noqa") == (0, "All checks passed!\nAdded 2 comments to 2 files.\n")
    for path, data in before.items():
        assert Path(path).read_bytes() == data.replace(b"dropout=0.2),", b"dropout=0.2),  # noqa: RNN101, RNN201")
    assert check("--extend-select", "RNN900") == (0, "All checks passed!\n")
    assert check("--ignore-noqa")[0] == 1


def test_fix_through_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unused comments go, also from files that hold nothing else of interest, and from notebooks."""
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("# rnnlint: file-ignore[RNN101]\nx = 1  # noqa: RNN101, E501\n", encoding="utf-8")
    used = BAD.replace("model", "# rnnlint: ignore[RNN201]\nmodel")
    notebook(Path("n.ipynb"), ["x = 1  # noqa: RNN101\ny = 2", used])
    before = Path("n.ipynb").read_text(encoding="utf-8")
    args = ["check", "--isolated", "--select", "RNN101,RNN201,RNN900", "--output-format", "concise", "--fix"]
    result = CliRunner().invoke(cli, args)
    assert Path("a.py").read_text(encoding="utf-8") == "x = 1  # noqa: E501\n", result.output
    assert Path("n.ipynb").read_text(encoding="utf-8") == before.replace("  # noqa: RNN101", "")


def test_add_noqa_leaves_a_file_alone_that_changes_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lint, path = runner.run, tmp_path / "a.py"
    path.write_text(BAD, encoding="utf-8")

    def meanwhile(*args: Any, **more: Any) -> Iterator[FileResult]:
        yield from list(lint(*args, **more))
        path.write_text("# new\n", encoding="utf-8")

    monkeypatch.setattr(runner, "run", meanwhile)
    result = CliRunner().invoke(cli, ["check", "--isolated", "--add-noqa", str(path)])
    assert result.exit_code == 2
    assert "the file was changed in the meantime" in result.stderr
    assert path.read_text(encoding="utf-8") == "# new\n"


def test_add_noqa_cannot_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["check", "--isolated", "--add-noqa", "-"], input=BAD)
    assert result.exit_code == 1
    assert "Added 0 comments to 0 files." in result.stdout
    both = CliRunner().invoke(cli, ["check", "--add-noqa", "--write-baseline", "--baseline", "x"])
    assert both.exit_code == 2
    assert "exclude each other" in both.stderr
