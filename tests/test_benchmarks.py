"""The benchmark runs and prints its tables. What it measures is no test's business."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import rnnlint
from tests.benchmarks import generate, measure, report, scaling, tools
from tests.benchmarks.__main__ import NAMES
from tests.benchmarks.measure import Command, Measured, Rounds, Run
from tests.benchmarks.workloads import WANTED, workloads

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the benchmark needs wait4")


def script(path: Path, text: str) -> None:
    """An executable of a peer that is none."""
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the table below a heading, without its first two lines."""
    _, found, below = text.partition(f"### {heading}")
    assert found, heading
    table = below.partition("\n\n")[2].partition("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    assert len({len(row) for row in cells}) == 1
    return cells[2:]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """What a quick run on tiny workloads, with two peers that are none, prints and writes."""
    folder = tmp_path_factory.mktemp("benchmark")
    for name in ("site/tensorflow/__init__.py", "site/keras/__init__.py", "repos/one/a.py", "repos/two/b.py"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(generate.plain(1), encoding="utf-8")
    (folder / "repos/two/c.py").write_text(generate.model(0, finding=True), encoding="utf-8")
    script(folder / "peers/a/bin/flake8", "echo 7.8.9")
    script(folder / "peers/b/bin/ruff", 'test "$1" = --version && echo ruff 1.2.3 && exit 0; echo broken >&2; exit 2')
    options = ["--quick", "--rounds=1", "--lines=20,40", "--layers=15", "--site-packages=site", "--repos=repos"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", *options, "--peers=peers", "--json=all.json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads((folder / "all.json").read_text(encoding="utf-8"))


def test_each_workload_has_a_table(run: tuple[str, dict[str, Any]]) -> None:
    text, record = run
    sizes = {name: about["files"] for name, about in record["workloads"].items()}
    assert sizes == {
        "site-packages": 2,
        "keras": 1,
        "repositories": 3,
        "project": 50,
        "clean-file": 1,
        "finding-file": 1,
    }
    for heading in (
        "Site-packages",
        "Keras' own",
        "2 repositories",
        "A project",
        "One file without",
        "One file with f",
    ):
        commands = {row[0]: row for row in rows(text, heading)}
        assert commands[tools.COLD][6] == "1.00"
        assert float(commands[tools.COLD][1]) > 0


def test_a_peer_that_fails_is_named_and_not_compared(run: tuple[str, dict[str, Any]]) -> None:
    text, record = run
    (broken,) = [row for row in rows(text, "Site-packages") if row[0] == tools.RUFF]
    assert broken[1:] == ["-"] * 7 + ["status 2: broken", "0"]
    assert record["workloads"]["site-packages"]["commands"][tools.RUFF]["runs"] == []
    against = [one for one in record["figures"] if one["figure"].endswith(tools.RUFF)]
    assert against
    assert {one["measured"] for one in against} == {None}


def test_versions_and_machine_are_named(run: tuple[str, dict[str, Any]]) -> None:
    text, record = run
    assert record["versions"]["flake8"] == "7.8.9"
    assert record["versions"]["ruff"] == "1.2.3"
    assert record["versions"]["rnnlint"] == rnnlint.__version__
    assert "flake8 7.8.9" in text.splitlines()[-2]
    assert record["machine"]["python"] in text


def test_what_is_wanted_stands_beside_what_is_measured(run: tuple[str, dict[str, Any]]) -> None:
    text, record = run
    shapes = ("lines of functions", *scaling.LAYERS)
    listed = rows(text, "Wanted and measured")
    assert [row[0] for row in listed] == [
        *(one.workload for one in WANTED),
        *(shape for shape in shapes for _ in range(2)),
    ]
    for row, figure in zip(listed, record["figures"], strict=True):
        value = figure["measured"]
        assert row[-1] == ("-" if value is None else "yes" if value <= figure["wanted"] else "no")
    # flake8 is there, though it is none; Fixit is not.
    measured = {(row[0], row[1]): row[3] for row in listed}
    assert measured["project", f"time, rnnlint ÷ {tools.FLAKE8}"] != "-"
    assert measured["project", f"time, rnnlint ÷ {tools.FIXIT}"] == "-"


def test_growing_files_are_measured_without_the_parser(run: tuple[str, dict[str, Any]]) -> None:
    text, record = run
    assert len(rows(text, "Growing files")) == len(record["scaling"]) == 2 + len(scaling.LAYERS)
    for point in record["scaling"]:
        assert not point["failure"]
        assert min(point["own"], point["parse"], point["memory"], point["lines"]) > 0


def test_what_is_missing_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    listed = {one.name: one for one in workloads(tmp_path, tmp_path / "site", [])}
    assert [*listed, "scaling"] == list(NAMES)
    assert listed["site-packages"].missing.startswith("no tensorflow and no keras in ")
    assert listed["keras"].missing.startswith("no keras in ")
    assert listed["repositories"].missing == "no folder of checkouts: name one with --repos"
    assert not any(
        one.missing for name, one in listed.items() if name not in ("site-packages", "keras", "repositories")
    )


def test_what_is_made_up_is_python_with_the_findings_it_should_have(tmp_path: Path) -> None:
    paths = sorted(generate.project(tmp_path).rglob("*.py"))
    assert len(paths) == 50
    texts = [path.read_text(encoding="utf-8") for path in paths]
    texts += [generate.functions(50), generate.sequential(20), generate.added(20), generate.functional(20)]
    for text in texts:
        ast.parse(text)
    found = [rnnlint.check_source(path.read_text(encoding="utf-8")) for path in paths if path.name.startswith("model_")]
    assert len(found) == 12
    assert sum(map(bool, found)) == 4
    assert not rnnlint.check_source(generate.plain(1))
    for text in (generate.functions(12), generate.sequential(20), generate.added(20), generate.functional(20)):
        assert rnnlint.check_source(text)


def test_a_command_is_measured_with_its_children_and_stopped(tmp_path: Path) -> None:
    python = sys.executable
    say: list[str] = []
    rounds = Rounds(2, 60, 5, tmp_path, say.append)
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'bytearray(150_000_000)'], check=True)"
    large = Command("large", (python, "-c", code), lambda status, _: status == 0)
    slow = Command("slow", (python, "-c", "import time; time.sleep(600)"), lambda status, _: status == 0)
    first, second = rounds.measure([large, slow], [])
    assert len(first.runs) == 2
    assert (first.median("peak") or 0) > 150_000_000
    assert second.failure == "stopped after 5 s"
    assert second.median("wall") is None
    assert len(say) == 2


def test_what_a_command_prints_to_stderr_says_why_it_failed(tmp_path: Path) -> None:
    rounds = Rounds(1, 60, 60, tmp_path, lambda _: None)
    code = "import sys; print('first\\n\\nlast\\nwords', file=sys.stderr); sys.exit(3)"
    (found,) = rounds.measure([Command("bad", (sys.executable, "-c", code), lambda status, _: status == 0)], [])
    assert found.failure == "status 3: last; words"
    assert not found.runs


def test_the_slow_run_less_often(tmp_path: Path) -> None:
    rounds = Rounds(50, 0, 60, tmp_path, lambda _: None)
    (found,) = rounds.measure([Command("pass", (sys.executable, "-c", "pass"), lambda *_: True)], [])
    assert len(found.runs) == 1


def measured(*walls: float) -> Measured:
    """As if a command had taken so long."""
    return Measured(Command("x", (), lambda *_: True), [Run(wall, wall, 1, 0) for wall in walls])


def test_ratios_are_of_medians_and_their_spread_is_of_rounds() -> None:
    mine, other = measured(1, 9, 2), measured(4, 4, 1)
    assert measure.ratio(mine, other, "wall") == 0.5
    assert measure.spread(mine, other, "wall") == (0.25, 2.25)
    assert measure.spread(measured(1), other, "wall") is None
    assert measure.ratio(mine, None, "wall") is None
    assert measure.ratio(mine, measured(), "wall") is None


def test_a_figure_that_misses_is_said_to() -> None:
    mine, other = measured(1.0), measured(1.0)
    mine.command, other.command = (Command(name, (), lambda *_: True) for name in (tools.COLD, tools.PYTHON))
    figures = report.figures({"clean-file": [mine, other]}, [])
    table = "\n".join(report.figures_table(figures))
    assert f"| clean-file | time, rnnlint ÷ {tools.PYTHON} | ≤ 4.5 | 1.00 | - | 1.00 | yes |" in table
    (figure,) = [one for one in figures if one["figure"].endswith(tools.PYTHON)]
    figure["measured"] = 5.0
    assert "| 5.00 | - | 1.00 | no |" in "\n".join(report.figures_table(figures))


def test_output_that_differs_is_said_to(tmp_path: Path) -> None:
    (what,) = [one for one in workloads(tmp_path, tmp_path, []) if one.name == "clean-file"]
    runs = [measured(1.0), measured(1.0)]
    for one, name in zip(runs, (tools.COLD, tools.WARM), strict=True):
        one.command, one.output = Command(name, (), lambda *_: True), name.encode()
    assert any("did not print the same" in line for line in report.workload(what, runs))
    runs[1].output = runs[0].output
    assert not any("did not print the same" in line for line in report.workload(what, runs))
