"""The hooks of `.pre-commit-hooks.yaml`, run by the real pre-commit when git commits."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
import pytest

from tests.published import HOME, ROOT, TAG, command, environment, git, run
from tests.readme import blocks, load, snippets

BAD = blocks("python")[0]
CLEAN = BAD.replace("layers.Dropout(0.3),", "").replace(", recurrent_dropout=0.2", "")
# A safe fix: the batch size does not belong into a noise_shape.
FIXABLE = CLEAN.replace("layers.LSTM(32)", "layers.Dropout(0.3, noise_shape=(32, 48, 1)),\n        layers.LSTM(32)")
FIXABLE = FIXABLE.replace("shape=(48, 1)", "shape=(48, 8)").replace("noise_shape=(32, 48, 1)", "noise_shape=(32, 1, 8)")


class Project:
    """A git repository with hooks, in which a user commits."""

    def __init__(self, folder: Path, config: str, env: dict[str, str]) -> None:
        self.folder, self.env = folder, env
        git("init", "-q", cwd=folder)
        self.write(".pre-commit-config.yaml", config)
        run(sys.executable, "-m", "pre_commit", "install", cwd=folder, env=env)
        self.commit()

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def commit(self, status: int = 0) -> str:
        """Commit all; what the hooks said."""
        git("add", "--all", cwd=self.folder)
        before = self.commits()
        said = run("git", "commit", "-m", "work", cwd=self.folder, env=self.env, status=status)
        assert self.commits() == before + (status == 0)
        return said

    def commits(self) -> int:
        return int(git("rev-list", "--all", "--count", cwd=self.folder))


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One store of pre-commit, so that the hook's own Python is made once."""
    folder = tmp_path_factory.mktemp("pre-commit")
    return environment(
        PRE_COMMIT_HOME=str(folder / "store"), VIRTUALENV_OVERRIDE_APP_DATA=str(folder / "virtualenv"), NO_COLOR="1"
    )


@pytest.fixture
def project(tmp_path: Path, env: dict[str, str]) -> Project:
    """With the configuration that the README shows."""
    (config,) = snippets(".pre-commit-config.yaml")
    return Project(tmp_path, config, env)


def configured(hook: str) -> str:
    """A configuration with other lines for the hook."""
    return f"repos:\n  - repo: {HOME}\n    rev: {TAG}\n    hooks:\n      - {hook}\n"


def test_manifest() -> None:
    run(sys.executable, "-m", "pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml"))


def test_readme_names_this_version() -> None:
    (config,) = snippets(".pre-commit-config.yaml")
    (repository,) = load(config)["repos"]
    assert (repository["repo"], repository["rev"]) == (HOME, TAG)


def test_commits(project: Project) -> None:
    project.write("forecast.py", CLEAN)
    assert "Passed" in project.commit()
    project.write("forecast.py", BAD)
    said = project.commit(status=1)
    assert "Failed" in said
    assert "RNN101" in said
    assert "forecast.py:8:9" in said


def test_notebook(project: Project) -> None:
    v4 = nbformat.v4
    notebook = v4.new_notebook(cells=[v4.new_code_cell(BAD)])  # type: ignore[no-untyped-call]
    project.write("forecast.ipynb", nbformat.writes(notebook))  # type: ignore[no-untyped-call]
    said = project.commit(status=1)
    assert "forecast.ipynb:cell 1:8:9" in said


def test_the_project_excludes(project: Project) -> None:
    """pre-commit names files, which would lint even an excluded one."""
    project.write("pyproject.toml", "[tool.rnnlint]\nextend-exclude = ['old']\n")
    (project.folder / "old").mkdir()
    project.write("old/forecast.py", BAD)
    project.commit()


def test_fix(tmp_path: Path, env: dict[str, str]) -> None:
    project = Project(tmp_path, configured("{id: rnnlint, args: [--fix]}"), env)
    project.write("forecast.py", FIXABLE)
    said = project.commit(status=1)
    assert "files were modified by this hook" in said
    assert (tmp_path / "forecast.py").read_text() == FIXABLE.replace("noise_shape=(32,", "noise_shape=(None,")
    project.commit()


@pytest.mark.keras
def test_confirm(tmp_path: Path, env: dict[str, str], keras3_python: str) -> None:
    """With what stands on the PATH."""
    work = tmp_path / "work"
    work.mkdir()
    project = Project(
        work, configured("id: rnnlint-confirm"), {**env, "PATH": f"{command(tmp_path / 'bin')}:{env['PATH']}"}
    )
    project.write("forecast.py", CLEAN)
    project.commit()
    project.write("forecast.py", BAD)
    said = project.commit(status=1)
    assert "confirmed: 256 draws" in said
    assert "(2 confirmed)" in said
