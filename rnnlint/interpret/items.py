"""Items of lists, tuples and dicts, as values."""

from __future__ import annotations

from collections.abc import Hashable

from rnnlint.interpret.base import Value
from rnnlint.interpret.join import MOST_OPTIONS, choice
from rnnlint.interpret.semantics.memory import join_values
from rnnlint.interpret.values import ChoiceV, ConstV, RunsV, TupleV, UnknownV


def key_of(value: Value) -> ConstV | None:
    """Return a dict key as a constant (a tuple of constants counts), or None."""
    if isinstance(value, ConstV):
        return value
    if isinstance(value, TupleV) and value.complete and all(isinstance(item, ConstV) for item in value.items):
        return ConstV(tuple(item.value for item in value.items if isinstance(item, ConstV)))
    return None


def constant_of(key: Hashable) -> Value:
    """Return a dict key as a value: a constant, or a tuple of constants."""
    return TupleV(tuple(ConstV(part) for part in key)) if isinstance(key, tuple) else ConstV(key)


def is_run(item: Value) -> bool:
    """Return whether an item of a list may stand for any number of items."""
    return isinstance(item, RunsV) or (
        isinstance(item, ChoiceV) and any(isinstance(option, TupleV) for option in item.options)
    )


def flat(run: RunsV) -> list[Value]:
    """Return all items of a run's alternatives."""
    return [one for items in run.runs for item in items for one in (flat(item) if isinstance(item, RunsV) else [item])]


# Of a list with more items than these, the further ones are not looked at.
_MOST_LISTED = 10_000


def any_item(items: TupleV) -> Value:
    """Return some item of a list: one of those that are known, or one that is not."""
    listed = [one for item in items.items for one in (flat(item) if isinstance(item, RunsV) else (item,))]
    found = list(dict.fromkeys(listed[:_MOST_LISTED]))
    if not items.complete or not found or len(found) > MOST_OPTIONS:
        found = [*found[: MOST_OPTIONS - 1], UnknownV("an item of a list that is only partly known")]
    return choice(found, join_values)
