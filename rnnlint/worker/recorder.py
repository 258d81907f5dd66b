"""Watches one Keras package while user code runs: what is constructed, and which layer is called on what."""

from __future__ import annotations

import functools
import inspect
import itertools
import sys
from typing import TYPE_CHECKING, Any

from .places import UserPlaces
from .structures import flat, mapped, spec_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .package import Keras
    from .places import Place


PLAIN = (type(None), bool, int, float, str)


class Construction:
    """An object that was constructed. `direct`: by the user's code, not by Keras for it."""

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
            elif self.direct or not (isinstance(value, PLAIN) and value == parameter.default):
                yield name, value, name not in self.kwargs


class SymbolicCall:
    """A symbolic call, which Keras keeps as a node. `number` counts all of them.

    Keras fills in `training` and masks; of these only what is in `written` was given by the caller.
    """

    __slots__ = ("args", "kwargs", "number", "operation", "outputs", "place")

    def __init__(self, node: Any, number: int, where: Place, written: Iterable[str]) -> None:
        self.operation = operation_of(node)
        given = node.arguments if hasattr(node, "arguments") else None
        self.args = node.call_args if given is None else given.args
        kwargs = node.call_kwargs if given is None else given.kwargs
        self.kwargs = {key: kwargs[key] for key in kwargs if not _filled(key) or key in written}
        self.outputs = flat(node.outputs)
        self.number = number
        self.place = where


def operation_of(node: Any) -> Any:
    """What a node of Keras' is a call of."""
    return node.layer if hasattr(node, "layer") else node.operation


def _filled(name: str) -> bool:
    return name == "training" or name.endswith("mask")


class WrittenByUs(int):
    """The True that `in_training` passes to a model's `call`: where it is passed on, the user did not write it."""


class KerasRecorder:
    """Watches one Keras package between `install` and `uninstall`; what was seen stays."""

    def __init__(self, keras: Keras) -> None:
        self.keras = keras
        self.places = UserPlaces()
        self.made: dict[int, Construction] = {}
        self.order: list[Construction] = []
        self.produced: dict[int, tuple[SymbolicCall, int, Any]] = {}
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
            made = SymbolicCall(this, next(self._counter), where, written if layer is operation_of(this) else ())
            for index, tensor in enumerate(made.outputs):
                self.produced[id(tensor)] = (made, index, tensor)

        @functools.wraps(call)
        def watched_call(this: Any, *args: Any, **kwargs: Any) -> Any:
            if self.trace is not None:
                return self.trace.call(this, call, args, kwargs)
            if self.keras.is_composite(this):
                self.seen[id(this)] = (mapped(spec_of, args), mapped(spec_of, kwargs))
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
        self.made[id(made)] = found = Construction(made, args, kwargs, self.places.here(frame), direct)
        self.order.append(found)


class Trace:
    """A run of a model on real tensors that is watched from outside: which layer is called on what another gave."""

    def __init__(self, keras: Keras, leaf: Callable[[Any, Any, Any, Any], None]) -> None:
        self._keras, self._leaf = keras, leaf
        self._depth = 0

    def call(self, layer: Any, call: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A call of a layer; calls inside a layer that is no model are not reported."""
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
