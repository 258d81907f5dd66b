"""What `rnnlint check` prints at its end: the findings in the format that was asked for, and the summary."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from rnnlint.cli.checked import Checked, Request, has_verdict
from rnnlint.cli.console import counted, excerpt_width
from rnnlint.output import FOR_PEOPLE, code, printable, shown, where
from rnnlint.version import __version__

if TYPE_CHECKING:
    from rnnlint.output.report import Report


def show(request: Request, checked: Checked) -> Checked:
    """Print the findings and the summary; what was found, which has failed where the output could not be written."""
    name = request.settings.here().output_format
    # As ruff: where the fixed text goes to stdout, all else goes to stderr.
    err = request.stdin.text is not None and request.options.fixing
    # Most runs have nothing to report, and people read nothing of that.
    reported = checked.findings or checked.diagnostics or checked.refuted
    if name not in FOR_PEOPLE or request.options.output_file or reported:
        name, checked = _show_report(request, checked, name, err=err)
    if name in FOR_PEOPLE and not request.options.quiet:
        for line in _summary(request, checked):
            request.console.out(f"{line}\n", err=err)
    return checked


def show_fixes(request: Request, checked: Checked) -> int:
    """Print the lines of `--diff` and `--fix-only`; their exit status."""
    from rnnlint.fixer import messages

    fixed = checked.fixes.fixed if checked.fixes else 0
    written = not request.options.diff
    if not request.options.quiet:
        for diagnostic in checked.diagnostics:
            request.console.warning(f"{where(diagnostic.span)}: {diagnostic.message}")
        for line in _list_of_fixes(request, checked):
            request.console.err(line)
        request.console.err(messages.only_fixed(fixed, sum(map(request.hides_fix, checked.findings)), written=written))
    return 1 if fixed and not written else 0


# ---------------------------------------------------------------------------------------------------------------------
# The findings


def _show_report(request: Request, checked: Checked, name: str, *, err: bool) -> tuple[str, Checked]:
    """Print the findings, or write them to the file and print them in short; the format of what was printed."""
    target = request.options.output_file
    report = _report(request, checked)
    if target:
        try:
            os.makedirs(os.path.dirname(target) or os.curdir, exist_ok=True)
            with open(target, "w", encoding="utf-8", newline="\n") as file:
                file.writelines(click.unstyle(piece) for piece in _pieces(request, name, report))
        except OSError as error:
            request.console.error(f"cannot write {target}: {error.strerror or error}")
            checked = replace(checked, failed=True)
        name = "concise"
    for piece in _pieces(request, name, report):
        request.console.out(piece, err=err)
    return name, checked


def _report(request: Request, checked: Checked) -> Report:
    from rnnlint.output.report import Report
    from rnnlint.project.roots import Roots

    stdin = request.stdin
    return Report(
        checked.findings,
        checked.diagnostics,
        checked.sources.line,
        excerpt_width(),
        refuted=checked.refuted,
        fixable=request.fixes,
        version=__version__,
        root=Roots().git_root(os.getcwd()) or os.getcwd(),
        others=(*checked.suppressed, *checked.withheld, *checked.known),
        texts={} if stdin.text is None else {stdin.name: stdin.text},
    )


def _pieces(request: Request, name: str, report: Report) -> Iterator[str]:
    """The report in a format, or the counts of its rules."""
    if request.options.quiet and name in FOR_PEOPLE:
        # It prints findings, which the refuted ones are no more; other formats carry the verdict.
        report = replace(report, refuted=())
    if request.options.statistics:
        return _statistics(name, report)
    from rnnlint.output.report import render

    return render(name, report)


def _statistics(name: str, report: Report) -> Iterator[str]:
    """How many findings each rule has, the most frequent first; JSON for the formats that are JSON."""
    counts = Counter((code(one), getattr(one, "name", "")) for one in report.entries)
    rows = [(count, *key) for key, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))]
    if name.startswith("json"):
        from json import dumps

        records = [{"code": rule, "name": title or rule, "count": count} for count, rule, title in rows]
        yield dumps(records, indent=2) + "\n" if name == "json" else "".join(f"{dumps(one)}\n" for one in records)
        return
    wide = max((len(str(count)) for count, *_ in rows), default=0)
    for count, rule, title in rows:
        number = click.style(f"{count:>{wide}}", bold=True)
        yield f"{number}\t{click.style(rule, fg='red', bold=True)}\t{title}".rstrip() + "\n"


# ---------------------------------------------------------------------------------------------------------------------
# The summary


def _summary(request: Request, checked: Checked) -> Iterator[str]:
    yield from _result(request, checked)
    if checked.findings:
        from rnnlint.fixer import messages

        able, hidden = sum(map(request.fixes, checked.findings)), sum(map(request.hides_fix, checked.findings))
        if offer := messages.on_offer(able, hidden):
            yield offer
    internal = sum(one.kind == "internal-error" for one in checked.diagnostics)
    if unread := len(checked.diagnostics) - internal:
        yield f"{counted(unread, 'place')} could not be read."
    if internal:
        yield f"{counted(internal, 'error')} inside rnnlint: please report this with the file, if it may be shown."
    if checked.withheld:
        yield f"{counted(len(checked.withheld), 'possible finding')} withheld by --min-confidence."
    if checked.suppressed and request.options.verbose:
        yield f"{counted(len(checked.suppressed), 'finding')} suppressed by comments."
    yield from checked.done


def _result(request: Request, checked: Checked) -> Iterator[str]:
    """How many findings there are and what was fixed, or that there is nothing to report."""
    details = _details(checked)
    refuted = f"; {len(checked.refuted):,} refuted" if checked.refuted else ""
    if checked.fixes and checked.fixes.fixed:
        from rnnlint.fixer import messages

        yield from _list_of_fixes(request, checked)
        yield f"{messages.remaining(checked.fixes.fixed, len(checked.findings), details)}{refuted}."
    elif checked.findings:
        yield f"Found {counted(len(checked.findings), 'finding')}{f' ({details})' if details else ''}{refuted}."
    elif not (checked.diagnostics or checked.failed or request.settings.failed):
        yield click.style(f"All checks passed{f'{refuted}.' if refuted else '!'}", fg="green", bold=True)


def _details(checked: Checked) -> str:
    """What there is to say of the findings: `2 possible; 1 confirmed, 3 unverified`."""
    possible = sum(finding.confidence == "possible" for finding in checked.findings)
    verdicts = {
        status: sum(has_verdict(one, status) for one in checked.findings) for status in ("confirmed", "unverified")
    }
    parts = [
        f"{possible:,} possible" if possible else "",
        ", ".join(f"{number:,} {status}" for status, number in verdicts.items() if number),
    ]
    return "; ".join(part for part in parts if part)


def _list_of_fixes(request: Request, checked: Checked) -> Iterator[str]:
    """The lines of `--show-fixes`."""
    from rnnlint.fixer import messages

    if checked.fixes and checked.fixes.fixed and request.options.show_fixes:
        yield from messages.listed(checked.fixes, lambda path: printable(shown(path)))
        yield ""
