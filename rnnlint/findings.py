"""What rnnlint says: rules, findings, fixes, verdicts and diagnostics. Plain, frozen, picklable data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

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


@dataclass(frozen=True, slots=True)
class Verdict:
    """What real Keras showed of a finding. Nothing fills it yet: the linter itself runs no Keras."""

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
