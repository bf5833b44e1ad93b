"""The recorded history against the law that benchmarks/truth.py computes from the parameters alone."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from benchmarks.truth import cdf, quantile
from graph.errors import BadInput
from tests.ingest.synthetic.conftest import Marketplace

ZONE = "America/Sao_Paulo"
CHOICE = ("order_id", "product_id", "source_id", "carrier_id")


def delivered_days(market: Marketplace) -> pl.DataFrame:
    """Return (order_id, days) of delivered orders from the recorded wall times."""
    orders = market.table("olist_orders_dataset").filter(
        pl.col("order_delivered_customer_date").is_not_null()
    )
    instants = [
        pl.col(name).dt.replace_time_zone(ZONE, ambiguous="earliest", non_existent="null").dt.epoch("s")
        for name in ("order_purchase_timestamp", "order_delivered_customer_date")
    ]
    return orders.select("order_id", days=(instants[1] - instants[0]) / 86_400)


def uniformity(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """Return Kolmogorov and Smirnov's distance from the uniform distribution, times the root of n."""
    ordered = np.sort(values)
    steps = np.arange(ordered.size + 1) / ordered.size
    distance = max(np.max(steps[1:] - ordered), np.max(ordered - steps[:-1]))
    return float(distance * np.sqrt(ordered.size))


def test_recomputed_law_equals_the_table_of_options(default: Marketplace) -> None:
    options = default.truth.options()
    anew = default.truth.law(options.select(CHOICE))
    for name in ("log_mean", "log_sd", "mean_days"):
        assert np.allclose(anew[name].to_numpy(), options[name].to_numpy(), rtol=0, atol=1e-9)
    assert default.truth.freight_cents(options).equals(options["freight_cents"], check_names=False)


def test_the_law_covers_options_that_were_never_shown(default: Marketplace) -> None:
    order = default.truth.parcels["order_id"][0]
    every = (
        default.truth.parameters["sources"]
        .select("source_id")
        .join(default.truth.parameters["carriers"].select("carrier_id"), how="cross")
    )
    law = default.truth.law(every.select(pl.lit(order).alias("order_id"), "source_id", "carrier_id"))
    assert law.height == every.height
    assert law["mean_days"].is_between(0.5, 500).all()


@pytest.mark.parametrize("column", ["order_id", "source_id", "carrier_id"])
def test_an_unknown_name_has_no_law(default: Marketplace, column: str) -> None:
    asked = default.truth.options().head(1).with_columns(pl.lit("nobody").alias(column))
    with pytest.raises(BadInput, match="not one of this marketplace"):
        default.truth.law(asked)


def test_recorded_lead_times_follow_the_law(clean: Marketplace) -> None:
    truth = clean.truth
    laws = truth.law(truth.parcels.select(CHOICE))
    single = (
        laws.group_by("order_id").agg(pl.first("log_mean", "log_sd"), n=pl.len()).filter(pl.col("n") == 1)
    )
    rows = delivered_days(clean).join(single, "order_id").sort("order_id")
    assert rows.height > 18_000
    log_mean, log_sd, days = (rows[c].to_numpy() for c in ("log_mean", "log_sd", "days"))
    assert uniformity(cdf(log_mean, log_sd, days)) < 1.63  # 1 % level of Kolmogorov's distribution
    z = (np.log(days) - log_mean) / log_sd
    assert abs(z.mean()) < 3 / np.sqrt(z.size)
    means = np.exp(log_mean + log_sd**2 / 2)
    excess = days - means
    assert abs(excess.mean()) < 3 * excess.std() / np.sqrt(excess.size)
    for level in (0.5, 0.8, 0.9, 0.95):
        covered = (days <= quantile(log_mean, log_sd, level)).mean()
        assert abs(covered - level) < 3 * np.sqrt(level * (1 - level) / days.size)


def test_an_order_arrives_when_its_slowest_parcel_does(clean: Marketplace) -> None:
    rows = delivered_days(clean).join(clean.truth.order_quantiles(0.8), "order_id", suffix="_q80")
    two = rows.join(clean.truth.parcels.filter(pl.len().over("order_id") == 2), "order_id", "semi")
    assert two.height > 150
    assert abs((two["days"] <= two["days_q80"]).mean() - 0.8) < 3 * np.sqrt(0.16 / two.height)


def test_stamps_are_the_draws_rounded_to_seconds(clean: Marketplace) -> None:
    total = clean.truth.parcels.group_by("order_id").agg(pl.max("total_days"))
    rows = (
        delivered_days(clean)
        .join(total, "order_id")
        .with_columns(off=((pl.col("days") - pl.col("total_days")) * 86_400).abs())
    )
    # A wall time that the clocks show twice is read as the earlier one: an hour off, a few rows a year.
    assert rows.filter(pl.col("off") > 0.501)["off"].round().is_between(3599, 3601).all()
    assert (rows["off"] > 0.501).mean() < 0.001


def test_the_draw_does_not_depend_on_the_outcome(default: Marketplace) -> None:
    parcels = default.truth.parcels
    z = (pl.col("total_days").log() - pl.col("log_mean")) / pl.col("log_sd")
    lost = parcels.filter(pl.col("outcome") != "delivered").select(z.alias("z"))["z"]
    assert lost.len() > 500
    assert abs(lost.mean()) < 3 / np.sqrt(lost.len())


def test_effects_have_the_spread_that_the_world_asks_for(default: Marketplace) -> None:
    parameters, effects = default.truth.parameters, default.world.effects
    lanes = parameters["lanes"]["effect_log"]
    assert abs(lanes.std() - effects.lane_sd) < 0.002
    own = parameters["sources"].filter(pl.col("source_id").str.starts_with("seller:"))["effect_log"]
    assert abs(own.std() - effects.seller_sd) < 0.02
    assert abs(parameters["carriers"]["effect_log"].mean()) < 1e-12
    assert set(parameters["carriers"]["log_sd"]) == {effects.residual_sd}


def test_in_the_null_world_all_options_of_an_order_are_alike(null: Marketplace) -> None:
    options = null.truth.options()
    spread = options.group_by("order_id", "product_id").agg(
        pl.len().alias("options"),
        *(pl.max(c) - pl.min(c) for c in ("log_mean", "log_sd", "freight_cents", "price_cents")),
    )
    assert (spread["options"] > 1).sum() > 2_000
    assert spread["log_mean"].max() <= 1e-12
    assert all(spread[c].max() == 0 for c in ("log_sd", "freight_cents", "price_cents"))
    # Any source and carrier of the marketplace would do as well, shown to the buyer or not.
    order = options["order_id"][0]
    every = (
        null.truth.parameters["sources"]
        .select("source_id")
        .join(null.truth.parameters["carriers"].select("carrier_id"), how="cross")
    )
    laws = null.truth.law(every.select(pl.lit(order).alias("order_id"), "source_id", "carrier_id"))
    assert laws["log_mean"].max() - laws["log_mean"].min() <= 1e-12


def test_in_the_default_world_there_is_a_gain_to_find(default: Marketplace) -> None:
    by_parcel = (
        default.truth.options()
        .group_by("order_id", "product_id")
        .agg(best=pl.min("mean_days"), recorded=pl.col("mean_days").filter("chosen").first())
    )
    assert (by_parcel["recorded"] - by_parcel["best"]).mean() > 0.5
