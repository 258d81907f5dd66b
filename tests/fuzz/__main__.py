"""Bytes through the whole of rnnlint. Everything that a user would call a bug is kept in a folder, by its cause.

A bug is: an exception, an "internal-error", a statement that breaks the interpreter, more than 10 s of CPU or 1 GB of
memory for a few kilobytes, a fix that makes a file unreadable, findings that differ between two runs, and findings that
the gate costs.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import importlib
import json
import os
import re
import resource
import signal
import sys
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TYPE_CHECKING, Any

from tests.fuzz.mutate import WORDS, Mutator, blocks

if TYPE_CHECKING:
    from rnnlint.graph import Graph
    from rnnlint.interpret import Finder
    from rnnlint.result import FileResult
    from rnnlint.settings.settings import Settings
    from rnnlint.source.source import Source

ROOT = Path(__file__).parents[2]
SECONDS = 10
MEGABYTES = 1000
# A file that grows is no finding: beyond this, time and memory are those of its size.
LONGEST = 12_000
VERSIONS = ("auto", "auto", "3.15", "3.0", "2.15", "2.3")


class Hang(BaseException):
    """An input took too long."""


class Fuzzer:
    """Runs inputs and keeps what breaks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started = time.monotonic()
        self.runs = 0
        self.known: set[str] = {path.stem for path in folder.glob("*.py")}
        signal.signal(signal.SIGVTALRM, _hang)

    def one(self, data: bytes) -> None:
        """One input."""
        self.runs += 1
        if self.runs % 200 == 0:
            passed = time.monotonic() - self.started
            line = {"runs": self.runs, "seconds": round(passed), "findings": len(self.known), "memory": _memory()}
            with (self.folder / "progress.jsonl").open("a") as log:
                log.write(json.dumps(line) + "\n")
        if len(data) > 4 * LONGEST:
            return
        before = _memory()
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        try:
            problem = examine(data)
        except Hang as error:
            problem = f"hang at {_place(error)}"
        except Exception as error:  # noqa: BLE001 - this is what is being looked for
            problem = f"{type(error).__name__} at {_place(error)}: {error}"
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        if _memory() - before > MEGABYTES:
            problem = problem or f"memory grew by {_memory() - before} MB"
        if problem:
            self.keep(problem, data)

    def keep(self, problem: str, data: bytes) -> None:
        """Write down an input, the smallest for each problem."""
        name = hashlib.sha256(_cause(problem).encode()).hexdigest()[:12]
        path = self.folder / f"{name}.py"
        if name not in self.known or len(data) < path.stat().st_size:
            self.known.add(name)
            path.write_bytes(data)
            (self.folder / f"{name}.txt").write_text(problem)


def examine(data: bytes) -> str | None:
    """What is wrong with what rnnlint makes of an input, or None."""
    from rnnlint import fixer, linter
    from rnnlint.interpret import interpret
    from rnnlint.registry import RULES
    from rnnlint.settings.settings import Settings
    from rnnlint.source.read import from_bytes

    name = "a.ipynb" if data.lstrip()[:1] == b"{" else "a.py"
    choice = hashlib.sha256(data).digest()
    settings = Settings(rules=frozenset(rule.code for rule in RULES), keras_version=VERSIONS[choice[0] % len(VERSIONS)])
    errors: list[str] = []

    def listened(source: Source, finder: Finder, env: Any) -> Graph:
        graph = interpret(source, finder, env)
        errors.extend(note.message for note in graph.errors)
        return graph

    def look(content: bytes, name: str) -> FileResult:
        source = from_bytes(content, name, linter.parses_with_libcst)
        result = linter.lint(source, settings, linter.NoFinder(), linter.environment(settings), listened)
        return linter.finish(result, settings, source)

    inputs = [(data, name)]
    if name == "a.py" and choice[1] % 4 == 0:
        cells = [part for part in data.decode("utf-8", "replace").split("\n\n") if part.strip()]
        notebook = {"cells": [{"cell_type": "code", "source": cell} for cell in cells]}
        inputs = [(json.dumps(notebook).encode(), "a.ipynb")]
    for content, path in inputs:
        result = look(content, path)
        for diagnostic in result.diagnostics:
            if diagnostic.kind == "internal-error":
                return diagnostic.message
        if errors:
            return f"interpreter: {errors[0]}"
        if choice[2] % 8 == 0 and _said(look(content, path).findings) != _said(result.findings):
            return "two runs differ"
        if not result.diagnostics and choice[3] % 2 == 0:
            codes = sorted(settings.rules)
            few = frozenset(codes[byte % len(codes)] for byte in choice[4 : 5 + choice[5] % 3])
            chosen = replace(settings, rules=few)
            if problem := behind_the_gate({path: content}, chosen):
                return problem
            if path == "a.py" and choice[6] % 2 == 0:
                with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
                    if problem := behind_the_gate(split(content.decode(), choice[7]), chosen):
                        return problem
        fixes = {finding.code: finding.fix for finding in result.findings if finding.fix is not None}
        for code, fix in fixes.items():
            after = look(fixer.apply(content, path, fix.edits), path)
            if len(after.diagnostics) > len(result.diagnostics):
                return f"the fix of {code} gives {after.diagnostics[-1].kind}"
    return None


def behind_the_gate(files: Mapping[str, bytes], settings: Settings) -> str | None:
    """What is wrong with the findings where files are read only as far as the selected rules need it."""
    from rnnlint import linter
    from rnnlint.interpret import interpret
    from rnnlint.prefilter.gate import Gate, requirements
    from rnnlint.project.files import File
    from rnnlint.project.modules import Modules
    from rnnlint.source.read import from_bytes

    notes: list[str] = []

    def listened(source: Source, finder: Finder, env: Any) -> Graph:
        graph = interpret(source, finder, env)
        notes.extend(note.message for note in graph.notes)
        return graph

    def modules() -> Modules:
        return Modules(
            [File.at(name) for name in files],
            (os.getcwd(),),
            lambda file: from_bytes(files[file.shown], file.shown, linter.parses_with_libcst),
        )

    whole, part = modules(), modules()
    gate = Gate(requirements([settings.rules]), part, files.get)
    for name, data in files.items():
        gate.look(name, data)
    chosen = gate.candidates()
    part.know(gate.known())
    env = linter.environment(settings)
    expected: set[tuple[object, ...]] = set()
    got: set[tuple[object, ...]] = set()
    for name in files:
        expected.update(_said(linter.lint(whole.source(name), settings, whole, env, listened).findings))
        if name in chosen:
            focus = gate.focus(name)
            passed_over = focus.passed_over if focus else frozenset[str]()
            result = linter.lint(part.source(name), settings, part, env, passed_over=passed_over)
            got.update(_said(result.findings))
    # Where the budget of steps was spent, less code leaves more of it.
    if expected == got or any("too complex" in note for note in notes):
        return None
    return f"the gate of {len(files)} files costs {', '.join(sorted(settings.rules))}"


def split(text: str, seed: int) -> dict[str, bytes]:
    """A program with some of its functions and classes in a module of their own, imported in one way or another."""
    random = Random(seed)
    tree = ast.parse(text)
    lines = text.split("\n")
    moved: list[ast.stmt] = []
    imports: list[ast.stmt] = []
    for one in tree.body:
        if isinstance(one, (ast.Import, ast.ImportFrom)):
            imports.append(one)
        elif isinstance(one, (ast.FunctionDef, ast.ClassDef)) and random.random() < 0.6:
            moved.append(one)
    names = [one.name for one in moved if isinstance(one, (ast.FunctionDef, ast.ClassDef))]
    head = "\n".join(map(ast.unparse, imports))
    ways = ["from parts import *", "import parts", f"from parts import {', '.join(names) or '*'}"]
    rest = "\n".join(ast.unparse(one) for one in tree.body if one not in moved and one not in imports)
    way = random.choice(ways)
    if way == "import parts":
        rest = re.sub(rf"\b({'|'.join(names)})\b", r"parts.\1", rest) if names else rest
    body = "\n".join("\n".join(lines[_first(one) - 1 : one.end_lineno]) for one in moved)
    return {"a.py": f"{head}\n{way}\n{rest}\n".encode(), "parts.py": f"{head}\n{body}\n".encode()}


def _first(one: ast.stmt) -> int:
    rows: list[int] = [decorator.lineno for decorator in getattr(one, "decorator_list", [])]
    return min([one.lineno, *rows])


def _said(findings: Any) -> list[tuple[object, ...]]:
    return [(one.span, one.code, one.message) for one in findings]


def _hang(_signal: int, _frame: FrameType | None) -> None:
    raise Hang


def _memory() -> int:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _place(error: BaseException) -> str:
    frames = [one for one in traceback.extract_tb(error.__traceback__) if "rnnlint" in one.filename]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"


def _cause(problem: str) -> str:
    """A problem without the names and numbers of its input."""
    return "".join("0" if char.isdigit() else char for char in problem.split("'", maxsplit=1)[0])


def corpus() -> list[str]:
    """The code blocks of the rules and the cases, and the sample programs."""
    pages = [*sorted(ROOT.glob("rules/*.md")), *sorted(ROOT.glob("tests/cases/*.md"))]
    texts = blocks(page.read_text() for page in pages)
    return texts + [path.read_text(errors="replace") for path in sorted(ROOT.glob("tests/sample/**/*.py"))[:200]]


def main() -> None:
    """Fuzz for some minutes, or run what broke again."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--folder", type=Path, default=Path("fuzzed"), help="where the inputs that break are kept")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", type=Path, nargs="*", help="only run these inputs and say what is wrong")
    options = parser.parse_args()
    folder: Path = options.folder.resolve()
    again = None if options.again is None else [path.resolve() for path in options.again]
    # What an input imports must not be found on the disk.
    with TemporaryDirectory() as empty:
        os.chdir(empty)
        if again is None:
            fuzz(folder, options.minutes, options.seed)
        for path in again or ():
            print(path, examine(path.read_bytes()))


def fuzz(folder: Path, minutes: float, seed: int) -> None:
    """Fuzz, and keep in the folder what breaks."""
    texts = corpus()
    mutator = Mutator(texts)
    seeds = folder / "corpus"
    seeds.mkdir(parents=True, exist_ok=True)
    for text in texts:
        if len(text) < LONGEST:
            (seeds / hashlib.sha256(text.encode()).hexdigest()[:16]).write_text(text)
    words = folder / "words.dict"
    words.write_text("".join(f'"{word}"\n' for word in WORDS if word.isalnum()))
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["rnnlint"], enable_loader_override=False):
        importlib.import_module("rnnlint.linter")
        importlib.import_module("rnnlint.interpret")
        checks = importlib.import_module("rnnlint.checks")
        checks.load(rule.code for rule, _ in checks.RULES)
        importlib.import_module("rnnlint.fixer")
        importlib.import_module("rnnlint.source.notebook")
        importlib.import_module("rnnlint.suppression.suppress")
    fuzzer = Fuzzer(folder)

    def mutate(data: bytes, longest: int, seed: int) -> bytes:
        if seed % 10 == 0:
            return bytes(atheris.Mutate(data, longest))
        text = mutator.mutate(data.decode("utf-8", "replace"), seed)
        return text.encode("utf-8", "replace")[:longest]

    def cross(one: bytes, other: bytes, longest: int, seed: int) -> bytes:
        joined = mutator.join(one.decode("utf-8", "replace"), other.decode("utf-8", "replace"), seed)
        return joined.encode("utf-8", "replace")[:longest]

    arguments = [
        *(sys.argv[0], str(seeds), f"-max_total_time={round(minutes * 60)}", f"-max_len={LONGEST}"),
        *(f"-dict={words}", f"-seed={seed}", "-timeout=120", "-rss_limit_mb=4000", "-print_final_stats=1"),
        *(f"-artifact_prefix={folder}{os.sep}", "-reload=0", "-len_control=0"),
    ]
    atheris.Setup(arguments, fuzzer.one, custom_mutator=mutate, custom_crossover=cross)
    with suppress(KeyboardInterrupt):
        atheris.Fuzz()


if __name__ == "__main__":
    main()
