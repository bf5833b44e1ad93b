"""Errors as problem+json (RFC 9457): a closed list of codes, and the one place that writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

MEDIA_TYPE: Final = "application/problem+json"


class Code(StrEnum):
    """What went wrong: stable words that a program may rely on."""

    KEY_MISSING = "key_missing"
    KEY_UNKNOWN = "key_unknown"
    KEYS_UNREADABLE = "keys_unreadable"
    SCOPE_MISSING = "scope_missing"
    PATH_UNKNOWN = "path_unknown"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    BODY_TOO_LARGE = "body_too_large"
    BODY_UNREADABLE = "body_unreadable"
    MEDIA_TYPE_UNSUPPORTED = "media_type_unsupported"
    REQUEST_INVALID = "request_invalid"
    REQUEST_UNUSABLE = "request_unusable"
    TOO_MANY_ROUTES = "too_many_routes"
    TOO_MANY_CANDIDATES = "too_many_candidates"
    ZIP_PREFIX_UNKNOWN = "zip_prefix_unknown"
    CATEGORY_UNKNOWN = "category_unknown"
    PRODUCT_UNKNOWN = "product_unknown"
    LANE_UNKNOWN = "lane_unknown"
    SOURCE_UNKNOWN = "source_unknown"
    SNAPSHOT_UNUSABLE = "snapshot_unusable"
    RELOAD_INCOMPLETE = "reload_incomplete"
    POLICY_UNKNOWN = "policy_unknown"
    NO_ASSIGNMENT = "no_assignment"
    DATABASE_NOT_SET = "database_not_set"
    DATABASE_BUSY = "database_busy"
    DATABASE_DOWN = "database_down"
    ORDER_UNKNOWN = "order_unknown"
    ORDER_EXISTS = "order_exists"
    ORDER_STATE = "order_state"
    VERSION_CONFLICT = "version_conflict"
    NOT_ENOUGH_STOCK = "not_enough_stock"
    CAPACITY_FULL = "capacity_full"
    KEY_REUSED = "idempotency_key_reused"
    KEY_IN_FLIGHT = "idempotency_key_in_flight"
    TOO_MANY_EVENTS = "too_many_events"
    TOO_MANY_OFFERS = "too_many_offers"
    TOO_MANY_ORDERS = "too_many_orders"
    TOO_MANY_LINES = "too_many_lines"
    SOLVER_STOPPED = "solver_stopped"
    JOB_UNKNOWN = "job_unknown"
    ALERT_UNKNOWN = "alert_unknown"
    ALERT_RESOLVED = "alert_resolved"
    PURCHASE_ORDER_UNKNOWN = "purchase_order_unknown"
    PURCHASE_ORDER_RECEIVED = "purchase_order_received"
    REPORT_UNKNOWN = "report_unknown"
    NOT_READY = "not_ready"
    UNEXPECTED = "unexpected"
    HTTP_ERROR = "http_error"


_ABOUT: Final[Mapping[Code, tuple[int, str]]] = {
    Code.KEY_MISSING: (401, "An API key is needed"),
    Code.KEY_UNKNOWN: (401, "The API key is not known or was revoked"),
    Code.KEYS_UNREADABLE: (503, "The file of API keys cannot be read"),
    Code.SCOPE_MISSING: (403, "The API key is not for this"),
    Code.PATH_UNKNOWN: (404, "There is nothing at this path"),
    Code.METHOD_NOT_ALLOWED: (405, "This path does not take this method"),
    Code.BODY_TOO_LARGE: (413, "The body is too large"),
    Code.BODY_UNREADABLE: (400, "The body is no JSON"),
    Code.MEDIA_TYPE_UNSUPPORTED: (415, "The body must be application/json"),
    Code.REQUEST_INVALID: (422, "The request breaks the rules of the schema"),
    Code.REQUEST_UNUSABLE: (422, "The request makes no sense here"),
    Code.TOO_MANY_ROUTES: (422, "More routes are asked for than one answer gives"),
    Code.TOO_MANY_CANDIDATES: (422, "More routes would have to be compared than one request may"),
    Code.ZIP_PREFIX_UNKNOWN: (422, "The zip prefix is not known"),
    Code.CATEGORY_UNKNOWN: (422, "The category is not known"),
    Code.PRODUCT_UNKNOWN: (422, "The product is not known"),
    Code.LANE_UNKNOWN: (404, "No order was seen on this lane"),
    Code.SOURCE_UNKNOWN: (404, "The source is not known"),
    Code.SNAPSHOT_UNUSABLE: (409, "The snapshot cannot be used; the old one stays in force"),
    Code.RELOAD_INCOMPLETE: (503, "Not all workers have taken the new snapshot"),
    Code.POLICY_UNKNOWN: (422, "The policy is not known"),
    Code.NO_ASSIGNMENT: (422, "No assignment keeps every hard constraint"),
    Code.DATABASE_NOT_SET: (503, "The server has no database"),
    Code.DATABASE_BUSY: (503, "The database is busy; nothing was done"),
    Code.DATABASE_DOWN: (503, "The database cannot be used; nothing was done"),
    Code.ORDER_UNKNOWN: (404, "The order is not known"),
    Code.ORDER_EXISTS: (409, "The order exists already"),
    Code.ORDER_STATE: (409, "The order cannot do this from where it stands"),
    Code.VERSION_CONFLICT: (409, "The order has changed in between"),
    Code.NOT_ENOUGH_STOCK: (409, "The units are not there; nothing was booked"),
    Code.CAPACITY_FULL: (409, "A place packs no more that day; nothing was booked"),
    Code.KEY_REUSED: (422, "The idempotency key was used for another request"),
    Code.KEY_IN_FLIGHT: (409, "A request with this idempotency key is under way"),
    Code.TOO_MANY_EVENTS: (422, "More stock events than one request may send"),
    Code.TOO_MANY_OFFERS: (422, "More offers than one request may put"),
    Code.TOO_MANY_ORDERS: (422, "More orders than one batch may have"),
    Code.TOO_MANY_LINES: (422, "More lines than one order may have"),
    Code.SOLVER_STOPPED: (422, "The search reached its limit before the best answer was proven"),
    Code.JOB_UNKNOWN: (404, "The job is not known"),
    Code.ALERT_UNKNOWN: (404, "The alert is not known"),
    Code.ALERT_RESOLVED: (409, "The alert is over"),
    Code.PURCHASE_ORDER_UNKNOWN: (404, "The purchase order is not known"),
    Code.PURCHASE_ORDER_RECEIVED: (409, "The purchase order was received"),
    Code.REPORT_UNKNOWN: (404, "There is no report"),
    Code.NOT_READY: (503, "The server is not ready"),
    Code.UNEXPECTED: (500, "Something went wrong in the server"),
    Code.HTTP_ERROR: (400, "The request cannot be answered"),
}


class InvalidValue(BaseModel):
    """One value that breaks the schema: where it stands and what is wrong (never the value itself)."""

    pointer: str = Field(description="Where: a JSON Pointer into the body, or path, query or header parts.")
    detail: str


class ProblemBody(BaseModel):
    """An error (RFC 9457). Members beyond these may follow, such as ``nearest`` or ``limit``."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="A URI that names the kind of problem: urn:malha:problem:<code>.")
    title: str
    status: int = Field(ge=400, le=599)
    code: Code
    detail: str
    request_id: str
    snapshot_id: str | None = Field(None, description="Snapshot in force; absent before one is loaded.")
    as_of: str | None = Field(None, description="Its instant (ISO 8601).")
    errors: list[InvalidValue] | None = None


class Problem(Exception):
    """An error on its way out: its code decides status and title."""

    def __init__(
        self,
        code: Code,
        detail: str,
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.status = status or _ABOUT[code][0]
        self.headers = dict(headers or {})
        self.members = members

    def response(self, common: Mapping[str, str]) -> Response:
        """Return the answer; ``common`` are request id and snapshot."""
        standard = self.status == _ABOUT[self.code][0]
        body = {
            "type": f"urn:malha:problem:{self.code}",
            "title": _ABOUT[self.code][1] if standard else HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            **common,
            **self.members,
        }
        return Response(orjson.dumps(body), self.status, self.headers, MEDIA_TYPE)


def responses(*codes: Code) -> dict[int | str, dict[str, Any]]:
    """Return the error answers of an operation for its OpenAPI entry."""
    of_status: dict[int, list[str]] = {}
    for code in codes:
        status, title = _ABOUT[code]
        of_status.setdefault(status, []).append(f"{title} (`{code}`).")
    return {status: _entry(texts) for status, texts in sorted(of_status.items())}


def _entry(texts: Sequence[str]) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemBody"}
    return {"description": " ".join(texts), "content": {MEDIA_TYPE: {"schema": schema}}}
