from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from graph.errors import BadInput
from ingest.source import open_source
from inventory.rates import ForecastRule
from inventory.sales import sales_before
from replay.demand_backtest import (
    LEVELS,
    METHODS,
    QUANTILES,
    Score,
    backtest_demand,
    forecast,
    read_purchases,
)
from tests.inventory.test_rates import AT, AT_S, market

SPAN = (AT - timedelta(days=70), AT + timedelta(days=28))


@pytest.fixture(scope="module")
def scores() -> dict[str, Any]:
    return backtest_demand(market(11), SPAN)


def test_every_method_is_scored_at_every_level(scores: dict[str, Any]) -> None:
    assert scores["origins"] == 11
    for days in ("7", "28"):
        assert list(scores["horizons"][days]) == list(LEVELS)
        for level in LEVELS:
            assert list(scores["horizons"][days][level]) == list(METHODS)


def test_a_steady_market_is_forecast_as_well_as_can_be(scores: dict[str, Any]) -> None:
    for days in (7, 28):
        told = scores["horizons"][str(days)]
        for level, cells in (("category", 6), ("category_region", 72), ("product", 24)):
            ours, naive = told[level]["forecast"], told[level]["seasonal_naive"]
            assert ours["wape"] < naive["wape"]
            assert ours["pinball"] < 1.15 * naive["pinball"]
            assert ours["mase"] < 1.0
            assert abs(ours["bias"]) < 0.08
            poisson = np.sqrt(2 / np.pi / (40 * days / cells))  # what nobody can foresee
            assert 0.8 * poisson < ours["wape"] < 1.5 * poisson
            assert 0.82 < ours["coverage"] < 0.98


def test_what_comes_later_does_not_change_a_forecast() -> None:
    told = market(12)
    later = pl.col("purchased_s") >= AT_S
    spoilt = told.with_columns(units=pl.when(later).then(9).otherwise(pl.col("units")).cast(pl.Int64))
    a, b = (sales_before(demand, AT)[1] for demand in (told, spoilt))
    for level in LEVELS:
        for method in METHODS:
            one, other = (forecast(sales, level, 28, method, ForecastRule()) for sales in (a, b))
            assert np.array_equal(one.mean, other.mean)
            assert all(np.array_equal(one.quantile[q], other.quantile[q]) for q in QUANTILES)


def test_two_runs_are_alike_in_any_order_of_rows() -> None:
    told = market(13, days=120)
    span = (AT - timedelta(days=14), AT + timedelta(days=28))
    assert backtest_demand(told, span) == backtest_demand(
        told.sample(fraction=1.0, shuffle=True, seed=1), span
    )


def test_a_name_that_is_new_is_counted_and_nobodys() -> None:
    told = market(14)
    fresh = told.filter(pl.col("purchased_s") >= AT_S).with_columns(
        product_id=pl.lit("new"), category=pl.lit("new"), order_id=pl.lit("n") + pl.col("order_id")
    )
    found = backtest_demand(pl.concat([told, fresh]), (AT, AT + timedelta(days=28)))
    assert found["first_sales_share"] == pytest.approx({"7": 0.5, "28": 0.5})


def test_the_scores_are_what_their_names_say() -> None:
    score = Score()
    quantile = dict.fromkeys(QUANTILES, np.array([2.0, 2.0]))
    score.add(np.array([1.0, 3.0]), quantile, np.array([4.0, 1.0]), scale=2.0)
    told = score.to_dict()
    assert (told["wape"], told["bias"], told["mase"], told["coverage"]) == (1.0, -0.2, 1.25, 0.5)
    assert told["pinball_90"] == pytest.approx((0.9 * 2 + 0.1 * 1) / 5)
    assert set(Score().to_dict().values()) == {None, 0.0}


def test_what_cannot_be_scored_is_said() -> None:
    told = market(15, days=60)
    week = timedelta(days=7)
    with pytest.raises(BadInput, match="at least 28 days"):
        backtest_demand(told, (AT, AT + week))
    with pytest.raises(BadInput, match="whole days"):
        backtest_demand(told, (AT, AT + 5 * week), ())
    for span in ((AT - 10 * week, AT), (AT, AT + 9 * week)):
        with pytest.raises(BadInput, match="The purchases run from 2018-01-31 to 2018-04-28"):
            backtest_demand(told, span)


def test_a_source_gives_its_purchases(market_dir: Path) -> None:
    told = read_purchases(open_source(str(market_dir)))
    assert told["purchased_s"].is_sorted()
    last = datetime.fromtimestamp(int(told["purchased_s"].max()), UTC)  # type: ignore[arg-type]
    found = backtest_demand(told, (last - timedelta(days=35), last))
    assert found["origins"] == 2
    assert told.height > 2_000 * 0.9
