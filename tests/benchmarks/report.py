"""The tables."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.benchmarks import measure
from tests.benchmarks.measure import Measured
from tests.benchmarks.scaling import Point
from tests.benchmarks.tools import COLD, ROOT
from tests.benchmarks.workloads import SCALING, WANTED, Workload

_QUANTITIES = {"wall": "time", "peak": "peak memory of the largest process", "memory": "memory of all processes"}
_NONE = "-"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> Iterator[str]:
    """A Markdown table; the first columns are aligned to the left, the others to the right."""
    yield f"| {' | '.join(header)} |"
    yield f"|{'|'.join(['---'] * left + ['--:'] * (len(header) - left))}|"
    yield from (f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)
    yield ""


def machine() -> dict[str, Any]:
    """Where and with what it was measured."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": platform.platform(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "commit": _commit(),
        "load": os.getloadavg(),
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _commit() -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(ROOT), "describe", "--always", "--dirty"],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "not a checkout"
    return done.stdout.strip()


def about(facts: Mapping[str, Any], versions: Mapping[str, str], end: Sequence[float]) -> Iterator[str]:
    """The machine, and the versions of all."""
    load = " and ".join(f"{one[0]:.1f}" for one in (facts["load"], end))
    yield f"- {facts['processor']}, {facts['cores']} cores, {facts['memory'] / 2**30:.0f} GiB; {facts['system']}"
    yield f"- {facts['python']}; rnnlint at {facts['commit']}"
    yield f"- load before and after: {load}"
    yield f"- {', '.join(f'{name} {version}' for name, version in versions.items())}"
    yield ""


def workload(what: Workload, found: Sequence[Measured]) -> Iterator[str]:
    """What each command took."""
    files, size = what.size()
    extent = f"{files:,} file{'s'[: files != 1]}, {size / 1000:,.0f} KB"
    yield f"### {what.title[0].upper()}{what.title[1:]} ({what.name}): {extent}"
    yield ""
    mine = measure.names(found).get(COLD)
    header = (
        "command",
        "median s",
        "least to most",
        "CPU s",
        "peak MB",
        "all processes MB",
        f"{COLD} ÷ it",
        "by CPU",
        "status",
        "runs",
    )
    yield from table(header, (_row(one, mine) for one in found))
    same = {one.output for one in found if one.command.name.startswith(COLD) and not one.failure}
    if len(same) > 1:
        yield "**The runs of rnnlint did not print the same.**"
        yield ""


def _row(one: Measured, mine: Measured | None) -> tuple[str, ...]:
    name = one.command.name
    if one.failure:
        return (name, *[_NONE] * 7, one.failure, "0")
    walls = [run.wall for run in one.runs]
    wall, cpu, peak = (one.median(quantity) or 0 for quantity in ("wall", "cpu", "peak"))
    return (
        name,
        f"{wall:.3f}",
        f"{min(walls):.3f} to {max(walls):.3f}",
        f"{cpu:.2f}",
        _mb(peak),
        _mb(one.memory) if one.memory else _NONE,
        _ratio(measure.ratio(mine, one, "wall")),
        _ratio(measure.ratio(mine, one, "cpu")),
        str(one.runs[-1].status),
        str(len(one.runs)),
    )


def _mb(size: float) -> str:
    return f"{size / 1e6:,.0f}" if size >= 1e7 else f"{size / 1e6:,.2f}"


def _ratio(value: float | None, limit: Fraction = Fraction(1)) -> str:
    """As a fraction where it is a small one, or where it is to be compared with one."""
    if value is None:
        return _NONE
    if (limit.numerator == 1 and limit.denominator > 5) or value < 0.01:
        return f"1/{1 / value:.1f}" if value > 0.1 else f"1/{1 / value:.0f}"
    return f"{value:.2f}"


def figures(found: Mapping[str, Sequence[Measured]], points: Sequence[Point]) -> list[dict[str, Any]]:
    """Each wanted figure with what was measured, None where it was not."""
    listed: list[dict[str, Any]] = []
    for wanted in WANTED:
        runs = measure.names(found.get(wanted.workload, ()))
        mine, other = runs.get(wanted.mine), runs.get(wanted.peer)
        rounds = measure.spread(mine, other, wanted.quantity) if mine and other else None
        listed.append(
            {
                "workload": wanted.workload,
                "figure": f"{_QUANTITIES[wanted.quantity]}, {wanted.mine} ÷ {wanted.peer}",
                "wanted": wanted.limit,
                "measured": measure.ratio(mine, other, wanted.quantity),
                "rounds": rounds,
                "cpu": measure.ratio(mine, other, "cpu") if wanted.quantity == "wall" else None,
            }
        )
    for shape in dict.fromkeys(point.shape for point in points):
        own = [point for point in points if point.shape == shape and not point.failure]
        for figure, values in (
            ("time per line, most ÷ least", [point.micros for point in own]),
            ("peak memory per line, most ÷ least", [point.bytes for point in own]),
        ):
            apart = max(values) / min(values) if len(values) > 1 and min(values) > 0 else None
            listed.append(
                {"workload": shape, "figure": figure, "wanted": SCALING, "measured": apart, "rounds": None, "cpu": None}
            )
    return listed


def figures_table(listed: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The wanted figures beside the measured ones."""
    yield "### Wanted and measured"
    yield ""
    rows = []
    for one in listed:
        limit, value, rounds = one["wanted"], one["measured"], one["rounds"]
        wanted = f"≤ {f'1/{limit.denominator}' if limit.numerator == 1 and limit.denominator > 5 else float(limit):}"
        each = " to ".join(_ratio(end, limit) for end in rounds) if rounds else _NONE
        reached = _NONE if value is None else "yes" if value <= limit else "no"
        cpu = _ratio(one["cpu"], limit)
        rows.append((one["workload"], one["figure"], wanted, _ratio(value, limit), each, cpu, reached))
    yield from table(("workload", "figure", "wanted", "measured", "single rounds", "by CPU", "reached"), rows, 2)


def scaling(points: Iterable[Point]) -> Iterator[str]:
    """Own time and memory by size."""
    yield "### Growing files: rnnlint's own part, without libcst's parse"
    yield ""
    header = (
        "shape",
        "lines",
        "KB",
        "libcst s",
        "own s",
        "own µs per line",
        "own peak bytes per line",
        "findings",
        "note",
    )
    yield from table(header, map(_scaled, points))


def _scaled(point: Point) -> tuple[str, ...]:
    size = (point.shape, f"{point.lines:,}", f"{point.size / 1000:,.0f}")
    if point.failure:
        return (*size, _NONE, _NONE, _NONE, _NONE, _NONE, point.failure)
    return (
        *size,
        f"{point.parse:.3f}",
        f"{point.own:.3f}",
        f"{point.micros:.1f}",
        f"{point.bytes:,.0f}",
        str(point.findings),
        "beyond the limit of rnnlint, which was lifted for this" if point.refused else "",
    )


def write(lines: Iterable[str]) -> None:
    """To stdout, at once: a run takes its time."""
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
