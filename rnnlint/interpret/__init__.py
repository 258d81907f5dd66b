"""What the code says: an abstract interpreter over libcst trees. The only place that knows libcst."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlint.interpret import handlers  # noqa: F401 - the machine does nothing without them
from rnnlint.interpret.language.entries import run
from rnnlint.interpret.machine import Machine
from rnnlint.interpret.parsed import ParsedModules, ParseError, TooDeepError
from rnnlint.interpret.stack import reserve_stack
from rnnlint.interpret.state import CodeBase, Finder
from rnnlint.interpret.store import Store

if TYPE_CHECKING:
    from rnnlint.graph import Graph
    from rnnlint.keras.versions import KerasTargets
    from rnnlint.source.source import Source

__all__ = ["Finder", "ParseError", "ParsedModules", "TooDeepError", "interpret"]


def interpret(
    source: Source,
    finder: Finder,
    env: KerasTargets,
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


def _interpret(
    source: Source, finder: Finder, env: KerasTargets, passed_over: frozenset[str], parsed: ParsedModules
) -> Graph:
    vm = Machine(env, CodeBase(finder, parsed), passed_over)
    try:
        return run(vm, source)
    finally:
        # What an import gives is found out by the machine, which the values would keep alive.
        vm.store = Store()
