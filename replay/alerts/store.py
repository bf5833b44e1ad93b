"""Alerts in the database, in the caller's unit of work: they change together with what is to be sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from graph.errors import BadInput
from replay.alerts.alert import (
    Alert,
    AlertState,
    Audience,
    Change,
    Changed,
    Finding,
    Key,
    Kind,
    Severity,
    Thresholds,
    acknowledged,
    settle,
)
from replay.alerts.tables import ALERTS

MOST_LISTED: Final = 1_000

KEPT: Final = timedelta(days=366)
"""How long resolved alerts are kept: longer than any quiet time reaches back."""

_LOCK: Final = 6_252_486_012
"""The number under which PostgreSQL lets one program at a time settle alerts."""

_STANDS: Final = ALERTS.c.state.in_([AlertState.OPEN.value, AlertState.ACKNOWLEDGED.value])


class UnknownAlert(BadInput):
    """No alert has this id."""

    def __init__(self, alert_id: str) -> None:
        self.alert_id = alert_id
        super().__init__(f"There is no alert {alert_id!r}.")


class Alerts:
    """The alerts, on the connection of a unit of work."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def settle(
        self, findings: Sequence[Finding], at: datetime, thresholds: Mapping[Kind, Thresholds]
    ) -> list[Change]:
        """Store what findings of an instant change, and return it; others who do so wait for their turn."""
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        longest = max((rule.quiet for rule in thresholds.values()), default=timedelta(0))
        changes = settle(self._known(thresholds, at - longest), findings, at, thresholds)
        new = [_row(change.alert) for change in changes if change.what is Changed.OPENED]
        if new:
            self._connection.execute(sa.insert(ALERTS), new)
        for change in changes:
            if change.what is not Changed.OPENED:
                self._put(change.alert)
        return changes

    def get(self, alert_id: str, *, lock: bool = False) -> Alert:
        """Return an alert; raises UnknownAlert."""
        query = sa.select(ALERTS).where(ALERTS.c.alert_id == alert_id)
        row = self._connection.execute(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            raise UnknownAlert(alert_id)
        return _alert(row)

    def acknowledge(self, alert_id: str, by: str, at: datetime) -> Alert:
        """Note who has seen an alert; raises UnknownAlert, WrongAlertStep for one that is resolved."""
        before = self.get(alert_id, lock=True)
        after = acknowledged(before, by, at)
        if after is not before:
            self._put(after)
        return after

    def page(
        self,
        most: int = MOST_LISTED,
        *,
        states: Collection[AlertState] = (),
        kind: Kind | None = None,
        audience: Audience | None = None,
        severity: Severity | None = None,
        subject: str | None = None,
        before: int | None = None,
    ) -> list[tuple[int, Alert]]:
        """Return at most so many alerts, the newest first, with their positions; ``before`` a position.

        ``states``: in one of these, none means any.
        """
        query = sa.select(ALERTS).order_by(ALERTS.c.position.desc()).limit(most)
        if states:
            query = query.where(ALERTS.c.state.in_(sorted(state.value for state in states)))
        for column, wanted in (
            (ALERTS.c.kind, kind),
            (ALERTS.c.audience, audience),
            (ALERTS.c.severity, severity),
        ):
            if wanted is not None:
                query = query.where(column == wanted.value)
        if subject is not None:
            query = query.where(ALERTS.c.subject == subject)
        if before is not None:
            query = query.where(ALERTS.c.position < before)
        return [(row.position, _alert(row)) for row in self._connection.execute(query)]

    def forget(self, before: datetime) -> int:
        """Drop alerts that were resolved before an instant; return how many."""
        return self._connection.execute(sa.delete(ALERTS).where(ALERTS.c.resolved_at < before)).rowcount

    def _known(self, kinds: Collection[Kind], since: datetime) -> dict[Key, Alert]:
        """Return the newest alert of each trouble: those that stand, and those resolved since an instant.

        They are locked: an acknowledgement in between would be lost.
        """
        wanted = ALERTS.c.kind.in_(sorted(kind.value for kind in kinds))
        query = sa.select(ALERTS).where(wanted, _STANDS | (ALERTS.c.resolved_at > since))
        rows = self._connection.execute(query.order_by(ALERTS.c.position).with_for_update())
        alerts = map(_alert, rows)
        return {alert.key: alert for alert in alerts}

    def _put(self, changed: Alert) -> None:
        moved = _row(changed)
        same = ALERTS.c.alert_id == moved.pop("alert_id")
        self._connection.execute(sa.update(ALERTS).where(same).values(moved))


def _row(alert: Alert) -> dict[str, Any]:
    told = {one.name: getattr(alert, one.name) for one in fields(Alert)}
    words = ("kind", "state", "severity")
    return told | {name: told[name].value for name in words} | {"audience": alert.audience.value}


def _alert(row: sa.Row[Any]) -> Alert:
    told = {one.name: getattr(row, one.name) for one in fields(Alert)}
    closed = {"kind": Kind(row.kind), "state": AlertState(row.state), "severity": Severity(row.severity)}
    return Alert(**told | closed)
