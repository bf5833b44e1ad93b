"""How many packages places pack a day, over HTTP: set, shown, heeded by the next decision, lifted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.http.capacity_models import CapacitiesOut
from graph import Network
from tests.api.http.selling import PREVIEW, STOCK, Shop, selling
from tests.api.http.test_problems import assert_problem

CAPACITY = f"{STOCK}/capacity"


@pytest.fixture(scope="module")
def shop(small_snapshot: Path, network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with selling(tmp_path_factory.mktemp("capacity"), small_snapshot, network) as opened:
        yield opened


def limits(shop: Shop) -> dict[str, tuple[int, int]]:
    answer = CapacitiesOut.model_validate(shop.oms.get(CAPACITY).json(), strict=False)
    return {one.location_id: (one.packages_per_day, one.left) for one in answer.capacity}


def test_a_place_that_is_full_is_left_out_by_the_next_decision(shop: Shop) -> None:
    order = shop.order()
    shop.shelve(shop.products[0], dict.fromkeys(shop.sellers[shop.products[0]], 5))
    source = shop.oms.post(PREVIEW, json=order).json()["packages"][0]["source_id"]
    place = source.removeprefix("seller:")
    asked = [{"location_id": place, "packages_per_day": 0}, {"location_id": "attic", "packages_per_day": 7}]
    answer = shop.oms.put(CAPACITY, json={"limits": asked})
    assert answer.status_code == 200, answer.text
    assert limits(shop) == {"attic": (7, 7), place: (0, 0)}
    again = shop.oms.post(PREVIEW, json=order).json()
    assert again["packages"][0]["source_id"] != source
    codes = {
        reason["code"]
        for found in again["lines"][0]["rejected"]
        if found["source_id"] == source
        for reason in found["reasons"]
    }
    assert codes == {"capacity_full"}
    lifted = [{"location_id": name, "packages_per_day": None} for name in (place, "attic")]
    assert shop.oms.put(CAPACITY, json={"limits": lifted}).status_code == 200
    assert limits(shop) == {}
    assert shop.oms.post(PREVIEW, json=order).json()["packages"][0]["source_id"] == source


@pytest.mark.parametrize(
    "wrong",
    [
        {"limits": []},
        {"limits": [{"location_id": "attic"}]},
        {"limits": [{"location_id": "attic", "packages_per_day": -1}]},
        {"limits": [{"location_id": "", "packages_per_day": 1}]},
    ],
)
def test_what_is_no_limit_is_refused(shop: Shop, wrong: object) -> None:
    assert_problem(shop.oms.put(CAPACITY, json=wrong), 422, "request_invalid")
