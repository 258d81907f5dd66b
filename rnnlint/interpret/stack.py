"""Room on the stack for code that recurses deeply."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# In words of eight bytes; a little more than half of 2 MB.
_WORDS = 140_000


def reserve_stack(function: Callable[[], T]) -> T:
    """Call a function so that all that it calls, some thousand calls deep, has its place on the stack already.

    CPython (from 3.11 on) keeps the frames of Python functions in chunks of 16 KB. It takes one from the system when a
    call does not fit in, and gives it back when that call returns: some 70 calls deep, any loop may do so in each of
    its turns, which took a fifth of the time of an analysis. A frame that is larger than a chunk gets one for itself,
    of the next power of two. So this function's frame is made that large, and what it leaves of its chunk is the room.
    """
    return function()


reserve_stack.__code__ = reserve_stack.__code__.replace(co_stacksize=_WORDS)
