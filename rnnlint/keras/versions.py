"""Keras versions and backends: which ones a project may run on, and where a fact about Keras holds.

A version is `(major, minor)`: no fact of rnnlint depends on the patch release. Keras 2 is `(2, 0)` to `(2, 15)`, and
`(2, 15)` also stands for tf_keras 2.16 and later, which carries the same layers. Below 2.4 it is the standalone
multi-backend Keras and the `tf.keras` of TensorFlow 1; from 2.4 on the package `keras` is TensorFlow's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from rnnlint.records import dataclass

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

Version: TypeAlias = tuple[int, int]

KERAS_2: tuple[Version, ...] = tuple((2, minor) for minor in range(16))
KERAS_3: tuple[Version, ...] = tuple((3, minor) for minor in range(16))
RELEASES: tuple[Version, ...] = KERAS_2 + KERAS_3
NEWEST: Version = RELEASES[-1]
BACKENDS = ("tensorflow", "jax", "torch")

_ERA = frozenset(RELEASES) - frozenset(KERAS_2[:4])  # what unpinned code is taken to run on

# The lowest Keras that a TensorFlow minor asks for (Requires-Dist in the wheels of tensorflow-cpu).
_TENSORFLOW_FLOOR: dict[Version, Version] = {
    (2, 16): (3, 0),
    (2, 17): (3, 0),
    (2, 18): (3, 5),
    (2, 19): (3, 5),
    (2, 20): (3, 10),
    (2, 21): (3, 12),
}


@dataclass(frozen=True)
class KerasTargets:
    """The Keras versions and backends that the linted code may run on. Keras 2 runs on tensorflow only."""

    versions: frozenset[Version]
    backends: frozenset[str]

    @staticmethod
    def unknown() -> KerasTargets:
        """Nothing known: Keras 2.4 and later on any backend. Older releases only come in through pins."""
        return KerasTargets(_ERA, frozenset(BACKENDS))

    @cached_property
    def majors(self) -> frozenset[int]:
        """The Keras majors among the versions: some of 2 and 3."""
        return frozenset(major for major, _ in self.versions)

    @cached_property
    def pairs(self) -> frozenset[tuple[Version, str]]:
        """The `(version, backend)` pairs that exist among the versions and backends."""
        return frozenset(
            (version, backend)
            for version in self.versions
            for backend in (("tensorflow",) if version[0] == 2 else self.backends)
        )

    def on(self, *backends: str) -> KerasTargets:
        """The same on these backends only. Without tensorflow among them it is Keras 3, if any version admitted is."""
        versions = self.versions
        if "tensorflow" not in backends:
            versions = versions - frozenset(KERAS_2) or versions
        return KerasTargets(versions, frozenset(backends))

    def for_origin(self, origin: str) -> KerasTargets:
        """What remains for a layer that was imported from `origin` (`graph.Layer.origin`).

        `tf_keras` and `tensorflow.python.keras` are Keras 2 whatever the pins say. Code that spells
        `tensorflow.keras` is taken to run on the tensorflow backend unless the settings exclude that backend, and code
        that spells `tensorflow.compat.v1.keras` on Keras 2 unless the settings exclude Keras 2 (TensorFlow 2.16 and
        later put Keras 3's layers there).
        """
        return _for_origin(self, origin)


@cache
def _for_origin(env: KerasTargets, origin: str) -> KerasTargets:
    tensorflow = env.backends & {"tensorflow"} or env.backends
    keras2 = env.versions & frozenset(KERAS_2)
    if origin.startswith("tensorflow.contrib"):
        return KerasTargets(keras2 & frozenset(KERAS_2[:4]) or frozenset(KERAS_2[:4]), frozenset({"tensorflow"}))
    if origin == "tf_keras" or origin.startswith(("tf_keras.", "tensorflow.python.keras")):
        return KerasTargets(keras2 or _ERA & frozenset(KERAS_2), frozenset({"tensorflow"}))
    if origin.startswith("tensorflow.compat.v1"):
        return KerasTargets(keras2 or env.versions, tensorflow)
    if origin.startswith("tensorflow"):
        return KerasTargets(env.versions, tensorflow)
    return env


# ---------------------------------------------------------------------------------------------------------------------
# Versions as users write them


def parse_keras_version(text: str) -> frozenset[Version]:
    """The Keras minors that a setting or a pin admits: "3.15", "3", "2.15.0", ">=3.4,<4", "==2.*", "^3.4".

    A release newer than `NEWEST` within Keras 3 counts as `NEWEST`. An empty text says nothing: every version of
    `KerasTargets.unknown()`. Raises ValueError where the text is no version, or admits none that rnnlint knows.
    """
    if text.strip() in ("", "*"):
        return _ERA
    known = f"Keras 2.0 to {_dotted(KERAS_2[-1])} and 3.0 to {_dotted(NEWEST)}"
    admitted = _admits(text, f"Keras version {text!r}: write a version such as 3.15, or a range such as >=3.4,<4")
    # tf_keras continued with 2.16 and later; 2.15 represents it.
    found = {version for version in RELEASES if admitted(version)}
    found |= {KERAS_2[-1] for minor in _later(text, KERAS_2[-1]) if admitted((2, minor))}
    found |= {NEWEST for minor in _later(text, NEWEST) if admitted((3, minor))}
    if not found:
        raise ValueError(f"Keras version {text!r}: no release that rnnlint knows is among them ({known})")
    return frozenset(found)


def keras_for_tensorflow(specifier: str) -> frozenset[Version]:
    """The Keras minors that a TensorFlow pin ("2.15.0", ">=2.16", "~=2.9") implies.

    TensorFlow 2.16 and later depend on Keras 3, 2.5 to 2.15 on the Keras of the same number. TensorFlow 2.0 to 2.4
    carried the layers of Keras 2.4 in `tf.keras` (under the version strings 2.2.4-tf to 2.4.0), TensorFlow 1 those of
    Keras 2.0 to 2.3. An empty specifier says nothing: every version of `KerasTargets.unknown()`. Raises ValueError as
    `parse_keras_version` does.
    """
    if specifier.strip() in ("", "*"):
        return _ERA
    admitted = _admits(specifier, f"TensorFlow version {specifier!r}: write a version or a range such as >=2.16")
    found: set[Version] = set()
    if any(admitted((1, minor)) for minor in range(16)):
        found.update(KERAS_2[:4])
    for minor in range(16):
        if admitted((2, minor)):
            found.add((2, max(minor, 4)))
    newest = max(_TENSORFLOW_FLOOR)
    for minor in {*range(16, newest[1] + 1), *_later(specifier, newest)}:
        if admitted((2, minor)):
            floor = _TENSORFLOW_FLOOR[min((2, minor), newest)]
            found.update(version for version in KERAS_3 if version >= floor)
    if not found:
        raise ValueError(
            f"TensorFlow version {specifier!r}: no TensorFlow that rnnlint knows (1.0 to 2.x) is among them"
        )
    return frozenset(found)


def _admits(text: str, error: str) -> Callable[[Version], bool]:
    """Whether some release of a minor satisfies `text`."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion
    from packaging.version import Version as Release

    text = text.strip()
    if re.fullmatch(r"[vV]?\d+(\.\d+)*(\.\*)?", text):
        numbers = [int(part) for part in re.findall(r"\d+", text)]
        return lambda version: list(version)[: len(numbers)] == numbers[:2]
    try:
        release = Release(text)
        return lambda version: version == (release.major, release.minor)
    except InvalidVersion:
        pass
    try:
        specifiers = SpecifierSet(",".join(_pep440(part) for part in text.split(",")))
    except InvalidSpecifier as invalid:
        raise ValueError(error) from invalid
    return lambda version: any(
        specifiers.contains(release, prereleases=True) for release in _releases(version, specifiers)
    )


def _later(text: str, newest: Version) -> set[int]:
    """Minors after the newest known one that can tell whether `text` admits any: the next, those it names, the last."""
    named = {int(number) for number in re.findall(r"\d{1,4}", text)}
    return {minor for minor in {newest[1] + 1, 9999, *named} if minor > newest[1]}


def _pep440(part: str) -> str:
    """One clause in PEP 440; also reads conda's `=2.15` and poetry's `^2.15` and `~2.15`."""
    part = part.strip()
    if match := re.fullmatch(r"=\s*(\d+(?:\.\d+)*)(\.\*)?", part):
        return f"=={match[1]}.*"
    if match := re.fullmatch(r"\^\s*((\d+)(?:\.\d+)*)", part):
        return f">={match[1]},<{int(match[2]) + 1}"
    if match := re.fullmatch(r"~\s*((\d+)(?:\.(\d+))?(?:\.\d+)*)", part):
        return f">={match[1]},<{match[2]}.{int(match[3]) + 1}" if match[3] else f"=={match[1]}.*"
    return part


def _releases(version: Version, specifiers: SpecifierSet) -> Iterator[str]:
    """Releases of a minor that can tell whether the specifiers admit it: usual patches, and those they name."""
    from packaging.version import InvalidVersion
    from packaging.version import Version as Release

    for patch in (0, 1, 2, 3, 4, 5, 6, 9, 99):
        yield f"{_dotted(version)}.{patch}"
    for specifier in specifiers:
        try:
            release = Release(specifier.version.removesuffix(".*"))
        except InvalidVersion:
            continue
        if (release.major, release.minor) == version:
            yield str(release)
            yield f"{_dotted(version)}.{release.micro + 1}"


def _dotted(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


# ---------------------------------------------------------------------------------------------------------------------
# Where a fact holds


@dataclass(frozen=True)
class VersionSet:
    """The `(version, backend)` pairs in which something holds. `&`, `|`, `-` and truth work as on sets."""

    pairs: frozenset[tuple[Version, str]] = frozenset()

    @staticmethod
    def of(versions: Iterable[Version], backends: Iterable[str] = BACKENDS) -> VersionSet:
        """The existing pairs among the given versions and backends."""
        return VersionSet(KerasTargets(frozenset(versions), frozenset(backends)).pairs)

    @staticmethod
    @cache
    def keras2(since: int = 0, until: int = KERAS_2[-1][1]) -> VersionSet:
        """Keras 2.`since` to 2.`until`."""
        return VersionSet.of(version for version in KERAS_2 if since <= version[1] <= until)

    @staticmethod
    @cache
    def keras3(*backends: str, since: int = 0, until: int = NEWEST[1]) -> VersionSet:
        """Keras 3.`since` to 3.`until` on the given backends, or on all."""
        return VersionSet.of((version for version in KERAS_3 if since <= version[1] <= until), backends or BACKENDS)

    def __and__(self, other: VersionSet) -> VersionSet:
        return VersionSet(self.pairs & other.pairs)

    def __or__(self, other: VersionSet) -> VersionSet:
        return VersionSet(self.pairs | other.pairs)

    def __sub__(self, other: VersionSet) -> VersionSet:
        return VersionSet(self.pairs - other.pairs)

    def __bool__(self) -> bool:
        return bool(self.pairs)

    def within(self, env: KerasTargets) -> Literal["all", "some", "none"]:
        """Whether it holds in all, in some or in none of the pairs of `env`."""
        shared = self.pairs & env.pairs
        return "none" if not shared else "all" if shared == env.pairs else "some"

    def describe(self, env: KerasTargets) -> str:
        """Where within `env` it holds, for a sentence: "Keras 3.0 to 3.3 on tensorflow", "Keras 2 and Keras 3".

        A backend is named only where it matters: where the same does not hold on all backends of those versions.
        """
        parts: list[str] = []
        keras2 = {version for version, _ in self.pairs & env.pairs if version[0] == 2}
        if keras2:
            parts.append(_named(keras2, {version for version in env.versions if version[0] == 2}))
        admitted = {version for version in env.versions if version[0] == 3}
        by_versions: dict[frozenset[Version], list[str]] = {}
        for backend in BACKENDS:
            versions = frozenset(version for version, where in self.pairs & env.pairs if where == backend) - keras2
            if versions:
                by_versions.setdefault(versions, []).append(backend)
        phrases: list[str] = []
        for versions, backends in sorted(
            by_versions.items(), key=lambda item: (min(item[0]), BACKENDS.index(item[1][0]))
        ):
            text = _named(versions, admitted)
            everywhere = all((version, backend) in self.pairs for version in versions for backend in BACKENDS)
            if len(by_versions) > 1 or not everywhere:
                text += " on " + _join(backends)
            phrases.append(text)
        if phrases:
            parts.append(", ".join(phrases))
        return " and ".join(parts) or "no Keras version"


def _named(versions: Iterable[Version], admitted: Iterable[Version]) -> str:
    """All admitted versions of a major, if more than one, as "Keras 3"; else their ranges."""
    found, possible = sorted(versions), sorted(admitted)
    if found == possible and len(found) > 1:
        return f"Keras {found[0][0]}"
    return "Keras " + _join([_range(run) for run in _runs(found)])


def _runs(versions: Sequence[Version]) -> list[list[Version]]:
    runs: list[list[Version]] = []
    for version in versions:
        if runs and runs[-1][-1] == (version[0], version[1] - 1):
            runs[-1].append(version)
        else:
            runs.append([version])
    return runs


def _range(run: Sequence[Version]) -> str:
    if run[-1] == NEWEST and len(run) > 1:
        return f"{_dotted(run[0])} and later"
    return _dotted(run[0]) if len(run) == 1 else f"{_dotted(run[0])} to {_dotted(run[-1])}"


def _join(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
