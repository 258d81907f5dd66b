"""What user code builds, recorded while it runs: which layer was constructed and called where, with which arguments.

Only Keras' own account is read: the objects that it constructs, the nodes that it makes of symbolic calls. Keras 2
(2.6 and later), tf_keras and Keras 3.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import itertools
import os
import re
import sys
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Place = list[Any] | None
    Env = dict[int, "Flow"]

# Frames of these packages are not the user's, nor are those of the standard library.
_PACKAGES = ("keras", "tf_keras", "tensorflow", "jax", "torch", "numpy", "absl", "tree", "optree", "wrapt")
# What Keras does on its own account.
_REPEATING = ("_maybe_rebuild", "clone_graph_nodes", "_build_graph_network_for_inferred_shape")
_PLAIN = (type(None), bool, int, float, str)
# A model that is run only to see its layers gets these sizes; results of the same size count as unknown again.
_BATCH = 13
_LENGTH = 17


def flat(structure: Any) -> list[Any]:
    """The leaves of nested lists, tuples and dicts, in Keras' order."""
    if isinstance(structure, dict):
        return [leaf for key in sorted(structure, key=str) for leaf in flat(structure[key])]
    if isinstance(structure, (list, tuple)):
        return [leaf for one in structure for leaf in flat(one)]
    return [structure]


def mapped(function: Callable[[Any], Any], structure: Any) -> Any:
    """The same structure of other leaves, called for in the order of `flat`."""
    if isinstance(structure, dict):
        done = {key: mapped(function, structure[key]) for key in sorted(structure, key=str)}
        return {key: done[key] for key in structure}
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*(mapped(function, one) for one in structure))
    if isinstance(structure, (list, tuple)):
        return type(structure)(mapped(function, one) for one in structure)
    return function(structure)


def shape_of(tensor: Any) -> list[int | None] | None:
    """A tensor's shape; None where not even the rank is known, or where it is none."""
    try:
        return [None if size is None else int(size) for size in tensor.shape]
    except (AttributeError, TypeError, ValueError):
        return None


class Keras:
    """The classes of one Keras package that everything of a model is an instance of."""

    def __init__(self, package: Any) -> None:
        self.package = package
        self.name = package.__name__
        self.legacy = package.__version__.startswith("2.")
        part = self._part
        if self.legacy:
            self.layer = part("engine.base_layer").Layer
            self.model = part("engine.training").Model
            self.functional = part("engine.functional").Functional
            self.sequential = part("engine.sequential").Sequential
            self.input = part("engine.input_layer").InputLayer
            self.tensor = part("engine.keras_tensor").KerasTensor
            self.node = part("engine.node").Node
            self.base = self.layer
            lambdas = part("layers.core")
            names = ("TFOpLambda", "SlicingOpLambda", "InstanceMethod", "InstanceProperty", "ClassMethod")
            self.ops = tuple(getattr(lambdas, name) for name in names if hasattr(lambdas, name))
        else:
            self.layer = package.Layer if hasattr(package, "Layer") else package.layers.Layer
            self.model = package.Model
            self.functional = part("models.functional").Functional
            self.sequential = package.Sequential
            self.input = package.layers.InputLayer
            self.tensor = package.KerasTensor
            self.node = part("ops.node").Node
            self.base = part("ops.operation").Operation
            self.ops = ()

    def _part(self, name: str) -> Any:
        try:
            return importlib.import_module(f"{self.name}.src.{name}")
        except ImportError:
            return importlib.import_module(f"{self.name}.{name}")

    def owns(self, cls: type) -> bool:
        """Whether a class is Keras' own."""
        return cls.__module__.split(".")[0] in ("keras", "tf_keras")

    def is_op(self, operation: Any) -> bool:
        """Whether what was called is a function on tensors rather than a layer."""
        return isinstance(operation, self.ops) if self.legacy else not isinstance(operation, self.layer)

    def is_composite(self, operation: Any) -> bool:
        """Whether it is of a user's class that runs layers of its own."""
        cls: Any = type(operation)
        if self.owns(cls) or not isinstance(operation, self.layer):
            return False
        base = next(base for base in cls.__mro__ if self.owns(base))
        if base in (self.functional, self.sequential):
            return cls.call is not base.call
        if base is self.model:
            return True
        return base is self.layer and bool(list(operation._flatten_layers(include_self=False)))

    def inside(self, model: Any) -> tuple[list[Any], list[Any]] | None:
        """Inputs and outputs of a Functional, or of a Sequential that knows its input; else None."""
        if isinstance(model, self.sequential) and not self.legacy:
            model = model._functional
        elif isinstance(model, self.sequential) and not getattr(model, "_graph_initialized", True):
            return None
        if not isinstance(model, self.functional) or not getattr(model, "outputs", None):
            return None
        return flat(model.inputs), flat(model.outputs)

    def is_tensor(self, value: Any) -> bool:
        """Whether a value is symbolic."""
        return isinstance(value, self.tensor)

    def fresh(self, shape: Any, dtype: Any) -> Any:
        """A symbolic tensor of this shape."""
        return self.package.Input(batch_shape=tuple(shape), dtype=dtype)

    def ones(self, shape: Any, dtype: Any) -> Any:
        """A real tensor of this shape."""
        import numpy as np

        array = np.ones(shape, dtype)
        if self.legacy:
            return sys.modules["tensorflow"].constant(array)
        return self.package.ops.convert_to_tensor(array)


# ---------------------------------------------------------------------------------------------------------------------
# Where


def _folders() -> Iterator[str]:
    """Where Keras and what it stands on are installed: what is loaded before any user code is."""
    yield os.path.dirname(os.path.abspath(__file__)) + os.sep
    for name in _PACKAGES:
        path = os.path.abspath(getattr(sys.modules.get(name), "__file__", None) or "")
        # TensorFlow's file may stand in a folder of its public names only.
        folder, found, _ = path.rpartition(os.sep + name + os.sep)
        if found:
            yield folder + found


class Places:
    """Finds the line of user code that is under way."""

    def __init__(self) -> None:
        self._known: dict[str, bool] = {}
        self._folders = tuple(_folders())
        self._library = os.path.dirname(os.path.abspath(os.__file__))

    def user(self, filename: str) -> bool:
        """Whether a file is the user's, or a package's that is built on Keras."""
        known = self._known.get(filename)
        if known is None:
            known = self._known[filename] = self._is_user(filename)
        return known

    def _is_user(self, filename: str) -> bool:
        if filename.startswith(("<frozen", "<string", "<__array", "<decorator")) or "__autograph_generated" in filename:
            return False
        path = os.path.abspath(filename)
        if path.startswith(self._folders):
            return False
        return not path.startswith(self._library + os.sep) or "-packages" in path[len(self._library) :]

    def here(self, frame: types.FrameType | None, called: bool = False) -> Place:
        """`[file, row, column, end row, end column]` of the innermost user call; columns in bytes, from 1.

        Before Python 3.11 `[file, row]`. None where there is none, where a Sequential makes up its input or a model is
        copied, and, for what is `called`, where a Sequential calls its layers.
        """
        while frame is not None and not self.user(frame.f_code.co_filename):
            code = frame.f_code
            if code.co_name in _REPEATING or (called and code.co_filename.endswith("sequential.py")):
                return None
            if code.co_name == "build" and code.co_filename.endswith("sequential.py"):
                return None
            frame = frame.f_back
        return None if frame is None else place(frame)


def place(frame: types.FrameType) -> list[Any]:
    """As `Places.here`, of one frame."""
    file = frame.f_code.co_filename
    if hasattr(frame.f_code, "co_positions"):
        positions = frame.f_code.co_positions()
        row, end_row, column, end_column = next(itertools.islice(positions, frame.f_lasti // 2, None))
        if None not in (row, end_row, column, end_column):
            return [file, row, column + 1, end_row, end_column + 1]
    return [file, frame.f_lineno]


# ---------------------------------------------------------------------------------------------------------------------
# Recording


class Made:
    """An object that was constructed. `direct`: by the user's code, not by Keras on its behalf."""

    __slots__ = ("args", "direct", "kwargs", "object", "place")

    def __init__(self, made: Any, args: tuple[Any, ...], kwargs: dict[str, Any], where: Place, direct: bool) -> None:
        self.object, self.args, self.kwargs, self.place, self.direct = made, args, kwargs, where, direct

    def written(self) -> Iterator[tuple[str, Any, bool]]:
        """Arguments by parameter, as written: name, value, whether by position."""
        try:
            signature = inspect.signature(type(self.object).__init__)
            bound = signature.bind(self.object, *self.args, **self.kwargs).arguments
        except (TypeError, ValueError):
            for index, value in enumerate(self.args):
                yield f"#{index}", value, True
            for name, value in self.kwargs.items():
                yield name, value, False
            return
        for name, value in list(bound.items())[1:]:
            parameter = signature.parameters[name]
            if parameter.kind is parameter.VAR_KEYWORD:
                for key, one in value.items():
                    yield key, one, False
            elif parameter.kind is parameter.VAR_POSITIONAL:
                for index, one in enumerate(value):
                    yield f"*{index}", one, True
            # `layers.concatenate([...])` constructs its layer inside of Keras, with all arguments.
            elif self.direct or not (isinstance(value, _PLAIN) and value == parameter.default):
                yield name, value, name not in self.kwargs


class Call:
    """A symbolic call: a node of Keras'. `number` counts all of them.

    Keras fills in `training` and masks; of these only what is in `written` was given by the caller.
    """

    __slots__ = ("args", "kwargs", "number", "operation", "outputs", "place")

    def __init__(self, node: Any, number: int, where: Place, written: Iterable[str]) -> None:
        self.operation = _operation(node)
        given = node.arguments if hasattr(node, "arguments") else None
        self.args = node.call_args if given is None else given.args
        kwargs = node.call_kwargs if given is None else given.kwargs
        self.kwargs = {key: kwargs[key] for key in kwargs if not _filled(key) or key in written}
        self.outputs = flat(node.outputs)
        self.number = number
        self.place = where


def _operation(node: Any) -> Any:
    return node.layer if hasattr(node, "layer") else node.operation


def _filled(name: str) -> bool:
    return name == "training" or name.endswith("mask")


class _Training(int):
    """True, handed to a model's `call` by us: what it hands on was not written by anyone."""


class Spec:
    """A tensor's shape and dtype."""

    __slots__ = ("dtype", "shape")

    def __init__(self, tensor: Any) -> None:
        self.shape = shape_of(tensor)
        dtype = tensor.dtype
        self.dtype = str(getattr(dtype, "name", dtype)).replace("torch.", "")


class Recorder:
    """Watches one Keras package; `install` and `uninstall` as often as wanted, what was seen stays."""

    def __init__(self, keras: Keras) -> None:
        self.keras = keras
        self.places = Places()
        self.made: dict[int, Made] = {}
        self.order: list[Made] = []
        self.produced: dict[int, tuple[Call, int, Any]] = {}
        self.seen: dict[int, tuple[tuple[Any, ...], dict[str, Any]]] = {}
        self.trace: Trace | None = None
        self._counter = itertools.count()
        self._calls: list[tuple[Any, Iterable[str]]] = []
        self._undo: list[Callable[[], None]] = []

    def install(self) -> None:
        """Watch constructions, the making of nodes, and calls."""
        base, node, layer = self.keras.base, self.keras.node, self.keras.layer
        new, init, call = base.__new__, node.__init__, layer.__call__

        @functools.wraps(new)
        def watched_new(cls: type, *args: Any, **kwargs: Any) -> Any:
            made = new(cls, *args, **kwargs)
            self._constructed(made, args, kwargs, sys._getframe(1))
            return made

        @functools.wraps(init)
        def watched_init(this: Any, *args: Any, **kwargs: Any) -> None:
            init(this, *args, **kwargs)
            layer, written = self._calls[-1] if self._calls else (None, ())
            where = self.places.here(sys._getframe(1), called=True)
            made = Call(this, next(self._counter), where, written if layer is _operation(this) else ())
            for index, tensor in enumerate(made.outputs):
                self.produced[id(tensor)] = (made, index, tensor)

        @functools.wraps(call)
        def watched_call(this: Any, *args: Any, **kwargs: Any) -> Any:
            if self.trace is not None:
                return self.trace.call(this, call, args, kwargs)
            if self.keras.is_composite(this):
                self.seen[id(this)] = (mapped(_spec, args), mapped(_spec, kwargs))
            self._calls.append((this, kwargs.keys()))
            try:
                return call(this, *args, **kwargs)
            finally:
                self._calls.pop()

        base.__new__, node.__init__, layer.__call__ = staticmethod(watched_new), watched_init, watched_call
        self._undo.append(lambda: setattr(base, "__new__", staticmethod(new)))
        self._undo.append(lambda: setattr(node, "__init__", init))
        self._undo.append(lambda: setattr(layer, "__call__", call))

    def uninstall(self) -> None:
        """Leave Keras as it was."""
        while self._undo:
            self._undo.pop()()

    def _constructed(self, made: Any, args: tuple[Any, ...], kwargs: dict[str, Any], frame: Any) -> None:
        while frame is not None and frame.f_code.co_name == "__new__":
            frame = frame.f_back
        if frame is None or id(made) in self.made:
            return
        direct = self.places.user(frame.f_code.co_filename)
        self.made[id(made)] = found = Made(made, args, kwargs, self.places.here(frame), direct)
        self.order.append(found)


def _spec(value: Any) -> Any:
    return Spec(value) if hasattr(value, "shape") and hasattr(value, "dtype") else value


class Trace:
    """A run of a model on real tensors that is watched from outside: which layer is called on what another gave."""

    def __init__(self, keras: Keras, leaf: Callable[[Any, Any, Any, Any], None]) -> None:
        self._keras, self._leaf = keras, leaf
        self._depth = 0

    def call(self, layer: Any, call: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A call of a layer; what happens inside of one that is no model is its own affair."""
        keras = self._keras
        if self._depth or isinstance(layer, (keras.model, keras.sequential)) or keras.is_composite(layer):
            return call(layer, *args, **kwargs)
        self._depth += 1
        try:
            outputs = call(layer, *args, **kwargs)
        finally:
            self._depth -= 1
        self._leaf(layer, args, kwargs, outputs)
        return outputs


# ---------------------------------------------------------------------------------------------------------------------
# Describing


class Flow:
    """A tensor in the description: output `output` of node `node`."""

    __slots__ = ("dtype", "node", "output", "shape")

    def __init__(self, node: int, output: int, shape: Any, dtype: Any) -> None:
        self.node, self.output, self.shape, self.dtype = node, output, shape, dtype

    @property
    def ref(self) -> list[int]:
        """The place in the graph."""
        return [self.node, self.output]


def _number(value: Any) -> Any:
    return value.item() if type(value).__module__ == "numpy" and getattr(value, "shape", None) == () else value


def _paired(tensors: list[Any], flows: list[Flow]) -> Env:
    return {id(tensor): flows[index] for index, tensor in enumerate(tensors[: len(flows)])}


class Describe:
    """Models as JSON: layers, nodes and models by number. `live[n]` is the object of layer n."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.keras = recorder.keras
        self.live: list[Any] = []
        self.layers: list[dict[str, Any]] = []
        self.nodes: list[dict[str, Any]] = []
        self.models: list[dict[str, Any]] = []
        self.notes: list[dict[str, Any]] = []
        self._numbers: dict[int, int] = {}
        self.top: Env = {}
        self._unfolded: set[int] = set()
        self._running: list[int] = []
        self._kept: list[Any] = []  # so that ids stay theirs

    def graph(self) -> dict[str, Any]:
        """All that was described."""
        return {"layers": self.layers, "nodes": self.nodes, "models": self.models, "notes": self.notes}

    def note(self, message: str, where: Place) -> None:
        """Something that is not known, for the user."""
        self.notes.append({"message": message, "place": where})

    # -- values and layers

    def value(self, value: Any) -> dict[str, Any]:
        """An argument."""
        if isinstance(value, str):
            return {"const": str.__str__(value)}  # of an enum of strings what it stands for
        if isinstance(value, _PLAIN):
            return {"const": next((cls(value) for cls in (bool, int, float) if isinstance(value, cls)), None)}
        if value is Ellipsis:
            return {"ellipsis": True}
        if isinstance(value, slice):
            return {"slice": [self.value(one) for one in (value.start, value.stop, value.step)]}
        if isinstance(value, dict) and value.keys() == {"start", "stop", "step"}:
            # As Keras 2 keeps a slice.
            return self.value(slice(value["start"], value["stop"], value["step"]))
        if isinstance(value, (list, tuple)):
            kind = "list" if isinstance(value, list) else "tuple"
            return {"items": [self.value(item) for item in value], "kind": kind}
        if isinstance(value, self.keras.layer):
            return {"layer": self.layer(value)}
        if self.keras.is_tensor(value):
            return {"other": "a tensor"}
        if callable(value) and hasattr(value, "__name__"):
            return {"name": function_name(value)}
        return {"other": f"an object of type {type(value).__name__}"}

    def layer(self, layer: Any) -> int:
        """The number of a layer."""
        if id(layer) in self._numbers:
            return self._numbers[id(layer)]
        self._numbers[id(layer)] = number = len(self.layers)
        entry: dict[str, Any] = {}
        self.layers.append(entry)
        self.live.append(layer)
        cls = type(layer)
        keras = self.keras.owns(cls)
        made = self.recorder.made.get(id(layer))
        opaque = isinstance(layer, self.keras.model)
        arguments = [] if opaque or made is None else list(made.written())
        name = cls.__name__
        if keras and opaque:
            name = "Sequential" if isinstance(layer, self.keras.sequential) else "Model"
        old = keras and cls.__module__.endswith(("lstm_v1", "gru_v1"))
        entry.update(
            cls=name,
            keras=keras,
            model=opaque,
            origin="tensorflow.compat.v1.keras" if old else self.keras.name if keras else "",
            complete=not opaque and made is not None,
            args=[
                # NumPys numbers count as Pythons, but not in a tuple: a noise_shape of them is an error in Keras 3.13.
                {"name": key, "value": self.value(_number(one)), "positional": by_position}
                for key, one, by_position in arguments
            ],
            place=None if made is None else made.place,
        )
        return number

    # -- nodes

    def add(self, kind: str, name: str, inputs: list[Flow], outputs: list[Any], where: Place, **more: Any) -> int:
        """A new node."""
        self.nodes.append(
            {"kind": kind, "name": name, "inputs": [one.ref for one in inputs], "outputs": outputs, "place": where}
        )
        self.nodes[-1].update(more)
        return len(self.nodes) - 1

    def expand(self, outputs: list[Any], env: Env) -> list[Flow]:
        """The tensors, with all the calls from which they come; `env` are those that are known already."""
        needed: dict[int, Call] = {}
        stack = list(outputs)
        while stack:
            tensor = stack.pop()
            found = self.recorder.produced.get(id(tensor))
            if id(tensor) in env or found is None or found[0].number in needed:
                continue
            needed[found[0].number] = found[0]
            stack.extend(self.inputs(found[0]))
        for number in sorted(needed):
            self.call(needed[number], env)
        return [self.flow(one, env) for one in outputs]

    def inputs(self, call: Call) -> list[Any]:
        """The tensors that a call is given, without the masks that Keras hands on by itself."""
        named = {key: value for key, value in call.kwargs.items() if not key.endswith("mask")}
        return [one for one in [*flat(call.args), *flat(named)] if self.keras.is_tensor(one)]

    def flow(self, tensor: Any, env: Env) -> Flow:
        """A tensor whose calls are described."""
        if id(tensor) not in env:
            shape = shape_of(tensor)
            node = self.add("opaque", "tensor", [], [shape], None, reason="Keras does not say where it comes from")
            env[id(tensor)] = Flow(node, 0, shape, getattr(tensor, "dtype", None))
            self._kept.append(tensor)
        return env[id(tensor)]

    def call(self, call: Call, env: Env) -> None:
        """Describe one call: a node, or the nodes of the model that is called."""
        operation = call.operation
        if isinstance(operation, self.keras.input):
            made = self.recorder.made.get(id(operation))
            where = call.place if made is None else made.place
            shapes = [shape_of(one) for one in call.outputs]
            if where is None and shapes[0]:
                # A Sequential that was called without an Input of its own: nobody wrote that batch size.
                shapes[0][0] = None
            dtype = Spec(call.outputs[0]).dtype
            node = self.add("input", "keras.Input", [], shapes, where, dtype=dtype)
        else:
            inputs = self.inputs(call)
            given = [self.flow(one, env) for one in inputs]
            unfolded = self.unfold(call, given)
            if unfolded is not None:
                env.update(_paired(call.outputs, unfolded))
                return
            shapes = self.shapes(call, inputs, given)
            if self.keras.is_op(operation):
                name, args = self.op(call)
                node = self.add("op", name, given, shapes, call.place, args=args)
            else:
                body = self.body(operation, given)
                node = self.add(
                    "layer",
                    type(operation).__name__,
                    given,
                    shapes,
                    call.place,
                    layer=self.layer(operation),
                    args=self.beside(call),
                    body=[one.ref for one in body],
                )
        for index, tensor in enumerate(call.outputs):
            env[id(tensor)] = Flow(node, index, shapes[index], getattr(tensor, "dtype", None))

    def shapes(self, call: Call, inputs: list[Any], given: list[Flow]) -> list[Any]:
        """Shapes of a call's outputs; of a model that is called on more than its own inputs say, by one more call."""
        recorded = [shape_of(one) for one in call.outputs]
        if [shape_of(tensor) for tensor in inputs] == [flow.shape for flow in given]:
            return recorded
        _, outputs = self.again(call.operation, call.args, call.kwargs, given)
        found = [shape_of(one) for one in outputs]
        return found if len(found) == len(recorded) else recorded

    def again(self, function: Any, args: Any, kwargs: Any, given: list[Flow]) -> tuple[list[Any], list[Any]]:
        """Call once more, on fresh tensors: those, and what it gives (nothing where it refuses)."""
        fresh: list[Any] = []
        named = {key: value for key, value in kwargs.items() if not key.endswith("mask")}
        flows = iter(given)

        def swap(value: Any) -> Any:
            if not self.keras.is_tensor(value):
                return value
            flow = next(flows)
            fresh.append(self.keras.fresh(flow.shape, flow.dtype or "float32"))
            return fresh[-1]

        try:
            outputs = flat(function(*mapped(swap, tuple(args)), **mapped(swap, named)))
        except Exception:  # noqa: BLE001 - user code, or Keras over it
            return fresh, []
        return fresh, outputs

    def unfold(self, call: Call, given: list[Flow]) -> list[Flow] | None:
        """The outputs of a call of a model, or of a user's layer that runs layers, in terms of what happens inside."""
        operation = call.operation
        if id(operation) in self._running:
            return None
        self._running.append(id(operation))
        try:
            if self.keras.is_composite(operation):
                self._unfolded.add(id(operation))
                kwargs = _in_training(operation, call.args, call.kwargs)
                starts, ends = self.again(operation.call, call.args, kwargs, given)
                if len(ends) != len(call.outputs) or not all(self.keras.is_tensor(one) for one in ends):
                    return self.traced(operation, call.args, kwargs, given, len(call.outputs))
            else:
                inside = self.keras.inside(operation)
                if inside is None or len(inside[0]) != len(given):
                    return None
                self._unfolded.add(id(operation))
                starts, ends = inside
            self._kept.append((starts, ends))
            return self.expand(ends, _paired(starts, given))
        finally:
            self._running.pop()

    def body(self, layer: Any, given: list[Flow]) -> list[Flow]:
        """What the function of a Lambda does; nothing where it does not work on symbolic tensors."""
        if type(layer).__name__ != "Lambda" or not self.keras.owns(type(layer)) or len(given) != 1:
            return []
        function = functools.partial(layer.function, **(getattr(layer, "arguments", None) or {}))
        tensor = self.keras.fresh(given[0].shape or (), given[0].dtype or "float32")
        starts, ends = self.again(function, (tensor,), {}, given)
        if len(ends) != 1 or not self.keras.is_tensor(ends[0]):
            return []
        self._kept.append((starts, ends))
        return self.expand(ends, {id(starts[0]): given[0]})

    def beside(self, call: Call) -> list[dict[str, Any]]:
        """The other arguments of a layer's call."""
        try:
            names = [name for name in inspect.signature(call.operation.call).parameters if name != "self"]
        except (TypeError, ValueError):
            names = []
        found = []
        for index, value in enumerate(call.args):
            if index and value is not None and not isinstance(value, _Training):
                name = names[index] if index < len(names) else f"#{index}"
                found.append({"name": name, "value": self.value(value), "positional": True})
        for name, value in call.kwargs.items():
            if value is not None and not isinstance(value, _Training):
                found.append({"name": name, "value": self.value(value), "positional": False})
        return found

    def op(self, call: Call) -> tuple[str, list[dict[str, Any]]]:
        """Name and arguments of a function on tensors."""
        operation = call.operation
        found: list[dict[str, Any]] = []
        if self.keras.legacy:
            name = str(getattr(operation, "symbol", None) or type(operation).__name__)
            name = name.replace("__operators__.", "operator.")
            if not name.startswith(("operator.", "keras.")):
                name = "tensorflow." + name
        else:
            cls = type(operation)
            snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", cls.__name__).lower()
            name = "operator.getitem" if snake == "get_item" else "keras.ops." + snake
            made = self.recorder.made.get(id(operation))
            if made is not None:
                for key, value, _ in made.written():
                    if key not in ("name", "dtype"):
                        found.append({"name": key, "value": self.value(value), "positional": False})
        for index, value in enumerate(call.args):
            if not any(self.keras.is_tensor(one) for one in flat(value)):
                key = "key" if name == "operator.getitem" else f"#{index}"
                found.append({"name": key, "value": self.value(value), "positional": True})
        for key, value in call.kwargs.items():
            if not any(self.keras.is_tensor(one) for one in flat(value)) and key != "name":
                known = "key" if key == "slice_spec" else key
                found.append({"name": known, "value": self.value(value), "positional": False})
        return name, found

    # -- models

    def model(self, model: Any) -> None:
        """A model that the user's code constructed."""
        made = self.recorder.made.get(id(model))
        where = None if made is None else made.place
        kind = "sequential" if isinstance(model, self.keras.sequential) else "functional"
        before = len(self.nodes)
        if self.keras.is_composite(model):
            kind = "subclass"
            found = self.called(model, where)
        else:
            inside = self.keras.inside(model)
            if inside is not None and id(model) in self._unfolded and not self.has_input(model):
                return
            if inside is not None:
                outputs = self.expand(inside[1], self.top)
                found = [self.flow(one, self.top) for one in inside[0]], outputs
            else:
                found = self.chain(model, where)
        if found is None:
            return
        nodes = self.between([one.ref for one in found[0]], [one.ref for one in found[1]])
        self.models.append(
            {
                "kind": kind,
                "name": type(model).__name__ if kind == "subclass" else str(model.name),
                "place": where,
                "inputs": [one.ref for one in found[0]],
                "outputs": [one.ref for one in found[1]],
                "nodes": nodes if kind != "subclass" else sorted({*nodes, *range(before, len(self.nodes))}),
            }
        )

    def has_input(self, model: Any) -> bool:
        """Whether a model has an input that its code wrote, rather than one that Keras gave it when it was called."""
        inside = self.keras.inside(model)
        if inside is None:
            return False
        for tensor in inside[0]:
            found = self.recorder.produced.get(id(tensor))
            made = None if found is None else self.recorder.made.get(id(found[0].operation))
            if made is not None and made.place is None:
                return False
        return True

    def between(self, inputs: list[list[int]], outputs: list[list[int]]) -> list[int]:
        """The nodes from which the outputs come, back to the inputs."""
        seen = {node for node, _ in inputs}
        stack = [node for node, _ in outputs]
        while stack:
            number = stack.pop()
            if number not in seen:
                seen.add(number)
                stack.extend(node for node, _ in self.nodes[number]["inputs"])
        return sorted(seen)

    def called(self, model: Any, where: Place) -> tuple[list[Flow], list[Flow]] | None:
        """A model of a user's class, run once more on what it was called on, or built for."""
        if id(model) in self._unfolded:
            return None
        name = type(model).__name__
        seen = self.recorder.seen.get(id(model)) or _built_for(model)
        if seen is None:
            self.note(
                f"no input shape of the model {name} is known: call it on a batch, or call its build(), where it is "
                "made",
                where,
            )
            return None
        specs = [one for one in [*flat(seen[0]), *flat(seen[1])] if isinstance(one, Spec)]
        if any(spec.shape is None for spec in specs) or not specs:
            self.note(f"the model {name} was not called on tensors of known rank", where)
            return None
        given = []
        tensors = []
        for spec in specs:
            shape = [None, *spec.shape[1:]] if spec.shape else []
            node = self.add("input", "keras.Input", [], [shape], where, dtype=spec.dtype)
            given.append(Flow(node, 0, shape, spec.dtype))
            tensors.append(self.keras.fresh(shape, spec.dtype))
        fill = iter(tensors)
        args, kwargs = mapped(lambda one: next(fill) if isinstance(one, Spec) else one, seen)
        kwargs = _in_training(model, args, kwargs)
        self._unfolded.add(id(model))
        self._running.append(id(model))
        try:
            starts, ends = self.again(model.call, args, kwargs, given)
            if ends and all(self.keras.is_tensor(one) for one in ends):
                self._kept.append((starts, ends))
                return given, self.expand(ends, _paired(starts, given))
            return given, self.traced(model, args, kwargs, given, None) or []
        finally:
            self._running.pop()

    def traced(self, model: Any, args: Any, kwargs: Any, given: list[Flow], count: int | None) -> list[Flow] | None:
        """What happens inside where the code needs real tensors: the layers that it calls, and what is between them."""
        env: Env = {}
        flows = iter(given)

        def swap(value: Any) -> Any:
            if not self.keras.is_tensor(value):
                return value
            flow = next(flows)
            sizes = [size if size is not None else _LENGTH for size in flow.shape or ()]
            tensor = self.keras.ones(
                [_BATCH, *sizes[1:]] if sizes else [], str(getattr(flow.dtype, "name", flow.dtype))
            )
            env[id(tensor)] = flow
            self._kept.append(tensor)
            return tensor

        def leaf(layer: Any, called: Any, named: Any, outputs: Any) -> None:
            self._kept.append((called, named, outputs))
            named = {key: value for key, value in named.items() if not key.endswith("mask")}
            tensors = [one for one in [*flat(called), *flat(named)] if shape_of(one) is not None]
            inputs = [self.real(one, env) for one in tensors]
            found = flat(outputs)
            shapes = [_open(shape_of(one)) for one in found]
            where = self.recorder.places.here(sys._getframe(1))
            node = self.add("layer", type(layer).__name__, inputs, shapes, where, layer=self.layer(layer), args=[])
            for index, one in enumerate(found):
                env[id(one)] = Flow(node, index, shapes[index], getattr(one, "dtype", None))

        named = {key: value for key, value in kwargs.items() if not key.endswith("mask")}
        self.recorder.trace = Trace(self.keras, leaf)
        try:
            found = flat(model.call(*mapped(swap, tuple(args)), **mapped(swap, named)))
        except Exception as error:  # noqa: BLE001 - user code
            said = str(error).split("\n")[0][:200]
            said = f"{type(model).__name__} cannot be run to see its layers: {type(error).__name__}: {said}"
            made = self.recorder.made.get(id(model))
            self.note(said, None if made is None else made.place)
            return None
        finally:
            self.recorder.trace = None
        self._kept.append(found)
        return [self.real(one, env) for one in found] if count in (None, len(found)) else None

    def real(self, tensor: Any, env: Env) -> Flow:
        """A real tensor; one that no layer gave is what the code made by other means."""
        if id(tensor) not in env:
            shape = _open(shape_of(tensor))
            node = self.add("opaque", "tensor", [], [shape], None, reason="computed without a layer of Keras")
            env[id(tensor)] = Flow(node, 0, shape, getattr(tensor, "dtype", None))
        return env[id(tensor)]

    def chain(self, model: Any, where: Place) -> tuple[list[Flow], list[Flow]] | None:
        """A Sequential that Keras could not build yet: its layers in order, shapes unknown."""
        if not isinstance(model, self.keras.sequential) or id(model) in self._unfolded:
            return None
        self.note("the Sequential has no input shape: begin it with an Input", where)
        start = last = Flow(self.add("input", "keras.Input", [], [None], where), 0, None, None)
        for layer in self._links(model):
            more = {"layer": self.layer(layer), "args": []}
            last = Flow(self.add("layer", type(layer).__name__, [last], [None], None, **more), 0, None, None)
        return [start], [last]

    def _links(self, model: Any) -> Iterator[Any]:
        for layer in model.layers:
            if isinstance(layer, self.keras.sequential):
                yield from self._links(layer)
            else:
                yield layer


def _in_training(layer: Any, args: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call as `fit` makes it, unless they say themselves whether it is training."""
    names = list(inspect.signature(layer.call).parameters)
    if "training" not in names or "training" in kwargs or len(args) > names.index("training"):
        return kwargs
    return {**kwargs, "training": _Training(1)}


def _built_for(model: Any) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """What `model.build(shape)` was given."""
    shapes = getattr(model, "_build_shapes_dict", None)
    shape = next(iter(shapes.values())) if shapes else getattr(model, "_build_input_shape", None)
    try:
        sizes = [None if size is None else int(size) for size in shape or ()]
    except (TypeError, ValueError):
        return None
    if not sizes:
        return None
    return (_spec(types.SimpleNamespace(shape=sizes, dtype="float32")),), {}


def _open(shape: Any) -> Any:
    """Sizes that only come from how the model was run are unknown again."""
    if shape is None:
        return None
    return [None if size in (_BATCH, _LENGTH) else size for size in shape]


def function_name(function: Any) -> str:
    """The dotted name under which code knows a function: `keras.activations.tanh`, `tensorflow.tanh`."""
    short = str(function.__name__)
    exported = getattr(function, "_tf_api_names", None)
    if exported:
        return f"tensorflow.{min(exported, key=len)}"
    module = str(getattr(function, "__module__", ""))
    if module.split(".", maxsplit=1)[0] in ("keras", "tf_keras"):
        parts = [
            part
            for part in ("activations", "initializers", "regularizers", "constraints", "ops", "backend")
            if part in module.split(".")
        ]
        return ".".join(["keras", *parts[:1], short])
    if module.startswith("tensorflow."):
        return "tensorflow." + short
    return module + "." + getattr(function, "__qualname__", short) if module else short


def describe(recorder: Recorder, since: int, results: list[Any]) -> Describe:
    """All that was made since the recorder had seen so many objects, and the models that came of it."""
    keras = recorder.keras
    description = Describe(recorder)
    made = recorder.order[since:]
    models = [one.object for one in made if one.direct and isinstance(one.object, keras.model)]
    models += [model for model in results if not any(model is one for one in models)]
    # What is called from others comes last: by then it stands where it is called.
    independent = [model for model in models if not keras.is_composite(model) and description.has_input(model)]
    # In the order in which the code called them, whatever the order of the models.
    ends = [keras.inside(model) for model in independent]
    description.expand([tensor for end in ends if end is not None for tensor in end[1]], description.top)
    for model in sorted(models, key=lambda model: not any(model is one for one in independent)):
        description.model(model)
    for one in made:
        if one.direct and isinstance(one.object, keras.layer) and _is_leaf(keras, one.object):
            description.layer(one.object)
    return description


def _is_leaf(keras: Keras, layer: Any) -> bool:
    if isinstance(layer, (keras.model, keras.input)) or keras.is_op(layer):
        return False
    try:
        return keras.owns(type(layer)) and not keras.is_composite(layer)
    except Exception:  # noqa: BLE001 - a layer whose constructor failed halfway
        return False
