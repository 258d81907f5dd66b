"""The store: all mutable state of a run, and how it is undone and joined where branches meet."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, TypeAlias

from rnnlint.interpret.base import Value, immutable
from rnnlint.interpret.contents import LazyImport, LazyValue

# The id of an object and a key.
Cell: TypeAlias = tuple[int, Hashable]
# Joins what a cell may hold, at least one value.
Join: TypeAlias = Callable[[list[Value]], Value]

_ABSENT = object()


class Slot:
    """The key of a cell for what an object holds beside its variables or attributes; no name in the code equals it."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"Slot({self.name!r})"


ITEMS = Slot("items")  # of a list a TupleV, of a dict a DictItems
CLASS = Slot("class")  # of the scope of a class body: the class
METHODS = Slot("methods")  # of a class: the functions that its body defines
FIELDS = Slot("fields")  # of a class: the names that its body annotates
DATACLASS = Slot("dataclass")  # of a class: set where its fields are the parameters of its constructor
SETTER = Slot("setter")  # of a class, with the name of a property
DELETER = Slot("deleter")  # likewise
BUILT = Slot("built")  # of an object: set once its `build` was called
STARS = Slot("stars")  # of a module's scope: the external modules of its star imports
FLAG = Slot("flag")  # of object 0, with a name: a command-line flag


class Flow(enum.Enum):
    """How a stretch of code ended."""

    NORMAL = 0
    RETURN = 1
    RAISE = 2
    BREAK = 3
    CONTINUE = 4


@immutable
class _Exit:
    """A state in which the code jumped away: the state before stretch `stretch`, and what was written since."""

    kind: Flow
    stretch: int
    written: dict[Cell, object]


class _Branch:
    """The former contents of the cells that a branch overwrote, in stretches from each jump to the next.

    `began` is the id of the last object made before the branch began, `jumped` that of the last one made before its
    last jump; `noted` is the present stretch.
    """

    __slots__ = ("began", "jumped", "noted", "stretches")

    def __init__(self, last: int) -> None:
        self.began = self.jumped = last
        self.noted: dict[Cell, object] = {}
        self.stretches: list[dict[Cell, object]] = []  # those before the present one

    def jump(self, last: int) -> int:
        """Begin a new stretch, because the present state is needed again later. Return the number of the stretch."""
        if self.noted:
            self.stretches.append(self.noted)
            self.noted = {}
        self.jumped = last
        return len(self.stretches)

    def former(self, stretch: int = 0) -> dict[Cell, object]:
        """Return the cells overwritten since a stretch began, with what they held before it."""
        if not self.stretches and not stretch:
            return self.noted
        first: dict[Cell, object] = {}
        for noted in (*self.stretches, self.noted)[stretch:]:
            for cell, old in noted.items():
                first.setdefault(cell, old)
        return first


class Store:
    """All mutable state: the cells of objects.

    What a branch overwrites is noted, so that it can be undone and joined. Writes to an object that the branch has made
    itself are not noted, because no other branch knows the object. There are two exceptions: once the code has jumped
    away, the state at the jump is needed again; and a `LazyImport` is worked out where branches meet.
    """

    def __init__(self) -> None:
        self.exits = 0  # how many states wait for `rejoin`
        self._exits: list[_Exit] = []
        self._objects: defaultdict[int, dict[Hashable, Value]] = defaultdict(dict)
        self._permanent: set[int] = set()  # objects that no branch takes back
        self._branch = _Branch(0)
        self._last = 0

    def new(self, permanent: bool = False) -> int:
        """Return a fresh object id. A permanent object is known to all branches, whichever made it."""
        self._last += 1
        if permanent:
            self._permanent.add(self._last)
        return self._last

    def make(self, contents: Mapping[Any, Value]) -> int:
        """Return the id of a fresh object with these contents, none of which is a `LazyImport`."""
        self._last += 1
        self._objects[self._last] = dict(contents)
        return self._last

    def get(self, id: int, key: Hashable) -> Value | None:
        """Return the content of a cell, or None where it was never set."""
        content = self._objects[id].get(key)
        return content.get() if isinstance(content, LazyValue) else content

    def raw(self, id: int, key: Hashable) -> Value | None:
        """Return the content of a cell without working out a `LazyValue`, or None where it was never set."""
        return self._objects[id].get(key)

    def cells(self, id: int) -> Mapping[Hashable, Value]:
        """Return a live view of all contents of an object, with each `LazyValue` as it is."""
        return self._objects[id]

    def set(self, id: int, key: Hashable, value: Value) -> None:
        """Overwrite a cell."""
        content = self._objects[id]
        branch = self._branch
        if id <= branch.jumped or id in self._permanent:
            cell = (id, key)
            if cell not in branch.noted:
                branch.noted[cell] = content.get(key, _ABSENT)
        elif isinstance(value, LazyImport):
            branch.noted.setdefault((id, key), _ABSENT)
        content[key] = value

    def delete(self, id: int, key: Hashable) -> None:
        """Make a cell as if it had never been set."""
        content = self._objects[id]
        if key in content:
            branch = self._branch
            if id <= branch.jumped or id in self._permanent:
                branch.noted.setdefault((id, key), content[key])
            del content[key]

    def drop(self, id: int) -> None:
        """Forget an object that nothing refers to any more."""
        if not any(isinstance(content, LazyImport) for content in self._objects[id].values()):
            del self._objects[id]

    def fork(self, arms: Sequence[Callable[[], object]], join: Join, keep: bool = True) -> list[object]:
        """Run each arm on the present state, then set every cell that any arm touched to the join of its outcomes.

        The outcome of an arm that returns RAISE takes no part; that of one that returns a jump waits for `rejoin`.
        Where no arm ended normally the state is that after the last arm. With `keep` False the state is left as it was.
        Time is linear in what the arms wrote.

        Returns:
            What the arms returned.
        """
        outer = self._branch
        start: dict[Cell, object] = {}
        outcomes: list[dict[Cell, object]] = []
        endings: list[object] = []
        last: dict[Cell, object] = {}
        for arm in arms:
            branch = self._branch = _Branch(self._last)
            before = self.exits
            ended: object = None
            failed = True
            try:
                ended = arm()
                failed = False
            finally:
                last = self._undo(branch, start)
                self._branch = outer
                if self.exits > before:
                    self._carry(before, branch, last)
                elif not keep or failed or (ended is Flow.RAISE and (outcomes or arm is not arms[-1])):
                    self._forget(branch.began)
            endings.append(ended)
            if not isinstance(ended, Flow) or ended is Flow.NORMAL:
                outcomes.append(last)
            elif ended is not Flow.RAISE:
                self._exits.append(_Exit(ended, outer.jump(self._last), last))
                self.exits += 1
        if keep:
            self._join(outcomes or [last], start, join)
        return endings

    def _undo(self, branch: _Branch, start: dict[Cell, object]) -> dict[Cell, object]:
        """Undo a branch, adding the former contents to `start`. Return what the branch had written."""
        after: dict[Cell, object] = {}
        objects = self._objects
        for cell, content in branch.former().items():
            id, key = cell
            now = objects[id]
            after[cell] = now.get(key, _ABSENT)
            if content is not _ABSENT and (id <= branch.began or id in self._permanent):
                start.setdefault(cell, content)
                now[key] = content  # type: ignore[assignment]
            else:
                start.setdefault(cell, _ABSENT)
                now.pop(key, None)
        return after

    def _carry(self, since: int, branch: _Branch, after: dict[Cell, object]) -> None:
        """Add what the branch wrote to the states that wait (from number `since` on), now that the branch is undone."""
        stretch = self._branch.jump(self._last)
        for number, one in enumerate(self._exits[since:], since):
            written = {**after, **branch.former(one.stretch), **one.written}
            self._exits[number] = _Exit(one.kind, stretch, written)

    def _forget(self, last: int) -> None:
        """Forget the objects made after object `last`, but for permanent ones."""
        for id in range(last + 1, self._last + 1):
            if id not in self._permanent:
                self._objects.pop(id, None)

    def _join(
        self, outcomes: Sequence[dict[Cell, object]], start: dict[Cell, object], join: Join, dead: int | None = None
    ) -> None:
        """Set each cell that an outcome names to the join of all outcomes; `start` holds for those that do not name it.

        The cells of a `dead` object are not joined.
        """
        if len(outcomes) == 1:
            for cell, content in outcomes[0].items():
                self._put(cell, content)
            return
        touched: dict[Cell, object] = {}
        for after in outcomes:
            touched.update(after)
        for cell in touched:
            before = start.get(cell, _ABSENT)
            contents: list[Any] = [after.get(cell, before) for after in outcomes]
            first = contents[0]
            for content in contents:
                if content is not first:
                    break
            else:
                self._put(cell, first)
                continue
            if cell[0] != dead or any(isinstance(content, LazyImport) for content in contents):
                known = [content for content in contents if content is not _ABSENT]
                self._put(cell, join([one.get() if isinstance(one, LazyValue) else one for one in known]))

    def _put(self, cell: Cell, content: Any) -> None:
        if content is _ABSENT:
            self.delete(*cell)
        else:
            self.set(*cell, content)

    def leave(self, kind: Flow) -> None:
        """Keep the present state for the `rejoin` of a jump of that kind."""
        self._exits.append(_Exit(kind, self._branch.jump(self._last), {}))
        self.exits += 1

    def rejoin(self, kind: Flow, since: int, alive: bool, join: Join, dead: int | None = None) -> bool:
        """Join the states of that kind that are waiting (from number `since` on) into the present one.

        With `alive` False the present state itself is not among those joined. The cells of a `dead` object are not
        joined.

        Returns:
            Whether any state arrives.
        """
        arriving = [one for one in self._exits[since:] if one.kind == kind]
        if not arriving:
            return alive
        self._exits[since:] = [one for one in self._exits[since:] if one.kind != kind]
        self.exits = len(self._exits)
        outcomes = [{**self._branch.former(one.stretch), **one.written} for one in arriving]
        present = {cell: self._content(cell) for after in outcomes for cell in after}
        self._join([*outcomes, present] if alive else outcomes, present, join, dead)
        return True

    def isolated(self, run: Callable[[], object]) -> None:
        """Run something and take back everything that it wrote."""
        before = self.exits
        try:
            self.fork([run], _never, keep=False)
        finally:
            del self._exits[before:]
            self.exits = before

    def permanently(self, run: Callable[[], object]) -> None:
        """Run something whose writes no branch undoes: a module runs once, whichever branch imports it first."""
        outer, last = self._branch, self._last
        self._branch = _Branch(last)
        try:
            run()
        finally:
            self._branch = outer
            self._permanent.update(range(last + 1, self._last + 1))

    def _content(self, cell: Cell) -> object:
        content = self._objects.get(cell[0])
        return _ABSENT if content is None else content.get(cell[1], _ABSENT)


def _never(_values: list[Value]) -> Value:
    """Return the join for a state that is not kept; never called."""
    raise NotImplementedError
