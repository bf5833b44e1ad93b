from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.ingest.synthetic.conftest import Marketplace, changed, made

PLACE = ("product_id", "seller_id", "location_id")
CURRENT = {"RECEIVED": 1, "RETURNED": 1, "SHIPPED": -1, "DAMAGED": -1}
RESERVED = {"RESERVED": 1, "RELEASED": -1, "SHIPPED": -1}


def folded(market: Marketplace) -> pl.DataFrame:
    """Return the stock after each event, in order of time; at one instant, what takes comes first."""
    kind = pl.col("event_type")
    signs = [kind.replace_strict(sign, default=0) * pl.col("quantity") for sign in (CURRENT, RESERVED)]
    events = market.table("olist_inventory_events").with_columns(current=signs[0], reserved=signs[1])
    events = events.with_columns(available=pl.col("current") - pl.col("reserved"))
    events = events.sort("event_timestamp", "available")
    return events.with_columns(pl.col("current", "reserved", "available").cum_sum().over(PLACE))


@pytest.fixture(scope="module", params=["default", "clean"])
def market(request: pytest.FixtureRequest) -> Marketplace:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Marketplace)
    return found


def test_no_fold_goes_below_zero(market: Marketplace) -> None:
    stock = folded(market)
    assert stock["event_type"].n_unique() == 7
    for column in ("current", "reserved", "available"):
        assert stock[column].min() >= 0


def test_stock_depth_bounds_what_lies_idle(tmp_path: Path, default: Marketplace) -> None:
    world = changed(default.world, stock={"depth_units": 3, "return_rate": 0.0}, history={"complete": True})
    stock = folded(made(tmp_path / "out", world, 3_000, 1))
    last = stock.group_by(PLACE).agg(
        pl.last("available"), released=(pl.col("event_type") == "RELEASED").sum()
    )
    assert last.filter(pl.col("released") == 0)["available"].is_between(0, 3).all()


def test_every_shipment_ships_what_was_reserved(market: Marketplace) -> None:
    events = market.table("olist_inventory_events")
    of = {
        kind: events.filter(pl.col("event_type") == kind).select("order_id", *PLACE, "quantity")
        for kind in ("RESERVED", "SHIPPED", "RELEASED")
    }
    assert of["RESERVED"].is_unique().all()
    assert of["SHIPPED"].join(of["RESERVED"], of["SHIPPED"].columns, "anti").is_empty()
    assert of["RELEASED"].join(of["RESERVED"], of["RELEASED"].columns, "anti").is_empty()
    assert of["RELEASED"].join(of["SHIPPED"], "order_id", "semi").is_empty()
    shipments = market.table("olist_shipments_dataset")
    assert of["SHIPPED"].height == shipments.height
    houses = set(market.table("olist_warehouses_dataset")["warehouse_id"])
    held = events.filter(pl.col("location_id") != pl.col("seller_id"))["location_id"]
    assert set(held) == houses
    assert 0.01 < held.len() / events.height < 0.2


def test_restocks_arrive_after_they_were_ordered(market: Marketplace) -> None:
    events = market.table("olist_inventory_events")
    opening = events.filter(pl.col("source") == "opening")
    assert opening.height == market.truth.parameters["offers"].height  # every offer can be chosen
    restock = events.filter(pl.col("source") == "restock")
    assert restock["order_id"].null_count() == restock.height
    received, ordered = (restock.filter(pl.col("event_type") == kind) for kind in ("RECEIVED", "REORDERED"))
    assert ordered.height > 400
    pairs = ordered.with_columns(nth=pl.int_range(pl.len()).over(PLACE)).join(
        received.with_columns(nth=pl.int_range(pl.len()).over(PLACE)), [*PLACE, "nth"], suffix="_in"
    )
    days = (pairs["event_timestamp_in"] - pairs["event_timestamp"]).dt.total_seconds() / 86_400
    assert pairs.height > 0.98 * received.height  # an order from before the history is not shown
    assert days.min() > 0
    assert abs(days.median() - market.world.stock.restock_days) < 1


def test_stock_events_can_be_switched_off(tmp_path: Path, default: Marketplace) -> None:
    world = changed(default.world, stock={"events": False})
    made(tmp_path / "out", world, 100, 1)
    assert not (tmp_path / "out" / "olist_inventory_events.csv").exists()
    assert (tmp_path / "out" / "olist_shipments_dataset.csv").exists()
