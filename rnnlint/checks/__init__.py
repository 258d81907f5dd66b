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
    rnn110,
    rnn201,
    rnn202,
    rnn203,
    rnn204,
    rnn205,
    rnn301,
    rnn302,
    rnn303,
    rnn401,
    rnn402,
    rnn403,
    rnn404,
    rnn501,
    rnn502,
    rnn503,
    rnn504,
    rnn505,
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
        rnn110,
        rnn201,
        rnn202,
        rnn203,
        rnn204,
        rnn205,
        rnn301,
        rnn302,
        rnn303,
        rnn401,
        rnn402,
        rnn403,
        rnn404,
        rnn501,
        rnn502,
        rnn503,
        rnn504,
        rnn505,
        rnn900,
        rnn901,
    )
)
