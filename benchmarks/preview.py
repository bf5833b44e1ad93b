"""How fast the API previews an order: against a stored answer of the same app, and the database's own read.

    python -m benchmarks.preview [--source DIR-OR-SYNTH | --snapshot DIR] [--seconds 5] [--connections 8]

Orders of as many lines as make about 50 routes, with stock in SQLite for all of them. One worker, load from
a second process (wrk); both addresses are loaded in turn, and the whole round is repeated, so that a busy
moment of the machine hits both. Latency is that of one request at a time, so that nobody waits in a queue.
"""

from __future__ import annotations

import argparse
import json
import logging.config
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

import numpy as np
import uvicorn
from starlette.requests import Request
from starlette.responses import Response

from api.http import Settings, create_app
from api.http.fleet import Fleet, Wanted
from api.http.guard import PREFIX, guarded_router
from api.http.logs import CONFIG
from api.http.order_questions import OrderQuestion
from api.keys import Scope
from benchmarks.http import SYNTHETIC, WRK, Place, Rate, measure
from benchmarks.http_server import make_key
from graph import Network
from graph.errors import BadInput
from graph.stores import snapshot_folder
from ingest.source import open_source
from inventory.events import EventType, StockEvent, StockKey
from inventory.sql import SqlHome
from replay.build import build

ROUTES: Final = 50
BODIES: Final = 256
READS: Final = 200
START_S: Final = 120.0
PREVIEW: Final = f"{PREFIX}/orders/preview"
STORED: Final = f"{PREFIX}/stored"


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
    at, wanted = (
        network.meta.as_of,
        {line["product_id"] for order in questions(network) for line in order["lines"]},
    )
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


def serve(snapshot: Path, folder: Path) -> None:
    """Serve Malha's app, with a stored answer added, on a free port; print the address first."""
    Fleet(folder).want(Wanted(0, str(snapshot_folder(snapshot))))
    app = create_app(Settings(snapshot, keys=folder / "keys.json", database=str(folder / "malha.db")), folder)
    router, kept = guarded_router("bench", Scope.OMS), (folder / "answer").read_bytes

    @router.post("/stored")
    async def stored(question: OrderQuestion, request: Request) -> Response:  # noqa: ARG001 (read, not used)
        return Response(answers[0], media_type="application/json")

    answers = [kept()]
    app.include_router(router)
    with socket.create_server(("127.0.0.1", 0)) as listener, (folder / "log").open("w") as log:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        logging.config.dictConfig(CONFIG)
        logging.getLogger("malha.http").handlers[0].setStream(log)  # type: ignore[attr-defined]
        config = uvicorn.Config(
            app, loop="uvloop", http="httptools", ws="none", access_log=False, log_config=None,
            server_header=False, proxy_headers=False, log_level="warning",
        )  # fmt: skip
        uvicorn.Server(config).run([listener])


@contextmanager
def server(snapshot: Path, folder: Path) -> Iterator[Place]:
    """Run ``serve`` in its own process; give its address and process."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.preview",
        "--serve",
        str(folder),
        "--snapshot",
        str(snapshot),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            if not address:
                raise BadInput("The benchmark's server did not start; see above.")
            with urlopen(f"{address}/readyz", timeout=START_S):  # it is answered once the snapshot is loaded
                yield Place(address, process.pid)
        finally:
            process.terminate()


def run(snapshot: Path, seconds: int, connections: int) -> Findings:
    """Return what was found."""
    network = Network.open(snapshot)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shelve(network, folder / "malha.db")
        reading, routes = read_ms(network, folder / "malha.db")
        bodies = questions(network)
        (folder / "bodies").write_text("\n".join(map(json.dumps, bodies)) + "\n", "utf-8")
        answer = _answer(network, folder, bodies[0])
        (folder / "answer").write_bytes(answer)
        script = folder / "load.lua"
        script.write_text(WRK % (folder / "bodies", make_key(folder / "keys.json")), "utf-8")
        with server(snapshot, folder) as ours:
            places = {
                "preview": Place(f"{ours.url}{PREVIEW}", ours.pid),
                "stored answer, same question read": Place(f"{ours.url}{STORED}", ours.pid),
            }
            rates = measure(places, script, seconds, connections)
            latencies = measure(places, script, seconds, 1)
    share = rates[0].per_second / rates[1].per_second
    return Findings(routes, len(answer), rates, latencies, share, reading, connections, seconds)


def _answer(network: Network, folder: Path, asked: dict[str, Any]) -> bytes:
    """Return an answer as the server gives it, to be stored."""
    from api import policies  # noqa: PLC0415 (beside the name of a module of its own)
    from replay.desk import Desk  # noqa: PLC0415

    home = SqlHome.open(str(folder / "malha.db"))
    order = OrderQuestion.model_validate(asked).to_order()
    with home.reading() as unit:
        desk = Desk(network, policies.load(policies.DEFAULT))
        told = desk.preview(order, network.meta.as_of, unit.ledger).to_dict()
    home.close()
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--source", default=SYNTHETIC)
    parser.add_argument("--snapshot", type=Path)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.serve is not None:
        serve(given.snapshot, given.serve)
        return
    if shutil.which("wrk") is None:
        sys.exit("This benchmark needs wrk: apt-get install wrk")
    with tempfile.TemporaryDirectory() as folder:
        if given.snapshot is None:
            build(open_source(given.source), None, Path(folder))
        found = run(given.snapshot or Path(folder), given.seconds, given.connections)
    print(json.dumps(asdict(found)) if given.json else table(found))


def table(found: Findings) -> str:
    """Return what was found as a person reads it."""
    lines = [f"{found.routes:.0f} routes an order, {found.bytes:,} bytes an answer"]
    for what, rates in (
        (f"{found.connections} connections", found.rates),
        ("one at a time", found.latencies),
    ):
        lines.append(f"{what:36} {'answers/s':>10} {'CPU us':>8} {'p50 ms':>8} {'p99 ms':>8} {'errors':>7}")
        for rate in rates:
            times = f"{rate.per_second:10.0f} {rate.cpu_us:8.0f} {rate.p50_ms:8.2f} {rate.p99_ms:8.2f}"
            lines.append(f"{rate.name:36} {times} {rate.errors:7d}")
    lines.append(f"preview / stored answer: {found.share_of_stored:.2f} (target: at least 0.50)")
    lines.append(f"reading the stock of an order, by itself: {found.database_read_ms:.2f} ms")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
