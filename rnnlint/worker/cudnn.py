"""Whether Keras chooses its cuDNN entry point for a recurrent layer, on a machine with or without a GPU.

`kernels` simulates a GPU and watches its entry points. A patch
that has no effect is noticed by a control: a layer with nothing but `units` has to be seen on cuDNN, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .failure import Failed
from .kernels import Kernels, error_line
from .specs import changed
from .timing import step_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .replay import Replay

# Enough to choose a kernel, and quick to build and to call.
_UNITS = 8
_SEQUENCE = (2, 4, 3)
_MANY = (256, 4, 16)
_RIGHT_PADDED = ((True, True, True, False), (True, True, False, False))

# What makes an LSTM or GRU as far as kernels are concerned; what a version does not have is left out.
_ATTRIBUTES = (
    "units",
    "activation",
    "recurrent_activation",
    "use_bias",
    "dropout",
    "recurrent_dropout",
    "return_sequences",
    "return_state",
    "go_backwards",
    "unroll",
    "time_major",
    "reset_after",
    "use_cudnn",
)


# ---------------------------------------------------------------------------------------------------------------------
# The probe


def cudnn(job: Mapping[str, Any], context: Replay) -> dict[str, Any]:
    """Observe the probe "cudnn" of a job.

    Whether a layer may run on cuDNN depends on its arguments, on a mask and on nothing else that reaches it: a small
    input replaces the real one, and a strictly right-padded mask replaces a real mask. Without a "node" in the probe no
    mask is assumed. The result has:

    - "attempted": whether this Keras has a cuDNN path for such a layer on this backend; "mechanism" names it or says
      what is missing. "control": whether a plain layer was seen on it.
    - "as_written": the layer was seen on cuDNN, in training or at inference.
    - "without": it was, in training and at inference, with the argument in question at its default, and with those of
      "put_back", which are the probe's "others" if they were needed. "only": they were not.
    - "loses": with "put_back" at their defaults and the argument as written cuDNN is lost. If not, it is innocent.
    - "mask": a mask arrives at the layer. "mask_loses": that is why "without" is false.
    - "errors": the calls that raised, as "ValueError: ...".
    - "gpu": None, or on a machine with a GPU the median time of a training step, as written and with the arguments put
      back, in milliseconds, and their ratio.
    """
    probe = job["probe"]
    if probe.get("twin"):
        return _cell(job, context)
    argument, others = probe["argument"], list(probe.get("others") or ())
    subject = _Subject(job["layers"][str(probe["layer"])], probe.get("inner"), context)
    found: dict[str, Any] = {
        "attempted": False,
        "control": False,
        "as_written": False,
        "without": False,
        "only": False,
        "put_back": [],
        "loses": False,
        "mask": False,
        "mask_loses": False,
        "errors": {},
        "gpu": None,
    }
    kernels = Kernels(context.keras, subject.kind.lower()) if subject.kind in ("LSTM", "GRU") else None
    found.update(_control(kernels, subject, context))
    if kernels is None or not found["control"]:
        return found
    shape, masked = _arriving(context, probe.get("node"))
    found["mask"] = masked

    def look(name: str, drop: Sequence[str], mask: bool = masked) -> _Sightings:
        seen = _look(kernels, lambda: subject.build(drop), subject.path, mask, context)
        if seen.error:
            found["errors"][name] = seen.error
        return seen

    found["as_written"] = look("as_written", []).ever
    found["only"] = found["without"] = look("without", [argument]).always
    found["loses"] = not found["as_written"]
    if others and not found["without"] and look("without_others", [argument, *others]).always:
        found["without"], found["put_back"] = True, others
        found["loses"] = not look("only_others", others).ever
    if masked and not found["without"]:
        found["mask_loses"] = look("without_mask", [argument, *others], mask=False).always
    if found["loses"] and found["without"] and kernels.has_gpu():
        found["gpu"] = _compare(context, subject, [argument, *found["put_back"]], shape, masked)
    return found


def _control(kernels: Kernels | None, subject: _Subject, context: Replay) -> dict[str, Any]:
    """Whether a plain layer is seen on cuDNN: "attempted", "control" and "mechanism", as `cudnn` has them."""
    if (
        kernels is None
        or not kernels.entry
        or (kernels.keras2 and not hasattr(subject.plain(), "_could_use_gpu_kernel"))
    ):
        version = f"Keras {context.keras.__version__} on {context.backend}"
        return {"attempted": False, "mechanism": f"{version} has no cuDNN path for this {subject.kind}"}
    control = _look(kernels, subject.plain, (), False, context)
    if control.always:
        return {"attempted": True, "control": True, "mechanism": kernels.entry}
    mechanism = f"not even {subject.kind}({_UNITS}) runs on {kernels.entry}"
    if why := control.error or kernels.failed:
        mechanism += f" ({why})"
    return {"attempted": True, "control": False, "mechanism": mechanism}


def _cell(job: Mapping[str, Any], context: Replay) -> dict[str, Any]:
    """The same for a cell in an RNN, and the layer that does what they do.

    "as_written": something in the RNN was seen on cuDNN; "without": its twin was, in training and at inference; "same":
    with the same weights the two give the same.
    """
    probe = job["probe"]
    spec = job["layers"][str(probe["layer"])]
    if "live" in spec:
        raise Failed("observe", "the cell of a layer that was built already cannot be taken out", probe["layer"])
    twin = _twin(spec)
    kind = twin["class"].rpartition(".")[2]
    big, spec, twin = (spec, twin), _few(spec), _few(twin)
    found: dict[str, Any] = {"attempted": False, "as_written": False, "without": False, "errors": {}, "gpu": None}
    kernels = Kernels(context.keras, kind.lower())
    plain = {**twin, "positional": [], "keywords": {"units": {"const": _UNITS}}}
    if not kernels.entry or (kernels.keras2 and not hasattr(context.layer(plain), "_could_use_gpu_kernel")):
        version = f"Keras {context.keras.__version__} on {context.backend}"
        return {**found, "mechanism": f"{version} has no cuDNN path for {kind}"}
    found.update(attempted=True, mechanism=kernels.entry)
    found["control"] = _look(kernels, lambda: context.layer(plain), (), False, context).always
    for name, one in (("as_written", spec), ("without", twin)):
        seen = _look(kernels, lambda one=one: context.layer(one), (), False, context)  # type: ignore[misc]
        found[name] = seen.always if name == "without" else seen.ever
        if seen.error:
            found["errors"][name] = seen.error
    if found["errors"]:
        return {**found, "same": None}
    layers = [context.layer(one) for one in (spec, twin)]
    tensor = context.tensor(context.random.normal(size=_SEQUENCE).astype("float32"))
    for layer in layers:
        layer(tensor)
    layers[1].set_weights(layers[0].get_weights())
    outputs = [layer(tensor) for layer in layers]
    first, second = (context.array(one[0] if isinstance(one, (list, tuple)) else one) for one in outputs)
    found["same"] = bool(first.shape == second.shape and np.allclose(first, second, atol=1e-4))
    if found["without"] and not found["as_written"] and kernels.has_gpu():
        as_written, without = (
            step_ms(context.keras, lambda one=one: context.layer(one), _TIMED)  # type: ignore[misc]
            for one in big
        )
        ratio = as_written / without
        found["gpu"] = {"as_written_ms": as_written, "without_ms": without, "ratio": ratio, "shape": list(_TIMED)}
    return found


def _twin(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """The constructor call of the LSTM or GRU that does what an RNN with one cell does."""
    cell = spec["children"][0]
    name = cell["class"][: -len("Cell")]
    return {**cell, "class": name, "keywords": {**cell["keywords"], **spec["keywords"]}}


def _few(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """A constructor call with few units."""
    if "units" in spec.get("keywords", {}):
        spec = changed(spec, spec["id"], (), {"units": {"const": _UNITS}})
    return {**spec, "children": [_few(child) for child in spec.get("children", ())]}


def inference(job: Mapping[str, Any], context: Replay) -> dict[str, Any]:
    """Observe the probe "inference": how much of an input without zeros is zero where it is handed to the kernel.

    "attempted", "control", "mechanism": as of `cudnn`. "training" and "inference": [zeros, values], None where the
    layer was not seen on cuDNN.
    """
    spec = job["layers"][str(job["probe"]["layer"])]
    subject = _Subject(spec, job["probe"].get("inner"), context)
    found: dict[str, Any] = {"attempted": False, "control": False, "training": None, "inference": None}
    kernels = Kernels(context.keras, subject.kind.lower())
    if kernels.keras2 or kernels.backend != "tensorflow" or not kernels.entry:
        version = f"Keras {context.keras.__version__} on {context.backend}"
        return {**found, "mechanism": f"what {version} hands to a kernel is not seen"}
    found.update(attempted=True, mechanism=kernels.entry)
    found["control"] = _look(kernels, subject.plain, (), False, context).always
    layer = subject.build(())
    tensor = context.tensor(np.full(_MANY, 0.5, "float32"))
    for name in ("training", "inference"):
        kernels.given.clear()
        with kernels.simulated_gpu() as arrived:
            layer(tensor, training=name == "training")
        if arrived:
            # One mask serves all timesteps.
            first = context.array(kernels.given[0])[:, 0]
            found[name] = [int((first == 0).sum()), int(first.size)]
    return found


class _Subject:
    """The layer of a probe, to be built again and again with some arguments of a layer inside it left out.

    `kind` is the class name of that layer inside. `path` is the way to it: 0 or 1 for the two directions of a
    Bidirectional, `_BOTH` for both, and 0 into any other wrapper.
    """

    def __init__(self, spec: Mapping[str, Any], inner: int | None, context: Replay) -> None:
        self._context = context
        self._spec = spec
        self._live: Any = context.live(spec["live"]) if "live" in spec else None
        if self._live is not None:
            self.path = _path_of_live(self._live)
            self.kind: str = type(_inside(self._live, self.path)[0]).__name__
        else:
            self.path, self._inner = _path(spec, inner)
            self.kind = self._inner["class"].rpartition(".")[2]

    def plain(self) -> Any:
        """The layer inside with nothing but units."""
        if self._live is not None:
            return type(_inside(self._live, self.path)[0])(_UNITS)
        return self._context.layer({**self._inner, "positional": [], "keywords": {"units": {"const": _UNITS}}})

    def build(self, drop: Sequence[str], small: bool = True) -> Any:
        """A new layer, with the arguments `drop` of the layer inside at their defaults; `small`: with few units."""
        if self._live is not None:
            return _copied(self._live, drop, small)
        spec = changed(self._spec, self._inner["id"], drop)
        if small:
            for one in _recurrent(self._spec):
                spec = changed(spec, one["id"], (), {"units": {"const": _UNITS}})
        return self._context.layer(spec)


_BOTH = 2


def _path(spec: Mapping[str, Any], inner: int | None) -> tuple[tuple[int, ...], Mapping[str, Any]]:
    """The way to the layer with the id `inner`, and its constructor call; else to the first innermost layer."""
    children = spec.get("children", ())
    if not children or not spec["class"].endswith((".Bidirectional", ".TimeDistributed")):
        return (), spec
    ways = [_path(child, inner) for child in children]
    index = next((index for index, (_, found) in enumerate(ways) if found["id"] == inner), 0)
    path, found = ways[index]
    mirrored = spec["class"].endswith(".Bidirectional") and len(children) == 1
    return (_BOTH if mirrored else index, *path), found


def _recurrent(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if spec["class"].endswith((".LSTM", ".GRU")):
        yield spec
    for child in spec.get("children", ()):
        yield from _recurrent(child)


def _path_of_live(layer: Any) -> tuple[int, ...]:
    if hasattr(layer, "forward_layer"):
        return (_BOTH, *_path_of_live(layer.forward_layer))
    return (0, *_path_of_live(layer.layer)) if hasattr(layer, "layer") else ()


def _copied(layer: Any, drop: Sequence[str], small: bool) -> Any:
    """A layer like that of the user, which stays as it is; only what bears on kernels and sizes is taken over.

    `get_config` would not do: it lacks some of that, and turns functions into names that may not lead back.
    """
    if hasattr(layer, "forward_layer"):
        directions = [_copied(one, drop, small) for one in (layer.forward_layer, layer.backward_layer)]
        return type(layer)(directions[0], backward_layer=directions[1], merge_mode=layer.merge_mode)
    if hasattr(layer, "layer"):
        return type(layer)(_copied(layer.layer, drop, small))
    arguments = {name: getattr(layer, name) for name in _ATTRIBUTES if hasattr(layer, name) and name not in drop}
    if small:
        arguments["units"] = _UNITS
    return type(layer)(**arguments)


def _inside(layer: Any, path: Sequence[int]) -> list[Any]:
    """The layers at the end of the way; two for both directions of a Bidirectional."""
    if not path:
        return [layer]
    directions = [layer.forward_layer, layer.backward_layer] if hasattr(layer, "forward_layer") else [layer.layer]
    chosen = directions if path[0] == _BOTH else [directions[path[0]]]
    return [one for direction in chosen for one in _inside(direction, path[1:])]


class _Sightings:
    """What was seen of a layer in training and at inference."""

    def __init__(self) -> None:
        self.seen = [False, False]
        self.error = ""

    @property
    def ever(self) -> bool:
        return any(self.seen)

    @property
    def always(self) -> bool:
        return all(self.seen)


def _look(kernels: Kernels, build: Callable[[], Any], path: Sequence[int], mask: bool, context: Replay) -> _Sightings:
    """Make a layer, call it in training and at inference, and see whether what is watched in it arrives at cuDNN."""
    look = _Sightings()
    try:
        layer = build()
        for index, training in enumerate((True, False)):
            with kernels.simulated_gpu() as arrived:
                try:
                    _call(context, layer, path, mask, training)
                finally:
                    look.seen[index] = all(_arrives(one, layer, arrived) for one in _inside(layer, path))
    except Failed:
        raise
    except Exception as error:  # noqa: BLE001 - the call as written may fail, before the choice or after
        look.error = error_line(error)
    return look


def _call(context: Replay, layer: Any, path: Sequence[int], mask: bool, training: bool) -> None:
    outer = layer
    shape: tuple[int, ...] = _SEQUENCE
    while path and not hasattr(outer, "forward_layer"):  # a TimeDistributed, over sequences of sequences
        outer, path, shape = outer.layer, path[1:], (*_SEQUENCE[:1], 2, *shape[1:])
    keywords = {"mask": context.tensor(np.array(_RIGHT_PADDED))} if mask and len(shape) == len(_SEQUENCE) else {}
    layer(context.tensor(np.full(shape, 0.5, "float32")), training=training, **keywords)


def _arrives(layer: Any, outer: Any, arrived: Sequence[set[int]]) -> bool:
    """Whether the layer is behind one of the arrivals: itself, or with the other direction in a single fused call."""
    while outer is not layer and not hasattr(outer, "forward_layer"):
        outer = outer.layer
    both = {id(outer.forward_layer), id(outer.backward_layer)} if outer is not layer else set()
    return any(id(layer) in one or (id(outer) in one and not one & both) for one in arrived)


def _arriving(context: Replay, node: int | None) -> tuple[Sequence[int], bool]:
    """The shape of what reaches the layer, and whether a mask comes with it."""
    if node is None:
        return _TIMED, False
    shape, masked = context.arriving(node)
    given = context.nodes[node].get("kwargs", {}).get("mask", {"const": None})
    return shape, masked or given != {"const": None}


# ---------------------------------------------------------------------------------------------------------------------
# Time

_TIMED = (32, 100, 16)


def _compare(
    context: Replay, subject: _Subject, drop: Sequence[str], shape: Sequence[int], mask: bool
) -> dict[str, Any]:
    """A training step as written and with arguments put back; "shape" is what it was timed on, big enough to tell."""
    if len(shape) == len(_TIMED):
        shape = (max(shape[0], _TIMED[0]), max(shape[1], _TIMED[1]), shape[2])

    def ms(drop: Sequence[str]) -> float:
        return step_ms(context.keras, lambda: subject.build(drop, small=False), shape, mask)

    as_written, without = ms(()), ms(drop)
    return {
        "as_written_ms": as_written,
        "without_ms": without,
        "ratio": as_written / without,
        "shape": list(shape),
    }
