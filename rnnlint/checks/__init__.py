"""What the rules do: one module each, with its function `check`, imported when it is first to run."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rnnlint import registry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rnnlint.checks.context import Check, RuleSettings
    from rnnlint.findings import Finding
    from rnnlint.graph import Graph
    from rnnlint.registry import Rule


def load(codes: Iterable[str]) -> None:
    """Import the checks of some rules ahead of their first run."""
    for code in codes:
        _module(code)


def _module(code: str) -> Any:
    return import_module(f"rnnlint.checks.{code.lower()}")


def _check(code: str) -> Check:
    def check(graph: Graph, settings: RuleSettings) -> Iterator[Finding]:
        found: Iterator[Finding] = _module(code).check(graph, settings)
        return found

    return check


# In code order.
RULES: tuple[tuple[Rule, Check], ...] = tuple((rule, _check(rule.code)) for rule in registry.RULES)
