"""What the code says: an abstract interpreter over libcst trees. The only place that knows libcst."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlint.interpret.interpreter import Finder, Interpreter
from rnnlint.interpret.parsed import ParsedModules, ParseError
from rnnlint.interpret.stack import reserve_stack

if TYPE_CHECKING:
    from rnnlint.graph import Graph
    from rnnlint.keras.versions import Env
    from rnnlint.source.source import Source

__all__ = ["Finder", "ParseError", "ParsedModules", "interpret"]


def interpret(
    source: Source,
    finder: Finder,
    env: Env,
    passed_over: frozenset[str] = frozenset(),
    parsed: ParsedModules | None = None,
) -> Graph:
    """Everything that a file builds.

    `env` says which Keras versions the code may run under: it decides how positional arguments bind. Modules of the
    code base are asked of `finder`; nothing is imported or executed. Functions, classes and methods
    (`Class.method`) of the file that are `passed_over` are no entry points of their own. Who interprets several files
    hands on what was `parsed` for the ones before.

    Raises:
        ParseError: where libcst cannot parse the source.
    """
    return reserve_stack(lambda: _interpret(source, finder, env, passed_over, parsed or ParsedModules()))


def _interpret(source: Source, finder: Finder, env: Env, passed_over: frozenset[str], parsed: ParsedModules) -> Graph:
    interpreter = Interpreter(finder, env, passed_over, parsed)
    try:
        return interpreter.run(source)
    finally:
        interpreter.close()
