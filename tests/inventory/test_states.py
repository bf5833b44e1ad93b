"""The table of states is closed: every pair of state and verb, and every state that follows another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from graph.errors import BadInput
from inventory import verbs
from inventory.reservations import WHOLE, Reservation, Selection
from inventory.states import ALLOWED, NEXT, OrderState, Verb, WrongState
from tests.inventory.make import DAY, DEPOT, T0, part

LATER, MUCH_LATER = T0 + DAY, T0 + 9 * DAY
MOST_PARTS = 3


def tries(order: Reservation) -> Iterator[tuple[Verb, Callable[[], verbs.Change]]]:
    """Yield every way to use every verb on an order: as a whole, a line, a package."""
    some = [part("1"), part("2", key=DEPOT, package="k2")]
    again = [part("1", key=DEPOT, package=f"k{len(order.parts) + 1}")]
    selections = [WHOLE, Selection(lines={"1": 1}), Selection(lines={"2": 1}), Selection(package_id="k1")]
    yield Verb.RESERVE, lambda: verbs.reserve(order, some, T0, LATER)
    yield Verb.RESERVE, lambda: verbs.reserve(order, some, T0, None)
    yield Verb.APPROVE, lambda: verbs.approve(order, T0)
    yield Verb.EXTEND, lambda: verbs.extend(order, T0, MUCH_LATER)
    yield Verb.EXPIRE, lambda: verbs.expire(order, MUCH_LATER + DAY)
    for chosen in selections:
        yield Verb.HAND_OVER, lambda chosen=chosen: verbs.hand_over(order, T0, chosen)
        yield Verb.DELIVER, lambda chosen=chosen: verbs.deliver(order, T0, chosen)
        yield Verb.RELEASE, lambda chosen=chosen: verbs.release(order, T0, chosen)
        yield Verb.CANCEL, lambda chosen=chosen: verbs.cancel(order, T0, chosen)
        yield Verb.RETURN, lambda chosen=chosen: verbs.take_back(order, T0, chosen)
        yield Verb.REROUTE, lambda chosen=chosen: verbs.reroute(order, again, T0, chosen)


def plain(order: Reservation) -> Reservation:
    """Return an order without what tells only the time."""
    return replace(order, version=0, expires_at=T0 if order.expires_at else None)


@pytest.fixture(scope="module")
def reached() -> tuple[set[tuple[OrderState, Verb, bool]], set[tuple[OrderState, OrderState]]]:
    """Return all that can happen to orders of two lines: (state, verb, done or refused), and (from, to)."""
    start = verbs.receive("o", T0)
    waiting, seen = [start], {plain(start)}
    tried: set[tuple[OrderState, Verb, bool]] = set()
    followed: set[tuple[OrderState, OrderState]] = set()
    while waiting:
        order = waiting.pop()
        for verb, do in tries(order):
            try:
                after = do().after
            except (WrongState, BadInput) as refused:
                if isinstance(refused, WrongState):
                    tried.add((order.state, verb, False))
                continue
            tried.add((order.state, verb, True))
            followed.add((order.state, after.state))
            if plain(after) not in seen and len(after.parts) <= MOST_PARTS:
                seen.add(plain(after))
                waiting.append(after)
    assert len(seen) > 100
    return tried, followed


@pytest.mark.parametrize("verb", list(Verb))
@pytest.mark.parametrize("state", list(OrderState))
def test_a_verb_works_in_the_states_that_allow_it_and_in_no_other(
    state: OrderState, verb: Verb, reached: tuple[set[tuple[OrderState, Verb, bool]], object]
) -> None:
    tried, _ = reached
    assert ((state, verb, True) in tried) == (state in ALLOWED[verb])
    if state not in ALLOWED[verb]:
        assert (state, verb, False) in tried


@pytest.mark.parametrize("after", list(OrderState))
@pytest.mark.parametrize("before", list(OrderState))
def test_a_state_follows_another_where_the_table_says_so(
    before: OrderState, after: OrderState, reached: tuple[object, set[tuple[OrderState, OrderState]]]
) -> None:
    _, followed = reached
    if before is not after:
        assert ((before, after) in followed) == (after in NEXT[before])


def test_a_refusal_says_what_was_asked_of_what() -> None:
    with pytest.raises(WrongState, match="Order o is received: handover is not possible"):
        verbs.hand_over(verbs.receive("o", T0), T0)
