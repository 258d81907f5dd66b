"""The command: `python -m tests.benchmarks`."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from tests.benchmarks import report, scaling
from tests.benchmarks.measure import Measured, Rounds
from tests.benchmarks.tools import BARE, COLD, commands
from tests.benchmarks.workloads import workloads

NAMES = ("site-packages", "keras", "repositories", "project", "clean-file", "finding-file", "scaling")
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def _sizes(ctx: click.Context, parameter: click.Parameter, value: str | None) -> list[int] | None:
    try:
        sizes = None if value is None else [int(part) for part in value.split(",")]
    except ValueError:
        sizes = [0]
    if sizes is not None and min(sizes) < 1:
        raise click.BadParameter("numbers above 0 in a comma list", ctx, parameter)
    return sizes


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option(
    "--site-packages", type=FOLDER, help="With TensorFlow and Keras.  [the running Python's]", show_default=False
)
@click.option("--repos", type=FOLDER, multiple=True, help="A folder of checkouts with Keras models; may be repeated.")
@click.option(
    "--peers",
    type=FOLDER,
    multiple=True,
    help="Take peers from this virtual environment or folder of such, and from nowhere else; may be repeated.",
)
@click.option("--only", type=click.Choice(NAMES), multiple=True, help="Only this workload; may be repeated.")
@click.option("--quick", is_flag=True, help="Two rounds, without the slow peers and the largest files.")
@click.option("--rounds", type=click.IntRange(1), help="Rounds of each workload.  [9; quick: 2]", show_default=False)
@click.option(
    "--budget", type=float, help="A command runs no more after so many seconds.  [60; quick: 10]", show_default=False
)
@click.option("--limit", type=float, default=900, help="Seconds after which one run is stopped.")
@click.option("--jobs", type=click.IntRange(1), multiple=True, help="Also rnnlint with so many processes.")
@click.option("--cores", type=click.IntRange(1), default=2, help="Cores to use of those there are (Linux).")
@click.option("--lines", callback=_sizes, help="Lengths of the growing files.  [1,000 to 100,000]", show_default=False)
@click.option("--layers", callback=_sizes, help="Layers of the growing files.  [100 to 20,000]", show_default=False)
@click.option("--json", "target", type=click.Path(dir_okay=False, path_type=Path), help="Write all figures there too.")
def main(
    site_packages: Path | None,
    repos: tuple[Path, ...],
    peers: tuple[Path, ...],
    only: tuple[str, ...],
    quick: bool,
    rounds: int | None,
    budget: float | None,
    limit: float,
    jobs: tuple[int, ...],
    cores: int,
    lines: list[int] | None,
    layers: list[int] | None,
    target: Path | None,
) -> None:
    """Measure rnnlint and the peers that are installed, in turn, and print medians and ratios as Markdown."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    else:
        click.echo("all cores are used: this system cannot choose", err=True)
    facts = report.machine()
    rounds = rounds or (2 if quick else 9)
    chosen = only or NAMES
    found: dict[str, list[Measured]] = {}
    about: dict[str, Any] = {}
    points: list[scaling.Point] = []
    with tempfile.TemporaryDirectory(prefix="rnnlint-benchmark-") as folder:
        scratch = Path(folder).resolve()
        given = [path.resolve() for path in peers]
        sites = site_packages and site_packages.resolve()
        listed = workloads(scratch, sites, [path.resolve() for path in repos])
        report.write(["## rnnlint beside other linters", ""])
        runner = Rounds(rounds, budget or (10 if quick else 60), limit, scratch, _say)
        for what in listed:
            if what.name not in chosen:
                continue
            if what.missing:
                report.write([f"### {what.title} ({what.name}): left out", "", f"{what.missing}.", ""])
                continue
            _say(what.name)
            caches = scratch / f"caches-{what.name}"
            caches.mkdir()
            asked = (*what.peers, *(() if quick else what.slow))
            run = [one for one in commands(given, caches, jobs) if one.name.startswith(COLD) or one.name in asked]
            found[what.name] = runner.measure(run, what.paths)
            files, size = what.size()
            about[what.name] = {"paths": [str(path) for path in what.paths], "files": files, "bytes": size}
            report.write(report.workload(what, found[what.name]))
        if "scaling" in chosen:
            _say("scaling")
            lengths = lines or ([1000, 10_000] if quick else [1000, 3000, 10_000, 30_000, 100_000])
            counts = layers or ([100, 2000] if quick else [100, 1000, 5000, 20_000])
            points = list(scaling.measure(lengths, counts, 1 if quick else 3, limit, scratch, _say))
            report.write(report.scaling(points))
        figures = report.figures(found, points)
        report.write(report.figures_table(figures))
        versions = _versions(found)
        end = os.getloadavg()
        report.write(report.about(facts, versions, end))
    if target is not None:
        record = {
            "machine": {**facts, "load_at_end": end},
            "versions": versions,
            "workloads": {
                name: {**about[name], "commands": {one.command.name: one.record() for one in runs}}
                for name, runs in found.items()
            },
            "scaling": [asdict(point) for point in points],
            "figures": figures,
        }
        target.write_text(json.dumps(record, indent=1, default=_plain) + "\n", encoding="utf-8")


def _versions(found: dict[str, list[Measured]]) -> dict[str, str]:
    """Of rnnlint, what it stands on, and the peers."""
    own = {name: version(name) for name in ("click", "libcst")}
    peers = {
        one.command.name.partition(" ")[0].strip(","): one.command.version
        for runs in found.values()
        for one in runs
        if one.command.name not in BARE
    }
    return {**own, **peers}


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Fraction) else str(value)


def _say(text: str) -> None:
    click.echo(text, err=True)


if __name__ == "__main__":
    main()
