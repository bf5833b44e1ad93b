"""Several workers on one PostgreSQL: one unit is sold once, and a worker that is killed loses nothing."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from graph import Network
from tests.api.http.racing import PATIENCE_S, Customer, Stall, kill, last_unit, racing
from tests.api.http.running import wait_for_workers
from tests.services.databases import NewDatabase

CUSTOMERS = 6


@pytest.fixture
def stall(
    request: pytest.FixtureRequest,
    small_snapshot: Path,
    network: Network,
    new_postgres: NewDatabase,
    tmp_path: Path,
) -> Iterator[Stall]:
    """Return a stall with as many workers as the test names."""
    with racing(tmp_path / "server", small_snapshot, network, new_postgres(), request.param) as open_stall:
        yield open_stall


def murder(stall: Stall, blows: int, seed: int) -> None:
    """Kill workers while customers order, now all of them, now one; what was acknowledged stands, once."""
    rng, stop = random.Random(seed), threading.Event()
    stall.receive("plenty", 10**9)
    started = len(stall.workers())
    customers = [Customer(stall, f"customer-{number}") for number in range(CUSTOMERS)]
    with ThreadPoolExecutor(CUSTOMERS) as pool:
        shopping = [pool.submit(customer.shop, stop) for customer in customers]
        try:
            for number in range(blows):
                served_again(customers)
                time.sleep(rng.uniform(0, 0.3))
                alive = stall.workers()
                victims = rng.sample(alive, 1 if number % 3 else len(alive))
                for pid in victims:
                    kill(pid)
                stall.check(acknowledged(customers))
                started += len(victims)
                wait_for_workers(stall.server, started)
        finally:
            stop.set()
        for one in shopping:
            one.result()
    stall.check(acknowledged(customers))
    with stall.home.reading() as unit:
        stored = [order.order_id for order in unit.store.all_reservations()]
    # Every order was asked for until its answer came: none is stored that nobody heard of.
    assert sorted(name for name in stored if name.startswith("customer")) == sorted(acknowledged(customers))
    assert sum(customer.asked_again for customer in customers) > 0


def served_again(customers: list[Customer]) -> None:
    """Wait until every customer has had another answer: all are in the middle of their shopping."""
    before, deadline = [len(one.acknowledged) for one in customers], time.monotonic() + PATIENCE_S
    while any(len(one.acknowledged) == had for one, had in zip(customers, before, strict=True)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def acknowledged(customers: list[Customer]) -> dict[str, str]:
    return {name: told for customer in customers for name, told in list(customer.acknowledged.items())}


@pytest.mark.parametrize("stall", [2], indirect=True)
def test_the_last_unit_is_sold_once_and_killed_workers_lose_nothing(stall: Stall) -> None:
    last_unit(stall, rounds=2)
    murder(stall, blows=1, seed=1)


@pytest.mark.campaign
@pytest.mark.parametrize("stall", [3], indirect=True)
def test_the_last_unit_is_sold_once_in_two_hundred_rounds(stall: Stall) -> None:
    last_unit(stall, rounds=200)


@pytest.mark.campaign
@pytest.mark.parametrize("stall", [3], indirect=True)
def test_many_killed_workers_lose_nothing(stall: Stall) -> None:
    murder(stall, blows=30, seed=2)
