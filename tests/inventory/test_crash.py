"""``kill -9`` in the middle of commits: nothing acknowledged is lost, nothing doubles on retry."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from inventory.audit import audit
from inventory.sql import SqlHome
from tests.inventory.make import DEPOT, SHELF, event

ROOT = Path(__file__).resolve().parents[2]


class Client:
    """Starts the caller again and again, with the orders that it has not heard about, and kills it."""

    def __init__(self, database: str, name: str, orders: int) -> None:
        self.database, self.name, self.orders, self.heard = database, name, orders, dict[int, str]()

    def live(self, seconds: float | None) -> None:
        """Run the caller until it is done, or kill it so many seconds after its first answer."""
        first = max(self.heard, default=-1) + 1
        command = [sys.executable, "-m", "tests.inventory.caller", self.database, self.name]
        with subprocess.Popen(
            [*command, str(first), str(self.orders)], stdout=subprocess.PIPE, text=True, cwd=ROOT
        ) as child:
            assert child.stdout is not None
            told = [child.stdout.readline()]
            if seconds is not None:
                time.sleep(seconds)
                child.kill()
            told += child.stdout.read().splitlines()
        for line in told:
            number, _, answer = line.strip().partition(" ")
            if answer:
                self.heard[int(number)] = answer


def crash(database: str, kills: int, orders: int, seed: int) -> None:
    home, rng = SqlHome.open(database), random.Random(seed)
    with home.unit() as unit:
        unit.ledger.append([event("in", "RECEIVED", orders), event("in2", "RECEIVED", 2 * orders, DEPOT)])
    client = Client(database, "c", orders)
    for _ in range(kills):
        client.live(rng.uniform(0, 0.03))
        with home.reading() as unit:
            # What was acknowledged is there; of what was not, at most the one that was in the middle.
            assert audit(unit.store).differences == ()
            committed = [order.order_id for order in unit.store.all_reservations()]
            heard = {f"c-{number}" for number in client.heard}
            assert heard <= set(committed)
            assert len(committed) <= orders
    client.live(None)
    assert client.heard == {number: f"res-c-{number}" for number in range(orders)}
    with home.reading() as unit:
        assert len(list(unit.store.all_reservations())) == orders
        assert len(list(unit.store.all_events())) == 2 + 2 * orders
        assert unit.ledger.available([SHELF, DEPOT]) == {SHELF: 0, DEPOT: 0}
        assert all(len(unit.decisions.of_order(f"c-{number}")) == 1 for number in range(orders))
        assert audit(unit.store).differences == ()
    home.close()


def test_a_killed_caller_loses_nothing(database: str) -> None:
    crash(database, kills=1, orders=40, seed=1)


@pytest.mark.campaign
def test_many_killed_callers_lose_nothing(database: str) -> None:
    crash(database, kills=60, orders=2_000, seed=2)
