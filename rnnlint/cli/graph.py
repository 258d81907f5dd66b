"""`rnnlint graph`: the models of files as tables, trees, JSON and pictures."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Literal

import click

from rnnlint.cli import process
from rnnlint.cli.console import Color, Console, fail
from rnnlint.cli.options import (
    argument,
    backend_option,
    color_option,
    command,
    config_option,
    isolated_option,
    keras_version_option,
    listed,
    option,
    split_or_none,
)
from rnnlint.output import where
from rnnlint.records import dataclass

if TYPE_CHECKING:
    from rnnlint import drawing


@dataclass(frozen=True)
class GraphOptions:
    """What `rnnlint graph` draws, and how."""

    paths: tuple[str, ...] = argument(nargs=-1, required=True, type=click.Path())
    form: Literal["table", "tree", "json", "mermaid", "svg"] = option(
        "--format",
        type=click.Choice(["table", "tree", "json", "mermaid", "svg"]),
        default="table",
        show_default=True,
        help="Format of the drawing.",
    )
    output_file: str | None = option(
        "-o", "--output-file", type=click.Path(dir_okay=False), help="Write the drawing to this file."
    )
    keras_version: str | None = keras_version_option()
    backend: str | None = backend_option()
    select: tuple[str, ...] | None = listed("--select", "Rules whose findings are marked.", callback=split_or_none)
    extend_select: tuple[str, ...] = listed("--extend-select", "Rules whose findings are marked in addition.")
    config: str | None = config_option()
    isolated: bool = isolated_option()
    color: Color = color_option()
    verbose: bool = option("-v", "--verbose", is_flag=True, help="Print on stderr what was not understood.")


@command(GraphOptions, "Show the models that a file builds.")
def graph(options: GraphOptions) -> int:
    """Show the models that Python files and notebooks build, read from the code: nothing is imported or run.

    For each layer: the line that constructs it, its output shape (`None` is any or unknown size, `?` an unknown shape),
    the axes along which its dropout mask varies, and whether it runs on cuDNN or why not. Findings are marked by their
    codes, with a question mark where they are only possible. `svg` needs the extra: pip install 'rnnlint[graph]'

    The exit status is 0, 1 if a file could not be read, 2 for a wrong command line or configuration.
    """
    from rnnlint.project.walk import MissingPathError
    from rnnlint.settings.settings import SettingsError

    console = Console(options.color)
    try:
        files, status = _recover(options, console)
    except (SettingsError, MissingPathError) as error:
        fail(str(error))
    _draw(options, files, console)
    return status


def _recover(options: GraphOptions, console: Console) -> tuple[list[drawing.DrawnFile], int]:
    """The files to draw, and the exit status. Of a folder those with models are drawn, and what could not be read."""
    from rnnlint import drawing
    from rnnlint.drawing.summary import Summary, summarize
    from rnnlint.flow.view import View
    from rnnlint.run.graphs import graphs
    from rnnlint.settings.resolver import Resolver
    from rnnlint.settings.settings import Options

    settings = Options(
        keras_version=options.keras_version,
        backend=options.backend,
        select=options.select,
        extend_select=options.extend_select,
    )
    resolver = Resolver(settings, options.config, isolated=options.isolated)
    files: list[drawing.DrawnFile] = []
    status = 0
    for one in graphs(options.paths, resolver.settings, process.prepare):
        result = one.result
        summary = summarize(View(one.graph, one.env), result.findings) if one.graph else Summary()
        status = max([status, *(diagnostic.status for diagnostic in result.diagnostics)])
        if summary.models or summary.uncalled or result.diagnostics or _is_named(result.path, options.paths):
            files.append(drawing.DrawnFile(result.path, summary, one.env, result.diagnostics))
        if options.verbose:
            for note in result.notes:
                console.message("note", f"{where(note.span)}: {note.message}")
    return files, status


def _is_named(file: str, paths: tuple[str, ...]) -> bool:
    return any(os.path.isfile(path) and os.path.samefile(path, file) for path in paths)


def _draw(options: GraphOptions, files: list[drawing.DrawnFile], console: Console) -> None:
    """Print the drawing, or write it to the file that was asked for."""
    from shutil import get_terminal_size

    from rnnlint import drawing

    color = options.output_file is None and console.colored(sys.stdout)
    page = drawing.Page(max(get_terminal_size().columns, 60), color)
    try:
        text = "".join(drawing.render(options.form, files, page))
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("grandalf", "pyparsing"):
            raise
        fail("a picture needs an extra: pip install 'rnnlint[graph]'")
    if not files:
        console.message("note", "no model found")
    if options.output_file is None:
        console.out(text)
    else:
        with open(options.output_file, "w", encoding="utf-8") as file:
            file.write(text)
