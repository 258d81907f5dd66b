"""Which Keras a project runs on, as far as its dependency files say. Nothing is executed, nothing is resolved."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from rnnlint.keras.versions import Env, Version, keras_for_tensorflow, parse_keras_version
from rnnlint.records import dataclass

# Bounds on what is read: a requirements file of megabytes is something else.
_MAX_BYTES = 20_000_000
_MAX_INCLUDES = 20
_TENSORFLOW = frozenset(
    {"tensorflow", "tensorflow-cpu", "tensorflow-gpu", "tensorflow-macos", "tensorflow-intel", "tensorflow-aarch64"}
    | {"tf-nightly", "tf-nightly-cpu", "tf-nightly-gpu", "tensorflow-rocm", "tensorflow-cpu-aws"}
)
# The last real release; what follows on PyPI is an empty package that refuses to install.
_GPU_PACKAGE_UNTIL = "<2.12"
_BACKENDS = {"jax": "jax", "jaxlib": "jax", "torch": "torch", "pytorch": "torch"} | dict.fromkeys(
    _TENSORFLOW, "tensorflow"
)
_NAMES = frozenset({"keras", "tf-keras", "keras-nightly", *_BACKENDS})


class Pin(NamedTuple):
    """A dependency as written in a file: normalised name, version specifier ("" for any), and where."""

    name: str
    specifier: str
    path: str


@dataclass(frozen=True, slots=True)
class Origin:
    """A project's Keras versions and backends, and the pins they come from, for `-v` (empty: not known).

    `folders` were searched for dependency files, and `files` were read, or would have been had they been there.
    """

    env: Env
    pins: tuple[Pin, ...] = ()
    notes: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The pins as a sentence's part: "keras==2.4.3 (requirements.txt)"."""
        return ", ".join(dict.fromkeys(f"{pin.name}{pin.specifier} ({_shown(pin.path)})" for pin in self.pins))


def _shown(path: str) -> str:
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


# ---------------------------------------------------------------------------------------------------------------------
# The project of a file


def environment(folder: str, top: str | None = None) -> Origin:
    """The Keras that a folder's project is pinned to, by the nearest folder above with a pin.

    The search ends at the project's root (`.git`, or the first packaged folder) or at `top`; with neither, only the
    nearest folder with dependency files is read.
    """
    return _environment(os.path.abspath(folder), os.path.abspath(top) if top else None)


@lru_cache(maxsize=4096)
def _environment(folder: str, top: str | None) -> Origin:
    _asked.clear()
    pins, notes, read_any = _folder_pins(folder)
    files = tuple(_asked)
    origin = _resolve(pins, notes)
    if origin is not None:
        return replace(origin, folders=(folder,), files=files)
    parent = os.path.dirname(folder)
    below_top = top is not None and folder.startswith(os.path.join(top, ""))
    end = _is_root(folder) if _has_root(folder) else not below_top and (read_any or top is not None)
    if end or parent == folder:
        return Origin(Env.unknown(), (), tuple(notes), (folder,), files)
    above = _environment(parent, top)
    return Origin(
        above.env,
        above.pins,
        (*notes, *above.notes),
        (folder, *above.folders),
        tuple(dict.fromkeys((*files, *above.files))),
    )


def _is_root(folder: str) -> bool:
    if Path(folder, ".git").exists():
        return True
    packaged = any(Path(folder, name).is_file() for name in ("pyproject.toml", "setup.py", "setup.cfg"))
    return packaged and not _inside_git(folder)


def _inside_git(folder: str) -> bool:
    from rnnlint.project.roots import git_root

    return git_root(folder) is not None


def _has_root(folder: str) -> bool:
    from rnnlint.project.roots import project_root

    return project_root(folder) is not None


def _folder_pins(folder: str) -> tuple[list[Pin], list[str], bool]:
    """Pins of all dependency files of one folder; what could not be read; whether there was any such file."""
    pins: list[Pin] = []
    notes: list[str] = []
    read_any = False
    for path, reader in _dependency_files(folder):
        read_any = True
        try:
            pins += [pin for pin in reader(path) if pin.name in _NAMES]
        except Exception as error:  # noqa: BLE001 - someone else's half-written file must not end the run
            notes.append(f"{_shown(path)} was not read for pins: {error}")
    return pins, notes, read_any


_REQUIREMENTS = re.compile(r".*requirements.*\.(?:txt|in|pip)")
_ENVIRONMENT = re.compile(r"(?:conda[-_.]?)?env(?:ironment)?[-_.\w]*\.ya?ml")


def dependency_files(folder: str) -> tuple[str, ...]:
    """The files of a folder that may say which Keras it is for."""
    return tuple(path for path, _ in _dependency_files(folder))


def _dependency_files(folder: str) -> Iterator[tuple[str, Callable[[str], Iterator[Pin]]]]:
    try:
        names = sorted(os.listdir(folder))
        if "requirements" in names and Path(folder, "requirements").is_dir():
            inner = sorted(os.listdir(os.path.join(folder, "requirements")))
            names += [os.path.join("requirements", name) for name in inner if name.endswith((".txt", ".in"))]
    except OSError:
        return
    for name in names:
        reader = _READERS.get(name)
        base = os.path.basename(name)
        if reader is None and (name != base or _REQUIREMENTS.fullmatch(base)):
            reader = _requirements
        if reader is None and _ENVIRONMENT.fullmatch(base):
            reader = _conda
        if reader is not None:
            path = os.path.join(folder, name)
            if Path(path).is_file():
                yield path, reader


# ---------------------------------------------------------------------------------------------------------------------
# From pins to versions


def _resolve(pins: Iterable[Pin], notes: list[str]) -> Origin | None:
    """Keras pins, narrowed by TensorFlow's where the two agree; None where nothing is said."""
    pins = list(dict.fromkeys(pins))
    implied = {pin: found for pin in pins if (found := _versions(pin, notes)) is not None}
    keras = _merge([found for pin, found in implied.items() if pin.name == "keras"])
    tensorflow = _merge([found for pin, found in implied.items() if pin.name != "keras"])
    versions = keras & tensorflow or keras or tensorflow
    used = [pin for pin in implied if not keras or implied[pin] & versions or pin.name == "keras"]
    tf_keras = [pin for pin in pins if pin.name == "tf-keras"]
    if used and tf_keras:
        # With tf-keras installed, TF_USE_LEGACY_KERAS makes `tf.keras` Keras 2.
        versions |= {(2, 15)}
        used += tf_keras
    known = Env.unknown()
    backends = frozenset(_BACKENDS[pin.name] for pin in pins if pin.name in _BACKENDS)
    only = backends if len(backends) == 1 else known.backends
    if not used:
        # A lone, unpinned torch or jax does not make its project a Keras project.
        if len(backends) != 1 or not (only == {"tensorflow"} or any(pin.name == "keras" for pin in pins)):
            return None
        used = [pin for pin in pins if pin.name == "keras" or pin.name in _BACKENDS]
    return Origin(Env(versions or known.versions, only), tuple(used), tuple(notes))


def _merge(sets: list[frozenset[Version]]) -> frozenset[Version]:
    """What several pins say together: what all admit; where they disagree, what any of the narrowest admits."""
    narrow = [one for one in sets if not any(other < one for other in sets)]
    shared = frozenset.intersection(*narrow) if narrow else frozenset()
    return shared or frozenset().union(*narrow)


def _versions(pin: Pin, notes: list[str]) -> frozenset[Version] | None:
    """The Keras versions that a pin implies; None where it says nothing."""
    specifier = pin.specifier
    if pin.name == "tensorflow-gpu" and "==" not in specifier:
        specifier = f"{specifier},{_GPU_PACKAGE_UNTIL}".lstrip(",")
    if not specifier or pin.name not in ("keras", *_TENSORFLOW) or "nightly" in pin.name:
        return None
    try:
        return parse_keras_version(specifier) if pin.name == "keras" else keras_for_tensorflow(specifier)
    except ValueError as error:
        notes.append(f"{_shown(pin.path)}: {error}")
        return None


# ---------------------------------------------------------------------------------------------------------------------
# Formats

_REQUIREMENT = re.compile(
    r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?:\(\s*([^)]*)\)|((?:[=<>!~^][^;#]*)?))\s*(?:;(.*))?$"
)
_OPERATOR = re.compile(r"^(?:===?|[<>]=?|!=|~=?|\^)")


# The files that were asked for since it was emptied.
_asked: dict[str, None] = {}


def _text(path: str) -> str:
    _asked[path] = None
    with Path(path).open("rb") as file:
        data = file.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise ValueError("it is too large")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")  # `pip freeze > requirements.txt` in PowerShell
    return data.decode("utf-8-sig", "replace")


def normalize(name: str) -> str:
    """A distribution's name as PyPI compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirement(line: str, path: str) -> Pin | None:
    """A PEP 508 requirement as a pin, its extras and marker left out; None where it is none (a URL, a path)."""
    match = _REQUIREMENT.match(line)
    if not match:
        return None
    specifier = re.sub(r"\s+", "", match[2] or match[3] or "")
    return Pin(normalize(match[1]), specifier, path)


def _requirements(path: str) -> Iterator[Pin]:
    """requirements.txt with its `-r` includes, as long as these stay below the folder that holds it or its parent."""
    root = os.path.realpath(os.path.dirname(path))
    root = os.path.dirname(root) if os.path.basename(root) == "requirements" else root
    pending, seen = [path], set[str]()
    while pending and len(seen) < _MAX_INCLUDES:
        current = pending.pop()
        real = os.path.realpath(current)
        _asked[current] = None
        if real in seen or not (real + os.sep).startswith(os.path.join(root, "")) or not Path(real).is_file():
            continue
        seen.add(real)
        for line in re.sub(r"\\\r?\n", " ", _text(current)).splitlines():
            stripped = re.sub(r"(?:^|\s)#.*", "", line).strip()
            if include := re.match(r"(?:-r|--requirement|-c|--constraint)[\s=]*(\S+)", stripped):
                pending.append(os.path.join(os.path.dirname(current), include[1]))
            elif stripped and not stripped.startswith("-"):
                pin = requirement(re.sub(r"\s--hash[=\s].*", "", stripped), current)
                if pin:
                    yield pin


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, list):
        yield from (one for one in value if isinstance(one, str))


def _table(value: object, *keys: str) -> Mapping[str, Any]:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _toml(path: str) -> Mapping[str, Any]:
    import sys

    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    return tomllib.loads(_text(path))


def _pyproject(path: str) -> Iterator[Pin]:
    """[project], dependency groups (PEP 735), poetry, pdm and hatch."""
    content = _toml(path)
    project = _table(content, "project")
    poetry = _table(content, "tool", "poetry")
    groups = [project.get("dependencies"), _table(content, "tool", "uv").get("dev-dependencies")]
    groups += _table(project, "optional-dependencies").values()
    groups += _table(content, "dependency-groups").values()
    groups += _table(content, "tool", "pdm", "dev-dependencies").values()
    for env in _table(content, "tool", "hatch", "envs").values():
        groups += [_table(env).get("dependencies"), _table(env).get("extra-dependencies")]
    for group in groups:
        for line in _strings(group):
            if pin := requirement(line, path):
                yield pin
    tables = [_table(poetry, "dependencies"), _table(poetry, "dev-dependencies")]
    tables += [_table(group, "dependencies") for group in _table(poetry, "group").values()]
    for table in tables:
        yield from _named(table, path)
    for feature in (content, *_table(content, "tool", "pixi", "feature").values()):
        yield from _named(_table(feature, "tool", "pixi", "dependencies"), path)


def _named(table: Mapping[str, Any], path: str) -> Iterator[Pin]:
    """Tables from names to versions, as poetry, Pipfile and pixi have them: `keras = "^3.4"`, `{version = "..."}`."""
    for name, value in table.items():
        for one in value if isinstance(value, list) else [value]:
            version = one.get("version", "") if isinstance(one, Mapping) else one
            if isinstance(version, str):
                yield Pin(normalize(name), _specifier(version), path)


def _specifier(version: str) -> str:
    """`*` is any version, `2.4.3` that one."""
    version = version.strip()
    if version in ("", "*"):
        return ""
    return version if _OPERATOR.match(version) else f"=={version}"


def _pipfile(path: str) -> Iterator[Pin]:
    content = _toml(path)
    yield from _named(_table(content, "packages"), path)
    yield from _named(_table(content, "dev-packages"), path)


def _json(path: str) -> Any:
    import json

    return json.loads(_text(path))


def _pipfile_lock(path: str) -> Iterator[Pin]:
    content = _json(path)
    for section in ("default", "develop"):
        yield from _named(_table(content, section), path)


def _lock(path: str) -> Iterator[Pin]:
    """poetry.lock, uv.lock, pdm.lock, pylock.toml: `[[package]]` tables, without which the file is not parsed."""
    packages = _toml(path)
    for key in ("package", "packages"):
        for package in packages.get(key, ()) if isinstance(packages.get(key), list) else ():
            name, version = package.get("name"), package.get("version")
            if isinstance(name, str) and isinstance(version, str):
                yield Pin(normalize(name), f"=={version}", path)


def _setup_cfg(path: str) -> Iterator[Pin]:
    from configparser import ConfigParser

    parser = ConfigParser(interpolation=None, strict=False)
    parser.read_string(_text(path))
    values = [
        parser.get("options", "install_requires", fallback=""),
        parser.get("options", "setup_requires", fallback=""),
    ]
    if parser.has_section("options.extras_require"):
        values += [value for _, value in parser.items("options.extras_require")]
    for value in values:
        for line in value.splitlines():
            if pin := requirement(line.partition(" #")[0], path):
                yield pin


def _setup_py(path: str) -> Iterator[Pin]:
    """`install_requires` and `extras_require` of the setup call where they are literals or names of literals."""
    import ast

    from rnnlint.source import syntax

    tree = syntax.parse(_text(path).replace("\r\n", "\n"))
    if isinstance(tree, syntax.SyntaxProblem):
        return
    names: dict[str, ast.expr] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name):
                names[target.id] = statement.value
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        pending.extend(ast.iter_child_nodes(node))
        if not isinstance(node, ast.Call):
            continue
        for keyword in node.keywords:
            if keyword.arg in ("install_requires", "extras_require"):
                value = keyword.value
                value = names.get(value.id, value) if isinstance(value, ast.Name) else value
                for line in _literals(value):
                    if pin := requirement(line, path):
                        yield pin


def _literals(value: Any) -> Iterator[str]:
    """The strings of a literal list, or of the lists that a literal dict holds; others are passed over."""
    import ast

    if isinstance(value, (ast.List, ast.Tuple, ast.Set)):
        for item in value.elts:
            yield from _literals(item)
    elif isinstance(value, ast.Dict):
        for item in value.values:
            yield from _literals(item)
    elif isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield from value.value.splitlines()


_CONDA = re.compile(r"\s*-\s+(.*)$")


def _conda(path: str) -> Iterator[Pin]:
    """The list items of environment.yml, conda's `keras=2.4.3=build` and pip's `keras==2.4.3` alike.

    Read by line: the file needs no more, and a YAML library would be a dependency for this alone.
    """
    for line in _text(path).splitlines():
        match = _CONDA.match(re.sub(r"(?:^|\s)#.*", "", line))
        if not match:
            continue
        item = match[1].strip().strip("\"'")
        item = item.rpartition("::")[2]
        if conda := re.fullmatch(r"([\w.-]+)\s*(=)\s*([\w.*]+)(?:=\S*)?", item):
            version = conda[3].removesuffix(".*").removesuffix("*").removesuffix(".")
            yield Pin(normalize(conda[1]), f"=={version}.*" if version else "", path)
        elif conda := re.fullmatch(r"([\w.-]+)\s+([\d.*]+)", item):
            yield Pin(normalize(conda[1]), f"=={conda[2]}", path)
        elif pin := requirement(item, path):
            yield pin


_READERS: dict[str, Callable[[str], Iterator[Pin]]] = {
    "pyproject.toml": _pyproject,
    "setup.cfg": _setup_cfg,
    "setup.py": _setup_py,
    "Pipfile": _pipfile,
    "Pipfile.lock": _pipfile_lock,
    "poetry.lock": _lock,
    "uv.lock": _lock,
    "pdm.lock": _lock,
    "pylock.toml": _lock,
    "constraints.txt": _requirements,
}
