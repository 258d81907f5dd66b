"""The long tail, `tests/cases/*.md`, against real Keras: no finding is refuted, and what is not confirmed says why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rnnlint.confirm.session import OBSERVABLE, Session
from tests import pages
from tests.confirm.confirming import LIMITS, findings, told
from tests.pages import Block

# What the pages show with 256 draws is only looked at here.
DRAWS = 32
GROUPS = [
    blocks for page in pages.cases() for blocks in pages.groups(page) if any("# error" in one.text for one in blocks)
]
IN = {major: [blocks for blocks in GROUPS if major in pages.sampled_majors(blocks[0])] for major in (2, 3)}
# A block may be for another Keras than the one that runs, or hold what happens too seldom.
REASONS = re.compile(r"the code is for Keras |fixed in Keras |.* has no tf_keras; |.*: too rare to be observed among ")


@pytest.fixture(scope="module")
def keras3(keras3_python: str) -> Iterator[Session]:
    session = Session(keras3_python, limits=LIMITS, draws=DRAWS)
    yield session
    session.close()


@pytest.fixture(scope="module")
def keras2(keras2_python: str) -> Iterator[Session]:
    session = Session(keras2_python, limits=LIMITS, draws=DRAWS)
    yield session
    session.close()


@pytest.mark.keras
@pytest.mark.parametrize("blocks", IN[3], ids=lambda blocks: blocks[0].id)
def test_keras_3(blocks: tuple[Block, ...], keras3: Session, tmp_path: Path) -> None:
    check(blocks, keras3, tmp_path)


@pytest.mark.keras2
@pytest.mark.parametrize("blocks", IN[2], ids=lambda blocks: blocks[0].id)
def test_keras_2(blocks: tuple[Block, ...], keras2: Session, tmp_path: Path) -> None:
    check(blocks, keras2, tmp_path)


def check(blocks: tuple[Block, ...], session: Session, folder: Path) -> None:
    found = list(session.confirm(findings(blocks, session, folder)))
    assert not {one.code for one in found if one.verdict is None} & OBSERVABLE
    verdicts = [one.verdict for one in found if one.verdict is not None]
    assert all(
        one.status == "confirmed" or (one.status == "unverified" and REASONS.match(one.evidence)) for one in verdicts
    ), told(found)
