"""Settings as records: those that hold for a file, and those that are given in one place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from rnnlint.records import dataclass
from rnnlint.registry import RULES
from rnnlint.settings.choices import AUTO, CONFIRM_MEMORY, CONFIRM_TIMEOUT, TIMESTEP_LOSS_THRESHOLD

if TYPE_CHECKING:
    from rnnlint.findings import Confidence
    from rnnlint.settings.patterns import Patterns

DEFAULT_RULES = frozenset(rule.code for rule in RULES if rule.default)


class SettingsError(Exception):
    """A setting that cannot be used: the message names the place, what is wrong, and the nearest known name."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one file, resolved. Plain and picklable; `Settings()` holds the defaults.

    `rules` are the codes that are on, `selected` those of them that were asked for, not just on by default.
    `keras_version` and `backend` are as written, "auto" where they are to be read from the pins of the project;
    `timestep_loss_threshold` is a probability. `unsafe_fixes` is None where nothing was said: then they are not made,
    but offered. `config` is the pyproject.toml that was used, or None. `python` is the Python that confirms, or None
    for the running one; `confirm_timeout` is in seconds for each model, `confirm_memory` in GiB.
    """

    rules: frozenset[str] = DEFAULT_RULES
    selected: frozenset[str] = frozenset()
    per_file_ignores: tuple[tuple[Patterns, frozenset[str]], ...] = ()
    exclude: tuple[Patterns, ...] = ()
    force_exclude: bool = False
    respect_gitignore: bool = True
    keras_version: str = AUTO
    backend: str = AUTO
    min_confidence: Confidence = "possible"
    timestep_loss_threshold: float = TIMESTEP_LOSS_THRESHOLD
    ignore_noqa: bool = False
    unsafe_fixes: bool | None = None
    python: str | None = None
    confirm_timeout: float = CONFIRM_TIMEOUT
    confirm_memory: float = CONFIRM_MEMORY
    output_format: str = "full"
    baseline: str | None = None
    config: str | None = None

    def rules_for(self, path: str | os.PathLike[str]) -> frozenset[str]:
        """The codes that are on for this file: `rules` without its per-file ignores."""
        ignored = [codes for files, codes in self.per_file_ignores if files.match(path) is not files.inverted]
        return self.rules.difference(*ignored)

    def excludes(self, path: str | os.PathLike[str], *, is_dir: bool = False) -> bool:
        """Whether `exclude` or `extend-exclude` names this path or a folder that it lies in."""
        return any(patterns.match(path, is_dir=is_dir) for patterns in self.exclude)


class Options(NamedTuple):
    """Settings as given in one place, the command line or one pyproject.toml; None or empty where nothing was said."""

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] | None = None
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()
    force_exclude: bool | None = None
    respect_gitignore: bool | None = None
    keras_version: str | None = None
    backend: str | None = None
    min_confidence: str | None = None
    timestep_loss_threshold: float | None = None
    ignore_noqa: bool | None = None
    unsafe_fixes: bool | None = None
    python: str | None = None
    confirm_timeout: float | None = None
    confirm_memory: float | None = None
    output_format: str | None = None
    baseline: str | None = None
