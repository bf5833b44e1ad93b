"""The prices in force: read once a version, seen soon, and kept while the database cannot be asked."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from api import policies
from inventory.sql import DatabaseDown, SqlHome, SqlUnit
from optimizer.prices import PriceTable, Trigger
from replay.price_store import PriceStore, StoredPrices
from replay.prices_in_force import PricesInForce

T0 = datetime(2018, 4, 1, 12, tzinfo=UTC)
POLICY = policies.load("priced")


def store(home: SqlHome, at: datetime, cents: int, policy_digest: str = POLICY.digest) -> str:
    table = PriceTable(int(at.timestamp()), {("p", "seller:s"): cents}, Trigger.HOURS, None)
    home.run(lambda unit: PriceStore(unit.connection).add(StoredPrices(table, policy_digest, "s", 0, 0)))
    return table.version


def version_of(table: PriceTable | None) -> str | None:
    return None if table is None else table.version


def test_the_newest_prices_that_are_not_of_the_future_hold(home: SqlHome) -> None:
    now = [T0]
    prices = PricesInForce(home, lambda: now[0], every_s=0.0)
    assert prices.of(POLICY) is None
    first = store(home, T0, 1)
    later = store(home, T0 + timedelta(hours=1), 2)
    store(home, T0, 3, "another policy")
    assert version_of(prices.of(POLICY)) == first
    now[0] += timedelta(hours=2)
    assert version_of(prices.of(POLICY)) == later
    assert prices.of(policies.load("cheapest")) is None


def test_a_table_is_read_once_a_version_and_looked_for_now_and_then(home: SqlHome) -> None:
    store(home, T0, 1)
    asked: list[str] = []
    sa.event.listen(home.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    prices = PricesInForce(home, lambda: T0, every_s=0.0)
    tables = [prices.of(POLICY) for _ in range(5)]
    assert all(table is tables[0] for table in tables)
    assert sum("cents" in query for query in asked) == 1
    seldom = PricesInForce(home, lambda: T0, every_s=3_600.0)
    asked.clear()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: seldom.of(POLICY), range(64)))
    assert len({id(table) for table in found}) == 1
    assert sum("prices" in query for query in asked) == 2  # one look, one table


class Flaky(SqlHome):
    """A database that can be taken away."""

    away = False

    @contextmanager
    def reading(self) -> Iterator[SqlUnit]:
        if self.away:
            raise DatabaseDown("The database is away.")
        with super().reading() as unit:
            yield unit


def test_prices_hold_while_the_database_cannot_be_asked(database: str) -> None:
    home = Flaky(SqlHome.open(database).engine)
    version = store(home, T0, 1)
    prices = PricesInForce(home, lambda: T0, every_s=0.0)
    assert version_of(prices.of(POLICY)) == version
    home.away = True
    assert version_of(prices.of(POLICY)) == version
    with pytest.raises(DatabaseDown):  # whoever never knew any cannot go on
        PricesInForce(home, lambda: T0).of(POLICY)
    home.away = False
    newer = store(home, T0, 2)
    assert version_of(prices.of(POLICY)) == newer
    home.close()
