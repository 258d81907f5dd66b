"""A process with Keras in it that says what sources build."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from rnnlint.confirm.observed.account import read_account
from rnnlint.graph import Graph
from rnnlint.source.source import Source

WORKER = Path(__file__).with_name("worker.py")
FILENAME = "<generated>"


class RefusedError(Exception):
    """Keras, or the source itself, raised."""


class Keras:
    """A process with Keras in it that executes sources; imported once, asked many times."""

    def __init__(self, python: str) -> None:
        self._process = subprocess.Popen(
            [python, str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        self.version: str = self._answer()["keras"]

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()

    def build(self, source: Source) -> Graph:
        """What Keras builds of a source; raises RefusedError where it raised."""
        return read_account(self._ask(source)["graph"], {FILENAME: source})

    def summaries(self, source: Source) -> list[dict[str, Any]]:
        """What `summary()` of each model lists that a source constructs; raises RefusedError where it raised."""
        found: list[dict[str, Any]] = self._ask(source)["summaries"]
        return found

    def _ask(self, source: Source) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"source": source.text}) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        if "refused" in answer:
            raise RefusedError(answer["refused"] + "\n" + answer["traceback"])
        if "broken" in answer:
            raise AssertionError(answer["broken"])
        return answer

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the Keras process ended"
        answer: dict[str, Any] = json.loads(line)
        return answer
