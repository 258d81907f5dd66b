"""The dependencies that a project's files name: requirements, pyproject.toml, lock files, setup.py, conda files."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

# Bounds on what is read: a requirements file of megabytes is something else.
_MAX_BYTES = 20_000_000
_MAX_INCLUDES = 20


class Pin(NamedTuple):
    """A dependency as written in a file: normalised name, version specifier ("" for any), and where."""

    name: str
    specifier: str
    path: str


_REQUIREMENT = re.compile(
    r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?:\(\s*([^)]*)\)|((?:[=<>!~^][^;#]*)?))\s*(?:;(.*))?$"
)
_OPERATOR = re.compile(r"^(?:===?|[<>]=?|!=|~=?|\^)")


class Opened:
    """Opens dependency files; `asked` are those that were asked for, in that order, whether they are there or not."""

    def __init__(self) -> None:
        self.asked: dict[str, None] = {}

    def text(self, path: str) -> str:
        """The text of a file.

        Raises:
            OSError: where it cannot be read.
            ValueError: where it is no text, or too large.
        """
        self.asked[path] = None
        return _text(path)


# Reads the pins of one file. What is wrong with that raises whatever its parser raises.
Reader = Callable[[str, Opened], Iterator[Pin]]


def _text(path: str) -> str:
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
    """A PEP 508 requirement as a pin, its extras and marker left out; None where it is not one (a URL, a path)."""
    match = _REQUIREMENT.match(line)
    if not match:
        return None
    specifier = re.sub(r"\s+", "", match[2] or match[3] or "")
    return Pin(normalize(match[1]), specifier, path)


def _requirements(path: str, opened: Opened) -> Iterator[Pin]:
    """requirements.txt with its `-r` includes, as long as these stay below the folder that holds it or its parent."""
    root = os.path.realpath(os.path.dirname(path))
    root = os.path.dirname(root) if os.path.basename(root) == "requirements" else root
    pending, seen = [path], set[str]()
    while pending and len(seen) < _MAX_INCLUDES:
        current = pending.pop()
        real = os.path.realpath(current)
        opened.asked[current] = None
        if real in seen or not (real + os.sep).startswith(os.path.join(root, "")) or not Path(real).is_file():
            continue
        seen.add(real)
        for line in re.sub(r"\\\r?\n", " ", opened.text(current)).splitlines():
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


def _toml(path: str, opened: Opened) -> Mapping[str, Any]:
    import sys

    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    return tomllib.loads(opened.text(path))


def _pyproject(path: str, opened: Opened) -> Iterator[Pin]:
    """[project], dependency groups (PEP 735), poetry, pdm and hatch."""
    content = _toml(path, opened)
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


def _pipfile(path: str, opened: Opened) -> Iterator[Pin]:
    content = _toml(path, opened)
    yield from _named(_table(content, "packages"), path)
    yield from _named(_table(content, "dev-packages"), path)


def _json(path: str, opened: Opened) -> Any:
    import json

    return json.loads(opened.text(path))


def _pipfile_lock(path: str, opened: Opened) -> Iterator[Pin]:
    content = _json(path, opened)
    for section in ("default", "develop"):
        yield from _named(_table(content, section), path)


def _lock(path: str, opened: Opened) -> Iterator[Pin]:
    """poetry.lock, uv.lock, pdm.lock, pylock.toml: `[[package]]` tables, without which the file is not parsed."""
    packages = _toml(path, opened)
    for key in ("package", "packages"):
        for package in packages.get(key, ()) if isinstance(packages.get(key), list) else ():
            name, version = package.get("name"), package.get("version")
            if isinstance(name, str) and isinstance(version, str):
                yield Pin(normalize(name), f"=={version}", path)


def _setup_cfg(path: str, opened: Opened) -> Iterator[Pin]:
    from configparser import ConfigParser

    parser = ConfigParser(interpolation=None, strict=False)
    parser.read_string(opened.text(path))
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


def _setup_py(path: str, opened: Opened) -> Iterator[Pin]:
    """`install_requires` and `extras_require` of the setup call where they are literals or names of literals."""
    import ast

    from rnnlint.source import syntax

    tree = syntax.parse(opened.text(path).replace("\r\n", "\n"))
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


def _conda(path: str, opened: Opened) -> Iterator[Pin]:
    """The list items of environment.yml, conda's `keras=2.4.3=build` and pip's `keras==2.4.3` alike.

    Read by line: the file needs no more, and a YAML library would be a dependency for this alone.
    """
    for line in opened.text(path).splitlines():
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


_READERS: dict[str, Reader] = {
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


_REQUIREMENTS = re.compile(r".*requirements.*\.(?:txt|in|pip)")
_ENVIRONMENT = re.compile(r"(?:conda[-_.]?)?env(?:ironment)?[-_.\w]*\.ya?ml")


def dependency_files(folder: str) -> tuple[str, ...]:
    """The files of a folder that may say which Keras it is for."""
    return tuple(path for path, _ in readable(folder))


def readable(folder: str) -> Iterator[tuple[str, Reader]]:
    """The same, each with what reads its pins."""
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
