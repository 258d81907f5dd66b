"""The calls from which tensors come; a model that is called is unfolded into the calls inside it."""

from __future__ import annotations

import functools
import inspect
import re
import sys
from typing import TYPE_CHECKING, Any

from .account import DescribedTensor
from .recorder import Trace, WrittenByUs
from .structures import TensorSpec, flat, mapped, shape_of

if TYPE_CHECKING:
    from .account import Account
    from .recorder import SymbolicCall

    KerasTargets = dict[int, DescribedTensor]

# A model that is run only to see its layers gets these sizes; results of the same size count as unknown again.
_BATCH = 13
_LENGTH = 17


class Expansion:
    """Adds to an account the calls from which tensors come, back to the inputs.

    `top` holds the tensors that are described already, by their ids; `unfolded` the ids of the models whose calls are.
    """

    def __init__(self, account: Account) -> None:
        self.account = account
        self.recorder = account.recorder
        self.keras = account.keras
        self.top: KerasTargets = {}
        self.unfolded: set[int] = set()
        self.running: list[int] = []
        self.kept: list[Any] = []  # so that ids stay theirs

    def expand(self, outputs: list[Any], env: KerasTargets) -> list[DescribedTensor]:
        """The tensors, with all the calls from which they come; `env` are those that are known already."""
        needed: dict[int, SymbolicCall] = {}
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

    def inputs(self, call: SymbolicCall) -> list[Any]:
        """The tensors that a call is given, without the masks that Keras hands on by itself."""
        named = {key: value for key, value in call.kwargs.items() if not key.endswith("mask")}
        return [one for one in [*flat(call.args), *flat(named)] if self.keras.is_tensor(one)]

    def flow(self, tensor: Any, env: KerasTargets) -> DescribedTensor:
        """A tensor whose calls are described."""
        if id(tensor) not in env:
            shape = shape_of(tensor)
            node = self.account.add(
                "opaque", "tensor", [], [shape], None, reason="Keras does not say where it comes from"
            )
            env[id(tensor)] = DescribedTensor(node, 0, shape, getattr(tensor, "dtype", None))
            self.kept.append(tensor)
        return env[id(tensor)]

    def call(self, call: SymbolicCall, env: KerasTargets) -> None:
        """Describe one call: a node, or the nodes of the model that is called."""
        operation = call.operation
        if isinstance(operation, self.keras.input):
            made = self.recorder.made.get(id(operation))
            where = call.place if made is None else made.place
            shapes = [shape_of(one) for one in call.outputs]
            if where is None and shapes[0]:
                # A Sequential that was called without an Input: nobody wrote that batch size.
                shapes[0][0] = None
            dtype = TensorSpec(call.outputs[0]).dtype
            node = self.account.add("input", "keras.Input", [], shapes, where, dtype=dtype)
        else:
            inputs = self.inputs(call)
            given = [self.flow(one, env) for one in inputs]
            unfolded = self.unfold(call, given)
            if unfolded is not None:
                env.update(paired(call.outputs, unfolded))
                return
            shapes = self.shapes(call, inputs, given)
            if self.keras.is_op(operation):
                name, args = self.op(call)
                node = self.account.add("op", name, given, shapes, call.place, args=args)
            else:
                body = self.body(operation, given)
                node = self.account.add(
                    "layer",
                    type(operation).__name__,
                    given,
                    shapes,
                    call.place,
                    layer=self.account.layer(operation),
                    args=self.beside(call),
                    body=[one.ref for one in body],
                )
        for index, tensor in enumerate(call.outputs):
            env[id(tensor)] = DescribedTensor(node, index, shapes[index], getattr(tensor, "dtype", None))

    def shapes(self, call: SymbolicCall, inputs: list[Any], given: list[DescribedTensor]) -> list[Any]:
        """Shapes of a call's outputs; of a model that is called on more than its own inputs say, by one more call."""
        recorded = [shape_of(one) for one in call.outputs]
        if [shape_of(tensor) for tensor in inputs] == [flow.shape for flow in given]:
            return recorded
        _, outputs = self.again(call.operation, call.args, call.kwargs, given)
        found = [shape_of(one) for one in outputs]
        return found if len(found) == len(recorded) else recorded

    def again(self, function: Any, args: Any, kwargs: Any, given: list[DescribedTensor]) -> tuple[list[Any], list[Any]]:
        """Call a function once more on fresh tensors; returns those and the outputs, none where it raises."""
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

    def unfold(self, call: SymbolicCall, given: list[DescribedTensor]) -> list[DescribedTensor] | None:
        """The outputs of a call of a model, or of a user's layer that runs layers, in terms of what happens inside."""
        operation = call.operation
        if id(operation) in self.running:
            return None
        self.running.append(id(operation))
        try:
            if self.keras.is_composite(operation):
                self.unfolded.add(id(operation))
                kwargs = in_training(operation, call.args, call.kwargs)
                starts, ends = self.again(operation.call, call.args, kwargs, given)
                if len(ends) != len(call.outputs) or not all(self.keras.is_tensor(one) for one in ends):
                    return self.traced(operation, call.args, kwargs, given, len(call.outputs))
            else:
                inside = self.keras.inside(operation)
                if inside is None or len(inside[0]) != len(given):
                    return None
                self.unfolded.add(id(operation))
                starts, ends = inside
            self.kept.append((starts, ends))
            return self.expand(ends, paired(starts, given))
        finally:
            self.running.pop()

    def body(self, layer: Any, given: list[DescribedTensor]) -> list[DescribedTensor]:
        """What the function of a Lambda does; nothing where it does not work on symbolic tensors."""
        if type(layer).__name__ != "Lambda" or not self.keras.owns(type(layer)) or len(given) != 1:
            return []
        function = functools.partial(layer.function, **(getattr(layer, "arguments", None) or {}))
        tensor = self.keras.fresh(given[0].shape or (), given[0].dtype or "float32")
        starts, ends = self.again(function, (tensor,), {}, given)
        if len(ends) != 1 or not self.keras.is_tensor(ends[0]):
            return []
        self.kept.append((starts, ends))
        return self.expand(ends, {id(starts[0]): given[0]})

    def beside(self, call: SymbolicCall) -> list[dict[str, Any]]:
        """The other arguments of a layer's call."""
        try:
            names = [name for name in inspect.signature(call.operation.call).parameters if name != "self"]
        except (TypeError, ValueError):
            names = []
        found = []
        for index, value in enumerate(call.args):
            if index and value is not None and not isinstance(value, WrittenByUs):
                name = names[index] if index < len(names) else f"#{index}"
                found.append({"name": name, "value": self.account.value(value), "positional": True})
        for name, value in call.kwargs.items():
            if value is not None and not isinstance(value, WrittenByUs):
                found.append({"name": name, "value": self.account.value(value), "positional": False})
        return found

    def op(self, call: SymbolicCall) -> tuple[str, list[dict[str, Any]]]:
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
                        found.append({"name": key, "value": self.account.value(value), "positional": False})
        for index, value in enumerate(call.args):
            if not any(self.keras.is_tensor(one) for one in flat(value)):
                key = "key" if name == "operator.getitem" else f"#{index}"
                found.append({"name": key, "value": self.account.value(value), "positional": True})
        for key, value in call.kwargs.items():
            if not any(self.keras.is_tensor(one) for one in flat(value)) and key != "name":
                known = "key" if key == "slice_spec" else key
                found.append({"name": known, "value": self.account.value(value), "positional": False})
        return name, found

    def traced(
        self, model: Any, args: Any, kwargs: Any, given: list[DescribedTensor], count: int | None
    ) -> list[DescribedTensor] | None:
        """What happens inside where the code needs real tensors: the layers that it calls, and what is between them."""
        env: KerasTargets = {}
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
            self.kept.append(tensor)
            return tensor

        def leaf(layer: Any, called: Any, named: Any, outputs: Any) -> None:
            self.kept.append((called, named, outputs))
            named = {key: value for key, value in named.items() if not key.endswith("mask")}
            tensors = [one for one in [*flat(called), *flat(named)] if shape_of(one) is not None]
            inputs = [self.real(one, env) for one in tensors]
            found = flat(outputs)
            shapes = [_open(shape_of(one)) for one in found]
            where = self.recorder.places.here(sys._getframe(1))
            node = self.account.add(
                "layer", type(layer).__name__, inputs, shapes, where, layer=self.account.layer(layer), args=[]
            )
            for index, one in enumerate(found):
                env[id(one)] = DescribedTensor(node, index, shapes[index], getattr(one, "dtype", None))

        named = {key: value for key, value in kwargs.items() if not key.endswith("mask")}
        self.recorder.trace = Trace(self.keras, leaf)
        try:
            found = flat(model.call(*mapped(swap, tuple(args)), **mapped(swap, named)))
        except Exception as error:  # noqa: BLE001 - user code
            said = str(error).split("\n")[0][:200]
            said = f"{type(model).__name__} cannot be run to see its layers: {type(error).__name__}: {said}"
            made = self.recorder.made.get(id(model))
            self.account.note(said, None if made is None else made.place)
            return None
        finally:
            self.recorder.trace = None
        self.kept.append(found)
        return [self.real(one, env) for one in found] if count in (None, len(found)) else None

    def real(self, tensor: Any, env: KerasTargets) -> DescribedTensor:
        """A real tensor; one that no layer gave is what the code made by other means."""
        if id(tensor) not in env:
            shape = _open(shape_of(tensor))
            node = self.account.add("opaque", "tensor", [], [shape], None, reason="computed without a layer of Keras")
            env[id(tensor)] = DescribedTensor(node, 0, shape, getattr(tensor, "dtype", None))
        return env[id(tensor)]


def paired(tensors: list[Any], flows: list[DescribedTensor]) -> KerasTargets:
    """Tensors with their descriptions, by the ids of the tensors."""
    return {id(tensor): flows[index] for index, tensor in enumerate(tensors[: len(flows)])}


def in_training(layer: Any, args: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call as `fit` makes it, unless they say themselves whether it is training."""
    names = list(inspect.signature(layer.call).parameters)
    if "training" not in names or "training" in kwargs or len(args) > names.index("training"):
        return kwargs
    return {**kwargs, "training": WrittenByUs(1)}


def _open(shape: Any) -> Any:
    """Sizes that only come from how the model was run are unknown again."""
    if shape is None:
        return None
    return [None if size in (_BATCH, _LENGTH) else size for size in shape]
