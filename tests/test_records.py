"""Our data classes do what those of the standard library do."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import os
import pickle
import pkgutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import rnnlint
from rnnlint import records

OURS: Any = records.dataclass
THEIRS: Any = dataclasses.dataclass
FORMS = [
    {"frozen": True, "slots": True},
    {"frozen": True, "slots": True, "order": True},
    {"frozen": True, "slots": True, "eq": False},
    {"frozen": True},
    {"slots": True},
    {"slots": True, "unsafe_hash": True},
    {"order": True},
    {},
]


def made(by: Any, form: dict[str, bool]) -> Any:
    @by(**form)
    class Record:
        first: int
        second: str = "b"
        more: list[int] = field(default_factory=list)
        seen: int = field(default=3, compare=False, repr=False)
        kept: object = field(default=None, init=False, repr=False, compare=False)

    return Record


def calculating(by: Any) -> Any:
    @by
    class Record:
        first: int
        double: int = field(init=False)

        def __post_init__(self) -> None:
            self.double = 2 * self.first

    return Record


def speaking(by: Any) -> Any:
    @by(frozen=True)
    class Record:  # noqa: PLW1641 - it is made
        first: int

        def __eq__(self, other: object) -> bool:
            return True

        def __repr__(self) -> str:
            return "spoken"

    return Record


def outcome(run: Callable[[], object]) -> object:
    """What it gives, or what it raises."""
    try:
        return run()
    except (TypeError, ValueError, AttributeError) as error:
        return type(error), str(error).replace("made.<locals>.", "")


# Asked of a class and two objects of it.
QUESTIONS: dict[str, Callable[[Any, Any, Any], object]] = {
    "repr": lambda _, a, __: repr(a),
    "fields": lambda cls, _, __: [(one.name, one.type, one.init) for one in dataclasses.fields(cls)],
    "dict": lambda _, a, __: dataclasses.asdict(a),
    "match": lambda cls, _, __: cls.__match_args__,
    "equal": lambda _, a, b: (a == b, a == copy.copy(a), a != b, a == 1),
    "equal to a change that does not count": lambda _, a, __: a == dataclasses.replace(a, seen=4),
    "hash": lambda _, a, __: hash(a) == object.__hash__(a),
    "hash of hashable": lambda cls, _, __: hash(cls(1, more=())) == hash(cls(1, more=(), seen=7)),
    "less": lambda _, a, b: (a < b, a <= b, a > b, a >= b),
    "order of others": lambda _, a, __: a < 1,
    "replace": lambda _, a, __: repr(dataclasses.replace(a, first=7)),
    "replace what is no argument": lambda _, a, __: dataclasses.replace(a, kept=7),
    "defaults are made anew": lambda cls, _, __: cls(1).more is cls(1).more,
    "an argument too few": lambda cls, _, __: cls(),
    "an argument too many": lambda cls, _, __: cls(1, "b", [], 3, None),
    "an unknown argument": lambda cls, _, __: cls(1, third=3),
    "set": lambda _, a, __: setattr(a, "first", 2),
    "delete": lambda _, a, __: delattr(a, "first"),
    "kept": lambda _, a, __: a.kept,
    "copies": lambda _, a, __: (repr(copy.copy(a)), repr(copy.deepcopy(a)), copy.deepcopy(a).more is a.more),
}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: ", ".join(form) or "plain")
@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_as_the_standard_library(form: dict[str, bool], question: Callable[[Any, Any, Any], object]) -> None:
    ours, theirs = (
        [outcome(partial(question, cls, cls(1), cls(2, "a", [3]))) for _ in range(2)]
        for cls in (made(OURS, form), made(THEIRS, form))
    )
    assert ours == theirs


def test_a_record_in_itself() -> None:
    cls = made(OURS, FORMS[0])
    one = cls(1)
    one.more.append(one)
    assert "..." in repr(one)


def test_what_is_calculated() -> None:
    ours, theirs = (repr(calculating(by)(3)) for by in (OURS, THEIRS))
    assert ours == theirs


def test_a_method_of_its_own() -> None:
    (ours, other), theirs = (speaking(OURS)(1), speaking(OURS)(2)), speaking(THEIRS)(1)
    assert repr(ours) == repr(theirs) == "spoken"
    assert ours == other
    assert hash(ours) == hash(theirs)


OWN = records._repr


def modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(rnnlint.__path__, "rnnlint."):
        if "worker" not in found.name and not found.name.endswith((".__main__", ".lsp")):
            yield importlib.import_module(found.name)


CLASSES = sorted(
    {
        one
        for module in modules()
        for one in vars(module).values()
        if isinstance(one, type) and one.__module__ == module.__name__ and OWN in vars(one).values()
    },
    key=lambda one: (one.__module__, one.__qualname__),
)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda one: f"{one.__module__}.{one.__qualname__}")
def test_every_class(cls: Any) -> None:
    """It can be made, cannot be changed where it is frozen, and goes through a pipe."""
    if hasattr(cls, "__post_init__"):
        return
    names = [one.name for one in dataclasses.fields(cls)]
    given = [one.name for one in dataclasses.fields(cls) if one.init]
    first = cls(*range(len(given)))
    assert [getattr(first, name) for name in given] == list(range(len(given)))
    for name in names if cls.__setattr__ is not object.__setattr__ else ():
        with pytest.raises(FrozenInstanceError):
            setattr(first, name, None)
    again = pickle.loads(pickle.dumps(first))
    assert [getattr(again, name) for name in names] == [getattr(first, name) for name in names]


LIBCST = """
import contextlib, copy, dataclasses, pickle, sys
from rnnlint.cli.process import fast_dataclasses
with fast_dataclasses() if sys.argv[1] == "quickly" else contextlib.nullcontext():
    import libcst
from libcst import metadata

CODE = '''
@decorated(1)
class A(B, metaclass=C):
    "text"
    async def f(self, a, /, b: int = 1, *c, d=2, **e) -> None:
        for x in y:
            with z as (p, q): print(f"{x!r:>{w}}", *args, **kw)
        else: raise E from None
        return lambda: [i for i in j if k] or {**l, "m": n[1:2, ...]} if not o else (yield)
try: del a.b
except* (X, Y) as error: global g; assert g, "h"
finally: i: int = -1; j @= await k
match a:
    case {"x": [1, *_], **rest} | P(x=1) if b: ...
'''

def said(run):
    try:
        return repr(run())
    except Exception as error:
        return f"{type(error).__name__}: {error}"

def below(cls):
    for one in cls.__subclasses__():
        yield one
        yield from below(one)

def nodes(node):
    yield node
    for child in node.children:
        yield from nodes(child)

# There are two of each: that which got slots is a copy.
classes = {libcst.CSTNode, *below(libcst.CSTNode)}
for cls in sorted(classes, key=lambda cls: (cls.__qualname__, "__slots__" in vars(cls))):
    fields = [(one.name, one.init, one.compare, one.repr) for one in dataclasses.fields(cls)]
    print(cls.__qualname__, fields, cls.__match_args__, cls.__dict__.get("__slots__"), cls.__dataclass_params__.frozen)
    print(said(cls), said(lambda: cls(1)), said(lambda: cls(unknown=1)))
tree = libcst.parse_module(CODE)
assert tree.code == CODE
for node in nodes(tree):
    print(node)
    again = [copy.copy(node), copy.deepcopy(node), node.deep_clone(), pickle.loads(pickle.dumps(node))]
    assert all(one.deep_equals(node) and one != node and hash(one) != hash(node) for one in again)
    print(said(lambda: setattr(node, "value", 1)), said(lambda: setattr(node, "x", 1)))
    print(said(lambda: delattr(node, "lpar")), said(lambda: node.with_changes()))
    print(said(lambda: node.with_changes(value=3)), said(lambda: dataclasses.asdict(node)))
print(said(lambda: libcst.Name("")), said(lambda: libcst.Arg(libcst.Name("a"), star="***")))
print(sorted(map(repr, metadata.MetadataWrapper(tree).resolve(metadata.PositionProvider).values())))

@dataclasses.dataclass(frozen=True)
class Own(libcst.Name):
    more: int = 1

own = Own("a", more=2)
print(own, said(lambda: setattr(own, "more", 3)), own.with_changes(value="b"), Own.__dataclass_params__)
assert dataclasses.dataclass.__module__ == "dataclasses"
"""


def test_libcst_is_the_same_with_fast_dataclasses() -> None:
    """All its nodes, with what anybody may do to them who uses libcst in the same process."""
    root = str(Path(rnnlint.__file__).parent.parent)
    quickly, usually = (
        subprocess.run(
            [sys.executable, "-c", LIBCST, how],
            env={**os.environ, "PYTHONPATH": root},
            capture_output=True,
            text=True,
            check=False,
        )
        for how in ("quickly", "usually")
    )
    assert usually.returncode == 0, usually.stderr
    assert quickly.returncode == 0, quickly.stderr
    assert len(usually.stdout.splitlines()) > 1000
    assert quickly.stdout.splitlines() == usually.stdout.splitlines()
