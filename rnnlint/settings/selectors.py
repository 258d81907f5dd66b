"""What stands for rules: codes, prefixes, names and ALL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rnnlint.settings.choices import ALL

if TYPE_CHECKING:
    from rnnlint.registry import Rule


def matching(selector: str, rules: Sequence[Rule]) -> frozenset[str]:
    """The codes that a code, prefix, name or ALL selects; empty where it is none of these."""
    if selector == ALL:
        return frozenset(rule.code for rule in rules)
    prefix = selector if re.fullmatch(r"RNN[0-9]{0,3}", selector) else None
    return frozenset(
        rule.code for rule in rules if rule.name == selector or (prefix is not None and rule.code.startswith(prefix))
    )


def unknown_rule(selector: str, rules: Sequence[Rule]) -> str:
    """The error message for a selector that matches no rule."""
    return f"unknown rule '{selector}'{nearest(selector, [n for rule in rules for n in (rule.code, rule.name)])}"


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint for a name that is not known: `; did you mean 'select'?`, or nothing."""
    from difflib import get_close_matches

    by_lower = {one.lower(): one for one in known}
    close = get_close_matches(name.lower(), by_lower, n=1)
    return f"; did you mean '{by_lower[close[0]]}'?" if close else ""
