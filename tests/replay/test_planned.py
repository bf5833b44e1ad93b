"""A placement in a replay: its depth is booked once, used by all who decide anew, never known too early."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from api import policies
from graph.errors import BadInput
from graph.lead_time import OnlineParameters
from graph.plan import SITES, PlacementPlan
from ingest.source import open_source
from inventory.audit import audit
from inventory.events import StockEvent
from replay.moving import MovingNetwork
from replay.opened import Stock, opening_stock
from replay.planned import SOURCE, receipts
from replay.recorded import Past, read_past
from replay.replayed import Replayed, replay
from replay.run import Ran

FEW_TREES = OnlineParameters(lane_trees=8, seller_trees=4, base_minimum=400)
FROM = datetime(2018, 3, 1, 3, tzinfo=UTC)
SPAN = int(FROM.timestamp()), int((FROM + timedelta(days=31)).timestamp())
NAMES = ("as_is", "fastest", "cheapest")


def replayed(past: Past, plan: PlacementPlan | None, names: tuple[str, ...] = NAMES) -> Replayed:
    chosen = [policies.load(name) for name in names]
    costs, stock = policies.load("priced").costs, opening_stock(past, SPAN[0])
    return replay(past, SPAN, chosen, costs, stock, plan=plan, parameters=FEW_TREES)


def plan_of(past: Past, as_of: datetime = FROM, daily: int | None = None, **site: str) -> PlacementPlan:
    """Stock two units of whatever was sold before an instant beside the buyers of most of the orders."""
    zips = past.tables["zip_prefixes"].filter(pl.col("located") == "prefix")
    bought = past.lines.join(zips, "zip_prefix").group_by("region").len().sort("len", "region")
    place = zips.filter(pl.col("region") == bought["region"][-1])["zip_prefix"][0]
    sites = pl.DataFrame(
        [(site.get("name", "hub"), place, 2.0, None, daily)], schema=dict(SITES), orient="row"
    )
    before = past.lines.filter(pl.col("purchased_s") < int(as_of.timestamp()))
    offers = before.select("seller_id", "product_id").unique().sort("seller_id", "product_id")
    stock = offers.select(
        pl.lit(sites["warehouse_id"][0]).alias("warehouse_id"), "seller_id", "product_id", units=2
    )
    return PlacementPlan.of(as_of, sites, stock.with_columns(pl.col("units").cast(pl.Int64)))


@pytest.fixture(scope="module")
def past(market_dir: Path) -> Past:
    return read_past(open_source(str(market_dir)))


@pytest.fixture(scope="module")
def plan(past: Past) -> PlacementPlan:
    return plan_of(past)


@pytest.fixture(scope="module")
def made(past: Past, plan: PlacementPlan) -> Replayed:
    return replayed(past, plan)


@pytest.fixture(scope="module")
def without(past: Past) -> Replayed:
    return replayed(past, None)


def events(run: Ran) -> list[StockEvent]:
    assert run.home is not None
    with run.home.reading() as unit:
        assert audit(unit.store).clean
        return list(unit.store.all_events())


def test_its_depth_is_booked_once_for_all_but_those_who_repeat_the_record(
    made: Replayed, plan: PlacementPlan
) -> None:
    told = made.to_dict()["placement"]
    assert told["plan_id"] == plan.plan_id
    assert told["booked_units"] == {"as_is": 0, "fastest": plan.units, "cheapest": plan.units}
    for run, name in zip(made.runs, NAMES, strict=True):
        booked = [event for event in events(run) if event.source == SOURCE]
        assert sum(event.quantity for event in booked) == told["booked_units"][name]
        assert {event.at for event in booked} <= {FROM}
        assert {event.key.location_id for event in booked} <= {"hub"}
    said = [text for text in made.assumptions() if "Plan " in text]
    assert len(said) == 1
    used = told["used_units"]["fastest"]
    assert f"{plan.units:,} under fastest (orders took {used:,})" in said[0]


def test_orders_ship_from_it_and_come_sooner(made: Replayed, without: Replayed, plan: PlacementPlan) -> None:
    used = made.to_dict()["placement"]["used_units"]
    assert used["as_is"] == 0
    assert 0 < used["fastest"] <= plan.units
    assert 0 < used["cheapest"] <= plan.units
    for run, before in zip(made.runs, without.runs, strict=True):
        held = [event for event in events(run) if event.event_type == "RESERVED"]
        from_plan = sum(event.quantity for event in held if event.key.location_id == "hub")
        assert from_plan == used[run.policy.name]
        if run.policy.name == "as_is":
            assert run.totals == before.totals
    fastest, slower = made.runs[1].totals, without.runs[1].totals
    assert fastest.served == slower.served
    assert fastest.days < slower.days
    assert made.runs[2].totals.to_dict()["freight_cents"] < without.runs[2].totals.to_dict()["freight_cents"]
    assert without.to_dict()["placement"] is None
    assert not any("Plan " in text for text in without.assumptions())


def test_decisions_name_the_plan(past: Past, plan: PlacementPlan) -> None:
    network = MovingNetwork(past, SPAN[0], FEW_TREES, plan=plan)
    assert network.meta.snapshot_id.endswith(f"+{plan.plan_id}")


def test_a_site_packs_no_more_than_it_can_in_a_day(past: Past, made: Replayed) -> None:
    one = replayed(past, plan_of(past, daily=1), ("fastest",))
    held = [event for event in events(one.runs[0]) if event.event_type == "RESERVED"]
    days = [event.at.date() for event in held if event.key.location_id == "hub"]
    assert (
        0
        < one.to_dict()["placement"]["used_units"]["fastest"]
        < made.to_dict()["placement"]["used_units"]["fastest"]
    )
    orders = {(event.order_id, event.at.date()) for event in held if event.key.location_id == "hub"}
    assert len(orders) <= 32  # as many as local days in the span
    assert days


def test_what_nobody_could_have_known_is_refused(past: Past) -> None:
    chosen, stock = [policies.load("fastest")], Stock("none", ())
    costs = chosen[0].costs
    late = plan_of(past, FROM + timedelta(seconds=1))
    with pytest.raises(BadInput, match="later than --from"):
        replay(past, SPAN, chosen, costs, stock, plan=late)
    permitted = replay(past, SPAN, chosen, costs, stock, plan=late, hindsight=True)
    assert any(text.startswith("IN HINDSIGHT") for text in permitted.assumptions())
    # Dated early, but it stocks what was first sold after that.
    known = plan_of(past)
    early = PlacementPlan.of(FROM - timedelta(days=90), known.sites, known.stock)
    with pytest.raises(BadInput, match="first sold after its as-of"):
        replay(past, SPAN, chosen, costs, stock, plan=early)
    strange = PlacementPlan.of(FROM, known.sites.with_columns(zip_prefix=pl.lit("99999")), known.stock)
    with pytest.raises(BadInput, match="unknown zip prefix"):
        replay(past, SPAN, chosen, costs, stock, plan=strange)


def test_the_same_plan_has_the_same_receipts(plan: PlacementPlan) -> None:
    again = PlacementPlan.of(plan.as_of, plan.sites, plan.stock.reverse())
    assert receipts(again, FROM) == receipts(plan, FROM)
