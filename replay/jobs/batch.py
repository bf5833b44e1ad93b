"""The job ``assign_batch``: orders decided together, then each held in a unit of work of its own.

The batch is solved on the stock as it is read once; solving may take minutes, so nothing is locked. Each
order is then committed by itself: under lock the plan is judged again on the stock as it is now, and kept if
it still fits, else this one order is decided anew. So the batch never blocks other callers for longer than
one order does, and what it acknowledges is as firm as what ``POST /orders`` does. Each outcome is stored in
the same unit of work: a run that takes up the job of a killed one finds what was done and does the rest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from graph.orders import Order
from inventory.ledger import Answer, CapacityFull
from inventory.sql import SqlHome, SqlUnit
from inventory.states import ALLOWED, Verb
from optimizer.batch import BatchWork
from replay.assign import Assigned, assign
from replay.decision import Decision
from replay.desk import Desk, NoAnswer
from replay.jobs.hand import Task
from replay.jobs.store import Jobs, client_of
from replay.noted import note

SOLVED: Final = 0.5
"""How much of the job is done when the batch is solved."""

_TRIES: Final = 3
_LINE: Final = ", line "


@dataclass(frozen=True, slots=True)
class Taken:
    """An order of the batch, how long its stock is held, and what its record tells beside the decision.

    ``hold`` is None where stock is held from approval on: then the decision is only stored.
    """

    order: Order
    hold: timedelta | None
    about: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BatchJob:
    """One run of the job: where the stock is, the desk, and when its orders are decided for."""

    task: Task
    home: SqlHome
    desk: Desk
    at: datetime

    def preview(self, taken: Sequence[Taken], work: BatchWork) -> dict[str, Any]:
        """Decide all orders and hold nothing."""
        orders = [one.order for one in taken]
        done = self._solve(orders, work)
        rows = [outcome(decision, "decided") for decision in done.decisions]
        return result_of(done, [*rows, *_refused(done, orders)])

    def commit(self, taken: Sequence[Taken], work: BatchWork) -> dict[str, Any]:
        """Decide all orders that no earlier run has settled, and hold each."""
        rows = self._settled(taken)
        left = {one.order.order_id: one for one in taken if one.order.order_id not in rows}
        done = self._solve([one.order for one in left.values()], work)
        for decision in done.decisions:
            one = left[decision.options.order.order_id]
            rows[one.order.order_id] = self._settle(one, decision)
            share = len(rows) / len(taken)
            self.task.tell(SOLVED + (1 - SOLVED) * share, f"{len(rows):,} of {len(taken):,} orders held")
        told = [rows[one.order.order_id] for one in taken if one.order.order_id in rows]
        return result_of(done, [*told, *_refused(done, [one.order for one in left.values()])])

    def _solve(self, orders: Sequence[Order], work: BatchWork) -> Assigned:
        """Decide on the stock as it is; the explanations are made when an order is committed."""
        tell = self.task.tell
        tell(0.0, f"Deciding {len(orders):,} orders")

        def progress(cost: int, bound: int) -> None:
            share = SOLVED * max(bound, 0) / cost if cost else SOLVED
            tell(share, f"Deciding: {cost / 100:,.2f}, at least {bound / 100:,.2f}")

        with self.home.reading() as unit:
            return assign(replace(self.desk, alternatives=0), orders, self.at, unit.ledger, work, progress)

    def _settled(self, taken: Sequence[Taken]) -> dict[str, dict[str, Any]]:
        """Return the outcomes that earlier runs of the job have stored."""
        with self.home.reading() as unit:
            found = Jobs(unit.connection).outcomes(self.task.job.job_id)
        return {one.order.order_id: found[one.order.order_id] for one in taken if one.order.order_id in found}

    def _settle(self, one: Taken, plan: Decision) -> dict[str, Any]:
        """Hold one order; a place that filled up in between is seen on the next try."""
        for tried in range(1, _TRIES + 1):
            try:
                return self.home.run(lambda unit: self._settle_in(unit, one, plan))
            except CapacityFull as error:
                if tried == _TRIES:
                    reason = str(error)
        return _refusal(one, reason)

    def _settle_in(self, unit: SqlUnit, one: Taken, plan: Decision) -> dict[str, Any]:
        Jobs(unit.connection).held(self.task.job)  # a run that was taken for dead writes nothing
        order_id, now = one.order.order_id, self.task.clock()
        row = self._hold(unit, one, plan, now)
        answer = Answer(_digest(one), 200, json.dumps(row))
        unit.answers.keep(client_of(self.task.job.job_id), order_id, answer, now)
        return row

    def _hold(self, unit: SqlUnit, one: Taken, plan: Decision, now: datetime) -> dict[str, Any]:
        known = unit.ledger.order(one.order.order_id, lock=True)
        if known is not None and known.state not in ALLOWED[Verb.RESERVE]:
            # Asked first: an OrderExists of the commit itself may come after a write, and ends the unit.
            return _refusal(one, f"The order is {known.state} already.")
        try:
            if one.hold is None:
                noted = note(self.desk, unit, one.order, plan.at, now=now, about=one.about, plan=plan.choice)
                return outcome(noted.decision, "as_planned" if noted.as_planned else "decided_anew")
            done = self.desk.commit(
                unit, one.order, plan.at, now + one.hold, now=now, about=one.about, plan=plan.choice
            )
        except NoAnswer as error:
            return _refusal(one, str(error))
        return outcome(done.decision, "as_planned" if done.as_planned else "decided_anew")


def outcome(decision: Decision, how: str) -> dict[str, Any]:
    """Return what a decision is, in short; the whole record is with the order."""
    return {
        "order_id": decision.options.order.order_id,
        "status": str(decision.served),
        "how": how,
        "decision_id": decision.decision_id,
        "cost_cents": decision.choice.assignment.cost_cents,
        "lines": list(_lines(decision)),
    }


def _lines(decision: Decision) -> Iterator[dict[str, Any]]:
    for line in decision.to_dict()["lines"]:
        parts = [
            {name: part[name] for name in ("source_id", "carrier_id", "quantity")} for part in line["parts"]
        ]
        yield {"line_id": line["line_id"], "parts": parts}


def _refusal(one: Taken, reason: str) -> dict[str, Any]:
    return {"order_id": one.order.order_id, "status": "refused", "reason": reason}


def _refused(done: Assigned, orders: Sequence[Order]) -> list[dict[str, Any]]:
    """Return a row for each order that names what the network does not know."""
    names = {order.order_id for order in orders}
    reasons: dict[str, list[str]] = {}
    for fault in done.refused:
        reasons.setdefault(_order_of(str(fault.row), names), []).append(str(fault))
    return [
        {"order_id": order_id, "status": "refused", "reason": " ".join(told)}
        for order_id, told in reasons.items()
    ]


def _order_of(row: str, names: Set[str]) -> str:
    """Return the order that a fault is about: its row is ``<order>`` or ``<order>, line <line>``."""
    while row not in names and _LINE in row:
        row = row.rpartition(_LINE)[0]
    return row


def result_of(done: Assigned, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the result of the job; cost, bound and gap are those of the orders that this run solved."""
    return {
        "orders": len(rows),
        "refused": sum(row["status"] == "refused" for row in rows),
        "decided_anew": sum(row.get("how") == "decided_anew" for row in rows),
        "cost_cents": done.cost_cents,
        "bound_cents": done.bound_cents,
        "gap": done.gap,
        "engine": str(done.engine),
        "repeatable": done.repeatable,
        "outcomes": list(rows),
    }


def _digest(one: Taken) -> str:
    return sha256(json.dumps(one.about, sort_keys=True, default=str).encode()).hexdigest()
