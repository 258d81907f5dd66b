"""The values of settings: which ones can be used, whether they are typed or written in a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rnnlint.settings.choices import AUTO, CONFIDENCES, FORMATS
from rnnlint.settings.selectors import nearest


def _one_of(*known: str) -> Callable[[str], None]:
    def check(value: str) -> None:
        if value not in known:
            raise ValueError(f"unknown value '{value}'{nearest(value, known)} (one of {', '.join(known)})")

    return check


def _check_version(value: str) -> None:
    if not value.strip():
        raise ValueError("names no version; write 'auto' for the project's pins")
    if value != AUTO:
        from rnnlint.keras.versions import parse_keras_version

        parse_keras_version(value)


def _check_backend(value: str) -> None:
    from rnnlint.keras.versions import BACKENDS

    _one_of(AUTO, *BACKENDS)(value)


def _check_threshold(value: float) -> None:
    if not 0 < value <= 1:
        raise ValueError(f"{value} is not a probability above 0 and at most 1")


def _check_python(value: str) -> None:
    if not value.strip():
        raise ValueError("names no Python")


def _check_baseline(value: str) -> None:
    if not value.strip():
        raise ValueError("names no file")


def _check_positive(value: float) -> None:
    if not 0 < value < float("inf"):
        raise ValueError(f"{value} is not above 0")


# Each takes the value of a setting, and raises ValueError where it cannot be used.
CHECKS: dict[str, Callable[[Any], None]] = {
    "force_exclude": lambda _: None,
    "respect_gitignore": lambda _: None,
    "unsafe_fixes": lambda _: None,
    "ignore_noqa": lambda _: None,
    "keras_version": _check_version,
    "backend": _check_backend,
    "min_confidence": _one_of(*CONFIDENCES),
    "timestep_loss_threshold": _check_threshold,
    "python": _check_python,
    "confirm_timeout": _check_positive,
    "confirm_memory": _check_positive,
    "output_format": _one_of(*FORMATS),
    "baseline": _check_baseline,
}
