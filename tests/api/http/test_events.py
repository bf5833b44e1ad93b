"""Events told over HTTP: through the doors of the verbs, each fact once, the bad ones alone refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.http.event_models import CloudEventsOut
from api.keys import Scope
from graph import Network
from inventory.sql import SqlHome
from replay.alerts.shelves import Package, canceled
from replay.live import LIVE
from replay.stream.events import Event
from replay.stream.sql_log import SqlLog
from tests.api.http.selling import ORDERS, Shop, fresh, selling
from tests.api.http.test_problems import assert_problem

TELL = "/api/v1/events"
CLOUD = "application/cloudevents+json"


@pytest.fixture(scope="module")
def shop(small_snapshot: Path, network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with selling(tmp_path_factory.mktemp("events"), small_snapshot, network) as open_shop:
        yield open_shop


def event(kind: str, subject: str, **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": fresh("event"),
        "source": "https://shop.example/oms",
        "type": f"malha.{kind}",
        "subject": subject,
        "time": datetime.now(UTC).isoformat(),
        "data": data,
    }


def tell(shop: Shop, *events: dict[str, Any]) -> list[dict[str, Any]]:
    body = json.dumps(events).encode()  # halves of characters and all
    answer = shop.oms.post(TELL, content=body, headers={"Content-Type": CLOUD})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    CloudEventsOut.model_validate(told)
    assert len(told["events"]) == told["booked"] + told["duplicate"] + told["refused"]
    found: list[dict[str, Any]] = told["events"]
    return found


def statuses(told: list[dict[str, Any]]) -> list[str]:
    return [one["status"] for one in told]


def log(shop: Shop, subject: str) -> list[Event]:
    home = SqlHome.open(str(shop.database))
    found = [entry.event for entry in SqlLog(home, LIVE).read(0, 100_000)]
    home.close()
    return [one for one in found if one.subject == subject]


def taken(shop: Shop) -> tuple[str, str]:
    """Take an order of one line; return its id and the seller who sends it."""
    product = shop.products[0]
    shop.shelve(product, dict.fromkeys(shop.sellers[product], 5))
    order = shop.take(shop.order())
    source = order["lines"][0]["parts"][0]["source_id"]
    return order["order_id"], source.rpartition(":")[2]


def state(shop: Shop, order_id: str) -> str:
    return str(shop.oms.get(f"{ORDERS}/{order_id}").json()["state"])


def test_events_move_an_order_as_verbs_do(shop: Shop) -> None:
    order_id, seller = taken(shop)
    told = tell(
        shop,
        event("OrderApproved", order_id),
        event("HandedToCarrier", order_id, part=seller),
        event("Delivered", order_id, part=seller),
        event("Reviewed", order_id, part="r1", score=4),
    )
    assert statuses(told) == ["booked"] * 4, told
    assert state(shop, order_id) == "delivered"
    kinds = [one.kind for one in log(shop, order_id)]
    assert kinds.count("HandedToCarrier") == kinds.count("Delivered") == kinds.count("OrderPurchased") == 1


def test_a_fact_told_twice_is_a_duplicate_whoever_told_it_first(shop: Shop) -> None:
    order_id, seller = taken(shop)
    for verb in ("approve", "handover"):
        assert shop.move(order_id, verb).status_code == 200
    handed = event("HandedToCarrier", order_id, part=seller)
    line = shop.order()["lines"][0]["line_id"]
    assert statuses(tell(shop, event("OrderApproved", order_id, part=line), handed)) == ["duplicate"] * 2
    arrived = event("Delivered", order_id, part=seller)
    assert statuses(tell(shop, arrived, arrived, {**arrived, "id": fresh("event")})) == [
        "booked",
        "duplicate",
        "duplicate",
    ]
    before = len(log(shop, order_id))
    assert shop.move(order_id, "deliver").status_code == 200
    assert len(log(shop, order_id)) == before


def test_an_id_names_one_event(shop: Shop) -> None:
    first = event("Reviewed", "elsewhere", part="r1", score=4)
    other = {**first, "data": {"part": "r1", "score": 5}}
    elsewhere = {**other, "source": "https://other.example", "data": {"part": "r2", "score": 5}}
    told = tell(shop, first, other, elsewhere)
    assert statuses(told) == ["booked", "refused", "booked"]
    assert told[1]["why"] == "another event has this id"


def test_one_event_by_itself_under_its_own_media_type(shop: Shop) -> None:
    one = event("Reviewed", fresh("order"), part="r1", score=4)
    for status in ("booked", "duplicate"):
        answer = shop.oms.post(TELL, json=one, headers={"Content-Type": CLOUD})
        assert answer.status_code == 200
        assert answer.json()["events"] == [{"id": one["id"], "status": status, "why": None}]


def test_stock_moves_through_the_ledgers_door(shop: Shop) -> None:
    product, seller = fresh("p"), fresh("s")
    place = {"product_id": product, "seller_id": seller, "location_id": seller}
    receipt = event("StockMoved", fresh("stock"), **place, event_type="RECEIVED", quantity=5)
    again = {**receipt, "id": fresh("event")}
    damage = event("StockMoved", fresh("stock"), **place, event_type="DAMAGED", quantity=9)
    odd = event("StockMoved", fresh("stock"), **place, event_type="EATEN", quantity=1)
    assert statuses(tell(shop, receipt, again, damage, odd)) == [
        "booked",
        "duplicate",
        "refused",
        "refused",
    ]
    assert shop.rows(product)[seller]["available"] == 5


def test_each_seller_of_a_split_line_is_told_of(shop: Shop) -> None:
    order_id, line = fresh("order"), {"part": "1", "product_id": "p", "zip_prefix": "01310"}
    shares = [
        event("OrderPurchased", order_id, **line, seller_id=seller, quantity=units)
        for seller, units in (("s", 2), ("t", 1), ("s", 2))
    ]
    assert statuses(tell(shop, *shares)) == ["booked", "booked", "duplicate"]
    assert [(one.data["seller_id"], one.data["quantity"]) for one in log(shop, order_id)] == [
        ("s", 2),
        ("t", 1),
    ]


@pytest.mark.parametrize("how", ["verb", "event"])
def test_a_line_decided_anew_is_told_of_and_its_old_package_waited_for_no_more(shop: Shop, how: str) -> None:
    product = shop.products[0]
    one, other = shop.sellers[product][:2]
    shop.shelve(product, {one: 2})
    order_id = shop.take(shop.order(units=2))["order_id"]
    assert shop.move(order_id, "release").status_code == 200
    shop.shelve(product, {other: 2})
    if how == "verb":
        assert shop.move(order_id, "approve").status_code == 200
    else:
        assert statuses(tell(shop, event("OrderApproved", order_id))) == ["booked"]
    bought = [one for one in log(shop, order_id) if one.kind == "OrderPurchased"]
    assert [event.data["seller_id"] for event in bought] == [one, other]
    assert len({event.data["promised_s"] for event in bought}) == 1
    assert unsent(shop, (order_id, one), (order_id, other)) == {(order_id, one)}


def test_what_is_rerouted_is_told_of(shop: Shop) -> None:
    product = shop.products[0]
    one, other = shop.sellers[product][:2]
    shop.shelve(product, {one: 2})
    order_id = shop.take(shop.order(units=2))["order_id"]
    shop.shelve(product, {one: 0, other: 2})
    assert shop.move(order_id, "reroute", exclude=[f"seller:{one}"]).status_code == 200
    assert [event.data["seller_id"] for event in log(shop, order_id)] == [one, other]
    assert unsent(shop, (order_id, one), (order_id, other)) == {(order_id, one)}


def test_what_is_canceled_or_given_back_is_waited_for_no_more(shop: Shop) -> None:
    (canceled, seller), (given_back, _), (sent, _) = (taken(shop) for _ in range(3))
    assert shop.move(canceled, "cancel").status_code == 200
    assert shop.move(given_back, "release").status_code == 200
    assert shop.move(sent, "handover").status_code == 200
    pairs = [(name, seller) for name in (canceled, given_back, sent, "elsewhere")]
    assert unsent(shop, *pairs) == set(pairs[:2])


def unsent(shop: Shop, *packages: Package) -> frozenset[Package]:
    with closing(SqlHome.open(str(shop.database))) as home, home.reading() as unit:
        return canceled(unit.connection, packages)


def test_an_order_taken_elsewhere_is_followed_all_the_same(shop: Shop) -> None:
    order_id = fresh("order")
    line = {"part": "1", "product_id": "p", "seller_id": "s", "zip_prefix": "01310", "price_cents": 900}
    approval = event("OrderApproved", order_id, shipping_limit_s=1_700_000_000)
    told = tell(shop, event("OrderPurchased", order_id, **line), approval)
    assert statuses(told) == ["booked", "booked"]
    assert [one.kind for one in log(shop, order_id)] == ["OrderPurchased", "OrderApproved"]


def test_bad_ones_are_refused_alone_and_say_why(shop: Shop) -> None:
    order_id, seller = taken(shop)
    future = event("Reviewed", "o", part="r", score=3)
    future["time"] = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    bad = {
        "specversion is 1.0": {"id": "x"},
        "ticks are the clock's own": event("Tick", ""),
        "lies in the future": future,
        "subject: ": event("Reviewed", "", part="r", score=3),
        "id: ": {**event("Reviewed", "o", part="r", score=3), "id": "half \ud800"},
        "before 1970": {**event("Reviewed", "o", part="r", score=3), "time": "0001-01-01T00:00:00+14:00"},
        "quantity: ": event("StockMoved", "e", part="o", quantity=10**40),
        "score: ": event("Reviewed", "o", part="r", score=9),
        "part: ": event("HandedToCarrier", order_id),
        "no package of seller nobody": event("HandedToCarrier", order_id, part="nobody"),
        "deliver is not possible": event("Delivered", order_id, part=seller),
        "data is an object of texts": event("Reviewed", "o", part="r", score=[3]),
    }
    good = event("Reviewed", "o", part=fresh("r"), score=3)
    told = tell(shop, *bad.values(), good)
    assert statuses(told) == [*["refused"] * len(bad), "booked"]
    for why, one in zip(bad, told, strict=False):
        assert why in one["why"], one
    assert state(shop, order_id) == "reserved"
    assert not [one for one in log(shop, order_id) if one.kind != "OrderPurchased"]


@pytest.mark.parametrize("body", [[], "text", 3, ["text"], [[]]])
def test_what_is_no_list_of_objects_is_no_request(shop: Shop, body: object) -> None:
    assert_problem(shop.post(TELL, body), 422, "request_invalid")


def test_only_an_oms_tells_events(shop: Shop) -> None:
    with shop.server.client(Scope.ANALYST) as analyst:
        assert_problem(analyst.post(TELL, json=event("Reviewed", "o")), 403, "scope_missing")
