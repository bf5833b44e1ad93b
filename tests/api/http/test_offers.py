"""Offers told over HTTP, and candidates of an order: routable at once, and said to be assumed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.http.decision_answers import PreviewOut
from api.http.offer_models import OffersOut
from api.http.order_answers import TakenOut
from api.http.problems import Code
from api.keys import Scope
from graph import Network
from tests.api.http.running import Server
from tests.api.http.selling import EVENTS, ORDERS, PREVIEW, Shop, fresh, selling
from tests.api.http.test_problems import assert_problem

OFFERS = "/api/v1/offers"
PLACE = "01310"


@pytest.fixture(scope="module")
def shop(small_snapshot: Path, network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    with selling(folder, small_snapshot, network, workers=2) as made:
        yield made


def new_seller(**changes: Any) -> dict[str, Any]:
    return {"seller_id": fresh("seller"), "price_cents": 4_990, "zip_prefix": PLACE, **changes}


def put(shop: Shop, *offers: dict[str, Any]) -> dict[str, Any]:
    answer = shop.oms.put(OFFERS, json={"offers": list(offers)})
    assert answer.status_code == 200, answer.text
    assert OffersOut.model_validate(answer.json())
    return dict(answer.json())


def receive(shop: Shop, product: str, seller: str, units: int) -> None:
    told = shop.post(EVENTS, {"events": [shop.event(product, seller, units)]}).json()
    assert told["booked"] == 1


def ask(shop: Shop, product: str, **changes: Any) -> dict[str, Any]:
    line = {"line_id": "1", "product_id": product, **changes}
    return {"order_id": fresh("order"), "destination": {"zip_prefix": shop.zip_prefix}, "lines": [line]}


def test_an_inline_candidate_of_a_new_product_is_routed_and_said_to_be_assumed(
    oms: httpx.Client, network: Network
) -> None:
    candidate = {"seller_id": "brand-new", "price_cents": 4_990, "zip_prefix": PLACE, "weight_g": 400.0}
    line = {"line_id": "1", "product_id": "never-sold", "quantity": 2, "candidates": [candidate]}
    question = {"order_id": "o", "destination": {"zip_prefix": network.arrays.zip_prefixes[0]}}
    answer = oms.post(PREVIEW, json={**question, "lines": [line]})
    assert answer.status_code == 200, answer.text
    body = PreviewOut.model_validate(answer.json())
    assert body.status == "served"
    [package] = body.packages
    assert (package.source_id, package.lead_time.basis) == ("seller:brand-new", "synthetic")
    known = network.tables["offers"]["product_id"][0]
    alone = oms.post(PREVIEW, json={**question, "lines": [{"line_id": "1", "product_id": known}]}).json()
    both = oms.post(PREVIEW, json={**question, "lines": [{**line, "product_id": known}]}).json()
    assert {package["lead_time"]["basis"] for package in alone["packages"]} != {"synthetic"}
    told = {other["source_id"] for other in both["lines"][0]["alternatives"]}
    assert "seller:brand-new" in told | {package["source_id"] for package in both["packages"]}


def test_an_offer_told_is_routed_by_every_worker_at_once(shop: Shop) -> None:
    product, seller = fresh("product"), new_seller(weight_g=300.0)
    wanted = ask(shop, product)
    told = assert_problem(shop.post(PREVIEW, wanted), 422, Code.REQUEST_UNUSABLE)
    assert [fault.pointer for fault in told.errors or []] == ["/lines/0/product_id"]
    assert put(shop, {"product_id": product, **seller})["created"] == 1
    receive(shop, product, seller["seller_id"], 5)
    for _ in range(12):  # a connection each, so that both workers are asked
        with shop.server.client(Scope.ANALYST) as client:
            body = client.post(PREVIEW, json=wanted).json()
            assert [package["lead_time"]["basis"] for package in body["packages"]] == ["synthetic"]
    taken = TakenOut.model_validate(shop.take(wanted))
    assert taken.lines[0].parts[0].source_id == f"seller:{seller['seller_id']}"
    firm = shop.move(wanted["order_id"], "approve").json()
    assert firm["state"] == "firm"


def test_said_again_an_offer_changes_nothing_and_withdrawn_it_serves_nobody(shop: Shop) -> None:
    product, seller = fresh("product"), new_seller()
    offer = {"product_id": product, **seller}
    receive(shop, product, seller["seller_id"], 5)
    counts = ("created", "changed", "unchanged", "refused")
    for one, expected in (
        (offer, (1, 0, 0, 0)),
        (offer, (0, 0, 1, 0)),
        ({**offer, "price_cents": 1}, (0, 1, 0, 0)),
        ({**offer, "price_cents": 1, "active": False}, (0, 1, 0, 0)),
    ):
        told = put(shop, one)
        assert tuple(told[name] for name in counts) == expected
    body = shop.post(PREVIEW, ask(shop, product)).json()
    assert body["status"] == "unserved"
    codes = {reason["code"] for found in body["lines"][0]["rejected"] for reason in found["reasons"]}
    assert "offer_lapsed" in codes


def test_an_offer_of_a_known_product_counts_instead_of_what_was_sold(shop: Shop) -> None:
    product = shop.products[0]
    sellers = shop.sellers[product]
    shop.shelve(product, dict.fromkeys(sellers, 3))
    put(
        shop,
        *({"product_id": product, "seller_id": name, "price_cents": 1, "active": False} for name in sellers),
    )
    gone = shop.post(PREVIEW, ask(shop, product)).json()
    assert gone["status"] == "unserved"
    newcomer = new_seller()
    put(shop, {"product_id": product, **newcomer})
    receive(shop, product, newcomer["seller_id"], 1)
    body = shop.post(PREVIEW, ask(shop, product)).json()
    assert (body["status"], body["left_out"]) == ("served", [])
    assert body["packages"][0]["source_id"] == f"seller:{newcomer['seller_id']}"
    assert body["packages"][0]["lead_time"]["basis"] == "synthetic"


def test_an_offer_that_cannot_be_used_is_refused_and_the_others_are_stored(shop: Shop) -> None:
    product, good = fresh("product"), new_seller()
    nowhere = {name: value for name, value in new_seller().items() if name != "zip_prefix"}
    strange = new_seller(category="no-such-category")
    told = put(
        shop,
        {"product_id": product, **good},
        {"product_id": product, **good},
        {"product_id": product, **nowhere},
        {"product_id": product, **new_seller(zip_prefix="99999")},
        {"product_id": product, **strange},
    )
    assert [row["status"] for row in told["offers"]] == ["created", *["refused"] * 4]
    assert all(row["why"] for row in told["offers"][1:])
    assert (told["created"], told["refused"]) == (1, 4)


def test_what_an_order_says_of_a_seller_counts_more_than_what_was_told(shop: Shop) -> None:
    product, seller = fresh("product"), new_seller()
    put(shop, {"product_id": product, **seller, "active": False})
    receive(shop, product, seller["seller_id"], 5)
    assert shop.post(PREVIEW, ask(shop, product, candidates=[seller])).json()["status"] == "served"


def test_every_fault_of_a_candidate_has_its_place(shop: Shop) -> None:
    nameless = {"seller_id": "new", "price_cents": 1}
    body = assert_problem(
        shop.post(PREVIEW, ask(shop, "new", candidates=[nameless])), 422, Code.REQUEST_UNUSABLE
    )
    assert [fault.pointer for fault in body.errors or []] == ["/lines/0/candidates"]
    bad = assert_problem(
        shop.post(PREVIEW, ask(shop, "new", candidates=[{**nameless, "price_cents": -1}])),
        422,
        Code.REQUEST_INVALID,
    )
    assert [fault.pointer for fault in bad.errors or []] == ["/lines/0/candidates/0/price_cents"]


def test_too_many_of_anything_is_typed(server: Server, shop: Shop) -> None:
    crowd = [{"seller_id": str(number), "price_cents": 1} for number in range(101)]
    many = [{"product_id": "p", **one} for one in [crowd[0]] * 1_001]
    lines = [{"line_id": str(number), "product_id": "p"} for number in range(101)]
    order = ask(shop, "p")
    for answer, code, limit in (
        (shop.post(PREVIEW, ask(shop, "p", candidates=crowd)), Code.TOO_MANY_CANDIDATES, 100),
        (shop.oms.put(OFFERS, json={"offers": many}), Code.TOO_MANY_OFFERS, 1_000),
        (shop.post(ORDERS, {**order, "lines": lines}, fresh("key")), Code.TOO_MANY_LINES, 100),
    ):
        body = assert_problem(answer, 422, code)
        assert body.model_extra is not None
        assert body.model_extra["limit"] == limit
    with server.client(Scope.PLANNER) as planner:
        answer = planner.put(OFFERS, json={"offers": [{"product_id": "p", **crowd[0]}]})
    assert_problem(answer, 503, Code.DATABASE_NOT_SET)
