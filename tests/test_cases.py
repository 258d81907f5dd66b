"""The long tail, `tests/cases/*.md`: every block is linted as written, respelt, and as a notebook, and executed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import pages, real
from tests.pages import Block

GROUPS = [blocks for page in pages.cases() for blocks in pages.groups(page)]
PLAIN = [block for page in pages.cases() for block in page.blocks if block.plain]
RUN = {major: [group for page in pages.cases() for group in real.runnable(page, major)] for major in (2, 3)}


@pytest.mark.parametrize("blocks", GROUPS, ids=lambda blocks: blocks[0].id)
def test_findings_are_the_marks(blocks: tuple[Block, ...], tmp_path: Path) -> None:
    pages.check_as_written(blocks, tmp_path)


@pytest.mark.parametrize("block", PLAIN, ids=lambda block: block.id)
def test_every_import_spelling(block: Block) -> None:
    for spelling, text in pages.sampled_spellings(block).items():
        try:
            pages.check_script(block, text)
        except AssertionError as error:
            raise AssertionError(f"spelt as {spelling!r}: {error}") from error


@pytest.mark.parametrize("block", PLAIN, ids=lambda block: block.id)
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
