"""`rnnlint graph` against Keras: its rows are those of the live model's `summary()`, in order, with shapes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

import pytest

from rnnlint.drawing.summary import ModelSummary, Row, Summary, summarize
from rnnlint.flow.view import View
from rnnlint.graph import Shape
from rnnlint.interpret import interpret
from rnnlint.keras.versions import KerasTargets, parse_keras_version
from rnnlint.linter import NoFinder
from rnnlint.source.read import from_text
from tests import pages
from tests.differential import models
from tests.differential.live import Keras, RefusedError
from tests.sampling import one_in

# All that can be built: the rule book, the long tail, and what the differential tests hold.
BLOCKS = [block for page in (*pages.pages(), *pages.cases()) for block in page.blocks if block.plain]
EXAMPLES = {**{block.id: block.text for block in BLOCKS}, **models.MODELS}
# A user's layer that returns what it is given, if only at inference, puts nothing into the graph.
NO_CALL_INSIDE = ("RNN101.md:437", "general.md:1814", "RNN402.md:52")
RUN = [block.id for block in BLOCKS if block.runs_on(3) and not block.raises(3) and block.id not in NO_CALL_INSIDE]
IN_KERAS_3 = [*(name for name in RUN if one_in(4, EXAMPLES[name])), *models.MODELS]


@pytest.fixture(scope="module")
def keras3(keras3_python: str) -> Iterator[Keras]:
    process = Keras(keras3_python)
    yield process
    process.close()


def summary_of(text: str, keras: Keras) -> Summary:
    major, minor, *_ = keras.version.split(".")
    env = KerasTargets(parse_keras_version(f"{major}.{minor}"), frozenset({"tensorflow"}))
    return summarize(View(interpret(from_text(text, "example.py"), NoFinder(), env), env), ())


def differences(ours: ModelSummary, theirs: dict[str, Any]) -> list[str]:
    """Where the two differ; what the analysis does not claim to know is no difference."""
    if ours.kind == "subclass":
        have, want = Counter(_class(row) for row in ours.rows), Counter(name for name, _ in theirs["rows"])
        layers = {row: number for row, number in have.items() if row[:1].isupper()}
        return [f"{name} is no layer of it" for name in layers if name not in want]
    rows = [row for row in ours.rows if row.kind != "opaque"]
    if len(rows) < len(ours.rows) or any(_open(row) for row in rows):
        return []
    listed = [(name, shapes) for name, shapes in theirs["rows"] if name not in OF_MASKS]
    names = [_class(row) for row in rows]
    if names != [_normal(name) for name, _ in listed]:
        return [f"rows {names}, Keras has {[name for name, _ in listed]}"]
    return [
        f"{row.title} outputs {row.outputs}, Keras {shapes}"
        for row, (_, shapes) in zip(rows, listed, strict=True)
        if shapes is not None and not _agree(row.outputs, shapes)
    ]


def _open(row: Row) -> bool:
    return not row.certain or any(len(ids) > 1 for call in row.sources for ids in call)


def _class(row: Row) -> str:
    return {"Input": "inputlayer", "Model": "functional"}.get(row.title) or _normal(row.title)


# What Masking and Embedding compute their masks with.
OF_MASKS = ("Any", "NotEqual")
# Keras names the class of an operation.
SAME = {"sub": "subtract", "mul": "multiply", "truediv": "truedivide", "divide": "truedivide", "neg": "negative"}


def _normal(name: str) -> str:
    short = name.rpartition(".")[2].replace("_", "").lower()
    return SAME.get(short, short)


def _agree(ours: tuple[Shape, ...], theirs: list[list[int | None] | None]) -> bool:
    if len(ours) != len(theirs):
        return ours == (None,)
    return all(
        one is None
        or two is None
        or (len(one) == len(two) and all(a == b for a, b in zip(one, two, strict=True) if isinstance(a, int)))
        for one, two in zip(ours, theirs, strict=True)
    )


@pytest.mark.keras
@pytest.mark.parametrize("name", IN_KERAS_3)
def test_as_the_live_summary(name: str, keras3: Keras) -> None:
    text = EXAMPLES[name]
    try:
        live = keras3.summaries(from_text(text, "example.py"))
    except RefusedError:
        pytest.fail("Keras refuses an example that is to run")
    summary = summary_of(text, keras3)
    known = [one for model in summary.models for one in (model, *nested(model))]
    for theirs in live:
        found = [one for one in known if may_be(one, theirs)]
        assert found, f"row {theirs['place'][0]}: no model"
        problems = [differences(one, theirs) for one in found]
        assert [] in problems, problems


def nested(model: ModelSummary) -> Iterator[ModelSummary]:
    """The models that a model calls."""
    kinds: dict[str, Literal["functional", "sequential"]] = {"Model": "functional", "Sequential": "sequential"}
    for row in model.walk():
        if row.kind == "model":
            yield replace(model, kind=kinds.get(row.title, "subclass"), name=row.title, span=row.span, rows=row.rows)


def may_be(ours: ModelSummary, theirs: dict[str, Any]) -> bool:
    """Whether both are made at the same place; the analysis knows a user's class, not where that is called."""
    if theirs["class"] in ("Functional", "Model", "Sequential"):
        return (ours.span.row, ours.span.column) == tuple(theirs["place"][:2])
    return bool(ours.name == theirs["class"]) or ours.kind != "subclass"
