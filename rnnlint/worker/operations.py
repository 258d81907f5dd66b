"""Functions on tensors, called as a job says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .failure import Failed
from .naming import named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .backend import Backend

# These take several tensors as one list.
_LISTS = frozenset(("concat", "concatenate", "stack", "add_n", "accumulate_n", "hstack", "vstack", "dstack"))


def operate(
    backend: Backend, name: str, given: Mapping[str, Any], tensors: Sequence[Any], listed: bool | None = None
) -> Any:
    """Call a function on tensors.

    Args:
        backend: where it runs.
        name: its canonical name.
        given: its other arguments by name; `#1` is a position, and the tensors take the positions that are left.
        tensors: those that it is called on.
        listed: whether it takes them as one list; None: as such functions do.

    Raises:
        Failed: where the Keras at hand has no such function, or an argument is missing.
    """
    function = named(name, backend.keras, backend.backend)
    given = dict(given)
    positions = {int(key[1:]): given.pop(key) for key in list(given) if key[0] == "#"}
    if name == "operator.getitem" and "key" in given:
        positions[1] = given.pop("key")
    if listed is None:
        listed = name.rpartition(".")[2] in _LISTS
    rest = [list(tensors)] if listed and tensors else list(tensors)
    args: list[Any] = []
    while rest or positions:
        if len(args) in positions:
            args.append(positions.pop(len(args)))
        elif rest:
            args.append(rest.pop(0))
        else:
            raise Failed("build", f"{name} lacks its argument number {len(args) + 1}")
    if not name.startswith("numpy."):
        return function(*args, **given)
    result = function(*(_plain(backend, one) for one in args), **given)
    if isinstance(result, (list, tuple)):
        return [backend.tensor(one) for one in result]
    return backend.tensor(result.astype("float32") if result.dtype == "float64" else result)


def _plain(backend: Backend, value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(backend, one) for one in value]
    return backend.array(value) if hasattr(value, "shape") else value
