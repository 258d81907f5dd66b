"""The rows of the layer table, in one module per family of layers: data, read by `rnnlint.keras.table`.

A row is `Name kind`, then the constructor's signature in Keras 2 and in Keras 3, written as in Python and without
`self`. An annotation is a version mark: `use_cudnn:"3.2-"="auto"` came with 3.2, `implementation:"-2.2"=1` was last
there in 2.2; a parameter whose default changed stands twice. A mark in brackets before a signature limits the layer
itself. `**_` means that the constructor passes further keywords on, to those of `keywords.py`. `same` repeats the line
above. `Name = Other` is a second name of one class. A row without a signature is a layer of Keras 1. The kinds are
those of `rnnlint.keras.kinds.Kind`.

Sources: `inspect.signature` under Keras 2.15.0 and 3.15.1; the marks from the sources of keras 2.0.9, 2.1.6, 2.2.4,
2.3.1, 2.6 to 2.14 and 3.0.5 to 3.14.1, one release per minor version (2.4 and 2.5 are taken to be as 2.6).
"""

from __future__ import annotations

# Kinds of layers that put a random mask on their input. GaussianDropout multiplies with noise and never zeroes.
DROPPING = frozenset(("dropout", "spatial-dropout", "gaussian-dropout", "alpha-dropout"))
# Kinds of layers that go along the time axis; a Bidirectional is one of what it wraps.
RECURRING = frozenset(("recurrent", "cudnn-recurrent", "conv-recurrent", "rnn", "bidirectional"))
# Kinds of cells.
CELLS = frozenset(("cell", "stacked-cells"))


def heads(rows: str) -> dict[str, str]:
    """The layers of some rows with the word for their kind; a second name has that of its class."""
    found: dict[str, str] = {}
    for line in rows.splitlines():
        name, *rest = line.split(" ") if line and not line[0].isspace() else ("",)
        if rest:
            found[name] = found[rest[1]] if len(rest) > 1 else rest[0]
    return found
