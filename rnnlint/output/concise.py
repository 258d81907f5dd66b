"""One line for each finding: `path:line:column: RNN101 message`, the form that terminals and editors can click."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from rnnlint.findings import Finding
from rnnlint.output import code, position, printable, severity, shown
from rnnlint.output.report import in_order

if TYPE_CHECKING:
    from rnnlint.findings import Verdict
    from rnnlint.output import Entry
    from rnnlint.output.report import Report

REFUTED = "Refuted, and not counted:"
# Of a severity, for formats with room for it: bright, to stand out on a light and on a dark background.
COLORS = {"error": "bright_red", "warning": "bright_yellow", "advice": "bright_cyan"}
_COLORS = {"confirmed": "red", "refuted": "green", "unverified": "yellow"}


def render(report: Report) -> Iterator[str]:
    """One line for each entry, at the end those of the refuted findings."""
    for entry in report.entries:
        yield _line(entry, report)
    if report.refuted:
        yield f"{REFUTED}\n"
    for finding in in_order(report.refuted):
        yield _line(finding, report)


def _line(entry: Entry, report: Report) -> str:
    path, colon = click.style(printable(shown(entry.span.path)), bold=True), click.style(":", fg="cyan")
    verdict = entry.verdict if isinstance(entry, Finding) else None
    suffix = f" [{status(verdict)}: {printable(evidence(verdict))}]" if verdict else ""
    return f"{path}{colon}{position(entry.span)}{colon} {headline(entry, fixable=_fixable(entry, report))}{suffix}\n"


def status(verdict: Verdict) -> str:
    """`confirmed`, in its colour."""
    return click.style(verdict.status, fg=_COLORS[verdict.status], bold=True)


def evidence(verdict: Verdict, *, keras: bool = False) -> str:
    """The evidence, with the Keras that showed it; one line."""
    which = f"; Keras {verdict.keras}, {verdict.backend}" if keras and verdict.keras else ""
    return f"{' '.join(verdict.evidence.splitlines())}{which}"


def _fixable(entry: Entry, report: Report) -> bool:
    return isinstance(entry, Finding) and report.fixable(entry)


def headline(entry: Entry, *, strong: bool = False, fixable: bool = False) -> str:
    """`RNN101 [*] [possible] message` of a finding, `invalid-syntax: message` of a diagnostic; one line.

    `strong`: the message in bold, and the code in the colour of the severity.
    """
    message = printable(" ".join(entry.message.splitlines()))
    message = click.style(message, bold=True) if strong else message
    name = click.style(code(entry), fg=COLORS[severity(entry)] if strong else "red", bold=True)
    if not isinstance(entry, Finding):
        return f"{name}: {message}"
    possible = f"[{click.style('possible', fg='yellow')}] " if entry.confidence == "possible" else ""
    mark = f"[{click.style('*', fg='cyan')}] " if fixable else ""
    return f"{name} {mark}{possible}{message}"
