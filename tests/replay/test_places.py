"""Sources that only the ledger knows: units that came since the snapshot."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from inventory.reservations import WHOLE
from replay.again import Wanted, reroute
from replay.decision import Served
from tests.replay.market import CHEAP, FREE, FRIDAY, NEAR, REMOTE, Setting, reasons, routes


def test_units_that_came_since_are_a_source_of_their_own() -> None:
    source = "warehouse:w0:s02"
    wanted = Setting(stock={("p00", source): 5}, lines={"l0": {"exclude": ("seller:s00",)}})
    assert routes(wanted.decide())["l0"] == {(source, CHEAP)}  # w0 lies beside the customer, s02 does not
    without = replace(wanted, stock={})
    assert routes(without.decide())["l0"] == {REMOTE}
    assert source not in without.case().options.source_ids


def test_a_source_that_the_ledger_knows_for_one_product_is_no_source_of_another() -> None:
    case = Setting(stock={("p00", "warehouse:w0:s02"): 5}).case()
    column = case.options.source_ids.index("warehouse:w0:s02")
    assert case.options.candidate[:, case.options.source == column].any(axis=1).tolist() == [True, False]


def test_a_lapsed_offer_stays_lapsed_though_units_lie_there() -> None:
    later = Setting(at=FRIDAY + timedelta(days=200))
    decision = later.decide()
    assert decision.served is Served.UNSERVED
    assert list(reasons(decision, "l0", NEAR)) == ["offer_lapsed"]


def test_where_the_network_knows_no_place_the_units_are_left_out_and_named() -> None:
    strange = Setting(stock={("p00", "warehouse:attic:s02"): 5, ("p00", "seller:stranger"): 5})
    decision = strange.decide()
    assert routes(decision) == FREE
    assert decision.left_out == ("seller:stranger", "warehouse:attic:s02")
    assert decision.to_dict()["left_out"] == ["seller:stranger", "warehouse:attic:s02"]
    assert Setting().decide().left_out == ()


def test_an_order_that_is_decided_again_keeps_its_place_in_sight() -> None:
    """The last unit of a source that only the ledger knows is held by the order itself, and still a way."""
    source = "warehouse:w0:s02"
    setting = Setting(stock={("p00", source): 1}, lines={"l0": {"pin": (source,)}})
    home, wanted = setting.shelves(), Wanted("o1", setting.question, setting.at, setting.at)
    with home.unit() as unit:
        done = setting.desk.commit(unit, setting.question(), setting.at, None)
        assert routes(done.decision)["l0"] == {(source, CHEAP)}
        again = reroute(setting.desk, unit, wanted, WHOLE)
    assert (again.reservation, again.decision) == (done.reservation, None)
