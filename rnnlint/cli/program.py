"""The program: its commands, each imported when it is called, and how the process starts and ends."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import NoReturn

import click

from rnnlint.cli import process
from rnnlint.output import printable
from rnnlint.version import __version__

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
# Each stands in the module of its name, under its name.
COMMANDS = ("check", "graph", "rule", "server")


class Group(click.Group):
    """The commands; `rnnlint foo.py` is answered with the command that was meant."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command; None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = getattr(import_module(f"rnnlint.cli.{cmd_name}"), cmd_name)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a hint where no such command exists."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import shlex
            from difflib import get_close_matches

            close = get_close_matches(args[0], COMMANDS, n=1)
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


def run() -> NoReturn:
    """Run the command that the arguments name, and end the process with its status."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - a closed stream is None
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        # Messages hold source and paths; a terminal without that character shows `?` rather than a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
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
