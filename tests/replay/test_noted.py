"""Orders noted at purchase: nothing is held before approval, which holds the same or decides anew."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from api import policies
from graph import Network
from graph.orders import Order
from inventory.audit import audit
from inventory.events import EventType, StockEvent
from inventory.memory import MemoryHome
from inventory.reservations import OrderExists
from inventory.states import OrderState
from replay.again import Wanted, approve
from replay.decision import Served
from replay.desk import Desk
from replay.noted import note, noted_parts
from tests.replay.test_desk import order, stocked

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def network(small_snapshot: Path) -> Network:
    return Network.open(small_snapshot)


@pytest.fixture(scope="module")
def desk(network: Network) -> Desk:
    return Desk(network, policies.load("cheapest"))


def wanted(network: Network, asked: Order) -> Wanted:
    at = network.meta.as_of
    return Wanted(asked.order_id, lambda: asked, at, at + HOUR)


def test_what_is_noted_holds_nothing_until_it_is_approved(network: Network, desk: Desk) -> None:
    asked = order(network)
    home, at = stocked(network, asked, 1), network.meta.as_of
    with home.unit() as unit:
        done = note(desk, unit, asked, at)
        assert (done.decision.served, done.reservation.state) == (Served.SERVED, OrderState.RECEIVED)
        assert not any(row.reserved for row in unit.store.all_rows())
    with home.unit() as unit:
        after = approve(desk, unit, wanted(network, asked))
        record = unit.decisions.of_order(asked.order_id)[-1]
        assert after.decision is None
        assert after.reservation.state is OrderState.FIRM
        day = after.reservation.parts[0].day
        assert day is not None
        assert list(after.reservation.parts) == noted_parts(record, day)
        assert len(unit.decisions.of_order(asked.order_id)) == 1
        with pytest.raises(OrderExists):
            note(desk, unit, asked, at)
        assert audit(unit.store).clean


def test_what_no_longer_fits_is_decided_anew_and_everything_else_of_it_is_kept(
    network: Network, desk: Desk
) -> None:
    asked = order(network, lines=1)
    home, at = stocked(network, asked, 1), network.meta.as_of
    with home.unit() as unit:
        first = note(desk, unit, asked, at).decision
        [part] = noted_parts(first.to_dict(), at.date())
        gone = StockEvent("gone", part.key, EventType.DAMAGED, 1, at)
        assert unit.ledger.append([gone]).booked == 1
    with home.unit() as unit:
        after = approve(desk, unit, wanted(network, asked))
        assert after.decision is not None
        assert after.reservation.state is OrderState.FIRM
        assert [held.source_id for held in after.reservation.parts] != [part.source_id]
        assert len(unit.decisions.of_order(asked.order_id)) == 2
        assert audit(unit.store).clean


def test_a_plan_made_before_is_kept_while_it_fits(network: Network, desk: Desk) -> None:
    asked = order(network, lines=1)
    home, at = stocked(network, asked, 1), network.meta.as_of
    with home.unit() as unit:
        plan = desk.preview(asked, at, unit.ledger)
        assert note(desk, unit, asked, at, plan=plan.choice).as_planned
        [part] = noted_parts(plan.to_dict(), at.date())
        unit.ledger.append([StockEvent("gone", part.key, EventType.DAMAGED, 1, at)])
        assert not note(desk, unit, asked, at, plan=plan.choice).as_planned


def test_nobody_has_it_any_more(network: Network, desk: Desk) -> None:
    asked, home = order(network, lines=1), MemoryHome()
    with home.unit() as unit:
        done = note(desk, unit, asked, network.meta.as_of)
        assert (done.decision.served, done.reservation.state) == (Served.UNSERVED, OrderState.RECEIVED)
        after = approve(desk, unit, wanted(network, asked))
        assert after.decision is not None
        assert after.reservation.state is OrderState.RECEIVED
