"""Whole units on the shelves: beside every other stock of small cases, within room, bundles together."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from optimizer.placement.answer import Progress
from optimizer.placement.assortment import AssortmentLimits
from optimizer.placement.assortment_choice import choose
from optimizer.placement.assortment_draws import Draws
from optimizer.placement.assortment_problem import AssortmentProblem
from optimizer.placement.assortment_sellers import best_sellers
from optimizer.placement.assortment_tables import Assorting, Range
from optimizer.placement.assortment_units import LEVEL, lay_in, likeliest_first
from tests.optimizer.placement.assortments import assortment
from tests.optimizer.placement.assortments import random_assortment as drawn


def single(seed: int) -> AssortmentProblem:
    """Draw a problem whose orders are one unit of one offer, without fees."""
    problem = drawn(np.random.default_rng(seed), sites=2, offers=3)
    kept = problem.demand_type < 3
    return replace(
        problem,
        **{name: getattr(problem, name)[kept] for name in ("demand_type", "demand_region", "own")},
        bundle=np.arange(3),
        line_type=np.arange(3),
        line_offer=np.arange(3),
        line_units=np.ones(3),
        parcel=problem.parcel[:3],
        stocking=np.zeros((2, 3)),
        space=np.ones(3),
        orders=problem.orders[kept] / 8,
        capacity=np.minimum(problem.capacity, 3.0),
    )


@settings(max_examples=25)
@given(st.integers(0, 10**6))
def test_room_is_kept_and_half_of_what_is_possible_saved(seed: int) -> None:
    problem = single(seed)
    draws = Draws.of(problem, np.full(3, 0.5), 40, 1)
    units = lay_in(draws)
    assert (units.sum(axis=1) <= problem.capacity).all()
    saved = problem.without - draws.judge(units).value
    most = 0.0
    for stock in product(range(4), repeat=6):
        other = np.array(stock).reshape(2, 3)
        if (other.sum(axis=1) <= problem.capacity).all() and other.sum() <= 4:
            most = max(most, problem.without - draws.judge(other).value)
    assert saved >= most / 2 - 1e-9


def test_one_shelf_holds_what_a_newsvendor_would() -> None:
    # A unit saves 20 if asked for and costs 4: stock up to where P(D >= k) is 4/20.
    problem = assortment([[10]], [(0, 0, 6.0, 30)], inbound=np.array([[4.0]]))
    units = lay_in(Draws.of(problem, np.zeros(1), 20_000, 3))
    assert units[0, 0] == stats.poisson.ppf(1 - 4 / 20, 6.0)


def test_offers_of_one_bundle_come_to_a_site_together_or_not_at_all() -> None:
    # Offer 1 is hardly asked for; with offer 0 beside it, it is stocked where both fit.
    rows = [(0, 0, 9.0, 30), (1, 0, 0.2, 30), (2, 0, 5.0, 25)]
    bundle = np.array([0, 0, 2])
    for room, together in ((6.0, True), (1.0, False)):
        problem = assortment([[5]], rows, bundle=bundle, inbound=np.full((1, 3), 8.0), capacity=[room])
        units = lay_in(Draws.of(problem, np.zeros(3), 500, 1))[0]
        assert (units[:2] > 0).tolist() == [together, together]
        assert units.sum() == room


def test_a_fee_is_paid_only_where_the_shelf_earns_it() -> None:
    rows = [(0, 0, 4.0, 30), (1, 0, 4.0, 30)]
    problem = assortment([[5]], rows, stocking=np.array([[10.0, 1e6]]))
    units = lay_in(Draws.of(problem, np.zeros(2), 200, 1))
    assert units[0, 0] > 0
    assert units[0, 1] == 0


def test_best_sellers_lay_in_the_likeliest_units_up_to_their_level() -> None:
    rows = [(0, 0, 6.0, 30), (1, 0, 0.5, 30)]
    free = assortment([[5]], rows)
    spread = np.array([0.0, 0.3])
    units = likeliest_first(free, best_sellers(free), spread)
    shape = 1 / 0.3
    law = stats.nbinom(shape, shape / (shape + 0.5))
    assert units.tolist() == [[stats.poisson.ppf(LEVEL, 6.0), law.ppf(LEVEL)]]
    tight = replace(free, capacity=np.array([8.0]))
    assert likeliest_first(tight, best_sellers(free), spread).tolist() == [[7, 1]]


def test_a_choice_is_judged_on_other_draws_and_no_stock_beats_the_bound() -> None:
    problem = single(5)
    offers = pl.DataFrame({"relative_var": [0.5, 0.5, 0.5]})
    asked = Range(np.arange(2), offers, np.arange(3), problem)
    steps: list[Progress] = []
    weighed, again, best = (
        choose(asked, how, AssortmentLimits(), 4, steps.append)
        for how in (Assorting.WEIGHED, Assorting.WEIGHED, Assorting.BEST_SELLERS)
    )
    assert np.array_equal(weighed.units, again.units)
    assert weighed.judged == best.judged
    assert steps
    stopped = choose(asked, Assorting.WEIGHED, AssortmentLimits(), 4, cancelled=lambda: True)
    assert np.array_equal(stopped.units, weighed.units)
    assert -np.inf < stopped.bound <= weighed.bound
    told = weighed.to_dict()
    assert told["units"] == weighed.units.sum() == told["judged"]["weighed"]["units"]
    assert told["room"] == pytest.approx(problem.capacity.sum())
    fresh = Draws.of(problem, np.full(3, 0.5), 200, 5)
    for one in (weighed, best):
        assert one.judged[one.how][1] == fresh.judge(one.units)
        assert fresh.judge(one.units).value >= one.bound - 0.02 * problem.without  # a mean of 200 draws
