from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from graph.days import DAY_S
from inventory.forecast import demand_by_category, demand_of_categories, demand_of_products
from inventory.products import newcomers, product_shares
from inventory.rates import ForecastRule, category_rates, region_rates, without_peaks
from inventory.sales import PURCHASES, Sales, sales_before

AT = datetime(2018, 4, 1, tzinfo=UTC)
AT_S = int(AT.timestamp())
RULE = ForecastRule()


def market(seed: int, days: int = 300, ahead: int = 28) -> pl.DataFrame:
    """Return sales of 6 categories in 12 regions of 3 zones, 4 products each, around ``AT``."""
    rng = np.random.default_rng(seed)
    size = 40 * (days + ahead)
    category, product = rng.integers(6, size=size), rng.integers(4, size=size)
    region = rng.choice(
        ["010", "011", "012", "013", "400", "401", "402", "403", "900", "901", "902", "903"], size
    )
    return pl.DataFrame(
        {
            "order_id": [f"o{row}" for row in range(size)],
            "purchased_s": AT_S + rng.integers(-days * DAY_S, ahead * DAY_S, size),
            "product_id": [f"p{c}-{p}" for c, p in zip(category, product, strict=True)],
            "category": [f"c{c}" for c in category],
            "region": region,
            "units": pl.Series(np.ones(size, np.int64)),
        }
    ).select(PURCHASES)


def sales(demand: pl.DataFrame) -> Sales:
    return sales_before(demand, AT)[1]


def test_ages_are_whole_days_before_the_instant() -> None:
    stamps = [AT_S - 1, AT_S - DAY_S, AT_S - DAY_S - 1, AT_S, AT_S + 5]
    told = market(1).head(5).with_columns(purchased_s=pl.Series(stamps, dtype=pl.Int64))
    assert sorted(sales(told).age) == [0, 0, 1]


def test_a_steady_market_is_found_and_its_noise_is_poisson() -> None:
    told = sales(market(2))
    rates = category_rates(told, RULE)
    assert rates.mean == pytest.approx(np.full(6, 40 / 6), rel=0.25)
    assert rates.origins > 25
    assert rates.momentum.size == 3
    assert rates.relative_var < 0.02
    mean, var = region_rates(told, rates, RULE)
    assert mean.sum(axis=1) == pytest.approx(rates.mean)
    assert mean == pytest.approx(np.full((6, 12), 40 / 72), rel=0.4)
    assert (var > mean**2 * rates.relative_var).all()


def test_the_future_says_nothing() -> None:
    told = market(3)
    past = told.filter(pl.col("purchased_s") < AT_S)
    spoilt = pl.concat(
        [past, told.filter(pl.col("purchased_s") >= AT_S).with_columns(units=pl.lit(50, pl.Int64))]
    )
    for tell in (demand_by_category, demand_of_categories, demand_of_products):
        assert tell(past, AT).equals(tell(spoilt, AT))


def test_a_peak_counts_up_to_a_multiple_of_the_days_before() -> None:
    newest_first = np.full(100, 40.0)
    newest_first[10] = 800.0
    counts = without_peaks(newest_first)
    assert counts[10] == pytest.approx((2.5 * 40 + 7) / 800)
    assert np.delete(counts, 10) == pytest.approx(1.0)
    assert without_peaks(np.full(20, 5.0)) == pytest.approx(1.0)


def test_a_gain_of_share_is_followed() -> None:
    told = market(4)
    late = (pl.col("purchased_s") > AT_S - 21 * DAY_S) & (pl.col("category") == "c0")
    more = pl.concat(
        [told, *(told.filter(late).with_columns(order_id=f"{n}" + pl.col("order_id")) for n in "ab")]
    )
    mean = category_rates(sales(more), RULE).mean
    assert mean[0] > 1.7 * mean[1:].mean()


def test_a_young_or_empty_history_needs_no_lessons() -> None:
    young = category_rates(sales(market(5, days=40)), RULE)
    assert young.momentum.size == young.origins == 0
    assert young.mean == pytest.approx(np.full(6, 40 / 6), rel=0.3)
    assert demand_of_categories(market(5).filter(pl.col("purchased_s") < 0), AT).is_empty()


def test_newcomers_take_a_part_that_no_known_product_gets() -> None:
    told = market(6)
    # Every product is renamed each week: half of the units of four weeks are of names not seen before.
    week = (pl.col("purchased_s") - AT_S) // (56 * DAY_S)
    renamed = told.with_columns(product_id=pl.col("product_id") + week.cast(pl.String))
    known, fresh = sales(told), sales(renamed)
    assert newcomers(known, RULE) == pytest.approx(0.0)
    assert newcomers(fresh, RULE) == pytest.approx(0.5, abs=0.1)
    shares = product_shares(fresh, RULE)
    total = np.bincount(fresh.category_of[shares.product], shares.share, 6)
    assert total == pytest.approx(1.0 - shares.newcomers)
    assert demand_of_products(renamed, AT)["mean"].sum() < 0.6 * demand_of_products(told, AT)["mean"].sum()


def test_a_product_that_lapsed_is_expected_no_more() -> None:
    told = market(7)
    old = (pl.col("product_id") == "p0-0") & (pl.col("purchased_s") > AT_S - 181 * DAY_S)
    assert "p0-0" in demand_of_products(told, AT)["product_id"]
    assert "p0-0" not in demand_of_products(told.filter(~old), AT)["product_id"]
