"""Decoding, and the way from rows and columns back to what the user sees."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlint.source import syntax
from rnnlint.source.read import from_bytes, from_text, read, read_as_shown
from rnnlint.source.source import Source
from rnnlint.source.tokens import TOKEN


def text_of(data: bytes) -> str:
    source = from_bytes(data, "a.py")
    assert source.diagnostics == ()
    return source.text


def refusal(data: bytes, path: str = "a.py") -> tuple[str, int, str]:
    source = from_bytes(data, path)
    (diagnostic,) = source.diagnostics
    assert source.text == ""
    assert path in diagnostic.message
    assert diagnostic.status == 1
    return diagnostic.kind, diagnostic.span.row, diagnostic.message


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"x = 1\n", "x = 1\n"),
        (b"\xef\xbb\xbfx = '\xc3\xa9'\n", "x = 'é'\n"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "# -*- coding: latin-1 -*-\nx = 'é'\n"),
        (
            b"#!/bin/python\n# vim: set fileencoding=cp1252 :\n'\x80'",
            "#!/bin/python\n# vim: set fileencoding=cp1252 :\n'€'",
        ),
        (b"x = 1\n# coding: latin-1\n\nx = '\xc3\xa9'\n", "x = 1\n# coding: latin-1\n\nx = 'é'\n"),
        (b"a = 1\r\nb = 2\rc = 3\n", "a = 1\nb = 2\nc = 3\n"),
        (b"a = 1\n\x0c\nb = '\x85'\n".replace(b"\x85", b"\xc2\x85"), "a = 1\n\x0c\nb = '\x85'\n"),
        (b"", ""),
    ],
)
def test_decoding(data: bytes, text: str) -> None:
    assert text_of(data) == text


def test_a_cookie_below_a_line_of_code_is_a_comment() -> None:
    # PEP 263 wants the cookie in a comment line at the top: Python reads this file as UTF-8.
    assert refusal(b"x = 1\n# coding: latin-1\ny = '\xe9'\n")[0] == "io-error"


def test_not_utf8_names_byte_line_and_remedy() -> None:
    kind, row, message = refusal(b"x = 1\r\ny = '\xe9'\r\n")
    assert (kind, row) == ("io-error", 2)
    assert "0xe9" in message
    assert "byte 12" in message
    assert "line 2" in message
    assert "UTF-8" in message


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"\xff\xfex\x00", "UTF-16"),
        (b"x = 1\ny = '\x00'\n", "NUL byte in line 2"),
        (b"\x7fELF\x02\x01\x01\x00\x00", "NUL byte in line 1"),
        (b"# coding: klingon\n", "klingon"),
        (b"# coding: ascii\nx = '\xe9'\n", "declares ascii"),
        (b"# coding: hex\nx = 1\n", "hex"),
        (b"# coding: punycode\n" + b"x" * 1000, "punycode"),
    ],
)
def test_what_is_not_text_is_said(data: bytes, part: str) -> None:
    kind, _, message = refusal(data)
    assert kind == "io-error"
    assert part in message


def test_what_is_no_file(tmp_path: Path) -> None:
    fifo = tmp_path / "pipe.py"
    os.mkfifo(fifo)
    for path, part in [
        (tmp_path / "missing.py", "No such file"),
        (tmp_path, "a directory"),
        (fifo, "not a regular file"),
        (Path("/dev/zero"), "not a regular file"),
    ]:
        (diagnostic,) = read(str(path)).diagnostics
        assert diagnostic.kind == "io-error"
        assert part in diagnostic.message
        assert str(path) in diagnostic.message
    (diagnostic,) = read("nul\0byte.py").diagnostics
    assert diagnostic.kind == "io-error"


def test_spans_count_characters_and_keep_the_statement() -> None:
    source = from_text("é = '𝄞'; x = f(\n  1)\n", "a.py")
    span = source.span(1, 10, 2, 5, (1, 2))
    assert (span.path, span.cell, span.row, span.column, span.end_row, span.end_column) == ("a.py", None, 1, 10, 2, 5)
    assert span.statement == (1, 2)
    assert source.span(2, 3, 2, 4).statement == (2, 2)
    assert source.line(1) == "é = '𝄞'; x = f("
    assert source.line(0) == source.line(99) == ""


def test_form_feeds_end_no_row() -> None:
    source = from_text("a = 1\n\x0cb = 2\x85\nc = 3\n", "a.py")
    assert source.line(3) == "c = 3"


def test_an_exported_notebook_keeps_its_rows_and_its_own_lines() -> None:
    text = "!pip install keras \\\n  --upgrade\n%matplotlib inline\n# %%\n"
    text += "for i in x:\n    !echo it's $i\nhelp(x)?\ny = 7 % 3\n"
    source = from_text(text, "a.py")
    assert syntax.problem(source.text) is None
    assert source.text.split("\n") == [
        "pass",
        "",
        "pass",
        "# %%",
        "for i in x:",
        "    pass",
        "pass",
        "y = 7 % 3",
        "",
    ]
    assert source.line(1) == "!pip install keras \\"
    assert source.line(6) == "    !echo it's $i"


@pytest.mark.parametrize(
    "text",
    [
        "x = (7\n  % 3)\n",
        "s = '''\n!pip\n%x\nwhat?\n'''\n",
        "x = 1 \\\n  % y\n",
        "def f():\n    # really?\n    return a != b\n",
        "x = {'a': 1,\n'b?': 2}\n",
        'log.warning("a=%s" % b)\nx["a=%s" % b] = 3\nf(a="=!x", b=1) == "=%d"\n',
        "pip = 1\nls = pip - 2\ncd = ls in x\nuv = [pip if ls else cd]\n",
    ],
)
def test_python_is_left_alone(text: str) -> None:
    source = from_text(text, "a.py")
    assert source.text == text
    assert source.original == ""
    assert not source.shifts


def test_the_standard_library_is_left_alone() -> None:
    changed = 0
    for path in sorted(Path(os.__file__).parent.glob("*.py")):
        source = read(str(path))
        assert source.original == "", path
        changed += not source.diagnostics
    assert changed > 100


def test_lone_surrogates_do_not_reach_the_parser() -> None:
    source = from_text("x = '\ud83d'\n", "a.py")
    assert source.text == "x = '\ufffd'\n"


def test_sources_are_picklable_and_hashable() -> None:
    source = from_text("%time x = 1\n", "a.py")
    copy = pickle.loads(pickle.dumps(source))
    assert (copy.text, copy.shifts) == (source.text, source.shifts)
    assert {source: 1}[source] == 1


@given(st.binary(max_size=200))
def test_any_bytes_give_text_or_one_diagnostic(data: bytes) -> None:
    for path in ("a.py", "a.ipynb"):
        source = from_bytes(data, path)
        assert isinstance(source, Source)
        assert len(source.diagnostics) <= 1
        assert not (source.diagnostics and source.text)


@given(st.text(alphabet="ab\n\r'\"\\#()[]%!?= \t:é𝄞", max_size=60))
def test_rows_stay_rows(text: str) -> None:
    source = from_text(text, "a.py")
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    assert source.text.count("\n") == plain.count("\n")
    for row, line in enumerate(plain.split("\n"), start=1):
        assert source.line(row) == line


TEXTS = st.text(alphabet="ab\n\r'\"\\#()[]%!?= \t:é𝄞\ufeff\0\ud83d", max_size=30)
CELLS = st.tuples(st.sampled_from(["code", "markdown"]), TEXTS)


@given(st.one_of(TEXTS, st.lists(CELLS, max_size=4)), st.sampled_from(["python", "r"]))
def test_rows_that_are_only_shown_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, content: str | list[tuple[str, str]], language: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    if isinstance(content, str):
        path = folder / "shown.py"
        path.write_bytes(content.encode("utf-8", "surrogatepass"))
    else:
        path = folder / "shown.ipynb"
        cells = [{"cell_type": kind, "source": text} for kind, text in content]
        path.write_text(json.dumps({"cells": cells, "metadata": {"language_info": {"name": language}}}), "utf-8")
    whole, rows = read(str(path)), read_as_shown(str(path))
    numbers = [None] if path.suffix == ".py" else range(6)
    for cell in numbers:
        for row in range(40):
            assert rows.line(row, cell) == whole.line(row, cell)
    if language == "r" or path.suffix == ".py":
        assert rows.diagnostics == whole.diagnostics


# ---------------------------------------------------------------------------------------------------------------------
# The scan


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("x", 0),
        ("f(g[{1}])", 3),
        ("'((((' + f(1)", 1),
        ("# ((((\nx = ()", 1),
        ('"""(((""" (())', 2),
        ("))))(", 1),
        ("'((\n((", 2),
    ],
)
def test_bracket_depth(text: str, depth: int) -> None:
    assert syntax.extremes(text).depth == depth


def test_chains_end_at_separators() -> None:
    assert syntax.extremes("a.b.c(d.e, f.g.h.i)\n").chain == 3
    assert syntax.extremes("x = [" + "1, " * 500 + "]").chain == 1
    assert syntax.extremes("x = " + "not " * 500 + "y").chain == 500
    assert syntax.extremes("a = b.c\n" * 300).chain == 1
    assert syntax.extremes("a" + "(1)[2]" * 300).chain == 600


def test_strings_in_a_row_are_counted() -> None:
    assert syntax.extremes("x = 'a' r'b' \\\n f'c'\n").strings == 3
    assert syntax.extremes("x = ['a', 'b'\n'c', 'd' + 'e']\n'f'\n'g'\n").strings == 2


@given(st.text(alphabet="'\"\\\n#()a", max_size=40))
def test_the_scan_agrees_with_python(text: str) -> None:
    """Where Python tokenizes a text, the scan sees the same strings and comments, hence the same brackets."""
    import io
    import tokenize

    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return
    if any(token.type == tokenize.ERRORTOKEN for token in tokens):
        return
    ours = [match[0] for match in TOKEN.finditer(text) if match.lastgroup in ("open", "close", "string", "comment")]
    theirs = [
        token.string
        for token in tokens
        if token.type in (tokenize.STRING, tokenize.COMMENT) or token.string in ("(", ")")
    ]
    assert ours == theirs
