"""Evidence in words: what Keras raised, and on which call."""

from __future__ import annotations

import re
from typing import Any

from rnnlint.confirm.case import Answer
from rnnlint.confirm.figures import Judgement

_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# What Keras 3 puts around an exception, and TensorFlow in front of one and behind.
_WRAPPING = re.compile(r"Exception encountered when calling [^\n]*?\.call\(\)\.|\{\{[^}]*\}\}|\[Op:[^\]]*\](\s*name:)?")
_STAGES = {"constructor": "the constructor", "training": "the training step", "inference": "the call"}


def fails(outcome: Answer, what: str = "it") -> str:
    """A failed call in words, such as "the training step with a batch of 33 raises ValueError: ..."."""
    stage = _STAGES.get(outcome.get("when", ""), "the call")
    return f"{stage}{'' if what == 'it' else f' with {what}'} raises {quote(outcome)}"


def otherwise(said: Judgement) -> Judgement:
    """The judgement on a call that fails in another way than the finding says: no confirmation."""
    return ("unverified", f"{said[1]}, which is not what the finding says") if said[0] == "confirmed" else said


def shape_text(sizes: Any) -> str:
    """A shape as Python writes a tuple of sizes."""
    return f"({', '.join(map(str, sizes))})"


def clean(message: str) -> str:
    """An exception's message on one line of at most 200 characters, without colours and Keras' wrapping."""
    text = _WRAPPING.sub(" ", _COLOURS.sub("", message)).partition("Arguments received by")[0]
    text = " ".join(text.split()).strip()
    return text.rstrip(".") if len(text) <= 200 else text[:197].rstrip() + "..."


def quote(outcome: Answer) -> str:
    """Class and message of the exception that an outcome holds."""
    return f"{outcome['error']}{after_colon(clean(str(outcome.get('message', ''))))}"


def after_colon(message: str) -> str:
    """A message as the end of a sentence, or empty."""
    return f": {message}" if message else ""


def one_line(text: str) -> str:
    """A text on one line, without control characters, which user code may have put into a message."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
