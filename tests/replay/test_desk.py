"""The desk: one order through the whole way, past the referee and into the ledger."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api import policies
from graph import Network
from graph.errors import BadInput
from graph.orders import Order, OrderLine
from inventory.audit import audit
from inventory.events import EventType, StockEvent, StockKey
from inventory.memory import MemoryHome
from inventory.reservations import OrderExists
from inventory.states import OrderState
from optimizer.check import check
from optimizer.words import UNFILLED
from replay.assign import assign
from replay.decision import Decision, Served
from replay.desk import Desk

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def network(small_snapshot: Path) -> Network:
    return Network.open(small_snapshot)


def products(network: Network, count: int) -> list[str]:
    """Return the products with the most sellers."""
    sources, names = network.arrays.product_sources, network.arrays.product_ids
    return sorted(names, key=lambda name: (-len(sources.index.of(names.index(name))), name))[:count]


def order(network: Network, name: str = "o1", lines: int = 2, units: int = 1) -> Order:
    wanted = tuple(
        OrderLine(f"l{row}", product, units) for row, product in enumerate(products(network, lines))
    )
    return Order(name, network.arrays.zip_prefixes[0], wanted, promise_days=12.0)


def stocked(network: Network, asked: Order, units: int) -> MemoryHome:
    """Return a ledger in which every source of the order has so many units of everything."""
    home, at = MemoryHome(), network.meta.as_of
    names = network.options(asked, at).source_ids
    with home.unit() as unit:
        unit.ledger.append(
            [
                StockEvent(
                    f"{line.line_id}-{name}",
                    StockKey.of_source(line.product_id, name),
                    EventType.RECEIVED,
                    units,
                    at,
                )
                for line in asked.lines
                for name in names
            ]
        )
    return home


def chosen(decision: Decision) -> dict[str, tuple[str, str]]:
    problem = decision.problem
    return {
        problem.line_ids[part.line]: problem.route_id(part.route)
        for part in decision.choice.assignment.parts
        if part.route != UNFILLED
    }


@pytest.mark.parametrize("policy", [name for name in policies.names() if name != "as_is"])
def test_every_policy_serves_an_order_that_the_referee_passes(network: Network, policy: str) -> None:
    decision = Desk(network, policies.load(policy)).preview(order(network), network.meta.as_of)
    assert decision.served is Served.SERVED
    verdict = check(decision.problem, decision.choice.assignment.parts)
    assert verdict.feasible
    assert verdict.cost_cents == decision.choice.assignment.cost_cents


def test_as_is_repeats_the_record_and_no_other_policy_reads_it(network: Network) -> None:
    asked, at = order(network), network.meta.as_of
    options = network.options(asked, at)
    route = [options.candidate[line].nonzero()[0][-1] for line in range(2)]
    record = {
        f"l{line}": (options.source_ids[options.source[r]], options.carrier_ids[options.carrier[r]])
        for line, r in enumerate(route)
    }
    assert chosen(Desk(network, policies.load("as_is")).preview(asked, at, record=record)) == record
    desk = Desk(network, policies.load("priced"))
    assert chosen(desk.preview(asked, at, record=record)) == chosen(desk.preview(asked, at))


def test_the_same_question_has_the_same_answer_to_the_byte(network: Network) -> None:
    desk = Desk(network, policies.load("priced"))
    told = [json.dumps(desk.preview(order(network), network.meta.as_of).to_dict()) for _ in range(2)]
    assert told[0] == told[1]


def test_an_order_takes_the_longest_and_the_least_likely_of_its_packages(network: Network) -> None:
    told = Desk(network, policies.load("priced")).preview(order(network, lines=4), network.meta.as_of)
    record = told.to_dict()
    packages = record["packages"]
    assert record["p_on_time"] == min(package["p_on_time"] for package in packages)
    for name in ("p50_days", "p95_days"):
        assert record["lead_time"][name] == max(package["lead_time"][name] for package in packages)
    lines = sum(sum(part["cost"].values()) for line in record["lines"] for part in line["parts"])
    assert lines + sum(sum(package["cost"].values()) for package in packages) == record["cost_cents"]


def test_a_preview_holds_nothing_and_a_commit_holds_what_it_tells(network: Network) -> None:
    asked, at = order(network, units=2), network.meta.as_of
    home, desk = stocked(network, asked, 2), Desk(network, policies.load("priced"))
    with home.reading() as unit:
        preview = desk.preview(asked, at, unit.ledger)
    with home.unit() as unit:
        done = desk.commit(unit, asked, at, at + HOUR)
    assert chosen(done.decision) == chosen(preview)
    assert done.reservation.state is OrderState.RESERVED
    with home.unit() as unit:
        assert unit.decisions.of_order("o1")[0] == json.loads(json.dumps(done.decision.to_dict()))
        for line_id, (source, _) in chosen(done.decision).items():
            line = next(line for line in asked.lines if line.line_id == line_id)
            key = StockKey.of_source(line.product_id, source)
            assert unit.ledger.available([key])[key] == 0
        assert audit(unit.store).clean


def test_a_second_order_goes_elsewhere_when_the_first_took_the_last_unit(network: Network) -> None:
    first, second = order(network, "o1", lines=1), order(network, "o2", lines=1)
    at, desk = network.meta.as_of, Desk(network, policies.load("priced"))
    home = stocked(network, first, 1)
    made = []
    for asked in (first, second):
        with home.unit() as unit:
            made.append(chosen(desk.commit(unit, asked, at, at + HOUR).decision)["l0"][0])
    assert made[0] != made[1]
    with home.unit() as unit, pytest.raises(OrderExists):
        desk.commit(unit, first, at, at + HOUR)


def test_nothing_in_stock_is_an_order_that_is_received_and_explained(network: Network) -> None:
    asked, at = order(network), network.meta.as_of
    home = MemoryHome()
    with home.unit() as unit:
        done = Desk(network, policies.load("priced")).commit(unit, asked, at, at + HOUR)
    assert (done.decision.served, done.reservation.state) == (Served.UNSERVED, OrderState.RECEIVED)
    for line in done.decision.to_dict()["lines"]:
        assert line["rejected"]
        assert {reason["code"] for found in line["rejected"] for reason in found["reasons"]} >= {"no_stock"}


def test_unknown_names_are_told_at_once(network: Network) -> None:
    asked = Order("o1", "00000", (OrderLine("l0", "nothing", 1),))
    with pytest.raises(BadInput) as told:
        Desk(network, policies.load("priced")).preview(asked, network.meta.as_of)
    assert len(told.value.faults) == 2


def test_no_instant_before_the_snapshot(network: Network) -> None:
    early = datetime(2000, 1, 1, tzinfo=UTC)
    with pytest.raises(BadInput, match="as of an earlier one"):
        Desk(network, policies.load("priced")).preview(order(network), early)


def test_a_batch_shares_one_stock(network: Network) -> None:
    asked = [order(network, f"o{row}", lines=1) for row in range(4)]
    home, at = stocked(network, asked[0], 1), network.meta.as_of
    for policy in ("priced", "nearest"):
        with home.reading() as unit:
            done = assign(Desk(network, policies.load(policy), alternatives=0), asked, at, unit.ledger)
        taken = [source for decision in done.decisions for source, _ in chosen(decision).values()]
        assert len(taken) == len(set(taken))
        if policy == "priced":
            assert done.bound_cents is not None
            assert done.gap == pytest.approx(0.0)


def test_a_batch_costs_no_more_than_one_by_one(network: Network) -> None:
    asked = [order(network, f"o{row}", lines=2) for row in range(3)]
    home, at = stocked(network, asked[0], 2), network.meta.as_of
    desk = Desk(network, policies.load("cheapest"), alternatives=0)
    with home.reading() as unit:
        together = assign(desk, asked, at, unit.ledger)
    alone = 0
    for one in asked:
        with home.unit() as unit:
            alone += desk.commit(unit, one, at, at + HOUR).decision.choice.assignment.cost_cents
    assert together.cost_cents <= alone


def test_an_order_that_nobody_knows_is_set_aside_and_the_others_are_decided(network: Network) -> None:
    good = order(network, "good", lines=1)
    bad = replace(good, order_id="bad", zip_prefix="00000")
    done = assign(Desk(network, policies.load("priced")), [bad, good], network.meta.as_of)
    assert [decision.options.order.order_id for decision in done.decisions] == ["good"]
    assert [fault.row for fault in done.refused] == ["bad"]
