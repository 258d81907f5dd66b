from __future__ import annotations

import importlib.metadata

import pytest

from rnnlint.keras.versions import (
    BACKENDS,
    KERAS_2,
    KERAS_3,
    NEWEST,
    RELEASES,
    KerasTargets,
    Version,
    VersionSet,
    keras_for_tensorflow,
    parse_keras_version,
)

ANY = KerasTargets.unknown()
ALL = KerasTargets(frozenset(RELEASES), frozenset(BACKENDS))


def minors(major: int, first: int, last: int) -> set[Version]:
    return {(major, minor) for minor in range(first, last + 1)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3.15", {(3, 15)}),
        ("3.15.1", {(3, 15)}),
        ("v3.1", {(3, 1)}),
        ("3", set(KERAS_3)),
        ("2", set(KERAS_2)),
        ("2.15.0", {(2, 15)}),
        ("2.16", {(2, 15)}),  # tf_keras
        ("3.99", {NEWEST}),
        ("3.0.0rc1", {(3, 0)}),
        (">=3.4,<4", minors(3, 4, NEWEST[1])),
        (">= 3.4, < 3.7", minors(3, 4, 6)),
        ("~=3.4", minors(3, 4, NEWEST[1])),
        ("^3.4", minors(3, 4, NEWEST[1])),
        ("~2.3", {(2, 3)}),
        ("=2.15", {(2, 15)}),
        ("=2.15.*", {(2, 15)}),
        ("==2.*", set(KERAS_2)),
        ("2.15.*", {(2, 15)}),
        ("==3.3.3", {(3, 3)}),
        (">3.3.3", minors(3, 3, NEWEST[1])),
        ("<=3.3", {*KERAS_2, *minors(3, 0, 3)}),
        ("!=3.5.*,>=3.4,<3.7", {(3, 4), (3, 6)}),
        (">=3.99", {NEWEST}),
        ("", set(ANY.versions)),
    ],
)
def test_parse_keras_version(text: str, expected: set[Version]) -> None:
    assert parse_keras_version(text) == expected


@pytest.mark.parametrize("text", ["newest", "3.x", ">=three", "1.2.2", "4", ">=4", "<2", "3.15 or so", "3..1", "-3"])
def test_no_keras_version(text: str) -> None:
    with pytest.raises(ValueError, match="Keras version"):
        parse_keras_version(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2.15.0", {(2, 15)}),
        ("==2.15.0.post1", {(2, 15)}),
        ("~=2.9.0", {(2, 9)}),
        ("2.9.*", {(2, 9)}),
        ("<2.16,>=2.13", minors(2, 13, 15)),
        (">=2.16", set(KERAS_3)),
        ("2.16.1", set(KERAS_3)),
        ("2.18", minors(3, 5, NEWEST[1])),
        ("2.20.0", minors(3, 10, NEWEST[1])),
        ("2.99", minors(3, 12, NEWEST[1])),
        (">=2.0", set(ANY.versions)),
        ("2.0.0", {(2, 4)}),
        ("2.3.4", {(2, 4)}),
        ("2.0.0-alpha0", {(2, 4)}),
        ("==1.15.*", minors(2, 0, 3)),
        (">=1.14,<2", minors(2, 0, 3)),
        ("1", minors(2, 0, 3)),
        ("2", set(ANY.versions)),
        ("", set(ANY.versions)),
    ],
)
def test_keras_for_tensorflow(text: str, expected: set[Version]) -> None:
    assert keras_for_tensorflow(text) == expected


@pytest.mark.parametrize("text", ["nightly", "0.12", ">=3", "<1"])
def test_no_tensorflow_version(text: str) -> None:
    with pytest.raises(ValueError, match="TensorFlow version"):
        keras_for_tensorflow(text)


@pytest.mark.keras
def test_installed_tensorflow_and_keras_agree() -> None:
    keras = importlib.metadata.version("keras")
    try:
        tensorflow = importlib.metadata.version("tensorflow-cpu")
    except importlib.metadata.PackageNotFoundError:
        try:
            tensorflow = importlib.metadata.version("tensorflow")
        except importlib.metadata.PackageNotFoundError:
            pytest.skip("needs tensorflow")
    assert parse_keras_version(keras) <= keras_for_tensorflow(tensorflow)


LSTM = (
    VersionSet.keras2(4)
    | VersionSet.keras3("tensorflow")
    | VersionSet.keras3("torch", since=10)
    | VersionSet.keras3("jax", since=14)
)


@pytest.mark.parametrize(
    ("where", "env", "expected", "within"),
    [
        (
            LSTM,
            ANY,
            "Keras 2 and Keras 3 on tensorflow, Keras 3.10 and later on torch, Keras 3.14 and later on jax",
            "some",
        ),
        (LSTM, ANY.for_origin("tensorflow.keras"), "Keras 2 and Keras 3 on tensorflow", "all"),
        (LSTM, ANY.for_origin("tf_keras"), "Keras 2", "all"),
        (
            LSTM,
            ALL,
            "Keras 2.4 to 2.15 and Keras 3 on tensorflow, Keras 3.10 and later on torch, Keras 3.14 and later on jax",
            "some",
        ),
        (VersionSet.keras2(), ANY, "Keras 2", "some"),
        (VersionSet.keras3(), ANY, "Keras 3", "some"),
        (VersionSet.keras2() | VersionSet.keras3(), ANY, "Keras 2 and Keras 3", "all"),
        (VersionSet.keras3("tensorflow", until=3), ANY, "Keras 3.0 to 3.3 on tensorflow", "some"),
        (VersionSet.keras3("jax", "torch"), ANY, "Keras 3 on jax and torch", "some"),
        (VersionSet.keras3(since=13), ANY, "Keras 3.13 and later", "some"),
        (VersionSet.keras3(since=8, until=8), ANY, "Keras 3.8", "some"),
        (VersionSet.keras3(until=1) | VersionSet.keras3(since=14), ANY, "Keras 3.0 to 3.1 and 3.14 and later", "some"),
        (VersionSet.keras3(), KerasTargets(frozenset({NEWEST}), frozenset(BACKENDS)), f"Keras 3.{NEWEST[1]}", "all"),
        (VersionSet.keras2(), KerasTargets(frozenset({(2, 15)}), frozenset({"jax"})), "Keras 2.15", "all"),
        (
            VersionSet.keras3(until=3),
            KerasTargets(frozenset({NEWEST}), frozenset(BACKENDS)),
            "no Keras version",
            "none",
        ),
        (VersionSet(), ANY, "no Keras version", "none"),
        (
            VersionSet.keras3("tensorflow", since=8) | VersionSet.keras3("jax", "torch", since=10),
            ANY,
            "Keras 3.8 and later on tensorflow, Keras 3.10 and later on jax and torch",
            "some",
        ),
    ],
)
def test_where(where: VersionSet, env: KerasTargets, expected: str, within: str) -> None:
    assert where.describe(env) == expected
    assert where.within(env) == within


def test_where_is_a_set() -> None:
    old, torch = VersionSet.keras3(until=9), VersionSet.keras3("torch")
    assert (old & torch).describe(ANY) == "Keras 3.0 to 3.9 on torch"
    assert (torch - old).describe(ANY) == "Keras 3.10 and later on torch"
    assert (old | torch) - torch - old == VersionSet()
    assert not VersionSet()
    assert old


def test_keras_2_only_runs_on_tensorflow() -> None:
    assert {backend for version, backend in ALL.pairs if version[0] == 2} == {"tensorflow"}
    assert len(ALL.pairs) == len(KERAS_2) + 3 * len(KERAS_3)


@pytest.mark.parametrize(
    ("origin", "majors", "backends"),
    [
        ("keras", {2, 3}, set(BACKENDS)),
        ("keras.src", {2, 3}, set(BACKENDS)),
        ("", {2, 3}, set(BACKENDS)),
        ("tensorflow.keras", {2, 3}, {"tensorflow"}),
        ("tf_keras", {2}, {"tensorflow"}),
        ("tensorflow.python.keras", {2}, {"tensorflow"}),
        ("tensorflow.compat.v1.keras", {2}, {"tensorflow"}),
        ("tensorflow.contrib.keras", {2}, {"tensorflow"}),
    ],
)
def test_for_origin(origin: str, majors: set[int], backends: set[str]) -> None:
    found = ANY.for_origin(origin)
    assert found.majors == majors
    assert found.backends == backends
    assert found.for_origin(origin) == found


def test_for_origin_against_the_settings() -> None:
    keras3 = KerasTargets(frozenset({NEWEST}), frozenset({"jax"}))
    assert keras3.for_origin("tensorflow.keras") == keras3
    assert keras3.for_origin("tf_keras").majors == {2}
    assert keras3.for_origin("tensorflow.compat.v1.keras").versions == {NEWEST}
    assert KerasTargets(frozenset({(2, 15), NEWEST}), frozenset({"tensorflow"})).for_origin("tf_keras").versions == {
        (2, 15)
    }
