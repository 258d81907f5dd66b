"""The console: all that a command prints, on stdout and stderr, in colours where the terminal has them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from time import monotonic
from typing import IO, Any, Literal, NoReturn, TypeAlias, TypeVar

import click

from rnnlint.output import printable

Color: TypeAlias = Literal["auto", "always", "never"]
Kind: TypeAlias = Literal["error", "warning", "note"]
T = TypeVar("T")

_KINDS: dict[Kind, str] = {"error": "red", "warning": "yellow", "note": "cyan"}
_DIFF = {"+": "green", "-": "red", "@": "cyan"}


class Failure(click.ClickException):
    """Ends the command with status 2 and one line on stderr."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line in the form of the other messages."""
        click.echo(f"error: {self.message}", file=file, err=file is None)


def fail(message: str) -> NoReturn:
    """End the command with status 2 and this message.

    Raises:
        Failure: always.
    """
    raise Failure(printable(message))


class Console:
    """Prints for one command. `color` is the option of that name; `quiet` shows no progress."""

    def __init__(self, color: Color = "auto", *, quiet: bool = False) -> None:
        self._color: Color = color
        self._quiet = quiet
        self._noted: set[str] = set()
        self._start = monotonic()

    def out(self, text: str, *, err: bool = False) -> None:
        """Print text that ends its own lines, on stdout or, where that is taken by something else, on stderr."""
        click.echo(text, nl=False, err=err, color=self.colored(sys.stderr if err else sys.stdout))

    def err(self, line: str) -> None:
        """Print a line on stderr."""
        click.echo(line, err=True, color=self.colored(sys.stderr))

    def message(self, kind: Kind, text: str) -> None:
        """Print `error: text` on stderr."""
        self.err(f"{click.style(kind, fg=_KINDS[kind], bold=True)}: {printable(text)}")

    def error(self, text: str) -> None:
        """Print an error on stderr."""
        self.message("error", text)

    def warning(self, text: str) -> None:
        """Print a warning on stderr."""
        self.message("warning", text)

    def notes(self, lines: Iterable[str]) -> None:
        """Print notes on stderr, each one only once in the life of the console."""
        for line in lines:
            if line not in self._noted:
                self._noted.add(line)
                self.message("note", line)

    def patch(self, text: str) -> None:
        """Print a unified diff: in colours for people; else byte for byte, so that it can be applied."""
        if not self.colored(sys.stdout):
            self.out(text)
            return
        for line in text.split("\n")[:-1]:
            header = line.startswith(("---", "+++"))
            color = None if header else _DIFF.get(line[:1])
            self.out(click.style(printable(line), fg=color, bold=header or None) + "\n")

    def data(self, data: bytes) -> None:
        """Write bytes to stdout as they are."""
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    def progress(self, items: Iterable[T], length: int, title: str) -> Iterable[T]:
        """Return the same items, with a progress bar on the terminal once the command has taken a second."""
        return _with_bar(items, length, title, self._start) if self._shows_progress() else items

    def bar(self, items: Iterable[T], length: int, title: str) -> Iterator[T]:
        """Yield the same items, with a progress bar on the terminal from the first one on."""
        if length and self._shows_progress():
            with click.progressbar(items, length, title, file=sys.stderr) as shown:
                yield from shown
        else:
            yield from items

    def _shows_progress(self) -> bool:
        return not self._quiet and sys.stderr.isatty()

    def colored(self, stream: Any) -> bool:
        """As ruff: the option, else NO_COLOR, else FORCE_COLOR and CLICOLOR_FORCE, else whether it is a terminal."""
        if self._color != "auto":
            return self._color == "always"
        if os.environ.get("NO_COLOR"):
            return False
        if any(os.environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
            return True
        return os.environ.get("TERM") != "dumb" and os.environ.get("CLICOLOR") != "0" and bool(stream.isatty())


def _with_bar(items: Iterable[T], length: int, title: str, start: float) -> Iterator[T]:
    """Yield the items, with a progress bar from a second after `start` on, which is removed at the end."""
    bar: Any = click.progressbar(length=length, label=title, file=sys.stderr)
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


def excerpt_width() -> int:
    """Columns for excerpts of source: those of the terminal; 140 where stdout is none, enough for most code."""
    if not sys.stdout.isatty():
        return 140
    from shutil import get_terminal_size

    return get_terminal_size().columns


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return `1 finding` or `1,200 findings`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
