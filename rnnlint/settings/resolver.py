"""The settings of each file: the nearest pyproject.toml with [tool.rnnlint], the command line on top."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from rnnlint.registry import RULES
from rnnlint.settings.choices import ALL, DEFAULT_EXCLUDE
from rnnlint.settings.patterns import Patterns
from rnnlint.settings.pyproject import Place, load
from rnnlint.settings.selectors import matching, unknown_rule
from rnnlint.settings.settings import DEFAULT_RULES, Options, Settings, SettingsError
from rnnlint.settings.validation import CHECKS


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
        self._cli = (options or Options(), Place(self._cwd))
        self._isolated = isolated
        self._by_folder: dict[str, Settings] = {}
        self._by_config: dict[str | None, Settings] = {}
        self._fixed = load(_join(self._cwd, config), must=True) if config else None
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
            loaded = load(pyproject, must=False) if os.path.isfile(pyproject) else None
            above = os.path.dirname(normal)
            known = self._settings(loaded) if loaded or above == normal else self._folder(above)
            self._by_folder[folder] = known
        return known

    def _settings(self, loaded: tuple[Options, Place] | None) -> Settings:
        config = loaded[1].path if loaded else None
        if config not in self._by_config:
            self._by_config[config] = _resolve([loaded, self._cli] if loaded else [self._cli], config)
        return self._by_config[config]


def _join(folder: str, path: str | os.PathLike[str]) -> str:
    """A path in a folder, without `.`; what `..` leads to depends on links."""
    from pathlib import Path

    return str(Path(folder, path))


def _resolve(layers: Sequence[tuple[Options, Place]], config: str | None) -> Settings:
    """Settings from the layers, the last one strongest."""
    simple: dict[str, Any] = {}
    for options, place in layers:
        for name, value in options._asdict().items():
            if value is not None and name in CHECKS:
                try:
                    CHECKS[name](value)
                except ValueError as error:
                    raise SettingsError(f"{place.of(name.replace('_', '-'))}: {error}") from error
                simple[name] = _RELATIVE[name](value, place.base) if name in _RELATIVE else value
    return Settings(
        rules=_resolve_rules(layers, DEFAULT_RULES),
        selected=_resolve_rules(layers, frozenset()),
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


# Settings that are paths, relative to where they are written.
_RELATIVE: dict[str, Callable[[str, str], str]] = {"python": _executable, "baseline": _below}


def _resolve_ignores(layers: Sequence[tuple[Options, Place]]) -> tuple[tuple[Patterns, frozenset[str]], ...]:
    found: list[tuple[Patterns, frozenset[str]]] = []
    for options, place in layers:
        if options.per_file_ignores is None:
            continue
        found = [
            (
                replace(_patterns(place, [pattern.removeprefix("!")], "per-file-ignores"), inverted=pattern[:1] == "!"),
                frozenset().union(*(_codes(one, place, "per-file-ignores") for one in codes)),
            )
            for pattern, codes in options.per_file_ignores
        ]
    return tuple(found)


def _resolve_excludes(layers: Sequence[tuple[Options, Place]]) -> Iterator[Patterns]:
    base = Patterns(layers[0][1].base, DEFAULT_EXCLUDE)
    for options, place in layers:
        if options.exclude is not None:
            base = _patterns(place, options.exclude, "exclude")
    yield base
    for options, place in layers:
        if options.extend_exclude:
            yield _patterns(place, options.extend_exclude, "extend-exclude")


def _patterns(place: Place, patterns: Sequence[str], key: str) -> Patterns:
    # `./scratch` and `$PWD/scratch` are what shells make; .gitignore's form knows neither.
    above = re.compile(rf"^(\.|{re.escape(place.base)})/")
    found = Patterns(place.base, tuple(above.sub("/", one) for one in patterns))
    try:
        found.match(os.path.join(place.base, "x"))
    except ValueError as error:
        raise SettingsError(f"{place.of(key)}: invalid pattern: {error}") from error
    return found


# ---------------------------------------------------------------------------------------------------------------------
# Rules


def _specificity(selector: str) -> int:
    """ALL is the least specific, a name as specific as a full code."""
    return 0 if selector == ALL else len(selector) if selector.startswith("RNN") else len("RNN101")


def _resolve_rules(layers: Sequence[tuple[Options, Place]], enabled: frozenset[str]) -> frozenset[str]:
    """Rules that are on: those given, then each layer. Within a layer the longest prefix wins, `ignore` on a tie."""
    for options, place in layers:
        decided: dict[str, bool] = {}
        written = [
            *(("select", one, True) for one in options.select or ()),
            *(("extend-select", one, True) for one in options.extend_select),
            *(("ignore", one, False) for one in options.ignore),
        ]
        for key, selector, on in sorted(written, key=lambda one: _specificity(one[1])):
            decided.update(dict.fromkeys(_codes(selector, place, key), on))
        if options.select is not None:
            enabled = frozenset()
        enabled = enabled.union(code for code, on in decided.items() if on).difference(
            code for code, on in decided.items() if not on
        )
    return enabled


def _codes(selector: str, place: Place, key: str) -> frozenset[str]:
    codes = matching(selector, RULES)
    if not codes:
        raise SettingsError(f"{place.of(key, selector)}: {unknown_rule(selector, RULES)}")
    return codes
