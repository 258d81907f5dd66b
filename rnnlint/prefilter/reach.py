"""What comes together in code: each function, class or file body with all that it refers to, over the code base.

`rnnlint.prefilter.outline` says what the parts of a file are and which names they use. Here the names are resolved to
other parts, and the parts that a part reaches are what can be run when it is. A finding needs its ingredients within
what one entry point of the analysis reaches: the body of the file, or one of its definitions. Whatever else stands in
the files need not be read. Every answer errs on the side of "it is reached".
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping

from rnnlint.keras.frameworks import framework
from rnnlint.keras.ingredients import (
    CELLS,
    DROPOUTS,
    EVERYTHING,
    FUNCTION,
    FUNCTIONS,
    NAMES,
    ODD_RATE,
    POSITIONAL,
    RECURRENT,
    Ingredients,
    of_word,
)
from rnnlint.prefilter import outline as outlines
from rnnlint.prefilter.outline import Chain, CodePart, ImportedName, Outline, is_parser_safe
from rnnlint.project.modules import Modules
from rnnlint.records import dataclass
from rnnlint.source import syntax

_BITS = {name: 1 << index for index, name in enumerate(sorted(EVERYTHING))}
ALL = (1 << len(_BITS)) - 1
_LATER = _BITS[POSITIONAL] | _BITS[ODD_RATE]
# The contents of a part whose use by others matters.
_MARKED = sum(
    _BITS[name]
    for name in (
        "dropout layer",
        "recurrent layer",
        "cell",
        "dropout",
        "masking",
        "embedding",
        "time-distributed",
        "lambda",
        FUNCTION,
    )
)


_WORDS = {word: sum(_BITS[name] for name in of_word(word)) for words in NAMES.values() for word in words}
_STEPPING = RECURRENT | CELLS


def bits(ingredients: Ingredients) -> int:
    """Ingredients as a number, a bit for each."""
    return sum(_BITS[name] for name in ingredients)


# Rows of a file, first and last.
Rows = tuple[int, int]


class Definition:
    """A part, with its ingredients as `bits` and what it refers to, which are found out when they are asked for.

    Without a part it is a whole file, or, with a `chain`, what has that name in a file that is not `marked`: neither it
    nor what it imports holds any ingredient.
    """

    __slots__ = (
        "_chain",
        "_edges",
        "_handed_on",
        "_held",
        "_mentioned",
        "_part",
        "_reach",
        "marked",
        "methods",
        "path",
    )

    def __init__(
        self, path: str, reach: Reach, part: CodePart | None, held: int = 0, chain: Chain | None = None
    ) -> None:
        self.path = path
        self.marked = chain is None
        self._reach = reach
        self._part = part
        self._held = held
        self._chain = chain
        self._edges: tuple[Definition, ...] | None = None
        self._mentioned: set[str] | None = None
        self._handed_on: frozenset[str] | None = None
        # Which of a class are reached is a question of their names.
        self.methods: dict[str, list[Definition]] = {
            name: [Definition(path, reach, one) for one in parts]
            for name, parts in (part.methods if part else {}).items()
        }

    @property
    def mentioned(self) -> set[str]:
        """All names that it uses in any way."""
        if self._mentioned is None:
            self._mentioned = self._part.mentioned() if self._part else set()
        return self._mentioned

    @property
    def handed_on(self) -> frozenset[str]:
        """The methods that a decorator may do anything with."""
        if self._handed_on is None:
            self._handed_on = self._reach.handed_on(self._part) if self._part else frozenset()
        return self._handed_on

    @property
    def rows(self) -> Rows:
        """Its place."""
        assert self._part is not None
        return self._part.first, self._part.last

    @property
    def edges(self) -> tuple[Definition, ...]:
        """What it refers to."""
        if self._edges is None:
            self._edges = self._resolve()
        return self._edges

    @property
    def defined(self) -> bool:
        """Whether it is a function or a class, and not what holds variables."""
        return self._part is not None and self._part.first > 0

    @property
    def held(self) -> int:
        """What it holds by itself. Names from elsewhere may add to that: ask for `edges` first."""
        return self._held

    def _resolve(self) -> tuple[Definition, ...]:
        if self._chain is not None:
            return self._reach.unmarked(self.path, self._chain)
        if self._part is None:
            return tuple(self._reach.whole(self.path))
        edges, self._held = self._reach.resolved(self._part)
        return edges


class Reached:
    """What nodes reach, themselves included, and the ingredients of it as `held`."""

    __slots__ = ("_named", "_unnamed", "held", "nodes")

    def __init__(self, before: Reached | None = None) -> None:
        self.nodes: set[Definition] = set(before.nodes) if before else set()
        self.held: int = before.held if before else 0
        self._named: set[str] = set(before._named) if before else set()
        # Methods of classes that are reached, as long as nothing names them.
        self._unnamed: dict[str, tuple[Definition, ...]] = dict(before._unnamed) if before else {}

    def reach(self, start: Iterable[Definition], all: bool = False) -> Reached:
        """Add what nodes reach; `all`: also what has no ingredients."""
        found, named, unnamed = self.nodes, self._named, self._unnamed
        stack = [node for node in start if node not in found]
        found.update(stack)
        while stack:
            node = stack.pop()
            if not (node.marked or all):
                continue
            reached = [*node.edges]
            self.held |= node.held
            named |= node.mentioned
            for name, methods in node.methods.items():
                if name in named or _is_special(name) or name in node.handed_on:
                    reached += methods
                else:
                    unnamed[name] = (*unnamed.get(name, ()), *methods)
            for name in unnamed.keys() & node.mentioned:
                reached += unnamed.pop(name)
            for one in reached:
                if one not in found:
                    found.add(one)
                    stack.append(one)
        return self


@dataclass(frozen=True, slots=True)
class _File:
    """A file taken apart: its nodes. `outline` is None where it cannot be taken apart: then all of it is `body`."""

    outline: Outline | None
    body: Definition
    main: Definition
    all: Definition
    definitions: dict[str, list[Definition]]
    known: set[str]  # the names that may lead to a node


@dataclass(frozen=True, slots=True)
class Focus:
    """The definitions of a file that are no entry points: functions, classes, methods as `Class.method`.

    `size` is the length of its text.
    """

    passed_over: frozenset[str]
    size: int


class Reach:
    """The parts of all files that are asked for, and what reaches what.

    By the bytes of a file, `imported` gives the files that its imports name, `held` its ingredients, for those that
    cannot be taken apart; and `marked` says whether it or what it imports holds any.
    """

    def __init__(
        self,
        modules: Modules,
        imported: Callable[[str], Iterable[str]],
        held: Callable[[str], int],
        marked: Callable[[str], bool],
    ) -> None:
        self._modules = modules
        self._imported = imported
        self._held = held
        self._marked = marked
        self._unmarked: dict[tuple[str, Chain], Definition] = {}
        self._hot: dict[str, frozenset[str] | None] = {}
        self._files: dict[str, _File] = {}
        self._resolved: dict[tuple[str, Chain], tuple[Definition | str, ...]] = {}
        self._acting: dict[str, bool] = {}
        self._kept: set[Definition] = set()
        self._parser_safe: set[str] = set()

    # -- what a file holds ------------------------------------------------------------------------------------------

    def file(self, path: str) -> _File:
        """A file taken apart, once."""
        found = self._files.get(path)
        if found is None:
            found = self._files[path] = self._take_apart(path)
        return found

    def _take_apart(self, path: str) -> _File:
        source = self._modules.located(path)
        tree = syntax.parse(source.text)
        whole = Definition(path, self, None)
        if isinstance(tree, syntax.SyntaxProblem) or source.diagnostics:
            # Of what was not read, such as a cell, the bytes are all that is known.
            whole = Definition(path, self, None, self._held(path) | _LATER if source.diagnostics else ALL)
            return _File(None, whole, whole, whole, {}, set())
        taken = outlines.outline(path, tree)
        if is_parser_safe(source.text, taken):
            self._parser_safe.add(path)
        nodes = {name: [Definition(path, self, part) for part in parts] for name, parts in taken.definitions.items()}
        known = set(nodes) | taken.variables | set(taken.body.imports) | set(taken.main.imports)
        return _File(taken, Definition(path, self, taken.body), Definition(path, self, taken.main), whole, nodes, known)

    def whole(self, path: str) -> Iterator[Definition]:
        """All parts of a file; of one that could not be taken apart, all that it may import."""
        found = self.file(path)
        if found.outline is None:
            for one in self._imported(path):
                yield self.file(one).all
            return
        yield found.body
        for nodes in found.definitions.values():
            yield from _with_methods(nodes)

    # -- names ------------------------------------------------------------------------------------------------------

    def resolved(self, part: CodePart) -> tuple[tuple[Definition, ...], int]:
        """What a part refers to, and what it holds."""
        found = self.file(part.path)
        assert found.outline is not None
        known, own = found.known, part.imports
        stars = bool(found.outline.body.stars or found.outline.main.stars or part.stars)
        # The effects of the file's body may matter to everything in it.
        nodes: dict[Definition, None] = {found.body: None} if part.first and self.acts(part.path) else {}
        if part is found.outline.body:
            nodes.update((one, None) for some in found.definitions.values() for one in some if one.handed_on)
        words = set(part.words)
        # By what a name of the part may be known to Keras; not at all, if it is a definition of the code base.
        called: dict[Chain, tuple[str, ...]] = {}
        held = 0
        for chain in part.chains:
            if not stars and chain[0] not in known and chain[0] not in own:
                words.update(chain)
                continue
            targets = self._lookup(part.path, chain, part)
            outside = [one.rpartition(".")[2] for one in targets if isinstance(one, str)]
            inside = [one for one in targets if isinstance(one, Definition)]
            nodes.update(dict.fromkeys(inside))
            if inside and not outside and all(one.defined for one in inside):
                called[chain] = ()
                continue
            words.update(chain)
            words.update(outside)
            if outside:
                called[chain] = (chain[-1], *outside)
                if not FUNCTIONS.isdisjoint(called[chain]):
                    held |= _BITS[FUNCTION]
        for word in words:
            held |= _WORDS.get(word, 0)
        if stars and not FUNCTIONS.isdisjoint(words):
            held |= _BITS[FUNCTION]
        return tuple(nodes), held | _later(part, called, held)

    def _lookup(self, path: str, chain: Chain, part: CodePart) -> tuple[Definition | str, ...]:
        """What a name leads to in a part of a file: parts, and dotted names outside the code base."""
        if part.imports.get(chain[0]) or part.stars:
            return tuple(self._search(path, chain, set(), part))
        key = (path, chain)
        if key not in self._resolved:
            self._resolved[key] = tuple(dict.fromkeys(self._search(path, chain, set())))
        return self._resolved[key]

    def _search(
        self, path: str, chain: Chain, seen: set[tuple[str, Chain]], part: CodePart | None = None
    ) -> Iterator[Definition | str]:
        if (path, chain) in seen:
            return
        if seen and not self._marked(path):
            yield self._not_marked(path, chain)
            return
        seen.add((path, chain))
        found = self.file(path)
        if found.outline is None:
            yield found.all
            return
        name, rest = chain[0], chain[1:]
        yield from found.definitions.get(name, ())
        imports = [*found.outline.body.imports.get(name, ()), *found.outline.main.imports.get(name, ())]
        inside = not imports
        if part is not None and part is not found.outline.body and part is not found.outline.main:
            imports += part.imports.get(name, ())
        for one in imports:
            for target in self._of_import(path, one, rest, seen):
                inside = inside or isinstance(target, Definition)
                yield target
        if name in found.outline.variables or (inside and name in found.outline.changed):
            yield found.body
        for star in (*found.outline.body.stars, *found.outline.main.stars, *(part.stars if part else ())):
            located = self._locate(star.module, star.level, path)
            if located is not None:
                yield from self._search(located, chain, seen)

    def _locate(self, module: str, level: int, path: str) -> str | None:
        if not (module or level) or (not level and framework(module)):
            return None
        return self._modules.locate(module, level, path)

    def _of_import(
        self, path: str, one: ImportedName, rest: Chain, seen: set[tuple[str, Chain]]
    ) -> Iterator[Definition | str]:
        """What `rest` is of what was imported."""
        if one.name is None:
            located = self._locate(one.dotted, one.level, path)
            if located is None:
                yield one.dotted
            else:
                yield from self._of_module(located, rest, seen)
            return
        located = self._locate(one.module, one.level, path)
        if located is not None:
            yield from self._search(located, (one.name, *rest), seen)
        inner = self._locate(one.dotted.lstrip("."), one.level, path)
        if inner is not None:
            yield from self._of_module(inner, rest, seen)
        if located is None and inner is None:
            yield one.dotted

    def _of_module(self, path: str, rest: Chain, seen: set[tuple[str, Chain]]) -> Iterator[Definition | str]:
        """What has this name in a module; a module itself, which may be handed on, is all of it."""
        if rest and os.path.basename(path) == "__init__.py":
            inner = self._locate(rest[0], 1, path)
            if inner is not None:
                yield from self._of_module(inner, rest[1:], seen)
        if rest:
            yield from self._search(path, rest, seen)
        elif seen and not self._marked(path):
            yield self._not_marked(path, rest)
        else:
            yield self.file(path).all

    def _not_marked(self, path: str, chain: Chain) -> Definition:
        if (path, chain) not in self._unmarked:
            self._unmarked[path, chain] = Definition(path, self, None, 0, chain)
        return self._unmarked[path, chain]

    def unmarked(self, path: str, chain: Chain) -> tuple[Definition, ...]:
        """What has this name in a file that holds no ingredient."""
        return tuple(one for one in dict.fromkeys(self._of_module(path, chain, set())) if isinstance(one, Definition))

    def hot_names(self, path: str) -> frozenset[str] | None:
        """The names by which another file may get ingredients from this one; None where any name may do."""
        if path not in self._hot:
            self._hot[path] = frozenset()  # for files that import each other
            self._hot[path] = self._hot_names(path)
        return self._hot[path]

    def _hot_names(self, path: str) -> frozenset[str] | None:
        found = self.file(path)
        taken = found.outline
        if taken is None:
            return None
        names = {name for name, nodes in found.definitions.items() if _leads(self, _with_methods(nodes))}
        if _leads(self, [found.body]):
            names |= taken.variables | taken.changed
        for name in {*taken.body.imports, *taken.main.imports}:
            targets = self._lookup(path, (name,), taken.body)
            inside = [one for one in targets if isinstance(one, Definition)]
            outside = (one.rpartition(".")[2] for one in targets if isinstance(one, str))
            if _leads(self, inside) or any(_WORDS.get(one, 0) & _MARKED for one in outside):
                names.add(name)
        for star in (*taken.body.stars, *taken.main.stars):
            located = self._locate(star.module, star.level, path)
            more = self.hot_names(located) if located is not None and self._marked(located) else frozenset[str]()
            if more is None:
                return None
            names |= more
        return frozenset(names)

    def handed_on(self, part: CodePart) -> frozenset[str]:
        """The methods of a class that a decorator may do anything with: not one from outside of the code base."""
        return frozenset(
            name
            for name, chains in part.handed_on.items()
            if not all(self._is_outside(part.path, one) for one in chains)
        )

    def _is_outside(self, path: str, chain: Chain) -> bool:
        """Whether a name of a file can only be what it imports from outside of the code base."""
        taken = self.file(path).outline
        if taken is None or not chain or chain[0] in taken.variables or chain[0] in taken.definitions:
            return False
        if chain[0] not in taken.body.imports and chain[0] not in taken.main.imports:
            return False
        targets = self._lookup(path, chain, taken.body)
        return all(isinstance(one, str) and not one.endswith("partial") for one in targets)

    def acts(self, path: str) -> bool:
        """Whether the body of a file calls or changes something of the code base, and so may act on anything there."""
        if path not in self._acting:
            taken = self.file(path).outline
            self._acting[path] = taken is None or self._touches(taken, taken.effects)
        return self._acting[path]

    def _touches(self, taken: Outline, effects: Iterable[Chain]) -> bool:
        effects = tuple(effects)
        if any(chain[0] not in taken.variables and self._inside(taken, chain) for chain in effects):
            return True
        # A variable may refer to anything that the body names.
        changes = any(chain[0] in taken.variables for chain in effects)
        return changes and any(
            chain[0] not in taken.variables and self._inside(taken, chain)
            for part in (taken.body, taken.main)
            for chain in part.chains
        )

    def _inside(self, taken: Outline, chain: Chain) -> bool:
        """Whether a name of a file's body leads to a part of the code base."""
        return any(isinstance(one, Definition) for one in self._lookup(taken.path, chain, taken.body))

    # -- what comes together ----------------------------------------------------------------------------------------

    def closure(self, start: Iterable[Definition], before: Reached | None = None, all: bool = False) -> Reached:
        """What nodes reach, together with those `before`; `all`: also what has no ingredients."""
        return Reached(before).reach(start, all)

    def focus(self, path: str, needs: Iterable[int]) -> Focus | None:
        """What of a file is to be run, for all that one of the needs asks for to come together; None for nothing.

        What it reaches is kept from then on: see `skipped_rows`.
        """
        needs = tuple(needs)
        found = self.file(path)
        if found.outline is None:
            self._kept |= self.closure([found.body], all=True).nodes
            return Focus(frozenset(), len(self._modules.source(path).text))
        base = self.closure([found.body, found.main])
        acts = self.acts(path) or self._touches(found.outline, found.outline.main_effects)
        before = [found.body, found.main] if acts else []
        entries = dict(self._entries(found, self.closure(before)))
        kept: set[Definition] = set()
        run: set[str] = set()
        body = _enough(base.held, needs)
        if body:
            kept |= base.nodes
        for name, reached in entries.items():
            if _enough(reached.held, needs):
                run.add(name)
                kept |= reached.nodes
        if not kept:
            return None
        # How else the layers of these parts are used decides what can be said of them.
        marked = {node for node in kept if node.held & _MARKED}
        if not body and not marked.isdisjoint(base.nodes):
            body = True
            kept |= base.nodes
        for name, reached in entries.items():
            if name not in run and not marked.isdisjoint(reached.nodes):
                run.add(name)
                kept |= reached.nodes
        for other in {node.path for node in kept if node.marked}:
            top = self.file(other).body
            if top not in kept:
                nodes = self.closure([top]).nodes
                if not marked.isdisjoint(nodes):
                    kept |= nodes
        self._kept |= self.closure(kept, all=True).nodes
        # A class is made for the sake of its methods.
        run |= {name.partition(".")[0] for name in run}
        return Focus(frozenset(entries) - run - found.outline.variables, len(self._modules.source(path).text))

    def _entries(self, found: _File, before: Reached) -> Iterator[tuple[str, Reached]]:
        """What the entry points of a file reach: functions, classes, and methods, each on an object of its class."""
        for name, nodes in found.definitions.items():
            reached = self.closure(nodes, before)
            yield name, reached
            methods: dict[str, list[Definition]] = {}
            for node in nodes:
                for method, some in node.methods.items():
                    if method != "__init__":
                        methods.setdefault(method, []).extend(some)
            for method, some in methods.items():
                more = not reached.nodes.issuperset(some)
                yield f"{name}.{method}", self.closure(some, reached) if more else reached

    def skipped_rows(self) -> dict[str, frozenset[Rows]]:
        """For each file that is reached, the rows of the definitions that nothing reaches. Starts from scratch."""
        skipped = {path: self._skipped(self.file(path)) for path in {node.path for node in self._kept}}
        self._kept = set()
        return skipped

    def parser_safe(self) -> frozenset[str]:
        """The files that were seen to be no danger for the parser."""
        return frozenset(self._parser_safe)

    def _skipped(self, found: _File) -> frozenset[Rows]:
        if found.outline is None or found.all in self._kept:
            return frozenset()
        rows: list[Rows] = []
        for node in (one for nodes in found.definitions.values() for one in nodes):
            if node in self._kept:
                rows += [one.rows for some in node.methods.values() for one in some if one not in self._kept]
            else:
                rows.append(node.rows)
        bodies = {id(found.outline.body): found.body, id(found.outline.main): found.main}
        rows += [(first, last) for first, last, part in found.outline.plain if bodies[id(part)] not in self._kept]
        return frozenset(rows)


def _leads(reach: Reach, nodes: Iterable[Definition]) -> bool:
    """Whether nodes reach something that marks a file."""
    return bool(reach.closure(nodes).held & _MARKED)


def _with_methods(nodes: Iterable[Definition]) -> Iterator[Definition]:
    for node in nodes:
        yield node
        for methods in node.methods.values():
            yield from methods


def _is_special(name: str) -> bool:
    """Whether a method is called without being named."""
    return name in ("call", "build") or name.startswith("__")


def _enough(held: int, needs: Iterable[int]) -> bool:
    return any(need & held == need for need in needs)


_LAYER = _BITS["dropout layer"] | _BITS["recurrent layer"] | _BITS["cell"]


def _later(part: CodePart, called: Mapping[Chain, tuple[str, ...]], held: int) -> int:
    """What only the analysis can tell of the layers that a part makes or calls; `called` are names of its chains."""
    found = 0
    if held & _LAYER:
        # A class as a value may be called with anything.
        for chain in part.values:
            names = called.get(chain, chain[-1:])
            if not (DROPOUTS.isdisjoint(names) and _STEPPING.isdisjoint(names)):
                return _LATER | _BITS["training"]
        for chain, odd in part.calls.items():
            names = called.get(chain, chain[-1:])
            if not DROPOUTS.isdisjoint(names):
                found |= _BITS[POSITIONAL] * bool(odd & outlines.DROPOUT_POSITIONAL)
                found |= _BITS[ODD_RATE] * bool(odd & outlines.DROPOUT_RATE)
            if not _STEPPING.isdisjoint(names):
                found |= _BITS[POSITIONAL] * bool(odd & outlines.RECURRENT_POSITIONAL)
                found |= _BITS[ODD_RATE] * bool(odd & outlines.RECURRENT_RATE)
    if any(odd & outlines.SECOND and chain not in called for chain, odd in part.calls.items()):
        found |= _BITS["training"]
    return found
