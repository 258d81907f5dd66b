"""A project with something for every format: a script in an awkward folder, a notebook, a file that cannot be read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import get_args

import nbformat

from rnnlint import __version__
from rnnlint.api import check_paths
from rnnlint.findings import Diagnostic, Edit, Finding, Fix, Verdict
from rnnlint.graph import Span
from rnnlint.output.report import Report, render
from rnnlint.registry import RULES, Severity
from rnnlint.settings.settings import Settings
from rnnlint.source.read import read

MODEL = """\
import keras
from keras import layers

inputs = keras.Input((20, 1))
x = layers.Dropout(0.5)(inputs); y = "é😀"; x = layers.Activation("relu")(x)
x = layers.LSTM(8, return_sequences=True)(x)
x = layers.LSTM(
    8, recurrent_dropout=0.2
)(x)
"""
CELLS = [
    "%matplotlib inline\nimport keras\nfrom keras import layers",
    """\
title = "tab\\t, quote\\", é 😀"; model = keras.Sequential([keras.Input((20, 1)),
    layers.Dropout(0.5),
    layers.LSTM(8),
])""",
]
SCRIPT, NOTEBOOK, BROKEN = "src 1/modèl, 100%.py", "nb.ipynb", "broken.py"


def write(folder: Path) -> None:
    """Write the project."""
    (folder / SCRIPT).parent.mkdir(exist_ok=True)
    (folder / SCRIPT).write_text(MODEL, encoding="utf-8")
    (folder / BROKEN).write_text("from keras.layers import LSTM\nx = (\n", encoding="utf-8")
    notebook(folder / NOTEBOOK, CELLS)


def notebook(path: Path, cells: Iterable[str]) -> None:
    """Write a notebook as Jupyter does, with a Markdown cell in front."""
    v4 = nbformat.v4
    made = [v4.new_markdown_cell("# Title\n\ntext"), *map(v4.new_code_cell, cells)]  # type: ignore[no-untyped-call]
    nbformat.write(v4.new_notebook(cells=made), path)  # type: ignore[no-untyped-call]


def of_each_severity() -> Report:
    """One finding of each severity, in lines 1 to 3: an error, a warning, and advice."""
    rules = [next(rule for rule in RULES if rule.severity == severity) for severity in get_args(Severity)]
    spans = [Span("a.py", row, 1, row, 2) for row in (1, 2, 3)]
    made = [Finding.of(rule, message="message", span=span) for rule, span in zip(rules, spans, strict=True)]
    return Report(made, (), lambda *_: "x = 1")


def report(folder: Path, verdicts: Mapping[str, Verdict] | None = None) -> Report:
    """Lint the project, with verdicts for some rules; refuted findings apart."""
    os.chdir(folder)
    findings: list[Finding] = []
    diagnostics: list[Diagnostic] = []
    for result in check_paths(["."], Settings()):
        findings += [replace(one, verdict=(verdicts or {}).get(one.code)) for one in result.findings]
        diagnostics += result.diagnostics
    kept = [one for one in findings if not (one.verdict and one.verdict.status == "refuted")]
    refuted = [one for one in findings if one not in kept]
    return Report(kept, diagnostics, line, refuted=refuted, root=str(folder), version=__version__)


def line(path: str, row: int, cell: int | None) -> str:
    """As the command gives lines."""
    return read(path).line(row, cell)


def fixed(report: Report, code: str, edits: Mapping[str, str]) -> Report:
    """The same, with a fix for the findings of one rule that replaces texts of the finding's first line."""

    def better(finding: Finding) -> Finding:
        path, row, cell = finding.span.path, finding.span.row, finding.span.cell
        text = line(path, row, cell)
        starts = {old: text.index(old) + 1 for old in edits if old in text}
        made = (Edit(Span(path, row, at, row, at + len(old), cell), edits[old]) for old, at in starts.items())
        return replace(finding, fix=Fix("Do better", "unsafe", tuple(made)))

    return replace(report, findings=[better(one) if one.code == code else one for one in report.findings])


def text(name: str, report: Report) -> str:
    """The report in a format."""
    return "".join(render(name, report))
