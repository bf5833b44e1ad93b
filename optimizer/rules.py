"""Rules that put the routes for a line in order: the first rule that does not tie decides.

Merchants can predict them, which nobody can with a weighted sum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf, isfinite, isnan
from typing import Final

from graph.errors import BadInput
from optimizer.general_state import State
from optimizer.problem import OrderProblem

Group = Sequence[int]


class RuleKey(StrEnum):
    """What a rule looks at; less is better for all of them."""

    NEAREST = "nearest"
    FASTEST = "fastest"
    RELIABLE = "reliable"
    CHEAPEST = "cheapest"
    WHOLE_ORDER = "whole_order"
    SAME_PACKAGE = "same_package"
    MOST_STOCK = "most_stock"
    WAREHOUSE_FIRST = "warehouse_first"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: routes whose value is at most ``tolerance`` worse than the best tie with it.

    Units: km (nearest), days (fastest), probability to be late (reliable), cents that the group adds to the
    order (cheapest), lines of the order that the route cannot carry (whole_order), units in stock
    (most_stock); 1 against 0 for a new package (same_package) and for a seller's own place (warehouse_first).
    """

    key: RuleKey
    tolerance: float = 0.0

    def __post_init__(self) -> None:
        if not (isfinite(self.tolerance) and self.tolerance >= 0):
            raise BadInput(f"The tolerance of rule {self.key} must be 0 or more, not {self.tolerance}.")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A route for a group of lines, and the order as it would be with it."""

    route: int
    after: State


@dataclass(frozen=True, slots=True)
class Ranking:
    """The routes of one group with what the rules look at."""

    problem: OrderProblem
    group: Group
    before: State

    def value(self, key: RuleKey, candidate: Candidate) -> float:
        """Return what a rule sees of a candidate; what is unknown is infinitely bad."""
        found = _VALUES[key](self, candidate)
        return inf if isnan(found) else found

    def order(self, rules: Sequence[Rule], found: Sequence[Candidate]) -> tuple[Candidate, str]:
        """Return the winner and the rule that decided: ``only`` and ``tie`` where none did.

        Ties that all rules leave go to the fewer cents added, then to the smaller route.
        """
        left = list(found)
        if len(left) == 1:
            return left[0], "only"
        for rule in rules:
            values = [self.value(rule.key, candidate) for candidate in left]
            best = min(values)
            left = [c for c, value in zip(left, values, strict=True) if value <= best + rule.tolerance]
            if len(left) == 1:
                return left[0], str(rule.key)
        return min(left, key=lambda candidate: (candidate.after.cost_cents, candidate.route)), "tie"


def _missing_lines(ranking: Ranking, candidate: Candidate) -> float:
    """Count the lines of the whole order that the route cannot carry."""
    return float((~ranking.problem.admissible[:, candidate.route]).sum())


def _stock(ranking: Ranking, candidate: Candidate) -> float:
    problem = ranking.problem
    source = problem.source[candidate.route]
    return float(min(problem.stock[problem.item[line], source] for line in ranking.group))


_VALUES: Final[Mapping[RuleKey, Callable[[Ranking, Candidate], float]]] = {
    RuleKey.NEAREST: lambda ranking, c: float(ranking.problem.distance_km[c.route]),
    RuleKey.FASTEST: lambda ranking, c: float(ranking.problem.mean_days[c.route]),
    RuleKey.RELIABLE: lambda ranking, c: 1.0 - float(ranking.problem.p_on_time[c.route]),
    RuleKey.CHEAPEST: lambda ranking, c: c.after.cost_cents - ranking.before.cost_cents,
    RuleKey.WHOLE_ORDER: _missing_lines,
    RuleKey.SAME_PACKAGE: lambda ranking, c: float(c.route not in ranking.before.load),
    RuleKey.MOST_STOCK: lambda ranking, c: -_stock(ranking, c),
    RuleKey.WAREHOUSE_FIRST: lambda ranking, c: float(
        not ranking.problem.route_id(c.route)[0].startswith("warehouse:")
    ),
}
