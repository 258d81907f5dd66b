"""Workflow commands of GitHub Actions: each finding becomes an annotation in the diff of a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rnnlint.output import code, position, sentence, severity

if TYPE_CHECKING:
    from rnnlint.output.report import Report

# As GitHub's own toolkit escapes: the message, and on top of that the values of properties.
_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_VALUE = {**_MESSAGE, ":": "%3A", ",": "%2C"}
_COMMANDS = {"error": "error", "warning": "warning", "advice": "notice"}


def render(report: Report) -> Iterator[str]:
    """One command for each entry, by its severity."""
    for entry in report.entries:
        place = report.places.locate(entry.span)
        values: dict[str, object] = {
            "title": f"rnnlint ({code(entry)})",
            "file": report.project_path(place.path),
            "line": place.row,
            "endLine": max(place.row, place.end_row),
        }
        # GitHub takes columns of a single line only.
        if place.row == place.end_row:
            values |= {"col": place.column, "endColumn": max(place.column, place.end_column)}
        command = _COMMANDS[severity(entry)]
        properties = ",".join(f"{name}={_escape(str(value), _VALUE)}" for name, value in values.items())
        # The line of the log shows no properties.
        where = f"{values['file']}:{position(entry.span)}: {code(entry)} "
        yield f"::{command} {properties}::{_escape(where + sentence(entry), _MESSAGE)}\n"


def _escape(text: str, characters: Mapping[str, str]) -> str:
    return "".join(characters.get(char, char) for char in text)
