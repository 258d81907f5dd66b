"""The packages that a model's code is written with."""

from __future__ import annotations

# No code base brings them along: what is imported from them absolutely is never looked for in its files.
FRAMEWORKS = frozenset({"keras", "tf_keras", "tensorflow", "numpy"})


def framework(dotted: str) -> bool:
    """Whether an absolute module name is one of Keras, TensorFlow or numpy."""
    return dotted.partition(".")[0] in FRAMEWORKS
