"""RNN203: cuDNN demanded for a layer that cannot run on it."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import at_argument, enumeration, scope
from rnnlint.checks.context import RuleSettings, affected, union
from rnnlint.checks.cudnn import written
from rnnlint.checks.remedies import removal
from rnnlint.findings import Finding, Related
from rnnlint.flow.view import View
from rnnlint.graph import Const
from rnnlint.keras.cudnn import Disqualifier, conflicts
from rnnlint.registry import rule

RULE = rule("RNN203")


def check(view: View, _settings: RuleSettings) -> Iterator[Finding]:
    """One finding per layer, at its `use_cudnn`."""
    called = view.first_calls
    for layer in view.outermost:
        env = view.targets.for_origin(layer.origin)
        by_layer: dict[int, list[Disqualifier]] = {}
        for found in conflicts(layer, view.targets):
            by_layer.setdefault(found.layer.id, []).append(found)
        for clashes in by_layer.values():
            inner = clashes[0].layer
            arg = inner.arg("use_cudnn")
            assert arg is not None, "a conflict has a use_cudnn"
            where = union(clash.where for clash in clashes)
            certain = inner.certain and any(clash.certain for clash in clashes)
            yield at_argument(
                RULE,
                inner,
                arg,
                message=f"`use_cudnn=True` conflicts with {enumeration([written(clash) for clash in clashes])}: this "
                f"{inner.short} {'raises' if certain else 'may raise'} ValueError at its first call{scope(where, env)}",
                certain=certain,
                label="demands cuDNN",
                related=tuple(Related(clash.arg.span, "cuDNN does not support this") for clash in clashes),
                kind="error",
                claims=("raises",),
                node=called.get(layer.id),
                argument=clashes[0].argument,
                others=tuple(clash.argument for clash in clashes[1:]),
                where=affected(where, env),
                remedy=removal(inner, arg, "safe") if arg.value == Const(True) else None,
            )
