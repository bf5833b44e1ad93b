"""A scenario without a plan is told in the planner's words: which limits conflict, and what is enough."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from api.placing import solved
from graph.errors import BadInput
from optimizer.placement.answer import Infeasible
from optimizer.placement.record import PlaceLimits
from optimizer.placement.scenario import scenario_of
from tests.optimizer.placement.scenarios import SETTINGS, tables

LIMITS = PlaceLimits(seconds=20)


def refusal(sites: dict[str, list[Any]], **settings: Any) -> BadInput:
    """Return why a scenario with these columns of its sites and these settings has no plan."""
    given = tables()
    given["sites"] = given["sites"].with_columns(**{name: pl.Series(cells) for name, cells in sites.items()})
    with pytest.raises(BadInput) as caught:
        solved(scenario_of(given, {**SETTINGS, **settings}), LIMITS)
    return caught.value


def test_limits_that_conflict_are_named_with_their_remedies() -> None:
    error = refusal({"capacity_units": [15.0, 12.0]}, max_sites=1, single_sourcing=False)
    assert error.message == (
        "No plan keeps every limit: these conflict with each other, and would not with any one of them less. "
        "The smallest change: Add 5 units of capacity_units (north 5)."
    )
    assert [str(fault) for fault in error.faults] == [
        "scenario.toml, column max_sites: too few (1). Raise max_sites to 2.",
        "sites, column capacity_units: too little in all (27 units). "
        "Add 5 units of capacity_units (north 5).",
    ]
    asked = {**SETTINGS, "max_sites": 2}
    given = tables()
    given["sites"] = given["sites"].with_columns(capacity_units=pl.Series([15.0, 12.0]))
    assert solved(scenario_of(given, asked), LIMITS).tables.sites.height == 2


def test_money_and_shares_are_those_of_the_settings() -> None:
    weights = {"fixed": 2.0}
    (fault,) = refusal({}, budget_cents=200.0, weights=weights).faults
    assert (fault.table, fault.column, fault.value) == ("scenario.toml", "budget_cents", "200")
    assert fault.remedy == "No change of it alone was found to be enough." or "500" in fault.remedy
    error = refusal({"status": ["candidate", "closed"]}, service={"promise_days": 5.0, "share": 0.9})
    assert [fault.remedy for fault in error.faults] == [
        "Let south be a candidate instead of closed.",
        "Lower service.share to 0.5.",
    ]


def test_exact_sites_are_told_as_given() -> None:
    error = refusal({"capacity_units": [15.0, 12.0]}, exact_sites=1)
    assert [str(fault) for fault in error.faults] == [
        "scenario.toml, column exact_sites: too few (1). "
        "Give max_sites = 2 in place of that side of exact_sites.",
        "sites, column capacity_units: too little in all (27 units). "
        "Add 5 units of capacity_units (north 5).",
    ]


def test_where_several_must_change_the_message_says_so() -> None:
    error = refusal({"status": ["closed", "candidate"]}, budget_cents=100.0)
    assert "No single change was found to be enough; together these are: " in error.message
    assert "Raise budget_cents to 300. Add 8 units of capacity_units (south 8)." in error.message
    assert [fault.remedy for fault in error.faults] == ["No change of it alone was found to be enough."]


def test_the_error_of_a_problem_says_what_it_is() -> None:
    assert str(Infeasible()) == "No plan keeps every limit."
