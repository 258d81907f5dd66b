"""Sizes that are not known: symbols, each with a small legal candidate per attempt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rnnlint.graph import Arg, Const, Items, Layer, Unknown, Value

ATTEMPTS = 6  # so many candidates has each symbol
_BATCH = (6,) * ATTEMPTS
# The first attempt takes primes that tell the axes apart, the others sizes that are long enough and divide well.
_PRIMES = {"timesteps": (7, 11, 13, 17, 19, 23), "features": (5, 3, 2, 29, 31, 37), "": (10, 14, 22, 26, 34, 38)}
_LONGER = {"timesteps": (12, 24, 60, 120, 480), "features": (8, 16, 32, 64, 128), "": (12, 24, 64, 128, 256)}


class SizeTable:
    """The symbols of a job. `candidates` holds a size per attempt, `words` how to tell of it: " features", "units="."""

    def __init__(self) -> None:
        self.candidates: dict[str, tuple[int, ...]] = {"batch": _BATCH}
        self.words: dict[str, str] = {}

    def rows(self, batch: int) -> None:
        """Fix the batch size."""
        self.candidates["batch"] = (batch,) * ATTEMPTS

    def symbol(self, key: str, role: str, *, named: bool) -> str:
        """The symbol for a size that is not known: `key` itself. `role` says what it counts; `named`: the code does."""
        if key not in self.candidates:
            used = [sizes[0] for sizes in self.candidates.values()]
            first = next((prime for prime in _PRIMES[role] if prime not in used), _PRIMES[role][0])
            self.candidates[key] = (first, *_LONGER[role])
            told = key if "[" in key else key.rpartition(".")[2]
            self.words[key] = f"{told}=" if named and not told.startswith("value ") else f" {role or 'positions'}"
        return key

    def told(self, key: str, row: int) -> str:
        """A symbol's size at an attempt, in words: "7 timesteps", "units=5"."""
        size, words = self.candidates[key][row], self.words.get(key, " positions")
        return f"{words}{size}" if words.endswith("=") else f"{size}{words}"

    def concrete(self, value: Value, row: int = 0) -> Value:
        """A settled value with the sizes of one attempt."""
        match value:
            case Items(items):
                return replace(value, items=tuple(self.concrete(item, row) for item in items))
            case Unknown(_, symbol) if symbol in self.candidates:
                return Const(self.candidates[symbol][row])
        return value

    def concrete_layer(self, layer: Layer, row: int = 0) -> Layer:
        """A settled layer with the sizes of one attempt."""
        children = tuple(self.concrete_layer(child, row) for child in layer.children)
        return replace(layer, args=self.concrete_args(layer.args, row), children=children)

    def concrete_args(self, args: Iterable[Arg], row: int) -> tuple[Arg, ...]:
        """Settled arguments with the sizes of one attempt."""
        return tuple(replace(arg, value=self.concrete(arg.value, row)) for arg in args)

    def possible(self, symbols: set[str], misfits: set[int]) -> list[int]:
        """The attempts at which all sizes fit, each once; all of them where none does."""
        rows = [row for row in range(ATTEMPTS) if row not in misfits]
        different: dict[tuple[int, ...], int] = {}
        for row in rows or range(ATTEMPTS):
            different.setdefault(tuple(self.candidates[key][row] for key in sorted(symbols)), row)
        return list(different.values())[:4]


def role(axis: int, rank: int, time: int | None) -> str:
    """What an axis holds: "timesteps", "features" or, empty, anything else. `time` is the time axis, 1 if None."""
    if axis == (1 if time is None else time) and rank > 1:
        return "timesteps"
    return "features" if axis == rank - 1 else ""
