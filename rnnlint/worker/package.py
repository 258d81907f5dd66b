"""The classes of an installed Keras package, and what they say of an object: Keras 2.6 and later, tf_keras, Keras 3."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from .structures import flat


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
        """Whether its class is the user's and runs layers of its own."""
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
