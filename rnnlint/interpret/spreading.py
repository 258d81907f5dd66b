"""What splats and loops get out of a value."""

from __future__ import annotations

from collections.abc import Hashable

from rnnlint.interpret.base import Value
from rnnlint.interpret.contents import DictItems
from rnnlint.interpret.machine import Machine
from rnnlint.interpret.values import ChoiceV, LayerV, ModelV, ObjectV, RunsV, TupleV, UnknownV

# A loop over more items than this is not unrolled.
MOST_TURNS = 64


def spread_items(vm: Machine, value: Value) -> TupleV | None:
    """Return what `*value` spreads; alternatives become a run. None where it is not understood."""
    if isinstance(value, ChoiceV):
        runs = [vm.raw_items(option) for option in value.options]
        if any(run is None or not run.complete for run in runs):
            return None
        return TupleV((RunsV(tuple(run.items for run in runs if run is not None)),))
    return vm.raw_items(value)


def splat(vm: Machine, value: Value) -> DictItems | None:
    """Return what `**value` spreads, or None. Of alternatives, a key that not all of them have is only possible."""
    if not isinstance(value, ChoiceV):
        return vm.mapping(value)
    found = [vm.mapping(option) for option in value.options]
    known = [one for one in found if one is not None]
    if not known:
        return None
    absent = UnknownV("a splat may not give it")
    complete = len(known) == len(found) and all(one.complete for one in known)
    items: list[tuple[Hashable, Value]] = []
    for key in dict.fromkeys(key for one in known for key, _ in one.items):
        given = [one.get(key) if one is not None else None for one in found]
        items.append((key, vm.join([one if one is not None else absent for one in given])))
        complete = complete and None not in given
    return DictItems(tuple(items), complete)


def iterate(vm: Machine, value: Value) -> TupleV | None:
    """Return what a loop over `value` runs through, None where that is not known or too long to unroll."""
    if isinstance(value, ChoiceV):
        return None
    items = vm.raw_items(value)
    if items is None and isinstance(value, (ModelV, LayerV, ObjectV)):
        return None
    if items is not None and len(items.items) > MOST_TURNS:
        return None
    return items
