"""What a planner may ask besides the plan: each question solves the scenario again, changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from api.placing import Placed
from graph.errors import BadInput
from optimizer.placement.answer import PlacementAnswer
from optimizer.placement.frontier import MOST_POINTS, frontier
from optimizer.placement.plan_tables import reachable_share
from optimizer.placement.record import PlaceLimits
from optimizer.placement.scenario import Scenario
from optimizer.placement.solve import place
from optimizer.placement.stability import MOST_DRAWS, stability
from optimizer.placement.words import Limit
from optimizer.placement.worth import Worth, break_evens, worths


@dataclass(frozen=True, slots=True)
class Studies:
    """What is asked: so many points of the frontier, what limits are worth, so many draws of the demand."""

    frontier: int | None = None
    worth: bool = False
    bootstrap: int | None = None
    seed: int = 1


def checked_studies(asked: Studies) -> Studies:
    """Return what is asked; BadInput for what makes no sense."""
    if asked.frontier is not None and not 2 <= asked.frontier <= MOST_POINTS:
        raise BadInput(f"--frontier takes 2 to {MOST_POINTS} points.")
    if asked.bootstrap is not None and not 1 <= asked.bootstrap <= MOST_DRAWS:
        raise BadInput(f"--bootstrap takes 1 to {MOST_DRAWS:,} draws.")
    if asked.seed < 0:
        raise BadInput("--seed is zero or more.")
    return asked


def studied(placed: Placed, asked: Studies, limits: PlaceLimits, told: Callable[[str], None]) -> Placed:
    """Return the plan with what else is asked; ``limits`` hold for each solve, ``told`` hears how far."""
    found: dict[str, Any] = {}
    if asked.frontier is not None:
        found["frontier"] = _frontier(placed, asked.frontier, limits, told)
    if asked.worth:
        found["worth"] = _worth(placed, limits, told)
    if asked.bootstrap is not None:
        found["bootstrap"] = _bootstrap(placed, asked.bootstrap, asked.seed, limits, told)
    return replace(placed, studies={**placed.studies, **found})


def _frontier(
    placed: Placed, points: int, limits: PlaceLimits, told: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Return the points as ``plan.json`` holds them, the cheapest first."""
    scenario = placed.scenario
    known = scenario.settings.service.share == 0 and len(scenario.periods) == 1

    def done(solved: int, solves: int) -> None:
        told(f"Frontier: {solved} of {solves} solved")

    return [
        {
            "on_time_share": round(point.p_on_time, 6),
            "value_cents": round(point.answer.value, 2),
            "bound_cents": round(point.answer.bound, 2),
            "gap": point.answer.gap,
            "status": str(point.answer.status),
            "repeatable": point.answer.repeatable,
            "sites": open_sites(scenario, point.answer),
        }
        for point in frontier(scenario.problem(), points, limits, placed.answer if known else None, done)
    ]


def _worth(placed: Placed, limits: PlaceLimits, told: Callable[[str], None]) -> dict[str, Any]:
    """Return what binds, what more is worth, and the break-even fixed costs, as ``plan.json`` holds them."""
    scenario, answer = placed.scenario, placed.answer
    problem = scenario.problem()
    if len(scenario.periods) > 1:  # the plan counts fewer periods than the problem does
        answer = place(problem, limits=limits)
    weight = scenario.settings.weights.fixed or 1.0
    return {
        "reachable_share": round(reachable_share(scenario), 6),
        "binding": [_worth_row(scenario, one, weight) for one in worths(problem, answer, limits, told)],
        "break_even": [
            {
                "site": one.site_id,
                "open": one.is_open,
                "fixed_cents": _cents(one.fixed / weight),
                "at_cents": None if one.at is None else _cents(one.at / weight),
                "least_cents": None if one.least is None else _cents(one.least / weight),
                "most_cents": None if one.most is None else _cents(one.most / weight),
            }
            for one in break_evens(problem, answer, limits, told)
        ],
    }


def _worth_row(scenario: Scenario, one: Worth, weight: float) -> dict[str, Any]:
    """Return a limit as the planner gave it: the sellers are no site, the budget has no weight."""
    of = weight if one.limit is Limit.BUDGET else 1.0
    given = one.given - (scenario.settings.direct if one.limit is Limit.MAX_SITES else 0)
    return {
        "limit": str(one.limit),
        "site": one.site_id,
        "given": given / of,
        "step": one.step / of,
        "saves_cents": _cents(one.saves),
        "saves_cents_each": _cents(one.saves / (one.step / of)),
        "least_cents": _cents(one.least),
        "most_cents": _cents(one.most),
    }


def _bootstrap(
    placed: Placed, draws: int, seed: int, limits: PlaceLimits, told: Callable[[str], None]
) -> dict[str, Any]:
    """Return how often each site opens, as ``plan.json`` holds it, the most often open first."""
    scenario = placed.scenario
    found = stability(
        scenario.problem(),
        scenario.demands["units_sd"].to_numpy(),
        *(draws, seed, limits),
        told=lambda draw: told(f"Bootstrap: {draw} of {draws} draws solved"),
        source=scenario.lots.demand,
    )
    own = scenario.sites["warehouse_id"].to_list()
    now = set(open_sites(scenario, placed.answer))
    sites = [
        {"site": name, "open": name in now, "share": round(float(share), 6)}
        for name, share in zip(own, found.share[: len(own)], strict=True)
    ]
    cost = [_cents(found.values.min()), _cents(found.values.max())] if len(found.values) else None
    return {
        "draws": draws,
        "seed": seed,
        "impossible": found.impossible,
        "unknown": found.unknown,
        "cost_cents": cost,
        "sites": sorted(sites, key=lambda one: (-one["share"], one["site"])),
    }


def _cents(amount: float) -> float:
    return round(float(amount), 2)


def open_sites(scenario: Scenario, answer: PlacementAnswer) -> list[str]:
    """Return the sites of the scenario that are open, sorted; the sellers are none."""
    own = scenario.sites["warehouse_id"].to_list()
    return sorted(name for name, opened in zip(own, answer.plan.open[: len(own)], strict=True) if opened)
