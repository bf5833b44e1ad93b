"""What only the database knows, in SQLite and in PostgreSQL."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

import sqlalchemy as sa

from inventory.events import EventType, StockEvent, StockKey
from inventory.sql import SqlHome
from inventory.stock import StockSettings
from replay.alerts.alert import AlertState
from replay.alerts.tables import ALERTS
from replay.insight.live import alerts_open, stock_at_risk, units_by_seller

AT = datetime(2018, 5, 1, 12, tzinfo=UTC)


def test_stock_and_alerts_are_counted(database: str) -> None:
    shelves = {
        StockKey("p1", "a", "a"): (5, 5),
        StockKey("p2", "a", "w"): (4, 3),
        StockKey("p1", "b", "b"): (2, None),
    }
    with closing(SqlHome.open(database)) as home:
        with home.unit() as unit:
            for number, (key, (units, point)) in enumerate(shelves.items()):
                unit.ledger.append(
                    [StockEvent(f"e{number}", key, EventType.RECEIVED, units, AT, source="test")]
                )
                if point is not None:
                    unit.ledger.configure({key: StockSettings(1, point, 7.0)})
            for state in AlertState:
                unit.connection.execute(sa.insert(ALERTS).values(**_alert(state)))
        with home.reading() as unit:
            assert units_by_seller(unit.connection) == {"a": 9, "b": 2}
            assert stock_at_risk(unit.connection) == 1
            assert alerts_open(unit.connection) == 2


def _alert(state: AlertState) -> dict[str, object]:
    return {
        "alert_id": f"alert-{state}",
        "kind": "lane_drift",
        "subject": str(state),
        "audience": "operator",
        "state": state.value,
        "severity": "warning",
        "value": 1.0,
        "facts": {},
        "opened_at": AT,
        "resolved_at": AT if state is AlertState.RESOLVED else None,
    }
