"""What a carrier's calendar does to an order at the desk when it is neither hard nor at a price."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from optimizer.words import Constraint, Heed, Term
from replay.decision import Served
from tests.replay.market import FREE, FRIDAY, HARD, LATE, NEAR, SATURDAY, SURE, Setting, reasons, routes

OFF = {"cut_off": "off", "pickup_day": "off"}


@pytest.mark.parametrize(
    ("at", "days"), [(FRIDAY, 0), (LATE, 3), (SATURDAY, 2), (SATURDAY + timedelta(days=2), 0)]
)
def test_a_day_of_waiting_costs_as_much_as_a_day_under_way(at: datetime, days: int) -> None:
    calendar = {"cut_off_hour": 15, "pickup_weekdays": "12345"}
    waits = Setting(carrier=calendar, costs={"time_cents_per_day": 1_000}, at=at)
    case, plain = waits.case(), replace(waits, limits=OFF).case()
    cheap = case.options.carrier == 0
    added = (case.problem.part_terms[Term.TIME] - plain.problem.part_terms[Term.TIME])[0]
    assert np.abs(added - np.where(cheap, 1_000 * days, 0)).max() <= 1  # each is rounded to whole cents
    assert not case.problem.blocks
    assert plain.waits.days is None
    assert case.waits.days is not None
    assert case.waits.days.tolist() == np.where(cheap, days, 0).tolist()


def test_waiting_is_weighed_against_what_the_other_carrier_costs() -> None:
    calendar = Setting(carrier={"pickup_weekdays": "1"}, at=SATURDAY)
    assert routes(calendar.decide()) == FREE
    hurried = replace(calendar, costs={"time_cents_per_day": 10_000}).decide()
    assert {route[1] for found in routes(hurried).values() for route in found if route} == {SURE}
    assert {package["wait_days"] for package in hurried.to_dict()["packages"]} == {0.0}
    assert {package["wait_days"] for package in calendar.decide().to_dict()["packages"]} == {2.0}


def test_what_is_missed_twice_is_told_twice() -> None:
    calendar = {"cut_off_hour": 15, "pickup_weekdays": "12345"}
    sunday = SATURDAY + timedelta(days=1, hours=6)
    told = reasons(Setting(carrier=calendar, limits=HARD, at=sunday).decide(), "l0", NEAR)
    assert told == {"cut_off_passed": (19, 15), "no_pickup": (7, 1)}


def test_where_no_carrier_leaves_any_more_the_order_is_left_unserved() -> None:
    nobody = Setting(carrier={"cut_off_hour": 0}, both=True, limits=HARD)
    decision = nobody.decide()
    assert decision.served is Served.UNSERVED
    assert reasons(decision, "l0", NEAR) == {"cut_off_passed": (13, 0)}
    assert routes(replace(nobody, limits={}).decide()) == FREE


def test_prices_look_at_no_calendar() -> None:
    policy = Setting(limits=HARD, soft={"promise": 3}).policy.at_any_hour()
    assert (policy.cut_off, policy.pickup_day, dict(policy.soft)) == (
        Heed.OFF,
        Heed.OFF,
        {Constraint.PROMISE: 3},
    )
