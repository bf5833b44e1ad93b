"""Scarcity prices in force: what is solved once, every worker of a running server decides by."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api import policies
from api.keys import Scope
from graph import Network
from inventory.sql import SqlHome
from optimizer.prices import PriceTable, Trigger
from replay.price_store import PriceStore, StoredPrices
from tests.api.http.running import Server, serving
from tests.api.http.selling import PREVIEW

SEEN_S = 2.0


def children(pid: int) -> list[int]:
    """Return the processes that serve, children of the one that was started."""
    found = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return [pid for pid in found if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@contextmanager
def alone(worker: int, workers: list[int]) -> Iterator[None]:
    """Let one worker answer and hold the others still."""
    others = [pid for pid in workers if pid != worker]
    for pid in others:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in others:
            os.kill(pid, signal.SIGCONT)


def contested(network: Network) -> tuple[dict[str, Any], list[str]]:
    """Return an order of the product with the most sellers, and those."""
    offers = network.tables["offers"]
    product = offers["product_id"].mode().sort()[0]
    sellers = offers.filter(offers["product_id"] == product)["seller_id"].sort().to_list()
    order = {
        "order_id": "one",
        "destination": {"zip_prefix": network.arrays.zip_prefixes[0]},
        "lines": [{"line_id": "1", "product_id": product, "quantity": 1}],
    }
    return order, sellers


def ask(server: Server, order: dict[str, Any]) -> dict[str, Any]:
    with server.client(Scope.OMS) as client:
        answer = client.post(PREVIEW, json=order)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    del told["request_id"]
    return told


def chosen(told: dict[str, Any]) -> str:
    return str(told["lines"][0]["parts"][0]["source_id"])


def store(home: SqlHome, order: dict[str, Any], cents: dict[str, int]) -> str:
    """Store prices of an order's product at some sources, as solved just now; return the version."""
    product = order["lines"][0]["product_id"]
    named = {(product, source): price for source, price in sorted(cents.items())}
    as_of_s = int((datetime.now(UTC) - timedelta(seconds=1)).timestamp())
    table = PriceTable(as_of_s, named, Trigger.HOURS, None)
    stored = StoredPrices(table, policies.load("priced").digest, "a snapshot", 0, 0)
    home.run(lambda unit: PriceStore(unit.connection).add(stored))
    return table.version


def receive_some(server: Server, order: dict[str, Any], sellers: list[str]) -> None:
    product = order["lines"][0]["product_id"]
    events = [
        {
            **{"event_id": f"e-{seller}", "product_id": product, "seller_id": seller, "location_id": seller},
            **{"event_type": "RECEIVED", "quantity": 9, "at": "2018-06-01T12:00:00Z"},
        }
        for seller in sellers
    ]
    with server.client(Scope.OMS) as client:
        assert client.post("/api/v1/stock/events", json={"events": events}).status_code == 200


def prices_reach_every_worker(
    folder: Path, snapshot: Path, network: Network, where: str, workers: int, rounds: int
) -> None:
    """Solve prices anew, round by round; after each, ask every worker alone, and all of them at once."""
    order, sellers = contested(network)
    with serving(folder, snapshot, "--database", where, workers=workers) as server:
        receive_some(server, order, sellers)
        home, crew = SqlHome.open(where), children(server.process.pid)
        assert len(crew) == workers
        cents: dict[str, int] = {}
        free = ask(server, order)
        assert free["price_version"] is None
        told: dict[str | None, dict[str, Any]] = {None: free}
        for _ in range(rounds):
            before = told[next(reversed(told))]
            cents[chosen(before)] = cents.get(chosen(before), 0) + 100_000
            version, solved = store(home, order, cents), time.monotonic()
            for worker in crew:
                with alone(worker, crew):
                    answer = ask(server, order)
                    while answer["price_version"] != version:
                        assert answer == before, "prices are those before, or the new ones"
                        assert time.monotonic() < solved + SEEN_S, "the worker goes on with old prices"
                        answer = ask(server, order)
                assert answer == told.setdefault(version, answer)
            assert chosen(told[version]) != chosen(before)
            with ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(lambda _: ask(server, order), range(24)))
            assert all(answer == told[version] for answer in answers)
        home.close()


def test_two_workers_decide_alike_by_the_newest_prices(
    tmp_path: Path, small_snapshot: Path, network: Network
) -> None:
    where = str(tmp_path / "ledger.db")
    prices_reach_every_worker(tmp_path / "server", small_snapshot, network, where, workers=2, rounds=2)


@pytest.mark.campaign
def test_four_workers_decide_alike_by_the_newest_prices_for_long(
    tmp_path: Path, small_snapshot: Path, network: Network, database: str
) -> None:
    prices_reach_every_worker(tmp_path / "server", small_snapshot, network, database, workers=4, rounds=15)
