"""Attributes of layers, models, tensors and shapes."""

from __future__ import annotations

from rnnlint import graph
from rnnlint.graph import Span
from rnnlint.interpret.base import Value
from rnnlint.interpret.semantics.chains import layers_of, links_of
from rnnlint.interpret.semantics.context import Context
from rnnlint.interpret.semantics.functional import functional_layers
from rnnlint.interpret.semantics.layers import implicit_input, input_shape
from rnnlint.interpret.semantics.models import ends, ref_shape
from rnnlint.interpret.semantics.ops import function
from rnnlint.interpret.semantics.tensors import join_all, shape_value
from rnnlint.interpret.values import ArgV, CallArgs, ChoiceV, ConstV, LayerV, ModelV, RangeV, TensorV, TupleV, UnknownV
from rnnlint.keras.arguments import words
from rnnlint.keras.kinds import Kind
from rnnlint.keras.table import default, kind_of, spec

# Methods that give nothing, and are no concern of the graph.
NOTHING = words(
    """compile summary save save_weights load_weights set_weights reset_states reset_state reset_metrics adapt add_loss
    add_metric add_update export quantize reset_dropout_mask reset_recurrent_dropout_mask enable_lora set_shape
    finalize_state"""
)


# Methods whose result is data or text, never a layer.
DATA = words(
    """fit evaluate predict fit_generator evaluate_generator predict_generator predict_classes predict_proba
    train_on_batch test_on_batch predict_on_batch train_step test_step predict_step get_weights get_config to_json
    to_yaml count_params add_weight save_spec make_train_function make_predict_function get_initial_state
    stateless_call symbolic_call compute_mask compute_loss get_input_at get_input_shape_at get_output_shape_at
    get_build_config get_metrics_result numpy item tolist eval get_losses_for get_updates_for get_compile_config
    state_updates from_config"""
)


_METHODS = (
    NOTHING
    | DATA
    | words(
        """add pop build get_layer call __call__ compute_output_shape get_shape get_output_at as_list as_proto with_rank
    num_elements astype reshape"""
    )
)


def attribute(ctx: Context, value: Value, name: str, span: Span) -> Value | None:
    """Return an attribute of a LayerV, ModelV, TensorV or shape; None where it is a method."""
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
        known = default(found, name, ctx.env.for_origin(layer.origin))
        if known is not None and (known.value is not None or name == "activation"):
            constant = known.value
            return TupleV(tuple(map(ConstV, constant))) if isinstance(constant, tuple) else ConstV(constant)
    return UnknownV(f"attribute .{name} of a layer", span)


def thaw(value: graph.Value) -> Value:
    """Return an argument of the graph as a value of the interpreter."""
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
    """Return the tensors, or their shapes, of the calls of a layer."""
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
    """Return the tensor of an `InputLayer(...)` outside of a Sequential."""
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
            layers = functional_layers(ctx, functional)
            return ctx.new_list(layers or (), layers is not None)
        ends(ctx, model)
        return layers_of(ctx, links_of(ctx, model))
    if name not in ("input", "output", "inputs", "outputs", "input_shape", "output_shape"):
        return UnknownV(f"attribute .{name} of a model", span)
    if functional is not None:
        found = functional.outputs if name.startswith("output") else functional.inputs
    else:
        inputs, output = ends(ctx, model)
        found = inputs if name.startswith("input") else () if output is None else (output,)
        if not found:
            return ctx.unknown(f"a model without a known input has no .{name}", span)
    if name.endswith("_shape"):
        shapes = [shape_value(tensor.shape, span) for tensor in found]
        return shapes[0] if len(shapes) == 1 else ctx.new_list(shapes)
    if name.endswith("s") or len(found) != 1:
        return ctx.new_list(found)
    return found[0]
