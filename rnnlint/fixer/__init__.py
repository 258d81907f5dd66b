"""Fixes: remedies of checks made into edits of the source, edits made in files, and the loop until nothing is left."""

from __future__ import annotations

from rnnlint.fixer.apply import apply
from rnnlint.fixer.errors import ApplyError
from rnnlint.fixer.resolve import fix, resolve
from rnnlint.fixer.run import FixedFile, Outcome, Relint, applicable, diff, identity, independent, run, write

__all__ = [
    "ApplyError",
    "FixedFile",
    "Outcome",
    "Relint",
    "applicable",
    "apply",
    "diff",
    "fix",
    "identity",
    "independent",
    "resolve",
    "run",
    "write",
]
