"""The machine's tables of handlers, and the budget of a run."""

from __future__ import annotations

from typing import Any

import libcst as cst
import pytest

import rnnlint.interpret
from rnnlint.interpret.base import Value, classes
from rnnlint.interpret.budget import Budget
from rnnlint.interpret.machine import (
    ATTRIBUTES,
    CALLS,
    EXPRESSIONS,
    STATEMENTS,
    TARGETS,
    Handlers,
    Machine,
    evaluates,
    executes,
)
from rnnlint.interpret.store import Flow

# Expressions whose value stays unknown, and an element that only stands inside of others.
NOT_EVALUATED = {"StarredDictComp", "StarredElement", "TemplatedString"}


def written(base: type[cst.CSTNode]) -> set[type[cst.CSTNode]]:
    """The types of nodes in a tree. Each has a twin without slots, which libcst does not export."""
    return {kind for kind in classes(base) if getattr(cst, kind.__name__, None) is kind and "Base" not in kind.__name__}


def test_every_type_has_an_entry_in_its_tables() -> None:
    assert set(EXPRESSIONS) == set(classes(cst.BaseExpression))  # type: ignore[type-abstract]
    assert set(STATEMENTS) == set(TARGETS) == set(classes(cst.CSTNode))  # type: ignore[type-abstract]
    assert {cls for cls in classes(Value) if cls.__module__.startswith("rnnlint.")} <= set(ATTRIBUTES) & set(CALLS)


def test_every_expression_has_a_handler() -> None:
    default = EXPRESSIONS[cst.BaseExpression]
    kinds = written(cst.BaseExpression)  # type: ignore[type-abstract]
    assert {kind.__name__ for kind in kinds if EXPRESSIONS[kind] is default} <= NOT_EVALUATED
    assert len(kinds) > 25


def test_every_compound_statement_has_a_handler() -> None:
    default = STATEMENTS[cst.CSTNode]
    kinds = written(cst.BaseCompoundStatement)  # type: ignore[type-abstract]
    assert {kind.__name__ for kind in kinds if STATEMENTS[kind] is default} == set()
    assert len(kinds) > 8


def test_a_type_has_one_handler() -> None:
    def handler(_vm: Machine, _node: cst.CSTNode) -> Flow:
        return Flow.NORMAL

    with pytest.raises(ValueError, match="If has two handlers"):
        executes(cst.If)(handler)
    assert STATEMENTS[cst.If] is not handler


def test_a_type_without_a_handler_gets_the_one_for_the_rest() -> None:
    table: Handlers[Any] = Handlers(cst.BaseSuite, "rest")
    assert table(cst.IndentedBlock)("own") == "own"
    assert table.table[cst.IndentedBlock] == "own"
    assert table.table[cst.SimpleStatementSuite] == "rest"


def test_handlers_are_registered_by_importing_the_package() -> None:
    assert callable(rnnlint.interpret.interpret)
    assert evaluates.table is EXPRESSIONS
    assert EXPRESSIONS[cst.Call].__module__ == "rnnlint.interpret.language.calls"
    assert STATEMENTS[cst.For].__module__ == "rnnlint.interpret.language.loops"


# -- the budget -------------------------------------------------------------------------------------------------------


def test_steps_end_at_the_limit() -> None:
    budget = Budget()
    budget.limit = 3
    assert [budget.step() for _ in range(4)] == [True, True, False, False]


def test_a_long_entry_point_may_cost_more() -> None:
    budget = Budget()
    budget.begin_entry(10)
    usual = budget.limit
    budget.begin_entry(10_000)
    assert budget.limit > usual


def test_entry_points_after_one_that_was_too_complex_may_cost_less() -> None:
    budget = Budget()
    budget.begin_entry(0)
    first = budget.limit
    budget.steps = budget.limit
    budget.end_entry()
    budget.begin_entry(0)
    assert budget.limit - budget.steps == first // 2
    budget.end_entry()
    budget.begin_entry(0)
    assert budget.limit - budget.steps == first // 2


def test_imported_modules_share_a_budget_of_their_own() -> None:
    budget = Budget()
    budget.steps = 100
    for steps in (5, 12):
        before = budget.begin_import()
        assert budget.steps == (0 if steps == 5 else 5)
        budget.steps = steps
        budget.end_import(before)
        assert budget.steps == 100


def test_only_long_copies_are_counted() -> None:
    budget = Budget()
    assert all(budget.copy(99) for _ in range(100_000))
    assert sum(budget.copy(1_000_000) for _ in range(10)) == 5
