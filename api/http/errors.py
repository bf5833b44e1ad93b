"""From every error that a handler can raise to its problem, in one place: no route has to think of it."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.http.problems import Code, Problem
from api.http.service import request_id_of, service_of
from api.http.settings import MOST_ROUTES
from graph.errors import BadInput, UnknownName

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


def add_error_handlers(app: FastAPI) -> None:
    """Let every error of a handler leave as a problem."""

    async def problem(request: Request, error: Exception) -> Response:
        return to_problem(error).response(service_of(request).common(request_id_of(request)))

    for kind in (Problem, BadInput, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, problem)


def to_problem(error: Exception) -> Problem:
    """Return the problem that an error is."""
    match error:
        case Problem():
            return error
        case UnknownName():
            return Problem(_UNKNOWN[error.kind], error.message, nearest=list(error.nearest))
        case BadInput():
            return Problem(Code.REQUEST_UNUSABLE, error.message)
        case RequestValidationError():
            return _invalid(error)
        case HTTPException():
            code = _OF_STATUS.get(error.status_code, Code.HTTP_ERROR)
            return Problem(code, str(error.detail), status=error.status_code, headers=error.headers)
    return Problem(Code.UNEXPECTED, "The server's log has more under this request id.")


def _invalid(error: RequestValidationError) -> Problem:
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return Problem(Code.BODY_UNREADABLE, f"The body is no JSON (at character {faults[0]['loc'][-1]}).")
    if any(fault["loc"] == ("body", "k") and fault["type"] == "less_than_equal" for fault in faults):
        return Problem(
            Code.TOO_MANY_ROUTES, f"One answer gives at most {MOST_ROUTES} routes.", limit=MOST_ROUTES
        )
    listed = [{"pointer": _pointer(fault["loc"]), "detail": str(fault["msg"])} for fault in faults]
    return Problem(Code.REQUEST_INVALID, f"{len(listed)} value(s) break the schema.", errors=listed)


def _pointer(parts: tuple[str | int, ...]) -> str:
    """Return where a value stands: ``/weights/days`` in the body, ``path/from_region`` elsewhere."""
    kind, *rest = [str(part).replace("~", "~0").replace("/", "~1") for part in parts]
    return "".join(f"/{part}" for part in rest) if kind == "body" else "/".join([kind, *rest])
