"""Blocks of pages and cases, linted for the Keras of a worker and confirmed by it."""

from __future__ import annotations

from pathlib import Path

from rnnlint.confirm.process import Limits
from rnnlint.confirm.session import Session
from rnnlint.findings import Finding
from rnnlint.run.loop import lint_text, run
from tests import pages
from tests.pages import Block

# Those that the settings have by default.
LIMITS = Limits(seconds=60.0, memory=8.0)


def findings(blocks: tuple[Block, ...], session: Session, folder: Path) -> list[Finding]:
    """What a group of `pages.groups` gives under the session's Keras, with plans."""
    first, settings = blocks[0], pages.settings_of(blocks[0])
    if first.plain or first.file.endswith(".ipynb"):
        text = first.text if first.plain else pages.notebook(pages.cells_of(first.text))
        results = [lint_text(text.encode(), first.file, settings, session.found)]
    else:
        for block in blocks:
            path = folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        results = list(run([folder], lambda _: settings, session.found))
    crashed = [one for result in results for one in result.diagnostics if one.kind == "internal-error"]
    assert not crashed, crashed
    return [finding for result in results for finding in result.findings]


def told(found: list[Finding]) -> str:
    """For the failure message."""
    lines = [
        f"  {one.span.path}:{one.span.row} {one.code} {one.verdict.status}: {one.verdict.evidence}"
        for one in found
        if one.verdict is not None
    ]
    return "\n".join(["", *lines])
