"""Constructors and methods of layers, models, tensors and shapes."""

from __future__ import annotations

from rnnlint import graph
from rnnlint.graph import Span
from rnnlint.interpret.base import Value
from rnnlint.interpret.semantics.attributes import DATA, NOTHING, attribute
from rnnlint.interpret.semantics.chains import add, construct_sequential, fill_sequential, pop
from rnnlint.interpret.semantics.context import Context
from rnnlint.interpret.semantics.functional import construct_functional, fill_functional, layers_in
from rnnlint.interpret.semantics.layers import construct_input, construct_layer, known_outputs
from rnnlint.interpret.semantics.models import apply, ends
from rnnlint.interpret.semantics.ops import function, merge_of_keras_1
from rnnlint.interpret.semantics.tensors import sequence, shape_of, shape_value
from rnnlint.interpret.values import (
    ArgV,
    CallArgs,
    ChoiceV,
    ConstV,
    InstanceV,
    LayerV,
    ModelV,
    TensorV,
    TupleV,
    UnknownV,
)
from rnnlint.keras.names import Symbol


def construct(ctx: Context, symbol: Symbol, args: CallArgs, span: Span) -> Value:
    """Return what calling a Keras class gives: a layer, a model, or for `keras.Input` a tensor.

    Where what a layer wraps is a ChoiceV, so is the result.
    """
    if symbol.kind == "input":
        return construct_input(ctx, symbol, args, span)
    if symbol.name == "keras.Sequential":
        return construct_sequential(ctx, args, span)
    if symbol.kind == "model":
        return construct_functional(ctx, args, span)
    if symbol.name == "keras.layers.Merge":
        return merge_of_keras_1(ctx, args, span)
    return construct_layer(ctx, symbol, args, span)


def functional_init(ctx: Context, instance: InstanceV, args: CallArgs, span: Span) -> ModelV | None:
    """`super().__init__(inputs=..., outputs=...)` in a subclass of Model; None where the arguments are no such call."""
    return fill_functional(ctx, instance.id, args, span)


def sequential_init(ctx: Context, instance: InstanceV, args: CallArgs, span: Span) -> ModelV:
    """`super().__init__([...])` in a subclass of Sequential."""
    model = ModelV(instance.id, "sequential", span)
    fill_sequential(ctx, model, args, span)
    return model


def method(ctx: Context, value: Value, name: str, args: CallArgs, span: Span) -> Value:
    """Return a method of a LayerV, ModelV, TensorV or of a shape: `model.add`, `tensor.get_shape`, `layer.build` ..."""
    if isinstance(value, TensorV):
        return _tensor_method(ctx, value, name, args, span)
    if isinstance(value, (TupleV, UnknownV)):
        return _shape_method(ctx, value, name, span)
    if name in ("call", "__call__"):
        return apply(ctx, value, args, span)
    if name in NOTHING:
        if name.startswith("reset_") and isinstance(value, LayerV):
            ctx.graph.resets.update(layer.span for layer in value.layer.walk())
        return ConstV(None)
    if name in DATA:
        return UnknownV(f"what .{name}() gives", span)
    if isinstance(value, ModelV):
        return _model_method(ctx, value, name, args, span)
    if isinstance(value, LayerV):
        if name == "build":
            return ConstV(None)
        if name == "compute_output_shape" and args.positional:
            shape = shape_of(ctx.freeze(args.positional[0].value))
            return shape_value(known_outputs(ctx, value.layer, [shape])[0], span)
        if name == "get_output_at":
            return attribute(ctx, value, "output", span) or UnknownV("an output of a layer", span)
    inputs = [arg.value for arg in args.positional] + [arg.value for _, arg in args.keywords]
    return ctx.unknown(f"method .{name}() is not understood", span, inputs)


def _tensor_method(ctx: Context, value: TensorV, name: str, args: CallArgs, span: Span) -> Value:
    if name == "get_shape":
        return shape_value(value.shape, span)
    if name == "set_shape":
        return ConstV(None)
    if name in ("astype", "copy", "cpu", "detach", "to", "float"):
        return value
    if name in DATA:
        return UnknownV(f"what .{name}() gives", span)
    if name == "reshape" and (made := reshape(ctx, value, args, span)) is not None:
        return made
    return ctx.unknown(f"method .{name}() of a tensor is not understood", span, [value])


def reshape(ctx: Context, value: Value, args: CallArgs, span: Span) -> Value | None:
    """`array.reshape(2, 3)` and `array.reshape((2, 3))`; None where that gives no shape."""
    if not args.positional:
        return None
    target = args.positional[0].value
    if sequence(ctx, target) is None and not (len(args.positional) == 1 and isinstance(target, (UnknownV, ChoiceV))):
        target = TupleV(tuple(arg.value for arg in args.positional))
    given = (ArgV(value, span), ArgV(target, args.positional[0].span))
    return function(ctx, "numpy.reshape", CallArgs(given), span)


def _shape_method(ctx: Context, value: Value, name: str, span: Span) -> Value:
    if name == "as_list" and isinstance(value, TupleV):
        return ctx.new_list(value.items, value.complete)
    if name in ("with_rank", "as_list"):
        return value
    return UnknownV(f"what .{name}() gives", span)


def _model_method(ctx: Context, model: ModelV, name: str, args: CallArgs, span: Span) -> Value:
    known = ctx.memory.sequentials.get(model.id)
    arg = args.positional[0] if args.positional else next((arg for _, arg in args.keywords), None)
    if name == "add" and known is not None:
        if arg is None:
            add(ctx, model, ctx.unknown("a layer comes from a splat that is not understood", span), span)
        else:
            add(ctx, model, arg.value, arg.span)
        return ConstV(None)
    if name == "pop" and known is not None:
        return pop(ctx, model)
    if name == "build":
        if known is not None and arg is not None and known.own.start is None:
            known.own.declared = shape_of(ctx.freeze(arg.value))
        return ConstV(None)
    if name == "get_layer":
        return _get_layer(ctx, model, args, span)
    if name == "compute_output_shape":
        return UnknownV("the output shape of a model", span)
    return ctx.unknown(f"method .{name}() of a model is not understood", span)


def _get_layer(ctx: Context, model: ModelV, args: CallArgs, span: Span) -> Value:
    """`model.get_layer(name=None, index=None)`."""
    ends(ctx, model)  # `.output` of the layer asks for its call
    name = args.keyword("name") or (args.positional[0] if args.positional else None)
    index = args.keyword("index")
    if name is not None and isinstance(name.value, ConstV) and isinstance(name.value.value, str):
        found = [
            layer
            for layer in layers_in(ctx, model)
            if isinstance(layer, LayerV)
            and (arg := layer.layer.arg("name")) is not None
            and arg.value == graph.Const(name.value.value)
        ]
        if len(found) == 1:
            return found[0]
    if index is not None and isinstance(index.value, ConstV) and type(index.value.value) is int:
        listed = attribute(ctx, model, "layers", span)
        items = sequence(ctx, listed) if listed is not None else None
        if items is not None and items.complete and -len(items.items) <= index.value.value < len(items.items):
            return items.items[index.value.value]
    return UnknownV("a layer of a model, by a name or an index that is not known", span)
