"""Functions and operators on tensors, and the few functions on plain numbers that shapes are made with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from rnnlint.graph import Arg, Ref, Shape, Span
from rnnlint.interpret.base import Value
from rnnlint.interpret.semantics.context import Context
from rnnlint.interpret.semantics.layers import construct_layer
from rnnlint.interpret.semantics.models import apply, ends
from rnnlint.interpret.semantics.tensors import as_arg, as_tensor, possible, sequence, shape_of, shape_value, tensors
from rnnlint.interpret.values import (
    PLAIN,
    ArgV,
    BoundV,
    CallArgs,
    ConstV,
    ExternalV,
    FunctionV,
    ModelV,
    PartialV,
    RunsV,
    TensorV,
    TupleV,
    UnknownV,
)
from rnnlint.keras.names import Symbol
from rnnlint.keras.shapes import op_outputs

MERGES = {
    f"keras.layers.{name}": f"keras.layers.{name.capitalize()}"
    for name in ("add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate", "dot")
}
# `keras.layers.merge([...], mode="concat")` of Keras 1.
_MODES = {"concat": "Concatenate", "sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum", "dot": "Dot"}

_SHAPES = frozenset(
    {"keras.backend.int_shape", "keras.backend.shape", "keras.ops.shape", "tensorflow.shape", "numpy.shape"}
)
_RANKS = frozenset({"keras.backend.ndim", "keras.ops.ndim", "tensorflow.rank", "numpy.ndim"})
_LOADS = frozenset({"clone_model", "load_model", "model_from_json", "model_from_yaml", "model_from_config"})
# Functions that give a list, or nobody knows what, rather than one tensor.
_LISTS = frozenset(
    [
        "split",
        "unstack",
        "array_split",
        "meshgrid",
        "moments",
        "while_loop",
        "cond",
        "scan",
        "map_fn",
        "map",
        "rnn",
        "vectorized_map",
        "top_k",
        "unique",
        "dynamic_rnn",
        "bidirectional_dynamic_rnn",
        "static_rnn",
        "switch_case",
        "case",
        "nonzero",
    ]
)
# Functions that make an array of a given shape: the position of the shape and its keyword.
_FILLED = {
    **{
        f"{module}.{name}": (0, "shape")
        for module in ("numpy", "tensorflow", "keras.ops", "keras.backend")
        for name in ("zeros", "ones", "empty", "full", "fill")
    },
    "numpy.random.random": (0, "size"),
    "numpy.random.random_sample": (0, "size"),
    "numpy.random.normal": (2, "size"),
    "numpy.random.uniform": (2, "size"),
    "numpy.random.randint": (2, "size"),
    "tensorflow.random.normal": (0, "shape"),
    "tensorflow.random.uniform": (0, "shape"),
    "tensorflow.random_normal": (0, "shape"),
    "tensorflow.random_uniform": (0, "shape"),
    "keras.random.normal": (0, "shape"),
    "keras.random.uniform": (0, "shape"),
    "keras.backend.random_normal": (0, "shape"),
    "keras.backend.random_uniform": (0, "shape"),
}
# Functions that give one of two things, as tensors or as functions that return them: position of the first, keywords.
_EITHER = {
    "tensorflow.cond": (1, ("true_fn", "false_fn")),
    "keras.ops.cond": (1, ("true_fn", "false_fn")),
    "keras.backend.switch": (1, ("then_expression", "else_expression")),
    "keras.backend.in_train_phase": (0, ("x", "alt")),
    "keras.backend.in_test_phase": (0, ("x", "alt")),
}
# Functions with which tests and checks look at a tensor.
_LOOKS = frozenset({"is_keras_tensor", "is_tensor", "is_sparse", "dtype", "eval", "get_value", "print_tensor"})


def function(ctx: Context, name: str, args: CallArgs, span: Span) -> Value | None:
    """Return a function outside the code base, by canonical name; None where it is not known here."""
    if name in MERGES:
        return _merge(ctx, MERGES[name], args, span)
    if name == "keras.layers.merge":
        return merge_of_keras_1(ctx, args, span)
    if name in _EITHER:
        return _either(ctx, name, args, span)
    package, _, short = name.rpartition(".")
    if package.startswith("keras") and short in ("set_image_data_format", "set_image_dim_ordering"):
        given = next((arg.value for arg in (*args.positional, *(arg for _, arg in args.keywords))), ConstV(None))
        old = isinstance(given, ConstV) and {"th": "channels_first", "tf": "channels_last"}.get(str(given.value))
        frozen = ctx.freeze(ConstV(old) if old else given)
        ctx.memory.data_format = frozen if ctx.graph.certain else ctx.freeze(UnknownV("set on some paths only", span))
        return ConstV(None)
    first = args.positional[0].value if args.positional else None
    if first is None and args.keywords and (name in _SHAPES or name in _RANKS):
        first = args.keywords[0][1].value
    if (name in _SHAPES or name in _RANKS) and first is not None:
        found = tensors(ctx, first)
        if len(found) != 1 or sequence(ctx, first) is not None:
            return UnknownV("the shape of something that is not a known tensor", span)
        shape = found[0].shape
        if name in _SHAPES:
            return shape_value(shape, span)
        return UnknownV("the rank of a tensor", span) if shape is None else ConstV(len(shape))
    if package.startswith("keras") and short in _LOADS:
        return ctx.unknown(f"what {short} loads is not known", span)
    if name == "keras.activations.get" and isinstance(first, ConstV) and isinstance(first.value, str):
        return ExternalV(f"keras.activations.{first.value}")
    if short in _LOOKS:
        return UnknownV(f"what {short} says", span)
    if name in ("numpy.prod", "keras.backend.prod") and isinstance(first, TupleV):
        numbers = [item.value for item in first.items if isinstance(item, ConstV) and type(item.value) is int]
        if first.complete and len(numbers) == len(first.items):
            return ConstV(math.prod(numbers))
    if package.split(".")[0] not in ("keras", "tensorflow", "numpy"):
        return None
    if not any(tensors(ctx, arg.value) for arg in (*args.positional, *(arg for _, arg in args.keywords))):
        return _made(ctx, name, args, span)
    return _op(ctx, name, args.positional, args.keywords, span)


def _either(ctx: Context, name: str, args: CallArgs, span: Span) -> Value | None:
    position, keywords = _EITHER[name]
    given = [arg.value for arg in args.positional[position : position + 2]]
    given += [arg.value for keyword in keywords if (arg := args.keyword(keyword)) is not None]
    if len(given) != 2:
        return None
    with possible(ctx):
        values = [
            ctx.call(value, CallArgs(), span) if isinstance(value, (FunctionV, BoundV, PartialV)) else value
            for value in given
        ]
    return ctx.join(values)


def operator(ctx: Context, name: str, operands: Sequence[Value], span: Span) -> Value:
    """Return an operator with a tensor among its operands: `add`, `getitem` (the key may hold slices), `neg` ..."""
    name = name.removeprefix("operator.")
    args = tuple(ArgV(operand, span) for operand in operands)
    if name == "getitem" and len(args) == 2:
        # A tensor as the key selects; it is no source of values.
        source = as_tensor(ctx, operands[0], span)
        key = as_arg(ctx, "key", args[1], True)
        return _node(ctx, "operator.getitem", [source], [key], span)
    if name == "add" and any(type(one) is not TensorV and sequence(ctx, one) is not None for one in operands):
        return ctx.unknown("a tensor and a list are added", span, operands)
    return _op(ctx, f"operator.{name}", args, (), span)


def _op(ctx: Context, name: str, positional: Sequence[ArgV], keywords: Sequence[tuple[str, ArgV]], span: Span) -> Value:
    """Add the node of a function on tensors and return its result.

    A positional argument that is no tensor is called `#` and its position.
    """
    inputs: list[TensorV] = []
    rest: list[Arg] = []
    named = [(f"#{index}", arg, True) for index, arg in enumerate(positional)]
    if keywords:
        named += [(key, arg, False) for key, arg in keywords]
    for key, arg, by_position in named:
        if isinstance(arg.value, TensorV):
            inputs.append(arg.value)
            continue
        if type(arg.value) in PLAIN:
            rest.append(as_arg(ctx, key, arg, by_position))
            continue
        items = sequence(ctx, arg.value)
        found = tensors(ctx, arg.value)
        if not found:
            rest.append(as_arg(ctx, key, arg, by_position))
        elif items is None:
            inputs.extend(found)
        elif key in ("shape", "newshape", "size") or (short_name(name) == "reshape" and key == "#1"):
            rest.append(as_arg(ctx, key, arg, by_position))
        else:
            inputs.extend(found)
            loose = [item for item in items.items if isinstance(item, RunsV) or not tensors(ctx, item)]
            if loose or not items.complete:
                reason = "not all items of a list of tensors are known"
                inputs.append(as_tensor(ctx, UnknownV(reason, arg.span), arg.span))
    return _node(ctx, name, inputs, rest, span)


@lru_cache(16_384)  # any name in the code may come here
def short_name(name: str) -> str:
    """Return the last part of a dotted name."""
    return name.rpartition(".")[2]


def _node(ctx: Context, name: str, inputs: Sequence[TensorV], args: Sequence[Arg], span: Span) -> Value:
    outputs = op_outputs(name, [tensor.shape for tensor in inputs], args) or (None,)
    node = ctx.graph.node("op", name, [tensor.refs for tensor in inputs], outputs, span, args=args)
    short = short_name(name)
    if len(outputs) > 1 or (short in ("split", "unstack") and outputs != (None,)):
        return ctx.new_list([TensorV((Ref(node.id, index),), shape) for index, shape in enumerate(outputs)])
    if short in _LISTS and outputs == (None,):
        return UnknownV(f"what {name} gives is not known", span, node.id)
    return TensorV((Ref(node.id),), outputs[0])


def _made(ctx: Context, name: str, args: CallArgs, span: Span) -> Value | None:
    """Return an array that is made with a shape that the code gives: data, or what a model is built with."""
    shape: Shape = None
    if name in _FILLED:
        position, keyword = _FILLED[name]
        given = args.keyword(keyword)
        if given is None and len(args.positional) > position:
            given = args.positional[position]
        shape = shape_of(ctx.freeze(given.value)) if given is not None else None
    elif name in ("numpy.random.rand", "numpy.random.randn") and args.complete and args.positional:
        shape = shape_of(ctx.freeze(TupleV(tuple(arg.value for arg in args.positional))))
    elif name in ("numpy.reshape", "tensorflow.reshape") and len(args.positional) == 2:
        shape = shape_of(ctx.freeze(args.positional[1].value))
        if shape is not None:
            shape = tuple(None if dim == -1 else dim for dim in shape)
    if shape is None:
        return None
    rest = [as_arg(ctx, f"#{index}", arg, True) for index, arg in enumerate(args.positional)]
    rest += [as_arg(ctx, key, arg) for key, arg in args.keywords]
    node = ctx.graph.node("op", name, (), (shape,), span, args=rest)
    return TensorV((Ref(node.id),), shape)


def _merge(ctx: Context, layer: str, args: CallArgs, span: Span) -> Value:
    """`keras.layers.add([...])`: the merge layer, constructed and called."""
    inputs = args.positional[:1] or tuple(arg for name, arg in args.keywords if name == "inputs")
    keywords = tuple((name, arg) for name, arg in args.keywords if name != "inputs")
    # Source: Keras 2.15 layers/merging/concatenate.py `concatenate(inputs, axis=-1)`, dot.py `dot(inputs, axes, ...)`.
    rest = CallArgs(args.positional[1:], keywords, args.complete)
    made = construct_layer(ctx, Symbol(layer, "keras", "layer"), rest, span)
    return apply(ctx, made, CallArgs(tuple(inputs)), span)


def merge_of_keras_1(ctx: Context, args: CallArgs, span: Span) -> Value:
    """`merge([a, b], mode="concat")`, and `Merge([left, right], mode="concat")` over the outputs of models."""
    inputs = args.positional[0] if args.positional else args.keyword("inputs") or args.keyword("layers")
    items = ctx.items(inputs.value) if inputs is not None else None
    if inputs is not None and items is not None and any(isinstance(item, ModelV) for item in items.items):
        outputs = [(ends(ctx, item)[1] or item) if isinstance(item, ModelV) else item for item in items.items]
        inputs = ArgV(ctx.new_list(outputs, items.complete), inputs.span)
    mode = args.positional[1] if len(args.positional) > 1 else args.keyword("mode")
    axis = args.keyword("concat_axis")
    text = (
        mode.value.value if mode is not None and isinstance(mode.value, ConstV) else None if mode is not None else "sum"
    )
    if inputs is None or not isinstance(text, str) or text not in _MODES or text == "dot":
        values = [arg.value for arg in args.positional]
        return ctx.unknown("a merge of Keras 1 that is not understood", span, values)
    keywords = (("axis", axis),) if axis is not None and text == "concat" else ()
    made = construct_layer(ctx, Symbol(f"keras.layers.{_MODES[text]}", "keras", "layer"), CallArgs((), keywords), span)
    return apply(ctx, made, CallArgs((inputs,)), span)
