"""An order is what its packages are: whole with the last, lost with the first that is."""

from __future__ import annotations

from typing import Any

import polars as pl

from replay.insight.orders import orders_of
from replay.insight.packages import SCHEMA

DAY_S = 86_400


def package(order: str, days: int | None, at: str = "delivered", **other: Any) -> dict[str, Any]:
    stamps = {"purchased_s": 0, "handed_s": DAY_S, "delivered_s": None if days is None else days * DAY_S}
    return dict.fromkeys(SCHEMA) | {"order_id": order, "at": at, "total_days": days} | stamps | other


def test_orders_by_hand() -> None:
    rows = [
        package("b", 3, review_score=4, reviewed_s=9, promised_s=7, customer_state="SP"),
        package("a", 2),
        package("b", 5, review_score=4, reviewed_s=9, promised_s=7, customer_state="SP"),
        package("c", 2),
        package("c", None, "transit"),
        package("d", None, "lost", handed_s=None),
        package("d", None, "transit"),
    ]
    found = orders_of(pl.DataFrame(rows, schema=SCHEMA))
    assert found["order_id"].to_list() == ["b", "a", "c", "d"]
    assert found["total_days"].to_list() == [5.0, 2.0, None, None]
    assert found["delivered_s"].to_list() == [5 * DAY_S, 2 * DAY_S, None, None]
    assert found["handed"].to_list() == [True, True, True, False]
    assert found["lost"].to_list() == [False, False, False, True]
    told = found.row(0, named=True)
    assert (told["review_score"], told["promised_s"], told["customer_state"]) == (4, 7, "SP")
    assert orders_of(pl.DataFrame(schema=SCHEMA)).is_empty()
