"""Generated models, built by real Keras: the static graph equals the live one, or says unknown. Never different."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from textwrap import indent

import hypothesis
import pytest
from hypothesis import given

from rnnlint import source as rnnlint_source
from rnnlint.graph import Graph
from rnnlint.interpret import interpret
from rnnlint.keras.versions import Env, parse_keras_version
from tests.differential import models
from tests.differential.live import Keras, RefusedError, compare
from tests.differential.sources import sources

pytestmark = pytest.mark.keras

# Of the facts about generated models, the share that the interpreter has to know. What it may not know is what hangs
# on `len(sys.argv)`.
KNOWN_SHARE = 0.9
EXAMPLES = 150


class NoFinder:
    """Generated sources import nothing of a code base."""

    def find(self, module: str, level: int, importer: str) -> rnnlint_source.Source | None:
        return None


@pytest.fixture(scope="module")
def keras(keras3_python: str) -> Iterator[Keras]:
    process = Keras(keras3_python)
    yield process
    process.close()


@pytest.fixture(scope="module")
def env(keras: Keras) -> Env:
    major, minor, *_ = keras.version.split(".")
    return Env(parse_keras_version(f"{major}.{minor}"), frozenset({"tensorflow"}))


def static(text: str, env: Env) -> Graph:
    return interpret(rnnlint_source.from_text(text, "generated.py"), NoFinder(), env)


def check(text: str, live: Graph, env: Env) -> tuple[Counter[str], Counter[str]]:
    """Raises AssertionError with the source where the two sides differ."""
    differences, known, unknown = compare(static(text, env), live)
    numbered = "\n".join(f"{row:3} {line}" for row, line in enumerate(text.splitlines(), 1))
    assert not differences, "\n".join(["rnnlint and Keras differ:", *differences, "", indent(numbered, "  ")])
    return known, unknown


@pytest.mark.parametrize("name", models.MODELS)
def test_handwritten(name: str, keras: Keras, env: Env) -> None:
    text = models.MODELS[name]
    known, unknown = check(text, keras.build(text), env)
    assert known["model"]
    assert known["layer"]
    assert sorted(+unknown) == sorted(models.UNKNOWN.get(name, ())), unknown


def test_generated(keras: Keras, env: Env) -> None:
    known: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()

    @hypothesis.settings(
        max_examples=max(EXAMPLES, hypothesis.settings().max_examples),
        database=None,
        suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.filter_too_much],
    )
    @given(sources())
    def run(text: str) -> None:
        try:
            live = keras.build(text)
        except RefusedError:
            outcomes["refused"] += 1
            hypothesis.assume(False)
            raise
        outcomes["built"] += 1
        more_known, more_unknown = check(text, live, env)
        known.update(more_known)
        unknown.update(more_unknown)

    run()
    assert outcomes["built"] > 5 * outcomes["refused"], outcomes
    for fact in ("model", "layer", "edge", "shape", "argument"):
        share = known[fact] / (known[fact] + unknown[fact])
        assert share > KNOWN_SHARE, f"{fact}: only {share:.0%} known of {known[fact] + unknown[fact]}"
