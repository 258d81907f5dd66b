"""What rnnlint says: findings, fixes, verdicts and diagnostics. Plain, frozen, picklable data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal, TypeAlias

from rnnlint.graph import Span
from rnnlint.records import dataclass

Confidence: TypeAlias = Literal["certain", "possible"]

# A finding of the second rule says less of the same layer than one of the first.
SUPERSEDED = {"RNN101": "RNN102"}


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


# ---------------------------------------------------------------------------------------------------------------------
# Remedies: what a check says of a fix, before anyone has looked at the source


@dataclass(frozen=True, slots=True)
class SetArgument:
    """Give a call an argument: `text` replaces what stands at `at`, where that is a literal, or is added."""

    call: Span
    name: str
    text: str
    at: Span | None = None


@dataclass(frozen=True, slots=True)
class RemoveArgument:
    """Take the argument at `at` out of a call."""

    call: Span
    at: Span


@dataclass(frozen=True, slots=True)
class NameArgument:
    """Write the argument at `at`, which is given by position, as a keyword."""

    call: Span
    at: Span
    name: str


@dataclass(frozen=True, slots=True)
class SetItem:
    """Replace one item of the list or tuple that the argument at `at` is written as."""

    call: Span
    at: Span
    index: int
    text: str


@dataclass(frozen=True, slots=True)
class PrependItem:
    """Put an item in front of the list or tuple that the argument at `at` is written as."""

    call: Span
    at: Span
    text: str


@dataclass(frozen=True, slots=True)
class ReplaceClass:
    """Construct another class of the same module, by its short name, with the same arguments."""

    call: Span
    name: str


@dataclass(frozen=True, slots=True)
class Unwrap:
    """Leave of a wrapper's call the wrapped layer's; what else the wrapper was given goes to that."""

    outer: Span
    inner: Span


@dataclass(frozen=True, slots=True)
class Swap:
    """Let two layers that stand one behind the other change places."""

    first: Span
    second: Span


Step: TypeAlias = SetArgument | RemoveArgument | NameArgument | SetItem | PrependItem | ReplaceClass | Unwrap | Swap


@dataclass(frozen=True, slots=True)
class Remedy:
    """What would put a finding right. `ways` are alternatives of equal effect, each a run of steps taken together.

    A check knows the graph only: `rnnlint.fixer` makes a `Fix` of it, of the way with the smallest edit, or none where
    the source is not written so that the steps can be taken.
    """

    message: str
    applicability: Literal["safe", "unsafe"]
    ways: tuple[tuple[Step, ...], ...]


# ---------------------------------------------------------------------------------------------------------------------
# Confirmation

ProbeKind: TypeAlias = Literal[
    "mask", "own-mask", "error", "rate", "masking", "ids", "cudnn", "kept", "state", "inference", "calls"
]


@dataclass(frozen=True, slots=True)
class Probe:
    """What real Keras is to show of a finding: the call or layer of the graph to observe, and what is predicted.

    `layer` is the `Layer.id` that the finding is about, `node` the `Node.id` of the call to observe (None for a layer
    that is not seen called). `way` leads from that call to the one it matters for (both included, in the order of the
    flow), `axis` is the time axis of the call's input. `claim` says which of the kind's observations decides, and
    `probability` the figure predicted for it. `argument` is the one in question, `others` further ones that have to be
    put back with it. `where` holds the `(version, backend)` pairs that the finding speaks of, as
    `rnnlint.keras.versions.Where` does; empty means every Keras. `fixed` is the Keras release that no longer does it.
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
    where: frozenset[tuple[tuple[int, int], str]] = frozenset()
    fixed: str = ""


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
    remedy: Remedy | None = field(default=None, compare=False, repr=False)


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
