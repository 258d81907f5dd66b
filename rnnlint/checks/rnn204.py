"""RNN204: `dropout` alone keeps a layer off cuDNN in the first releases of Keras 3."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import forced, place
from rnnlint.checks.context import RuleSettings, affected, confidence_in, union
from rnnlint.checks.rate import argument_text
from rnnlint.findings import Finding, Probe
from rnnlint.flow.view import View
from rnnlint.keras.cudnn import disqualifiers
from rnnlint.keras.defects import DROPOUT_LOSES_CUDNN
from rnnlint.registry import rule

RULE = rule("RNN204")


def check(view: View, settings: RuleSettings) -> Iterator[Finding]:
    """One finding per layer that nothing else takes off cuDNN."""
    called = view.first_calls
    for layer in view.outermost:
        env = view.targets.restrict(layer.origin)
        found = disqualifiers(layer, view.targets)
        for lost in found:
            if lost.argument != "dropout" or forced(lost.layer):
                continue
            # What loses it without the dropout is the business of RNN201 and RNN202.
            others = union(one.where for one in found if one.layer is lost.layer and one is not lost)
            where = lost.where - others
            confidence = confidence_in(where, env, RULE, settings)
            if confidence is None:
                continue
            span, related = place(lost.layer, lost.arg)
            sure = confidence == "certain" and lost.certain and lost.layer.certain
            yield Finding.of(
                RULE,
                message=f"{argument_text(lost.layer, 'dropout')} {'takes' if sure else 'may take'} this "
                f"{lost.layer.short} off "
                "cuDNN in "
                f"{DROPOUT_LOSES_CUDNN.releases}: several times slower on a GPU, in training and at inference"
                f"{DROPOUT_LOSES_CUDNN.mended}",
                span=span,
                certain=sure,
                label="no cuDNN with this",
                related=related,
                probe=Probe(
                    kind="cudnn",
                    layer=lost.layer.id,
                    claims=("lost",),
                    node=called.get(layer.id),
                    argument=lost.argument,
                    where=affected(where, env),
                    fixed=DROPOUT_LOSES_CUDNN.fixed,
                ),
            )
