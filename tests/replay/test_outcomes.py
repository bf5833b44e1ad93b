"""What came of every order of a replay: a row that agrees with the record, the shelves and itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from api import policies
from graph.arrays import NetworkArrays
from graph.lead_time import OnlineParameters
from graph.orders import location_of
from ingest.source import open_source
from inventory.events import EventType
from replay.opened import opening_stock
from replay.outcomes import SCHEMA, Outcome, frame_of
from replay.recorded import Past, read_past
from replay.replayed import Replayed, replay
from replay.totals import Totals

FEW_TREES = OnlineParameters(lane_trees=8, seller_trees=4, base_minimum=400)
FIRST, LAST = (int(datetime(2018, month, 1, 3, tzinfo=UTC).timestamp()) for month in (2, 3))
SPAN = FIRST, LAST
NAMES = ("as_is", "reliable", "priced")
COSTS = policies.load("priced").costs


def replayed(past: Past) -> Replayed:
    chosen = [policies.load(name) for name in NAMES]
    stock = opening_stock(past, FIRST)
    return replay(past, SPAN, chosen, COSTS, stock, parameters=FEW_TREES)


@pytest.fixture(scope="module")
def past(market_dir: Path) -> Past:
    return read_past(open_source(str(market_dir)))


@pytest.fixture(scope="module")
def made(past: Past) -> Replayed:
    return replayed(past)


def test_every_policy_tells_the_same_orders_in_order_of_play(past: Past, made: Replayed) -> None:
    assert list(made.outcomes) == list(NAMES)
    bought = past.lines.filter(pl.col("purchased_s").is_between(FIRST, LAST, closed="left"))
    orders = bought["order_id"].unique(maintain_order=True).to_list()
    for outcomes in made.outcomes.values():
        assert dict(outcomes.schema) == SCHEMA
        assert outcomes["order_id"].to_list() == orders
        assert outcomes["units"].sum() == bought["quantity"].sum()
        assert outcomes["lines"].sum() == bought.height


def test_the_state_is_the_customers(market_dir: Path, made: Replayed) -> None:
    orders, customers = (
        pl.read_csv(market_dir / f"olist_{name}_dataset.csv", infer_schema=False)
        for name in ("orders", "customers")
    )
    told = made.outcomes["as_is"].join(orders, "order_id").join(customers, "customer_id")
    assert told.height == made.outcomes["as_is"].height
    assert (told["customer_state"] == told["customer_state_right"]).all()


def test_as_is_is_as_recorded_and_leaves_from_the_recorded_sources(past: Past, made: Replayed) -> None:
    as_is = made.outcomes["as_is"]
    assert as_is["as_recorded"].all()
    recorded = {
        purchase.order.order_id: {source for source, _ in purchase.record.values()}
        for purchase in past.purchases(SPAN)
    }
    assert {
        order: set(names.split(";")) for order, names in as_is["order_id", "source_ids"].iter_rows()
    } == recorded
    other = made.outcomes["reliable"].filter(~pl.col("as_recorded"))
    assert 0 < other.height < as_is.height
    assert (other["kept_lines"] < other["lines"]).all()


def test_rows_add_up(made: Replayed) -> None:
    for outcomes in made.outcomes.values():
        parts = ("freight", "package", "time", "late")
        sums = sum((outcomes[f"{name}_cents"] for name in parts), start=pl.Series([0] * outcomes.height))
        assert (outcomes["total_cents"] == sums).all()
        each = COSTS.package_cents + COSTS.handling_cents
        assert (outcomes["package_cents"] == each * outcomes["packages"]).all()
        assert (outcomes["filled_units"] <= outcomes["units"]).all()
        assert (outcomes["packages"] == outcomes["source_ids"].str.count_matches(";") + 1).all()
        assert outcomes["p_on_time"].is_between(0.0, 1.0).all()
        assert (outcomes["var_days"] > 0.0).all()
        # Who has no choice goes as everybody knows: from the one who offers it.
        alone = outcomes.filter(~pl.col("choice"))
        assert 0 < alone.height < outcomes.height


def test_an_order_without_choice_leaves_from_where_it_did(past: Past, made: Replayed) -> None:
    own = {
        purchase.order.order_id: {source for source, _ in purchase.offered.values()}
        for purchase in past.purchases(SPAN)
    }
    for name in ("reliable", "priced"):
        alone = made.outcomes[name].filter(~pl.col("choice"))
        for order, sources in alone["order_id", "source_ids"].iter_rows():
            assert set(sources.split(";")) == own[order]


def test_rows_agree_with_the_shelves(made: Replayed) -> None:
    for run in made.runs:
        assert run.home is not None
        with run.home.reading() as unit:
            events = list(unit.store.all_events())
        held = {event.order_id: event.quantity for event in events if event.event_type is EventType.RESERVED}
        assert set(held) == set(run.outcomes.filter(pl.col("filled_units") > 0)["order_id"])
        assert run.outcomes["short_units"].sum() == run.recorded_units > 0
        reserved = sum(event.quantity for event in events if event.event_type is EventType.RESERVED)
        assert run.outcomes["filled_units"].sum() == reserved
        assert run.outcomes["plan_units"].sum() == 0


def test_an_order_that_nobody_decides_counts_as_asked(past: Past) -> None:
    purchase, arrays = next(past.purchases(SPAN)), NetworkArrays(past.tables)
    strange = replace(purchase, order=replace(purchase.order, zip_prefix="00000"))
    rows = [Outcome.none(strange, arrays, refused=True), Outcome.none(purchase, arrays, short_units=2)]
    outcomes = frame_of(rows)
    assert outcomes["customer_state"].null_count() == 1
    assert outcomes["refused"].to_list() == [True, False]
    assert not outcomes["decided"].any()
    totals = Totals.of(outcomes, COSTS)
    assert (totals.orders, totals.unanswered, totals.served, totals.cost_cents) == (1, 1, 0, 0)
    assert totals.unserved_units == totals.units > 0
    assert totals.to_dict()["expected_days"] is None


def test_places_are_named_as_the_ledger_names_them(made: Replayed) -> None:
    names = ";".join(made.outcomes["as_is"]["source_ids"]).split(";")
    assert any(location_of(name).startswith("warehouse") for name in names)
