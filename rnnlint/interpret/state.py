"""What the machine knows of the run: the present activation, the code base, and the entry points still to run."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Protocol

from rnnlint.interpret.base import Value
from rnnlint.interpret.parsed import ParsedModule, ParsedModules, Statement
from rnnlint.interpret.values import ClassV, FunctionV, ModuleV
from rnnlint.records import dataclass

if TYPE_CHECKING:
    from rnnlint.source.source import Source


class Finder(Protocol):
    """Finds modules of the code base under analysis."""

    def find(self, module: str, level: int, importer: str) -> Source | None:
        """Return the source of a module by name (relative where `level` > 0); None where the code base has none."""


@dataclass(slots=True)
class Frame:
    """One activation: of a module, a class body or a function."""

    parsed: ParsedModule
    scopes: tuple[int, ...]  # the ids of their objects in the store, innermost first
    variables: tuple[Mapping[Hashable, Value], ...]  # the cells of these scopes
    function: FunctionV | None = None
    receiver: Value | None = None
    outer_names: dict[str, int] = field(default_factory=dict)  # names declared global or nonlocal, and their scopes
    returned: list[Value] = field(default_factory=list)
    exits: int = 0  # how many states were waiting to be rejoined when it began
    statement: Statement | None = None  # the statement (or its header) that runs


@dataclass
class CodeBase:
    """The modules that the run has read, and where further ones are found."""

    finder: Finder
    parsed: ParsedModules
    main: str = ""  # the path of the file under analysis
    modules: dict[str, ModuleV] = field(default_factory=dict)  # by path
    loading: int = 0  # imported modules under way


@dataclass
class Entries:
    """The entry points of the file: functions and classes that run as if somebody called them."""

    passed_over: frozenset[str]  # functions, classes and methods (`Class.method`) that are no entry points
    waiting: list[FunctionV | ClassV] = field(default_factory=list)
    listed: set[int] = field(default_factory=set)  # ids of the nodes that were waiting at some time
    called: set[int] = field(default_factory=set)  # ids of the nodes of functions that something has called
