"""A server of several workers on PostgreSQL, and callers who all want the same thing from it at once."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx

from api.keys import Scope
from graph import Network
from inventory.audit import audit
from inventory.events import EventType, StockEvent, StockKey
from inventory.sql import SqlHome
from tests.api.http.running import Server, serving
from tests.api.http.selling import ORDERS

CALLERS: Final = 100
PATIENCE_S: Final = 120.0
_AGAIN_S: Final = 0.02


@dataclass(frozen=True)
class Stall:
    """A server, its ledger looked at from outside, and one product at one place."""

    server: Server
    home: SqlHome
    key: StockKey
    zip_prefix: str

    def receive(self, name: str, units: int) -> None:
        """Put units on the shelf."""
        event = StockEvent(name, self.key, EventType.RECEIVED, units, datetime.now(UTC))
        with self.home.unit() as unit:
            assert unit.ledger.append([event]).booked == 1

    def order(self, name: str) -> dict[str, Any]:
        """Return an order of one unit."""
        line = {"line_id": "1", "product_id": self.key.product_id}
        return {
            **{"order_id": name, "policy": "cheapest", "lines": [line]},
            "destination": {"zip_prefix": self.zip_prefix},
        }

    def workers(self) -> list[int]:
        """Return the processes that answer now."""
        started = re.findall(r"Started server process \[(\d+)\]", self.server.log.read_text("utf-8"))
        return [int(pid) for pid in started if processor_ticks(int(pid)) is not None]

    def check(self, acknowledged: dict[str, str]) -> None:
        """Find every acknowledged decision stored, none twice, and the books right."""
        with self.home.reading() as unit:
            assert audit(unit.store).differences == ()
            orders = {order.order_id: order for order in unit.store.all_reservations()}
            row = unit.ledger.rows([self.key])[self.key]
            for name, decision_id in acknowledged.items():
                assert [record["decision_id"] for record in unit.decisions.of_order(name)] == [decision_id]
        assert acknowledged.keys() <= orders.keys()
        assert row.reserved == sum(len(order.parts) for order in orders.values())


@contextmanager
def racing(folder: Path, snapshot: Path, network: Network, database: str, workers: int) -> Iterator[Stall]:
    """Serve a snapshot with a ledger that nobody has used."""
    offers = network.tables["offers"]
    product, seller = offers["product_id"][0], offers["seller_id"][0]
    key = StockKey.of_source(product, f"seller:{seller}")
    home = SqlHome.open(database)
    try:
        with serving(folder, snapshot, "--database", database, workers=workers) as server:
            yield Stall(server, home, key, network.arrays.zip_prefixes[0])
    finally:
        home.close()


def last_unit(stall: Stall, rounds: int) -> None:
    """Let a hundred callers ask for the last unit at once, again and again; one gets it each time."""
    each_its_own = httpx.Limits(max_connections=CALLERS, max_keepalive_connections=CALLERS)
    with (
        ThreadPoolExecutor(CALLERS) as pool,
        stall.server.client(Scope.OMS, limits=each_its_own) as client,
    ):
        before = {pid: processor_ticks(pid) for pid in stall.workers()}
        for number in range(rounds):
            stall.receive(f"unit-{number}", 1)
            start = threading.Barrier(CALLERS, timeout=PATIENCE_S)

            def ask(caller: int, number: int = number, start: threading.Barrier = start) -> str:
                name = f"order-{number}-{caller}"
                start.wait()
                answer = client.post(ORDERS, json=stall.order(name), headers=_once(name))
                assert answer.status_code == 200, answer.text
                status: str = answer.json()["status"]
                return status

            answers = sorted(pool.map(ask, range(CALLERS)))
            assert answers == ["served"] + ["unserved"] * (CALLERS - 1)
    worked = [(processor_ticks(pid) or 0) - (ticks or 0) for pid, ticks in before.items()]
    assert min(worked) > sum(worked) / (10 * len(worked))  # the callers were spread over all workers
    with stall.home.reading() as unit:
        assert unit.ledger.available([stall.key]) == {stall.key: 0}
        assert audit(unit.store).differences == ()


@dataclass
class Customer:
    """Orders one after the other, each under its own key, until the answer has come."""

    stall: Stall
    name: str
    acknowledged: dict[str, str] = field(default_factory=dict)
    asked_again: int = 0

    def shop(self, stop: threading.Event) -> None:
        """Order until told to stop; what is under way then is brought to its end."""
        with self.stall.server.client(Scope.OMS) as client:
            while not stop.is_set():
                order = f"{self.name}-{len(self.acknowledged)}"
                self.acknowledged[order] = self._ask(client, order)

    def _ask(self, client: httpx.Client, order: str) -> str:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                answer = client.post(ORDERS, json=self.stall.order(order), headers=_once(order))
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code == 200:
                assert answer.json()["status"] == "served"
                return str(answer.json()["decision_id"])
            # A worker died with it, or its connection still holds the key for a moment.
            assert answer is None or answer.json()["code"] == "idempotency_key_in_flight", answer.text
            self.asked_again += 1
            time.sleep(_AGAIN_S)
        raise AssertionError(f"no answer to {order}")


def processor_ticks(pid: int) -> int | None:
    """Return the processor time that a process has used, None when there is none of that number."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state == "Z" else int(fields[10]) + int(fields[11])


def kill(pid: int) -> None:
    """End a process in the middle of whatever it does."""
    os.kill(pid, signal.SIGKILL)


def _once(name: str) -> dict[str, str]:
    return {"Idempotency-Key": f"key-{name}"}
