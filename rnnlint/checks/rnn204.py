"""RNN204: `dropout` alone keeps a layer off cuDNN in the first releases of Keras 3."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import at_argument
from rnnlint.checks.context import RuleSettings, affected, confidence_in, union
from rnnlint.checks.cudnn import lost_kernels
from rnnlint.checks.rate import argument_text
from rnnlint.findings import Finding
from rnnlint.flow.view import View
from rnnlint.keras.defects import DROPOUT_LOSES_CUDNN
from rnnlint.registry import rule

RULE = rule("RNN204")


def check(view: View, settings: RuleSettings) -> Iterator[Finding]:
    """One finding per layer that nothing else takes off cuDNN, which RNN201 and RNN202 would report."""
    defect = DROPOUT_LOSES_CUDNN
    for layer in view.outermost:
        for found in lost_kernels(view, layer, ("dropout",)):
            where = found.lost.where - union(one.where for one in found.others)
            confidence = confidence_in(where, found.env, RULE, settings)
            if confidence is None:
                continue
            inner = found.layer
            sure = confidence == "certain" and found.lost.certain and inner.certain
            yield at_argument(
                RULE,
                inner,
                found.lost.arg,
                message=f"{argument_text(inner, 'dropout')} {'rules' if sure else 'may rule'} out cuDNN for this "
                f"{inner.short} in {defect.releases}: several times slower on a GPU, in training and at "
                f"inference{defect.fixed_note}",
                certain=sure,
                label="rules out cuDNN",
                kind="cudnn",
                claims=("lost",),
                node=found.node,
                where=affected(where, found.env),
                fixed=defect.fixed,
            )
