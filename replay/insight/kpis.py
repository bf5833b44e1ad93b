"""Key figures of the last days, beside the same days before them and a year before.

Each period is told from events stamped before its end, so that the three can be compared. One thing is
missing from a period in the past: of an order reviewed several times only the last answer is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from graph.days import DAY_S, iso
from graph.model import UNDELIVERED_DAYS, UNHANDED_DAYS, is_lost
from replay.insight.orders import orders_of
from replay.insight.packages import COMPONENTS
from replay.insight.values import number, rows

PERIOD_DAYS: Final = 30
YEAR_DAYS: Final = 365
_ENDS: Final = {"approval": "approved_s", "handling": "handed_s", "transit": "delivered_s"}


@dataclass(frozen=True, slots=True, eq=False)
class Period:
    """Figures of [from_s, to_s).

    ``orders``: purchased in it; ``by_state``: the same by the customer's state. ``delivered``: orders whose
    last package arrived in it, ``late`` of them after the promise. ``stages``: stage, n, mean_days, p50_days,
    p80_days, p95_days of what ended in it. ``waiting`` and ``travelling``: packages with sellers and with
    carriers at its end. ``reviews`` answered in it, with their mean ``score``.
    """

    from_s: int
    to_s: int
    orders: int
    by_state: pl.DataFrame
    delivered: int
    late: int
    stages: pl.DataFrame
    waiting: int
    travelling: int
    reviews: int
    score: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as JSON values; instants in ISO 8601."""
        return {
            "from": iso(self.from_s),
            "to": iso(self.to_s),
            "orders": self.orders,
            "orders_by_state": rows(self.by_state),
            "delivered": self.delivered,
            "late": self.late,
            "delay_rate": number(self.late / self.delivered) if self.delivered else None,
            "stages": rows(self.stages),
            "waiting_packages": self.waiting,
            "travelling_packages": self.travelling,
            "reviews": self.reviews,
            "review_score": number(self.score),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Kpis:
    """``now``, ``before`` and ``year_before``; what only a database knows is None without one."""

    now: Period
    before: Period
    year_before: Period
    alerts_open: int | None = None
    stock_at_risk: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the key figures as JSON values."""
        return {
            "days": PERIOD_DAYS,
            "now": self.now.to_dict(),
            "before": self.before.to_dict(),
            "year_before": self.year_before.to_dict(),
            "alerts_open": self.alerts_open,
            "stock_at_risk": self.stock_at_risk,
        }


def kpis(packages: pl.DataFrame, as_of_s: int) -> Kpis:
    """Return the key figures of the ``PERIOD_DAYS`` before an instant; alerts and stock stay unknown."""
    length = PERIOD_DAYS * DAY_S
    ends = (as_of_s, as_of_s - length, as_of_s - YEAR_DAYS * DAY_S)
    now, before, year_before = (period(packages, end - length, end) for end in ends)
    return Kpis(now, before, year_before)


def period(packages: pl.DataFrame, from_s: int, to_s: int) -> Period:
    """Return the figures of one period."""
    orders = orders_of(packages)
    bought, done, reviewed = (
        orders.filter(_within(stamp, from_s, to_s)) for stamp in ("purchased_s", "delivered_s", "reviewed_s")
    )
    answered = reviewed["review_score"]
    mean = answered.mean()
    by_state = bought.group_by(pl.col("customer_state").alias("state"), maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("orders")
    )
    return Period(
        from_s=from_s,
        to_s=to_s,
        orders=bought.height,
        by_state=by_state.sort("orders", "state", descending=[True, False], nulls_last=True),
        delivered=done.height,
        late=done.filter(pl.col("delivered_s") > pl.col("promised_s")).height,
        stages=pl.concat([_stage(packages, name, from_s, to_s) for name in COMPONENTS]),
        **_open_at(packages, to_s),
        reviews=answered.len(),
        score=mean if isinstance(mean, float) else None,
    )


def _within(stamp: str, from_s: int, to_s: int) -> pl.Expr:
    return pl.col(stamp).is_between(from_s, to_s, closed="left")


def _stage(packages: pl.DataFrame, name: str, from_s: int, to_s: int) -> pl.DataFrame:
    ended = packages.filter(_within(_ENDS.get(name, "delivered_s"), from_s, to_s))
    days = pl.col(f"{name}_days").drop_nulls()
    return ended.select(
        pl.lit(name).alias("stage"),
        days.len().cast(pl.Int64).alias("n"),
        days.mean().alias("mean_days"),
        *(days.quantile(p, "linear").alias(f"p{round(100 * p)}_days") for p in (0.5, 0.8, 0.95)),
    )


def _open_at(packages: pl.DataFrame, at_s: int) -> dict[str, int]:
    """Return how many packages are with sellers and with carriers at an instant, without the lost ones."""
    waited, travelled = (at_s - pl.col(stamp) for stamp in ("purchased_s", "handed_s"))

    def before(stamp: str) -> pl.Expr:
        return pl.col(stamp).is_not_null() & (pl.col(stamp) < at_s)

    with_seller = before("approved_s") & ~before("handed_s") & ~before("delivered_s")
    waiting = with_seller & ~is_lost(waited, UNHANDED_DAYS)
    travelling = before("handed_s") & ~before("delivered_s") & ~is_lost(travelled, UNDELIVERED_DAYS)
    counted = packages.select(waiting=waiting.sum(), travelling=travelling.sum()).row(0, named=True)
    return {name: int(count or 0) for name, count in counted.items()}
