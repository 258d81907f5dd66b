"""The models as a picture. grandalf places the boxes (the extra `graph`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from html import escape
from itertools import pairwise
from typing import Any

from rnnlint.drawing import DrawnFile, Page, codes, heading, keras, line, remarks, row_label
from rnnlint.drawing.summary import Row, shapes_text
from rnnlint.drawing.table import columns, wrap
from rnnlint.output import printable, shown, where
from rnnlint.records import dataclass

CHAR, LINE, PAD, GAP, MARGIN = 7.3, 16.0, 8.0, 40.0, 24.0
WIDEST = 44  # characters in a line of a box

STYLE = """\
text { font: 12px "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1f2328; }
.head { font-weight: bold; }
.file { font-size: 14px; font-weight: bold; }
.quiet { fill: #59636e; }
.code { fill: #b30000; font-weight: bold; }
.box { fill: #ffffff; stroke: #59636e; }
.input { fill: #eef4ff; }
.model { fill: #f4f4f4; }
.opaque { stroke-dasharray: 5 3; fill: #fffbe6; }
.marked { stroke: #b30000; stroke-width: 2; }
.edge { fill: none; stroke: #59636e; }
.may { stroke-dasharray: 4 3; }
"""


@dataclass
class _Box:
    """A row as a box: its lines with their classes. `x`, `y` are of its middle; grandalf sets `xy`."""

    row: Row
    lines: list[tuple[str, str]]
    xy: tuple[float, float] = (0.0, 0.0)
    w: float = field(init=False)
    h: float = field(init=False)

    def __post_init__(self) -> None:
        self.w = max((columns(text) for text, _ in self.lines), default=1) * CHAR + 2 * PAD
        self.h = len(self.lines) * LINE + 2 * PAD


@dataclass
class _Drawn:
    """A part of the picture with its upper left corner at (0, 0)."""

    width: float
    height: float
    parts: list[str]


def render(files: Sequence[DrawnFile], page: Page) -> Iterator[str]:  # noqa: ARG001
    """One picture: the models of all files below each other."""
    parts: list[str] = []
    width, y = 320.0, MARGIN
    for file in files:
        title_text = f"{printable(shown(file.path))}, read for {keras(file.env)}"
        y, width = _write(parts, title_text, "file", y, width, 9.0)
        for one in file.diagnostics:
            y, width = _write(parts, f"{where(one.span)}: {one.kind}: {printable(one.message)}", "code", y, width)
        groups = [(heading(model, file.path), model.rows) for model in file.summary.models]
        if file.summary.uncalled:
            groups.append(("Layers that are not seen called", file.summary.uncalled))
        for text, rows in groups:
            y, width = _write(parts, text, "head", y + LINE / 2, width)
            drawn = _model(rows, file.path)
            parts.append(f'<g transform="translate({MARGIN:g} {y:g})">')
            parts += drawn.parts
            parts.append("</g>")
            y += drawn.height + LINE
            width = max(width, drawn.width + 2 * MARGIN)
        for mark in file.summary.marks():
            text = f"{where(mark.span)}: {mark.code}{'' if mark.confidence == 'certain' else '?'} {mark.name}"
            y, width = _write(parts, f"{text}: {printable(mark.label)}", "code", y, width)
        y += LINE
    yield f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{y:g}" viewBox="0 0 {width:g} {y:g}">\n'
    yield f"<style>\n{STYLE}</style>\n"
    yield '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    yield '<path d="M0 0 L8 4 L0 8 z" fill="#59636e"/></marker></defs>\n'
    yield f'<rect width="{width:g}" height="{y:g}" fill="#ffffff"/>\n'
    yield "\n".join(parts)
    yield "\n</svg>\n"


def _write(parts: list[str], text: str, style: str, y: float, width: float, char: float = CHAR) -> tuple[float, float]:
    """One line of text; the next line's place, and how wide the picture has to be."""
    parts.append(f'<text class="{style}" x="{MARGIN:g}" y="{y + LINE - 4:g}">{_text(text)}</text>')
    return y + LINE * 1.25, max(width, columns(text) * char + 2 * MARGIN)


def _text(text: str) -> str:
    return escape("".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)).replace(
        "  ", "\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}"
    )


def _model(rows: Sequence[Row], path: str) -> _Drawn:
    boxes = {
        row.id: _Box(row, [(part, style) for text, style in _lines(row, path) for part in wrap(text, WIDEST)])
        for row in rows
    }
    edges = {
        (id, row.id): len(ids) > 1
        for row in rows
        for source in row.sources
        for ids in source
        for id in ids
        if id in boxes and id != row.id
    }
    return _drawn(boxes, edges)


def _lines(row: Row, path: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    indent = "  " * depth
    place = line(row.span, path, "line ")
    yield f"{indent}{row_label(row)}", "head"
    if place:
        yield f"{indent}{place}", "quiet"
    if row.outputs:
        yield f"{indent}{shapes_text(row.outputs)}", ""
    for text in row.masks:
        yield f"{indent}mask {text}", ""
    if row.cudnn:
        yield f"{indent}cuDNN {printable(row.cudnn)}", ""
    for text in remarks(row):
        yield f"{indent}{text}", "quiet"
    if row.marks:
        yield f"{indent}{', '.join(codes(row))}", "code"
    for inner in row.rows:
        yield from _lines(inner, path, depth + 1)


def _drawn(boxes: Mapping[str, _Box], edges: Mapping[tuple[str, str], bool]) -> _Drawn:
    from grandalf.graphs import Edge, Graph, Vertex
    from grandalf.layouts import SugiyamaLayout

    vertices = {}
    for id, box in boxes.items():
        vertices[id] = Vertex(id)
        vertices[id].view = box
    links = {pair: Edge(vertices[pair[0]], vertices[pair[1]]) for pair in edges}
    whole = Graph(list(vertices.values()), list(links.values()))
    parts: list[str] = []
    x = bottom = 0.0
    for component in whole.C:
        layout = SugiyamaLayout(component)
        layout.xspace, layout.yspace = 24.0, GAP
        layout.init_all(roots=[vertex for vertex in component.sV if not vertex.e_in()])
        # The placeholder of a long edge in a layer that it passes takes little space.
        layout.dw = layout.dh = 12.0
        for layer in layout.layers:
            for vertex in layer:
                if not isinstance(vertex.view, _Box):
                    vertex.view.w = vertex.view.h = 12.0
        layout.draw()
        x, height = _component(layout, links, edges, x, parts)
        bottom = max(bottom, height)
    return _Drawn(max(x - 24.0, 0.0), bottom, parts)


def _component(
    layout: Any,
    links: Mapping[tuple[str, str], Any],
    edges: Mapping[tuple[str, str], bool],
    x: float,
    parts: list[str],
) -> tuple[float, float]:
    """Draw one connected part from `x` on; where the next one begins, and its height."""
    places: dict[Any, float] = {}
    bounds: list[tuple[float, float]] = []
    top = 0.0
    for layer in layout.layers:
        # grandalf lets neighbours of different width overlap now and then.
        end = None
        for vertex in sorted(layer, key=lambda one: one.view.xy[0]):
            half = vertex.view.w / 2
            places[vertex] = max(vertex.view.xy[0], end + 24.0 + half) if end is not None else vertex.view.xy[0]
            end = places[vertex] + half
        height = max(vertex.view.h for vertex in layer)
        bounds.append((top, top + height))
        top += height + GAP
    shift = x - min(places[vertex] - vertex.view.w / 2 for vertex in places)
    right = x
    for vertex, place in places.items():
        places[vertex] = place + shift
        right = max(right, places[vertex] + vertex.view.w / 2)
    for pair, link in links.items():
        if link.v[0] in places:
            way = [link.v[0], *_between(layout, link), link.v[1]]
            parts.append(_edge(way, places, bounds, layout, possible=edges[pair]))
    for vertex, place in places.items():
        if isinstance(vertex.view, _Box):
            parts += _box(vertex.view, place, bounds[layout.grx[vertex].rank][0])
    return right + 24.0, top - GAP + 2.0


def _between(layout: Any, link: Any) -> list[Any]:
    """The placeholder of a long edge in the layers that it passes."""
    ranks = [layout.grx[vertex].rank for vertex in link.v]
    return [layout.ctrls[link][rank] for rank in range(ranks[0] + 1, ranks[1])] if link in layout.ctrls else []


def _edge(
    way: Sequence[Any], places: Mapping[Any, float], bounds: Sequence[tuple[float, float]], layout: Any, possible: bool
) -> str:
    """Straight down within a layer, a curve in the gap to the next one: so it crosses no box."""
    first = way[0]
    y = bounds[layout.grx[first].rank][0] + first.view.h
    commands = [f"M{places[first]:.1f} {y:.1f}"]
    for one, two in pairwise(way):
        start, end = bounds[layout.grx[one].rank][1], bounds[layout.grx[two].rank][0]
        middle = (start + end) / 2
        a, b = places[one], places[two]
        commands.append(f"L{a:.1f} {start:.1f} C{a:.1f} {middle:.1f} {b:.1f} {middle:.1f} {b:.1f} {end:.1f}")
    style = "edge may" if possible else "edge"
    return f'<path class="{style}" marker-end="url(#arrow)" d="{" ".join(commands)}"/>'


def _box(box: _Box, x: float, y: float) -> list[str]:
    row = box.row
    style = ["box"]
    if row.kind in ("input", "model", "opaque"):
        style.append(row.kind)
    if any(inner.marks for inner in row.walk()):
        style.append("marked")
    left = x - box.w / 2
    found = [
        f'<rect class="{" ".join(style)}" x="{left:.1f}" y="{y:.1f}" width="{box.w:.1f}" height="{box.h:.1f}" rx="4"/>'
    ]
    for number, (text, kind) in enumerate(box.lines):
        name = f' class="{kind}"' if kind else ""
        baseline = y + PAD + LINE * (number + 1) - 4
        found.append(f'<text{name} x="{left + PAD:.1f}" y="{baseline:.1f}">{_text(text)}</text>')
    return found
