"""Stock over HTTP: events booked once, what became of each, and pages of rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.http.problems import Code
from api.http.settings import HOLD_S, Settings, hold_seconds
from api.http.stock_answers import EventsOut, StockPageOut
from api.keys import Scope
from graph import Network
from graph.errors import BadInput
from tests.api.http.selling import EVENTS, STOCK, Shop, fresh, selling
from tests.api.http.test_problems import assert_problem


@pytest.fixture(scope="module")
def shop(small_snapshot: Path, network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("stock")
    with selling(folder, small_snapshot, network, "--max-body-bytes", "600000") as open_shop:
        yield open_shop


def book(shop: Shop, *events: dict[str, Any]) -> dict[str, Any]:
    answer = shop.post(EVENTS, {"events": events})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    assert EventsOut.model_validate(told)
    assert len(told["events"]) == told["booked"] + told["duplicate"] + told["refused"]
    return told


def statuses(told: dict[str, Any]) -> list[str]:
    return [event["status"] for event in told["events"]]


def test_each_event_is_booked_once_and_what_cannot_be_is_refused_alone(shop: Shop) -> None:
    product, seller = fresh("p"), fresh("s")
    receipt = shop.event(product, seller, 5)
    told = book(
        shop,
        receipt,
        receipt,
        {**receipt, "quantity": 6},
        shop.event(product, seller, 9, "DAMAGED"),
        shop.event(product, seller, 2, "DAMAGED"),
        shop.event(product, seller, -1, "RECEIVED"),
    )
    assert statuses(told) == ["booked", "duplicate", "refused", "refused", "booked", "refused"]
    assert told["events"][2]["why"] == "another event has this id"
    assert (told["events"][3]["shortage"]["needed"], told["events"][3]["shortage"]["available"]) == (9, 5)
    assert statuses(book(shop, receipt)) == ["duplicate"]
    assert shop.rows(product)[seller]["current_stock"] == 3


def test_a_transfer_leaves_one_place_and_reaches_the_other(shop: Shop) -> None:
    product, seller = fresh("p"), fresh("s")
    book(shop, shop.event(product, seller, 5), shop.event(product, seller, 2, "TRANSFER_OUT"))
    there = {**shop.event(product, seller, 2, "TRANSFER_IN"), "location_id": "cd-1"}
    assert statuses(book(shop, there)) == ["booked"]
    rows = shop.oms.get(STOCK, params={"product_id": product}).json()["stock"]
    assert {row["location_id"]: row["current_stock"] for row in rows if row["current_stock"]} == {
        seller: 3,
        "cd-1": 2,
    }


def test_a_shipment_of_what_is_not_there_says_so(shop: Shop) -> None:
    product, seller = fresh("p"), fresh("s")
    told = book(shop, {**shop.event(product, seller, 2, "SHIPPED"), "order_id": fresh("elsewhere")})
    assert (told["booked"], told["adjusted"][0]["needed"]) == (1, 2)


def test_pages_show_every_row_once(shop: Shop) -> None:
    product = fresh("p")
    book(shop, *(shop.event(product, f"s{row:02}", row + 1) for row in range(25)))
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        answer = shop.oms.get(STOCK, params={"product_id": product, "limit": "10", **after})
        page = StockPageOut.model_validate(answer.json())
        seen += [row.seller_id for row in page.stock]
        if page.next is None:
            break
        after = {"after": page.next}
    assert seen == [f"s{row:02}" for row in range(25)]
    one = shop.oms.get(STOCK, params={"seller_id": "s07", "location_id": "s07"}).json()
    assert [row["available"] for row in one["stock"]] == [8]
    assert shop.oms.get(STOCK, params={"product_id": "nothing"}).json()["stock"] == []
    for bad in ("x", "bm9uZQ==", "WzEsMl0="):
        assert_problem(shop.oms.get(STOCK, params={"after": bad}), 422, Code.REQUEST_UNUSABLE)


def test_limits_and_faults_are_typed(shop: Shop) -> None:
    event = shop.event("p", "s", 1)
    many = [{**event, "event_id": f"many-{row}"} for row in range(1_001)]
    body = assert_problem(shop.post(EVENTS, {"events": many}), 422, Code.TOO_MANY_EVENTS)
    assert body.model_extra == {"limit": 1_000}
    assert book(shop, *many[:1_000])["booked"] == 1_000
    for wrong in ({"event_type": "LOST"}, {"at": "9999-12-31T23:59:59-23:00"}, {"quantity": 10**12}):
        answer = shop.post(EVENTS, {"events": [{**event, **wrong}]})
        fault = assert_problem(answer, 422, Code.REQUEST_INVALID)
        assert [found.pointer for found in fault.errors or []] == [f"/events/0/{next(iter(wrong))}"]


def test_who_may_read_and_who_may_write(shop: Shop) -> None:
    event = {"events": [shop.event("p", "s", 1)]}
    with shop.server.client(Scope.ANALYST) as analyst:
        assert analyst.get(STOCK).status_code == 200
        assert_problem(analyst.post(EVENTS, json=event), 403, Code.SCOPE_MISSING)
    with shop.server.client(Scope.PLANNER) as planner:
        assert planner.post(EVENTS, json=event).status_code == 200


def test_without_a_database_there_is_no_stock(oms: httpx.Client) -> None:
    assert_problem(oms.get(STOCK), 503, Code.DATABASE_NOT_SET)


def test_how_long_stock_is_held_is_a_table() -> None:
    assert hold_seconds(HOLD_S) == {"default": 86_400, "boleto": 432_000}
    assert hold_seconds("60") == {"default": 60, "boleto": 432_000}
    assert hold_seconds("pix=5, default=7") == {"default": 7, "boleto": 432_000, "pix": 5}
    for bad in ("a", "boleto=", "-1", "0", "boleto=1.5", "99999999999"):
        with pytest.raises(BadInput, match="MALHA_RESERVE_SECONDS"):
            hold_seconds(bad)


def test_a_folder_of_policies_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no folder of policies"):
        Settings(tmp_path, policies=tmp_path / "none")
