"""RNN900: suppression comments that suppress nothing."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.context import RuleSettings
from rnnlint.findings import Finding
from rnnlint.flow.view import View


def check(_view: View, _settings: RuleSettings) -> Iterator[Finding]:
    """Nothing that a graph shows: `rnnlint.suppression.suppress.judge` tells once the other rules have run."""
    yield from ()
