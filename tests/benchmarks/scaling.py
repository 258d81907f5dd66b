"""Time and memory per line of files of growing size, of rnnlint's own part: everything but libcst's parse."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks import generate
from tests.benchmarks.measure import environment
from tests.benchmarks.tools import ROOT

OWN = Path(__file__).with_name("own.py")
FIRST = "first.py"
LAYERS: dict[str, Callable[[int], str]] = {
    "layers in one Sequential([...])": generate.sequential,
    "layers, model.add(...)": generate.added,
    "layers, x = layer(x)": generate.functional,
}


@dataclass(frozen=True, slots=True)
class Point:
    """One file: seconds and bytes. `refused` is why rnnlint passes over such a file; it was measured all the same."""

    shape: str
    lines: int
    size: int
    parse: float = 0.0
    own: float = 0.0
    memory: float = 0.0
    findings: int = 0
    refused: str = ""
    failure: str = ""

    @property
    def micros(self) -> float:
        """Microseconds per line."""
        return self.own / self.lines * 1e6

    @property
    def bytes(self) -> float:
        """Peak bytes per line."""
        return self.memory / self.lines


def measure(
    lines: Sequence[int], layers: Sequence[int], rounds: int, limit: float, scratch: Path, say: Callable[[str], None]
) -> Iterator[Point]:
    """One point per size and shape."""
    made: list[tuple[str, int, Callable[[int], str]]] = [
        ("lines of functions", size, generate.functions) for size in lines
    ]
    made += [(shape, size, text) for shape, text in LAYERS.items() for size in layers]
    (scratch / FIRST).write_text(generate.model(0, finding=True), encoding="utf-8")
    for shape, size, text in made:
        path = scratch / "scaling.py"
        path.write_text(text(size), encoding="utf-8")
        point = _point(shape, path, rounds, limit)
        say(f"  {shape}, {size:,}: {point.failure or f'{point.own:.2f} s'}")
        yield point


def _point(shape: str, path: Path, rounds: int, limit: float) -> Point:
    text = path.read_bytes()
    bare = Point(shape, text.count(b"\n"), len(text))
    try:
        times = [_own("time", path, limit) for _ in range(rounds)]
        memory = _own("memory", path, limit)
    except subprocess.TimeoutExpired:
        return Point(shape, bare.lines, bare.size, failure=f"stopped after {limit:.0f} s")
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["no words"])[-1]
        return Point(shape, bare.lines, bare.size, failure=f"status {error.returncode}: {last[:200]}")
    first = times[0]
    return Point(
        shape,
        bare.lines,
        bare.size,
        median(one["parse"] for one in times),
        median(one["own"] for one in times),
        memory["memory"],
        first["findings"],
        first["refused"],
        "; ".join(first["wrong"]),
    )


def _own(kind: str, path: Path, limit: float) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(OWN), kind, str(ROOT), FIRST, path.name],
        env=environment(),
        cwd=path.parent,
        capture_output=True,
        text=True,
        timeout=limit,
        check=True,
    )
    said: dict[str, Any] = json.loads(done.stdout)
    return said
