"""The interpreter on small modules: what no rule's page can show by a finding."""

from __future__ import annotations

import textwrap

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider

from rnnlint.graph import Choice, Const, Graph, Items, Range, Unknown, options
from rnnlint.interpret import ParseError, interpret
from rnnlint.interpret.parsed import ParsedModule
from rnnlint.keras.versions import KerasTargets
from rnnlint.source.source import Source
from tests.effort import effort


class Modules:
    """A code base of a few modules."""

    def __init__(self, **texts: str) -> None:
        self.texts = {name.replace("__", "."): textwrap.dedent(text) for name, text in texts.items()}

    def find(self, module: str, level: int, importer: str) -> Source | None:
        text = self.texts.get("." * level + module)
        return Source(f"{module or '__init__'}.py", text) if text is not None else None


def graph(text: str, **modules: str) -> Graph:
    """The graph of a module that starts with the usual imports."""
    head = "import keras\nfrom keras import layers\n"
    found = interpret(Source("main.py", head + textwrap.dedent(text)), Modules(**modules), KerasTargets.unknown())
    assert not found.errors, found.errors
    return found


def layers(found: Graph) -> list[str]:
    """The layers in the order of their calls."""
    return [node.layer.short for node in found.nodes if node.kind == "layer" and node.layer is not None]


def rate(found: Graph) -> object:
    """The rate of the only Dropout."""
    (layer,) = [layer for layer in found.layers if layer.short == "Dropout"]
    arg = layer.arg("rate")
    assert arg is not None
    return arg.value


# ---------------------------------------------------------------------------------------------------------------------
# Values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("r = 0.5", 0.5),
        ("r = 1 - 0.75", 0.25),
        ("r = 2 ** -1", 0.5),
        ("r = {'a': {'b': 0.5}}['a']['b']", 0.5),
        ("r = dict(a=0.5).get('a', 0)", 0.5),
        ("r = dict().get('a', 0.25)", 0.25),
        ("c = {'r': 0.1}\nc.update(r=0.5)\nr = c['r']", 0.5),
        ("r = [0.1, 0.5][-1]", 0.5),
        ("r, *rest = 0.5, 1, 2", 0.5),
        ("(a, r), b = (1, 0.5), 2", 0.5),
        ("r = (lambda x, y=2: x / y)(1)", 0.5),
        ("r = max(0.1, 0.5)", 0.5),
        ("r = sum([0.25, 0.25])", 0.5),
        ("r = float('0.5')", 0.5),
        ("r = len('abcd') / 8", 0.5),
        ("r = 0.5 if True else 0.1", 0.5),
        ("r = None or 0.5", 0.5),
        ("r = (x := 0.5)", 0.5),
        ("class C:\n    r = 0.5\nr = C.r", 0.5),
        ("class C:\n    def __init__(self, r):\n        self.r = r\nr = C(0.5).r", 0.5),
        ("class C:\n    @property\n    def r(self):\n        return 0.5\nr = C().r", 0.5),
        ("class A:\n    def r(self): return 0.5\nclass B(A):\n    def r(self): return super().r()\nr = B().r()", 0.5),
        ("import functools\nr = functools.partial(lambda a, b: a * b, b=5)(0.1)", 0.5),
        ("for r in (0.1, 0.5):\n    pass", 0.5),
        ("r = 0\nwhile r < 0.5:\n    r += 0.25", 0.5),
        ("for i in range(9):\n    if i == 5:\n        break\nr = i / 10", 0.5),
        ("r = [x / 2 for x in range(2) if x][0]", 0.5),
        ("r = {k: v for k, v in [('a', 0.5)]}['a']", 0.5),
        ("def f(*a, **k):\n    return a[0] * k['b']\nr = f(*[0.1], **{'b': 5})", 0.5),
        ("def f():\n    global r\n    r = 0.5\nf()", 0.5),
        (
            "def f():\n    r = 0.1\n    def g():\n        nonlocal r\n        r = 0.5\n    g()\n    return r\nr = f()",
            0.5,
        ),
        ("match 'b':\n    case 'a':\n        r = 0.1\n    case 'b':\n        r = 0.5", 0.5),
        ("try:\n    r = 0.5\nfinally:\n    pass", 0.5),
        ("r = 0.1\nif 'x' in ('x', 'y') and not None:\n    r = 0.5", 0.5),
        ("from dataclasses import dataclass\n@dataclass\nclass C:\n    r: float = 0.5\nr = C().r", 0.5),
    ],
)
def test_constants_are_folded_as_python_does(text: str, value: float) -> None:
    names: dict[str, object] = {}
    exec(text, names)  # the table is right by Python's own word
    assert names["r"] == pytest.approx(value)
    found = rate(graph(text + "\nlayers.Dropout(r)\n"))
    assert isinstance(found, Const)
    assert found.value == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    [
        "import numpy as np\nr = np.random.rand()",
        "r = undefined",
        "r = 10 ** 10 ** 10",
        "r = 'x' * 10 ** 12",
        "r = (1 << 100000) + 1",
        "r = 1 / 0",
        "r = [0.1][5]",
        "r = open('r.txt').read()",
        "r = __import__('os').system('true')",
        "r = eval('0.5')",
        "r = 0x" + "f" * 5000,
    ],
)
def test_what_is_not_evaluated_stays_unknown(text: str) -> None:
    assert isinstance(rate(graph(text + "\nlayers.Dropout(r)\n")), Unknown)


def test_a_default_is_one_possibility() -> None:
    found = rate(graph("def build(r=0.5):\n    return layers.Dropout(r)\n"))
    assert isinstance(found, Choice)
    assert Const(0.5) in options(found)
    assert any(isinstance(option, Unknown) for option in options(found))


def test_a_call_gives_the_exact_value() -> None:
    found = graph("def build(r=0.5):\n    return layers.Dropout(r)\nbuild(0.25)\n")
    values = [layer.arg("rate").value for layer in found.layers]  # type: ignore[union-attr]
    assert Const(0.25) in values


def test_tuner_ranges() -> None:
    found = rate(graph("def build(hp):\n    return layers.Dropout(hp.Float('r', 0.1, max_value=0.5) / 2)\n"))
    assert found == Range(0.05, 0.25)


def test_command_line_defaults() -> None:
    text = """
        import argparse
        parser = argparse.ArgumentParser()
        group = parser.add_argument_group("model")
        group.add_argument("-d", "--drop-out", type=float, default=0.5)
        args = parser.parse_args()
        layers.Dropout(args.drop_out)
    """
    found = rate(graph(text))
    assert options(found)[0] == Const(0.5)  # type: ignore[arg-type]
    assert isinstance(options(found)[1], Unknown)  # type: ignore[arg-type]


def test_a_splat_that_is_not_understood_hides_the_other_arguments() -> None:
    (layer,) = graph("def build(**kwargs):\n    return layers.LSTM(8, **kwargs)\n").layers
    assert not layer.complete
    assert layer.arg("recurrent_dropout") is None


# ---------------------------------------------------------------------------------------------------------------------
# Paths


def test_both_arms_meet_in_one_tensor() -> None:
    found = graph(
        """
        def build(flag):
            x = keras.Input((10, 4))
            if flag:
                x = layers.Dropout(0.5)(x)
            return layers.LSTM(8)(x)
        """
    )
    (lstm,) = [node for node in found.nodes if node.name == "keras.layers.LSTM"]
    assert sorted(found.nodes[ref.node].name for ref in lstm.inputs[0]) == ["keras.Input", "keras.layers.Dropout"]
    assert lstm.certain
    (dropout,) = [node for node in found.nodes if node.name == "keras.layers.Dropout"]
    assert not dropout.certain


def test_an_arm_that_returns_does_not_reach_what_follows() -> None:
    found = graph(
        """
        def build(flag):
            x = keras.Input((10, 4))
            if flag:
                x = layers.Dropout(0.5)(x)
                return keras.Model(x, x)
            return layers.LSTM(8)(x)
        """
    )
    (lstm,) = [node for node in found.nodes if node.name == "keras.layers.LSTM"]
    assert [found.nodes[ref.node].name for ref in lstm.inputs[0]] == ["keras.Input"]


def test_a_loop_of_unknown_length_shows_its_back_edge() -> None:
    found = graph(
        """
        def build(n):
            x = keras.Input((10, 4))
            for _ in range(n):
                x = layers.LSTM(8, return_sequences=True)(x)
                x = layers.Dropout(0.5)(x)
            return x
        """
    )
    edges = {
        found.nodes[ref.node].name for node in found.nodes if node.name == "keras.layers.LSTM" for ref in node.inputs[0]
    }
    assert edges == {"keras.Input", "keras.layers.Dropout"}


def test_known_turns_are_certain() -> None:
    found = graph(
        """
        model = keras.Sequential()
        for units in [16, 8]:
            model.add(layers.LSTM(units, return_sequences=True))
            model.add(layers.Dropout(0.5))
        """
    )
    assert layers(found) == ["LSTM", "Dropout", "LSTM", "Dropout"]
    assert all(node.certain for node in found.nodes)


def test_a_choice_of_layers_keeps_both() -> None:
    found = graph(
        """
        def build(kind):
            unit = layers.LSTM if kind else layers.GRU
            return unit(8)(keras.Input((10, 4)))
        """
    )
    assert sorted(layers(found)) == ["GRU", "LSTM"]
    assert not any(node.certain for node in found.nodes if node.kind == "layer")


def test_what_is_not_understood_keeps_its_place() -> None:
    found = graph(
        "from elsewhere import block\nmodel = keras.Sequential([layers.Dropout(0.5), block(), layers.LSTM(8)])\n"
    )
    assert [node.kind for node in found.nodes[-4:]] == ["input", "layer", "opaque", "layer"]
    assert any("elsewhere" in note.message for note in found.notes)


def test_calls_without_tensors_are_no_news() -> None:
    found = graph("import pandas\nframe = pandas.read_csv('x.csv')\nprint(frame.head())\n")
    assert found.notes == ()


# ---------------------------------------------------------------------------------------------------------------------
# Modules


def test_modules_of_the_code_base_are_followed() -> None:
    found = graph(
        """
        from setting import *
        from .blocks import encoder as e
        import pkg.sub
        pkg.sub.f(e(keras.Input((10, 4)), RATE))
        """,
        setting="RATE = 0.25\n_hidden = 1\n",
        __blocks="from keras.layers import *\ndef encoder(x, rate):\n    return Dropout(rate)(x)\n",
        pkg="",
        pkg__sub="import keras\ndef f(x):\n    return keras.layers.LSTM(4)(x)\n",
    )
    assert layers(found) == ["Dropout", "LSTM"]
    assert rate(found) == Const(0.25)
    (dropout,) = [layer for layer in found.layers if layer.short == "Dropout"]
    assert dropout.span.path == "blocks.py"


def test_modules_that_import_each_other() -> None:
    found = graph(
        "from a import f\nf(keras.Input((10, 4)))\n",
        a="from b import g\ndef f(x):\n    return g(x)\n",
        b="import keras\nfrom a import f\ndef g(x):\n    return keras.layers.LSTM(4)(x)\n",
    )
    assert layers(found) == ["LSTM"]


def test_a_module_that_does_not_parse_is_unknown() -> None:
    found = graph("from broken import block\nx = block(keras.Input((10, 4)))\nlayers.LSTM(4)(x)\n", broken="def f(:\n")
    assert layers(found) == ["LSTM"]
    assert any("does not parse" in note.message for note in found.notes)


def test_source_that_does_not_parse() -> None:
    with pytest.raises(ParseError) as caught:
        interpret(Source("x.py", "a = 1\nb = = 2\n"), Modules(), KerasTargets.unknown())
    assert caught.value.row == 2


# ---------------------------------------------------------------------------------------------------------------------
# Bounds: no input may hang or kill a run


def test_recursion_and_rings_of_functions_end() -> None:
    text = "def f(x):\n    return f(layers.Dropout(0.5)(x))\n"
    text += "".join(f"def g{i}(x):\n    return g{(i + 1) % 300}(layers.LSTM(4)(x))\n" for i in range(300))
    found = graph(text)
    assert "LSTM" in layers(found)
    assert any("calls itself" in note.message for note in found.notes)


def work(text: str) -> int:
    """How many calls an analysis takes."""
    source = Source("main.py", "import keras\nfrom keras import layers\n" + text)
    return effort(lambda: interpret(source, Modules(), KerasTargets.unknown()))


def test_a_function_that_calls_two_of_the_next_is_cut_off() -> None:
    def doubling(depth: int) -> str:
        text = "".join(f"def f{i}(x):\n    f{i + 1}(x)\n    f{i + 1}(x)\n" for i in range(depth))
        return text + f"def f{depth}(x):\n    return layers.LSTM(4)(x)\n"

    # Twice as deep would be a million times the work, were it followed to the end.
    assert work(doubling(40)) < 10 * work(doubling(20))


@pytest.mark.parametrize(
    "text",
    [
        "x = [layers.LSTM(i) for i in range(10**9)]",
        "for i in range(10**9):\n    layers.LSTM(i)",
        "while True:\n    layers.LSTM(4)",
        "while 1:\n    pass",
        "x = []\nwhile True:\n    x.append(x)",
        "x = []\nx.append(x)\nlayers.Dropout(x)",
        "d = {}\nd['d'] = d\nlayers.Dropout(d)",
        "class C:\n    pass\nc = C()\nc.c = c\nlayers.Dropout(c.c.c.c)",
        "class A(A):\n    pass\nA()",
        "f = lambda: f()\nlayers.Dropout(f())",
        "x = " + "+".join(["1"] * 200) + "\nlayers.Dropout(x)",
        "x = " + "layers" + ".a" * 200,
        "if a:\n    pass\n" + "".join(f"elif a == {i}:\n    x = {i}\n" for i in range(900)) + "layers.Dropout(x)",
        "from main import *\nimport main\nlayers.Dropout(main.x)",
    ],
)
def test_endless_things_end(text: str) -> None:
    found = graph(text)
    assert found.errors == ()


def test_many_layers_are_linear() -> None:
    def model(count: int) -> str:
        return "m = keras.Sequential()\n" + "m.add(layers.Dense(4))\n" * count

    # Eight times the layers; quadratic work would be 64 times as much.
    assert work(model(1600)) < 10 * work(model(200))


# ---------------------------------------------------------------------------------------------------------------------
# Positions


def test_positions_are_those_of_libcst() -> None:
    text = textwrap.dedent(
        """\
        import keras  # a comment

        @decorated(1)
        def f(a, *, b=(1, 2), **c) -> None:
            '''A text
            of two lines.'''
            if a and (b or  c) :
                return  [ keras.layers.LSTM( 8 , dropout = 0.5 ), *b ][0]
            x = f( # é is one character
                "é", y = 3 ,
            ).z
            for i in range( 3 ): pass
            with open("a") as g, h: x += -1 ; y = lambda q: q * 2
        """
    )
    unit = ParsedModule(Source("x.py", text))
    wrapper = MetadataWrapper(unit.tree, unsafe_skip_copy=True)
    checked = 0
    for node, expected in wrapper.resolve(PositionProvider).items():
        if isinstance(node, (cst.BaseExpression, cst.Arg, cst.BaseStatement, cst.BaseSmallStatement)):
            span = unit.span(node)
            assert (span.row, span.column - 1) == (expected.start.line, expected.start.column), node
            assert (span.end_row, span.end_column - 1) == (expected.end.line, expected.end.column), node
            checked += 1
    assert checked > 60


def test_a_finding_may_be_suppressed_on_any_line_of_its_statement() -> None:
    (layer,) = graph("model = f(\n    1,\n    layers.LSTM(8),\n)\n").layers
    assert layer.span.row == 5
    assert layer.span.statement == (3, 6)


def test_items_and_names_reach_the_graph() -> None:
    found = graph(
        "layers.Dropout(0.5, noise_shape=[None, 1, None])\nlayers.LSTM(8, activation=keras.activations.tanh)\n"
    )
    noise = found.layers[0].arg("noise_shape")
    assert noise is not None
    assert noise.value == Items((Const(None), Const(1), Const(None)), "list")
    activation = found.layers[1].arg("activation")
    assert activation is not None
    assert getattr(activation.value, "name", "") == "keras.activations.tanh"


@pytest.mark.parametrize(
    "text",
    [
        "def build(r=None):\n    if r is not None:\n        layers.Dropout(r)\n",
        "def build(r=None):\n    if r is None:\n        return 1\n    else:\n        layers.Dropout(r)\n",
        "def build(r=None):\n    if r:\n        layers.Dropout(r)\n",
        "def build(r=(1,)):\n    if isinstance(r, (list, tuple)):\n        return\n    layers.Dropout(r)\n",
        "def build(r='auto'):\n    if not (r == 'auto' or r is None):\n        layers.Dropout(r)\n",
        """
        class C:
            def __init__(self, r=None):
                self.r = r
            def f(self):
                if self.r:
                    layers.Dropout(self.r)
        """,
    ],
)
def test_a_test_excludes_alternatives(text: str) -> None:
    assert isinstance(rate(graph(text)), Unknown)


def test_a_test_does_not_exclude_numbers() -> None:
    found = rate(graph("def build(r=0.0):\n    if r > 0:\n        layers.Dropout(r)\n"))
    assert Const(0.0) in options(found)  # type: ignore[arg-type]


def test_what_a_function_defines_is_an_entry_point_too() -> None:
    found = graph(
        """
        def outer(units):
            class Net(keras.Model):
                def __init__(self):
                    super().__init__()
                    self.rnn = layers.LSTM(units)
                def call(self, x):
                    return self.rnn(x)
            def later(x):
                return layers.GRU(units)(x)
            return Net
        """
    )
    assert sorted(layers(found)) == ["GRU", "LSTM"]


def test_a_named_size_proves_that_a_reshape_keeps_time() -> None:
    found = graph(
        """
        def build(data, bands):
            x = keras.Input((data.shape[1], bands, 5))
            x = layers.Dropout(0.5)(x)
            x = layers.Reshape((data.shape[1], -1))(x)
            return layers.GRU(8)(x)
        """
    )
    (reshape,) = [node for node in found.nodes if node.name == "keras.layers.Reshape"]
    assert reshape.shape is not None
    assert reshape.shape[1] == "build.data.shape[1]"


def test_a_subclass_is_a_model_of_the_graph() -> None:
    found = graph(
        """
        class Net(keras.Model):
            def __init__(self, rate=0.5):
                super().__init__()
                self.drop = layers.Dropout(rate)
                self.rnn = layers.LSTM(4)
            def call(self, x, training=None):
                return self.rnn(self.drop(x, training=training))
        """
    )
    (model,) = found.models
    assert (model.kind, model.name) == ("subclass", "Net")
    assert [found.nodes[id].name for id in model.nodes] == ["x", "keras.layers.Dropout", "keras.layers.LSTM"]
    assert [ref.node for ref in model.outputs] == [model.nodes[-1]]
