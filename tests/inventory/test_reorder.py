from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from graph.errors import BadInput
from inventory.reorder import (
    PlaceDemand,
    ReorderRule,
    lead_time_demand,
    order_quantity,
    reorder,
    reorder_point,
    safety_stock,
)
from inventory.restock import RestockTime
from inventory.stock import StockRow, StockSettings
from inventory.words import Law
from tests.inventory.make import SHELF, T0

WEEK = RestockTime(7.0, 2.0)


def test_the_textbooks_reorder_points() -> None:
    assert reorder_point(50, 5, RestockTime(6, 2), 0.9) == pytest.approx(429.1127, abs=5e-5)
    assert safety_stock(50, 5, RestockTime(6, 2), 0.9) == pytest.approx(129.1127, abs=5e-5)
    assert reorder_point(2500, 500, RestockTime(6, 0), 0.9) == pytest.approx(16_569.5737, abs=5e-5)


def test_lead_time_demand_has_the_moments_of_a_simulation() -> None:
    rng = np.random.default_rng(3)
    rate = rng.gamma(4.0, 0.5, 400_000)
    days = rng.gamma(12.25, 7 / 12.25, 400_000)
    units = rng.poisson(rate * days)
    mean, var = lead_time_demand(2.0, 2.0, 1.0, RestockTime(7.0, 2.0))
    assert units.mean() == pytest.approx(mean, rel=0.01)
    assert units.var() == pytest.approx(var, rel=0.02)


def test_rare_demand_is_covered_as_often_as_asked() -> None:
    rng = np.random.default_rng(4)
    rule = ReorderRule(review_days=0.0, restock=RestockTime(7.0, 0.0))
    for mean in (0.02, 0.1, 0.5, 3.0):
        demand = PlaceDemand(mean, (0.7 * mean) ** 2)
        found = reorder(StockRow(SHELF, 5), 0, demand, rule.restock, rule, T0)
        units = rng.poisson(rng.gamma(1 / 0.49, mean * 0.49, 100_000) * 7)
        covered = float((units <= found.reorder_point).mean())
        assert covered >= 0.945
        assert found.reorder_point == 0 or float((units < found.reorder_point).mean()) < 0.955
        assert found.spread.law is Law.NEGATIVE_BINOMIAL


def test_an_order_is_due_at_the_reorder_point_and_only_once() -> None:
    rule, demand = ReorderRule(), PlaceDemand(1.0, 0.1)
    point = reorder(StockRow(SHELF, 99), 0, demand, WEEK, rule, T0).reorder_point
    assert point > 8
    for units, on_order, due in ((point + 1, 0, False), (point, 0, True), (0, 0, True), (point, 1, False)):
        found = reorder(StockRow(SHELF, units + 2, 2), on_order, demand, WEEK, rule, T0)
        assert found.due is due
        assert found.quantity == point + 30 - units - on_order
    above = reorder(StockRow(SHELF, point + 10), 0, demand, WEEK, rule, T0)
    assert above.order_at == T0 + timedelta(days=10)
    assert above.empty_at == T0 + timedelta(days=point + 10)
    assert above.settings == StockSettings(point - 8, point, 7.0)
    assert f"reorder point {point}" in above.why
    assert "7 ± 2 days (synthetic)" in above.why


def test_what_does_not_sell_is_not_ordered() -> None:
    found = reorder(StockRow(SHELF, 0), 0, PlaceDemand(0.0, 0.0), WEEK, ReorderRule(), T0)
    assert not found.due
    assert (found.quantity, found.settings, found.order_at) == (0, StockSettings(None, None, 7.0), None)
    assert "nothing is expected to sell" in found.why


def test_an_order_is_economic_where_costs_are_known() -> None:
    demand = PlaceDemand(4.0, 0.0, price_cents=1460.0)
    assert order_quantity(demand, ReorderRule(order_cents=1000.0)) == 90  # sqrt(2 * 1000 * 1460 / 365) = 89.4
    assert order_quantity(demand, ReorderRule()) == 120
    assert order_quantity(replace(demand, price_cents=None), ReorderRule(order_cents=1000.0)) == 120
    assert order_quantity(PlaceDemand(0.01, 0.0), ReorderRule(least_units=12)) == 12


def test_more_certainty_and_longer_waits_need_more_stock() -> None:
    demand = PlaceDemand(2.0, 0.5)

    def point(rule: ReorderRule) -> int:
        return reorder(StockRow(SHELF, 5), 0, demand, rule.restock, rule, T0).reorder_point

    plain = point(ReorderRule())
    assert plain < point(ReorderRule(level=0.99))
    assert plain < point(ReorderRule(restock=RestockTime(7, 5)))
    assert plain < point(ReorderRule(restock=RestockTime(14, 2)))
    assert plain < point(ReorderRule(review_days=7.0))
    assert reorder(StockRow(SHELF, 5), 0, demand, WEEK, ReorderRule(), T0).fill_rate > 0.97


def test_an_empirical_law_needs_enough_stretches() -> None:
    rule = ReorderRule(law=Law.EMPIRICAL)
    seen = PlaceDemand(0.5, 0.1, stretches=tuple(range(40)))
    found = reorder(StockRow(SHELF, 5), 0, seen, WEEK, rule, T0)
    assert (found.spread.law, found.reorder_point) == (Law.EMPIRICAL, 37)
    few = reorder(StockRow(SHELF, 5), 0, replace(seen, stretches=(1.0, 2.0)), WEEK, rule, T0)
    assert few.spread.law is Law.NEGATIVE_BINOMIAL


def test_every_figure_that_makes_no_sense_is_told() -> None:
    with pytest.raises(BadInput, match=r"level = 1.*cover_days = 0.*least_units = 0.*order_cents = -1"):
        ReorderRule(level=1.0, cover_days=0, least_units=0, order_cents=-1)
