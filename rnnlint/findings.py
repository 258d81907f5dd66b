"""What rnnlint says: findings, fixes, verdicts and diagnostics. Plain, frozen, picklable data.

A check makes a finding with `Finding.of`; `collect` puts the findings of all checks together, each once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import Any, Literal, TypeAlias

from rnnlint import registry
from rnnlint.graph import Span
from rnnlint.records import dataclass

Confidence: TypeAlias = Literal["certain", "possible"]


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
    """What would put a finding right. `alternatives` have the same effect; the steps of each are taken together.

    A check knows the graph only: `rnnlint.fixer` makes a `Fix` of the alternative with the smallest edit, or none where
    the source is not written so that the steps can be taken.
    """

    message: str
    applicability: Literal["safe", "unsafe"]
    alternatives: tuple[tuple[Step, ...], ...]


# ---------------------------------------------------------------------------------------------------------------------
# Confirmation

ProbeKind: TypeAlias = Literal[
    "mask", "own-mask", "error", "rate", "masking", "ids", "cudnn", "kept", "state", "inference", "calls"
]

MaskClaim: TypeAlias = Literal["steps", "sequences", "batches", "per-step", "batch-shared", "elementwise"]
OwnMaskClaim: TypeAlias = Literal["steps", "sequences"]
ErrorClaim: TypeAlias = Literal["raises", "rank", "ignored"]
RateClaim: TypeAlias = Literal["rejected", "training-error", "off", "all-zero", "off-or-all-zero"]
MaskingClaim: TypeAlias = Literal["padding", "steps"]
IdsClaim: TypeAlias = Literal["other-ids"]
CudnnClaim: TypeAlias = Literal["lost", "layer"]
KeptClaim: TypeAlias = Literal["share", "ignored", "drawn"]
StateClaim: TypeAlias = Literal["grows"]
InferenceClaim: TypeAlias = Literal["drops"]
CallsClaim: TypeAlias = Literal["overridden", "at-inference", "stale", "same-mask"]
Claim: TypeAlias = (
    MaskClaim
    | OwnMaskClaim
    | ErrorClaim
    | RateClaim
    | MaskingClaim
    | IdsClaim
    | CudnnClaim
    | KeptClaim
    | StateClaim
    | InferenceClaim
    | CallsClaim
)


@dataclass(frozen=True, slots=True)
class Probe:
    """What real Keras is to show of a finding: the call or layer of the graph to observe, and what is predicted.

    `layer` is the `Layer.id` that the finding is about, `node` the `Node.id` of the call to observe (None for a layer
    that is not seen called). `node_ids` lead from that call to the one it matters for (both included, in the order of
    the flow). `axis` is the time axis of the call's input and `batch` its batch axes; `rank` is its rank as far as the
    way to a recurrent layer tells it. `claims` say which of the kind's observations decide: of several, each for some
    versions of Keras, one has to hold. `probability` is the figure predicted for it. `argument` is the one in question,
    `others` further ones that have to be put back with it, and `problems` those of a noise shape of which the observed
    one has to have one (`rnnlint.keras.masks.NoiseKind`; empty where it may have any or none). `where` holds the
    `(version, backend)` pairs that the finding is about, as `rnnlint.keras.versions.Where` does; empty means every
    Keras. `fixed` is the Keras release that no longer does it.
    """

    kind: ProbeKind
    layer: int
    claims: tuple[Claim, ...]
    node: int | None = None
    node_ids: tuple[int, ...] = ()
    axis: int | None = None
    rank: int | None = None
    batch: frozenset[int] = frozenset({0})
    argument: str = ""
    others: tuple[str, ...] = ()
    problems: frozenset[str] = frozenset()
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


def _resolve(part: object) -> None:
    """Work out the spans in a part of a finding: a span, or plain data that holds spans."""
    if isinstance(part, Span):
        part.resolve()
    elif isinstance(part, tuple):
        for one in part:
            _resolve(one)
    else:
        for name in getattr(part, "__slots__", ()):
            _resolve(getattr(part, name))


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of a rule.

    `message` is the whole sentence with its figures, `label` the short text at the primary span. `related` are places
    that belong to it, for a rule with `flow` those on the way to the recurrent layer. `fix` is what becomes of `remedy`
    in the source at hand, `plan` of `probe` in the graph at hand; the three that a check cannot know are None until
    the fixer and real Keras have been asked.
    """

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

    def resolve(self) -> None:
        """Work out all spans of the finding, so that it keeps no syntax tree (see `Span.resolve`)."""
        for part in (self.span, self.related, self.fix, self.remedy):
            _resolve(part)

    @classmethod
    def of(
        cls,
        rule: registry.Rule,
        *,
        message: str,
        span: Span,
        certain: bool = True,
        label: str = "",
        related: tuple[Related, ...] = (),
        fix: Fix | None = None,
        probe: Probe | None = None,
        remedy: Remedy | None = None,
    ) -> Finding:
        """A finding of a rule; one that is not `certain` is possible."""
        return cls(
            code=rule.code,
            name=rule.name,
            message=message,
            span=span,
            confidence="certain" if certain else "possible",
            label=label,
            related=related,
            fix=fix,
            probe=probe,
            remedy=remedy,
        )

    @property
    def rule(self) -> registry.Rule:
        """The row of its rule. Raises KeyError for a code that is none."""
        return registry.rule(self.code)

    @property
    def severity(self) -> registry.Severity:
        """How bad it is, which is the same for all findings of a rule."""
        return self.rule.severity


def collect(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings in the order of the source: one for each rule and place, a certain one before a possible one.

    A function's layers are met once for each call of it and once for the function by itself. A remedy holds for the
    place if all that name one name the same. What a finding of another rule supersedes at its place is left out.
    """
    best: dict[tuple[str, Span], Finding] = {}
    remedies: dict[tuple[str, Span], set[Remedy]] = {}
    for finding in findings:
        key = (finding.code, finding.span)
        known = best.get(key)
        if known is None or (known.confidence, finding.confidence) == ("possible", "certain"):
            best[key] = finding
        if finding.remedy is not None:
            remedies.setdefault(key, set()).add(finding.remedy)
    for key, named in remedies.items():
        best[key] = replace(best[key], remedy=next(iter(named)) if len(named) == 1 else None)
    for rule in registry.RULES:
        if rule.supersedes:
            for span in [span for code, span in best if code == rule.code]:
                best.pop((rule.supersedes, span), None)
    return tuple(sorted(best.values(), key=lambda one: (_order(one.span), one.code)))


def _order(span: Span) -> tuple[str, int, int, int]:
    return span.path, span.cell or 0, span.row, span.column


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
