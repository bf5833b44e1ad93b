"""A hundred callers want the last unit: exactly one gets it, whatever the database."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from inventory.audit import audit
from inventory.events import StockKey
from inventory.sql import SqlHome
from inventory.stock import NotEnoughStock
from tests.inventory.make import DAY, T0, event, part

CALLERS = 100


def race(database: str, rounds: int) -> None:
    homes = [SqlHome.open(database, connections=10) for _ in range(2)]
    with ThreadPoolExecutor(CALLERS) as pool:
        for number in range(rounds):
            one_round(homes, pool, number)
    with homes[0].reading() as unit:
        found = audit(unit.store)
    assert (found.differences, found.orders) == ((), rounds)
    for home in homes:
        home.close()


def one_round(homes: list[SqlHome], pool: ThreadPoolExecutor, number: int) -> None:
    """Let a hundred callers, on two pools of connections, ask for the last units of two places at once.

    Half of them name the places in one order and half in the other.
    """
    last = [StockKey(f"lamp-{number}", "ana", place) for place in ("ana", "depot")]
    with homes[0].unit() as unit:
        unit.ledger.append([event(f"{number}-{key.location_id}", "RECEIVED", 1, key) for key in last])
    start = threading.Barrier(CALLERS, timeout=60)

    def ask(caller: int) -> tuple[int, ...] | None:
        """Return None for the winner, and to a loser what was left."""
        keys = last if caller % 2 else last[::-1]
        parts = [part(str(i), 1, key, f"k{i}") for i, key in enumerate(keys)]
        start.wait()
        try:
            homes[caller // 2 % 2].run(
                lambda unit: unit.ledger.reserve(f"{number}-{caller}", parts, at=T0, expires_at=T0 + DAY)
            )
        except NotEnoughStock as refused:
            return tuple(short.available for short in refused.shortages)
        return None

    assert Counter(pool.map(ask, range(CALLERS))) == {None: 1, (0, 0): CALLERS - 1}
    with homes[1].reading() as unit:
        assert set(unit.ledger.available(last).values()) == {0}


def test_the_last_unit_is_won_once(database: str) -> None:
    race(database, rounds=2)


@pytest.mark.campaign
def test_the_last_unit_is_won_once_in_two_hundred_rounds(database: str) -> None:
    race(database, rounds=200)
