"""The room on the stack for code that recurses deeply."""

from __future__ import annotations

import sys

import pytest

from rnnlint.interpret.stack import reserve_stack


def test_what_the_function_gives_is_given() -> None:
    assert reserve_stack(lambda: 5) == 5
    with pytest.raises(ValueError, match="stop"):
        reserve_stack(lambda: int("stop"))


@pytest.mark.skipif(
    sys.implementation.name != "cpython" or sys.version_info < (3, 11) or not sys.platform.startswith("linux"),
    reason="about how CPython keeps frames, counted on Linux",
)
def test_calls_from_deep_within_take_no_memory_anew() -> None:
    import resource

    def leaf() -> None:
        pass

    def climb(depth: int) -> None:
        for _ in range(200):
            leaf()
        if depth:
            climb(depth - 1)

    def faults() -> int:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        climb(600)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    reserve_stack(faults)
    assert reserve_stack(faults) < 100 < faults()
