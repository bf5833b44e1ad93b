"""What a policy's decisions over a stretch of the past add up to."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import Any, Final, Self

import polars as pl

from graph.options import Options
from optimizer.policy import Costs


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of one policy's outcomes, as ``costs`` charges them; money is whole cents.

    ``days``: expected days of the slowest package, over orders that are served at least in part (``served``
    and ``partly_served``). ``p_on_time``: over those of them that have a promise (``promised``), the least
    of an order's packages. ``stock_outs``: lines that some seller offers and has too little of.
    ``kept``: lines that go as the record says. ``unanswered``: orders for which the policy has no answer.
    Orders that no policy can decide are not counted.
    """

    costs: Costs
    orders: int
    lines: int
    units: int
    served: int
    partly_served: int
    unserved: int
    unanswered: int
    unserved_units: int
    packages: int
    split_orders: int
    stock_outs: int
    kept: int
    promised: int
    days: float
    p_on_time: float
    freight_cents: int
    package_cents: int
    handling_cents: int
    time_cents: int
    late_cents: int
    scarcity_cents: int
    price_versions: int

    @classmethod
    def of(cls, outcomes: pl.DataFrame, costs: Costs) -> Self:
        """Add up outcomes (`replay.outcomes.SCHEMA`)."""
        rows = outcomes.filter(~pl.col("refused"))
        filled, decided, units = pl.col("filled_units"), pl.col("decided"), pl.col("units")
        sums = rows.select(
            *(pl.col(name).sum() for name in _SUMMED),
            orders=pl.len(),
            served=(filled == units).sum(),
            partly_served=((filled > 0) & (filled < units)).sum(),
            unserved=(decided & (filled == 0)).sum(),
            unanswered=(~decided).sum(),
            unserved_units=(units - filled).sum(),
            split_orders=(pl.col("packages") > 1).sum(),
            kept=pl.col("kept_lines").sum(),
            promised=pl.col("p_on_time").count(),
            price_versions=pl.col("price_version").drop_nulls().n_unique(),
        ).row(0, named=True)
        for name, each in (("package_cents", costs.package_cents), ("handling_cents", costs.handling_cents)):
            sums[name] = each * sums["packages"]
        days, on_time = (fsum(rows[name].drop_nulls()) for name in ("expected_days", "p_on_time"))
        return cls(costs, **sums, days=days, p_on_time=on_time)

    @property
    def cost_cents(self) -> int:
        """All that is charged; scarcity prices decide only."""
        return sum(getattr(self, name) for name in _CHARGED)

    def to_dict(self) -> dict[str, Any]:
        """Return the totals as JSON values; a mean over nothing is null."""
        answered = self.served + self.partly_served
        return {
            **{name: getattr(self, name) for name in _COUNTS},
            "packages_per_order": _share(self.packages, answered),
            "expected_days": _share(self.days, answered),
            "p_on_time": _share(self.p_on_time, self.promised),
            "kept_share": _share(self.kept, self.lines),
            **{name: getattr(self, name) for name in (*_CHARGED, "scarcity_cents", "cost_cents")},
            "price_versions": self.price_versions,
        }


_COUNTS: Final = (
    *("orders", "lines", "units", "served", "partly_served", "unserved", "unanswered", "unserved_units"),
    *("packages", "split_orders", "stock_outs", "promised"),
)
_CHARGED: Final = ("freight_cents", "package_cents", "handling_cents", "time_cents", "late_cents")
_SUMMED: Final = (
    *("lines", "units", "packages", "stock_outs"),
    *("freight_cents", "time_cents", "late_cents", "scarcity_cents"),
)


@dataclass(slots=True)
class Choices:
    """How many units of lines have a real choice: offered by two sellers or more, lapsed ones left out."""

    lines: int = 0
    with_choice: int = 0

    def add(self, options: Options) -> None:
        """Count the lines of one order; a line of two units counts as two, as the record has it."""
        sellers = [name.rpartition(":")[2] for name in options.source_ids]
        offered = options.candidate & ~options.lapsed
        for line, asked in enumerate(options.order.lines):
            found = {sellers[source] for source in options.source[offered[line]]}
            self.lines += asked.quantity
            self.with_choice += asked.quantity * (len(found) > 1)

    @property
    def share(self) -> float | None:
        """The share of lines with a choice; None without lines."""
        return _share(self.with_choice, self.lines)


def _share(part: float, whole: int) -> float | None:
    return part / whole if whole else None
