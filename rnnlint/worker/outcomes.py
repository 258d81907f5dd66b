"""What becomes of calls that may fail.

An outcome is {"ok": True, "output_shape": [...]} or {"error": class, "message": first lines, "when": "constructor",
"inference" or "training"}.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .failure import Failed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .replay import Replay


_MOST_LETTERS = 500


def outcome(
    context: Replay, node: int | None, spec: Mapping[str, Any], inputs: Sequence[Any] | None = None
) -> dict[str, Any]:
    """The outcome of constructing a layer and calling it at inference and, constructed again, in training."""
    when, shape = "constructor", None
    try:
        layer = context.layer(spec)
        if node is None:
            return {"ok": True, "output_shape": None}
        for training in (False, True):
            when = "training" if training else "inference"
            layer = context.layer(spec) if training else layer
            result = context.call(node, inputs, layer, training=training)
            first = result[0] if isinstance(result, (list, tuple)) else result
            shape = [int(size) for size in first.shape]
    except Failed:
        raise
    except MemoryError as raised:
        raise Failed("build", raised, spec.get("id")) from raised
    except Exception as raised:  # noqa: BLE001 - that is what is asked
        return {**described(raised), "when": when}
    return {"ok": True, "output_shape": shape}


def described(raised: BaseException) -> dict[str, str]:
    """Class and message of an exception, without colours, placeholders and what was passed along."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(raised))
    text = re.sub(r"^Exception encountered when calling .*?\n\n", "", text, flags=re.DOTALL)
    text = re.split(r"\n\s*(?:Call a|A)rguments received by|\[Op:", text)[0]
    text = " ".join(re.sub(r"\{\{.*?\}\}", "", text).split())
    return {"error": type(raised).__name__, "message": text[:_MOST_LETTERS]}
