"""The states of an order: one closed table of what may be done in which, and what may follow what."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from graph.errors import MalhaError


class OrderState(StrEnum):
    """Where an order stands.

    ``received``: known, nothing held. ``reserved``: stock held until it expires. ``firm``: held for good.
    ``partly_handed_over``, ``handed_over``, ``delivered``: on its way or there. ``released`` and ``expired``:
    the stock was given back, and approval or hand-over takes the same again. ``canceled``: the end.
    """

    RECEIVED = "received"
    RESERVED = "reserved"
    FIRM = "firm"
    PARTLY_HANDED_OVER = "partly_handed_over"
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    RELEASED = "released"
    EXPIRED = "expired"
    CANCELED = "canceled"


class Verb(StrEnum):
    """What can be done with an order."""

    RESERVE = "reserve"
    APPROVE = "approve"
    EXTEND = "extend"
    HAND_OVER = "handover"
    DELIVER = "deliver"
    RELEASE = "release"
    EXPIRE = "expire"
    CANCEL = "cancel"
    RETURN = "return"
    REROUTE = "reroute"


S = OrderState
_SENT = frozenset({S.PARTLY_HANDED_OVER, S.HANDED_OVER, S.DELIVERED})
_GIVEN_BACK = frozenset({S.RELEASED, S.EXPIRED})
_HELD = frozenset({S.RESERVED, S.FIRM})

ALLOWED: Final[Mapping[Verb, frozenset[OrderState]]] = {
    Verb.RESERVE: frozenset({S.RECEIVED}) | _GIVEN_BACK,
    Verb.APPROVE: _HELD | _GIVEN_BACK | _SENT,
    Verb.EXTEND: frozenset({S.RESERVED}),
    Verb.HAND_OVER: _HELD | _GIVEN_BACK | _SENT,
    Verb.DELIVER: _SENT,
    Verb.RELEASE: _HELD | _GIVEN_BACK | frozenset({S.PARTLY_HANDED_OVER}),
    Verb.EXPIRE: frozenset({S.RESERVED}),
    Verb.CANCEL: frozenset({S.RECEIVED, S.PARTLY_HANDED_OVER, S.CANCELED}) | _HELD | _GIVEN_BACK,
    Verb.RETURN: _SENT,
    Verb.REROUTE: _HELD | frozenset({S.PARTLY_HANDED_OVER}),
}
"""The states in which a verb may be used; saying again what is already so (approve, cancel) is allowed."""

NEXT: Final[Mapping[OrderState, frozenset[OrderState]]] = {
    S.RECEIVED: frozenset({S.RESERVED, S.FIRM, S.CANCELED}),
    S.RESERVED: frozenset({S.FIRM, S.PARTLY_HANDED_OVER, S.HANDED_OVER, S.CANCELED}) | _GIVEN_BACK,
    S.FIRM: frozenset({S.PARTLY_HANDED_OVER, S.HANDED_OVER, S.RELEASED, S.CANCELED}),
    S.PARTLY_HANDED_OVER: frozenset({S.HANDED_OVER, S.DELIVERED}),
    S.HANDED_OVER: frozenset({S.DELIVERED}),
    S.DELIVERED: frozenset(),
    S.RELEASED: frozenset({S.RESERVED, S.FIRM, S.PARTLY_HANDED_OVER, S.HANDED_OVER, S.CANCELED}),
    S.EXPIRED: frozenset({S.RESERVED, S.FIRM, S.PARTLY_HANDED_OVER, S.HANDED_OVER, S.CANCELED}),
    S.CANCELED: frozenset(),
}
"""The states that may follow another; each may also stay (a part of an order moved, a time was extended)."""


class WrongState(MalhaError):
    """An order cannot do this from where it stands; nothing was changed."""

    def __init__(self, order_id: str, verb: Verb, state: OrderState) -> None:
        self.order_id, self.verb, self.state = order_id, verb, state
        super().__init__(f"Order {order_id} is {state}: {verb} is not possible.")


def permit(order_id: str, verb: Verb, state: OrderState) -> None:
    """Raise WrongState when a verb may not be used in a state."""
    if state not in ALLOWED[verb]:
        raise WrongState(order_id, verb, state)
