"""One line for each finding: `path:line:column: RNN101 message`, the form that terminals and editors can click."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from rnnlint.findings import Finding
from rnnlint.output import code, position, printable, shown

if TYPE_CHECKING:
    from rnnlint.output import Entry, Report


def render(report: Report) -> Iterator[str]:
    """One line for each entry."""
    for entry in report.entries:
        path, colon = click.style(printable(shown(entry.span.path)), bold=True), click.style(":", fg="cyan")
        yield f"{path}{colon}{position(entry.span)}{colon} {title(entry)}\n"


def title(entry: Entry, *, strong: bool = False) -> str:
    """`RNN101 [possible] message` of a finding, `invalid-syntax: message` of a diagnostic; one line."""
    message = printable(" ".join(entry.message.splitlines()))
    message = click.style(message, bold=True) if strong else message
    name = click.style(code(entry), fg="bright_red" if strong else "red", bold=True)
    if not isinstance(entry, Finding):
        return f"{name}: {message}"
    possible = f"[{click.style('possible', fg='yellow')}] " if entry.confidence == "possible" else ""
    return f"{name} {possible}{message}"
