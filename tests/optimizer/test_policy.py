"""Policies: the shipped files are valid, bad settings are all named at once, the digest says what decides."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graph.errors import BadInput
from optimizer.choose import choose
from optimizer.policy import Costs, Policy, PolicyKind, PriceSchedule, policy_of
from optimizer.rules import Rule, RuleKey
from optimizer.words import UNLIMITED, Constraint, Engine, Heed, Term
from tests.optimizer.make import parts_of, problem_of

SHIPPED = sorted((Path(__file__).resolve().parents[2] / "api" / "policies").glob("*.toml"))
NAMES = ["as_is", "cheapest", "fastest", "nearest", "priced", "reliable", "rules"]


def shipped(name: str) -> Policy:
    path = next(path for path in SHIPPED if path.stem == name)
    return policy_of(tomllib.loads(path.read_text(encoding="utf-8")), path.name)


def test_all_seven_ship() -> None:
    assert [path.stem for path in SHIPPED] == NAMES
    assert [shipped(name).name for name in NAMES] == NAMES
    assert len({shipped(name).digest for name in NAMES}) == len(NAMES)


def test_priced_is_read_as_written() -> None:
    assert shipped("priced").costs == Costs(150, 100, 60, 1_500, 1_000_000, 0)
    assert shipped("priced").prices == PriceSchedule(24, 500, 14, 8, 1_000)
    assert shipped("rules").rules[2] == Rule(RuleKey.RELIABLE, 0.02)


MINIMAL: dict[str, Any] = {"name": "mine", "version": "3", "kind": "cost"}


def test_what_is_not_given_has_a_default() -> None:
    policy = policy_of(MINIMAL)
    assert (policy.kind, policy.costs, policy.prices) == (PolicyKind.COST, Costs(), None)
    assert policy.limits().max_packages == UNLIMITED
    assert policy.limits(2).max_packages == 2


def test_an_order_may_allow_fewer_packages_but_not_more() -> None:
    policy = policy_of(
        {**MINIMAL, "limits": {"max_packages": 3, "min_p_on_time": 0.9}, "soft": {"promise": 5}}
    )
    assert [policy.limits(most).max_packages for most in (None, 2, 9)] == [3, 2, 3]
    assert policy.limits().price_cents == {Constraint.PROMISE: 5}
    assert (policy.limits().min_p_on_time, policy.limits(promised=False).min_p_on_time) == (0.9, 0.0)


def test_every_fault_is_named_at_once() -> None:
    settings = {
        "nmae": "x",
        "version": 1,
        "kind": "cheap",
        "rules": ["nearst", {"key": "fastest", "tolerance": -1}, {"key": "fastest", "tol": 1}],
        "costs": {"late_cent": 5, "package_cents": 1.5, "handling_cents": -1, "late_cents": True},
        "limits": 7,
        "soft": {"stok": 5},
    }
    with pytest.raises(BadInput, match=r"The policy p\.toml cannot be used") as caught:
        policy_of(settings, "p.toml")
    places = [fault.column for fault in caught.value.faults]
    assert places == [
        *("rules 1", "rules 2", "rules 3", "nmae", "name", "version", "kind"),
        *("costs.late_cent", "costs.package_cents", "costs.handling_cents", "costs.late_cents"),
        *("limits", "soft.stok"),
    ]
    remedies = {fault.column: fault.remedy for fault in caught.value.faults}
    assert remedies["nmae"] == "Did you mean name?"
    assert remedies["rules 1"] == "Did you mean nearest?"
    assert remedies["soft.stok"] == "Did you mean stock?"


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "greedy", "rules": []},
        {"kind": "greedy", "rules": ["nearest", "fastest"]},
        {"kind": "rules"},
        {"kind": "cost", "rules": ["nearest"]},
        {"kind": "recorded", "prices": {}},
        {"kind": "cost", "rules": "nearest"},
    ],
)
def test_rules_and_prices_fit_the_kind(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        policy_of({**MINIMAL, **wrong})


def test_waiting_costs_time_unless_the_policy_says_otherwise() -> None:
    assert {(shipped(name).cut_off, shipped(name).pickup_day) for name in NAMES} == {(Heed.TIME, Heed.TIME)}
    told = policy_of({**MINIMAL, "limits": {"cut_off": "hard"}, "soft": {"pickup_day": 5}})
    assert (told.cut_off, told.pickup_day) == (Heed.HARD, Heed.TIME)
    assert told.digest != policy_of({**MINIMAL, "soft": {"pickup_day": 5}}).digest


@pytest.mark.parametrize("heed", ["hard", "off"])
def test_what_is_hard_or_off_has_no_price(heed: str) -> None:
    wrong = {"limits": {"cut_off": heed, "pickup_day": "time"}, "soft": {"cut_off": 5, "pickup_day": 5}}
    with pytest.raises(BadInput) as caught:
        policy_of({**MINIMAL, **wrong})
    ((place, kind),) = [(fault.column, fault.kind) for fault in caught.value.faults]
    assert (place, kind) == ("soft.cut_off", f"a price for what is {heed}")


@pytest.mark.parametrize("word", ["soft", 1, ["hard"]])
def test_a_word_is_one_of_its_list(word: object) -> None:
    with pytest.raises(BadInput) as caught:
        policy_of({**MINIMAL, "limits": {"cut_off": word}})
    ((kind, remedy),) = [(fault.kind, fault.remedy) for fault in caught.value.faults]
    assert (kind, remedy) == ("not such a word", "One of time, hard, off.")


def test_a_policy_that_holds_cannot_count_on_units_that_lack() -> None:
    policy = policy_of({**MINIMAL, "soft": {"stock": 5, "capacity": 7}})
    assert policy.may_overfill
    assert dict(policy.holding().soft) == {Constraint.CAPACITY: 7}
    assert policy_of(MINIMAL).holding() == policy_of(MINIMAL)
    assert not policy_of(MINIMAL).may_overfill


def test_digest_is_of_what_decides() -> None:
    same = policy_of({**MINIMAL, "costs": {"late_cents": 0}})
    assert same.digest == policy_of(MINIMAL).digest
    assert policy_of({**MINIMAL, "costs": {"late_cents": 1}}).digest != same.digest
    swapped = [policy_of({**MINIMAL, "soft": dict(pairs)}) for pairs in ([("pin", 1), ("size", 2)],) * 2]
    assert swapped[0].digest == swapped[1].digest


def test_costs_are_whole_cents_per_line_and_route() -> None:
    costs = Costs(package_cents=7, handling_cents=3, time_cents_per_day=10, late_cents=100)
    terms = costs.part_terms(np.array([1.26, 2.0]), np.array([0.875, 1.0]), 3)
    assert terms[Term.TIME].tolist() == [[13, 20]] * 3
    assert terms[Term.LATE].tolist() == [[12, 0]] * 3
    assert {term: cents.tolist() for term, cents in costs.package_terms(2).items()} == {
        Term.PACKAGE: [7, 7],
        Term.HANDLING: [3, 3],
    }


def test_each_kind_decides_in_its_own_way() -> None:
    problem = problem_of(
        [[300, 200, 100]],
        [0, 0, 0],
        mean_days=[5, 2, 9],
        p_on_time=[0.95, 0.9, 0.5],
        distance_km=[700, 800, np.nan],
        source_ids=("seller:a", "seller:b", "seller:c"),
    )
    chosen = {}
    for name in NAMES:
        choice = choose(problem, shipped(name), {0: 1})
        assert choice is not None
        chosen[name] = (choice.assignment.parts[0].route, str(choice.assignment.engine))
    assert chosen == {
        "as_is": (1, "recorded"),
        "cheapest": (2, "kernel"),
        "fastest": (1, "greedy"),
        "nearest": (0, "greedy"),
        "priced": (2, "kernel"),
        "reliable": (0, "greedy"),
        "rules": (0, "rules"),
    }


def test_rules_that_lead_nowhere_give_way_to_the_cheapest() -> None:
    """The first line takes the last unit that the second would have needed, and must be served."""
    shared = {"item_ids": ("p",), "item": [0, 0], "stock": [[1, 1]], "distance_km": [1, 9]}
    problem = problem_of([[10, 10], [10, -1]], [5, 5], **shared)
    choice = choose(problem, policy_of({**MINIMAL, "kind": "greedy", "rules": ["nearest"]}))
    assert choice is not None
    assert choice.assignment.engine is Engine.GENERAL
    assert choice.assignment.parts == parts_of(problem, [1, 0])
    assert choice.decided_by == ()


def test_a_record_that_cannot_be_kept_is_no_choice() -> None:
    policy = shipped("as_is")
    assert choose(problem_of([[1, 1]], [0, 0], stock=[[0, 1]]), policy, {0: 0}) is None
    assert choose(problem_of([[1, 1]], [0, 0]), policy, {}) is None
