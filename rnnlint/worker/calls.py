"""Probes that compare calls: whether results vary that should, or are the same that should not be.

"calls": {"changed": how many of the values differ from one call to the next, of all, "control": the same of calls that
are known to differ, or to be equal}. What is called says the claim:

- "overridden": `predict` of a functional model of the layer, called with `training=True`; control: `model(x)`.
- "at-inference": `predict` of a model of a Lambda; control: the input, which is none of it.
- "stale": a cell in training; control: with its mask reset before each call.
- "same-mask": two dropout layers on the same values; control: one of them called twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .failure import Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .replay import Replay

_ROWS = 16


def calls(job: Mapping[str, Any], context: Replay) -> dict[str, Any]:
    """See above."""
    probe = job["probe"]
    return _CLAIMS[probe["claim"]](probe, context)


def _overridden(probe: Mapping[str, Any], context: Replay) -> dict[str, Any]:
    node = probe["node"]
    shape = _shape(context, node)
    layer = context.layer(context.outermost(node))
    keras = context.keras
    given = keras.Input(shape[1:])
    model = keras.Model(given, layer(given, training=True))
    array = _values(context, shape)
    return {
        "changed": _differ(lambda: model.predict(array, verbose=0)),
        "control": _differ(lambda: context.array(_first(model(context.tensor(array))))),
    }


def _at_inference(probe: Mapping[str, Any], context: Replay) -> dict[str, Any]:
    node = probe["node"]
    shape = _shape(context, node)
    keras = context.keras
    given = keras.Input(shape[1:])
    function = keras.layers.Lambda(lambda tensor: context.apply(node, [tensor])[0], output_shape=shape[1:])
    model = keras.Model(given, function(given))
    array = _values(context, shape)
    return {"changed": _differ(lambda: model.predict(array, verbose=0)), "control": None}


def _stale(probe: Mapping[str, Any], context: Replay) -> dict[str, Any]:
    layer = context.layer(context.spec(probe["inner"]))
    array = context.tensor(_values(context, (_ROWS, 8)))
    sizes = layer.state_size if isinstance(layer.state_size, (list, tuple)) else [layer.state_size]
    states = [context.tensor(np.full((_ROWS, int(size)), 0.5, "float32")) for size in sizes]

    def call() -> Any:
        return context.array(layer(array, list(states), training=True)[0])

    def reset() -> Any:
        layer.reset_dropout_mask()
        layer.reset_recurrent_dropout_mask()
        return call()

    return {"changed": _differ(call), "control": _differ(reset)}


def _same_mask(probe: Mapping[str, Any], context: Replay) -> dict[str, Any]:
    node = probe["node"]
    array = context.tensor(_values(context, _shape(context, node)))
    layers = [context.layer(context.outermost(one)) for one in (probe["target"], node)]

    def draw(layer: Any) -> Any:
        return np.array(context.array(layer(array, training=True))) == 0

    one, two, again = draw(layers[0]), draw(layers[1]), draw(layers[0])
    return {"changed": [int((one != two).sum()), one.size], "control": [int((one != again).sum()), one.size]}


def _shape(context: Replay, node: int) -> tuple[int, ...]:
    """The shape of the input of a call, with enough samples for results to differ by."""
    shape = tuple(int(size) for size in context.inputs(node)[0].shape)
    return (max(shape[0], _ROWS), *shape[1:])


def _values(context: Replay, shape: tuple[int, ...]) -> Any:
    return context.random.uniform(0.5, 1.5, size=shape).astype("float32")


def _first(result: Any) -> Any:
    return result[0] if isinstance(result, (list, tuple)) else result


def _differ(call: Callable[[], Any]) -> list[int]:
    """How many values of a result are others at the second call, of how many."""
    one, two = (np.array(_first(call())) for _ in range(2))
    if one.shape != two.shape:
        raise Failed("observe", "two calls gave results of different shapes")
    return [int((np.abs(one - two) > 1e-6).sum()), one.size]


_CLAIMS = {
    "overridden": _overridden,
    "at-inference": _at_inference,
    "stale": _stale,
    "same-mask": _same_mask,
}
