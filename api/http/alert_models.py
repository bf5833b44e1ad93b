"""Alerts as they go out."""

from __future__ import annotations

from typing import Any

from api.http.models import Answer, Closed, Stamp
from api.order_models import Id, Strict
from replay.alerts.alert import AlertState, Audience, Kind, Severity


class Acknowledgement(Strict):
    """Who has seen an alert."""

    by: Id


class AlertOut(Closed):
    """One alert: for whom, what it says, what it proposes to do, and the facts behind it."""

    alert_id: str
    kind: Kind
    audience: Audience
    subject: str
    state: AlertState
    severity: Severity
    message: str
    suggested_action: str
    value: float
    facts: dict[str, Any]
    opened_at: Stamp
    resolved_at: Stamp | None
    acknowledged_at: Stamp | None
    acknowledged_by: str | None


class AlertsOut(Answer):
    """A page of alerts, the newest first; ``next`` goes into ``after`` for the page that follows."""

    alerts: list[AlertOut]
    next: int | None


class AcknowledgedOut(Answer):
    """An alert after somebody has seen it."""

    alert: AlertOut
