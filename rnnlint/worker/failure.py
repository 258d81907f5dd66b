"""A job that cannot be run."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Failed(Exception):  # noqa: N818 - not an error of the worker
    """The model could not be built, or not be observed. `cause` is what was raised, `layer` the id of the layer."""

    def __init__(self, stage: str, cause: BaseException | str, layer: int | None = None) -> None:
        self.stage = stage
        self.cause = ValueError(cause) if isinstance(cause, str) else cause
        self.layer = layer
        super().__init__(str(self.cause))


@contextlib.contextmanager
def building(layer: int | None) -> Iterator[None]:
    """Within it every exception becomes Failed, and names the layer."""
    try:
        yield
    except Failed as error:
        error.layer = layer if error.layer is None else error.layer
        raise
    except Exception as error:
        raise Failed("build", error, layer) from error
