"""The steps of `rnnlint check`: each takes what was found so far and returns what is found after it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from rnnlint.cli import process
from rnnlint.cli.checked import Checked, Request, Sources, by_path, has_verdict
from rnnlint.cli.console import counted, fail
from rnnlint.cli.options import STDIN
from rnnlint.output import shown, where
from rnnlint.records import dataclass
from rnnlint.settings.choices import AUTO

if TYPE_CHECKING:
    from contextlib import ExitStack

    from rnnlint.confirm.installed import InstalledKeras
    from rnnlint.confirm.session import Session
    from rnnlint.findings import Diagnostic, Finding
    from rnnlint.fixer import Outcome
    from rnnlint.result import FileResult
    from rnnlint.run.cache import Cache
    from rnnlint.settings.settings import Settings
    from rnnlint.source.source import Source
    from rnnlint.suppression.baseline import Baseline


# ---------------------------------------------------------------------------------------------------------------------
# Linting


def lint(
    request: Request, found: InstalledKeras | None = None, changed: Mapping[str, bytes] | None = None
) -> Iterator[FileResult]:
    """Lint what comes through stdin, then the files and folders. `changed` files hold these bytes instead of their own.

    `found` is the Keras of the Python that confirms.
    """
    from rnnlint.run.loop import lint_text, run

    options, stdin = request.options, request.stdin
    if STDIN in request.paths:
        settings = request.settings(stdin.name)
        if not (settings.force_exclude and settings.excludes(stdin.name)):
            text = stdin.read()
            process.prepare()
            yield lint_text((changed or {}).get(stdin.name, text), stdin.name, settings, found)
    named = [path for path in request.paths if path != STDIN]
    if named:
        cache = _cache(request)
        yield from run(
            named,
            request.settings,
            found,
            changed,
            jobs=options.jobs,
            cache=cache,
            watch=request.console.progress,
            prepare=process.prepare,
        )
        if cache and cache.problem and options.verbose:
            request.console.notes([cache.problem])


def _cache(request: Request) -> Cache | None:
    """The results of earlier runs; None where the run is to write into files, which takes nothing from there."""
    options = request.options
    if options.no_cache or options.confirming or options.add_noqa or options.fixing:
        return None
    from rnnlint.run.cache import Cache, default_folder

    folder = options.cache_dir
    return Cache(folder or default_folder(), named=folder is not None)


def collect(request: Request, checked: Checked, results: Iterable[FileResult], found: InstalledKeras | None) -> Checked:
    """Add the results of files to what was found, and explain each one with --verbose."""
    findings: list[Finding] = []
    suppressed: list[Finding] = []
    diagnostics: list[Diagnostic] = []
    files: list[str] = []
    complete: list[str] = []
    sources: list[Source] = []
    for result in results:
        files.append(result.path)
        findings += result.findings
        diagnostics += result.diagnostics
        suppressed += result.suppressed
        if not result.diagnostics:
            complete.append(result.path)
        if result.source:
            sources.append(result.source)
        if request.options.verbose:
            request.console.notes(_explanation(request, result, found))
    collected = replace(
        checked,
        suppressed=tuple(suppressed),
        diagnostics=tuple(diagnostics),
        files=tuple(files),
        complete=tuple(complete),
        sources=Sources(sources),
    )
    return collected.reporting(findings, request)


def _explanation(request: Request, result: FileResult, found: InstalledKeras | None) -> Iterator[str]:
    """The settings of a file, and what was not understood in it."""
    yield _origin(request, request.settings(result.path))
    if found:
        yield f"keras-version and backend auto: {found}"
    for note in result.notes:
        yield f"{where(note.span)}: {note.message}"


def _origin(request: Request, settings: Settings) -> str:
    """The settings that decide most, and where they were set."""
    file = shown(settings.config) if settings.config else None

    def origin(name: str, value: str, given: str | None) -> str:
        if given is not None:
            return f"{name} {value} by --{name}"
        return f"{name} {value} by {file}" if value != AUTO else f"{name} {AUTO}"

    start = f"settings of {file}" if file else "no settings in a pyproject.toml"
    version = origin("keras-version", settings.keras_version, request.options.keras_version)
    backend = origin("backend", settings.backend, request.options.backend)
    return f"{start}: {version}, {backend}; rules {', '.join(sorted(settings.rules)) or 'none'}"


# ---------------------------------------------------------------------------------------------------------------------
# Fixes


def fix(request: Request, checked: Checked, keras: Confirmation) -> tuple[Iterable[FileResult], Checked]:
    """Fix in memory, look again, and write; or print what would be written.

    With --confirm, what Keras refutes is not fixed, and it has to refute what was.

    Returns:
        What linting gives afterwards (of a file that could not be written, what it gave before), and what was found
        so far with what was fixed.
    """
    from functools import partial

    from rnnlint import fixer
    from rnnlint.run.confirmed import remains

    session = keras.session
    before = by_path(lint(request, keras.found))
    refuted: set[tuple[object, ...]] = set()
    more: dict[str, Any] = {}
    if session:
        reported = [one for result in before.values() for one in result.findings if request.reports(one)]
        refuted = {fixer.identity(one) for one in session.confirm(reported) if has_verdict(one, "refuted")}
        more["remains"] = partial(remains, session, request.settings)
    piped = request.stdin.name if STDIN in request.paths else None
    outcome = fixer.run(
        before,
        lambda path: request.stdin.read() if path == piped else _as_linted(before[path]),
        lambda changed: by_path(lint(request, keras.found, changed)),
        lambda path: request.settings(path).unsafe_fixes or False,
        lambda finding: request.reports(finding) and fixer.identity(finding) not in refuted,
        **more,
    )
    for problem in outcome.problems:
        request.console.warning(problem)
    unwritten = _write_fixes(request, outcome, piped)
    after = dict(outcome.results) | {path: before[path] for path in unwritten}
    if piped in before and not request.options.diff:
        request.console.data(outcome.files[piped].after if piped in outcome.files else request.stdin.read())
    return after.values(), replace(checked, fixes=outcome, failed=checked.failed or bool(unwritten))


def _write_fixes(request: Request, outcome: Outcome[FileResult], piped: str | None) -> list[str]:
    """Write the fixed files, or print what would change. Drops what could not be written, and returns its paths."""
    from rnnlint import fixer

    unwritten: list[str] = []
    for path, file in sorted(outcome.files.items()):
        try:
            if request.options.diff:
                request.console.patch(fixer.diff(file, shown(path)))
            elif path != piped:
                fixer.write(path, file.after, file.before)
        except OSError as error:
            request.console.error(f"cannot write {path}: {error.strerror or error}")
            unwritten.append(path)
            del outcome.files[path]
    return unwritten


def _as_linted(result: FileResult) -> bytes:
    """The bytes of a file. Raises OSError where they are no longer those that were linted: no edit would fit."""
    from rnnlint.linter import parses_with_libcst
    from rnnlint.source.read import from_bytes

    with open(result.path, "rb") as file:
        data = file.read()
    if result.source is None or from_bytes(data, result.path, parses_with_libcst).text != result.source.text:
        raise OSError(None, "the file was changed in the meantime", result.path)
    return data


# ---------------------------------------------------------------------------------------------------------------------
# Findings that are known


def baseline(request: Request) -> Baseline | None:
    """The baseline of the options or the settings, None where there is none.

    Raises:
        Failure: where it cannot be used.
    """
    path = request.settings.here().baseline
    if path is None:
        if request.options.write_baseline:
            raise click.UsageError("--write-baseline needs --baseline FILE, or `baseline` in [tool.rnnlint].")
        return None
    from rnnlint.suppression.baseline import BaselineError, load

    try:
        return load(shown(path), must=not request.options.write_baseline)
    except BaselineError as error:
        fail(str(error))


def compare(request: Request, checked: Checked, baseline: Baseline) -> Checked:
    """Keep what is new; with --write-baseline nothing is."""
    from rnnlint.suppression.baseline import write

    judged = {path: request.settings(path).rules_for(path) for path in checked.complete}
    compared = baseline.compare(checked.findings, checked.sources.line, judged, checked.withheld)
    stale = counted(compared.stale, "entry", "entries")
    if request.options.write_baseline:
        try:
            write(baseline.path, compared.counts)
        except OSError as error:
            request.console.error(f"cannot write {baseline.path}: {error.strerror or error}")
            return replace(checked, failed=True)
        dropped = f", dropped {stale} without a finding" if compared.stale else ""
        written = f"Wrote {counted(sum(compared.counts.values()), 'finding')} to {baseline.path}{dropped}."
        return replace(checked, known=checked.findings, findings=()).saying(written)
    after = replace(checked, known=compared.known, findings=compared.new)
    if after.known:
        after = after.saying(f"{counted(len(after.known), 'finding')} known to {baseline.path}.")
    if compared.stale:
        after = after.saying(f"{stale} without a finding in {baseline.path}; --write-baseline drops what is gone.")
    return after


def add_noqa(request: Request, checked: Checked) -> Checked:
    """Write a comment for each finding; those without a place for one stay."""
    from itertools import groupby

    left: list[Finding] = []
    files = comments = 0
    failed = False
    in_order = sorted(checked.findings, key=lambda one: one.span.path)
    for path, group in groupby(in_order, lambda one: one.span.path):
        findings = list(group)
        try:
            written, stay = _write_comments(path, findings, checked.sources)
        except OSError as error:
            request.console.error(f"cannot write {shown(path)}: {error.strerror or error}")
            failed = True
            left += findings
            continue
        left += stay
        files, comments = files + bool(written), comments + written
    after = replace(
        checked,
        findings=tuple(left),
        suppressed=(*checked.suppressed, *(one for one in checked.findings if one not in left)),
        failed=checked.failed or failed,
    )
    return after.saying(f"Added {counted(comments, 'comment')} to {counted(files, 'file')}.")


def _write_comments(path: str, findings: list[Finding], sources: Sources) -> tuple[int, Iterable[Finding]]:
    """Write comments into a file: how many, and the findings for which there is no place. Raises OSError."""
    from rnnlint.fixer import ApplyError, apply, write
    from rnnlint.source.read import from_bytes, read_bytes
    from rnnlint.source.text import Text
    from rnnlint.suppression.suppress import add_noqa

    data = read_bytes(path)
    if not isinstance(data, bytes):  # what came through a pipe has no file
        return 0, findings
    source = from_bytes(data, path)
    edits, stay = add_noqa(findings, Text(source))
    if source.text != sources[path].text:
        raise OSError(None, "the file was changed in the meantime")
    if edits:
        try:
            write(path, apply(data, path, edits), data)
        except ApplyError as error:
            raise OSError(None, str(error)) from error
    return len(edits), stay


# ---------------------------------------------------------------------------------------------------------------------
# Confirmation


@dataclass(frozen=True)
class Confirmation:
    """The worker with the Keras that was found for it; both None where none can be started, for this reason."""

    session: Session | None = None
    found: InstalledKeras | None = None
    reason: str = ""


def start_keras(request: Request, paths: tuple[str, ...], stack: ExitStack) -> Confirmation:
    """Start the worker: Keras loads while the files are read. `stack` closes it."""
    from rnnlint.confirm.process import Limits
    from rnnlint.confirm.session import DRAWS, ConfirmError, Session

    # One Python for the whole run: that of the first path.
    settings = request.settings(os.path.join(paths[0], STDIN) if os.path.isdir(paths[0]) else paths[0])
    limits = Limits(settings.confirm_timeout, settings.confirm_memory)
    try:
        session = Session(settings.python, settings.backend, limits=limits, draws=request.options.draws or DRAWS)
        stack.callback(session.close)
        return Confirmation(session, session.found)
    except ConfirmError as error:
        request.console.error(str(error))
        return Confirmation(reason=error.reason)


def build(request: Request, checked: Checked, session: Session) -> Checked:
    """Let the user's own code say what it builds."""
    from rnnlint.run.confirmed import build

    options = request.options
    built = build(
        session,
        options.builds,
        options.build_args,
        checked.findings,
        checked.files,
        request.settings,
        explain=options.verbose,
    )
    after = checked.reporting(built.findings, request)
    for line in built.failed:
        request.console.warning(line)
    if options.verbose:
        request.console.notes(f"{where(note.span)}: {note.message}" for note in built.notes)
    return after


def confirm(request: Request, checked: Checked, keras: Confirmation) -> Checked:
    """Give every finding its verdict. Only what is reported costs time."""
    from rnnlint.confirm.session import unverified

    session = keras.session
    if session is None:
        return replace(checked, findings=tuple(unverified(finding, keras.reason) for finding in checked.findings))
    judged = list(request.console.bar(session.confirm(checked.findings), len(checked.findings), "Confirming"))
    for error in session.useless.values():
        request.console.error(str(error))
    return replace(
        checked,
        findings=tuple(one for one in judged if not has_verdict(one, "refuted")),
        refuted=tuple(one for one in judged if has_verdict(one, "refuted")),
    )
