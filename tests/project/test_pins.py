"""Which Keras the dependency files of a project admit."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlint.keras.versions import KerasTargets, parse_keras_version
from rnnlint.project.pins import Origin, Pins

ALL = {"tensorflow", "jax", "torch"}


def origin(root: Path, texts: dict[str, str], folder: str = "", top: str | None = None) -> Origin:
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / folder).mkdir(parents=True, exist_ok=True)
    return Pins().origin(str(root / folder), None if top is None else str(root / top))


def versions(text: str) -> frozenset[tuple[int, int]]:
    return parse_keras_version(text)


LOCK = '[[package]]\nname = "Keras"\nversion = "3.4.1"\n\n[[package]]\nname = "jax"\nversion = "0.4"\n'


@pytest.mark.parametrize(
    ("name", "text", "expected", "backends"),
    [
        ("requirements.txt", "numpy\nkeras==2.4.3\n", "2.4", ALL),
        ("requirements.txt", "Keras >= 3.4 , <4  # why\n", ">=3.4,<4", ALL),
        ("requirements.txt", "keras[extra]~=3.4 ; python_version > '3.8'\n", "~=3.4", ALL),
        ("requirements.txt", "keras (==2.3.1)\n", "2.3", ALL),
        ("requirements.txt", "keras==2.3.1 --hash=sha256:abc \\\n  --hash=sha256:def\n", "2.3", ALL),
        ("requirements.txt", "tensorflow==2.10.1\n", "2.10", {"tensorflow"}),
        ("requirements.txt", "tensorflow-cpu>=2.16\n", "3", {"tensorflow"}),
        ("requirements.txt", "tensorflow_gpu==1.15\n", "<2.4", {"tensorflow"}),
        ("requirements.txt", "tensorflow-gpu\n", "<2.12", {"tensorflow"}),
        ("requirements.txt", "tensorflow-macos==2.9\n", "2.9", {"tensorflow"}),
        ("requirements.txt", "keras==3.4\ntorch\n", "3.4", {"torch"}),
        ("requirements.txt", "keras==3.4\ntorch\njax\n", "3.4", ALL),
        ("requirements.txt", "keras>=2.0\ntensorflow==2.10\n", "2.10", {"tensorflow"}),
        ("requirements.txt", "keras==3.4\ntensorflow==2.10\n", "3.4", {"tensorflow"}),
        ("requirements-dev.txt", "keras==2.4.3\n", "2.4", ALL),
        ("dev_requirements.in", "keras==2.4.3\n", "2.4", ALL),
        ("requirements/base.txt", "keras==2.4.3\n", "2.4", ALL),
        ("pyproject.toml", "[project]\ndependencies = ['keras>=3.4,<3.6']\n", ">=3.4,<3.6", ALL),
        ("pyproject.toml", "[project.optional-dependencies]\ntf = ['tensorflow>=2.16']\n", "3", {"tensorflow"}),
        ("pyproject.toml", "[dependency-groups]\ndev = ['keras==3.5', {include-group = 'x'}]\n", "3.5", ALL),
        ("pyproject.toml", "[tool.poetry.dependencies]\nkeras = '^3.4'\n", ">=3.4,<4", ALL),
        ("pyproject.toml", "[tool.poetry.group.ml.dependencies]\nkeras = {version = '2.13.1'}\n", "2.13", ALL),
        (
            "pyproject.toml",
            "[tool.poetry.dependencies]\nkeras = [{version='2.13'}, {version='2.14'}]\n",
            ">=2.13,<2.15",
            ALL,
        ),
        ("setup.cfg", "[options]\ninstall_requires =\n    numpy\n    keras==2.2.4\n", "2.2", ALL),
        ("setup.cfg", "[options.extras_require]\nkeras = keras==2.2.4\n", "2.2", ALL),
        ("setup.py", "from setuptools import setup\nsetup(install_requires=['keras==2.2.4', x])\n", "2.2", ALL),
        (
            "setup.py",
            "REQS = ['keras==2.2.4']\nif __name__ == '__main__':\n  setup(install_requires=REQS)\n",
            "2.2",
            ALL,
        ),
        ("setup.py", "setup(extras_require={'tf': ['tensorflow==2.5']})\n", "2.5", {"tensorflow"}),
        ("Pipfile", "[packages]\nkeras = '==2.4.3'\nnumpy = '*'\n", "2.4", ALL),
        ("Pipfile.lock", '{"default": {"keras": {"version": "==2.4.3"}}, "develop": {}}', "2.4", ALL),
        ("poetry.lock", LOCK, "3.4", {"jax"}),
        ("uv.lock", LOCK, "3.4", {"jax"}),
        ("pdm.lock", LOCK, "3.4", {"jax"}),
        ("environment.yml", "name: x\ndependencies:\n  - python=3.7\n  - keras=2.4.3\n", "2.4", ALL),
        ("environment.yaml", "dependencies:\n- conda-forge::keras=2.3.1=py37_0\n", "2.3", ALL),
        ("environment.yml", "dependencies:\n  - 'tensorflow>=2.4,<2.6'\n", ">=2.4,<2.6", {"tensorflow"}),
        ("environment_gpu.yml", "dependencies:\n  - pip:\n    - keras==3.4.1\n  - pytorch\n", "3.4", {"torch"}),
        ("conda-env.yml", "dependencies:\n  - keras=2.2.*\n", "2.2", ALL),
        ("environment.yml", "dependencies:\n  - tensorflow 2.4.1\n", "2.4", {"tensorflow"}),
    ],
)
def test_formats(tmp_path: Path, name: str, text: str, expected: str, backends: set[str]) -> None:
    result = origin(tmp_path, {".git/HEAD": "", name: text})
    assert result.notes == ()
    assert result.env == KerasTargets(versions(expected), frozenset(backends))
    assert name in result.text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "keras\nnumpy==1.2\n"),
        ("requirements.txt", "torch==2.1\n"),
        ("requirements.txt", "# keras==2.3\nkeras-tuner==1.0\nkeras_preprocessing==1.1\n"),
        ("requirements.txt", "git+https://github.com/keras-team/keras.git\n-e .\n./keras\n"),
        ("requirements.txt", "tensorflow-datasets==4\ntensorflow-addons==0.1\n"),
        ("requirements.txt", "\0\xff(((;;;==\nkeras ==== \n"),
        (
            "setup.py",
            "import os\nos.system('touch executed')\nopen('executed', 'w')\nsetup(install_requires=read('x'))\n",
        ),
        ("setup.py", "def (broken\n"),
        ("pyproject.toml", "[project]\ndependencies = 'keras==3'\n"),
        ("pyproject.toml", "[project]\ndependencies = [3, {}]\n[tool]\npoetry = 3\n"),
        ("environment.yml", "dependencies: [keras=2.3"),
    ],
)
def test_nothing_is_known(tmp_path: Path, name: str, text: str) -> None:
    result = origin(tmp_path, {".git/HEAD": "", name: text})
    assert result.env == KerasTargets.unknown()
    assert result.pins == ()
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[project\n"),
        ("Pipfile.lock", "{"),
        ("Pipfile.lock", "[" * 100_000),
        ("poetry.lock", "= 3"),
        ("setup.cfg", "no section\n"),
        ("requirements.txt", "keras==9.9\n"),
        ("requirements.txt", "keras==not.a.version\n"),
    ],
)
def test_what_cannot_be_read_is_a_note(tmp_path: Path, name: str, text: str) -> None:
    result = origin(tmp_path, {".git/HEAD": "", name: text})
    assert result.env == KerasTargets.unknown()
    assert len(result.notes) == 1
    assert name in result.notes[0]


def test_files_that_disagree_give_the_union(tmp_path: Path) -> None:
    result = origin(
        tmp_path, {".git/HEAD": "", "requirements-tf1.txt": "keras==2.3", "requirements-tf2.txt": "keras==3.4"}
    )
    assert result.env.versions == {(2, 3), (3, 4)}
    assert "requirements-tf1.txt" in result.text
    assert "requirements-tf2.txt" in result.text


def test_a_lock_is_narrower_than_a_range(tmp_path: Path) -> None:
    result = origin(tmp_path, {".git/HEAD": "", "setup.py": "setup(install_requires=['keras>=2.2'])", "uv.lock": LOCK})
    assert result.env.versions == {(3, 4)}


def test_tf_keras_adds_keras_2(tmp_path: Path) -> None:
    result = origin(tmp_path, {".git/HEAD": "", "requirements.txt": "tensorflow==2.18\ntf-keras\n"})
    assert (2, 15) in result.env.versions
    assert result.env.majors == {2, 3}


def test_the_nearest_folder_with_a_pin_speaks(tmp_path: Path) -> None:
    texts = {
        ".git/HEAD": "",
        "requirements.txt": "keras==2.4",
        "new/requirements.txt": "keras==3.4",
        "docs/requirements.txt": "sphinx",
    }
    assert origin(tmp_path, texts, "new/deep/er").env.versions == {(3, 4)}
    assert origin(tmp_path, {}, "docs").env.versions == {(2, 4)}
    assert origin(tmp_path, {}, "src/pkg").env.versions == {(2, 4)}


def test_nothing_above_the_project_is_read(tmp_path: Path) -> None:
    texts = {"requirements.txt": "keras==2.4", "p/pyproject.toml": "", "p/src/a.py": ""}
    assert origin(tmp_path, texts, "p/src").env == KerasTargets.unknown()
    (tmp_path / "q/.git").mkdir(parents=True)
    assert origin(tmp_path, {}, "q").env == KerasTargets.unknown()


def test_without_a_project_the_given_folder_is_the_limit(tmp_path: Path) -> None:
    texts = {"requirements.txt": "keras==2.4", "p/requirements.txt": "numpy", "p/q/a.py": ""}
    assert origin(tmp_path, texts, "p/q").env == KerasTargets.unknown()
    assert origin(tmp_path, {}, "p/q", "").env.versions == {(2, 4)}
    assert origin(tmp_path, {}, "p/q", "p").env == KerasTargets.unknown()


def test_includes_stay_inside_the_project(tmp_path: Path) -> None:
    texts = {
        "outside.txt": "keras==2.0",
        "p/.git/HEAD": "",
        "p/requirements.txt": "-r requirements/ml.txt\n-r ../outside.txt\n--requirement=loop.txt\n-r missing.txt\n",
        "p/loop.txt": "-r requirements.txt\n-r loop.txt\n",
        "p/requirements/ml.txt": "-c ../constraints.txt\nkeras\n",
        "p/constraints.txt": "keras==3.4\n",
    }
    result = origin(tmp_path, texts, "p")
    assert result.env.versions == {(3, 4)}


def test_powershell_writes_utf_16(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "requirements.txt").write_bytes("keras==2.4.3\r\n".encode("utf-16"))
    assert Pins().origin(str(tmp_path)).env.versions == {(2, 4)}


def test_odd_things_by_the_names_of_dependency_files(tmp_path: Path) -> None:
    for name in ("requirements.txt", "pyproject.toml", "environment.yml", "requirements"):
        (tmp_path / name).mkdir()
    (tmp_path / "requirements" / "x.txt").symlink_to("x.txt")
    assert Pins().origin(str(tmp_path)).env == KerasTargets.unknown()
