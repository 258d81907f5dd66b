"""What `--show-settings` and `--show-files` print: the settings of a file in ruff's form, and the files of a run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from rnnlint.cli.checked import Request
from rnnlint.cli.options import STDIN
from rnnlint.output import printable
from rnnlint.registry import RULES
from rnnlint.settings.choices import AUTO
from rnnlint.settings.patterns import Patterns
from rnnlint.settings.settings import Settings

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


def show(request: Request) -> int:
    """Print which files would be linted, or the settings of the first one, and return the exit status."""
    from rnnlint.project.files import File
    from rnnlint.project.modules import Modules
    from rnnlint.project.walk import discover

    paths = request.paths
    listed = discover((path for path in paths if path != STDIN), request.settings)
    files = sorted([*listed.paths, *([request.stdin.name] if STDIN in paths else [])], key=os.path.abspath)
    for diagnostic in listed.diagnostics:
        request.console.warning(diagnostic.message)
    if not files:
        request.console.warning("no Python files or notebooks found under the given paths")
    printed: Iterable[str] = (path if path == STDIN else printable(os.path.abspath(path)) for path in files)
    if request.options.show_settings and files:
        tops = tuple(os.path.abspath(path) for path in paths if os.path.isdir(path))
        top = Modules((), tops).top(File.at(files[0]).folder)
        printed = lines(files[0], request.settings(files[0]), top)
    for line in printed:
        request.console.out(f"{line}\n")
    if request.settings.failed:
        return 2
    return max((one.status for one in listed.diagnostics), default=0)


def lines(path: str, settings: Settings, top: str | None = None) -> Iterator[str]:
    """The settings of a file, where they come from, and what `auto` stands for; `top` as for `Pins.origin`."""
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
        names = {rule.code: rule.name for rule in RULES}
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
    from rnnlint.keras.versions import KerasTargets, VersionSet
    from rnnlint.project.pins import Pins

    origin = Pins().origin(folder, top)
    if not origin.pins:
        return "nothing is pinned"
    return f"{VersionSet(origin.env.pairs).describe(KerasTargets.unknown())}, by {printable(origin.text)}"


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
