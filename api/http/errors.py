"""From every error that a handler can raise to its problem, in one place: no route has to think of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.batches import MOST_ORDERS
from api.http.problems import Code, Problem
from api.http.service import request_id_of, service_of
from api.http.settings import MOST_EVENTS, MOST_OFFERS, MOST_ROUTES
from api.order_models import MOST_CANDIDATES, MOST_LINES
from graph.errors import BadInput, MalhaError, UnknownName
from inventory.ledger import CapacityFull, KeyInFlight, KeyReused
from inventory.reservations import OrderExists, UnknownOrder, VersionConflict
from inventory.sql.engine import DatabaseBusy, DatabaseDown
from inventory.states import WrongState
from inventory.stock import NotEnoughStock, Shortage
from optimizer.assignment import Unsolved
from replay.alerts.alert import WrongAlertStep
from replay.alerts.store import UnknownAlert
from replay.desk import NoAnswer
from replay.jobs import UnknownJob
from replay.purchasing.order import PurchaseEnded
from replay.purchasing.store import UnknownPurchaseOrder

_UNKNOWN: Final = {
    "zip prefix": Code.ZIP_PREFIX_UNKNOWN,
    "category": Code.CATEGORY_UNKNOWN,
    "product": Code.PRODUCT_UNKNOWN,
    "seller": Code.SOURCE_UNKNOWN,
}
_OF_STATUS: Final = {
    400: Code.BODY_UNREADABLE,
    404: Code.PATH_UNKNOWN,
    405: Code.METHOD_NOT_ALLOWED,
    413: Code.BODY_TOO_LARGE,
}
_TOO_MANY: Final[Mapping[tuple[str, str], tuple[Code, int, str]]] = {
    ("k", "less_than_equal"): (Code.TOO_MANY_ROUTES, MOST_ROUTES, "One answer gives at most {} routes."),
    ("events", "too_long"): (Code.TOO_MANY_EVENTS, MOST_EVENTS, "One request sends at most {} events."),
    ("offers", "too_long"): (Code.TOO_MANY_OFFERS, MOST_OFFERS, "One request puts at most {} offers."),
    ("orders", "too_long"): (Code.TOO_MANY_ORDERS, MOST_ORDERS, "One batch has at most {} orders."),
    ("lines", "too_long"): (Code.TOO_MANY_LINES, MOST_LINES, "An order has at most {} lines."),
    ("candidates", "too_long"): (
        Code.TOO_MANY_CANDIDATES,
        MOST_CANDIDATES,
        "One line names at most {} candidates.",
    ),
}
"""What is too many of what, by the member and the fault that pydantic finds there."""

_REFUSALS: Final[Mapping[type[MalhaError], Code]] = {
    NoAnswer: Code.NO_ASSIGNMENT,
    Unsolved: Code.SOLVER_STOPPED,
    UnknownOrder: Code.ORDER_UNKNOWN,
    OrderExists: Code.ORDER_EXISTS,
    WrongState: Code.ORDER_STATE,
    WrongAlertStep: Code.ALERT_RESOLVED,
    PurchaseEnded: Code.PURCHASE_ORDER_RECEIVED,
    VersionConflict: Code.VERSION_CONFLICT,
    NotEnoughStock: Code.NOT_ENOUGH_STOCK,
    CapacityFull: Code.CAPACITY_FULL,
    KeyReused: Code.KEY_REUSED,
    KeyInFlight: Code.KEY_IN_FLIGHT,
    DatabaseBusy: Code.DATABASE_BUSY,
    DatabaseDown: Code.DATABASE_DOWN,
}


_NOT_THERE: Final[Mapping[type[BadInput], Code]] = {
    UnknownJob: Code.JOB_UNKNOWN,
    UnknownAlert: Code.ALERT_UNKNOWN,
    UnknownPurchaseOrder: Code.PURCHASE_ORDER_UNKNOWN,
}
_NOT_ALLOWED: Final = 405


def add_error_handlers(app: FastAPI) -> None:
    """Let every error of a handler leave as a problem."""

    async def problem(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException) and error.status_code == _NOT_ALLOWED:
            error.headers = {"Allow": ", ".join(_methods(app, request.scope["route"].path))}
        return to_problem(error).response(service_of(request).common(request_id_of(request)))

    for kind in (Problem, BadInput, *_REFUSALS, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, problem)


def _methods(app: FastAPI, path: str) -> list[str]:
    """Return the methods that a path takes: Starlette names those of its first route only."""
    routes = (route for route in app.routes if isinstance(route, Route) and route.path == path)
    return sorted({name for route in routes for name in route.methods or ()})


def to_problem(error: Exception) -> Problem:
    """Return the problem that an error is."""
    match error:
        case Problem():
            return error
        case BadInput():
            return _bad(error)
        case RequestValidationError():
            return _invalid(error)
        case HTTPException():
            code = _OF_STATUS.get(error.status_code, Code.HTTP_ERROR)
            return Problem(code, str(error.detail), status=error.status_code, headers=error.headers)
    if isinstance(error, MalhaError) and type(error) in _REFUSALS:
        return _refused(error)
    return Problem(Code.UNEXPECTED, "The server's log has more under this request id.")


def _bad(error: BadInput) -> Problem:
    if isinstance(error, UnknownName):
        return Problem(_UNKNOWN[error.kind], error.message, nearest=list(error.nearest))
    return Problem(_NOT_THERE.get(type(error), Code.REQUEST_UNUSABLE), error.message)


def _refused(error: MalhaError) -> Problem:
    """Return the problem of an order or of the ledger, with the numbers behind it."""
    told: dict[str, Any] = {}
    match error:
        case OrderExists() | WrongState():
            told = {"state": str(error.state)}
        case VersionConflict():
            told = {"version": error.found}
        case NotEnoughStock():
            told = {"shortages": [shortage_values(lack) for lack in error.shortages]}
        case CapacityFull():
            told = {
                **{"location_id": error.location_id, "day": error.day.isoformat()},
                **{"needed": error.needed, "available": error.available},
            }
        case DatabaseDown():
            # The driver's own words may name hosts and files.
            return Problem(Code.DATABASE_DOWN, "The database cannot be used; the log says why.")
    return Problem(_REFUSALS[type(error)], str(error), **told)


def shortage_values(lack: Shortage) -> dict[str, Any]:
    """Return what lacks where, as answers tell it."""
    return {**lack.key._asdict(), "kind": lack.kind, "needed": lack.needed, "available": lack.available}


def _invalid(error: RequestValidationError) -> Problem:
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return Problem(Code.BODY_UNREADABLE, f"The body is no JSON (at character {faults[0]['loc'][-1]}).")
    for fault in faults:
        if too_many := _TOO_MANY.get((str(fault["loc"][-1]), str(fault["type"]))):
            code, most, text = too_many
            return Problem(code, text.format(most), limit=most)
    listed = [{"pointer": _pointer(fault["loc"]), "detail": _words(fault["msg"])} for fault in faults]
    return Problem(Code.REQUEST_INVALID, f"{len(listed)} value(s) break the schema.", errors=listed)


def _words(message: str) -> str:
    """Return what pydantic says of a value, without the prefix that it gives to our own words."""
    return message.removeprefix("Value error, ")


def _pointer(parts: tuple[str | int, ...]) -> str:
    """Return where a value stands: ``/weights/days`` in the body, ``path/from_region`` elsewhere."""
    kind, *rest = [str(part).replace("~", "~0").replace("/", "~1") for part in parts]
    return "".join(f"/{part}" for part in rest) if kind == "body" else "/".join([kind, *rest])
