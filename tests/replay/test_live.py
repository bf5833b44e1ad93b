"""What is told of a purchase counts all its units, and has one id whoever tells it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from graph import Network
from replay.live import fact_id
from replay.stream.events import Event
from replay.stream.orders import Package
from replay.stream.reference import Reference
from replay.stream.state import State
from replay.stream.step import step


def test_a_purchase_is_known_by_its_seller_too() -> None:
    assert fact_id("OrderPurchased", "o", "l", {"seller_id": "s"}) == "OrderPurchased/o/l/s"
    assert fact_id("OrderPurchased", "o", "l", {}) == "OrderPurchased/o/l"
    assert fact_id("OrderApproved", "o", "l", {"seller_id": "s"}) == "OrderApproved/o/l"


def test_units_of_one_line_weigh_what_as_many_lines_do(small_snapshot: Path) -> None:
    network = Network.open(small_snapshot)
    offer = network.tables["offers"].row(0, named=True)
    place = {"zip_prefix": network.arrays.zip_prefixes[0], "seller_id": offer["seller_id"]}

    def bought(*lines: dict[str, Any]) -> Package:
        state = State.start(Reference.of(network.tables))
        for row, line in enumerate(lines):
            data = {**place, "product_id": offer["product_id"], **line}
            step(state, Event(f"e{row}", "OrderPurchased", 1_520_000_000, "o", str(row), data))
        [package] = state.orders.open["o"].packages.values()
        return package

    whole = bought({"price_cents": 600, "freight_cents": 90, "quantity": 3})
    apart = bought(*({"price_cents": 200, "freight_cents": 30} for _ in range(3)))
    for name in Package.__slots__:
        assert getattr(whole, name) == pytest.approx(getattr(apart, name), nan_ok=True), name
    assert whole.n_lines == 3
    assert math.isfinite(whole.weight_g)
