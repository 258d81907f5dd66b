"""The defects of older Keras releases are not in those that CI has: what the rules claim of them is refuted there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rnnlint.confirm.installed import InstalledKeras
from rnnlint.confirm.session import Session
from rnnlint.findings import Finding, Verdict
from rnnlint.keras import defects
from rnnlint.keras.defects import Defect
from rnnlint.keras.versions import NEWEST, Version, parse_keras_version
from rnnlint.run.loop import lint_text
from rnnlint.settings.settings import Settings

MENDED = [
    ("RNN204", defects.DROPOUT_LOSES_CUDNN, "LSTM(8, dropout=0.2)", "Keras chooses cuDNN as written"),
    (
        "RNN501",
        defects.GRU_STATE_GROWS,
        "GRU(8, recurrent_dropout=0.5)",
        "after 100 timesteps in training the largest value of the state is 0.",
    ),
    (
        "RNN503",
        defects.RECURRENT_RATE_IGNORED,
        "SimpleRNN(8, recurrent_dropout=0.5)",
        "of the state is kept, where `recurrent_dropout` should leave 50.0 %",
    ),
    (
        "RNN503",
        defects.RECURRENT_RATE_IGNORED,
        "LSTM(8, dropout=0.8, recurrent_dropout=0.2)",
        "of the state is kept, where `recurrent_dropout` should leave 80.0 %",
    ),
    (
        "RNN504",
        defects.CONV_LSTM_IGNORES,
        "ConvLSTM2D(4, 3, dropout=0.5)",
        "of the input is kept, where `dropout` should leave 50.0 %",
    ),
    (
        "RNN504",
        defects.CONV_LSTM_IGNORES,
        "ConvLSTM2D(4, 3, recurrent_dropout=0.5)",
        "of the state is kept, where `recurrent_dropout` should leave 50.0 %",
    ),
]
INFERENCE = ("RNN502", defects.DROPS_AT_INFERENCE, "LSTM(8, dropout=0.5)")
CRASH = ("RNN302", defects.IMPLEMENTATION_1_FAILS, "GRU(8, dropout=0.5, implementation=1)")
EVERY = [value for value in vars(defects).values() if isinstance(value, Defect)]


def claimed(rule: str, defect: Defect, layer: str) -> Finding:
    """The finding of a rule in a line of code, planned for a release that has the defect."""
    version, _ = min(defect.where.pairs)
    found = InstalledKeras("python", "keras", "tensorflow", {"keras": f"{version[0]}.{version[1]}.0", "tf_keras": None})
    text = f"from keras import layers\nlayer = layers.{layer}\n"
    (finding,) = lint_text(text.encode(), "block.py", Settings(rules=frozenset({rule})), found).findings
    assert finding.confidence == "certain"
    return finding


def verdict(finding: Finding, session: Session) -> Verdict:
    """The verdict of a Keras that the finding does not speak of, as if it did."""
    assert finding.probe is not None
    anywhere = replace(finding, probe=replace(finding.probe, where=frozenset(), fixed=""))
    found = next(session.confirm([anywhere])).verdict
    assert found is not None
    return found


@pytest.mark.keras
@pytest.mark.parametrize(("rule", "defect", "layer", "evidence"), MENDED)
def test_not_in_keras_3(rule: str, defect: Defect, layer: str, evidence: str, keras3: Session) -> None:
    finding = claimed(rule, defect, layer)
    found = verdict(finding, keras3)
    assert (found.status, evidence in found.evidence) == ("refuted", True), found
    told = next(keras3.confirm([finding])).verdict
    assert told is not None
    assert told.status == "unverified"
    assert told.evidence == f"fixed in Keras {defect.fixed}, and Keras {found.keras} runs here"


@pytest.mark.keras2
@pytest.mark.parametrize(("rule", "defect", "layer", "evidence"), MENDED)
def test_not_in_keras_2(rule: str, defect: Defect, layer: str, evidence: str, keras2: Session) -> None:
    finding = claimed(rule, defect, layer)
    found = verdict(finding, keras2)
    assert (found.status, evidence in found.evidence) == ("refuted", True), found
    told = next(keras2.confirm([finding])).verdict
    assert told is not None
    assert told.evidence.startswith("the finding is about Keras 3.")


@pytest.mark.keras
def test_no_dropout_at_inference_in_keras_3(keras3: Session) -> None:
    found = verdict(claimed(*INFERENCE), keras3)
    assert (found.status, found.evidence) == (
        "refuted",
        "at inference 0 % of the input is zero where it is passed to cuDNN",
    )


@pytest.mark.keras
def test_implementation_1_fails_in_keras_3(keras3: Session) -> None:
    """Should Keras mend it, the defect needs its `fixed`."""
    assert verdict(claimed(*CRASH), keras3).status == "confirmed"


@pytest.mark.keras2
def test_implementation_1_in_keras_2(keras2: Session) -> None:
    found = verdict(claimed(*CRASH), keras2)
    assert (found.status, found.evidence) == ("refuted", "it raises nothing")


@pytest.mark.parametrize("defect", EVERY, ids=lambda defect: defect.source)
def test_fixed_is_the_release_after_the_last(defect: Defect) -> None:
    last: Version = max(version for version, _ in defect.where.pairs)
    if defect.fixed:
        assert parse_keras_version(defect.fixed) == {(last[0], last[1] + 1)}
        assert defect.fixed_note == f"; fixed in Keras {defect.fixed}"
    else:
        assert last == NEWEST
        assert defect.fixed_note == ""


def test_releases_in_words() -> None:
    assert defects.GRU_STATE_GROWS.releases == "Keras 3.2 to 3.7"
    assert defects.DROPS_AT_INFERENCE.releases == "Keras 3.4 to 3.8 on tensorflow"
