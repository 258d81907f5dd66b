"""Verdicts on observations made by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlint.confirm.figures import Status, agreement, at_least
from rnnlint.confirm.kinds import KINDS
from rnnlint.confirm.verdict import covers, judge
from rnnlint.findings import Claim, Plan, Probe, ProbeKind, Verdict
from rnnlint.keras.versions import Where
from rnnlint.worker.main import PROBES

KERAS = ("3.15.1", "tensorflow")


def ask(
    kind: ProbeKind,
    claim: Claim | tuple[Claim, ...],
    seen: Mapping[str, Any],
    *,
    probability: float | None = None,
    asked: Mapping[str, Any] | None = None,
    layer: Mapping[str, Any] | None = None,
    assumed: tuple[str, ...] = (),
    target: str = "",
    **probe: Any,
) -> Verdict:
    """The verdict on what was seen of layer 0, called at node 1."""
    job: dict[str, Any] = {
        "layers": {"0": layer or {"class": "keras.layers.Dropout", "keywords": {"rate": {"const": 0.5}}}},
        "nodes": [{"id": 0}, {"id": 1}, {"id": 2, "kind": "target", "name": target}],
        "probe": {"axis": 1, "target": 2 if target else None, "probability": probability, **(asked or {})},
    }
    claims = claim if isinstance(claim, tuple) else (claim,)
    return judge(Probe(kind, 0, claims, **probe), Plan(job, "", assumed), {"id": 1, "observed": seen}, *KERAS)


def mask(**seen: Any) -> dict[str, Any]:
    """Dropout(0.5) on (6, 7, 1): every value has a draw of its own."""
    return {
        "shape": [6, 7, 1],
        "output_shape": [6, 7, 1],
        "draws": 256,
        "varies": [True, True, False],
        "values": [5390, 10752],
        "steps": [5390, 10752],
        "sequences": [11, 1536],
        "batches": [0, 256],
        "reaches": True,
        "kept": 2.0,
        **seen,
    }


SHARED = {"varies": [True, False, False], "values": [770, 1536], "steps": [770, 1536], "sequences": [770, 1536]}
BATCH = {"varies": [False, False, True], "shape": [6, 7, 4], "values": [510, 1024], "batches": [15, 256]}
OK = {"ok": True, "output_shape": [6, 7, 4]}
ERROR = {"error": "ValueError", "message": "misfit", "when": "training"}
REFUSED = {**ERROR, "when": "constructor"}


# ---------------------------------------------------------------------------------------------------------------------
# Masks


@pytest.mark.parametrize(
    ("claim", "seen", "probability", "status", "evidence"),
    [
        ("steps", {}, 0.5, "confirmed", "256 draws: 50.1 % of timesteps all-zero before LSTM, predicted 50.0 %"),
        ("steps", {}, None, "confirmed", "256 draws: 50.1 % of timesteps all-zero before LSTM"),
        ("steps", {}, 0.3, "refuted", "256 draws: 50.1 % of timesteps all-zero before LSTM, predicted 30.0 %"),
        ("steps", {"steps": [0, 10752]}, None, "refuted", "256 draws: 0 % of timesteps all-zero before LSTM"),
        (
            "steps",
            SHARED,
            0.5,
            "refuted",
            "256 draws, 50.1 % of values dropped: the mask is the same at all timesteps before LSTM",
        ),
        (
            "steps",
            {"reaches": False},
            0.5,
            "refuted",
            (
                "256 draws: 50.1 % of timesteps all-zero before LSTM, predicted 50.0 %; but that does not "
                "change what LSTM reads"
            ),
        ),
        (
            "steps",
            {"reaches": None},
            0.5,
            "unverified",
            (
                "256 draws: 50.1 % of timesteps all-zero before LSTM, predicted 50.0 %; whether LSTM reads it could "
                "not be observed"
            ),
        ),
        (
            "steps",
            {"values": [0, 10752]},
            0.5,
            "refuted",
            "256 draws: nothing is dropped before LSTM, predicted 50.0 %",
        ),
        (
            "steps",
            {"varies": None, "values": None, "output_shape": [6, 6, 7, 4]},
            0.5,
            "unverified",
            "in training the dropout turns the shape (6, 7, 1) into (6, 6, 7, 4)",
        ),
        (
            "sequences",
            SHARED,
            0.5,
            "confirmed",
            "256 draws: 50.1 % of sequences all-zero before LSTM, predicted 50.0 %",
        ),
        ("sequences", SHARED, 0.3, "refuted", "256 draws: 50.1 % of sequences all-zero before LSTM, predicted 30.0 %"),
        (
            "sequences",
            {},
            0.5,
            "refuted",
            "256 draws, 50.1 % of values dropped: the mask is a new one at every timestep before LSTM",
        ),
        (
            "batches",
            {**BATCH, "varies": [False, False, True]},
            0.0625,
            "confirmed",
            "256 draws: 5.9 % of batches all-zero before LSTM, predicted 6.2 %",
        ),
        (
            "batches",
            {},
            0.5,
            "refuted",
            "256 draws, 50.1 % of values dropped: each sample of a batch has its own mask before LSTM",
        ),
        (
            "per-step",
            {},
            None,
            "confirmed",
            "256 draws, 50.1 % of values dropped: a new mask at every timestep before LSTM",
        ),
        (
            "per-step",
            SHARED,
            None,
            "refuted",
            "256 draws, 50.1 % of values dropped: the mask is the same at all timesteps before LSTM",
        ),
        ("per-step", {"shape": [6, 1, 4]}, None, "unverified", "there is a single timestep here"),
        (
            "per-step",
            {"reaches": False},
            None,
            "refuted",
            (
                "256 draws, 50.1 % of values dropped: a new mask at every timestep before LSTM; but that "
                "does not change what LSTM reads"
            ),
        ),
        (
            "batch-shared",
            BATCH,
            None,
            "confirmed",
            "256 draws, 49.8 % of values dropped: the same mask for all 6 samples of a batch before LSTM",
        ),
        (
            "batch-shared",
            {},
            None,
            "refuted",
            "256 draws, 50.1 % of values dropped: each sample of a batch has its own mask before LSTM",
        ),
        ("batch-shared", {**BATCH, "shape": [1, 7, 4]}, None, "unverified", "the batch has a single sample here"),
        (
            "elementwise",
            {},
            None,
            "confirmed",
            "256 draws, 50.1 % of values dropped: each element has its own draw, as without the wrapper",
        ),
        (
            "elementwise",
            SHARED,
            None,
            "refuted",
            "256 draws, 50.1 % of values dropped: the mask is the same all along axis 1",
        ),
    ],
)
def test_masks(
    claim: Claim | tuple[Claim, ...], seen: dict[str, Any], probability: float | None, status: Status, evidence: str
) -> None:
    verdict = ask("mask", claim, mask(**seen), probability=probability, target="LSTM")
    assert verdict == Verdict(status, evidence, *KERAS)


def test_an_axis_that_is_not_known() -> None:
    verdict = ask("mask", "per-step", mask(), asked={"axis": None})
    assert verdict == Verdict("unverified", "the time axis of the dropout's input is unknown", *KERAS)


def test_a_rate_that_is_not_known() -> None:
    layer = {"class": "keras.layers.Dropout", "keywords": {"rate": {"symbol": "r"}}}
    verdict = ask("mask", "elementwise", mask(values=[0, 10752]), layer=layer)
    assert verdict == Verdict("unverified", "256 draws: nothing is dropped", *KERAS)


def test_a_mask_that_no_recurrent_layer_reads_need_not_reach_one() -> None:
    verdict = ask("mask", "elementwise", mask(reaches=None))
    assert verdict.status == "confirmed"
    assert " before " not in verdict.evidence


def test_too_rare_to_be_seen() -> None:
    """No timestep of four features was lost at rate 0.05: the draws that make one up are compared instead."""
    rare = mask(shape=[6, 7, 4], varies=[True] * 3, values=[2150, 43008], steps=[0, 10752])
    verdict = ask("mask", "steps", rare, probability=0.05**4, target="GRU")
    assert verdict.status == "confirmed"
    assert verdict.evidence == (
        "256 draws: 5.0 % of values zero before GRU, with 4 independent values per timestep, predicted 5.0 %; all at "
        "once, predicted 0.00063 %, is too rare to be observed among 10,752 timesteps"
    )
    wrong = ask("mask", "steps", {**rare, "values": [4300, 43008]}, probability=0.05**4, target="GRU")
    assert wrong.status == "refuted"
    assert "10.0 % of values zero" in wrong.evidence
    assert "predicted 5.0 %" in wrong.evidence


def test_nothing_dropped_at_a_rate_that_drops_next_to_nothing() -> None:
    """It is neither seen nor refuted."""
    layer = {"class": "keras.layers.Dropout", "positional": [{"const": 1e-9}], "keywords": {}}
    for claim in ("steps", "per-step", "batch-shared", "elementwise"):
        verdict = ask("mask", claim, mask(values=[0, 10752]), layer=layer, probability=1e-9)
        assert verdict.status == "unverified", claim
        assert verdict.evidence == "256 draws: nothing is dropped, predicted 1e-07 %"


def test_a_wrapped_dropout_has_the_rate_of_the_layer_inside() -> None:
    inner = {"class": "keras.layers.Dropout", "positional": [{"const": 0.9}]}
    layer = {"class": "keras.layers.TimeDistributed", "children": [inner]}
    verdict = ask("mask", "elementwise", mask(values=[0, 10752]), layer=layer)
    assert verdict == Verdict("refuted", "256 draws: nothing is dropped, predicted 90.0 %", *KERAS)


def test_at_the_edge() -> None:
    """Between one in a thousand and one in a million neither is said."""
    verdict = ask("mask", "steps", mask(steps=[5590, 10752]), probability=0.5)
    assert verdict.status == "unverified"
    assert verdict.evidence == (
        "256 draws: 52.0 % of timesteps all-zero, predicted 50.0 %; 10,752 of them do not tell, more --draws would"
    )


@pytest.mark.parametrize(
    ("claim", "first", "every", "probability", "status", "evidence"),
    [
        (
            "steps",
            [77, 256],
            [0, 256],
            0.3,
            "confirmed",
            "256 draws: the input is lost in 30.1 % of timesteps, predicted 30.0 %",
        ),
        (
            "steps",
            [0, 256],
            [0, 256],
            0.3,
            "refuted",
            "256 draws: the input is lost in 0 % of timesteps, predicted 30.0 %",
        ),
        (
            "steps",
            [77, 256],
            [77, 256],
            0.3,
            "refuted",
            "256 draws: the input is lost in 30.1 % of timesteps, and in 30.1 % of sequences at all timesteps at once",
        ),
        (
            "sequences",
            [77, 256],
            [77, 256],
            0.3,
            "confirmed",
            "256 draws: the whole input is lost in 30.1 % of sequences, predicted 30.0 %",
        ),
        (
            "sequences",
            [77, 256],
            [0, 256],
            0.3,
            "refuted",
            "256 draws: the whole input is lost in 0 % of sequences, predicted 30.0 %",
        ),
        (
            "sequences",
            [0, 0],
            [0, 0],
            0.3,
            "unverified",
            "256 draws: the whole input is lost in 0 % of sequences: there were none",
        ),
    ],
)
def test_own_masks(
    claim: Claim, first: list[int], every: list[int], probability: float, status: Status, evidence: str
) -> None:
    seen = {"first": first, "all": every, "draws": 256, "shape": [256, 7, 1]}
    verdict = ask("own-mask", claim, seen, probability=probability, argument="dropout")
    assert verdict == Verdict(status, evidence, *KERAS)


# ---------------------------------------------------------------------------------------------------------------------
# Errors, rates, masking, ids


@pytest.mark.parametrize(
    ("claim", "seen", "asked", "status", "evidence"),
    [
        (
            "raises",
            {"control": {**OK, "rows": 16}, "call": {**ERROR, "rows": 17}},
            {"rows": "other"},
            "confirmed",
            "the training step with a batch of 17 raises ValueError: misfit; a batch of 16 runs",
        ),
        (
            "raises",
            {"control": {**OK, "rows": 16}, "call": {**OK, "rows": 17}},
            {"rows": "other"},
            "refuted",
            "a batch of 17 raises nothing",
        ),
        (
            "raises",
            {"control": ERROR, "call": ERROR},
            {"without": ["noise_shape"]},
            "unverified",
            "the same without `noise_shape` also fails: ValueError: misfit",
        ),
        (
            "raises",
            {"control": OK, "call": REFUSED},
            {"without": ["noise_shape"]},
            "confirmed",
            "the constructor raises ValueError: misfit; the same without `noise_shape` runs",
        ),
        (
            "raises",
            {"control": OK, "call": {**ERROR, "when": "inference"}},
            {"without": ["unroll", "use_bias"], "fake_gpu": True},
            "confirmed",
            "the call raises ValueError: misfit; the same without `unroll` and `use_bias` runs (on a simulated GPU)",
        ),
        (
            "raises",
            {"control": OK, "call": {"ok": True, "output_shape": [6, 6, 7, 4]}},
            {"without": "noise_shape"},
            "unverified",
            (
                "no exception; the output in training has the shape (6, 6, 7, 4), without `noise_shape` (6, 7, 4), "
                "which is not what the finding says"
            ),
        ),
        (
            "rank",
            {"control": OK, "call": {"ok": True, "output_shape": [6, 6, 7, 4]}},
            {"without": "noise_shape"},
            "confirmed",
            "no exception; the output in training has the shape (6, 6, 7, 4), without `noise_shape` (6, 7, 4)",
        ),
        (
            "rank",
            {"control": OK, "call": OK},
            {"without": "noise_shape"},
            "refuted",
            "no exception; the output in training has the shape (6, 7, 4), without `noise_shape` (6, 7, 4)",
        ),
        (
            "rank",
            {"control": OK, "call": {"ok": True}},
            {},
            "unverified",
            "no exception, and the shape of the output is not known",
        ),
        (
            "rank",
            {"control": OK, "call": ERROR},
            {},
            "unverified",
            (
                "the training step raises ValueError: misfit; the same without `noise_shape` runs, which is not what "
                "the finding says"
            ),
        ),
        (
            "ignored",
            {"control": OK, "call": OK, "mask": mask(), "control_mask": mask()},
            {},
            "confirmed",
            "no exception; the mask is drawn along the same axes without `noise_shape`",
        ),
        (
            "ignored",
            {"control": OK, "call": OK, "mask": mask(), "control_mask": mask(**SHARED)},
            {},
            "refuted",
            "no exception; the mask is drawn along other axes without `noise_shape`",
        ),
        (
            "ignored",
            {"control": ERROR, "call": ERROR},
            {},
            "unverified",
            "the same without `noise_shape` also fails: ValueError: misfit",
        ),
        (
            ("ignored", "raises"),
            {"control": OK, "call": ERROR},
            {},
            "confirmed",
            "the training step raises ValueError: misfit; the same without `noise_shape` runs",
        ),
        (
            ("ignored", "rank"),
            {"control": OK, "call": OK, "mask": mask(), "control_mask": mask(**SHARED)},
            {},
            "refuted",
            "no exception; the mask is drawn along other axes without `noise_shape`",
        ),
    ],
)
def test_errors(
    claim: Claim | tuple[Claim, ...], seen: dict[str, Any], asked: dict[str, Any], status: Status, evidence: str
) -> None:
    verdict = ask("error", claim, seen, asked=asked, argument="noise_shape")
    assert verdict == Verdict(status, evidence, *KERAS)


def rated(**seen: Any) -> dict[str, Any]:
    return {"call": OK, "off": False, "zero": False, "share": None, **seen}


@pytest.mark.parametrize(
    ("claim", "seen", "status", "evidence"),
    [
        (
            "rejected",
            rated(call={**REFUSED, "message": "Invalid value"}),
            "confirmed",
            "the constructor raises ValueError: Invalid value",
        ),
        ("training-error", rated(call={**ERROR, "message": ""}), "confirmed", "the training step raises ValueError"),
        (
            "training-error",
            rated(call={**ERROR, "message": "x"}, control={**ERROR, "message": "x"}),
            "unverified",
            "also with a rate of 0.5, the training step raises ValueError: x",
        ),
        ("off", rated(off=True), "confirmed", "in training nothing is dropped"),
        ("all-zero", rated(zero=True), "confirmed", "in training everything is zero"),
        ("off-or-all-zero", rated(zero=True), "confirmed", "in training everything is zero"),
        (("training-error", "off-or-all-zero"), rated(off=True), "confirmed", "in training nothing is dropped"),
        ("off", rated(zero=True), "unverified", "in training everything is zero, which is not what the finding says"),
        ("off", rated(share=[20, 100]), "refuted", "Keras accepts it and drops 20.0 % of the values"),
        ("all-zero", rated(), "refuted", "Keras accepts it and drops some of the values"),
    ],
)
def test_rates(claim: Claim | tuple[Claim, ...], seen: dict[str, Any], status: Status, evidence: str) -> None:
    assert ask("rate", claim, seen, argument="dropout") == Verdict(status, evidence, *KERAS)


@pytest.mark.parametrize(
    ("claim", "real", "padding", "probability", "status", "evidence"),
    [
        (
            "padding",
            [[0, 900], [0, 900]],
            [[0, 600], [600, 600]],
            None,
            "confirmed",
            "0 % of the padding masked in training, 100 % at inference",
        ),
        (
            "padding",
            [[0, 900], [0, 900]],
            [[600, 600], [600, 600]],
            None,
            "refuted",
            "100 % of the padding masked in training, 100 % at inference",
        ),
        (
            "padding",
            [[0, 900], [0, 900]],
            [[0, 600], [0, 600]],
            None,
            "unverified",
            "0 % of the padding masked in training, 0 % at inference",
        ),
        (
            "steps",
            [[184, 900], [0, 900]],
            [[600, 600], [600, 600]],
            0.2,
            "confirmed",
            "20.4 % of the real timesteps masked in training, predicted 20.0 %",
        ),
        (
            "steps",
            [[184, 900], [0, 900]],
            [[600, 600], [600, 600]],
            None,
            "confirmed",
            "20.4 % of the real timesteps masked in training",
        ),
        (
            "steps",
            [[0, 900], [0, 900]],
            [[600, 600], [600, 600]],
            0.2,
            "refuted",
            "0 % of the real timesteps masked in training, predicted 20.0 %",
        ),
        (
            "steps",
            [[184, 900], [9, 900]],
            [[600, 600], [600, 600]],
            0.2,
            "unverified",
            "20.4 % of the real timesteps masked in training, but also some at inference",
        ),
        (
            "steps",
            [[0, 900], [0, 900]],
            [[600, 600], [600, 600]],
            1e-5,
            "unverified",
            "0 % of the real timesteps masked in training, predicted 0.001 %: too rare to be observed among 900",
        ),
    ],
)
def test_masking(
    claim: Claim,
    real: list[list[int]],
    padding: list[list[int]],
    probability: float | None,
    status: Status,
    evidence: str,
) -> None:
    seen = {
        when: {"real": real[index], "padding": padding[index]} for index, when in enumerate(("training", "inference"))
    }
    verdict = ask("masking", claim, seen, probability=probability)
    assert verdict == Verdict(status, evidence, *KERAS)


@pytest.mark.parametrize(
    ("seen", "status", "evidence"),
    [
        (
            {"call": ERROR, "control": OK},
            "confirmed",
            "the training step raises ValueError: misfit; at inference it runs",
        ),
        (
            {"call": ERROR, "control": {**ERROR, "when": "inference"}},
            "unverified",
            "also at inference, the call raises ValueError: misfit",
        ),
        (
            {"call": OK, "control": OK, "changed": [90, 100], "out_of_range": 20},
            "confirmed",
            "90.0 % of the ids change in training, 20.0 % to ids beyond the table",
        ),
        (
            {"call": OK, "control": OK, "changed": [90, 100], "out_of_range": None},
            "confirmed",
            "90.0 % of the ids change in training",
        ),
        (
            {"call": OK, "control": OK, "changed": [0, 100], "out_of_range": 0},
            "refuted",
            "0 % of the ids change in training",
        ),
    ],
)
def test_ids(seen: dict[str, Any], status: Status, evidence: str) -> None:
    assert ask("ids", "other-ids", seen) == Verdict(status, evidence, *KERAS)


# ---------------------------------------------------------------------------------------------------------------------
# cuDNN


def cudnn(**seen: Any) -> dict[str, Any]:
    """`recurrent_dropout` is what loses the kernel."""
    return {
        "attempted": True, "control": True, "as_written": False, "without": True, "only": True, "put_back": [],
        "loses": True, "mask": False, "mask_loses": False, "errors": {}, "mechanism": "_cudnn_lstm", "gpu": None,
        **seen
    }  # fmt: skip


@pytest.mark.parametrize(
    ("seen", "status", "evidence"),
    [
        (
            {},
            "confirmed",
            "Keras chooses cuDNN without `recurrent_dropout`, but not as written (on a simulated GPU)",
        ),
        (
            {"only": False, "put_back": ["unroll"]},
            "confirmed",
            "Keras chooses cuDNN without `recurrent_dropout` and `unroll`, but not as written (on a simulated GPU)",
        ),
        (
            {"gpu": {"as_written_ms": 40.0, "without_ms": 8.0, "ratio": 5.0}},
            "confirmed",
            (
                "Keras chooses cuDNN without `recurrent_dropout`, but not as written; a training step takes 40 ms "
                "on this GPU, 8 ms without: 5 times as long"
            ),
        ),
        ({"as_written": True}, "refuted", "Keras chooses cuDNN as written"),
        (
            {"only": False, "put_back": ["unroll"], "loses": False},
            "refuted",
            "it is not `recurrent_dropout` that prevents cuDNN",
        ),
        (
            {"without": False},
            "unverified",
            "Keras chooses cuDNN neither as written nor without `recurrent_dropout`: something else prevents it",
        ),
        (
            {"without": False, "mask_loses": True},
            "unverified",
            "Keras chooses cuDNN neither as written nor without `recurrent_dropout`: the mask that arrives prevents it",
        ),
        (
            {"attempted": False, "as_written": False, "without": False, "mechanism": "jax has no kernel for GRU"},
            "unverified",
            "whether Keras chooses cuDNN could not be observed here: jax has no kernel for GRU",
        ),
        (
            {"control": False, "without": False, "mechanism": ""},
            "unverified",
            "whether Keras chooses cuDNN could not be observed here: not even with all arguments at their defaults",
        ),
        (
            {"errors": {"as_written": "ValueError: rate must be below 1"}},
            "unverified",
            "the layer as written raises ValueError: rate must be below 1",
        ),
    ],
)
def test_cudnn(seen: dict[str, Any], status: Status, evidence: str) -> None:
    verdict = ask("cudnn", "lost", cudnn(**seen), argument="recurrent_dropout", others=("unroll",))
    assert verdict == Verdict(status, evidence, *KERAS)


# ---------------------------------------------------------------------------------------------------------------------
# What was not seen

SEEN = {"id": 1, "observed": mask()}
STEPS = Probe("mask", 0, ("steps",), probability=0.5)
JOB: dict[str, Any] = {"layers": {}, "nodes": [], "probe": {"axis": 1}}


@pytest.mark.parametrize(
    ("probe", "plan", "answer", "evidence"),
    [
        (None, None, {}, "a run cannot show this finding"),
        (STEPS, Plan(obstacle="make_block (line 12) is not understood"), {}, "make_block (line 12) is not understood"),
        (STEPS, Plan(), SEEN, "no model could be planned that shows it"),
        (STEPS, Plan(JOB), {}, "the worker gave no answer"),
        (
            STEPS,
            Plan(JOB),
            {"lost": "timeout", "seconds": 60},
            "the model took longer than 60 s; --confirm-timeout sets the limit",
        ),
        (
            STEPS,
            Plan(JOB),
            {"lost": "died", "message": "killed by signal 9"},
            "the worker died on this model: killed by signal 9",
        ),
        (STEPS, Plan(JOB), {"lost": "memory"}, "the model takes too much memory"),
        (
            STEPS,
            Plan(JOB),
            {"lost": "skipped", "message": "no Keras in /usr/bin/python3"},
            "no Keras in /usr/bin/python3",
        ),
        (
            STEPS,
            Plan(JOB),
            {"failed": {"stage": "build", "error": "ValueError", "message": "negative dimension", "layer": 3}},
            (
                "the model could not be rebuilt: ValueError: negative dimension; --build MODULE:CALLABLE lets your "
                "own code build the model"
            ),
        ),
        (
            STEPS,
            Plan(JOB),
            {"failed": {"stage": "observe", "error": "TypeError", "message": "", "layer": None}},
            "the model could not be observed: TypeError",
        ),
        (STEPS, Plan(JOB), {"observed": {"draws": 1}}, "the worker's answer could not be read: KeyError: 'varies'"),
        (
            STEPS,
            Plan(JOB),
            {"observed": None},
            "the worker's answer could not be read: TypeError: 'NoneType' object is not subscriptable",
        ),
        (
            Probe("mask", 0, ("steps",), where=Where.keras3("tensorflow", since=2, until=13).pairs),
            Plan(JOB),
            {"observed": mask(steps=[0, 10752])},
            "the finding is about Keras 3.2 to 3.13 on tensorflow, which is not the Keras that runs here",
        ),
    ],
)
def test_unverified(probe: Probe | None, plan: Plan | None, answer: dict[str, Any], evidence: str) -> None:
    assert judge(probe, plan, answer, *KERAS) == Verdict("unverified", evidence, *KERAS)


@pytest.mark.parametrize(
    ("keras", "backend", "where", "covered"),
    [
        ("3.15.1", "jax", Where(), True),
        ("3.15.1", "tensorflow", Where.keras3("tensorflow"), True),
        ("3.15.1", "jax", Where.keras3("tensorflow"), False),
        ("3.19.0", "torch", Where.keras3(since=14), True),
        ("3.19.0", "torch", Where.keras3(until=14), False),
        ("2.15.0", "tensorflow", Where.keras2(), True),
        ("2.15.0", "tensorflow", Where.keras3(), False),
        ("2.21.0", "tensorflow", Where.keras2(since=15), True),
        ("2.6.0", "tensorflow", Where.keras2(since=15), False),
    ],
)
def test_which_keras_a_finding_speaks_of(keras: str, backend: str, where: Where, covered: bool) -> None:
    """tf_keras 2.21 counts as Keras 2.15, a release newer than the newest known as that."""
    assert covers(Probe("cudnn", 0, ("lost",), where=where.pairs), keras, backend) is covered


def test_what_was_assumed_and_noted_is_told() -> None:
    verdict = ask(
        "mask", "steps", mask(note="50 of 1,000 timesteps"), probability=0.5, assumed=("7 timesteps", "rate 0.5")
    )
    assert verdict.evidence == (
        "256 draws: 50.1 % of timesteps all-zero, predicted 50.0 %; 50 of 1,000 timesteps; "
        "assuming 7 timesteps, rate 0.5"
    )


def test_messages_become_one_clean_line() -> None:
    message = (
        "Exception encountered when calling Dropout.call().\n\n\x1b[1m{{function_node __wrapped__Mul_device_/CPU:0}} "
        "Incompatible shapes: [3,1,4] vs. [6,7,4] [Op:Mul] name: \x1b[0m\n\nArguments received by Dropout.call():\n  x"
    )
    outcome = {"error": "InvalidArgumentError", "message": message, "when": "training"}
    verdict = ask("rate", "training-error", rated(call=outcome))
    assert verdict.evidence == (
        "the training step raises InvalidArgumentError: Incompatible shapes: [3,1,4] vs. [6,7,4]"
    )
    ended = ask("rate", "rejected", rated(call={**REFUSED, "message": "Received: rate=20."}))
    assert ended.evidence == "the constructor raises ValueError: Received: rate=20"
    long = ask("rate", "training-error", rated(call={**outcome, "message": "\x07 a\u2028b" + "c" * 1000}))
    assert long.evidence.isprintable()
    assert len(long.evidence) < 300


# ---------------------------------------------------------------------------------------------------------------------
# What a recurrent layer keeps, its state, and what is handed to cuDNN


def kept(share: float, **seen: Any) -> dict[str, Any]:
    """So much of 256 samples."""
    return {"draws": 256, "kept": [round(256 * share), 256], "varies": None, "keras2": False, **seen}


@pytest.mark.parametrize(
    ("share", "probability", "status", "evidence"),
    [
        (0.25, 0.25, "confirmed", "256 draws: 25.0 % of the input is kept, predicted 25.0 %"),
        (0.75, 0.25, "refuted", "256 draws: 75.0 % of the input is kept, predicted 25.0 %"),
        (0.25, None, "confirmed", "256 draws: 25.0 % of the input is kept"),
    ],
)
def test_kept(share: float, probability: float | None, status: str, evidence: str) -> None:
    verdict = ask("kept", "share", kept(share), probability=probability, argument="dropout")
    assert (verdict.status, verdict.evidence) == (status, evidence)


@pytest.mark.parametrize(
    ("share", "written", "predicted", "status"),
    [
        (1.0, 0.5, 1.0, "confirmed"),
        (0.5, 0.5, 1.0, "refuted"),
        (0.8, 0.5, 0.8, "confirmed"),
        (0.2, 0.5, 0.8, "refuted"),
        # Two shares that the draws cannot tell apart.
        (1.0, 0.999, 1.0, "unverified"),
    ],
)
def test_ignored(share: float, written: float, predicted: float, status: str) -> None:
    asked = {"written": written}
    verdict = ask("kept", "ignored", kept(share), probability=predicted, asked=asked, argument="recurrent_dropout")
    assert verdict.status == status
    assert "of the state is kept, where `recurrent_dropout` should leave" in verdict.evidence


@pytest.mark.parametrize(
    ("seen", "status", "evidence"),
    [
        (kept(0.8, varies=False), "confirmed", "256 draws: one mask for all timesteps"),
        (kept(0.8, varies=True), "refuted", "256 draws: a new mask at every timestep"),
        (kept(0.8, varies=True, keras2=True), "confirmed", "256 draws: a new mask at every timestep"),
        (kept(0.8, varies=False, keras2=True), "refuted", "256 draws: one mask for all timesteps"),
        (kept(1.0, varies=False), "unverified", "256 draws: 100 % of the input is kept"),
        (kept(0.8), "unverified", "there is a single timestep here"),
    ],
)
def test_drawn(seen: dict[str, Any], status: str, evidence: str) -> None:
    verdict = ask("kept", "drawn", seen, argument="dropout")
    assert (verdict.status, verdict.evidence) == (status, evidence)


@pytest.mark.parametrize(
    ("seen", "status", "evidence"),
    [
        (
            {"largest": 7.2e28, "calm": 0.9, "opened": False},
            "confirmed",
            "after 100 timesteps in training the largest value of the state is 7.2e+28, at inference 0.9",
        ),
        (
            {"largest": 2.5, "calm": 0.9, "opened": True},
            "confirmed",
            (
                "after 100 timesteps in training the largest value of the state is 2.5 with its update gate open, at "
                "inference 0.9"
            ),
        ),
        (
            {"largest": 1.0, "calm": 0.9, "opened": True},
            "refuted",
            (
                "after 100 timesteps in training the largest value of the state is 1 with its update gate open, at "
                "inference 0.9"
            ),
        ),
        (
            {"largest": math.inf, "calm": 3.0, "opened": False},
            "unverified",
            "after 100 timesteps in training the largest value of the state is inf, but at inference 3",
        ),
    ],
)
def test_state(seen: dict[str, Any], status: str, evidence: str) -> None:
    verdict = ask("state", "grows", {"steps": 100, **seen})
    assert (verdict.status, verdict.evidence) == (status, evidence)


@pytest.mark.parametrize(
    ("seen", "status", "evidence"),
    [
        (
            {"inference": [104, 512]},
            "confirmed",
            (
                "at inference 20.3 % of the input is zero where it is passed to cuDNN, predicted 20.0 % "
                "(on a simulated GPU)"
            ),
        ),
        ({"inference": [0, 512]}, "refuted", "at inference 0 % of the input is zero where it is passed to cuDNN"),
        ({"inference": None}, "unverified", "whether Keras chooses cuDNN could not be observed here: entry"),
        ({"attempted": False}, "unverified", "whether Keras chooses cuDNN could not be observed here: entry"),
    ],
)
def test_inference(seen: dict[str, Any], status: str, evidence: str) -> None:
    whole = {"attempted": True, "control": True, "mechanism": "entry", "inference": None, **seen}
    verdict = ask("inference", "drops", whole, probability=0.2)
    assert (verdict.status, verdict.evidence) == (status, evidence)


TWIN = {"attempted": True, "control": True, "mechanism": "entry", "errors": {}, "gpu": None}
SAME = "Keras chooses cuDNN for LSTM, which gives the same output, but not for the cell"
GPU = {"as_written_ms": 30.0, "without_ms": 10.0, "ratio": 3.0}


@pytest.mark.parametrize(
    ("seen", "status", "evidence"),
    [
        ({}, "confirmed", f"{SAME} (on a simulated GPU)"),
        (
            {"gpu": GPU},
            "confirmed",
            f"{SAME}; a training step takes 30 ms on this GPU, 10 ms without: 3 times as long",
        ),
        ({"as_written": True}, "refuted", "Keras chooses cuDNN for the cell"),
        ({"same": False}, "refuted", "LSTM with the same weights gives a different output"),
        ({"without": False}, "unverified", "Keras does not choose cuDNN for LSTM either"),
        ({"errors": {"without": "ValueError: no"}}, "unverified", "it raises ValueError: no"),
        ({"attempted": False}, "unverified", "whether Keras chooses cuDNN could not be observed here: entry"),
    ],
)
def test_cell(seen: dict[str, Any], status: str, evidence: str) -> None:
    whole = {**TWIN, "as_written": False, "without": True, "same": True, **seen}
    verdict = ask("cudnn", "layer", whole, argument="LSTM")
    assert (verdict.status, verdict.evidence) == (status, evidence)


def test_fixed_since() -> None:
    """Where the release that runs has mended it, that is said before all else, but not of one that never had it."""
    probe = Probe("state", 0, ("grows",), where=Where.keras3(since=2, until=7).pairs, fixed="3.8")
    plan = Plan(obstacle="something is in the way")
    for keras, told in (
        ("3.8.0", "fixed in Keras 3.8, and Keras 3.8.0 runs here"),
        ("3.15.1", "fixed in Keras 3.8, and Keras 3.15.1 runs here"),
        ("3.6.0", "something is in the way"),
        ("3.0.5", "something is in the way"),
        ("2.15.0", "something is in the way"),
    ):
        verdict = judge(probe, plan, {}, keras, "tensorflow")
        assert (verdict.status, verdict.evidence) == ("unverified", told)


def test_every_kind_is_planned_judged_and_observed() -> None:
    assert set(KINDS) == set(get_args(ProbeKind)) == set(PROBES)
    assert all(kind.CLAIMS for kind in KINDS.values())


# ---------------------------------------------------------------------------------------------------------------------
# Figures


@pytest.mark.parametrize("units", [1, 7, 40])
@pytest.mark.parametrize("probability", [0.0, 1e-9, 0.01, 0.3, 0.5, 0.97, 1.0])
def test_tails_are_exact(units: int, probability: float) -> None:
    for count in range(units + 1):
        exact = sum(
            math.comb(units, one) * probability**one * (1 - probability) ** (units - one)
            for one in range(count, units + 1)
        )
        found = at_least(count, units, probability)
        if count > units * probability:
            assert found == pytest.approx(exact, rel=1e-9, abs=1e-300)
        else:
            assert found == 1
            assert exact >= 0.5 - 1e-9


@pytest.mark.parametrize(
    ("lost", "units", "probability", "status"),
    [
        (0, 1, 0.5, "confirmed"),
        (0, 0, 0.5, "confirmed"),
        (0, 10, 0.0, "confirmed"),
        (1, 10**6, 0.0, "refuted"),
        (10, 10, 1.0, "confirmed"),
        (10**6 - 1, 10**6, 1.0, "refuted"),
        (0, 10752, 1e-4, "confirmed"),
        (0, 10752, 1e-3, "unverified"),
        (0, 10752, 1e-2, "refuted"),
        (3, 256, 1e-6, "refuted"),
        (150_000, 300_000, 0.5, "confirmed"),
        (150_000, 300_000, 0.49, "refuted"),
        (300_000, 300_000, 1 - 1e-9, "confirmed"),
    ],
)
def test_agreement(lost: int, units: int, probability: float, status: Status) -> None:
    assert agreement(lost, units, probability) == status
    assert agreement(units - lost, units, 1 - probability) == status


draws = st.integers(min_value=1, max_value=5000)
probabilities = st.floats(min_value=0, max_value=1)
seeds = st.integers(min_value=0, max_value=2**64)


def drawn(units: int, probability: float, seed: int) -> int:
    random = Random(seed)
    return sum(random.random() < probability for _ in range(units))


@given(draws, probabilities, seeds)
def test_draws_of_the_predicted_probability_are_not_refuted(units: int, probability: float, seed: int) -> None:
    """But for one in a million, by the level of the test."""
    assert agreement(drawn(units, probability, seed), units, probability) != "refuted"


@given(st.integers(min_value=3000, max_value=5000), probabilities, probabilities, seeds)
def test_draws_of_a_clearly_other_probability_are_refuted(units: int, real: float, said: float, seed: int) -> None:
    if abs(real - said) < 0.1:
        said = real + 0.1 if real < 0.5 else real - 0.1
    assert agreement(drawn(units, real, seed), units, said) == "refuted"


@given(draws, probabilities, st.data())
def test_farther_from_the_prediction_is_never_better(units: int, probability: float, data: st.DataObject) -> None:
    order = ("confirmed", "unverified", "refuted")
    lost = data.draw(st.integers(min_value=math.ceil(units * probability), max_value=units))
    near = data.draw(st.integers(min_value=math.ceil(units * probability), max_value=lost))
    assert order.index(agreement(near, units, probability)) <= order.index(agreement(lost, units, probability))


def test_a_probe_is_not_changed_by_being_judged() -> None:
    probe = replace(STEPS)
    judge(probe, Plan(JOB), SEEN, *KERAS)
    assert probe == STEPS
