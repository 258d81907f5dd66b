"""Arguments that take a layer off cuDNN: what RNN201, RNN202 and RNN204 share."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from rnnlint.flow.view import View
from rnnlint.graph import Layer
from rnnlint.keras.cudnn import Disqualifier, disqualifiers
from rnnlint.keras.versions import KerasTargets, VersionSet
from rnnlint.records import dataclass


@dataclass(frozen=True, slots=True)
class LostKernel:
    """An argument with which a layer does not run on cuDNN, though its `use_cudnn` is left to Keras.

    `others` are further such arguments of the same layer, `node` is the first call of the layer or of its wrapper, and
    `env` what the layer may run on.
    """

    lost: Disqualifier
    others: tuple[Disqualifier, ...]
    node: int | None
    env: KerasTargets

    @property
    def layer(self) -> Layer:
        """The LSTM or GRU."""
        return self.lost.layer

    @property
    def certain(self) -> bool:
        """Whether the layer is constructed, and with such a value, on every path."""
        return self.lost.certain and self.layer.certain

    def beside(self, *but: str) -> list[Disqualifier]:
        """The others that lose it in some of the same Keras versions, but for some arguments."""
        return [one for one in self.others if one.argument not in but and one.where & self.lost.where]


def lost_kernels(view: View, layer: Layer, arguments: Collection[str]) -> Iterator[LostKernel]:
    """Those of the arguments that take a layer, or the layers in a wrapper, off cuDNN."""
    found = disqualifiers(layer, view.targets)
    for lost in found:
        if lost.argument in arguments and not _forced(lost.layer):
            others = tuple(one for one in found if one.layer is lost.layer and one is not lost)
            env = view.targets.for_origin(layer.origin)
            yield LostKernel(lost=lost, others=others, node=view.first_calls.get(layer.id), env=env)


def _forced(layer: Layer) -> bool:
    """Whether `use_cudnn` is written as True or False: then cuDNN is wanted (RNN203) or knowingly given up."""
    arg = layer.arg("use_cudnn")
    return arg is not None and getattr(arg.value, "value", None) in (True, False)


def written(found: Disqualifier) -> str:
    """The argument as in the source: `activation='relu'`."""
    return f"`{found.argument}={found.text}`"


def in_short(where: VersionSet, env: KerasTargets) -> str:
    """Such as " (Keras 2 and 3 on tensorflow, 3.14+ on jax, 3.15 on torch)" where it does not hold in all of `env`."""
    if where.within(env) == "all":
        return ""
    first, *rest = where.describe(env).replace(" and later", "+").split("Keras ")
    return f" ({first}Keras {''.join(rest)})"
