"""The network that moves with the clock: what a snapshot built at that instant would say, and no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from api import policies
from graph import Network
from graph.errors import BadInput
from graph.lead_time import OnlineParameters
from graph.options import Options
from ingest.source import Source
from replay.build import build
from replay.desk import Desk
from replay.moving import MovingNetwork
from replay.opened import Stock
from replay.recorded import Past, Purchase, read_past
from replay.replayed import replay
from tests.ingest.history import InMemory, as_exported_at

FEW_TREES = OnlineParameters(lane_trees=8, seller_trees=4, base_minimum=400)
SHELVES, SHIPMENTS = "olist_inventory_events", "olist_shipments_dataset"
NO_STOCK = Stock("none", ())


def frames(folder: Path) -> dict[str, pl.DataFrame]:
    return {path.stem: pl.read_csv(path, infer_schema=False) for path in folder.glob("*.csv")}


@pytest.fixture(scope="module")
def market(market_dir: Path) -> Source:
    """Return a marketplace without warehouses.

    What a warehouse holds is no candidate in a replay, and a snapshot reads the place that a parcel left
    from into the forecast of its purchase already: the moving view learns it at the hand-over.
    """
    tables = frames(market_dir)
    own = pl.lit(None, pl.String).alias("warehouse_id")
    return InMemory(
        {**tables, SHELVES: tables[SHELVES].clear(), SHIPMENTS: tables[SHIPMENTS].with_columns(own)}
    )


@pytest.fixture(scope="module")
def past(market: Source) -> Past:
    return read_past(market)


def seconds(at: datetime) -> int:
    return int(at.timestamp())


def next_purchases(past: Past, at: datetime, count: int) -> list[Purchase]:
    found = past.purchases((seconds(at), seconds(at + timedelta(days=60))))
    return [purchase for purchase, _ in zip(found, range(count), strict=False)]


def assert_same(one: Options, other: Options) -> None:
    """Compare what decisions rest on. Lead-time states are the same to the bit, sums over them nearly."""
    assert one.source_ids == other.source_ids
    assert one.carrier_ids == other.carrier_ids
    for name in ("candidate", "lapsed", "package_freight", "unit_freight"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
    for name in ("distance_km", "weight_g", "volume_cm3", "side_cm"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-12, err_msg=name)
    np.testing.assert_allclose(one.times.mean_days, other.times.mean_days, rtol=1e-12)
    np.testing.assert_allclose(one.times.var_days, other.times.var_days, rtol=1e-12)
    for days in (3.0, 10.0, 25.0):
        np.testing.assert_allclose(one.times.cdf(days), other.times.cdf(days), atol=1e-12)
    np.testing.assert_array_equal(one.times.basis, other.times.basis)
    np.testing.assert_array_equal(one.times.n, other.times.n)


def assert_equal_at(source: Source, past: Past, at: datetime, folder: Path, least: int) -> None:
    """Ask a snapshot as of ``at`` and the moving view the same questions, and let both decide."""
    report = build(source, at, folder, settings=FEW_TREES)
    snapshot = Network.open(folder / report.snapshot_id)
    moving = MovingNetwork(past, seconds(at) - 40 * 86_400, FEW_TREES)
    desks = [
        [Desk(network, policies.load(name), alternatives=0) for name in ("cheapest", "reliable", "priced")]
        for network in (snapshot, moving)
    ]
    compared = 0
    for purchase in next_purchases(past, at, 3 * least):
        try:
            then = snapshot.options(purchase.order, at)
        except BadInput:  # the snapshot does not know a name that this very order is the first to tell
            continue
        if any(not line.any() for line in then.candidate):
            continue
        moving.advance(seconds(at))
        assert_same(moving.options(purchase.order, at), then)
        for one, other in zip(*desks, strict=True):
            told, again = (desk.preview(purchase.order, at).choice.assignment for desk in (one, other))
            assert (told.parts, told.cost_cents) == (again.parts, again.cost_cents)
        compared += 1
    assert compared >= least


@pytest.mark.parametrize("day", ["2017-08-01", "2018-02-10"])
def test_the_moving_view_decides_as_a_snapshot_of_that_instant(
    market: Source, past: Past, tmp_path: Path, day: str
) -> None:
    assert_equal_at(market, past, datetime.fromisoformat(f"{day}T03:00:00+00:00"), tmp_path, 20)


def test_the_clock_goes_forward_only(past: Past) -> None:
    at = datetime(2018, 2, 10, 12, tzinfo=UTC)
    moving = MovingNetwork(past, seconds(at), FEW_TREES)
    purchase = next_purchases(past, at, 1)[0]
    moving.advance(purchase.at_s, purchase.offers)
    with pytest.raises(ValueError, match="goes forward"):
        moving.advance(seconds(at))
    with pytest.raises(ValueError, match="the clock stands at"):
        moving.options(purchase.order, at)


def test_an_offer_is_known_from_its_first_sale_and_costs_what_the_last_one_did(past: Past) -> None:
    sold = past.sales.group_by("offer").len().filter(pl.col("len") >= 2).sort("offer")
    row = sold["offer"][0]
    stamps, prices = (
        past.sales.filter(pl.col("offer") == row)[name].to_list() for name in ("at_s", "price_cents")
    )
    moving = MovingNetwork(past, stamps[0] - 1, FEW_TREES)
    product = past.tables["offers"]["product_id"][row]
    sources, code = moving.arrays.product_sources, moving.arrays.product_rows[product]

    def known() -> bool:
        return row in sources.index.of(code).tolist()

    moving.advance(stamps[0])
    assert not known()
    moving.advance(stamps[0], [(row, prices[0])])  # the order that buys it first knows what it pays
    assert known()
    moving.advance(stamps[0])  # another order of the same second does not
    assert not known()
    moving.advance(stamps[0] + 1)
    assert known()
    assert sources.price_cents[row] == prices[0]
    moving.advance(stamps[-1] + 1)
    assert sources.price_cents[row] == prices[-1]
    assert sources.last_sold_s[row] == stamps[-1]


LOCAL = "2018-02-20 15:30:00"


def gone(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Return the tables as somebody would have exported them at ``LOCAL``."""
    return as_exported_at(tables, LOCAL)


def distorted(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Return the tables with everything after ``LOCAL`` told otherwise: later, dearer, from other sellers."""
    orders = tables["olist_orders_dataset"]
    stamps = [
        f"order_{name}" for name in ("approved_at", "delivered_carrier_date", "delivered_customer_date")
    ]
    later = [
        pl.when(pl.col(name) >= LOCAL)
        .then(pl.col(name).str.to_datetime().dt.offset_by("9d").dt.strftime("%Y-%m-%d %H:%M:%S"))
        .otherwise(pl.col(name))
        .alias(name)
        for name in stamps
    ]
    after = orders.filter(pl.col("order_purchase_timestamp") >= LOCAL)["order_id"].implode()
    new = pl.col("order_id").is_in(after)
    seller = tables["olist_order_items_dataset"]["seller_id"].max()
    items = tables["olist_order_items_dataset"].with_columns(
        price=pl.when(new).then(pl.lit("999.00")).otherwise("price"),
        seller_id=pl.when(new).then(pl.lit(seller)).otherwise("seller_id"),
        freight_value=pl.when(new).then(pl.lit("77.00")).otherwise("freight_value"),
    )
    shipments = tables[SHIPMENTS]
    sent = pl.col("handed_over_at") >= LOCAL
    moved = shipments.with_columns(
        carrier_id=pl.when(sent).then(pl.col("carrier_id").min()).otherwise("carrier_id"),
        warehouse_id=pl.when(sent).then(pl.lit(None)).otherwise("warehouse_id"),
        seller_id=pl.when(new).then(pl.lit(seller)).otherwise("seller_id"),
    )
    return {
        **tables,
        "olist_orders_dataset": orders.with_columns(later),
        "olist_order_items_dataset": items,
        SHIPMENTS: moved,
    }


@pytest.mark.parametrize("change", [gone, distorted])
def test_what_is_stamped_later_moves_no_decision_before(market_dir: Path, change: Callable[..., Any]) -> None:
    tables = frames(market_dir)
    span = seconds(datetime(2018, 2, 3, 2, tzinfo=UTC)), seconds(datetime(2018, 2, 20, 18, 30, tzinfo=UTC))
    chosen = [policies.load(name) for name in ("cheapest", "fastest", "reliable", "priced")]
    told = [
        replay(read_past(InMemory(some)), span, chosen, chosen[-1].costs, NO_STOCK, parameters=FEW_TREES)
        for some in (tables, change(tables))
    ]
    for one, other in zip(*(one.runs for one in told), strict=True):
        assert one.totals.orders > 20
        # What was kept compares with the record, which later stamps do tell.
        assert replace(one.totals, kept=0) == replace(other.totals, kept=0)
        assert one.recorded_units == other.recorded_units
    assert told[0].choices == told[1].choices
