"""How many orders a second the ledger commits, beside the bare transaction rate of the same database.

`python -m benchmarks.ledger [--orders N]`: a new SQLite file, and PostgreSQL (MALHA_POSTGRES_URL, or one
started for this). An order here asks of the ledger what the desk asks: idempotency key, the order, the
stock of both places under lock, packages left, two lines held at two places, their events, the decision
record and the stored answer. A bare transaction inserts one row. A round trip is once that the client waits
for the server, counted on the wire.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.round_trips import counted
from deploy.local import Missing, serve_postgres
from deploy.local.postgres import named
from inventory.audit import audit
from inventory.events import EventType, StockEvent, StockKey
from inventory.ledger import Answer, UnitOfWork
from inventory.memory import MemoryHome
from inventory.reservations import Part
from inventory.sql import SqlHome, database_url
from inventory.sql.engine import open_engine

AT = datetime(2018, 4, 1, tzinfo=UTC)
PRODUCTS = 1_000
RECORD = {"policy": "priced", "terms": dict.fromkeys(("freight", "package", "time", "late"), 123)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=2_000)
    orders = parser.parse_args().orders
    print(f"load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    in_memory(orders)
    with tempfile.TemporaryDirectory(prefix="malha-bench-") as folder:
        in_database("SQLite", str(Path(folder) / "ledger.db"), orders, callers=1)
        try:
            with postgres(Path(folder)) as url:
                print(f"PostgreSQL: {round_trips(url):.1f} round trips an order")
                in_database("PostgreSQL", url, orders, callers=1)
                in_database("PostgreSQL", url, orders, callers=8)
        except Missing as missing:
            print(f"PostgreSQL: {missing}")


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Give a server; one started here does not force its commits to the disk, as SQLite does."""
    server = named()
    if server is not None:
        yield server.url
        return
    with serve_postgres(folder / "postgres") as started:
        yield started.url


def in_memory(orders: int) -> None:
    home = MemoryHome()
    with home.unit() as unit:
        unit.ledger.append(stock())
    started = time.process_time()
    for number in range(orders):
        with home.unit() as unit:
            order(unit, "memory", number)
    print(f"memory: {orders / (time.process_time() - started):,.0f} orders a second of processor time")


def in_database(name: str, where: str, orders: int, callers: int) -> None:
    """Print both rates; the client's processor time tells how much of it is Malha's own."""
    home, run = SqlHome.open(where, connections=callers), f"{time.time_ns()}"
    with home.unit() as unit:
        unit.ledger.append(stock())
    bare = rate(bare_transaction(where, run, callers), orders, callers)
    cpu = time.process_time()
    held = rate(committing(home, run), orders, callers)
    cpu = time.process_time() - cpu
    with home.reading() as unit:
        clean = audit(unit.store).clean
    print(
        f"{name}, {callers} caller{'s' * (callers > 1)}: {held:,.0f} orders a second, {bare:,.0f} bare "
        f"transactions ({held / bare:.0%}); {1e6 * cpu / orders:,.0f} µs of processor time an order; "
        f"audit {'clean' if clean else 'NOT CLEAN'}"
    )
    home.close()


def round_trips(where: str, orders: int = 20) -> float:
    """Return how often the client waits for the server while it commits an order, statements prepared."""
    url, run = database_url(where), f"trips-{time.time_ns()}"
    with counted(url.host or "127.0.0.1", url.port or 5432) as wire:
        home = SqlHome.open(url.set(port=wire.port).render_as_string(hide_password=False), connections=1)
        with home.unit() as unit:
            unit.ledger.append(stock())
        commit = committing(home, run)
        for number in range(orders):
            commit(number)
        before = wire.trips
        for number in range(orders, 2 * orders):
            commit(number)
        trips = wire.trips - before
        home.close()
    return trips / orders


def committing(home: SqlHome, run: str) -> Callable[[int], None]:
    """Return what commits an order by its number."""
    return lambda number: home.run(lambda unit: order(unit, run, number))


def rate(work: Callable[[int], object], times: int, callers: int) -> float:
    """Return how often a second the callers together got it done."""
    with ThreadPoolExecutor(callers) as pool:
        started = time.perf_counter()
        list(pool.map(work, range(times)))
        return times / (time.perf_counter() - started)


def bare_transaction(where: str, run: str, callers: int) -> Callable[[int], object]:
    """Return a transaction of one insert, by the driver itself on connections that stay open."""
    engine = open_engine(str(database_url(where).render_as_string(hide_password=False)), connections=callers)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS bare (run VARCHAR, number INTEGER)")
    mark = "?" if engine.dialect.name == "sqlite" else "%s"

    def insert(number: int) -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"INSERT INTO bare VALUES ({mark}, {mark})", (run, number))

    return insert


def stock() -> list[StockEvent]:
    """Return plenty of every product at both places; told again, it is known."""
    return [
        StockEvent(f"bench-{key.product_id}-{key.location_id}", key, EventType.RECEIVED, 10**9, AT)
        for number in range(PRODUCTS)
        for key in keys(number)
    ]


def keys(number: int) -> tuple[StockKey, StockKey]:
    product = f"product-{number % PRODUCTS}"
    return StockKey(product, "seller", "seller"), StockKey(product, "seller", "depot")


def order(unit: UnitOfWork, run: str, number: int) -> None:
    """Hold two lines for one order and keep the record of it, once."""
    order_id = f"{run}-{number}"
    assert unit.answers.claim("bench", order_id, "sha") is None
    mine, depot = keys(number)
    assert unit.ledger.order(order_id, lock=True) is None
    assert min(unit.ledger.available([mine, depot], lock=True).values()) > 0
    assert not unit.ledger.packages_left([(mine.location_id, AT.date()), (depot.location_id, AT.date())])
    parts = [
        Part("1", "k1", "seller:seller", "post", mine, 1, AT.date()),
        Part("2", "k2", "warehouse:depot:seller", "post", depot, 2, AT.date()),
    ]
    held = unit.ledger.reserve(order_id, parts, at=AT, expires_at=AT + timedelta(days=1))
    unit.decisions.add(f"d-{order_id}", order_id, AT, RECORD)
    unit.answers.keep("bench", order_id, Answer("sha", 201, held.reservation_id), AT)


if __name__ == "__main__":
    main()
