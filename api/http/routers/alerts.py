"""Alerts: what rings, and who has seen it."""

from __future__ import annotations

from datetime import UTC, datetime
from operator import itemgetter
from typing import Annotated, Any

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from api.alerts import alert_values
from api.http.alert_models import AcknowledgedOut, Acknowledgement, AlertsOut
from api.http.calls import BODY, DATABASE, change, read
from api.http.guard import guarded_router
from api.http.paging import AfterRow, Limit, Name, page
from api.http.problems import Code, responses
from api.keys import Scope
from api.order_models import NAME
from inventory.sql import SqlUnit
from replay.alerts.alert import AlertState, Audience, Kind, Severity
from replay.alerts.store import Alerts

router = guarded_router("alerts", Scope.OMS, Scope.PLANNER, Scope.ANALYST)

AlertId = Annotated[str, Path(pattern=NAME, max_length=100, description="The alert's id.")]
States = Annotated[list[AlertState] | None, Query(description="In one of these; default: all that stand.")]

_STANDING = (AlertState.OPEN, AlertState.ACKNOWLEDGED)


@router.get(
    "/alerts",
    response_model=AlertsOut,
    responses=responses(Code.REQUEST_INVALID, *DATABASE),
    summary="Show what rings",
)
def alerts(
    request: Request,
    state: States = None,
    kind: Annotated[Kind | None, Query()] = None,
    audience: Annotated[Audience | None, Query()] = None,
    severity: Annotated[Severity | None, Query()] = None,
    subject: Name = None,
    after: AfterRow = None,
    limit: Limit = 100,
) -> Response:
    """Answer alerts, the newest first, each with what it proposes to do. `malha worker` looks for them."""

    def found(unit: SqlUnit) -> dict[str, Any]:
        stored = Alerts(unit.connection).page(
            limit + 1,
            states=state or _STANDING,
            kind=kind,
            audience=audience,
            severity=severity,
            subject=subject,
            before=after,
        )
        return page("alerts", stored, limit, lambda row: alert_values(row[1]), itemgetter(0))

    return read(request, found)


@router.post(
    "/alerts/{alert_id}/ack",
    response_model=AcknowledgedOut,
    responses=responses(*BODY, *DATABASE, Code.ALERT_UNKNOWN, Code.ALERT_RESOLVED),
    summary="Say that somebody has seen an alert",
)
def acknowledge(alert_id: AlertId, question: Acknowledgement, request: Request) -> Response:
    """Note who has seen it; who said so first stays named, and it stands until its trouble is over."""
    now = datetime.now(UTC)

    def done(unit: SqlUnit) -> dict[str, Any]:
        return {"alert": alert_values(Alerts(unit.connection).acknowledge(alert_id, question.by, now))}

    return change(request, done)
