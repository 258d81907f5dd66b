"""The rule book: the Markdown page of each rule."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.abc import Traversable

URL = "https://github.com/rnnlint/rnnlint/blob/main/rules"
_RELATIVE_LINK = re.compile(r"\]\((?!https?://|#)([^)]+)\)")


def url(code: str) -> str:
    """Where the page of a rule can be read online."""
    return f"{URL}/{code}.md"


@lru_cache(maxsize=1)
def folder() -> Traversable:
    """The folder of the pages: inside the installed package, or next to it in a checkout."""
    inside = files("rnnlint") / "rules"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "rules"


def page(code: str) -> str:
    """The page of a rule, as Markdown. Raises FileNotFoundError where the installation lacks it."""
    return (folder() / f"{code}.md").read_text(encoding="utf-8")


def page_elsewhere(code: str) -> str:
    """The page with absolute links, to be shown outside of its folder. Raises FileNotFoundError as `page`."""
    return _RELATIVE_LINK.sub(rf"]({URL}/\1)", page(code))
