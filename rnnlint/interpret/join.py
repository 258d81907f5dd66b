"""Joining abstract values where two paths through the code meet."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rnnlint.graph import Ref, Shape
from rnnlint.interpret.base import Value
from rnnlint.interpret.contents import DictItems
from rnnlint.interpret.values import ChoiceV, ConstV, RunsV, TensorV, TupleV, UnknownV

MOST_OPTIONS = 12
# Constants of these types are the same where they are equal.
_PLAIN = frozenset({int, str, bool, bytes, type(None)})
MOST_REFS = 64
# Longer sequences of different lengths are not told apart item by item.
MOST_ITEMS = 2_000


def join_shapes(shapes: Sequence[Shape]) -> Shape:
    """Return the shape that all of them have, dimension by dimension; None where the ranks differ."""
    first = shapes[0]
    if first is None or any(shape is None or len(shape) != len(first) for shape in shapes):
        return None
    return tuple(
        dims[0] if all(dim == dims[0] for dim in dims) else None
        for dims in zip(*(shape for shape in shapes if shape is not None), strict=True)
    )


def same(a: Value, b: Value) -> bool:
    """Return whether two values are the same, telling True from 1 and 1 from 1.0."""
    if a is b:
        return True
    kind = type(a)
    if kind is not type(b) or kind is UnknownV:
        return False
    if isinstance(a, ConstV) and isinstance(b, ConstV):
        one, other = a.value, b.value
        if type(one) is not type(other):
            return False
        return one == other if type(one) in _PLAIN else repr(one) == repr(other)
    return a == b


def join(values: Sequence[Value], hook: Callable[[Value, Value], Value | None] | None = None) -> Value:
    """Return the least value that covers all of `values`.

    Tensors become one tensor with several producers; lists and dicts of items are joined item by item; anything else
    becomes a ChoiceV, and more than a dozen alternatives unknown. `hook` may join values of other classes.
    """
    joined = values[0]
    for value in values[1:]:
        joined = _join_two(joined, value, hook)
    return joined


def _join_two(a: Value, b: Value, hook: Callable[[Value, Value], Value | None] | None) -> Value:
    if same(a, b):
        return a
    if isinstance(a, UnknownV) and isinstance(b, UnknownV):
        return a if a.node == b.node else ChoiceV((a, b))
    one, other = type(a), type(b)
    if one is ConstV or other is ConstV:
        return choice([a, b], hook) if one is ChoiceV or other is ChoiceV else ChoiceV((a, b))
    if hook is not None:
        hooked = hook(a, b)
        if hooked is not None:
            return hooked
    if isinstance(a, TensorV) and isinstance(b, TensorV):
        return join_tensors(a, b)
    if isinstance(a, TupleV) and isinstance(b, TupleV):
        return join_items(a, b, hook)
    if isinstance(a, DictItems) and isinstance(b, DictItems):
        return _join_dicts(a, b, hook)
    return choice([a, b], hook)


def join_tensors(a: TensorV, b: TensorV) -> TensorV:
    """Return one tensor that either may be."""
    refs: tuple[Ref, ...] = tuple(dict.fromkeys(a.refs + b.refs))[:MOST_REFS]
    return TensorV(refs, join_shapes([a.shape, b.shape]))


def choice(values: Sequence[Value], hook: Callable[[Value, Value], Value | None] | None = None) -> Value:
    """Return one of `values`, flat and without repetition; all tensors among them become one option."""
    options: list[Value] = []
    constants: set[tuple[type, object]] = set()
    for value in values:
        for option in value.options if isinstance(value, ChoiceV) else (value,):
            if isinstance(option, ConstV):
                kind = type(option.value)
                key = (kind, option.value if kind in _PLAIN else repr(option.value))
                if key not in constants:
                    constants.add(key)
                    options.append(option)
            elif not _is_covered(option, options, hook):
                options.append(option)
    if len(options) == 1:
        return options[0]
    if len(options) > MOST_OPTIONS:
        return UnknownV("too many alternatives")
    return ChoiceV(tuple(options))


def _is_covered(
    option: Value, options: list[Value], hook: Callable[[Value, Value], Value | None] | None = None
) -> bool:
    """Return whether a value is among alternatives, or could be made part of one."""
    kind = type(option)
    for at, have in enumerate(options):
        if type(have) is not kind:
            continue
        if same(have, option):
            return True
        if isinstance(have, UnknownV) and isinstance(option, UnknownV) and have.node == option.node:
            return True
        if isinstance(have, TensorV) and isinstance(option, TensorV):
            options[at] = join_tensors(have, option)
            return True
        if isinstance(have, (TupleV, DictItems)):
            options[at] = _join_two(have, option, hook)
            return True
    return False


def join_items(a: TupleV, b: TupleV, hook: Callable[[Value, Value], Value | None] | None = None) -> TupleV:
    """Return the items of two sequences: what they share in front and at the end, and the runs in the middle."""
    left, right = a.items, b.items
    complete = a.complete and b.complete
    if len(left) == len(right):
        return TupleV(tuple(_join_two(x, y, hook) for x, y in zip(left, right, strict=True)), complete)
    if max(len(left), len(right)) > MOST_ITEMS:
        return TupleV((), False)
    front = 0
    while front < min(len(left), len(right)) and same(left[front], right[front]):
        front += 1
    back = 0
    if complete:
        while back < min(len(left), len(right)) - front and same(left[-1 - back], right[-1 - back]):
            back += 1
    runs: list[tuple[Value, ...]] = []
    for items in (left, right):
        middle = items[front : len(items) - back]
        inner = middle[0].runs if len(middle) == 1 and isinstance(middle[0], RunsV) else (middle,)
        runs.extend(run for run in inner if run not in runs)
    if len(runs) > MOST_OPTIONS:
        return TupleV(left[:front], False)
    return TupleV((*left[:front], RunsV(tuple(runs)), *left[len(left) - back :]), complete)


def _join_dicts(a: DictItems, b: DictItems, hook: Callable[[Value, Value], Value | None] | None) -> DictItems:
    complete = a.complete and b.complete
    keys = dict.fromkeys([key for key, _ in a.items] + [key for key, _ in b.items])
    items = []
    for key in keys:
        x, y = a.get(key), b.get(key)
        if x is None or y is None:
            complete = False
            known = x if x is not None else y
            assert known is not None
            items.append((key, choice([known, UnknownV(f"key {key!r} is set on some paths only")])))
        else:
            items.append((key, _join_two(x, y, hook)))
    return DictItems(tuple(items), complete)
