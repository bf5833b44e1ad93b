"""Stock held from approval on: the purchase decides, the approval holds, or decides anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.http.order_answers import DecidedOut, HandedOverOut, TakenOut
from api.http.problems import Code
from graph import Network
from tests.api.http.selling import ORDERS, Shop, fresh, selling
from tests.api.http.test_jobs import BATCH, BatchOut, queued, shown, work
from tests.api.http.test_orders import source_of
from tests.api.http.test_problems import assert_problem


@pytest.fixture(scope="module")
def shop(small_snapshot: Path, network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    with selling(folder, small_snapshot, network, "--reserve-at", "approval") as made:
        yield made


def test_a_purchase_holds_nothing_and_its_approval_holds_what_was_decided(shop: Shop) -> None:
    product = shop.products[0]
    shop.shelve(product, dict.fromkeys(shop.sellers[product], 2))
    asked = shop.order(units=2)
    taken = TakenOut.model_validate(shop.take(asked))
    assert (taken.status, taken.reservation.state, taken.reservation.expires_at) == (
        "served",
        "received",
        None,
    )
    assert {row["reserved_stock"] for row in shop.rows(product).values()} == {0}
    firm = DecidedOut.model_validate(shop.move(asked["order_id"], "approve").json())
    assert (firm.state, firm.decision) == ("firm", None)
    [held] = firm.parts
    [package] = taken.packages
    assert (held.source_id, held.package_id, held.open) == (package.source_id, package.package_id, 2)
    again = shop.move(asked["order_id"], "approve").json()
    assert (again["state"], again["version"]) == ("firm", firm.version)
    assert_problem(shop.post(ORDERS, asked, fresh("key")), 409, Code.ORDER_EXISTS)


def test_what_no_longer_fits_is_decided_anew(shop: Shop) -> None:
    product = shop.products[0]
    first, second = shop.sellers[product][:2]
    shop.shelve(product, {first: 1})
    asked = shop.order()
    assert source_of(shop.take(asked)) == f"seller:{first}"
    shop.shelve(product, {second: 1})
    moved = DecidedOut.model_validate(shop.move(asked["order_id"], "approve").json())
    assert moved.state == "firm"
    assert moved.decision is not None
    assert [part.source_id for part in moved.parts] == [f"seller:{second}"]


def test_two_may_be_decided_for_the_last_unit_and_one_gets_it(shop: Shop) -> None:
    product = shop.products[0]
    shop.shelve(product, {shop.sellers[product][0]: 1})
    one, other = shop.order(), shop.order()
    assert {shop.take(asked)["status"] for asked in (one, other)} == {"served"}
    assert shop.move(one["order_id"], "approve").json()["state"] == "firm"
    late = shop.move(other["order_id"], "approve").json()
    assert (late["state"], late["decision"]["status"]) == ("received", "unserved")


def test_a_hand_over_implies_approval(shop: Shop) -> None:
    product = shop.products[0]
    shop.shelve(product, {shop.sellers[product][0]: 1})
    asked = shop.order()
    taken = shop.take(asked)
    package = taken["packages"][0]["package_id"]
    wrong = shop.move(asked["order_id"], "handover", package_id=package, version=9)
    assert_problem(wrong, 409, Code.VERSION_CONFLICT)
    sent = shop.move(asked["order_id"], "handover", package_id=package, version=1).json()
    assert HandedOverOut.model_validate(sent)
    assert (sent["state"], sent["adjusted"]) == ("handed_over", [])


def test_a_canceled_purchase_was_never_held(shop: Shop) -> None:
    product = shop.products[0]
    shop.shelve(product, {shop.sellers[product][0]: 1})
    asked = shop.order()
    shop.take(asked)
    assert shop.move(asked["order_id"], "cancel").json()["state"] == "canceled"
    assert_problem(shop.move(asked["order_id"], "approve"), 409, Code.ORDER_STATE)


def test_a_batch_keeps_to_the_setting(shop: Shop, small_snapshot: Path) -> None:
    product = shop.products[0]
    shop.shelve(product, {shop.sellers[product][0]: 3})
    orders = [shop.order(), shop.order()]
    before = {seller: row["reserved_stock"] for seller, row in shop.rows(product).items()}
    job = queued(shop.post(BATCH, {"orders": orders}, fresh("key")))
    work(shop, small_snapshot)
    result = BatchOut.model_validate(shown(shop, job).result)
    assert {(str(one.status), str(one.how)) for one in result.outcomes} == {("served", "as_planned")}
    assert {seller: row["reserved_stock"] for seller, row in shop.rows(product).items()} == before
    for order in orders:
        firm = shop.move(order["order_id"], "approve").json()
        assert (firm["state"], firm["decision"]) == ("firm", None)
