"""A baseline: a file with the findings of today, so that only new ones are reported.

JSON that reads well in a diff: files, below them rules, below them layer calls with the number of findings each covers.
Line numbers are left out: code may move and be reformatted. Paths are relative to the folder of the baseline.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, TypeAlias

from rnnlint.findings import Finding
from rnnlint.records import dataclass
from rnnlint.suppression.fingerprint import Fingerprint, Line, fingerprints, relative

VERSION = 1
# File, rule, layer call.
Entry: TypeAlias = "tuple[str, str, str]"


class BaselineError(Exception):
    """A baseline that cannot be used: the message names the file and what to do."""


@dataclass(frozen=True)
class Baseline:
    """How many findings of each kind are known; `path` is where that is written."""

    path: str
    counts: Mapping[Entry, int] = field(default_factory=dict)

    @property
    def base(self) -> str:
        """The folder that the paths are relative to."""
        return os.path.dirname(os.path.abspath(self.path))

    def compare(
        self,
        findings: Iterable[Finding],
        line: Line,
        judged: Mapping[str, frozenset[str]],
        silent: Iterable[Finding] = (),
    ) -> Comparison:
        """Tell known findings from new ones, and find the entries that no finding matches any more.

        `judged` holds the files that were read in full, with the rules that were on in each: other entries are left
        alone, unless their file is gone. `silent` are findings that are not reported for another reason: withheld, or
        refuted. They keep their entries, and never make new ones.
        """
        reported, hidden = tuple(findings), tuple(silent)
        marks = fingerprints(reported, line, self.base)
        present = Counter(_entry(mark) for mark in marks.values())
        known = {key for key, mark in marks.items() if mark.index < self.counts.get(_entry(mark), 0)}
        matched = Counter(_entry(marks[key]) for key in known)
        # What is not reported takes the entries that are left.
        for mark in fingerprints(hidden, line, self.base).values():
            if mark.index + present[_entry(mark)] < self.counts.get(_entry(mark), 0):
                matched[_entry(mark)] += 1
        counts = present | matched
        rules = {relative(path, self.base): codes for path, codes in judged.items()}
        stale = 0
        for entry, count in self.counts.items():
            missing = count - matched[entry]
            if entry[1] in rules.get(entry[0], ()) or not os.path.lexists(os.path.join(self.base, entry[0])):
                stale += missing
            else:
                counts[entry] = max(counts[entry], count)
        return Comparison(
            tuple(one for one in reported if (one.code, one.span) not in known),
            tuple(one for one in reported if (one.code, one.span) in known),
            stale,
            counts,
        )


@dataclass(frozen=True)
class Comparison:
    """`new` and `known` findings, the number of `stale` entries, and `counts`, what a baseline of today holds."""

    new: tuple[Finding, ...]
    known: tuple[Finding, ...]
    stale: int
    counts: Mapping[Entry, int]


def _entry(mark: Fingerprint) -> Entry:
    return mark.path, mark.code, mark.text


def load(path: str, *, must: bool = True) -> Baseline:
    """Read a baseline. Where the file does not exist, that is an error if it `must`, else the baseline is empty."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        if not must:
            return Baseline(path)
        raise BaselineError(f"the baseline {path} does not exist; write it with --write-baseline") from error
    except OSError as error:
        raise BaselineError(f"the baseline {path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise _wrong(path, f"byte {error.start} is not UTF-8") from error
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise _wrong(path, f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise _wrong(path, str(error)) from error
    if not isinstance(content, dict) or not isinstance(content.get("findings"), dict):
        raise _wrong(path, "it has no findings")
    version = content.get("version")
    if version != VERSION:
        if isinstance(version, int) and version > VERSION:
            message = f"the baseline {path} is of version {version}, which this rnnlint does not know; upgrade rnnlint"
            raise BaselineError(message)
        raise _wrong(path, f"its version is not {VERSION}")
    return Baseline(path, dict(_counts(path, content["findings"])))


def _counts(path: str, files: Mapping[str, Any]) -> Iterable[tuple[Entry, int]]:
    for file, rules in files.items():
        for code, calls in _table(path, rules, file):
            for call, count in _table(path, calls, f"{file}, {code}"):
                if not isinstance(count, int) or isinstance(count, bool) or count < 1:
                    raise _wrong(path, f"the count of {call!r} in {file} is not a number from 1 on")
                yield (file, code, call), count


def _table(path: str, value: object, place: str) -> Iterable[tuple[str, Any]]:
    if not isinstance(value, dict):
        raise _wrong(path, f"{place}: an object is expected")
    return value.items()


def _wrong(path: str, reason: str) -> BaselineError:
    return BaselineError(
        f"{path} is not a baseline of rnnlint: {reason}; "
        "restore it, or delete it and write a new one with --write-baseline"
    )


def write(path: str, counts: Mapping[Entry, int]) -> None:
    """Write a baseline, sorted.

    Raises:
        OSError: where that is not possible.
    """
    files: dict[str, dict[str, dict[str, int]]] = {}
    for (file, code, call), count in sorted(counts.items()):
        if count > 0:
            files.setdefault(file, {}).setdefault(code, {})[call] = count
    text = json.dumps({"version": VERSION, "findings": files}, indent=2, ensure_ascii=False) + "\n"
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text.encode("utf-8", "replace").decode(), encoding="utf-8", newline="\n")
