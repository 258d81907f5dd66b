"""The worker's account of what the user's code built, as the same `Graph` that the analysis makes of source."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from rnnlint.confirm.observed.places import NOWHERE, SourceCalls
from rnnlint.graph import Arg, Const, Graph, Items, Layer, LayerArg, Model, Name, Node, Note, Ref, Span, Unknown, Value
from rnnlint.keras.names import resolve
from rnnlint.source.source import Source

Json: TypeAlias = Mapping[str, Any]
_CHILDREN = ("layer", "backward_layer", "cell", "cells")


def read_account(answer: Json, sources: Mapping[str, Source]) -> Graph:
    """The worker's account, whose format `worker/record.py` describes, as a graph.

    Args:
        answer: layers, nodes, models and notes, by number.
        sources: the linted files by their real paths; what lies elsewhere keeps its path.
    """
    return _AccountReader(answer, sources).graph()


class _AccountReader:
    def __init__(self, answer: Json, sources: Mapping[str, Source]) -> None:
        self._answer = answer
        self._sources = sources
        self._calls: dict[str, SourceCalls | None] = {}
        self._layers: dict[int, Layer] = {}

    def graph(self) -> Graph:
        layers = tuple(self._layer(number) for number in range(len(self._answer["layers"])))
        nodes = tuple(self._node(number, one) for number, one in enumerate(self._answer["nodes"]))
        models = tuple(
            Model(
                kind=one["kind"],
                name=one["name"],
                span=self._span(one["place"], ""),
                inputs=tuple(Ref(*ref) for ref in one["inputs"]),
                outputs=tuple(Ref(*ref) for ref in one["outputs"]),
                nodes=tuple(one["nodes"]),
            )
            for one in self._answer["models"]
        )
        notes = tuple(Note(self._span(one["place"], ""), one["message"]) for one in self._answer["notes"])
        return Graph(layers, nodes, models, notes)

    # -- places

    def _file(self, path: str) -> SourceCalls | None:
        if path not in self._calls:
            source = self._sources.get(path) or self._sources.get(os.path.realpath(path))
            self._calls[path] = None if source is None else SourceCalls(source)
        return self._calls[path]

    def _call(self, place: Sequence[Any] | None, name: str) -> tuple[ast.Call, tuple[int, int]] | None:
        calls = None if place is None else self._file(place[0])
        return None if calls is None or place is None else calls.call(place, name)

    def _span(self, place: Sequence[Any] | None, name: str) -> Span:
        if place is None:
            return NOWHERE
        calls, call = self._file(place[0]), self._call(place, name)
        row, column, end_row, end_column = place[1:] if len(place) == 5 else (place[1], 1, place[1], 1)
        if calls is None:
            return Span(place[0], row, column, end_row, end_column)
        if call is not None:
            return calls.span(call[0], rows=call[1])
        if len(place) == 2:
            end_column = len(calls.source.line(row).encode()) + 1
        return calls.between(row, column, end_row, end_column, None)

    def _args(self, args: Iterable[Json], place: Sequence[Any] | None, name: str, otherwise: Span) -> tuple[Arg, ...]:
        """Arguments with the places where the call has them."""
        call = self._call(place, name)
        spans: dict[str | int, Span] = {}
        if call is not None and place is not None and (calls := self._file(place[0])) is not None:
            node, rows = call
            for index, value in enumerate(node.args):
                if isinstance(value, ast.Starred):
                    spans["*"] = calls.span(value.value, rows=rows)
                elif "*" not in spans:
                    spans[index] = calls.span(value, rows=rows)
            for keyword in node.keywords:
                if keyword.arg is None:
                    spans["**"] = calls.span(keyword.value, rows=rows)
                else:
                    spans[keyword.arg] = calls.span(keyword, keyword.value, rows)
        found = []
        position = 0
        for one in args:
            key: str | int = position if one["positional"] else one["name"]
            splat = "*" if one["positional"] else "**"
            position += one["positional"]
            span = spans.get(key) or spans.get(splat) or otherwise
            found.append(Arg(one["name"], self._value(one["value"]), span, one["positional"]))
        return tuple(found)

    # -- values, layers, nodes

    def _value(self, one: Json) -> Value:
        match one:
            case {"const": found}:
                return Const(found)
            case {"ellipsis": _}:
                return Const(...)
            case {"slice": parts}:
                return Const(slice(*(part.get("const") for part in parts)))
            case {"items": items, "kind": kind}:
                return Items(tuple(self._value(item) for item in items), kind)
            case {"layer": number}:
                return LayerArg(number)
            case {"name": name}:
                symbol = resolve(name)
                return Name(name if symbol is None else symbol.name)
        return Unknown(str(one.get("other", "")))

    def _layer(self, number: int) -> Layer:
        if number in self._layers:
            return self._layers[number]
        one = self._answer["layers"][number]
        span = self._span(one["place"], one["cls"])
        wrapped = [arg["value"] for arg in one["args"] if arg["name"] in _CHILDREN]
        name = f"keras.{'' if one['model'] else 'layers.'}{one['cls']}" if one["keras"] else one["cls"]
        self._layers[number] = made = Layer(
            id=number,
            name=name,
            kind="keras" if one["keras"] else "user",
            origin=one["origin"],
            args=self._args(one["args"], one["place"], one["cls"], span),
            span=span,
            children=tuple(self._layer(child) for value in wrapped for child in _numbers(value)),
            complete=one["complete"],
        )
        return made

    def _node(self, number: int, one: Json) -> Node:
        layer = self._layer(one["layer"]) if one.get("layer") is not None else None
        span = layer.span if one["place"] is None and layer is not None else self._span(one["place"], "")
        symbol = resolve(one["name"]) if one["kind"] == "op" else None
        name = one["name"] if symbol is None else symbol.name
        return Node(
            id=number,
            kind=one["kind"],
            name=name if layer is None else layer.name,
            inputs=tuple((Ref(*ref),) for ref in one["inputs"]),
            outputs=tuple(None if shape is None else tuple(shape) for shape in one["outputs"]),
            span=span,
            layer=layer,
            args=self._args(one.get("args", ()), None, "", span),
            reason=one.get("reason", ""),
            body=tuple(Ref(*ref) for ref in one.get("body", ())),
        )


def _numbers(value: Json) -> list[int]:
    if "layer" in value:
        return [value["layer"]]
    return [number for item in value.get("items", ()) for number in _numbers(item)]
