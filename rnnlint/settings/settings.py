"""Settings: `[tool.rnnlint]` of the nearest pyproject.toml, the command line on top, resolved for each linted file."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from rnnlint.records import dataclass
from rnnlint.registry import RULES, Rule

if TYPE_CHECKING:
    from pathspec import PathSpec

    from rnnlint.findings import Confidence

AUTO = "auto"
ALL = "ALL"

# ruff's list and our own cache, without `build` and `dist` of other tools' making: patterns match below the folder they
# belong to only.
DEFAULT_EXCLUDE = (
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".git-rewrite",
    ".hg",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pants.d",
    ".pyenv",
    ".pytest_cache",
    ".pytype",
    ".rnnlint_cache",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    ".vscode",
    "__pypackages__",
    "_build",
    "buck-out",
    "build",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
)


class SettingsError(Exception):
    """A setting that cannot be used: the message names the place, what is wrong, and the nearest known name."""


# ---------------------------------------------------------------------------------------------------------------------
# What a file is linted with


@dataclass(frozen=True, slots=True)
class Patterns:
    """Patterns in the form of .gitignore, relative to the folder `base` (absolute).

    Outside `base` only patterns without a slash match, by the name of a file or folder. `inverted` patterns, `!src/**`
    of per-file ignores, are for the files that they do not match.
    """

    base: str
    patterns: tuple[str, ...]
    inverted: bool = False

    def match(self, path: str | os.PathLike[str], *, is_dir: bool = False) -> bool:
        """Whether a pattern matches the path, or a folder that the path lies in. Nothing above `base` counts."""
        if not self.patterns:
            return False
        relative = os.path.relpath(path, self.base).replace(os.sep, "/")
        names = _names(self.patterns)
        if names is not None:
            return not names.isdisjoint(relative.split("/"))
        return _spec(self.patterns).match_file(relative + "/" * is_dir)

    def inside(self, folder: str) -> Callable[[str, bool], bool]:
        """As `match` for names in a folder which no pattern matches; asked by name and whether that is a folder."""
        names = _names(self.patterns)
        if names is not None:
            return lambda name, _: name in names
        relative = os.path.relpath(folder, self.base).replace(os.sep, "/")
        above = "" if relative == os.curdir else f"{relative}/"
        spec = _spec(self.patterns)
        return lambda name, is_dir: spec.match_file(above + name + "/" * is_dir)


@lru_cache(maxsize=256)
def _names(patterns: tuple[str, ...]) -> frozenset[str] | None:
    """The patterns, where they are nothing but names: for these a look is enough."""
    plain = re.compile(r"[\w.-]*\w[\w.-]*", re.ASCII)
    return frozenset(patterns) if all(plain.fullmatch(one) for one in patterns) else None


@lru_cache(maxsize=256)
def _spec(patterns: tuple[str, ...]) -> PathSpec[Any]:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(patterns)


def _default_rules() -> frozenset[str]:
    return frozenset(rule.code for rule in known_rules() if rule.default)


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one file, resolved. Plain and picklable; `Settings()` holds the defaults.

    `rules` are the codes that are on, `asked` those of them that were selected and not just left on. `keras_version`
    and `backend` are as written, "auto" where they are to be read from the pins of the project;
    `timestep_loss_threshold` is a probability. `unsafe_fixes` is None where nothing was said: then they are not made,
    but offered. `config` is the pyproject.toml that was used, or None. `python` is the Python that confirms, or None
    for the running one; `confirm_timeout` in seconds for each model, `confirm_memory` in GiB.
    """

    rules: frozenset[str] = field(default_factory=_default_rules)
    asked: frozenset[str] = frozenset()
    per_file_ignores: tuple[tuple[Patterns, frozenset[str]], ...] = ()
    exclude: tuple[Patterns, ...] = ()
    force_exclude: bool = False
    respect_gitignore: bool = True
    keras_version: str = AUTO
    backend: str = AUTO
    min_confidence: Confidence = "possible"
    timestep_loss_threshold: float = 0.01
    ignore_noqa: bool = False
    unsafe_fixes: bool | None = None
    python: str | None = None
    confirm_timeout: float = 60.0
    confirm_memory: float = 8.0
    output_format: str = "full"
    baseline: str | None = None
    config: str | None = None

    def rules_for(self, path: str | os.PathLike[str]) -> frozenset[str]:
        """The codes that are on for this file: `rules` without its per-file ignores."""
        ignored = [codes for files, codes in self.per_file_ignores if files.match(path) is not files.inverted]
        return self.rules.difference(*ignored)

    def excludes(self, path: str | os.PathLike[str], *, is_dir: bool = False) -> bool:
        """Whether `exclude` or `extend-exclude` names this path or a folder that it lies in."""
        return any(patterns.match(path, is_dir=is_dir) for patterns in self.exclude)


# ---------------------------------------------------------------------------------------------------------------------
# What was written


class Options(NamedTuple):
    """Settings as given in one place, the command line or one pyproject.toml; None or empty where nothing was said."""

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] | None = None
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()
    force_exclude: bool | None = None
    respect_gitignore: bool | None = None
    keras_version: str | None = None
    backend: str | None = None
    min_confidence: str | None = None
    timestep_loss_threshold: float | None = None
    ignore_noqa: bool | None = None
    unsafe_fixes: bool | None = None
    python: str | None = None
    confirm_timeout: float | None = None
    confirm_memory: float | None = None
    output_format: str | None = None
    baseline: str | None = None


class _Place(NamedTuple):
    """Where options were written: on the command line (no path), or in a file, with its text to find the line."""

    base: str
    path: str | None = None
    text: str = ""

    def of(self, key: str, value: str | None = None) -> str:
        """The place of a key (and of a string in its value), for messages."""
        if self.path is None:
            return f"--{key}"
        row = _find_row(self.text, key, value)
        return f"{_shown(self.path)}{f':{row}' if row else ''}: `{key}`"


def _find_row(text: str, key: str, value: str | None) -> int | None:
    """The line of a key of [tool.rnnlint], or of a string in its value; None where it is written in another way."""
    inside, found = False, None
    needle = re.compile(r"""["']""" + re.escape(value) + r"""["']""") if value is not None else None
    named = re.compile(rf"""\s*(?:tool\.rnnlint\.)?["']?{re.escape(key)}["']?\s*[.=]""")
    for row, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"""\s*\[\s*(.*?)\s*\]\s*(#.*)?$""", line)
        if header and "=" not in line:
            if inside and found:
                break
            table = re.sub(r"""["'\s]""", "", header[1])
            inside = table == "tool.rnnlint" or table.startswith("tool.rnnlint.")
            if table == f"tool.rnnlint.{key}":
                found = found or row
        elif inside and not found and named.match(line):
            found = row
        if found and needle is None:
            return found
        if found and needle and needle.search(line):
            return row
    return found


def _shown(path: str) -> str:
    """A path as messages show it: relative where it lies below the current folder."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint for a name that is not known: `; did you mean 'select'?`, or nothing."""
    from difflib import get_close_matches

    by_lower = {one.lower(): one for one in known}
    close = get_close_matches(name.lower(), by_lower, n=1)
    return f"; did you mean '{by_lower[close[0]]}'?" if close else ""


# ---------------------------------------------------------------------------------------------------------------------
# Rule selection


def known_rules() -> tuple[Rule, ...]:
    """All rules, in code order."""
    return RULES


def matching(selector: str, rules: Sequence[Rule]) -> frozenset[str]:
    """The codes that a code, prefix, name or ALL selects; empty where it is none of these."""
    if selector == ALL:
        return frozenset(rule.code for rule in rules)
    prefix = selector if re.fullmatch(r"RNN[0-9]{0,3}", selector) else None
    return frozenset(
        rule.code for rule in rules if rule.name == selector or (prefix is not None and rule.code.startswith(prefix))
    )


def unknown_rule(selector: str, rules: Sequence[Rule]) -> str:
    """The error message for a selector that matches no rule."""
    return f"unknown rule '{selector}'{nearest(selector, [n for rule in rules for n in (rule.code, rule.name)])}"


def _specificity(selector: str) -> int:
    """ALL is the least specific, a name as specific as a full code."""
    return 0 if selector == ALL else len(selector) if selector.startswith("RNN") else len("RNN101")


def _resolve_rules(layers: Sequence[tuple[Options, _Place]], enabled: frozenset[str]) -> frozenset[str]:
    """Rules that are on: those given, then each layer. Within a layer the longest prefix wins, `ignore` on a tie."""
    rules = known_rules()
    for options, place in layers:
        decided: dict[str, bool] = {}
        written = [
            *(("select", one, True) for one in options.select or ()),
            *(("extend-select", one, True) for one in options.extend_select),
            *(("ignore", one, False) for one in options.ignore),
        ]
        for key, selector, on in sorted(written, key=lambda one: _specificity(one[1])):
            decided.update(dict.fromkeys(_codes(selector, rules, place, key), on))
        if options.select is not None:
            enabled = frozenset()
        enabled = enabled.union(code for code, on in decided.items() if on).difference(
            code for code, on in decided.items() if not on
        )
    return enabled


def _codes(selector: str, rules: Sequence[Rule], place: _Place, key: str) -> frozenset[str]:
    codes = matching(selector, rules)
    if not codes:
        raise SettingsError(f"{place.of(key, selector)}: {unknown_rule(selector, rules)}")
    return codes


# ---------------------------------------------------------------------------------------------------------------------
# Reading the table


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise TypeError("expected a list of strings")
    return tuple(value)


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("expected a string")
    return value


def _version(value: object) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise TypeError('write the version in quotes, such as "3.15"')  # a bare 3.10 is read as 3.1
    return _string(value)


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("expected true or false")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError("expected a number")
    return float(value)


def _ignores(value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(value, Mapping):
        raise TypeError('expected a table, such as {"tests/**" = ["RNN101"]}')
    return tuple((pattern, _strings(codes)) for pattern, codes in value.items())


# The keys of [tool.rnnlint] and what reads each one.
KEYS: dict[str, Callable[[object], object]] = {
    "select": _strings,
    "ignore": _strings,
    "extend-select": _strings,
    "per-file-ignores": _ignores,
    "exclude": _strings,
    "extend-exclude": _strings,
    "force-exclude": _boolean,
    "respect-gitignore": _boolean,
    "keras-version": _version,
    "backend": _string,
    "min-confidence": _string,
    "timestep-loss-threshold": _number,
    "unsafe-fixes": _boolean,
    "python": _string,
    "confirm-timeout": _number,
    "confirm-memory": _number,
    "output-format": _string,
    "baseline": _string,
}


# Options that are often looked for there, and say what one run is to do.
NO_KEYS = frozenset({"fix", "fix-only", "show-fixes", "diff", "confirm", "build", "build-arg", "draws", "ignore-noqa"})


def _load(path: str, *, must: bool) -> tuple[Options, _Place] | None:
    """The options of one pyproject.toml; None where it has no [tool.rnnlint] table (an error if it `must`)."""
    shown = _shown(path)
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise SettingsError(f"{shown}: cannot be read: {error.strerror or error}") from error
    # Only a file that mentions rnnlint is parsed: others need not be valid, and it is faster.
    table: object = None
    text = ""
    if b"rnnlint" in data:
        if sys.version_info >= (3, 11):
            from tomllib import TOMLDecodeError, loads
        else:
            from tomli import TOMLDecodeError, loads
        try:
            text = data.decode("utf-8-sig")
            table = loads(text).get("tool", {}).get("rnnlint")
        except UnicodeDecodeError as error:
            raise SettingsError(f"{shown}: is not UTF-8 (byte {error.start})") from error
        except TOMLDecodeError as error:
            raise SettingsError(f"{shown}: is not valid TOML: {error}") from error
        except AttributeError as error:
            raise SettingsError(f"{shown}: `tool` has to be a table") from error
    if table is None:
        if must:
            raise SettingsError(f"{shown}: has no [tool.rnnlint] table")
        return None
    place = _Place(os.path.dirname(path), path, text)
    if not isinstance(table, Mapping):
        raise SettingsError(f"{shown}: `tool.rnnlint` has to be a table")
    read: dict[str, Any] = {}
    for key, value in table.items():
        if key not in KEYS:
            hint = f"; --{key} is for the command line only" if key in NO_KEYS else nearest(key, KEYS)
            raise SettingsError(f"{place.of(key)}: unknown key in [tool.rnnlint]{hint}")
        try:
            read[key.replace("-", "_")] = KEYS[key](value)
        except TypeError as error:
            raise SettingsError(f"{place.of(key)}: {error}") from error
    return Options(**read), place


# ---------------------------------------------------------------------------------------------------------------------
# Resolving


class Resolver:
    """Finds the settings of each linted file: the nearest pyproject.toml with the table, the command line on top.

    `config` names one file for all; `isolated` reads none. `cwd` is what the command line's patterns are relative to.
    Raises SettingsError.
    """

    def __init__(
        self,
        options: Options | None = None,
        config: str | os.PathLike[str] | None = None,
        *,
        isolated: bool = False,
        cwd: str | os.PathLike[str] | None = None,
    ) -> None:
        self._cwd = os.path.abspath(cwd or "")
        self._cli = (options or Options(), _Place(self._cwd))
        self._isolated = isolated
        self._by_folder: dict[str, Settings] = {}
        self._by_config: dict[str | None, Settings] = {}
        self._fixed = _load(_join(self._cwd, config), must=True) if config else None
        # What is wrong on the command line, or in the one file, is wrong without any file to lint.
        if isolated or config:
            self._default = self._settings(self._fixed)
        else:
            self.settings("-")

    def settings(self, path: str | os.PathLike[str]) -> Settings:
        """The settings of a file, by the folder it lies in (for a folder, pass a path inside it)."""
        if self._fixed or self._isolated:
            return self._default
        return self._folder(os.path.dirname(os.fspath(path)))

    def _folder(self, folder: str) -> Settings:
        known = self._by_folder.get(folder)
        if known is None:
            normal = os.path.normpath(os.path.join(self._cwd, folder))
            pyproject = os.path.join(normal, "pyproject.toml")
            loaded = _load(pyproject, must=False) if os.path.isfile(pyproject) else None
            above = os.path.dirname(normal)
            known = self._settings(loaded) if loaded or above == normal else self._folder(above)
            self._by_folder[folder] = known
        return known

    def _settings(self, loaded: tuple[Options, _Place] | None) -> Settings:
        config = loaded[1].path if loaded else None
        if config not in self._by_config:
            self._by_config[config] = _resolve([loaded, self._cli] if loaded else [self._cli], config)
        return self._by_config[config]


def _join(folder: str, path: str | os.PathLike[str]) -> str:
    """A path in a folder, without `.`; what `..` leads to depends on links."""
    from pathlib import Path

    return str(Path(folder, path))


def _resolve(layers: Sequence[tuple[Options, _Place]], config: str | None) -> Settings:
    """Settings from the layers, the last one strongest."""
    simple: dict[str, Any] = {}
    for options, place in layers:
        for name, value in options._asdict().items():
            if value is not None and name in _CHECKS:
                try:
                    _CHECKS[name](value)
                except ValueError as error:
                    raise SettingsError(f"{place.of(name.replace('_', '-'))}: {error}") from error
                simple[name] = _RELATIVE[name](value, place.base) if name in _RELATIVE else value
    return Settings(
        rules=_resolve_rules(layers, _default_rules()),
        asked=_resolve_rules(layers, frozenset()),
        per_file_ignores=_resolve_ignores(layers),
        exclude=tuple(_resolve_excludes(layers)),
        config=config,
        **simple,
    )


def _below(path: str, base: str) -> str:
    """A path relative to `base`."""
    return os.path.normpath(os.path.join(base, os.path.expanduser(path)))


def _executable(python: str, base: str) -> str:
    """A command on the PATH, or a Python or the folder of a virtual environment relative to `base`."""
    from pathlib import Path
    from shutil import which

    path = Path(base, Path(python).expanduser())
    inside = path / "bin" / "python"
    if inside.exists():
        return str(inside)
    return str(path) if os.sep in python else which(python) or python


def _resolve_ignores(layers: Sequence[tuple[Options, _Place]]) -> tuple[tuple[Patterns, frozenset[str]], ...]:
    rules = known_rules()
    found: list[tuple[Patterns, frozenset[str]]] = []
    for options, place in layers:
        if options.per_file_ignores is None:
            continue
        found = [
            (
                replace(_patterns(place, [pattern.removeprefix("!")], "per-file-ignores"), inverted=pattern[:1] == "!"),
                frozenset().union(*(_codes(one, rules, place, "per-file-ignores") for one in codes)),
            )
            for pattern, codes in options.per_file_ignores
        ]
    return tuple(found)


def _resolve_excludes(layers: Sequence[tuple[Options, _Place]]) -> Iterator[Patterns]:
    base = Patterns(layers[0][1].base, DEFAULT_EXCLUDE)
    for options, place in layers:
        if options.exclude is not None:
            base = _patterns(place, options.exclude, "exclude")
    yield base
    for options, place in layers:
        if options.extend_exclude:
            yield _patterns(place, options.extend_exclude, "extend-exclude")


def _patterns(place: _Place, patterns: Sequence[str], key: str) -> Patterns:
    # `./scratch` and `$PWD/scratch` are what shells make; .gitignore's form knows neither.
    above = re.compile(rf"^(\.|{re.escape(place.base)})/")
    found = Patterns(place.base, tuple(above.sub("/", one) for one in patterns))
    try:
        found.match(os.path.join(place.base, "x"))
    except ValueError as error:
        raise SettingsError(f"{place.of(key)}: invalid pattern: {error}") from error
    return found


def _one_of(*known: str) -> Callable[[str], None]:
    def check(value: str) -> None:
        if value not in known:
            raise ValueError(f"unknown value '{value}'{nearest(value, known)} (one of {', '.join(known)})")

    return check


def _check_version(value: str) -> None:
    if not value.strip():
        raise ValueError("names no version; write 'auto' for the project's pins")
    if value != AUTO:
        from rnnlint.keras.versions import parse_keras_version

        parse_keras_version(value)


def _check_backend(value: str) -> None:
    from rnnlint.keras.versions import BACKENDS

    _one_of(AUTO, *BACKENDS)(value)


def _check_format(value: str) -> None:
    from rnnlint.output import FORMATS

    _one_of(*FORMATS)(value)


def _check_threshold(value: float) -> None:
    if not 0 < value <= 1:
        raise ValueError(f"{value} is no probability above 0 and at most 1")


def _check_python(value: str) -> None:
    if not value.strip():
        raise ValueError("names no Python")


def _check_baseline(value: str) -> None:
    if not value.strip():
        raise ValueError("names no file")


def _check_positive(value: float) -> None:
    if not 0 < value < float("inf"):
        raise ValueError(f"{value} is not above 0")


# Settings that are paths, relative to where they are written.
_RELATIVE: dict[str, Callable[[str, str], str]] = {"python": _executable, "baseline": _below}

_CHECKS: dict[str, Callable[[Any], None]] = {
    "force_exclude": lambda _: None,
    "respect_gitignore": lambda _: None,
    "unsafe_fixes": lambda _: None,
    "ignore_noqa": lambda _: None,
    "keras_version": _check_version,
    "backend": _check_backend,
    "min_confidence": _one_of("certain", "possible"),
    "timestep_loss_threshold": _check_threshold,
    "python": _check_python,
    "confirm_timeout": _check_positive,
    "confirm_memory": _check_positive,
    "output_format": _check_format,
    "baseline": _check_baseline,
}
