"""What the rules do: one module each, with its function `check`, imported when it is first to run.

`run_rules` is the one place where rules are run.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rnnlint import registry

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from rnnlint.checks.context import Check, RuleSettings
    from rnnlint.findings import Finding
    from rnnlint.flow.view import View
    from rnnlint.registry import Rule


def load(codes: Iterable[str]) -> None:
    """Import the checks of some rules ahead of their first run."""
    for code in codes:
        _module(code)


def _module(code: str) -> Any:
    return import_module(f"rnnlint.checks.{code.lower()}")


def _check(code: str) -> Check:
    def check(view: View, settings: RuleSettings) -> Iterator[Finding]:
        found: Iterator[Finding] = _module(code).check(view, settings)
        return found

    return check


# In code order.
RULES: tuple[tuple[Rule, Check], ...] = tuple((rule, _check(rule.code)) for rule in registry.RULES)


def run_rules(
    view: View,
    settings: RuleSettings,
    selected: Collection[str],
    failed: Callable[[Rule, Exception], None],
    rules: Sequence[tuple[Rule, Check]] = RULES,
) -> tuple[Finding, ...]:
    """The findings of the rules whose codes are selected: each once, in the order of the source.

    A rule that raises reports nothing, and costs no other rule its findings; `failed` is told of it.
    """
    from rnnlint.findings import collect

    found: list[Finding] = []
    for rule, check in rules:
        if rule.code in selected:
            try:
                found += list(check(view, settings))
            except Exception as error:  # noqa: BLE001 - see above
                failed(rule, error)
    return collect(found)
