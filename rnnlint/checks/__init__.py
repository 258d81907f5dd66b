"""The rules: one module each, with its metadata `RULE` and its function `check`."""

from __future__ import annotations

from rnnlint.checks import (
    rnn101,
    rnn102,
    rnn103,
    rnn104,
    rnn105,
    rnn106,
    rnn107,
    rnn108,
    rnn109,
    rnn201,
    rnn202,
    rnn203,
    rnn301,
    rnn900,
    rnn901,
)
from rnnlint.checks.context import Check
from rnnlint.findings import Rule

# In code order. Importing the modules is cheap: they know the graph and the Keras tables, never libcst.
RULES: tuple[tuple[Rule, Check], ...] = tuple(
    (module.RULE, module.check)
    for module in (
        rnn101,
        rnn102,
        rnn103,
        rnn104,
        rnn105,
        rnn106,
        rnn107,
        rnn108,
        rnn109,
        rnn201,
        rnn202,
        rnn203,
        rnn301,
        rnn900,
        rnn901,
    )
)
