"""`rnnlint check`: the order of its steps. What each one does stands in `steps`, what is printed in `show_findings`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from rnnlint.cli import steps
from rnnlint.cli.checked import Checked, LenientResolver, Request, StandardInput
from rnnlint.cli.console import Console, fail
from rnnlint.cli.options import STDIN, CheckOptions, Sectioned, command

if TYPE_CHECKING:
    from rnnlint.result import FileResult


@command(CheckOptions, "Lint Python files and notebooks.", Sectioned)
def check(options: CheckOptions) -> int:
    """Lint Python files and notebooks.

    PATHS are files and folders, by default the current one; `-` reads one file from stdin.

    The exit status is 0 without findings (with --fix: if all were fixed), 1 with findings or with code that could not
    be read (with --diff: if something would change), 2 for a wrong command line or configuration, for a file that
    cannot be written and for an error inside rnnlint.
    """
    from rnnlint.project.walk import MissingPathError
    from rnnlint.settings.resolver import Resolver
    from rnnlint.settings.settings import SettingsError

    options.validate()
    # As ruff: the name of what comes through stdin says that something comes.
    paths = options.paths or (STDIN if options.stdin_filename else ".",)
    console = Console(options.color, quiet=options.quiet)
    try:
        settings = LenientResolver(Resolver(options.settings(), options.config, isolated=options.isolated), console)
        if options.show_settings or options.show_files:
            from rnnlint.cli.show_settings import show

            status = show(Request(options, paths, settings, console, StandardInput(options.stdin_name)))
        else:
            status = lint(options, paths, settings, console)
    except (SettingsError, MissingPathError) as error:
        fail(str(error))
    return 0 if status == 1 and options.exit_zero else status


def lint(options: CheckOptions, paths: tuple[str, ...], settings: LenientResolver, console: Console) -> int:
    """Lint, print, and return the exit status."""
    there = tuple(path for path in paths if path == STDIN or os.path.lexists(path))
    for path in paths:
        if path not in there:
            console.error(f"path '{path}' does not exist")
    request = Request(options, there, settings, console, StandardInput(options.stdin_name))
    checked = run(request, paths)
    if not (checked.files or checked.failed or options.quiet):
        console.warning("no Python files or notebooks found under the given paths")
    from rnnlint.cli import show_findings

    if options.diff or options.fix_only:
        status = show_findings.show_fixes(request, checked)
    else:
        checked = show_findings.show(request, checked)
        status = 1 if checked.findings else 0
    failed = checked.failed or settings.failed
    return max([2 if failed else status, *(one.status for one in checked.diagnostics)])


def run(request: Request, paths: tuple[str, ...]) -> Checked:
    """Take all steps that were asked for, in their order. `paths` are all that were given, also those that are missing.

    What is wrong with a baseline or with the Python that confirms is said before anything is linted.
    """
    options = request.options
    baseline = steps.baseline(request)
    with ExitStack() as stack:
        keras = steps.start_keras(request, paths, stack) if options.confirming else steps.Confirmation()
        checked = Checked(failed=request.paths != paths)
        if options.fixing:
            results: Iterable[FileResult]
            results, checked = steps.fix(request, checked, keras)
        else:
            results = steps.lint(request, keras.found)
        checked = steps.collect(request, checked, results, keras.found)
        if keras.session and options.builds:
            checked = steps.build(request, checked, keras.session)
        if baseline:
            checked = steps.compare(request, checked, baseline)
        if options.add_noqa:
            checked = steps.add_noqa(request, checked)
        if options.confirming:
            checked = steps.confirm(request, checked, keras)
    return checked
