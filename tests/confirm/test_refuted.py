"""Findings made false on purpose: Keras is shown another layer than the finding speaks of, and the verdict says so."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rnnlint.confirm.session import Session
from rnnlint.findings import Finding, OwnMaskClaim, Verdict
from rnnlint.run.loop import lint_text
from rnnlint.settings.settings import Settings
from tests import pages
from tests.confirm.confirming import findings

LINES = """
import keras
from keras import layers
inputs = keras.Input((20, 1))
"""
# Values of a job.
SHARED = {"items": [{"const": None}, {"const": 1}, {"const": None}], "kind": "tuple"}
PER_STEP = {"items": [{"const": None}, {"const": 1}], "kind": "tuple"}
WORKERS = [pytest.param("keras3", marks=pytest.mark.keras), pytest.param("keras2", marks=pytest.mark.keras2)]


@pytest.fixture
def session(worker: str, request: pytest.FixtureRequest) -> Session:
    found = request.getfixturevalue(worker)
    assert isinstance(found, Session)
    return found


def example(rule: str, session: Session) -> Finding:
    """The finding of the bad block of a rule's page."""
    page = next(page for page in pages.pages() if page.path.stem == rule)
    return next(one for one in findings(page.blocks[:1], session, Path()) if one.code == rule)


def written(text: str, rule: str, session: Session) -> Finding:
    """The first finding of a rule in a few lines."""
    settings = Settings(rules=frozenset({rule}))
    return lint_text((LINES + text).encode(), "block.py", settings, session.found).findings[0]


def shown(finding: Finding, name: str = "", **keywords: Any) -> Finding:
    """The finding with a plan that shows Keras another layer: other arguments (None: left out), or another class."""
    assert finding.plan is not None
    assert finding.plan.job is not None, finding.plan.obstacle
    job = copy.deepcopy(dict(finding.plan.job))
    layer = job["layers"][job["probe"]["layer"]]
    while layer["children"]:
        layer = layer["children"][0]
    layer["class"] = f"keras.layers.{name}" if name else layer["class"]
    layer["keywords"] = {key: value for key, value in {**layer["keywords"], **keywords}.items() if value is not None}
    return replace(finding, plan=replace(finding.plan, job=job))


def verdict(finding: Finding, session: Session) -> Verdict:
    found = next(session.confirm([finding])).verdict
    assert found is not None
    return found


@pytest.mark.parametrize("worker", WORKERS)
@pytest.mark.parametrize(
    ("rule", "other", "evidence"),
    [
        # One draw per timestep is claimed.
        ("RNN101", {"rate": {"const": 0.6}}, "of timesteps all-zero before LSTM, predicted 30.0 %"),
        ("RNN101", {"noise_shape": None}, "0 % of timesteps all-zero before LSTM, predicted 30.0 %"),
        ("RNN101", {"noise_shape": SHARED}, "the mask is the same at all timesteps before LSTM"),
        # A new mask at every timestep is claimed: the graph says that there is no noise shape.
        ("RNN102", {"noise_shape": SHARED}, "the mask is the same at all timesteps before LSTM"),
        ("RNN102", {"name": "SpatialDropout1D"}, "the mask is the same at all timesteps before LSTM"),
        ("RNN103", {"name": "Dropout"}, "the mask is a new one at every timestep before LSTM"),
        ("RNN103", {"rate": {"const": 0.2}}, "of sequences all-zero before LSTM, predicted 30.0 %"),
        ("RNN104", {"noise_shape": SHARED}, "each sample of a batch has its own mask before LSTM"),
        ("RNN105", {"noise_shape": SHARED}, "a batch of 15 raises nothing"),
        ("RNN106", {"noise_shape": SHARED}, "it raises nothing"),
        ("RNN107", {"rate": {"const": 0.0}}, "100 % of the padding masked in training, 100 % at inference"),
        ("RNN108", {"rate": {"const": 0.0}}, "0 % of the ids change in training"),
        ("RNN109", {"noise_shape": PER_STEP}, "the mask is the same all along axis 2"),
        ("RNN201", {"recurrent_dropout": {"const": 0.0}}, "Keras chooses cuDNN as written"),
        ("RNN202", {"activation": {"const": "tanh"}}, "Keras chooses cuDNN as written"),
        ("RNN301", {"dropout": {"const": 0.2}}, "Keras accepts it and drops some of the values"),
        ("RNN110", {"dropout": {"const": 0.1}}, "of the input is kept, predicted 25.0 %"),
        ("RNN303", {"rate": {"const": 0.6}}, "of the input is kept, predicted 20.0 %"),
    ],
)
def test_another_layer(rule: str, other: dict[str, Any], evidence: str, session: Session) -> None:
    finding = example(rule, session)
    found = verdict(shown(finding, **other), session)
    assert (found.status, evidence in found.evidence) == ("refuted", True), found
    # It is the other layer that did it.
    assert verdict(finding, session).status == "confirmed"


@pytest.mark.parametrize("worker", WORKERS[:1])
def test_no_conflict_with_use_cudnn(session: Session) -> None:
    """On a simulated GPU `use_cudnn=True` alone raises nothing."""
    finding = written("layers.LSTM(8, activation='relu', use_cudnn=True)(inputs)", "RNN203", session)
    assert verdict(finding, session).status == "confirmed"
    found = verdict(shown(finding, activation={"const": "tanh"}), session)
    assert (found.status, found.evidence.partition(";")[0]) == ("refuted", "it raises nothing")


@pytest.mark.parametrize("worker", WORKERS)
def test_a_cell_whose_layer_is_off_cudnn_too(session: Session) -> None:
    """Nothing is refuted: the cell has no kernel, but neither has the layer."""
    finding = example("RNN205", session)
    assert verdict(finding, session).status == "confirmed"
    found = verdict(shown(finding, activation={"const": "relu"}), session)
    assert (found.status, found.evidence) == ("unverified", "Keras does not choose cuDNN for LSTM either")


@pytest.mark.parametrize("worker", WORKERS)
def test_a_mask_that_is_drawn_as_before(session: Session) -> None:
    """One per timestep in Keras 2, one for all in Keras 3: by other arguments, or by a wrong claim."""
    finding = example("RNN505", session)
    assert verdict(finding, session).status == "confirmed"
    if session.found.env().majors == {2}:
        found = verdict(shown(finding, unroll={"const": True}), session)
        assert (found.status, found.evidence) == ("refuted", "256 draws: one mask for all timesteps")
    found = verdict(shown(finding, dropout={"const": 0.0}), session)
    assert (found.status, found.evidence) == ("unverified", "256 draws: 100 % of the input is kept")


@pytest.mark.parametrize("worker", WORKERS)
def test_a_wrong_probability(session: Session) -> None:
    finding = example("RNN101", session)
    assert finding.plan is not None
    assert finding.plan.job is not None
    job = {**finding.plan.job, "probe": {**finding.plan.job["probe"], "probability": 0.4}}
    found = verdict(replace(finding, plan=replace(finding.plan, job=job)), session)
    assert found.status == "refuted"
    assert found.evidence.endswith(" of timesteps all-zero before LSTM, predicted 40.0 %")


@pytest.mark.parametrize("worker", WORKERS)
def test_a_mask_that_does_not_reach_the_recurrent_layer(session: Session) -> None:
    """The graph says that the LSTM reads the dropout; in the job it reads the input."""
    finding = example("RNN101", session)
    assert finding.plan is not None
    assert finding.plan.job is not None
    job = copy.deepcopy(dict(finding.plan.job))
    (target,) = (node for node in job["nodes"] if node["id"] == job["probe"]["target"])
    target["inputs"] = [[0, 0]]
    found = verdict(replace(finding, plan=replace(finding.plan, job=job)), session)
    assert found.status == "refuted"
    assert found.evidence.endswith("; but that does not change what LSTM reads")


@pytest.mark.parametrize("worker", WORKERS)
def test_a_recurrent_layers_own_mask(session: Session) -> None:
    """Keras 2 draws it at every timestep, Keras 3 once."""
    shared = session.found.env().majors == {3}
    claim: OwnMaskClaim = "sequences" if shared else "steps"
    wrong: OwnMaskClaim = "steps" if shared else "sequences"
    rule = "RNN103" if shared else "RNN101"
    finding = written("layers.LSTM(8, dropout=0.3)(inputs)", rule, session)
    assert finding.probe is not None
    assert finding.probe.claims == (claim,)
    assert verdict(finding, session).status == "confirmed"
    assert verdict(replace(finding, probe=replace(finding.probe, claims=(wrong,))), session).status == "refuted"
    other = verdict(shown(finding, dropout={"const": 0.6}), session)
    assert other.status == "refuted"
    assert other.evidence.endswith("predicted 30.0 %")


@pytest.mark.parametrize("worker", WORKERS)
def test_an_error_that_has_another_cause_is_no_confirmation(session: Session) -> None:
    """Nor a refutation: without the noise shape the call fails, too."""
    found = verdict(shown(example("RNN106", session), rate={"const": 20}), session)
    assert found.status == "unverified"
    assert found.evidence.startswith("the same without `noise_shape` also fails: ValueError: ")


@pytest.mark.parametrize("worker", WORKERS)
def test_a_layer_that_cannot_be_built_is_no_refutation(session: Session) -> None:
    found = verdict(shown(example("RNN102", session), name="NoSuchDropout"), session)
    assert found.status == "unverified"
    assert found.evidence.startswith("the model could not be rebuilt: ")
