"""What a planner may ask besides the plan: most questions solve the scenario again, changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from api.place_assortment import ASSORTMENT, check_assorting, stocked
from api.placing import Placed
from graph import Network
from graph.errors import BadInput, MalhaError
from optimizer.placement.answer import PlacementAnswer
from optimizer.placement.assortment_tables import Assorting
from optimizer.placement.frontier import MOST_POINTS, frontier
from optimizer.placement.plan_tables import reachable_share
from optimizer.placement.record import PlaceLimits
from optimizer.placement.scenario import Scenario
from optimizer.placement.stability import MOST_DRAWS, stability
from optimizer.placement.words import Limit
from optimizer.placement.worth import BreakEven, Worth, break_evens, worth_of, worths


@dataclass(frozen=True, slots=True)
class Studies:
    """What is asked: so many points of the frontier, what limits are worth, so many draws of the demand.

    ``assort``: how what the sites stock is chosen, product by product.
    """

    frontier: int | None = None
    worth: bool = False
    bootstrap: int | None = None
    seed: int = 1
    assort: Assorting | None = None

    @property
    def any(self) -> bool:
        """Whether anything is asked."""
        return self != Studies(seed=self.seed)


def checked_studies(asked: Studies) -> Studies:
    """Return what is asked; BadInput for what makes no sense."""
    if asked.frontier is not None and not 2 <= asked.frontier <= MOST_POINTS:
        raise BadInput(f"--frontier takes 2 to {MOST_POINTS} points.")
    if asked.bootstrap is not None and not 1 <= asked.bootstrap <= MOST_DRAWS:
        raise BadInput(f"--bootstrap takes 1 to {MOST_DRAWS:,} draws.")
    if asked.seed < 0:
        raise BadInput("--seed is zero or more.")
    return asked


def check_studies(asked: Studies, scenario: Scenario, network: Network | None) -> None:
    """Refuse what cannot be asked of a completed scenario, before it is solved (BadInput)."""
    if asked.assort is not None:
        check_assorting(scenario, network)


def studied(
    placed: Placed,
    asked: Studies,
    limits: PlaceLimits,
    told: Callable[[str], None],
    network: Network | None = None,
    snapshot: Path | None = None,
) -> Placed:
    """Return the plan with what else is asked, or the reasons why some of it has no answer.

    ``limits`` hold for each solve, ``told`` hears how far; ``network`` and ``snapshot`` are for `stocked`.
    """
    asks: dict[str, Callable[[Placed], Placed]] = {}
    if (points := asked.frontier) is not None:
        asks["frontier"] = lambda one: _with(one, frontier=_frontier(one, points, limits, told))
    if asked.worth:
        asks["worth"] = lambda one: _with(one, worth=_worth(one, limits, told))
    if (draws := asked.bootstrap) is not None:
        asks["bootstrap"] = lambda one: _with(one, bootstrap=_bootstrap(one, draws, asked.seed, limits, told))
    if (how := asked.assort) is not None:
        asks[ASSORTMENT] = lambda one: stocked(one, how, network, snapshot, limits, told)
    for name, ask in asks.items():
        try:
            placed = ask(placed)
        except MalhaError as error:
            reason = " ".join(str(error).split())
            placed = replace(placed, unanswered={**placed.unanswered, name: reason})
    return placed


def _with(placed: Placed, **found: Any) -> Placed:
    return replace(placed, studies={**placed.studies, **found})


def _frontier(
    placed: Placed, points: int, limits: PlaceLimits, told: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Return the points as ``plan.json`` holds them, the cheapest first."""
    scenario = placed.scenario
    known = scenario.settings.service.share == 0

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
    binding = [*worths(problem, answer, limits, told, scenario.sites.height)]
    if not scenario.flows.is_empty():
        freed = _without_flows(placed, limits, told)
        binding += [freed] if freed is not None and freed.saves > 0 else []
    weight = scenario.settings.weights.fixed
    sites = break_evens(problem, answer, limits, told) if weight > 0 else ()
    return {
        "reachable_share": round(reachable_share(scenario), 6),
        "binding": [_worth_row(scenario, one) for one in binding],
        "break_even": [_break_even_row(one, weight) for one in sites],
    }


def _without_flows(placed: Placed, limits: PlaceLimits, told: Callable[[str], None]) -> Worth | None:
    """Return what the scenario saves without its flows; None where no plan is found in time."""
    scenario = placed.scenario
    told("What flows cost")
    rows, freed = float(scenario.flows.height), replace(scenario, flows=scenario.flows.clear())
    return worth_of(placed.answer, freed.problem(), limits, (Limit.FLOWS, None, rows, rows))


def _break_even_row(one: BreakEven, weight: float) -> dict[str, Any]:
    """Return a break-even cost as the planner gave the cost: without its weight."""
    amounts = {"at_cents": one.at, "least_cents": one.least, "most_cents": one.most}
    return {
        "site": one.site_id,
        "open": one.is_open,
        "fixed_cents": _cents(one.fixed / weight),
        **{name: None if cents is None else _cents(cents / weight) for name, cents in amounts.items()},
    }


def _worth_row(scenario: Scenario, one: Worth) -> dict[str, Any]:
    """Return a limit as the planner gave it: the sellers are no site."""
    counts = one.limit in {Limit.MIN_SITES, Limit.MAX_SITES}
    return {
        "limit": str(one.limit),
        "site": one.site_id,
        "given": one.given - (scenario.settings.direct if counts else 0),
        "step": one.step,
        "saves_cents": _cents(one.saves),
        "saves_cents_each": _cents(one.saves / one.step),
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
