"""Every rule page against real Keras: what it marks is confirmed, and nothing else is found."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from rnnlint.checks import RULES
from rnnlint.confirm.session import OBSERVABLE, Session
from rnnlint.keras.defects import (
    CONV_LSTM_IGNORES,
    DROPOUT_LOSES_CUDNN,
    DROPS_AT_INFERENCE,
    GRU_STATE_GROWS,
    IMPLEMENTATION_1_FAILS,
    RECURRENT_RATE_IGNORED,
)
from rnnlint.keras.versions import VersionSet, parse_keras_version
from tests import pages
from tests.confirm.confirming import findings, told
from tests.pages import Block

BLOCKS = [block for page in pages.pages() for block in page.blocks if block.own in OBSERVABLE]
# Keras 2 has no `use_cudnn`.
ONLY_KERAS_3 = {"RNN203"}
# Rules that speak of some versions only.
BOUND = {
    "RNN402": VersionSet.keras3(),  # its example calls a function of Keras 3
    "RNN204": DROPOUT_LOSES_CUDNN.where,
    "RNN302": IMPLEMENTATION_1_FAILS.where,
    "RNN501": GRU_STATE_GROWS.where,
    "RNN502": DROPS_AT_INFERENCE.where,
    "RNN503": RECURRENT_RATE_IGNORED.where,
    "RNN504": CONV_LSTM_IGNORES.where,
}


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
    """What is marked is found and confirmed, and nothing else is found.

    A block for another Keras is not confirmed. A rule about some versions is silent where the one that runs is none.
    """
    found = list(session.confirm(findings((block,), session, folder)))
    places = Counter((one.span.cell, one.span.row, one.code) for one in found)
    expected = pages.marks(block.text, block.own).places
    running, wanted = session.found.env(), block.settings.get("keras-version")
    if wanted is None and block.own in BOUND and BOUND[block.own].within(running) == "none":
        expected = Counter({place: count for place, count in expected.items() if place[2] != block.own})
    assert places == expected, told(found)
    elsewhere = wanted is not None and not running.versions & parse_keras_version(wanted)
    for one in found:
        assert one.verdict is not None
        assert one.verdict.status == ("unverified" if elsewhere else "confirmed"), told(found)
        assert not elsewhere or one.verdict.evidence.startswith(("fixed in Keras ", "the code is for Keras "))


def test_rules_whose_findings_a_run_can_show() -> None:
    """All but those about the comments that suppress."""
    assert {rule.code for rule, _ in RULES} - OBSERVABLE == {"RNN900", "RNN901"}
