"""One file through the flow: source, gate, interpreter, checks. An error in one stage never ends the run."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from rnnlint.findings import Diagnostic, Finding, collect
from rnnlint.graph import Graph, Note
from rnnlint.result import FileResult
from rnnlint.source import syntax
from rnnlint.source.guard import guard
from rnnlint.source.read import read
from rnnlint.source.source import Source, diagnose
from rnnlint.suppression.comments import may_suppress

if TYPE_CHECKING:
    from rnnlint.checks.context import Check
    from rnnlint.confirm.installed import InstalledKeras
    from rnnlint.flow.view import View
    from rnnlint.interpret import Finder, ParsedModules
    from rnnlint.keras.versions import KerasTargets
    from rnnlint.project.files import File
    from rnnlint.project.modules import Modules
    from rnnlint.registry import Rule
    from rnnlint.settings.settings import Settings

# `os.environ["KERAS_BACKEND"] = "jax"`, `os.environ.setdefault("KERAS_BACKEND", "jax")`, not in a comment.
_ASKED = re.compile(r"""^[^#\n]*\benviron\b[^#\n]*["']KERAS_BACKEND["'][\]\s]*[=,]\s*["'](\w+)["']""", re.MULTILINE)


Interpret: TypeAlias = "Callable[[Source, Finder, KerasTargets], Graph]"
Rules: TypeAlias = "Sequence[tuple[Rule, Check]]"


class NoFinder:
    """Finds no module: for a text that stands in no file."""

    def find(self, module: str, level: int, importer: str) -> Source | None:  # noqa: ARG002
        """None."""
        return None


# The package `keras`, not TensorFlow's.
_STANDALONE = re.compile(r"^[ \t]*(?:from|import)[ \t]+keras\b", re.MULTILINE)


def environment(
    settings: Settings,
    modules: Modules | None = None,
    path: str = "",
    found: InstalledKeras | None = None,
) -> KerasTargets:
    """The Keras versions and backends that a file's code may run on.

    As set, else as `found` in the Python that confirms, else by the pins of the file's project. TensorFlow 2.0 to 2.4
    brings no package `keras`: where only TensorFlow is pinned, a text that imports it may run on Keras 2.3 or 2.4.

    Args:
        settings: those of the file.
        modules: know the file and its project; None for a text that stands in no file.
        path: the file.
        found: the Keras of the Python that confirms.

    Raises:
        ValueError: for a version that is none.
    """
    from rnnlint.keras.versions import KerasTargets, parse_keras_version

    def standalone() -> bool:
        return modules is not None and _STANDALONE.search(modules.source(path).text) is not None

    env = KerasTargets.unknown()
    if found is not None:
        env = found.env(standalone=standalone())
    elif modules is not None and "auto" in (settings.keras_version, settings.backend):
        origin = modules.origin(path)
        env = origin.env
        pinned = any(pin.name == "keras" for pin in origin.pins)
        if env.versions == {(2, 4)} and not pinned and standalone():
            env = KerasTargets(env.versions | {(2, 3)}, env.backends)
    if settings.keras_version != "auto":
        env = KerasTargets(parse_keras_version(settings.keras_version), env.backends)
    if settings.backend != "auto":
        env = env.on(settings.backend)
    return env


def own_backend(source: Source, env: KerasTargets, *, any_backend: bool = False) -> KerasTargets:
    """The same on the backend that the file itself asks Keras for, where it names just one, of `env` or of any."""
    if "KERAS_BACKEND" not in source.text:
        return env
    from rnnlint.keras.versions import BACKENDS

    asked = set(_ASKED.findall(source.text)).intersection(BACKENDS if any_backend else env.backends)
    return env.on(*asked) if len(asked) == 1 else env


def read_source(file: File) -> Source:
    """The source of a file as it stands on the disk; what cannot be read is a diagnostic of it."""
    return read(file.shown, parses_with_libcst)


def parses_with_libcst(text: str) -> bool:
    """Whether libcst reads a text that `ast` refuses: Python newer than the running one."""
    if guard(Source("", text)) is not None:
        return False
    from rnnlint.interpret.parsed import ParseError, parse

    try:
        parse(text)
    except (ParseError, RecursionError, MemoryError):
        return False
    return True


def lint(
    source: Source,
    settings: Settings,
    finder: Finder,
    env: KerasTargets,
    interpret: Interpret | None = None,
    rules: Rules | None = None,
    found: InstalledKeras | None = None,
    passed_over: frozenset[str] = frozenset(),
    parsed: ParsedModules | None = None,
) -> FileResult:
    """Everything that one source gives, also findings whose place is in another file. Nothing is suppressed yet.

    `interpret` and `rules` are the real ones unless given. Where a Keras was `found` that is to confirm them, the
    findings carry plans for it. Definitions that are `passed_over` are run only where something else runs them. Modules
    that were `parsed` for another file are not parsed again.
    """
    diagnostics = list(source.diagnostics)
    if not source.text.strip():
        return _result(source, (), diagnostics, ())
    if settings.backend == "auto":
        # A file may well ask for another backend than the one that was found.
        env = own_backend(source, env, any_backend=found is not None)
    graph: Graph | None = None
    try:
        problem = None if source.parser_safe else guard(source)
        if problem is None:
            graph, problem = _interpret(source, finder, env, interpret, passed_over, parsed)
    except (RecursionError, MemoryError):
        problem = diagnose(source.path, "too-complex", "the code is nested too deeply for the analysis; split it")
    except Exception as error:  # noqa: BLE001 - see the module's docstring
        problem = diagnose(source.path, "internal-error", f"the interpreter failed: {_where(error)}")
    if problem is not None:
        diagnostics.append(problem)
    findings: list[Finding] = []
    if graph is not None:
        # A statement that broke the interpreter is passed over, and said.
        diagnostics += [
            Diagnostic("internal-error", f"this could not be followed: {one.message}", one.span) for one in graph.errors
        ]
        from rnnlint.flow.view import View

        findings = _check(View(graph, env), source, settings, rules, diagnostics, found)
    return _result(source, tuple(findings), diagnostics, graph.notes if graph else ())


def replan(finding: Finding, graph: Graph, env: KerasTargets, found: InstalledKeras) -> Finding:
    """The finding with a plan for another graph, whose layers and calls have the same ids."""
    from rnnlint.flow.view import View

    return _planned(finding, View(graph, env), found, [])


def _planned(finding: Finding, view: View, found: InstalledKeras, diagnostics: list[Diagnostic]) -> Finding:
    """The finding with a plan of how the Keras that was found can show it, or with what is in the way."""
    from rnnlint.confirm.plan import with_plan

    def failed(finding: Finding, error: Exception) -> None:
        message = f"planning how to confirm {finding.code} failed: {_where(error)}"
        diagnostics.append(Diagnostic("internal-error", message, finding.span))

    return with_plan(finding, view, failed, lambda origin: found.obstacle(view.targets, origin))


def _result(
    source: Source, findings: tuple[Finding, ...], diagnostics: list[Diagnostic], notes: tuple[Note, ...]
) -> FileResult:
    kept = source if findings or diagnostics else None
    for finding in findings:
        finding.resolve()  # the notes are already; results of many files cannot keep their syntax trees
    return FileResult(source.path, findings, (), tuple(diagnostics), notes, kept)


def _interpret(
    source: Source,
    finder: Finder,
    env: KerasTargets,
    interpret: Interpret | None,
    passed_over: frozenset[str],
    parsed: ParsedModules | None,
) -> tuple[Graph | None, Diagnostic | None]:
    from rnnlint.interpret import ParseError, TooDeepError

    try:
        if interpret is not None:
            return interpret(source, finder, env), None
        from rnnlint.interpret import interpret as real

        return real(source, finder, env, passed_over, parsed), None
    except TooDeepError as error:
        return None, diagnose(source.path, "too-complex", error.message)
    except ParseError as error:
        row, column, message = error.row, error.column, error.message
    # libcst says where, Python says what.
    if (problem := syntax.problem(source.text)) is not None:
        row, column, message, _ = problem
    else:
        message = f"{message} (for libcst, rnnlint's parser; Python reads it)"
    return None, Diagnostic("invalid-syntax", message, source.span(row, column, row, column + 1))


def _check(
    view: View,
    source: Source,
    settings: Settings,
    rules: Rules | None,
    diagnostics: list[Diagnostic],
    found: InstalledKeras | None,
) -> list[Finding]:
    """What the rules find; with plans for the Keras that was found to confirm them."""
    from rnnlint import checks
    from rnnlint.checks.context import RuleSettings

    def failed(rule: Rule, error: Exception) -> None:
        message = f"rule {rule.code} ({rule.name}) failed: {_where(error)}"
        diagnostics.append(diagnose(source.path, "internal-error", message))

    given = RuleSettings(settings.timestep_loss_threshold, settings.selected)
    findings = checks.run_rules(view, given, settings.rules, failed, checks.RULES if rules is None else rules)
    return [one if found is None else _planned(one, view, found, diagnostics) for one in findings]


def _where(error: BaseException) -> str:
    """An exception with the innermost place that raised it: what a bug report needs."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__, limit=-1)
    place = f" ({frames[-1].filename.rpartition('rnnlint')[2].lstrip('/')}:{frames[-1].lineno})" if frames else ""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:300]}{place}"


def finish(
    result: FileResult, settings: Settings, source: Source | None = None, *, complete: bool = True
) -> FileResult:
    """Keep what this file's settings select and no comment of it suppresses, and judge these comments.

    They are not judged where the findings are not `complete`: those that are missing may be what a comment is for.
    """
    selected = settings.rules_for(result.path)
    findings = tuple(one for one in result.findings if one.span.path == result.path and one.code in selected)
    suppressed: tuple[Finding, ...] = ()
    source = source or result.source
    commented = source is not None and not settings.ignore_noqa and may_suppress(source.text)
    if source is not None and (commented or any(finding.remedy is not None for finding in findings)):
        from rnnlint.source.text import Text

        text = Text(source)
        if commented:
            from rnnlint.suppression import suppress

            if complete:
                about = suppress.judge(findings, text, selected, read=not result.diagnostics)
                findings = collect((*findings, *about))
            findings, suppressed = suppress.apply(findings, text)
        if any(finding.remedy is not None for finding in findings):
            from rnnlint import fixer

            findings = fixer.resolve(findings, text)
    return replace(result, findings=findings, suppressed=suppressed, source=source if findings else result.source)
