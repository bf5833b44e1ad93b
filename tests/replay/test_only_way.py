"""Orders with one way: what is worked out for a whole day is what the desk decides, to the bit."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api import policies
from graph.lead_time import OnlineParameters
from ingest.source import open_source
from inventory.events import EventType, StockEvent, StockKey
from optimizer.policy import Costs, Policy
from optimizer.words import MUST_SERVE
from replay.desk import Desk
from replay.moving import MovingNetwork
from replay.opened import opening_stock
from replay.playing import moving
from replay.recorded import Past, read_past
from replay.replayed_prices import ReplayedPrices, purchases_of
from replay.run import Run
from replay.ways import Charge, Way, has_no_limits, is_served

FEW_TREES = OnlineParameters(lane_trees=8, seller_trees=4, base_minimum=400)
NO_TREES = OnlineParameters(base_minimum=10**9)
COSTS = policies.load("priced").costs
NAMES = ("as_is", "cheapest", "reliable", "rules", "priced")
OPTIONAL = ("shipments", "warehouses", "carriers", "inventory_dataset", "inventory_events")
FEBRUARY = datetime(2018, 2, 1, 3, tzinfo=UTC)
APRIL = datetime(2018, 4, 10, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def past(market_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Past:
    """Return a past like Olist's: nobody tells carriers or warehouses."""
    folder = tmp_path_factory.mktemp("plain")
    for file in sorted(market_dir.glob("*.csv")):
        if not any(name in file.name for name in OPTIONAL):
            shutil.copy(file, folder)
    return read_past(open_source(str(folder)))


def span_of(first: datetime, days: int) -> tuple[int, int]:
    return int(first.timestamp()), int((first + timedelta(days=days)).timestamp())


def run_of(past: Past, network: MovingNetwork, policy: Policy, first_s: int) -> Run:
    prices = None if policy.prices is None else ReplayedPrices(policy.prices, purchases_of(past))
    run = Run(Desk(network, policy, alternatives=0), COSTS, prices)
    with run.home.unit() as unit:
        unit.ledger.append(opening_stock(past, first_s).events)
    return run


def held_equal(
    past: Past, span_s: tuple[int, int], chosen: list[Policy], parameters: OnlineParameters
) -> float:
    """Hold both ways of deciding equal; return the share of orders with one way."""
    network = MovingNetwork(past, span_s[0], parameters)
    pairs = [[run_of(past, network, policy, span_s[0]) for _ in range(2)] for policy in chosen]
    single = []
    for purchase, way in moving(past, span_s, network):
        single.append(way is not None)
        for quick, plain in pairs:
            quick.decide(purchase, way)
            plain.decide(purchase)
    for quick, plain in pairs:
        assert quick.ran.outcomes.equals(plain.ran.outcomes)
        assert quick.recorded_units == plain.recorded_units
        with quick.home.reading() as one, plain.home.reading() as other:
            assert list(one.store.all_events()) == list(other.store.all_events())
            assert list(one.store.all_reservations()) == list(other.store.all_reservations())
        assert (quick.ran.table is None) == (quick.desk.policy.prices is None)
    return sum(single) / len(single)


def test_a_month_of_a_made_up_market(past: Past) -> None:
    chosen = [policies.load(name) for name in NAMES]
    share = held_equal(past, span_of(FEBRUARY, 28), chosen, FEW_TREES)
    assert 0.2 < share < 1.0


def test_a_day_of_the_real_history(olist_dir: Path) -> None:
    past = read_past(open_source(str(olist_dir)))
    chosen = [policies.load(name) for name in ("as_is", "cheapest", "reliable")]
    assert held_equal(past, span_of(APRIL, 1), chosen, NO_TREES) > 0.8


def test_who_asks_for_more_than_the_way_is_decided_at_the_desk(past: Past) -> None:
    strict = replace(policies.load("cheapest"), name="strict", min_p_on_time=0.9)
    cheap = replace(COSTS, unfilled_cents_per_unit=3_000)
    lazy = replace(policies.load("priced"), name="lazy", costs=cheap, prices=None)
    assert not has_no_limits(strict)
    held_equal(past, span_of(FEBRUARY, 10), [strict, lazy], FEW_TREES)


def test_units_at_a_second_place_are_a_choice(past: Past) -> None:
    span_s = span_of(FEBRUARY, 20)
    network = MovingNetwork(past, span_s[0], FEW_TREES)
    quick, plain = (run_of(past, network, policies.load("fastest"), span_s[0]) for _ in range(2))
    found = [(p, way) for p, way in moving(past, span_s, MovingNetwork(past, span_s[0], FEW_TREES)) if way]
    product = found[0][0].order.lines[0].product_id
    seller = next(name for name in network.arrays.seller_ids if f"seller:{name}" not in found[0][0].offered)
    event = StockEvent("e", StockKey(product, seller, seller), EventType.RECEIVED, 9, FEBRUARY)
    for run in (quick, plain):
        with run.home.unit() as unit:
            unit.ledger.append([event])
    for purchase, way in moving(past, span_s, network):
        quick.decide(purchase, way)
        plain.decide(purchase)
        if purchase.order.order_id == found[0][0].order.order_id:
            break
    assert quick.ran.outcomes.equals(plain.ran.outcomes)
    assert quick.ran.outcomes["choice"][-1]


def test_several_carriers_leave_no_order_with_one_way(market_dir: Path) -> None:
    past, span_s = read_past(open_source(str(market_dir))), span_of(FEBRUARY, 5)
    network = MovingNetwork(past, span_s[0], FEW_TREES)
    assert len(network.arrays.carrier_ids) > 1
    assert all(way is None for _, way in moving(past, span_s, network))


def test_halves_of_a_cent_go_to_the_even_one_and_no_promise_is_never_late() -> None:
    costs = Costs(package_cents=5, handling_cents=2, time_cents_per_day=1, late_cents=100)
    told = Charge.of(costs, Way(2.5, 1.0, 0.5, 10), 3)
    assert (told.freight, told.package, told.time, told.late, told.total) == (30, 7, 2, 50, 89)
    assert Charge.of(costs, Way(3.5, 1.0, None, 10), 3).time == 4
    assert Charge.of(costs, Way(3.5, 1.0, None, 10), 3).late == 0


def test_units_are_left_where_serving_them_costs_more() -> None:
    charge = Charge(30, 10, 0, 0)
    costs = Costs(unfilled_cents_per_unit=20, unfilled_fixed_cents=5)
    assert is_served(costs, charge, 5, 2)
    assert not is_served(costs, charge, 6, 2)
    assert is_served(replace(costs, unfilled_cents_per_unit=MUST_SERVE), charge, 10**9, 2)
