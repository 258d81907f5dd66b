"""Notebooks as one module: cells, IPython syntax, what cannot be read, and the way back to the cell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlint.graph import Span
from rnnlint.linter import parses_with_libcst
from rnnlint.source import syntax
from rnnlint.source.places import Places, cell_places
from rnnlint.source.read import from_bytes, from_text
from rnnlint.source.source import Source
from tests.effort import effort


def notebook(*cells: str | dict[str, Any], **metadata: Any) -> bytes:
    """A notebook of code cells given as text, and other cells as they are."""
    made = [
        {"cell_type": "code", "source": cell.splitlines(keepends=True)} if isinstance(cell, str) else cell
        for cell in cells
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": made}).encode()


MARKDOWN = {"cell_type": "markdown", "source": ["# not ( Python\n"]}


def load(data: bytes) -> Source:
    return from_bytes(data, "nb.ipynb", parses_with_libcst)


def clean(*cells: str | dict[str, Any], **metadata: Any) -> Source:
    source = load(notebook(*cells, **metadata))
    assert source.diagnostics == ()
    assert syntax.problem(source.text) is None
    return source


def test_cells_are_joined_and_numbered_over_all_cells() -> None:
    source = clean(MARKDOWN, "a = 1\nb = 2", MARKDOWN, "c = a +\\\n  b\n", "")
    assert source.kind == "notebook"
    assert source.text == "a = 1\nb = 2\nc = a +\\\n  b\n\n\n"
    span = source.span(3, 5, 4, 4, (3, 4))
    assert (span.cell, span.row, span.column, span.end_row, span.end_column) == (4, 1, 5, 2, 4)
    assert span.statement == (1, 2)
    assert source.span(2, 1, 2, 2).cell == 2
    assert source.line(2, 4) == "  b"
    assert source.line(1, 2) == "a = 1"


def test_source_may_be_one_string_and_hold_any_line_end() -> None:
    source = clean({"cell_type": "code", "source": "a = 1\r\nb = 2\rc = 3"})
    assert source.text == "a = 1\nb = 2\nc = 3\n"


def test_nbformat_3() -> None:
    data = json.dumps(
        {
            "nbformat": 3,
            "metadata": {"name": "old"},
            "worksheets": [
                {
                    "cells": [
                        {"cell_type": "heading", "source": ["x ("]},
                        {"cell_type": "code", "language": "python", "input": ["a = 1\n", "b = 2"]},
                        {"cell_type": "code", "language": "R", "input": ["a <- 1"]},
                    ]
                }
            ],
        }
    ).encode()
    source = load(data)
    assert source.diagnostics == ()
    assert source.text == "a = 1\nb = 2\n"
    assert source.span(2, 1, 2, 2).cell == 2


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1\n"),
        ("!pip install keras \\\n   tensorflow\nx = 1", "pass\n\nx = 1\n"),
        ("files = !ls *.py\n", "files = get_ipython()\n\n"),
        ("here = %pwd", "here = get_ipython()\n"),
        ("a, b = !ls \\\n  -l", "a, b = get_ipython()\n\n"),
        ("d['x'] = !ls", "d['x'] = get_ipython()\n"),
        ("?x\nx?\nLSTM??\nnp.r*?", "pass\npass\npass\npass\n"),
        ("if gpu:\n    !nvidia-smi\nx = 1", "if gpu:\n    pass\nx = 1\n"),
        ("%%time\nx = f()\n", "\nx = f()\n\n"),
        ("\n%%timeit -n 3\nx = f()", "\n\nx = f()\n"),
        ("%%capture out\n%%time\n!ls\nx = 1", "\n\npass\nx = 1\n"),
        ("# title\n%%time\nx = 1", "# title\n\nx = 1\n"),
        ("%%bash\nif [ x ]; then\n", "\n\n\n"),
        ("%%writefile a.py\nimport x\n", "\n\n\n"),
        ("%%html\n<b>", "\n\n"),
        ("%load a.py", "pass\n"),
        ("%run other.ipynb", "pass\n"),
        ("pip install keras\nimport keras", "pass\nimport keras\n"),
        ("  x = 1\n  y = 2", "x = 1\ny = 2\n"),
        ("\tx = 1\n\tif x:\n\t\ty = 2", "x = 1\nif x:\n\ty = 2\n"),
        ("x = ('%d'\n  % 3)", "x = ('%d'\n  % 3)\n"),
        ("'''\n!no\n%no\nno?\n'''", "'''\n!no\n%no\nno?\n'''\n"),
        ("get_ipython().system('ls')", "get_ipython().system('ls')\n"),
        ("display(model)  # ok?", "display(model)  # ok?\n"),
        ("await f()", "await f()\n"),
        ("x = 1;", "x = 1;\n"),
    ],
)
def test_ipython_syntax_becomes_python_of_as_many_rows(cell: str, text: str) -> None:
    assert clean(cell).text == text


def test_code_inside_a_magic_is_code() -> None:
    source = clean("if x:\n    %time model.add(f(1))\n%timeit -n 10 -r3 g(2)\nh = %time k(3)")
    assert source.text == "if x:\n    model.add(f(1))\ng(2)\nh =       k(3)\n"
    # `f` stands in column 21 of the cell, six further than in the text.
    assert source.text.split("\n")[1].index("f(1)") == 14
    assert source.span(2, 15, 2, 19).column == 21
    assert source.span(3, 1, 3, 2).column == 19
    assert source.line(2, 1) == "    %time model.add(f(1))"


def test_indentation_of_a_whole_cell_moves_its_columns() -> None:
    source = clean("x = 1", "    y = f(1)\n    z = 2")
    assert source.span(2, 5, 2, 9).column == 9


def test_a_cell_that_does_not_parse_is_reported_and_left_out_alone() -> None:
    source = load(notebook("a = 1", MARKDOWN, "b = 2\nc = (3\nd = 4", "e = a"))
    (diagnostic,) = source.diagnostics
    assert diagnostic.kind == "invalid-syntax"
    assert (diagnostic.span.cell, diagnostic.span.row, diagnostic.span.column) == (3, 2, 5)
    assert "never closed" in diagnostic.message
    assert syntax.problem(source.text) is None
    assert source.span(5, 1, 5, 2).cell == 4


def test_names_that_an_unread_cell_sets_are_unknown() -> None:
    cell = "model = f()\nmodel.add(x)\na, b = 1, 2\ndef build():\n  class = 3\nkeras.x()\nprint(z"
    rows = load(notebook("model = 1", cell)).text.split("\n")[1:]
    assert rows[0].startswith("model = __")
    assert rows[1].startswith("model = __")
    assert rows[2].startswith("a = b = __")
    assert rows[3].startswith("build = __")
    assert rows[4:7] == ["", "", ""]


def test_several_broken_cells_are_reported_each() -> None:
    source = load(notebook("x = (", "y = ]", "z = 1"))
    assert [(one.span.cell, one.kind) for one in source.diagnostics] == [(1, "invalid-syntax"), (2, "invalid-syntax")]


def test_a_python_2_notebook_gets_one_message() -> None:
    source = load(notebook("print 'a'", "x = 1", "print x", "try:\n    f()\nexcept E, e:\n    pass"))
    (diagnostic,) = source.diagnostics
    assert diagnostic.span.cell == 1
    assert "Python 2" in diagnostic.message
    assert "2 more cells" in diagnostic.message


@pytest.mark.parametrize(
    "metadata",
    [
        {"kernelspec": {"name": "ir", "language": "R"}},
        {"kernelspec": {"name": "ir"}},
        {"language_info": {"name": "julia"}},
        {"kernelspec": {"name": "julia-1.9"}},
    ],
)
def test_other_languages_are_passed_over(metadata: dict[str, Any]) -> None:
    source = load(notebook("x <- c(1, 2", **metadata))
    assert (source.text, source.diagnostics) == ("", ())


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"kernelspec": {"name": "iron"}},
        {"kernelspec": {"name": "tf-gpu", "language": "python"}},
        {"language_info": {"name": "ipython"}},
        {"kernelspec": None, "language_info": []},
    ],
)
def test_python_kernels(metadata: dict[str, Any]) -> None:
    assert clean("x = 1", **metadata).text == "x = 1\n"


@pytest.mark.parametrize(
    ("data", "row", "part"),
    [
        (b"", 1, "is empty"),
        (b'{"cells": [\n  {"cell_type": "code",\n', 3, "half written"),
        (b"<<<<<<< HEAD\n{}", 1, "not JSON"),
        (b"[1, 2]", 1, "no notebook"),
        (b'{"cells": 3}', 1, "no notebook"),
        (b'"text"', 1, "no notebook"),
        (b"[" * 100_000, 1, "nested too deeply"),
        (b'{"cells": ["\xe9"]}', 1, "not UTF-8"),
    ],
)
def test_what_is_no_notebook_gets_one_message(data: bytes, row: int, part: str) -> None:
    (diagnostic,) = load(data).diagnostics
    assert part in diagnostic.message
    assert "nb.ipynb" in diagnostic.message
    assert diagnostic.span.row == row
    assert diagnostic.status == 1


@pytest.mark.parametrize(
    "cell",
    [
        None,
        3,
        [],
        {},
        {"cell_type": "code"},
        {"cell_type": "code", "source": None},
        {"cell_type": "code", "source": {"a": 1}},
        {"cell_type": "code", "source": ["x = 1\n", 3, None]},
        {"cell_type": ["code"], "source": "x = ("},
        {"cell_type": "code", "source": "x = 1", "metadata": "no"},
        {"cell_type": "code", "source": "select *", "metadata": {"vscode": {"languageId": "sql"}}},
    ],
)
def test_odd_cells_are_tolerated(cell: Any) -> None:
    source = load(notebook(cell, "y = 2"))
    assert source.diagnostics == ()
    row = source.text.split("\n").index("y = 2") + 1
    assert source.span(row, 1, row, 2).cell == 2


def test_newer_syntax_than_the_running_python_is_kept() -> None:
    # PEP 701 and PEP 695: refused by Python 3.11's ast, read by libcst.
    source = load(notebook('x = f"{d["a"]}"\ntype Y = int\n'))
    assert source.diagnostics == ()
    assert source.text.startswith("x = f")


def test_many_cells_are_joined_with_linear_work() -> None:
    def join(cells: int) -> int:
        return effort(lambda: clean(*(f"%time x{i} = {i}\n" for i in range(cells))))

    # Ten times the cells; quadratic work would be a hundred times as much.
    assert join(5000) < 15 * join(500)
    source = clean(*(f"%time x{i} = {i}\n" for i in range(50_000)))
    assert source.span(100_000, 1, 100_000, 2).cell == 50_000


@given(st.lists(st.text(alphabet="ab\n\r'\"\\#()[]%!?= \t:é", max_size=30), max_size=4))
def test_any_cells_give_rows_that_lead_back(cells: list[str]) -> None:
    data = json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]}).encode()
    source = load(data)
    plain = [cell.replace("\r\n", "\n").replace("\r", "\n") for cell in cells]
    row = 1
    for number, cell in enumerate(plain, start=1):
        for inner, line in enumerate(cell.split("\n"), start=1):
            span = source.span(row, 1, row, 1)
            assert (span.cell, span.row) == (number, inner)
            assert source.line(inner, number) == line
            row += 1
    assert syntax.problem(source.text) is None


def test_cell_magics_in_a_script_with_marked_cells() -> None:
    text = "# %%\nx = 1\n# %%\n\n%%bash\nfoo (\n#%% next\n%%time\ny = 2\n%%bash\nz = 3\n"
    source = from_text(text, "a.py")
    assert source.text == "# %%\nx = 1\n# %%\n\n\n\n#%% next\n\ny = 2\npass\nz = 3\n"
    assert source.line(6) == "foo ("


# ---------------------------------------------------------------------------------------------------------------------
# Places in the JSON


def places(data: bytes) -> Places:
    return Places({"nb.ipynb": data})


def covered(data: bytes, row: int, column: int, end_row: int, end_column: int, cell: int) -> str:
    """The text of the file that a stretch of a cell is written in."""
    found = places(data).locate(Span("nb.ipynb", row, column, end_row, end_column, cell))
    assert found.cell is None
    lines = data.decode("utf-8-sig").splitlines()[found.row - 1 : found.end_row]
    assert places(data).line("nb.ipynb", found.row) == lines[0]
    lines[-1] = lines[-1][: found.end_column - 1]
    lines[0] = lines[0][found.column - 1 :]
    return "\n".join(lines)


@pytest.mark.parametrize("indent", [None, 1, "\t"])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_places(indent: int | str | None, ascii_only: bool) -> None:
    cells = [
        MARKDOWN,
        {"cell_type": "code", "source": "a = 1\nb = 'é😀\\\"\\t'; c = 2\n"},
        {"cell_type": "code", "source": ["d = 3\n", "", "e", " = 4\r\n", "f = 5"]},
    ]
    content = {"cells": cells, "metadata": {"cells": [{"source": "no"}], "source": "x"}, "nbformat": 4}
    data = json.dumps(content, indent=indent, ensure_ascii=ascii_only).encode()
    assert covered(data, 1, 1, 1, 6, 2) == "a = 1"
    assert covered(data, 2, 15, 2, 20, 2) == "c = 2"
    assert covered(data, 2, 5, 2, 6, 2) == "'"
    assert covered(data, 2, 7, 2, 8, 2) == ("\\ud83d\\ude00" if ascii_only else "😀")
    assert covered(data, 3, 1, 3, 6, 3) == "f = 5"
    assert covered(data, 2, 1, 2, 2, 3) == "e"
    # Past the end of a row and of the cell.
    assert covered(data, 1, 99, 1, 99, 2) == ""
    assert covered(data, 99, 1, 99, 2, 2) == ""


def test_places_of_older_formats() -> None:
    sheets = [
        {"cells": [{"cell_type": "code", "input": ["a = 1"]}, {"cell_type": "markdown", "source": "b"}]},
        {"cells": []},
        {"cells": [{"cell_type": "code", "input": "c = 3"}]},
    ]
    data = b"\xef\xbb\xbf" + json.dumps({"worksheets": sheets, "nbformat": 3}, indent=2).encode()
    assert [cell.number for cell in load(data).cells] == [1, 3]
    assert covered(data, 1, 5, 1, 6, 1) == "1"
    assert covered(data, 1, 1, 1, 6, 3) == "c = 3"


def test_places_in_a_script_and_in_what_is_gone(tmp_path: Path) -> None:
    span = Span("a.py", 3, 4, 5, 6)
    assert Places().locate(span) is span
    data = notebook("a = 1")
    for cell in (2, 9):
        assert places(data).locate(Span("nb.ipynb", 1, 1, 1, 2, cell)) == Span("nb.ipynb", 1, 1, 1, 1)
    for cut in range(len(data)):
        assert places(data[:cut]).locate(Span("nb.ipynb", 1, 1, 1, 2, 1)).row == 1
    gone = str(tmp_path / "gone.ipynb")
    assert Places().locate(Span(gone, 1, 1, 1, 2, 1)).row == 1
    assert Places().line(gone, 1) == ""


SOURCES = st.lists(st.one_of(st.text(st.sampled_from("ab \n\r\"\\é😀\ufeff\ud800'"), max_size=12)), max_size=4)


@given(st.lists(SOURCES, max_size=4), st.booleans())
def test_every_character_has_its_place(cells: list[list[str]], ascii_only: bool) -> None:
    """The text is that of the cell, and what each character is written as stands for it."""
    content = {"cells": [{"cell_type": "code", "source": lines} for lines in cells], "nbformat": 4}
    written = json.dumps(content, ensure_ascii=ascii_only).encode("utf-8", "replace").decode()
    found = cell_places(written)
    for cell in load(written.encode()).cells:
        if cell.number not in found:
            assert cell.text == ""
            continue
        one = found[cell.number]
        assert one.text == cell.text
        assert len(one.starts) == len(one.ends) == len(one.text)
        for char, start, end in zip(one.text, one.starts, one.ends, strict=True):
            if char not in "\n\ufffd":
                assert json.loads(f'"{written[start:end]}"') == char
