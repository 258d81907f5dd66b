"""rnnlint and its peers as commands; a peer that is not installed is left out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click

from rnnlint import __version__
from rnnlint.cli.check import check as check_command
from tests.benchmarks.measure import Command, environment

ROOT = Path(__file__).resolve().parents[2]

COLD, WARM = "rnnlint", "rnnlint, warm cache"
RUFF, RUFF_WARM = "ruff F401", "ruff F401, warm cache"
FLAKE8, FIXIT, PYLINT, SEMGREP = "flake8 F401", "Fixit, one rule", "pylint, one check", "semgrep, one rule"
PYTHON, LIBCST = "python -c pass", "python -c 'import libcst'"
PEERS = (RUFF, RUFF_WARM, FLAKE8, FIXIT, PYLINT, SEMGREP)
BARE = (PYTHON, LIBCST)

_FIXIT = '[tool.fixit]\nroot = true\ndisable = ["fixit.rules"]\n'
_SEMGREP = """rules:
  - id: dropout
    languages: [python]
    severity: WARNING
    message: a dropout layer
    pattern-either: [{pattern: Dropout(...)}, {pattern: $X.Dropout(...)}]
"""


def installed(name: str, folders: Sequence[Path]) -> Path | None:
    """A peer's command: in one of the folders or an environment in it, else beside the running Python or on the PATH.

    Where folders are given, nothing is looked for elsewhere.
    """
    places = [
        place
        for folder in folders
        for environment in (folder, *sorted(filter(Path.is_dir, folder.iterdir())))
        for place in (environment, environment / "bin")
    ]
    for place in places or [Path(sys.executable).parent]:
        if (place / name).is_file() and os.access(place / name, os.X_OK):
            # Not resolved: a command of an environment may be a link out of it.
            return (place / name).absolute()
    found = None if folders else shutil.which(name)
    return Path(found).absolute() if found else None


def commands(peers: Sequence[Path], scratch: Path, jobs: Sequence[int] = ()) -> Iterator[Command]:
    """All commands there are; `jobs` adds rnnlint with that many processes. `scratch` takes settings and caches."""
    yield from _rnnlint(scratch, jobs)
    quiet = _status(0)
    yield Command(PYTHON, (sys.executable, "-c", "pass"), quiet, _python())
    # Paths that follow `-c` are arguments of no meaning.
    yield Command(LIBCST, (sys.executable, "-c", "import libcst"), quiet, _version_of("libcst"))
    fixit, semgrep = scratch / "fixit.toml", scratch / "semgrep.yaml"
    fixit.write_text(_FIXIT, encoding="utf-8")
    semgrep.write_text(_SEMGREP, encoding="utf-8")
    files = ("--config", 'include=["*.py", "*.ipynb"]', "--config", 'exclude=[".git"]', "--no-respect-gitignore")
    ruff = ("check", "--isolated", "-q", "--select", "F401", *files)
    known: dict[str, tuple[str, tuple[str, ...], Callable[[int, str], bool]]] = {
        RUFF: ("ruff", (*ruff, "--no-cache"), _status(0, 1)),
        RUFF_WARM: ("ruff", (*ruff, "--cache-dir", str(scratch / "ruff")), _status(0, 1)),
        FLAKE8: ("flake8", ("--isolated", "--select=F401"), _status(0, 1)),
        FIXIT: (
            "fixit",
            ("-c", str(fixit), "--rules", "fixit.rules.compare_singleton_primitives_by_is", "lint"),
            _status(0, 1),
        ),
        PYLINT: (
            "pylint",
            (f"--rcfile={os.devnull}", "--persistent=n", "--recursive=y", "--disable=all", "--enable=unnecessary-pass"),
            _status(*range(32)),  # a bit for each kind of message; 32 is a wrong command line
        ),
        SEMGREP: (
            "semgrep",
            ("scan", "--config", str(semgrep), "--metrics=off", "--oss-only", "--no-git-ignore", "-q"),
            _status(0, 1),
        ),
    }
    for name, (program, arguments, accepts) in known.items():
        if (found := installed(program, peers)) is not None:
            yield Command(name, (str(found), *arguments), accepts, _asked(found))


def _rnnlint(scratch: Path, jobs: Sequence[int]) -> Iterator[Command]:
    """This checkout, entered as the installed script does."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from rnnlint.cli import main; sys.exit(main())"
    check = (sys.executable, "-c", code, "check", "--isolated", "--exclude", ".git", "--no-respect-gitignore")
    options = {option for parameter in check_command.params for option in parameter.opts}
    accepts = _status(0, 1)
    yield Command(COLD, (*check, "--no-cache"), accepts, __version__)
    if "--cache-dir" in options:
        yield Command(WARM, (*check, "--cache-dir", str(scratch / "rnnlint")), accepts, __version__)
    if "--jobs" in options:
        for count in jobs:
            yield Command(f"{COLD}, -j {count}", (*check, "--no-cache", "--jobs", str(count)), accepts, __version__)


def _status(*good: int) -> Callable[[int, str], bool]:
    return lambda status, errors: status in good and "Traceback (most recent call last)" not in errors


def _python() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def _version_of(package: str) -> str:
    from importlib.metadata import version

    return version(package)


def _asked(program: Path) -> str:
    """What `--version` says, or its number."""
    try:
        done = subprocess.run(
            [program, "--version"], env=environment(), capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        click.echo(f"{program} --version: {error}", err=True)
        return "?"
    match = re.search(r"\d+(?:\.\d+)+\S*", done.stdout)
    return match[0] if match else "?"
