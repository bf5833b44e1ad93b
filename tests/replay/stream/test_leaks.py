"""What is stamped later moves no window, forecast or output before: the tables have no side door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from graph.days import day_of, start_of
from ingest.clock import to_utc
from replay.stream.source import read_recorded
from replay.stream.state import Output
from replay.stream.stepper import Stepper
from tests.ingest.history import InMemory, as_exported_at
from tests.replay.stream.conftest import QUICK
from tests.replay.stream.watchers import Tally

SHELVES = "olist_inventory_events"
LOCAL = "2017-06-20 15:30:00"
STAMPS = tuple(
    f"order_{name}" for name in ("approved_at", "delivered_carrier_date", "delivered_customer_date")
)
SHIPPED = ("handed_over_at", "delivered_at")

Tables = dict[str, pl.DataFrame]


def gone(tables: Tables) -> Tables:
    """Return the tables as somebody would have exported them at ``LOCAL``."""
    return as_exported_at(tables, LOCAL)


def moved(tables: Tables) -> Tables:
    """Return the tables with everything after ``LOCAL`` told otherwise: later, and from another seller."""
    orders, items = tables["olist_orders_dataset"], tables["olist_order_items_dataset"]
    shipments = tables["olist_shipments_dataset"]
    after = orders.filter(pl.col("order_purchase_timestamp") >= LOCAL)["order_id"].implode()
    seller = (
        pl.when(pl.col("order_id").is_in(after)).then(pl.lit(items["seller_id"].max())).otherwise("seller_id")
    )
    return {
        **tables,
        "olist_orders_dataset": orders.with_columns(later(name) for name in STAMPS),
        "olist_order_items_dataset": items.with_columns(seller.alias("seller_id")),
        "olist_shipments_dataset": shipments.with_columns(
            seller.alias("seller_id"), *(later(name) for name in SHIPPED)
        ),
    }


def later(name: str) -> pl.Expr:
    put_off = pl.col(name).str.to_datetime().dt.offset_by("9d").dt.strftime("%Y-%m-%d %H:%M:%S")
    return pl.when(pl.col(name) >= LOCAL).then(put_off).otherwise(pl.col(name)).alias(name)


def outputs(tables: Tables, until_s: int) -> list[Output]:
    recorded = read_recorded(InMemory(tables))
    stepper = Stepper.resume(recorded.log, recorded.reference, parameters=QUICK, observers=[Tally()])
    found: list[Output] = []
    stepper.run(until_s, watch=found.append)
    return found


@pytest.fixture(scope="module")
def tables(market_dir: Path) -> Tables:
    """Return a marketplace without stock events: those of what nobody has bought yet come with its names."""
    found = {path.stem: pl.read_csv(path, infer_schema=False) for path in market_dir.glob("*.csv")}
    return {**found, SHELVES: found[SHELVES].clear()}


@pytest.fixture(scope="module")
def until_s() -> int:
    return start_of(day_of(int(to_utc(datetime.fromisoformat(LOCAL)).timestamp())))


@pytest.fixture(scope="module")
def told(tables: Tables, until_s: int) -> list[Output]:
    found = outputs(tables, until_s)
    assert {one.kind for one in found} == {"day", "window", "tally", "hundredth"}
    return found


@pytest.mark.parametrize("change", [gone, moved])
def test_what_is_stamped_later_moves_nothing_before(
    tables: Tables, told: list[Output], until_s: int, change: Callable[[Tables], Tables]
) -> None:
    assert outputs(change(tables), until_s) == told
