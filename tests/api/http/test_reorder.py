"""What is to be ordered again, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from api.http.problems import Code
from api.http.reorder_work import ReorderPageOut
from api.keys import Scope
from graph import Network
from inventory.events import StockKey
from inventory.sql import SqlHome
from inventory.stock import StockSettings
from tests.api.http.selling import EVENTS, Shop, fresh, selling
from tests.api.http.test_problems import assert_problem

REORDER: Final = "/api/v1/stock/reorder"


@pytest.fixture(scope="module")
def shop(small_snapshot: Path, network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with selling(tmp_path_factory.mktemp("reorder"), small_snapshot, network) as opened:
        yield opened


def shelve(shop: Shop, seller: str, units: int, point: int) -> StockKey:
    """Return a new place with units and a reorder point."""
    key = StockKey(fresh("p"), seller, seller)
    assert shop.post(EVENTS, {"events": [shop.event(key.product_id, seller, units)]}).json()["booked"] == 1
    with closing(SqlHome.open(str(shop.database))) as home, home.unit() as unit:
        unit.ledger.configure({key: StockSettings(4, point, 7.0, point + 60)})
    return key


def ask(shop: Shop, **words: Any) -> ReorderPageOut:
    answer = shop.oms.get(REORDER, params=words)
    assert answer.status_code == 200, answer.text
    return ReorderPageOut.model_validate(answer.json())


def test_what_is_low_is_told_with_what_to_order(shop: Shop) -> None:
    seller = fresh("s")
    low, _ = shelve(shop, seller, 18, 18), shelve(shop, seller, 19, 18)
    [found] = ask(shop, seller_id=seller).reorder
    assert (found.product_id, found.status, found.quantity, found.on_order) == (low.product_id, "due", 60, 0)
    assert found.why == "18 available, reorder point 18"
    shelve(shop, seller, 3, 18)
    told = {one.available: one for one in ask(shop, seller_id=seller).reorder}
    assert (told[3].status, told[3].quantity) == ("due", 75)
    for units, left in ((10, 65), (65, 0)):
        order = {**shop.event(told[3].product_id, seller, units, "REORDERED"), "at": "2999-01-01T00:00:00Z"}
        assert shop.post(EVENTS, {"events": [order]}).json()["booked"] == 1
        [found] = [one for one in ask(shop, seller_id=seller).reorder if one.available == 3]
        assert (found.status, found.quantity) == ("due" if left else "ordered", left)
    assert found.on_order == 75


def test_pages_show_every_place_once(shop: Shop) -> None:
    seller = fresh("s")
    keys = sorted(shelve(shop, seller, 1, 2) for _ in range(5))
    first = ask(shop, seller_id=seller, limit=3)
    rest = ask(shop, seller_id=seller, limit=3, after=first.next)
    assert [one.product_id for one in (*first.reorder, *rest.reorder)] == [key.product_id for key in keys]
    assert rest.next is None
    assert ask(shop, location_id="nowhere").reorder == []


def test_who_may_ask_and_what_is_refused(shop: Shop) -> None:
    for scope in (Scope.OMS, Scope.PLANNER, Scope.ANALYST):
        with shop.server.client(scope) as client:
            assert client.get(REORDER).status_code == 200
    with shop.server.client() as nobody:
        assert_problem(nobody.get(REORDER), 401, Code.KEY_MISSING)
    assert_problem(shop.oms.get(REORDER, params={"after": "x"}), 422, Code.REQUEST_UNUSABLE)
    assert_problem(shop.oms.get(REORDER, params={"limit": "0"}), 422, Code.REQUEST_INVALID)


def test_the_page_of_the_api_has_a_worked_example(shop: Shop) -> None:
    page = shop.oms.get("/openapi.json").json()
    good = page["paths"][REORDER]["get"]["responses"]["200"]["content"]["application/json"]
    told = ReorderPageOut.model_validate(good["example"])
    assert told.reorder
    assert all(one.quantity > 0 for one in told.reorder)
