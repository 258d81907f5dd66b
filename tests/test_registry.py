"""The registry, the pages, the cases, the index and the changelog speak of the same rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rnnlint.checks import RULES
from tests.pages import CASES, CODE, ROOT, marks, read
from tests.pages import RULES as BOOK

CODES = [rule.code for rule, _ in RULES]

INDEX_HEAD = "| Code | Name | Default | Fix | Reports |\n| --- | --- | --- | --- | --- |\n"


def index() -> str:
    """The table of `rules/README.md`, made of the registry."""
    return INDEX_HEAD + "".join(
        f"| [{rule.code}]({rule.code}.md) | `{rule.name}` | {'on' if rule.default else 'off'} | {rule.fix} "
        f"| {rule.summary} |\n"
        for rule, _ in RULES
    )


def test_codes_are_in_order_and_unique() -> None:
    assert sorted(set(CODES)) == CODES
    names = [rule.name for rule, _ in RULES]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", name) for name in names)


def test_a_module_per_rule() -> None:
    modules = {path.stem.upper() for path in (ROOT / "rnnlint" / "checks").glob("rnn[0-9]*.py")}
    assert modules == set(CODES)


def test_a_page_per_rule() -> None:
    assert {path.stem for path in BOOK.glob("*.md")} == {*CODES, "README"}


def test_cases_for_every_rule() -> None:
    """Each rule has its file of cases, and in it both a block that it reports and one that it does not."""
    assert {path.stem for path in CASES.glob("RNN*.md")} == set(CODES)
    for code in CODES:
        spoken = [
            any(found == code for _, _, found in marks(block.text, block.own).places)
            for block in read(CASES / f"{code}.md").blocks
            if block.plain
        ]
        assert True in spoken, f"tests/cases/{code}.md holds nothing that {code} reports"
        assert False in spoken, f"tests/cases/{code}.md holds nothing on which {code} is silent"


def test_index_of_the_rule_book() -> None:
    text = (BOOK / "README.md").read_text(encoding="utf-8")
    assert index() in text, f"rules/README.md should hold this table:\n{index()}"


def test_changelog_names_every_rule() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert set(CODE.findall(text)) == set(CODES)


@pytest.mark.parametrize("path", sorted(BOOK.glob("*.md")), ids=lambda path: path.stem)
def test_links_between_pages(path: Path) -> None:
    """Relative links lead to a file, and codes that a page mentions exist."""
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", text):
        assert (path.parent / target).exists(), f"{path.name} links to {target}"
    assert set(CODE.findall(text)) <= set(CODES)
