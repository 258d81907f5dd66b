"""Asking real Keras, and layers as the interpreter would bind them, for the tests of this folder."""

from __future__ import annotations

import ast
import json
import re
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from rnnlint.graph import Arg, Const, Items, Layer, LayerArg, Name, Node, Shape, Span, Unknown, Value
from rnnlint.keras.names import resolve
from rnnlint.keras.table import bind, spec
from rnnlint.keras.versions import RELEASES, KerasTargets
from tests import warm

SPAN = Span("test.py", 1, 1, 1, 2)
KERAS3 = KerasTargets(frozenset(release for release in RELEASES if release[0] == 3), frozenset({"tensorflow"}))
KERAS2 = KerasTargets(frozenset({(2, 15)}), frozenset({"tensorflow"}))
NEWEST = KerasTargets(frozenset({RELEASES[-1]}), frozenset({"tensorflow"}))


@cache
def ask(python: str, command: str, question: str = "") -> Any:
    """The answer of `live.py`; one process for one question."""
    script = Path(__file__).with_name("live.py")
    with tempfile.TemporaryDirectory() as folder:
        said = warm.run(python, script, command, cwd=folder, timeout=900, given=question)
    return json.loads(said.splitlines()[-1])


def value(node: ast.expr, env: KerasTargets, layers: list[Layer]) -> Value:
    """The abstract value of an expression; names in capitals are unknown."""
    if isinstance(node, ast.Tuple | ast.List):
        kind: Any = "tuple" if isinstance(node, ast.Tuple) else "list"
        return Items(tuple(value(item, env, layers) for item in node.elts), kind)
    if isinstance(node, ast.Call):
        made = _layer(node, env)
        layers.append(made)
        return LayerArg(made.id)
    if isinstance(node, ast.Name | ast.Attribute):
        name = ast.unparse(node)
        return Unknown(name) if name.isupper() else Name(name)
    return Const(ast.literal_eval(node))


def layer(text: str, env: KerasTargets) -> Layer:
    """The layer that an expression such as `LSTM(4, return_sequences=True)` makes."""
    node = ast.parse(text, mode="eval").body
    assert isinstance(node, ast.Call)
    return _layer(node, env)


def _layer(node: ast.Call, env: KerasTargets) -> Layer:
    found = spec(ast.unparse(node.func))
    assert found is not None, ast.unparse(node)
    binding = bind(
        found, node.args, [(keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg is not None], env
    )
    assert not binding.errors, (ast.unparse(node), binding.errors)
    args: list[Arg] = []
    children: list[Layer] = []
    for name, argument, positional in binding.args:
        inside: list[Layer] = []
        args.append(Arg(name, value(argument, env, inside), SPAN, positional))
        children += inside
    complete = not binding.unclear and all(keyword.arg is not None for keyword in node.keywords)
    return Layer(id(node), found.name, "keras", "keras", tuple(args), SPAN, tuple(children), complete)


def call_of(text: str, inputs: list[Shape], env: KerasTargets) -> Node:
    """The node of `LSTM(4)` called on tensors, or of an operation such as `ops.transpose(x0, (0, 2, 1))`."""
    if "x0" not in text:
        made = layer(text, env)
        return Node(0, "layer", made.name, ((),) * len(inputs), (None,), SPAN, made)
    node = ast.parse(text, mode="eval").body
    return _op(node, inputs)


_OPERATORS = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.MatMult: "matmul"}


def _is_tensor(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id[0] == "x" and node.id[1:].isdigit()


def _op(node: ast.expr, inputs: list[Shape]) -> Node:
    args: list[Arg] = []
    if isinstance(node, ast.Subscript):
        name = "operator.getitem"
        args.append(Arg("#1", _key(node.slice), SPAN, True))
    elif isinstance(node, ast.BinOp):
        name = f"operator.{_OPERATORS[type(node.op)]}"
        args += [
            Arg(f"#{index}", value(one, KERAS3, []), SPAN, True)
            for index, one in enumerate((node.left, node.right))
            if not _is_tensor(one)
        ]
    else:
        assert isinstance(node, ast.Call)
        dotted = re.sub(r"^K\.", "keras.backend.", re.sub(r"^ops\.", "keras.ops.", ast.unparse(node.func)))
        symbol = resolve(f"keras.layers.{dotted}" if "." not in dotted else dotted)
        assert symbol is not None, dotted
        name = symbol.name
        pairs = [(f"#{index}", one) for index, one in enumerate(node.args)]
        pairs += [(keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg is not None]
        for key, one in pairs:
            several = one.elts if isinstance(one, ast.List | ast.Tuple) else [one]
            if not any(_is_tensor(item) for item in several):
                args.append(Arg(key, value(one, KERAS3, []), SPAN, key.startswith("#")))
    return Node(0, "op", name, ((),) * len(inputs), (None,), SPAN, None, tuple(args))


def _key(node: ast.expr) -> Value:
    if isinstance(node, ast.Tuple):
        return Items(tuple(_key(item) for item in node.elts))
    if isinstance(node, ast.Slice):
        ends = [None if part is None else ast.literal_eval(part) for part in (node.lower, node.upper, node.step)]
        return Const(slice(*ends))
    return Const(ast.literal_eval(node))
