"""The command line: one module per command, its options, the console, and what is tuned for the process."""

from __future__ import annotations

from typing import NoReturn


def main() -> NoReturn:
    """Run the program. The process is tuned before the imports, during which the collector would run 27 times."""
    from rnnlint.cli import process

    process.start()
    from rnnlint.cli.program import run

    run()
