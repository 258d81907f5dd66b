"""What user code built, from what was recorded while it ran: which layer was constructed and called where.

Only Keras' own account is read: the objects that it constructs, the nodes that it makes of symbolic calls. Keras 2
(2.6 and later), tf_keras and Keras 3. `account` describes the result.
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any

from .account import Account, DescribedTensor
from .expansion import Expansion, in_training, paired
from .structures import TensorSpec, flat, mapped, spec_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .package import Keras
    from .places import Place
    from .recorder import KerasRecorder


def describe(recorder: KerasRecorder, since: int, results: list[Any]) -> Account:
    """Describe what was constructed after the first `since` objects, and the models among it and among `results`."""
    keras = recorder.keras
    account = Account(recorder)
    expansion = Expansion(account)
    found = _Models(expansion)
    made = recorder.order[since:]
    models = [one.object for one in made if one.direct and isinstance(one.object, keras.model)]
    models += [model for model in results if not any(model is one for one in models)]
    # Models that others call come last: by then their calls are known.
    independent = [model for model in models if not keras.is_composite(model) and found.has_input(model)]
    # In the order in which the code called them, whatever the order of the models.
    ends = [keras.inside(model) for model in independent]
    expansion.expand([tensor for end in ends if end is not None for tensor in end[1]], expansion.top)
    for model in sorted(models, key=lambda model: not any(model is one for one in independent)):
        found.model(model)
    for one in made:
        if one.direct and isinstance(one.object, keras.layer) and _is_leaf(keras, one.object):
            account.layer(one.object)
    return account


class _Models:
    """Adds models to an account."""

    def __init__(self, expansion: Expansion) -> None:
        self._expansion = expansion
        self._account = expansion.account
        self._recorder = expansion.recorder
        self._keras = expansion.keras

    def model(self, model: Any) -> None:
        """Add a model that the user's code constructed."""
        made = self._recorder.made.get(id(model))
        where = None if made is None else made.place
        kind = "sequential" if isinstance(model, self._keras.sequential) else "functional"
        before = len(self._account.nodes)
        if self._keras.is_composite(model):
            kind = "subclass"
            found = self.called(model, where)
        else:
            inside = self._keras.inside(model)
            if inside is not None and id(model) in self._expansion.unfolded and not self.has_input(model):
                return
            if inside is not None:
                outputs = self._expansion.expand(inside[1], self._expansion.top)
                found = [self._expansion.flow(one, self._expansion.top) for one in inside[0]], outputs
            else:
                found = self.chain(model, where)
        if found is None:
            return
        nodes = self.between([one.ref for one in found[0]], [one.ref for one in found[1]])
        self._account.models.append(
            {
                "kind": kind,
                "name": type(model).__name__ if kind == "subclass" else str(model.name),
                "place": where,
                "inputs": [one.ref for one in found[0]],
                "outputs": [one.ref for one in found[1]],
                "nodes": nodes if kind != "subclass" else sorted({*nodes, *range(before, len(self._account.nodes))}),
            }
        )

    def has_input(self, model: Any) -> bool:
        """Whether a model has an input that its code wrote, rather than one that Keras gave it when it was called."""
        inside = self._keras.inside(model)
        if inside is None:
            return False
        for tensor in inside[0]:
            found = self._recorder.produced.get(id(tensor))
            made = None if found is None else self._recorder.made.get(id(found[0].operation))
            if made is not None and made.place is None:
                return False
        return True

    def between(self, inputs: list[list[int]], outputs: list[list[int]]) -> list[int]:
        """The nodes from which the outputs come, back to the inputs."""
        seen = {node for node, _ in inputs}
        stack = [node for node, _ in outputs]
        while stack:
            number = stack.pop()
            if number not in seen:
                seen.add(number)
                stack.extend(node for node, _ in self._account.nodes[number]["inputs"])
        return sorted(seen)

    def called(self, model: Any, where: Place) -> tuple[list[DescribedTensor], list[DescribedTensor]] | None:
        """A model of a user's class, run once more on what it was called on, or built for."""
        if id(model) in self._expansion.unfolded:
            return None
        name = type(model).__name__
        seen = self._recorder.seen.get(id(model)) or _built_for(model)
        if seen is None:
            self._account.note(
                f"no input shape of the model {name} is known: call it on a batch, or call its build(), where it is "
                "made",
                where,
            )
            return None
        specs = [one for one in [*flat(seen[0]), *flat(seen[1])] if isinstance(one, TensorSpec)]
        if any(spec.shape is None for spec in specs) or not specs:
            self._account.note(f"the model {name} was not called on tensors of known rank", where)
            return None
        given = []
        tensors = []
        for spec in specs:
            shape = [None, *spec.shape[1:]] if spec.shape else []
            node = self._account.add("input", "keras.Input", [], [shape], where, dtype=spec.dtype)
            given.append(DescribedTensor(node, 0, shape, spec.dtype))
            tensors.append(self._keras.fresh(shape, spec.dtype))
        fill = iter(tensors)
        args, kwargs = mapped(lambda one: next(fill) if isinstance(one, TensorSpec) else one, seen)
        kwargs = in_training(model, args, kwargs)
        self._expansion.unfolded.add(id(model))
        self._expansion.running.append(id(model))
        try:
            starts, ends = self._expansion.again(model.call, args, kwargs, given)
            if ends and all(self._keras.is_tensor(one) for one in ends):
                self._expansion.kept.append((starts, ends))
                return given, self._expansion.expand(ends, paired(starts, given))
            return given, self._expansion.traced(model, args, kwargs, given, None) or []
        finally:
            self._expansion.running.pop()

    def chain(self, model: Any, where: Place) -> tuple[list[DescribedTensor], list[DescribedTensor]] | None:
        """A Sequential that Keras could not build yet: its layers in order, shapes unknown."""
        if not isinstance(model, self._keras.sequential) or id(model) in self._expansion.unfolded:
            return None
        self._account.note("the Sequential has no input shape: begin it with an Input", where)
        start = last = DescribedTensor(self._account.add("input", "keras.Input", [], [None], where), 0, None, None)
        for layer in self._links(model):
            more = {"layer": self._account.layer(layer), "args": []}
            last = DescribedTensor(
                self._account.add("layer", type(layer).__name__, [last], [None], None, **more), 0, None, None
            )
        return [start], [last]

    def _links(self, model: Any) -> Iterator[Any]:
        for layer in model.layers:
            if isinstance(layer, self._keras.sequential):
                yield from self._links(layer)
            else:
                yield layer


def _built_for(model: Any) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """What `model.build(shape)` was given."""
    shapes = getattr(model, "_build_shapes_dict", None)
    shape = next(iter(shapes.values())) if shapes else getattr(model, "_build_input_shape", None)
    try:
        sizes = [None if size is None else int(size) for size in shape or ()]
    except (TypeError, ValueError):
        return None
    if not sizes:
        return None
    return (spec_of(types.SimpleNamespace(shape=sizes, dtype="float32")),), {}


def _is_leaf(keras: Keras, layer: Any) -> bool:
    if isinstance(layer, (keras.model, keras.input)) or keras.is_op(layer):
        return False
    try:
        return keras.owns(type(layer)) and not keras.is_composite(layer)
    except Exception:  # noqa: BLE001 - a layer whose constructor failed halfway
        return False
