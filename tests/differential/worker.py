"""Runs under a Python with Keras 3: executes generated sources and describes the models that they build.

One request per line on stdin, `{"source": "..."}`; one answer per line on stdout: `{"graph": ...}` with the models that
the source constructed, or `{"refused": "..."}` where Keras (or the source) raised. What a model consists of is read off
Keras' own call history, never off rnnlint.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import json
import os
import sys
import traceback
import types
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
from keras._tf_keras.keras import layers as tf_keras_layers
from keras.src.ops.node import Node

FILENAME = "<generated>"
_MODELS = (keras.Sequential, keras.Model, keras.src.models.functional.Functional)
_CLASSES: set[type] = set()
_SEQUENTIAL_BUILD = inspect.unwrap(keras.Sequential.build).__code__
_counter = itertools.count()


class Record:
    """What was written where: constructor arguments and positions of the objects that one source makes."""

    def __init__(self) -> None:
        self.made: dict[int, tuple[Any, dict[str, Any], list[int] | None]] = {}
        self.order: list[Any] = []


record = Record()


def _position() -> list[int] | None:
    """`[row, column, end row, end column]` of the call in the generated source that is under way, columns from 1."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename != FILENAME:
        if frame.f_code is _SEQUENTIAL_BUILD:
            return None
        frame = frame.f_back
    if frame is None or not hasattr(frame.f_code, "co_positions"):
        return None
    row, end_row, column, end_column = list(frame.f_code.co_positions())[frame.f_lasti // 2]
    if row is None or column is None or end_row is None or end_column is None:
        return None
    return [row, column + 1, end_row, end_column + 1]


def _is_default(value: Any, parameter: inspect.Parameter) -> bool:
    return isinstance(value, (type(None), bool, int, float, str)) and value == parameter.default


def _watch_init(cls: type) -> None:
    init = cls.__init__  # type: ignore[misc]
    signature = inspect.signature(init)

    @functools.wraps(init)
    def watched(self: Any, *args: Any, **kwargs: Any) -> None:
        if type(self) in _CLASSES and id(self) not in record.made:
            try:
                bound = signature.bind(self, *args, **kwargs).arguments
            except TypeError:
                bound = {}
            written: dict[str, Any] = {}
            # `layers.concatenate([...])` constructs its layer inside of Keras, with all arguments.
            direct = sys._getframe(1).f_code.co_filename == FILENAME
            for (name, value), parameter in zip(
                bound.items(), (signature.parameters[name] for name in bound), strict=True
            ):
                if parameter.kind is inspect.Parameter.VAR_KEYWORD:
                    written.update(value)
                elif parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                    written.update({f"*{i}": one for i, one in enumerate(value)})
                elif name != "self" and (direct or not _is_default(value, parameter)):
                    written[name] = value
            record.made[id(self)] = (self, written, _position())
            record.order.append(self)
        init(self, *args, **kwargs)

    watched.__signature__ = signature  # type: ignore[attr-defined]  # Keras reads it with getfullargspec
    cls.__init__ = watched  # type: ignore[misc]


def _watch_nodes() -> None:
    init = Node.__init__

    @functools.wraps(init)
    def watched(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        self._sequence = next(_counter)

    Node.__init__ = watched


def install() -> None:
    """Watch every public layer class, the model classes, and the making of nodes."""
    # `tf.keras.layers` holds some classes of its own, such as Keras 2's AlphaDropout.
    for module in (keras.layers, tf_keras_layers):
        _CLASSES.update(value for value in vars(module).values() if inspect.isclass(value))
    _CLASSES.update(_MODELS)
    bases = {base for cls in _CLASSES for base in cls.__mro__ if issubclass(base, keras.layers.Layer)}
    for cls in bases:
        if "__init__" in vars(cls) and cls is not keras.layers.Layer:
            _watch_init(cls)
    _watch_nodes()


# ---------------------------------------------------------------------------------------------------------------------


class Describe:
    """One source's models as JSON: layers by id, and per model its nodes with their inputs."""

    def __init__(self) -> None:
        self.layers: dict[int, int] = {}
        self.described: list[dict[str, Any]] = []
        self.unfolded: dict[int, Any] = {}

    def value(self, value: Any) -> dict[str, Any]:
        if value is None or isinstance(value, (bool, int, float, str)):
            return {"const": value}
        if isinstance(value, (list, tuple)):
            kind = "list" if isinstance(value, list) else "tuple"
            return {"items": [self.value(item) for item in value], "kind": kind}
        if isinstance(value, keras.layers.Layer):
            return {"layer": self.layer(value)}
        if callable(value) and hasattr(value, "__name__"):
            return {"name": value.__name__}
        return {"other": repr(value)}

    def layer(self, layer: Any) -> int:
        if id(layer) in self.layers:
            return self.layers[id(layer)]
        self.layers[id(layer)] = number = len(self.described)
        entry: dict[str, Any] = {}
        self.described.append(entry)
        written: dict[str, Any] = {}
        position = None
        if id(layer) in record.made:
            _, written, position = record.made[id(layer)]
        cls = type(layer)
        entry.update(
            cls=cls.__name__,
            keras=cls.__module__.startswith("keras.src."),
            args={name: self.value(value) for name, value in written.items()},
            position=position,
        )
        return number

    # A tensor of a model seen from outside: where it comes from, through nested models.
    def tensor(self, tensor: Any, context: tuple[Any, ...], nodes: dict[Any, dict[str, Any]]) -> list[Any]:
        """`[node key, output index]` of the producer of a tensor; adds the node and all that it needs.

        `context` is the stack of nested model calls around the tensor: pairs of the model and its outer node.
        """
        history = tensor._keras_history
        operation = history.operation
        node = operation._inbound_nodes[history.node_index]
        if isinstance(operation, keras.layers.InputLayer):
            if context:
                model, outer = context[-1]
                inner = [id(one) for one in keras.tree.flatten(model.inputs)]
                place = inner.index(id(tensor))
                return self.tensor(_inputs(outer)[place], context[:-1], nodes)
            key: tuple[Any, ...] = (node._sequence,)
            if key not in nodes:
                nodes[key] = self.node("input", operation, node, [])
            return [key, 0]
        inside = self.inside(operation, node)
        if inside is not None:
            output = keras.tree.flatten(inside.outputs)[history.tensor_index]
            return self.tensor(output, (*context, (inside, node)), nodes)
        key = (*(outer._sequence for _, outer in context), node._sequence)
        if key not in nodes:
            inputs = [self.tensor(one, context, nodes) for one in _inputs(node)]
            kind = "layer" if isinstance(operation, keras.layers.Layer) else "op"
            nodes[key] = self.node(kind, operation, node, inputs)
            if context:
                # The shapes are those of the inner model's own Input; this call of it may know more.
                shapes = nodes[key]["outputs"]
                nodes[key]["outputs"] = [["?" if one is None else one for one in shape] for shape in shapes]
        return [key, history.tensor_index]

    def inside(self, operation: Any, node: Any) -> Any:
        """The Functional that a call of a model stands for; of a user's class by one more symbolic `call`."""
        if type(operation).__module__ != "generated":
            return _functional(operation)
        if id(node) not in self.unfolded:
            inputs = [keras.Input(batch_shape=one.shape, dtype=one.dtype) for one in _inputs(node)]
            self.unfolded[id(node)] = keras.Model(inputs, operation.call(*inputs))
        return self.unfolded[id(node)]

    def node(self, kind: str, operation: Any, node: Any, inputs: list[Any]) -> dict[str, Any]:
        return {
            "kind": kind,
            "name": type(operation).__name__,
            "layer": self.layer(operation) if kind == "layer" else None,
            "inputs": inputs,
            "outputs": [list(one.shape) for one in node.outputs],
        }

    def model(self, model: Any) -> dict[str, Any] | None:
        """A model's nodes in the order in which they were called, or None where it holds nothing."""
        _, _, position = record.made.get(id(model), (None, None, None))
        nodes: dict[Any, dict[str, Any]] = {}
        inside = _functional(model)
        if inside is not None:
            outputs = [self.tensor(one, (), nodes) for one in keras.tree.flatten(inside.outputs)]
            inputs = [self.tensor(one, (), nodes) for one in keras.tree.flatten(inside.inputs)]
        elif isinstance(model, keras.Sequential):
            start: list[Any] = [(-1,), 0]
            nodes[-1,] = {"kind": "input", "name": "InputLayer", "layer": None, "inputs": [], "outputs": [None]}
            found = self.chain(model, (), nodes, start)
            if found is None:
                return None
            inputs, outputs = [start], [found]
        else:
            return None
        ordered = sorted(nodes)
        number = {key: i for i, key in enumerate(ordered)}

        def ref(one: list[Any]) -> list[int]:
            return [number[one[0]], one[1]]

        for node in nodes.values():
            node["inputs"] = [ref(one) for one in node["inputs"]]
        return {
            "kind": "sequential" if isinstance(model, keras.Sequential) else "functional",
            "name": type(model).__name__,
            "position": position,
            "nodes": [nodes[key] for key in ordered],
            "inputs": [ref(one) for one in inputs],
            "outputs": [ref(one) for one in outputs],
        }

    def chain(
        self, model: Any, context: tuple[int, ...], nodes: dict[Any, dict[str, Any]], last: list[Any]
    ) -> list[Any] | None:
        """A Sequential that Keras could not build yet: its layers in order, shapes unknown."""
        for index, layer in enumerate(model.layers):
            key = (*context, index)
            if isinstance(layer, keras.Sequential):
                inner = self.chain(layer, key, nodes, last)
                if inner is None:
                    return None
                last = inner
                continue
            if isinstance(layer, keras.Model):
                return None
            nodes[key] = {
                "kind": "layer",
                "name": type(layer).__name__,
                "layer": self.layer(layer),
                "inputs": [last],
                "outputs": [None],
            }
            last = [key, 0]
        return last


def _inputs(node: Any) -> list[Any]:
    """The tensors that a call is given, without the masks that Keras hands on by itself."""
    named = {key: value for key, value in node.arguments.kwargs.items() if not key.endswith("mask")}
    given = keras.tree.flatten([node.arguments.args, named])
    return [one for one in given if isinstance(one, keras.KerasTensor)]


def _functional(operation: Any) -> Any:
    """The Functional inside a model that has one, else None."""
    if isinstance(operation, keras.Sequential):
        return operation._functional
    if isinstance(operation, keras.src.models.functional.Functional):
        return operation
    return None


def describe(source: str) -> dict[str, Any]:
    """Execute a source and describe all the models that it constructed by name of a Keras class."""
    global record  # noqa: PLW0603
    record = Record()
    keras.backend.clear_session()
    module = types.ModuleType("generated")
    sys.modules["generated"] = module  # where dataclasses look
    namespace = vars(module)
    try:
        exec(compile(source, FILENAME, "exec"), namespace)
        models = [one for one in record.order if isinstance(one, keras.Model) and type(one) in _MODELS]
        models = [one for one in models if record.made[id(one)][2] is not None]
    except Exception as error:  # noqa: BLE001
        text = traceback.format_exception_only(error)[-1].strip()
        return {"refused": text, "traceback": traceback.format_exc(limit=-3)}
    describing = Describe()
    described = [describing.model(one) for one in models]
    found = [one for one in described if one is not None]
    return {"graph": {"layers": describing.described, "models": found}}


def main() -> None:
    """Answer requests until stdin closes."""
    install()
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print(json.dumps({"keras": keras.__version__}), file=out, flush=True)
    for line in sys.stdin:
        try:
            answer = describe(json.loads(line)["source"])
        except Exception:  # noqa: BLE001
            answer = {"broken": traceback.format_exc()}
        print(json.dumps(answer), file=out, flush=True)


if __name__ == "__main__":
    main()
