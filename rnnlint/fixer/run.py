"""The loop: fix what can be fixed, look again, keep only what helped. And what that looks like, and writing it."""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Generic, Protocol, TypeAlias, TypeVar

from rnnlint.findings import Diagnostic, Edit, Finding, Fix
from rnnlint.fixer.apply import apply, user_text
from rnnlint.fixer.errors import ApplyError
from rnnlint.graph import Span
from rnnlint.records import dataclass

# As ruff. Each round fixes what does not overlap, so this many are only reached where something is wrong.
MAX_ROUNDS = 100
# What a path in a patch cannot hold as it is.
_ODD = re.compile(r'[\x00-\x1f"\\\x7f]')


class Result(Protocol):
    """What a file gave, as `rnnlint.linter.FileResult`: findings that are shown, each with its fix."""

    @property
    def findings(self) -> Sequence[Finding]: ...  # noqa: D102

    @property
    def diagnostics(self) -> Sequence[Diagnostic]: ...  # noqa: D102


R = TypeVar("R", bound=Result)
# Lints again: all files of the run, those with the given bytes instead of the content on disk.
Relint: TypeAlias = Callable[[Mapping[str, bytes]], Mapping[str, R]]
# Whether some of the findings that were fixed in a file, whose bytes are given before and after, can still be observed.
Remains: TypeAlias = Callable[[str, bytes, bytes, Sequence[Finding]], bool]


@dataclass
class FixedFile:
    """A file's bytes before and after, and how often each rule (code and name) was fixed in it."""

    path: str
    before: bytes
    after: bytes
    fixed: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass
class Outcome(Generic[R]):
    """What the loop came to. `results` are those of the last look; `problems` are lines for people."""

    results: Mapping[str, R]
    files: dict[str, FixedFile] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def fixed(self) -> int:
        """The number of findings that were fixed."""
        return sum(file.fixed.total() for file in self.files.values())


def applicable(fix: Fix | None, *, unsafe: bool) -> bool:
    """Whether `--fix` makes this fix."""
    return fix is not None and (unsafe or fix.applicability == "safe")


def run(
    results: Mapping[str, R],
    read: Callable[[str], bytes],
    relint: Relint[R],
    unsafe: Callable[[str], bool],
    wanted: Callable[[Finding], bool] = lambda _: True,
    remains: Remains = lambda *_: False,
) -> Outcome[R]:
    """Fix the findings of a run in memory, until nothing changes.

    Every fix is looked at afterwards: where a file then does not parse, or still has as many findings of the rule, the
    fixes of that file are made rule by rule, in ever smaller groups, and one that does not help alone is not made.

    Args:
        results: what linting gave, by path.
        read: gives the bytes of a file, as they were linted.
        relint: lints again.
        unsafe: whether unsafe fixes are made in a file.
        wanted: whether a finding is among those that are shown.
        remains: whether something else than linting still shows a finding.
    """
    loop = _Loop(Outcome(results), read, relint, unsafe, wanted, remains)
    rounds = 0
    while (kept := loop.round()) is not None:
        # Rounds in which nothing is kept come to an end by themselves.
        rounds += kept
        if rounds == MAX_ROUNDS:
            loop.outcome.problems.append(f"the fixes of {', '.join(sorted(loop.outcome.files))} do not come to an end")
            break
    return loop.outcome


@dataclass
class _Attempt:
    data: bytes
    fixed: list[Finding]


@dataclass
class _Loop(Generic[R]):
    outcome: Outcome[R]
    read: Callable[[str], bytes]
    relint: Relint[R]
    unsafe: Callable[[str], bool]
    wanted: Callable[[Finding], bool]
    remains: Remains
    # By file: how many fixes are made at a time, all of one rule; all that there are where nothing is said.
    limits: dict[str, int] = field(default_factory=dict)
    refused: dict[str, set[tuple[object, ...]]] = field(default_factory=dict)
    originals: dict[str, bytes] = field(default_factory=dict)

    def round(self) -> bool | None:
        """Some fixes, or all that do not overlap, in every file; whether any was kept, None where none was tried."""
        attempts = {path: attempt for path in self.outcome.results if (attempt := self._attempt(path)) is not None}
        if not attempts:
            return None
        seen = self._look(attempts)
        kept = {}
        for path, attempt in attempts.items():
            if _helped(self.outcome.results[path], seen[path], attempt.fixed) and not self.remains(
                path, self._now(path), attempt.data, attempt.fixed
            ):
                kept[path] = attempt
                if path in self.limits:
                    self.limits[path] *= 2
            elif len(attempt.fixed) == 1:
                self.refused.setdefault(path, set()).add(identity(attempt.fixed[0]))
            else:
                several = len({finding.code for finding in attempt.fixed}) > 1
                self.limits[path] = len(attempt.fixed) // (1 if several else 2)
        if not kept:
            return False
        if len(kept) < len(attempts):
            seen = self._look(kept)
        for path, attempt in kept.items():
            self._keep(path, attempt)
        self.outcome.results = seen
        return True

    def _look(self, attempts: Mapping[str, _Attempt]) -> Mapping[str, R]:
        data = {path: file.after for path, file in self.outcome.files.items()}
        return self.relint(data | {path: attempt.data for path, attempt in attempts.items()})

    def _attempt(self, path: str) -> _Attempt | None:
        """The next state of a file, or None where it is done."""
        refused = self.refused.get(path, set())
        able = [
            finding
            for finding in self.outcome.results[path].findings
            if applicable(finding.fix, unsafe=self.unsafe(path))
            and self.wanted(finding)
            and identity(finding) not in refused
        ]
        if not able:
            return None
        limit = self.limits.get(path)
        # A fix may bring to light what another rule has to say of the same layer: rule by rule it is told apart.
        chosen = list(independent(one for one in able if limit is None or one.code == able[0].code))[:limit]
        try:
            before = self._now(path)
            return _Attempt(apply(before, path, [edit for one in chosen if one.fix for edit in one.fix.edits]), chosen)
        except (ApplyError, OSError) as error:
            self.outcome.problems.append(f"{path} cannot be fixed: {getattr(error, 'strerror', None) or error}")
            self.refused.setdefault(path, set()).update(identity(finding) for finding in able)
            return None

    def _now(self, path: str) -> bytes:
        known = self.outcome.files.get(path)
        return self._before(path) if known is None else known.after

    def _before(self, path: str) -> bytes:
        if path not in self.originals:
            self.originals[path] = self.read(path)
        return self.originals[path]

    def _keep(self, path: str, attempt: _Attempt) -> None:
        if path not in self.outcome.files:
            self.outcome.files[path] = FixedFile(path, self._before(path), b"")
        file = self.outcome.files[path]
        file.after = attempt.data
        file.fixed.update((finding.code, finding.name) for finding in attempt.fixed)


def independent(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings whose fixes touch no common place, in order: those that come later wait for the next round."""
    taken: list[Span] = []
    for finding in findings:
        spans = [edit.span for edit in finding.fix.edits] if finding.fix else []
        if not any(_touch(span, other) for span in spans for other in taken):
            taken += spans
            yield finding


def _touch(one: Span, other: Span) -> bool:
    if one.cell != other.cell:
        return False
    return (one.row, one.column) <= (other.end_row, other.end_column) and (other.row, other.column) <= (
        one.end_row,
        one.end_column,
    )


def _helped(before: Result, after: Result, fixed: Sequence[Finding]) -> bool:
    """Whether the file can still be read, and has as many findings less as were fixed, of each rule."""
    if len(after.diagnostics) > len(before.diagnostics):
        return False
    had, has = _counts(before), _counts(after)
    return all(has[code] <= had[code] - number for code, number in Counter(one.code for one in fixed).items())


def _counts(result: Result) -> Counter[str]:
    return Counter(finding.code for finding in result.findings)


def identity(finding: Finding) -> tuple[object, ...]:
    """What a finding is recognised by while lines move."""
    edits: tuple[Edit, ...] = finding.fix.edits if finding.fix else ()
    return finding.code, finding.message, finding.span.cell, tuple((edit.content, edit.span.column) for edit in edits)


# ---------------------------------------------------------------------------------------------------------------------
# To the user, and to the disk


def diff(file: FixedFile, shown: str) -> str:
    """The change as a unified diff under the name `shown`; of a notebook, cell by cell, as its user sees it."""
    from difflib import unified_diff

    before, after = user_text(file.before, file.path), user_text(file.after, file.path)
    parts: list[str] = []
    for cell, text in before.items():
        name = _named(shown) if cell is None else f"{shown}:cell {cell}"
        lines = unified_diff(_lines(text), _lines(after.get(cell, "")), name, name)
        parts += (line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return "".join(parts)


def _named(path: str) -> str:
    """A path as git writes it into a patch: a tab ends one with spaces, and one with odd characters is quoted."""
    if not _ODD.search(path):
        return f"{path}\t" if " " in path else path
    return '"' + _ODD.sub(lambda found: f"\\{ord(found[0]):03o}", path) + '"'


def _lines(text: str) -> list[str]:
    """With their line ends; a form feed does not end a line."""
    return [line + "\n" for line in text.split("\n")[:-1]] + [line for line in text.split("\n")[-1:] if line]


def write(path: str, data: bytes, before: bytes | None = None) -> None:
    """Replace a file's content in one step; its mode stays, and a link still points at it.

    Args:
        path: the file, or a link to it.
        data: what it is to hold.
        before: what it holds, if it is to be left alone where somebody has changed it.

    Raises:
        OSError: where that cannot be done; the file is as it was.
    """
    import tempfile
    from pathlib import Path

    target = Path(os.path.realpath(path))
    status = target.stat()
    if not status.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(target, os.W_OK):
        raise PermissionError(13, "the file is read-only", path)
    if before is not None and target.read_bytes() != before:
        raise OSError(None, "the file was changed in the meantime", path)
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".rnnlint", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(stat.S_IMODE(status.st_mode))
        if hasattr(os, "chown") and os.stat(temporary)[4:6] != (status.st_uid, status.st_gid):
            os.chown(temporary, status.st_uid, status.st_gid)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
