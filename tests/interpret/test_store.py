"""The store of mutable state, and what becomes of it where branches meet."""

from __future__ import annotations

import pytest

from rnnlint.graph import Ref
from rnnlint.interpret.base import Value
from rnnlint.interpret.contents import DictItems
from rnnlint.interpret.join import MOST_OPTIONS, choice, join, join_items, join_shapes
from rnnlint.interpret.store import Flow, Store
from rnnlint.interpret.values import ChoiceV, ConstV, RunsV, TensorV, TupleV, UnknownV

A, B, C, D = ConstV("a"), ConstV("b"), ConstV("c"), ConstV("d")


def objects(number: int = 1) -> Store:
    """A store that holds the objects 1, 2 ..."""
    store = Store()
    assert [store.new() for _ in range(number)] == list(range(1, number + 1))
    return store


def test_fork_joins_what_the_arms_wrote_and_keeps_the_rest() -> None:
    store = objects()
    store.set(1, "x", A)
    store.set(1, "y", A)
    store.fork([lambda: store.set(1, "x", B), lambda: store.set(1, "z", C)], join)
    assert store.get(1, "x") == ChoiceV((B, A))
    assert store.get(1, "y") == A
    assert store.get(1, "z") == C


def test_an_arm_that_raises_takes_no_part() -> None:
    store = objects()
    store.set(1, "x", A)

    def raises() -> Flow:
        store.set(1, "x", B)
        return Flow.RAISE

    store.fork([raises, lambda: store.set(1, "x", C)], join)
    assert store.get(1, "x") == C
    assert store.exits == 0


def test_an_arm_that_jumps_away_is_joined_where_it_goes_on() -> None:
    store = objects()
    store.set(1, "x", A)
    store.set(1, "y", A)

    def jumps() -> Flow:
        store.set(1, "x", B)
        return Flow.BREAK

    def outer() -> None:
        store.set(1, "z", A)
        store.fork([jumps, lambda: None], join)
        store.set(1, "x", C)
        store.set(1, "y", C)
        store.set(1, "z", C)

    store.fork([outer, lambda: None], join)
    assert [store.get(1, key) for key in "xyz"] == [ChoiceV((C, A)), ChoiceV((C, A)), C]
    store.set(1, "x", D)
    assert not store.rejoin(Flow.RETURN, 0, False, join)
    assert store.rejoin(Flow.BREAK, 0, True, join)
    # It left with x as it had set it, y as it was and z as it was set before.
    assert store.get(1, "x") == ChoiceV((B, D))
    assert store.get(1, "y") == ChoiceV((A, C))
    assert store.get(1, "z") == ChoiceV((A, C))
    assert store.exits == 0


def test_where_nothing_else_arrives_the_jump_alone_counts() -> None:
    store = objects()
    store.set(1, "x", A)
    store.leave(Flow.BREAK)
    store.set(1, "x", B)
    assert store.rejoin(Flow.BREAK, 0, False, join)
    assert store.get(1, "x") == A


def test_forks_nest_and_the_outer_one_sees_the_inner_join() -> None:
    store = objects()
    store.set(1, "x", A)

    def inner() -> None:
        store.fork([lambda: store.set(1, "x", B), lambda: store.set(1, "x", C)], join)
        assert store.get(1, "x") == ChoiceV((B, C))

    store.fork([inner, lambda: None], join)
    assert store.get(1, "x") == ChoiceV((B, C, A))


def test_isolated_takes_everything_back_also_after_an_error() -> None:
    store = objects(2)
    store.set(1, "x", A)

    def breaks() -> None:
        store.set(1, "x", B)
        store.delete(1, "x")
        store.set(2, "new", B)
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        store.isolated(breaks)
    assert store.get(1, "x") == A
    assert store.get(2, "new") is None


def test_tensors_join_to_one_with_all_producers() -> None:
    a, b = TensorV((Ref(0),), (None, 10, 3)), TensorV((Ref(1),), (None, 10, 4))
    assert join([a, b]) == TensorV((Ref(0), Ref(1)), (None, 10, None))
    # Among other alternatives too there is one tensor, not two.
    assert choice([a, ConstV(None), b]) == ChoiceV((TensorV((Ref(0), Ref(1)), (None, 10, None)), ConstV(None)))


@pytest.mark.parametrize(
    ("shapes", "joined"),
    [
        ([(None, 5), (None, 5)], (None, 5)),
        ([(None, 5), (None, "n")], (None, None)),
        ([(None, 5), (None, 5, 1)], None),
        ([(None, 5), None], None),
    ],
)
def test_shapes_join_dimension_by_dimension(shapes: list[tuple[object, ...]], joined: object) -> None:
    assert join_shapes(shapes) == joined  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("left", "right", "joined"),
    [
        ((A, B), (A, C), (A, ChoiceV((B, C)))),
        ((A, B), (A,), (A, RunsV(((B,), ())))),
        ((A, B, D), (A, D), (A, RunsV(((B,), ())), D)),
        ((A, B, C, D), (A, D), (A, RunsV(((B, C), ())), D)),
    ],
)
def test_lists_join_by_what_they_share(left: tuple[Value, ...], right: tuple[Value, ...], joined: object) -> None:
    assert join_items(TupleV(left), TupleV(right)) == TupleV(joined)  # type: ignore[arg-type]


def test_a_third_run_is_an_alternative_not_a_nested_run() -> None:
    twice = join_items(join_items(TupleV((A, B)), TupleV((A,))), TupleV((A, C, D)))
    assert twice == TupleV((A, RunsV(((B,), (), (C, D)))))


def test_true_is_not_one() -> None:
    assert join([ConstV(True), ConstV(1)]) == ChoiceV((ConstV(True), ConstV(1)))
    assert join([ConstV(1), ConstV(1)]) == ConstV(1)


def test_too_many_alternatives_are_unknown() -> None:
    assert isinstance(join([ConstV(i) for i in range(MOST_OPTIONS + 1)]), UnknownV)


def test_a_key_that_one_arm_sets_is_no_longer_certain() -> None:
    joined = join([DictItems((("a", A),)), DictItems((("a", A), ("b", B)))])
    assert isinstance(joined, DictItems)
    assert joined.get("a") == A
    assert isinstance(joined.get("b"), ChoiceV)
    assert not joined.complete
