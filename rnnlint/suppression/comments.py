"""Which files hold suppression comments: a cheap look, before `rnnlint.suppression.suppress` reads what those say."""

from __future__ import annotations

import re
from functools import lru_cache

from rnnlint.registry import RULES


def may_suppress(text: str) -> bool:
    """Whether a text holds one of the words that every suppression comment has."""
    return re.search(r"noqa|rnnlint", text, re.IGNORECASE) is not None


def may_hold_directives(data: bytes) -> bool:
    """Whether a file's bytes may hold a suppression comment about our rules, by a cheap scan."""
    lower = data.lower()
    for word in (b"noqa", b"rnnlint"):
        at = lower.find(word)
        while at >= 0:
            if _marks().match(lower, at):
                return True
            at = lower.find(word, at + 1)
    return False


@lru_cache(maxsize=1)
def _marks() -> re.Pattern[bytes]:
    names = "|".join(["rnn[0-9]", *(re.escape(rule.name) for rule in RULES)])
    return re.compile(rf"rnnlint\s*:|noqa[^\r\n]*?(?:{names})".encode())
