"""What was asked of real Keras, and what it showed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from rnnlint.confirm.figures import percent
from rnnlint.findings import Claim, Probe
from rnnlint.records import dataclass

# What the worker sent: JSON.
Answer: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One claim of a probe, the job that was run for it, and what the worker saw."""

    probe: Probe
    job: Mapping[str, Any]
    claim: Claim
    seen: Answer

    @property
    def asked(self) -> Mapping[str, Any]:
        """The probe as the job holds it."""
        found: Mapping[str, Any] = self.job.get("probe", {})
        return found

    @property
    def probability(self) -> float | None:
        """The figure predicted, for the rate that the plan assumed if it assumed one."""
        found: float | None = self.asked.get("probability", self.probe.probability)
        return found

    @property
    def axis(self) -> int | None:
        """The time axis of the observed call's input."""
        found: int | None = self.asked.get("axis", self.probe.axis)
        return found

    @property
    def target(self) -> str:
        """The class of the recurrent layer that the mask affects, or empty."""
        nodes: Iterable[Answer] = self.job.get("nodes", ())
        return next((str(one.get("name", "")) for one in nodes if one["id"] == self.asked.get("target")), "")

    @property
    def before(self) -> str:
        """Where the mask matters, in words: " before LSTM"; empty where there is no recurrent layer."""
        return f" before {self.target}" if self.target else ""

    @property
    def drawn(self) -> str:
        """The number of draws and the share of dropped values, in words."""
        return f"{self.seen['draws']} draws, {percent(*self.seen['values'])} of values dropped"

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
