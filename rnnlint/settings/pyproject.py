"""Reading [tool.rnnlint] of a pyproject.toml."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from rnnlint.settings.selectors import nearest
from rnnlint.settings.settings import Options, SettingsError


class Place(NamedTuple):
    """Where options were written: on the command line (no path), or in a file, with its text to find the line."""

    base: str
    path: str | None = None
    text: str = ""

    def of(self, key: str, value: str | None = None) -> str:
        """The place of a key (and of a string in its value), for messages."""
        if self.path is None:
            return f"--{key}"
        row = _find_row(self.text, key, value)
        return f"{_short(self.path)}{f':{row}' if row else ''}: `{key}`"


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


def _short(path: str) -> str:
    """A path as messages show it: relative where it lies below the current folder."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


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


def load(path: str, *, must: bool) -> tuple[Options, Place] | None:
    """The options of one pyproject.toml; None where it has no [tool.rnnlint] table (an error if it `must`)."""
    shown = _short(path)
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
    place = Place(os.path.dirname(path), path, text)
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
