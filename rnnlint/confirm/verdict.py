"""Verdicts: what was claimed of a layer against what real Keras showed of it.

Pure: a probe, its plan and the worker's answer in, a `Verdict` out. "refuted" is only said where Keras was seen to do
something else; whatever could not be run, or is too rare to be seen, is "unverified", with the reason.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeAlias, get_args, get_type_hints

from rnnlint.findings import Plan, Probe, Verdict
from rnnlint.keras.rates import Outcome
from rnnlint.keras.versions import BACKENDS, KERAS_2, NEWEST, RELEASES, Env, Version, Where
from rnnlint.records import dataclass

Status: TypeAlias = Literal["confirmed", "refuted", "unverified"]
Said: TypeAlias = tuple[Status, str]
Answer: TypeAlias = Mapping[str, Any]

# A share agrees with a predicted probability if that lies in the share's exact (Clopper-Pearson) interval at 99.9 %.
# Only one in a million samples of a true prediction lies outside the second interval, from which on it is refuted;
# one in a thousand would be too many for a verdict that silences a finding.
_AGREES = 0.001
_REFUTES = 1e-6

_BUILD = "--build MODULE:CALLABLE lets your own code build the model"


def judge(probe: Probe | None, plan: Plan | None, answer: Answer, keras: str, backend: str) -> Verdict:
    """The verdict on a finding.

    Args:
        probe: what the finding claims.
        plan: how it was asked; its obstacle, if it has one, is the verdict.
        answer: the worker's message, with "observed" or "failed"; for a job that it never answered one with "lost":
            "timeout" (and "seconds"), "memory", "died" or "skipped" (and "message").
        keras: the version of the worker's Keras, such as "3.15.1".
        backend: its backend.
    """
    reason = _unseen(probe, plan, answer, keras, backend)
    if reason or probe is None or plan is None or plan.job is None:
        return Verdict("unverified", _line(reason), keras, backend)
    try:
        cases = [_Case(probe, plan.job, claim, answer["observed"]) for claim in probe.claim.split("|")]
        said = [JUDGES[probe.kind, case.claim](case) for case in cases]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        said = [("unverified", f"the worker's answer could not be read: {type(error).__name__}: {error}")]
    # Of a claim for several versions of Keras one applies to this one.
    status, evidence = min(said, key=lambda one: ("confirmed", "unverified", "refuted").index(one[0]))
    note = answer["observed"].get("note", "") if isinstance(answer["observed"], Mapping) else ""
    assumed = f"assuming {', '.join(plan.assumed)}" if plan.assumed else ""
    return Verdict(status, _line("; ".join(part for part in (evidence, note, assumed) if part)), keras, backend)


@dataclass(frozen=True, slots=True)
class _Case:
    """What was asked, and what was seen of it."""

    probe: Probe
    job: Mapping[str, Any]
    claim: str
    seen: Answer

    @property
    def asked(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.job.get("probe", {})
        return found

    @property
    def probability(self) -> float | None:
        """The figure predicted, for the rate that the plan assumed if it assumed one."""
        found: float | None = self.asked.get("probability", self.probe.probability)
        return found

    @property
    def axis(self) -> int | None:
        found: int | None = self.asked.get("axis", self.probe.axis)
        return found

    @property
    def target(self) -> str:
        """The class of the recurrent layer that the mask matters for; empty where there is none."""
        nodes: Iterable[Answer] = self.job.get("nodes", ())
        return next((str(one.get("name", "")) for one in nodes if one["id"] == self.asked.get("target")), "")

    @property
    def before(self) -> str:
        return f" before {self.target}" if self.target else ""

    @property
    def drawn(self) -> str:
        """How much was drawn, and what came of it."""
        return f"{self.seen['draws']} draws, {_percent(*self.seen['values'])} of values dropped"

    @property
    def rate(self) -> float | None:
        """The rate of the dropout layer, as the job holds it."""
        layer = self.job.get("layers", {}).get(str(self.asked.get("layer", self.probe.layer)), {})
        while layer.get("children"):
            layer = layer["children"][0]
        positional: Iterable[Answer] = layer.get("positional", ())
        value: Answer = layer.get("keywords", {}).get("rate") or next(iter(positional), {})
        rate = value.get("const")
        return float(rate) if isinstance(rate, (int, float)) and 0 <= rate <= 1 else None


# ---------------------------------------------------------------------------------------------------------------------
# What was not seen


def _unseen(probe: Probe | None, plan: Plan | None, answer: Answer, keras: str, backend: str) -> str:
    """Why nothing can be said; empty if something was observed."""
    if probe is None or plan is None:
        return "there is nothing that a run could show of this finding"
    if probe.fixed and not covers(probe, keras, backend) and _version(keras) >= _version(probe.fixed):
        return f"fixed in Keras {probe.fixed}, and Keras {keras} runs here"
    if plan.obstacle or plan.job is None:
        return plan.obstacle or "no model could be planned that shows it"
    if not covers(probe, keras, backend):
        spoken = Where(probe.where).describe(Env(frozenset(RELEASES), frozenset(BACKENDS)))
        return f"the finding speaks of {spoken}, which is not the Keras that runs here"
    message = _clean(str(answer.get("message", "")))
    match answer.get("lost"):
        case None:
            pass
        case "timeout":
            return f"the model took longer than {answer.get('seconds', 0):g} s; --confirm-timeout sets the limit"
        case "memory":
            return f"the model takes too much memory{_after(message)}"
        case "died":
            return f"the worker died on this model{_after(message)}"
        case other:
            return message or str(other)
    failed = answer.get("failed")
    if failed is not None:
        error = _quote(failed)
        if failed.get("stage") == "build":
            return f"the model could not be rebuilt: {error}; {_BUILD}"
        return f"the model could not be observed: {error}"
    return "" if "observed" in answer else "the worker gave no answer"


def covers(probe: Probe, keras: str, backend: str) -> bool:
    """Whether a finding speaks of this Keras; a release newer than the newest known counts as that."""
    return not probe.where or (_version(keras), backend) in probe.where


def _version(keras: str) -> Version:
    """tf_keras 2.16 and later is Keras 2.15; what cannot be read is taken for the newest."""
    match = re.match(r"(\d+)\.(\d+)", keras)
    found = (int(match[1]), int(match[2])) if match else NEWEST
    return min(found, KERAS_2[-1] if found[0] == 2 else NEWEST)


# ---------------------------------------------------------------------------------------------------------------------
# The mask of a dropout layer, over many draws


def _mask_steps(case: _Case) -> Said:
    return _along_time(case, own=True) or _loss(case, "steps", "timestep")


def _mask_sequences(case: _Case) -> Said:
    return _along_time(case, own=False) or _loss(case, "sequences", "sequence")


def _mask_batches(case: _Case) -> Said:
    return _along_batch(case) or _loss(case, "batches", "batch")


def _mask_per_step(case: _Case) -> Said:
    """A mask that is drawn anew at every timestep."""
    if said := _along_time(case, own=True):
        return said
    if case.seen["shape"][case.axis] == 1:
        return "unverified", "there is a single timestep here"
    return _reaching(case, ("confirmed", f"{case.drawn}: a new mask at every timestep{case.before}"))


def _mask_batch_shared(case: _Case) -> Said:
    """A mask that all samples share. What reads it does not matter."""
    told = f"{case.drawn}: the same mask for all {case.seen['shape'][0]} samples of a batch{case.before}"
    return _along_batch(case) or ("confirmed", told)


def _mask_elementwise(case: _Case) -> Said:
    """A mask with a draw for each element, as Dropout has it without a wrapper."""
    if said := _no_mask(case):
        return said
    axes = enumerate(zip(case.seen["shape"], case.seen["varies"], strict=True))
    same = [str(axis) for axis, (size, varies) in axes if size > 1 and not varies]
    if same:
        return "refuted", f"{case.drawn}: the mask is the same all along axis {' and '.join(same)}"
    return "confirmed", f"{case.drawn}: each element has a draw of its own, as without the wrapper"


def _along_time(case: _Case, *, own: bool) -> Said | None:
    """The verdict where the mask is not drawn anew at every timestep, or with `own=False` where it is."""
    if said := _no_mask(case):
        return said
    shape, axis = case.seen["shape"], case.axis
    if axis is None or axis >= len(shape):
        return "unverified", "the time axis of the dropout's input is not known"
    if shape[axis] == 1 or bool(case.seen["varies"][axis]) is own:
        return None
    what = "the same at all timesteps" if own else "a new one at every timestep"
    return "refuted", f"{case.drawn}: the mask is {what}{case.before}"


def _along_batch(case: _Case) -> Said | None:
    """The verdict where the samples of a batch do not share the mask."""
    if said := _no_mask(case):
        return said
    if case.seen["shape"][0] == 1:
        return "unverified", "the batch has a single sample here"
    if case.seen["varies"][0]:
        return "refuted", f"{case.drawn}: each sample of a batch has a mask of its own{case.before}"
    return None


def _no_mask(case: _Case) -> Said | None:
    """The verdict where the output has another shape than the input, or not a single value was dropped."""
    if case.seen["varies"] is None:
        shape, found = _shape(case.seen["shape"]), _shape(case.seen["output_shape"])
        return "unverified", f"in training the dropout turns the shape {shape} into {found}"
    if case.seen["values"][0]:
        return None
    told = f"{case.seen['draws']} draws: nothing is dropped{case.before}"
    if case.rate is None:
        return "unverified", told
    status, told = _compare(told, 0, case.seen["values"][1], case.rate)
    return ("refuted" if status == "refuted" else "unverified"), told


def _loss(case: _Case, units_name: str, unit: str) -> Said:
    """The share of timesteps, sequences or batches in which all values are zero."""
    lost, units = case.seen[units_name]
    dropped, values = case.seen["values"]
    probability = case.probability
    many = "batches" if unit == "batch" else f"{unit}s"
    told = f"{case.seen['draws']} draws: {_percent(lost, units)} of {many} all-zero{case.before}"
    said = _compare(told, lost, units, probability)
    if not lost and probability and said[0] != "refuted" and units:
        # So few were to be expected that none came. The single values show the rate, and how many of them a unit has.
        each = max(1, round(values / units))
        told = f"{case.seen['draws']} draws: {_percent(dropped, values)} of values zero{case.before}"
        told += f", with {each} independent {'value' if each == 1 else 'values'} per {unit}"
        status, told = _compare(told, dropped, values, probability ** (1 / each))
        rare = f"all at once, predicted {_percent(probability)}, is too rare to be seen among {units:,} {many}"
        said = status, f"{told}; {rare}"
    return _reaching(case, said)


def _reaching(case: _Case, said: Said) -> Said:
    """It has to matter, too: at a dropped timestep the recurrent layer reads something else than at inference."""
    if said[0] != "confirmed" or not case.target or case.seen.get("reaches"):
        return said
    if case.seen.get("reaches") is None:
        return "unverified", f"{said[1]}; whether {case.target} reads it could not be seen"
    return "refuted", f"{said[1]}; but what {case.target} reads does not change by it"


# ---------------------------------------------------------------------------------------------------------------------
# The mask that a recurrent layer's argument `dropout` puts on its own input


def _own_steps(case: _Case) -> Said:
    (lost, units), (every, _) = case.seen["first"], case.seen["all"]
    told = f"{case.seen['draws']} draws: the input is lost in {_percent(lost, units)} of timesteps"
    steps, probability = case.seen["shape"][case.axis or 1], case.probability
    if steps > 1 and probability is not None and agreement(every, units, probability**steps) == "refuted":
        return "refuted", f"{told}, and in {_percent(every, units)} of sequences at all timesteps at once"
    return _compare(told, lost, units, probability)


def _own_sequences(case: _Case) -> Said:
    lost, units = case.seen["all"]
    told = f"{case.seen['draws']} draws: the whole input is lost in {_percent(lost, units)} of sequences"
    return _compare(told, lost, units, case.probability)


# ---------------------------------------------------------------------------------------------------------------------
# Errors, rates, ids, masking


def _raises(case: _Case) -> Said:
    if said := _error(case):
        return said
    grown, told = _shapes(case)
    return _otherwise(("confirmed", told)) if grown else ("refuted", f"{_calls(case, 'call')} raises nothing")


def _rank(case: _Case) -> Said:
    """An output in training with an axis more than it should have."""
    if said := _error(case):
        return _otherwise(said)
    grown, told = _shapes(case)
    return ("unverified" if grown is None else "confirmed" if grown else "refuted"), told


def _shapes(case: _Case) -> tuple[bool | None, str]:
    """Whether the outputs in training of the two calls have different ranks; None where they are not known."""
    found, plain = case.seen["call"].get("output_shape"), case.seen["control"].get("output_shape")
    if found is None or plain is None:
        return None, "no exception, and the shape of the output is not known"
    told = f"no exception; the output in training has the shape {_shape(found)}, {_without(case)} {_shape(plain)}"
    return len(found) != len(plain), told


def _ignored(case: _Case) -> Said:
    """An argument that changes nothing."""
    if said := _error(case):
        return _otherwise(said)
    if case.seen["mask"]["varies"] == case.seen["control_mask"]["varies"]:
        return "confirmed", f"no exception; the mask is drawn along the same axes {_without(case)}"
    return "refuted", f"no exception; the mask is drawn along other axes {_without(case)}"


def _error(case: _Case) -> Said | None:
    """What follows if one of the two calls fails."""
    control, call = case.seen["control"], case.seen["call"]
    if "error" in control:
        return "unverified", f"{_calls(case, 'control')} fails, too: {_quote(control)}"
    if "error" in call:
        gpu = " (on a pretended GPU)" if case.asked.get("fake_gpu") else ""
        return "confirmed", f"{_fails(call, _calls(case, 'call'))}; {_calls(case, 'control')} runs{gpu}"
    return None


def _otherwise(said: Said) -> Said:
    """It does not work, but in another way than the finding says."""
    return ("unverified", f"{said[1]}, which is not what the finding says") if said[0] == "confirmed" else said


def _calls(case: _Case, which: Literal["control", "call"]) -> str:
    """The call as written, or the one that it is compared with."""
    if case.asked.get("rows"):
        rows = case.seen[which].get("rows")
        return f"a batch of {rows}" if rows else "another batch size" if which == "call" else "the batch size written"
    return "it" if which == "call" else f"the same {_without(case)}"


def _without(case: _Case) -> str:
    names = [case.asked.get("without") or case.probe.argument]
    if isinstance(names[0], (list, tuple)):
        names = list(names[0])
    return f"without {' and '.join(f'`{name}`' for name in names)}"


_STAGES = {"constructor": "the constructor", "training": "the training step", "inference": "the call"}


def _fails(outcome: Answer, what: str = "it") -> str:
    """Such as "training step with a batch of 33 raises ValueError: ..."."""
    stage = _STAGES.get(outcome.get("when", ""), "the call")
    return f"{stage}{'' if what == 'it' else f' with {what}'} raises {_quote(outcome)}"


def _rate(case: _Case) -> Said:
    """What Keras makes of a rate that is none (`rnnlint.keras.rates.Outcome`)."""
    call, control = case.seen["call"], case.seen.get("control", {})
    if "error" in control:
        return "unverified", f"with a rate of 0.5, too, {_fails(control)}"
    if "error" in call:
        found, told = ("rejected" if call.get("when") == "constructor" else "training-error"), _fails(call)
    elif case.seen["off"]:
        found, told = "off", "in training nothing is dropped"
    elif case.seen["zero"]:
        found, told = "all-zero", "in training everything is zero"
    else:
        share = f"{_percent(*case.seen['share'])} of the values" if case.seen.get("share") else "some of the values"
        return "refuted", f"Keras takes it and drops {share}"
    if found == case.claim or (case.claim == "off-or-all-zero" and found in ("off", "all-zero")):
        return "confirmed", told
    return _otherwise(("confirmed", told))


def _padding(case: _Case) -> Said:
    """Padding that Masking does not recognise any more."""
    (trained, units), (inferred, total) = (case.seen[when]["padding"] for when in ("training", "inference"))
    told = f"{_percent(trained, units)} of the padding masked in training, {_percent(inferred, total)} at inference"
    if not inferred:
        return "unverified", told
    return ("confirmed" if trained * total < inferred * units else "refuted"), told


def _real_steps(case: _Case) -> Said:
    """Timesteps that Masking takes for padding."""
    lost, units = case.seen["training"]["real"]
    told = f"{_percent(lost, units)} of the real timesteps masked in training"
    if case.seen["inference"]["real"][0]:
        return "unverified", f"{told}, but some at inference, too"
    status, told = _compare(told, lost, units, case.probability)
    if status == "confirmed" and not lost:
        return "unverified", f"{told}: too rare to be seen among {units:,}"
    return status, told


def _ids(case: _Case) -> Said:
    """Ids that an Embedding looks up."""
    call, control = case.seen["call"], case.seen["control"]
    if "error" in control:
        return "unverified", f"at inference, too, {_fails(control)}"
    if "error" in call:
        return "confirmed", f"{_fails(call)}; at inference it runs"
    changed, ids = case.seen["changed"]
    beyond = case.seen.get("out_of_range", 0)
    told = f"{_percent(changed, ids)} of the ids change in training"
    if beyond:
        told += f", {_percent(beyond, ids)} to ids beyond the table"
    return ("confirmed" if changed else "refuted"), told


# ---------------------------------------------------------------------------------------------------------------------
# cuDNN


def _cudnn(case: _Case) -> Said:
    """Whether Keras takes its cuDNN entry point as written, and with the arguments in question at their defaults."""
    seen, argument = case.seen, f"`{case.probe.argument}`"
    errors = seen.get("errors") or {}
    if not seen["attempted"] or not seen.get("control", True):
        why = seen.get("mechanism") or "not even with all arguments at their defaults"
        return "unverified", f"Keras was not seen choosing cuDNN here: {why}"
    if seen["as_written"]:
        return "refuted", "cuDNN is chosen as written"
    if "as_written" in errors:
        return "unverified", f"the layer as written raises {_clean(str(errors['as_written']))}"
    if not seen["without"]:
        other = "the mask that arrives" if seen.get("mask_loses") else "something else"
        return "unverified", f"cuDNN is not chosen as written, nor without {argument}: {other} prevents it"
    if not seen.get("loses", True):
        return "refuted", f"it is not {argument} that loses cuDNN"
    names = [argument, *(f"`{name}`" for name in seen.get("put_back", ()))]
    told = f"cuDNN is not chosen as written, but without {' and '.join(dict.fromkeys(names))}"
    return "confirmed", f"{told}{_timed(seen)}"


def _timed(seen: Answer) -> str:
    """What it costs, where there is a GPU to tell."""
    if gpu := seen.get("gpu"):
        return (
            f"; a training step takes {gpu['as_written_ms']:.3g} ms on this GPU, {gpu['without_ms']:.3g} ms without: "
            f"{gpu['ratio']:.2g} times as long"
        )
    return " (on a pretended GPU)"


def _cell(case: _Case) -> Said:
    """Whether a cell in an RNN is off cuDNN, where the layer that does the same is on it."""
    seen, name = case.seen, case.probe.argument
    if not seen["attempted"] or not seen.get("control", True):
        return "unverified", f"Keras was not seen choosing cuDNN here: {seen.get('mechanism')}"
    if errors := seen.get("errors"):
        return "unverified", f"it raises {_clean(str(next(iter(errors.values()))))}"
    if seen["as_written"]:
        return "refuted", "cuDNN is chosen for the cell"
    if not seen["without"]:
        return "unverified", f"cuDNN is not chosen for {name}, either"
    if not seen["same"]:
        return "refuted", f"{name} with the same weights puts out something else"
    told = f"cuDNN is not chosen for the cell, but for {name}, which puts out the same with the same weights"
    return "confirmed", f"{told}{_timed(seen)}"


def _inference(case: _Case) -> Said:
    """How much of the input is zero at inference, where it is handed to cuDNN."""
    seen = case.seen
    if not seen["attempted"] or not seen["control"] or seen["inference"] is None:
        return "unverified", f"Keras was not seen choosing cuDNN here: {seen.get('mechanism')}"
    lost, values = seen["inference"]
    told = f"at inference {_percent(lost, values)} of the input is zero where it is handed to cuDNN"
    if not lost:
        return "refuted", told
    status, told = _compare(told, lost, values, case.probability)
    return status, f"{told} (on a pretended GPU)"


# ---------------------------------------------------------------------------------------------------------------------
# What arrives


def _kept(case: _Case) -> Said:
    """The share of the input, or of the state, that has an effect."""
    kept, samples = case.seen["kept"]
    return _compare(_share(case), kept, samples, case.probability)


def _ignored_rate(case: _Case) -> Said:
    """The same, which is not the share that the argument leaves."""
    kept, samples = case.seen["kept"]
    written, told = case.asked.get("written"), _share(case)
    if written is not None:
        told += f", where `{case.probe.argument}` should leave {_percent(written)}"
        if agreement(kept, samples, written) != "refuted":
            if agreement(kept, samples, case.probability or 0.0) == "refuted":
                return "refuted", told
            return "unverified", f"{told}: more --draws would tell"
    return _compare(told, kept, samples, case.probability)


def _share(case: _Case) -> str:
    what = "state" if case.probe.argument == "recurrent_dropout" else "input"
    return f"{case.seen['draws']} draws: {_percent(*case.seen['kept'])} of the {what} is kept"


def _drawn(case: _Case) -> Said:
    """A mask per timestep in Keras 2, one for the sequence in Keras 3."""
    seen = case.seen
    if seen["varies"] is None or not 0 < seen["kept"][0] < seen["kept"][1]:
        return "unverified", "there is a single timestep here" if seen["varies"] is None else _share(case)
    told = (
        f"{seen['draws']} draws: {'a new mask at every timestep' if seen['varies'] else 'one mask for all timesteps'}"
    )
    return ("confirmed" if seen["varies"] is seen["keras2"] else "refuted"), told


def _grows(case: _Case) -> Said:
    """A state beyond what a tanh can give."""
    seen = case.seen
    told = f"after {seen['steps']} timesteps in training the largest value of the state is {seen['largest']:.3g}"
    if seen["opened"]:
        told += " with its update gate open"
    if seen["calm"] > 1:
        return "unverified", f"{told}, but at inference {seen['calm']:.3g}"
    told += f", at inference {seen['calm']:.3g}"
    return ("confirmed" if seen["largest"] > _BOUND else "refuted"), told


def _overridden(case: _Case) -> Said:
    """A layer called with training=True, whose model predicts the same all the same."""
    told = f"{_others(case, 'changed')} between two `predict`, {_others(case, 'control')} between two `model(x)`"
    if not case.seen["control"][0]:
        return "unverified", f"{told}: nothing is dropped anyway"
    return ("refuted" if case.seen["changed"][0] else "confirmed"), told


def _at_inference(case: _Case) -> Said:
    """A model that predicts something else at every call."""
    told = f"{_others(case, 'changed')} between two `predict`"
    return ("confirmed" if case.seen["changed"][0] else "refuted"), told


def _stale(case: _Case) -> Said:
    """A cell that drops the same at every call."""
    reset = f"{_others(case, 'control')} with the masks reset in between"
    told = f"{_others(case, 'changed')} between two calls in training, {reset}"
    if not case.seen["control"][0]:
        return "unverified", f"{told}: nothing is dropped anyway"
    return ("refuted" if case.seen["changed"][0] else "confirmed"), told


def _same_mask(case: _Case) -> Said:
    """Two layers that drop the same."""
    told = f"{_others(case, 'changed')} between the two masks, {_others(case, 'control')} between two of one layer"
    if not case.seen["control"][0]:
        return "unverified", f"{told}: one mask for all calls"
    return ("refuted" if case.seen["changed"][0] else "confirmed"), told


def _others(case: _Case, name: str) -> str:
    changed, values = case.seen[name]
    return f"{changed:,} of {values:,} values differ"


# Rounding may lift a tanh a little.
_BOUND = 1.001


JUDGES: dict[tuple[str, str], Callable[[_Case], Said]] = {
    ("mask", "steps"): _mask_steps,
    ("mask", "sequences"): _mask_sequences,
    ("mask", "batches"): _mask_batches,
    ("mask", "per-step"): _mask_per_step,
    ("mask", "batch-shared"): _mask_batch_shared,
    ("mask", "elementwise"): _mask_elementwise,
    ("own-mask", "steps"): _own_steps,
    ("own-mask", "sequences"): _own_sequences,
    ("error", "raises"): _raises,
    ("error", "rank"): _rank,
    ("error", "ignored"): _ignored,
    **{("rate", what): _rate for what in get_args(get_type_hints(Outcome)["what"])},
    ("masking", "padding"): _padding,
    ("masking", "steps"): _real_steps,
    ("ids", ""): _ids,
    ("cudnn", ""): _cudnn,
    ("cudnn", "layer"): _cell,
    ("inference", ""): _inference,
    ("kept", ""): _kept,
    ("kept", "ignored"): _ignored_rate,
    ("kept", "drawn"): _drawn,
    ("state", "grows"): _grows,
    ("calls", "overridden"): _overridden,
    ("calls", "at-inference"): _at_inference,
    ("calls", "stale"): _stale,
    ("calls", "same-mask"): _same_mask,
}


# ---------------------------------------------------------------------------------------------------------------------
# Figures


def _compare(told: str, lost: int, units: int, probability: float | None) -> Said:
    """A share against the probability predicted for it; without one, something has to be lost."""
    if not units:
        return "unverified", f"{told}: there were none"
    if probability is None:
        return ("confirmed" if lost else "refuted"), told
    told = f"{told}, predicted {_percent(probability)}"
    status = agreement(lost, units, probability)
    if status == "unverified":
        told += f"; {units:,} of them do not tell, more --draws would"
    return status, told


def agreement(lost: int, units: int, probability: float) -> Status:
    """Whether `lost` of `units` independent draws agree with a probability; "unverified" in between.

    Exact: the probability of so many or more, and of so few or fewer, against half of each level (Clopper and Pearson
    1934 as a test).
    """
    tail = min(at_least(lost, units, probability), at_least(units - lost, units, 1 - probability))
    return "confirmed" if tail >= _AGREES / 2 else "unverified" if tail >= _REFUTES / 2 else "refuted"


def at_least(count: int, units: int, probability: float) -> float:
    """The probability of `count` or more successes among independent draws; at most 1, and never below by rounding."""
    if count <= units * probability:
        return 1.0  # at least one half, which is all that `agreement` needs to know
    if probability <= 0:
        return 0.0
    log = (
        math.lgamma(units + 1)
        - math.lgamma(count + 1)
        - math.lgamma(units - count + 1)
        + count * math.log(probability)
        + (units - count) * (math.log1p(-probability) if count < units else 0.0)
    )
    term = total = 1.0
    odds = probability / (1 - probability) if probability < 1 else math.inf
    # Beyond the mean the terms fall faster than a geometric series.
    for more in range(count, units):
        term *= (units - more) / (more + 1) * odds
        total += term
        if term < total * 1e-12:
            break
    return min(1.0, math.exp(log) * total)


def _percent(lost: float, units: int = 1) -> str:
    """A share in percent with one decimal, small ones with two digits that count: "50.1 %", "0.0016 %"."""
    share = lost / units if units else 0.0
    if share in (0, 1):
        return f"{share:.0%}".replace("%", " %")
    return f"{100 * share:.1f} %" if share >= 0.001 else f"{100 * share:.2g} %"


def _shape(sizes: Any) -> str:
    return f"({', '.join(map(str, sizes))})"


# ---------------------------------------------------------------------------------------------------------------------
# Words

_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# What Keras 3 puts around an exception, and TensorFlow in front of one and behind.
_WRAPPING = re.compile(r"Exception encountered when calling [^\n]*?\.call\(\)\.|\{\{[^}]*\}\}|\[Op:[^\]]*\](\s*name:)?")


def _clean(message: str) -> str:
    """An exception's message on one line of at most 200 characters, without what says nothing of it."""
    text = _WRAPPING.sub(" ", _COLOURS.sub("", message)).partition("Arguments received by")[0]
    text = " ".join(text.split()).strip()
    return text.rstrip(".") if len(text) <= 200 else text[:197].rstrip() + "..."


def _quote(outcome: Answer) -> str:
    return f"{outcome['error']}{_after(_clean(str(outcome.get('message', ''))))}"


def _after(message: str) -> str:
    return f": {message}" if message else ""


def _line(text: str) -> str:
    """No control characters, whatever the worker sent."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
