"""IPython's own syntax as Python of as many rows: magics, shell lines and help.

What is not Python is replaced by a placeholder. Where a magic gives a value (`files = !ls`) the placeholder is
`get_ipython()`, which is what IPython calls, and which the analysis does not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rnnlint.source import syntax

# Cell magics whose body runs in the notebook's own namespace.
_KEEP_BODY = frozenset({"time", "timeit", "capture", "prun", "memit", "mprun", "lprun", "snakeviz", "wandb", "debug"})
_TIMED = re.compile(r"%(?:timeit|time|prun|memit)[ \t]+")
_OPTIONS = re.compile(r"(?:-[a-zA-Z](?:[ \t]*\d+)?[ \t]+)*")
_TARGET = r"\*?[A-Za-z_]\w*(?:\.\w+|\[[^\]=\n]*\])*"
_ASSIGNED = re.compile(rf"([ \t]*{_TARGET}(?:[ \t]*,[ \t]*{_TARGET})*[ \t]*=[ \t]*)(?:!|%(?=[A-Za-z_]))")
_AUTOMAGIC = re.compile(
    r"[ \t]*(?:(?:pip3?|conda|mamba|uv|apt|apt-get|python3?|git|wget|curl|unzip|tar|cat|cp|mv|rm|mkdir|cd|ls|load_ext|"
    r"reload_ext|autoreload|matplotlib|pylab|tensorflow_version|run|env|cls|clear)[ \t]+)"
    r"(?!(?:in|is|if|and|or|not|else|for)\b)[\w\"'{$]"
)
_CELL_MAGIC = re.compile(r"[ \t]*%%[ \t]*(\w*)")
# Where a cell starts in a script, for VS Code, Spyder, PyCharm and Jupytext.
_MARK = re.compile(r"^# ?%%", re.MULTILINE)


def without_magics(text: str, cell: bool = False) -> tuple[str, dict[int, int]]:
    """Replace IPython syntax by Python of as many rows; also, by row, how many characters its start moved to the left.

    In a `cell`, and after a `# %%` mark in a script, a cell magic drops or keeps the body; elsewhere it is one line
    like others. Only the first row of a logical line is looked at: `%` inside brackets is the operator.
    """
    shifts: dict[int, int] = {}
    parts = list(_replaced(text, cell, shifts))
    return "\n".join(parts), shifts


def _replaced(text: str, cell: bool, shifts: dict[int, int]) -> Iterator[str]:
    """The physical or logical lines of a text, without IPython syntax."""
    position, row, length = 0, 1, len(text)
    code_seen = not cell
    while position <= length:
        newline = text.find("\n", position)
        stop = newline if newline >= 0 else length
        line = text[position:stop]
        bare = line.strip()
        magic = _CELL_MAGIC.match(line) if not code_seen else None
        if magic:
            if magic[1] in _KEEP_BODY:
                yield ""
            else:
                mark = None if cell else _MARK.search(text, position)
                stop = mark.start() - 1 if mark else length
                yield "\n" * text.count("\n", position, stop)
        elif not bare or bare.startswith("#"):
            if not cell and _MARK.match(line):
                code_seen = False
            yield line
        elif bare[0] in "!%?" or _AUTOMAGIC.match(line):
            code_seen = True
            stop = _shell_end(text, position)
            yield _magic(text[position:stop], row, shifts)
        elif assigned := _ASSIGNED.match(line):
            code_seen = True
            stop = _shell_end(text, position)
            yield _assignment(text[position:stop], assigned)
        else:
            code_seen = True
            stop, code_end = syntax.logical_end(text, position)
            block = text[position:stop]
            if text[position:code_end].rstrip().endswith("?"):
                block = _placeholder(block, "pass")
            yield block
        row += text.count("\n", position, stop) + 1
        position = stop + 1


def _shell_end(text: str, start: int) -> int:
    """The end of a shell or magic line; a backslash continues it."""
    while True:
        stop = text.find("\n", start)
        if stop < 0:
            return len(text)
        if not text[start:stop].rstrip(" \t").endswith("\\"):
            return stop
        start = stop + 1


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _placeholder(block: str, statement: str) -> str:
    return _indent(block) + statement + "\n" * block.count("\n")


def _magic(block: str, row: int, shifts: dict[int, int]) -> str:
    """A line magic: `%time x = f()` keeps its statement, which moves to the left; all else is replaced."""
    indent = _indent(block)
    timed = _TIMED.match(block, len(indent))
    if timed:
        options = _OPTIONS.match(block, timed.end())
        start = options.end() if options else timed.end()
        body = block[start:]
        if not body.lstrip().startswith(("!", "%")) and syntax.problem(body) is None:
            shifts[row] = start - len(indent)
            return indent + body
    return _placeholder(block, "pass")


def _assignment(block: str, assigned: re.Match[str]) -> str:
    """`x = !ls` and `x = %magic` have a value that is not known; `x = %time f()` has that of the expression."""
    target = assigned[1]
    if timed := _TIMED.match(block, len(target)):
        body = block[timed.end() :]
        if syntax.problem(body) is None:
            return target + " " * (timed.end() - len(target)) + body
    return target + "get_ipython()" + "\n" * block.count("\n")
