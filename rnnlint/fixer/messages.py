"""What is said of fixes, in ruff's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnnlint.fixer.run import Outcome


def on_offer(able: int, hidden: int) -> str | None:
    """What could be fixed: with `--fix`, and if unsafe fixes were allowed as well."""
    unsafe = f"{_count(hidden, 'unsafe fix', 'es')} available with `--fix --unsafe-fixes`" if hidden else ""
    if able:
        return f"[*] {able:,} fixable with `--fix`{f' ({unsafe})' if unsafe else ''}."
    return f"{unsafe}." if unsafe else None


def remaining(fixed: int, left: int, told: str = "") -> str:
    """How many findings there were, and what became of them; `told` is said of the remaining ones."""
    return f"Found {_count(fixed + left, 'finding')} ({fixed:,} fixed, {left:,} remaining{f': {told}' if told else ''})"


def only_fixed(fixed: int, hidden: int, *, written: bool) -> str:
    """What `--fix-only` did, or `--diff` would do."""
    if not fixed:
        start = "No findings fixed" if written else "No findings would be fixed"
    else:
        start = f"{'Fixed' if written else 'Would fix'} {_count(fixed, 'finding')}"
    more = _count(hidden, "additional fix" if fixed else "fix", "es")
    return f"{start}{f' ({more} available with `--unsafe-fixes`)' if hidden else ''}."


def listed(outcome: Outcome[Any], shown: Callable[[str], str]) -> Iterator[str]:
    """The fixes of `--show-fixes`, by file and rule."""
    yield f"Fixed {_count(outcome.fixed, 'finding')}:"
    for path, file in sorted(outcome.files.items()):
        yield f"- {shown(path)}:"
        wide = len(str(max(file.fixed.values())))
        for (code, name), count in sorted(file.fixed.items(), key=lambda one: (-one[1], one[0])):
            yield f"    {count:>{wide}} \N{MULTIPLICATION SIGN} {code} ({name})"


def _count(number: int, what: str, plural: str = "s") -> str:
    return f"{number:,} {what}{plural if number != 1 else ''}"
