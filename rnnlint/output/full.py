"""The source around each finding, in the form of rustc and ruff: the place itself, and the way to it.

All places of a finding in one file (or cell) stand in one excerpt in source order, `^^^` under the finding and `---`
under what is related; another file or cell follows with its own `:::` line.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

import click

from rnnlint.findings import Finding
from rnnlint.output import printable, severity, where
from rnnlint.output.concise import COLORS, REFUTED, evidence, headline, status
from rnnlint.output.report import in_order
from rnnlint.records import dataclass

if TYPE_CHECKING:
    from rnnlint.graph import Span
    from rnnlint.output import Entry
    from rnnlint.output.report import Report

CONTEXT = 2  # lines shown above and below the finding itself
BRACKETED = 12  # a finding of up to so many lines is shown whole, a longer one by its first line
TAB = "    "


@dataclass(frozen=True)
class _Underline:
    """A stretch to underline."""

    span: Span
    label: str
    primary: bool
    color: str

    @property
    def bracketed(self) -> bool:
        return self.primary and 1 < self.span.end_row - self.span.row + 1 <= BRACKETED


def render(report: Report) -> Iterator[str]:
    """One block for each entry, at the end those of the refuted findings."""
    for entry in report.entries:
        yield "\n".join(_block(entry, report)) + "\n\n"
    if report.refuted:
        yield f"{REFUTED}\n\n"
    for finding in in_order(report.refuted):
        yield "\n".join(_block(finding, report)) + "\n\n"


def _block(entry: Entry, report: Report) -> Iterator[str]:
    marks = _marks(entry)
    gutter = len(str(max(mark.span.end_row if mark.bracketed else mark.span.row for mark in marks) + CONTEXT))
    yield headline(entry, strong=True, fixable=isinstance(entry, Finding) and report.fixable(entry))
    groups = [list(group) for _, group in groupby(marks, key=lambda mark: (mark.span.path, mark.span.cell))]
    for number, group in enumerate(groups):
        arrow = ":::" if number else "-->"
        rows = list(_excerpt(group, report, gutter))
        label = "" if rows or not number else f": {_label(group[0])}"
        yield f"{' ' * gutter}{_blue(arrow)} {where(group[0].span)}{label}"
        yield from rows
    if isinstance(entry, Finding):
        if entry.verdict:
            yield f"{status(entry.verdict)}{_bold(':')} {printable(evidence(entry.verdict, keras=True))}"
        if entry.fix:
            unsafe = " (unsafe fix)" if entry.fix.applicability == "unsafe" else ""
            yield f"{_help()} {printable(entry.fix.message)}{unsafe}"
        yield f"{_help()} `rnnlint rule {entry.code}` explains {entry.name}"


def _marks(entry: Entry) -> list[_Underline]:
    """The finding first, then what is related: places of one file and cell behind each other, as they are met."""
    finding = entry if isinstance(entry, Finding) else None
    color = COLORS[severity(entry)]
    marks = [_Underline(entry.span, finding.label if finding else "", primary=True, color=color)]
    for related in finding.related if finding else ():
        mark = _Underline(related.span, related.label, primary=False, color="bright_blue")
        if mark not in marks and (related.span, related.label) != (entry.span, marks[0].label):
            marks.append(mark)
    order: dict[tuple[str, int | None], int] = {}
    for mark in marks:
        order.setdefault((mark.span.path, mark.span.cell), len(order))
    return sorted(marks, key=lambda mark: order[mark.span.path, mark.span.cell])


def _excerpt(marks: list[_Underline], report: Report, gutter: int) -> Iterator[str]:
    """The lines of one file or cell, with marks under them; nothing where the source cannot be shown."""
    path, cell = marks[0].span.path, marks[0].span.cell
    bracketed = next((mark for mark in marks if mark.bracketed), None)
    bracket = bracketed.span if bracketed else None
    color = bracketed.color if bracketed else ""
    rows: set[int] = set()
    for mark in marks:
        around = CONTEXT if mark.primary else 0
        rows.update(
            range(mark.span.row - around, (mark.span.end_row if mark.bracketed else mark.span.row) + around + 1)
        )
    # A gap of one line is shown, longer ones become dots. Blank lines at the ends of a stretch say nothing.
    rows |= {row + 1 for row in rows if row + 2 in rows}
    lines = {row: printable(report.line(path, row, cell)) for row in sorted(rows) if row > 0}
    marked = {row for mark in marks for row in (mark.span.row, mark.span.end_row)}
    for before in (-1, 1):
        for row in sorted(lines, reverse=before > 0):
            if row + before not in lines and row not in marked and not lines[row].strip():
                del lines[row]
    if not any(line.strip() for line in lines.values()):
        return
    width = max(report.width - gutter - 3 - 2 * bool(bracket), 40)
    yield _bar(gutter)
    previous = None
    for row, line in lines.items():
        if previous is not None and row > previous + 1:
            yield "..."
        previous = row
        here = sorted((mark for mark in marks if mark.span.row == row), key=lambda mark: not mark.primary)
        below = [mark for mark in here if not mark.bracketed]
        shift = min((_cut(line, mark.span, width) for mark in below), default=0)
        rail = _rail(bracket, row, color)
        yield f"{_blue(f'{row:>{gutter}} |')} {rail}{_window(line, shift, width)}".rstrip()
        rail = "  " if rail == "  " or (bracket and row == bracket.end_row) else _styled("| ", color) if rail else ""
        for mark in below:
            yield from (f"{_bar(gutter)} {rail}{part}".rstrip() for part in _underline(line, mark, shift, width))
        if bracket and row == bracket.end_row:
            tail = _styled(f"|{'_' * (_columns(line, bracket.end_column - 1) + 1)}^ {_label(marks[0])}".rstrip(), color)
            yield f"{_bar(gutter)} {tail}"
    yield _bar(gutter)


def _rail(bracket: Span | None, row: int, color: str) -> str:
    """The gutter to the left of a line within a finding of several lines."""
    if bracket is None:
        return ""
    if row == bracket.row:
        return _styled("/ ", color)
    return _styled("| ", color) if bracket.row < row <= bracket.end_row else "  "


def _underline(line: str, mark: _Underline, shift: int, width: int) -> Iterator[str]:
    """The mark with its label next to it, or below it where it fits only there."""
    start = _columns(line, mark.span.column) - shift
    end = _columns(line, mark.span.end_column if mark.span.end_row == mark.span.row else len(line) + 1) - shift
    length = max(min(end, width) - start, 1)
    under, label = ("^" if mark.primary else "-") * length, _label(mark)
    size = _columns(label, len(label) + 1)
    if not label or start + length + 1 + size <= width:
        yield " " * start + _styled(f"{under} {label}".rstrip(), mark.color)
    else:
        yield " " * start + _styled(under, mark.color)
        yield " " * max(min(start, width - size), 0) + _styled(label, mark.color)


def _label(mark: _Underline) -> str:
    return printable(mark.label)


# ---------------------------------------------------------------------------------------------------------------------
# Columns of a terminal


def _columns(line: str, column: int) -> int:
    """The number of terminal columns to the left of a character (column from 1)."""
    return sum(_width(char) for char in line[: column - 1]) + max(column - 1 - len(line), 0)


def _width(char: str) -> int:
    if " " <= char < "\x7f":
        return 1
    if char == "\t":
        return len(TAB)
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _cut(line: str, span: Span, width: int) -> int:
    """How many columns to leave out on the left so that a mark far to the right can be seen."""
    start = _columns(line, span.column)
    end = _columns(line, span.end_column) if span.end_row == span.row else start
    return 0 if min(end, start + width // 2) <= width else max(start - width // 3, 0)


def _window(line: str, shift: int, width: int) -> str:
    """The part of a line that fits, `…` where something was left out, tabs as spaces."""
    shown: list[str] = []
    column = 0
    for char in line:
        size = _width(char)
        if column >= shift + width:
            shown[-1:] = "…"
            break
        if column >= shift:
            shown.append(TAB if char == "\t" else char)
        elif column + size > shift:
            shown.append(" " * (column + size - shift))
        column += size
    if shift and shown:
        shown[0] = "…"
    return "".join(shown)


# ---------------------------------------------------------------------------------------------------------------------
# Colours: the terminal's own, bright and bold, which stand out on a light and on a dark background


def _bar(gutter: int) -> str:
    return _blue(f"{' ' * gutter} |")


def _blue(text: str) -> str:
    return _styled(text, "bright_blue")


def _styled(text: str, color: str) -> str:
    return click.style(text, fg=color, bold=True)


def _help() -> str:
    return click.style("help", fg="bright_cyan", bold=True) + _bold(":")


def _bold(text: str) -> str:
    return click.style(text, bold=True)
