"""A job that cannot be run."""

from __future__ import annotations


class Failed(Exception):  # noqa: N818 - not an error of the worker
    """The model could not be built, or not be observed. `cause` is what was raised, `layer` the id of the layer."""

    def __init__(self, stage: str, cause: BaseException | str, layer: int | None = None) -> None:
        self.stage = stage
        self.cause = ValueError(cause) if isinstance(cause, str) else cause
        self.layer = layer
        super().__init__(str(self.cause))
