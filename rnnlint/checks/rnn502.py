"""RNN502: `dropout` that stays active at inference where the layer runs on cuDNN."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import at_argument
from rnnlint.checks.context import RuleSettings, affected, confidence_in
from rnnlint.checks.rate import argument_text, rate
from rnnlint.findings import Finding
from rnnlint.flow.view import View
from rnnlint.keras.cudnn import disqualifiers, kernel
from rnnlint.keras.defects import DROPS_AT_INFERENCE
from rnnlint.keras.kinds import Kind
from rnnlint.keras.table import spec
from rnnlint.registry import rule

RULE = rule("RNN502")


def check(view: View, settings: RuleSettings) -> Iterator[Finding]:
    """One finding per layer that nothing takes off cuDNN."""
    called = view.first_calls
    for layer in view.outermost:
        env = view.targets.for_origin(layer.origin)
        found = disqualifiers(layer, view.targets)
        for inner in layer.walk():
            what = spec(inner.name) if inner.kind == "keras" else None
            arg, dropped = inner.arg("dropout"), rate(inner, "dropout")
            if what is None or what.kind is not Kind.RECURRENT or arg is None or not dropped.active:
                continue
            where, sure = DROPS_AT_INFERENCE.where & kernel(inner), dropped.always and inner.certain and inner.complete
            for lost in found:
                if lost.layer is inner and lost.where & where:
                    if lost.certain:
                        where -= lost.where
                    sure = False
            confidence = confidence_in(where, env, RULE, settings)
            if confidence is None:
                continue
            sure = sure and confidence == "certain"
            yield at_argument(
                RULE,
                inner,
                arg,
                message=f"{argument_text(inner, 'dropout')} of this {inner.short} "
                f"{'also drops' if sure else 'may also drop'} at inference: {DROPS_AT_INFERENCE.releases} does so "
                f"where the layer runs on cuDNN{DROPS_AT_INFERENCE.fixed_note}",
                certain=sure,
                label="not switched off at inference on a GPU",
                kind="inference",
                claims=("drops",),
                node=called.get(layer.id),
                argument="dropout",
                where=affected(where, env),
                fixed=DROPS_AT_INFERENCE.fixed,
            )
