"""Layers with one value for each argument: the one that the finding is about, else one that suits a probe."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from rnnlint.confirm.rebuild.parts import Json, ObstacleError, place
from rnnlint.confirm.rebuild.sizes import SizeTable
from rnnlint.graph import Arg, Const, Items, Layer, LayerArg, Name, Range, Span, Unknown, Value, options
from rnnlint.keras.arguments import words
from rnnlint.keras.kinds import Kind
from rnnlint.keras.scalars import number
from rnnlint.keras.table import REQUIRED, spec
from rnnlint.keras.versions import KerasTargets

CHILDREN = frozenset({"layer", "backward_layer", "cell", "cells"})
# Arguments that affect neither shapes nor masks nor kernels.
_NEEDLESS = words(
    """name trainable weights input_shape batch_input_shape batch_shape batch_size input_length input_dtype stateful
    seed lora_rank lora_alpha autocast dynamic"""
)
_NEEDLESS_ENDS = ("_initializer", "_regularizer", "_constraint")
_NUMBERS = {"kernel_size": 3, "pool_size": 2, "size": 2, "strides": 1, "cropping": 1, "padding": 1, "input_dim": 50}
_SIZES = frozenset({"units", "filters", "output_dim", "n", "key_dim", "num_heads", *_NUMBERS})
_RATES = ("dropout", "recurrent_dropout")
_NONE = Const(None)
Focus: TypeAlias = Mapping[tuple[int, str], Value]


class Settler:
    """Settles the layers of a graph for a job, each once.

    `focus` holds the values of arguments that the finding is about, by `Layer.id` and name; with the name "#" a layer's
    arguments stay by position. `assumed` says in words what was assumed of a layer, by its id.
    """

    def __init__(self, layers: Sequence[Layer], env: KerasTargets, focus: Focus, sizes: SizeTable) -> None:
        self._layers = layers
        self._env = env
        self._focus = focus
        self._sizes = sizes
        self._settled: dict[int, Layer] = {}
        self.assumed: dict[str, list[str]] = {}

    def settle(self, layer: Layer) -> Layer:
        """The layer with one value for each argument that matters. Raises ObstacleError."""
        if layer.id in self._settled:
            return self._settled[layer.id]
        found = spec(layer.name) if layer.kind == "keras" else None
        if found is None:
            raise ObstacleError(_foreign(layer))
        versions = self._env.for_origin(layer.origin).versions
        signatures = [one for version in sorted(versions) if (one := found.at(version)) is not None]
        if not signatures:
            raise ObstacleError(f"`{layer.short}` {place(layer.span)} is not a layer of the installed Keras")
        assumed = self.assumed.setdefault(str(layer.id), [])
        args: list[Arg] = []
        for arg in layer.args:
            focused = self._focus.get((layer.id, arg.name))
            if focused is not None:
                arg = replace(arg, value=focused)  # noqa: PLW2901
            elif _needless(arg.name, found.kind) and not (arg.positional and (layer.id, "#") in self._focus):
                continue
            if arg.name in CHILDREN:
                continue
            try:
                args.append(self.arg(arg, layer, arg.span))
            except LeftOutError as left:
                if left.said:
                    assumed.append(left.said)
        given = {arg.name for arg in args}
        if "p" in given and "rate" not in given and signatures[-1].param("rate"):  # its name in Keras 1
            args = [replace(arg, name="rate") if arg.name == "p" else arg for arg in args]
            given.add("rate")
        for param in signatures[-1].params:
            if param.default is REQUIRED and param.name not in given | CHILDREN and not _unclear(args):
                args.append(self.arg(Arg(param.name, Unknown(), layer.span), layer, layer.span))
        children = tuple(self.settle(child) for child in layer.children)
        settled = replace(layer, args=tuple(args), children=children, complete=True)
        if any(one.kind != "keras" for one in children):  # pragma: no cover - settling them would have raised
            raise ObstacleError(_foreign(layer))
        self._settled[layer.id] = settled
        return settled

    def arg(self, arg: Arg, layer: Layer | None, span: Span) -> Arg:
        """The argument with one value. Raises ObstacleError, or LeftOutError where its default is the better value."""
        return replace(arg, value=self._settle(arg.value, arg.name, layer, span))

    def _settle(self, value: Value, name: str, layer: Layer | None, span: Span) -> Value:
        choices = options(value)
        known = [one for one in choices if not isinstance(one, Unknown) and not (one == _NONE and name in _SIZES)]
        if layer is not None and name in _RATES and (layer.id, name) not in self._focus:
            # Another invalid rate would hide the effect of this one.
            known = [one for one in known if _legal_rate(one)]
            if not known:
                raise LeftOutError("" if all(isinstance(one, Unknown) for one in choices) else f"no {name}")
        one = [*known, *choices][0]
        if name == "return_sequences" and (Const(True) in known or len(known) < len(choices)):
            one = Const(True)
        match one:
            case Const(found):
                if isinstance(found, (bytes, complex)):
                    raise ObstacleError(f"`{name}` {place(span)} is not a plain value")
                return one
            case Items(items, _, True):
                return replace(one, items=tuple(self._settle(item, name, None, span) for item in items))
            case Name(written):
                if written.split(".")[0] in ("keras", "tensorflow"):
                    return one
                short = written.rpartition(".")[2]
                if name == "activation" and layer is not None and not any(id == layer.id for id, _ in self._focus):
                    raise LeftOutError(f"that `{short}` passes values on")
                raise ObstacleError(f"`{short}` {place(span)} is a function of this code, which replay does not run")
            case LayerArg(id):
                self.settle(self._layers[id])
                return one
            case Range(low, high):
                return _of_range(low, high, whole=name not in ("rate", "dropout", "recurrent_dropout", "p"))
            case Unknown(_, symbol):
                return self._fill(name, layer, symbol, span)
        return self._fill(name, layer, "", span)

    def _fill(self, name: str, layer: Layer | None, symbol: str, span: Span) -> Value:
        """A value for an unknown argument."""
        if layer is None:
            if symbol and symbol in self._sizes.candidates:
                return Unknown("", symbol)
            if symbol:
                return Unknown("", self._sizes.symbol(symbol, "", named=True))
            raise ObstacleError(f"`{name.lstrip('#')}` {place(span)} is not known")
        found = spec(layer.name)
        assert found is not None
        what = found.kind
        if name in ("rate", "p"):
            self.say(layer, "rate 0.5")
            return Const(0.5)
        if (name in _SIZES and name not in _NUMBERS) or (symbol in self._sizes.candidates and name not in _NUMBERS):
            return Unknown("", self._sizes.symbol(symbol or f"{layer.id}.{name}", "features", named=True))
        if name in _NUMBERS and not (name == "strides" and what is Kind.POOLING):
            self.say(layer, f"{name}={_NUMBERS[name]}")
            return Const(_NUMBERS[name])
        if name == "return_sequences":
            self.say(layer, "return_sequences=True")
            return Const(True)
        has_default = any(
            (param := signature.param(name)) is not None and param.default is not REQUIRED
            for version in self._env.for_origin(layer.origin).versions
            if (signature := found.at(version)) is not None
        )
        if has_default and name not in ("axis", "axes", "dims", "target_shape", "function"):
            raise LeftOutError(f"{name} at its default")
        raise ObstacleError(f"`{name.lstrip('#')}` of `{layer.short}` {place(span)} is not known")

    def say(self, layer: Layer, said: str) -> None:
        """Remember what was assumed of a layer."""
        self.assumed.setdefault(str(layer.id), []).append(said)

    def layer(self, layer: Layer) -> Json:
        """A settled layer as JSON. By position only what has to be: what follows from the order as written."""
        placed = [arg for arg in layer.args if arg.positional and arg.name not in CHILDREN]
        by_position = any(arg.name.startswith("#") for arg in placed) or (layer.id, "#") in self._focus
        positional = placed if by_position else []
        return {
            "id": layer.id,
            "class": layer.name,
            "origin": layer.origin,
            "positional": [self.value(arg.value) for arg in positional],
            "keywords": {
                arg.name: self.value(arg.value)
                for arg in layer.args
                if arg not in positional and arg.name not in CHILDREN
            },
            "children": [self.layer(child) for child in layer.children],
        }

    def value(self, value: Value) -> Json:
        """A settled value as JSON."""
        match value:
            case Const(float(number)) if not math.isfinite(number):
                return {"float": str(number)}
            case Const(slice() as key):
                parts = (key.start, key.stop, key.step)
                return {"slice": [None if part is None else {"const": part} for part in parts]}
            case Const(found):
                return {"ellipsis": True} if found is Ellipsis else {"const": found}
            case Items(items, shape, _):
                return {"items": [self.value(item) for item in items], "kind": shape}
            case Name(name):
                return {"name": name}
            case LayerArg(id):
                return {"layer": self.layer(self.settle(self._layers[id]))}
            case Unknown(_, symbol):
                return {"symbol": symbol}
        raise AssertionError(f"{value} is not settled")


class LeftOutError(Exception):
    """An argument is best left at its default; `said` tells of that, or is empty."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


def _needless(name: str, what: Kind) -> bool:
    if name == "input_dim":
        return what is not Kind.EMBEDDING
    return name in _NEEDLESS or name.endswith(_NEEDLESS_ENDS)


def _unclear(args: Sequence[Arg]) -> bool:
    return any(arg.name.startswith("#") for arg in args)


def is_open(value: Value) -> bool:
    """Whether a settled value is a symbol, or holds one."""
    return isinstance(value, Unknown) or (isinstance(value, Items) and any(map(is_open, value.items)))


def _of_range(low: float | None, high: float | None, *, whole: bool) -> Const:
    if whole:
        number = low if low is not None else high if high is not None else 2
        return Const(max(1, math.ceil(number)))
    top = 0.5 if high is None or high >= 1 else high
    return Const(top)


def _legal_rate(value: Value) -> bool:
    rate = number(value)
    return isinstance(value, Range) or (rate is not None and 0 <= rate < 1)


def _foreign(layer: Layer) -> str:
    if layer.kind == "user":
        return f"`{layer.short}` {place(layer.span)} is a class of this code, which replay does not run"
    if layer.kind == "opaque":
        return f"`{layer.name}` {place(layer.span)} is not understood"
    return f"`{layer.short}` {place(layer.span)} cannot be rebuilt by itself"
