"""What `python -m tests.docs` writes is what stands in the repository, and follows from the code."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rnnlint.registry import RULES, Rule
from rnnlint.settings.choices import FORMATS
from tests import docs

NEW = Rule(
    code="RNN399",
    name="no-rate",
    summary="Reports a rate of 0.",
    severity="advice",
    default=False,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of what the command writes."""
    for name, _ in docs.files():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(docs.ROOT / name, tmp_path / name)
    return tmp_path


def test_what_follows_from_the_code_is_up_to_date() -> None:
    assert docs.outdated(docs.ROOT).keys() == set(), "run python -m tests.docs"


def test_a_new_rule_is_written_everywhere(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = next(index for index, rule in enumerate(RULES) if rule.code > NEW.code)
    monkeypatch.setattr(docs, "RULES", (*RULES[:at], NEW, *RULES[at:]))
    monkeypatch.setattr(docs, "ROOT", root)
    page = root / "rules" / "RNN399.md"
    page.write_text("# RNN999\n\nDefault: on · Confidence: certain · Fix: safe\n\nText.\n")
    assert docs.main([]) == 0
    assert page.read_text() == (
        "# RNN399 `no-rate`\n\n"
        "Default: off · Severity: advice · Confidence: certain · Fix: none · Runtime: none · Since 0.1\n\nText.\n"
    )
    for name, link in (("README.md", f"{docs.FILE}rules/"), ("rules/README.md", "")):
        rows = [line for line in (root / name).read_text().splitlines() if line.startswith("| [RNN")]
        assert rows[at] == (f"| [RNN399]({link}RNN399.md) | `no-rate` | advice | off | none | Reports a rate of 0. |")
        assert len(rows) == len(RULES) + 1
    assert "\n- RNN399 `no-rate` (off by default)\n" in (root / "CHANGELOG.md").read_text()
    assert docs.outdated(root) == {}


def test_a_release_without_rules_gets_a_section() -> None:
    text = "# Changelog\n\n## 0.2.0 - unreleased\n\n### Command\n\n- More.\n\n## 0.1.0\n\n### Rules\n\n"
    text += "".join(f"- {rule.code}\n" for rule in RULES[1:])
    assert docs.changelog(text) == text.replace(
        "- More.\n", f"- More.\n\n### Rules\n\n- {RULES[0].code} `{RULES[0].name}`\n"
    )


def test_what_is_out_of_date_is_named(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(docs, "ROOT", root)
    readme = root / "README.md"
    old = readme.read_text().replace('"concise", ', "")
    readme.write_text(old)
    assert docs.main(["--check"]) == 1
    assert capsys.readouterr().out == "README.md: out of date\n"
    assert readme.read_text() == old
    assert docs.main([]) == 0
    assert readme.read_text() != old
    assert docs.main(["--check"]) == 0


def test_a_page_of_another_form_is_refused() -> None:
    with pytest.raises(ValueError, match="no table begins with"):
        docs.index("# The rules\n")
    with pytest.raises(ValueError, match="0 matches"):
        docs.page(NEW)("# RNN399 `x`\n")


def test_every_output_format_has_tests() -> None:
    """A module of its own, or functions in test_formats.py that are named after it."""
    folder = docs.ROOT / "tests" / "output"
    shared = (folder / "test_formats.py").read_text(encoding="utf-8")
    without = [
        name
        for name in FORMATS
        if not (folder / f"test_{(module := name.replace('-', '_'))}.py").exists()
        and f"def test_{module}" not in shared
    ]
    assert without == []
