"""What happens when Keras things are constructed, called and asked. Sees values and spans, never syntax.

The door to this room for the interpreter; `layers`, `models`, `ops` and `tensors` stand behind it. Nothing here raises
on odd input: what is not understood becomes an UnknownV, with an opaque node where tensors go in.
"""

from __future__ import annotations

from rnnlint import graph
from rnnlint.graph import Span
from rnnlint.interpret import models
from rnnlint.interpret.base import Value
from rnnlint.interpret.context import Context
from rnnlint.interpret.layers import (
    call_layer,
    construct_input,
    construct_layer,
    implicit_input,
    input_shape,
    known_outputs,
)
from rnnlint.interpret.memory import join_values
from rnnlint.interpret.models import apply, call_model, finish, model_of, ref_shape, remember_call, sequential_of
from rnnlint.interpret.ops import function, merge_of_keras_1, operator
from rnnlint.interpret.tensors import as_tensor, join_all, sequence, shape_of, shape_value
from rnnlint.interpret.values import (
    ArgV,
    CallArgs,
    ChoiceV,
    ConstV,
    InstanceV,
    LayerV,
    ModelV,
    RangeV,
    TensorV,
    TupleV,
    UnknownV,
)
from rnnlint.keras.arguments import words
from rnnlint.keras.kinds import Kind
from rnnlint.keras.names import Symbol
from rnnlint.keras.table import default, kind_of, spec

__all__ = [
    "apply",
    "as_tensor",
    "attribute",
    "call_layer",
    "call_model",
    "construct",
    "finish",
    "function",
    "functional_init",
    "join_values",
    "method",
    "model_of",
    "operator",
    "remember_call",
    "reshape",
    "sequential_init",
    "sequential_of",
]

# Methods that give nothing, and are no concern of the graph.
_NOTHING = words(
    """compile summary save save_weights load_weights set_weights reset_states reset_state reset_metrics adapt add_loss
    add_metric add_update export quantize reset_dropout_mask reset_recurrent_dropout_mask enable_lora set_shape
    finalize_state"""
)
# Methods whose result is data or text, never a layer.
_DATA = words(
    """fit evaluate predict fit_generator evaluate_generator predict_generator predict_classes predict_proba
    train_on_batch test_on_batch predict_on_batch train_step test_step predict_step get_weights get_config to_json
    to_yaml count_params add_weight save_spec make_train_function make_predict_function get_initial_state
    stateless_call symbolic_call compute_mask compute_loss get_input_at get_input_shape_at get_output_shape_at
    get_build_config get_metrics_result numpy item tolist eval get_losses_for get_updates_for get_compile_config
    state_updates from_config"""
)
_METHODS = (
    _NOTHING
    | _DATA
    | words(
        """add pop build get_layer call __call__ compute_output_shape get_shape get_output_at as_list as_proto with_rank
    num_elements astype reshape"""
    )
)


def construct(ctx: Context, symbol: Symbol, args: CallArgs, span: Span) -> Value:
    """A Keras class is called: LayerV, ModelV, or for `keras.Input` a TensorV (a ChoiceV where a child is one)."""
    if symbol.kind == "input":
        return construct_input(ctx, symbol, args, span)
    if symbol.name == "keras.Sequential":
        return models.construct_sequential(ctx, args, span)
    if symbol.kind == "model":
        return models.construct_functional(ctx, args, span)
    if symbol.name == "keras.layers.Merge":
        return merge_of_keras_1(ctx, args, span)
    return construct_layer(ctx, symbol, args, span)


def functional_init(ctx: Context, instance: InstanceV, args: CallArgs, span: Span) -> ModelV | None:
    """`super().__init__(inputs=..., outputs=...)` in a subclass of Model; None where the arguments are no such call."""
    return models.fill_functional(ctx, instance.id, args, span)


def sequential_init(ctx: Context, instance: InstanceV, args: CallArgs, span: Span) -> ModelV:
    """`super().__init__([...])` in a subclass of Sequential."""
    model = ModelV(instance.id, "sequential", span)
    models.fill_sequential(ctx, model, args, span)
    return model


# ---------------------------------------------------------------------------------------------------------------------
# Methods


def method(ctx: Context, value: Value, name: str, args: CallArgs, span: Span) -> Value:
    """A method of a LayerV, ModelV, TensorV or of a shape: `model.add`, `tensor.get_shape`, `layer.build` ..."""
    if isinstance(value, TensorV):
        return _tensor_method(ctx, value, name, args, span)
    if isinstance(value, (TupleV, UnknownV)):
        return _shape_method(ctx, value, name, span)
    if name in ("call", "__call__"):
        return apply(ctx, value, args, span)
    if name in _NOTHING:
        if name.startswith("reset_") and isinstance(value, LayerV):
            ctx.graph.resets.update(layer.span for layer in value.layer.walk())
        return ConstV(None)
    if name in _DATA:
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
    if name in _DATA:
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
            models.add(ctx, model, ctx.unknown("a layer comes from a splat that is not understood", span), span)
        else:
            models.add(ctx, model, arg.value, arg.span)
        return ConstV(None)
    if name == "pop" and known is not None:
        return models.pop(ctx, model)
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
    models.ends(ctx, model)  # `.output` of the layer asks for its call
    name = args.keyword("name") or (args.positional[0] if args.positional else None)
    index = args.keyword("index")
    if name is not None and isinstance(name.value, ConstV) and isinstance(name.value.value, str):
        found = [
            layer
            for layer in models.layers_in(ctx, model)
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


# ---------------------------------------------------------------------------------------------------------------------
# Attributes


def attribute(ctx: Context, value: Value, name: str, span: Span) -> Value | None:
    """An attribute of a LayerV, ModelV, TensorV or shape; None where it is a method."""
    if name in _METHODS:
        return None
    if isinstance(value, TensorV):
        return _tensor_attribute(ctx, value, name, span)
    if isinstance(value, LayerV):
        return _layer_attribute(ctx, value, name, span)
    if isinstance(value, ModelV):
        return _model_attribute(ctx, value, name, span)
    if isinstance(value, TupleV) and name in ("rank", "ndims"):
        return ConstV(len(value.items)) if value.complete else UnknownV("a rank", span)
    return UnknownV(f"attribute .{name}", span)


def _tensor_attribute(ctx: Context, value: TensorV, name: str, span: Span) -> Value | None:
    if name in ("shape", "_keras_shape"):
        return shape_value(value.shape, span)
    if name in ("ndim", "rank"):
        return ConstV(len(value.shape)) if value.shape is not None else UnknownV("the rank of a tensor", span)
    if name == "T":
        return function(ctx, "numpy.transpose", CallArgs((ArgV(value, span),)), span)
    return UnknownV(f"attribute .{name} of a tensor", span)


def _layer_attribute(ctx: Context, value: LayerV, name: str, span: Span) -> Value | None:
    layer = value.layer
    kind = kind_of(layer)
    if name in ("output", "input", "outputs", "inputs", "output_shape", "input_shape"):
        return _ends_of_layer(ctx, value, name, span)
    children = value.children if kind is not Kind.LAMBDA else ()
    if children:
        if name == "cells":
            return ctx.new_list(children)
        if name in ("layer", "cell", "forward_layer") and (
            name == "layer" or (name == "cell") != (kind is Kind.BIDIRECTIONAL)
        ):
            return children[0] if len(children) == 1 or kind is Kind.BIDIRECTIONAL else UnknownV("stacked cells", span)
        if name == "backward_layer":
            # Without its own, Keras makes it as a copy of the forward layer.
            return children[1] if len(children) > 1 else children[0]
    arg = layer.arg(name)
    if arg is not None:
        return thaw(arg.value)
    found = spec(layer.name) if layer.kind == "keras" else None
    if found is not None and layer.complete:
        known = default(found, name, ctx.env.restrict(layer.origin))
        if known is not None and (known.value is not None or name == "activation"):
            constant = known.value
            return TupleV(tuple(map(ConstV, constant))) if isinstance(constant, tuple) else ConstV(constant)
    return UnknownV(f"attribute .{name} of a layer", span)


def thaw(value: graph.Value) -> Value:
    """An argument of the graph as a value of the interpreter."""
    match value:
        case graph.Const():
            return ConstV(value.value)
        case graph.Items():
            return TupleV(tuple(thaw(item) for item in value.items), value.complete)
        case graph.Range():
            return RangeV(value.low, value.high)
        case graph.Choice():
            options = tuple(dict.fromkeys(thaw(option) for option in value.options))
            return options[0] if len(options) == 1 else ChoiceV(options)
        case graph.Unknown():
            return UnknownV(value.reason)
        case _:
            return UnknownV("an argument of a layer")


def _ends_of_layer(ctx: Context, value: LayerV, name: str, span: Span) -> Value:
    """The tensors, or their shapes, of the calls of a layer."""
    layer = value.layer
    ids = ctx.memory.calls.get(layer.id, ())
    found: list[TensorV] = []
    if kind_of(layer) is Kind.INPUT and not ids:
        found = [_input_layer(ctx, value)]
    for id in ids:
        node = ctx.graph.nodes[id]
        if name.startswith("output"):
            found.append(TensorV((graph.Ref(id),), node.shape))
        elif node.inputs and node.inputs[0]:
            refs = node.inputs[0]
            found.append(join_all([TensorV((ref,), ref_shape(ctx, ref)) for ref in refs]))
    if not found:
        return ctx.unknown(f"a layer that was not called has no .{name}", span)
    tensor = join_all(found)
    if name.endswith("_shape"):
        return shape_value(tensor.shape, span)
    return ctx.new_list([tensor]) if name.endswith("s") else tensor


def _input_layer(ctx: Context, value: LayerV) -> TensorV:
    """The tensor of an `InputLayer(...)` that stands outside of a Sequential."""
    known = ctx.memory.opaque.get(-value.layer.id - 1)
    if known is None:
        tensor = implicit_input(ctx, input_shape(ctx, value.layer)[1], value.layer.span)
        known = ctx.memory.opaque[-value.layer.id - 1] = (value, tensor)
    return known[1]


def _model_attribute(ctx: Context, model: ModelV, name: str, span: Span) -> Value | None:
    functional = ctx.memory.functionals.get(model.id)
    if name == "name":
        known = functional or ctx.memory.sequentials.get(model.id)
        return ConstV(known.name) if known is not None and known.name else UnknownV("the name of a model", span)
    if name == "layers":
        if functional is not None:
            layers = models.functional_layers(ctx, functional)
            return ctx.new_list(layers or (), layers is not None)
        models.ends(ctx, model)
        return models.layers_of(ctx, models.links_of(ctx, model))
    if name not in ("input", "output", "inputs", "outputs", "input_shape", "output_shape"):
        return UnknownV(f"attribute .{name} of a model", span)
    if functional is not None:
        found = functional.outputs if name.startswith("output") else functional.inputs
    else:
        inputs, output = models.ends(ctx, model)
        found = inputs if name.startswith("input") else () if output is None else (output,)
        if not found:
            return ctx.unknown(f"a model without a known input has no .{name}", span)
    if name.endswith("_shape"):
        shapes = [shape_value(tensor.shape, span) for tensor in found]
        return shapes[0] if len(shapes) == 1 else ctx.new_list(shapes)
    if name.endswith("s") or len(found) != 1:
        return ctx.new_list(found)
    return found[0]
