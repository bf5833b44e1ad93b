"""schemathesis against the running server, with a key of each scope; the server itself counts the answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.keys import Scope
from graph import Network
from inventory.events import EventType, StockEvent, StockKey
from inventory.sql import SqlHome
from replay.alerts.alert import Finding, Kind, Thresholds
from replay.alerts.store import Alerts
from replay.purchasing.store import follow_orders
from tests.api.http.running import Server
from tests.api.http.selling import ORDERS, Shop, fresh, selling
from tests.api.http.test_guard import MAY

HERE = Path(__file__).parent
ALL = "examples,coverage,fuzzing"
NO_REPORT_YET = ("GET", "/api/v1/reports/smart-routing")
"""It is 404 until a report was made: test_replays has one."""


VERBS = ("approve", "extend", "handover", "deliver", "release", "cancel", "return", "reroute")


def known_names(shop: Shop, network: Network) -> dict[str, list[str]]:
    """Return names that the server knows, among them an order for each verb to work on."""
    product = shop.products[0]
    shop.shelve(product, dict.fromkeys(shop.sellers[product], 20))
    orders: dict[str, list[str]] = {}
    for verb in (*VERBS, "decision", "{order_id}"):
        taken = shop.take(shop.order(payment_type="boleto"))
        orders[f"order_{verb}"] = [taken["order_id"]]
        if verb in ("deliver", "return"):
            shop.move(taken["order_id"], "handover")
    job = shop.post(f"{ORDERS}/batch", {"orders": [shop.order()]}, fresh("key")).json()
    alert_id, purchase_order_id = trouble(shop)
    return {
        "job": [job["job_id"]],
        "alert_id": [alert_id],
        "purchase_order_id": [purchase_order_id],
        "zip_prefix": network.arrays.zip_prefixes[::50],
        "category": network.arrays.category_names,
        "product_id": network.arrays.product_ids[::20],
        **orders,
    }


def trouble(shop: Shop) -> tuple[str, str]:
    """Let an alert stand and a purchase order wait, as the worker would; return their ids."""
    at, place = datetime.now(UTC), StockKey(fresh("p"), "s", "s")
    rules = {Kind.STOCK_LOW: Thresholds(0.0, 0.0, timedelta(0))}
    facts = {**place._asdict(), "available": 0, "reorder_point": 3, "on_order": 0}
    order = StockEvent(fresh("po"), place, EventType.REORDERED, 5, at)
    home = SqlHome.open(str(shop.database))
    with home.unit() as unit:
        [change] = Alerts(unit.connection).settle(
            [Finding(Kind.STOCK_LOW, place.product_id, 1.0, facts=facts)], at, rules
        )
        unit.ledger.append([order])
    home.run(lambda unit: follow_orders(unit, at))
    home.close()
    return change.alert.alert_id, order.event_id


@dataclass(frozen=True)
class Plan:
    """How one key is used: the phases, and the operations that it asks for (none named: all)."""

    phases: str
    operations: tuple[str, ...] = ()


def fuzz(
    server: Server, scope: Scope, known: Mapping[str, list[str]], plan: Plan, examples: int, seed: int
) -> None:
    """Run schemathesis with one key; its report is the failure."""
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file"]
    command += [str(HERE / "schemathesis.toml"), "run", f"{server.url}/openapi.json", "--checks", "all"]
    command += ["--header", f"Authorization: Bearer {server.keys[scope]}", "--seed", str(seed)]
    command += ["--max-examples", str(examples), "--phases", plan.phases, "--no-color"]
    command += [word for name in plan.operations for word in ("--include-operation-id", name)]
    # Batches of orders are large, and the machine may be busy.
    command += ["--suppress-health-check", "too_slow"]
    hooks = {"SCHEMATHESIS_HOOKS": str(HERE / "schemathesis_hooks.py"), "MALHA_TEST_KNOWN": json.dumps(known)}
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env={**os.environ, **hooks},
        check=False,
        cwd=server.log.parent,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def answered(server: Server) -> Counter[tuple[str, str, str]]:
    """Return how often each route gave each class of status, by the server's own figures."""
    counts: Counter[tuple[str, str, str]] = Counter()
    page = httpx.get(f"{server.url}/metrics", timeout=60.0).text
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            if sample.name == "malha_http_requests_total":
                label = sample.labels
                counts[label["method"], label["route"], f"{label['status'][0]}xx"] += int(sample.value)
    return counts


def divided(server: Server) -> dict[Scope, Plan]:
    """Return plans that fuzz each operation with one key which may ask for it; ``test_guard`` has the others.

    The systematic phase takes most of the time: here with one key, in the campaign with all.
    """
    operations = operation_ids(server)
    plans, left = {}, dict(operations)
    for scope in (Scope.OMS, Scope.PLANNER, Scope.ADMIN):
        own = [key for key in left if scope in MAY.get(key, Scope)]
        plans[scope] = Plan("examples,fuzzing", tuple(left.pop(key) for key in own))
    assert not left
    read = tuple(name for key, name in operations.items() if Scope.ANALYST in MAY.get(key, Scope))
    return plans | {Scope.ANALYST: Plan("examples,coverage", read)}


def operation_ids(server: Server) -> dict[tuple[str, str], str]:
    """Return the names of the operations by method and path."""
    paths = httpx.get(f"{server.url}/openapi.json", timeout=60.0).json()["paths"]
    return {
        (method, path): operation["operationId"]
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


def check_all(
    folder: Path, snapshot: Path, plans: Callable[[Server], Mapping[Scope, Plan]], examples: int, seed: int
) -> None:
    """Fuzz one server with a key of each scope; every operation must have answered 2xx, none 5xx."""
    network = Network.open(snapshot)
    with selling(folder, snapshot, network) as shop:
        server, known = shop.server, known_names(shop, network)
        for scope, plan in plans(server).items():
            fuzz(server, scope, known, plan, examples, seed)
        counts = answered(server)
        operations = {(method.upper(), path) for method, path in operation_ids(server)}
        log = server.log.read_text("utf-8")
    assert {operation for operation in operations - {NO_REPORT_YET} if not counts[*operation, "2xx"]} == set()
    assert not [key for key in counts if key[2] == "5xx"]
    assert "traceback" not in log.lower()


def test_no_request_breaks_the_api(small_snapshot: Path, tmp_path: Path) -> None:
    check_all(tmp_path, small_snapshot, divided, examples=8, seed=1)


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(5))
def test_no_request_breaks_the_api_campaign(small_snapshot: Path, tmp_path: Path, seed: int) -> None:
    everything = dict.fromkeys(Scope, Plan(ALL))
    check_all(tmp_path, small_snapshot, lambda _server: everything, examples=400, seed=seed)
