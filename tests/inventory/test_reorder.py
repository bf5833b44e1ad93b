from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from graph.errors import BadInput
from inventory.reorder import (
    PlaceDemand,
    Reorder,
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


def test_an_order_is_due_when_what_is_there_and_on_order_is_at_the_reorder_point() -> None:
    rule, demand = ReorderRule(), PlaceDemand(1.0, 0.1)
    point = reorder(StockRow(SHELF, 99), 0, demand, WEEK, rule, T0).reorder_point
    assert point > 8
    there = [(point + 1, 0, False), (point, 0, True), (0, 0, True)]
    there += [(point, 1, False), (0, 1, True), (1, point - 1, True), (0, point + 1, False)]
    for units, on_order, due in there:
        found = reorder(StockRow(SHELF, units + 2, 2), on_order, demand, WEEK, rule, T0)
        assert found.due is due
        assert found.quantity == point + 30 - units - on_order
    above = reorder(StockRow(SHELF, point + 10), 0, demand, WEEK, rule, T0)
    assert above.order_at == T0 + timedelta(days=10)
    assert above.empty_at == T0 + timedelta(days=point + 10)
    assert above.settings == StockSettings(point - 8, point, 7.0, point + 30)
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
    assert "2 stretches of the history cannot tell what covers 0.95" in few.why


def test_a_law_that_is_asked_for_sets_the_point() -> None:
    demand = PlaceDemand(1.0, 1.0)

    def found(law: Law) -> Reorder:
        return reorder(StockRow(SHELF, 5), 0, demand, WEEK, ReorderRule(law=law), T0)

    mean, var = 8.0, 8.0 + 4.0 + 64.0 + 4.0
    assert found(Law.POISSON).reorder_point == stats.poisson(mean).ppf(0.95) == 13
    uneven = stats.nbinom(mean**2 / (var - mean), mean / var)
    assert found(Law.NEGATIVE_BINOMIAL).reorder_point == uneven.ppf(0.95)
    assert found(Law.NORMAL).reorder_point == ceil(stats.norm(mean, var**0.5).ppf(0.95))


@given(
    st.floats(0.001, 20.0),
    st.floats(0.0, 5.0),
    st.floats(0.0, 60.0),
    st.integers(0, 90),
    st.integers(0, 90),
    st.integers(1, 50),
)
def test_the_settings_order_what_the_rule_says(
    daily: float, var: float, days: float, there: int, on_order: int, least: int
) -> None:
    rule = ReorderRule(cover_days=11.0, least_units=least, review_days=3.0)
    found = reorder(
        StockRow(SHELF, there), on_order, PlaceDemand(daily, var), RestockTime(days, 1.0), rule, T0
    )
    row = StockRow(SHELF, there).configured(found.settings)
    assert row.is_due(on_order) is found.due is (there + on_order <= found.reorder_point)
    assert row.refill(on_order) == found.quantity
    if found.due:
        whole = found.reorder_point + max(ceil(11.0 * daily), least)
        assert there + on_order + found.quantity == whole > found.reorder_point


def test_stretches_are_as_long_as_what_they_are_to_cover() -> None:
    rule = ReorderRule(review_days=1.0)
    assert [rule.stretch_days(RestockTime(days, 2.0)) for days in (0.0, 7.0, 7.2, 44.0)] == [1, 8, 9, 45]
    assert ReorderRule(review_days=0.0).stretch_days(RestockTime(0.0, 0.0)) == 1


def test_every_figure_that_makes_no_sense_is_told() -> None:
    with pytest.raises(BadInput, match=r"level = 1.*cover_days = 0.*least_units = 0.*order_cents = -1"):
        ReorderRule(level=1.0, cover_days=0, least_units=0, order_cents=-1)
