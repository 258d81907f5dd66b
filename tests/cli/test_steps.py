"""The steps of a run, each from a state made by hand to the next: the state before stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
import pytest

from rnnlint.cli import steps
from rnnlint.cli.checked import Checked, LenientResolver, Request, Sources, StandardInput
from rnnlint.cli.console import Console
from rnnlint.cli.options import STDIN, CheckOptions, parameters
from rnnlint.findings import Diagnostic, Finding, Verdict
from rnnlint.graph import Note, Span
from rnnlint.registry import RULES
from rnnlint.result import FileResult
from rnnlint.settings.resolver import Resolver
from rnnlint.source.read import from_text
from rnnlint.suppression.baseline import Baseline

TEXT = "from keras import layers\na = layers.Dropout(0.5)\nb = layers.Dropout(0.25)\n"
PLACES = {"first": Span("a.py", 2, 5, 2, 24, None, (2, 2)), "second": Span("a.py", 3, 5, 3, 25, None, (3, 3))}


def finding(place: str = "first", *, certain: bool = True) -> Finding:
    return Finding.of(RULES[0], message="It drops.", span=PLACES[place], certain=certain)


@pytest.fixture
def request_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Request]:
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text(TEXT)

    def made(*args: str) -> Request:
        command = click.Command("check", params=parameters(CheckOptions))
        options = CheckOptions(**command.make_context("check", list(args)).params)
        console = Console("never", quiet=options.quiet)
        settings = LenientResolver(Resolver(options.settings(), isolated=True), console)
        return Request(options, options.paths, settings, console, StandardInput(options.stdin_name))

    return made


def checked(*findings: Finding) -> Checked:
    sources = Sources([from_text(TEXT, "a.py")])
    return Checked(findings=findings, files=("a.py",), complete=("a.py",), sources=sources)


def test_results_are_collected(request_for: Callable[..., Request], capsys: pytest.CaptureFixture[str]) -> None:
    request = request_for("--min-confidence", "certain", "--verbose", "--backend", "jax")
    broken = Diagnostic("invalid-syntax", "'(' was never closed", Span("b.py", 1, 1, 1, 2))
    note = Note(PLACES["first"], "not understood")
    results = [
        FileResult(
            "a.py", (finding(), finding("second", certain=False)), notes=(note,), source=from_text(TEXT, "a.py")
        ),
        FileResult("b.py", suppressed=(finding("second"),), diagnostics=(broken,)),
    ]
    before = Checked(failed=True)
    after = steps.collect(request, before, results, None)
    assert before == Checked(failed=True, sources=before.sources)
    assert after.findings == (finding(),)
    assert after.withheld == (finding("second", certain=False),)
    assert after.suppressed == (finding("second"),)
    assert after.diagnostics == (broken,)
    assert (after.files, after.complete, after.failed) == (("a.py", "b.py"), ("a.py",), True)
    assert after.sources.line("a.py", 2, None) == "a = layers.Dropout(0.5)"
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(
        "note: no settings in a pyproject.toml: keras-version auto, backend jax by --backend; rules "
    )
    assert second == "note: a.py:2:5: not understood"


def test_what_is_known_is_no_longer_reported(request_for: Callable[..., Request]) -> None:
    baseline = Baseline("known.json", {("a.py", RULES[0].code, "layers.Dropout(0.5)"): 2})
    before = checked(finding(), finding("second"))
    after = steps.compare(request_for("--baseline", "known.json"), before, baseline)
    assert (after.findings, after.known) == ((finding("second"),), (finding(),))
    assert after.done == (
        "1 finding known to known.json.",
        "1 entry without a finding in known.json; --write-baseline drops what is gone.",
    )
    assert before.done == ()


def test_a_baseline_is_written(request_for: Callable[..., Request], capsys: pytest.CaptureFixture[str]) -> None:
    request = request_for("--baseline", "known.json", "--write-baseline")
    after = steps.compare(request, checked(finding()), Baseline("known.json"))
    assert (after.findings, after.known, after.failed) == ((), (finding(),), False)
    assert after.done == ("Wrote 1 finding to known.json.",)
    assert Path("known.json").exists()
    after = steps.compare(request, checked(finding()), Baseline("a.py/known.json"))
    assert (after.findings, after.failed) == ((finding(),), True)
    assert capsys.readouterr().err.startswith("error: cannot write a.py/known.json: ")


def test_comments_are_added(request_for: Callable[..., Request], capsys: pytest.CaptureFixture[str]) -> None:
    request = request_for("--add-noqa")
    after = steps.add_noqa(request, checked(finding()))
    assert (after.findings, after.suppressed, after.failed) == ((), (finding(),), False)
    assert after.done == ("Added 1 comment to 1 file.",)
    assert f"a = layers.Dropout(0.5)  # noqa: {RULES[0].code}\n" in Path("a.py").read_text()
    again = steps.add_noqa(request, checked(finding("second")))
    assert (again.findings, again.failed) == ((finding("second"),), True)
    assert capsys.readouterr().err == "error: cannot write a.py: the file was changed in the meantime\n"


def test_nothing_is_confirmed_without_a_keras(request_for: Callable[..., Request]) -> None:
    after = steps.confirm(request_for("--confirm"), checked(finding()), steps.Confirmation(reason="no Keras"))
    assert after.findings == (replace(finding(), verdict=Verdict("unverified", "no Keras", "", "")),)
    assert after.refuted == ()


def test_settings_that_cannot_be_used_are_reported_once(
    request_for: Callable[..., Request], capsys: pytest.CaptureFixture[str]
) -> None:
    request_for()
    Path("sub").mkdir()
    Path("sub/pyproject.toml").write_text("[tool.rnnlint]\nkeras = 3\n")
    settings = LenientResolver(Resolver(), Console("never"))
    seen = [(bool(settings(path).rules), settings.failed) for path in (STDIN, "sub/a.py", "sub/b.py")]
    assert seen == [(True, False), (False, True), (False, True)]
    assert capsys.readouterr().err.count("error: ") == 1
