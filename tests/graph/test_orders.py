"""Orders: what is accepted, and every fault at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from graph.errors import BadInput
from graph.orders import Order, OrderLine, is_source_id, location_of

LINE = OrderLine("l1", "p1", 2, pin=("seller:a", "warehouse:w:a"), exclude=("seller:b",))
OTHER = OrderLine("l2", "p2", 1)


def test_a_full_order_is_accepted() -> None:
    order = Order(
        "o1",
        "01310",
        (LINE, OTHER),
        purchased_at=datetime(2018, 5, 1, tzinfo=UTC),
        promise_days=7.5,
        together=(("l1", "l2"),),
        max_packages=2,
        earlier={"l2": ("seller:b", "unknown")},
    )
    assert order.lines[0].pin == ("seller:a", "warehouse:w:a")
    assert Order("o1", "01310", (LINE,)).earlier == {}


def test_every_fault_of_a_line_at_once() -> None:
    with pytest.raises(BadInput, match="Order line '' cannot be used") as caught:
        OrderLine("", "", 0, pin=("seller:a", "a"), exclude=("seller:a", "warehouse:w"))
    assert [(fault.column, fault.kind) for fault in caught.value.faults] == [
        ("line_id", "empty"),
        ("product_id", "empty"),
        ("quantity", "less than 1"),
        ("pin", "not a source"),
        ("exclude", "not a source"),
        ("pin", "pinned and excluded at once"),
    ]


def test_every_fault_of_an_order_at_once() -> None:
    with pytest.raises(BadInput, match="Order 'o1' cannot be used") as caught:
        Order(
            "o1",
            "",
            (LINE, LINE, OTHER),
            purchased_at=datetime(2018, 5, 1),  # noqa: DTZ001  # naive on purpose
            promise_days=-1.0,
            together=(("l1", "l2"), ("l2", "l9")),
            max_packages=0,
            earlier={"l8": ("seller:b", "unknown")},
        )
    assert [(fault.column, fault.value) for fault in caught.value.faults] == [
        ("zip_prefix", ""),
        ("purchased_at", "2018-05-01 00:00:00"),
        ("promise_days", "-1.0"),
        ("max_packages", "0"),
        ("lines", "l1"),
        ("together", "l9"),
        ("earlier", "l8"),
        ("together", "l2"),
    ]


@pytest.mark.parametrize("days", [0.0, float("inf"), float("nan")])
def test_a_promise_is_a_number_of_days(days: float) -> None:
    with pytest.raises(BadInput, match="promise_days"):
        Order("o1", "01310", (LINE,), promise_days=days)


def test_an_order_has_lines() -> None:
    with pytest.raises(BadInput, match="at least one line"):
        Order("o1", "01310", ())


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("seller:a", True),
        ("warehouse:w:a", True),
        ("warehouse:w:", False),
        ("warehouse::a", False),
        ("seller:", False),
        ("a", False),
        ("", False),
    ],
)
def test_names_of_sources(name: str, right: bool) -> None:
    assert is_source_id(name) is right


@pytest.mark.parametrize(
    ("source_id", "place"), [("seller:a:b", "seller:a:b"), ("warehouse:w:a", "warehouse:w")]
)
def test_stock_lies_with_the_seller_or_in_the_warehouse(source_id: Any, place: str) -> None:
    assert location_of(source_id) == place
