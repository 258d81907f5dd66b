"""Verdicts on observations made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnlint.confirm.verdict import judge
from rnnlint.findings import Claim, Plan, Probe, ProbeKind, Verdict

KERAS = ("3.15.1", "tensorflow")


def ask(
    kind: ProbeKind,
    claim: Claim | tuple[Claim, ...],
    seen: Mapping[str, Any],
    *,
    probability: float | None = None,
    asked: Mapping[str, Any] | None = None,
    layer: Mapping[str, Any] | None = None,
    assumed: tuple[str, ...] = (),
    target: str = "",
    **probe: Any,
) -> Verdict:
    """The verdict on what was seen of layer 0, called at node 1."""
    job: dict[str, Any] = {
        "layers": {"0": layer or {"class": "keras.layers.Dropout", "keywords": {"rate": {"const": 0.5}}}},
        "nodes": [{"id": 0}, {"id": 1}, {"id": 2, "kind": "target", "name": target}],
        "probe": {"axis": 1, "target": 2 if target else None, "probability": probability, **(asked or {})},
    }
    claims = claim if isinstance(claim, tuple) else (claim,)
    return judge(Probe(kind, 0, claims, **probe), Plan(job, "", assumed), {"id": 1, "observed": seen}, *KERAS)


def mask(**seen: Any) -> dict[str, Any]:
    """Dropout(0.5) on (6, 7, 1): every value has a draw of its own."""
    return {
        "shape": [6, 7, 1],
        "output_shape": [6, 7, 1],
        "draws": 256,
        "varies": [True, True, False],
        "values": [5390, 10752],
        "steps": [5390, 10752],
        "sequences": [11, 1536],
        "batches": [0, 256],
        "reaches": True,
        "kept": 2.0,
        **seen,
    }


SHARED = {"varies": [True, False, False], "values": [770, 1536], "steps": [770, 1536], "sequences": [770, 1536]}
BATCH = {"varies": [False, False, True], "shape": [6, 7, 4], "values": [510, 1024], "batches": [15, 256]}
OK = {"ok": True, "output_shape": [6, 7, 4]}
ERROR = {"error": "ValueError", "message": "misfit", "when": "training"}
REFUSED = {**ERROR, "when": "constructor"}
