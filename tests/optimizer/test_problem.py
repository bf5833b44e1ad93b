"""Order problems: derived sums, who may carry what, and every fault at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from graph.errors import BadInput
from optimizer.limits import Limits, Tariff
from optimizer.problem import Block
from optimizer.reduce import is_plain
from optimizer.words import MOST_CENTS, MOST_UNITS, Constraint, Reason, Term
from tests.optimizer.make import problem_of

CENTS = [[100, 200, 300], [150, 120, -1]]


def test_sums_are_derived_from_the_terms() -> None:
    part = {Term.TIME: np.full((2, 3), 7), Term.LATE: np.full((2, 3), 2)}
    problem = problem_of(CENTS, [5, 6, 7], quantity=[3, 1], part_terms=part)
    assert problem.package_cents.tolist() == [5, 6, 7]
    assert problem.part_cents.tolist() == [[9] * 3] * 2
    assert problem.line_cents.tolist() == [[309, 609, 909], [159, 129, 9]]
    assert problem.admissible.tolist() == [[True] * 3, [True, True, False]]
    assert (problem.lines, problem.routes, problem.route_id(1)) == (2, 3, ("seller:b", "post"))


def test_arrays_cannot_be_written() -> None:
    problem = problem_of(CENTS, [5, 6, 7])
    for array in (problem.stock, problem.line_cents, problem.unit_terms[Term.FREIGHT]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_a_route_with_too_little_may_carry_a_part_only_where_parts_are_allowed() -> None:
    stock = {"quantity": [3, 1], "stock": [[3, 2, 0], [1, 1, 1]]}
    whole = problem_of(CENTS, [5, 6, 7], **stock)
    assert whole.admissible[0].tolist() == whole.part_admissible[0].tolist() == [True, False, False]
    parts = problem_of(CENTS, [5, 6, 7], limits=Limits(max_parts=2), **stock)
    assert parts.admissible[0].tolist() == [True, False, False]
    assert parts.part_admissible[0].tolist() == [True, True, False]


def test_a_soft_constraint_keeps_nobody_away_and_costs() -> None:
    block = Block(Reason.NOT_PINNED, np.array([[0, 1, 1], [0, 0, 0]], bool))
    limits = Limits(price_cents={Constraint.PIN: 40, Constraint.STOCK: 3})
    stock = {"quantity": [3, 1], "stock": [[3, 2, 0], [1, 1, 1]]}
    problem = problem_of(CENTS, [5, 6, 7], blocks=(block,), limits=limits, **stock)
    assert problem.admissible[0].all()
    assert problem.line_cents[0].tolist() == [300, 600 + 40 + 3, 900 + 40 + 9]


@pytest.mark.parametrize(
    ("changes", "plain"),
    [
        ({}, True),
        ({"limits": Limits(max_packages=1), "together": ((0, 1),)}, True),
        ({"limits": Limits(max_parts=2)}, True),
        ({"limits": Limits(max_parts=2), "quantity": [2, 1], "stock": [[1, 2, 2]] * 2}, False),
        ({"item_ids": ("p",), "item": [0, 0], "stock": [[9, 9, 9]]}, False),
        ({"max_weight_g": [199, 900, 900]}, False),
        ({"max_weight_g": [200, 900, 900]}, True),
        ({"tariffs": (None, Tariff((100,), (5,)), None)}, False),
        ({"place_ids": ("p",), "place": [0, 0, 0], "capacity": [1]}, False),
        ({"place_ids": ("p",), "place": [0, 0, 0], "capacity": [0]}, True),
        ({"limits": Limits(price_cents={Constraint.TOGETHER: 1}), "together": ((0, 1),)}, False),
        ({"limits": Limits(price_cents={Constraint.TOGETHER: 1})}, True),
        ({"limits": Limits(max_packages=1, price_cents={Constraint.ORDER_SPLIT: 1})}, False),
        ({"limits": Limits(price_cents={Constraint.STOCK: 1})}, False),
    ],
)
def test_when_the_reduced_form_says_it_all(changes: dict[str, Any], plain: bool) -> None:
    assert is_plain(problem_of(CENTS, [5, 6, 7], **changes)) is plain


def test_wrong_shapes_are_all_named() -> None:
    with pytest.raises(BadInput, match="The problem of order 'o1' cannot be used") as caught:
        problem_of(
            CENTS,
            [5, 6],
            quantity=[1],
            stock=np.zeros((2, 2)),
            blocks=(Block(Reason.EXCLUDED, np.zeros((3, 2), bool)),),
            tariffs=(None,),
            part_terms={Term.TIME: np.zeros(3)},
        )
    assert {fault.column for fault in caught.value.faults} == {
        *("quantity", "stock", "blocks.excluded", "tariffs", "part_terms.time", "package_terms.package")
    }


def test_wrong_values_are_all_named() -> None:
    with pytest.raises(BadInput) as caught:
        problem_of(
            [[-1, MOST_CENTS, 1], [1, 1, 1]],
            [-5, 6, 7],
            quantity=[2, 0],
            item=[0, 2],
            carrier=[0, 0, 1],
            p_on_time=[0.5, 1.5, np.nan],
            stock=[[-1, 1, 1]] * 2,
            side_cm=[-1.0, 1.0],
            unfilled_cents=[-2, 0],
            unfilled_fixed_cents=-1,
            together=((0, 1), (1, 5)),
            source=[0, 0, 1],
            part_terms={Term.PENALTY: np.zeros((2, 3))},
        )
    assert {fault.column for fault in caught.value.faults} == {
        *("unit_terms.freight", "package_terms.package", "quantity", "item", "carrier", "p_on_time", "stock"),
        *("side_cm", "unfilled_cents", "unfilled_fixed_cents", "together", "source", "part_terms"),
    }


def test_sizes_are_limited_and_said() -> None:
    with pytest.raises(BadInput, match="Give 1 to 100"):
        problem_of(np.ones((101, 1)), [0])
    with pytest.raises(BadInput, match=f"Give 1 to {MOST_UNITS}"):
        problem_of([[1]], [0], quantity=[MOST_UNITS + 1])


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_packages": 0},
        {"max_parts": 0},
        {"min_p_on_time": 1.1},
        {"price_cents": {Constraint.PIN: -1}},
    ],
)
def test_limits_are_checked(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        Limits(**wrong)


@pytest.mark.parametrize(
    ("up_to_g", "cents"), [((), ()), ((1, 2), (1,)), ((2, 2), (1, 1)), ((1, 2), (2, 1)), ((1,), (-1,))]
)
def test_tariffs_rise(up_to_g: tuple[int, ...], cents: tuple[int, ...]) -> None:
    with pytest.raises(BadInput):
        Tariff(up_to_g, cents)


def test_a_changed_problem_is_derived_anew() -> None:
    problem = problem_of(CENTS, [5, 6, 7])
    assert replace(problem, quantity=np.array([2, 1])).line_cents[0].tolist() == [200, 400, 600]
