"""The text of a source: what is read off it, once."""

from __future__ import annotations

import ast

from rnnlint.source.source import Source
from rnnlint.source.text import Text
from rnnlint.source.tokens import tokens

CODE = """\
a = "\u00e4", f(1)  # one
if a:
    # two
    b = g(h("#"),
          r'x' \\
          )
c = \'\'\'
# none
\'\'\'
"""


def text(code: str) -> Text:
    return Text(Source("a.py", code))


def test_comments_are_those_that_python_sees() -> None:
    assert [(one.row, one.column, one.text, one.alone) for one in text(CODE).comments] == [
        (1, 16, "# one", False),
        (3, 5, "# two", True),
    ]


def test_rows_on_which_no_comment_can_follow() -> None:
    assert text(CODE).open_rows == {5, 7, 8}


def test_calls_are_found_by_their_extent_in_characters() -> None:
    read = text(CODE)
    assert {read.text[start:end].split("(")[0]: ast.unparse(node) for (start, end), node in read.calls.items()} == {
        "f": "f(1)",
        "g": "g(h('#'), 'x')",
        "h": "h('#')",
    }
    assert all(read.text[start:end].endswith(")") for start, end in read.calls)


def test_nodes_by_kind_are_those_of_a_walk() -> None:
    read = text(CODE)
    for kind in (ast.Call, ast.Name, ast.Assign, ast.Import):
        assert list(read.of_kind(kind)) == [node for node in read.nodes if isinstance(node, kind)]
    assert all(node in set(ast.iter_child_nodes(parent)) for node, parent in read.parents.items())


def test_bytes_and_characters_of_a_row() -> None:
    read = text(CODE)
    assert (read.column(1, 5), read.column(1, 7), read.column(1, 8)) == (6, 7, 8)
    assert read.offset(1, 7) == 6
    assert read.column(99, 3) == 4


def test_what_python_refuses_has_lines_and_comments_all_the_same() -> None:
    read = text("x = = 1  # why\ny = 'open\n")
    assert read.tree is None
    assert not read.nodes
    assert not read.calls
    assert [one.text for one in read.comments] == ["# why"]
    assert read.lines == ["x = = 1  # why", "y = 'open", ""]


def test_lines_that_begin_within_a_string() -> None:
    found = [(one.kind, one.text) for one in tokens(['end of it"""; f(1.5)'], 4)]
    assert found[:4] == [("name", "end"), ("name", "of"), ("name", "it"), ("string", '""')]
    assert found[-4:] == [("name", "f"), ("open", "("), ("number", "1.5"), ("close", ")")]
    assert [(one.start, one.end) for one in tokens(["a(", " b)"], 4)] == [
        ((4, 1), (4, 2)),
        ((4, 2), (4, 3)),
        ((5, 2), (5, 3)),
        ((5, 3), (5, 4)),
    ]
