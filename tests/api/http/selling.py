"""A server with a ledger, and orders that its shelves can serve."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

import httpx

from api.keys import Scope
from graph import Network
from inventory.audit import audit
from inventory.sql import SqlHome
from tests.api.http.running import Server, serving

ORDERS: Final = "/api/v1/orders"
PREVIEW: Final = f"{ORDERS}/preview"
EVENTS: Final = "/api/v1/stock/events"
STOCK: Final = "/api/v1/stock"

_NUMBERS: Final = count(1)


def fresh(word: str) -> str:
    """Return a name that nobody had."""
    return f"{word}-{next(_NUMBERS)}"


@dataclass(frozen=True)
class Shop:
    """A server with a ledger in SQLite, a client that may take orders, and products by number of sellers."""

    server: Server
    oms: httpx.Client
    database: Path
    zip_prefix: str
    products: list[str]
    sellers: dict[str, list[str]]

    def order(self, lines: int = 1, units: int = 1, **changes: Any) -> dict[str, Any]:
        """Return an order of the products with the most sellers."""
        wanted = [
            {"line_id": f"l{row}", "product_id": product, "quantity": units}
            for row, product in enumerate(self.products[:lines])
        ]
        made = {"order_id": fresh("order"), "destination": {"zip_prefix": self.zip_prefix}, "lines": wanted}
        return {**made, "promise_days": 12.0, **changes}

    def post(self, path: str, body: object, key: str | None = None) -> httpx.Response:
        """Ask, under a key of idempotency if one is given."""
        return self.oms.post(path, json=body, headers={"Idempotency-Key": key} if key else {})

    def take(self, body: dict[str, Any]) -> dict[str, Any]:
        """Take an order that must be taken."""
        answer = self.post(ORDERS, body, fresh("key"))
        assert answer.status_code == 200, answer.text
        taken: dict[str, Any] = answer.json()
        return taken

    def move(self, order_id: str, verb: str, **body: Any) -> httpx.Response:
        """Move an order on."""
        return self.post(f"{ORDERS}/{order_id}/{verb}", body)

    def event(self, product: str, seller: str, units: int, kind: str = "RECEIVED") -> dict[str, Any]:
        """Return an event at a seller's own place."""
        return {
            **{"event_id": fresh("event"), "product_id": product, "seller_id": seller, "location_id": seller},
            **{"event_type": kind, "quantity": units, "at": "2018-06-01T12:00:00Z"},
        }

    def shelve(self, product: str, units: dict[str, int]) -> None:
        """Set the available units of a product at its sellers, by counts."""
        rows = self.rows(product)
        changes = {
            seller: units.get(seller, 0) - (rows[seller]["available"] if seller in rows else 0)
            for seller in self.sellers[product]
        }
        events = [self.event(product, seller, more, "ADJUSTED") for seller, more in changes.items() if more]
        if events:
            told = self.post(EVENTS, {"events": events}).json()
            assert told["booked"] == len(events), told

    def rows(self, product: str) -> dict[str, dict[str, Any]]:
        """Return the stock of a product by seller."""
        page = self.oms.get(STOCK, params={"product_id": product, "limit": 1000}).json()
        return {row["seller_id"]: row for row in page["stock"] if row["seller_id"] == row["location_id"]}


@contextmanager
def selling(
    folder: Path, snapshot: Path, network: Network, *arguments: str, workers: int = 1
) -> Iterator[Shop]:
    """Serve a snapshot with an empty ledger; the ledger's books are checked at the end."""
    arrays, offers = network.arrays, network.tables["offers"]
    sellers: dict[str, list[str]] = {}
    for product, seller in offers.select("product_id", "seller_id").iter_rows():
        sellers.setdefault(product, []).append(seller)
    products = sorted(sellers, key=lambda name: (-len(sellers[name]), name))
    database = folder / "malha.db"
    folder.mkdir(parents=True, exist_ok=True)
    with (
        serving(folder, snapshot, "--database", str(database), *arguments, workers=workers) as server,
        server.client(Scope.OMS) as oms,
    ):
        yield Shop(server, oms, database, arrays.zip_prefixes[0], products, sellers)
    home = SqlHome.open(str(database))
    with home.reading() as unit:
        assert audit(unit.store).clean
    home.close()
