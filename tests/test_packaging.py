"""The wheel: every page of the rule book is in it, it runs where it is installed, and it pulls nothing heavy."""

from __future__ import annotations

import email
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import rnnlint
from rnnlint.checks import RULES

ROOT = Path(__file__).resolve().parents[1]
LIGHT = {"click", "libcst", "packaging", "pathspec", "tomli"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    # By way of the sdist, as a package index would get it: what the sdist forgets is missing from the wheel.
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = out.glob("*.whl")
    return found


def test_pages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    pages = {name for name in names if name.startswith("rnnlint/rules/")}
    assert pages == {f"rnnlint/rules/{rule.code}.md" for rule, _ in RULES} | {"rnnlint/rules/README.md"}
    assert {name.split("/")[0] for name in names} == {"rnnlint", f"rnnlint-{rnnlint.__version__}.dist-info"}


def test_modules(wheel: Path) -> None:
    """All modules, and of the leftovers that a working tree collects none."""
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if not name.endswith(".md") and ".dist-info/" not in name}
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "rnnlint").rglob("*.py")}
    assert shipped == modules | {"rnnlint/py.typed"}


def test_plain_install_is_light(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(archive.read(name))
    requirements = [Requirement(text) for text in metadata.get_all("Requires-Dist", [])]
    plain = {one.name for one in requirements if one.marker is None or "extra" not in str(one.marker)}
    assert plain == LIGHT
    assert all(operator.operator == ">=" for one in requirements for operator in one.specifier), "floors, not ceilings"
    assert metadata["Version"] == rnnlint.__version__


def test_runs_where_installed(wheel: Path, tmp_path: Path) -> None:
    """Installed without the checkout in sight; its dependencies are those of this Python."""
    target = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)

    def run(*args: str) -> str:
        code = f"import sys; sys.path.insert(0, {str(target)!r}); from rnnlint.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", code, *args], cwd=tmp_path, capture_output=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run("--version").split()[-1] == rnnlint.__version__
    for rule, _ in RULES:
        assert rule.summary in " ".join(run("rule", rule.code).split())
