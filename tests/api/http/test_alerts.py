"""Alerts and purchase orders over HTTP and on the command line: filtered, in pages, ended once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.http.alert_models import AcknowledgedOut, AlertsOut
from api.http.purchase_models import PurchaseCanceledOut, PurchaseOrdersOut
from graph import Network
from inventory.events import EventType, StockEvent, StockKey
from inventory.sql import SqlHome
from replay.alerts.alert import Alert, Finding, Kind, Severity, Thresholds
from replay.alerts.store import Alerts
from replay.purchasing.store import follow_orders
from tests.api.http.selling import STOCK, Shop, selling
from tests.api.http.test_problems import assert_problem
from tests.api.program import malha

ALERTS = "/api/v1/alerts"
START = datetime(2018, 6, 1, 12, tzinfo=UTC)
RULES = {
    kind: Thresholds(0.5, 0.3, timedelta(0)) for kind in (Kind.LANE_DRIFT, Kind.STOCK_LOW, Kind.SELLER_SLOW)
}
DRIFT = {"from": "SP", "to": "PA", "since": "2018-05-20"}
SLOW = {"seller_id": "s", "handling_hours": 130.0, "orders": 9, "days": 30, "low_places": 1}


def findings() -> list[Finding]:
    drifts = [Finding(Kind.LANE_DRIFT, f"SP>{row}", 1.5, facts=DRIFT) for row in range(5)]
    return [*drifts, Finding(Kind.SELLER_SLOW, "s", 130.0, Severity.CRITICAL, SLOW)]


@pytest.fixture(scope="module")
def shop(small_snapshot: Path, network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with selling(tmp_path_factory.mktemp("alerts"), small_snapshot, network) as open_shop:
        home = SqlHome.open(str(open_shop.database))
        home.run(lambda unit: Alerts(unit.connection).settle(findings(), START, RULES))
        gone = findings()[1:]
        home.run(lambda unit: Alerts(unit.connection).settle(gone, START + timedelta(days=1), RULES))
        home.close()
        yield open_shop


def listed(shop: Shop, **query: Any) -> dict[str, Any]:
    answer = shop.oms.get(ALERTS, params=query)
    assert answer.status_code == 200, answer.text
    AlertsOut.model_validate(answer.json())
    told: dict[str, Any] = answer.json()
    return told


def subjects(told: dict[str, Any]) -> list[str]:
    return [alert["subject"] for alert in told["alerts"]]


def test_what_stands_is_listed_the_newest_first_in_pages(shop: Shop) -> None:
    assert sorted(subjects(listed(shop))) == ["SP>1", "SP>2", "SP>3", "SP>4", "s"]
    first = listed(shop, limit=3)
    second = listed(shop, limit=3, after=first["next"])
    assert second["next"] is None
    assert subjects(first) + subjects(second) == subjects(listed(shop))


def test_filters(shop: Shop) -> None:
    assert subjects(listed(shop, state="resolved")) == ["SP>0"]
    assert len(subjects(listed(shop, state=["open", "resolved"]))) == 6
    assert subjects(listed(shop, audience="seller")) == ["s"]
    assert subjects(listed(shop, severity="critical", kind="seller_slow")) == ["s"]
    assert subjects(listed(shop, subject="SP>3")) == ["SP>3"]
    assert_problem(shop.oms.get(ALERTS, params={"kind": "fire"}), 422, "request_invalid")


def test_an_alert_says_what_is_wrong_and_what_to_do(shop: Shop) -> None:
    [slow] = listed(shop, kind="seller_slow")["alerts"]
    assert "130 h" in slow["message"]
    assert slow["suggested_action"].startswith("Restock now")
    assert (slow["audience"], slow["facts"]["low_places"]) == ("seller", 1)


def test_who_said_first_that_he_has_seen_it_stays_named(shop: Shop) -> None:
    [alert] = listed(shop, subject="SP>2")["alerts"]
    for name in ("ana", "bruno"):
        answer = shop.post(f"{ALERTS}/{alert['alert_id']}/ack", {"by": name})
        assert answer.status_code == 200
        AcknowledgedOut.model_validate(answer.json())
        assert answer.json()["alert"]["acknowledged_by"] == "ana"
    assert subjects(listed(shop, state="acknowledged")) == ["SP>2"]


def test_what_is_over_or_unknown_cannot_be_acknowledged(shop: Shop) -> None:
    [over] = listed(shop, state="resolved")["alerts"]
    assert_problem(shop.post(f"{ALERTS}/{over['alert_id']}/ack", {"by": "ana"}), 409, "alert_resolved")
    assert_problem(shop.post(f"{ALERTS}/alert-0/ack", {"by": "ana"}), 404, "alert_unknown")
    assert_problem(shop.post(f"{ALERTS}/alert-0/ack", {}), 422, "request_invalid")


def test_the_command_line_lists_and_acknowledges_the_same(shop: Shop) -> None:
    def alerts(*words: str) -> Any:
        done = malha("alerts", *words, "--db", shop.database, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    told = alerts("list", "--kind", "lane_drift", "--state", "open")
    assert told["alerts"] == listed(shop, kind="lane_drift", state="open")["alerts"]
    alert_id = told["alerts"][0]["alert_id"]
    assert alerts("ack", alert_id, "--by", "carla")["acknowledged_by"] == "carla"


def test_the_store_keeps_what_it_was_given(shop: Shop) -> None:
    home = SqlHome.open(str(shop.database))
    with home.reading() as unit:
        found: list[Alert] = [alert for _, alert in Alerts(unit.connection).page()]
        again = [Alerts(unit.connection).get(alert.alert_id) for alert in found]
    home.close()
    assert again == found
    assert {alert.opened_at for alert in found} == {START}


def test_purchase_orders_are_listed_and_called_off(shop: Shop) -> None:
    places = [StockKey(f"p{row}", "s", "s") for row in range(3)]
    events = [StockEvent(f"po{row}", key, EventType.REORDERED, 5, START) for row, key in enumerate(places)]
    receipt = StockEvent("it", places[0], EventType.RECEIVED, 5, START)
    home = SqlHome.open(str(shop.database))
    home.run(lambda unit: unit.ledger.append([*events, receipt]))
    home.run(lambda unit: follow_orders(unit, START))
    home.close()

    def orders(**query: Any) -> list[tuple[str, str]]:
        told = shop.oms.get(f"{STOCK}/orders", params=query).json()
        PurchaseOrdersOut.model_validate(told)
        return [(one["purchase_order_id"], one["status"]) for one in told["purchase_orders"]]

    assert orders() == [("po2", "open"), ("po1", "open"), ("po0", "received")]
    next_page = shop.oms.get(f"{STOCK}/orders", params={"limit": 2}).json()["next"]
    assert orders(limit=2, after=next_page) == [("po0", "received")]
    assert orders(status="received", seller_id="s") == [("po0", "received")]
    for _ in range(2):
        answer = shop.post(f"{STOCK}/orders/po1/cancel", {})
        PurchaseCanceledOut.model_validate(answer.json())
        assert answer.json()["purchase_order"]["status"] == "canceled"
    assert orders(status="open") == [("po2", "open")]
    assert_problem(shop.post(f"{STOCK}/orders/po0/cancel", {}), 409, "purchase_order_received")
    assert_problem(shop.post(f"{STOCK}/orders/nobody/cancel", {}), 404, "purchase_order_unknown")
