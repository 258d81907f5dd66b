"""The fixes of the rules: on the pages and cases, on generated code, and where there must be none."""

from __future__ import annotations

import ast
import functools
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rnnlint
from rnnlint.checks import RULES
from rnnlint.settings.settings import Settings
from tests import pages, real
from tests.pages import Block

BY_CODE = {rule.code: rule for rule, _ in RULES}
# RNN900 speaks of comments: tests/test_suppress.py.
FIXED = [page for page in pages.pages() if page.path.stem in BY_CODE and page.path.stem < "RNN900"]
PAIRS = [
    pair for page in FIXED for pair in pages.improvements(page) if BY_CODE[page.path.stem].fix != "none"
]  # fmt: skip
PLAIN = [block for page in (*pages.pages(), *pages.cases()) for block in page.blocks if block.plain]
# What is found is what is marked (tests/test_pages.py, tests/test_cases.py), so that no other block can offer a fix.
FIXABLE = [
    block
    for block in PLAIN
    if any(BY_CODE[code].fix != "none" for _, _, code in pages.marks(block.text, block.own).places)
]
ALL = Settings(rules=frozenset(code for code in BY_CODE if code < "RNN900"))


def offered(text: str, settings: Settings = ALL) -> list[tuple[str, str]]:
    """The rules that offer a fix in a script, with its applicability."""
    found = rnnlint.check_source(text, "a.py", settings)
    assert not found.diagnostics
    return [(finding.code, finding.fix.applicability) for finding in found if finding.fix]


def only(code: str) -> Settings:
    return replace(ALL, rules=frozenset({code}))


# ---------------------------------------------------------------------------------------------------------------------
# Pages and cases


@pytest.mark.parametrize(("bad", "good"), PAIRS, ids=lambda block: block.id)
def test_the_fix_of_the_bad_block_is_the_good_block(bad: Block, good: Block) -> None:
    settings = replace(pages.settings_of(bad), rules=frozenset({bad.own}))
    assert pages.unmarked(pages.fixed(bad.text, bad.file, settings)) == good.text


def test_every_rule_with_a_fix_shows_it() -> None:
    shown = {bad.own for bad, _ in PAIRS}
    assert shown == {page.path.stem for page in FIXED if BY_CODE[page.path.stem].fix != "none"}


@functools.cache
def offered_somewhere() -> frozenset[tuple[str, str]]:
    """The rules that offer a fix in some block, with its applicability."""
    return frozenset(one for block in PLAIN for one in offered(block.text, pages.settings_of(block)))


def test_rules_without_a_fix_offer_none() -> None:
    offering = {code for code, _ in offered_somewhere()} - {"RNN900"}
    assert offering == {code for code, rule in BY_CODE.items() if rule.fix != "none" and code < "RNN900"}


def test_a_rule_that_is_never_safe_offers_no_safe_fix() -> None:
    safe = {code for code, how in offered_somewhere() if how == "safe"}
    assert safe - {"RNN900"} == {code for code, rule in BY_CODE.items() if rule.fix == "safe" and code < "RNN900"}


@pytest.mark.parametrize("block", FIXABLE, ids=lambda block: block.id)
def test_every_fix_on_offer_helps(block: Block) -> None:
    """Under several import spellings: the code still parses, and all that was offered is done."""
    settings = pages.settings_of(block)
    for spelling, text in pages.sampled_spellings(block).items():
        outcome = pages.fix(text.encode(), block.file, settings)
        assert not outcome.problems, spelling
        result = outcome.results[block.file]
        assert not result.diagnostics, spelling
        assert [finding for finding in result.findings if finding.fix] == [], spelling
        if block.file in outcome.files:
            ast.parse(outcome.files[block.file].after)


@pytest.mark.parametrize("block", FIXABLE, ids=lambda block: block.id)
def test_fixed_in_a_notebook_as_in_a_script(block: Block) -> None:
    cells = pages.paragraphs_of(block.text)
    data = pages.notebook(cells).encode()
    file = str(Path(block.file).with_suffix(".ipynb"))
    outcome = pages.fix(data, file, pages.settings_of(block))
    assert not outcome.problems
    after = outcome.files[file].after if file in outcome.files else data
    book = nbformat.reads(after.decode(), as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(book)
    script = pages.fixed("\n\n".join(cells) + "\n", "a.py", pages.settings_of(block))
    assert "\n\n".join(cell.source for cell in book.cells) + "\n" == script
    assert after == pages.notebook([cell.source for cell in book.cells]).encode(), "written as nbformat writes it"


@functools.cache
def executed(python: str, major: int) -> dict[str, list[Any] | None]:
    """What the fixed blocks raise that run as they are written."""
    before = real.executed(python, major)
    jobs = [
        {"id": block.id, "file": block.file, "text": after}
        for block in FIXABLE
        if before.get(block.id, [""]) is None
        and (after := pages.fixed(block.text, block.file, pages.settings_of(block))) != block.text
    ]
    return real.run(jobs, python, major)


@pytest.mark.keras
def test_what_ran_under_keras_3_runs_when_it_is_fixed(keras3_python: str) -> None:
    found = executed(keras3_python, 3)
    assert len(found) > 50
    assert {block: error for block, error in found.items() if error} == {}


@pytest.mark.keras2
def test_what_ran_under_keras_2_runs_when_it_is_fixed(keras2_python: str) -> None:
    found = executed(keras2_python, 2)
    assert len(found) > 50
    assert {block: error for block, error in found.items() if error} == {}


# ---------------------------------------------------------------------------------------------------------------------
# Rule by rule: what the pages do not show

HEAD = "import keras\nfrom keras import layers\n"
DROP = f"{HEAD}def drop(x):\n    return layers.Dropout(0.3)(x)\n"
FUNCTIONAL = f"{HEAD}y = keras.Input((9, 8))\n"
ADDED = f"{HEAD}m = keras.Sequential()\n"
DROPPED = f"{FUNCTIONAL}x = layers.Dropout(0.3)(y)\n"


def sequential(*lines: str, shape: str = "(100, 32)") -> str:
    inside = "".join(f"    {line},\n" for line in (f"keras.Input(shape={shape})", *lines))
    return f"{HEAD}model = keras.Sequential([\n{inside}])\n"


def after(text: str, code: str) -> str:
    return pages.fixed(text, "a.py", only(code))


def changed(text: str, code: str) -> tuple[list[str], list[str]]:
    """The lines that a fix takes away and those that it puts there."""
    before, now = text.splitlines(), after(text, code).splitlines()
    return [line.strip() for line in before if line not in now], [line.strip() for line in now if line not in before]


def test_rnn102_on_other_axes_and_ranks() -> None:
    permuted = sequential("layers.Permute((2, 1))", "layers.Dropout(0.3)", "layers.Permute((2, 1))", "layers.LSTM(4)")
    assert changed(permuted, "RNN102")[1] == ["layers.Dropout(0.3, noise_shape=(None, None, 1)),"]
    images = sequential("layers.Dropout(0.3)", "layers.ConvLSTM2D(4, 3)", shape="(9, 8, 8, 3)")
    assert changed(images, "RNN102")[1] == ["layers.Dropout(0.3, noise_shape=(None, 1, None, None, None)),"]
    none = sequential("layers.Dropout(0.3, noise_shape=None)", "layers.LSTM(4)")
    assert changed(none, "RNN102")[1] == ["layers.Dropout(0.3, noise_shape=(None, 1, None)),"]


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}def make(n):\n    return keras.Sequential([keras.Input((9, n)), layers.Dropout(.3), layers.LSTM(4)])\n",
        sequential("layers.TimeDistributed(layers.Dropout(0.3))", "layers.LSTM(4)"),
        sequential("layers.Dropout(**{'rate': 0.3})", "layers.LSTM(4)"),
        sequential("layers.Dropout(*[0.3])", "layers.LSTM(4)"),
        sequential("[layers.Dropout][0](0.3)", "layers.LSTM(4)"),
        # One place in the code for tensors of rank 3 and of rank 2.
        f"{DROP}x = drop(keras.Input((9, 8)))\nx = layers.LSTM(4)(x)\nx = drop(x)\n",
        # The same layer for tensors of other ranks, one of them not known.
        f"{HEAD}d = layers.Dropout(0.3)\nx = layers.LSTM(4)(d(keras.Input((9, 8))))\nx = d(unknown(x))\n",
        f"{FUNCTIONAL}for i in range(n):\n  y = layers.Dropout(0.3)(layers.LSTM(8, return_sequences=i < n)(y))\n",
        # And for time on different axes.
        f"{DROP}x = drop(keras.Input((9, 8)))\nlayers.LSTM(4)(x), layers.LSTM(4)(layers.Permute((2, 1))(drop(x)))\n",
    ],
)
def test_rnn102_without_a_fix(text: str) -> None:
    assert {finding.code for finding in rnnlint.check_source(text, "a.py", only("RNN102"))} == {"RNN102"}
    assert offered(text, only("RNN102")) == []


@pytest.mark.parametrize("rate", [0.003, 0.3])
def test_a_single_feature_gets_no_fix(rate: float) -> None:
    assert offered(sequential(f"layers.Dropout({rate})", "layers.LSTM(4)", shape="(9, 1)")) == []


def test_rnn102_behind_a_layer_of_unknown_width() -> None:
    start = f"{HEAD}def make(n):\n    return keras.Sequential([layers.LSTM(n, return_sequences=True), "
    text = start + "{}, layers.LSTM(4)])\n"
    assert after(text.format("layers.Dropout(0.3)"), "RNN102") == text.format("layers.SpatialDropout1D(0.3)")


def test_rnn102_keeps_arguments_that_the_other_class_takes() -> None:
    text = sequential("layers.Dropout(rate=0.3, seed=1, name='x')", "layers.LSTM(4)")
    assert changed(text, "RNN102")[1] == ["layers.SpatialDropout1D(rate=0.3, seed=1, name='x'),"]


def test_rnn101_only_where_enough_features_are_left() -> None:
    shape = "noise_shape=(None, None, 1)"
    assert offered(sequential(f"layers.Dropout(0.3, {shape})", "layers.LSTM(4)")) == [("RNN101", "unsafe")]
    assert offered(sequential(f"layers.Dropout(0.3, {shape})", "layers.LSTM(4)", shape="(9, 3)")) == []
    assert (
        offered(sequential("layers.Embedding(9, 8)", f"layers.Dropout(0.3, {shape})", "layers.LSTM(4)", shape="(9,)"))
        == []
    )


def test_rnn104_and_rnn105_change_one_item() -> None:
    text = sequential("layers.Dropout(0.3, noise_shape=[1,  1, 2 ** 5])", "layers.LSTM(4)")
    assert changed(text, "RNN104")[1] == ["layers.Dropout(0.3, noise_shape=[None,  1, 2 ** 5]),"]
    text = sequential("layers.Dropout(0.3, noise_shape=(100, 1))", "layers.LSTM(4)")
    assert changed(text, "RNN104")[1] == ["layers.Dropout(0.3, noise_shape=(None, 100, 1)),"]
    text = "BATCH = 16\n" + sequential("layers.Dropout(0.3, noise_shape=(BATCH, 1, 32))", "layers.LSTM(4)")
    assert changed(text, "RNN105")[1] == ["layers.Dropout(0.3, noise_shape=(None, 1, 32)),"]
    text = "SHAPE = (16, 1, 32)\n" + sequential("layers.Dropout(0.3, noise_shape=SHAPE)", "layers.LSTM(4)")
    assert offered(text, only("RNN105")) == []


@pytest.mark.parametrize(("version", "codes"), [("3", ["RNN105"]), ("2.15", []), ("auto", [])])
def test_rnn105_of_alpha_dropout(version: str, codes: list[str]) -> None:
    text = sequential("layers.AlphaDropout(0.3, noise_shape=(16, 1, 32))", "layers.LSTM(4)")
    settings = replace(only("RNN105"), keras_version=version)
    assert [code for code, _ in offered(text, settings)] == codes


@pytest.mark.parametrize(
    ("layer", "fixed", "how"),
    [
        ("Dropout(0.5, 42)", "Dropout(0.5, seed=42)", "safe"),
        ("Dropout(0.5, noise_shape=(-1, 1, 32))", "Dropout(0.5, noise_shape=(None, 1, 32))", "safe"),
        ("Dropout(0.5, noise_shape=(-1, 1, 32.0))", "Dropout(0.5, noise_shape=(None, 1, 32))", "safe"),
        ("Dropout(0.5, noise_shape=(-1, 50, 32))", "Dropout(0.5, noise_shape=(None, 50, 32))", "safe"),
        ("Dropout(0.5, noise_shape=(None, 50, 32))", "Dropout(0.5, noise_shape=(None, 100, 32))", "unsafe"),
        ("SpatialDropout1D(0.5, noise_shape=(None, 1, 32))", "SpatialDropout1D(0.5)", "unsafe"),
        ("GaussianDropout(0.5, noise_shape=(None, 1, 32))", "GaussianDropout(0.5)", "unsafe"),
        ("Dropout(0.5, True)", None, None),
        ("Dropout(0.5, noise_shape=(None, 0, 32))", None, None),
        ("Dropout(0.5, noise_shape=(-1, 0, 32))", None, None),
        ("Dropout(0.5, noise_shape=(None, 1, 32, 1))", None, None),
        ("Dropout(0.5, noise_shape='x')", None, None),
        ("AlphaDropout(0.5, noise_shape=(-1, 1, 32))", None, None),
    ],
)
def test_rnn106(layer: str, fixed: str | None, how: str | None) -> None:
    text = sequential(f"layers.{layer}", "layers.LSTM(4)")
    assert [one for _, one in offered(text, only("RNN106"))] == ([how] if how else [])
    first = rnnlint.check_source(text, "a.py", only("RNN106"))[0]
    if fixed and first.fix:
        once = rnnlint.fixer.apply(text.encode(), "a.py", first.fix.edits).decode()
        assert once == text.replace(layer, fixed)


def test_rnn106_of_a_layer_that_reads_two_shapes() -> None:
    text = f"{HEAD}d = layers.Dropout(0.3, noise_shape=(None, 1, 64))\nx = d(keras.Input((9, 64)))\n"
    assert offered(text + "x = d(keras.Input((9, 32)))\n", only("RNN106")) == []
    assert offered(text.replace("(9, 64)", "(9, 32)"), only("RNN106")) == [("RNN106", "unsafe")]


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        (
            f"{FUNCTIONAL}x = layers.Dropout(0.3)(y)\nx = layers.Masking(-1.0)(x)\nx = layers.LSTM(4)(x)\n",
            f"{FUNCTIONAL}x = layers.Masking(-1.0)(y)\nx = layers.Dropout(0.3)(x)\nx = layers.LSTM(4)(x)\n",
        ),
        (
            f"{FUNCTIONAL}x = layers.LSTM(4)(layers.Masking(-1.0)(layers.Dropout(0.3)(y)))\n",
            f"{FUNCTIONAL}x = layers.LSTM(4)(layers.Dropout(0.3)(layers.Masking(-1.0)(y)))\n",
        ),
        (
            f"{ADDED}m.add(layers.Dropout(0.3))\nm.add(layers.Masking(-1.0))\nm.add(layers.LSTM(4))\n",
            f"{ADDED}m.add(layers.Masking(-1.0))\nm.add(layers.Dropout(0.3))\nm.add(layers.LSTM(4))\n",
        ),
        # Something else reads the dropout.
        (f"{DROPPED}z = x\nx = layers.Masking(-1.0)(x)\nx = layers.LSTM(4)(x)\nz += 1\n", None),
        (f"{DROPPED}z = x\nx = layers.Masking(-1.0)(x)\nm = keras.Model(y, [x, z])\n", None),
        # Layers between, or another place where they are called.
        (sequential("layers.Dropout(0.3)", "layers.Reshape((50, 64))", "layers.Masking(-1.0)", "layers.LSTM(4)"), None),
        (sequential("layers.Dropout(0.3, input_shape=(9, 8))", "layers.Masking(-1.0)", "layers.LSTM(4)"), None),
        (f"{FUNCTIONAL}d = layers.Dropout(0.3)\nm = layers.Masking(-1.0)\nx = layers.LSTM(4)(m(d(y)))\n", None),
        (f"{FUNCTIONAL}x = layers.Dropout(0.3)(y, training=True)\nx = layers.Masking(-1.0)(x)\n", None),
        (f"{DROP}x = layers.LSTM(4)(layers.Masking(-1.0)(drop(keras.Input((9, 8)))))\n", None),
    ],
)  # fmt: skip
def test_rnn107(text: str, fixed: str | None) -> None:
    assert "RNN107" in [finding.code for finding in rnnlint.check_source(text, "a.py", only("RNN107"))]
    assert after(text, "RNN107") == (fixed or text)


def test_rnn107_goes_past_several_dropouts() -> None:
    text = sequential("layers.Dropout(0.3)", "layers.GaussianDropout(0.2)", "layers.Masking(-1.0)", "layers.LSTM(4)")
    expected = sequential(
        "layers.Masking(-1.0)", "layers.Dropout(0.3)", "layers.GaussianDropout(0.2)", "layers.LSTM(4)"
    )
    assert after(text, "RNN107") == expected


def test_rnn109_keeps_the_name() -> None:
    text = sequential("layers.TimeDistributed(layers.Dropout(0.3), name='x')", "layers.LSTM(4)")
    assert changed(text, "RNN109")[1] == ["layers.Dropout(0.3, name='x'),"]
    mask = f"{FUNCTIONAL}x = layers.TimeDistributed(layers.Dropout(0.3))(y, mask=m)\n"
    assert offered(mask, only("RNN109")) == []
    elsewhere = f"{FUNCTIONAL}d = layers.Dropout(0.3)\nx = layers.TimeDistributed(d)(y)\n"
    assert offered(elsewhere, only("RNN109")) == []


def test_rnn109_then_rnn102() -> None:
    text = sequential("layers.TimeDistributed(layers.Dropout(0.3))", "layers.LSTM(4)")
    assert pages.fixed(text, "a.py", ALL) == sequential("layers.SpatialDropout1D(0.3)", "layers.LSTM(4)")


@pytest.mark.parametrize(
    ("call", "fixed"),
    [
        ("layers.GRU(4, recurrent_dropout=0.2)", "layers.GRU(4)"),
        ("layers.GRU(recurrent_dropout=0.2, units=4)", "layers.GRU(units=4)"),
        ("layers.Bidirectional(layers.LSTM(4, recurrent_dropout=RATE))", "layers.Bidirectional(layers.LSTM(4))"),
        ("layers.LSTM(4, recurrent_dropout=rates['r'])", None),
        ("layers.LSTM(4, **{'recurrent_dropout': 0.2})", None),
        ("layers.LSTM(**SETTINGS)", None),
        ("make(layers.LSTM)", None),
    ],
)
def test_rnn201(call: str, fixed: str | None) -> None:
    head = f"{HEAD}RATE = 0.2\nrates = {{'r': 0.2}}\nSETTINGS = dict(units=4, recurrent_dropout=0.2)\n"
    head += "def make(kind):\n    from functools import partial\n    return partial(kind, 4, recurrent_dropout=0.2)()\n"
    text = f"{head}layer = {call}\n"
    assert "RNN201" in [finding.code for finding in rnnlint.check_source(text, "a.py", only("RNN201"))]
    assert after(text, "RNN201") == f"{head}layer = {fixed or call}\n"


def test_rnn203_then_rnn201() -> None:
    text = f"{HEAD}layer = layers.LSTM(4, recurrent_dropout=0.2, use_cudnn=True)\n"
    assert offered(text) == [("RNN203", "safe")]
    assert after(text, "RNN203") == f"{HEAD}layer = layers.LSTM(4, recurrent_dropout=0.2)\n"
    assert pages.fixed(text, "a.py", ALL) == f"{HEAD}layer = layers.LSTM(4)\n"


def test_rnn301_writes_percentages_as_shares() -> None:
    assert changed(sequential("layers.LSTM(4, dropout=25)"), "RNN301")[1] == ["layers.LSTM(4, dropout=0.25),"]
    for rate in ("-0.1", "1.0", "'0.2'", "RATE"):
        assert offered(f"RATE = 20\n{HEAD}layer = layers.LSTM(4, dropout={rate})\n", only("RNN301")) == []


def test_a_suppressed_finding_is_not_fixed() -> None:
    text = sequential("layers.Dropout(0.3)", "layers.LSTM(4)").replace("0.3),", "0.3),  # noqa: RNN102")
    assert pages.fixed(text, "a.py", ALL) == text


# ---------------------------------------------------------------------------------------------------------------------
# Generated code

blanks = st.sampled_from(["", " ", "  ", "\n        ", "\n        # on its own\n        ", "  # a, comment(\n        "])
before_close = st.sampled_from(["", ",", " ", "\n    ", ",\n    ", ",  # last\n    ", "  # last\n    "])
names = st.sampled_from(
    ["name='a'", "name='ü, # ('", 'name="""x\ny"""', "name=f'{1}'", "dtype=None", "trainable=(True)"]
)


@st.composite
def calls(draw: st.DrawFn, callee: str, required: list[str], first: str) -> str:
    """A call with its arguments in any order and formatting."""
    extra = draw(st.lists(names, max_size=2, unique_by=lambda name: name.partition("=")[0]))
    rest = draw(st.permutations([*required, *extra]))
    parts = [draw(blanks) + argument for argument in [first, *rest]]
    return f"{callee}({','.join(parts)}{draw(before_close)})"


@st.composite
def layers_(draw: st.DrawFn) -> tuple[str, str]:
    """A layer that a rule reports and has a fix for, and its code."""
    kind = draw(st.sampled_from(["RNN102", "RNN104", "RNN105", "RNN106", "RNN201", "RNN203", "RNN301", "none"]))
    call = {
        "RNN102": calls("layers.Dropout", [], draw(st.sampled_from(["0.3", "rate=(0.3)", "(0.3)"]))),
        "RNN104": calls("layers.Dropout", ["noise_shape=( 1, 1,32 )"], "0.3"),
        "RNN105": calls("layers.Dropout", ["noise_shape=[16, 1, 32]"], "rate=0.3"),
        "RNN106": calls("layers.Dropout", ["noise_shape=(-1, 1, 32.0)"], "rate = 0.3"),
        "RNN201": calls("layers.GRU", ["recurrent_dropout=.2", "return_sequences=True"], "32"),
        "RNN203": calls("layers.LSTM", ["use_cudnn=True", "activation='relu'", "return_sequences=True"], "units=32"),
        "RNN301": calls("layers.GaussianDropout", [], "20"),
        "none": calls("layers.Dense", [], "32"),
    }[kind]
    return kind, draw(call)


def tokens(text: str) -> list[str]:
    return re.findall(r"#[^\n]*", re.sub(r"'[^'\n]*'|\"\"\".*?\"\"\"", "''", text, flags=re.DOTALL))


@given(st.lists(layers_(), min_size=1, max_size=5), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_any_combination_of_layers(stack: list[tuple[str, str]], newline: str, as_notebook: bool) -> None:
    """What is fixed is gone, the rest of the code is as it was, comments and all, and a second run does nothing."""
    lines = [f"    {call},  # {number}: {kind}\n" for number, (kind, call) in enumerate(stack)]
    parts = [f"{HEAD}# ä\nmodel = keras.Sequential([\n    keras.Input(shape=(100, 32)),\n", *lines]
    text = "".join([*parts, "    layers.LSTM(4),\n])\n"])
    kinds = [kind for kind, _ in stack if kind != "none"]
    settings = Settings(rules=frozenset(kinds) or frozenset({"RNN102"}), keras_version="3")
    file = "a.ipynb" if as_notebook else "a.py"
    data = pages.notebook([text]).encode() if as_notebook else text.replace("\n", newline).encode()
    outcome = pages.fix(data, file, settings)
    assert not outcome.problems
    made = outcome.files[file].after if file in outcome.files else data
    now = _code(made, as_notebook)
    ast.parse(now)
    assert not [finding for finding in outcome.results[file].findings if finding.code in kinds or finding.fix]
    assert tokens(now) == tokens(text), "comments stay"
    assert list(_unfixed(now, stack)) == list(_unfixed(text, stack))
    assert not pages.fix(made, file, settings).files
    if as_notebook:
        assert made == pages.notebook([now.rstrip("\n") if not text.endswith("\n") else now]).encode()
    else:
        assert made.count(b"\r\n") == (made.count(b"\n") if newline == "\r\n" else 0)


def _code(data: bytes, as_notebook: bool) -> str:
    if as_notebook:
        return "".join(json.loads(data)["cells"][0]["source"])
    return data.decode().replace("\r\n", "\n")


def _unfixed(text: str, stack: list[tuple[str, str]]) -> Iterator[str]:
    """The code around the layers, and the layers that have no finding."""
    end = 0
    for number, (kind, call) in enumerate(stack):
        mark = f"  # {number}: {kind}\n"
        stop = text.index(mark, end)
        if kind == "none":
            assert text[end:stop].endswith(f"    {call},")
            yield call
        end = stop + len(mark)
        yield mark
    yield text[end:]
    yield text[: text.index("keras.Input")]
