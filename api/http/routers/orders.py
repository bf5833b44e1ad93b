"""Orders: previewed, taken, shown and moved on. All of it runs in threads: it waits for the database."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.http import order_work as work
from api.http.answers import answer
from api.http.calls import BODY, DATABASE, TAKE, OrderId, about, once_response, read, visit_of
from api.http.decision_answers import PreviewOut
from api.http.faults import told_where
from api.http.guard import guarded_router
from api.http.once import Key, Once
from api.http.order_answers import ShownOut, TakenOut, WhyOut
from api.http.order_questions import OrderQuestion
from api.http.problems import Code, responses
from api.keys import Scope

reading_router = guarded_router("orders", Scope.OMS, Scope.PLANNER, Scope.ANALYST)
router = guarded_router("orders", Scope.OMS)

_DECIDE: Final = (
    *BODY,
    Code.POLICY_UNKNOWN,
    Code.NO_ASSIGNMENT,
    Code.SOLVER_STOPPED,
    Code.TOO_MANY_LINES,
    Code.TOO_MANY_CANDIDATES,
)


@reading_router.post(
    "/orders/preview",
    response_model=PreviewOut,
    responses=responses(*_DECIDE, Code.DATABASE_BUSY, Code.DATABASE_DOWN),
    summary="Decide an order without holding anything",
)
def preview(question: OrderQuestion, request: Request) -> Response:
    """Answer source and carrier of each line, what they cost, and what would change the choice.

    With a database its stock counts; without one every source is taken to have enough (`stock`:
    `unlimited`). A line that nobody can serve is an answer too.
    """
    loaded, visit = visit_of(request)
    with told_where(question):
        values = work.preview(visit, question, visit.counter.home)
    return answer(request, loaded, values)


@router.post(
    "/orders",
    response_model=TakenOut,
    responses=responses(*_DECIDE, *DATABASE, *TAKE, Code.ORDER_EXISTS, Code.KEY_REUSED, Code.KEY_IN_FLIGHT),
    summary="Decide an order and hold its stock, in one step",
)
def take(question: OrderQuestion, key: Key, request: Request) -> Response:
    """Answer as the preview does, and hold what it says until the payment is approved or time runs out.

    Where the server holds stock from approval on, the order is `received` and holds nothing yet.

    A partly served order is an answer with a status for each line. The same key with the same body gives the
    stored answer again.
    """
    loaded, visit = visit_of(request)
    once = Once.of(request, question, key)
    with told_where(question):
        done = once.do(
            visit.counter.ledger, visit.now, lambda unit: about(loaded, work.take(visit, question, unit))
        )
    return once_response(request, loaded, *done)


@reading_router.get(
    "/orders/{order_id}",
    response_model=ShownOut,
    responses=responses(Code.ORDER_UNKNOWN, Code.REQUEST_INVALID, *DATABASE),
    summary="Show where an order stands",
)
def show(order_id: OrderId, request: Request) -> Response:
    """Answer its state and version, until when it is held, and what became of each unit."""
    return read(request, lambda unit: work.show(unit, order_id))


@reading_router.get(
    "/orders/{order_id}/decision",
    response_model=WhyOut,
    responses=responses(Code.ORDER_UNKNOWN, Code.REQUEST_INVALID, *DATABASE),
    summary="Show why an order was decided so",
)
def why(order_id: OrderId, request: Request) -> Response:
    """Answer the stored record of the last decision about an order."""
    return read(request, lambda unit: work.why(unit, order_id))
