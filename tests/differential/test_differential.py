"""Generated models, built by real Keras: the static graph equals the live one, or says unknown. Never different."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from textwrap import indent

import hypothesis
import pytest
from hypothesis import given

from rnnlint.confirm.observed.comparing import compare
from rnnlint.graph import Graph
from rnnlint.interpret import interpret
from rnnlint.keras.versions import KerasTargets, parse_keras_version
from rnnlint.source.read import from_text
from rnnlint.source.source import Source
from tests.differential import models
from tests.differential.live import Keras, RefusedError
from tests.differential.sources import sources

# Of the facts about generated models, the share that the interpreter has to know. What it may not know is what hangs
# on `len(sys.argv)`.
KNOWN_SHARE = 0.9
EXAMPLES = 150


class NoFinder:
    """Generated sources import nothing of a code base."""

    def find(self, module: str, level: int, importer: str) -> Source | None:
        return None


@pytest.fixture(scope="module")
def keras3(keras3_python: str) -> Iterator[Keras]:
    process = Keras(keras3_python)
    yield process
    process.close()


@pytest.fixture(scope="module")
def keras2(keras2_python: str) -> Iterator[Keras]:
    process = Keras(keras2_python)
    yield process
    process.close()


def env_of(keras: Keras) -> KerasTargets:
    major, minor, *_ = keras.version.split(".")
    return KerasTargets(parse_keras_version(f"{major}.{minor}"), frozenset({"tensorflow"}))


def source_of(text: str) -> Source:
    return from_text(text, "generated.py")


def check(text: str, live: Graph, keras: Keras) -> tuple[Counter[str], Counter[str]]:
    """Raises AssertionError with the source where the two sides differ."""
    static = interpret(source_of(text), NoFinder(), env_of(keras))
    notes, known, unknown = compare(static, live)
    differences = [f"row {note.span.row}: {note.message}" for note in notes]
    made = {(layer.span, layer.short) for layer in live.layers if layer.span.row and layer.kind == "keras"}
    differences += [
        f"row {span.row}: no {name}" for span, name in made - {(one.span, one.short) for one in static.layers}
    ]
    numbered = "\n".join(f"{row:3} {line}" for row, line in enumerate(text.splitlines(), 1))
    assert not differences, "\n".join(["rnnlint and Keras differ:", *differences, "", indent(numbered, "  ")])
    return known, unknown


def check_handwritten(name: str, keras: Keras) -> None:
    text = models.MODELS[name]
    known, unknown = check(text, keras.build(source_of(text)), keras)
    assert known["model"]
    assert known["layer"]
    assert sorted(+unknown) == sorted(models.UNKNOWN.get(name, ())), unknown


@pytest.mark.keras
@pytest.mark.parametrize("name", models.MODELS)
def test_handwritten(name: str, keras3: Keras) -> None:
    check_handwritten(name, keras3)


@pytest.mark.keras2
@pytest.mark.parametrize(
    "name", [name for name, text in models.MODELS.items() if "keras import layers, ops" not in text]
)
def test_handwritten_of_keras_2(name: str, keras2: Keras) -> None:
    check_handwritten(name, keras2)


@pytest.mark.keras
def test_generated(keras3: Keras) -> None:
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
            live = keras3.build(source_of(text))
        except RefusedError:
            outcomes["refused"] += 1
            hypothesis.assume(False)
            raise
        outcomes["built"] += 1
        more_known, more_unknown = check(text, live, keras3)
        known.update(more_known)
        unknown.update(more_unknown)

    run()
    assert outcomes["built"] > 5 * outcomes["refused"], outcomes
    for fact in ("model", "layer", "edge", "shape", "argument"):
        share = known[fact] / (known[fact] + unknown[fact])
        assert share > KNOWN_SHARE, f"{fact}: only {share:.0%} known of {known[fact] + unknown[fact]}"
