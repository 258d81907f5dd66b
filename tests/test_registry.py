"""The registry, the pages, the cases, the index and the changelog speak of the same rules."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from rnnlint import registry
from rnnlint.checks import RULES
from rnnlint.keras.ingredients import EVERYTHING
from tests.pages import CASES, CODE, ROOT, marks, read
from tests.pages import RULES as BOOK

CODES = [rule.code for rule, _ in RULES]


def test_codes_are_in_order_and_unique() -> None:
    assert sorted(set(CODES)) == CODES
    names = [rule.name for rule, _ in RULES]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", name) for name in names)


def test_a_module_per_rule() -> None:
    modules = {path.stem.upper() for path in (ROOT / "rnnlint" / "checks").glob("rnn[0-9]*.py")}
    assert modules == set(CODES)


def test_a_check_speaks_of_its_own_rule() -> None:
    """What a rule is stands apart from what it does: the module has to take its own row."""
    for rule in registry.RULES:
        module = importlib.import_module(f"rnnlint.checks.{rule.code.lower()}")
        assert getattr(module, "RULE", rule) is rule
        assert module.__doc__
        assert module.__doc__.startswith(f"{rule.code}: ")
    assert [rule for rule, _ in RULES] == list(registry.RULES)
    assert set(CODES) >= registry.ABOUT_COMMENTS == {rule.code for rule in registry.RULES if not rule.requires}


def test_a_check_is_that_of_its_module(monkeypatch: pytest.MonkeyPatch) -> None:
    for rule, check in RULES:
        module = importlib.import_module(f"rnnlint.checks.{rule.code.lower()}")
        with monkeypatch.context() as patch:
            patch.setattr(module, "check", lambda *given, code=rule.code: (code, *given))
            found: Any = check(1, 2)  # type: ignore[arg-type]
            assert found == (rule.code, 1, 2)


def test_requirements_are_ingredients() -> None:
    assert {name for rule in registry.RULES for need in rule.requires for name in need} <= EVERYTHING


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
