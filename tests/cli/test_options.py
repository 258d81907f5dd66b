"""The records of options: click's parameters are made of their fields, and give values of the fields' types."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import click
import pytest

from rnnlint.cli.check import check
from rnnlint.cli.graph import GraphOptions, graph
from rnnlint.cli.options import SECTIONS, CheckOptions, parameters
from rnnlint.cli.rule import RuleOptions, rule
from rnnlint.cli.server import ServerOptions, server
from rnnlint.confirm.session import DRAWS
from rnnlint.findings import Confidence
from rnnlint.settings.resolver import Resolver
from rnnlint.settings.settings import Options, Settings

R = TypeVar("R")
RECORDS = {CheckOptions: check, GraphOptions: graph, RuleOptions: rule, ServerOptions: server}
# A value of each option of `check` that takes one.
VALUES = {
    "select": "RNN101,RNN102",
    "ignore": "RNN103",
    "extend_select": "RNN2",
    "per_file_ignores": "tests/**:RNN101,RNN102",
    "min_confidence": "certain",
    "timestep_loss_threshold": "0.25",
    "baseline": "known.json",
    "keras_version": "3.4",
    "backend": "jax",
    "python": ".venv",
    "confirm_timeout": "12.5",
    "confirm_memory": "4",
    "draws": "16",
    "builds": "package.module:Class.method",
    "build_args": "units=8",
    "config": "pyproject.toml",
    "exclude": "gen,old",
    "extend_exclude": "scratch",
    "stdin_filename": "a.py",
    "output_format": "json",
    "output_file": "out.json",
    "color": "never",
    "jobs": "3",
    "cache_dir": "kept",
}


def parse(record: type[R], *args: str) -> R:
    return record(**click.Command("command", params=parameters(record)).make_context("command", list(args)).params)


def everything(folder: Path) -> CheckOptions:
    (folder / "pyproject.toml").write_text("[tool.rnnlint]\n")
    args = ["src"]
    for parameter in parameters(CheckOptions):
        if isinstance(parameter, click.Option):
            flag = parameter.opts[-1]
            args += [flag] if parameter.is_flag else [flag, VALUES[parameter.name or ""]]
    return parse(CheckOptions, *args)


def is_of(value: object, hint: Any) -> bool:
    """Whether a value is of a type, items included."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(is_of(value, one) for one in args)
    if origin is Literal:
        return value in args
    if origin is tuple:
        items = args[:1] * len(value) if isinstance(value, tuple) and args[1:] == (...,) else args
        return isinstance(value, tuple) and all(is_of(*pair) for pair in zip(value, items, strict=True))
    return isinstance(value, origin or hint)


def hints(record: type) -> dict[str, Any]:
    return get_type_hints(record, None, {"Confidence": Confidence})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("RNNLINT_OUTPUT_FORMAT", "RNNLINT_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("record", RECORDS)
def test_a_command_has_a_parameter_for_each_field(record: type) -> None:
    assert [one.name for one in RECORDS[record].params] == [one.name for one in fields(record)]


@pytest.mark.parametrize("record", RECORDS)
def test_what_is_not_given_has_the_type_of_its_field(record: type) -> None:
    given: object = parse(record, *(["a.py"] if record is GraphOptions else []))
    assert [name for name, hint in hints(record).items() if not is_of(getattr(given, name), hint)] == []


def test_what_is_given_has_the_type_of_its_field(folder: Path) -> None:
    given, nothing = everything(folder), parse(CheckOptions)
    wrong = [name for name, hint in hints(CheckOptions).items() if not is_of(getattr(given, name), hint)]
    assert wrong == []
    assert [one.name for one in fields(given) if getattr(given, one.name) == getattr(nothing, one.name)] == []


def test_the_types_are_told_apart() -> None:
    assert is_of(("a", ("b",)), tuple[str, tuple[str, ...]])
    assert not is_of(("a", ["b"]), tuple[str, tuple[str, ...]])
    assert not is_of((1,), tuple[str, ...])
    assert not is_of("possible", Literal["certain"] | None)
    assert not is_of([], Mapping[str, object])


def test_every_setting_is_passed_on(folder: Path) -> None:
    given = everything(folder)
    settings = given.settings()
    for name in Options._fields:
        assert getattr(settings, name) == getattr(given, name), name
    assert parse(CheckOptions).settings() == Options()
    Resolver(settings)


def test_a_misspelt_option_is_an_error(folder: Path) -> None:
    with pytest.raises(AttributeError):
        parse(CheckOptions).no_such_option  # type: ignore[attr-defined]  # noqa: B018


def test_the_help_shows_the_defaults() -> None:
    settings = Settings()
    helps = {one.name: one.help or "" for one in parameters(CheckOptions) if isinstance(one, click.Option)}
    assert f"[{DRAWS}]" in helps["draws"]
    for name in ("timestep_loss_threshold", "confirm_timeout", "confirm_memory"):
        assert f"[{getattr(settings, name):g}]" in helps[name]


def test_every_section_starts_with_an_option() -> None:
    assert set(SECTIONS) <= {one.name for one in fields(CheckOptions)}
