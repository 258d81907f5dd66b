"""What is linted, by whom, and which ratios are wanted."""

from __future__ import annotations

import os
import shutil
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from tests.benchmarks import generate
from tests.benchmarks.tools import (
    BARE,
    COLD,
    FIXIT,
    FLAKE8,
    LIBCST,
    PEERS,
    PYLINT,
    PYTHON,
    RUFF,
    RUFF_WARM,
    SEMGREP,
    WARM,
)

SUFFIXES = (".py", ".ipynb")
_FAST = (RUFF, RUFF_WARM)
_SLOW = (FLAKE8, PYLINT, FIXIT)


@dataclass(frozen=True, slots=True)
class Workload:
    """Files and folders; `slow` are the peers that take minutes for them. `missing` says why there are none."""

    name: str
    title: str
    peers: tuple[str, ...]
    slow: tuple[str, ...] = ()
    paths: tuple[Path, ...] = ()
    missing: str = ""

    def size(self) -> tuple[int, int]:
        """How many files of Python, with how many bytes."""
        sizes = [path.stat().st_size for path in _files(self.paths)]
        return len(sizes), sum(sizes)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_file():
            yield path
        for folder, below, names in os.walk(path):
            below[:] = [name for name in below if name != ".git"]
            for name in names:
                found = Path(folder, name)
                if name.endswith(SUFFIXES) and found.is_file():
                    yield found


def workloads(scratch: Path, site_packages: Path | None, repositories: Sequence[Path]) -> list[Workload]:
    """All of them; what is made up lies in `scratch`."""
    site = site_packages or Path(sysconfig.get_paths()["purelib"])
    keras = site / "keras"
    lacks = [name for name in ("tensorflow", "keras") if not (site / name).is_dir()]
    without = f"no {' and no '.join(lacks)} in {site}: name one that has them with --site-packages" if lacks else ""
    trees = tuple(tree for folder in repositories for tree in _trees(folder))
    clean, finding = scratch / "clean.py", scratch / "finding.py"
    clean.write_text(generate.plain(1), encoding="utf-8")
    finding.write_text(generate.model(1, finding=True), encoding="utf-8")
    return [
        Workload(
            "site-packages",
            "site-packages with TensorFlow and Keras",
            _FAST,
            (),
            () if lacks else (site,),
            without,
        ),
        Workload(
            "keras",
            "Keras' own source",
            _FAST,
            (SEMGREP, *_SLOW),
            (_copied(keras, scratch),) if keras.is_dir() else (),
            "" if keras.is_dir() else f"no keras in {site}",
        ),
        Workload(
            "repositories",
            f"{len(trees)} repositories with scripts and notebooks",
            _FAST,
            (SEMGREP, FLAKE8),
            trees,
            "" if trees else "no folder of checkouts: name one with --repos",
        ),
        Workload("project", "a project of 50 files", (*BARE, *PEERS), (), (generate.project(scratch),)),
        Workload("clean-file", "one file without a candidate", (*BARE, *PEERS), (), (clean,)),
        Workload("finding-file", "one file with findings", (*BARE, *PEERS), (), (finding,)),
    ]


def _copied(package: Path, scratch: Path) -> Path:
    """A copy outside of any virtual environment and repository: some peers read nothing in these, and do not say so."""
    return shutil.copytree(
        package, scratch / "site-packages" / package.name, ignore=shutil.ignore_patterns("__pycache__")
    )


def _trees(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and path.name != ".git")


@dataclass(frozen=True, slots=True)
class Wanted:
    """At most `limit` times the peer's median, of `wall`, `peak` (largest process) or `memory` (all processes)."""

    workload: str
    mine: str
    peer: str
    limit: Fraction
    quantity: str = "wall"


WANTED = (
    Wanted("site-packages", COLD, RUFF, Fraction(1)),
    Wanted("site-packages", WARM, RUFF, Fraction(1, 5)),
    Wanted("site-packages", COLD, RUFF, Fraction(3, 2), "peak"),
    Wanted("site-packages", COLD, RUFF, Fraction(3, 2), "memory"),
    Wanted("keras", COLD, RUFF, Fraction(9, 2)),
    Wanted("keras", COLD, FLAKE8, Fraction(1, 35)),
    Wanted("keras", COLD, FIXIT, Fraction(1, 250)),
    Wanted("repositories", COLD, RUFF, Fraction(11, 5)),
    Wanted("repositories", WARM, RUFF, Fraction(3, 10)),
    Wanted("project", COLD, FLAKE8, Fraction(7, 10)),
    Wanted("project", COLD, FIXIT, Fraction(1, 10)),
    Wanted("project", COLD, SEMGREP, Fraction(1, 6)),
    Wanted("clean-file", COLD, PYTHON, Fraction(9, 2)),
    Wanted("clean-file", COLD, FLAKE8, Fraction(1, 2)),
    Wanted("finding-file", COLD, LIBCST, Fraction(13, 10)),
)
# How far time and memory per line may lie apart, whatever the size of the file.
SCALING = Fraction(3, 2)
