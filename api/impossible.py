"""Why a scenario has no plan, in the words of its tables and settings, and what the planner may change."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from graph.errors import BadInput, Fault
from optimizer.placement.answer import Conflict, Diagnosis, Infeasible, Relaxation
from optimizer.placement.scenario import DIRECT, Scenario
from optimizer.placement.scenario_settings import WHERE
from optimizer.placement.words import Limit

_KINDS = {
    Limit.CAPACITY: ("sites", "capacity_units", "too little in all", "units"),
    Limit.MIN_UNITS: ("sites", "min_units", "too much in all", "units"),
    Limit.FORCED_OPEN: ("sites", "status", "must be open", "sites"),
    Limit.FORCED_CLOSED: ("sites", "status", "are closed", "sites"),
    Limit.MIN_SITES: (WHERE, "min_sites", "too many", ""),
    Limit.MAX_SITES: (WHERE, "max_sites", "too few", ""),
    Limit.BUDGET: (WHERE, "budget_cents", "too little", ""),
    Limit.ON_TIME: (WHERE, "service.share", "too much", ""),
    Limit.SINGLE_SOURCE: (WHERE, "single_sourcing", "leaves too little choice", ""),
}
"""Where a planner finds each limit, and what is wrong with it: table, column, kind, unit of its number."""


class NoPlan(BadInput):
    """No plan keeps every limit: each limit of the conflict is a fault, with what would be enough."""


def no_plan(scenario: Scenario, error: Infeasible) -> NoPlan:
    """Return the error that a planner reads: each limit of the conflict, and what would be enough."""
    found = error.diagnosis
    if found is None:
        return NoPlan(str(error))
    remedies = [remedy for remedy in found.remedies if not any(_closes_direct(one) for one in remedy)]
    single = {one.limit: one for remedy in remedies for one in remedy if len(remedy) == 1}
    faults = [_fault(scenario, one, single.get(one.limit)) for one in found.conflict]
    return NoPlan(_message(scenario, found, remedies), faults)


def _closes_direct(relaxation: Relaxation) -> bool:
    """Return whether it asks the sellers to stop shipping: no choice of the planner's."""
    return relaxation.limit is Limit.FORCED_OPEN and DIRECT in dict(relaxation.by_site)


def _message(scenario: Scenario, found: Diagnosis, remedies: Sequence[Sequence[Relaxation]]) -> str:
    several = len(found.conflict) > 1
    first = "these conflict with each other" if several else "this one cannot be kept"
    if several and found.minimal:
        first += ", and would not with any one of them less"
    if not remedies:
        return f"No plan keeps every limit: {first}."
    changes = " ".join(change(scenario, one) for one in remedies[0])
    word = (
        "The smallest change"
        if len(remedies[0]) == 1
        else "No single change was found to be enough; together these are"
    )
    return f"No plan keeps every limit: {first}. {word}: {changes}"


def _fault(scenario: Scenario, conflict: Conflict, remedy: Relaxation | None) -> Fault:
    table, column, kind, unit = _KINDS[conflict.limit]
    column = _column(scenario, conflict.limit, column)
    value = f"{_number(scenario, conflict.limit, conflict.given)} {unit}".strip()
    if conflict.limit is Limit.SINGLE_SOURCE:
        value = "true"
    text = "No change of it alone was found to be enough." if remedy is None else change(scenario, remedy)
    return Fault(table, None, column, kind, value, text)


def _column(scenario: Scenario, limit: Limit, column: str) -> str:
    exact = scenario.settings.exact_sites is not None
    return "exact_sites" if exact and limit in {Limit.MIN_SITES, Limit.MAX_SITES} else column


def _number(scenario: Scenario, limit: Limit, number: float) -> str:
    """Return a limit's number as the planner gave it: sellers are no site."""
    if limit in {Limit.MIN_SITES, Limit.MAX_SITES, Limit.FORCED_OPEN}:
        return f"{number - scenario.settings.direct:.0f}"
    if limit is Limit.BUDGET:
        return f"{ceil(number - 1e-9)}"
    return f"{number:g}" if limit is Limit.ON_TIME else f"{number:,.6g}"


def change(scenario: Scenario, one: Relaxation) -> str:
    """Return a relaxation as a sentence that says what to do."""
    named = _KINDS[one.limit][1]
    number = _number(scenario, one.limit, one.enough)
    amount, sites = f"{one.amount:,.0f}", ", ".join(site for site, _ in one.by_site)
    each = ", ".join(f"{site} {units:,.0f}" for site, units in one.by_site)
    exact = scenario.settings.exact_sites is not None
    said = {
        Limit.CAPACITY: f"Add {amount} units of capacity_units ({each}).",
        Limit.MIN_UNITS: f"Ask {amount} units less of min_units ({each}).",
        Limit.FORCED_OPEN: f"Let {sites} be a candidate instead of open.",
        Limit.FORCED_CLOSED: f"Let {sites} be a candidate instead of closed.",
        Limit.SINGLE_SOURCE: "Set single_sourcing to false.",
    }
    if exact and one.limit in {Limit.MIN_SITES, Limit.MAX_SITES}:
        return f"Give {named} = {number} in place of that side of exact_sites."
    return said.get(one.limit, f"{'Lower' if one.enough < one.given else 'Raise'} {named} to {number}.")
