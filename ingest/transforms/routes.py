"""From packages to what was observed between places: routes, lanes, months, seller and carrier."""

from __future__ import annotations

import narwhals as nw

from graph.days import DAY_S
from graph.lead_time.journeys import STAGES
from ingest.transforms.frames import Frame

LANE = ("from_region", "to_region", "carrier_id")
REFERENCE = ("distance_km", "weight_g", "volume_cm3", "price_cents", "freight_cents")


def observed(packages: Frame) -> Frame:
    """Return the packages whose journey is known from purchase to delivery, and by whom it was made."""
    return packages.drop_nulls([*LANE, "total_seconds"])


def observed_routes(packages: Frame) -> Frame:
    """Return what was seen from zip prefix to zip prefix, by category and carrier.

    Mean and sample variance (null below two observations) in days, of the total (``mean_days, var_days``)
    and by stage; ``late_share``; ``km_per_day`` = distance over mean transit days, null where transit is 0.
    A route of goods without category is a route all the same: its category is null.
    """
    key = ("from_zip_prefix", "to_zip_prefix", "carrier_id", "category")
    sums = (
        observed(packages)
        .group_by(*key)
        .agg(
            nw.len().alias("n"),
            *(power for stage in ("total", *STAGES) for power in _power_sums(stage)),
            nw.col("late").mean().alias("late_share"),
            nw.col("distance_km").max(),
            nw.col("delivered_s").max().alias("last_seen_s"),
        )
    )
    seen = sums.with_columns(
        *_moments("total", ""), *(moment for stage in STAGES for moment in _moments(stage, f"{stage}_"))
    )
    speed = nw.col("distance_km") / nw.col("transit_mean_days")
    fast = nw.when(nw.col("transit_mean_days") > 0).then(speed).alias("km_per_day")
    return _without_sums(seen.with_columns(fast), "total", *STAGES)


def lane_evidence(packages: Frame) -> Frame:
    """Return every lane seen: ``n`` deliveries, when last seen, and the medians of its parcels.

    A lane is seen at the first hand-over on it, so ``n`` may still be 0.
    """
    seen = packages.drop_nulls(list(LANE))
    return seen.group_by(*LANE).agg(
        nw.col("total_seconds").count().alias("n"),
        nw.max_horizontal(nw.col("handed_over_s"), nw.col("delivered_s")).max().alias("last_seen_s"),
        *(nw.col(feature).median() for feature in REFERENCE),
    )


def state_reference(packages: Frame) -> Frame:
    """Return the median parcel of each pair of states, for lanes whose own parcels tell too little."""
    key = ("from_state", "to_state")
    return packages.drop_nulls(list(key)).group_by(*key).agg(*(nw.col(f).median() for f in REFERENCE))


def lane_months(packages: Frame) -> Frame:
    """Return mean, variance and late share of each lane by month of delivery (local, ``YYYY-MM``).

    The month is that of the delivery, not of the purchase: the newest purchases delivered so far are the
    fast ones, and would make every newest month look good.
    """
    key = (*LANE, "month")
    seen = observed(packages)
    sums = seen.group_by(*key).agg(
        nw.len().alias("n"), *_power_sums("total"), nw.col("late").mean().alias("late_share")
    )
    return _without_sums(sums.with_columns(*_moments("total", "")), "total")


def seller_carriers(packages: Frame) -> Frame:
    """Return which carriers each seller has shipped with, and how long that took in total."""
    seen = observed(packages)
    sums = seen.group_by("seller_id", "carrier_id").agg(nw.len().alias("n"), *_power_sums("total"))
    return _without_sums(sums.with_columns(*_moments("total", "")), "total")


def _power_sums(stage: str) -> list[nw.Expr]:
    """Return count, sum and sum of squares in seconds: integers, the same in any order of adding."""
    seconds = nw.col(f"{stage}_seconds")
    return [
        seconds.count().alias(f"{stage}_n"),
        seconds.sum().alias(f"{stage}_sum"),
        (seconds * seconds).sum().alias(f"{stage}_squares"),
    ]


def _without_sums(frame: Frame, *stages: str) -> Frame:
    return frame.drop(f"{stage}_{power}" for stage in stages for power in ("n", "sum", "squares"))


def _moments(stage: str, prefix: str) -> list[nw.Expr]:
    """Return the mean and sample variance of a stage in days, named ``<prefix>mean_days, …var_days``."""
    n = nw.col(f"{stage}_n").cast(nw.Float64)
    total = nw.col(f"{stage}_sum").cast(nw.Float64)
    spread = (nw.col(f"{stage}_squares").cast(nw.Float64) - total * total / n).clip(lower_bound=0.0)
    mean = nw.when(n > 0).then(total / (n * DAY_S))
    variance = nw.when(n > 1).then(spread / ((n - 1.0) * DAY_S**2))
    return [mean.alias(f"{prefix}mean_days"), variance.alias(f"{prefix}var_days")]
