"""Worked examples of orders and stock: a made-up ledger in memory goes through all calls once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from api import policies
from api.capacity import capacity_values
from api.http import order_work as work
from api.http import stock_work
from api.http.capacity_models import PlaceLimitIn, PlaceLimitsIn
from api.http.desk import Counter
from api.http.guard import PREFIX
from api.http.order_questions import Detour, Extension, OrderQuestion, Seen, Some, StockEventIn
from api.http.order_work import Values, Visit
from api.http.reorder_work import reorder_example
from graph import Network
from graph.days import local_day
from inventory.events import EventType, StockKey
from inventory.ledger import UnitOfWork
from inventory.memory import MemoryHome

Example = dict[str, Any]

ORDER_ID = "example-1"
_UNITS = 5


def order_examples(network: Network, counter: Counter, about: Example) -> dict[tuple[str, str], Example]:
    """Return an example of each call, by method and path. The network has offers."""
    at = network.meta.as_of
    visit, asked = Visit(counter, network, at), example_order(network)
    order = asked.model_dump(mode="json", exclude_defaults=True)
    preview = work.preview(visit, asked, None)
    events = [_received(at, row, line) for row, line in enumerate(preview["lines"])]
    question = {"order": {"summary": "Two lines and a promise", "value": order}}
    found: dict[tuple[str, str], Example] = {
        ("post", f"{PREFIX}/orders/preview"): {"questions": question, "answer": {**about, **preview}}
    }
    home = MemoryHome()
    with home.unit() as unit:
        booked = stock_work.book(events, unit)
        found["post", f"{PREFIX}/stock/events"] = {
            "questions": {"receipts": {"summary": "Receipts", "value": _told(events)}},
            "answer": {**about, **booked},
        }
        rows = list(unit.ledger.rows([_key(event) for event in events]).values())
        found["get", f"{PREFIX}/stock"] = {"answer": {**about, **stock_work.page_values(rows, len(rows))}}
        found |= reorder_example(rows, about)
        limits = PlaceLimitsIn(limits=[PlaceLimitIn(location_id=events[0].location_id, packages_per_day=40)])
        unit.ledger.limit_packages(limits.by_location())
        capacity = {"answer": {**about, **capacity_values(unit.ledger, local_day(at))}}
        found["get", f"{PREFIX}/stock/capacity"] = capacity
        found["put", f"{PREFIX}/stock/capacity"] = {
            "questions": {
                "limit": {"summary": "Forty packages a day", "value": limits.model_dump(mode="json")}
            },
            **capacity,
        }
        taken = work.take(visit, asked, unit)
        header = {"Idempotency-Key": ORDER_ID}
        found["post", f"{PREFIX}/orders"] = {
            "questions": question,
            "path": header,
            "answer": {**about, **taken},
        }
        for path, values in (("", work.show(unit, ORDER_ID)), ("/decision", work.why(unit, ORDER_ID))):
            found["get", f"{PREFIX}/orders/{{order_id}}{path}"] = {
                "path": {"order_id": ORDER_ID},
                "answer": {**about, **values},
            }
        for verb, body, do in _moves():
            found["post", f"{PREFIX}/orders/{{order_id}}/{verb}"] = {
                "path": {"order_id": ORDER_ID},
                "questions": {"all": {"summary": "The whole order", "value": body}},
                "answer": {**about, **do(visit, unit)},
            }
    return found


def warm(network: Network, counter: Counter) -> None:
    """Load and compile all that the first order would otherwise wait for."""
    if network.tables["offers"].height:
        order_examples(network, counter, {})


def example_order(network: Network) -> OrderQuestion:
    """Return an order of what was sold last."""
    newest = network.tables["offers"].sort("last_sold", "product_id", descending=[True, False])
    products = newest["product_id"].unique(maintain_order=True).head(2)
    lines = [{"line_id": str(row), "product_id": name} for row, name in enumerate(products, 1)]
    zips = network.arrays.zip_prefixes
    return OrderQuestion.model_validate(
        {
            "order_id": ORDER_ID,
            "destination": {"zip_prefix": "01310" if "01310" in zips else zips[0]},
            "lines": lines,
            "promise_days": 12.0,
            "purchased_at": network.meta.as_of.isoformat(),
            "payment_type": "credit_card",
            # Not the server's own: one like as_is would serve nothing here.
            "policy": policies.DEFAULT,
        }
    )


def _moves() -> tuple[tuple[str, Example, Callable[[Visit, UnitOfWork], Values]], ...]:
    """Return the verbs in an order in which one order can go through all of them."""
    some = Some()
    return (
        ("extend", {}, lambda visit, unit: work.extended(visit, ORDER_ID, Extension(), unit)),
        ("reroute", {}, lambda visit, unit: work.rerouted(visit, ORDER_ID, Detour(), unit)),
        ("release", {}, lambda visit, unit: work.plainly("release")(visit, ORDER_ID, some, unit)),
        ("approve", {}, lambda visit, unit: work.approved(visit, ORDER_ID, Seen(), unit)),
        ("handover", {}, lambda visit, unit: work.handed_over(visit, ORDER_ID, some, unit)),
        ("deliver", {}, lambda visit, unit: work.plainly("deliver")(visit, ORDER_ID, some, unit)),
        ("return", {}, lambda visit, unit: work.plainly("take_back")(visit, ORDER_ID, some, unit)),
        ("cancel", {}, _canceled),
    )


def _canceled(visit: Visit, unit: UnitOfWork) -> Values:
    """Cancel another order: the first one has been delivered."""
    other = example_order(visit.network).model_copy(update={"order_id": f"{ORDER_ID}-canceled"})
    work.take(visit, other, unit)
    return work.plainly("cancel")(visit, other.order_id, Some(), unit)


def _received(at: datetime, row: int, line: Example) -> StockEventIn:
    """Return the receipt of what a line needs, where the preview wants it from."""
    source_id = next((part["source_id"] for part in line["parts"] if part["source_id"]), "seller:nobody")
    key = StockKey.of_source(line["product_id"], source_id)
    return StockEventIn(
        event_id=f"receipt-{row + 1}",
        product_id=key.product_id,
        seller_id=key.seller_id,
        location_id=key.location_id,
        event_type=EventType.RECEIVED,
        quantity=_UNITS,
        at=at - timedelta(hours=1),
        source="example",
    )


def _told(events: list[StockEventIn]) -> Example:
    return {"events": [event.model_dump(mode="json", exclude_defaults=True) for event in events]}


def _key(event: StockEventIn) -> StockKey:
    return StockKey(event.product_id, event.seller_id, event.location_id)
