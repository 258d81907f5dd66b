"""What the installed Keras says: run as a script under the Python that has it, by `reality.py`. Needs only Keras.

`live.py signatures` prints the constructor signatures of all layers. `live.py calls` reads a list of cases from the
standard input, each `[expression, [input shape, ...]]`, and prints for each the output shapes and how output positions
depend on input positions. Keras 2 and 3 alike.
"""

import inspect
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np

MAJOR = int(keras.__version__.split(".")[0])


def signatures() -> dict[str, Any]:
    things = {name: getattr(keras.layers, name) for name in dir(keras.layers) if not name.startswith("_")}
    if MAJOR == 2:
        import tensorflow as tf

        old = tf.compat.v1.keras.layers
        things.update(CuDNNLSTM=old.CuDNNLSTM, CuDNNGRU=old.CuDNNGRU)
    layers = {}
    for name, thing in things.items():
        if not callable(thing):
            continue
        function = thing.__init__ if inspect.isclass(thing) else thing
        params = [
            {
                "name": param.name,
                "default": "REQUIRED" if param.default is param.empty else repr(param.default),
                "keyword_only": param.kind is param.KEYWORD_ONLY,
            }
            for param in inspect.signature(function).parameters.values()
            if param.name != "self" and param.kind not in (param.VAR_KEYWORD, param.VAR_POSITIONAL)
        ]
        more = any(param.kind is param.VAR_KEYWORD for param in inspect.signature(function).parameters.values())
        real = thing.__name__ if inspect.isclass(thing) and thing.__name__ in things else name
        layers[name] = {"class": inspect.isclass(thing), "real": real, "params": params, "more": more}
    return layers


def namespace() -> dict[str, Any]:
    names = {name: getattr(keras.layers, name) for name in dir(keras.layers) if not name.startswith("_")}
    names.update(keras=keras, numpy=np)
    if MAJOR == 3:
        names["ops"] = keras.ops
    else:
        names["K"] = keras.backend
    import tensorflow as tf

    names["tf"] = tf
    return names


def flat(found: Any) -> list[Any]:
    """Shapes of outputs; a list within the list of outputs (the states of stacked cells) has none."""
    outputs = found if isinstance(found, (list, tuple)) else [found]
    return [None if isinstance(one, (list, tuple)) else list(one.shape) for one in outputs]


def arrays(found: Any) -> list[Any]:
    outputs = found if isinstance(found, (list, tuple)) else [found]
    return [None if isinstance(one, (list, tuple)) else np.asarray(one) for one in outputs]


def apply(expression: str, tensors: Sequence[Any]) -> Callable[[Sequence[Any]], Any]:
    """The layer that an expression makes, or the operation on x0, x1, ... itself."""
    names = namespace()
    names.update({f"x{index}": tensor for index, tensor in enumerate(tensors)})
    made = eval(expression, names)
    if isinstance(made, keras.layers.Layer):
        return lambda given: call(made, given)
    return lambda given: eval(expression, {**names, **{f"x{index}": one for index, one in enumerate(given)}})


def call(layer: Any, given: Sequence[Any]) -> Any:
    if isinstance(layer, keras.layers.MultiHeadAttention):
        return layer(*given)
    return layer(given[0] if len(given) == 1 else list(given))


def symbolic(expression: str, shapes: Sequence[Any], kinds: Sequence[str]) -> list[Any] | None:
    inputs = [keras.Input(batch_shape=shape, dtype=kind) for shape, kind in zip(shapes, kinds, strict=True)]
    layer = eval(expression, namespace()) if "x0" not in expression else None
    if layer is None:
        return None
    return flat(call(layer, inputs))


def sized(shape: Sequence[Any], size: int) -> list[int]:
    return [size if dim is None else dim for dim in shape[1:]]


def relations(expression: str, shapes: Sequence[Any], kinds: Sequence[str]) -> list[Any]:
    """[[output, its axis, input, its axis, [input positions per output position]], ...], the batch axis left out."""
    random = np.random.default_rng(0)
    inner = [sized(shape, 6) for shape in shapes]
    changes = [
        (number, axis, position)
        for number, dims in enumerate(inner)
        for axis, dim in enumerate(dims)
        for position in range(dim)
    ]
    found: dict[tuple[int, int, int, int], dict[Any, Any]] = {}
    run = None
    for _ in range(3):
        batch = []
        for dims, kind in zip(inner, kinds, strict=True):
            one = random.integers(1, 9, dims) if kind == "int32" else random.normal(size=dims) * 2
            batch.append(np.repeat(np.asarray(one)[None], 1 + len(changes), 0).astype(kind))
        for index, (number, axis, position) in enumerate(changes):
            where = batch[number][index + 1]
            at = (slice(None),) * axis + (position,)
            where[at] = where[at] + (1 if kinds[number] == "int32" else random.normal(size=where[at].shape) * 5)
        given = [namespace()["tf"].constant(one) for one in batch]
        if run is None:
            run = apply(expression, [one[:2] for one in given])
        for output, value in enumerate(arrays(run(given))):
            if value is None or value.ndim < 2 or value.shape[0] != 1 + len(changes):
                continue
            for index, (number, axis, position) in enumerate(changes):
                changed = np.abs(value[index + 1] - value[0]) > 1e-6
                for inner_axis in range(changed.ndim):
                    others = tuple(one for one in range(changed.ndim) if one != inner_axis)
                    rows = found.setdefault((output, inner_axis + 1, number, axis + 1), {})
                    for place in np.flatnonzero(changed.any(axis=others)):
                        rows.setdefault(int(place), set()).add(position)
                    rows.setdefault("size", changed.shape[inner_axis])
    return [
        [*key, [sorted(rows.get(place, ())) for place in range(rows["size"])]] for key, rows in sorted(found.items())
    ]


def main() -> None:
    if sys.argv[1] == "signatures":
        answer: Any = signatures()
    else:
        answer = []
        for expression, shapes in json.load(sys.stdin):
            kinds = ["int32" if "Embedding" in expression or "one_hot" in expression else "float32"] * len(shapes)
            try:
                answer.append(
                    {"shapes": symbolic(expression, shapes, kinds), "relations": relations(expression, shapes, kinds)}
                )
            except Exception as error:  # noqa: BLE001  (the test reports it)
                answer.append({"error": f"{type(error).__name__}: {error}"[:500]})
    print("\n" + json.dumps({"version": keras.__version__, "answer": answer}))


if __name__ == "__main__":
    main()
