"""Offers: what sellers tell, beside what a snapshot has learned."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from api.http import offer_work as work
from api.http.answers import answer
from api.http.calls import DATABASE, FORM, visit_of
from api.http.guard import guarded_router
from api.http.offer_models import OffersIn, OffersOut
from api.http.problems import Code, responses
from api.keys import Scope
from inventory.sql.offers import SqlOffers

router = guarded_router("offers", Scope.OMS, Scope.PLANNER)


@router.put(
    "/offers",
    response_model=OffersOut,
    responses=responses(*FORM, Code.TOO_MANY_OFFERS, *DATABASE),
    summary="Tell what sellers offer, known to the snapshot or not",
)
def put(question: OffersIn, request: Request) -> Response:
    """Store each offer in place of what was told before; sent again it changes nothing.

    From the next request on every worker routes orders to it. Lead times of a seller or product that the
    snapshot does not know have the basis `synthetic`. An offer that cannot be used is refused with its
    reason; the others are stored.
    """
    loaded, visit = visit_of(request)
    values = visit.counter.ledger.run(
        lambda unit: work.put(loaded.network, question.offers, SqlOffers(unit.connection), visit.now)
    )
    return answer(request, loaded, values)
