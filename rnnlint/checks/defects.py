"""Defects of Keras releases that concern an argument which drops: what RNN501, RNN503 and RNN504 share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rnnlint.checks.context import RuleSettings, affected, confidence_in
from rnnlint.checks.rate import Rate, rate
from rnnlint.flow.view import View
from rnnlint.graph import Arg, Layer
from rnnlint.keras.defects import Defect
from rnnlint.keras.versions import Version
from rnnlint.records import dataclass
from rnnlint.registry import Rule


@dataclass(frozen=True, slots=True)
class Defective:
    """An argument of a layer that drops where Keras may have a defect.

    `certain`: the argument drops for sure, and every Keras that the code may run on has the defect. `node` is the first
    call of the layer, `where` what goes into `Probe.where`.
    """

    layer: Layer
    arg: Arg
    dropped: Rate
    defect: Defect
    certain: bool
    node: int | None
    where: frozenset[tuple[Version, str]]


def per_argument(
    view: View, settings: RuleSettings, rule: Rule, names: tuple[str, ...], of_layer: Callable[[Layer], Defect | None]
) -> Iterator[Defective]:
    """The arguments of these names that drop, of all layers that may have the defect that `of_layer` names."""
    for layer in view.graph.layers:
        defect = of_layer(layer)
        if defect is None:
            continue
        env = view.targets.for_origin(layer.origin)
        confidence = confidence_in(defect.where, env, rule, settings)
        for name in names if confidence is not None else ():
            arg, dropped = layer.arg(name), rate(layer, name)
            if arg is not None and dropped.active:
                yield Defective(
                    layer=layer,
                    arg=arg,
                    dropped=dropped,
                    defect=defect,
                    certain=confidence == "certain" and dropped.always and layer.certain,
                    node=view.first_calls.get(layer.id),
                    where=affected(defect.where, env),
                )
