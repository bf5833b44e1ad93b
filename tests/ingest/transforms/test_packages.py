from __future__ import annotations

from functools import partial

import polars as pl
import pytest

from ingest.transforms import packages
from tests.ingest.transforms.engines import ENGINES, Engine, rows

pytestmark = pytest.mark.parametrize("run", ENGINES)

DAY = 86_400
ITEMS = pl.DataFrame(
    {
        "order_id": ["o1", "o1", "o1"],
        "line": [1, 2, 3],
        "product_id": ["p1", "p2", "p3"],
        "seller_id": ["s1", "s1", "s2"],
        "price_cents": [100, 300, 50],
        "freight_cents": [10, 20, 5],
        "shipping_limit_s": [7, 9, 8],
    },
    schema_overrides={"line": pl.Int32},
)
PRODUCTS = pl.DataFrame(
    {
        "product_id": ["p1", "p2", "p3"],
        "category": ["toys", "books", None],
        "weight_g": [500.0, None, None],
        "volume_cm3": [8.0, 27.0, None],
    }
)


def test_contents_sum_what_is_known_and_take_the_dearest_lines_category(run: Engine) -> None:
    found = run(packages.contents, ITEMS, PRODUCTS)
    columns = ("seller_id", "category", "weight_g", "volume_cm3", "price_cents", "freight_cents", "n_lines")
    assert rows(found, *columns) == [
        ("s1", "books", 500.0, 35.0, 400, 30, 2),
        ("s2", None, None, None, 50, 5, 1),
    ]
    assert rows(found, "seller_id", "shipping_limit_s") == [("s1", 9), ("s2", 8)]


def test_volume_needs_all_three_sides(run: Engine) -> None:
    sides = {"length_cm": [2.0, None], "height_cm": [3.0, 3.0], "width_cm": [4.0, 4.0]}
    given = pl.DataFrame({"product_id": ["a", "b"], "category": ["x", "x"], "weight_g": [1.0, 2.0], **sides})
    found = run(packages.weights_and_volumes, given)
    assert rows(found, "product_id", "volume_cm3") == [("a", 24.0), ("b", None)]


ORDERS = pl.DataFrame(
    {
        "order_id": ["o1", "o2"],
        "handed_over_s": [3 * DAY, None],
        "delivered_s": [9 * DAY, None],
        "purchased_s": [0, DAY],
    }
)
CONTENTS = pl.DataFrame({"order_id": ["o1", "o1"], "seller_id": ["s1", "s2"]})


def test_without_shipments_sellers_share_the_orders_stamps(run: Engine) -> None:
    found = run(partial(packages.packages, shipments=None), ORDERS, CONTENTS)
    assert rows(found, "order_id", "seller_id", "handed_over_s", "carrier_id") == [
        ("o1", "s1", 3 * DAY, "unknown"),
        ("o1", "s2", 3 * DAY, "unknown"),
        ("o2", None, None, None),
    ]


SHIPMENTS = pl.DataFrame(
    {
        "order_id": ["o1"],
        "seller_id": ["s1"],
        "carrier_id": ["c"],
        "warehouse_id": ["w"],
        "handed_over_s": [2 * DAY],
        "delivered_s": [5 * DAY],
    }
)


def test_with_shipments_each_package_has_its_own_stamps(run: Engine) -> None:
    found = run(packages.packages, ORDERS, CONTENTS, SHIPMENTS)
    assert rows(found, "order_id", "seller_id", "handed_over_s", "carrier_id", "warehouse_id") == [
        ("o1", "s1", 2 * DAY, "c", "w"),
        ("o1", "s2", None, None, None),
        ("o2", None, None, None, None),
    ]


def test_an_order_without_any_shipment_keeps_its_own_stamps(run: Engine) -> None:
    orders = pl.DataFrame(
        {
            "order_id": ["o1", "o3", "o4", "o5"],
            "handed_over_s": [3 * DAY, 4 * DAY, None, None],
            "delivered_s": [9 * DAY, None, 8 * DAY, None],
        }
    )
    contents = pl.DataFrame({"order_id": ["o1", "o1", "o3", "o4"], "seller_id": ["s1", "s2", "s1", "s2"]})
    found = run(packages.packages, orders, contents, SHIPMENTS)
    columns = ("order_id", "seller_id", "handed_over_s", "delivered_s", "carrier_id", "warehouse_id")
    assert rows(found, *columns) == [
        ("o1", "s1", 2 * DAY, 5 * DAY, "c", "w"),
        ("o1", "s2", None, None, None, None),
        ("o3", "s1", 4 * DAY, None, "unknown", None),
        ("o4", "s2", None, 8 * DAY, "unknown", None),
        ("o5", None, None, None, None, None),
    ]
    assert "own_carrier" not in found.columns


def test_the_origin_is_the_warehouse_where_one_shipped(run: Engine) -> None:
    sent = pl.DataFrame({"seller_id": ["s1", "s1"], "warehouse_id": ["w", None]})
    sellers = pl.DataFrame({"seller_id": ["s1"], "zip_prefix": ["01000"]})
    sites = pl.DataFrame({"warehouse_id": ["w"], "zip_prefix": ["20000"]})
    found = run(packages.located, sent, sellers, sites)
    assert rows(found, "warehouse_id", "from_zip_prefix") == [("w", "20000"), (None, "01000")]


def timed(bought: int, approved: int | None, handed: int | None, delivered: int | None) -> pl.DataFrame:
    names = ("purchased_s", "approved_s", "handed_over_s", "delivered_s", "promised_s")
    return pl.DataFrame(
        [(bought, approved, handed, delivered, 10 * DAY)], schema=dict.fromkeys(names, pl.Int64), orient="row"
    )


STAGES = ("approval_seconds", "handling_seconds", "transit_seconds", "total_seconds", "late")


def test_stage_times_add_up_where_stamps_are_in_order(run: Engine) -> None:
    found = run(packages.stage_times, timed(0, DAY, 3 * DAY, 7 * DAY))
    assert rows(found, *STAGES) == [(DAY, 2 * DAY, 4 * DAY, 7 * DAY, 0)]


def test_a_stage_that_ends_before_it_starts_is_blanked_and_the_rest_stays(run: Engine) -> None:
    found = run(packages.stage_times, timed(0, 2 * DAY, DAY, 11 * DAY))
    assert rows(found, *STAGES) == [(2 * DAY, None, 10 * DAY, 11 * DAY, 1)]


def test_what_is_not_delivered_has_no_total_and_is_not_late(run: Engine) -> None:
    assert rows(run(packages.stage_times, timed(0, DAY, None, None)), *STAGES) == [
        (DAY, None, None, None, None)
    ]


def test_the_payment_type_is_that_of_the_largest_payment(run: Engine) -> None:
    orders = pl.DataFrame({"order_id": ["o1", "o2"], "customer_id": ["c1", "c2"]})
    customers = pl.DataFrame({"customer_id": ["c1", "c2"], "zip_prefix": ["01000", "02000"]})
    payments = pl.DataFrame(
        {
            "order_id": ["o1", "o1", "o1"],
            "payment_type": ["voucher", "boleto", "card"],
            "value_cents": [1, 9, 9],
        }
    )
    found = run(packages.order_facts, orders, customers, payments, ITEMS)
    assert rows(found, "order_id", "to_zip_prefix", "payment_type", "n_sellers") == [
        ("o1", "01000", "boleto", 2),
        ("o2", "02000", None, None),
    ]
