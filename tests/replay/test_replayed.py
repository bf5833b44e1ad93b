"""A replay: each policy on shelves of its own, every order once, and sums that can be checked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from api import policies
from graph.errors import BadInput
from graph.lead_time import OnlineParameters
from ingest.source import open_source
from inventory.audit import audit
from inventory.events import EventType, StockEvent, StockKey
from replay.opened import Stock, opening_stock
from replay.recorded import Past, read_past
from replay.replayed import Replayed, replay

FEW_TREES = OnlineParameters(lane_trees=8, seller_trees=4, base_minimum=400)
SPAN = tuple(int(datetime(2018, month, 1, 3, tzinfo=UTC).timestamp()) for month in (2, 4))
NAMES = ("as_is", "cheapest", "fastest", "reliable", "nearest", "rules", "priced")


def replayed(past: Past, names: tuple[str, ...], stock: Stock | None = None) -> Replayed:
    chosen = [policies.load(name) for name in names]
    opened = opening_stock(past, SPAN[0]) if stock is None else stock
    return replay(
        past, (SPAN[0], SPAN[1]), chosen, policies.load("priced").costs, opened, parameters=FEW_TREES
    )


@pytest.fixture(scope="module")
def past(market_dir: Path) -> Past:
    return read_past(open_source(str(market_dir)))


@pytest.fixture(scope="module")
def made(past: Past) -> Replayed:
    return replayed(past, NAMES)


def bought(market_dir: Path) -> pl.DataFrame:
    """Return the items of the orders of the span, straight from the files."""
    orders = pl.read_csv(market_dir / "olist_orders_dataset.csv", infer_schema=False)
    items = pl.read_csv(market_dir / "olist_order_items_dataset.csv", infer_schema=False)
    stamp = pl.col("order_purchase_timestamp")
    # Midnight of February in summer time is 02:00 UTC; the span begins an hour later.
    wanted = orders.filter((stamp >= "2018-02-01 01:00:00") & (stamp < "2018-04-01 00:00:00"))
    return items.join(wanted.select("order_id"), on="order_id")


def test_every_order_with_lines_is_decided_once_by_every_policy(made: Replayed, market_dir: Path) -> None:
    items = bought(market_dir)
    for run in made.runs:
        totals = run.totals
        assert totals.orders == items["order_id"].n_unique()
        assert totals.units == items.height
        assert totals.orders == totals.served + totals.partly_served + totals.unserved + totals.unanswered
    assert made.refused == 0


def test_as_is_repeats_the_record(made: Replayed, market_dir: Path) -> None:
    as_is = made.runs[0].totals
    assert as_is.kept == as_is.lines
    assert as_is.served == as_is.orders
    # One carrier an order and seller, so a package a seller: the recorded number of them.
    assert as_is.packages == bought(market_dir).select("order_id", "seller_id").unique().height


def test_each_policy_is_best_at_what_it_looks_for(made: Replayed) -> None:
    told = {run.policy.name: run.totals for run in made.runs}

    def spent(name: str) -> int:
        totals = told[name]
        return totals.freight_cents + totals.package_cents + totals.handling_cents

    assert spent("cheapest") <= min(spent(name) for name in told if name != "as_is")
    assert told["reliable"].p_on_time >= max(told[name].p_on_time for name in ("cheapest", "nearest"))
    assert told["fastest"].days <= min(told[name].days for name in ("cheapest", "nearest"))


def test_shelves_add_up_and_recorded_receipts_are_told(past: Past, made: Replayed) -> None:
    for run in made.runs:
        assert run.home is not None
        with run.home.unit() as unit:
            assert audit(unit.store).clean
            events = list(unit.store.all_events())
            assert all(row.available >= 0 for row in unit.store.all_rows())
        received = [event for event in events if event.source == "recorded"]
        assert sum(event.quantity for event in received) == run.recorded_units > 0
        assert sum(event.quantity for event in events if event.source == "synthetic") == made.stock.units > 0
        held = sum(event.quantity for event in events if event.event_type is EventType.RESERVED)
        assert held == run.totals.units - run.totals.unserved_units


def test_without_stock_only_what_the_record_proves_is_there(past: Past) -> None:
    told = replayed(past, ("as_is", "cheapest"), Stock("empty", ()))
    cheapest = told.runs[1]
    assert cheapest.recorded_units == cheapest.totals.units
    assert cheapest.totals.served == cheapest.totals.orders


def test_money_charges_all_policies_alike(made: Replayed) -> None:
    costs = policies.load("priced").costs
    for run in made.runs:
        totals = run.totals
        told = totals.to_dict()
        assert told["package_cents"] == costs.package_cents * totals.packages
        assert told["handling_cents"] == costs.handling_cents * totals.packages
        assert told["time_cents"] > 0
        assert told["late_cents"] > 0
        parts = ("freight", "package", "handling", "time", "late")
        assert told["cost_cents"] == sum(told[f"{name}_cents"] for name in parts)


def test_the_same_replay_has_the_same_totals_to_the_bit(past: Past, made: Replayed) -> None:
    again = replayed(past, ("priced", "as_is"))
    for run in again.runs:
        before = next(one for one in made.runs if one.policy.name == run.policy.name)
        assert run.totals == before.totals


def test_what_nobody_could_have_known_or_meant_is_refused(past: Past) -> None:
    at = datetime.fromtimestamp(SPAN[0], UTC)
    event = StockEvent("e1", StockKey("p", "s", "s"), EventType.RECEIVED, 1, at)
    late = replace(event, at=at + timedelta(seconds=1))
    chosen = [policies.load("cheapest")]
    costs = chosen[0].costs
    with pytest.raises(BadInput, match="later than --from"):
        replay(past, (SPAN[0], SPAN[1]), chosen, costs, Stock("late.csv", (event, late)))
    with pytest.raises(BadInput, match="purchases go from"):
        replay(past, (0, 1), chosen, costs, Stock("none", ()))
    with pytest.raises(BadInput, match="must lie before"):
        replay(past, (SPAN[1], SPAN[0]), chosen, costs, Stock("none", ()))
    with pytest.raises(BadInput, match="No order with lines"):
        replay(past, (SPAN[1] + 10**9, SPAN[1] + 2 * 10**9), chosen, costs, Stock("none", ()))
    with pytest.raises(BadInput, match="each once"):
        replay(past, (SPAN[0], SPAN[1]), chosen * 2, costs, Stock("none", ()))


def test_opening_stock_reads_no_day_from_the_start_on(past: Past) -> None:
    before = (datetime.fromtimestamp(SPAN[0], UTC) - timedelta(hours=3)).date()
    days = (before - datetime(1970, 1, 1, tzinfo=UTC).date()).days
    known = replace(past, demand=past.demand.filter(pl.col("day") < days))
    assert opening_stock(known, SPAN[0]) == opening_stock(past, SPAN[0])
    assert opening_stock(past, 0).events == ()
