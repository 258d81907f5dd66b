"""Probes that make calls which should fail, and the same calls with the cause removed.

`outcomes` says what an outcome is; where the probe varies the size of the batch it also has that as "rows".

- `error`: {"call": outcome as written, "control": outcome without what is wrong, "mask" and "control_mask": what a
  dropout layer's mask is where it could be called, as in `masks.mask`, else None}.
- `ids`: {"control": outcome at inference, "call": outcome in training, "changed": [ids changed, all], "out_of_range":
  how many are no ids of the Embedding, "input_dim": how many ids it has}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .kernels import Kernels
from .layers import innermost
from .masks import downstream, figures
from .outcomes import described, outcome
from .specs import changed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .replay import Replay

_DRAWS = 64


def error(job: Mapping[str, Any], context: Replay) -> dict[str, Any]:
    """The call as written, and the control: with other rows, without an argument, or with another value of it."""
    probe = job["probe"]
    node, spec = probe["node"], job["layers"][str(probe["layer"])]
    if probe.get("rows"):
        written = int(probe.get("written") or context.inputs(node)[0].shape[0])
        # One row would do: it is broadcast.
        other = written - 1 if written > 2 else written + 1
        batches = [_rows(context, context.inputs(node), rows) for rows in (written, other)]
        control = {**outcome(context, node, spec, batches[0]), "rows": written}
        call = {**outcome(context, node, spec, batches[1]), "rows": other}
        return {"control": control, "call": call, "mask": None, "control_mask": None}
    inner = probe.get("inner")
    without = probe.get("without") or ()
    without = (without,) if isinstance(without, str) else tuple(without)
    legal = changed(spec, spec.get("id") if inner is None else inner, without, probe.get("instead"))
    observed: dict[str, Any] = {}
    for name, layer in (("control", legal), ("call", spec)):
        observed[name] = (_on_a_gpu if probe.get("fake_gpu") else outcome)(context, node, layer)
    for name, key, layer in (("control", "control_mask", legal), ("call", "mask", spec)):
        observed[key] = None
        if node is not None and "error" not in observed[name] and "Dropout" in innermost(layer):
            observed[key] = figures(context, node, context.inputs(node), context.layer(layer), _DRAWS)
    return observed


def _rows(context: Replay, inputs: Sequence[Any], rows: int) -> list[Any]:
    arrays = [context.array(one) for one in inputs]
    return [context.tensor(np.resize(one, (rows, *one.shape[1:]))) for one in arrays]


def _on_a_gpu(context: Replay, node: int | None, spec: Mapping[str, Any]) -> dict[str, Any]:
    """The same where Keras believes in a GPU: a layer that arrives at cuDNN counts as run, although nothing does."""
    kind = "lstm" if "LSTM" in innermost(spec) else "gru"
    with Kernels(context.keras, kind).simulated_gpu() as arrived:
        found = outcome(context, node, spec)
    return {"ok": True, "output_shape": None} if arrived else found


# ---------------------------------------------------------------------------------------------------------------------


def ids(job: Mapping[str, Any], context: Replay) -> dict[str, Any]:
    """What a dropout in front of an Embedding makes of its ids."""
    probe = job["probe"]
    node, target = probe["node"], probe["target"]
    embedding = context.called(target)
    size = int(getattr(getattr(embedding, "layer", embedding), "input_dim", 0))
    before = context.array(downstream(context, node, _first(context.call(node, training=False)), target)[0])
    changed_ids = total = outside = 0
    observed: dict[str, Any] = {"control": _looked_up(context, node, target, training=False), "input_dim": size}
    try:
        for _ in range(min(int(job.get("draws", 256)), _DRAWS)):
            dropped = _first(context.call(node, training=True))
            after = context.array(downstream(context, node, dropped, target)[0]).astype("int64")
            changed_ids += int((after != before.astype("int64")).sum())
            outside += int(((after < 0) | (after >= size)).sum())
            total += after.size
    except Exception as raised:  # noqa: BLE001 - that is what is asked
        return {**observed, "call": {**described(raised), "when": "training"}, "changed": None, "out_of_range": None}
    call = _looked_up(context, node, target, training=True)
    return {**observed, "call": call, "changed": [changed_ids, total], "out_of_range": outside}


def _looked_up(context: Replay, node: int, target: int, training: bool) -> dict[str, Any]:
    when = "training" if training else "inference"
    try:
        dropped = _first(context.call(node, training=training))
        result = context.call(target, downstream(context, node, dropped, target), training=None)
        return {"ok": True, "output_shape": [int(size) for size in result.shape]}
    except Exception as raised:  # noqa: BLE001 - that is what is asked
        return {**described(raised), "when": when}


def _first(result: Any) -> Any:
    return result[0] if isinstance(result, (list, tuple)) else result
