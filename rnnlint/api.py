"""What rnnlint offers to other programs: one text, or many files, through the linter.

A guest in their process: nothing of it is other afterwards than before, whatever the number of threads, also where
something is raised. What makes the command faster by changing its process stands in `rnnlint.cli.process`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rnnlint.findings import Diagnostic, Finding
from rnnlint.graph import Note

if TYPE_CHECKING:
    from rnnlint.result import FileResult
    from rnnlint.settings.settings import Settings


class Findings(list[Finding]):
    """A list of findings; `diagnostics` say what could not be read, `notes` what was read and could not be followed."""

    diagnostics: tuple[Diagnostic, ...] = ()
    notes: tuple[Note, ...] = ()


def check_source(text: str | bytes, filename: str = "<text>", settings: Settings | None = None) -> Findings:
    """Lint a text: a script, or a notebook's JSON where `filename` ends in `.ipynb`.

    Pure: no file is read. Imports are not followed, and `keras-version = "auto"` means that nothing is known. Code that
    nests more deeply than Python's limit of recursion (`sys.getrecursionlimit()`) lets the analysis follow gives a
    diagnostic or a note.

    Args:
        text: the code, or its bytes.
        filename: the name in the findings' spans; per-file ignores apply to it.
        settings: `rnnlint.settings.settings.Settings`, by default the defaults.

    Returns:
        The findings in the order of the source, without the suppressed ones; those below `min_confidence` left out.
        Their attribute `diagnostics` names what could not be read (never raised), and `notes` what was not understood.
    """
    from rnnlint.linter import NoFinder, environment, finish, lint, parses_with_libcst
    from rnnlint.settings.settings import Settings
    from rnnlint.source.read import from_bytes, from_text

    settings = settings or Settings()
    source = (
        from_bytes(text, filename, parses_with_libcst)
        if isinstance(text, bytes)
        else from_text(text, filename, parses_with_libcst)
    )
    result = finish(lint(source, settings, NoFinder(), environment(settings)), settings, source)
    certain = settings.min_confidence == "certain"
    findings = Findings(one for one in result.findings if one.confidence == "certain" or not certain)
    findings.diagnostics = result.diagnostics
    findings.notes = result.notes
    return findings


def check_paths(paths: Iterable[str | os.PathLike[str]] = (".",), settings: Settings | None = None) -> list[FileResult]:
    """Lint files and folders: one result per file, in the order of their paths.

    A file that cannot hold a finding is not parsed, also not for errors in its syntax.

    Args:
        paths: files, which are linted whatever their name, and folders, whose `.py` and `.ipynb` files are.
        settings: for all files; by default each file's own, from the nearest pyproject.toml with `[tool.rnnlint]`.

    Raises:
        rnnlint.project.walk.MissingPathError: where a path does not exist.
        rnnlint.settings.settings.SettingsError: where a pyproject.toml cannot be used.
    """
    from rnnlint.run.loop import run

    if settings is None:
        from rnnlint.settings.resolver import Resolver

        return list(run(paths, Resolver().settings))
    chosen = settings
    return list(run(paths, lambda _: chosen))
