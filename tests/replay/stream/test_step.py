"""The fate of every event: played, late, early, repeated, refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from graph.days import start_of
from graph.model import UNDELIVERED_DAYS, UNHANDED_DAYS
from graph.tables import SCHEMAS
from inventory.events import StockKey
from inventory.stock import StockSettings
from replay.stream.events import Event, event_id, tick
from replay.stream.learner import Learner
from replay.stream.open_orders import DONE_DAYS, LOST_DAYS
from replay.stream.orders import Package
from replay.stream.reference import Reference
from replay.stream.state import Output, State
from replay.stream.step import step
from replay.stream.stock import KEPT_DAYS
from tests.replay.stream.conftest import QUICK
from tests.replay.stream.watchers import Tally

DAY = 86_400
NOON = start_of(17_500) + DAY // 2
KEY = {"product_id": "p1", "seller_id": "s1", "location_id": "s1"}


def row(table: str, **values: Any) -> pl.DataFrame:
    return pl.concat([SCHEMAS[table].empty(), pl.DataFrame([values])], how="diagonal_relaxed")


@pytest.fixture(scope="module")
def reference() -> Reference:
    nodes = {name: schema.empty() for name, schema in SCHEMAS.items()}
    zips = [
        row("zip_prefixes", zip_prefix=zip_prefix, lat=lat, lng=-46.0, state=state, region=zip_prefix[:3])
        for zip_prefix, lat, state in (("01000", -23.0, "SP"), ("02000", -23.5, "SP"), ("20000", -22.0, "RJ"))
    ]
    nodes |= {
        "zip_prefixes": pl.concat(zips),
        "regions": pl.concat([row("regions", region=name) for name in ("010", "020", "200")]),
        "categories": pl.concat([row("categories", category=name) for name in ("art", "toys")]),
        "products": pl.concat(
            [
                row("products", product_id="p1", category="toys", weight_g=500.0, volume_cm3=None),
                row("products", product_id="p2", category="art", weight_g=None, volume_cm3=8.0),
            ]
        ),
        "sellers": pl.concat([row("sellers", seller_id=name, zip_prefix="01000") for name in ("s1", "s2")]),
        "warehouses": row("warehouses", warehouse_id="w1", zip_prefix="20000"),
        "carriers": pl.concat([row("carriers", carrier_id=name) for name in ("fast", "slow")]),
    }
    return Reference.of(nodes)


@pytest.fixture
def state(reference: Reference) -> State:
    return State.start(reference, QUICK)


def event(kind: str, time_s: int, part: str = "", subject: str = "o1", **data: Any) -> Event:
    return Event(event_id(kind, subject, part, data), kind, time_s, subject, part, data)


def bought(time_s: int = NOON, line: str = "1", subject: str = "o1", **data: Any) -> Event:
    told = {
        "product_id": "p1",
        "seller_id": "s1",
        "zip_prefix": "02000",
        "price_cents": 900,
        "freight_cents": 100,
    }
    return event("OrderPurchased", time_s, line, subject, **{**told, "promised_s": time_s + 9 * DAY, **data})


def play(state: State, *events: Event) -> list[Output]:
    outputs: list[Output] = []
    for one in events:
        same, more = step(state, one)
        assert same is state
        outputs += more
    return outputs


def midnight(days: int) -> Event:
    return tick(start_of(17_500 + days))


def learned(learner: Learner, name: str) -> list[Any]:
    values: list[Any] = learner.journeys[name].tolist()
    return values


def test_a_package_from_purchase_to_delivery(state: State) -> None:
    play(
        state,
        bought(),
        bought(line="2", product_id="p2", price_cents=950),
        event("PaymentRegistered", NOON, "1", payment_type="voucher", value_cents=10),
        event("PaymentRegistered", NOON, "2", payment_type="boleto", value_cents=10),
        midnight(1),
        event("OrderApproved", NOON + DAY, "1", shipping_limit_s=NOON + 4 * DAY),
        event("OrderApproved", NOON + DAY, "2", shipping_limit_s=NOON + 5 * DAY),
        event("HandedToCarrier", NOON + DAY + 60, "s1", carrier_id="slow", warehouse_id="w1"),
        midnight(2),
        midnight(3),
        event("Delivered", NOON + 3 * DAY, "s1", carrier_id="slow", warehouse_id="w1"),
        midnight(4),
    )
    learner, told = state.learner, state.reference
    assert not state.orders.open
    assert learned(learner, "n_lines") == [2]
    assert learned(learner, "weight_g") == [500.0]
    assert learned(learner, "volume_cm3") == [8.0]
    assert learned(learner, "price_cents") == [1850.0]
    assert [told.categories[code] for code in learned(learner, "category")] == ["art"]
    assert learned(learner, "payment_type") == [told.payment["boleto"]]
    assert [told.carriers[code] for code in learned(learner, "carrier")] == ["slow"]
    assert [told.states[code] for code in learned(learner, "origin_state")] == ["RJ"]
    assert learned(learner, "shipping_limit_s") == [NOON + 5 * DAY]
    assert learned(learner, "handling_days") == [60 / DAY]
    assert learned(learner, "total_days") == [3.0]
    assert learner.day == 17_504
    assert set(state.counts) == {
        "OrderPurchased",
        "PaymentRegistered",
        "OrderApproved",
        "HandedToCarrier",
        "Delivered",
        "Tick",
    }


def test_a_late_event_is_played_as_of_the_clock(state: State) -> None:
    play(state, bought(), midnight(1), midnight(2))
    [late] = play(state, event("HandedToCarrier", NOON + 60, "s1", carrier_id="fast"))
    assert (late.kind, late.data["late_s"]) == ("late", start_of(17_502) - NOON - 60)
    play(state, midnight(3))
    assert learned(state.learner, "handed_s") == [start_of(17_502)]
    assert state.windows.read("all", 1, 17_502)["handed"] == []
    assert state.windows.read("all", 1, 17_503)["handed"] == [1]
    assert state.counts["late"] == 1


def test_what_is_told_again_changes_nothing(state: State) -> None:
    handed = event("HandedToCarrier", NOON + 60, "s1", carrier_id="fast")
    play(state, bought(), event("OrderApproved", NOON + 5, "1"), handed)
    again = event("HandedToCarrier", NOON + 90, "s1", carrier_id="slow", warehouse_id="w1")
    play(state, again, event("OrderApproved", NOON + 90, "1"), event("Delivered", NOON + 99, "nobody"))
    assert state.counts["repeated"] == 3
    play(state, midnight(1), midnight(1))
    assert state.counts["repeated"] == 4
    assert learned(state.learner, "handed_s") == [NOON + 60]
    play(state, bought(line="7"))  # a line told after its package has been forecast
    assert state.counts["repeated"] == 5


def test_an_event_before_its_purchase_waits_for_it(state: State) -> None:
    play(state, event("HandedToCarrier", NOON - 9, "s1", carrier_id="fast"), bought())
    assert state.counts["early"] == 1
    play(state, midnight(1))
    assert not state.orders.early
    assert learned(state.learner, "handed_s") == [NOON - 9]


def test_orders_nobody_waits_for_any_more_are_lost_but_not_forgotten(state: State) -> None:
    play(state, bought(), midnight(1))
    sent = Event("x", "OrderPurchased", NOON + DAY, "o2", "1", bought().data)
    handed = Event("y", "HandedToCarrier", NOON + 2 * DAY, "o2", "s1", {"carrier_id": "fast"})
    empty = Event("z", "OrderPurchased", NOON + DAY, "o3", "0", {"zip_prefix": "20000"})
    play(state, sent, empty, midnight(2), handed, *(midnight(day) for day in range(3, UNHANDED_DAYS + 3)))
    assert list(state.orders.open) == ["o2"]
    assert list(state.orders.lost) == ["o1"]
    last = (NOON - start_of(17_500)) // DAY + UNDELIVERED_DAYS + 4
    play(state, *(midnight(day) for day in range(UNHANDED_DAYS + 3, last)))
    assert not state.orders.open
    arrived = Event("d", "Delivered", start_of(17_500 + last), "o2", "s1", {"carrier_id": "fast"})
    play(state, arrived, midnight(last + 1))
    assert list(state.orders.lost) == ["o1"]
    assert np.isfinite(learned(state.learner, "total_days")[1])


def test_a_package_is_lost_once_its_days_are_over() -> None:
    package = Package("s1", 0, 0)
    last = NOON + UNHANDED_DAYS * DAY
    assert (package.lost(NOON, last), package.lost(NOON, last + 1)) == (False, True)
    package.handed_s = last
    last += UNDELIVERED_DAYS * DAY
    assert (package.lost(NOON, last), package.lost(NOON, last + 1)) == (False, True)
    package.delivered_s = last + 2
    assert not package.lost(NOON, last + 3)


def test_what_is_told_of_a_done_order_is_repeated(state: State) -> None:
    handed = event("HandedToCarrier", NOON + 60, "s1", carrier_id="fast")
    done = (bought(), handed, event("Delivered", NOON + DAY, "s1", carrier_id="fast"))
    play(state, *done, midnight(2))
    assert not state.orders.open
    play(state, event("OrderApproved", NOON + 2 * DAY, "1"), bought(line="2"), midnight(3))
    assert state.counts["repeated"] == 2
    assert not state.orders.open
    assert not state.orders.early
    again = State.restore(state.save(), state.reference)
    assert again.orders.done == state.orders.done == {"o1": start_of(17_502)}
    play(state, midnight(2 + DONE_DAYS))
    assert state.orders.done
    play(state, midnight(3 + DONE_DAYS))
    assert not state.orders.done


def test_nothing_waits_for_ever(state: State) -> None:
    play(state, bought(), event("OrderApproved", NOON, "1", subject="never"), midnight(1))
    play(state, midnight(DONE_DAYS))
    assert set(state.orders.early) == {"never"}
    assert set(state.orders.lost) == {"o1"}
    play(state, midnight(DONE_DAYS + 1), midnight(LOST_DAYS))
    assert not state.orders.early
    assert set(state.orders.lost) == {"o1"}
    play(state, midnight(LOST_DAYS + 1))
    assert not state.orders.lost
    play(state, event("OrderApproved", NOON + LOST_DAYS * DAY, "1"), midnight(LOST_DAYS + 2))
    assert state.counts["early"] == 2


def test_an_order_without_lines_counts_and_teaches_nothing(state: State) -> None:
    play(state, event("OrderPurchased", NOON, "0", zip_prefix="20000"), midnight(1))
    rows = state.windows.read("state", 1, 17_501)
    assert (rows["key"], rows["orders"], rows["packages"]) == (["RJ"], [1], [0])
    assert len(state.learner.journeys) == 0
    assert state.learner.day is None


def test_names_that_nobody_knows_are_unknown(state: State) -> None:
    stranger = bought(product_id="p9", seller_id="s9", zip_prefix="99999")
    outputs = play(state, stranger, event("HandedToCarrier", NOON, "s9", carrier_id="new"), midnight(1))
    assert {output.kind for output in outputs} == {"day", "window"}
    assert state.windows.read("seller", 1, 17_501)["key"] == [""]
    assert [learned(state.learner, name) for name in ("seller", "carrier", "category", "dest_zip")] == [
        [-1]
    ] * 4
    assert np.isnan(learned(state.learner, "distance_km")[0])


def test_stock_is_folded_and_what_cannot_be_booked_is_refused(state: State) -> None:
    received = event(
        "StockMoved", NOON, subject="i1", event_type="RECEIVED", quantity=5, source="count", **KEY
    )
    taken = event("StockMoved", NOON + 1, subject="i2", event_type="DAMAGED", quantity=9, **KEY)
    outputs = play(state, received, taken)
    assert [(output.kind, output.data["event_id"]) for output in outputs] == [("refused", "StockMoved/i2")]
    with state.home.unit() as unit:
        unit.ledger.configure({StockKey(**KEY): StockSettings(reorder_point=3, order_up_to=8)})
        before = unit.ledger.rows([StockKey(**KEY)])
    again = State.restore(state.save(), state.reference)
    with again.home.reading() as unit:
        assert unit.ledger.rows([StockKey(**KEY)]) == before
    assert again.save() == state.save()


def test_old_stock_events_are_let_go_of_and_the_rows_stay(state: State) -> None:
    def stock(days: float, name: str, kind: str, units: int, order: str = "") -> Event:
        told = {"event_type": kind, "quantity": units, **KEY}
        return event("StockMoved", round(NOON + days * DAY), order, name, **told)

    play(
        state,
        stock(0, "i1", "RECEIVED", 9),
        stock(1, "i2", "RESERVED", 4, "o1"),
        stock(1, "i3", "RESERVED", 1, "o2"),
        stock(2, "i4", "SHIPPED", 1, "o2"),
        stock(2, "i5", "TRANSFER_OUT", 2),
        midnight(3),
    )
    days = 2 * KEPT_DAYS - 17_500 % KEPT_DAYS
    play(state, stock(days - 9, "i6", "SHIPPED", 1, "o1"))
    with state.home.reading() as unit:
        before = [*unit.store.all_rows()]
    play(state, midnight(days))
    with state.home.reading() as unit:
        assert [*unit.store.all_rows()] == before
        assert [(one.event_id[:2], one.quantity) for one in unit.store.all_events()] == [("he", 4), ("i6", 1)]
    again = State.restore(state.save(), state.reference)
    assert again.save() == state.save()
    for one in (state, again):  # three units are still held, and what was told a few days ago is known
        play(one, stock(days + 1, "i7", "SHIPPED", 3, "o1"), stock(days + 1, "i6", "SHIPPED", 1, "o1"))
        with one.home.reading() as unit:
            row = unit.ledger.rows([StockKey(**KEY)])[StockKey(**KEY)]
        assert (row.current, row.reserved) == (2, 0)


def test_a_tick_that_is_no_midnight_closes_no_day(reference: Reference) -> None:
    tally = Tally()
    state = State.start(reference, QUICK, [tally])
    outputs = play(state, bought(), tick(NOON + 3_600))
    assert [output.kind for output in outputs] == ["tally"]
    assert state.clock_s == NOON + 3_600
    assert {output.kind for output in play(state, midnight(1))} == {"day", "window", "tally"}


def test_midnights_that_nobody_ticked_are_made_up_for(reference: Reference) -> None:
    events = [
        bought(),
        event("OrderApproved", NOON + 5, "1"),
        bought(NOON + DAY, subject="o2"),
        event("HandedToCarrier", NOON + DAY, "s1", carrier_id="fast"),
        event("Delivered", NOON + 3 * DAY, "s1", carrier_id="fast"),
    ]
    ticked, left = State.start(reference, QUICK), State.start(reference, QUICK)
    days = [midnight(day) for day in range(1, 6)]
    played = play(ticked, *sorted([*events, *days], key=lambda one: one.order))
    assert [one.time_s for one in played if one.kind == "day"] == [one.time_s for one in days]
    tables = [one for one in play(left, *events, days[-1]) if one.kind == "window"]
    assert tables == [one for one in played if one.kind == "window"]
    for name, column in ticked.learner.save().items():
        np.testing.assert_array_equal(column, left.learner.save()[name], name)


def test_a_state_comes_back_in_the_middle_of_a_day(reference: Reference) -> None:
    events = [
        bought(),
        event("HandedToCarrier", NOON - 9, "s1", subject="o7", carrier_id="fast"),
        event("OrderApproved", NOON + 5, "1"),
        event("HandedToCarrier", NOON + 60, "s1", carrier_id="fast"),
        event("Delivered", NOON + 70, "s1", carrier_id="fast"),
        midnight(1),
        midnight(2),
    ]
    whole, tally = State.start(reference, QUICK, [Tally()]), Tally()
    outputs = play(whole, *events)
    state, told = State.start(reference, QUICK, [tally]), list[Output]()
    for one in events:
        told += play(state, one)
        state = State.restore(state.save(), reference, [Tally()])
    assert told == outputs
    assert state.save() == whole.save()


def test_the_digest_names_everything(state: State) -> None:
    digests = {state.digest}
    steps = (bought(), event("Reviewed", NOON, "r1", score=5), midnight(1))
    for one in steps:
        play(state, one)
        digests.add(state.digest)
    assert len(digests) == 1 + len(steps)
