"""A client that orders and says what was acknowledged, until it is done or killed (see test_crash).

``python -m tests.inventory.caller DATABASE NAME FIRST LAST``: one unit of work for each order, with an
idempotency key of its own; its number is printed when the commit has returned.
"""

from __future__ import annotations

import sys

from inventory.ledger import Answer
from inventory.sql import SqlHome, SqlUnit
from tests.inventory.make import DAY, DEPOT, SHELF, T0, part


def order(unit: SqlUnit, name: str, number: int) -> str:
    """Decide and hold once, however often it is asked."""
    key, order_id = f"{name}-key-{number}", f"{name}-{number}"
    stored = unit.answers.claim(name, key, "sha")
    if stored is not None:
        return stored.content
    parts = [part("1", 1, SHELF), part("2", 2, DEPOT, "k2")]
    held = unit.ledger.reserve(order_id, parts, at=T0, expires_at=T0 + DAY)
    unit.decisions.add(f"d-{order_id}", order_id, T0, {"reservation_id": held.reservation_id})
    unit.answers.keep(name, key, Answer("sha", 201, held.reservation_id), T0)
    return held.reservation_id


def main(database: str, name: str, first: int, last: int) -> None:
    """Order from ``first`` up to but not including ``last``."""
    home = SqlHome.open(database, connections=1)
    for number in range(first, last):
        answer = home.run(lambda unit, number=number: order(unit, name, number))
        print(number, answer, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
