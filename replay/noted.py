"""Orders that are decided at purchase and hold their stock from approval on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from graph.orders import Order
from inventory.ledger import UnitOfWork
from inventory.reservations import OrderExists, Part
from inventory.states import OrderState
from optimizer.check import check
from optimizer.choose import Choice as Chosen
from replay.desk import Choice, Committed, Desk


def note(
    desk: Desk,
    unit: UnitOfWork,
    order: Order,
    at: datetime,
    record: Mapping[str, Choice] | None = None,
    *,
    now: datetime | None = None,
    about: Mapping[str, object] | None = None,
    plan: Chosen | None = None,
) -> Committed:
    """Decide and store the decision, as `Desk.commit` does, but hold nothing: the order is ``received``.

    Nothing is locked, so the stock may be gone when it is approved. Raises as `Desk.preview` does, and
    OrderExists for an order that ever held something.
    """
    now = now or at
    known = unit.ledger.order(order.order_id, lock=True)
    if known is not None and known.state is not OrderState.RECEIVED:
        raise OrderExists(known.order_id, known.state)
    case = desk.case(order, at, unit.ledger, record, now=now)
    kept = plan if plan and check(case.problem, plan.assignment.parts).feasible else None
    decision = desk.numbered(unit, desk.decision(case, kept) if kept else desk.decide(case), known)
    received = known or unit.ledger.receive(order.order_id, now)
    desk.store(unit, decision, now, about)
    return Committed(decision, received, kept is not None)


def noted_parts(record: Mapping[str, Any], day: date) -> list[Part]:
    """Return what a stored decision would hold, its packages packed on ``day``."""
    lines: Sequence[Mapping[str, Any]] = record["lines"]
    return [
        Part.of_source(
            (line["line_id"], line["product_id"], part["quantity"]),
            (part["source_id"], part["carrier_id"]),
            part["package_id"],
            day,
        )
        for line in lines
        for part in line["parts"]
        if part["source_id"] is not None
    ]
