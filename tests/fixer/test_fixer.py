"""The engine of fixes: remedies resolved against the source, edits made in bytes, the loop, diffs and writing."""

from __future__ import annotations

import json
import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
import pytest

from rnnlint import fixer
from rnnlint.findings import (
    Diagnostic,
    Edit,
    Finding,
    Fix,
    NameArgument,
    PrependItem,
    Remedy,
    RemoveArgument,
    ReplaceClass,
    SetArgument,
    SetItem,
    Step,
    Swap,
    Unwrap,
)
from rnnlint.fixer.code import Code
from rnnlint.graph import Span
from rnnlint.source.read import from_bytes, from_text
from rnnlint.source.source import Source
from rnnlint.source.text import Text


def span_of(source: Source, text: str, nth: int = 0) -> Span:
    """The span of the nth occurrence of a piece of text, as the analysis would give it."""
    start = [match.start() for match in re.finditer(re.escape(text), source.text)][nth]
    return Code(Text(source)).span(start, start + len(text))


def remedied(source: Source, *steps: Step) -> str | None:
    """The text with a remedy made; None where it resolves to no fix."""
    made = fixer.fix(Remedy("a fix", "unsafe", (steps,)), Code(Text(source)))
    if made is None:
        return None
    return fixer.apply(source.text.encode(), source.path, made.edits).decode()


def argument(code: str, call: str, at: str, step: Callable[..., Step], *rest: str | int) -> str | None:
    source = from_text(code, "a.py")
    return remedied(source, step(span_of(source, call), span_of(source, at), *rest))


# ---------------------------------------------------------------------------------------------------------------------
# Arguments


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("LSTM(4, x=1)", "LSTM(4)"),
        ("LSTM(4, x=1,)", "LSTM(4,)"),
        ("LSTM(4, x=1, y=2)", "LSTM(4, y=2)"),
        ("LSTM(x=1, y=2)", "LSTM(y=2)"),
        ("LSTM(x=1)", "LSTM()"),
        ("LSTM(x=1,)", "LSTM()"),
        ("LSTM(4, x = (1))", "LSTM(4)"),
        ("LSTM(4, x=-1)", "LSTM(4)"),
        ("LSTM(4,x=1,y=2)", "LSTM(4,y=2)"),
        ("LSTM(\n    4,\n    x=1,\n    y=2,\n)", "LSTM(\n    4,\n    y=2,\n)"),
        ("LSTM(\n    4,\n    x=1,\n)", "LSTM(\n    4,\n)"),
        ("LSTM(\n    4,\n    x=1\n)", "LSTM(\n    4\n)"),
        ("LSTM(\n    x=1,\n    y=2\n)", "LSTM(\n    y=2\n)"),
        ("LSTM(4,\n     x=1,\n     y=2)", "LSTM(4,\n     y=2)"),
        ("LSTM(4,\n     x=1)", "LSTM(4)"),
        ("LSTM(4, x=1,\n     y=2)", "LSTM(4,\n     y=2)"),
        ("LSTM(x=1,\n     y=2)", "LSTM(y=2)"),
        ("LSTM(4, \\\n     x=1, \\\n     y=2)", "LSTM(4, \\\n     y=2)"),
        ("LSTM(\n\t4,\n\tx=1,\n\ty=2)", "LSTM(\n\t4,\n\ty=2)"),
        # Comments stay, also those of the argument.
        ("LSTM(\n    4,  # units\n    x=1,  # why\n    y=2,\n)", "LSTM(\n    4,  # units\n      # why\n    y=2,\n)"),
        ("LSTM(\n    4,  # units\n    x=1\n)", "LSTM(\n    4  # units\n)"),
        ("LSTM(4,  # units\n     x=1)", "LSTM(4  # units\n     )"),
        ("LSTM(4, name='x=1, #', x=1)", "LSTM(4, name='x=1, #')"),
        ("LSTM(4, name='''\n  x=1,\n''', x=1)", "LSTM(4, name='''\n  x=1,\n''')"),
    ],
)
def test_an_argument_is_removed(code: str, expected: str) -> None:
    at = re.findall(r"x ?= ?\(?-?1", code)[-1]
    source = from_text(f"a = {code}\n", "a.py")
    last = source.text.count(at) - 1
    made = remedied(source, RemoveArgument(span_of(source, code), span_of(source, at, last)))
    assert made == f"a = {expected}\n"
    compile(made, "a.py", "exec")


@pytest.mark.parametrize(
    ("code", "at"),
    [
        ("LSTM(4, x=f())", "x=f()"),  # something happens where it is evaluated
        ("LSTM(4, x=(y := 1))", "x=(y := 1"),
        ("LSTM(4, x=[  # why\n1])", "x=[  # why\n1]"),  # a comment would be lost
        ("LSTM(4, 1, 2)", "1"),  # 2 would take its place
        ("LSTM(4, x=1, **more)", "x=1"),
        ("LSTM(*units, x=1)", "x=1"),
        ("LSTM(4, **{'x': 1})", "**{'x': 1}"),
        ("make(4, x=1)", "x=1"),  # no layer by its name
        ("map(LSTM, x=1)", "x=1"),
        ("kinds['LSTM'](4, x=1)", "x=1"),
    ],
)
def test_an_argument_that_cannot_be_removed_stays(code: str, at: str) -> None:
    assert argument(f"a = {code}\n", code, at, RemoveArgument) is None


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("Dropout()", "Dropout(n=1)"),
        ("Dropout(0.3)", "Dropout(0.3, n=1)"),
        ("Dropout(0.3,)", "Dropout(0.3, n=1,)"),
        ("Dropout(rate = 0.3 )", "Dropout(rate = 0.3, n=1 )"),
        ("Dropout((0.3))", "Dropout((0.3), n=1)"),
        ("Dropout(\n    0.3\n)", "Dropout(\n    0.3, n=1\n)"),
        ("Dropout(\n    0.3  # rate\n)", "Dropout(\n    0.3, n=1  # rate\n)"),
        ("Dropout(\n    0.3,\n)", "Dropout(\n    0.3,\n    n=1,\n)"),
        ("Dropout(\n    0.3,  # rate\n)", "Dropout(\n    0.3,  # rate\n    n=1,\n)"),
        ("Dropout(\n\t0.3, name='x',  # rate\n)", "Dropout(\n\t0.3, name='x', n=1,  # rate\n)"),
        ("Dropout(\n    0.3, # a\n    name='x',\n)", "Dropout(\n    0.3, # a\n    name='x',\n    n=1,\n)"),
        ("Dropout(0.3, name='ü', seed=f(1, 2))", "Dropout(0.3, name='ü', seed=f(1, 2), n=1)"),
        ("(layers.Dropout)(0.3)", "(layers.Dropout)(0.3, n=1)"),
        ("layers.\\\n  Dropout(0.3)", "layers.\\\n  Dropout(0.3, n=1)"),
        ("Dropout(lambda x: (x, 1))", "Dropout(lambda x: (x, 1), n=1)"),
    ],
)
def test_an_argument_is_added(code: str, expected: str) -> None:
    source = from_text(f"ä = '🙂'; a = {code}  # end\n", "a.py")
    made = remedied(source, SetArgument(span_of(source, code), "n", "1"))
    assert made == f"ä = '🙂'; a = {expected}  # end\n"
    compile(made, "a.py", "exec")


def test_a_literal_is_replaced() -> None:
    code = "Dropout(0.3, noise_shape=(None, 1), seed=1)"
    made = argument(code, code, "noise_shape=(None, 1)", SetArgument_at, "(None, 1, None)")
    assert made == "Dropout(0.3, noise_shape=(None, 1, None), seed=1)"
    assert argument("Dropout(20)", "Dropout(20)", "20", SetArgument_at, "0.2") == "Dropout(0.2)"
    assert argument("Dropout((20))", "Dropout((20))", "20", SetArgument_at, "0.2") == "Dropout((0.2))"


def SetArgument_at(call: Span, at: Span, text: str) -> SetArgument:  # noqa: N802 - stands where a class stands
    return SetArgument(call, "any", text, at)


def test_what_is_no_literal_is_not_replaced() -> None:
    assert argument("Dropout(r)", "Dropout(r)", "r", SetArgument_at, "0.2") is None
    assert argument("Dropout(0.3, n=(B, 1))", "Dropout(0.3, n=(B, 1))", "n=(B, 1)", SetArgument_at, "()") is None
    code = "Dropout(0.3, n=(1,  # batch\n1))"
    assert argument(code, code, code[13:-1], SetArgument_at, "()") is None


def test_an_argument_that_is_there_already_is_not_added() -> None:
    source = from_text("Dropout(0.3, n=2)", "a.py")
    assert remedied(source, SetArgument(span_of(source, "Dropout(0.3, n=2)"), "n", "1")) is None


def test_an_argument_gets_its_name() -> None:
    assert argument("Dropout(0.5, 42)", "Dropout(0.5, 42)", "42", NameArgument, "seed") == "Dropout(0.5, seed=42)"
    assert argument("Dropout(0.5, (42))", "Dropout(0.5, (42))", "42", NameArgument, "seed") == "Dropout(0.5, seed=(42))"
    for code in ("Dropout(0.5, 42, 7)", "Dropout(0.5, 42, seed=7)"):
        assert argument(code, code, "42", NameArgument, "seed") is None


def test_an_item_is_replaced_and_one_put_in_front() -> None:
    code = "Dropout(0.5, noise_shape=(B, 1, f))"
    at = "noise_shape=(B, 1, f)"
    assert argument(code, code, at, SetItem, 0, "None") == "Dropout(0.5, noise_shape=(None, 1, f))"
    assert argument(code, code, at, SetItem, 1, "None") == "Dropout(0.5, noise_shape=(B, None, f))"
    assert argument(code, code, at, SetItem, 3, "None") is None
    assert argument(code, code, at, PrependItem, "None") == "Dropout(0.5, noise_shape=(None, B, 1, f))"
    listed = "Dropout(0.5, n=[\n    1, 2])"
    assert argument(listed, listed, listed[13:-1], PrependItem, "None") == "Dropout(0.5, n=[\n    None, 1, 2])"
    for value in ("shape", "(*a, 1)", "((1), 2)", "(  # c\n1, 2)"):
        code = f"Dropout(0.5, n={value})"
        assert argument(code, code, f"n={value}", PrependItem, "None") is None


# ---------------------------------------------------------------------------------------------------------------------
# Layers

IMPORTS = [
    ("from keras import layers", "layers.Dropout", True),
    ("import keras", "keras.layers.Dropout", True),
    ("import tensorflow as tf", "tf.keras.layers.Dropout", True),
    ("import tensorflow as tf\nL = tf.keras.layers", "L.Dropout", True),
    ("try:\n  from keras import layers\nexcept E:\n  from tensorflow.keras import layers", "layers.Dropout", True),
    ("from keras.layers import *", "Dropout", True),
    ("from keras.layers import Dropout, SpatialDropout1D", "Dropout", True),
    ("from keras.layers import Dropout", "Dropout", False),
    ("from keras.layers import Dropout\nfrom mine import SpatialDropout1D", "Dropout", False),
    ("from keras.layers import Dropout, SpatialDropout1D\nclass SpatialDropout1D: pass", "Dropout", False),
    ("from keras.layers import *\nfrom numpy import *", "Dropout", False),
    ("from mine import layers", "layers.Dropout", False),
    ("from keras import layers\nfor layers in []: pass", "layers.Dropout", False),
    ("from keras import layers\ndef f(layers): pass", "layers.Dropout", False),
    ("class L: Dropout = 1", "L.Dropout", False),
    ("from keras.layers import Dropout as D", "D", False),
]  # fmt: skip


@pytest.mark.parametrize(("imports", "name", "possible"), IMPORTS)
def test_a_class_is_replaced_where_the_other_one_is_at_hand(imports: str, name: str, possible: bool) -> None:
    source = from_text(f"{imports}\na = {name}(0.3)  # rate\n", "a.py")
    made = remedied(source, ReplaceClass(span_of(source, f"{name}(0.3)"), "SpatialDropout1D"))
    other = name.removesuffix("Dropout") + "SpatialDropout1D"
    assert made == (f"{imports}\na = {other}(0.3)  # rate\n" if possible else None)


@pytest.mark.parametrize(
    ("imports", "name", "expected"),
    [
        ("from keras import layers", "layers.Dropout", "layers.SpatialDropout1D(0.3)"),
        ("from keras.layers import Dropout", "Dropout", "Dropout(0.3, noise_shape=(None, 1, None))"),
        ("from keras.layers import *", "Dropout", "SpatialDropout1D(0.3)"),
    ],
)
def test_the_smaller_edit_is_taken(imports: str, name: str, expected: str) -> None:
    source = from_text(f"{imports}\n{name}(0.3)", "a.py")
    call = span_of(source, f"{name}(0.3)")
    ways: tuple[tuple[Step, ...], ...] = (
        (SetArgument(call, "noise_shape", "(None, 1, None)"),),
        (ReplaceClass(call, "SpatialDropout1D"),),
    )
    for order in (ways, ways[::-1]):
        made = fixer.fix(Remedy("share", "unsafe", order), Code(Text(source)))
        assert made is not None
        assert fixer.apply(source.text.encode(), "a.py", made.edits).decode() == f"{imports}\n{expected}"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("TimeDistributed(Dropout(0.3))", "Dropout(0.3)"),
        ("TimeDistributed(Dropout(0.3,),)", "Dropout(0.3,)"),
        ("TimeDistributed(layer=Dropout(0.3))", "Dropout(0.3)"),
        ("TimeDistributed((Dropout(0.3)))", "Dropout(0.3)"),
        ("TimeDistributed(\n    Dropout(0.3)\n)", "Dropout(0.3)"),
        ("TimeDistributed(Dropout(0.3), name='x')", "Dropout(0.3, name='x')"),
        ("TimeDistributed(name='x', layer=Dropout(0.3))", "Dropout(0.3, name='x')"),
        ("TimeDistributed(Dropout(0.3), name='x', input_shape=(2, 3))", "Dropout(0.3, name='x', input_shape=(2, 3))"),
        ("TimeDistributed(Dropout(0.3, name='y'), name='x')", None),
        ("TimeDistributed(\n    Dropout(0.3)  # rate\n)", None),
        ("TimeDistributed(Dropout(0.3), *more)", None),
        ("TimeDistributed(Dropout(0.3), **more)", None),
        ("TimeDistributed(f(Dropout(0.3)))", None),
    ],
)
def test_a_wrapper_is_taken_off(code: str, expected: str | None) -> None:
    source = from_text(f"x = {code}(x)\n", "a.py")
    inner = re.search(r"Dropout\(.*?\)", code)
    assert inner
    made = remedied(source, Unwrap(span_of(source, code), span_of(source, inner[0])))
    assert made == (None if expected is None else f"x = {expected}(x)\n")


A, B = "Dropout(0.3)", "Masking(-1.0)"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (f"[{A}, {B}]", f"[{B}, {A}]"),
        (f"[\n    {A},\n    {B},\n]", f"[\n    {B},\n    {A},\n]"),
        (f"[\n    {A},  # a\n    {B}  # b\n]", f"[\n    {B},  # b\n    {A}  # a\n]"),
        (f"[\n    {A},  # a\n    {B},\n]", f"[\n    {B},\n    {A},  # a\n]"),
        (f"[\n    # both\n    {A},\n    {B},\n]", f"[\n    # both\n    {B},\n    {A},\n]"),
        (f"[\n    {A},\n    # the second\n    {B},\n]", None),
        (f"[{A}, x, {B}]", None),
        (f"f({A}, {B})", None),
        (f"m.add({A})\nm.add({B})", f"m.add({B})\nm.add({A})"),
        (f"m.add({A})  # a\nm.add({B})", f"m.add({B})\nm.add({A})  # a"),
        (f"self.m.add({A}); self.m.add({B})", f"self.m.add({B}); self.m.add({A})"),
        (f"if m:\n    m.add({A})\n    m.add({B})", f"if m:\n    m.add({B})\n    m.add({A})"),
        (f"m.add({A})\nn.add({B})", None),
        (f"m.add({A})\nprint()\nm.add({B})", None),
        (f"if m:\n    m.add({A})\nm.add({B})", None),
        (f"m.insert({A})\nm.insert({B})", None),
        (f"x = {A}(y)\nx = {B}(x)", f"x = {B}(y)\nx = {A}(x)"),
        (f"x = {A}(y)  # a\nx = {B}(x)  # b", f"x = {B}(y)  # b\nx = {A}(x)  # a"),
        (f"x = {A}(y, training=True)\nx = {B}(x)", None),
        (f"x = {A}(y)\nz = {B}(x)", None),
        (f"x = {A}(y)\nx = {B}(y)", None),
        (f"x = {B}({A}(y))", f"x = {A}({B}(y))"),
        (f"x = {B}({A}(y), mask=z)", None),
        (f"a = {A}\nb = {B}", None),
    ],
)
def test_two_layers_change_places(code: str, expected: str | None) -> None:
    source = from_text(code + "\n", "a.py")
    made = remedied(source, Swap(span_of(source, A), span_of(source, B)))
    assert made == (None if expected is None else expected + "\n")


def test_a_span_of_another_file_is_not_touched() -> None:
    source = from_text("LSTM(4, x=1)", "a.py")
    call = Span("b.py", 1, 1, 1, 13)
    assert remedied(source, SetArgument(call, "y", "1")) is None


def test_a_source_that_ast_refuses_gets_no_fix() -> None:
    source = from_text("LSTM(4, x=1) $", "a.py")
    assert remedied(source, SetArgument(span_of(source, "LSTM(4, x=1)"), "y", "1")) is None


def test_code_behind_a_magic_is_fixed_where_the_user_sees_it() -> None:
    code = "# %%\nif 1:\n  %time m = LSTM(4, x=1)\n!ls LSTM(4, x=1)\n"
    source = from_text(code, "a.py")
    assert source.original
    made = fixer.fix(
        Remedy("", "safe", ((RemoveArgument(span_of(source, "LSTM(4, x=1)"), span_of(source, "x=1")),),)),
        Code(Text(source)),
    )
    assert made is not None
    assert fixer.apply(code.encode(), "a.py", made.edits).decode() == code.replace(
        "%time m = LSTM(4, x=1)", "%time m = LSTM(4)"
    )


# ---------------------------------------------------------------------------------------------------------------------
# Bytes


def edit(row: int, column: int, end_row: int, end_column: int, content: str, cell: int | None = None) -> Edit:
    return Edit(Span("a", row, column, end_row, end_column, cell), content)


SCRIPTS = {
    "crlf": b"a = 1\r\nb = 2\r\n",
    "cr": b"a = 1\rb = 2\r",
    "mixed": b"a = 1\r\nb = 2\n",
    "bom": b"\xef\xbb\xbfa = 1\nb = 2\n",
    "no end": b"a = 1\nb = 2",
    "form feed": b"\x0ca = 1\n\x0c\nb = 2\n",
    "tabs": b"a\t=\t1\nb = 2\n",
    "line separator": "a = '\u2028\x1c\x85'\nb = 2\n".encode(),
    "latin-1": "# -*- coding: latin-1 -*-\na = 'ü'\nb = 2\n".encode("latin-1"),
    "cp1252": "# coding: cp1252\r\na = '€'\r\nb = 2\r\n".encode("cp1252"),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_other_byte_of_a_script_stays(name: str) -> None:
    data = SCRIPTS[name]
    source = from_bytes(data, "a.py")
    span = span_of(source, "b = 2")
    row, column = span.row, span.column
    changed = fixer.apply(data, "a.py", [edit(row, column + 4, row, column + 5, "3")])
    assert changed == data.replace(b"b = 2", b"b = 3")
    # A new line ends as the others do.
    newline = b"\r\n" if b"\r\n" in data else b"\r" if b"\r" in data else b"\n"
    changed = fixer.apply(data, "a.py", [edit(row, column, row, column, "c = 4\n")])
    assert changed == data.replace(b"b = 2", b"c = 4" + newline + b"b = 2")


def test_several_edits_in_one_line() -> None:
    edits = [edit(1, 5, 1, 5, "X"), edit(1, 1, 1, 2, ""), edit(1, 2, 1, 3, "YY")]
    assert fixer.apply(b"abcdef\n", "a.py", edits) == b"YYcdXef\n"


def test_what_does_not_fit_the_file_is_refused() -> None:
    with pytest.raises(fixer.ApplyError):
        fixer.apply(b"# coding: no-such-thing\n", "a.py", [edit(1, 1, 1, 2, "")])
    with pytest.raises(fixer.ApplyError):
        fixer.apply(b"a\n", "a.py", [edit(1, 1, 1, 9, "")])
    with pytest.raises(fixer.ApplyError):
        fixer.apply("a = 'ü'\n".encode("latin-1"), "a.py", [edit(1, 1, 1, 2, "")])
    with pytest.raises(fixer.ApplyError):
        fixer.apply(b"# coding: ascii\na = 1\n", "a.py", [edit(2, 1, 2, 2, "ü")])
    with pytest.raises(fixer.ApplyError):
        fixer.apply(b'{"cells": []}', "a.ipynb", [edit(1, 1, 1, 2, "", 1)])


# ---------------------------------------------------------------------------------------------------------------------
# Notebooks

CELLS = ["# text with \"quotes\" and ä 🙂\n\tx = 'a\\nb'\ny = 1", "a = 1\nb = 2\n"]


def book(**style: object) -> str:
    made = nbformat.v4.new_notebook(  # type: ignore[no-untyped-call]
        cells=[
            nbformat.v4.new_markdown_cell("b = 2", id="m"),  # type: ignore[no-untyped-call]
            *(nbformat.v4.new_code_cell(cell, id=f"c{number}") for number, cell in enumerate(CELLS)),  # type: ignore[no-untyped-call]
        ],
        metadata={"odd": {"cells": [{"source": ["b = 2"]}]}},
    )
    return json.dumps(json.loads(nbformat.writes(made)), **style) + "\n"  # type: ignore[arg-type,no-untyped-call]


NOTEBOOKS = {
    "jupyter": book(indent=1, ensure_ascii=False),
    "colab": book(indent=2, ensure_ascii=True),
    "one line": book(separators=(",", ":")),
    "crlf": book(indent=4).replace("\n", "\r\n"),
    "tabs": book(indent="\t", sort_keys=True),
    "no end": book(indent=1).rstrip(),
    "upper case escapes": book(indent=1, ensure_ascii=True).replace("\\u00e4", "\\u00E4"),
    "one string": book(indent=1).replace('"a = 1\\n",\n    "b = 2\\n"', '"a = 1\\nb = 2\\n"'),
    "a string": re.sub(r'\[\s*"a = 1\\n",\s*"b = 2\\n"\s*\]', r'"a = 1\\nb = 2\\n"', book(indent=1)),
}


def cell_text(notebook: str, number: int) -> str:
    return str("".join(nbformat.reads(notebook, as_version=4).cells[number - 1].source))  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_other_byte_of_a_notebook_stays(name: str) -> None:
    text = NOTEBOOKS[name]
    changed = fixer.apply(text.encode(), "a.ipynb", [edit(2, 5, 2, 6, "c", 3)]).decode()
    assert changed.count("b = c") == 1
    assert changed.replace("b = c", "b = 2") == text
    assert cell_text(changed, 3) == "a = 1\nb = c\n"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_lines_of_a_notebook_come_and_go(name: str) -> None:
    text = NOTEBOOKS[name]
    made = fixer.apply(text.encode(), "a.ipynb", [edit(2, 1, 2, 1, "c = 'ö'\n", 3)]).decode()
    assert cell_text(made, 3) == "a = 1\nc = 'ö'\nb = 2\n"
    lines = json.loads(made)["cells"][2]["source"]
    if name not in ("one string", "a string"):
        assert lines == ["a = 1\n", "c = 'ö'\n", "b = 2\n"], "a line is an item of the list"
    # The characters that are new are written as the file writes others.
    assert made.isascii() == text.isascii()
    back = fixer.apply(made.encode(), "a.ipynb", [edit(2, 1, 3, 1, "", 3)]).decode()
    if name != "one string":
        assert back == text
    gone = fixer.apply(text.encode(), "a.ipynb", [edit(2, 1, 3, 1, "", 3)]).decode()
    assert cell_text(gone, 3) == "a = 1\n"
    assert json.loads(gone)["cells"][2]["source"] in (["a = 1\n"], "a = 1\n")
    first = fixer.apply(text.encode(), "a.ipynb", [edit(1, 1, 2, 1, "", 3)]).decode()
    assert json.loads(first)["cells"][2]["source"] in (["b = 2\n"], "b = 2\n")
    joined = fixer.apply(text.encode(), "a.ipynb", [edit(1, 6, 2, 1, "; ", 3)]).decode()
    assert json.loads(joined)["cells"][2]["source"] in (["a = 1; b = 2\n"], "a = 1; b = 2\n")
    empty = fixer.apply(text.encode(), "a.ipynb", [edit(1, 1, 3, 1, "", 3)]).decode()
    assert cell_text(empty, 3) == ""


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_line_with_escapes_keeps_them(name: str) -> None:
    text = NOTEBOOKS[name]
    edits = [edit(1, 1, 1, 2, "##", 2), edit(2, 2, 2, 3, "z", 2), edit(3, 6, 3, 6, "0", 2)]
    changed = fixer.apply(text.encode(), "a.ipynb", edits).decode()
    assert cell_text(changed, 2) == "#" + CELLS[0].replace("\tx", "\tz") + "0"
    assert (
        changed.replace("## text", "# text")
        .replace("\\tz", "\\tx")
        .replace('"y = 10"', '"y = 1"')
        .replace("y = 10", "y = 1")
        == text
    )
    quoted = fixer.apply(text.encode(), "a.ipynb", [edit(3, 1, 3, 1, 's = "\\n"\n', 2)]).decode()
    assert cell_text(quoted, 2) == CELLS[0].replace("\ny = 1", '\ns = "\\n"\ny = 1')


def test_old_formats_and_several_sheets() -> None:
    cells = [{"cell_type": "code", "input": ["a = 1\n", "b = 2"], "language": "python", "outputs": []}] * 2
    text = json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}, {"cells": cells}]}, indent=1)
    changed = json.loads(fixer.apply(text.encode(), "a.ipynb", [edit(2, 5, 2, 6, "3", 3)]))
    inputs = [cell["input"][1] for sheet in changed["worksheets"] for cell in sheet["cells"]]
    assert inputs == ["b = 2", "b = 2", "b = 3", "b = 2"]


def test_a_notebook_with_a_byte_order_mark_and_crlf_in_its_lines() -> None:
    text = json.dumps({"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "code", "source": ["a\r\n", "b\r\n"]}]})
    data = b"\xef\xbb\xbf" + text.encode()
    changed = fixer.apply(data, "a.ipynb", [edit(2, 1, 2, 1, "c\n", 1)])
    assert changed.startswith(b"\xef\xbb\xbf")
    assert json.loads(changed)["cells"][0]["source"] == ["a\r\n", "c\r\n", "b\r\n"]


# ---------------------------------------------------------------------------------------------------------------------
# The loop


@dataclass
class Given:
    """A linter of one line of words: every `bad` and `worse` is a finding, whose fix is the given word."""

    findings: Sequence[Finding] = ()
    diagnostics: Sequence[Diagnostic] = ()


def words(data: bytes, path: str, cures: Mapping[str, tuple[str, str]]) -> Given:
    text = data.decode()
    found = []
    for match in re.finditer(r"\w+", text):
        if match[0] in cures:
            span = Span(path, 1, match.start() + 1, 1, match.end() + 1)
            cure, applicability = cures[match[0]]
            made = Fix("cure", applicability, (Edit(span, cure),))  # type: ignore[arg-type]
            found.append(Finding(match[0].upper(), match[0], f"{match[0]} {match.start()}", span, fix=made))
    problem = Diagnostic("invalid-syntax", "broken", Span(path, 1, 1, 1, 1))
    return Given(found, (problem,) if "broken" in text else ())


def loop(files: dict[str, str], cures: Mapping[str, tuple[str, str]], *, unsafe: bool = True) -> fixer.Outcome[Given]:
    def relint(changed: Mapping[str, bytes]) -> dict[str, Given]:
        return {path: words(changed.get(path, text.encode()), path, cures) for path, text in files.items()}

    return fixer.run(relint({}), lambda path: files[path].encode(), relint, lambda _: unsafe)


def texts(outcome: fixer.Outcome[Given]) -> dict[str, str]:
    return {path: file.after.decode() for path, file in outcome.files.items()}


def test_fixes_until_nothing_changes() -> None:
    cures = {"a": ("b", "safe"), "b": ("c", "safe"), "c": ("done", "safe")}
    outcome = loop({"x": "a b z", "y": "z"}, cures)
    assert texts(outcome) == {"x": "done done z"}
    assert outcome.files["x"].before == b"a b z"
    assert outcome.files["x"].fixed == Counter({("A", "a"): 1, ("B", "b"): 2, ("C", "c"): 2})
    assert outcome.fixed == 5
    assert not outcome.results["x"].findings
    assert not outcome.problems


def test_unsafe_fixes_are_made_on_request_only() -> None:
    cures = {"a": ("x", "safe"), "b": ("y", "unsafe")}
    assert texts(loop({"f": "a b"}, cures, unsafe=False)) == {"f": "x b"}
    assert texts(loop({"f": "a b"}, cures)) == {"f": "x y"}


def test_a_fix_that_does_not_help_is_not_made() -> None:
    cures = {"a": ("x", "safe"), "b": ("b b", "safe"), "c": ("broken", "safe")}
    outcome = loop({"f": "a b c a", "g": "b", "h": "c", "i": "a"}, cures)
    assert texts(outcome) == {"f": "x b c x", "i": "x"}
    assert [finding.code for finding in outcome.results["f"].findings] == ["B", "C"]
    assert not outcome.results["f"].diagnostics


def test_a_fix_that_another_look_refutes_is_not_made() -> None:
    files, cures = {"f": "a b c"}, {"a": ("x", "safe"), "b": ("y", "safe"), "c": ("z", "safe")}
    asked = []

    def relint(changed: Mapping[str, bytes]) -> dict[str, Given]:
        return {path: words(changed.get(path, text.encode()), path, cures) for path, text in files.items()}

    def remains(path: str, before: bytes, after: bytes, fixed: Sequence[Finding]) -> bool:
        asked.append((path, before, after))
        return "B" in [finding.code for finding in fixed]

    outcome = fixer.run(relint({}), lambda _: b"a b c", relint, lambda _: True, remains=remains)
    assert texts(outcome) == {"f": "x b z"}
    assert asked[0] == ("f", b"a b c", b"x y z")
    assert asked[-1] == ("f", b"x b c", b"x b z")


def test_what_a_fix_brings_to_light_does_not_slow_the_others_down() -> None:
    looks = 0
    text = "bad worse " * 300

    def relint(changed: Mapping[str, bytes]) -> dict[str, Given]:
        nonlocal looks
        looks += 1
        cures = {"bad": ("worse", "safe"), "worse": ("good", "safe")}
        return {"a": words(changed.get("a", text.encode()), "a", cures)}

    outcome = fixer.run(relint({}), lambda _: text.encode(), relint, lambda _: True)
    assert texts(outcome) == {"a": "good good " * 300}
    assert (outcome.fixed, outcome.problems) == (900, [])
    assert looks < 10


def test_among_many_fixes_those_that_do_not_help_are_found_quickly() -> None:
    looks = 0
    text = "bad " * 100 + "stays " + "bad " * 100

    def relint(changed: Mapping[str, bytes]) -> dict[str, Given]:
        nonlocal looks
        looks += 1
        given = words(changed.get("a", text.encode()), "a", {"bad": ("good", "safe"), "stays": ("stays", "safe")})
        return {"a": Given([replace(finding, code="SAME") for finding in given.findings])}

    outcome = fixer.run(relint({}), lambda _: text.encode(), relint, lambda _: True)
    assert texts(outcome)["a"] == text.replace("bad", "good")
    assert looks < 50


def test_fixes_that_go_round_in_a_circle_end() -> None:
    cures = {"a": ("b", "safe"), "b": ("a", "safe")}
    outcome = loop({"f": "a"}, cures)
    assert outcome.problems == ["the fixes of f do not come to an end"]


def test_a_file_that_cannot_be_changed_is_named() -> None:
    def gone(path: str) -> bytes:
        raise OSError(2, "No such file", path)

    results = {"f": words(b"a", "f", {"a": ("x", "safe")})}
    outcome = fixer.run(results, gone, lambda _: results, lambda _: True)
    assert not outcome.files
    assert len(outcome.problems) == 1
    assert "f cannot be fixed" in outcome.problems[0]


def test_what_overlaps_waits() -> None:
    def finding(*edits: Edit) -> Finding:
        return Finding("X", "x", "", edits[0].span, fix=Fix("", "safe", edits))

    one = finding(edit(1, 1, 1, 5, ""), edit(3, 1, 3, 1, "x"))
    other = finding(edit(1, 4, 1, 6, ""))
    third = finding(edit(2, 1, 2, 5, ""))
    fourth = finding(edit(3, 1, 3, 1, "y"))
    elsewhere = finding(edit(1, 1, 1, 5, "", 7))
    assert list(fixer.independent([one, other, third, fourth, elsewhere])) == [one, third, elsewhere]


# ---------------------------------------------------------------------------------------------------------------------
# Diffs and files


def test_the_diff_of_a_script() -> None:
    file = fixer.FixedFile("a.py", b"a\r\nb\r\nc", b"a\r\nB\r\nc")
    expected = "--- src/a.py\n+++ src/a.py\n@@ -1,3 +1,3 @@\n a\r\n-b\r\n+B\r\n c\n\\ No newline at end of file\n"
    assert fixer.diff(file, "src/a.py") == expected


def test_the_diff_of_a_notebook_shows_cells() -> None:
    before = NOTEBOOKS["colab"].encode()
    after = fixer.apply(before, "a.ipynb", [edit(2, 5, 2, 6, "3", 3)])
    expected = "--- a.ipynb:cell 3\n+++ a.ipynb:cell 3\n@@ -1,2 +1,2 @@\n a = 1\n-b = 2\n+b = 3\n"
    assert fixer.diff(fixer.FixedFile("a.ipynb", before, after), "a.ipynb") == expected


def test_writing_keeps_mode_and_links(tmp_path: Path) -> None:
    target = tmp_path / "target.py"
    target.write_bytes(b"a")
    target.chmod(0o751)
    link = tmp_path / "link.py"
    link.symlink_to("target.py")
    fixer.write(str(link), b"b", b"a")
    assert link.is_symlink()
    assert target.read_bytes() == b"b"
    assert stat.S_IMODE(target.stat().st_mode) == 0o751
    assert sorted(os.listdir(tmp_path)) == ["link.py", "target.py"]


def test_a_read_only_file_stays_as_it_is(tmp_path: Path) -> None:
    target = tmp_path / "a.py"
    target.write_bytes(b"a")
    target.chmod(0o444)
    with pytest.raises(PermissionError, match="read-only"):
        fixer.write(str(target), b"b")
    assert target.read_bytes() == b"a"


def test_a_file_that_somebody_changed_stays_as_it_is(tmp_path: Path) -> None:
    target = tmp_path / "a.py"
    target.write_bytes(b"theirs")
    with pytest.raises(OSError, match="changed in the meantime"):
        fixer.write(str(target), b"ours", b"a")
    assert target.read_bytes() == b"theirs"
    assert os.listdir(tmp_path) == ["a.py"]


def test_a_folder_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.py"
    target.write_bytes(b"a")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        fixer.write(str(target), b"b")
    assert os.listdir(tmp_path) == ["a.py"]
    assert target.read_bytes() == b"a"
