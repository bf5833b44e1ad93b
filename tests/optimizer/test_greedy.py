"""Rules and greedy baselines: the first rule that does not tie decides, and hard limits always hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import BadInput
from optimizer.assignment import Part
from optimizer.check import referee
from optimizer.greedy import Ruled, by_rules
from optimizer.limits import Limits
from optimizer.one import solve_order
from optimizer.problem import OrderProblem
from optimizer.rules import Rule, RuleKey
from optimizer.words import UNFILLED, Engine
from tests.optimizer.make import problem_of
from tests.optimizer.random_problems import planted

KEYS = list(RuleKey)


def ruled(problem: OrderProblem, *rules: Rule) -> Ruled:
    found = by_rules(problem, rules)
    assert found is not None
    return found


def routes(found: Ruled) -> list[int]:
    return [part.route for part in found.assignment.parts]


def test_first_rule_that_does_not_tie_decides() -> None:
    problem = problem_of([[30, 20, 10]], [0, 0, 0], mean_days=[2, 2, 5], p_on_time=[0.9, 0.9, 0.9])
    found = ruled(problem, Rule(RuleKey.RELIABLE), Rule(RuleKey.FASTEST), Rule(RuleKey.CHEAPEST))
    assert (routes(found), found.decided_by) == ([1], ("cheapest",))


def test_a_tolerance_makes_near_equals_tie() -> None:
    problem = problem_of([[30, 20]], [0, 0], mean_days=[2.0, 2.4])
    fastest, cheapest = Rule(RuleKey.FASTEST), Rule(RuleKey.CHEAPEST)
    assert routes(ruled(problem, fastest, cheapest)) == [0]
    assert routes(ruled(problem, Rule(RuleKey.FASTEST, 0.5), cheapest)) == [1]


@pytest.mark.parametrize("tolerance", [-1.0, np.inf, np.nan])
def test_a_tolerance_is_a_number_of_its_unit(tolerance: float) -> None:
    with pytest.raises(BadInput):
        Rule(RuleKey.FASTEST, tolerance)


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        (RuleKey.NEAREST, [1, 1]),
        (RuleKey.FASTEST, [2, 2]),
        (RuleKey.RELIABLE, [0, 0]),
        (RuleKey.CHEAPEST, [3, 3]),
        (RuleKey.WHOLE_ORDER, [1, 1]),
        (RuleKey.SAME_PACKAGE, [3, 3]),
        (RuleKey.MOST_STOCK, [2, 3]),
        (RuleKey.WAREHOUSE_FIRST, [1, 1]),
    ],
)
def test_each_key(key: RuleKey, wanted: list[int]) -> None:
    """All routes but 1 miss something; route 3 is the cheapest, which also settles ties."""
    problem = problem_of(
        [[90, 80, 70, 10], [90, 80, 70, 60]],
        [50, 50, 50, 5],
        source_ids=("seller:a", "warehouse:w:b", "seller:c", "seller:d"),
        distance_km=[np.nan, 100, 200, 300],
        mean_days=[4, 3, 1, 2],
        p_on_time=[0.9, 0.8, 0.7, 0.6],
        stock=[[3, 3, 9, 3], [3, 3, 3, 9]],
        side_cm=[10, 10],
    )
    if key is RuleKey.WHOLE_ORDER:
        problem = problem_of([[90, 80, -1], [-1, 80, 70]], [0, 9_000, 0])
    assert routes(ruled(problem, Rule(key))) == wanted


def test_one_route_left_and_none_left() -> None:
    problem = problem_of([[5, -1], [-1, -1]], [0, 0], unfilled_cents=[100, 100])
    found = ruled(problem, Rule(RuleKey.FASTEST))
    assert (routes(found), found.decided_by) == ([0, UNFILLED], ("only", "unfilled"))
    assert by_rules(problem_of([[-1]], [0]), [Rule(RuleKey.FASTEST)]) is None


def test_a_line_that_no_route_has_whole_comes_in_parts() -> None:
    stock = {"quantity": [5], "stock": [[3, 2, 4]], "mean_days": [1, 2, 3]}
    problem = problem_of([[1, 1, 1]], [0, 0, 0], limits=Limits(max_parts=2), **stock)
    found = ruled(problem, Rule(RuleKey.FASTEST))
    assert found.assignment.parts == (Part(0, 0, 3), Part(0, 1, 2))
    assert found.decided_by == ("parts",)
    scarce = {**stock, "stock": [[1, 1, 1]], "unfilled_cents": [9]}
    problem = problem_of([[1, 1, 1]], [0, 0, 0], limits=Limits(max_parts=3), **scarce)
    assert ruled(problem, Rule(RuleKey.FASTEST)).assignment.parts == (
        Part(0, UNFILLED, 3),
        Part(0, 0, 1),
        Part(0, 1, 1),
    )


@given(st.integers(0, 2**32), st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique=True))
def test_rules_keep_every_limit_and_are_never_better_than_the_optimum(seed: int, keys: list[RuleKey]) -> None:
    problem, _ = planted(np.random.default_rng(seed), lines=4, routes=5)
    found = by_rules(problem, [Rule(key) for key in keys], Engine.GREEDY)
    if found is None:
        return
    assert referee(problem, found.assignment) is found.assignment
    best = solve_order(problem)
    assert best is not None
    assert found.assignment.bound_cents <= best.cost_cents <= found.assignment.cost_cents
    assert all(found.decided_by)
