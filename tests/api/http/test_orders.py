"""Orders over HTTP: decided, held, moved on, and asked about again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api import policies
from api.http.decision_answers import PreviewOut
from api.http.order_answers import DecidedOut, HandedOverOut, OrderOut, ShownOut, TakenOut, WhyOut
from api.http.order_questions import OrderQuestion
from api.http.problems import Code
from api.keys import Scope
from graph import Network
from replay.desk import Desk
from tests.api.http.running import Server
from tests.api.http.selling import ORDERS, PREVIEW, Shop, fresh, selling
from tests.api.http.test_problems import assert_problem


@pytest.fixture(scope="module")
def shop(small_snapshot: Path, network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    with selling(
        folder, small_snapshot, network, "--reserve-seconds", "7200,boleto=432000,pix=1"
    ) as open_shop:
        yield open_shop


def source_of(answer: dict[str, Any], line: int = 0) -> str:
    name: str = answer["lines"][line]["parts"][0]["source_id"]
    return name


def test_a_preview_without_a_database_is_what_the_desk_decides(
    server: Server, oms: httpx.Client, network: Network
) -> None:
    product = network.tables["offers"]["product_id"][0]
    line = {"line_id": "1", "product_id": product, "quantity": 2}
    question = {"order_id": "o", "destination": {"zip_prefix": "01310-100"}, "lines": [line]}
    answer = oms.post(PREVIEW, json=question)
    assert answer.status_code == 200, answer.text
    body = PreviewOut.model_validate(answer.json())
    assert (body.request_id, body.stock) == (answer.headers["x-request-id"], "unlimited")
    order = OrderQuestion.model_validate(question).to_order()
    now = datetime.fromisoformat(body.ready_at or body.at)
    told = Desk(network, policies.load("priced")).preview(order, network.meta.as_of, now=now).to_dict()
    rest = {name: value for name, value in answer.json().items() if name not in ("request_id", "stock")}
    assert rest == json.loads(json.dumps(told))
    for scope in (Scope.PLANNER, Scope.ANALYST):
        with server.client(scope) as client:
            assert client.post(PREVIEW, json=question).status_code == 200
            assert_problem(client.post(ORDERS, json=question), 403, Code.SCOPE_MISSING)


def test_without_a_database_what_writes_says_what_to_set(oms: httpx.Client, network: Network) -> None:
    product = network.tables["offers"]["product_id"][0]
    lines = [{"line_id": "1", "product_id": product}]
    question = {"order_id": "o", "destination": {"zip_prefix": "01310"}, "lines": lines}
    for answer in (
        oms.post(ORDERS, json=question, headers={"Idempotency-Key": "k"}),
        oms.post(f"{ORDERS}/o/approve", json={}),
        oms.get(f"{ORDERS}/o"),
        oms.get("/api/v1/stock"),
    ):
        assert "MALHA_DATABASE" in assert_problem(answer, 503, Code.DATABASE_NOT_SET).detail


def test_every_policy_may_be_named_and_is_echoed(oms: httpx.Client, network: Network) -> None:
    product = network.tables["offers"]["product_id"][0]
    lines = [{"line_id": "1", "product_id": product}]
    question = {"order_id": "o", "destination": {"zip_prefix": "01310"}, "lines": lines}
    for name in policies.names():
        body = oms.post(PREVIEW, json={**question, "policy": name}).json()
        assert body["policy"]["name"] == name
        assert body["policy"]["digest"] == policies.load(name).digest
    problem = assert_problem(
        oms.post(PREVIEW, json={**question, "policy": "price"}), 422, Code.POLICY_UNKNOWN
    )
    assert problem.model_extra is not None
    assert problem.model_extra["nearest"][0] == "priced"


def test_every_fault_of_an_order_has_its_place(oms: httpx.Client) -> None:
    lines = [{"line_id": "a", "product_id": "none-such"}, {"line_id": "b", "product_id": "nor-this"}]
    question = {"order_id": "o", "destination": {"zip_prefix": "00000"}, "lines": lines}
    body = assert_problem(oms.post(PREVIEW, json=question), 422, Code.REQUEST_UNUSABLE)
    assert {fault.pointer for fault in body.errors or []} == {
        "/destination/zip_prefix",
        "/lines/0/product_id",
        "/lines/1/product_id",
    }
    twice = {**question, "lines": [lines[0], lines[0]]}
    assert_problem(oms.post(PREVIEW, json=twice), 422, Code.REQUEST_UNUSABLE)
    bad = {**question, "lines": [{**lines[0], "quantity": 0}]}
    body = assert_problem(oms.post(PREVIEW, json=bad), 422, Code.REQUEST_INVALID)
    assert [fault.pointer for fault in body.errors or []] == ["/lines/0/quantity"]


def test_an_order_is_held_and_goes_its_whole_way(shop: Shop) -> None:
    asked = shop.order(lines=2, units=2)
    for line in asked["lines"]:
        shop.shelve(line["product_id"], dict.fromkeys(shop.sellers[line["product_id"]], 3))
    preview = shop.oms.post(PREVIEW, json=asked).json()
    assert (preview["status"], preview["stock"]) == ("served", "ledger")
    taken = shop.take(asked)
    assert TakenOut.model_validate(taken)
    assert [line["parts"] for line in taken["lines"]] == [line["parts"] for line in preview["lines"]]
    assert (taken["reservation"]["state"], taken["reservation"]["version"]) == ("reserved", 1)
    seller = source_of(taken).partition(":")[2]
    row = shop.rows(asked["lines"][0]["product_id"])[seller]
    assert (row["current_stock"], row["reserved_stock"], row["available"]) == (3, 2, 1)

    name = asked["order_id"]
    shown = shop.oms.get(f"{ORDERS}/{name}").json()
    assert ShownOut.model_validate(shown)
    assert (shown["decision_id"], shown["policy"]) == (taken["decision_id"], taken["policy"])
    why = shop.oms.get(f"{ORDERS}/{name}/decision").json()
    assert WhyOut.model_validate(why)
    assert why["record"]["lines"] == taken["lines"]
    assert why["record"]["order"]["lines"][0]["product_id"] == asked["lines"][0]["product_id"]

    longer = shop.move(name, "extend", expires_at="2999-01-01T00:00:00Z").json()
    assert (longer["expires_at"], longer["version"]) == ("2999-01-01T00:00:00+00:00", 2)
    firm = shop.move(name, "approve").json()
    assert DecidedOut.model_validate(firm)
    assert (firm["state"], firm["decision"]) == ("firm", None)
    part = shop.move(name, "handover", lines=[{"line_id": "l0", "quantity": 1}]).json()
    assert HandedOverOut.model_validate(part)
    assert (part["state"], part["adjusted"]) == ("partly_handed_over", [])
    package = firm["parts"][0]["package_id"]
    assert shop.move(name, "handover", package_id=package).status_code == 200
    assert shop.move(name, "handover").json()["state"] == "handed_over"
    back = shop.move(name, "return", lines=[{"line_id": "l0", "quantity": 1}]).json()
    assert OrderOut.model_validate(back)
    assert sum(part["returned"] for part in back["parts"]) == 1
    assert shop.move(name, "deliver").json()["state"] == "delivered"
    row = shop.rows(asked["lines"][0]["product_id"])[seller]
    assert (row["current_stock"], row["reserved_stock"]) == (2, 0)


def test_what_is_released_or_canceled_is_free_again(shop: Shop) -> None:
    asked = shop.order(units=2)
    product, seller = shop.products[0], shop.sellers[shop.products[0]][0]
    shop.shelve(product, {seller: 2})
    shop.take(asked)
    assert shop.rows(product)[seller]["available"] == 0
    some = shop.move(asked["order_id"], "release", lines=[{"line_id": "l0", "quantity": 1}]).json()
    assert (some["state"], shop.rows(product)[seller]["available"]) == ("reserved", 1)
    assert shop.move(asked["order_id"], "cancel").json()["state"] == "canceled"
    assert shop.rows(product)[seller]["available"] == 2
    problem = assert_problem(shop.move(asked["order_id"], "approve"), 409, Code.ORDER_STATE)
    assert problem.model_extra == {"state": "canceled"}


def test_a_partly_served_order_is_an_answer_with_a_status_for_each_line(shop: Shop) -> None:
    asked = shop.order(lines=2)
    first, second = (line["product_id"] for line in asked["lines"])
    shop.shelve(first, {shop.sellers[first][0]: 1})
    shop.shelve(second, {})
    taken = shop.take(asked)
    assert taken["status"] == "partly_served"
    assert [line["status"] for line in taken["lines"]] == ["served", "unserved"]
    codes = {reason["code"] for found in taken["lines"][1]["rejected"] for reason in found["reasons"]}
    assert "no_stock" in codes
    assert len(shop.oms.get(f"{ORDERS}/{asked['order_id']}").json()["parts"]) == 1


def test_the_same_key_repeats_the_answer_and_another_body_is_refused(shop: Shop) -> None:
    asked, key = shop.order(), fresh("key")
    product, seller = shop.products[0], shop.sellers[shop.products[0]][0]
    shop.shelve(product, {seller: 2})
    before = shop.rows(product)[seller]["reserved_stock"]
    first = shop.post(ORDERS, asked, key)
    again = shop.post(ORDERS, dict(reversed(asked.items())), key)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert {**again.json(), "request_id": ""} == {**first.json(), "request_id": ""}
    assert again.json()["request_id"] == again.headers["x-request-id"] != first.json()["request_id"]
    assert shop.rows(product)[seller]["reserved_stock"] == before + 1
    assert_problem(shop.post(ORDERS, shop.order(), key), 422, Code.KEY_REUSED)
    problem = assert_problem(shop.post(ORDERS, asked, fresh("key")), 409, Code.ORDER_EXISTS)
    assert problem.model_extra == {"state": "reserved"}
    missing = assert_problem(shop.post(ORDERS, shop.order()), 422, Code.REQUEST_INVALID)
    assert [fault.pointer for fault in missing.errors or []] == ["header/Idempotency-Key"]
    body = {"lines": [{"line_id": "l0", "quantity": 1}]}
    path, moving = f"{ORDERS}/{asked['order_id']}/handover", fresh("key")
    for _ in range(2):
        assert shop.post(path, body, moving).json()["state"] == "handed_over"
    assert_problem(shop.post(path, body), 422, Code.REQUEST_UNUSABLE)


def test_one_of_many_takes_the_last_unit(shop: Shop) -> None:
    product, seller = shop.products[0], shop.sellers[shop.products[0]][0]
    shop.shelve(product, {seller: 1})
    with ThreadPoolExecutor(16) as callers:
        answers = list(callers.map(lambda _: shop.take(shop.order()), range(16)))
    assert sorted(answer["status"] for answer in answers) == ["served"] + ["unserved"] * 15
    assert shop.rows(product)[seller]["available"] == 0


def test_a_version_guards_a_change(shop: Shop) -> None:
    asked = shop.order()
    shop.shelve(shop.products[0], {shop.sellers[shop.products[0]][0]: 1})
    shop.take(asked)
    problem = assert_problem(shop.move(asked["order_id"], "approve", version=7), 409, Code.VERSION_CONFLICT)
    assert problem.model_extra == {"version": 1}
    assert shop.move(asked["order_id"], "approve", version=1).json()["version"] == 2
    assert_problem(shop.move(asked["order_id"], "cancel", version=1), 409, Code.VERSION_CONFLICT)


def test_approval_after_a_release_takes_the_same_again_or_is_decided_anew(shop: Shop) -> None:
    product = shop.products[0]
    first, second = shop.sellers[product][:2]
    shop.shelve(product, {first: 1})
    asked = shop.order()
    taken = shop.take(asked)
    shop.move(asked["order_id"], "release")
    same = shop.move(asked["order_id"], "approve").json()
    assert (same["state"], same["decision"]) == ("firm", None)
    shop.move(asked["order_id"], "release")
    shop.shelve(product, {second: 1})
    moved = shop.move(asked["order_id"], "approve").json()
    assert DecidedOut.model_validate(moved)
    assert (moved["state"], source_of(moved["decision"])) == ("firm", f"seller:{second}")
    held = [part for part in moved["parts"] if part["open"]]
    assert [part["source_id"] for part in held] == [f"seller:{second}"]
    assert held[0]["package_id"] not in {package["package_id"] for package in taken["packages"]}
    why = shop.oms.get(f"{ORDERS}/{asked['order_id']}/decision").json()
    assert why["decision_ids"] == [taken["decision_id"], why["record"]["decision_id"]]
    shop.move(asked["order_id"], "release")
    shop.shelve(product, {})
    problem = assert_problem(shop.move(asked["order_id"], "approve"), 409, Code.NOT_ENOUGH_STOCK)
    assert problem.model_extra is not None
    assert problem.model_extra["shortages"][0]["available"] == 0
    assert shop.oms.get(f"{ORDERS}/{asked['order_id']}").json()["state"] == "released"


def test_what_nobody_could_serve_is_decided_when_it_is_approved(shop: Shop) -> None:
    product = shop.products[0]
    shop.shelve(product, {})
    asked = shop.order()
    assert shop.take(asked)["reservation"]["state"] == "received"
    shop.shelve(product, {shop.sellers[product][0]: 1})
    told = shop.move(asked["order_id"], "approve").json()
    assert (told["state"], told["decision"]["status"]) == ("firm", "served")


def test_a_reroute_goes_elsewhere_or_nowhere(shop: Shop) -> None:
    product = shop.products[0]
    first, second = shop.sellers[product][:2]
    shop.shelve(product, {first: 1, second: 1})
    asked = shop.order()
    used = source_of(shop.take(asked))
    stays = shop.move(asked["order_id"], "reroute").json()
    assert (stays["version"], stays["decision"]) == (1, None)
    moved = shop.move(asked["order_id"], "reroute", exclude=[used]).json()
    other = next(f"seller:{name}" for name in (first, second) if f"seller:{name}" != used)
    assert source_of(moved["decision"]) == other
    assert shop.rows(product)[used.partition(":")[2]]["available"] == 1
    refused = shop.move(asked["order_id"], "reroute", exclude=[used, other])
    assert_problem(refused, 422, Code.NO_ASSIGNMENT)
    assert shop.oms.get(f"{ORDERS}/{asked['order_id']}").json()["version"] == moved["version"]


def test_a_hand_over_of_what_is_not_there_books_it_and_says_so(shop: Shop) -> None:
    product, seller = shop.products[0], shop.sellers[shop.products[0]][0]
    shop.shelve(product, {seller: 1})
    asked = shop.order()
    shop.take(asked)
    shop.move(asked["order_id"], "release")
    shop.shelve(product, {})
    before = shop.rows(product)[seller]["current_stock"]
    told = shop.move(asked["order_id"], "handover").json()
    assert HandedOverOut.model_validate(told)
    assert told["state"] == "handed_over"
    [lack] = told["adjusted"]
    assert (lack["product_id"], lack["needed"], lack["available"]) == (product, 1, 0)
    assert shop.rows(product)[seller]["current_stock"] == before


def test_a_payment_type_says_how_long_stock_is_held(shop: Shop) -> None:
    product, seller = shop.products[0], shop.sellers[shop.products[0]][0]
    shop.shelve(product, {seller: 4})
    for kind, seconds in ((None, 7_200), ("credit_card", 7_200), ("boleto", 432_000), ("pix", 1)):
        until = shop.take(shop.order(payment_type=kind))["reservation"]["expires_at"]
        left = datetime.fromisoformat(until) - datetime.now(UTC)
        assert timedelta(seconds=seconds - 60) < left <= timedelta(seconds=seconds)
    asked = shop.order(payment_type="boleto")
    shop.shelve(product, {seller: 1})
    shop.take(asked)
    early = shop.move(asked["order_id"], "extend", expires_at="2018-01-01T00:00:00Z")
    assert_problem(early, 422, Code.REQUEST_UNUSABLE)
    until = datetime.fromisoformat(shop.move(asked["order_id"], "extend").json()["expires_at"])
    assert until - datetime.now(UTC) > timedelta(days=4)


def test_unknown_orders_packages_and_lines(shop: Shop) -> None:
    assert_problem(shop.oms.get(f"{ORDERS}/nobody"), 404, Code.ORDER_UNKNOWN)
    assert_problem(shop.oms.get(f"{ORDERS}/nobody/decision"), 404, Code.ORDER_UNKNOWN)
    for verb in ("approve", "extend", "handover", "deliver", "release", "cancel", "return", "reroute"):
        assert_problem(shop.move("nobody", verb), 404, Code.ORDER_UNKNOWN)
    asked = shop.order()
    shop.shelve(shop.products[0], {shop.sellers[shop.products[0]][0]: 1})
    shop.take(asked)
    name = asked["order_id"]
    assert_problem(shop.move(name, "cancel", package_id="pkg-9"), 422, Code.REQUEST_UNUSABLE)
    lines = [{"line_id": "l0", "quantity": 5}]
    assert_problem(shop.move(name, "cancel", lines=lines), 422, Code.REQUEST_UNUSABLE)
    both = shop.move(name, "cancel", lines=lines, package_id="pkg-1")
    assert_problem(both, 422, Code.REQUEST_INVALID)
    assert_problem(shop.move(name, "deliver"), 409, Code.ORDER_STATE)


def test_an_order_of_too_many_routes_is_typed(small_snapshot: Path, network: Network, tmp_path: Path) -> None:
    with selling(tmp_path, small_snapshot, network, "--max-candidates", "1") as small:
        body = assert_problem(
            small.oms.post(PREVIEW, json=small.order(lines=2)), 422, Code.TOO_MANY_CANDIDATES
        )
        assert body.model_extra is not None
        assert body.model_extra["limit"] == 1 < body.model_extra["possible"]
