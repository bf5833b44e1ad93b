"""Values of the textbooks, as stockpyl 1.0.2 gives them (Snyder & Shen, numbers of its examples)."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from graph.errors import BadInput
from inventory.order_sizes import (
    Costs,
    best_level_and_quantity,
    economic_order_quantity,
    newsvendor,
    order_cost,
    order_levels,
    reorder_level,
)

TEXTBOOK = Costs(holding=0.225, shortage=7.5, order=8.0)
LEAD_MEAN, LEAD_SD = 1300 / 12, 150 / 12**0.5


def test_economic_order_quantity() -> None:
    assert economic_order_quantity(1300, 8, 0.225) == pytest.approx(
        (304.0467800264368, 68.41052550594829), rel=1e-12
    )
    quantity, cost = economic_order_quantity(1300, 8, 0.225, least=400)
    assert (quantity, cost) == (400, pytest.approx(8 * 1300 / 400 + 0.225 * 200))
    for wrong in ((0, 8, 0.2), (10, 0, 0.2), (10, 8, -1)):
        with pytest.raises(BadInput, match="above zero"):
            economic_order_quantity(*wrong)


def test_newsvendor() -> None:
    assert newsvendor(Costs(2, 18), 120, 10) == pytest.approx(
        (132.815515655446, 35.09966638649737), rel=1e-10
    )
    assert newsvendor(Costs(0.18, 0.7), 50, 8) == pytest.approx(
        (56.603955927433887, 1.997605193176645), rel=1e-10
    )


def test_reorder_level_and_quantity_of_normal_demand() -> None:
    assert reorder_level(TEXTBOOK, 318, LEAD_MEAN, LEAD_SD) == pytest.approx(127.7880348669655, abs=1e-5)
    cost = order_cost(TEXTBOOK, 126.8, 328.5, 1300, LEAD_MEAN, LEAD_SD)
    assert cost == pytest.approx(78.071162509282942, rel=1e-10)


def test_the_level_is_the_best_for_its_quantity() -> None:
    best = reorder_level(TEXTBOOK, 318, LEAD_MEAN, LEAD_SD)
    costs = [
        order_cost(TEXTBOOK, best + step, 318, 1300, LEAD_MEAN, LEAD_SD) for step in (-5, -0.5, 0, 0.5, 5)
    ]
    assert min(costs) == costs[2]


def test_level_and_quantity_of_poisson_demand() -> None:
    level, quantity, cost = best_level_and_quantity(Costs(20, 150, 100), 1.5, 2)
    assert (level, quantity) == (3, 5)
    assert cost == pytest.approx(107.92358063, abs=1e-8)


def test_no_other_level_and_quantity_costs_less() -> None:
    rng = np.random.default_rng(5)
    for _ in range(15):
        costs = Costs(*rng.uniform(0.5, 20, 2), order=float(rng.uniform(0, 60)))
        rate, lead = rng.uniform(0.2, 6, 2)
        _, _, best = best_level_and_quantity(costs, rate, lead)
        demand = np.arange(200)
        mass = stats.poisson.pmf(demand, rate * lead)
        level = np.arange(-30, 61)
        each = costs.holding * (np.maximum(level[:, None] - demand, 0) @ mass) + costs.shortage * (
            np.maximum(demand - level[:, None], 0) @ mass
        )
        every = [
            (costs.order * rate + each[low + 1 : low + 1 + quantity].sum()) / quantity
            for low in range(len(level) - 1)
            for quantity in range(1, min(40, len(level) - low - 1))
        ]
        assert best == pytest.approx(min(every), rel=1e-9)


def test_levels_s_and_big_s() -> None:
    assert order_levels(Costs(0.18, 0.7, 2.5), 50, 8) == pytest.approx((40.1946, 74.2902), abs=1e-4)
    with pytest.raises(BadInput, match="cost of ordering"):
        order_levels(Costs(0.18, 0.7), 50, 8)


def test_costs_that_are_none_are_refused() -> None:
    for wrong in ((0, 1, 1), (1, 0, 1), (1, 1, -1)):
        with pytest.raises(BadInput, match="cost something"):
            Costs(*wrong)
