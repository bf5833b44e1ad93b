"""The audit finds what it should: every count that was altered behind the ledger's back."""

from __future__ import annotations

from pathlib import Path

import pytest

from inventory.audit import Difference, audit
from inventory.sql import SqlHome
from tests.inventory.make import DAY, DEPOT, SHELF, T0, event, part

BLOWS = {
    "UPDATE olist_inventory_dataset SET current_stock = 9 WHERE location_id = 'ana'": [
        Difference(SHELF, "current_stock", 9, 5)
    ],
    "UPDATE olist_inventory_dataset SET reserved_stock = 1 WHERE location_id = 'ana'": [
        Difference(SHELF, "reserved_stock", 1, 2)
    ],
    "DELETE FROM olist_inventory_dataset WHERE location_id = 'depot'": [
        Difference(DEPOT, "current_stock", 0, 4)
    ],
    "UPDATE reservation_parts SET released = 1": [Difference(SHELF, "held", 1, 2, "o")],
    "DELETE FROM olist_inventory_events WHERE event_type = 'RESERVED'": [
        Difference(SHELF, "reserved_stock", 2, 0),
        Difference(SHELF, "held", 2, 0, "o"),
    ],
    "UPDATE olist_inventory_events SET quantity = 1 WHERE inventory_event_id = 'in'": [
        Difference(SHELF, "available", 2, 1, "o"),
        Difference(SHELF, "current_stock", 5, 1),
        Difference(SHELF, "reserved_stock", 2, 0),
    ],
}


@pytest.mark.parametrize("blow", BLOWS)
def test_every_altered_count_is_found(blow: str, tmp_path: Path) -> None:
    home = SqlHome.open(str(tmp_path / "ledger.db"))
    with home.unit() as unit:
        unit.ledger.append([event("in", "RECEIVED", 5), event("in2", "RECEIVED", 4, DEPOT)])
        unit.ledger.reserve("o", [part("1", 2)], at=T0, expires_at=T0 + DAY)
    with home.unit() as unit:
        assert audit(unit.store).clean
        unit.connection.exec_driver_sql(blow)
        found = audit(unit.store)
    assert list(found.differences) == BLOWS[blow]
    assert not found.clean
    home.close()
