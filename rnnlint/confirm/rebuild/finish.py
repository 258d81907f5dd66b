"""The finished job: what leads to the calls that are asked for, with the attempts at which all sizes fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from rnnlint.confirm.rebuild.job import JobBuilder
from rnnlint.confirm.rebuild.parts import Json

# A job, and in words what was assumed for it.
Planned: TypeAlias = tuple[Json, tuple[str, ...]]


def finish(builder: JobBuilder, probe: Json, ends: Iterable[int], *, unsaid: tuple[str, ...] = ()) -> Planned:
    """The finished job, and in words what was assumed.

    Args:
        builder: holds the calls.
        probe: the job's probe, by the builder's ids.
        ends: the nodes that are asked for; what does not lead to them is left out.
        unsaid: assumptions that end with one of these are not worth telling.
    """
    wanted = _reached(builder.nodes, ends)
    order = {id: number for number, id in enumerate(sorted(wanted, key=lambda id: _depth(builder.nodes, id)))}
    nodes = [{**builder.nodes[id], "id": number} for id, number in order.items()]
    for node in nodes:
        if "inputs" in node:
            node["inputs"] = [[order[id], output] for id, output in node["inputs"]]
    probe = {**probe, **{name: order.get(probe[name]) for name in ("node", "target")}}
    used = {node["layer"] for node in nodes if node["kind"] == "layer"} | {probe["layer"]}
    layers = {key: builder.layers[key] for key in builder.layers if key in used}
    symbols = set(_symbols([layers, [node.get("kwargs") for node in nodes]]))
    symbols.update(dim for node in nodes for dim in node.get("shape", ()) if isinstance(dim, str))
    rows = builder.sizes.possible(symbols, {row for id in wanted for row in builder.misfits.get(id, ())})
    names = {key: f"s{index}" if key != "batch" else key for index, key in enumerate(sorted(symbols))}
    sizes = {key: [builder.sizes.candidates[key][row] for row in rows] for key in sorted(symbols)}
    job = _renamed({"sizes": sizes, "layers": layers, "nodes": nodes, "probe": probe}, names)
    said = [words for layer in layers.values() for id in _ids(layer) for words in builder.settler.assumed.get(id, ())]
    said += [builder.sizes.told(key, rows[0]) for key in sorted(symbols - {"batch"})]
    said += [builder.shorter[id] for id in order if id in builder.shorter]
    return job, tuple(words for words in dict.fromkeys(said) if not words.endswith(unsaid))


def _reached(nodes: Mapping[int, Json], ends: Iterable[int]) -> set[int]:
    """The nodes that lead to others, these included."""
    found: set[int] = set()
    stack = list(ends)
    while stack:
        id = stack.pop()
        if id not in found:
            found.add(id)
            stack.extend(ref[0] for ref in nodes[id].get("inputs", ()))
    return found


def _depth(nodes: Mapping[int, Json], id: int) -> tuple[int, int]:
    """Inputs first, then as in the graph: a node reads only smaller ones."""
    return (0 if nodes[id]["kind"] == "input" else 1, id)


def _ids(layer: Json) -> list[str]:
    return [str(layer["id"]), *(id for child in layer["children"] for id in _ids(child))]


def _symbols(data: Any) -> Iterable[str]:
    if isinstance(data, dict):
        if set(data) == {"symbol"}:
            yield data["symbol"]
            return
        data = list(data.values())
    if isinstance(data, list):
        for item in data:
            yield from _symbols(item)


def _renamed(job: Json, names: Mapping[str, str]) -> Json:
    """The same with short names for the symbols."""

    def again(data: Any) -> Any:
        if isinstance(data, dict):
            if set(data) == {"symbol"}:
                return {"symbol": names[data["symbol"]]}
            return {key: again(value) for key, value in data.items()}
        return [again(item) for item in data] if isinstance(data, list) else data

    for node in job["nodes"]:
        if "shape" in node:
            node["shape"] = [names[dim] if isinstance(dim, str) else dim for dim in node["shape"]]
    renamed: Json = again({key: job[key] for key in ("layers", "nodes", "probe")})
    return {"sizes": {names[key]: sizes for key, sizes in job["sizes"].items()}, **renamed}
