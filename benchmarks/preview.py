"""How fast the API previews an order: against a stored answer of the same app, and the database's own read.

    python -m benchmarks.preview [--source DIR-OR-SYNTH | --snapshot DIR] [--seconds 5] [--connections 8]

Orders of as many lines as make about 50 routes, with stock in SQLite for all of them. Latency is that of one
request at a time, so that nobody waits in a queue. How the load is made: `benchmarks.loading`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from api import policies
from api.http import Settings, create_app
from api.http.fleet import Fleet, Wanted
from api.http.guard import PREFIX, guarded_router
from api.http.order_questions import OrderQuestion
from api.keys import Scope
from benchmarks import loading
from benchmarks.http_server import make_key
from benchmarks.loading import Rate
from graph import Network
from graph.stores import snapshot_folder
from inventory.events import EventType, StockEvent, StockKey
from inventory.sql import SqlHome
from replay.desk import Desk

ROUTES: Final = 50
BODIES: Final = 256
READS: Final = 200
PREVIEW: Final = f"{PREFIX}/orders/preview"
STORED: Final = f"{PREFIX}/stored"
DATABASE: Final = "malha.db"
ANSWER: Final = "answer"


@dataclass(frozen=True, slots=True)
class Findings:
    """Rates with all connections, latencies with one, and what the stock of an order takes to read."""

    routes: float
    bytes: int
    rates: list[Rate]
    latencies: list[Rate]
    share_of_stored: float
    database_read_ms: float
    connections: int
    seconds: int


def questions(network: Network) -> list[dict[str, Any]]:
    """Return orders of the products with most sources, of lines enough for 50 routes, to many places."""
    arrays = network.arrays
    sources = [len(arrays.product_sources.index.of(row)) for row in range(len(arrays.product_ids))]
    best = np.argsort(np.negative(sources), kind="stable")[:20].tolist()
    zips, rng = arrays.zip_prefixes, np.random.default_rng(1)
    made = []
    for number in range(BODIES):
        chosen: list[int] = []
        for product in rng.permutation(best).tolist():
            if sum(sources[row] for row in chosen) * len(arrays.carrier_ids) < ROUTES and len(chosen) < 8:
                chosen.append(product)
        lines = [
            {"line_id": str(row), "product_id": arrays.product_ids[product], "quantity": 1}
            for row, product in enumerate(chosen)
        ]
        destination = {"zip_prefix": zips[int(rng.integers(len(zips)))]}
        made.append(
            {"order_id": f"o{number}", "destination": destination, "lines": lines, "promise_days": 12.0}
        )
    return made


def shelve(network: Network, database: Path) -> None:
    """Give every source of every order enough."""
    at = network.meta.as_of
    wanted = {line["product_id"] for order in questions(network) for line in order["lines"]}
    offers = network.tables["offers"].select("product_id", "seller_id").iter_rows()
    events = [
        StockEvent(f"{product}-{seller}", StockKey(product, seller, seller), EventType.RECEIVED, 1_000, at)
        for product, seller in offers
        if product in wanted
    ]
    home = SqlHome.open(str(database))
    home.run(lambda unit: unit.ledger.append(events))
    home.close()


def read_ms(network: Network, database: Path) -> tuple[float, float]:
    """Return the mean milliseconds that reading an order's stock takes by itself, and its routes."""
    home, routes, spent = SqlHome.open(str(database)), [], []
    for asked in (questions(network) * 2)[:READS]:
        order = OrderQuestion.model_validate(asked).to_order()
        options = network.options(order, network.meta.as_of)
        routes.append(len(options.source))
        keys = sorted(StockKey.of_source(p, s) for p in options.product_ids for s in options.source_ids)
        started = time.perf_counter()
        with home.reading() as unit:
            unit.ledger.available(keys)
        spent.append(time.perf_counter() - started)
    home.close()
    return 1e3 * float(np.median(spent)), float(np.mean(routes))


def app(snapshot: Path, folder: Path) -> FastAPI:
    """Return Malha's app with a stored answer added."""
    Fleet(folder).want(Wanted(0, str(snapshot_folder(snapshot))))
    made = create_app(Settings(snapshot, keys=folder / "keys.json", database=str(folder / DATABASE)), folder)
    router, kept = guarded_router("bench", Scope.OMS), (folder / ANSWER).read_bytes()

    @router.post("/stored")
    async def stored(question: OrderQuestion, request: Request) -> Response:  # noqa: ARG001 (read, not used)
        return Response(kept, media_type="application/json")

    made.include_router(router)
    return made


def run(snapshot: Path, seconds: int, connections: int) -> Findings:
    """Return what was found."""
    network = Network.open(snapshot)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shelve(network, folder / DATABASE)
        reading, routes = read_ms(network, folder / DATABASE)
        bodies = questions(network)
        answer = preview(network, folder / DATABASE, bodies[0])
        (folder / ANSWER).write_bytes(answer)
        token = make_key(folder / "keys.json")
        script = loading.write_script(folder, list(map(json.dumps, bodies)), token)
        serving = ("benchmarks.preview", "--serve", str(folder), "--snapshot")
        # It is ready once the snapshot is loaded.
        with loading.at_work(*serving, str(snapshot), ready="/readyz") as ours:
            places = {
                "preview": ours.at(PREVIEW),
                "stored answer, same question read": ours.at(STORED),
            }
            rates = loading.measure(places, script, seconds, connections)
            latencies = loading.measure(places, script, seconds, 1)
    share = rates[0].per_second / rates[1].per_second
    return Findings(routes, len(answer), rates, latencies, share, reading, connections, seconds)


def preview(network: Network, database: Path, asked: dict[str, Any]) -> bytes:
    """Return an answer as the server gives it, to be stored."""
    home = SqlHome.open(str(database))
    order = OrderQuestion.model_validate(asked).to_order()
    with home.reading() as unit:
        desk = Desk(network, policies.load(policies.DEFAULT))
        told = desk.preview(order, network.meta.as_of, unit.ledger).to_dict()
    home.close()
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its table."""
    parser = loading.parser(__doc__)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.serve is not None:
        loading.serve(app(given.snapshot, given.serve), given.serve / "log")
        return
    with loading.snapshot_of(given) as snapshot:
        found = run(snapshot, given.seconds, given.connections)
    loading.tell(given, asdict(found), table(found))


def table(found: Findings) -> list[str]:
    """Return what was found as a person reads it."""
    return [
        f"{found.routes:.0f} routes an order, {found.bytes:,} bytes an answer",
        *loading.rows(f"{found.connections} connections", found.rates),
        *loading.rows("one at a time", found.latencies),
        f"preview / stored answer: {found.share_of_stored:.2f} (target: at least 0.50)",
        f"reading the stock of an order, by itself: {found.database_read_ms:.2f} ms",
    ]


if __name__ == "__main__":
    main()
