"""What is said in short of a problem is what is said of it at length: faults, and who may take which line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.causes import find_causes
from optimizer.judged import is_clean, may_go
from optimizer.problem import Block, OrderProblem
from optimizer.problem_faults import find_faults
from optimizer.words import MOST_CENTS, Reason, Term
from tests.optimizer.make import problem_of
from tests.optimizer.random_problems import planted


@given(st.integers(0, 2**32), st.booleans())
def test_may_go_is_what_no_cause_forbids(seed: int, whole: bool) -> None:
    problem, _ = planted(np.random.default_rng(seed), lines=4, routes=6, units=3, plain=True)
    quantity = problem.quantity if whole else np.ones_like(problem.quantity)
    allowed = problem.candidate.copy()
    for cause in find_causes(problem, quantity):
        allowed &= ~cause.where
    assert np.array_equal(may_go(problem, quantity), allowed)


@given(st.integers(0, 2**32), st.booleans())
def test_random_problems_are_clean(seed: int, plain: bool) -> None:
    problem, _ = planted(np.random.default_rng(seed), lines=4, routes=6, units=3, plain=plain)
    assert is_clean(problem)


def whole(problem: OrderProblem, name: str, value: Any) -> None:
    object.__setattr__(problem, name, value)


def one(problem: OrderProblem, name: str, value: float) -> None:
    """Set the last number of an array."""
    array = getattr(problem, name).copy()
    array.flat[-1] = value
    object.__setattr__(problem, name, array)


WRONG_NUMBERS = [
    *(("item", row) for row in (-1, 2)),
    *(("quantity", units) for units in (0, 1_000_001)),
    *(("unfilled_cents", cents) for cents in (-2, MOST_CENTS + 1, MOST_CENTS // 2)),
    *((name, -1) for name in ("weight_g", "volume_cm3", "side_cm", "max_weight_g", "max_side_cm")),
    *((name, -1) for name in ("mean_days", "stock", "capacity")),
    *((name, np.nan) for name in ("side_cm", "max_side_cm", "mean_days", "p_on_time")),
    *(("p_on_time", share) for share in (-0.1, 1.1)),
    *((name, row) for name in ("source", "carrier", "place") for row in (-1, 9)),
    ("source", 0),  # the first route twice
]


@pytest.mark.parametrize(("name", "value"), WRONG_NUMBERS)
def test_a_wrong_number_is_seen_by_both(name: str, value: float) -> None:
    problem = problem_of([[10, 20, 30], [10, 20, 30]], [1, 2, 3], quantity=[1, 3])
    one(problem, name, value)
    assert tuple(find_faults(problem))
    assert not is_clean(problem)


WRONG_WHOLES: list[tuple[str, Any]] = [
    *((name, np.zeros(7, np.int64)) for name in ("item", "source", "weight_g", "place", "capacity")),
    *((name, np.zeros((1, 7))) for name in ("stock", "candidate", "distance_km", "mean_days")),
    *(("package_terms", {term: np.ones(3, np.int64)}) for term in (Term.LATE, Term.SCARCITY)),
    ("package_terms", {Term.FREIGHT: np.ones(4, np.int64)}),
    ("part_terms", {Term.TIME: np.full((2, 3), -1)}),
    ("unit_terms", {Term.FREIGHT: np.full((2, 3), MOST_CENTS // 2)}),
    ("tariffs", (None,)),
    ("line_ids", ()),
    ("unfilled_fixed_cents", -1),
    *(("together", groups) for groups in (((0, 1), (1,)), ((0, 2),))),
]


@pytest.mark.parametrize(("name", "value"), WRONG_WHOLES)
def test_what_does_not_fit_is_seen_by_both(name: str, value: Any) -> None:
    problem = problem_of([[10, 20, 30], [10, 20, 30]], [1, 2, 3], quantity=[1, 3])
    whole(problem, name, value)
    assert tuple(find_faults(problem))
    assert not is_clean(problem)


def test_a_block_forbids_its_pairs() -> None:

    where = np.array([[True, False, False], [False, False, True]])
    problem = problem_of([[1, 2, 3], [1, 2, 3]], [0, 0, 0], blocks=(Block(Reason.EXCLUDED, where),))
    assert np.array_equal(may_go(problem, problem.quantity), ~where)
