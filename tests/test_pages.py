"""The rule book, `rules/*.md`: its form, and every code block of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rnnlint.checks import RULES
from rnnlint.registry import Rule
from tests import pages, real
from tests.pages import Block, Page

PAGES = pages.pages()
BY_CODE = {rule.code: rule for rule, _ in RULES}
BLOCKS = [block for page in PAGES for block in page.blocks]
GROUPS = [blocks for page in PAGES for blocks in pages.groups(page)]
RUN = {major: [group for page in PAGES for group in real.runnable(page, major)] for major in (2, 3)}

STATUS = re.compile(
    r"Default: (?P<default>on|off) · Severity: (?P<severity>error|warning|advice)"
    r" · Confidence: (?P<confidence>certain|possible|certain or possible)"
    r" · Fix: (?P<fix>safe|unsafe|none) · Runtime: (?P<runtime>[a-z-]+) · Since (?P<since>\d+\.\d+)"
)


def rule(page: Page) -> Rule:
    return BY_CODE[page.path.stem]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path.stem)
def test_title_and_status(page: Page) -> None:
    own = rule(page)
    assert page.headings[0] == (1, f"{own.code} `{own.name}`")
    status = STATUS.fullmatch(page.under(page.headings[0][1])[0])
    assert status, page.under(page.headings[0][1])
    assert status["default"] == ("on" if own.default else "off")
    assert status["severity"] == own.severity
    assert status["fix"] == own.fix
    assert status["runtime"] == (own.runtime or "none")
    assert status["since"] == own.since


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path.stem)
def test_headings(page: Page) -> None:
    """All sections in their order; those that a rule may lack left out."""
    found = [text for level, text in page.headings if level == 2]
    assert all(level <= 3 for level, _ in page.headings)
    order = [
        "What it does",
        "Why is this bad?",
        "Example",
        *(["Fix safety"] if rule(page).fix != "none" else []),
        *(["How it is confirmed"] if rule(page).runtime else []),
        *[name for name in ("When to ignore it", "Limits") if name in found],
        "References",
    ]
    assert found == order
    assert {"When to ignore it", "Limits"} & set(found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path.stem)
def test_first_sentence_is_the_summary(page: Page) -> None:
    text = page.under("What it does")[0]
    summary = rule(page).summary
    assert summary.endswith(".")
    assert text == summary or text.startswith(summary + " ")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path.stem)
def test_example_has_a_bad_and_a_good_block(page: Page) -> None:
    """A block that this rule reports, "Use instead:", and a block that no rule reports."""
    example = [block for block in page.blocks if block.heading[-1] == "Example"]
    assert len(example) >= 2
    assert any(code == block.own for block in example[:1] for _, _, code in pages.marks(block.text, block.own).places)
    assert not pages.marks(example[1].text, example[1].own).places
    assert "Use instead:" in page.under("Example")


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.id)
def test_blocks_are_short_and_plain(block: Block) -> None:
    assert max(map(len, block.text.splitlines())) <= 100, "wraps on a page"
    assert block.plain or not block.file.endswith(".py"), "a rule page shows scripts and notebooks, not projects"


@pytest.mark.parametrize("blocks", GROUPS, ids=lambda blocks: blocks[0].id)
def test_findings_are_the_marks(blocks: tuple[Block, ...], tmp_path: Path) -> None:
    pages.check_as_written(blocks, tmp_path)


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.plain], ids=lambda block: block.id)
def test_every_import_spelling(block: Block) -> None:
    spellings = pages.spellings(block)
    assert len(spellings) == 9, f"{block.id} is not in the form that can be respelt: {sorted(spellings)}"
    for spelling, text in pages.sampled_spellings(block).items():
        try:
            pages.check_script(block, text)
        except AssertionError as error:
            raise AssertionError(f"spelt as {spelling!r}: {error}") from error


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.plain], ids=lambda block: block.id)
def test_as_a_notebook(block: Block) -> None:
    pages.check_notebook(block, pages.paragraphs_of(block.text))


@pytest.mark.keras
@pytest.mark.parametrize("blocks", RUN[3], ids=lambda blocks: blocks[0].id)
def test_runs_under_keras_3(blocks: tuple[Block, ...], keras3_python: str) -> None:
    real.check_execution(blocks, keras3_python, 3)


@pytest.mark.keras2
@pytest.mark.parametrize("blocks", RUN[2], ids=lambda blocks: blocks[0].id)
def test_runs_under_keras_2(blocks: tuple[Block, ...], keras2_python: str) -> None:
    real.check_execution(blocks, keras2_python, 2)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.id)
def test_every_block_is_executed(block: Block) -> None:
    """What cannot run under one major version says which exception it raises there; nothing is left out."""
    assert "run" not in block.settings, f"{block.id}: use raises2= or raises3="
