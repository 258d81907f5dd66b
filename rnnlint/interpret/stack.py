"""Space on CPython's stack of Python frames, for code that recurses deeply."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# In words of eight bytes; a little more than half of 2 MB.
_WORDS = 140_000


def reserve_stack(function: Callable[[], T]) -> T:
    """Call a function with space reserved on the stack for the frames of some thousand nested calls.

    CPython (from 3.11 on) keeps the frames of Python functions in chunks of 16 KB. It allocates a chunk when a call
    does not fit into the present one and frees it when that call returns. Some 70 calls deep, a loop may do so in every
    turn, which took 11 % of the time of an analysis. A frame larger than a chunk gets a chunk of its own, rounded up to
    a power of two. So this function's frame is declared to be larger than half of 2 MB, and the calls inside use the
    rest of that chunk. Where frames are kept otherwise, the declaration has no effect.
    """
    return function()


reserve_stack.__code__ = reserve_stack.__code__.replace(co_stacksize=_WORDS)
