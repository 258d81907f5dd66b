"""What the semantics of Keras needs from the machine: the protocol between the two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from rnnlint.graph import Span
from rnnlint.graph import Value as Frozen
from rnnlint.interpret.base import Value
from rnnlint.interpret.builder import GraphBuilder
from rnnlint.interpret.contents import DictItems
from rnnlint.interpret.values import CallArgs, ListV, TupleV, UnknownV

if TYPE_CHECKING:
    from rnnlint.interpret.semantics.memory import Memory
    from rnnlint.interpret.store import Store
    from rnnlint.keras.versions import KerasTargets


class Context(Protocol):
    """The machine, as `rnnlint.interpret.semantics` sees it.

    `memory` is one `rnnlint.interpret.models.Memory()` per graph. An item of a list of layers that is a ChoiceV of
    lists or tuples stands for their items, spread in place: `ChoiceV((TupleV((dropout,)), TupleV(())))` is a layer that
    is there on some paths only.
    """

    @property
    def env(self) -> KerasTargets:
        """The Keras versions and backends that the code may run under."""

    @property
    def graph(self) -> GraphBuilder:
        """The graph under construction."""

    @property
    def store(self) -> Store:
        """All mutable state."""

    @property
    def memory(self) -> Memory:
        """What the semantics remembers of models; not undone with a branch."""

    def call(self, function: Value, args: CallArgs, span: Span) -> Value:
        """Call any value: a user's function, layer or model, a Keras class, an unknown."""

    def unknown(self, reason: str, span: Span, inputs: Sequence[Value] = ()) -> UnknownV:
        """Note the reason; with tensors among the inputs an opaque node keeps their place, and the value carries it."""

    def truth(self, value: Value) -> bool | None:
        """Return truth value, None where it is not known."""

    def items(self, value: Value) -> TupleV | None:
        """Return the items of a tuple or list, None for anything else."""

    def mapping(self, value: Value) -> DictItems | None:
        """Return the items of a dict, None for anything else."""

    def new_list(self, items: Sequence[Value], complete: bool = True) -> ListV:
        """Return a fresh list."""

    def freeze(self, value: Value) -> Frozen:
        """Return the value as an argument in the graph."""

    def join(self, values: Sequence[Value]) -> Value:
        """Return one of the values; equal ones once, tensors as one tensor with several producers."""
