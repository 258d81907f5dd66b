"""The models as a Mermaid flowchart, which GitHub and many editors draw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rnnlint.drawing import DrawnFile, Page, codes, heading, line, remarks, row_label
from rnnlint.drawing.summary import Row, shapes_text
from rnnlint.output import printable, shown

STYLES = """\
  classDef marked stroke:#c00,stroke-width:2px
  classDef opaque stroke-dasharray:4 3
"""


def render(files: Sequence[DrawnFile], page: Page) -> Iterator[str]:  # noqa: ARG001
    """One flowchart: each model a subgraph, as is each model in it."""
    yield "flowchart TD\n"
    yield STYLES
    for number, file in enumerate(files, 1):
        groups = [(heading(model, file.path), model.rows) for model in file.summary.models]
        if file.summary.uncalled:
            groups.append(("Layers that are not seen called", file.summary.uncalled))
        for index, (text, rows) in enumerate(groups, 1):
            prefix = f"f{number}m{index}"
            yield f'  subgraph {prefix}["{_escaped(f"{shown(file.path)}: {text}")}"]\n'
            yield from _rows(rows, prefix, file.path, "    ")
            yield from _edges(rows, prefix, "    ")
            yield "  end\n"


def _rows(rows: Sequence[Row], prefix: str, path: str, indent: str) -> Iterator[str]:
    for row in rows:
        text = "<br/>".join(_escaped(one) for one in lines(row, path))
        if row.kind == "model" and row.rows:
            yield f'{indent}subgraph {_id(prefix, row.id)}["{text}"]\n'
            yield from _rows(row.rows, prefix, path, indent + "  ")
            yield from _edges(row.rows, prefix, indent + "  ", inside=f"{row.id}.")
            yield f"{indent}end\n"
        else:
            text += "".join(
                f"<br/>{_escaped('· ' + '; '.join(lines(inner, path)))}" for child in row.rows for inner in child.walk()
            )
            yield f'{indent}{_id(prefix, row.id)}["{text}"]\n'
        if any(inner.marks for inner in ([row] if row.kind == "model" else row.walk())):
            yield f"{indent}class {_id(prefix, row.id)} marked\n"
        elif row.kind == "opaque":
            yield f"{indent}class {_id(prefix, row.id)} opaque\n"


def _edges(rows: Sequence[Row], prefix: str, indent: str, inside: str = "") -> Iterator[str]:
    """Dotted where the input has several possible producers. What comes from outside leads to the model as a whole."""
    for row in rows:
        arrows = {id: " -.-> " if len(ids) > 1 else " --> " for source in row.sources for ids in source for id in ids}
        for id, arrow in arrows.items():
            if id != row.id and id.startswith(inside):
                yield f"{indent}{_id(prefix, id)}{arrow}{_id(prefix, row.id)}\n"


def lines(row: Row, path: str) -> list[str]:
    """What is written in the box of a row."""
    place = line(row.span, path, "line ")
    found = [f"{row_label(row)} ({place})" if place else row_label(row)]
    if row.outputs:
        found.append(shapes_text(row.outputs))
    found += [f"mask {one}" for one in row.masks]
    if row.cudnn:
        found.append(f"cuDNN {printable(row.cudnn)}")
    found += remarks(row)
    if row.marks:
        found.append(", ".join(codes(row)))
    return found


def _id(prefix: str, id: str) -> str:
    return f"{prefix}r{id.replace('.', '_')}"


def _escaped(text: str) -> str:
    """Without what Mermaid reads as its own."""
    entities = {'"': "#quot;", "<": "#lt;", ">": "#gt;", "#": "#35;", "&": "#amp;", "`": "#96;", ";": "#59;"}
    return "".join(entities.get(char, char) for char in printable(text))
