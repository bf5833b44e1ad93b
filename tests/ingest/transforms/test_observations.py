"""Offers, demand, routes, stock and events on small histories."""

from __future__ import annotations

import narwhals as nw
import polars as pl
import pytest

from ingest.transforms import events, offers, routes, stock
from ingest.transforms.frames import Frame
from tests.ingest.transforms.engines import ENGINES, Engine, rows

pytestmark = pytest.mark.parametrize("run", ENGINES)

SALES = pl.DataFrame(
    {
        "product_id": ["p", "p", "p", "q"],
        "seller_id": ["s", "s", "s", "s"],
        "customer_id": ["c1", "c1", "c2", "c2"],
        "price_cents": [100, 120, 110, 7],
        "purchased_s": [1, 5, 5, 2],
        "day": [0, 1, 1, 0],
    }
)


def test_an_offer_has_the_price_of_its_last_sale_and_the_lowest_of_a_tie(run: Engine) -> None:
    found = run(offers.offers, SALES)
    assert rows(found, "product_id", "price_cents", "n", "last_sold_s") == [("p", 110, 3, 5), ("q", 7, 1, 2)]


def test_demand_counts_units_by_product_seller_region_and_day(run: Engine) -> None:
    customers = pl.DataFrame({"customer_id": ["c1", "c2"], "region": ["010", "999"]})
    found = run(offers.demand, SALES, customers)
    assert rows(found, "product_id", "region", "day", "units") == [
        ("p", "010", 0, 1),
        ("p", "010", 1, 1),
        ("p", "999", 1, 1),
        ("q", "999", 0, 1),
    ]


def packages(*given: tuple[float | None, float | None, int]) -> pl.DataFrame:
    """Return packages of one lane: total and transit days, and whether late."""
    total, transit, late = zip(*given, strict=True)
    n = len(given)
    one = {
        "from_zip_prefix": "01000",
        "to_zip_prefix": "20000",
        "from_region": "010",
        "to_region": "200",
        "from_state": "SP",
        "to_state": "RJ",
        "carrier_id": "c",
        "seller_id": "s",
        "category": None,
        "month": "2018-01",
        "distance_km": 400.0,
        "weight_g": 100.0,
        "volume_cm3": None,
        "price_cents": 10,
        "freight_cents": 3,
        "handed_over_s": 50,
        "delivered_s": 60,
    }
    base = pl.DataFrame({name: [value] * n for name, value in one.items()})
    known = base.with_columns(pl.col("category").cast(pl.String), pl.col("volume_cm3").cast(pl.Float64))
    stages = {"total": total, "approval": [0.5] * n, "handling": [1.0] * n, "transit": transit}
    days = [pl.Series(f"{stage}_days", given, pl.Float64) for stage, given in stages.items()]
    seconds = [
        (pl.col(f"{stage}_days") * 86_400).cast(pl.Int64).alias(f"{stage}_seconds") for stage in stages
    ]
    return known.with_columns(*days, pl.Series("late", late, pl.Int32)).with_columns(seconds)


def test_an_observed_route_tells_mean_variance_late_share_and_speed(run: Engine) -> None:
    found = run(routes.observed_routes, packages((4.0, 2.0, 0), (8.0, 6.0, 1), (None, None, 0)))
    columns = ("category", "n", "mean_days", "var_days", "transit_mean_days", "late_share", "km_per_day")
    assert rows(found, *columns) == [(None, 2, 6.0, 8.0, 4.0, 0.5, 100.0)]


def test_one_observation_has_no_variance(run: Engine) -> None:
    found = run(routes.observed_routes, packages((4.0, 0.0, 0)))
    assert rows(found, "n", "var_days", "km_per_day") == [(1, None, None)]


def test_a_lane_is_seen_at_the_first_hand_over(run: Engine) -> None:
    under_way = packages((None, None, 0)).with_columns(delivered_s=pl.lit(None, pl.Int64))
    found = run(routes.lane_evidence, under_way)
    assert rows(found, "from_region", "to_region", "carrier_id", "n", "last_seen_s", "weight_g") == [
        ("010", "200", "c", 0, 50, 100.0)
    ]


def test_months_and_carriers_count_delivered_packages(run: Engine) -> None:
    given = packages((4.0, 2.0, 0), (8.0, 6.0, 1), (None, None, 0))
    assert rows(run(routes.lane_months, given), "month", "n", "mean_days", "late_share") == [
        ("2018-01", 2, 6.0, 0.5)
    ]
    assert rows(run(routes.seller_carriers, given), "seller_id", "carrier_id", "n") == [("s", "c", 2)]
    assert rows(run(routes.state_reference, given), "from_state", "to_state", "freight_cents") == [
        ("SP", "RJ", 3.0)
    ]


def test_stock_on_the_shelf_ignores_reservations_and_leaves_out_what_is_gone(run: Engine) -> None:
    moves = [
        ("w", "s", "p", "RECEIVED", 10),
        ("w", "s", "p", "RESERVED", 4),
        ("w", "s", "p", "SHIPPED", 4),
        ("w", "s", "p", "ADJUSTED", -1),
        ("w", "s", "p", "RETURNED", 2),
        ("w", "s", "q", "RECEIVED", 3),
        ("w", "s", "q", "TRANSFER_OUT", 3),
    ]
    names = ["location_id", "seller_id", "product_id", "event_type", "quantity"]
    found = run(stock.shelf_units, pl.DataFrame(moves, schema=names, orient="row"))
    assert rows(found, "product_id", "units") == [("p", 7)]


def _log(orders: Frame, items: Frame, payments: Frame) -> Frame:
    kinds = [events.approved(orders, items), events.registered(orders, payments)]
    rows = nw.concat([*kinds, events.within(events.purchased(orders, items), 0, 6)])
    return events.in_total_order(rows)


def test_events_stand_in_total_order_with_ties_by_kind_subject_and_part(run: Engine) -> None:
    orders = pl.DataFrame(
        {
            "order_id": ["b", "a"],
            "purchased_s": [5, 5],
            "approved_s": [5, None],
            "promised_s": [9, 9],
            "to_zip_prefix": ["01000", "02000"],
        }
    )
    items = pl.DataFrame(
        {
            "order_id": ["b", "b"],
            "line": pl.Series([2, 1], dtype=pl.Int32),
            "product_id": ["p", "q"],
            "seller_id": ["s", "s"],
            "price_cents": [1, 2],
            "freight_cents": [1, 2],
            "shipping_limit_s": [8, 8],
        }
    )
    payments = pl.DataFrame(
        {
            "order_id": ["b"],
            "sequence": pl.Series([1], dtype=pl.Int32),
            "payment_type": ["boleto"],
            "value_cents": [3],
        }
    )
    found = run(_log, orders, items, payments)
    assert found.select("kind", "subject", "part", "shipping_limit_s").rows() == [
        ("OrderPurchased", "a", "0", None),
        ("OrderPurchased", "b", "1", None),
        ("OrderPurchased", "b", "2", None),
        ("PaymentRegistered", "b", "1", None),
        ("OrderApproved", "b", "1", 8),
        ("OrderApproved", "b", "2", 8),
    ]
    assert found.columns == list(events.COLUMNS)


def _played(packages: Frame) -> Frame:
    return events.in_total_order(nw.concat([events.handed_over(packages), events.delivered(packages)]))


def test_two_shipments_of_a_seller_for_one_order_stand_in_order_too(run: Engine) -> None:
    sent = pl.DataFrame(
        {
            "order_id": "o",
            "seller_id": "s",
            "handed_over_s": 1,
            "delivered_s": 2,
            "carrier_id": ["c", "c", "b", "c"],
            "warehouse_id": ["w", None, "w", "v"],
        }
    )
    found = run(_played, sent).select("kind", "carrier_id", "warehouse_id").rows()
    in_order = [("b", "w"), ("c", None), ("c", "v"), ("c", "w")]
    assert found == [(kind, *ways) for kind in ("HandedToCarrier", "Delivered") for ways in in_order]
    assert run(_played, sent.reverse()).select("kind", "carrier_id", "warehouse_id").rows() == found
