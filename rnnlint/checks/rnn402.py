"""RNN402: a dropout function in a Lambda layer, which knows nothing of inference."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.context import RuleSettings, affected
from rnnlint.findings import Finding, Probe, Related
from rnnlint.flow.view import View
from rnnlint.graph import Const, Node, Ref, options
from rnnlint.keras.cudnn import EVERYWHERE
from rnnlint.keras.kinds import Kind
from rnnlint.keras.table import kind_of
from rnnlint.keras.versions import VersionSet
from rnnlint.registry import rule

RULE = rule("RNN402")

FUNCTIONS = frozenset(
    {
        "tensorflow.nn.dropout",
        "tensorflow.compat.v1.nn.dropout",
        "tensorflow.nn.experimental.general_dropout",
        "keras.backend.dropout",
        "keras.random.dropout",
    }
)
# More steps than these within one function are no Lambda that anybody writes.
_FAR = 50


def check(view: View, _settings: RuleSettings) -> Iterator[Finding]:
    """Every such function that the output of a Lambda comes through on all ways."""
    return (
        _finding(view, node, called)
        for node in view.graph.nodes
        if kind_of(node.layer) is Kind.LAMBDA
        for called in _inside(view, node)
        if _where(called).within(view.targets) != "none"
    )


def _inside(view: View, node: Node) -> Iterator[Node]:
    """The dropout functions that the function of a Lambda calls, whatever way it takes."""
    outer = {ref for refs in node.inputs for ref in refs}
    stack: list[tuple[Ref, ...]] = [node.body]
    seen: set[int] = set()
    while stack and len(seen) < _FAR:
        refs = stack.pop()
        # Several producers: one of them may be for inference.
        if len(refs) != 1 or refs[0] in outer or refs[0].node in seen:
            continue
        seen.add(refs[0].node)
        called = view.graph.nodes[refs[0].node]
        if called.kind != "op":
            continue
        if called.name in FUNCTIONS and _drops(called):
            yield called
        stack.extend(called.inputs)


def _drops(called: Node) -> bool:
    """Not where the rate is 0 or depends on the caller, who may set it to 0 for inference."""
    arg = next((one for name in ("rate", "level", "keep_prob", "#1") if (one := called.arg(name)) is not None), None)
    if arg is None:
        return False
    off = 1 if arg.name == "keep_prob" else 0
    return all(
        isinstance(one, Const) and type(one.value) in (int, float) and one.value != off for one in options(arg.value)
    )


def _where(called: Node) -> VersionSet:
    """Keras 2 has no module `random`."""
    return VersionSet.keras3() if called.name == "keras.random.dropout" else EVERYWHERE


def _finding(view: View, node: Node, called: Node) -> Finding:
    assert node.layer is not None
    short = called.name.replace("tensorflow.", "tf.").replace("keras.backend.", "K.")
    return Finding.of(
        RULE,
        message=f"`{short}` in a Lambda also drops at inference: `predict` and `evaluate` give different results at "
        "every call; use a Dropout layer",
        span=called.span,
        certain=node.certain and called.certain,
        label="also drops at inference",
        related=(Related(node.layer.span, "this Lambda"),),
        probe=Probe(
            kind="calls",
            layer=node.layer.id,
            claims=("at-inference",),
            node=called.id,
            where=affected(_where(called), view.targets),
        ),
    )
