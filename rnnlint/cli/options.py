"""Options as records: a frozen class with a field for each option, of which the parameters of the command are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, fields
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rnnlint.cli.console import Color
from rnnlint.records import dataclass
from rnnlint.settings.choices import (
    AUTO,
    CONFIDENCES,
    CONFIRM_MEMORY,
    CONFIRM_TIMEOUT,
    FORMATS,
    TIMESTEP_LOSS_THRESHOLD,
)

if TYPE_CHECKING:
    from rnnlint.findings import Confidence
    from rnnlint.settings.settings import Options

R = TypeVar("R")
STDIN = "-"


# ---------------------------------------------------------------------------------------------------------------------
# Records and commands


def option(*flags: str, **attributes: Any) -> Any:
    """A field that is given by these flags; the attributes are those of `click.Option`."""
    return field(metadata={"make": lambda name: click.Option([name, *flags], **attributes)})


def argument(**attributes: Any) -> Any:
    """A field that is given without a flag; the attributes are those of `click.Argument`."""
    return field(metadata={"make": lambda name: click.Argument([name], **attributes)})


def parameters(record: type) -> list[click.Parameter]:
    """The parameters of a command: one for each field of a record, by the same name, in the same order."""
    return [one.metadata["make"](one.name) for one in fields(record)]


def command(
    record: type[R], short_help: str, cls: type[click.Command] = click.Command
) -> Callable[[Callable[[R], int]], click.Command]:
    """Make a command of a function that is given a record of options and returns the exit status."""

    def made(function: Callable[[R], int]) -> click.Command:
        def callback(**values: Any) -> None:
            click.get_current_context().exit(function(record(**values)))

        return cls(
            function.__name__,
            params=parameters(record),
            callback=callback,
            help=function.__doc__,
            short_help=short_help,
        )

    return made


# ---------------------------------------------------------------------------------------------------------------------
# What is typed, as values


def split(_: click.Context, __: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    """The parts of comma lists."""
    return tuple(part for value in values for one in value.split(",") if (part := one.strip()))


def split_or_none(ctx: click.Context, parameter: click.Parameter, values: Sequence[str]) -> tuple[str, ...] | None:
    """The parts of comma lists; None where the option is not given."""
    given = ctx.get_parameter_source(parameter.name or "") is not click.core.ParameterSource.DEFAULT
    return split(ctx, parameter, values) if given else None


def pairs(
    ctx: click.Context, parameter: click.Parameter, values: Sequence[str]
) -> tuple[tuple[str, tuple[str, ...]], ...] | None:
    """`tests/**:RNN101,RNN102` and ruff's `tests/**:RNN101,docs/**:RNN102`; None where the option is not given."""
    found: dict[str, list[str]] = {}
    pattern = ""
    for part in split(ctx, parameter, values):
        head, colon, selector = part.rpartition(":")
        pattern = head if colon else pattern
        if not pattern or not selector:
            raise click.BadParameter(f"'{part}' is not of the form PATTERN:RULE", ctx, parameter)
        found.setdefault(pattern, []).append(selector.strip())
    return tuple((pattern, tuple(codes)) for pattern, codes in found.items()) or None


def assignments(ctx: click.Context, parameter: click.Parameter, values: Sequence[str]) -> dict[str, object]:
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


def processes(ctx: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    """A number of processes; None for as many as make it faster."""
    if value is None or value == AUTO:
        return None
    if not value.isascii() or not value.isdigit() or not int(value):
        raise click.BadParameter(f"'{value}' is neither a number of at least 1 nor {AUTO}", ctx, parameter)
    return int(value)


def targets(ctx: click.Context, parameter: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    """`package.module:Class.method` or auto, each once."""
    for target in values:
        module, _, name = target.rpartition(":")
        if target != AUTO and not (module and all(part.isidentifier() for part in name.split("."))):
            raise click.BadParameter(f"'{target}' is neither MODULE:CALLABLE nor {AUTO}", ctx, parameter)
    return tuple(dict.fromkeys(values))


# ---------------------------------------------------------------------------------------------------------------------
# Options of several commands


def listed(flag: str, text: str, metavar: str = "RULES", callback: Callable[..., Any] = split) -> Any:
    """An option that takes comma lists, and may be given several times."""
    return option(flag, multiple=True, metavar=metavar, callback=callback, help=text)


def keras_version_option() -> Any:
    """The option `--keras-version`."""
    return option(
        "--keras-version",
        metavar="VERSION",
        help="The Keras version, such as 3.15, 2 or '>=3.4,<4'; auto reads the project's pins.",
    )


def backend_option() -> Any:
    """The option `--backend`."""
    return option("--backend", metavar="BACKEND", help="The backend: auto, tensorflow, jax or torch.")


def config_option() -> Any:
    """The option `--config`."""
    return option(
        "--config", type=click.Path(exists=True, dir_okay=False), help="A pyproject.toml to use for every file."
    )


def isolated_option() -> Any:
    """The option `--isolated`."""
    return option("--isolated", is_flag=True, help="Ignore the settings of all pyproject.toml files.")


def color_option() -> Any:
    """The option `--color`."""
    return option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Use colours.",
    )


# ---------------------------------------------------------------------------------------------------------------------
# The options of `rnnlint check`


@dataclass(frozen=True)
class CheckOptions:
    """What `rnnlint check` is asked to do; None or empty where nothing is given."""

    paths: tuple[str, ...] = argument(nargs=-1, type=click.Path())

    select: tuple[str, ...] | None = listed(
        "--select", "Rules to report, separated by commas: codes, prefixes, names or ALL.", callback=split_or_none
    )
    ignore: tuple[str, ...] = listed("--ignore", "Rules not to report. The longest prefix wins.")
    extend_select: tuple[str, ...] = listed("--extend-select", "Rules to report in addition to the selected ones.")
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] | None = listed(
        "--per-file-ignores", "Rules not to report in some files, such as 'tests/**:RNN101'.", "PATTERN:RULES", pairs
    )
    min_confidence: Confidence | None = option(
        "--min-confidence", type=click.Choice(CONFIDENCES), help="Report only findings of at least this confidence."
    )
    timestep_loss_threshold: float | None = option(
        "--timestep-loss-threshold",
        type=float,
        metavar="PROBABILITY",
        help=f"Probability from which a lost timestep is reported.  [{TIMESTEP_LOSS_THRESHOLD:g}]",
    )
    ignore_noqa: bool = option("--ignore-noqa", is_flag=True, help="Also report what comments suppress.")
    add_noqa: bool = option(
        "--add-noqa", is_flag=True, help="Suppress each finding by adding a `# noqa` comment to its file."
    )
    baseline: str | None = option(
        "--baseline", type=click.Path(dir_okay=False), help="Report only findings that are not in this file."
    )
    write_baseline: bool = option(
        "--write-baseline", is_flag=True, help="Write the findings to the baseline, and remove those that are gone."
    )

    keras_version: str | None = keras_version_option()
    backend: str | None = backend_option()

    fix: bool = option("--fix", is_flag=True, help="Make the fixes that do not change what is computed.")
    unsafe_fixes: bool | None = option(
        "--unsafe-fixes/--no-unsafe-fixes", default=None, help="Also make the fixes that change the network."
    )
    diff: bool = option("--diff", is_flag=True, help="Print what --fix would change, and write nothing.")
    fix_only: bool = option("--fix-only", is_flag=True, help="Make fixes, and do not report what is left.")
    show_fixes: bool = option("--show-fixes", is_flag=True, help="List what was fixed.")

    confirm: bool = option(
        "--confirm", is_flag=True, help="Build the models in real Keras and watch the findings happen."
    )
    python: str | None = option(
        "--python", metavar="PATH", help="The Python, or virtual environment, that has Keras.  [this one]"
    )
    confirm_timeout: float | None = option(
        "--confirm-timeout", type=float, metavar="SECONDS", help=f"Time limit for each model.  [{CONFIRM_TIMEOUT:g}]"
    )
    confirm_memory: float | None = option(
        "--confirm-memory", type=float, metavar="GIB", help=f"Memory limit for each model.  [{CONFIRM_MEMORY:g}]"
    )
    draws: int | None = option(
        "--draws", type=click.IntRange(1), metavar="N", help="Number of masks to draw from each dropout.  [256]"
    )
    builds: tuple[str, ...] = option(
        "--build",
        multiple=True,
        metavar="MODULE:CALLABLE",
        callback=targets,
        help="Import your code and call it to build the models (implies --confirm); auto calls what it can.",
    )
    build_args: Mapping[str, object] = option(
        "--build-arg",
        multiple=True,
        metavar="NAME=VALUE",
        callback=assignments,
        help="An argument for what --build calls: a Python literal, or else text.",
    )

    config: str | None = config_option()
    isolated: bool = isolated_option()
    show_settings: bool = option(
        "--show-settings", is_flag=True, help="Print the settings of the first file, and lint nothing."
    )

    exclude: tuple[str, ...] | None = listed(
        "--exclude", "Patterns of files and folders to exclude.", "PATTERNS", split_or_none
    )
    extend_exclude: tuple[str, ...] = listed(
        "--extend-exclude", "Patterns to exclude in addition to the default ones.", "PATTERNS"
    )
    force_exclude: bool | None = option(
        "--force-exclude/--no-force-exclude",
        default=None,
        help="Exclude files even if they are named on the command line.",
    )
    respect_gitignore: bool | None = option(
        "--respect-gitignore/--no-respect-gitignore", default=None, help="Exclude what git ignores.  [on]"
    )
    stdin_filename: str | None = option(
        "--stdin-filename", metavar="PATH", help="The name of the file that is read from stdin (`-`)."
    )
    show_files: bool = option(
        "--show-files", is_flag=True, help="Print the files that would be linted, and lint nothing."
    )

    output_format: str | None = option(
        "--output-format",
        type=click.Choice(FORMATS),
        metavar="FORMAT",
        envvar="RNNLINT_OUTPUT_FORMAT",
        show_envvar=True,
        help=f"Format of the output: {', '.join(FORMATS)}.",
    )
    output_file: str | None = option(
        "-o",
        "--output-file",
        type=click.Path(dir_okay=False),
        help="Write the output to this file; the terminal gets `concise`.",
    )
    statistics: bool = option("--statistics", is_flag=True, help="Count the findings of each rule.")
    color: Color = color_option()
    quiet: bool = option("-q", "--quiet", is_flag=True, help="Print the findings and nothing else.")
    verbose: bool = option(
        "-v", "--verbose", is_flag=True, help="Print on stderr what was not understood, and which settings apply."
    )

    jobs: int | None = option(
        "-j",
        "--jobs",
        callback=processes,
        metavar="N",
        help="Number of processes; auto: as many as make it faster.  [auto]",
    )
    no_cache: bool = option("-n", "--no-cache", is_flag=True, help="Neither read nor write the cache.")
    cache_dir: str | None = option(
        "--cache-dir",
        type=click.Path(file_okay=False),
        envvar="RNNLINT_CACHE_DIR",
        show_envvar=True,
        help="Where results are kept.  [.rnnlint_cache in the project]",
    )
    exit_zero: bool = option("-e", "--exit-zero", is_flag=True, help="Exit with status 0 even if there are findings.")

    @property
    def fixing(self) -> bool:
        """Whether fixes are made, be it only to be shown."""
        return self.fix or self.diff or self.fix_only

    @property
    def confirming(self) -> bool:
        """Whether a Keras is started."""
        return self.confirm or bool(self.builds)

    @property
    def stdin_name(self) -> str:
        """The name of the file that comes through stdin."""
        return self.stdin_filename or STDIN

    def validate(self) -> None:
        """Refuse options that exclude or need each other.

        Raises:
            click.UsageError: says which.
        """
        if self.isolated and self.config:
            raise click.UsageError("--isolated and --config exclude each other.")
        if self.select == ():
            raise click.UsageError("--select names no rule.")
        if self.add_noqa and self.write_baseline:
            raise click.UsageError("--add-noqa and --write-baseline exclude each other.")
        for flag, writes in (("--add-noqa", self.add_noqa), ("--write-baseline", self.write_baseline)):
            if writes and self.diff:
                raise click.UsageError(f"--diff writes nothing, but {flag} does: give only one of them.")
        if self.build_args and not self.builds:
            raise click.UsageError("--build-arg needs --build.")
        for flag, value in (
            ("--python", self.python),
            ("--confirm-timeout", self.confirm_timeout),
            ("--confirm-memory", self.confirm_memory),
            ("--draws", self.draws),
        ):
            if value is not None and not self.confirming:
                raise click.UsageError(f"{flag} needs --confirm.")

    def settings(self) -> Options:
        """Those of the options that are settings."""
        from rnnlint.settings.settings import Options

        return Options(
            select=self.select,
            ignore=self.ignore,
            extend_select=self.extend_select,
            per_file_ignores=self.per_file_ignores,
            exclude=self.exclude,
            extend_exclude=self.extend_exclude,
            force_exclude=self.force_exclude,
            respect_gitignore=self.respect_gitignore,
            keras_version=self.keras_version,
            backend=self.backend,
            min_confidence=self.min_confidence,
            timestep_loss_threshold=self.timestep_loss_threshold,
            ignore_noqa=self.ignore_noqa or None,
            unsafe_fixes=self.unsafe_fixes,
            python=self.python,
            confirm_timeout=self.confirm_timeout,
            confirm_memory=self.confirm_memory,
            output_format=self.output_format,
            baseline=self.baseline,
        )


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
    "rnnlint check": "Lint the current folder.",
    "rnnlint check --diff --unsafe-fixes": "Show what would be fixed, unsafe fixes included.",
    "rnnlint check --fix src nb.ipynb": "Make the safe fixes.",
    "rnnlint check --confirm --python .venv": "Watch the findings happen, in the Keras of .venv.",
    "rnnlint check --output-format sarif -o a.sarif": "Write a file for code scanning, and print one line per finding.",
    "rnnlint check --stdin-filename a.py - < a.py": "Lint the text of an editor.",
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
