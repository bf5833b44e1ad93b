"""Events: what happened elsewhere, told once, through the same doors as the verbs."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from api.http import event_work as work
from api.http.answers import answer
from api.http.calls import BODY, DATABASE, visit_of
from api.http.event_models import CloudEventsIn, CloudEventsOut
from api.http.guard import guarded_router
from api.http.problems import Code, responses
from api.keys import Scope

router = guarded_router("events", Scope.OMS)


@router.post(
    "/events",
    response_model=CloudEventsOut,
    responses=responses(*BODY, *DATABASE, Code.KEY_IN_FLIGHT),
    summary="Tell what happened, as CloudEvents",
)
def events(question: CloudEventsIn, request: Request) -> Response:
    """Take events of orders and of stock in their order, each once, and answer what became of each.

    The same id from the same source, and the same fact told by a verb or by another event, is a duplicate.
    An event that cannot be taken is refused with its reason; the others are booked.
    """
    loaded, visit = visit_of(request)
    return answer(request, loaded, work.take_events(visit, question.events))
