"""Commands in interleaved rounds: whatever slows the machine down hits all of them alike."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

LAUNCH = Path(__file__).with_name("launch.py")
# A shorter run is over before its memory has been looked at often enough.
_SAMPLED = 0.2
_PAUSE = 0.005


@dataclass(frozen=True, slots=True)
class Command:
    """What is run: `accepts` says by exit status and stderr whether it did its work."""

    name: str
    argv: tuple[str, ...]
    accepts: Callable[[int, str], bool]
    version: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One run: seconds, and the peak bytes of its largest process."""

    wall: float
    cpu: float
    peak: int
    status: int


@dataclass(slots=True)
class Measured:
    """The runs of one command on one workload. `memory` is the peak of all its processes together, in bytes."""

    command: Command
    runs: list[Run] = field(default_factory=list)
    memory: int | None = None
    failure: str = ""
    output: bytes = b""

    def median(self, quantity: str) -> float | None:
        """The median of `wall`, `cpu` or `peak`, or the `memory`; None where it was not measured."""
        if self.failure or not self.runs:
            return None
        if quantity == "memory":
            return self.memory
        return statistics.median(_quantity(run, quantity) for run in self.runs)

    def record(self) -> dict[str, Any]:
        """For the JSON file."""
        return {
            "argv": self.command.argv,
            "version": self.command.version,
            "runs": [asdict(run) for run in self.runs],
            "memory": self.memory,
            "failure": self.failure,
        }


def _quantity(run: Run, name: str) -> float:
    value: float = getattr(run, name)
    return value


def environment() -> dict[str, str]:
    """Ours, without what would change how Python or a peer runs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "RNNLINT_", "RUFF_"))}
    return {**kept, "NO_COLOR": "1", "SEMGREP_SEND_METRICS": "off", "SEMGREP_ENABLE_VERSION_CHECK": "0"}


@dataclass(frozen=True, slots=True)
class Rounds:
    """How often: `rounds` times each, but a command stops when its runs have taken `budget` seconds together."""

    rounds: int
    budget: float
    limit: float
    folder: Path
    say: Callable[[str], None]

    def measure(self, commands: Sequence[Command], paths: Sequence[Path]) -> list[Measured]:
        """Warm up, then run all commands in turn, then look at their memory."""
        found = [Measured(command) for command in commands]
        for one in found:
            self._warm_up(one, paths)
        for _ in range(self.rounds):
            for one in found:
                if not one.failure and sum(run.wall for run in one.runs) < self.budget:
                    one.runs.append(self._run(one.command, paths, os.devnull, os.devnull))
        for one in found:
            wall = one.median("wall")
            if wall is not None and _SAMPLED < wall < self.budget and Path("/proc/self/smaps_rollup").exists():
                one.memory = self._memory(one.command, paths)
        return found

    def _warm_up(self, one: Measured, paths: Sequence[Path]) -> None:
        """The first run fills caches and shows whether the command works; it counts if there is no time for more."""
        stdout, stderr = self.folder / "stdout", self.folder / "stderr"
        run = self._run(one.command, paths, str(stdout), str(stderr))
        self.say(f"  {one.command.name}: {run.wall:.2f} s, status {run.status}")
        one.output = stdout.read_bytes()
        errors = stderr.read_text(encoding="utf-8", errors="replace")
        if run.wall >= self.limit:
            one.failure = f"stopped after {run.wall:.0f} s"
        elif not one.command.accepts(run.status, errors):
            said = [line.strip() for line in errors.splitlines() if line.strip()]
            one.failure = f"status {run.status}: {'; '.join(said[-2:])[:300]}"
        elif run.wall >= self.budget:
            one.runs.append(run)

    def _run(self, command: Command, paths: Sequence[Path], stdout: str, stderr: str) -> Run:
        done = subprocess.run(
            self._launched(command, paths, stdout, stderr),
            cwd=self.folder,
            env=environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        wall, cpu, peak, status = done.stdout.split()
        return Run(float(wall), float(cpu), int(peak), int(status))

    def _launched(self, command: Command, paths: Sequence[Path], stdout: str, stderr: str) -> list[str]:
        launch = [sys.executable, "-I", "-S", str(LAUNCH), str(self.limit), stdout, stderr]
        return [*launch, *command.argv, *map(str, paths)]

    def _memory(self, command: Command, paths: Sequence[Path]) -> int:
        """The most that all processes of one more run hold at a time, pages that they share counted once."""
        with subprocess.Popen(
            self._launched(command, paths, os.devnull, os.devnull),
            cwd=self.folder,
            env=environment(),
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            peak = 0
            while True:
                peak = max(peak, sum(_shares(process.pid)))
                try:
                    process.wait(_PAUSE)
                except subprocess.TimeoutExpired:
                    continue
                return peak


def _shares(session: int) -> Iterator[int]:
    """The proportional share of memory of each process of a session but its leader."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            # The name, in brackets, may hold anything.
            fields = Path("/proc", pid, "stat").read_text(encoding="latin-1").rpartition(")")[2].split()
            if int(fields[3]) != session or int(pid) == session:
                continue
            rollup = Path("/proc", pid, "smaps_rollup").read_text(encoding="latin-1")
        except (OSError, IndexError):  # it has ended
            continue
        yield sum(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))


def ratio(mine: Measured | None, other: Measured | None, quantity: str) -> float | None:
    """Median by median."""
    above, below = (one.median(quantity) if one else None for one in (mine, other))
    return above / below if above is not None and below else None


def spread(mine: Measured, other: Measured, quantity: str) -> tuple[float, float] | None:
    """The least and the greatest ratio in one round."""
    if quantity == "memory" or min(len(mine.runs), len(other.runs)) < 2:
        return None
    pairs = zip(mine.runs, other.runs, strict=False)
    ratios = [_quantity(one, quantity) / _quantity(two, quantity) for one, two in pairs]
    return min(ratios), max(ratios)


def names(found: Sequence[Measured]) -> Mapping[str, Measured]:
    """By the commands' names."""
    return {one.command.name: one for one in found}
