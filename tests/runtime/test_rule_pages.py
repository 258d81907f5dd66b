"""Every rule page against real Keras: what it marks is confirmed, and nothing else is found."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from rnnlint.checks import RULES
from rnnlint.runtime.confirm import OBSERVABLE, Session
from tests import pages
from tests.pages import Block
from tests.runtime.confirming import findings, told

BLOCKS = [block for page in pages.pages() for block in page.blocks if block.own in OBSERVABLE]
# Keras 2 has no `use_cudnn`.
ONLY_KERAS_3 = {"RNN203"}


@pytest.mark.keras
@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.id)
def test_keras_3(block: Block, keras3: Session, tmp_path: Path) -> None:
    assert keras3.found.env().majors == {3}
    check(block, keras3, tmp_path)


@pytest.mark.keras2
@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.id)
def test_keras_2(block: Block, keras2: Session, tmp_path: Path) -> None:
    assert keras2.found.env().majors == {2}
    if block.own in ONLY_KERAS_3:
        found = findings((block,), keras2, tmp_path)
        assert block.own not in {one.code for one in found}
    else:
        check(block, keras2, tmp_path)


def check(block: Block, session: Session, folder: Path) -> None:
    """What is marked is found and confirmed, and nothing else is found."""
    found = list(session.confirm(findings((block,), session, folder)))
    places = Counter((one.span.cell, one.span.row, one.code) for one in found)
    assert places == pages.marks(block.text, block.own).places, told(found)
    assert all(one.verdict is not None and one.verdict.status == "confirmed" for one in found), told(found)


def test_rules_whose_findings_a_run_can_show() -> None:
    """All but those about the comments that suppress."""
    assert {rule.code for rule, _ in RULES} - OBSERVABLE == {"RNN900", "RNN901"}
