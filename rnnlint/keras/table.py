"""The layer table: every layer of Keras 2 and Keras 3, its kind, its parameters and their defaults.

The rows are in `rows/`; they are parsed when a layer is first asked for. Source: `inspect.signature` of Keras 2.15
and of current Keras 3 (tests/keras/test_table.py compares), and for the version marks the sources of one release of
every minor version from 2.0 to now.
"""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from rnnlint.graph import Const, Layer
from rnnlint.keras.kinds import Kind
from rnnlint.keras.rows import convolution, core, preprocessing, recurrent, regularization
from rnnlint.keras.rows.keywords import GENERIC
from rnnlint.records import dataclass

if TYPE_CHECKING:
    from rnnlint.keras.versions import KerasTargets, Version

T = TypeVar("T")


class Required(enum.Enum):
    """The type of REQUIRED."""

    REQUIRED = "REQUIRED"


REQUIRED: Final = Required.REQUIRED


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a layer's constructor.

    `default` is REQUIRED or a constant (a tuple of constants for such as `pool_size=(2, 2)`). `since` and `until` are
    the first and the last version, within the major, that have it; None where the whole major has it.
    """

    name: str
    default: object
    keyword_only: bool = False
    since: Version | None = None
    until: Version | None = None

    def at(self, version: Version) -> bool:
        """Whether this version has the parameter."""
        return (self.since is None or self.since <= version) and (self.until is None or version <= self.until)


@dataclass(frozen=True, slots=True)
class Constructor:
    """The constructor of one layer in one version: its own parameters, and what it takes through `**kwargs`."""

    params: tuple[Param, ...]
    extra: tuple[Param, ...]

    def positional(self) -> tuple[str, ...]:
        """The names that positional arguments get, in order."""
        return tuple(param.name for param in self.params if not param.keyword_only)

    def param(self, name: str) -> Param | None:
        """The parameter of that name, `**kwargs` included."""
        return next((param for param in (*self.params, *self.extra) if param.name == name), None)


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """One layer. `name` is canonical (`keras.layers.LSTM`)."""

    name: str
    kind: Kind

    @property
    def short(self) -> str:
        """The class name alone."""
        return self.name.rpartition(".")[2]

    def signature(self, major: int) -> tuple[Param, ...] | None:
        """The parameters in the newest release of a major version that has the layer; None if none has it."""
        row = _major(self.short, major)
        if row is None:
            return None
        newest = (major, 999) if row.until is None else row.until
        return tuple(param for param in row.params if param.at(newest))

    def at(self, version: Version) -> Constructor | None:
        """The constructor in one version; None where that version lacks the layer."""
        return _at(self.short, version)


@dataclass(frozen=True, slots=True)
class Binding(Generic[T]):
    """Arguments bound to parameters.

    `args`: parameter name, argument, whether it was given by position. `unclear`: positional arguments that have
    different names in the possible versions. `errors`: what no possible version accepts.
    """

    args: tuple[tuple[str, T, bool], ...]
    unclear: tuple[T, ...] = ()
    errors: tuple[str, ...] = ()


@lru_cache(4096)  # any name of a user's code may be asked for
def spec(name: str) -> LayerSpec | None:
    """The layer of a canonical (`keras.layers.LSTM`) or short (`LSTM`) name; None if Keras has no such layer.

    An alias gives the class that it names: `MaxPool1D` gives `keras.layers.MaxPooling1D`.
    """
    prefix, _, short = name.rpartition(".")
    if prefix not in ("", "keras.layers"):
        return None
    return _spec(short)


def kind_of(layer: Layer | None) -> Kind | None:
    """The kind of a Keras layer; None for a user's layer, what was not understood, and no layer."""
    return None if layer is None or layer.kind != "keras" else _kind_named(layer.name)


@lru_cache(4096)
def _kind_named(name: str) -> Kind | None:
    found = spec(name)
    return None if found is None else found.kind


def names() -> tuple[str, ...]:
    """All short names of the table, second names included."""
    return tuple(_index())


_WITHOUT_NOISE_SHAPE = (Kind.SPATIAL_DROPOUT, Kind.GAUSSIAN_DROPOUT)


def bind(spec: LayerSpec, positional: Sequence[T], keywords: Sequence[tuple[str, T]], env: KerasTargets) -> Binding[T]:
    """Bind the arguments of a constructor call as the Keras versions of `env` do.

    Of a layer of Keras 1 no signature is known: its positional arguments are unclear, its keywords are taken as given.
    A `noise_shape` for a dropout layer that has none is an error and bound all the same, so that a rule can tell.
    """
    if not _signatures(spec, env.versions):
        return Binding(tuple((name, value, False) for name, value in keywords), tuple(positional))
    order, accepted = _names(spec, env.versions)
    args: list[tuple[str, T, bool]] = []
    unclear: list[T] = []
    errors: list[str] = []
    for name, value in zip(order, positional, strict=False):
        if name is not None:
            args.append((name, value, True))
        else:
            unclear.append(value)
    if len(positional) > len(order):
        errors.append(f"{spec.short} takes at most {len(order)} positional arguments, {len(positional)} were given")
    bound = {name for name, _, _ in args}
    for name, value in keywords:
        if name not in accepted:
            errors.append(f"{spec.short} has no argument '{name}'")
            if name == "noise_shape" and spec.kind in _WITHOUT_NOISE_SHAPE:
                args.append((name, value, False))
        elif name in bound:
            errors.append(f"{spec.short} got argument '{name}' twice")
        else:
            bound.add(name)
            args.append((name, value, False))
    return Binding(tuple(args), tuple(unclear), tuple(errors))


def default(spec: LayerSpec, param: str, env: KerasTargets) -> Const | None:
    """The default of a parameter in those versions of `env` that have it.

    None where these versions differ, where none has it, and where it has no default. A default that is a tuple comes
    as `Const` of a tuple.
    """
    return _default(spec, param, env.versions)


@cache
def _default(spec: LayerSpec, param: str, versions: frozenset[Version]) -> Const | None:
    found = {
        (type(have.default), have.default)
        for signature in _signatures(spec, versions)
        if (have := signature.param(param)) is not None
    }
    if len(found) != 1:
        return None
    value = found.pop()[1]
    return None if value is REQUIRED else Const(value)


# ---------------------------------------------------------------------------------------------------------------------
# Parsing rows


_ROWS = "".join(family.ROWS for family in (convolution, core, preprocessing, recurrent, regularization))


@dataclass(frozen=True, slots=True)
class _Row:
    params: tuple[Param, ...]
    extra: tuple[Param, ...]
    since: Version | None
    until: Version | None


@cache
def _index() -> dict[str, tuple[Kind, dict[int, str], str]]:
    """Layer -> its kind, signature text per major, and the layer whose row it shares.

    A row's head is `Name kind` or, for another name of the same class, `Name = Other`.
    """
    index: dict[str, tuple[Kind, dict[int, str], str]] = {}
    for block in _ROWS.strip().split("\n\n"):
        head, *lines = block.splitlines()
        name, kind, *other = head.split()
        if kind == "=":
            index[name] = (index[other[0]][0], {}, other[0])
            continue
        texts: dict[int, str] = {}
        major = 0
        for line in lines:
            text = line.strip()
            if text[:2] in ("2:", "3:"):
                major, text = int(text[0]), text[2:].strip()
                texts[major] = text
            else:
                texts[major] += " " + text
        index[name] = (Kind(kind), texts, name)
    return index


def _spec(short: str) -> LayerSpec | None:
    found = _index().get(short)
    return None if found is None else LayerSpec(f"keras.layers.{found[2]}", found[0])


def _parse_version(text: str) -> Version:
    major, minor = text.split(".")
    return int(major), int(minor)


def _parse_mark(mark: str) -> tuple[Version | None, Version | None]:
    """`3.2-`, `-2.4` or `2.1-2.4`: first and last version."""
    since, _, until = mark.partition("-")
    return (_parse_version(since) if since else None), (_parse_version(until) if until else None)


def _parse(text: str) -> tuple[tuple[Param, ...], bool]:
    """Parameters of a signature written as in Python, version marks as annotations; and whether `**` ends it."""
    function = ast.parse(f"def f({text}): 0").body[0]
    assert isinstance(function, ast.FunctionDef)
    args = function.args
    defaults: list[ast.expr | None] = [None] * (len(args.args) - len(args.defaults))
    defaults.extend(args.defaults)
    params: list[Param] = []
    pairs = [(*pair, False) for pair in zip(args.args, defaults, strict=True)]
    pairs += [(*pair, True) for pair in zip(args.kwonlyargs, args.kw_defaults, strict=True)]
    for arg, value, keyword_only in pairs:
        mark = arg.annotation.value if isinstance(arg.annotation, ast.Constant) else None
        since, until = _parse_mark(mark) if isinstance(mark, str) else (None, None)
        constant: object = ast.literal_eval(value) if value is not None else REQUIRED
        params.append(Param(arg.arg, constant, keyword_only, since, until))
    return tuple(params), args.kwarg is not None


@cache
def _generic(key: str) -> tuple[Param, ...]:
    return _parse(GENERIC[key])[0] if key in GENERIC else ()


@cache
def _major(short: str, major: int) -> _Row | None:
    """The row of one major version, all its minors merged. `[2.0-2.3]` before the signature limits the layer itself."""
    kind, texts, owner = _index()[short]
    if owner != short:
        return _major(owner, major)
    text = texts.get(major)
    if text is None:
        return None
    since = until = None
    if text.startswith("["):
        mark, _, text = text[1:].partition("]")
        since, until = _parse_mark(mark)
    if text.strip() == "same":
        text = texts[2].partition("] ")[2] if texts[2].startswith("[") else texts[2]
    params, generic = _parse(text)
    extra = _generic(f"{short} {major}") + _generic(f"{kind.value} {major}")
    if generic:
        extra += _generic(f"{major}")
    return _Row(params, extra, since, until)


@cache
def _at(short: str, version: Version) -> Constructor | None:
    row = _major(short, version[0])
    if row is None or (row.since and version < row.since) or (row.until and version > row.until):
        return None
    return Constructor(
        tuple(param for param in row.params if param.at(version)),
        tuple(param for param in row.extra if param.at(version)),
    )


@cache
def _signatures(spec: LayerSpec, versions: frozenset[Version]) -> tuple[Constructor, ...]:
    """The different signatures of a layer in some versions; where none of these has it, in all that have it."""
    found = _distinct(spec, versions)
    return found or _distinct(spec, [(major, minor) for major in (2, 3) for minor in range(100)])


@cache
def _names(spec: LayerSpec, versions: frozenset[Version]) -> tuple[tuple[str | None, ...], frozenset[str]]:
    """The names that positional arguments get (None where these versions differ), and all that some version accepts."""
    signatures = _signatures(spec, versions)
    orders = [signature.positional() for signature in signatures]
    columns = [
        {order[index] for order in orders if index < len(order)} for index in range(max(map(len, orders), default=0))
    ]
    order = tuple(names.pop() if len(names) == 1 else None for names in columns)
    return order, frozenset(param.name for one in signatures for param in (*one.params, *one.extra))


def _distinct(spec: LayerSpec, versions: Iterable[Version]) -> tuple[Constructor, ...]:
    return tuple(
        dict.fromkeys(found for version in sorted(versions) if (found := _at(spec.short, version)) is not None)
    )
