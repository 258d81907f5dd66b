"""How much of a product of tests is run: a fixed sample, or with `pytest --full` all of it.

Some 550 blocks of pages and cases, each under nine import spellings and two majors of Keras, are more than every run
needs. What a sample holds follows from a hash of names, so that it is the same on each machine, in each process and in
each run, and changes for one block only when that block does. `python -m tests.nightly` runs the whole product.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from typing import TypeVar

# Set by `pytest --full` in `conftest.py`, before any test module is read; the processes of pytest-xdist inherit it.
VARIABLE = "RNNLINT_TESTS_FULL"

Item = TypeVar("Item")


def is_full() -> bool:
    """Whether this run takes the whole product."""
    return os.environ.get(VARIABLE) == "1"


def sample(items: Iterable[Item], count: int, key: str) -> list[Item]:
    """`count` of the items in their order, chosen by a hash of `key` and each item as text; all in a full run."""
    found = list(items)
    if is_full() or len(found) <= count:
        return found
    ranked = sorted(range(len(found)), key=lambda index: (_hash(f"{key}\n{found[index]}"), index))
    return [found[index] for index in sorted(ranked[:count])]


def one_in(count: int, key: str) -> bool:
    """True for one key of so many, by its hash; for every key in a full run."""
    return is_full() or _hash(key) % count == 0


def _hash(text: str) -> int:
    """The same number everywhere, unlike `hash`."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
