"""Rebuilds the part of a model that a job describes: plain data in, real layers and real tensors out.

Nodes are executed eagerly, in order, at inference, on whatever backend Keras has. What the job leaves open are sizes:
they are tried in the given order until the model builds. Nothing of the user's code runs here, except through layers
that `build` has recorded (`{"live": n}`).

A job has "layers" (constructor calls), "nodes" (what is called on what), "sizes", "seed", "draws" and a "probe"; a
value is one of {"const": 1}, {"items": [...], "kind": "tuple"}, {"name": "keras.activations.tanh"}, {"layer": {...}},
{"symbol": "t1"}, {"float": "nan"}, {"slice": [0, None, 2]} and {"ellipsis": true}.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import math
import random
from typing import TYPE_CHECKING, Any

import numpy as np

from . import load
from .backend import Backend
from .budget import MOST_IDS, MOST_WEIGHTS, bounded, foresee
from .failure import Failed, building
from .naming import keras_class, named
from .operations import operate
from .specs import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping, Sequence

# Arguments that say nothing about what a layer does to its input, but may be refused outside of a Sequential.
_NEEDLESS = frozenset(
    (
        *("name", "weights", "trainable", "stateful", "input_shape", "batch_input_shape", "batch_shape", "batch_size"),
        *("input_length", "input_dim"),
    )
)
_SLOTS = {"TimeDistributed": "layer", "Bidirectional": "layer", "RNN": "cell", "StackedRNNCells": "cells"}
# These take several tensors one by one, all other layers as a list.
_SEVERAL = ("MultiHeadAttention", "GroupQueryAttention", "GroupedQueryAttention")
_RECURRENT = ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
# Layers whose output can be vastly bigger than their input and their weights.
_GROWING = ("RepeatVector", "UpSampling", "ZeroPadding", "Dense", "Embedding", "TimeDistributed", "Conv")
# The probes for which the probed call, and what lies between it and the target, has to work at inference.
_WHOLE = ("mask", "masking")


def prepare(job: Mapping[str, Any], keras: Any = None) -> Replay:
    """The job's model, built with the first sizes that fit. `keras` is the package that `load` has imported."""
    sizes = job.get("sizes", {})
    failed: Failed | None = None
    for attempt in range(max((len(tried) for tried in sizes.values()), default=1)):
        chosen = {symbol: tried[min(attempt, len(tried) - 1)] for symbol, tried in sizes.items()}
        context = Replay(job, chosen, keras or load.keras())
        try:
            context.build()
            return context
        except Failed as error:
            failed = failed or error
    assert failed is not None
    raise failed


class Replay(Backend):
    """One attempt at a job: the chosen sizes, the layers made so far, and the tensors that the nodes gave."""

    def __init__(self, job: Mapping[str, Any], sizes: Mapping[str, int], keras: Any) -> None:
        super().__init__(keras)
        self.job = job
        self.sizes = sizes
        self.nodes = {node["id"]: node for node in job.get("nodes", ())}
        self.layers: dict[str, Any] = {}
        self.outputs: dict[int, list[Any]] = {}
        self.weights = 0
        self.random = np.random.RandomState(job.get("seed", 1))
        _seed(keras, job.get("seed", 1))

    def build(self) -> None:
        """Run what the probe needs at inference; other probes make the probed call themselves, because it may fail."""
        probe = self.job["probe"]
        node, target = probe.get("node"), probe.get("target")
        if node is None:  # nothing calls the layer
            return
        self.inputs(node)
        if probe["kind"] in _WHOLE:
            self.run(node)
            if target is not None:
                self.inputs(target)

    # -----------------------------------------------------------------------------------------------------------------
    # Layers

    def spec(self, layer: int) -> Mapping[str, Any]:
        """The constructor call of a layer, also of one inside another."""
        for outermost in self.job["layers"].values():
            for one in walk(outermost):
                if one.get("id") == layer:
                    return one
        raise Failed("build", f"the job has no layer {layer}", layer)

    def outermost(self, node: int) -> Mapping[str, Any]:
        """The constructor call of the layer that a node calls."""
        found: Mapping[str, Any] = self.job["layers"][str(self.nodes[node]["layer"])]
        return found

    def called(self, node: int) -> Any:
        """The layer that a node calls; one object for all calls of it."""
        key = str(self.nodes[node]["layer"])
        if key not in self.layers:
            spec = self.outermost(node)
            with building(spec.get("id")):
                self.layers[key] = self.layer(spec)
        return self.layers[key]

    def layer(self, spec: Mapping[str, Any]) -> Any:
        """A fresh layer (a live one as it is). Raises whatever its constructor raises."""
        if "live" in spec:
            return self.live(spec["live"])
        short = spec["class"].rpartition(".")[2]
        keywords = {name: self.value(one) for name, one in spec.get("keywords", {}).items() if _needed(short, name)}
        if short == "Embedding" and isinstance(keywords.get("input_dim"), int):
            keywords["input_dim"] = min(keywords["input_dim"], MOST_IDS)
        positional = [self.value(one) for one in spec.get("positional", ())]
        children = [self.layer(child) for child in spec.get("children", ())]
        slot = _SLOTS.get(short)
        if children and slot is not None and slot not in keywords:
            if short == "Bidirectional" and len(children) == 2:
                keywords["backward_layer"] = children.pop()
            listed = short == "StackedRNNCells" or len(children) > 1
            keywords[slot] = children if listed else children[0]
        return keras_class(self.keras, spec)(*positional, **keywords)

    def live(self, number: int) -> Any:
        """A layer that the user's own code has made."""
        from . import build

        return build.LIVE[number]

    def value(self, given: Mapping[str, Any]) -> Any:
        """A Python object from its description."""
        if "const" in given:
            return given["const"]
        if "items" in given:
            items = [self.value(one) for one in given["items"]]
            return items if given.get("kind") == "list" else tuple(items)
        if "name" in given:
            return named(given["name"], self.keras, self.backend)
        if "layer" in given:
            return self.layer(given["layer"])
        if "symbol" in given:
            return self.sizes[given["symbol"]]
        if "float" in given:
            return float(given["float"])
        if "slice" in given:
            return slice(*(self.value(one) if isinstance(one, dict) else one for one in given["slice"]))
        if "ellipsis" in given:
            return Ellipsis
        raise Failed("build", f"a value that cannot be replayed: {sorted(given)}")

    # -----------------------------------------------------------------------------------------------------------------
    # Nodes

    def arriving(self, node: int) -> tuple[tuple[int, ...], bool]:
        """The shape of what a node reads first, and whether a mask of timesteps comes with it."""
        tensor = self.inputs(node)[0]
        return tuple(int(size) for size in tensor.shape), self.mask(tensor) is not None

    def inputs(self, node: int) -> list[Any]:
        """The tensors that a node reads."""
        return [self.run(producer)[output] for producer, output in self.nodes[node].get("inputs", ())]

    def run(self, node: int) -> list[Any]:
        """The outputs of a node at inference, and before it of all that it needs."""
        for one in _upstream(node, self.nodes, self.outputs):
            given = self.nodes[one]
            layer = given.get("layer")
            with building(None if layer is None else self.outermost(one).get("id")):
                if given["kind"] == "input":
                    self.outputs[one] = [self._input(given)]
                else:
                    inputs = [self.outputs[before][output] for before, output in given.get("inputs", ())]
                    self.outputs[one] = self.apply(one, inputs)
                for tensor in self.outputs[one]:
                    bounded(getattr(tensor, "shape", ()))
        return self.outputs[node]

    def apply(self, node: int, inputs: Sequence[Any], training: bool | None = None) -> list[Any]:
        """The outputs of an operation or a layer call on the given tensors."""
        given = self.nodes[node]
        if given["kind"] == "op":
            arguments = {key: self.value(one) for key, one in given.get("kwargs", {}).items()}
            result = operate(self, given["name"], arguments, inputs, given.get("list"))
        else:
            result = self.call(node, inputs, training=training)
        return list(result) if isinstance(result, (list, tuple)) else [result]

    def call(
        self, node: int, inputs: Sequence[Any] | None = None, layer: Any = None, training: bool | None = None
    ) -> Any:
        """What the layer of a node gives, with the arguments of that call except for its own `training`."""
        if inputs is None:
            inputs = self.inputs(node)
        if layer is None:
            layer = self.called(node)
        given = self.nodes[node].get("kwargs", {})
        keywords = {name: self.value(one) for name, one in given.items() if name != "training"}
        if any(name[0] == "#" for name in keywords):
            raise Failed("build", "the call of a layer with further arguments by position cannot be replayed")
        if training is not None:
            keywords["training"] = training
        return self.feed(layer, inputs, self.nodes[node].get("list"), **keywords)

    def drawing(self, node: int, inputs: Sequence[Any], layer: Any) -> Callable[[], Any]:
        """The training call of a node's layer, to be made many times: on TensorFlow as a graph, as in `fit`."""

        def call() -> Any:
            return self.call(node, inputs, layer, training=True)

        if self.backend != "tensorflow" or type(layer).__module__.partition(".")[0] not in ("keras", "tf_keras"):
            return call
        draw: Callable[[], Any] = importlib.import_module("tensorflow").function(call, autograph=False)
        return draw

    def feed(self, layer: Any, inputs: Sequence[Any], listed: bool | None = None, **keywords: Any) -> Any:
        """Call a layer eagerly on separate tensors: Keras 3.0 on torch multiplies them in place."""
        if self.backend == "torch":
            inputs = [self.copy(one) for one in inputs]
        short = type(layer).__name__
        if short.startswith(_GROWING) and len(inputs) == 1:
            foresee(layer, inputs[0])
        args: tuple[Any, ...]
        if len(inputs) == 1 and not listed:
            args = (inputs[0],)
        elif short in _SEVERAL or listed is False:
            args = tuple(inputs)
        elif short in _RECURRENT:
            args = (inputs[0],)
            keywords["initial_state"] = list(inputs[1:])
        else:
            args = (list(inputs),)
        with self._frugal(), self.no_gradients():
            return layer(*args, **keywords)

    @contextlib.contextmanager
    def _frugal(self) -> Iterator[None]:
        """Refuse weights that do not fit, before Keras allocates them."""
        base = self.keras.layers.Layer
        original = base.add_weight
        signature = inspect.signature(original)

        def add_weight(layer: Any, *args: Any, **keywords: Any) -> Any:
            shape = signature.bind(layer, *args, **keywords).arguments.get("shape") or ()
            self.weights += math.prod(int(size) for size in _listed(shape) if size is not None)
            if self.weights > MOST_WEIGHTS:
                raise MemoryError(f"weights of shape {tuple(_listed(shape))} are too big to try out")
            return original(layer, *args, **keywords)

        base.add_weight = add_weight
        try:
            yield
        finally:
            base.add_weight = original

    def _input(self, node: Mapping[str, Any]) -> Any:
        shape = tuple(self.sizes[size] if isinstance(size, str) else size for size in node["shape"])
        bounded(shape)
        dtype = np.dtype(node.get("dtype", "float32"))
        if node.get("fill") == "ids":
            high = max(2, min(int(node.get("high") or MOST_IDS), MOST_IDS))
            return self.tensor(self.random.randint(1, high, shape).astype(dtype))
        if dtype.kind == "f":
            return self.tensor(self.random.uniform(0.5, 1.5, shape).astype(dtype))
        if dtype.kind in "iub":
            return self.tensor(self.random.randint(1, 2 if dtype.kind == "b" else 10, shape).astype(dtype))
        raise Failed("build", f"an input of type {dtype} cannot be filled")


def _upstream(node: int, nodes: Mapping[int, Any], done: Container[int]) -> list[int]:
    """The nodes that have to run for a node, in order: a producer has the smaller id. Raises Failed."""
    wanted: set[int] = set()
    open_ = [node]
    while open_:
        one = open_.pop()
        if one in wanted or one in done:
            continue
        if one not in nodes:
            raise Failed("build", f"the job has no node {one}")
        wanted.add(one)
        open_.extend(producer for producer, _ in nodes[one].get("inputs", ()))
    return sorted(wanted)


def _needed(short: str, name: str) -> bool:
    return name not in _NEEDLESS or (short == "Embedding" and name == "input_dim")


def _listed(shape: Any) -> Sequence[Any]:
    return shape if isinstance(shape, (list, tuple)) else (shape,) if isinstance(shape, int) else tuple(shape)


def _seed(keras: Any, seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    if hasattr(keras.utils, "set_random_seed"):
        keras.utils.set_random_seed(seed)
    else:  # Keras 2.6 and before
        importlib.import_module("tensorflow").random.set_seed(seed)
