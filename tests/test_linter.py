"""One file through the stages, with stages that fail, and many files whose findings lie in one another."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

import rnnlint
from rnnlint.api import check_paths, check_source
from rnnlint.checks.context import RuleSettings
from rnnlint.findings import Finding, collect
from rnnlint.flow.view import View
from rnnlint.graph import Graph, Note, Span
from rnnlint.interpret import Finder, ParseError
from rnnlint.keras.versions import BACKENDS, KerasTargets, parse_keras_version
from rnnlint.linter import NoFinder, environment, lint
from rnnlint.project.modules import Modules
from rnnlint.registry import Rule
from rnnlint.run.loop import lint_text, run
from rnnlint.settings.resolver import Resolver
from rnnlint.settings.settings import Options, Settings
from rnnlint.source.read import from_text
from rnnlint.source.source import Source

CODE = """from keras.layers import LSTM, Dropout
from keras.models import Sequential
model = Sequential([Dropout(0.5, input_shape=(20, 1)), LSTM(8)])
"""
SETTINGS = Settings(rules=frozenset({"RNN101", "RNN102", "RNN999"}))
RULE = Rule("RNN999", "test-rule", "Test.")
OTHER = Rule("RNN101", "other-rule", "Test.")


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def span(row: int, path: str = "a.py") -> Span:
    return Span(path, row, 1, row, 2, None, (row, row))


def graph(_: Source, __: Finder, ___: KerasTargets) -> Graph:
    return Graph(notes=(Note(span(1), "not understood"),))


def one(_: View, __: RuleSettings) -> Iterator[Finding]:
    yield Finding("RNN999", "test-rule", "said", span(1))


# ---------------------------------------------------------------------------------------------------------------------
# Stages


def test_a_rule_that_fails_costs_no_other_rule() -> None:
    def bad(_: View, __: RuleSettings) -> Iterator[Finding]:
        yield Finding("RNN101", "other-rule", "half", span(1))
        raise KeyError("lost")

    result = lint(
        from_text("x = 1", "a.py"), SETTINGS, NoFinder(), KerasTargets.unknown(), graph, [(OTHER, bad), (RULE, one)]
    )
    assert [finding.code for finding in result.findings] == ["RNN999"]
    (diagnostic,) = result.diagnostics
    assert (diagnostic.kind, diagnostic.status, diagnostic.span.path) == ("internal-error", 2, "a.py")
    for part in ("RNN101", "other-rule", "KeyError", "lost", "test_linter.py"):
        assert part in diagnostic.message
    assert [note.message for note in result.notes] == ["not understood"]


@pytest.mark.parametrize(
    ("error", "kind", "part"),
    [
        (ZeroDivisionError("by zero"), "internal-error", "ZeroDivisionError: by zero"),
        (RecursionError(), "too-complex", "nested too deeply"),
        (MemoryError(), "too-complex", "nested too deeply"),
        (ParseError(2, 3, "libcst's words"), "invalid-syntax", "libcst's words"),
    ],
)
def test_an_interpreter_that_fails_is_a_diagnostic(error: Exception, kind: str, part: str) -> None:
    def interpret(_: Source, __: Finder, ___: KerasTargets) -> Graph:
        raise error

    result = lint(from_text("x = 1", "a.py"), SETTINGS, NoFinder(), KerasTargets.unknown(), interpret, [(RULE, one)])
    assert result.findings == ()
    (diagnostic,) = result.diagnostics
    assert diagnostic.kind == kind
    assert part in diagnostic.message


def test_rules_that_are_off_do_not_run() -> None:
    off = Settings(rules=frozenset())
    assert (
        lint(from_text("x = 1", "a.py"), off, NoFinder(), KerasTargets.unknown(), graph, [(RULE, one)]).findings == ()
    )


def test_the_interpreter_is_not_asked_where_there_is_nothing_to_read() -> None:
    def interpret(_: Source, __: Finder, ___: KerasTargets) -> Graph:
        raise AssertionError

    for text in ("", "\n \n", "(" * 3000, "print 'x'\n"):
        lint(from_text(text, "a.py"), SETTINGS, NoFinder(), KerasTargets.unknown(), interpret)


def test_one_finding_per_rule_and_place() -> None:
    possible = Finding("RNN999", "n", "possible", span(3), "possible")
    certain = Finding("RNN999", "n", "certain", span(3))
    other = Finding("RNN101", "n", "other", span(3))
    weaker = Finding("RNN102", "n", "weaker", span(3))
    above = Finding("RNN102", "n", "above", span(2))
    found = collect([possible, weaker, certain, certain, other, above])
    assert [finding.message for finding in found] == ["above", "other", "certain"]


# ---------------------------------------------------------------------------------------------------------------------
# The API


def test_check_source_finds_and_is_picklable() -> None:
    found = check_source(CODE, "model.py")
    assert [(finding.code, finding.span.path, finding.span.row) for finding in found] == [("RNN101", "model.py", 3)]
    assert pickle.loads(pickle.dumps(list(found))) == list(found)
    assert rnnlint.check_source is check_source
    assert rnnlint.check_paths is check_paths
    assert rnnlint.Finding is Finding
    assert isinstance(found, list)
    assert check_source(CODE.encode(), "model.py") == found
    assert found.diagnostics == ()


def test_check_source_obeys_comments_and_settings() -> None:
    assert check_source(CODE.replace("LSTM(8)])", "LSTM(8)])  # noqa: RNN101")) == []
    assert check_source(CODE, settings=Settings(rules=frozenset({"RNN103"}))) == []
    ignore = Settings(ignore_noqa=True)
    assert len(check_source(CODE.replace("LSTM(8)])", "LSTM(8)])  # noqa"), settings=ignore)) == 1


def test_check_source_reads_notebooks() -> None:
    cells = [{"cell_type": "code", "source": line} for line in CODE.splitlines()]
    (found,) = check_source(json.dumps({"cells": [{"cell_type": "markdown"}, *cells]}), "a.ipynb")
    assert (found.code, found.span.cell, found.span.row) == ("RNN101", 4, 1)


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("x = (\n", "a.py", "invalid-syntax"),
        ("print 'x'\n", "a.py", "invalid-syntax"),
        ("(" * 9999, "a.py", "too-complex"),
        ("x\0", "a.py", "io-error"),
        ("{", "a.ipynb", "invalid-syntax"),
    ],
)
def test_check_source_says_what_it_could_not_read(text: str, name: str, kind: str) -> None:
    found = check_source(text, name)
    assert found == []
    assert [diagnostic.kind for diagnostic in found.diagnostics] == [kind]


def test_invalid_syntax_is_placed_and_worded_as_python_does() -> None:
    (diagnostic,) = check_source("x = 1\ny = f(2\n").diagnostics
    assert (diagnostic.span.row, diagnostic.span.column) == (2, 6)
    assert diagnostic.message == "'(' was never closed"


def test_check_source_reads_no_file(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = ['keras==3.4']\n")
    (tmp_path / "blocks.py").write_text("raise SystemExit\n")
    (tmp_path / "a.py").write_text("x = (")
    assert len(check_source("from blocks import *\n" + CODE, str(tmp_path / "a.py"))) == 1


def test_an_unknown_attribute_of_the_package() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        _ = rnnlint.nothing


# ---------------------------------------------------------------------------------------------------------------------
# Versions


def test_the_environment_is_as_set_or_as_pinned(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = ['keras==3.4', 'jax']\n")
    assert environment(Settings()) == KerasTargets.unknown()
    assert environment(Settings(), Modules(), "a.py") == KerasTargets(frozenset({(3, 4)}), frozenset({"jax"}))
    assert environment(Settings(keras_version="2.4"), Modules(), "a.py").versions == {(2, 4)}
    assert environment(Settings(backend="torch"), Modules(), "a.py") == KerasTargets(
        frozenset({(3, 4)}), frozenset({"torch"})
    )
    both = Settings(keras_version=">=3.4,<3.6", backend="tensorflow")
    assert environment(both) == KerasTargets(parse_keras_version(">=3.4,<3.6"), frozenset({"tensorflow"}))
    assert environment(Settings()).backends == set(BACKENDS)


def test_tensorflow_below_2_5_brings_no_package_keras(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = ['tensorflow==2.1']\n")
    (tmp_path / "a.py").write_text("import keras\n")
    (tmp_path / "b.py").write_text("from tensorflow import keras\n")
    assert environment(Settings(), Modules(), "a.py").versions == {(2, 3), (2, 4)}
    assert environment(Settings(), Modules(), "b.py").versions == {(2, 4)}
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/requirements.txt").write_text("keras==2.4.3\ntensorflow==2.2\n")
    (tmp_path / "sub/a.py").write_text("import keras\n")
    assert environment(Settings(), Modules(), "sub/a.py").versions == {(2, 4)}


# ---------------------------------------------------------------------------------------------------------------------
# Many files


def write(**texts: str) -> None:
    for name, text in texts.items():
        path = Path(name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_check_paths_gives_one_result_per_file_in_order() -> None:
    write(b=CODE, a="x = 1\n", c__d="from keras.layers import LSTM, Dropout\ndef f(:\n")
    results = check_paths()
    assert [result.path for result in results] == ["a.py", "b.py", "c/d.py"]
    assert [[finding.code for finding in result.findings] for result in results] == [[], ["RNN101"], []]
    assert [[one.kind for one in result.diagnostics] for result in results] == [[], [], ["invalid-syntax"]]
    assert pickle.loads(pickle.dumps(results))[1].findings == results[1].findings


def test_settings_come_from_the_nearest_pyproject() -> None:
    write(p__a=CODE, q__a=CODE)
    Path("q/pyproject.toml").write_text("[tool.rnnlint]\nignore = ['RNN101']\n")
    assert [len(result.findings) for result in check_paths()] == [1, 0]
    assert [len(result.findings) for result in check_paths(settings=Settings())] == [1, 1]


def test_a_finding_lies_in_the_file_that_holds_the_layer() -> None:
    blocks = "from keras.layers import Dropout\ndef drop(x, rate=0.0):\n"
    blocks += "    return Dropout(rate, noise_shape=(None, None, 1))(x)\n"
    main = (
        "from keras.layers import LSTM, Input\nfrom blocks import drop\nx = drop(Input((20, 4)), 0.3)\ny = LSTM(8)(x)\n"
    )
    write(blocks=blocks, main=main)
    results = {result.path: result for result in check_paths()}
    assert [(one.code, one.span.path, one.span.row) for one in results["blocks.py"].findings] == [
        ("RNN101", "blocks.py", 3)
    ]
    assert results["main.py"].findings == ()
    # Not in the run: not reported. Suppressed where it lies.
    assert [result.findings for result in check_paths(["main.py"])] == [()]
    write(blocks=blocks.replace("(x)\n", "(x)  # noqa: RNN101\n"))
    results = {result.path: result for result in check_paths()}
    assert results["blocks.py"].findings == ()
    assert len(results["blocks.py"].suppressed) == 1


def test_a_file_that_only_puts_modules_together_is_analysed() -> None:
    """Neither file's own code feeds the Dropout to the LSTM, and the third names no layer at all."""
    write(
        drops="from keras.layers import Dropout\ndef drop(x):\n    return Dropout(0.3)(x)\n",
        nets="from keras.layers import LSTM\ndef net(x):\n    return LSTM(8)(x)\n",
        main="import keras\nfrom drops import drop\nimport nets\ny = nets.net(drop(keras.Input((20, 1))))\n",
    )
    found = [finding for result in check_paths() for finding in result.findings]
    assert [(finding.code, finding.span.path) for finding in found] == [("RNN101", "drops.py")]


def test_pins_decide_and_are_told() -> None:
    write(p__a=CODE)
    Path("p/requirements.txt").write_text("keras==2.4.3\n")
    (result,) = check_paths(["p"])
    assert any("keras==2.4.3 (p/requirements.txt)" in note.message for note in result.notes)


def test_stdin_is_linted_as_the_file_it_stands_for() -> None:
    write(p__rates="RATE = 0.5\n")
    Path("p/pyproject.toml").write_text("")
    text = "from rates import RATE\n" + CODE.replace("0.5", "RATE")
    result = lint_text(text.encode(), "p/a.py", Settings())
    assert [(finding.code, finding.span.path, finding.span.row) for finding in result.findings] == [
        ("RNN101", "p/a.py", 4)
    ]
    assert result.source is not None
    assert result.source.line(1) == "from rates import RATE"


def test_what_discovery_could_not_read_is_in_the_results() -> None:
    write(a="x = 1\n")
    Path("b.py").symlink_to("nowhere")
    results = list(run(["."], Resolver(Options()).settings))
    assert [result.path for result in results] == ["a.py", "b.py"]
    assert [one.kind for one in results[1].diagnostics] == ["io-error"]


def test_a_statement_that_breaks_the_interpreter_is_reported() -> None:
    def interpret(source: Source, finder: object, env: KerasTargets) -> Graph:
        return Graph(errors=(Note(source.span(2, 1, 2, 4), "IndexError: pop from empty list"),))

    result = lint(Source("a.py", "x = 1\ny = 2\n"), Settings(), NoFinder(), KerasTargets.unknown(), interpret)
    (said,) = result.diagnostics
    assert (said.kind, said.span.row, said.status) == ("internal-error", 2, 2)
    assert "IndexError: pop from empty list" in said.message
