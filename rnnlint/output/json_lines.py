"""One JSON object on each line, with the keys of `json`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rnnlint.output.json import record

if TYPE_CHECKING:
    from rnnlint.output.report import Report


def render(report: Report) -> Iterator[str]:
    """One line for each entry."""
    from json import dumps

    for entry in report.everything:
        yield dumps(record(entry), ensure_ascii=False, separators=(",", ":")) + "\n"
