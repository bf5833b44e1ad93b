"""What every home of the ledger does, tested in memory, in SQLite and in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from graph.errors import BadInput
from inventory.audit import audit
from inventory.events import EventType
from inventory.ledger import Answer, CapacityFull, Home, KeyReused, UnitOfWork
from inventory.reservations import OrderExists, Selection, UnknownOrder, VersionConflict
from inventory.states import OrderState, WrongState
from inventory.stock import NotEnoughStock, Shortage, StockRow, StockSettings
from tests.inventory.make import DAY, DEPOT, SHELF, T0, event, part

LATER = T0 + DAY


@pytest.fixture
def stocked(home: Home) -> Home:
    """Return a home with 5 units on the shelf and 2 in the depot."""
    with home.unit() as unit:
        unit.ledger.append([event("in", "RECEIVED", 5), event("in2", "RECEIVED", 2, DEPOT)])
    return home


def counts(home: Home, *keys: object) -> list[tuple[int, int]]:
    with home.reading() as unit:
        rows = unit.ledger.rows(list(keys or (SHELF, DEPOT)))  # type: ignore[arg-type]
    return [(row.current, row.reserved) for row in rows.values()]


def clean(home: Home) -> bool:
    with home.reading() as unit:
        found = audit(unit.store)  # type: ignore[attr-defined]
    assert found.differences == ()
    return found.clean


def booked(home: Home) -> list[tuple[str, str, int, str | None]]:
    with home.reading() as unit:
        events = list(unit.store.all_events())  # type: ignore[attr-defined]
    return [(e.event_type.value, e.key.location_id, e.quantity, e.source) for e in events]


def fails_after(home: Home, work: Callable[[UnitOfWork], object]) -> None:
    """Let a unit of work fail when all its work is done."""

    def stumble() -> None:
        with home.unit() as unit:
            work(unit)
            raise RuntimeError("the desk stumbles")

    with pytest.raises(RuntimeError, match="the desk stumbles"):
        stumble()


def test_an_order_goes_its_way(stocked: Home) -> None:
    with stocked.unit() as unit:
        held = unit.ledger.reserve("o", [part("1", 3), part("2", 2, DEPOT, "k2")], at=T0, expires_at=LATER)
    assert (held.state, held.version, held.expires_at) == (OrderState.RESERVED, 1, LATER)
    assert counts(stocked) == [(5, 3), (2, 2)]
    with stocked.unit() as unit:
        assert unit.ledger.approve("o", at=T0, version=1).state is OrderState.FIRM
    with stocked.unit() as unit:
        sent = unit.ledger.hand_over("o", Selection(package_id="k2"), at=T0, version=2)
    assert (sent.reservation.state, sent.beyond) == (OrderState.PARTLY_HANDED_OVER, ())
    with stocked.unit() as unit:
        sent = unit.ledger.hand_over("o", Selection(lines={"1": 2}), at=T0)
    assert sent.reservation.state is OrderState.PARTLY_HANDED_OVER
    assert counts(stocked) == [(3, 1), (0, 0)]
    with stocked.unit() as unit:
        assert unit.ledger.cancel("o", at=T0).state is OrderState.HANDED_OVER  # what has left is on its way
    with stocked.unit() as unit:
        assert unit.ledger.deliver("o", at=T0).state is OrderState.DELIVERED
    with stocked.unit() as unit:
        back = unit.ledger.take_back("o", Selection(lines={"1": 1}), at=T0)
    assert [p.returned for p in back.parts] == [1, 0]
    assert counts(stocked) == [(4, 0), (0, 0)]
    assert clean(stocked)
    with stocked.reading() as unit:
        assert unit.ledger.order("o") == back


def test_only_what_is_there_can_be_held_and_a_refusal_books_nothing(stocked: Home) -> None:
    before = booked(stocked)
    with pytest.raises(NotEnoughStock) as refused, stocked.unit() as unit:
        unit.ledger.reserve("o", [part("1", 3), part("2", 3), part("3", 3, DEPOT)], at=T0, expires_at=LATER)
    assert refused.value.shortages == (
        Shortage(SHELF, "available", 6, 5),
        Shortage(DEPOT, "available", 3, 2),
    )
    assert booked(stocked) == before
    with stocked.reading() as unit:
        assert unit.ledger.order("o") is None


def test_a_hold_expires_and_approval_takes_the_same_again_if_it_can(stocked: Home) -> None:
    with stocked.unit() as unit:
        unit.ledger.reserve("o", [part("1", 4)], at=T0, expires_at=LATER)
        assert unit.ledger.expire(T0) == ()
    with stocked.unit() as unit:
        (gone,) = unit.ledger.expire(LATER)
        assert unit.ledger.expire(LATER) == ()
    assert (gone.state, gone.expires_at) == (OrderState.EXPIRED, None)
    assert booked(stocked)[-1] == ("RELEASED", "ana", 4, "expiry")
    with stocked.unit() as unit:
        assert unit.ledger.approve("o", at=LATER).state is OrderState.FIRM
    assert counts(stocked, SHELF) == [(5, 4)]
    with stocked.unit() as unit:
        unit.ledger.release("o", at=LATER)
        unit.ledger.reserve("other", [part("1", 2)], at=LATER, expires_at=None)
    with pytest.raises(NotEnoughStock, match="needs 4 available, has 3"), stocked.unit() as unit:
        unit.ledger.approve("o", at=LATER)
    with stocked.unit() as unit:  # the desk decides anew
        anew = unit.ledger.reserve("o", [part("1", 3), part("1", 1, DEPOT)], at=LATER, expires_at=None)
    assert (anew.state, [p.open for p in anew.parts]) == (OrderState.FIRM, [0, 3, 1])
    assert clean(stocked)


def test_expiry_takes_the_oldest_first_and_leaves_what_was_extended(stocked: Home) -> None:
    with stocked.unit() as unit:
        for name, days in (("b", 2), ("a", 2), ("c", 1), ("d", 1), ("e", 1)):
            unit.ledger.reserve(name, [part("1", 1)], at=T0, expires_at=T0 + days * DAY)
        unit.ledger.extend("d", T0 + 5 * DAY, at=T0)
        unit.ledger.approve("e", at=T0)
    with stocked.unit() as unit:
        assert [order.order_id for order in unit.ledger.expire(T0 + 2 * DAY, 2)] == ["c", "a"]
    fails_after(stocked, lambda unit: unit.ledger.expire(T0 + 2 * DAY))
    with stocked.unit() as unit:
        assert [order.order_id for order in unit.ledger.expire(T0 + 2 * DAY)] == ["b"]
    assert counts(stocked, SHELF) == [(5, 2)]
    assert clean(stocked)


def test_a_hand_over_beyond_stock_is_booked_and_told(stocked: Home) -> None:
    with stocked.unit() as unit:
        unit.ledger.reserve("o", [part("1", 4)], at=T0, expires_at=LATER)
        unit.ledger.expire(LATER)
        unit.ledger.reserve("other", [part("1", 3)], at=LATER, expires_at=None)
    with stocked.unit() as unit:
        sent = unit.ledger.hand_over("o", at=LATER)
    assert sent.beyond == (Shortage(SHELF, "available", 4, 2),)
    assert sent.reservation.state is OrderState.HANDED_OVER
    assert booked(stocked)[-3:] == [
        ("ADJUSTED", "ana", 2, "hand_over"),
        ("RESERVED", "ana", 4, "hand_over"),
        ("SHIPPED", "ana", 4, "order"),
    ]
    assert counts(stocked, SHELF) == [(3, 3)]  # the other order still has its units
    assert clean(stocked)


def test_rerouting_gives_back_and_takes_in_one_step(stocked: Home) -> None:
    with stocked.unit() as unit:
        unit.ledger.reserve("o", [part("1", 5)], at=T0, expires_at=LATER)
    with stocked.unit() as unit:
        moved = unit.ledger.reroute("o", [part("1", 3), part("1", 2, DEPOT, "k2")], at=T0, version=1)
    assert (moved.state, moved.expires_at) == (OrderState.RESERVED, LATER)
    assert [p.open for p in moved.parts] == [0, 3, 2]
    assert counts(stocked) == [(5, 3), (2, 2)]
    with pytest.raises(NotEnoughStock), stocked.unit() as unit:
        unit.ledger.reroute("o", [part("1", 6)], at=T0)
    assert counts(stocked) == [(5, 3), (2, 2)]
    assert clean(stocked)


def test_a_version_guards_against_what_was_not_seen(stocked: Home) -> None:
    with stocked.unit() as unit:
        unit.ledger.reserve("o", [part()], at=T0, expires_at=LATER)
        unit.ledger.extend("o", LATER + DAY, at=T0)
    with pytest.raises(VersionConflict, match="version 2, not 1"), stocked.unit() as unit:
        unit.ledger.cancel("o", at=T0, version=1)
    with pytest.raises(UnknownOrder), stocked.unit() as unit:
        unit.ledger.cancel("nobody", at=T0)
    with pytest.raises(WrongState), stocked.unit() as unit:
        unit.ledger.reserve("o", [part()], at=T0, expires_at=LATER)
    with pytest.raises(OrderExists), stocked.unit() as unit:
        unit.ledger.receive("o", T0)


def test_saying_again_what_is_so_changes_nothing(stocked: Home) -> None:
    with stocked.unit() as unit:
        assert unit.ledger.receive("o", T0).state is OrderState.RECEIVED
    with stocked.unit() as unit:
        firm = unit.ledger.reserve("o", [part()], at=T0, expires_at=None)
        assert (firm.state, firm.version) == (OrderState.FIRM, 2)
        assert unit.ledger.approve("o", at=LATER) == firm
        sent = unit.ledger.hand_over("o", at=T0).reservation
        assert unit.ledger.hand_over("o", at=LATER).reservation == sent
        assert unit.ledger.approve("o", at=LATER) == sent
        there = unit.ledger.deliver("o", at=T0)
        assert unit.ledger.deliver("o", at=LATER) == there


@pytest.mark.parametrize(
    ("verb", "selection", "why"),
    [
        ("hand_over", Selection(lines={"1": 3}), "line '1' has 2 of 3 units to hand over"),
        ("hand_over", Selection(lines={"9": 1, "8": 1}), "no line '9'; there is no line '8'"),
        ("release", Selection(package_id="k9"), "no package 'k9'"),
    ],
)
def test_more_than_there_is_cannot_be_chosen(
    stocked: Home, verb: str, selection: Selection, why: str
) -> None:
    with stocked.unit() as unit:
        unit.ledger.reserve("o", [part("1", 2)], at=T0, expires_at=None)
    with pytest.raises(BadInput, match=why), stocked.unit() as unit:
        getattr(unit.ledger, verb)("o", selection, at=T0)


def test_events_are_booked_once(stocked: Home) -> None:
    again = [event("in", "RECEIVED", 5), event("new", "DAMAGED", 1), event("new", "DAMAGED", 1)]
    with stocked.unit() as unit:
        told = unit.ledger.append([*again, event("in2", "RECEIVED", 9)])
    assert (told.booked, told.duplicates) == (1, 2)
    assert [(no.event.event_id, no.why) for no in told.refused] == [("in2", "another event has this id")]
    assert counts(stocked) == [(4, 0), (2, 0)]
    assert clean(stocked)


def test_an_event_that_cannot_be_is_refused_and_the_rest_booked(stocked: Home) -> None:
    with stocked.unit() as unit:
        unit.ledger.reserve("held", [part("1", 4)], at=T0, expires_at=None)
        told = unit.ledger.append(
            [
                event("1", "DAMAGED", 2),
                event("2", "RESERVED", 1, order_id="theirs"),
                event("3", "RELEASED", 2, order_id="theirs"),
                event("4", "RELEASED", 1, order_id="held"),
                event("5", "TRANSFER_OUT", 2, DEPOT),
                event("6", "TRANSFER_IN", 1),
            ]
        )
    assert told.booked == 3
    lacks = {no.event.event_id: no.shortage for no in told.refused}
    assert lacks == {
        "1": Shortage(SHELF, "available", 2, 1),
        "3": Shortage(SHELF, "reserved", 2, 1),
        "4": None,
    }
    assert counts(stocked, SHELF, DEPOT, SHELF.transit) == [(6, 5), (0, 0), (1, 0)]
    assert clean(stocked)


def test_a_shipment_from_outside_never_takes_what_is_held_for_others(stocked: Home) -> None:
    with stocked.unit() as unit:
        unit.ledger.reserve("held", [part("1", 4)], at=T0, expires_at=None)
        told = unit.ledger.append(
            [
                event("1", "RESERVED", 1, order_id="theirs"),
                event("2", "SHIPPED", 3, order_id="theirs"),
                event("3", "SHIPPED", 1),
            ]
        )
    assert (told.booked, told.refused) == (3, ())
    assert told.beyond == (Shortage(SHELF, "available", 3, 0), Shortage(SHELF, "available", 1, 0))
    assert counts(stocked, SHELF) == [(4, 4)]
    assert clean(stocked)


def test_settings_stand_beside_the_fold(stocked: Home) -> None:
    with stocked.unit() as unit:
        unit.ledger.configure(
            {SHELF: StockSettings(2, 7, 3.5, 40), SHELF._replace(product_id="rug"): StockSettings()}
        )
        unit.ledger.append([event("d", "DAMAGED", 1)])
    with stocked.reading() as unit:
        row = unit.ledger.rows([SHELF])[SHELF]
    assert row == StockRow(SHELF, 4, row.reserved, 2, 7, 3.5, row.updated_at, 40)
    assert clean(stocked)


def test_a_place_packs_no_more_than_its_limit_a_day(stocked: Home) -> None:
    monday, tuesday = date(2018, 4, 2), date(2018, 4, 3)
    with stocked.unit() as unit:
        unit.ledger.limit_packages({"ana": 2, "depot": 1})
        unit.ledger.reserve("a", [part("1", day=monday), part("2", day=monday)], at=T0, expires_at=LATER)
        unit.ledger.reserve("b", [part("1", day=monday)], at=T0, expires_at=LATER)
        assert unit.ledger.packages_left([("ana", monday), ("ana", tuesday), ("free", monday)]) == {
            ("ana", monday): 0,
            ("ana", tuesday): 2,
        }
    with (
        pytest.raises(CapacityFull, match="packs 0 more packages on 2018-04-02, not 1"),
        stocked.unit() as unit,
    ):
        unit.ledger.reserve("c", [part("1", day=monday)], at=T0, expires_at=LATER)
    assert counts(stocked, SHELF) == [(5, 3)]  # its stock was not taken either
    with stocked.unit() as unit:
        unit.ledger.cancel("b", at=T0)
        unit.ledger.hand_over("a", at=T0)
        unit.ledger.reserve("c", [part("1", day=monday)], at=T0, expires_at=LATER)
        unit.ledger.limit_packages({"ana": None})
        unit.ledger.reserve("d", [part("1", day=monday)], at=T0, expires_at=LATER)
        assert unit.ledger.packages_left([("ana", monday)]) == {}
    with pytest.raises(BadInput, match="depot"), stocked.unit() as unit:
        unit.ledger.limit_packages({"depot": -1})


def test_a_unit_of_work_that_fails_leaves_nothing(stocked: Home) -> None:
    before = booked(stocked)

    def work(unit: UnitOfWork) -> None:
        unit.ledger.reserve("o", [part()], at=T0, expires_at=LATER)
        unit.ledger.limit_packages({"ana": 1})
        unit.ledger.configure({SHELF: StockSettings(1)})
        unit.answers.keep("oms", "key", Answer("sha", 200, "{}"), T0)
        unit.decisions.add("d", "o", T0, {})

    fails_after(stocked, work)
    assert booked(stocked) == before
    with stocked.unit() as unit:
        assert unit.ledger.order("o") is None
        assert unit.ledger.packages_left([("ana", date(2018, 4, 2))]) == {}
        assert unit.ledger.rows([SHELF])[SHELF].safety_stock is None
        assert unit.answers.claim("oms", "key", "sha") is None
        assert unit.decisions.get("d") is None


def test_whoever_catches_a_refusal_may_go_on_in_the_same_unit(stocked: Home) -> None:
    monday = date(2018, 4, 2)
    with stocked.unit() as unit:
        unit.ledger.limit_packages({"ana": 0})
        with pytest.raises(CapacityFull):
            unit.ledger.reserve("o", [part("1", 3, day=monday)], at=T0, expires_at=LATER)
        with pytest.raises(NotEnoughStock):
            unit.ledger.reserve("o", [part("1", 3), part("2", 9, DEPOT)], at=T0, expires_at=LATER)
        with pytest.raises(BadInput):
            unit.ledger.reserve("o", [], at=T0, expires_at=LATER)
        unit.ledger.reserve("o", [part("1", 2, DEPOT)], at=T0, expires_at=LATER)
    assert counts(stocked) == [(5, 0), (2, 2)]
    assert clean(stocked)


def test_an_idempotency_key_repeats_its_answer(home: Home) -> None:
    answer = Answer("sha-1", 201, '{"order_id": "o"}')
    with home.unit() as unit:
        assert unit.answers.claim("oms", "key", "sha-1") is None
        unit.answers.keep("oms", "key", answer, T0)
    with home.unit() as unit:
        assert unit.answers.claim("oms", "key", "sha-1") == answer
        assert unit.answers.claim("shop", "key", "sha-2") is None  # each client has its own keys
    with pytest.raises(KeyReused), home.unit() as unit:
        unit.answers.claim("oms", "key", "sha-2")
    with home.unit() as unit:
        assert unit.answers.forget(T0) == 0
        assert unit.answers.forget(LATER) == 1
        assert unit.answers.claim("oms", "key", "sha-2") is None


def test_decisions_are_kept_as_they_were_made(home: Home) -> None:
    record: dict[str, object] = {"policy": "priced", "lines": [{"b": 1, "a": [1.5, None]}], "ü": "é"}
    with home.unit() as unit:
        unit.decisions.add("d2", "o", T0, record)
        unit.decisions.add("d1", "o", LATER, {})
        unit.decisions.add("d3", "other", T0, {})
    with pytest.raises(BadInput, match="d1"), home.unit() as unit:
        unit.decisions.add("d1", "o", T0, record)
    with home.reading() as unit:
        assert unit.decisions.get("d2") == record
        assert list(unit.decisions.get("d2") or {}) == list(record)
        assert unit.decisions.of_order("o") == (record, {})
        assert unit.decisions.get("nothing") is None


def test_new_parts_are_whole_and_last(home: Home) -> None:
    with pytest.raises(BadInput, match="nothing to hold"), home.unit() as unit:
        unit.ledger.reserve("o", [], at=T0, expires_at=LATER)
    with pytest.raises(BadInput, match="over already"), home.unit() as unit:
        unit.ledger.reserve("o", [part()], at=LATER, expires_at=T0)
    with pytest.raises(BadInput, match="time zone"), home.unit() as unit:
        unit.ledger.reserve("o", [part()], at=T0.replace(tzinfo=None), expires_at=LATER)
    with pytest.raises(BadInput, match="open as a whole"), home.unit() as unit:
        unit.ledger.reserve("o", [part(quantity=2, handed=1)], at=T0, expires_at=LATER)
    for wrong in ({"quantity": 0}, {"released": 2}, {"delivered": 1}):
        with pytest.raises(BadInput, match="do not add up"):
            part(**wrong)
    for strange in ({"package_id": "k", "lines": {"1": 1}}, {"lines": {}}, {"lines": {"1": 0}}):
        with pytest.raises(BadInput, match="Name"):
            Selection(**strange)  # type: ignore[arg-type]


def test_every_event_type_is_stored_as_it_came(home: Home) -> None:
    told = [event("in", "RECEIVED", 50, at=T0 + DAY / 7)]
    told += [event("held", "RESERVED", 2, order_id="x")]
    told += [event(kind.lower(), kind, 1, order_id="x") for kind in EventType if kind != "RECEIVED"]
    with home.unit() as unit:
        assert unit.ledger.append(told).refused == ()
    with home.reading() as unit:
        assert list(unit.store.all_events()) == told  # type: ignore[attr-defined]
