"""RNN505: a recurrent layer's `dropout`, which means another thing in Keras 2 than in Keras 3."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import at_argument
from rnnlint.checks.context import RuleSettings
from rnnlint.checks.rate import argument_text, rate
from rnnlint.findings import Finding
from rnnlint.flow.view import View
from rnnlint.keras.cudnn import fast_in_keras2
from rnnlint.keras.kinds import Kind
from rnnlint.keras.table import kind_of
from rnnlint.registry import rule

RULE = rule("RNN505")


def check(view: View, _settings: RuleSettings) -> Iterator[Finding]:
    """One finding per layer, whichever Keras the code is for now."""
    for layer in view.graph.layers:
        arg, dropped = layer.arg("dropout"), rate(layer, "dropout")
        if kind_of(layer) is not Kind.RECURRENT or arg is None or not dropped.active:
            continue
        # Before 2.4 Keras 2, too, drew one mask for all timesteps.
        fast, env = fast_in_keras2(layer), view.targets.for_origin(layer.origin)
        if fast is False or max(env.versions) < (2, 4):
            continue
        sure = fast is True and dropped.always and layer.certain
        yield at_argument(
            RULE,
            layer,
            arg,
            message=f"{argument_text(layer, 'dropout')} of this {layer.short} means something else in each Keras: "
            f"Keras 2 {'draws' if sure else 'may draw'} a mask for every timestep, Keras 3 one for the whole sequence",
            certain=sure,
            label="per timestep in Keras 2, per sequence in Keras 3",
            kind="kept",
            claims=("drawn",),
            node=view.first_calls.get(layer.id),
        )
