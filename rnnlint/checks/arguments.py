"""What the rules about a single argument of a layer share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

from rnnlint.findings import Claim, Finding, Probe, ProbeKind, Related, Remedy
from rnnlint.graph import Arg, Layer, Span
from rnnlint.keras.versions import KerasTargets, VersionSet
from rnnlint.registry import Rule


def place(layer: Layer, arg: Arg) -> tuple[Span, tuple[Related, ...]]:
    """The place of a finding about an argument, and the related place.

    At the argument if it is written in the layer's own call; else, with a dict, a partial or a caller in between, at
    the layer.
    """
    if _contains(layer.span, arg.span):
        return arg.span, (Related(layer.span, f"this {layer.short}"),)
    return layer.span, (Related(arg.span, f"{arg.name} is set here"),)


def _contains(outer: Span, inner: Span) -> bool:
    return (
        (outer.path, outer.cell) == (inner.path, inner.cell)
        and (outer.row, outer.column) <= (inner.row, inner.column)
        and (inner.end_row, inner.end_column) <= (outer.end_row, outer.end_column)
    )


def at_argument(
    rule: Rule,
    layer: Layer,
    arg: Arg,
    *,
    message: str,
    certain: bool,
    label: str,
    kind: ProbeKind,
    claims: tuple[Claim, ...],
    node: int | None,
    related: tuple[Related, ...] = (),
    remedy: Remedy | None = None,
    **probe: Any,
) -> Finding:
    """A finding about an argument of a layer, at the argument or at the layer as `place` says.

    `related` follows the place that belongs to the argument. `kind`, `claims`, `node` and what else is given are the
    fields of the `Probe`, whose `layer` and `argument` are those of the finding.
    """
    span, own = place(layer, arg)
    about: dict[str, Any] = {"argument": arg.name, **probe}
    return Finding.of(
        rule,
        message=message,
        span=span,
        certain=certain,
        label=label,
        related=(*own, *related),
        probe=Probe(kind=kind, layer=layer.id, claims=claims, node=node, **about),
        remedy=remedy,
    )


def combine(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings about one layer; those at the same place become one, since the arguments have none of their own."""
    by_place: dict[Span, Finding] = {}
    for finding in findings:
        known = by_place.setdefault(finding.span, finding)
        if known is not finding:
            by_place[finding.span] = replace(
                known,
                message=f"{known.message}; {finding.message}",
                confidence="certain" if "certain" in (known.confidence, finding.confidence) else "possible",
                related=known.related + finding.related,
            )
    yield from by_place.values()


def scope(where: VersionSet, env: KerasTargets) -> str:
    """Such as " in Keras 3.2 and later" where it does not hold in all of `env`, else nothing."""
    return "" if where.within(env) == "all" else f" in {where.describe(env)}"


def enumeration(parts: list[str]) -> str:
    """Such as "a, b and c"."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


class Consequence(Protocol):
    """What Keras does in some versions and backends: `text` completes "Keras ..."."""

    @property
    def text(self) -> str:
        """A predicate: "raises ValueError in the constructor"."""

    @property
    def where(self) -> VersionSet:
        """Where it does so."""


def consequences(found: Sequence[Consequence], env: KerasTargets) -> str:
    """What Keras does, and where if not everywhere: "Keras fails (Keras 2) or silently drops nothing (Keras 3)"."""
    if len(found) == 1 and found[0].where.within(env) == "all":
        return f"Keras {found[0].text}"
    return "Keras " + " or ".join(f"{one.text} ({one.where.describe(env)})" for one in found)
