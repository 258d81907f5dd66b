"""What user code built, as plain data that goes to the parent.

The account is `{"layers": [...], "nodes": [...], "models": [...], "notes": [...]}`. Layers and nodes are referred to by
their index. A tensor is `[node, output]`. A shape is a list of sizes with None for unknown ones, or None where not even
the rank is known. A "place" is `[file, row, column, end row, end column]` with columns in bytes from 1, `[file, row]`
before Python 3.11, or None where no line of user code is known.

- A layer: "cls" (the name of its class; of a model of Keras "Sequential" or "Model"), "keras" (it is a class of Keras),
  "model", "origin" (the package that it is from: "keras", "tf_keras" or "tensorflow.compat.v1.keras"; empty for a class
  of the user), "args" (those of the constructor call), "complete" (all of them are known) and "place".
- An argument: "name" (`#1` where the parameter is not known, `*1` in `*args`), "value" and "positional".
- A value: {"const": 1}, {"items": [values], "kind": "list" or "tuple"}, {"slice": [three values]}, {"ellipsis": true},
  {"layer": number}, {"name": "keras.activations.tanh"}, or {"other": "a tensor"} for what has no description.
- A node: "kind" ("input", "layer", "op" or "opaque"), "name", "inputs" (tensors), "outputs" (shapes) and "place". Also
  for an input "dtype"; for a layer "layer", the "args" of the call and "body" (the tensors that the function of a
  Lambda returns); for an operation "args"; for what is opaque the "reason".
- A model: "kind" ("sequential", "functional" or "subclass"), "name", "place", "inputs" and "outputs" (tensors), and
  "nodes", those that it consists of.
- A note: "message" and "place".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .recorder import PLAIN

if TYPE_CHECKING:
    from .places import Place
    from .recorder import KerasRecorder


class DescribedTensor:
    """A tensor in the account: output `output` of node `node`."""

    __slots__ = ("dtype", "node", "output", "shape")

    def __init__(self, node: int, output: int, shape: Any, dtype: Any) -> None:
        self.node, self.output, self.shape, self.dtype = node, output, shape, dtype

    @property
    def ref(self) -> list[int]:
        """The tensor as JSON."""
        return [self.node, self.output]


class Account:
    """All that is described so far: layers, nodes and models by number. `live[n]` is the object of layer n."""

    def __init__(self, recorder: KerasRecorder) -> None:
        self.recorder = recorder
        self.keras = recorder.keras
        self.live: list[Any] = []
        self.layers: list[dict[str, Any]] = []
        self.nodes: list[dict[str, Any]] = []
        self.models: list[dict[str, Any]] = []
        self.notes: list[dict[str, Any]] = []
        self._numbers: dict[int, int] = {}

    def graph(self) -> dict[str, Any]:
        """All that was described."""
        return {"layers": self.layers, "nodes": self.nodes, "models": self.models, "notes": self.notes}

    def note(self, message: str, where: Place) -> None:
        """Tell the user of something that cannot be known."""
        self.notes.append({"message": message, "place": where})

    def value(self, value: Any) -> dict[str, Any]:
        """An argument as JSON."""
        if isinstance(value, str):
            return {"const": str.__str__(value)}  # of an enum of strings its value
        if isinstance(value, PLAIN):
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
                # NumPy's numbers become Python's, but not in a tuple: such a noise_shape is an error in Keras 3.13.
                {"name": key, "value": self.value(_number(one)), "positional": by_position}
                for key, one, by_position in arguments
            ],
            place=None if made is None else made.place,
        )
        return number

    def add(
        self, kind: str, name: str, inputs: list[DescribedTensor], outputs: list[Any], where: Place, **more: Any
    ) -> int:
        """A new node."""
        self.nodes.append(
            {"kind": kind, "name": name, "inputs": [one.ref for one in inputs], "outputs": outputs, "place": where}
        )
        self.nodes[-1].update(more)
        return len(self.nodes) - 1


def _number(value: Any) -> Any:
    return value.item() if type(value).__module__ == "numpy" and getattr(value, "shape", None) == () else value


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
