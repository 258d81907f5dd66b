"""The GitHub Action and the CI snippets of the README: checked by schemas and by zizmor, and their scripts are run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.published import HOME, ROOT, TAG, environment, run
from tests.readme import blocks, load, snippets

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
BAD = blocks("python")[0]
CLEAN = BAD.replace("layers.Dropout(0.3),", "").replace(", recurrent_dropout=0.2", "")
WITH_ACTION, WITHOUT_ACTION = (load(text) for text in snippets(".github/workflows/rnnlint.yml"))
BIN = str(Path(sys.executable).parent)


# ---------------------------------------------------------------------------------------------------------------------
# What GitHub and GitLab would refuse


def test_action_fits_the_schema() -> None:
    _schema("vendor.github-actions", ROOT / "action.yml")


@pytest.mark.parametrize("number", [0, 1])
def test_workflows_fit_the_schema(number: int, tmp_path: Path) -> None:
    file = tmp_path / "rnnlint.yml"
    file.write_text(snippets(".github/workflows/rnnlint.yml")[number], encoding="utf-8")
    _schema("vendor.github-workflows", file)


def test_gitlab_fits_the_schema(tmp_path: Path) -> None:
    file = tmp_path / ".gitlab-ci.yml"
    file.write_text(snippets(".gitlab-ci.yml")[0], encoding="utf-8")
    _schema("vendor.gitlab-ci", file)


def _schema(name: str, file: Path) -> None:
    run(f"{BIN}/check-jsonschema", "--builtin-schema", name, str(file))


def test_nothing_can_be_injected(tmp_path: Path) -> None:
    """zizmor finds expressions in scripts, loose permissions and much else."""
    workflows = tmp_path / ".github" / "workflows"
    workflows.mkdir(parents=True)
    for number, text in enumerate(snippets(".github/workflows/rnnlint.yml")):
        (workflows / f"{number}.yml").write_text(text, encoding="utf-8")
    (tmp_path / "action.yml").write_bytes((ROOT / "action.yml").read_bytes())
    config = tmp_path / "zizmor.yml"
    config.write_text("rules: {unpinned-uses: {config: {policies: {'*': ref-pin}}}}\n", encoding="utf-8")
    run(f"{BIN}/zizmor", "--offline", "--config", str(config), str(tmp_path))


# ---------------------------------------------------------------------------------------------------------------------
# The action, step by step, as GitHub's runner does it


@dataclass
class Run:
    """The result of a run of the action."""

    status: int = 0
    log: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    uploaded: dict[str, str] | None = None


class Runner:
    """Runs the action in a workspace. Its installation is kept from run to run."""

    def __init__(self, temp: Path) -> None:
        self.temp = temp
        self.installed: dict[str, dict[str, str]] = {}

    def __call__(self, workspace: Path, **given: str) -> Run:
        inputs = {name: one.get("default", "") for name, one in ACTION["inputs"].items()}
        given = {name.replace("_", "-"): value for name, value in given.items()}
        assert given.keys() <= inputs.keys()
        inputs |= given
        steps: dict[str, dict[str, str]] = {}
        known = {"github.action_path": str(ROOT)}
        known |= {f"inputs.{name}": value for name, value in inputs.items()}
        result = Run()

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("steps."):
                _, step, kind, output = name.split(".")
                assert kind == "outputs"
                return steps[step].get(output, "")
            return known[name]

        def filled(text: str) -> str:
            return re.sub(r"\$\{\{ ([\w.-]+) \}\}", value, text)

        def holds(condition: str) -> bool:
            """Comparisons with a string, joined by `&&`, are all that the action uses."""
            for part in condition.split(" && "):
                match = re.fullmatch(r"([\w.-]+) (==|!=) '(.*)'", part)
                assert match, part
                if (value(match) == match[3]) is not (match[2] == "=="):
                    return False
            return True

        for step in ACTION["runs"]["steps"]:
            if "if" in step and not holds(step["if"]):
                continue
            name = step["id"]
            result.steps.append(name)
            values = {key: filled(str(one)) for key, one in step.get("with", step.get("env", {})).items()}
            if "uses" in step:
                steps[name] = self.use(step["uses"], values, result)
            elif name == "install" and values["VERSION"] in self.installed:
                steps[name] = self.installed[values["VERSION"]]
            else:
                steps[name] = self.script(step, values, workspace, result)
            if name == "install":
                self.installed[values["VERSION"]] = steps[name]
            if result.status:
                break
        result.outputs = {name: filled(one["value"]) for name, one in ACTION["outputs"].items() if "check" in steps}
        return result

    def use(self, action: str, inputs: dict[str, str], result: Run) -> dict[str, str]:
        """What other actions do."""
        if action.startswith("actions/setup-python@"):
            return {"python-path": sys.executable}
        assert action.startswith("github/codeql-action/upload-sarif@")
        result.uploaded = {**inputs, "text": Path(inputs["sarif_file"]).read_text(encoding="utf-8")}
        return {}

    def script(self, step: dict[str, Any], values: dict[str, str], workspace: Path, result: Run) -> dict[str, str]:
        """Run a script in the environment that GitHub's runner makes for `shell: bash`."""
        assert step["shell"] == "bash"
        script, output, summary = (self.temp / name for name in ("script.sh", "output", "summary"))
        script.write_text(step["run"], encoding="utf-8")
        output.write_bytes(b"")
        summary.write_bytes(b"")
        env = environment(
            CI="true",
            GITHUB_ACTIONS="true",
            GITHUB_WORKSPACE=str(workspace),
            GITHUB_OUTPUT=str(output),
            GITHUB_STEP_SUMMARY=str(summary),
            RUNNER_TEMP=str(self.temp),
            RUNNER_OS="Linux",
            **values,
        )
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=workspace,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        result.status = done.returncode
        result.log += done.stdout
        result.summary += summary.read_text(encoding="utf-8")
        return dict(line.split("=", 1) for line in output.read_text(encoding="utf-8").splitlines())


@pytest.fixture(scope="module")
def action(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    return Runner(tmp_path_factory.mktemp("runner temp"))


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A checkout with one bad file, in a folder whose name has a blank."""
    folder = tmp_path / "my work"
    folder.mkdir()
    (folder / "forecast.py").write_text(BAD, encoding="utf-8")
    return folder


def test_findings_fail_and_are_uploaded(action: Runner, workspace: Path) -> None:
    result = action(workspace)
    assert result.status == 1
    assert result.steps == ["python", "install", "check", "upload", "verdict"]
    assert "forecast.py:8:9: RNN101" in result.log
    assert "forecast.py:8:9: RNN101" in result.summary
    assert result.uploaded
    assert result.uploaded["category"] == "rnnlint"
    (log,) = json.loads(result.uploaded["text"])["runs"]
    assert [one["ruleId"] for one in log["results"]] == ["RNN101", "RNN201"]
    place = log["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"] == "forecast.py"
    assert result.outputs["exit-code"] == "1"
    assert not [path for path in workspace.iterdir() if path.name != "forecast.py"], "the checkout stays as it was"


def test_clean_code_passes(action: Runner, workspace: Path) -> None:
    """An empty log is uploaded as well: it closes what was found before."""
    (workspace / "forecast.py").write_text(CLEAN, encoding="utf-8")
    result = action(workspace)
    assert result.status == 0
    assert result.uploaded
    assert json.loads(result.uploaded["text"])["runs"][0]["results"] == []
    assert result.outputs["exit-code"] == "0"


def test_findings_need_not_fail(action: Runner, workspace: Path) -> None:
    result = action(workspace, fail_on_findings="false", upload_sarif="false", output_file="out/rnn.sarif")
    assert result.status == 0
    assert "upload" not in result.steps
    assert result.outputs == {"exit-code": "1", "output-file": "out/rnn.sarif"}
    assert json.loads((workspace / "out" / "rnn.sarif").read_text())["version"] == "2.1.0"


def test_annotations(action: Runner, workspace: Path) -> None:
    result = action(workspace, output_format="github")
    assert result.status == 1
    assert "upload" not in result.steps
    assert re.search(r"^::warning .*file=forecast\.py", result.log, re.MULTILINE)
    assert result.outputs == {"exit-code": "1", "output-file": ""}


def test_errors_always_fail(action: Runner, workspace: Path) -> None:
    (workspace / "pyproject.toml").write_text("[tool.rnnlint]\nselct = []\n")
    result = action(workspace, fail_on_findings="false")
    assert result.status == 2
    assert "selct" in result.log


def test_words_are_split_and_never_run(action: Runner, workspace: Path) -> None:
    """Paths and options with blanks, quotes, and all that a shell would act upon."""
    names = ["one file.py", "$(touch hacked).py", "; touch hacked;.py", "-o.py"]
    for name in names:
        (workspace / name).write_text(BAD, encoding="utf-8")
    paths = "'one file.py' '$(touch hacked).py'\n\"; touch hacked;.py\" -o.py"
    result = action(workspace, paths=paths, args="--select RNN201 --per-file-ignores '-o*:RNN201,$(touch hacked):RNN1'")
    assert result.status == 1
    assert "RNN101" not in result.log
    assert result.uploaded
    assert len(json.loads(result.uploaded["text"])["runs"][0]["results"]) == len(names) - 1
    assert sorted(path.name for path in workspace.iterdir()) == sorted([*names, "forecast.py"])


@pytest.mark.parametrize("version", [TAG[1:], ">=0.1,<9"])
def test_a_version_comes_from_the_index(action: Runner, workspace: Path, version: str) -> None:
    result = action(workspace, version=version)
    assert f"rnnlint {TAG[1:]}" in result.log
    assert "forecast.py:8:9: RNN101" in result.log


def test_no_such_version(action: Runner, workspace: Path) -> None:
    result = action(workspace, version="0.0.1; $(touch hacked)")
    assert result.status != 0
    assert result.steps == ["python", "install"]
    assert [path.name for path in workspace.iterdir()] == ["forecast.py"]


# ---------------------------------------------------------------------------------------------------------------------
# The snippets


def test_workflow_with_the_action(action: Runner, workspace: Path) -> None:
    step = WITH_ACTION["jobs"]["rnnlint"]["steps"][-1]
    assert step["uses"] == f"{HOME.removeprefix('https://github.com/')}@{TAG}"
    result = action(workspace, **step["with"])
    assert result.status == 1
    assert result.uploaded
    assert WITH_ACTION["permissions"]["security-events"] == "write"


def test_workflow_without_the_action(workspace: Path, python: Path) -> None:
    scripts = [step["run"] for step in WITHOUT_ACTION["jobs"]["rnnlint"]["steps"] if "run" in step]
    said = _job(scripts, workspace, python)
    assert re.search(r"^::warning .*file=forecast\.py", said, re.MULTILINE)


def test_gitlab(workspace: Path, python: Path) -> None:
    (text,) = snippets(".gitlab-ci.yml")
    job = load(text)["rnnlint"]
    said = _job(job["script"], workspace, python)
    assert "forecast.py:8:9: RNN101" in said
    issues = json.loads((workspace / job["artifacts"]["reports"]["codequality"]).read_text())
    assert [one["check_name"].split()[0] for one in issues] == ["RNN101", "RNN201"]
    assert job["artifacts"]["when"] == "always", "of a job that fails, too"


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """The commands of a fresh Python."""
    # Not by `venv`, which takes longer.
    run(sys.executable, "-m", "virtualenv", "-q", "--no-download", str(tmp_path / "fresh"))
    return tmp_path / "fresh" / "bin"


def _job(scripts: list[str], workspace: Path, python: Path) -> str:
    """Run scripts one after the other; the last one finds something."""
    env = environment(CI="true")
    env["PATH"] = f"{python}{os.pathsep}{env['PATH']}"
    *first, last = scripts
    said = [run("bash", "-e", "-c", script, cwd=workspace, env=env) for script in first]
    said.append(run("bash", "-e", "-c", last, cwd=workspace, env=env, status=1))
    return "".join(said)
