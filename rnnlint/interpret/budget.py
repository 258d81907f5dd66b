"""How much work the interpretation of one file may take."""

from __future__ import annotations

# How much work one file and one entry point may cost, in calls and statements. Half of the file's share is for the
# statements of the module itself: no file that is read holds more of them.
_MOST_STEPS = 220_000
_MOST_STEPS_PER_ENTRY = 20_000
_LEAST_STEPS_PER_ENTRY = 1_000
# What an entry point may cost for each of its own statements: a function that is only long is not too complex.
_STEPS_PER_STATEMENT = 6
# How many items of long lists and tuples one file may copy: `x = x + [1]` over and over.
_MOST_COPIES = 5_000_000
# Copies of fewer items are not counted.
_LEAST_COPY = 100


class Budget:
    """The work done so far, in steps (calls and statements), and the limit of what runs at present."""

    __slots__ = ("_allowance", "_copies", "_imported", "limit", "noted", "steps")

    def __init__(self) -> None:
        self.steps = 0
        self.limit = _MOST_STEPS // 2  # the rest is for the entry points
        self.noted = 0  # the limit of which the user was told that it was reached
        self._allowance = _MOST_STEPS_PER_ENTRY
        self._imported = 0  # steps that imported modules took
        self._copies = 0

    def step(self) -> bool:
        """Count one step; False once the present limit is reached."""
        self.steps += 1
        return self.steps < self.limit

    def spent(self) -> bool:
        """Return whether nothing is left for the whole file."""
        return self.steps >= _MOST_STEPS

    def copy(self, number: int) -> bool:
        """Count the copying of so many items; False where it would be too much."""
        if number < _LEAST_COPY:
            return True
        if self._copies + number > _MOST_COPIES:
            return False
        self._copies += number
        return True

    def begin_entry(self, statements: int) -> None:
        """Set the limit of an entry point with so many statements of its own."""
        allowance = max(self._allowance, _STEPS_PER_STATEMENT * statements)
        self.limit = min(_MOST_STEPS, self.steps + allowance)

    def end_entry(self) -> None:
        """Allow later entry points less where this one reached its limit.

        One that is too complex is seldom alone: functions that call each other in many ways.
        """
        if self.steps >= self.limit:
            self._allowance = max(self._allowance // 2, _LEAST_STEPS_PER_ENTRY)

    def begin_import(self) -> tuple[int, int]:
        """Count on the budget that all imported modules share. Returns what `end_import` takes."""
        before = self.steps, self.limit
        self.steps, self.limit = self._imported, _MOST_STEPS // 2
        return before

    def end_import(self, before: tuple[int, int]) -> None:
        """Go back to the budget of what imported the module."""
        self._imported = self.steps
        self.steps, self.limit = before
