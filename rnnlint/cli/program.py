"""The command: options in, one call, print. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from time import monotonic
from typing import IO, TYPE_CHECKING, Any, NoReturn

import click

from rnnlint import __version__
from rnnlint.cli import process
from rnnlint.output import FOR_PEOPLE, FORMATS, code, printable, render, shown, where

if TYPE_CHECKING:
    from rnnlint.confirm.session import Found, Session
    from rnnlint.findings import Diagnostic, Finding
    from rnnlint.fixer import Outcome
    from rnnlint.output.report import Report
    from rnnlint.registry import Rule
    from rnnlint.result import FileResult
    from rnnlint.run.cache import Cache
    from rnnlint.settings.settings import Resolver, Settings
    from rnnlint.source.source import Source
    from rnnlint.suppression.baseline import Baseline

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
STDIN = "-"
AUTO = "auto"
# What has no meaning where nothing is confirmed.
CONFIRMING = ("python", "confirm_timeout", "confirm_memory", "draws")


class Group(click.Group):
    """The commands; `rnnlint foo.py` is answered with the command that was meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a hint where no such command exists."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import shlex
            from difflib import get_close_matches

            close = get_close_matches(args[0], self.commands, n=1)
            if close and not os.path.exists(args[0]):
                hint = f"{ctx.command_path} {close[0]}"
            else:
                hint = f"{ctx.command_path} check {shlex.join(args)}"
            ctx.fail(f"{error.message.rstrip('.')}; did you mean `{printable(hint)}`?")

    def invoke(self, ctx: click.Context) -> object:
        """Run the command. Ctrl+C ends it with the status that shells know: click's means that there are findings."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(130)


@click.group(cls=Group, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="rnnlint", message="%(prog)s %(version)s")
def cli() -> None:
    """Find dropout misuse around recurrent layers in Keras code."""


def main() -> NoReturn:
    """The entry point."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - a closed stream is None
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        # Messages hold source and paths; a terminal without that character shows `?` rather than a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    process.start()
    try:
        cli(prog_name="rnnlint")
    except SystemExit as end:
        status = end.code
    except OSError as error:  # a full disk, a current folder that was removed
        click.echo(f"error: {error}", err=True)
        status = _unwritten()
    except Exception:  # noqa: BLE001 - the status of a traceback, 1, would mean that there are findings
        import traceback

        click.echo(f"{traceback.format_exc()}error: this is an error inside rnnlint; please report it", err=True)
        status = _unwritten()
    # What an exception held has been closed by now, such as the progress bar.
    process.end(status)


def _unwritten() -> int:
    """What could not be written must not be tried again, with a status of its own."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 2


# ---------------------------------------------------------------------------------------------------------------------
# rnnlint check


def _split(_: click.Context, __: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    return tuple(part for value in values for one in value.split(",") if (part := one.strip()))


def _split_or_none(ctx: click.Context, parameter: click.Parameter, values: Sequence[str]) -> tuple[str, ...] | None:
    given = ctx.get_parameter_source(parameter.name or "") is not click.core.ParameterSource.DEFAULT
    return _split(ctx, parameter, values) if given else None


def _pairs(
    ctx: click.Context, parameter: click.Parameter, values: Sequence[str]
) -> tuple[tuple[str, tuple[str, ...]], ...] | None:
    """`tests/**:RNN101,RNN102` and ruff's `tests/**:RNN101,docs/**:RNN102`."""
    found: dict[str, list[str]] = {}
    pattern = ""
    for part in _split(ctx, parameter, values):
        head, colon, selector = part.rpartition(":")
        pattern = head if colon else pattern
        if not pattern or not selector:
            raise click.BadParameter(f"'{part}' is not of the form PATTERN:RULE", ctx, parameter)
        found.setdefault(pattern, []).append(selector.strip())
    return tuple((pattern, tuple(codes)) for pattern, codes in found.items()) or None


def _arguments(ctx: click.Context, parameter: click.Parameter, values: Sequence[str]) -> dict[str, object]:
    """`units=8`: a Python literal, else the text as it stands."""
    from ast import literal_eval

    found: dict[str, object] = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not name.isidentifier() or not equals:
            raise click.BadParameter(f"'{text}' is not of the form NAME=VALUE", ctx, parameter)
        try:
            found[name] = literal_eval(value.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            found[name] = value
    return found


def _jobs(ctx: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    """A number of processes; None for as many as pay."""
    if value is None or value == AUTO:
        return None
    if not value.isascii() or not value.isdigit() or not int(value):
        raise click.BadParameter(f"'{value}' is neither a number from 1 on nor {AUTO}", ctx, parameter)
    return int(value)


def _targets(ctx: click.Context, parameter: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    for target in values:
        module, _, name = target.rpartition(":")
        if target != AUTO and not (module and all(part.isidentifier() for part in name.split("."))):
            raise click.BadParameter(f"'{target}' is neither MODULE:CALLABLE nor {AUTO}", ctx, parameter)
    return tuple(dict.fromkeys(values))


def _list(name: str, text: str, metavar: str = "RULES", callback: Callable[..., Any] = _split) -> Callable[..., Any]:
    return click.option(name, multiple=True, metavar=metavar, callback=callback, help=text)


# Each section of the options in `--help`, by its first option.
SECTIONS = {
    "select": "Rules",
    "keras_version": "Keras",
    "fix": "Fixes",
    "confirm": "Confirm",
    "config": "Configuration",
    "exclude": "Files",
    "output_format": "Output",
    "jobs": "Other",
}


EXAMPLES = {
    "rnnlint check": "The folder you are in.",
    "rnnlint check --diff --unsafe-fixes": "What would be fixed, all fixes allowed.",
    "rnnlint check --fix src nb.ipynb": "Fix what is safe to fix.",
    "rnnlint check --confirm --python .venv": "See the findings happen, in the Keras of .venv.",
    "rnnlint check --output-format sarif -o a.sarif": "For code scanning, and in short for people.",
    "rnnlint check --stdin-filename a.py - < a.py": "From an editor.",
}


class Sectioned(click.Command):
    """A command whose help shows its options in sections, and examples."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, each section under its heading."""
        sections: dict[str, list[tuple[str, str]]] = {}
        title = "Options"
        for parameter in self.get_params(ctx):
            title = SECTIONS.get(parameter.name or "", title)
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record:
                sections.setdefault(title, []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)
        with formatter.section("Examples"):
            for command, text in EXAMPLES.items():
                formatter.write_text(text)
                formatter.write(f"{'':{formatter.current_indent + 2}}{command}\n")


@cli.command(cls=Sectioned, short_help="Lint Python files and notebooks.")
@click.argument("paths", nargs=-1, type=click.Path())
@_list("--select", "Rules to report: codes, prefixes, names or ALL, in a comma list.", callback=_split_or_none)
@_list("--ignore", "Rules not to report. The longest prefix wins.")
@_list("--extend-select", "Rules to report on top of the selected ones.")
@_list("--per-file-ignores", "Rules not to report in some files: 'tests/**:RNN101'.", "PATTERN:RULES", _pairs)
@click.option(
    "--min-confidence", type=click.Choice(["certain", "possible"]), help="Report findings from this confidence on."
)
@click.option("--timestep-loss-threshold", type=float, metavar="PROBABILITY", help="Loss that is reported.  [0.01]")
@click.option("--ignore-noqa", is_flag=True, help="Report what comments suppress.")
@click.option("--add-noqa", is_flag=True, help="Suppress each finding by a `# noqa` comment in its file.")
@click.option("--baseline", type=click.Path(dir_okay=False), help="Report only findings that this file does not hold.")
@click.option("--write-baseline", is_flag=True, help="Write the findings to the baseline, and drop what is gone.")
@click.option(
    "--keras-version", metavar="VERSION", help="Such as 3.15, 2 or '>=3.4,<4'; auto reads the project's pins."
)
@click.option("--backend", metavar="BACKEND", help="auto, tensorflow, jax or torch.")
@click.option("--fix", is_flag=True, help="Fix what can be fixed without changing what is computed.")
@click.option("--unsafe-fixes/--no-unsafe-fixes", default=None, help="Fix also what changes the network.")
@click.option("--diff", is_flag=True, help="Print what --fix would change, and write nothing.")
@click.option("--fix-only", is_flag=True, help="Fix, and report nothing of the rest.")
@click.option("--show-fixes", is_flag=True, help="List what was fixed.")
@click.option("--confirm", is_flag=True, help="Build the models in real Keras and watch the findings happen.")
@click.option("--python", metavar="PATH", help="The Python, or virtual environment, that has Keras.  [this one]")
@click.option("--confirm-timeout", type=float, metavar="SECONDS", help="Time for each model.  [60]")
@click.option("--confirm-memory", type=float, metavar="GIB", help="Memory for each model.  [8]")
@click.option("--draws", type=click.IntRange(1), metavar="N", help="Masks drawn of each dropout.  [256]")
@click.option(
    "--build",
    "builds",
    multiple=True,
    metavar="MODULE:CALLABLE",
    callback=_targets,
    help="Import and call your own code for the models (implies --confirm); auto calls what it can.",
)
@click.option(
    "--build-arg",
    "build_args",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_arguments,
    help="An argument of what --build calls: a Python literal, else text.",
)
@click.option("--config", type=click.Path(exists=True, dir_okay=False), help="A pyproject.toml to use for every file.")
@click.option("--isolated", is_flag=True, help="Read no pyproject.toml settings.")
@click.option("--show-settings", is_flag=True, help="Print the settings of the first file, and lint nothing.")
@_list("--exclude", "Patterns of files and folders to pass over.", "PATTERNS", _split_or_none)
@_list("--extend-exclude", "Like --exclude, on top of the default ones.", "PATTERNS")
@click.option("--force-exclude/--no-force-exclude", default=None, help="Pass over excluded files even if named.")
@click.option("--respect-gitignore/--no-respect-gitignore", default=None, help="Pass over what git ignores.  [on]")
@click.option("--stdin-filename", metavar="PATH", help="The name of the file that comes through stdin (`-`).")
@click.option("--show-files", is_flag=True, help="Print the files that would be linted, and lint nothing.")
@click.option(
    "--output-format",
    type=click.Choice(list(FORMATS)),
    metavar="FORMAT",
    envvar="RNNLINT_OUTPUT_FORMAT",
    show_envvar=True,
    help=f"Form of the output: {', '.join(FORMATS)}.",
)
@click.option(
    "-o",
    "--output-file",
    type=click.Path(dir_okay=False),
    help="Write the output there; the terminal gets `concise`.",
)
@click.option("--statistics", is_flag=True, help="Count the findings of each rule.")
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True, help="Use colours."
)
@click.option("-q", "--quiet", is_flag=True, help="Print the findings and nothing else.")
@click.option("-v", "--verbose", is_flag=True, help="Say on stderr what was not understood, and which settings hold.")
@click.option("-j", "--jobs", callback=_jobs, metavar="N", help="Processes that analyse; auto: as many as pay.  [auto]")
@click.option("-n", "--no-cache", is_flag=True, help="Neither read nor write the cache.")
@click.option(
    "--cache-dir",
    type=click.Path(file_okay=False),
    envvar="RNNLINT_CACHE_DIR",
    show_envvar=True,
    help="Where results are kept.  [.rnnlint_cache in the project]",
)
@click.option("-e", "--exit-zero", is_flag=True, help="End with status 0 where findings would make it 1.")
@click.pass_context
def check(ctx: click.Context, /, **given: Any) -> None:
    """Lint Python files and notebooks.

    PATHS are files and folders, by default the current one; `-` reads one file from stdin.

    The status is 0 without findings (with --fix: if all were fixed), 1 with findings or with code that could not be
    read (with --diff: if something would change), 2 for a wrong command line or configuration, for a file that cannot
    be written and for an error inside rnnlint.
    """
    from rnnlint.project.walk import MissingPathError
    from rnnlint.settings.settings import Options, Resolver, SettingsError

    if given["isolated"] and given["config"]:
        raise click.UsageError("--isolated and --config exclude each other.")
    if given["select"] == ():
        raise click.UsageError("--select names no rule.")
    if given["add_noqa"] and given["write_baseline"]:
        raise click.UsageError("--add-noqa and --write-baseline exclude each other.")
    for name in ("add_noqa", "write_baseline"):
        if given[name] and given["diff"]:
            raise click.UsageError(f"--diff writes nothing, --{name.replace('_', '-')} does: give one of them.")
    given["confirm"] = given["confirm"] or bool(given["builds"])
    if given["build_args"] and not given["builds"]:
        raise click.UsageError("--build-arg needs --build.")
    for name in CONFIRMING:
        if given[name] is not None and not given["confirm"]:
            raise click.UsageError(f"--{name.replace('_', '-')} needs --confirm.")
    # As ruff: the name of what comes through stdin says that something comes.
    paths = given["paths"] or (STDIN if given["stdin_filename"] else ".",)
    options = Options(
        **{name: given[name] for name in Options._fields if name != "ignore_noqa"},
        ignore_noqa=given["ignore_noqa"] or None,
    )
    try:
        resolver = Resolver(options, given["config"], isolated=given["isolated"])
        one = _Check(resolver, given)
        status = one.show(paths) if given["show_settings"] or given["show_files"] else one.run(paths)
    except (SettingsError, MissingPathError) as error:
        _fail(str(error))
    ctx.exit(0 if status == 1 and given["exit_zero"] else status)


class _Failure(click.ClickException):
    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """As the other messages on stderr look."""
        click.echo(f"error: {self.message}", file=file, err=file is None)


def _fail(message: str) -> NoReturn:
    raise _Failure(printable(message))


class _Check:
    """One run of `rnnlint check`: what was found, and how it is printed."""

    def __init__(self, resolver: Resolver, given: dict[str, Any]) -> None:
        self.resolver = resolver
        self.given = given
        self.findings: list[Finding] = []
        self.refuted: list[Finding] = []
        self.diagnostics: list[Diagnostic] = []
        self.withheld: list[Finding] = []
        self.suppressed: list[Finding] = []
        self.known: list[Finding] = []
        self.comparing = False  # with a baseline
        self.judged: dict[str, frozenset[str]] = {}
        self.done: list[str] = []
        self.paths: list[str] = []
        self.sources: dict[str, Source] = {}
        self.shown: dict[str, Source] = {}  # of which only rows were asked for
        self.explained: set[str] = set()
        self.wrong: list[str] = []
        self.missing: list[str] = []
        self.outcome: Outcome[FileResult] | None = None
        self.text: bytes | None = None
        self.found: Found | None = None
        self.useless = ""
        self.start = monotonic()

    def run(self, paths: Sequence[str]) -> int:
        """Lint, print, and return the exit status."""
        self.missing = [path for path in paths if path != STDIN and not os.path.lexists(path)]
        for path in self.missing:
            self._warn("error", f"path '{path}' does not exist")
        baseline = self._baseline()
        self.comparing = baseline is not None
        with ExitStack() as stack:
            session = self._session(paths, stack) if self.given["confirm"] else None
            there = [path for path in paths if path not in self.missing]
            results = self._fix(there, session) if self._fixing else self._lint(there)
            for result in results:
                self._take(result)
                if self.given["verbose"]:
                    self._explain(result)
            if session and self.given["builds"]:
                self._build(session)
            if baseline:
                self._compare(baseline)
            if self.given["add_noqa"]:
                self._add_noqa()
            if self.given["confirm"]:
                self._confirm(session)
        if not (self.paths or self.missing or self.given["quiet"]):
            self._warn("warning", "no Python files or notebooks found under the given paths")
        if self.given["diff"] or self.given["fix_only"]:
            status = self._tell_fixes()
        else:
            self._print()
            status = 1 if self.findings else 0
        return max([2 if self.missing or self.wrong else status, *(one.status for one in self.diagnostics)])

    def show(self, paths: Sequence[str]) -> int:
        """Print which files would be linted, or the settings of the first one, and return the exit status."""
        from rnnlint.cli import show_settings as show
        from rnnlint.project.modules import Modules
        from rnnlint.project.walk import discover

        name = self.given["stdin_filename"] or STDIN
        listed = discover((path for path in paths if path != STDIN), self._settings)
        files = sorted([*listed.files, *([name] if STDIN in paths else [])], key=os.path.abspath)
        for diagnostic in listed.diagnostics:
            self._warn("warning", diagnostic.message)
        if not files:
            self._warn("warning", "no Python files or notebooks found under the given paths")
        lines: Iterable[str] = (path if path == STDIN else printable(os.path.abspath(path)) for path in files)
        if self.given["show_settings"] and files:
            tops = tuple(os.path.abspath(path) for path in paths if os.path.isdir(path))
            top = Modules({}, tops).top(os.path.dirname(os.path.abspath(files[0])))
            lines = show.lines(files[0], self._settings(files[0]), top)
        for line in lines:
            self._out(f"{line}\n")
        return 2 if self.wrong else max((one.status for one in listed.diagnostics), default=0)

    def _lint(self, paths: Sequence[str], changed: Mapping[str, bytes] | None = None) -> Iterator[FileResult]:
        from rnnlint.run.loop import lint_text, run

        if STDIN in paths:
            name = self.given["stdin_filename"] or STDIN
            settings = self._settings(name)
            if sys.stdin is None:
                _fail("stdin is closed")
            if not (settings.force_exclude and settings.excludes(name)):
                self.text = sys.stdin.buffer.read() if self.text is None else self.text
                process.prepare()
                yield lint_text((changed or {}).get(name, self.text), name, settings, self.found)
        named = [path for path in paths if path != STDIN]
        if named:
            cache, progress = self._cache(), self._progress
            jobs = self.given["jobs"]
            yield from run(
                named,
                self._settings,
                self.found,
                changed,
                jobs=jobs,
                cache=cache,
                watch=progress,
                prepare=process.prepare,
            )
            if cache and cache.problem and self.given["verbose"]:
                self._note([cache.problem])

    def _cache(self) -> Cache | None:
        """The results of earlier runs. What is written into files is not taken from there."""
        given = self.given
        if given["no_cache"] or given["confirm"] or given["add_noqa"] or self._fixing:
            return None
        from rnnlint.run.cache import Cache, default_folder

        folder = given["cache_dir"]
        return Cache(folder or default_folder(), named=folder is not None)

    def _progress(self, items: Iterable[Any], length: int, title: str) -> Iterable[Any]:
        """The same, with a bar on the terminal for what takes longer than a second."""
        if self.given["quiet"] or not sys.stderr.isatty():
            return items
        return _with_bar(items, length, title, self.start)

    def _settings(self, path: str) -> Settings:
        """The settings of a file. Where its pyproject.toml is wrong that is said once, and none of its rules run."""
        from rnnlint.settings.settings import Settings, SettingsError

        try:
            return self.resolver.settings(path)
        except SettingsError as error:
            if str(error) not in self.wrong:
                self.wrong.append(str(error))
                self._warn("error", str(error))
            return Settings(rules=frozenset())

    def _take(self, result: FileResult) -> None:
        self.paths.append(result.path)
        self._report(result.findings)
        self.diagnostics += result.diagnostics
        self.suppressed += result.suppressed
        if not result.diagnostics and self.comparing:
            self.judged[result.path] = self._settings(result.path).rules_for(result.path)
        if result.source:
            self.sources[result.path] = result.source

    def _report(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            if self._reported(finding):
                self.findings.append(finding)
            else:
                self.withheld.append(finding)

    def _reported(self, finding: Finding) -> bool:
        return finding.confidence == "certain" or self._settings(finding.span.path).min_confidence == "possible"

    # -----------------------------------------------------------------------------------------------------------------
    # Known findings

    def _baseline(self) -> Baseline | None:
        """The baseline of the options or the settings: what is wrong with it is said before anything is linted."""
        path = self.resolver.settings(STDIN).baseline
        if path is None:
            if self.given["write_baseline"]:
                raise click.UsageError("--write-baseline needs --baseline FILE, or `baseline` in [tool.rnnlint].")
            return None
        from rnnlint.suppression.baseline import BaselineError, load

        try:
            return load(shown(path), must=not self.given["write_baseline"])
        except BaselineError as error:
            _fail(str(error))

    def _compare(self, baseline: Baseline) -> None:
        """Keep what is new; with --write-baseline nothing is."""
        from rnnlint.suppression.baseline import write

        compared = baseline.compare(self.findings, self._line, self.judged, self.withheld)
        stale = _count(compared.stale, "entry", "entries")
        if self.given["write_baseline"]:
            try:
                write(baseline.path, compared.counts)
            except OSError as error:
                self.wrong.append(f"cannot write {baseline.path}: {error.strerror or error}")
                self._warn("error", self.wrong[-1])
                return
            dropped = f", dropped {stale} without a finding" if compared.stale else ""
            self.done.append(f"Wrote {_count(sum(compared.counts.values()), 'finding')} to {baseline.path}{dropped}.")
            self.known, self.findings = self.findings, []
            return
        self.known, self.findings = list(compared.known), list(compared.new)
        if self.known:
            self.done.append(f"{_count(len(self.known), 'finding')} known to {baseline.path}.")
        if compared.stale:
            self.done.append(f"{stale} without a finding in {baseline.path}; --write-baseline drops what is gone.")

    def _add_noqa(self) -> None:
        """Write a comment for each finding; those without a place for one stay."""
        from itertools import groupby

        from rnnlint.fixer import ApplyError, apply, write
        from rnnlint.source.read import from_bytes, read_bytes
        from rnnlint.suppression.suppress import add_noqa

        left: list[Finding] = []
        files = comments = 0
        for path, group in groupby(sorted(self.findings, key=lambda one: one.span.path), lambda one: one.span.path):
            findings = list(group)
            data = read_bytes(path)
            if not isinstance(data, bytes):  # what came through a pipe has no file
                left += findings
                continue
            source = from_bytes(data, path)
            edits, stay = add_noqa(findings, source)
            if source.text != self.sources[path].text:
                self.wrong.append(f"cannot write {shown(path)}: the file was changed in the meantime")
                self._warn("error", self.wrong[-1])
                left += findings
                continue
            try:
                if edits:
                    write(path, apply(data, path, edits), data)
            except (ApplyError, OSError) as error:
                self.wrong.append(f"cannot write {shown(path)}: {getattr(error, 'strerror', None) or error}")
                self._warn("error", self.wrong[-1])
                left += findings
                continue
            left += stay
            files, comments = files + bool(edits), comments + len(edits)
        self.done.append(f"Added {_count(comments, 'comment')} to {_count(files, 'file')}.")
        self.suppressed += [one for one in self.findings if one not in left]
        self.findings = left

    # -----------------------------------------------------------------------------------------------------------------
    # Fixes

    @property
    def _fixing(self) -> bool:
        return any(self.given[name] for name in ("fix", "diff", "fix_only"))

    def _able(self, finding: Finding) -> bool:
        """Whether `--fix` fixes a finding."""
        from rnnlint.fixer import applicable

        return applicable(finding.fix, unsafe=self._settings(finding.span.path).unsafe_fixes or False)

    def _hidden(self, finding: Finding) -> bool:
        """Whether it would if unsafe fixes were allowed, of which nothing was said."""
        unsaid = self._settings(finding.span.path).unsafe_fixes is None
        return unsaid and finding.fix is not None and not self._able(finding)

    def _fix(self, paths: Sequence[str], session: Session | None) -> Iterable[FileResult]:
        """Fix in memory, look again, and write; or print what would be written. What could not be written stays.

        With --confirm, what Keras refutes is not fixed, and it has to refute what was.
        """
        from functools import partial

        from rnnlint import fixer
        from rnnlint.run import loop as runner

        before = {result.path: result for result in self._lint(paths)}
        refuted: set[tuple[object, ...]] = set()
        more: dict[str, Any] = {}
        if session:
            shown_ones = [one for result in before.values() for one in result.findings if self._reported(one)]
            refuted = {fixer.identity(one) for one in session.confirm(shown_ones) if _is(one, "refuted")}
            more["remains"] = partial(runner.remains, session, self._settings)
        name = (self.given["stdin_filename"] or STDIN) if STDIN in paths else None
        outcome = fixer.run(
            before,
            lambda path: self.text or b"" if path == name else _as_linted(before[path]),
            lambda changed: {result.path: result for result in self._lint(paths, changed)},
            lambda path: self._settings(path).unsafe_fixes or False,
            lambda finding: self._reported(finding) and fixer.identity(finding) not in refuted,
            **more,
        )
        after = dict(outcome.results)
        for problem in outcome.problems:
            self._warn("warning", problem)
        for path, file in sorted(outcome.files.items()):
            try:
                if self.given["diff"]:
                    self._show_diff(fixer.diff(file, shown(path)))
                elif path != name:
                    fixer.write(path, file.after, file.before)
            except OSError as error:
                self.wrong.append(f"cannot write {path}: {error.strerror or error}")
                self._warn("error", self.wrong[-1])
                del outcome.files[path]
                after[path] = before[path]
        if name in before and not self.given["diff"]:
            text = outcome.files[name].after if name in outcome.files else self.text or b""
            sys.stdout.buffer.write(text)
            sys.stdout.buffer.flush()
        self.outcome = outcome
        return after.values()

    def _tell_fixes(self) -> int:
        """The lines of `--diff` and `--fix-only`, and their status."""
        from rnnlint.fixer import messages

        assert self.outcome is not None
        fixed, written = self.outcome.fixed, not self.given["diff"]
        if not self.given["quiet"]:
            for diagnostic in self.diagnostics:
                self._warn("warning", f"{where(diagnostic.span)}: {diagnostic.message}")
            for line in self._shown_fixes():
                self._err(line)
            self._err(messages.only_fixed(fixed, sum(map(self._hidden, self.findings)), written=written))
        return 1 if fixed and not written else 0

    def _show_diff(self, text: str) -> None:
        """In colours for people; else byte for byte, so that it can be applied as a patch."""
        colors = {"+": "green", "-": "red", "@": "cyan"}
        if not self._colored(sys.stdout):
            self._out(text)
            return
        for line in text.split("\n")[:-1]:
            title = line.startswith(("---", "+++"))
            self._out(
                click.style(printable(line), fg=None if title else colors.get(line[:1]), bold=title or None) + "\n"
            )

    def _shown_fixes(self) -> Iterator[str]:
        from rnnlint.fixer import messages

        if self.outcome and self.outcome.fixed and self.given["show_fixes"]:
            yield from messages.listed(self.outcome, lambda path: printable(shown(path)))
            yield ""

    # -----------------------------------------------------------------------------------------------------------------
    # Confirmation

    def _session(self, paths: Sequence[str], stack: ExitStack) -> Session | None:
        """The worker, started: Keras loads while the files are read. None where that Python is of no use."""
        from rnnlint.confirm.session import DRAWS, ConfirmError, Limits, Session

        # One Python for the whole run: that of the first path.
        settings = self._settings(os.path.join(paths[0], STDIN) if os.path.isdir(paths[0]) else paths[0])
        limits = Limits(settings.confirm_timeout, settings.confirm_memory)
        try:
            session = Session(settings.python, settings.backend, limits, self.given["draws"] or DRAWS)
            stack.callback(session.close)
            self.found = session.found
        except ConfirmError as error:
            self.useless = error.reason
            self._warn("error", str(error))
            return None
        return session

    def _confirm(self, session: Session | None) -> None:
        """Give every finding its verdict. Only what is reported costs time."""
        from rnnlint.confirm.session import unverified

        if session is None:
            self.findings = [unverified(finding, self.useless) for finding in self.findings]
            return
        judged: list[Finding] = []
        confirmed = session.confirm(self.findings)
        if self.findings and sys.stderr.isatty() and not self.given["quiet"]:
            with click.progressbar(confirmed, len(self.findings), "Confirming", file=sys.stderr) as bar:
                judged += bar
        else:
            judged += confirmed
        for error in session.useless.values():
            self._warn("error", str(error))
        self.findings = [one for one in judged if not _is(one, "refuted")]
        self.refuted = [one for one in judged if _is(one, "refuted")]

    def _build(self, session: Session) -> None:
        """Let the user's own code say what it builds."""
        from rnnlint.run.loop import build

        given = self.given
        explain, arguments = given["verbose"], given["build_args"]
        built = build(session, given["builds"], arguments, self.findings, self.paths, self._settings, explain=explain)
        self.findings = []
        self._report(built.findings)
        for line in built.failed:
            self._warn("warning", line)
        if given["verbose"]:
            self._note(f"{where(note.span)}: {note.message}" for note in built.notes)

    # -----------------------------------------------------------------------------------------------------------------
    # Output

    def _print(self) -> None:
        name = self.resolver.settings(STDIN).output_format
        # Most runs have nothing to report, and people read nothing of that.
        if name not in FOR_PEOPLE or self.given["output_file"] or self.findings or self.diagnostics or self.refuted:
            name = self._print_report(name)
        if name in FOR_PEOPLE and not self.given["quiet"]:
            for line in self._summary():
                self._out(line + "\n")

    def _print_report(self, name: str) -> str:
        """Print the findings, or write them to the file and print them in short; the format of what was printed."""
        from rnnlint.output.report import Report
        from rnnlint.project.roots import git_root

        target = self.given["output_file"]
        report = Report(
            self.findings,
            self.diagnostics,
            self._line,
            _width(),
            refuted=self.refuted,
            fixable=self._able,
            version=__version__,
            root=git_root(os.getcwd()) or os.getcwd(),
            others=(*self.suppressed, *self.withheld, *self.known),
            texts={} if self.text is None else {self.given["stdin_filename"] or STDIN: self.text},
        )
        if target:
            try:
                os.makedirs(os.path.dirname(target) or os.curdir, exist_ok=True)
                with open(target, "w", encoding="utf-8", newline="\n") as file:
                    file.writelines(click.unstyle(piece) for piece in self._pieces(name, report))
            except OSError as error:
                self.wrong.append(f"cannot write {target}: {error.strerror or error}")
                self._warn("error", self.wrong[-1])
            name = "concise"
        for piece in self._pieces(name, report):
            self._out(piece)
        return name

    def _pieces(self, name: str, report: Report) -> Iterator[str]:
        if self.given["quiet"] and name in FOR_PEOPLE:
            from dataclasses import replace

            # It prints findings, which the refuted ones are no more; other formats carry the verdict.
            report = replace(report, refuted=())
        if not self.given["statistics"]:
            yield from render(name, report)
            return
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

    def _summary(self) -> Iterator[str]:
        possible = sum(finding.confidence == "possible" for finding in self.findings)
        internal = sum(one.kind == "internal-error" for one in self.diagnostics)
        unread = len(self.diagnostics) - internal
        judged = [(sum(_is(one, status) for one in self.findings), status) for status in ("confirmed", "unverified")]
        told = "; ".join(
            part
            for part in (
                f"{possible:,} possible" if possible else "",
                ", ".join(f"{n:,} {what}" for n, what in judged if n),
            )
            if part
        )
        refuted = f"; {len(self.refuted):,} refuted" if self.refuted else ""
        fixed = self.outcome.fixed if self.outcome else 0
        if fixed:
            from rnnlint.fixer import messages

            yield from self._shown_fixes()
            yield f"{messages.remaining(fixed, len(self.findings), told)}{refuted}."
        elif self.findings:
            yield f"Found {_count(len(self.findings), 'finding')}{f' ({told})' if told else ''}{refuted}."
        elif not (self.diagnostics or self.missing or self.wrong):
            yield click.style(f"All checks passed{f'{refuted}.' if refuted else '!'}", fg="green", bold=True)
        if self.findings:
            from rnnlint.fixer import messages

            offer = messages.on_offer(sum(map(self._able, self.findings)), sum(map(self._hidden, self.findings)))
            if offer:
                yield offer
        if unread:
            yield f"{_count(unread, 'place')} could not be read."
        if internal:
            yield f"{_count(internal, 'error')} inside rnnlint: please report this with the file, if it may be shown."
        if self.withheld:
            yield f"{_count(len(self.withheld), 'possible finding')} withheld by --min-confidence."
        if self.suppressed and self.given["verbose"]:
            yield f"{_count(len(self.suppressed), 'finding')} suppressed by comments."
        yield from self.done

    def _explain(self, result: FileResult) -> None:
        settings = self._settings(result.path)
        lines = [_told(settings, self.given), *(f"{where(note.span)}: {note.message}" for note in result.notes)]
        if self.found:
            lines.insert(1, f"keras-version and backend auto: {self.found}")
        self._note(lines)

    def _note(self, lines: Iterable[str]) -> None:
        """Say each line once."""
        for line in lines:
            if line not in self.explained:
                self.explained.add(line)
                self._warn("note", line)

    def _line(self, path: str, row: int, cell: int | None) -> str:
        source = self.sources.get(path) or self.shown.get(path)
        if source is None:
            from rnnlint.source.read import read_as_shown

            source = self.shown[path] = read_as_shown(path)
        return source.line(row, cell)

    def _out(self, text: str) -> None:
        # As ruff: where the fixed text goes to stdout, all else goes to stderr.
        err = self.text is not None and self._fixing and not self.given["diff"]
        click.echo(text, nl=False, err=err, color=self._colored(sys.stderr if err else sys.stdout))

    def _err(self, line: str) -> None:
        click.echo(line, err=True, color=self._colored(sys.stderr))

    def _warn(self, kind: str, message: str) -> None:
        click.echo(_said(kind, message), err=True, color=self._colored(sys.stderr))

    def _colored(self, stream: Any) -> bool:
        return _colored(self.given["color"], stream)


def _colored(choice: str, stream: Any) -> bool:
    """As ruff: the option, else NO_COLOR, else FORCE_COLOR and CLICOLOR_FORCE, else whether it is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if any(os.environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return os.environ.get("TERM") != "dumb" and os.environ.get("CLICOLOR") != "0" and bool(stream.isatty())


def _said(kind: str, message: str) -> str:
    """A line for stderr."""
    colors = {"error": "red", "warning": "yellow", "note": "cyan"}
    return f"{click.style(kind, fg=colors[kind], bold=True)}: {printable(message)}"


def _with_bar(items: Iterable[Any], length: int, title: str, start: float) -> Iterator[Any]:
    """The items, with a progress bar from a second after the start on; nothing of it stays."""
    bar = click.progressbar(length=length, label=title, file=sys.stderr)
    shown = 0
    due = start + 1
    try:
        for done, item in enumerate(items):
            yield item
            if (now := monotonic()) >= due:
                bar.update(done + 1 - shown)
                shown, due = done + 1, now + 0.1
    finally:
        if shown:
            click.echo("\r\x1b[K\x1b[?25h", nl=False, err=True, color=True)


def _as_linted(result: FileResult) -> bytes:
    """The bytes of a file. Raises OSError where they are no longer those that were linted: no edit would fit."""
    from rnnlint.linter import accepts
    from rnnlint.source.read import from_bytes

    with open(result.path, "rb") as file:
        data = file.read()
    if result.source is None or from_bytes(data, result.path, accepts).text != result.source.text:
        raise OSError(None, "the file was changed in the meantime", result.path)
    return data


def _is(finding: Finding, status: str) -> bool:
    return finding.verdict is not None and finding.verdict.status == status


def _told(settings: Settings, given: dict[str, Any]) -> str:
    """The settings that decide most, and where they were set."""
    file = shown(settings.config) if settings.config else None

    def origin(name: str) -> str:
        value = getattr(settings, name)
        if given[name] is not None:
            return f"{value} by --{name.replace('_', '-')}"
        return f"{value} by {file}" if value != "auto" else "auto"

    told = f"settings of {file}" if file else "no settings in a pyproject.toml"
    return (
        f"{told}: keras-version {origin('keras_version')}, "
        f"backend {origin('backend')}; rules {', '.join(sorted(settings.rules)) or 'none'}"
    )


def _width() -> int:
    """Columns for excerpts: those of the terminal, or enough for most code."""
    if not sys.stdout.isatty():
        return 140
    from shutil import get_terminal_size

    return get_terminal_size().columns


def _count(number: int, what: str, several: str = "") -> str:
    return f"{number:,} {what if number == 1 else several or f'{what}s'}"


# ---------------------------------------------------------------------------------------------------------------------
# rnnlint rule


@cli.command("rule", short_help="Explain a rule.")
@click.argument("rule", required=False)
@click.option("--all", "every", is_flag=True, help="Explain all rules.")
@click.option(
    "--output-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the output.",
)
def rule_command(rule: str | None, every: bool, output_format: str) -> None:
    """Print the page of RULE, a code or a name, or of all rules."""
    from rnnlint.output import rulebook
    from rnnlint.settings.settings import known_rules, unknown_rule

    if (rule is None) is not every:
        raise click.UsageError("Name a rule, or give --all.")
    rules = known_rules()
    chosen = [one for one in rules if every or rule in (one.code, one.name)]
    if not chosen:
        _fail(unknown_rule(rule or "", rules))
    try:
        pages = [(one, rulebook.page(one.code)) for one in chosen]
    except FileNotFoundError as error:
        _fail(f"the page is missing from this installation: {error.filename}")
    if output_format == "json":
        from json import dumps

        records = [_record(one, text) for one, text in pages]
        click.echo(dumps(records if every else records[0], indent=2, ensure_ascii=False))
    else:
        click.echo("\n\n".join(text.rstrip() for _, text in pages))


def _record(rule: Rule, page: str) -> dict[str, Any]:
    from rnnlint.output.rulebook import url

    record = rule._asdict()
    del record["needs"]  # how files are chosen, not what the rule says
    return {**record, "url": url(rule.code), "explanation": page}


# ---------------------------------------------------------------------------------------------------------------------
# rnnlint server


@cli.command("server", short_help="Serve an editor: the language server.")
@click.option("--stdio", is_flag=True, help="Accepted, as some editors give it; nothing else is spoken.")
def server_command(stdio: bool) -> None:  # noqa: ARG001
    """Speak the language server protocol on stdin and stdout, for an editor that starts this command.

    Findings are shown as you type, in Python files and notebooks, with quick fixes and the rules' pages. Settings are
    those of the nearest pyproject.toml. The README shows how to set up VS Code, Neovim and Helix.

    Needs the extra: pip install 'rnnlint[server]'
    """
    try:
        from rnnlint.server.lsp import serve
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol", "cattrs", "attrs"):
            raise
        _fail("the language server needs an extra: pip install 'rnnlint[server]'")
    if sys.stdin is None or sys.stdin.isatty():
        click.echo("rnnlint server talks to an editor on stdin and stdout; Ctrl+D ends it.", err=True)
    sys.exit(serve())


# ---------------------------------------------------------------------------------------------------------------------
# rnnlint graph


@cli.command("graph", short_help="Show the models that a file builds, as far as rnnlint sees them.")
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "tree", "json", "mermaid", "svg"]),
    default="table",
    show_default=True,
    help="Form of the drawing.",
)
@click.option("-o", "--output-file", type=click.Path(dir_okay=False), help="Write the drawing there.")
@click.option(
    "--keras-version", metavar="VERSION", help="Such as 3.15, 2 or '>=3.4,<4'; auto reads the project's pins."
)
@click.option("--backend", metavar="BACKEND", help="auto, tensorflow, jax or torch.")
@_list("--select", "Rules whose findings are marked.", callback=_split_or_none)
@_list("--extend-select", "Rules whose findings are marked on top.")
@click.option("--config", type=click.Path(exists=True, dir_okay=False), help="A pyproject.toml to use for every file.")
@click.option("--isolated", is_flag=True, help="Read no pyproject.toml settings.")
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True, help="Use colours."
)
@click.option("-v", "--verbose", is_flag=True, help="Say on stderr what was not understood.")
@click.pass_context
def graph_command(
    ctx: click.Context, /, paths: Sequence[str], form: str, output_file: str | None, **given: Any
) -> None:
    """Show the models of Python files and notebooks as rnnlint recovers them: nothing is imported or run.

    For each layer: the line that constructs it, its output shape (`None` is any or unknown size, `?` an unknown shape),
    the axes along which its dropout mask varies, and whether it runs on cuDNN or why not. Findings are marked by their
    codes, with a question mark where they are possible only. `svg` needs the extra: pip install 'rnnlint[graph]'

    The status is 0, 1 if a file could not be read, 2 for a wrong command line or configuration.
    """
    from shutil import get_terminal_size

    from rnnlint import drawing
    from rnnlint.drawing.summary import Summary, summarize
    from rnnlint.flow.view import View
    from rnnlint.project.walk import MissingPathError
    from rnnlint.run.graphs import graphs
    from rnnlint.settings.settings import Options, Resolver, SettingsError

    options = Options(**{name: given[name] for name in ("keras_version", "backend", "select", "extend_select")})
    drawn: list[drawing.File] = []
    status = 0

    def note(message: str) -> None:
        click.echo(_said("note", message), err=True, color=_colored(given["color"], sys.stderr))

    try:
        resolver = Resolver(options, given["config"], isolated=given["isolated"])
        for one in graphs(paths, resolver.settings, process.prepare):
            result = one.result
            summary = summarize(View(one.graph, one.env), result.findings) if one.graph else Summary()
            status = max([status, *(diagnostic.status for diagnostic in result.diagnostics)])
            named = any(os.path.isfile(path) and os.path.samefile(path, result.path) for path in paths)
            if named or summary.models or summary.uncalled or result.diagnostics:
                drawn.append(drawing.File(result.path, summary, one.env, result.diagnostics))
            if given["verbose"]:
                for one_note in result.notes:
                    note(f"{where(one_note.span)}: {one_note.message}")
    except (SettingsError, MissingPathError) as error:
        _fail(str(error))
    except KeyboardInterrupt:
        ctx.exit(130)
    width = get_terminal_size().columns
    page = drawing.Page(max(width, 60), output_file is None and _colored(given["color"], sys.stdout))
    try:
        text = "".join(drawing.render(form, drawn, page))
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("grandalf", "pyparsing"):
            raise
        _fail("a picture needs an extra: pip install 'rnnlint[graph]'")
    if not drawn:
        note("no model found")
    if output_file is None:
        click.echo(text, nl=False, color=page.color)
    else:
        with open(output_file, "w", encoding="utf-8") as file:
            file.write(text)
    ctx.exit(status)
