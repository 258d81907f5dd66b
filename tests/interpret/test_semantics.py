"""Keras things constructed and called: nodes, inputs and shapes."""

from __future__ import annotations

from typing import Any

import pytest

from rnnlint import graph
from rnnlint.graph import Const as Frozen
from rnnlint.graph import Graph, LayerArg, Node, Ref
from rnnlint.interpret import semantics
from rnnlint.interpret.base import Value
from rnnlint.interpret.contents import DictItems
from rnnlint.interpret.store import ITEMS
from rnnlint.interpret.values import (
    CallArgs,
    ChoiceV,
    ClassV,
    ConstV,
    DictV,
    ExternalV,
    InstanceV,
    LayerV,
    ListV,
    ModelV,
    RunsV,
    TensorV,
    TupleV,
    UnknownV,
)
from rnnlint.keras.names import resolve
from tests.effort import effort
from tests.interpret.fake import PARSED, Fake, PythonV, chains, tensor, ways


@pytest.fixture
def ctx() -> Fake:
    return Fake()


def node(found: Graph, name: str) -> Node:
    """The only node of a layer or operation of that name."""
    nodes = [one for one in found.nodes if name in (one.name, one.name.rpartition(".")[2])]
    assert len(nodes) == 1, nodes
    return nodes[0]


def layer(value: Value) -> graph.Layer:
    assert isinstance(value, LayerV), value
    return value.layer


# -- construction -----------------------------------------------------------------------------------------------------


def test_arguments_bind_to_parameters(ctx: Fake) -> None:
    made = layer(ctx.make("Dropout", 0.5, (None, 1), seed=3))
    assert [(arg.name, arg.positional) for arg in made.args] == [("rate", True), ("noise_shape", True), ("seed", False)]
    assert made.args[1].value == graph.Items((Frozen(None), Frozen(1)))
    assert made.args[0].span.row < made.args[1].span.row < made.span.row
    assert (made.name, made.kind, made.origin, made.complete) == ("keras.layers.Dropout", "keras", "keras", True)


def test_origin_and_splat(ctx: Fake) -> None:
    symbol = resolve("tensorflow.keras.layers.LSTM")
    assert symbol is not None
    args = ctx.args(8)
    made = layer(semantics.construct(ctx, symbol, CallArgs(args.positional, (), complete=False), ctx.span()))
    assert made.origin == "tensorflow.keras"
    assert not made.complete


def test_argument_that_no_version_has_is_noted(ctx: Fake) -> None:
    ctx.make("LSTM", 8, noise_shape=3)
    assert any("noise_shape" in note.message for note in ctx.finish().notes)


def test_wrapper_keeps_its_layer(ctx: Fake) -> None:
    inner = ctx.make("LSTM", 8, return_sequences=True)
    back = ctx.make("LSTM", 8, return_sequences=True, go_backwards=True)
    made = ctx.make("Bidirectional", inner, backward_layer=back)
    assert layer(made).children == (layer(inner), layer(back))
    assert layer(made).args[0].value == LayerArg(layer(inner).id)
    assert ctx.attribute(made, "forward_layer") == inner
    assert ctx.attribute(made, "backward_layer") == back


def test_cells(ctx: Fake) -> None:
    cells = [ctx.make("LSTMCell", 8, recurrent_dropout=0.2), ctx.make("GRUCell", 4)]
    for made in (
        ctx.make("RNN", ctx.list(*cells), return_sequences=True),
        ctx.make("StackedRNNCells", ctx.list(*cells)),
        ctx.make("StackedRNNCells", cells=ctx.list(*cells)),
    ):
        assert layer(made).children == tuple(map(layer, cells))
    stacked = ctx.make("RNN", ctx.make("StackedRNNCells", ctx.list(*cells)))
    assert [one.short for one in layer(stacked).walk()] == ["RNN", "StackedRNNCells", "LSTMCell", "GRUCell"]
    assert [one.short for one in layer(ctx.make("Bidirectional", stacked)).walk()][:2] == ["Bidirectional", "RNN"]


def test_list_of_cells_with_an_unknown_end(ctx: Fake) -> None:
    made = layer(ctx.make("RNN", ctx.list(ctx.make("LSTMCell", 8), complete=False)))
    assert [child.kind for child in made.children] == ["keras", "opaque"]


def test_choice_of_children_is_a_choice_of_wrappers(ctx: Fake) -> None:
    one, other = ctx.make("LSTM", 8), ctx.make("GRU", 8)
    made = ctx.make("Bidirectional", ChoiceV((one, other)))
    assert isinstance(made, ChoiceV)
    assert [layer(option).children for option in made.options] == [(layer(one),), (layer(other),)]
    assert [layer(option).args[0].value for option in made.options] == [LayerArg(layer(x).id) for x in (one, other)]
    assert not any(layer(option).certain for option in made.options)


def test_unknown_child_is_opaque_with_its_reason(ctx: Fake) -> None:
    made = layer(ctx.make("TimeDistributed", UnknownV("make_block comes from elsewhere")))
    assert (made.children[0].kind, made.children[0].name) == ("opaque", "make_block comes from elsewhere")


def test_layer_in_place_of_a_number_is_an_argument(ctx: Fake) -> None:
    inner = ctx.make("Dropout", 0.2)
    made = layer(ctx.make("SpatialDropout1D", inner))
    assert made.arg("rate") is not None
    assert made.args[0].value == LayerArg(layer(inner).id)
    assert made.children == ()


# -- Input ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keywords", "shape"),
    [
        ({"shape": (10, 3)}, (None, 10, 3)),
        ({"shape": (None, 3), "batch_size": 32}, (32, None, 3)),
        ({"batch_shape": (4, 10, 3)}, (4, 10, 3)),
        ({"batch_input_shape": (4, None, 3)}, (4, None, 3)),
        ({"shape": 10}, (None, 10)),
        ({"shape": (UnknownV("n"), 3)}, (None, None, 3)),
        ({"shape": UnknownV("a parameter")}, None),
        ({"shape": TupleV((ConstV(3),), complete=False)}, None),
        ({"shape": ChoiceV((TupleV((ConstV(5), ConstV(3))), TupleV((ConstV(6), ConstV(3)))))}, (None, None, 3)),
        ({}, None),
    ],
)
def test_input_shape(ctx: Fake, keywords: dict[str, Any], shape: graph.Shape) -> None:
    x = tensor(ctx.make("Input", **keywords))
    assert x.shape == shape
    assert ctx.graph.nodes[x.refs[0].node].kind == "input"


def test_input_like_another_tensor(ctx: Fake) -> None:
    x = ctx.make("Input", (10, 3))
    shape = ctx.attribute(x, "shape")
    assert isinstance(shape, TupleV)
    assert tensor(ctx.make("Input", shape=TupleV(shape.items[1:]))).shape == (None, 10, 3)
    assert ctx.make("Input", tensor=x) is x


# -- calls ------------------------------------------------------------------------------------------------------------


def test_functional_chain(ctx: Fake) -> None:
    x = ctx.make("Input", (10, 3))
    y = ctx.apply(ctx.make("Dropout", 0.5), x, training=True)
    z = ctx.apply(ctx.make("LSTM", 8), y)
    assert tensor(z).shape == (None, 8)
    found = ctx.finish()
    assert chains(found) == ["Input Dropout LSTM"]
    assert node(found, "Dropout").shape == (None, 10, 3)
    assert [(arg.name, arg.value) for arg in node(found, "Dropout").args] == [("training", Frozen(True))]


def test_shared_layer_is_two_nodes_of_one_layer(ctx: Fake) -> None:
    drop = ctx.make("Dropout", 0.5)
    for _ in range(2):
        ctx.apply(drop, ctx.make("Input", (10, 3)))
    nodes = [one for one in ctx.finish().nodes if one.kind == "layer"]
    assert len(nodes) == 2
    assert nodes[0].layer is nodes[1].layer


def test_merge(ctx: Fake) -> None:
    a, b = ctx.make("Input", (10, 3)), ctx.make("Input", (10, 5))
    assert tensor(ctx.apply(ctx.make("Concatenate"), ctx.list(a, b))).shape == (None, 10, 8)
    assert tensor(ctx.function("keras.layers.concatenate", ctx.list(a, b), axis=-1)).shape == (None, 10, 8)
    assert tensor(ctx.function("keras.layers.add", inputs=ctx.list(a, a))).shape == (None, 10, 3)
    for one in ctx.finish().nodes[2:]:
        assert one.kind == "layer"
        assert len(one.inputs) == 2
    merged = [one.name for one in ctx.graph.nodes[2:]]
    assert merged == ["keras.layers.Concatenate", "keras.layers.Concatenate", "keras.layers.Add"]


def test_merge_of_keras_1(ctx: Fake) -> None:
    a, b = ctx.make("Input", (10, 3)), ctx.make("Input", (10, 5))
    merged = ctx.function("keras.layers.merge", ctx.list(a, b), mode="concat", concat_axis=2)
    assert tensor(merged).shape == (None, 10, 8)
    assert isinstance(ctx.function("keras.layers.merge", ctx.list(a, b), mode=UnknownV("f")), UnknownV)


def test_merge_of_a_list_that_is_partly_known(ctx: Fake) -> None:
    a = ctx.make("Input", (10, 3))
    merged = tensor(ctx.apply(ctx.make("Concatenate"), ctx.list(a, complete=False)))
    assert merged.shape is None or merged.shape[-1] is None
    assert ctx.graph.nodes[merged.refs[0].node].inputs[0] == tensor(a).refs
    assert len(ctx.graph.nodes[merged.refs[0].node].inputs) == 2


def test_several_outputs(ctx: Fake) -> None:
    x = ctx.make("Input", (10, 3))
    outputs = ctx.apply(ctx.make("LSTM", 8, return_sequences=True, return_state=True), x)
    items = ctx.items(outputs)
    assert items is not None
    assert [tensor(item).shape for item in items.items] == [(None, 10, 8), (None, 8), (None, 8)]
    decoder = ctx.make("LSTM", 8, return_sequences=True)
    y = ctx.make("Input", (7, 5))
    for result in (
        ctx.apply(decoder, y, initial_state=ctx.list(*items.items[1:])),
        ctx.apply(decoder, y, ctx.list(*items.items[1:])),
        ctx.apply(decoder, ctx.list(y, *items.items[1:])),
    ):
        made = ctx.graph.nodes[tensor(result).refs[0].node]
        assert made.inputs == (tensor(y).refs, tensor(items.items[1]).refs, tensor(items.items[2]).refs)
        assert made.shape == (None, 7, 8)


def test_state_that_may_be_returned(ctx: Fake) -> None:
    x = ctx.make("Input", (10, 3))
    state = ChoiceV((ConstV(False), UnknownV("parameter 'state'")))
    result = ctx.apply(ctx.make("LSTM", 8, return_state=state), x)
    assert isinstance(result, UnknownV)
    assert ctx.graph.nodes[result.node or 0].name == "keras.layers.LSTM"
    ctx.apply(ctx.make("Dense", 1), result)
    assert chains(ctx.finish()) == ["Input LSTM Dense"]


def test_mask_is_no_input(ctx: Fake) -> None:
    x, mask = ctx.make("Input", (10, 3)), ctx.make("Input", (10,))
    made = ctx.graph.nodes[tensor(ctx.apply(ctx.make("LSTM", 8), x, mask=mask)).refs[0].node]
    assert made.inputs == (tensor(x).refs,)
    assert made.arg("mask") is not None


def test_input_by_keyword(ctx: Fake) -> None:
    x = ctx.make("Input", (10, 3))
    made = ctx.graph.nodes[tensor(ctx.apply(ctx.make("LSTM", 8), inputs=x, training=False)).refs[0].node]
    assert made.inputs == (tensor(x).refs,)
    assert [arg.name for arg in made.args] == ["training"]


def test_attention(ctx: Fake) -> None:
    q, v = ctx.make("Input", (10, 8)), ctx.make("Input", (7, 8))
    attention = ctx.make("MultiHeadAttention", 2, 4)
    by_position = ctx.graph.nodes[tensor(ctx.apply(attention, q, v)).refs[0].node]
    by_keyword = ctx.graph.nodes[tensor(ctx.apply(attention, value=v, query=q)).refs[0].node]
    assert by_position.inputs == by_keyword.inputs == (tensor(q).refs, tensor(v).refs)
    assert by_position.shape == by_keyword.shape == (None, 10, 8)


def test_unknown_argument_keeps_its_place(ctx: Fake) -> None:
    x = ctx.make("Input", (10, 3))
    middle = ctx.unknown("make_block is not understood", ctx.span(), [x])
    ctx.apply(ctx.make("LSTM", 8), middle)
    assert chains(ctx.finish()) == ["Input ? LSTM"]


def test_nothing_known_still_makes_a_node(ctx: Fake) -> None:
    data = UnknownV("data from a file")
    first = ctx.apply(ctx.make("LSTM", 8, return_sequences=True), data)
    ctx.apply(ctx.make("LSTM", 8), data)
    ctx.apply(ctx.make("LSTM", 8))
    assert tensor(first).shape is None or len(tensor(first).shape or ()) == 3
    found = ctx.finish()
    assert chains(found) == ["? LSTM", "? LSTM", "? LSTM"]
    lstms = [one for one in found.nodes if one.kind == "layer"]
    assert lstms[0].inputs == lstms[1].inputs != lstms[2].inputs


def test_choice_of_tensors_is_joined(ctx: Fake) -> None:
    a, b = ctx.make("Input", (10, 3)), ctx.make("Input", (12, 3))
    result = ctx.apply(ctx.make("Dropout", 0.5), ChoiceV((a, ConstV(None), b)))
    assert tensor(result).shape == (None, None, 3)
    assert ctx.graph.nodes[-1].inputs == ((*tensor(a).refs, *tensor(b).refs),)


def test_time_distributed_model_and_user_layer(ctx: Fake) -> None:
    inner = ctx.make("Sequential", ctx.list(ctx.make("Dropout", 0.1), ctx.make("LSTM", 8)))
    x = ctx.make("Input", (5, 10, 3))
    made = ctx.make("TimeDistributed", inner)
    assert layer(made).children[0].name == "keras.Sequential"
    assert tensor(ctx.apply(made, x)).shape == (None, 5, 8)
    found = ctx.finish()
    assert chains(found) == ["Input Dropout LSTM", "Input TimeDistributed"]
    assert node(found, "Dropout").shape == (None, 10, 3)
    cls = ClassV(99, "Block", (), PARSED, ctx.span(), "keras.layers.Layer")
    block = layer(ctx.make("TimeDistributed", InstanceV(100, cls)))
    assert [(child.kind, child.name) for child in block.children] == [("user", "Block")]
    assert tensor(ctx.apply(LayerV(block, (InstanceV(100, cls),)), x)).shape is None


def test_lambda(ctx: Fake) -> None:
    x = ctx.make("Input", (10, 3))
    body = PythonV(lambda t: ctx.operator("operator.getitem", t, (ConstV(slice(None)), -1)))
    assert tensor(ctx.apply(ctx.make("Lambda", body), x)).shape == (None, 3)
    scaled = PythonV(lambda t, n: ctx.operator("operator.mul", t, n))
    arguments = DictV(ctx.store.new())
    ctx.store.set(arguments.id, ITEMS, DictItems((("n", ConstV(2)),)))
    assert tensor(ctx.apply(ctx.make("Lambda", scaled, arguments=arguments), x)).shape == (None, 10, 3)
    hidden = ctx.make("Lambda", UnknownV("a function from elsewhere"), output_shape=(5, 2))
    assert tensor(ctx.apply(hidden, x)).shape == (None, 5, 2)
    result = ctx.apply(ctx.make("Lambda", UnknownV("f")), x)
    assert isinstance(result, UnknownV)
    assert ctx.graph.nodes[result.node or 0].name == "keras.layers.Lambda"
    halves = ctx.apply(ctx.make("Lambda", PythonV(lambda t: ctx.function("tensorflow.split", t, 2, 1))), x)
    items = ctx.items(halves)
    assert items is not None
    assert [tensor(item).shape for item in items.items] == [(None, 5, 3), (None, 5, 3)]


def test_lambda_that_calls_itself(ctx: Fake) -> None:
    x = ctx.make("Input", (10, 3))
    made: list[Value] = []
    made.append(ctx.make("Lambda", PythonV(lambda t: ctx.apply(made[0], t))))
    result = ctx.apply(made[0], x)
    assert isinstance(result, UnknownV) or tensor(result).shape is None


# -- Sequential -------------------------------------------------------------------------------------------------------


def test_sequential_of_a_list(ctx: Fake) -> None:
    ctx.make(
        "Sequential",
        ctx.list(ctx.make("Input", (10, 3)), ctx.make("Dropout", 0.5), ctx.make("LSTM", 8), ctx.make("Dense", 1)),
        name="net",
    )
    found = ctx.finish()
    assert chains(found) == ["Input Dropout LSTM Dense"]
    assert [one.shape for one in found.nodes] == [(None, 10, 3), (None, 10, 3), (None, 8), (None, 1)]
    (model,) = found.models
    assert (model.kind, model.name, model.inputs, model.outputs) == ("sequential", "net", (Ref(0),), (Ref(3),))
    assert model.nodes == (1, 2, 3)


@pytest.mark.parametrize(
    ("name", "keywords", "shape"),
    [
        ("LSTM", {"input_shape": (10, 3)}, (None, 10, 3)),
        ("LSTM", {"batch_input_shape": (2, 10, 3)}, (2, 10, 3)),
        ("LSTM", {"input_dim": 3, "input_length": 10}, (None, 10, 3)),
        ("LSTM", {"input_dim": 3}, (None, None, 3)),
        ("LSTM", {}, None),
        ("Dense", {"input_dim": 7}, (None, 7)),
        ("Dense", {"input_shape": (7,), "batch_size": 5}, (5, 7)),
    ],
)
def test_sequential_input(ctx: Fake, name: str, keywords: dict[str, Any], shape: graph.Shape) -> None:
    model = ctx.make("Sequential")
    ctx.method(model, "add", ctx.make(name, 8, **keywords))
    found = ctx.finish()
    assert found.nodes[0].kind == "input"
    assert found.nodes[0].shape == shape
    assert chains(found) == [f"Input {name}"]


def test_embedding_input_depends_on_the_version() -> None:
    for keras, keywords, shape in (
        ("2.15", {}, (None, None)),
        ("3.5", {}, None),
        ("3.5", {"input_length": 7}, (None, 7)),
        ("2.15", {"input_length": 7}, (None, 7)),
    ):
        ctx = Fake(keras)
        ctx.make("Sequential", ctx.list(ctx.make("Embedding", 1000, 16, **keywords)))
        assert ctx.finish().nodes[0].shape == shape


def test_wrapper_declares_the_input(ctx: Fake) -> None:
    inner = ctx.make("LSTM", 8, return_sequences=True)
    ctx.make("Sequential", ctx.list(ctx.make("Bidirectional", inner, input_shape=(10, 3))))
    assert [one.shape for one in ctx.finish().nodes] == [(None, 10, 3), (None, 10, 16)]


def test_input_layer(ctx: Fake) -> None:
    for keywords in ({"input_shape": (10, 3)}, {"shape": (10, 3)}, {"batch_input_shape": (None, 10, 3)}):
        model = ctx.make("Sequential")
        ctx.method(model, "add", ctx.make("InputLayer", **keywords))
        ctx.method(model, "add", ctx.make("LSTM", 8))
    found = ctx.finish()
    assert chains(found) == ["Input LSTM"] * 3
    assert {one.shape for one in found.nodes if one.kind == "input"} == {(None, 10, 3)}


def test_add_in_one_arm(ctx: Fake) -> None:
    model = ctx.make("Sequential")
    ctx.method(model, "add", ctx.make("Input", (10, 3)))
    ctx.branch(lambda: ctx.method(model, "add", ctx.make("Dropout", 0.5)), lambda: None)
    ctx.method(model, "add", ctx.make("LSTM", 8))
    found = ctx.finish()
    assert chains(found) == ["Input Dropout LSTM", "Input LSTM"]
    assert not node(found, "Dropout").certain
    assert node(found, "LSTM").certain
    assert node(found, "LSTM").shape == (None, 8)
    assert node(found, "Dropout").layer is not None


def test_first_layer_in_one_arm(ctx: Fake) -> None:
    model = ctx.make("Sequential")
    ctx.branch(lambda: ctx.method(model, "add", ctx.make("Embedding", 100, 8, input_length=5)), lambda: None)
    ctx.method(model, "add", ctx.make("Dropout", 0.5))
    ctx.method(model, "add", ctx.make("LSTM", 8))
    assert chains(ctx.finish()) == ["Input Dropout LSTM", "Input Embedding Dropout LSTM"]


def test_loop_that_feeds_itself(ctx: Fake) -> None:
    model = ctx.make("Sequential", ctx.list(ctx.make("Input", (10, 3))))

    def turn() -> None:
        ctx.method(model, "add", ctx.make("LSTM", 8, return_sequences=True))
        ctx.method(model, "add", ctx.make("Dropout", 0.5))

    for _ in range(2):
        ctx.branch(turn, lambda: None)
    ctx.method(model, "add", ctx.make("Dense", 1))
    assert "Input LSTM Dropout LSTM Dropout Dense" in chains(ctx.finish())
    assert "Input Dense" in chains(ctx.graph.graph())


def test_optional_layers_in_a_list(ctx: Fake) -> None:
    x, drop, lstm = ctx.make("Input", (10, 3)), ctx.make("Dropout", 0.5), ctx.make("LSTM", 8)
    items = ctx.list(x, RunsV(((drop,), ())), lstm)
    ctx.make("Sequential", items)
    assert chains(ctx.finish()) == ["Input Dropout LSTM", "Input LSTM"]


def test_one_of_two_lists(ctx: Fake) -> None:
    lists = [ctx.list(ctx.make("Input", (10, 3)), ctx.make(name, 8)) for name in ("LSTM", "GRU")]
    ctx.make("Sequential", ChoiceV(tuple(lists)))
    assert chains(ctx.finish()) == ["Input GRU", "Input LSTM"]


def test_choice_of_layers(ctx: Fake) -> None:
    model = ctx.make("Sequential", ctx.list(ctx.make("Input", (10, 3))))
    ctx.method(model, "add", ChoiceV((ctx.make("LSTM", 8), ctx.make("GRU", 8))))
    ctx.method(model, "add", ctx.make("Dense", 1))
    found = ctx.finish()
    assert chains(found) == ["Input GRU Dense", "Input LSTM Dense"]
    assert node(found, "Dense").shape == (None, 1)


def test_unknown_layer_keeps_its_place(ctx: Fake) -> None:
    model = ctx.make("Sequential", ctx.list(ctx.make("Input", (10, 3)), ctx.make("Dropout", 0.5)))
    ctx.method(model, "add", UnknownV("make_block comes from elsewhere"))
    ctx.method(model, "add", ExternalV("somewhere.CRF"))
    ctx.method(model, "add", ctx.make("LSTM", 8))
    found = ctx.finish()
    assert chains(found) == ["Input Dropout ? ? LSTM"]
    assert any("make_block" in one.reason for one in found.nodes)


def test_unknown_end_of_a_list(ctx: Fake) -> None:
    ctx.make("Sequential", ctx.list(ctx.make("Input", (10, 3)), ctx.make("Dropout", 0.5), complete=False))
    ctx.make("Sequential", UnknownV("layers from a file"))
    assert chains(ctx.finish()) == ["Input ?", "Input Dropout ?"]


def test_pop_leaves_nothing_behind(ctx: Fake) -> None:
    model = ctx.make("Sequential", ctx.list(ctx.make("Input", (10, 3)), ctx.make("Dropout", 0.5)))
    ctx.method(model, "pop")
    ctx.method(model, "add", ctx.make("LSTM", 8))
    assert chains(ctx.finish()) == ["Input LSTM"]


def test_pop_in_one_arm(ctx: Fake) -> None:
    model = ctx.make("Sequential", ctx.list(ctx.make("Input", (10, 3)), ctx.make("Dropout", 0.5)))
    ctx.branch(lambda: ctx.method(model, "pop"), lambda: None)
    ctx.method(model, "add", ctx.make("LSTM", 8))
    assert chains(ctx.finish()) == ["Input Dropout LSTM", "Input LSTM"]


def test_pop_of_an_empty_model(ctx: Fake) -> None:
    assert ctx.method(ctx.make("Sequential"), "pop") == ConstV(None)
    assert ctx.finish().nodes == ()


def test_model_made_on_a_path_that_was_left(ctx: Fake) -> None:
    made: list[Value] = []

    def left() -> bool:
        made.append(ctx.make("Sequential", ctx.list(ctx.make("Input", (10, 3)), ctx.make("Dropout", 0.5))))
        return False

    ctx.branch(left, lambda: None)
    ctx.method(made[0], "add", ctx.make("LSTM", 8))
    assert chains(ctx.finish()) == ["Input Dropout LSTM"]


def test_nested_sequential_takes_the_input_it_is_called_on(ctx: Fake) -> None:
    inner = ctx.make("Sequential", ctx.list(ctx.make("Dropout", 0.5), ctx.make("LSTM", 8, return_sequences=True)))
    outer = ctx.make("Sequential", ctx.list(ctx.make("Input", (10, 3)), inner))
    ctx.method(outer, "add", ctx.make("LSTM", 4))
    found = ctx.finish()
    assert chains(found) == ["Input Dropout LSTM LSTM"]
    assert sorted(model.nodes for model in found.models) == [(1, 2), (1, 2, 3)]


def test_model_as_the_first_layer(ctx: Fake) -> None:
    base = ctx.make("Sequential", ctx.list(ctx.make("Input", (10, 3)), ctx.make("Dropout", 0.5)))
    outer = ctx.make("Sequential", ctx.list(base))
    ctx.method(outer, "add", ctx.make("LSTM", 4))
    assert chains(ctx.finish()) == ["Input Dropout LSTM"]


def test_sequential_called_twice(ctx: Fake) -> None:
    encoder = ctx.make("Sequential", ctx.list(ctx.make("Dropout", 0.5), ctx.make("LSTM", 8)))
    for width in (3, 4):
        assert tensor(ctx.apply(encoder, ctx.make("Input", (10, width)))).shape == (None, 8)
    found = ctx.finish()
    assert chains(found) == ["Input Dropout LSTM"] * 2
    assert len({one.layer.id for one in found.nodes if one.layer}) == 2


def test_sequential_that_contains_itself(ctx: Fake) -> None:
    model = ctx.make("Sequential", ctx.list(ctx.make("Input", (10, 3)), ctx.make("Dropout", 0.5)))
    ctx.method(model, "add", model)
    assert chains(ctx.finish()) == ["Input Dropout ?"]


def test_build_gives_the_input(ctx: Fake) -> None:
    model = ctx.make("Sequential", ctx.list(ctx.make("Dropout", 0.5), ctx.make("LSTM", 8)))
    assert ctx.method(model, "build", (None, 10, 1)) == ConstV(None)
    assert [one.shape for one in ctx.finish().nodes] == [(None, 10, 1), (None, 10, 1), (None, 8)]


def test_sequential_attributes(ctx: Fake) -> None:
    lstm = ctx.make("LSTM", 8, name="encoder")
    model = ctx.make("Sequential", ctx.list(ctx.make("Input", (10, 3)), ctx.make("Dropout", 0.5), lstm))
    assert ctx.method(model, "get_layer", "encoder") == lstm
    assert tensor(ctx.attribute(lstm, "output")).shape == (None, 8)
    items = ctx.items(ctx.attribute(model, "layers"))
    assert items is not None
    assert [layer(item).short for item in items.items] == ["Dropout", "LSTM"]
    assert ctx.method(model, "get_layer", index=1) == lstm
    assert isinstance(ctx.method(model, "get_layer", "lstm_1"), UnknownV)
    assert tensor(ctx.attribute(model, "output")).shape == (None, 8)
    assert tensor(ctx.attribute(model, "input")).shape == (None, 10, 3)
    assert tensor(ctx.attribute(lstm, "input")).shape == (None, 10, 3)
    assert ctx.attribute(model, "output") == ctx.attribute(lstm, "output")
    shape = ctx.attribute(model, "output_shape")
    assert isinstance(shape, TupleV)
    assert shape.items[1:] == (ConstV(8),)
    y = ctx.apply(ctx.make("Dense", 1), ctx.attribute(model, "output"))
    ctx.make("Model", ctx.attribute(model, "input"), y)
    found = ctx.finish()
    assert chains(found) == ["Input Dropout LSTM Dense"]
    assert [one.nodes for one in found.models] == [(0, 1, 2, 3), (1, 2)]


def test_user_subclass_of_sequential(ctx: Fake) -> None:
    cls = ClassV(ctx.store.new(), "Net", (), PARSED, ctx.span(), "keras.Sequential")
    instance = InstanceV(ctx.store.new(), cls)
    assert semantics.model_of(ctx, instance) is None
    ctx.method(semantics.sequential_of(ctx, instance), "add", ctx.make("Input", (10, 3)))
    ctx.method(semantics.sequential_of(ctx, instance), "add", ctx.make("LSTM", 8))
    assert semantics.model_of(ctx, instance) == semantics.sequential_of(ctx, instance)
    assert chains(ctx.finish()) == ["Input LSTM"]


def test_quiet_methods(ctx: Fake) -> None:
    model = ctx.make("Sequential", ctx.list(ctx.make("Dense", 1, input_shape=(3,))))
    for name in ("compile", "summary", "save", "load_weights"):
        assert ctx.method(model, name, "x") == ConstV(None)
    for name in ("fit", "evaluate", "predict"):
        assert isinstance(ctx.method(model, name, UnknownV("data")), UnknownV)
    assert ctx.finish().notes == ()


def test_work_is_linear() -> None:
    def build(layers: int) -> None:
        ctx = Fake()
        model = ctx.make("Sequential", ctx.list(ctx.make("Input", (10, 3))))
        for _ in range(layers // 2):
            ctx.method(model, "add", ctx.make("Dropout", 0.5))
            ctx.method(model, "add", ctx.make("LSTM", 8, return_sequences=True))
        found = ctx.finish()
        assert len(found.nodes) == layers + 1
        assert len(found.models[0].nodes) == layers

    # Ten times the layers; quadratic work would be a hundred times as much.
    assert effort(lambda: build(4000)) < 15 * effort(lambda: build(400))


# -- Model ------------------------------------------------------------------------------------------------------------


def test_model_takes_the_reachable_nodes(ctx: Fake) -> None:
    x = ctx.make("Input", (10, 3))
    y = ctx.apply(ctx.make("LSTM", 8), x)
    ctx.apply(ctx.make("Dense", 5), x)
    for keywords in ({"inputs": x, "outputs": y}, {"input": x, "output": ctx.list(y)}):
        ctx.make("Model", **keywords)
    ctx.make("Model", x, y, "named")
    models = ctx.finish().models
    assert [model.nodes for model in models] == [(0, 1)] * 3
    assert {(model.inputs, model.outputs) for model in models} == {((Ref(0),), (Ref(1),))}
    assert models[2].name == "named"


def test_model_without_ends_is_unknown(ctx: Fake) -> None:
    assert isinstance(ctx.make("Model"), UnknownV)


def test_model_called_again(ctx: Fake) -> None:
    x = ctx.make("Input", (10, 3))
    y = ctx.apply(ctx.make("Dropout", 0.5), ctx.operator("operator.mul", x, 2))
    model = ctx.make("Model", x, ctx.apply(ctx.make("LSTM", 8, return_sequences=True), y))
    again = ctx.apply(model, ctx.make("Input", (20, 3)))
    assert tensor(again).shape == (None, 20, 8)
    found = ctx.finish()
    assert chains(found) == ["Input mul Dropout LSTM"] * 2
    assert len({one.layer.id for one in found.nodes if one.layer}) == 2
    for id in tensor(again).refs:
        assert ways(found, found.nodes[id.node]) == {"Input mul Dropout LSTM"}


def test_model_of_several_inputs(ctx: Fake) -> None:
    a, b = ctx.make("Input", (10, 3)), ctx.make("Input", (10, 4))
    both = ctx.function("keras.layers.concatenate", ctx.list(a, b))
    model = ctx.make("Model", ctx.list(a, b), ctx.list(both, a))
    result = ctx.items(ctx.apply(model, ctx.list(ctx.make("Input", (5, 3)), ctx.make("Input", (5, 4)))))
    assert result is not None
    assert [tensor(item).shape for item in result.items] == [(None, 5, 7), (None, 5, 3)]
    assert isinstance(ctx.apply(model, a), UnknownV)
    inputs = ctx.items(ctx.attribute(model, "input"))
    assert inputs is not None
    assert len(inputs.items) == 2


def test_functional_layers(ctx: Fake) -> None:
    x = ctx.make("Input", (10, 3))
    drop, lstm = ctx.make("Dropout", 0.5), ctx.make("LSTM", 8, name="lstm")
    model = ctx.make("Model", x, ctx.apply(lstm, ctx.apply(drop, x)))
    items = ctx.items(ctx.attribute(model, "layers"))
    assert items is not None
    assert items.items[1:] == (drop, lstm)
    assert ctx.method(model, "get_layer", name="lstm") == lstm
    assert tensor(ctx.attribute(items.items[2], "output")).shape == (None, 8)
    forked = ctx.make("Model", x, ctx.function("keras.layers.add", ctx.list(x, ctx.apply(drop, x))))
    unclear = ctx.items(ctx.attribute(forked, "layers"))
    assert unclear == TupleV((), complete=False)


def test_subclass_with_functional_init(ctx: Fake) -> None:
    x = ctx.make("Input", (10, 3))
    cls = ClassV(ctx.store.new(), "Net", (), PARSED, ctx.span(), "keras.Model")
    instance = InstanceV(ctx.store.new(), cls)
    assert semantics.functional_init(ctx, instance, CallArgs(), ctx.span()) is None
    args = ctx.args(inputs=x, outputs=ctx.apply(ctx.make("LSTM", 8), x))
    model = semantics.functional_init(ctx, instance, args, ctx.span())
    assert isinstance(model, ModelV)
    assert semantics.model_of(ctx, instance) == model
    assert tensor(semantics.call_model(ctx, model, ctx.args(ctx.make("Input", (4, 3))), ctx.span())).shape == (None, 8)


# -- tensors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["keras.backend.int_shape", "keras.ops.shape", "tensorflow.shape"])
def test_shape_functions(ctx: Fake, name: str) -> None:
    shape = ctx.function(name, ctx.make("Input", (10, 3)))
    assert isinstance(shape, TupleV)
    assert isinstance(shape.items[0], UnknownV)
    assert shape.items[1:] == (ConstV(10), ConstV(3))


def test_shape_of_a_tensor(ctx: Fake) -> None:
    x = ctx.make("Input", (10, 3))
    listed = ctx.method(ctx.method(x, "get_shape"), "as_list")
    assert isinstance(listed, ListV)
    items = ctx.items(listed)
    assert items is not None
    assert items.items[1:] == (ConstV(10), ConstV(3))
    assert ctx.attribute(x, "ndim") == ConstV(3)
    assert ctx.function("keras.backend.ndim", x) == ConstV(3)
    assert ctx.function("numpy.prod", (4, 5)) == ConstV(20)


def test_operations(ctx: Fake) -> None:
    x, y = ctx.make("Input", (10, 3)), ctx.make("Input", (10, 3))
    every = ConstV(slice(None))
    assert tensor(ctx.operator("operator.getitem", x, (every, -1, every))).shape == (None, 3)
    assert tensor(ctx.operator("add", x, 1.0)).shape == (None, 10, 3)
    assert tensor(ctx.operator("operator.add", x, y)).shape == (None, 10, 3)
    assert tensor(ctx.function("tensorflow.concat", ctx.list(x, y), -1)).shape == (None, 10, 6)
    assert tensor(ctx.function("tensorflow.reshape", x, (-1, 5, 6))).shape == (None, 5, 6)
    assert tensor(ctx.function("keras.ops.expand_dims", x, axis=-1)).shape == (None, 10, 3, 1)
    assert tensor(ctx.function("tensorflow.nn.some_new_thing", x)).shape is None
    added = ctx.graph.nodes[4]
    assert (added.kind, added.name, added.inputs) == ("op", "operator.add", (tensor(x).refs, tensor(y).refs))
    assert all(one.kind == "op" for one in ctx.finish().nodes[2:])


def test_lists_of_tensors(ctx: Fake) -> None:
    x = ctx.make("Input", (10, 3))
    parts = ctx.items(ctx.function("tensorflow.split", x, 2, 1))
    assert parts is not None
    assert [tensor(part).shape for part in parts.items] == [(None, 5, 3), (None, 5, 3)]
    unknown = ctx.function("tensorflow.unstack", ctx.make("Input", (None, 3)), axis=1)
    assert isinstance(unknown, UnknownV)
    assert unknown.node is not None


def test_one_of_two_branches_of_the_graph(ctx: Fake) -> None:
    x = ctx.make("Input", (10, 3))
    drop = ctx.make("Dropout", 0.5)
    either = ctx.function("keras.backend.in_train_phase", ctx.apply(drop, x), x)
    ctx.apply(ctx.make("LSTM", 8), either)
    assert chains(ctx.finish()) == ["Input Dropout LSTM", "Input LSTM"]
    assert semantics.function(ctx, "tensorflow.cond", ctx.args(x), ctx.span()) is None


def test_functions_without_tensors(ctx: Fake) -> None:
    assert semantics.function(ctx, "tensorflow.concat", ctx.args(UnknownV("a")), ctx.span()) is None
    assert semantics.function(ctx, "numpy.load", ctx.args("x.npy"), ctx.span()) is None
    data = ctx.function("numpy.reshape", UnknownV("data"), (UnknownV("n"), 60, 1))
    assert tensor(data).shape == (None, 60, 1)
    assert tensor(ctx.function("numpy.zeros", (8, 10, 3))).shape == (8, 10, 3)
    assert tensor(ctx.function("numpy.random.rand", 8, 10, 3)).shape == (8, 10, 3)


def test_layer_attributes(ctx: Fake) -> None:
    lstm = ctx.make("LSTM", 8, dropout=0.2, name="encoder")
    assert ctx.attribute(lstm, "units") == ConstV(8)
    assert ctx.attribute(lstm, "name") == ConstV("encoder")
    assert ctx.attribute(lstm, "dropout") == ConstV(0.2)
    assert ctx.attribute(lstm, "return_sequences") == ConstV(False)
    assert isinstance(ctx.attribute(lstm, "output"), UnknownV)
    assert semantics.attribute(ctx, lstm, "build", ctx.span()) is None
    cell = ctx.make("LSTMCell", 8)
    assert ctx.attribute(ctx.make("RNN", cell), "cell") == cell
    assert ctx.attribute(ctx.make("TimeDistributed", lstm), "layer") == lstm


def test_loaded_models_are_unknown(ctx: Fake) -> None:
    model = ctx.make("Sequential")
    assert isinstance(ctx.function("keras.models.clone_model", model), UnknownV)
    assert isinstance(ctx.function("keras.models.load_model", "m.h5"), UnknownV)
    assert ctx.function("keras.activations.get", "tanh") == ExternalV("keras.activations.tanh")
    assert len(ctx.finish().notes) == 2


def test_odd_input_never_raises(ctx: Fake) -> None:
    odd: list[Value] = [
        ConstV(None),
        ConstV("text"),
        ConstV(3),
        UnknownV("odd"),
        TupleV(()),
        TupleV((ConstV(1),), complete=False),
        ExternalV("x.y"),
        ChoiceV((ConstV(1), UnknownV("odd"))),
        ctx.list(),
        ctx.make("Dense", 1),
        ctx.make("Sequential"),
        ctx.make("Input", (10, 3)),
        RunsV(((ConstV(1),), ())),
        TensorV((), None),
    ]
    names: tuple[str, ...] = (
        "Dropout",
        "LSTM",
        "Bidirectional",
        "TimeDistributed",
        "RNN",
        "StackedRNNCells",
        "Lambda",
        "Sequential",
    )
    names += ("Model", "Input", "Concatenate", "Reshape", "Embedding", "Permute", "RepeatVector", "Dot", "InputLayer")
    for value in odd:
        for name in names:
            for made in (ctx.make(name, value), ctx.make(name, value, value), ctx.make(name, value, name=value)):
                ctx.apply(made, ctx.make("Input", (10, 3)))
                ctx.apply(made, value)
                ctx.apply(made)
                ctx.make("Sequential", ctx.list(made, value))
                for attribute in ("output", "layers", "shape", "units", "cell", "input_shape", "name"):
                    if isinstance(made, (LayerV, ModelV, TensorV)):
                        semantics.attribute(ctx, made, attribute, ctx.span())
                for method in ("add", "pop", "build", "get_layer", "compute_output_shape", "get_shape", "fit", "nope"):
                    if isinstance(made, (LayerV, ModelV, TensorV)):
                        ctx.method(made, method)
                        ctx.method(made, method, value)
        x = ctx.make("Input", (10, 3))
        for function in (
            "tensorflow.reshape",
            "keras.layers.add",
            "keras.layers.merge",
            "tensorflow.split",
            "numpy.prod",
        ):
            semantics.function(ctx, function, ctx.args(value), ctx.span())
            semantics.function(ctx, function, ctx.args(x, value), ctx.span())
            semantics.function(ctx, function, ctx.args(), ctx.span())
        for operator in ("operator.add", "operator.getitem", "operator.neg", "operator.xyz"):
            ctx.operator(operator, x, value)
    assert ctx.finish().nodes


def test_what_is_taken_back_is_written_before(ctx: Fake) -> None:
    outside = ctx.make("Sequential", ctx.list(ctx.make("LSTM", 8)))
    since = len(ctx.memory.sequentials)
    cls = ClassV(ctx.store.new(), "Block", (), PARSED, ctx.span(), "keras.layers.Layer")

    def entry() -> bool:
        ctx.store.set(cls.id, "drop", ctx.make("Dropout", 0.5))
        block = PythonV(lambda x: ctx.apply(ctx.store.get(cls.id, "drop") or UnknownV("not set"), x))
        ctx.make("Sequential", ctx.list(ctx.make("Input", (10, 3)), block))
        semantics.finish(ctx, since)
        return False

    ctx.branch(entry, lambda: None)
    ctx.apply(outside, ctx.make("Input", (4, 2)))
    assert chains(ctx.finish()) == ["Input Dropout", "Input LSTM"]
    assert len(ctx.graph.models) == 2
