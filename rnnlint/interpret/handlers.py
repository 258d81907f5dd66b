"""Imports every module that registers handlers with the machine; a new one is listed here."""

from __future__ import annotations

from rnnlint.interpret.language import (  # noqa: F401 - each registers its handlers
    attributes,
    branches,
    calls,
    comprehensions,
    containers,
    definitions,
    exceptions,
    functions,
    imports,
    literals,
    loops,
    matching,
    names,
    operators,
    statements,
    subscripts,
    targets,
)
from rnnlint.interpret.library import builtin, options, standard  # noqa: F401 - likewise
