"""RNN901: suppression comments that are not understood."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.context import RuleSettings
from rnnlint.findings import Finding, Rule
from rnnlint.graph import Graph

RULE = Rule(
    code="RNN901",
    name="malformed-suppression",
    summary="Reports a suppression comment that is written wrongly, and so suppresses less than was meant.",
)


def check(_graph: Graph, _settings: RuleSettings) -> Iterator[Finding]:
    """Nothing that a graph shows: `rnnlint.suppress.judge` reads the comments."""
    yield from ()
