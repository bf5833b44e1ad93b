from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from graph.errors import BadInput
from graph.stores.files import snapshot_folder
from inventory.forecast import PURCHASES, ForecastRule, estimate, expected_orders, purchases

AT = datetime(2018, 4, 1, tzinfo=UTC)
AT_S = int(AT.timestamp())
RATES = {("lamp", "light", "010"): 6.0, ("bulb", "light", "010"): 2.0, ("lamp", "light", "200"): 1.5,
         ("bulb", "light", "200"): 0.5, ("rug", "home", "010"): 4.0, ("rug", "home", "200"): 1.0}  # fmt: skip


def history(rates: dict[tuple[str, str, str], float], days: int, seed: int) -> pl.DataFrame:
    """Return Poisson sales of one unit an order at known rates, over the days before ``AT`` and 30 after."""
    rng, rows = np.random.default_rng(seed), []
    for (product, category, region), rate in rates.items():
        for i in range(rng.poisson(rate * (days + 30))):
            when = AT_S + int(rng.integers(-days * 86_400, 30 * 86_400))
            rows.append((f"{product}-{region}-{i}", when, product, category, region, 1))
    return pl.DataFrame(rows, schema=list(PURCHASES), orient="row")


def by_pair(
    demand: pl.DataFrame, at: datetime = AT, **rule: float
) -> dict[tuple[str, str], tuple[float, float]]:
    found = estimate(demand, at, ForecastRule(**rule))  # type: ignore[arg-type]
    names = [
        (found.product_ids[p], found.regions[r]) for p, r in zip(found.product, found.region, strict=True)
    ]
    return dict(zip(names, zip(found.mean_per_day, found.var_per_day, strict=True), strict=True))


def test_known_rates_are_found_within_what_the_variance_says() -> None:
    far = []
    for seed in range(8):
        found = by_pair(history(RATES, 400, seed))
        for (product, _, region), rate in RATES.items():
            mean, var = found[product, region]
            far.append((mean - rate) / np.sqrt(var))
            assert mean == pytest.approx(rate, rel=0.5)
    assert np.sqrt(np.mean(np.square(far))) < 2.0
    assert abs(np.mean(far)) < 1.0


def test_nothing_stamped_at_the_instant_or_later_is_read() -> None:
    told = history(RATES, 100, 1)
    past = told.filter(pl.col("purchased_s") < AT_S)
    assert past.height < told.height
    stamp = pl.lit(AT_S, pl.Int64)
    at_the_instant = past.head(40).with_columns(purchased_s=stamp, units=pl.lit(99, pl.Int64))
    strange = told.head(1).with_columns(purchased_s=stamp + 1, product_id=pl.lit("later"))
    for future in (told, pl.concat([past, at_the_instant]), pl.concat([told, strange])):
        a, b = estimate(past, AT), estimate(future, AT)
        assert (a.product_ids, a.regions, a.order_types) == (b.product_ids, b.regions, b.order_types)
        assert a.covered_share == b.covered_share
        assert np.array_equal(a.mean_per_day, b.mean_per_day)
        assert np.array_equal(a.var_per_day, b.var_per_day)


def test_the_order_of_the_rows_does_not_matter_to_the_last_bit() -> None:
    told = history(RATES, 100, 2)
    a, b = estimate(told, AT), estimate(told.sample(fraction=1.0, shuffle=True, seed=3), AT)
    assert a.mean_per_day.tobytes() == b.mean_per_day.tobytes()
    assert a.var_per_day.tobytes() == b.var_per_day.tobytes()
    assert a.order_types == b.order_types


def test_a_change_is_followed_and_old_products_are_forgotten() -> None:
    month = timedelta(days=30)
    told = history({("lamp", "light", "010"): 1.0}, 300, 4)
    old = told.with_columns(product_id=pl.lit("old"), purchased_s=pl.col("purchased_s") - 400 * 86_400)
    more = history({("lamp", "light", "010"): 9.0}, 60, 5).with_columns(order_id="n-" + pl.col("order_id"))
    both = pl.concat([told, old, more])
    then, now = by_pair(both, AT - 3 * month), by_pair(both, AT)
    assert then["lamp", "010"][0] == pytest.approx(1.0, rel=0.4)
    assert 3.0 < now["lamp", "010"][0] < 10.0
    assert ("old", "010") not in now


def test_regions_that_are_left_out_lose_no_units() -> None:
    rates = {("lamp", "light", f"{region:03}"): 0.2 + (region % 7) for region in range(60)}
    told = history(rates, 60, 6)
    whole, few = (
        by_pair(told, most_regions=60),
        by_pair(told.filter(pl.col("region") != "003"), most_regions=5),
    )
    assert sum(mean for mean, _ in whole.values()) == pytest.approx(sum(rates.values()), rel=0.15)
    assert sum(mean for mean, _ in few.values()) == pytest.approx(sum(rates.values()), rel=0.15)


def test_order_types_are_single_lines_and_baskets_seen_twice() -> None:
    def order(name: str, day: int, *lines: tuple[str, int], region: str = "010") -> list[tuple[object, ...]]:
        return [(name, AT_S - day * 86_400, product, "light", region, units) for product, units in lines]

    rows = [
        *order("a", 1, ("lamp", 1)),
        *order("b", 2, ("lamp", 2)),
        *order("c", 3, ("lamp", 1), ("bulb", 2)),
        *order("d", 40, ("bulb", 2), ("lamp", 1), region="200"),
        *order("e", 5, ("lamp", 1), ("rug", 1)),
        *order("f", 181, ("lamp", 1), ("rug", 1)),
        *order("g", 0, ("rug", 1)),
    ]
    told = pl.DataFrame(rows, schema=list(PURCHASES), orient="row").filter(pl.col("purchased_s") < AT_S)
    found = estimate(told, AT)
    kinds = {(kind.lines, kind.region) for kind in found.order_types}
    basket = (("bulb", 2), ("lamp", 1))
    assert kinds == {((("lamp", 1),), "010"), ((("lamp", 2),), "010"), (basket, "010"), (basket, "200")}
    assert found.covered_share == pytest.approx(4 / 5)
    rate = {(kind.lines, kind.region): kind.mean_per_day for kind in found.order_types}
    assert rate[basket, "010"] > rate[basket, "200"]  # the other one is older
    lamps = found.of_product("lamp")[0]
    assert sum(rate[((("lamp", n),), "010")] * n for n in (1, 2)) < lamps


def test_the_kinds_of_some_products_are_those_of_the_estimate() -> None:
    told = history(RATES, 60, 2)
    basket = told.head(12).with_columns(product_id=pl.lit("basket")).unique("order_id")
    demand = pl.concat([told, basket])
    every = estimate(demand, AT).order_types
    products = sorted({name for kind in every for name, _ in kind.lines})
    assert expected_orders(demand, AT, products) == every
    wanted = products[:1]
    some = tuple(kind for kind in every if any(name in wanted for name, _ in kind.lines))
    assert 0 < len(some) < len(every)
    assert expected_orders(demand, AT, wanted) == some
    assert expected_orders(demand, AT, []) == ()


def test_without_purchases_nothing_is_expected() -> None:
    found = estimate(history(RATES, 10, 1), AT - timedelta(days=900))
    assert (found.product_ids, found.regions, found.order_types, found.covered_share) == ((), (), (), 0.0)
    with pytest.raises(BadInput, match="lack units"):
        estimate(history(RATES, 10, 1).drop("units"), AT)
    with pytest.raises(BadInput, match="level_days"):
        ForecastRule(level_days=0)
    with pytest.raises(BadInput, match="category_days is one of"):
        ForecastRule(category_days=20)


def test_a_snapshot_gives_its_purchases(small_snapshot: Path) -> None:
    folder = snapshot_folder(small_snapshot)
    told = purchases(
        pl.read_parquet(folder / "events.parquet"), pl.read_parquet(folder / "network" / "products.parquet")
    )
    demand = pl.read_parquet(folder / "demand.parquet")
    assert told["units"].sum() == demand["units"].sum()
    sold = dict(demand.group_by("product_id").agg(pl.sum("units")).iter_rows())
    assert dict(told.group_by("product_id").agg(pl.sum("units")).iter_rows()) == sold
    at = datetime.fromtimestamp(int(told["purchased_s"].max()) + 1, UTC)  # type: ignore[arg-type]
    found = estimate(told, at)
    assert 0.5 < found.covered_share <= 1.0
    recent = told.filter(pl.col("purchased_s") >= at.timestamp() - 60 * 86_400)["units"].sum() / 60
    assert found.mean_per_day.sum() == pytest.approx(recent, rel=0.35)
