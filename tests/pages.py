"""Reads the Markdown of `rules/` and `tests/cases/`: code blocks, their settings, and the findings that they announce.

A mark stands at the end of the line where a finding's primary span starts. `# error` is the rule of the page,
`# error: [RNN202]` another one, `# error: [RNN101, RNN201]` several (a code twice: two findings on that line). A last
word `certain` or `possible` asserts the confidence as well. A block without a mark must be silent.

The info string of a block holds its settings, separated by spaces: `keras-version=2.15`, `backend=tensorflow`,
`select=RNN202` or `select=ALL` (instead of the default rules), `timestep-loss-threshold=0.05`; `file=name` (blocks with
a file under one heading are one project; a `.ipynb` is cut into cells at lines `# %%`); `run=no`, `run=keras2` or
`run=keras3` (where real Keras executes it), `raises=ValueError` (also `raises2=`, `raises3=`: what it raises there);
`spelling=fixed` (the import spelling is the point of the block); `unparsed=2` (the one cell that cannot be read).
"""

from __future__ import annotations

import ast
import functools
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import nbformat
from markdown_it import MarkdownIt
from markdown_it.token import Token

import rnnlint
from rnnlint import fixer, registry
from rnnlint.findings import Diagnostic, Finding
from rnnlint.settings.settings import Settings
from tests.sampling import is_full, sample

ROOT = Path(__file__).parents[1]
RULES = ROOT / "rules"
CASES = ROOT / "tests" / "cases"

KEYS = {
    "keras-version", "backend", "select", "timestep-loss-threshold", "file", "run", "raises", "raises2", "raises3",
    "spelling", "unparsed",
}  # fmt: skip
MARK = re.compile(r"#\s*error(?::\s*\[(?P<codes>[^\]]*)\])?(?:\s+(?P<confidence>certain|possible))?\s*$")
CODE = re.compile(r"RNN\d{3}")

# Cell (None in a script), row, code: what a mark says; and the confidence where it says that too.
Place: TypeAlias = tuple[int | None, int, str]


@dataclass(frozen=True)
class Block:
    """One code block; `row` is the row of its fence, `own` the rule of its page or empty."""

    path: Path
    row: int
    own: str
    heading: tuple[str, ...]
    text: str
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """For pytest, and to find it again."""
        return f"{self.path.name}:{self.row}"

    @property
    def file(self) -> str:
        """The file name that the block is linted under."""
        return self.settings.get("file", "block.py")

    @property
    def plain(self) -> bool:
        """Whether it is a script of its own, which may be respelt and cut into cells."""
        return "file" not in self.settings

    def runs_on(self, major: int) -> bool:
        """Whether real Keras of this major version executes it."""
        return self.settings.get("run", f"keras{major}") == f"keras{major}"

    def raises(self, major: int) -> str | None:
        """The exception that executing it there must raise."""
        return self.settings.get(f"raises{major}", self.settings.get("raises"))


@dataclass(frozen=True)
class Page:
    """One Markdown file. `headings` are (level, text) in order; `paragraphs` every paragraph with its last heading."""

    path: Path
    headings: tuple[tuple[int, str], ...]
    paragraphs: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]

    def under(self, heading: str) -> tuple[str, ...]:
        """The paragraphs under a heading, each on one line."""
        return tuple(text for have, text in self.paragraphs if have == heading)


def read(path: Path) -> Page:
    """Parse a page. Raises AssertionError where its form is wrong."""
    headings: list[tuple[int, str]] = []
    paragraphs: list[tuple[str, str]] = []
    blocks: list[Block] = []
    trail: list[str] = []
    own = path.stem if CODE.fullmatch(path.stem) else ""
    tokens = MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open" and following is not None:
            level = int(token.tag[1:])
            headings.append((level, following.content))
            trail = [*trail[: level - 1], following.content]
        elif token.type == "paragraph_open" and following is not None:
            paragraphs.append((trail[-1] if trail else "", " ".join(following.content.split())))
        elif token.type == "fence" and token.info.split()[:1] == ["python"]:
            blocks.append(_block(path, token, own, tuple(trail)))
    return Page(path, tuple(headings), tuple(paragraphs), tuple(blocks))


def _block(path: Path, token: Token, own: str, heading: tuple[str, ...]) -> Block:
    row = (token.map or [0])[0] + 1
    settings: dict[str, str] = {}
    for word in token.info.split()[1:]:
        key, _, value = word.partition("=")
        assert key in KEYS, f"{path.name}:{row}: {word!r} is no setting of a block: {sorted(KEYS)}"
        settings[key] = value
    return Block(path, row, own, heading, token.content, settings)


@functools.cache
def pages() -> list[Page]:
    """The pages of the rules."""
    return [read(path) for path in sorted(RULES.glob("RNN*.md"))]


@functools.cache
def cases() -> list[Page]:
    """The pages of the long tail."""
    return [read(path) for path in sorted(CASES.glob("*.md"))]


def groups(page: Page) -> Iterator[tuple[Block, ...]]:
    """The blocks of a page: each by itself, but those with a file that share a heading together."""
    projects: dict[tuple[str, ...], list[Block]] = {}
    for block in page.blocks:
        if not block.plain:
            projects.setdefault(block.heading, []).append(block)
    for block in page.blocks:
        project = projects.get(block.heading, [])
        if block.plain:
            yield (block,)
        elif block is project[0]:
            yield tuple(project)


# ---------------------------------------------------------------------------------------------------------------------
# Marks


@dataclass(frozen=True)
class Marks:
    """What a text announces. `places` counts findings; `confidences` holds those that are asserted."""

    places: Counter[Place]
    confidences: Mapping[Place, str]


def marks(text: str, own: str, cell: int | None = None) -> Marks:
    """The marks of a script, or of one cell. Raises AssertionError on a mark that cannot be read."""
    places: Counter[Place] = Counter()
    confidences: dict[Place, str] = {}
    for row, line in enumerate(text.splitlines(), 1):
        if "# error" not in line:
            continue
        match = MARK.search(line)
        assert match, f"row {row}: {line.strip()!r} holds no readable mark"
        codes = [own] if match["codes"] is None else [code.strip() for code in match["codes"].split(",")]
        for code in codes:
            assert CODE.fullmatch(code), f"row {row}: {line.strip()!r}: {code or 'a bare mark'} names no rule here"
            places[cell, row, code] += 1
            if match["confidence"]:
                confidences[cell, row, code] = match["confidence"]
    return Marks(places, confidences)


def cells_of(text: str) -> list[str]:
    """A `.ipynb` block's cells, cut at lines `# %%`."""
    head, *cells = re.split(r"^# %%\n", text, flags=re.MULTILINE)
    assert not head.strip(), "a notebook block starts with '# %%'"
    return [cell.rstrip("\n") for cell in cells]


def paragraphs_of(text: str) -> list[str]:
    """A script cut at the blank lines between its top-level statements, as someone would paste it into cells."""
    lines = text.splitlines()
    cuts = [0]
    for statement in ast.parse(text).body:
        decorators = getattr(statement, "decorator_list", [])
        first = min([statement.lineno, *(decorator.lineno for decorator in decorators)]) - 1
        while first > 0 and lines[first - 1].startswith("#"):
            first -= 1
        if first > cuts[-1] and not lines[first - 1].strip():
            cuts.append(first)
    return ["\n".join(lines[start:end]).rstrip() for start, end in zip(cuts, [*cuts[1:], len(lines)], strict=True)]


def notebook(cells: list[str]) -> str:
    """The JSON of a notebook with these code cells."""
    made = nbformat.v4.new_notebook(  # type: ignore[no-untyped-call]
        cells=[
            nbformat.v4.new_code_cell(cell, id=f"cell-{number}")  # type: ignore[no-untyped-call]
            for number, cell in enumerate(cells)
        ]
    )
    return str(nbformat.writes(made))  # type: ignore[no-untyped-call]


def notebook_marks(cells: list[str], own: str) -> Marks:
    """The marks of all cells, counted from 1."""
    places: Counter[Place] = Counter()
    confidences: dict[Place, str] = {}
    for number, cell in enumerate(cells, 1):
        found = marks(cell, own, number)
        places += found.places
        confidences |= found.confidences
    return Marks(places, confidences)


# ---------------------------------------------------------------------------------------------------------------------
# Import spellings


def spellings(block: Block) -> dict[str, str]:
    """The same script under every spelling of its Keras imports, by the spelling's name; the original first.

    A script is respelt if its Keras imports are `import keras` and `from keras import layers, ...`, and a spelling is
    left out where it would not mean the same (a bare name that the script binds itself).
    """
    found = {"as written": block.text}
    if block.settings.get("spelling") == "fixed":
        return found
    tree = ast.parse(block.text)
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "keras"]
    plain = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Import) and [(alias.name, alias.asname) for alias in node.names] == [("keras", None)]
    ]
    others = [
        node
        for node in ast.walk(tree)
        if (isinstance(node, ast.ImportFrom) and node not in froms and _keras(node.module or ""))
        or (isinstance(node, ast.Import) and node not in plain and any(_keras(alias.name) for alias in node.names))
    ]
    if others or not (froms or plain) or any(alias.asname for node in froms for alias in node.names):
        return found
    modules = {alias.name for node in froms for alias in node.names}
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    if bound & {*modules, "keras", "tf", "L"}:
        return found

    dotted = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)]
    names = sorted({node.attr for node in dotted if _base(node) == "layers"})
    loads = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    based = {id(node.value) for node in dotted}
    module_value = any(node.id == "layers" and id(node) not in based for node in loads)
    rest = [name for node in froms for alias in node.names if (name := alias.name) != "layers"]
    also = f"from keras import {', '.join(rest)}\n" if rest else ""

    def respell(imports: str, bases: Mapping[str, str], keep: str = "") -> str:
        """`imports` for the `from keras import ...`, `keep` for `import keras`; `bases` renames `layers.`, `keras.`."""
        edits = [(node.lineno, node.col_offset, node.end_col_offset or 0, imports) for node in froms]
        edits += [(node.lineno, node.col_offset, node.end_col_offset or 0, keep or "import keras") for node in plain]
        edits += [
            (node.lineno, node.col_offset, node.col_offset + len(node.id.encode()), bases[node.id])
            for node in loads
            if node.id in bases
        ]
        lines = [line.encode() for line in block.text.splitlines()]
        for row, start, end, content in sorted(edits, reverse=True):
            line = lines[row - 1]
            body = content.rstrip("\n").encode().replace(b"\n", b"\n" + b" " * start)
            lines[row - 1] = line[:start] + body + line[end:]
        return b"\n".join(lines).decode() + "\n"

    tensorflow = f"from tensorflow.keras import {', '.join(['layers', *rest])}"
    found["tensorflow.keras"] = respell(tensorflow, {}, "from tensorflow import keras")
    found["tf.keras"] = respell(
        "import tensorflow as tf",
        {name: f"tf.keras.{name}" for name in modules} | {"keras": "tf.keras"},
        "import tensorflow as tf",
    )
    found["try"] = respell(
        f"try:\n    {tensorflow}\nexcept ImportError:\n    from keras import {', '.join(['layers', *rest])}",
        {},
        "try:\n    from tensorflow import keras\nexcept ImportError:\n    import keras",
    )
    if froms:
        found["keras.layers"] = respell("import keras", {name: f"keras.{name}" for name in modules}, "import keras")
        found["alias"] = respell(f"import keras\nL = keras.layers\n{also}", {"layers": "L"}, "import keras")
        found["as"] = respell(f"import keras.layers as KL\n{also}", {"layers": "KL"}, "import keras")
        if names and not module_value and not bound & set(names):
            bare = {"layers": ""}
            listed = respell(f"from keras.layers import {', '.join(names)}\n{also}", bare, "import keras")
            starred = respell(f"from keras.layers import *\n{also}", bare, "import keras")
            found["names"] = _undot(listed, names)
            found["star"] = _undot(starred, names)
    return found


def sampled_spellings(block: Block) -> dict[str, str]:
    """The script as written and under two of its other spellings; under all of them in a full run."""
    found = spellings(block)
    others = sample([name for name in found if name != "as written"], 2, block.own + block.text)
    return {name: found[name] for name in ("as written", *others)}


def sampled_majors(block: Block) -> tuple[int, ...]:
    """The majors of Keras that a block is tried in: both for a page of a rule and in a full run.

    One of the long tail is tried in the major that its settings name, or else in one of the two.
    """
    if is_full() or block.path.parent == RULES:
        return (2, 3)
    named = [major for major in (2, 3) if block.settings.get("keras-version", "").startswith(str(major))]
    return tuple(named) or tuple(sample((2, 3), 1, block.text))


def _keras(module: str) -> bool:
    return module.split(".", maxsplit=1)[0] in ("keras", "tensorflow", "tf_keras")


def _base(node: ast.Attribute) -> str:
    return node.value.id if isinstance(node.value, ast.Name) else ""


def _undot(text: str, names: list[str]) -> str:
    """Take away the dot that is left of `layers.LSTM` once `layers` is gone."""
    return re.sub(rf"(?<![\w.\])'\"])\.({'|'.join(names)})\b", r"\1", text)


# ---------------------------------------------------------------------------------------------------------------------
# Linting


def settings_of(block: Block) -> Settings:
    """The settings that a block is linted with: the default rules and the page's own, unless it selects."""
    given = block.settings
    rules = Settings().rules | ({block.own} if block.own else set())
    asked = frozenset(given["select"].split(",")) if "select" in given else frozenset()
    if asked == {"ALL"}:
        asked = frozenset(rule.code for rule in registry.RULES)
    return Settings(
        rules=asked or frozenset(rules),
        selected=asked,
        keras_version=given.get("keras-version", "auto"),
        backend=given.get("backend", "auto"),
        timestep_loss_threshold=float(given.get("timestep-loss-threshold", "0.01")),
    )


def check(findings: list[Finding], expected: Marks, shown: str) -> None:
    """Assert that the findings are exactly the marks; `shown` is the text for the failure message."""
    found = Counter((finding.span.cell, finding.span.row, finding.code) for finding in findings)
    wrong = [
        f"  {finding.code} is {finding.confidence}, not {expected.confidences[place]}, in row {place[1]}"
        for finding in findings
        if expected.confidences.get(place := (finding.span.cell, finding.span.row, finding.code), finding.confidence)
        != finding.confidence
    ]
    missed = [f"  missed {code} in row {_where(cell, row)}" for cell, row, code in (expected.places - found).elements()]
    false = (found - expected.places).elements()
    extra = [f"  unexpected {code} in row {_where(cell, row)}" for cell, row, code in false]
    said = [
        f"  said: {_where(finding.span.cell, finding.span.row)} {finding.code} {finding.message}"
        for finding in findings
    ]
    different = [*missed, *extra, *wrong]
    assert not different, "\n".join(["", *different, *said, shown])


def _where(cell: int | None, row: int) -> str:
    return str(row) if cell is None else f"{cell}:{row}"


def check_script(block: Block, text: str) -> None:
    """Lint a script and compare it with its marks."""
    findings = rnnlint.check_source(text, block.file, settings_of(block))
    assert list(findings.diagnostics) == []
    check(findings, marks(text, block.own), text)


def check_notebook(block: Block, cells: list[str]) -> None:
    """Lint code cells as a notebook and compare it with their marks."""
    findings = rnnlint.check_source(notebook(cells), str(Path(block.file).with_suffix(".ipynb")), settings_of(block))
    unread = [(diagnostic.kind, diagnostic.span.cell) for diagnostic in findings.diagnostics]
    expected = [("invalid-syntax", int(block.settings["unparsed"]))] if "unparsed" in block.settings else []
    assert unread == expected, findings.diagnostics
    check(findings, notebook_marks(cells, block.own), "\n# %%\n".join(cells))


def check_project(blocks: tuple[Block, ...], folder: Path) -> None:
    """Write the files of a project, lint them together, and compare each with its marks."""
    for block in blocks:
        path = folder / block.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
    results = {result.path: result for result in rnnlint.check_paths([folder], settings_of(blocks[0]))}
    for block in blocks:
        result = results[str(folder / block.file)]
        assert list(result.diagnostics) == []
        check(list(result.findings), marks(block.text, block.own), block.text)


def check_as_written(blocks: tuple[Block, ...], folder: Path) -> None:
    """Lint a group of `groups` in the form that it has."""
    if blocks[0].plain:
        check_script(blocks[0], blocks[0].text)
    elif len(blocks) == 1 and blocks[0].file.endswith(".ipynb"):
        check_notebook(blocks[0], cells_of(blocks[0].text))
    else:
        check_project(blocks, folder)


# ---------------------------------------------------------------------------------------------------------------------
# Fixing


@dataclass(frozen=True)
class Looked:
    """What linting one text gave, for `fixer.run`."""

    findings: tuple[Finding, ...]
    diagnostics: tuple[Diagnostic, ...]


def fix(data: bytes, file: str, settings: Settings) -> fixer.Outcome[Looked]:
    """Make all fixes of a text, the unsafe ones too."""

    def look(changed: Mapping[str, bytes]) -> dict[str, Looked]:
        found = rnnlint.check_source(changed.get(file, data), file, settings)
        return {file: Looked(tuple(found), found.diagnostics)}

    return fixer.run(look({}), lambda _: data, look, lambda _: True)


def fixed(text: str, file: str, settings: Settings) -> str:
    """A script with all fixes made."""
    outcome = fix(text.encode(), file, settings)
    assert not outcome.problems
    return outcome.files[file].after.decode() if file in outcome.files else text


def unmarked(text: str) -> str:
    """A text without its marks."""
    return re.sub(r"[ \t]*# error.*", "", text)


def improvements(page: Page) -> list[tuple[Block, Block]]:
    """The blocks of "Example" with a mark, each with the block without one that follows it."""
    blocks = [block for block in page.blocks if block.heading[-1] == "Example"]
    return [
        (bad, good)
        for bad, good in pairwise(blocks)
        if marks(bad.text, bad.own).places and not marks(good.text, good.own).places
    ]
