"""Notebooks (nbformat 2, 3 and 4) as one Python module, and IPython's own syntax as Python.

Every row stays a row: what is not Python is replaced by a placeholder. Where a magic gives a value
(`files = !ls`) the placeholder is `get_ipython()`, which is what IPython calls, and which the analysis does not know.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence

from rnnlint.findings import Diagnostic
from rnnlint.graph import Span
from rnnlint.records import dataclass
from rnnlint.source import syntax
from rnnlint.source.source import Cell, Source, has_magics, normalize, read_bytes, refused, replace_surrogates

# The value of a name that a cell sets which could not be read: no such name exists, so it is unknown.
UNREAD = "__cell_that_does_not_parse__"
_LANGUAGES = ("python", "sage")
_OTHER_KERNELS = ("ir", "irkernel", "julia", "scala", "spylon", "octave", "matlab", "xcpp", "javascript", "bash", "sas")


def parse(data: bytes, path: str, accepts: Callable[[str], bool] | None = None) -> Source:
    """Make a `Source` of a notebook's bytes. Nothing is raised: what cannot be read is a diagnostic.

    `accepts` says of a cell that `ast` refuses whether it is Python all the same (syntax newer than the running
    Python). A notebook in another language than Python gives an empty source without a diagnostic.
    """
    cells = _read(data, path)
    return cells if isinstance(cells, Source) else _join(path, cells, accepts)


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
    """All cells of a notebook of any format, or None where it is none."""
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


def _join(path: str, cells: Sequence[object], accepts: Callable[[str], bool] | None) -> Source:
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
        if bad is not None and (bad.deep or accepts is None or not accepts(text)):
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
    """What stands for a cell that does not parse: the names it sets, now unknown, so that no stale value is used."""
    import keyword

    rows = []
    for line in text.split("\n"):
        match = _SETS.match(line)
        groups = " ".join(group for group in match.groups() if group) if match else ""
        names = [name for name in re.findall(r"\w+", groups) if not keyword.iskeyword(name)]
        rows.append(" = ".join([*names, UNREAD]) if names else "")
    return "\n".join(rows)


# ---------------------------------------------------------------------------------------------------------------------
# IPython syntax

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


# ---------------------------------------------------------------------------------------------------------------------
# Places in the JSON

_SPACE = re.compile(r"[ \t\r\n]*")
_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class CellPlaces:
    """Where each character of a code cell stands in the notebook's JSON.

    `text` is the cell as `Cell.text` holds it. Its character number i is written in `json[starts[i]:ends[i]]`, which is
    longer than one character where it is escaped. `strings` are the JSON strings that the text is put together from,
    as (start, end) without the quotes: usually one for each line.
    """

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    strings: tuple[tuple[int, int], ...]

    def offset(self, row: int, column: int) -> int:
        """The number of a character of `text` by its row and column, within the limits of that row."""
        start = 0
        for _ in range(row - 1):
            start = self.text.find("\n", start) + 1 or len(self.text)
        stop = self.text.find("\n", start)
        return min(start + column - 1, stop if stop >= 0 else len(self.text))

    def start(self, number: int) -> int:
        """Where character `number` starts in the JSON, or the text ends."""
        return self.starts[number] if number < len(self.starts) else self.ends[-1] if self.ends else self.strings[-1][0]


def cell_places(json: str) -> dict[int, CellPlaces]:
    """The places of all cells' sources, by the number of the cell, of a notebook that `parse` reads (without a BOM).

    Raises:
        ValueError: for what is no JSON.
    """
    reader = _Reader(json)
    cells: list[list[tuple[int, int]]] = []
    sheets: list[list[tuple[int, int]]] = []
    for key in reader.members():
        if key == "cells":
            cells = list(_sources(reader))
        elif key == "worksheets":
            sheets = [
                one
                for _ in reader.elements()
                for name in reader.members()
                if name == "cells"
                for one in _sources(reader)
            ]
    found = enumerate(cells or sheets, start=1)
    return {number: _places(json, strings) for number, strings in found if strings}


def _sources(reader: _Reader) -> Iterator[list[tuple[int, int]]]:
    """The JSON strings of each cell's source, which formats 2 and 3 call the input of a code cell."""
    for _ in reader.elements():
        found: dict[str, list[tuple[int, int]]] = {}
        for key in reader.members():
            if key in ("source", "input"):
                found[key] = list(reader.strings())
        yield found.get("source") or found.get("input") or []


class _Reader:
    """Goes through a JSON text and knows where it is. What is not asked for is passed over at the speed of `json`."""

    def __init__(self, text: str) -> None:
        from json import JSONDecoder

        self._text = text
        self._at = 0
        self._decode = JSONDecoder(parse_int=float).raw_decode

    def _peek(self) -> str:
        match = _SPACE.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._text[self._at : self._at + 1]

    def _parts(self, opening: str, closing: str) -> Iterator[None]:
        """The parts of an object or array, each to be read or left; nothing for another value."""
        if self._peek() != opening:
            return
        self._at += 1
        while self._peek() != closing:
            yield
            if self._peek() == ",":
                self._at += 1
        self._at += 1

    def _pass(self, start: int) -> None:
        if self._at == start:
            _, self._at = self._decode(self._text, start)

    def members(self) -> Iterator[str]:
        """The keys of an object, each before its value."""
        for _ in self._parts("{", "}"):
            key, self._at = self._decode(self._text, self._at)
            self._peek()
            self._at += 1
            self._peek()
            start = self._at
            yield key
            self._pass(start)

    def elements(self) -> Iterator[None]:
        """Once before each element of an array."""
        for _ in self._parts("[", "]"):
            start = self._at
            yield
            self._pass(start)

    def strings(self) -> Iterator[tuple[int, int]]:
        """A string, or those of an array, as (start, end) between the quotes."""
        for _ in self.elements() if self._peek() == "[" else (None,):
            if self._peek() == '"':
                start = self._at + 1
                _, self._at = self._decode(self._text, self._at)
                yield start, self._at - 1


def _decoded(content: str) -> str:
    """The text of a JSON string."""
    if "\\" not in content:
        return content
    from json import loads

    return str(loads(f'"{content}"'))


def _places(json: str, strings: Sequence[tuple[int, int]]) -> CellPlaces:
    """As `_join` reads a cell: put together, LF line ends, no byte order mark, no lone surrogates."""
    text: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in strings:
        for match in _CHARACTER.finditer(json, start, end):
            char = _decoded(match[0])
            if char == "\n" and text and text[-1] == "\r":
                text[-1], ends[-1] = "\n", match.end()
                continue
            text.append(char)
            starts.append(match.start())
            ends.append(match.end())
    if text[:1] == ["\ufeff"]:
        del text[0], starts[0], ends[0]
    joined = "".join("\n" if char == "\r" else char for char in text)
    return CellPlaces(replace_surrogates(joined), tuple(starts), tuple(ends), tuple(strings))


class Places:
    """Where findings stand in the files themselves, for formats that know no cells. Reads a notebook when first asked.

    `given` are the bytes of files that came through a pipe.
    """

    def __init__(self, given: Mapping[str, bytes] | None = None) -> None:
        self._given = given or {}
        self._notebooks: dict[str, tuple[str, dict[int, CellPlaces], list[int]]] = {}

    def locate(self, span: Span) -> Span:
        """The same stretch with row and column in the file. A cell that is not found any more becomes row 1."""
        if span.cell is None:
            return span
        _, cells, rows = self._read(span.path)
        cell = cells.get(span.cell)
        if cell is None:
            return Span(span.path, 1, 1, 1, 1, None, (1, 1))
        first, last = cell.offset(span.row, span.column), cell.offset(span.end_row, span.end_column)
        start = _place(rows, cell.start(first))
        end = _place(rows, cell.start(last) if last <= first else cell.ends[last - 1])
        return Span(span.path, *start, *end, None, (start[0], end[0]))

    def line(self, path: str, row: int) -> str:
        """A physical line of a notebook, without its line end."""
        text, _, rows = self._read(path)
        if not 0 < row <= len(rows):
            return ""
        return text[rows[row - 1] : rows[row] if row < len(rows) else None].rstrip("\r\n")

    def _read(self, path: str) -> tuple[str, dict[int, CellPlaces], list[int]]:
        if path not in self._notebooks:
            data = self._given.get(path) or read_bytes(path)
            text = data.decode("utf-8-sig", "replace") if isinstance(data, bytes) else ""
            try:
                cells = cell_places(text)
            except (ValueError, RecursionError):  # it was changed in the meantime
                cells = {}
            rows = [0, *(match.end() for match in re.finditer(r"\r\n?|\n", text))]
            self._notebooks[path] = text, cells, rows
        return self._notebooks[path]


def _place(rows: Sequence[int], offset: int) -> tuple[int, int]:
    """Row and column from 1 of an offset in a text whose rows start at `rows`."""
    row = bisect_right(rows, offset)
    return row, offset - rows[row - 1] + 1
