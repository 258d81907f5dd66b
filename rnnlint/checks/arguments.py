"""What the rules about a single argument of a layer share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from rnnlint.findings import Finding, Related
from rnnlint.graph import Arg, Layer, Span
from rnnlint.keras.cudnn import Disqualifier
from rnnlint.keras.versions import Env, Where


def place(layer: Layer, arg: Arg) -> tuple[Span, tuple[Related, ...]]:
    """Where a finding about an argument stands, and the related place.

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


def combine(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings about one layer; those that stand at the same place, since the arguments do not, become one."""
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


def scope(where: Where, env: Env) -> str:
    """Such as " in Keras 3.2 and later" where it does not hold in all of `env`, else nothing."""
    return "" if where.within(env) == "all" else f" in {where.describe(env)}"


def forced(layer: Layer) -> bool:
    """Whether `use_cudnn` is written as True or False: then cuDNN is wanted (RNN203) or knowingly given up."""
    arg = layer.arg("use_cudnn")
    return arg is not None and getattr(arg.value, "value", None) in (True, False)


def named(found: Disqualifier) -> str:
    """The argument as in the source: `activation='relu'`."""
    return f"`{found.argument}={found.text}`"


def enumeration(parts: list[str]) -> str:
    """Such as "a, b and c"."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


class Consequence(Protocol):
    """What Keras does in some versions and backends: `text` completes "Keras ..."."""

    @property
    def text(self) -> str:
        """A predicate: "raises ValueError in the constructor"."""

    @property
    def where(self) -> Where:
        """Where it does so."""


def consequences(found: Sequence[Consequence], env: Env) -> str:
    """What Keras does, and where if not everywhere: "Keras fails (Keras 2) or silently drops nothing (Keras 3)"."""
    if len(found) == 1 and found[0].where.within(env) == "all":
        return f"Keras {found[0].text}"
    return "Keras " + " or ".join(f"{one.text} ({one.where.describe(env)})" for one in found)
