"""Where preparation gets stuck: states of sellers, their outliers now, and what 24 hours would change.

Every figure is defined in docs/insight.md; a test recomputes them from the plain tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

import polars as pl

from graph.days import DAY_S
from graph.model import OFFER_LAPSE_DAYS
from replay.insight.selections import TARGET_HOURS
from replay.insight.settings import RankingSettings
from replay.insight.values import number, rows

FENCE_DAYS: Final = 90
"""The outlier fence is that of the packages handed over in so many days."""
CURRENT_DAYS: Final = 30
MOST_SELLERS: Final = 5


class Impact(StrEnum):
    """How much of all hours lost to slow preparation a state holds."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"


@dataclass(frozen=True, slots=True, eq=False)
class Bottlenecks:
    """``fence_hours``: preparation that takes longer is an outlier (None: nothing was handed over yet).

    ``states``: one row a state with packages now, the most hours lost first. Columns: state, packages,
    current_outlier_count, waiting_outliers (of them still with the seller), avg_prep_hrs (of all handed
    over), avg_prep_delay_hrs (of the outliers handed over), lost_hours (theirs, beyond what was expected),
    impact_share, system_impact_potential, saved_hours (mean of one of them), saved_lead_time_share (of those
    delivered), late, late_rescued, recommendation. Packages that still wait are counted, but their hours are
    not: some of them were canceled, and no stamp says so.
    ``sellers``: seller_id, state, packages, outliers, avg_prep_hrs, products, units (null: unknown).
    """

    fence_hours: float | None
    states: pl.DataFrame
    sellers: pl.DataFrame

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        """Return the bottlenecks as JSON values, each with its slow sellers and those with stock."""
        return {
            "days": CURRENT_DAYS,
            "fence_hours": number(self.fence_hours),
            "target_hours": TARGET_HOURS,
            "bottlenecks": [state | self._sellers_of(state["state"]) for state in rows(self.states, limit)],
        }

    def with_stock(self, stock: pl.DataFrame) -> Bottlenecks:
        """Return the same bottlenecks with what sellers have now; ``stock`` comes from ``on_offer``."""
        bare = self.sellers.drop("products", "units", strict=False)
        joined = bare.join(stock, on="seller_id", how="left", maintain_order="left")
        return replace(self, sellers=joined.with_columns(pl.col("products").fill_null(0)))

    def _sellers_of(self, state: str) -> dict[str, Any]:
        here = self.sellers.filter(pl.col("state") == state).drop("state")
        slow = here.filter(pl.col("outliers") > 0)
        ready = here.filter((pl.col("outliers") == 0) & (pl.col("products") > 0))
        ready = ready.filter(pl.col("units").is_null() | (pl.col("units") > 0))
        return {
            "slow_sellers": rows(
                slow.sort("outliers", "avg_prep_hrs", "seller_id", descending=[True, True, False]),
                MOST_SELLERS,
            ),
            "sellers_with_stock": rows(
                ready.sort("packages", "avg_prep_hrs", "seller_id", descending=[True, False, False]),
                MOST_SELLERS,
            ),
        }


def bottlenecks(
    packages: pl.DataFrame, as_of_s: int, settings: RankingSettings, stock: pl.DataFrame
) -> Bottlenecks:
    """Return the bottlenecks of now; ``stock`` comes from ``on_offer``, packages from ``with_expected``."""
    fence = fence_hours(packages, as_of_s)
    now = current(packages, as_of_s).with_columns(
        outlier=pl.col("prep_hrs") > (float("inf") if fence is None else fence)
    )
    states = _judged(now.group_by("seller_state", maintain_order=True).agg(_figures()), settings)
    sellers = now.group_by("seller_id", maintain_order=True).agg(
        pl.col("seller_state").min().alias("state"),
        pl.len().cast(pl.Int64).alias("packages"),
        pl.col("outlier").sum().cast(pl.Int64).alias("outliers"),
        pl.col("prep_hrs").filter(~pl.col("waits")).mean().alias("avg_prep_hrs"),
    )
    return Bottlenecks(fence, states, sellers.sort("seller_id")).with_stock(stock)


def fence_hours(packages: pl.DataFrame, as_of_s: int) -> float | None:
    """Return Tukey's upper fence, Q3 + 1.5 (Q3 - Q1), of preparation in hours; None without a hand-over.

    Quartiles by linear interpolation, over the packages handed over in the last ``FENCE_DAYS``
    (Tukey, Exploratory Data Analysis, 1977).
    """
    recent = pl.col("handed_s") >= as_of_s - FENCE_DAYS * DAY_S
    days = packages.filter(recent)["handling_days"].drop_nulls()
    low, high = (days.quantile(share, "linear") for share in (0.25, 0.75))
    return None if low is None or high is None else 24.0 * (high + 1.5 * (high - low))


def current(packages: pl.DataFrame, as_of_s: int) -> pl.DataFrame:
    """Return the packages handed over in the last ``CURRENT_DAYS``, or still with their sellers.

    ``prep_hrs``: approval to hand-over, or to now for those that wait. ``usual_hrs``: what was expected.
    """
    waits = pl.col("at") == "handling"
    recent = (pl.col("handed_s") >= as_of_s - CURRENT_DAYS * DAY_S) & pl.col("handling_days").is_not_null()
    so_far = (as_of_s - pl.col("approved_s")) / DAY_S
    hours = 24.0 * pl.when(waits).then(so_far).otherwise(pl.col("handling_days"))
    here = packages.filter((waits | recent) & pl.col("seller_state").is_not_null())
    return here.with_columns(prep_hrs=hours, usual_hrs=24.0 * pl.col("expected_handling_days"), waits=waits)


def _figures() -> list[pl.Expr]:
    waits, hours = pl.col("waits"), pl.col("prep_hrs")
    outlier = pl.col("outlier") & ~waits
    saved = (hours - TARGET_HOURS).clip(lower_bound=0.0)
    lead_hours = 24.0 * pl.col("total_days")
    arrived = outlier & pl.col("total_days").is_not_null()
    late = arrived & pl.col("late")
    earlier = pl.col("delivered_s") - saved * 3_600 <= pl.col("promised_s")
    return [
        pl.len().cast(pl.Int64).alias("packages"),
        pl.col("outlier").sum().cast(pl.Int64).alias("current_outlier_count"),
        (pl.col("outlier") & waits).sum().cast(pl.Int64).alias("waiting_outliers"),
        hours.filter(~waits).mean().alias("avg_prep_hrs"),
        hours.filter(outlier).mean().alias("avg_prep_delay_hrs"),
        (hours - pl.col("usual_hrs")).filter(outlier).sum().alias("lost_hours"),
        saved.filter(outlier).mean().alias("saved_hours"),
        (saved.filter(arrived).sum() / lead_hours.filter(arrived).sum()).alias("saved_lead_time_share"),
        late.sum().cast(pl.Int64).alias("late"),
        (late & earlier).sum().cast(pl.Int64).alias("late_rescued"),
    ]


def _judged(states: pl.DataFrame, settings: RankingSettings) -> pl.DataFrame:
    """Add each state's share of all hours lost, its impact, and the recommendation."""
    lost = pl.col("lost_hours").clip(lower_bound=0.0)
    share = pl.when(lost.sum() > 0).then(lost / lost.sum()).otherwise(0.0)
    told = states.rename({"seller_state": "state"}).with_columns(impact_share=share)
    impact = pl.lit(Impact.LOW.value)
    for name, least in ((Impact.MEDIUM, settings.medium), (Impact.HIGH, settings.high)):
        impact = pl.when(pl.col("impact_share") >= least).then(pl.lit(name.value)).otherwise(impact)
    critical = pl.col("impact_share") >= settings.critical
    told = told.with_columns(
        system_impact_potential=pl.when(critical).then(pl.lit(Impact.CRITICAL.value)).otherwise(impact)
    )
    told = told.sort("lost_hours", "state", descending=[True, False])
    advice = [_recommendation(row) for row in told.iter_rows(named=True)]
    return told.with_columns(pl.Series("recommendation", advice, dtype=pl.String))


def _recommendation(row: Mapping[str, Any]) -> str:
    """Say what would help, with the figure: the hours a 24-hour hand-over saves, and whom it would rescue."""
    state, waiting = row["state"], row["waiting_outliers"]
    left = row["current_outlier_count"] - waiting
    late = f"{_packages(waiting)} of {state} still with the seller after more hours than the fence"
    ask = f"Ask about the {late}."
    if not left:
        return ask if waiting else f"Nothing to do in {state}: none of its packages is an outlier now."
    told = (
        f"Pre-stock what the slow sellers of {state} sell: handed over within {TARGET_HOURS:.0f} h, "
        f"{_packages(left)} of the last {CURRENT_DAYS} days would have left "
        f"{row['saved_hours']:.0f} h earlier"
    )
    if (share := number(row["saved_lead_time_share"])) is not None:
        told += f", {100 * share:.0f}% of the lead time of those that arrived"
    if row["late"]:
        told += f"; of {row['late']} late, {row['late_rescued']} would have kept the promise"
    return f"{told}. {ask}" if waiting else f"{told}."


def _packages(count: int) -> str:
    return f"{count} package" if count == 1 else f"{count} packages"


def on_offer(
    tables: Mapping[str, pl.DataFrame], as_of_s: int, units: Mapping[str, int] | None = None
) -> pl.DataFrame:
    """Return seller_id, products (sold in the last 180 days) and units in stock.

    ``units`` by seller come from a ledger; without one the stock in the network's warehouses counts, and
    null, unknown, stands for sellers who have none there.
    """
    offers = tables["offers"]
    since = as_of_s - OFFER_LAPSE_DAYS * DAY_S
    live = offers.filter(pl.col("last_sold").dt.epoch("s") >= since)
    products = live.group_by("seller_id", maintain_order=True).agg(
        pl.col("product_id").n_unique().cast(pl.Int64).alias("products")
    )
    if units is None:
        held = tables["stocks"].group_by("seller_id", maintain_order=True).agg(pl.col("units").sum())
    else:
        held = pl.DataFrame(
            {"seller_id": list(units), "units": list(units.values())},
            schema={"seller_id": pl.String, "units": pl.Int64},
        )
    return products.join(held, on="seller_id", how="full", coalesce=True).sort("seller_id")
