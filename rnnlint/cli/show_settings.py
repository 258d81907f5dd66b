"""What `--show-settings` prints: the settings that a file is linted with, in ruff's form, under their own names."""

from __future__ import annotations

import os
from collections.abc import Iterator

from rnnlint.output import printable
from rnnlint.settings.settings import AUTO, Patterns, Settings, known_rules

# Heading -> settings, as in `[tool.rnnlint]`.
SECTIONS = {
    "General Settings": ("output-format", "baseline", "unsafe-fixes"),
    "File Resolver Settings": ("exclude", "force-exclude", "respect-gitignore"),
    "Linter Settings": (
        "rules",
        "per-file-ignores",
        "ignore-noqa",
        "min-confidence",
        "timestep-loss-threshold",
        "keras-version",
        "backend",
    ),
    "Confirm Settings": ("python", "confirm-timeout", "confirm-memory"),
}


def lines(path: str, settings: Settings, top: str | None = None) -> Iterator[str]:
    """The settings of a file, where they come from, and what `auto` stands for; `top` as for `pins.environment`."""
    yield f"Resolved settings for: {_quoted(os.path.abspath(path))}"
    if settings.config:
        yield f"Settings path: {_quoted(settings.config)}"
    for title, keys in SECTIONS.items():
        yield ""
        yield f"# {title}"
        for key in keys:
            yield from _setting(key, path, settings)
    if AUTO in (settings.keras_version, settings.backend):
        yield ""
        yield f"# auto: {_pinned(os.path.dirname(os.path.abspath(path)), top)}"


def _setting(key: str, path: str, settings: Settings) -> Iterator[str]:
    value = getattr(settings, key.replace("-", "_"))
    if key == "rules":
        names = {rule.code: rule.name for rule in known_rules()}
        yield from _list(key, [f"{names[code]} ({code})" for code in sorted(settings.rules_for(path))])
    elif key == "exclude":
        yield from _list(key, [text for patterns in settings.exclude for text in _patterns(patterns)])
    elif key == "per-file-ignores":
        ignores = settings.per_file_ignores
        yield from _list(
            key, [f"{', '.join(_patterns(files))}: {', '.join(sorted(codes))}" for files, codes in ignores]
        )
    elif key == "unsafe-fixes" and value is None:
        yield f"{key} = hint"
    elif isinstance(value, bool) or value is None:
        yield f"{key} = {str(value).lower()}"
    elif isinstance(value, float):
        yield f"{key} = {value:g}"
    else:
        yield f"{key} = {_quoted(value)}"


def _pinned(folder: str, top: str | None) -> str:
    """What the project's pins say of Keras."""
    from rnnlint.keras.versions import Env, Where
    from rnnlint.project import pins

    origin = pins.environment(folder, top)
    if not origin.pins:
        return "nothing is pinned"
    return f"{Where(origin.env.pairs).describe(Env.unknown())}, by {printable(origin.text)}"


def _patterns(patterns: Patterns) -> Iterator[str]:
    for one in patterns.patterns:
        yield _quoted(f"{'!' * patterns.inverted}{one}")


def _list(key: str, items: list[str]) -> Iterator[str]:
    if items:
        yield f"{key} = ["
        yield from (f"\t{item}," for item in items)
        yield "]"
    else:
        yield f"{key} = []"


def _quoted(text: str) -> str:
    return f'"{printable(text)}"'
