"""Every constraint of an order from end to end at the desk: idle, broken and kept, hard and at a price.

The referee alone is tested in ``tests/optimizer/test_check.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from graph.days import local_day
from optimizer.words import Constraint, Term
from replay.decision import Served
from tests.replay.market import FREE, HARD, LATE, NEAR, REMOTE, SATURDAY, Setting, reasons, routes

DEAR = 10**8


@dataclass(frozen=True)
class Bound:
    """A constraint that could bind and does not (``idle``), one that does, and what holds then.

    ``over``: units by which the free choice breaks it; ``reason``: why the free route of ``l0`` is rejected
    (None: with the rest of the order unserved it could be taken); ``mended``: the setting with just what the
    reason's numbers ask for. ``eased``: what makes it soft, beside its price.
    """

    constraint: Constraint
    idle: Setting
    binding: Setting
    over: int = 1
    reason: str | None = None
    mended: Callable[[float, float], Setting] | None = None
    eased: Callable[[Setting], Setting] = lambda setting: setting


def carried(**columns: object) -> Setting:
    return Setting(carrier=columns)


def unheeded(setting: Setting) -> Setting:
    """Return a setting in which waiting costs time; here time costs nothing."""
    return replace(setting, limits={})


CASES = {
    "stock": Bound(
        Constraint.STOCK,
        Setting(stock={("p00", "seller:s00"): 1}),
        Setting(stock={("p00", "seller:s00"): 0}),
        reason="no_stock",
        mended=lambda needed, _: Setting(stock={("p00", "seller:s00"): int(needed)}),
    ),
    "not enough stock": Bound(
        Constraint.STOCK,
        Setting(stock={("p00", "seller:s00"): 3}, lines={"l0": {"quantity": 3}}),
        Setting(stock={("p00", "seller:s00"): 1}, lines={"l0": {"quantity": 3}}),
        over=2,
        reason="not_enough_stock",
        mended=lambda needed, _: Setting(
            stock={("p00", "seller:s00"): int(needed)}, lines={"l0": {"quantity": 3}}
        ),
    ),
    "order split, by the order": Bound(
        Constraint.ORDER_SPLIT, Setting(order={"max_packages": 2}), Setting(order={"max_packages": 1})
    ),
    "order split, by the policy": Bound(
        Constraint.ORDER_SPLIT, Setting(limits={"max_packages": 2}), Setting(limits={"max_packages": 1})
    ),
    "together": Bound(
        Constraint.TOGETHER,
        Setting(order={"together": (("l0",),)}),
        Setting(order={"together": (("l0", "l1"),)}),
        reason="together",
        mended=lambda _needed, _available: Setting(),
    ),
    "pin": Bound(
        Constraint.PIN,
        Setting(lines={"l0": {"pin": ("seller:s00", "seller:s02")}}),
        Setting(lines={"l0": {"pin": ("seller:s02",)}}),
        reason="not_pinned",
        mended=lambda _needed, _available: Setting(lines={"l0": {"pin": ("seller:s02", "seller:s00")}}),
    ),
    "exclude": Bound(
        Constraint.EXCLUDE,
        Setting(lines={"l0": {"exclude": ("seller:s02",)}}),
        Setting(lines={"l0": {"exclude": ("seller:s00",)}}),
        reason="excluded",
        mended=lambda _needed, _available: Setting(),
    ),
    "capacity": Bound(
        Constraint.CAPACITY,
        Setting(packages={"s00": 1, "s01": 1}),
        Setting(packages={"s00": 0, "s01": 1}),
        reason="capacity_full",
        mended=lambda needed, _: Setting(packages={"s00": int(needed), "s01": 1}),
    ),
    "cut-off": Bound(
        Constraint.CUT_OFF,
        Setting(carrier={"cut_off_hour": 17}, limits=HARD, at=LATE),
        Setting(carrier={"cut_off_hour": 15}, limits=HARD, at=LATE),
        over=2,
        reason="cut_off_passed",
        mended=lambda needed, _: Setting(carrier={"cut_off_hour": int(needed)}, limits=HARD, at=LATE),
        eased=unheeded,
    ),
    "pickup day": Bound(
        Constraint.PICKUP_DAY,
        Setting(carrier={"pickup_weekdays": "123456"}, limits=HARD, at=SATURDAY),
        Setting(carrier={"pickup_weekdays": "12345"}, limits=HARD, at=SATURDAY),
        over=2,
        reason="no_pickup",
        mended=lambda needed, _: Setting(
            carrier={"pickup_weekdays": f"12345{needed:.0f}"}, limits=HARD, at=SATURDAY
        ),
        eased=unheeded,
    ),
    "weight": Bound(
        Constraint.WEIGHT,
        carried(max_weight_g=1_000.0),
        carried(max_weight_g=400.0),
        over=2,
        reason="too_heavy",
        mended=lambda needed, _: carried(max_weight_g=needed),
    ),
    "size": Bound(
        Constraint.SIZE,
        carried(max_side_cm=30.0),
        carried(max_side_cm=29.0),
        over=2,
        reason="too_large",
        mended=lambda needed, _: carried(max_side_cm=needed),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_idle_it_changes_nothing(name: str) -> None:
    decision = CASES[name].idle.decide()
    assert routes(decision) == FREE
    assert decision.choice.assignment.terms[Term.PENALTY] == 0


@pytest.mark.parametrize("name", CASES)
def test_hard_it_is_kept_and_told(name: str) -> None:
    bound = CASES[name]
    decision = bound.binding.decide()
    assert decision.served is Served.SERVED
    assert routes(decision)["l0"] != FREE["l0"]
    assert decision.choice.assignment.terms[Term.PENALTY] == 0
    assert list(reasons(decision, "l0", NEAR)) == ([bound.reason] if bound.reason else [])


@pytest.mark.parametrize("name", [name for name, bound in CASES.items() if bound.reason])
def test_mending_just_what_is_told_brings_the_free_choice_back(name: str) -> None:
    bound = CASES[name]
    assert bound.reason is not None
    assert bound.mended is not None
    numbers = reasons(bound.binding.decide(), "l0", NEAR)[bound.reason]
    assert routes(bound.mended(*numbers).decide()) == FREE


@pytest.mark.parametrize("name", CASES)
def test_at_a_price_it_is_broken_where_that_is_cheaper(name: str) -> None:
    bound = CASES[name]
    soft = bound.eased(bound.binding)
    cheap = soft.at_price(bound.constraint, 3).decide()
    assert routes(cheap) == FREE
    assert cheap.choice.assignment.terms[Term.PENALTY] == 3 * bound.over
    dear = soft.at_price(bound.constraint, DEAR).decide()
    assert routes(dear) == routes(bound.binding.decide())
    assert dear.choice.assignment.terms[Term.PENALTY] == 0


def test_a_line_comes_in_parts_only_where_it_may() -> None:
    scarce = Setting(
        stock={("p00", "seller:s00"): 2, ("p00", "seller:s02"): 2}, lines={"l0": {"quantity": 3}}
    )
    split = replace(scarce, limits={"max_parts": 2}).decide()
    assert routes(split)["l0"] == {NEAR, REMOTE}
    whole = scarce.decide()
    assert routes(whole)["l0"] == {None}
    assert reasons(whole, "l0", NEAR) == {"not_enough_stock": (3, 2)}
    cheap = scarce.at_price("line_split", 3).decide()
    assert routes(cheap) == routes(split)
    assert cheap.choice.assignment.terms[Term.PENALTY] == 3
    assert routes(scarce.at_price("line_split", DEAR).decide()) == routes(whole)


def test_the_promise_is_a_chance_constraint_or_costs() -> None:
    promised = Setting(order={"promise_days": 6.0})
    free = promised.decide()
    problem = free.problem
    route = next(part.route for part in free.choice.assignment.parts if part.line == 0)
    p_on_time, best = problem.p_on_time[route], problem.p_on_time[problem.candidate[0]].max()
    assert p_on_time < best
    limits = {"min_p_on_time": float((p_on_time + best) / 2)}
    bound = replace(promised, limits=limits).decide()
    assert routes(bound)["l0"] != routes(free)["l0"]
    ((needed, available),) = reasons(bound, "l0", problem.route_id(route)).values()
    assert (needed, available) == (limits["min_p_on_time"], p_on_time)
    assert routes(replace(promised, limits={"min_p_on_time": available}).decide())["l0"] == routes(free)["l0"]
    cheap = replace(promised, limits=limits).at_price("promise", 1).decide()
    assert routes(cheap)["l0"] == routes(free)["l0"]
    assert cheap.choice.assignment.terms[Term.PENALTY] > 0
    late = replace(promised, costs={"late_cents": 10**6}).decide()
    assert late.problem.p_on_time[late.choice.assignment.parts[0].route] == best


def test_without_a_promise_there_is_no_chance_to_ask_for() -> None:
    assert routes(Setting(limits={"min_p_on_time": 1.0}).decide()) == FREE


def test_at_a_price_a_place_packs_more_than_its_limit_and_holds_it() -> None:
    full = Setting(packages={"s00": 1, "s01": 1, "s02": 0}).at_price("capacity", 3)
    home, now = full.shelves(), full.at
    for order_id in ("o1", "o2"):
        with home.unit() as unit:
            done = full.desk.commit(unit, full.question(order_id), now, now + timedelta(hours=1))
        assert routes(done.decision) == FREE
    assert done.decision.choice.assignment.terms[Term.PENALTY] == 2 * 3
    with home.reading() as unit:
        left = unit.ledger.packages_left([("s00", local_day(now))])
    assert list(left.values()) == [0]


def test_units_that_lack_can_be_counted_on_but_not_held() -> None:
    empty = Setting(stock={("p00", "seller:s00"): 0}).at_price("stock", 3)
    assert routes(empty.decide()) == FREE
    with empty.shelves().unit() as unit:
        done = empty.desk.commit(unit, empty.question(), empty.at, empty.at + timedelta(hours=1))
    assert routes(done.decision)["l0"] == {REMOTE}
    assert reasons(done.decision, "l0", NEAR) == {"no_stock": (1, 0)}
