"""The referee, constraint by constraint: idle, broken and kept, hard and at a price."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimizer.assignment import Assignment, Part
from optimizer.check import Refused, assignment_of, check, referee
from optimizer.limits import Tariff
from optimizer.problem import Block, OrderProblem
from optimizer.words import UNFILLED, Constraint, Engine, Reason, Status, Term
from tests.optimizer.make import parts_of, problem_of

LINES = [[100, 200, 300], [150, 120, 90]]
PACKAGES = [50, 60, 70]
PRICE = 7


def two_lines(**changes: Any) -> OrderProblem:
    """Return two lines of one unit over three routes, 100 g and 10 cm each."""
    return problem_of(LINES, PACKAGES, **changes)


def broken(problem: OrderProblem, parts: tuple[Part, ...]) -> list[tuple[Constraint | None, float, float]]:
    return [(v.constraint, v.needed, v.available) for v in check(problem, parts).violations]


def test_cost_is_packages_and_lines() -> None:
    verdict = check(two_lines(), parts_of(two_lines(), [0, 2]))
    assert verdict.feasible
    assert verdict.cost_cents == 100 + 90 + 50 + 70
    assert verdict.terms[Term.PACKAGE] == 120
    assert verdict.terms[Term.FREIGHT] == 190


def test_lines_of_one_route_are_one_package() -> None:
    assert check(two_lines(), parts_of(two_lines(), [1, 1])).cost_cents == 200 + 120 + 60


def test_every_term_is_charged_as_it_says() -> None:
    shape = (2, 3)
    problem = two_lines(
        quantity=[3, 1],
        package_terms={Term.FREIGHT: [1, 1, 1], Term.PACKAGE: [10, 10, 10], Term.HANDLING: [100] * 3},
        part_terms={Term.TIME: np.full(shape, 1_000), Term.LATE: np.full(shape, 10_000)},
        unit_terms={Term.FREIGHT: np.full(shape, 2), Term.SCARCITY: np.full(shape, 100_000)},
    )
    terms = check(problem, parts_of(problem, [0, 0])).terms
    assert terms == {
        Term.FREIGHT: 1 + 2 * 4,
        Term.PACKAGE: 10,
        Term.HANDLING: 100,
        Term.TIME: 2_000,
        Term.LATE: 20_000,
        Term.SCARCITY: 400_000,
        Term.UNFILLED: 0,
        Term.PENALTY: 0,
    }


def test_units_left_unserved_pay_each_and_once_an_order() -> None:
    problem = two_lines(quantity=[3, 2], unfilled_cents=[1_000, 500], unfilled_fixed_cents=77)
    verdict = check(problem, (Part(0, UNFILLED, 3), Part(1, UNFILLED, 2)))
    assert verdict.feasible
    assert verdict.cost_cents == 3 * 1_000 + 2 * 500 + 77


CASES: dict[str, tuple[Constraint, dict[str, Any], dict[str, Any], list[int], list[int], int]] = {
    # name: constraint, problem where it binds, problem where it idles, broken answer, kept answer, units over
    "stock": (
        Constraint.STOCK,
        {"quantity": [3, 1], "stock": [[1, 3, 3], [9, 9, 9]]},
        {"quantity": [3, 1]},
        [0, 0],
        [1, 0],
        2,
    ),
    "stock shared by lines of one item": (
        Constraint.STOCK,
        {"item_ids": ("p",), "item": [0, 0], "stock": [[1, 1, 1]]},
        {"item_ids": ("p",), "item": [0, 0], "stock": [[2, 2, 2]]},
        [1, 1],
        [1, 2],
        1,
    ),
    "stock of one source by two carriers": (
        Constraint.STOCK,
        {
            "item_ids": ("p",),
            "item": [0, 0],
            "source_ids": ("seller:a", "seller:b"),
            "carrier_ids": ("post", "van"),
            "source": [0, 0, 1],
            "carrier": [0, 1, 0],
            "stock": [[1, 1]],
        },
        {"source_ids": ("seller:a", "seller:b"), "carrier_ids": ("post", "van")}
        | {"source": [0, 0, 1], "carrier": [0, 1, 0]},
        [0, 1],
        [1, 2],
        1,
    ),
    "order split": (Constraint.ORDER_SPLIT, {"limits": {"max_packages": 1}}, {}, [0, 1], [2, 2], 1),
    "together": (Constraint.TOGETHER, {"together": ((0, 1),)}, {}, [0, 1], [1, 1], 1),
    "pin": (
        Constraint.PIN,
        {"blocks": (Block(Reason.NOT_PINNED, np.array([[1, 1, 0], [0, 0, 0]], bool)),)},
        {},
        [0, 0],
        [2, 0],
        1,
    ),
    "exclude": (
        Constraint.EXCLUDE,
        {"blocks": (Block(Reason.EXCLUDED, np.array([[1, 0, 0], [1, 0, 0]], bool)),)},
        {},
        [0, 0],
        [1, 2],
        2,
    ),
    "cut-off": (
        Constraint.CUT_OFF,
        {"blocks": (Block(Reason.CUT_OFF_PASSED, np.array([[0, 1, 0]] * 2, bool)),)},
        {},
        [1, 0],
        [0, 0],
        1,
    ),
    "pickup day": (
        Constraint.PICKUP_DAY,
        {"blocks": (Block(Reason.NO_PICKUP, np.array([[0, 1, 0]] * 2, bool)),)},
        {},
        [0, 1],
        [0, 0],
        1,
    ),
    "capacity": (
        Constraint.CAPACITY,
        {"source_ids": ("warehouse:w:a", "warehouse:w:b", "seller:c"), "capacity": [1, 9]},
        {"source_ids": ("warehouse:w:a", "warehouse:w:b", "seller:c"), "capacity": [2, 0]},
        [0, 1],
        [1, 1],
        1,
    ),
    "capacity is full": (Constraint.CAPACITY, {"capacity": [0, 1, 1]}, {}, [0, 0], [1, 1], 1),
    "weight of a package": (
        Constraint.WEIGHT,
        {"weight_g": [1_500, 1_500], "max_weight_g": [1_900, 5_000, 5_000]},
        {},
        [0, 0],
        [0, 1],
        2,
    ),
    "size": (Constraint.SIZE, {"side_cm": [50.0, 10.0], "max_side_cm": [40, 60, 60]}, {}, [0, 0], [1, 0], 1),
    "promise": (
        Constraint.PROMISE,
        {"limits": {"min_p_on_time": 0.8}, "p_on_time": [0.5, 0.8, 0.9]},
        {"limits": {"min_p_on_time": 0.5}, "p_on_time": [0.5, 0.8, 0.9]},
        [0, 0],
        [1, 2],
        2,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_constraint_idle_broken_kept_and_priced(name: str) -> None:
    constraint, binding, idle, wrong, right, units = CASES[name]
    loose, tight = two_lines(**idle), two_lines(**binding)
    assert not broken(loose, parts_of(loose, wrong))
    assert {found for found, _, _ in broken(tight, parts_of(tight, wrong))} == {constraint}
    assert not broken(tight, parts_of(tight, right))
    limits = {**binding.get("limits", {}), "price_cents": {constraint: PRICE}}
    soft = two_lines(**{**binding, "limits": limits})
    verdict = check(soft, parts_of(soft, wrong))
    assert verdict.feasible
    assert verdict.terms[Term.PENALTY] == PRICE * units
    assert check(soft, parts_of(soft, right)).terms[Term.PENALTY] == 0


def test_line_split_limit() -> None:
    parts = (Part(0, 0, 2), Part(0, 1, 1), Part(1, 0, 1))
    assert broken(two_lines(quantity=[3, 1]), parts) == [(Constraint.LINE_SPLIT, 2, 1)]
    assert not broken(two_lines(quantity=[3, 1], limits={"max_parts": 2}), parts)
    soft = two_lines(quantity=[3, 1], limits={"price_cents": {Constraint.LINE_SPLIT: PRICE}})
    assert check(soft, parts).terms[Term.PENALTY] == PRICE


def test_units_left_unserved_are_a_part_of_the_line() -> None:
    parts = (Part(0, UNFILLED, 1), Part(0, 1, 2), Part(1, 0, 1))
    problem = two_lines(quantity=[3, 1], unfilled_cents=[9, 9])
    assert broken(problem, parts) == [(Constraint.LINE_SPLIT, 2, 1)]
    assert not broken(two_lines(quantity=[3, 1], unfilled_cents=[9, 9], limits={"max_parts": 2}), parts)


def test_a_group_is_served_whole_or_not_at_all() -> None:
    problem = two_lines(together=((0, 1),), unfilled_cents=[9, 9])
    assert broken(problem, parts_of(problem, [0, UNFILLED])) == [(Constraint.TOGETHER, 2, 1)]
    assert not broken(problem, parts_of(problem, [UNFILLED, UNFILLED]))


@pytest.mark.parametrize("reason", [Reason.OFFER_LAPSED, Reason.NO_CARRIER])
def test_what_no_price_can_allow(reason: Reason) -> None:
    problem = two_lines(blocks=(Block(reason, np.array([[1, 0, 0]] * 2, bool)),))
    assert broken(problem, parts_of(problem, [0, 1])) == [(None, 1, 0)]


def test_a_route_that_is_not_offered_and_a_line_that_must_be_served() -> None:
    problem = problem_of([[-1, 5], [5, 5]], [0, 0])
    assert broken(problem, parts_of(problem, [0, 1])) == [(None, 1, 0)]
    assert broken(problem, parts_of(problem, [1, UNFILLED])) == [(None, 1, 0)]


@pytest.mark.parametrize(
    "parts",
    [
        (Part(0, 0, 1),),
        (Part(0, 0, 2), Part(1, 0, 1)),
        (Part(0, 0, 1), Part(1, 3, 1)),
        (Part(0, 0, 1), Part(2, 0, 1)),
        (Part(0, 0, 1), Part(0, 0, 1), Part(1, 0, 1)),
        (Part(0, 0, 1), Part(0, 1, 0), Part(1, 0, 1)),
    ],
    ids=["line missing", "too many units", "no such route", "no such line", "pair twice", "no unit"],
)
def test_parts_that_do_not_add_up(parts: tuple[Part, ...]) -> None:
    assert not check(two_lines(), parts).feasible


def test_stepped_tariff() -> None:
    tariff = Tariff((500, 2_000), (300, 900), g_per_litre=400)
    problem = two_lines(tariffs=(tariff, None, None), weight_g=[100, 350], volume_cm3=[1_000, 1_000])
    assert check(problem, parts_of(problem, [0, 1])).terms[Term.FREIGHT] == 100 + 120 + 300  # 400 g of volume
    assert check(problem, parts_of(problem, [0, 0])).terms[Term.FREIGHT] == 250 + 900  # 800 g of volume
    heavy = two_lines(tariffs=(tariff, None, None), weight_g=[1_900, 101])
    assert broken(heavy, parts_of(heavy, [0, 0])) == [(Constraint.WEIGHT, 2_001, 2_000)]


def test_the_referee_lets_a_true_answer_pass_and_no_other() -> None:
    problem = two_lines()
    answer = assignment_of(problem, parts_of(problem, [1, 1]), bound_cents=None, engine=Engine.KERNEL)
    assert referee(problem, answer) is answer
    assert (answer.status, answer.gap, answer.routes) == (Status.OPTIMAL, 0.0, (1,))
    worse: list[Assignment] = [
        replace(answer, cost_cents=answer.cost_cents - 1),
        replace(answer, terms={**answer.terms, Term.FREIGHT: 0, Term.TIME: answer.terms[Term.FREIGHT]}),
        replace(answer, bound_cents=answer.cost_cents + 1),
        replace(answer, parts=answer.parts[::-1]),
        replace(answer, parts=parts_of(problem, [0, 0])),
    ]
    for lie in worse:
        with pytest.raises(Refused, match=r"^Order o1, kernel: "):
            referee(problem, lie)


def test_an_answer_with_a_gap_is_feasible() -> None:
    answer = assignment_of(
        two_lines(), parts_of(two_lines(), [0, 0]), bound_cents=270, engine=Engine.GENERAL, repeatable=False
    )
    assert (answer.status, answer.gap) == (Status.FEASIBLE, 0.1)
