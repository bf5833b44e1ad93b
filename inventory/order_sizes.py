"""How much to order, where costs are known: order quantities and levels of the textbooks.

Costs are in any one unit of money; rates per any one unit of time. Demand is in units. The formulas are those
of Snyder & Shen 2019, Fundamentals of Supply Chain Theory (2nd ed.), chapters 3 to 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from graph.errors import BadInput
from inventory.laws import normal_loss, second_normal_loss


@dataclass(frozen=True, slots=True)
class Costs:
    """``holding``: a unit for a unit of time; ``shortage``: a unit that is owed, likewise; ``order``: each.

    Raises BadInput for a cost that is not above zero.
    """

    holding: float
    shortage: float
    order: float = 0.0

    def __post_init__(self) -> None:
        if not (self.holding > 0 and self.shortage > 0 and self.order >= 0):
            raise BadInput(
                f"Holding and shortage cost something, and an order not less than nothing: {self}."
            )

    @property
    def ratio(self) -> float:
        """The service level at which one more unit costs as much as it saves (newsvendor ratio)."""
        return self.shortage / (self.shortage + self.holding)


def economic_order_quantity(
    rate: float, order: float, holding: float, least: float = 0.0
) -> tuple[float, float]:
    """Return the order quantity of least cost and that cost per unit of time (Harris 1913).

    ``rate``: demand per unit of time; ``least``: the smallest order that is taken. Raises BadInput for a
    rate or cost that is not above zero.
    """
    if min(rate, order, holding) <= 0:
        raise BadInput(f"Rate and costs are above zero, not {rate:g}, {order:g}, {holding:g}.")
    quantity = max((2.0 * order * rate / holding) ** 0.5, least)
    return quantity, order * rate / quantity + holding * quantity / 2.0


def newsvendor(costs: Costs, mean: float, sd: float) -> tuple[float, float]:
    """Return the stock of least cost for one stretch of normal demand, and that cost."""
    level = float(stats.norm.ppf(costs.ratio, mean, sd))
    return level, stretch_cost(costs, level, mean, sd)


def stretch_cost(costs: Costs, level: float, mean: float, sd: float) -> float:
    """Return the expected cost of holding and owing at the end of a stretch that began with ``level``."""
    short = normal_loss(level, mean, sd)
    return costs.holding * (level - mean + short) + costs.shortage * short


def reorder_level(costs: Costs, quantity: float, mean: float, sd: float) -> float:
    """Return the level r of least cost at which to order ``quantity``, normal lead-time demand.

    At it and ``quantity`` higher the cost is the same (Zheng 1992, doi:10.1287/mnsc.38.1.87).
    """
    best = newsvendor(costs, mean, sd)[0]

    def uneven(level: float) -> float:
        return stretch_cost(costs, level, mean, sd) - stretch_cost(costs, level + quantity, mean, sd)

    return float(optimize.brentq(uneven, best - quantity, best, xtol=1e-10))


def order_cost(costs: Costs, level: float, quantity: float, rate: float, mean: float, sd: float) -> float:
    """Return the cost per unit of time of ordering ``quantity`` at ``level``; normal lead-time demand."""
    held = costs.holding * quantity * (level + quantity / 2.0 - mean)
    lacking = second_normal_loss(level, mean, sd) - second_normal_loss(level + quantity, mean, sd)
    return (costs.order * rate + held + (costs.holding + costs.shortage) * lacking) / quantity


def best_level_and_quantity(costs: Costs, rate: float, lead_time: float) -> tuple[int, int, float]:
    """Return level, quantity and cost per unit of time that are best for Poisson demand.

    Exact (Federgruen & Zheng 1992, doi:10.1287/opre.40.4.808): levels are taken in, cheapest first, until
    the next one costs more than the mean so far.
    """
    mean = rate * lead_time

    def cost(level: int) -> float:
        lacking = mean - float(stats.poisson.sf(np.arange(max(level, 0)), mean).sum()) - min(level, 0)
        return costs.holding * (level - mean + lacking) + costs.shortage * lacking

    lowest = highest = int(stats.poisson.ppf(costs.ratio, mean))
    total = costs.order * rate + cost(lowest)
    while True:
        below, above = cost(lowest - 1), cost(highest + 1)
        quantity = highest - lowest + 1
        if min(below, above) >= total / quantity:
            return lowest - 1, quantity, total / quantity
        total += min(below, above)
        lowest, highest = (lowest - 1, highest) if below <= above else (lowest, highest + 1)


def order_levels(costs: Costs, mean: float, sd: float, lead_stretches: float = 0.0) -> tuple[float, float]:
    """Return levels (s, S): once a stretch, stock of s or less is filled up to S.

    ``mean`` and ``sd`` are of one stretch. The power approximation of Ehrhardt & Mosier 1984,
    doi:10.1287/mnsc.30.5.618. Raises BadInput without a cost of ordering.
    """
    if costs.order <= 0:
        raise BadInput("Without a cost of ordering every stretch orders what was sold: use order_up_to.")
    over, spread = mean * (lead_stretches + 1.0), sd * (lead_stretches + 1.0) ** 0.5
    quantity = (
        1.3 * mean**0.494 * (costs.order / costs.holding) ** 0.506 * (1.0 + (spread / mean) ** 2) ** 0.116
    )
    z = (quantity * costs.holding / (spread * costs.shortage)) ** 0.5
    low = 0.973 * over + spread * (0.183 / z + 1.063 - 2.192 * z)
    return low, low + quantity
