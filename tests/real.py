"""Runs the blocks of pages and cases in real Keras; `conftest.py` says in which Python."""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests import warm
from tests.pages import Block, Page, cases, groups, pages, sampled_majors


def job(blocks: tuple[Block, ...]) -> dict[str, Any]:
    """One group of `pages.groups` as a job of `execute.py`."""
    first = blocks[0]
    if first.plain or first.file.endswith(".ipynb"):
        return {"id": first.id, "file": first.file, "text": first.text}
    return {"id": first.id, "files": {block.file: block.text for block in blocks}}


def runnable(page: Page, major: int) -> list[tuple[Block, ...]]:
    """The groups of a page that this Keras executes, or of the long tail a sample of them."""
    return [
        blocks
        for blocks in groups(page)
        if all(block.runs_on(major) for block in blocks) and _is_sampled(blocks[0], major)
    ]


def _is_sampled(block: Block, major: int) -> bool:
    """A block that one major cannot run, or that raises there, is tried in both."""
    return "run" in block.settings or block.raises(major) is not None or major in sampled_majors(block)


@functools.cache
def executed(python: str, major: int) -> dict[str, list[Any] | None]:
    """What each block of all pages and cases raised under this Python's Keras, by `Block.id`; one process for all."""
    return run([job(blocks) for page in (*pages(), *cases()) for blocks in runnable(page, major)], python, major)


def run(jobs: Sequence[dict[str, Any]], python: str, major: int) -> dict[str, list[Any] | None]:
    """What each job raised under this Python's Keras, by its id."""
    with tempfile.TemporaryDirectory() as folder:
        given, taken = Path(folder, "jobs.json"), Path(folder, "results.json")
        given.write_text(json.dumps(jobs), encoding="utf-8")
        script = Path(__file__).with_name("execute.py")
        warm.run(python, script, str(given), str(taken), cwd=folder, timeout=900)
        result = json.loads(taken.read_text(encoding="utf-8"))
    assert result["keras"].startswith(f"{major}."), f"{python} has Keras {result['keras']}, not {major}"
    errors: dict[str, list[Any] | None] = result["errors"]
    return errors


def check_execution(blocks: tuple[Block, ...], python: str, major: int) -> None:
    """Assert that a group executed, or raised what it announces."""
    first = blocks[0]
    error, expected = executed(python, major)[first.id], first.raises(major)
    if expected is None:
        assert error is None, f"{first.id} under Keras {major}: {error}"
    else:
        assert error is not None, f"{first.id} should raise {expected} under Keras {major}, but it ran"
        assert expected in error[0], f"{first.id} should raise {expected} under Keras {major}, not {error}"
