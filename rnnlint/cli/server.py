"""`rnnlint server`: the language server on stdin and stdout."""

from __future__ import annotations

import sys

from rnnlint.cli import process
from rnnlint.cli.console import Console, fail
from rnnlint.cli.options import command, option
from rnnlint.records import dataclass


@dataclass(frozen=True)
class ServerOptions:
    """What editors give `rnnlint server`."""

    stdio: bool = option("--stdio", is_flag=True, help="Accepted because some editors pass it; stdio is always used.")


@command(ServerOptions, "Run the language server, for editors.")
def server(options: ServerOptions) -> int:  # noqa: ARG001
    """Speak the language server protocol on stdin and stdout, for an editor that starts this command.

    Findings are shown as you type, in Python files and notebooks, with quick fixes and the rules' pages. Settings come
    from the nearest pyproject.toml. The README shows how to set up VS Code, Neovim and Helix.

    Needs the extra: pip install 'rnnlint[server]'
    """
    try:
        from rnnlint.server.lsp import serve
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol", "cattrs", "attrs"):
            raise
        fail("the language server needs an extra: pip install 'rnnlint[server]'")
    if sys.stdin is None or sys.stdin.isatty():
        Console().err("rnnlint server talks to an editor on stdin and stdout; Ctrl+D ends it.")
    reader, writer = process.protocol_streams()
    sys.exit(serve(reader, writer, process.leave_folder(), process.prepare))
