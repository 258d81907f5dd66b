"""What has to occur together in code before a rule can report it: by the bytes of a file, then by its words.

A rule about dropout before a recurrent layer needs a name of each. Names are looked for in short texts as well, since
`getattr(layers, "LSTM")` is a layer, too. Both answers err on the side of "it is there".
"""

from __future__ import annotations

from typing import TypeAlias

from rnnlint.keras import rows
from rnnlint.keras.rows import recurrent, regularization

Ingredients: TypeAlias = frozenset[str]

# The words for the kinds, not the enum `Kind`: a run without a candidate file never needs that.
_KINDS = {**rows.heads(recurrent.ROWS), **rows.heads(regularization.ROWS)}


def _of(kinds: frozenset[str]) -> frozenset[str]:
    """The classes of all Keras versions that are of some kinds."""
    return frozenset(name for name, kind in _KINDS.items() if kind in kinds)


DROPOUTS = _of(rows.DROPPING)
RECURRENT = _of(rows.RECURRING)
CELLS = _of(rows.CELLS)

# Ingredient -> what names it, as a whole word.
NAMES: dict[str, frozenset[str]] = {
    "dropout layer": DROPOUTS,
    "recurrent layer": RECURRENT | CELLS,  # some rules report these without a dropout layer
    "cell": CELLS,
    "dropout": frozenset(("dropout", "recurrent_dropout", "dropout_W", "dropout_U")),
    "recurrent dropout": frozenset(("recurrent_dropout", "dropout_U")),
    "noise shape": frozenset(("noise_shape",)),
    "masking": frozenset(("Masking",)),
    "embedding": frozenset(("Embedding",)),
    "time-distributed": frozenset(("TimeDistributed",)),
    "lambda": frozenset(("Lambda",)),
    "model": frozenset(("Model", "Functional")),
    "use_cudnn": frozenset(("use_cudnn",)),
    "implementation": frozenset(("implementation",)),
    "training": frozenset(("training",)),
    "seed": frozenset(("seed",)),
}
# Keras itself, by whatever name. Every rule asks for it, and by itself it marks no file.
KERAS = "keras"
# The function that drops, of TensorFlow or Keras, by the last of its names.
FUNCTION = "dropout function"
FUNCTIONS = frozenset(("dropout", "general_dropout"))
# Arguments without their names (a dropout layer's second, a recurrent layer's third), and a rate that is no number from
# 0 to below 1: only the code itself can tell.
POSITIONAL = "positional"
ODD_RATE = "odd rate"
# What need not be named to be there, as far as bytes can tell.
_UNNAMED = frozenset((FUNCTION, POSITIONAL, ODD_RATE, "training"))
EVERYTHING: Ingredients = _UNNAMED.union(NAMES, (KERAS,))

_WORDS = {
    word: frozenset(name for name, words in NAMES.items() if word in words)
    for words in NAMES.values()
    for word in words
}
# A word that is in every name of an ingredient, where there is one: fewer words to look for.
_PARTS = {
    "dropout layer": ("Dropout",),
    "recurrent layer": ("LSTM", "GRU", "RNN", "Bidirectional"),
    "cell": ("Cell",),
    "dropout": ("dropout",),
}
_BYTES = {name: tuple(part.encode() for part in _PARTS.get(name, sorted(words))) for name, words in NAMES.items()}
# Without one of these, no rule has anything to say.
MARKS = (b"ropout", *_BYTES["recurrent layer"], b"cudnn")


def in_bytes(data: bytes) -> Ingredients:
    """The ingredients that a file may hold by its bytes; those that come with none of `MARKS` count only with one."""
    common = frozenset((KERAS,)) if b"keras" in data else frozenset[str]()
    if not any(mark in data for mark in MARKS):
        return common
    return common.union(_UNNAMED, (name for name, parts in _BYTES.items() if any(part in data for part in parts)))


def of_word(word: str) -> Ingredients:
    """The ingredients that a name, an attribute, a keyword or a word of a short text names."""
    return _WORDS.get(word, frozenset())
