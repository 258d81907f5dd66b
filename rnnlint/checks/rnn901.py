"""RNN901: suppression comments that are not understood."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.context import RuleSettings
from rnnlint.findings import Finding
from rnnlint.flow.view import View


def check(_view: View, _settings: RuleSettings) -> Iterator[Finding]:
    """Nothing that a graph shows: `rnnlint.suppression.suppress.judge` reads the comments."""
    yield from ()
