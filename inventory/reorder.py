"""When to order again, and how much: reorder points from the variance of demand and of the lead time.

Demand over the lead time L (mean d a day, day-to-day variance s2, variance v of the rate itself):

    mean = d L        variance = s2 L + d^2 var(L) + v (L^2 + var(L))

The reorder point covers it with the wanted probability, by the law that fits (`inventory.laws`). With a
normal law and a known rate that is the textbook's d L + z sqrt(L s2 + d^2 var(L)). Where stock is looked at
now and then, L includes the time between two looks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil, floor
from typing import Final

from graph.errors import BadInput
from inventory.events import StockKey
from inventory.laws import LEAST_BEYOND, Spread, spread_of
from inventory.order_sizes import economic_order_quantity
from inventory.restock import RestockTime
from inventory.stock import StockRow, StockSettings
from inventory.words import Law

ASSUMED: Final = RestockTime(7.0, 2.0)
"""The restock time where none was seen: a setting, marked ``synthetic``."""

_YEAR_DAYS: Final = 365.0
_FAR_DAYS: Final = 36_500.0


@dataclass(frozen=True, slots=True)
class ReorderRule:
    """How sure to be, how often one looks, how long an order lasts. Days; ``level`` is a probability.

    ``level``: no stock-out between order and receipt (not the fill rate). ``cover_days``: an order lasts so
    long, unless ``order_cents`` (the cost of one purchase order) is given: then it is the economic quantity
    at ``holding_rate`` of the price a year. ``restock``: the lead time where none has been seen.
    ``law`` None takes the one that fits, and so does an empirical one where too little was seen. BadInput
    lists every figure that makes no sense.
    """

    level: float = 0.95
    review_days: float = 1.0
    cover_days: float = 30.0
    least_units: int = 1
    order_cents: float | None = None
    holding_rate: float = 0.25
    restock: RestockTime = ASSUMED
    law: Law | None = None

    def stretch_days(self, restock: RestockTime) -> int:
        """Return the whole days from a look at the stock to the receipt of what it orders; at least one."""
        return max(ceil(restock.mean_days + self.review_days - 1e-9), 1)

    def __post_init__(self) -> None:
        wrong = [
            (not 0 < self.level < 1, f"level = {self.level} is not between 0 and 1"),
            (not 0 <= self.review_days < _FAR_DAYS, f"review_days = {self.review_days}"),
            (not 0 < self.cover_days < _FAR_DAYS, f"cover_days = {self.cover_days}"),
            (self.least_units < 1, f"least_units = {self.least_units} is below one"),
            (self.order_cents is not None and not self.order_cents > 0, f"order_cents = {self.order_cents}"),
            (not self.holding_rate > 0, f"holding_rate = {self.holding_rate}"),
        ]
        if faults := [text for bad, text in wrong if bad]:
            raise BadInput(f"The rule of reordering cannot be used: {'; '.join(faults)}.")


@dataclass(frozen=True, slots=True)
class PlaceDemand:
    """Units a day that one place is expected to send: mean, variance of that rate, its price in cents.

    ``stretches``: units of past stretches as long as a restocking, for the empirical law.
    """

    mean_per_day: float
    var_per_day: float
    price_cents: float | None = None
    stretches: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Reorder:
    """What to do about one place. Counts are units; ``on_order`` is ordered and not received yet.

    ``stock``: its row with the ``settings`` that follow; what is not expected to sell has no reorder point.
    ``order_at`` and ``empty_at``: when the units there and on order are expected to get to the reorder point,
    and those there to nothing (None: not foreseen).
    """

    stock: StockRow
    on_order: int
    demand: PlaceDemand
    restock: RestockTime
    spread: Spread
    settings: StockSettings
    order_at: datetime | None
    empty_at: datetime | None

    @property
    def key(self) -> StockKey:
        """The place."""
        return self.stock.key

    @property
    def available(self) -> int:
        """The units that may still be promised."""
        return self.stock.available

    @property
    def safety_stock(self) -> int:
        """What the reorder point holds beyond the expected demand."""
        return self.settings.safety_stock or 0

    @property
    def reorder_point(self) -> int:
        """The units there and on order at which it is ordered for again."""
        return self.settings.reorder_point or 0

    @property
    def order_up_to(self) -> int:
        """The units up to which it is ordered for."""
        return self.settings.order_up_to or 0

    @property
    def due(self) -> bool:
        """Whether to order now, as the worker does once the settings are in its ledger."""
        return self.stock.is_due(self.on_order)

    @property
    def quantity(self) -> int:
        """How much to order when it is due."""
        return self.stock.refill(self.on_order)

    @property
    def fill_rate(self) -> float:
        """The share of units that is served at once: 1 - units that lack in a cycle / units of a cycle."""
        cycle = max(self.order_up_to - self.reorder_point, 1)
        lack = self.spread.short(self.reorder_point) - self.spread.short(self.reorder_point + cycle)
        return max(1.0 - lack / cycle, 0.0)

    @property
    def why(self) -> str:
        """The reason in words, with its numbers."""
        if not self.demand.mean_per_day:
            return "nothing is expected to sell: it is not ordered again"
        days = f"{self.restock.mean_days:.3g} ± {self.restock.sd_days:.2g} days ({self.restock.basis}"
        days += f", n = {self.restock.n})" if self.restock.n else ")"
        state = f"{self.available} available"
        state += f", {self.on_order} on order" if self.on_order else ""
        return (
            f"{state}, reorder point {self.reorder_point}: {self.spread.mean:.3g} units expected until a "
            f"receipt in {days}; {self.spread.law.replace('_', ' ')} law: {self.spread.why}"
        )


def lead_time_demand(
    mean_per_day: float, day_var: float, rate_var: float, restock: RestockTime
) -> tuple[float, float]:
    """Return mean and variance of the units until a receipt (see the module).

    ``day_var``: the variance of a day's units given the rate; ``rate_var``: of the rate.
    """
    days, days_var = restock.mean_days, restock.sd_days**2
    mean = mean_per_day * days
    return mean, day_var * days + mean_per_day**2 * days_var + rate_var * (days**2 + days_var)


def reorder_point(
    mean_per_day: float, sd_per_day: float, restock: RestockTime, level: float, law: Law | None = Law.NORMAL
) -> float:
    """Return the stock at which to order again, units: the textbook's by default, normal demand.

    ROP = d L + z sqrt(L sd^2 + d^2 sd_L^2) (Silver, Pyke & Thomas 2017, Inventory and Production
    Management in Supply Chains, 4th ed., section 6.10). Raises BadInput for a level outside (0, 1).
    """
    return spread_of(*lead_time_demand(mean_per_day, sd_per_day**2, 0.0, restock), law).quantile(level)


def safety_stock(mean_per_day: float, sd_per_day: float, restock: RestockTime, level: float) -> float:
    """Return what of the textbook's reorder point exceeds the expected demand, units."""
    return reorder_point(mean_per_day, sd_per_day, restock, level) - mean_per_day * restock.mean_days


def order_quantity(demand: PlaceDemand, rule: ReorderRule) -> int:
    """Return how many units one order brings: economic where costs are known, else what lasts; a minimum."""
    units = demand.mean_per_day * rule.cover_days
    if rule.order_cents is not None and demand.price_cents and demand.mean_per_day > 0:
        yearly = demand.mean_per_day * _YEAR_DAYS
        units, _ = economic_order_quantity(yearly, rule.order_cents, rule.holding_rate * demand.price_cents)
    return max(ceil(units), rule.least_units)


def reorder(
    row: StockRow, on_order: int, demand: PlaceDemand, restock: RestockTime, rule: ReorderRule, at: datetime
) -> Reorder:
    """Return what to do about one place at an aware instant."""
    spread = _spread(demand, restock, rule)
    settings = _settings(demand, restock, rule, spread)
    ahead = row.available + on_order - (settings.reorder_point or 0)
    return Reorder(
        stock=row.configured(settings),
        on_order=on_order,
        demand=demand,
        restock=restock,
        spread=spread,
        settings=settings,
        order_at=_after(at, ahead, demand.mean_per_day),
        empty_at=_after(at, row.available, demand.mean_per_day),
    )


def _spread(demand: PlaceDemand, restock: RestockTime, rule: ReorderRule) -> Spread:
    """Return the spread of the units until a receipt, the time between two looks included."""
    looked = replace(restock, mean_days=restock.mean_days + rule.review_days)
    mean, var = lead_time_demand(demand.mean_per_day, demand.mean_per_day, demand.var_per_day, looked)
    seen = len(demand.stretches)
    if rule.law is not Law.EMPIRICAL or seen * (1.0 - rule.level) >= LEAST_BEYOND:
        return spread_of(mean, var, rule.law, demand.stretches)
    spread = spread_of(mean, var)
    why = f"{seen} stretches of the history cannot tell what covers {rule.level:g}; {spread.why}"
    return replace(spread, why=why)


def _settings(demand: PlaceDemand, restock: RestockTime, rule: ReorderRule, spread: Spread) -> StockSettings:
    if demand.mean_per_day <= 0:
        return StockSettings(lead_time_days=restock.mean_days)
    # The small shift keeps a point that is a whole number but for rounding from being one unit more.
    point = max(ceil(spread.quantile(rule.level) - 1e-9), 0)
    spare = max(point - floor(spread.mean), 0)
    return StockSettings(spare, point, restock.mean_days, point + order_quantity(demand, rule))


def _after(at: datetime, units: int, mean_per_day: float) -> datetime | None:
    """Return when so many units are expected to be sold; at once for none, None beyond a hundred years."""
    if mean_per_day <= 0 or units / mean_per_day > _FAR_DAYS:
        return None
    return at + timedelta(days=max(units / mean_per_day, 0.0))
