"""What a job is made of: its tensors, and the words for what cannot be part of one."""

from __future__ import annotations

from typing import Any, TypeAlias

from rnnlint.graph import Node, Shape, Span
from rnnlint.records import dataclass

Json: TypeAlias = dict[str, Any]
# The sizes of a shape, all known, or None.
Sizes: TypeAlias = tuple[int, ...] | None


class ObstacleError(Exception):
    """A model that shows the finding cannot be built; the message is the evidence of the verdict "unverified"."""


@dataclass(frozen=True, slots=True)
class JobTensor:
    """A tensor of the job: where it comes from, and its shape at each attempt."""

    node: int
    output: int
    sizes: tuple[Sizes, ...]

    @property
    def ref(self) -> list[int]:
        """As the input of a node in JSON."""
        return [self.node, self.output]


def known(shape: Shape) -> Sizes:
    """A shape if all its sizes are known, else None."""
    if shape is None or not all(isinstance(dim, int) for dim in shape):
        return None
    return tuple(dim for dim in shape if isinstance(dim, int))


def place(span: Span) -> str:
    """The place of code, in words: "at line 7"."""
    return f"at line {span.row}" if span.cell is None else f"in cell {span.cell}, line {span.row}"


def name_of(node: Node) -> str:
    """What a node calls and where, in words: "`Dense` at line 7"."""
    short = node.layer.short if node.layer is not None else node.name.rpartition(".")[2]
    return f"`{short}` {place(node.span)}" if short else f"the code {place(node.span)}"


def not_understood(node: Node) -> str:
    """Why a call that the analysis does not understand cannot be rebuilt."""
    if node.reason:
        return f"{name_of(node)} is not understood: {node.reason}"
    return f"{name_of(node)} is not understood"
