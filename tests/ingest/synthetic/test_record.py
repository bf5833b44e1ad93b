"""Stamps, outcomes, reviews and quirks: what the tables show of what happened."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import polars as pl

from tests.ingest.synthetic.conftest import STAMPS, Marketplace

STAGES = (
    *("order_purchase_timestamp", "order_approved_at"),
    *("order_delivered_carrier_date", "order_delivered_customer_date"),
)
END = datetime(2018, 7, 1)  # noqa: DTZ001 - local wall time, as in the tables


def test_nothing_is_stamped_after_the_end_of_the_history(default: Marketplace) -> None:
    for stem, columns in STAMPS.items():
        table = default.table(stem)
        for column in columns:
            if column != "order_estimated_delivery_date":  # a promise lies ahead
                assert table[column].max() < END
    orders = default.table("olist_orders_dataset")
    under_way = orders.filter(pl.col("order_delivered_customer_date").is_null())
    assert set(orders["order_status"]) == {
        *("created", "approved", "invoiced", "processing", "shipped", "delivered"),
        *("canceled", "unavailable"),
    }
    assert 0.02 < under_way.height / orders.height < 0.10


def test_a_complete_history_leaves_no_order_under_way(clean: Marketplace) -> None:
    orders = clean.table("olist_orders_dataset")
    outcomes = clean.truth.parcels.unique("order_id").select("order_id", "outcome")
    rows = orders.join(outcomes, "order_id")
    status = {
        "delivered": "delivered",
        "lost": "shipped",
        "canceled": "canceled",
        "unavailable": "unavailable",
    }
    assert (rows["order_status"] == rows["outcome"].replace(status)).all()
    shares = {"lost": 0.004, "canceled": 0.006, "unavailable": 0.006}
    for outcome, share in shares.items():
        assert 0.6 * share < (rows["outcome"] == outcome).mean() < 1.5 * share
    assert orders["order_delivered_customer_date"].max() > END


def test_without_quirks_stages_come_in_order(clean: Marketplace) -> None:
    orders = clean.table("olist_orders_dataset")
    for earlier, later in pairwise(STAGES):
        steps = orders.select((pl.col(later) - pl.col(earlier)).dt.total_seconds().alias("s"))[
            "s"
        ].drop_nulls()
        # Where the clocks go back an hour, wall times may run backwards by less than that.
        assert steps.min() > -3600
        assert (steps < 0).mean() < 0.001
    points = clean.table("olist_geolocation_dataset")
    assert points["geolocation_lat"].is_between(-33.75, 5.27).all()
    assert points["geolocation_lng"].is_between(-73.98, -34.79).all()
    assert clean.table("olist_products_dataset").null_count().sum_horizontal()[0] == 0


def test_quirks_come_at_their_rates(default: Marketplace) -> None:
    quirks = default.world.quirks
    orders = default.table("olist_orders_dataset").filter(pl.col("order_status") == "delivered")
    swapped = (orders["order_delivered_carrier_date"] < orders["order_approved_at"]).mean()
    assert 0.8 * quirks.hand_over_before_approval < swapped < 1.3 * quirks.hand_over_before_approval
    backwards = (orders["order_delivered_customer_date"] < orders["order_delivered_carrier_date"]).sum()
    assert 3 <= backwards <= 40
    assert orders["order_delivered_customer_date"].null_count() > 0
    points = default.table("olist_geolocation_dataset")
    assert (points["geolocation_lat"] > 6).sum() > 5
    assert 0.1 < points.is_duplicated().mean() < 0.5
    products = default.table("olist_products_dataset")
    assert 0.01 < products["product_category_name"].null_count() / products.height < 0.03
    located = set(points["geolocation_zip_code_prefix"])
    orphans = set(default.table("olist_customers_dataset")["customer_zip_code_prefix"]) - located
    assert orphans


def test_boleto_takes_longer_to_approve(clean: Marketplace) -> None:
    payments = clean.table("olist_order_payments_dataset").filter(pl.col("payment_sequential") == 1)
    rows = (
        clean.table("olist_orders_dataset")
        .join(payments, "order_id")
        .with_columns(
            approval=(pl.col("order_approved_at") - pl.col("order_purchase_timestamp")).dt.total_seconds()
            / 86_400
        )
    )
    means = dict(rows.group_by("payment_type").agg(pl.mean("approval")).iter_rows())
    assert means["boleto"] > 3 * means["credit_card"]


def test_scores_jump_down_at_the_promise(clean: Marketplace) -> None:
    orders = clean.table("olist_orders_dataset").filter(pl.col("order_delivered_customer_date").is_not_null())
    margin = pl.col("order_delivered_customer_date") - pl.col("order_estimated_delivery_date")
    rows = orders.with_columns(days_late=margin.dt.total_seconds() / 86_400).join(
        clean.table("olist_order_reviews_dataset"), "order_id"
    )
    just_before = rows.filter(pl.col("days_late").is_between(-3, 0))["review_score"]
    just_after = rows.filter(pl.col("days_late").is_between(0, 3, closed="right"))["review_score"]
    assert min(just_before.len(), just_after.len()) > 150
    assert just_before.mean() - just_after.mean() > 1.2
    surveys = rows["review_creation_date"]
    assert (rows["review_answer_timestamp"] > surveys).all()


def test_default_world_looks_like_a_real_marketplace(default: Marketplace) -> None:
    orders = default.table("olist_orders_dataset")
    steps = zip(("approval", "handling", "transit"), pairwise(STAGES), strict=True)
    days = {
        name: (pl.col(later) - pl.col(earlier)).dt.total_seconds() / 86_400
        for name, (earlier, later) in steps
    }
    total = (pl.col(STAGES[-1]) - pl.col(STAGES[0])).dt.total_seconds() / 86_400
    items = default.table("olist_order_items_dataset")
    sellers = items.unique("order_id", keep="first").join(default.table("olist_sellers_dataset"), "seller_id")
    rows = (
        orders.join(default.table("olist_customers_dataset"), "customer_id")
        .join(sellers, "order_id")
        .with_columns(**days, total=total, same=pl.col("customer_state") == pl.col("seller_state"))
        .filter(pl.col("total").is_not_null())
    )
    late = (rows["order_delivered_customer_date"] > rows["order_estimated_delivery_date"]).mean()
    transit = dict(rows.group_by("same").agg(pl.median("transit")).iter_rows())
    found = {
        "mean lead time": (rows["total"].mean(), 11.0, 15.0),
        "sd of lead time": (rows["total"].std(), 7.0, 11.0),
        "approval": (rows["approval"].mean(), 0.25, 0.6),
        "handling": (rows["handling"].mean(), 2.2, 3.8),
        "transit": (rows["transit"].mean(), 8.0, 12.0),
        "transit inside a state, median": (transit[True], 2.8, 5.2),
        "transit between states, median": (transit[False], 8.0, 12.0),
        "late share": (late, 0.05, 0.105),
        "lines an order": (items.height / items["order_id"].n_unique(), 1.08, 1.18),
        "orders of SP": ((rows["customer_state"] == "SP").mean(), 0.28, 0.48),
    }
    for name, (value, low, high) in found.items():
        print(f"{name}: {value:.3f}")
        assert low < value < high, name
