from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import BadInput
from inventory.events import EFFECTS, TRANSIT, EventType, StockEvent, StockKey
from inventory.stock import Fold, NotEnoughStock, StockRow, StockSettings, apply, fold
from tests.inventory.make import DEPOT, SHELF, T0, event

AFTER = {  # of a row with 5 units, 2 of them reserved, after an event of 2 units
    "RECEIVED": (7, 2),
    "RESERVED": (5, 4),
    "RELEASED": (5, 0),
    "SHIPPED": (3, 0),
    "RETURNED": (7, 2),
    "DAMAGED": (3, 2),
    "ADJUSTED": (7, 2),
    "REORDERED": (5, 2),
    "TRANSFER_OUT": (3, 2),
    "TRANSFER_IN": (7, 2),
}


@pytest.mark.parametrize("kind", list(EventType))
def test_every_event_type_moves_what_it_says(kind: EventType) -> None:
    row = apply(StockRow(SHELF, 5, 2, safety_stock=9), event("e", kind, 2))
    assert (row.current, row.reserved) == AFTER[kind]
    assert row.available == row.current - row.reserved
    assert row.safety_stock == 9  # a setting, not folded
    assert row.updated_at == T0


@pytest.mark.parametrize(
    ("kind", "quantity", "lacks"),
    [
        ("RESERVED", 4, ("available", 4, 3)),
        ("RELEASED", 3, ("reserved", 3, 2)),
        ("SHIPPED", 3, ("reserved", 3, 2)),
        ("DAMAGED", 4, ("available", 4, 3)),
        ("ADJUSTED", -4, ("available", 4, 3)),
        ("TRANSFER_OUT", 4, ("available", 4, 3)),
    ],
)
def test_what_is_not_there_cannot_be_taken(kind: str, quantity: int, lacks: tuple[str, int, int]) -> None:
    with pytest.raises(NotEnoughStock) as refused:
        apply(StockRow(SHELF, 5, 2), event("e", kind, quantity))
    short = refused.value.shortages[0]
    assert (short.kind, short.needed, short.available) == lacks
    assert short.key == SHELF


def test_stock_between_two_places_is_in_transit() -> None:
    moved = fold([event("1", "RECEIVED", 5), event("2", "TRANSFER_OUT", 3)])
    assert {key: row.current for key, row in moved.items()} == {SHELF: 2, SHELF.transit: 3}
    there = Fold(moved)
    with pytest.raises(NotEnoughStock, match="needs 4 in transit, has 3"):
        there.play(event("3", "TRANSFER_IN", 4, DEPOT))
    assert DEPOT not in there.changed  # neither of the two rows has moved
    there.play(event("3", "TRANSFER_IN", 2, DEPOT))
    assert {key: row.current for key, row in there.rows.items()} == {SHELF: 2, SHELF.transit: 1, DEPOT: 2}


@given(st.lists(st.tuples(st.sampled_from(EventType), st.integers(0, 4), st.booleans()), max_size=40))
def test_no_sequence_of_events_goes_below_zero_and_transfers_lose_nothing(
    told: list[tuple[EventType, int, bool]],
) -> None:
    played, entered = Fold({}), 0
    for i, (kind, quantity, depot) in enumerate(told):
        one = event(str(i), kind, quantity, DEPOT if depot else SHELF)
        try:
            played.play(one)
        except NotEnoughStock:
            continue
        entered += EFFECTS[kind].current * quantity + EFFECTS[kind].in_transit * quantity
    assert all(row.reserved >= 0 and row.available >= 0 for row in played.rows.values())
    assert sum(row.current for row in played.rows.values()) == entered


def test_an_event_of_another_place_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="not of"):
        apply(StockRow(DEPOT), event("e", "RECEIVED", 1))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"event_type": EventType.DAMAGED, "quantity": -1}, "-1 units"),
        ({"quantity": 2**53}, "beyond any count"),
        ({"at": datetime(2018, 4, 1)}, "time zone"),  # noqa: DTZ001
        ({"key": StockKey("lamp", "ana", TRANSIT)}, "no place"),
    ],
)
def test_contradictory_events_are_refused(fields: dict[str, object], why: str) -> None:
    good = {"event_id": "e", "key": SHELF, "event_type": EventType.RECEIVED, "quantity": 1, "at": T0}
    with pytest.raises(BadInput, match=why):
        StockEvent(**good | fields)  # type: ignore[arg-type]


def test_a_source_keeps_its_stock_at_one_place() -> None:
    assert StockKey.of_source("lamp", "seller:ana") == SHELF
    assert StockKey.of_source("lamp", "warehouse:depot:ana") == DEPOT
    for wrong in ("ana", "seller:", "warehouse:depot", "warehouse::ana", "shop:ana"):
        with pytest.raises(BadInput, match="is no source"):
            StockKey.of_source("lamp", wrong)


def test_settings_are_not_negative() -> None:
    with pytest.raises(BadInput, match="safety_stock, lead_time_days"):
        StockSettings(safety_stock=-1, reorder_point=0, lead_time_days=float("nan"))
    with pytest.raises(BadInput, match="order_up_to"):
        StockSettings(order_up_to=-1)


def test_a_place_is_due_by_what_is_there_and_on_order() -> None:
    row = StockRow(SHELF, 12, 2).configured(StockSettings(3, 10, 7.0, 40))
    assert row.is_low
    assert [row.is_due(on_order) for on_order in (0, 1)] == [True, False]
    assert [row.refill(on_order) for on_order in (0, 5, 29, 40)] == [30, 25, 1, 0]
    nowhere = StockRow(SHELF)
    assert (nowhere.is_low, nowhere.is_due(0), nowhere.refill()) == (False, False, 0)


@given(
    st.integers(0, 20),
    st.integers(0, 20),
    st.none() | st.integers(0, 20),
    st.none() | st.integers(0, 40),
    st.none() | st.floats(0.0, 50.0),
)
def test_what_was_ordered_is_enough(
    there: int, point: int, safety: int | None, full: int | None, days: float | None
) -> None:
    """Whatever the settings, one order brings a place above its point: or workers would order for ever."""
    row = StockRow(SHELF, there).configured(StockSettings(safety, point, days, full))
    if row.is_due(0):
        assert 0 < row.refill() <= 30 * 24 * point + 60
        assert not row.is_due(row.refill())
