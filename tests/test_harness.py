"""The harness can fail: a page that says the wrong thing does not pass."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests import pages, sampling
from tests.pages import Block

SCRIPT = """\
import keras
from keras import layers

layer = layers.LSTM(
    8,
    recurrent_dropout=0.2,  # error
)
"""


def block(text: str = SCRIPT, own: str = "RNN201", **settings: str) -> Block:
    return Block(Path("RNN201.md"), 1, own, ("RNN201",), text, settings)


def test_a_right_mark_passes() -> None:
    pages.check_script(block(), SCRIPT)
    pages.check_notebook(block(), pages.paragraphs_of(SCRIPT))


@pytest.mark.parametrize(
    "text",
    [
        SCRIPT.replace("  # error", ""),
        SCRIPT.replace("# error", "# error possible"),
        SCRIPT.replace("# error", "# error: [RNN202]"),
        SCRIPT.replace("# error", "# error: [RNN201, RNN201]"),
        SCRIPT.replace("8,", "8,  # error: [RNN201]"),
        SCRIPT.replace("0.2", "0.0"),
        SCRIPT.replace("# error", "# errors"),
        "x = (",
    ],
)
def test_a_wrong_mark_fails(text: str) -> None:
    with pytest.raises(AssertionError):
        pages.check_script(block(text), text)


def test_a_bare_mark_needs_a_rule_of_the_page() -> None:
    with pytest.raises(AssertionError, match="a bare mark names no rule"):
        pages.marks(SCRIPT, "")


def test_an_unknown_setting_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "RNN201.md"
    path.write_text("# x\n\n```python keras=3\npass\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="no setting of a block"):
        pages.read(path)


def test_spellings_mean_the_same_and_differ() -> None:
    found = pages.spellings(block())
    assert list(found) == [
        "as written",
        "tensorflow.keras",
        "tf.keras",
        "try",
        "keras.layers",
        "alias",
        "as",
        "names",
        "star",
    ]
    assert len(set(found.values())) == len(found)
    assert "\nlayer = tf.keras.layers.LSTM(" in found["tf.keras"]
    assert "\nlayer = L.LSTM(" in found["alias"]
    assert "from keras.layers import LSTM\n" in found["names"]
    assert "\nlayer = LSTM(" in found["star"]
    for text in found.values():
        compile(text, "block.py", "exec")


def test_a_name_of_the_script_is_not_overwritten_by_a_spelling() -> None:
    text = SCRIPT + "\n\nclass LSTM:\n    pass\n"
    assert "names" not in pages.spellings(block(text))
    assert "star" not in pages.spellings(block(text))


def test_cells_end_at_blank_lines_between_statements() -> None:
    text = "import a\n\n\n@a.b\ndef f():\n    x = 1\n\n    return x\n\n# about y\ny = 1\nz = 2\n"
    assert pages.paragraphs_of(text) == [
        "import a",
        "@a.b\ndef f():\n    x = 1\n\n    return x",
        "# about y\ny = 1\nz = 2",
    ]


def test_a_sample_is_the_same_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(sampling.VARIABLE, raising=False)
    assert sampling.sample("abcdefgh", 3, "key") == ["c", "e", "f"]
    assert sampling.sample("abcdefgh", 3, "another key") != ["c", "e", "f"]
    assert sampling.sample("ab", 3, "key") == ["a", "b"]
    assert [key for key in "abcdefgh" if sampling.one_in(3, key)] == ["c", "f"]
    monkeypatch.setenv(sampling.VARIABLE, "1")
    assert sampling.sample("abcdefgh", 3, "key") == list("abcdefgh")
    assert all(sampling.one_in(3, key) for key in "abcdefgh")


def test_a_sample_holds_each_block_as_written_and_each_spelling_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(sampling.VARIABLE, raising=False)
    blocks = [block for page in (*pages.pages(), *pages.cases()) for block in page.blocks if block.plain]
    samples = [pages.sampled_spellings(block) for block in blocks]
    counted = Counter(name for sample in samples for name in sample)
    assert counted.pop("as written") == len(blocks)
    respelt = [block for block in blocks if len(pages.spellings(block)) > 1]
    assert counted.total() == 2 * len(respelt)
    assert set(counted) == {name for block in blocks for name in pages.spellings(block)} - {"as written"}
    assert min(counted.values()) > len(respelt) / 8
    monkeypatch.setenv(sampling.VARIABLE, "1")
    assert pages.sampled_spellings(blocks[0]) == pages.spellings(blocks[0])


def test_each_case_is_tried_in_some_keras_and_each_rule_page_in_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(sampling.VARIABLE, raising=False)
    assert {pages.sampled_majors(block) for page in pages.pages() for block in page.blocks} == {(2, 3)}
    cases = [block for page in pages.cases() for block in page.blocks]
    counted = Counter(major for block in cases for major in pages.sampled_majors(block))
    assert counted.total() == len(cases)
    assert min(counted.values()) > len(cases) / 4
    for block in cases:
        named = block.settings.get("keras-version", "")[:1]
        assert not named.isdigit() or pages.sampled_majors(block) == (int(named),)
    monkeypatch.setenv(sampling.VARIABLE, "1")
    assert {pages.sampled_majors(block) for block in cases} == {(2, 3)}
