"""Alerts: what rings, and who has seen it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from api.alerts import alert_values
from api.http.alert_models import AcknowledgedOut, Acknowledgement, AlertsOut
from api.http.answers import answer
from api.http.calls import BODY, DATABASE, read
from api.http.guard import guarded_router
from api.http.problems import Code, responses
from api.http.routers.stock import Limit, Name
from api.http.service import service_of
from api.keys import Scope
from api.order_models import NAME
from replay.alerts.alert import AlertState, Audience, Kind, Severity
from replay.alerts.store import Alerts

router = guarded_router("alerts", Scope.OMS, Scope.PLANNER, Scope.ANALYST)

AlertId = Annotated[str, Path(pattern=NAME, max_length=100, description="The alert's id.")]
States = Annotated[list[AlertState] | None, Query(description="In one of these; default: all that stand.")]
After = Annotated[int | None, Query(ge=1, le=2**53, description="What `next` of the last page said.")]

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
    after: After = None,
    limit: Limit = 100,
) -> Response:
    """Answer alerts, the newest first, each with what it proposes to do. `malha worker` looks for them."""

    def page(stored: Alerts) -> dict[str, object]:
        found = stored.page(
            limit + 1,
            states=state or _STANDING,
            kind=kind,
            audience=audience,
            severity=severity,
            subject=subject,
            before=after,
        )
        shown = found[:limit]
        return {
            "alerts": [alert_values(alert) for _, alert in shown],
            "next": shown[-1][0] if len(found) > limit else None,
        }

    return read(request, lambda unit: page(Alerts(unit.connection)))


@router.post(
    "/alerts/{alert_id}/ack",
    response_model=AcknowledgedOut,
    responses=responses(*BODY, *DATABASE, Code.ALERT_UNKNOWN, Code.ALERT_RESOLVED),
    summary="Say that somebody has seen an alert",
)
def acknowledge(alert_id: AlertId, question: Acknowledgement, request: Request) -> Response:
    """Note who has seen it; who said so first stays named, and it stands until its trouble is over."""
    service = service_of(request)
    now = datetime.now(UTC)
    done = service.counter.ledger.run(
        lambda unit: Alerts(unit.connection).acknowledge(alert_id, question.by, now)
    )
    return answer(request, service.loaded, {"alert": alert_values(done)})
