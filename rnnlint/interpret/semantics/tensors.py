"""Tensors and shapes among abstract values."""

from __future__ import annotations

from collections.abc import Sequence

from rnnlint import graph
from rnnlint.graph import Arg, Dim, Ref, Shape, Span
from rnnlint.interpret.base import Value
from rnnlint.interpret.builder import Uncertain
from rnnlint.interpret.join import join_shapes, join_tensors
from rnnlint.interpret.semantics.context import Context
from rnnlint.interpret.values import PLAIN, ArgV, ChoiceV, ConstV, ListV, RunsV, TensorV, TupleV, UnknownV


def as_arg(ctx: Context, name: str, arg: ArgV, positional: bool = False) -> Arg:
    """Return an argument as the graph keeps it."""
    return Arg(name, ctx.freeze(arg.value), arg.span, positional)


def as_tensor(ctx: Context, value: Value, span: Span) -> TensorV:
    """Return the value as a tensor.

    An UnknownV is the tensor of its opaque node, the options of a ChoiceV are joined, and anything else becomes a new
    opaque node, which the same value gets again.
    """
    if isinstance(value, TensorV):
        return value
    if isinstance(value, UnknownV) and value.node is not None:
        return TensorV((Ref(value.node),), None)
    if isinstance(value, ChoiceV):
        # A default of None that a caller replaces by a tensor says nothing about the tensor.
        options = [option for option in value.options if not isinstance(option, ConstV)]
        if options:
            with possible(ctx, len(options) > 1):
                return join_all([as_tensor(ctx, option, span) for option in options])
    items = sequence(ctx, value)
    if items is not None and items.complete and len(items.items) == 1 and not isinstance(items.items[0], RunsV):
        return as_tensor(ctx, items.items[0], span)
    known = ctx.memory.opaque.get(id(value))
    if known is not None:
        return known[1]
    reason = value.reason if isinstance(value, UnknownV) else "not a tensor that is understood"
    inside = tensors(ctx, value)
    node = ctx.graph.node("opaque", "", [tensor.refs for tensor in inside], (None,), span, reason=reason)
    tensor = TensorV((Ref(node.id),), None)
    ctx.memory.opaque[id(value)] = (value, tensor)
    return tensor


def tensors(ctx: Context, value: Value, depth: int = 4) -> list[TensorV]:
    """Return all tensors in a value, in order, those in lists and dicts included."""
    if type(value) in PLAIN:
        return []
    if isinstance(value, TensorV):
        return [value]
    if isinstance(value, UnknownV):
        return [] if value.node is None else [TensorV((Ref(value.node),), None)]
    if depth == 0:
        return []
    if isinstance(value, ChoiceV):
        found = [tensors(ctx, option, depth - 1) for option in value.options]
        found = [one for one in found if one]
        if found and all(len(one) == len(found[0]) for one in found):
            return [join_all(column) for column in zip(*found, strict=True)]
        return [tensor for one in found for tensor in one]
    if isinstance(value, RunsV):
        return [tensor for run in value.runs for item in run for tensor in tensors(ctx, item, depth - 1)]
    items = sequence(ctx, value)
    if items is not None:
        return [tensor for item in items.items for tensor in tensors(ctx, item, depth - 1)]
    mapping = ctx.mapping(value)
    if mapping is not None:
        return [tensor for _, item in mapping.items for tensor in tensors(ctx, item, depth - 1)]
    return []


def join_all(values: Sequence[TensorV]) -> TensorV:
    """Return one tensor that any of `values` (at least one) may be."""
    joined = values[0]
    for value in values[1:]:
        joined = join_tensors(joined, value)
    return joined


def sequence(ctx: Context, value: Value) -> TupleV | None:
    """Return the items of a tuple or list, alternatives of several items as RunsV; None for anything else."""
    items = ctx.items(value) if isinstance(value, (TupleV, ListV)) else None
    if items is None or not any(isinstance(item, ChoiceV) for item in items.items):
        return items
    return TupleV(tuple(_run(item) for item in items.items), items.complete)


def _run(item: Value) -> Value:
    if isinstance(item, ChoiceV) and all(isinstance(option, TupleV) for option in item.options):
        return RunsV(tuple(option.items for option in item.options if isinstance(option, TupleV)))
    return item


def possible(ctx: Context, only: bool = True) -> Uncertain:
    """Return a context manager: what is built inside is not built on every path, if `only`."""
    return Uncertain(ctx.graph, only)


def dimension(value: graph.Value) -> Dim:
    """Return a dimension as written; None (any size) and what is not known are both None."""
    if isinstance(value, graph.Const) and isinstance(value.value, int) and not isinstance(value.value, bool):
        return value.value
    if isinstance(value, graph.Unknown) and value.symbol:
        return value.symbol
    return None


def shape_of(value: graph.Value) -> Shape:
    """Return a shape as written; None where even the rank is unknown. An integer is a shape of one axis (Keras 2)."""
    if isinstance(value, graph.Items):
        return tuple(dimension(item) for item in value.items) if value.complete else None
    if isinstance(value, graph.Choice):
        return join_shapes([shape_of(option) for option in value.options])
    size = dimension(value)
    return (size,) if isinstance(size, int) else None


def shape_value(shape: Shape, span: Span) -> Value:
    """Return a shape as the code sees it: a tuple of numbers and unknowns."""
    if shape is None:
        return UnknownV("shape of a tensor of unknown rank", span)
    return TupleV(tuple(dim_value(dim, span) for dim in shape))


def dim_value(dim: Dim, span: Span) -> Value:
    """Return a dimension as the code sees it."""
    return ConstV(dim) if isinstance(dim, int) else UnknownV("size of an axis", span, None, dim or "")
