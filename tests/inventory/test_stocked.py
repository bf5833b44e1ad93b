"""Where the ledger has units of a product, and how many packages its places pack, in every home."""

from __future__ import annotations

import pytest

from inventory.events import TRANSIT, StockKey
from inventory.ledger import CapacityFull, Home
from inventory.reservations import Selection
from inventory.stock import Units
from tests.inventory.make import DAY, DEPOT, SHELF, T0, event, part

TODAY = T0.date()
OTHER = StockKey("chair", "ana", "ana")


def places(home: Home, *product_ids: str) -> dict[str, tuple[str, ...]]:
    with home.reading() as unit:
        return unit.ledger.places(product_ids)


def test_places_are_sources_with_units(home: Home) -> None:
    with home.unit() as unit:
        unit.ledger.append([event("1", "RECEIVED", 5), event("2", "RECEIVED", 2, DEPOT)])
        unit.ledger.append([event("3", "RECEIVED", 1, StockKey("lamp", "bia", "depot"))])
        unit.ledger.append([event("4", "RECEIVED", 1, OTHER)])
    lamps = ("seller:ana", "warehouse:depot:ana", "warehouse:depot:bia")
    assert places(home, "lamp", "chair", "bed") == {"lamp": lamps, "chair": ("seller:ana",), "bed": ()}
    assert places(home) == {}


def test_units_are_told_by_place_in_order_of_the_keys(home: Home) -> None:
    bias = StockKey("lamp", "bia", "depot")
    with home.unit() as unit:
        unit.ledger.append([event("1", "RECEIVED", 5), event("2", "RECEIVED", 2, OTHER)])
        unit.ledger.append([event("3", "RECEIVED", 4, bias), event("4", "TRANSFER_OUT", 1)])
        unit.ledger.reserve("o", [part("1", 3)], at=T0, expires_at=None)
        told = {OTHER: Units(2, 0), SHELF: Units(4, 3), bias: Units(4, 0)}
        for lock in (False, True):  # what waits to be written counts, and so does what was read under lock
            found = unit.ledger.units(["lamp", "bed", "chair"], lock=lock)
            assert list(found.items()) == list(told.items())
    assert told[SHELF].available == 1
    with home.reading() as unit:
        assert unit.ledger.units(["lamp"]) == {key: told[key] for key in (SHELF, bias)}
        assert unit.ledger.units([]) == {}


def test_what_was_read_under_lock_by_product_can_be_held(home: Home) -> None:
    with home.unit() as unit:
        unit.ledger.append([event("1", "RECEIVED", 5)])
    with home.unit() as unit:
        assert unit.ledger.units(["lamp"], lock=True) == {SHELF: Units(5, 0)}
        unit.ledger.reserve("o", [part("1", 3)], at=T0, expires_at=None)
        assert unit.ledger.units(["lamp"], lock=True) == {SHELF: Units(5, 3)}
        assert unit.ledger.rows([SHELF])[SHELF].updated_at == T0
    assert counted(home) == Units(5, 3)


def counted(home: Home) -> Units:
    with home.reading() as unit:
        return unit.ledger.units(["lamp"])[SHELF]


def test_a_limit_set_in_the_same_unit_counts_after_a_look_at_the_stock(home: Home) -> None:
    with home.unit() as unit:
        assert unit.ledger.units(["lamp"]) == {}
        assert unit.ledger.packages_left([("ana", TODAY)]) == {}
        unit.ledger.limit_packages({"ana": 2})
        assert unit.ledger.packages_left([("ana", TODAY)]) == {("ana", TODAY): 2}


def test_a_place_counts_while_units_lie_there_promised_or_not(home: Home) -> None:
    with home.unit() as unit:
        unit.ledger.append([event("1", "RECEIVED", 2)])
        unit.ledger.reserve("o", [part("1", 2)], at=T0, expires_at=None)
    assert places(home, "lamp") == {"lamp": ("seller:ana",)}
    with home.unit() as unit:
        unit.ledger.hand_over("o", at=T0)
        assert unit.ledger.places(["lamp"]) == {"lamp": ()}
    assert places(home, "lamp") == {"lamp": ()}


def test_units_in_transit_lie_nowhere(home: Home) -> None:
    with home.unit() as unit:
        unit.ledger.append([event("1", "RECEIVED", 2), event("2", "TRANSFER_OUT", 2)])
        assert unit.ledger.rows([SHELF.transit])[SHELF.transit].current == 2
    assert SHELF.transit.location_id == TRANSIT
    assert places(home, "lamp") == {"lamp": ()}


def test_what_is_undone_was_never_there(home: Home) -> None:
    def receive() -> None:
        with home.unit() as unit:
            unit.ledger.append([event("1", "RECEIVED", 2)])
            assert unit.ledger.places(["lamp"]) == {"lamp": ("seller:ana",)}
            raise RuntimeError("the desk stumbles")

    with pytest.raises(RuntimeError, match="stumbles"):
        receive()
    assert places(home, "lamp") == {"lamp": ()}


def test_a_source_leads_to_its_place_and_back() -> None:
    for key in (SHELF, DEPOT):
        assert StockKey.of_source(key.product_id, key.source_id) == key


def test_limits_are_set_lifted_and_shown(home: Home) -> None:
    with home.unit() as unit:
        unit.ledger.limit_packages({"depot": 3, "ana": 0})
        unit.ledger.limit_packages({"ana": None, "attic": 7})
    with home.reading() as unit:
        assert unit.ledger.package_limits() == {"attic": 7, "depot": 3}


def test_over_its_limit_a_place_packs_only_what_may_be(home: Home) -> None:
    first, second = (part("1", 1, package=name, day=TODAY) for name in ("k1", "k2"))
    with home.unit() as unit:
        unit.ledger.append([event("1", "RECEIVED", 9)])
        unit.ledger.limit_packages({"ana": 1})
        unit.ledger.reserve("o1", [first], at=T0, expires_at=T0 + DAY)
    with home.unit() as unit:
        with pytest.raises(CapacityFull):
            unit.ledger.reserve("o2", [second], at=T0, expires_at=T0 + DAY)
        unit.ledger.reserve("o2", [second], at=T0, expires_at=T0 + DAY, over_limit=True)
    with home.unit() as unit:
        assert unit.ledger.packages_left([("ana", TODAY)]) == {("ana", TODAY): 0}
        unit.ledger.release("o1", at=T0)
        assert unit.ledger.packages_left([("ana", TODAY)]) == {("ana", TODAY): 0}
        unit.ledger.release("o2", at=T0)
        assert unit.ledger.packages_left([("ana", TODAY)]) == {("ana", TODAY): 1}


def test_another_way_may_go_over_a_limit_too(home: Home) -> None:
    parts = [part("1", 1, package="k1", day=TODAY)]
    others = [part("1", 1, DEPOT, "k2", day=TODAY)]
    with home.unit() as unit:
        unit.ledger.append([event("1", "RECEIVED", 1), event("2", "RECEIVED", 1, DEPOT)])
        unit.ledger.limit_packages({"depot": 0})
        unit.ledger.reserve("o", parts, at=T0, expires_at=None)
    with home.unit() as unit:
        with pytest.raises(CapacityFull):
            unit.ledger.reroute("o", others, Selection(), at=T0)
        moved = unit.ledger.reroute("o", others, Selection(), at=T0, over_limit=True)
    assert [one.key for one in moved.parts if one.open] == [DEPOT]
