"""RNN302: `implementation=1` beside `dropout`, which Keras 3.8 and later cannot run."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.arguments import at_argument
from rnnlint.checks.context import RuleSettings, affected, confidence_in
from rnnlint.checks.rate import argument_text, rate
from rnnlint.checks.remedies import removal
from rnnlint.findings import Finding, Related
from rnnlint.flow.view import View
from rnnlint.graph import Const, Layer, options
from rnnlint.keras.defects import IMPLEMENTATION_1_FAILS
from rnnlint.keras.kinds import Kind
from rnnlint.keras.table import kind_of
from rnnlint.registry import rule

RULE = rule("RNN302")


def check(view: View, settings: RuleSettings) -> Iterator[Finding]:
    """One finding per layer, at its `implementation`."""
    called = view.first_calls
    for layer in view.outermost:
        for inner in _reached(layer):
            arg = inner.arg("implementation")
            dropped = rate(inner, "dropout")
            if arg is None or not dropped.active or _avoided(inner):
                continue
            ones = [option == Const(1) for option in options(arg.value)]
            env = view.targets.for_origin(inner.origin)
            confidence = confidence_in(IMPLEMENTATION_1_FAILS.where, env, RULE, settings)
            if confidence is None or not any(ones):
                continue
            sure = confidence == "certain" and all(ones) and dropped.always and inner.certain
            sure = sure and inner.complete and not rate(inner, "recurrent_dropout").active
            dropout = inner.arg("dropout")
            assert dropout is not None, "an active rate is written"
            yield at_argument(
                RULE,
                inner,
                arg,
                message=f"`implementation=1` with {argument_text(inner, 'dropout')}: this {inner.short} "
                f"{'fails' if sure else 'may fail'} in the first training step in {IMPLEMENTATION_1_FAILS.releases}",
                certain=sure,
                label="fails in training with `dropout`",
                related=(Related(dropout.span, "the dropout"),),
                kind="error",
                claims=("raises",),
                node=called.get(layer.id),
                argument="implementation",
                where=affected(IMPLEMENTATION_1_FAILS.where, env),
                remedy=removal(inner, arg, "safe") if confidence == "certain" and all(ones) else None,
            )


def _reached(layer: Layer) -> Iterator[Layer]:
    """The LSTMs and GRUs in a layer whose `implementation` arrives: Bidirectional forgets that of its forward layer."""
    match kind_of(layer):
        case Kind.RECURRENT if layer.short in ("LSTM", "GRU"):
            yield layer
        case Kind.BIDIRECTIONAL:
            yield from (inner for child in layer.children[1:] for inner in _reached(child))
        case Kind.TIME_DISTRIBUTED:
            yield from (inner for child in layer.children for inner in _reached(child))


def _avoided(layer: Layer) -> bool:
    """Whether the fast path, which is what fails, is never tried: without cuDNN, or with a recurrent dropout."""
    forced = layer.arg("use_cudnn")
    return rate(layer, "recurrent_dropout").always or (forced is not None and forced.value == Const(False))
