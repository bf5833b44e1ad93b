"""Drawn horizons: as many orders as expected, as uneven as asked; what a stock saves in them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from graph.errors import BadInput
from optimizer.placement.assortment_draws import Draws, judge
from tests.optimizer.placement.assortments import assortment, random_assortment

COUNT = 4_000


def orders(draws: Draws) -> np.ndarray:
    """Return the orders of each offer in each draw (O, count)."""
    return np.diff(draws.first).reshape(draws.problem.offers, draws.count)


def test_orders_have_the_moments_asked_for_and_come_from_their_regions() -> None:
    problem = assortment([[5, 50]], [(0, 0, 3.0, 30), (0, 1, 1.0, 30), (1, 1, 2.0, 30)])
    draws = Draws.of(problem, np.array([0.0, 0.8]), COUNT, 1)
    steady, uneven = orders(draws)
    assert steady.mean() == pytest.approx(4.0, rel=0.05)
    assert steady.var() == pytest.approx(4.0, rel=0.1)
    assert uneven.mean() == pytest.approx(2.0, rel=0.08)
    assert uneven.var() == pytest.approx(2.0 + 0.8 * 4.0, rel=0.15)
    by_demand = np.bincount(draws.demand, minlength=3)
    assert by_demand[0] / by_demand[1] == pytest.approx(3.0, rel=0.08)
    assert draws.first[-1] == len(draws.demand)


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    problem = assortment([[5, 50]], [(0, 0, 3.0, 30), (1, 1, 2.0, 30)])
    one, again, other = (Draws.of(problem, np.ones(2), 50, seed) for seed in (7, 7, 8))
    assert np.array_equal(one.demand, again.demand)
    assert not np.array_equal(one.first, other.first)


def test_each_order_takes_the_unit_that_saves_most_while_there_is_one() -> None:
    # One region; served from site 0 an order saves 25, from site 1 it saves 10, and orders come in threes.
    problem = assortment([[5], [20]], [(0, 0, 3.0, 30)])
    drawn = replace(Draws.of(problem, np.zeros(1), 2, 1), first=np.array([0, 3, 3]), demand=np.zeros(3, int))
    assert judge(drawn.facts, 2, np.array([[1, 1]])) == ((25 + 10) / 2, 2 / 2)
    assert judge(drawn.facts, 2, np.array([[4, 1]])) == (75 / 2, 3 / 2)
    dear = replace(problem, inbound=np.array([[4.0], [1.0]]), stocking=np.array([[2.0], [3.0]]))
    judged = replace(drawn, problem=dear).judge(np.array([[1], [1]]))
    assert judged.value == problem.without - 35 / 2 + (4 + 1) + (2 + 3)
    assert judged.sent == 1.0


def test_what_saves_nothing_is_left_on_the_shelf() -> None:
    problem = assortment([[40]], [(0, 0, 5.0, 30)])
    judged = Draws.of(problem, np.ones(1), 20, 1).judge(np.array([[9]]))
    assert (judged.value, judged.sent) == (problem.without, 0.0)


def test_orders_of_several_units_are_refused() -> None:
    seeds = (np.random.default_rng(seed) for seed in range(20))
    basket = next(one for one in map(random_assortment, seeds) if len(one.parcel) > one.offers)
    with pytest.raises(BadInput, match="one unit"):
        Draws.of(basket, np.ones(basket.offers), 5, 1)
