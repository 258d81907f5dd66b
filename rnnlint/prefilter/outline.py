"""What a file defines, and what each definition refers to: read off its `ast`, without following any of it.

A file is taken apart into its functions and classes and the rest, its body. For each of these parts there are the names
that it uses and the ingredients (`rnnlint.keras.ingredients`) that these name. `rnnlint.prefilter.gate` puts the parts
of many files together. What is not told apart is taken to be used.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import Any, TypeAlias

from rnnlint.records import dataclass
from rnnlint.source import guard, syntax

Chain = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportedName:
    """What an import binds: a module, or what one has by a `name`. `bound` is `import a.b`, which gives `a`."""

    module: str
    level: int
    name: str | None = None
    bound: bool = False

    @property
    def dotted(self) -> str:
        """The name by which it is known elsewhere."""
        if self.bound:
            return self.module.partition(".")[0]
        return f"{self.module}.{self.name}" if self.name else self.module


@dataclass(slots=True, eq=False)
class CodePart:
    """A function, a class without its methods, a method, or the body of a file.

    `chains` are the names that it uses with the attributes behind them: `layers.LSTM` is ("layers", "LSTM"). `words`
    are other attributes, keywords, parameters and short texts. `values` are those of the chains that it does not just
    call, `calls` those that it calls with what only the analysis can judge, and how, as bits; what has no name but an
    attribute has it behind an empty one. `imports` are by the names that they bind. `handed_on` are methods with the
    names of decorators that may do anything with them, () where one has no name, or one of the class.
    """

    path: str
    first: int = 0
    last: int = 0
    chains: set[Chain] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    values: set[Chain] = field(default_factory=set)
    calls: dict[Chain, int] = field(default_factory=dict)
    imports: dict[str, list[ImportedName]] = field(default_factory=dict)
    stars: list[ImportedName] = field(default_factory=list)
    methods: dict[str, list[CodePart]] = field(default_factory=dict)
    handed_on: dict[str, list[Chain]] = field(default_factory=dict)

    def mentioned(self) -> set[str]:
        """All names that it uses in any way."""
        return self.words.union(*self.chains)


# What of a call only the analysis can judge: arguments by position and a rate that is no number, if it makes a dropout
# layer, or a recurrent one; and a second argument by position that may be `training`, if it calls a layer.
DROPOUT_POSITIONAL, DROPOUT_RATE, RECURRENT_POSITIONAL, RECURRENT_RATE, SECOND = 1, 2, 4, 8, 16


@dataclass(slots=True, eq=False)
class Outline:
    """A file taken apart. `body` is what runs whoever imports it, `main` what runs only `if __name__ == "__main__"`.

    `definitions` are the functions and classes by name, `variables` the names that the body binds otherwise, `changed`
    those that may refer to something that it changes. `effects` and `main_effects` are what the two call or change:
    they may act on other modules through it. `plain` are statements of the two that neither import nor define nor end
    anything, with their rows. `depth` is at least how deep the code nests, `size` the number of its nodes and `longest`
    the length of what libcst nests, but the `ast` does not.
    """

    path: str
    body: CodePart
    main: CodePart
    definitions: dict[str, list[CodePart]] = field(default_factory=dict)
    variables: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    effects: set[Chain] = field(default_factory=set)
    main_effects: set[Chain] = field(default_factory=set)
    plain: list[tuple[int, int, CodePart]] = field(default_factory=list)
    depth: int = 0
    size: int = 0
    longest: int = 0

    def measure(self, walk: _Walk) -> None:
        """Take account of a part."""
        self.depth = max(self.depth, walk.depth)
        self.longest = max(self.longest, walk.longest)
        self.size += walk.size


def outline(path: str, tree: ast.Module) -> Outline:
    """Take the `ast` of a file apart."""
    found = Outline(path, CodePart(path), CodePart(path))
    body, main = _Walk(found.body), _Walk(found.main)
    plain: list[tuple[ast.stmt, CodePart]] = []
    for statement in tree.body:
        if isinstance(statement, _DEFINITIONS):
            part = _defined(statement, found)
            found.definitions.setdefault(statement.name, []).append(part)
            _of_definition(statement, body)
            continue
        walk = main if _is_guard(statement) else body
        before = walk.defines
        walk.run([statement])
        if walk.defines == before:
            plain.append((statement, walk.part))
    found.measure(body)
    found.measure(main)
    found.variables, found.changed = body.bound, body.changed
    found.effects, found.main_effects = body.effects, main.effects
    found.plain = list(_alone(plain, tree.body))
    return found


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEFINITIONS = (*_FUNCTIONS, ast.ClassDef)
_Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"


def _defined(statement: _Function | ast.ClassDef, found: Outline) -> CodePart:
    part = CodePart(found.path, *_rows(statement))
    if not isinstance(statement, ast.ClassDef):
        found.measure(_Walk(part).run([statement]))
        return part
    methods = [one for one in statement.body if isinstance(one, _FUNCTIONS)]
    for method in methods:
        inner = CodePart(found.path, *_rows(method))
        found.measure(_Walk(inner).run([method]))
        part.methods.setdefault(method.name, []).append(inner)
    walk = _Walk(part).run(_run_by(statement))
    found.measure(walk)
    own = walk.bound.union(part.methods, part.imports)
    for method in methods:
        for chain in map(_chain, method.decorator_list):
            if not chain or chain[-1] not in _PLAIN:
                part.handed_on.setdefault(method.name, []).append(() if chain and chain[0] in own else chain)
    return part


def _rows(statement: _Function | ast.ClassDef) -> tuple[int, int]:
    first = min([statement.lineno, *(one.lineno for one in statement.decorator_list)])
    return first, statement.end_lineno or statement.lineno


def _run_by(statement: _Function | ast.ClassDef) -> list[ast.AST]:
    """What runs when something is defined."""
    runs: list[ast.AST] = [*statement.decorator_list]
    if isinstance(statement, ast.ClassDef):
        runs += [*statement.bases, *statement.keywords]
        for one in statement.body:
            runs += _run_by(one) if isinstance(one, _FUNCTIONS) else [one]
    else:
        runs += [one for one in (*statement.args.defaults, *statement.args.kw_defaults) if one]
    return runs


def _of_definition(statement: _Function | ast.ClassDef, body: _Walk) -> None:
    """What the body of a file does by a definition."""
    if statement.decorator_list:
        body.run(statement.decorator_list)
        body.part.chains.add((statement.name,))
        body.effects.add((statement.name,))
    inner = _Walk(CodePart(body.part.path))
    inner.run(_run_by(statement))
    body.effects |= inner.effects
    body.effects.update(chain for one in _decorators(statement) if (chain := _chain(one)))


# Decorators that leave a method where it is.
_PLAIN = frozenset(("property", "cached_property", "staticmethod", "classmethod", "abstractmethod", "override"))
_PLAIN |= {"final", "setter", "getter", "deleter", "function"}


def _decorators(statement: _Function | ast.ClassDef) -> Iterator[ast.expr]:
    yield from statement.decorator_list
    if isinstance(statement, ast.ClassDef):
        for one in statement.body:
            if isinstance(one, _DEFINITIONS):
                yield from _decorators(one)


def _is_guard(statement: ast.stmt) -> bool:
    """Whether a statement is `if __name__ == "__main__":` and no more."""
    match statement:
        case ast.If(
            test=ast.Compare(
                left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant(value="__main__")]
            ),
            orelse=[],
        ):
            return True
    return False


def _alone(
    statements: Sequence[tuple[ast.stmt, CodePart]], body: Sequence[ast.stmt]
) -> Iterator[tuple[int, int, CodePart]]:
    """The rows of those statements that share none with another."""
    wanted = {id(one): part for one, part in statements}
    for index, one in enumerate(body):
        before = body[index - 1].end_lineno or 0 if index else 0
        last = one.end_lineno or one.lineno
        after = body[index + 1].lineno if index + 1 < len(body) else last + 1
        if id(one) in wanted and before < one.lineno and last < after:
            yield one.lineno, last, wanted[id(one)]


def _chain(node: ast.AST) -> Chain:
    """The names of `a.b.c`; only those before a call or an item of it; () for anything else."""
    names: list[str] = []
    while True:
        if isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call):
            names.clear()
            node = node.func
        elif isinstance(node, ast.Subscript):
            names.clear()
            node = node.value
        elif isinstance(node, ast.Name):
            return (node.id, *reversed(names))
        else:
            return ()


class _Walk:
    """Collects into a part what some code refers to.

    `bound` are the names that it binds, `changed` those whose values it may change, `effects` what it
    calls, or gives to a call, or changes. `defines` counts imports, definitions and what may end a block. `depth`,
    `size` and `longest` are as of an `Outline`.
    """

    def __init__(self, part: CodePart) -> None:
        self.part = part
        self.bound: set[str] = set()
        self.changed: set[str] = set()
        self.effects: set[Chain] = set()
        self.defines = 0
        self.depth = self.size = self.longest = 0

    def run(self, nodes: Sequence[ast.AST]) -> _Walk:
        """Walk level by level: by hand, since most of the time of the gate is spent here."""
        part = self.part
        chains, values = part.chains, part.values
        level: list[Any] = list(nodes)
        depth = size = 0
        while level:
            depth += 1
            size += len(level)
            inner: list[Any] = []
            for node in level:
                kind = node.__class__
                if kind is ast.Name:
                    chain = (node.id,)
                    chains.add(chain)
                    if node.ctx.__class__ is ast.Load:
                        values.add(chain)
                    else:
                        self.bound.add(node.id)
                elif kind is ast.Constant:
                    if node.value.__class__ is str:
                        self._text(node.value)
                elif kind is ast.Attribute:
                    self._attribute(node, inner)
                elif kind is ast.Call:
                    self._call(node, inner)
                elif kind is ast.Expr:
                    size += 1
                    if node.value.__class__ is not ast.Constant:  # a docstring
                        inner.append(node.value)
                elif kind is list:
                    inner += node
                elif kind is ast.Import or kind is ast.ImportFrom:
                    self._import(node)
                elif kind not in _EMPTY and isinstance(node, ast.AST):
                    self._other(node, kind)
                    inner += node.__dict__.values()
            level = inner
        self.depth = max(self.depth, depth)
        self.size += size
        return self

    def _other(self, node: Any, kind: type) -> None:
        if kind is ast.keyword or kind is ast.arg:
            self.part.words.add(node.arg or "")
        elif kind in _NAMED:
            self.bound.add(node.name or "")
            self.defines += isinstance(node, ast.stmt)
        elif kind is ast.Subscript and node.ctx.__class__ is not ast.Load:
            self._change(_chain(node))
        elif kind in _ENDS:
            self.defines += 1
        elif kind is ast.BoolOp:
            self.longest = max(self.longest, len(node.values))
        elif kind in _LOOPS:
            self.longest = max(self.longest, len(node.generators))

    def _text(self, text: str) -> None:
        """`getattr(layers, name)` for a name in "LSTM GRU".split(): a text of more than names is prose, or data."""
        part = self.part
        if text.isidentifier():
            part.words.add(text)
            part.values.add(("", text))
        elif len(text) < _LONGEST and _NAMES_ONLY.fullmatch(text):
            for word in _WORD.findall(text):
                part.words.add(word)
                part.values.add(("", word))

    def _attribute(self, node: ast.Attribute, stack: list[Any], called: bool = False) -> Chain:
        """Take the names of `a.b.c`; the expression before the dots, where it is not a name, goes on the stack."""
        names: list[str] = []
        value: Any = node
        while value.__class__ is ast.Attribute:
            names.append(value.attr)
            value = value.value
        self.size += len(names)
        if len(names) > _LONGEST_NAME:
            self.longest = max(self.longest, _TOO_LONG)  # its depth is not known here
        if value.__class__ is ast.Name:
            chain = (value.id, *reversed(names))
            self.part.chains.add(chain)
            if node.ctx.__class__ is not ast.Load:
                self._change(chain)
        else:
            chain = ("", node.attr)
            self.part.words.update(names)
            stack.append(value)
        if not called:
            self.part.values.add(chain)
        return chain

    def _change(self, chain: Chain) -> None:
        """The value of a name may be changed."""
        if chain:
            self.changed.add(chain[0])
            self.effects.add(chain)

    def _call(self, call: ast.Call, stack: list[Any]) -> None:
        """What a call refers to."""
        function: Any = call.func
        self.size += 1
        kind = function.__class__
        chain: Chain = ("", "")
        if kind is ast.Name:
            chain = (function.id,)
            if function.id in ("isinstance", "issubclass") and all(map(_is_class, call.args[1:])):
                stack.extend(call.args[:1])
                return
            self.part.chains.add(chain)
            self.effects.add(chain)
        elif kind is ast.Attribute:
            chain = self._attribute(function, stack, called=True)
            self._change(_chain(function))
        else:
            stack.append(function)
        if call.args or call.keywords:
            if odd := _odd(call):
                self.part.calls[chain] = self.part.calls.get(chain, 0) | odd
            for arg in call.args:
                stack.append(arg)
                self._change(_chain(arg))
            for keyword in call.keywords:
                stack.append(keyword)
                self._change(_chain(keyword.value))

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        part = self.part
        self.defines += 1
        for alias in node.names:
            self.longest = max(self.longest, alias.name.count("."), (getattr(node, "module", None) or "").count("."))
            if isinstance(node, ast.Import):
                bound = alias.asname is None and "." in alias.name
                name = alias.asname or alias.name.partition(".")[0]
                part.imports.setdefault(name, []).append(ImportedName(alias.name, 0, None, bound))
            elif alias.name == "*":
                part.stars.append(ImportedName(node.module or "", node.level))
            else:
                found = ImportedName(node.module or "", node.level, alias.name)
                part.imports.setdefault(alias.asname or alias.name, []).append(found)


def _is_class(node: ast.expr) -> bool:
    """Whether something is written as a class that another module may have, or several."""
    if isinstance(node, ast.Tuple):
        return all(isinstance(one, (ast.Name, ast.Attribute)) and _is_class(one) for one in node.elts)
    for _ in range(_LONGEST_NAME):
        if isinstance(node, ast.Name):
            return True
        if not isinstance(node, ast.Attribute):
            return False
        node = node.value
    return False


_LONGEST_NAME = 20
_TOO_LONG = 1_000_000
# Of a text that is looked at.
_LONGEST = 400
_NAMES_ONLY = re.compile(r"[\w.,;:|/ \n-]*")
_WORD = re.compile(r"\w+")
_NAMED = frozenset((ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar))
# What may end a block before its end.
_ENDS = frozenset((ast.Raise, ast.Return, ast.Break, ast.Continue, ast.While))
_LOOPS = frozenset((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp))
_EMPTY = frozenset((ast.Load, ast.Store, ast.Del, ast.Pass))
_HIDDEN = DROPOUT_POSITIONAL | DROPOUT_RATE | RECURRENT_POSITIONAL | RECURRENT_RATE | SECOND


def _odd(call: ast.Call) -> int:
    """What of a call only the analysis can judge."""
    for one in call.keywords:
        if one.arg is None:
            return _HIDDEN
    args = call.args
    for arg in args:
        if arg.__class__ is ast.Starred:
            return _HIDDEN
    odd = 0
    if len(args) > 1:
        odd = DROPOUT_POSITIONAL
        second = args[1]
        if not isinstance(second, ast.Constant) or (second.value and second.value.__class__ is not str):
            odd |= SECOND
        if len(args) > 2:
            odd |= RECURRENT_POSITIONAL
    if args and not _is_rate(args[0]):
        odd |= DROPOUT_RATE
    for one in call.keywords:
        assert one.arg is not None
        if one.arg in ("rate", "p"):
            if not _is_rate(one.value):
                odd |= DROPOUT_RATE
        elif "dropout" in one.arg and not _is_rate(one.value):
            odd |= RECURRENT_RATE
    return odd


def _is_rate(node: ast.expr) -> bool:
    """Whether an expression is written as a number from 0 to below 1."""
    if not isinstance(node, ast.Constant):
        return False
    value = node.value
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1


def is_parser_safe(text: str, taken: Outline) -> bool:
    """Whether what is known of a text that `ast` reads is enough to see that `rnnlint.source.guard` would let it pass.

    Brackets nest no deeper than `ast` allows, which is `MAX_BRACKETS`.
    """
    if taken.depth > guard.MAX_DEPTH or taken.longest > guard.MAX_CHAIN:
        return False
    if taken.size > guard.MAX_NODES or len(text) > guard.MAX_SOURCE:
        return False
    # Quotes bound the strings in a row.
    if len(text) <= 2 * guard.MAX_NODES and text.count('"') + text.count("'") < 2 * guard.MAX_CHAIN:
        return True
    found = syntax.extremes(text)
    return found.strings <= guard.MAX_CHAIN and found.parts <= 2 * guard.MAX_NODES
