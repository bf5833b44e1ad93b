"""The ways to move an order on: approve, extend, hand over, deliver, release, cancel, return, reroute."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from api.http import order_work as work
from api.http.calls import BODY, DATABASE, TAKE, OrderId, about, once_response, visit_of
from api.http.guard import guarded_router
from api.http.once import MaybeKey, Once
from api.http.order_answers import DecidedOut, HandedOverOut, OrderOut
from api.http.order_questions import Detour, Extension, Seen, Some
from api.http.problems import Code, responses
from api.keys import Scope

router = guarded_router("orders", Scope.OMS)

_CHANGE: Final = (
    *BODY,
    *DATABASE,
    Code.ORDER_UNKNOWN,
    Code.ORDER_STATE,
    Code.VERSION_CONFLICT,
    Code.KEY_REUSED,
    Code.KEY_IN_FLIGHT,
)


class _Verb(NamedTuple):
    """One way to move an order on."""

    path: str
    summary: str
    about: str
    body: type[BaseModel]
    answers: type[BaseModel]
    do: Callable[..., Mapping[str, Any]]
    more: tuple[Code, ...] = ()


_DECIDED: Final = (*TAKE, Code.POLICY_UNKNOWN, Code.NO_ASSIGNMENT, Code.TOO_MANY_CANDIDATES)
_SOME: Final = "The whole order, one package, or lines with units."
_VERBS: Final = (
    _Verb(
        "approve",
        "Make an order firm",
        "The payment is there. What has lapsed, or was not held yet, is taken from the places that the last "
        "decision names; where they do not have it the order is decided anew, and `decision` says how.",
        Seen,
        DecidedOut,
        work.approved,
        _DECIDED,
    ),
    _Verb(
        "extend",
        "Hold an order until another instant",
        "Without an instant: as long from now as a new order of its payment type.",
        Extension,
        OrderOut,
        work.extended,
    ),
    _Verb(
        "handover",
        "Note what has left with the carrier",
        f"{_SOME} It implies approval. Units that the ledger does not have are booked as ADJUSTED first, and "
        "`adjusted` says so.",
        Some,
        HandedOverOut,
        work.handed_over,
        _DECIDED,
    ),
    _Verb("deliver", "Note what has arrived", _SOME, Some, OrderOut, work.plainly("deliver")),
    _Verb(
        "release",
        "Give held units back; the order goes on",
        f"{_SOME} An order that is released as a whole can still be approved.",
        Some,
        OrderOut,
        work.plainly("release"),
    ),
    _Verb(
        "cancel",
        "End an order, or a part of it",
        f"{_SOME} What has left stays on its way.",
        Some,
        OrderOut,
        work.plainly("cancel"),
    ),
    _Verb(
        "return",
        "Put returned units back where they came from",
        _SOME,
        Some,
        OrderOut,
        work.plainly("take_back"),
    ),
    _Verb(
        "reroute",
        "Decide again what has not left",
        f"{_SOME} Its own units count as free. Where nothing better is found, nothing changes.",
        Detour,
        DecidedOut,
        work.rerouted,
        _DECIDED,
    ),
)


def _add(to: APIRouter, verb: _Verb) -> None:
    def move(order_id: OrderId, question: BaseModel, request: Request, key: MaybeKey = None) -> Response:
        loaded, visit = visit_of(request)
        once = Once.of(request, question, key)
        done = once.do(
            visit.counter.ledger,
            visit.now,
            lambda unit: about(loaded, verb.do(visit, order_id, question, unit)),
        )
        return once_response(request, loaded, *done)

    # FastAPI reads the body's model from the signature.
    move.__annotations__["question"] = verb.body
    to.add_api_route(
        f"/orders/{{order_id}}/{verb.path}",
        move,
        methods=["POST"],
        response_model=verb.answers,
        responses=responses(*_CHANGE, *verb.more),
        name=verb.path,
        summary=verb.summary,
        description=verb.about,
    )


for _verb in _VERBS:
    _add(router, _verb)
