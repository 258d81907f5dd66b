"""Notebooks (nbformat 2, 3 and 4) as one Python module, in which every row of a cell stays a row."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rnnlint.findings import Diagnostic
from rnnlint.graph import Span
from rnnlint.source import syntax
from rnnlint.source.decode import has_magics, normalize, replace_surrogates
from rnnlint.source.magics import without_magics
from rnnlint.source.source import Cell, Source, refused

# The value of a name that a cell sets which could not be read: no such name exists, so it is unknown.
UNREAD = "__cell_that_does_not_parse__"
_LANGUAGES = ("python", "sage")
_OTHER_KERNELS = ("ir", "irkernel", "julia", "scala", "spylon", "octave", "matlab", "xcpp", "javascript", "bash", "sas")


def parse(data: bytes, path: str, parses: Callable[[str], bool] | None = None) -> Source:
    """Make a `Source` of a notebook's bytes. Nothing is raised: what cannot be read is a diagnostic.

    `parses` says of a cell that `ast` refuses whether it is Python all the same (syntax newer than the running
    Python). A notebook in another language than Python gives an empty source without a diagnostic.
    """
    cells = _read(data, path)
    return cells if isinstance(cells, Source) else _join(path, cells, parses)


def as_shown(data: bytes, path: str) -> Source:
    """As `parse`, without the text that is analysed: for what asks for rows of cells only."""
    cells = _read(data, path)
    if isinstance(cells, Source):
        return cells
    codes = ((number, _code(cell)) for number, cell in enumerate(cells, start=1))
    found = (Cell(number, 1, replace_surrogates(normalize(code))) for number, code in codes if code is not None)
    return Source(path, "", "notebook", cells=tuple(found))


def _read(data: bytes, path: str) -> list[object] | Source:
    """The cells of a notebook, none where it is in another language, or the refused source that says what is wrong."""
    import json

    if json.detect_encoding(data).startswith(("utf-16", "utf-32")):
        return refused(path, "io-error", f"{path} is UTF-16 or UTF-32; notebooks have to be UTF-8")
    try:
        # No number of a notebook is used; `int` refuses those of more than 4,300 digits.
        content = json.loads(data, parse_int=float)
    except json.JSONDecodeError as error:
        what = "is empty" if not data.strip() else f"is not JSON: {error.msg}"
        message = f"{path} {what} (line {error.lineno}, column {error.colno}); is it half written or in conflict?"
        return refused(path, "invalid-syntax", message, error.lineno, error.colno)
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        message = f"{path} is not UTF-8: byte {error.start}, line {row}; notebooks have to be UTF-8"
        return refused(path, "io-error", message, row)
    except (ValueError, RecursionError, MemoryError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error) or "it is too large"
        return refused(path, "invalid-syntax", f"{path} cannot be read as JSON: {reason}")
    cells = _cells(content)
    if cells is None:
        return refused(path, "invalid-syntax", f"{path} is JSON but no notebook: it has no list of cells")
    metadata = content.get("metadata")
    return cells if _is_python(metadata if isinstance(metadata, dict) else {}) else []


def _cells(content: object) -> list[object] | None:
    """All cells of a notebook of any format, or None where the data is not a notebook."""
    if not isinstance(content, dict):
        return None
    if isinstance(cells := content.get("cells"), list):
        return cells
    if not isinstance(sheets := content.get("worksheets"), list):
        return None
    return [cell for sheet in sheets if isinstance(sheet, dict) for cell in _list(sheet.get("cells"))]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _is_python(metadata: dict[str, object]) -> bool:
    """Whether the metadata of a notebook name Python, or no language."""
    kernel, info = metadata.get("kernelspec"), metadata.get("language_info")
    kernel = kernel if isinstance(kernel, dict) else {}
    info = info if isinstance(info, dict) else {}
    for language in (info.get("name"), kernel.get("language"), metadata.get("language")):
        if isinstance(language, str) and language:
            return any(one in language.lower() for one in _LANGUAGES)
    name = kernel.get("name")
    return not (isinstance(name, str) and re.split(r"[-_. \d]", name.lower())[0] in _OTHER_KERNELS)


def _code(cell: object) -> str | None:
    """The text of a code cell in Python, or None."""
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return None
    language = cell.get("language")
    metadata = cell.get("metadata")
    if isinstance(metadata, dict) and isinstance(vscode := metadata.get("vscode"), dict):
        language = vscode.get("languageId", language)
    if isinstance(language, str) and not any(one in language.lower() for one in _LANGUAGES):
        return None
    lines = cell.get("source", cell.get("input", ""))
    if isinstance(lines, list):
        lines = "".join(line for line in lines if isinstance(line, str))
    return lines if isinstance(lines, str) else None


def _join(path: str, cells: Sequence[object], parses: Callable[[str], bool] | None) -> Source:
    """Join the code cells; each starts on a row of its own."""
    found: list[Cell] = []
    texts: list[str] = []
    shifts: dict[int, int] = {}
    diagnostics: list[Diagnostic] = []
    python_2: list[Diagnostic] = []
    row = 1
    for number, content in enumerate(cells, start=1):
        code = _code(content)
        if code is None:
            continue
        code = replace_surrogates(normalize(code))
        cell = Cell(number, row, code)
        text, moved = _read_cell(code)
        bad = syntax.problem(text)
        if bad is not None and (bad.deep or parses is None or not parses(text)):
            what = syntax.python_2(text, bad.row)
            reason = f"Python 2 syntax: {what}" if what else bad.message
            column = bad.column + moved.get(bad.row, 0)
            span = Span(path, bad.row, column, bad.row, column + 1, number, (bad.row, bad.row))
            message = f"{reason}; this cell is left out"
            kept = python_2 if what else diagnostics
            kept.append(Diagnostic("too-complex" if bad.deep else "invalid-syntax", message, span))
            text, moved = _outline(text), {}
        shifts.update((row + at - 1, shift) for at, shift in moved.items())
        found.append(cell)
        texts.append(text)
        row += text.count("\n") + 1
    if len(python_2) > 1:
        first = python_2[0]
        message = f"{first.message}, as are {len(python_2) - 1} more cells in Python 2"
        python_2 = [Diagnostic(first.kind, message, first.span)]
    diagnostics = sorted(diagnostics + python_2, key=lambda one: one.span)
    text = "\n".join(texts) + "\n" if texts else ""
    return Source(path, text, "notebook", tuple(diagnostics), cells=tuple(found), shifts=shifts)


def _read_cell(code: str) -> tuple[str, dict[int, int]]:
    """A cell as Python of as many rows, and by how many characters rows were moved to the left."""
    shifts: dict[int, int] = {}
    # IPython takes the indentation of the first line off all lines.
    first = next((line for line in code.split("\n") if line.strip()), "")
    if indent := first[: len(first) - len(first.lstrip(" \t"))]:
        lines = code.split("\n")
        shifts = {row: len(indent) for row, line in enumerate(lines, start=1) if line.startswith(indent)}
        code = "\n".join(line.removeprefix(indent) for line in lines)
    if not has_magics(code):
        return code, shifts
    text, moved = without_magics(code, cell=True)
    for row, shift in moved.items():
        shifts[row] = shifts.get(row, 0) + shift
    return text, shifts


# Names at the start of a line that a cell sets, or changes as models and lists are changed.
_SETS = re.compile(
    r"^[ \t]*(?:(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)|(?:for|with)\b.*?\b(?:in|as)[ \t]|"
    r"([A-Za-z_]\w*(?:[ \t]*(?:,|=(?!=))[ \t]*[A-Za-z_]\w*)*)[ \t]*(?:=(?!=)|[-+*/]=|\[)|"
    r"([A-Za-z_]\w*)\.(?:add|pop|append|extend|insert|update)\b)"
)


def _outline(text: str) -> str:
    """The replacement for a cell that does not parse: the names it sets become unknown."""
    import keyword

    rows = []
    for line in text.split("\n"):
        match = _SETS.match(line)
        groups = " ".join(group for group in match.groups() if group) if match else ""
        names = [name for name in re.findall(r"\w+", groups) if not keyword.iskeyword(name)]
        rows.append(" = ".join([*names, UNREAD]) if names else "")
    return "\n".join(rows)
