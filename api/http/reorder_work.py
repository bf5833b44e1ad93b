"""What the call about reorders answers."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from api.http.guard import PREFIX
from api.http.models import Answer
from api.http.paging import cursor, page
from inventory.restock import Placed
from inventory.stock import StockRow, StockSettings
from replay.jobs.reordering import Low

PATH: Final = "/stock/reorder"


class ReorderStatus(StrEnum):
    """Whether a place is to be ordered, or waits for what is on order."""

    DUE = "due"
    ORDERED = "ordered"


class ReorderOut(BaseModel):
    """A place at its reorder point or below, in units; ``quantity`` is what to order, 0 while it waits."""

    model_config = ConfigDict(extra="forbid")

    product_id: str
    seller_id: str
    location_id: str
    status: ReorderStatus
    quantity: int
    available: int
    on_order: int
    safety_stock: int | None
    reorder_point: int
    lead_time_days: float | None
    why: str


class ReorderPageOut(Answer):
    """A page of places; ``next`` goes into ``after`` for the page that follows."""

    reorder: list[ReorderOut]
    next: str | None


def page_values(found: list[Low], limit: int) -> dict[str, Any]:
    """Return a page of places."""
    return page("reorder", found, limit, _values, lambda low: cursor(low.row.key))


def _values(low: Low) -> dict[str, Any]:
    row = low.row
    return {
        **row.key._asdict(),
        "status": ReorderStatus.DUE if low.due else ReorderStatus.ORDERED,
        "quantity": low.quantity if low.due else 0,
        "available": row.available,
        "on_order": low.orders.open_units,
        "safety_stock": row.safety_stock,
        "reorder_point": row.reorder_point,
        "lead_time_days": row.lead_time_days,
        "why": low.why,
    }


def reorder_example(rows: list[StockRow], about: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return a worked example of the call, from rows of stock that are taken to be low."""
    low = [
        Low(row.configured(StockSettings(3, row.available, 7.0, row.available + 30)), Placed())
        for row in rows
    ]
    return {("get", f"{PREFIX}{PATH}"): {"answer": {**about, **page_values(low, len(low))}}}
