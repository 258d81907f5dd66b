"""The pages for newcomers: what they name exists, and what they tell to write works."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import rnnlint
from rnnlint import checks, registry
from rnnlint.findings import Finding
from rnnlint.registry import Rule
from rnnlint.settings.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
CONTRIBUTING = ROOT / ".github" / "CONTRIBUTING.md"
ARCHITECTURE = ROOT / "rules" / "guide" / "architecture.md"
PAGES = [CONTRIBUTING, ARCHITECTURE, ROOT / "rules" / "guide" / "glossary.md"]
# The rule and the names that CONTRIBUTING makes up.
INVENTED = re.compile("RNN304|rnn304|NAME")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_and_paths_lead_to_files(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", text):
        assert (page.parent / target).exists(), target
    for path in re.findall(r"`((?:rnnlint|tests|rules)/[\w./*]+)`", text):
        assert INVENTED.search(path) or list(ROOT.glob(path)), path
    for module in re.findall(r"python -m (tests\.\w+)", text):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module


def test_every_room_is_on_the_map() -> None:
    (table,) = re.findall(r"^\| Room \|.*\n((?:\|.*\n)+)", ARCHITECTURE.read_text(encoding="utf-8"), re.MULTILINE)
    named = {name for row in table.splitlines() for name in re.findall(r"`(\w+(?:/|\.py))`", row.split("|")[1])}
    folders = {f"{path.parent.name}/" for path in (ROOT / "rnnlint").glob("*/__init__.py")}
    assert {name for name in named if name.endswith("/")} == folders
    assert all((ROOT / "rnnlint" / name).exists() for name in named)


@pytest.fixture
def taught(monkeypatch: pytest.MonkeyPatch) -> tuple[Rule, ModuleType]:
    """The rule that CONTRIBUTING adds."""
    row, module = re.findall(r"^   ```python\n(.*?)^   ```$", CONTRIBUTING.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    rule: Rule = eval(row.strip().removesuffix(","), {"Rule": Rule})
    monkeypatch.setitem(registry._BY_CODE, rule.code, rule)
    made = ModuleType("rnnlint.checks.rnn304")
    exec("\n".join(line[3:] for line in module.splitlines()), made.__dict__)
    monkeypatch.setitem(sys.modules, made.__name__, made)
    monkeypatch.setattr(checks, "RULES", (*checks.RULES, (rule, made.check)))
    return rule, made


def test_the_rule_that_is_taught_works(taught: tuple[Rule, ModuleType]) -> None:
    rule, _ = taught
    text = "from keras import layers\n\na = layers.Dropout(0)\nb = layers.Dropout(0.1)\nc = layers.LSTM(0)\n"
    found: list[Finding] = list(rnnlint.check_source(text, "a.py", Settings(rules=frozenset({rule.code}))))
    assert [(one.code, one.span.row, one.message) for one in found] == [
        ("RNN304", 3, "this Dropout drops nothing: its rate is 0")
    ]
    assert rule.code not in {one.code for one in registry.RULES}, "a rule of this code exists: teach another one"
