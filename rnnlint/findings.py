"""What rnnlint says: rules, findings, fixes, verdicts and diagnostics. Plain, frozen, picklable data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from rnnlint.graph import Span

Confidence: TypeAlias = Literal["certain", "possible"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's metadata. `summary` is the first sentence of its page in `rules/`; `default` whether it is on.

    `runtime` names what real Keras shows where the rule is right, or is empty where that cannot be observed. `fix` is
    the applicability of the rule's fix, or "none".
    """

    code: str
    name: str
    summary: str
    default: bool = True
    fix: Literal["safe", "unsafe", "none"] = "none"
    runtime: str = ""
    since: str = "0.1"


@dataclass(frozen=True, slots=True)
class Related:
    """A labelled place that belongs to a finding: a station on the way from the Dropout to the recurrent layer."""

    span: Span
    label: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of `span` by `content`; an empty span inserts."""

    span: Span
    content: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Text edits that are applied together or not at all."""

    message: str
    applicability: Literal["safe", "unsafe"]
    edits: tuple[Edit, ...]


ProbeKind: TypeAlias = Literal["mask", "own-mask", "error", "rate", "masking", "ids", "cudnn"]


@dataclass(frozen=True, slots=True)
class Probe:
    """What real Keras is to show of a finding: the call or layer of the graph to observe, and what is predicted.

    `layer` is the `Layer.id` that the finding is about, `node` the `Node.id` of the call to observe (None for a layer
    that is not seen called). `way` leads from that call to the one it matters for (both included, in the order of the
    flow), `axis` is the time axis of the call's input. `claim` says which of the kind's observations decides, and
    `probability` the figure predicted for it. `argument` is the one in question, `others` further ones that have to be
    put back with it.
    """

    kind: ProbeKind
    layer: int
    claim: str = ""
    node: int | None = None
    way: tuple[int, ...] = ()
    axis: int | None = None
    argument: str = ""
    others: tuple[str, ...] = ()
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """How a probe is run: a job for the worker as plain JSON data, or the obstacle why there is none.

    `assumed` are the unknowns that were given values, in words: "7 timesteps".
    """

    job: Mapping[str, Any] | None = None
    obstacle: str = ""
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What real Keras showed of a finding, in one line of plain words; `keras` and `backend` say which Keras it was."""

    status: Literal["confirmed", "refuted", "unverified"]
    evidence: str
    keras: str
    backend: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `label` is the short text at the primary span; `message` the whole sentence with its figures."""

    code: str
    name: str
    message: str
    span: Span
    confidence: Confidence = "certain"
    label: str = ""
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    verdict: Verdict | None = None
    probe: Probe | None = field(default=None, compare=False, repr=False)
    plan: Plan | None = field(default=None, compare=False, repr=False)


DiagnosticKind: TypeAlias = Literal["io-error", "invalid-syntax", "too-complex", "internal-error"]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A file, or a part of one, that could not be read: status 1, or 2 for an internal error."""

    kind: DiagnosticKind
    message: str
    span: Span

    @property
    def status(self) -> int:
        """The exit status that this diagnostic causes."""
        return 2 if self.kind == "internal-error" else 1
