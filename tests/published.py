"""The working tree as if it were published: wheels on a package index, and a tagged repository at its address."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import rnnlint

ROOT = Path(__file__).resolve().parents[1]
HOME = "https://github.com/rnnlint/rnnlint"
TAG = f"v{rnnlint.__version__}"
# What an installation is made of, and the action.
PARTS = ("rnnlint", "rules", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml", "action.yml")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", ".*_cache", "*.orig", "*.rej")


@functools.cache
def published() -> Mapping[str, str]:
    """Variables of an environment in which pip and git find this rnnlint, and pip asks no other index.

    The wheels are fetched once; what is then installed by a hook, an action or a script takes seconds.
    """
    folder = Path(tempfile.mkdtemp(prefix="rnnlint-published-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    repository = folder / "repository"
    repository.mkdir()
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, repository / name, ignore=_LEFT_OUT)
        else:
            shutil.copy(ROOT / name, repository / name)
    for arguments in (["init", "-q"], ["add", "--all"], ["commit", "-qm", "all"], ["tag", TAG]):
        git(*arguments, cwd=repository)
    wheels = folder / "wheels"
    # hatchling builds rnnlint wherever it is installed from source.
    run(sys.executable, "-m", "pip", "wheel", "-q", "--wheel-dir", str(wheels), str(repository), "hatchling")
    return {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{repository.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": HOME,
    }


def environment(**more: str) -> dict[str, str]:
    """A plain environment in which rnnlint is published: nothing of this test run's own settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    return {**kept, **IDENTITY, **published(), "PYTHONDONTWRITEBYTECODE": "1", **more}


# As git calls those who commit.
IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "tests"), ("EMAIL", "tests@example.org"))
}


def command(folder: Path) -> str:
    """A folder for the PATH in which `rnnlint` is the working tree's, under the Python of the tests."""
    folder.mkdir()
    file = folder / "rnnlint"
    file.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m rnnlint "$@"\n', encoding="utf-8")
    file.chmod(0o755)
    return str(folder)


def git(*arguments: str, cwd: Path) -> str:
    """Run git and return what it says."""
    return run("git", *arguments, cwd=cwd, env={**os.environ, **IDENTITY})


def run(*command: str, cwd: Path | None = None, env: Mapping[str, str] | None = None, status: int = 0) -> str:
    """Run a command, which must end with a status; its stdout and stderr together."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == status, f"{command} ended with {done.returncode}:\n{done.stdout}"
    return done.stdout
