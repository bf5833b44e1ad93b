"""What happened to the orders of a stretch of the past: by week or month, by state, on a map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from graph.days import DAY_S, local_stamps
from replay.insight.orders import orders_of
from replay.insight.packages import STAGES, STAMPS
from replay.report.survival import Survival

MOST_WEEKS: Final = 27
"""A longer stretch is told by months."""


def happened(
    packages: pl.DataFrame, tables: Mapping[str, pl.DataFrame], span_s: tuple[int, int], as_of_s: int
) -> dict[str, Any]:
    """Return what became of the orders purchased in ``span_s`` = [from, to), as JSON values.

    ``packages``: one row a package (``replay.insight.packages``) as known at ``as_of_s``; ``tables``:
    zip_prefixes and regions. An order's days are those of its last package. Quantiles and means count orders
    still under way (``open``) as taking longer than they have so far (``replay.report.survival``); what is
    ``lost`` will never arrive, and says nothing of how long it takes. ``late_share``: of the orders handed
    over whose promise has passed (``due``), those that had not arrived by then. ``days`` of a period: its
    local days inside the stretch; ``part``: not all are. ``carriers``: how many carried the packages.
    """
    from_s, to_s = span_s
    bought = pl.col("purchased_s")
    sent = packages.filter((bought >= from_s) & (bought < to_s) & pl.col("seller_id").is_not_null())
    orders = _orders(sent, as_of_s)
    unit, every = ("month", "1mo") if to_s - from_s > MOST_WEEKS * 7 * DAY_S else ("week", "1w")
    start = _day(pl.col("purchased_s")).dt.truncate(every)
    periods = orders.with_columns(start.alias("from")).sort("from").partition_by("from", as_dict=True)
    days = _days_inside(list(periods), span_s, every)
    return {
        **_told(orders),
        "packages": sent.height,
        "carriers": sent["carrier_id"].drop_nulls().n_unique(),
        "stages": _stages(sent, as_of_s),
        "period": unit,
        "periods": [
            {"from": day.isoformat(), **inside, **_told(rows)}
            for ((day,), rows), inside in zip(periods.items(), days, strict=True)
        ],
        "states": _states(orders, sent, tables["zip_prefixes"], as_of_s),
        "outline": _outline(tables["regions"]),
    }


def _orders(sent: pl.DataFrame, as_of_s: int) -> pl.DataFrame:
    """Return the orders with their days so far, whether these have ended, and whether it was late."""
    due = pl.col("handed") & (pl.col("promised_s") < as_of_s)
    in_time = (pl.col("delivered_s") <= pl.col("promised_s")).fill_null(value=False)
    return orders_of(sent).with_columns(
        ((pl.col("delivered_s").fill_null(as_of_s) - pl.col("purchased_s")) / DAY_S).alias("days"),
        pl.col("delivered_s").is_not_null().alias("ended"),
        pl.when(due).then(~in_time).alias("late"),
    )


def _told(orders: pl.DataFrame) -> dict[str, Any]:
    waited_for = orders.filter(~pl.col("lost"))
    took = Survival.of(waited_for["days"].to_numpy(), waited_for["ended"].to_numpy())
    return {
        "orders": orders.height,
        "arrived": int(orders["ended"].sum()),
        "open": int((~waited_for["ended"]).sum()),
        "lost": int(orders["lost"].sum()),
        "due": int(orders["late"].is_not_null().sum()),
        "late": int(orders["late"].sum()),
        "late_share": orders["late"].mean(),
        "mean_days": took.mean(),
        "median_days": took.quantile(0.5),
        "p90_days": took.quantile(0.9),
        "promise_mean_days": orders["promise_days"].mean(),
    }


def _stages(sent: pl.DataFrame, as_of_s: int) -> dict[str, Any]:
    """Return each stage's mean days and its share of their sum."""
    days = {name: _stage_days(sent, name, as_of_s) for name in STAGES}
    total = sum(value or 0.0 for value in days.values())
    return {
        name: {"mean_days": value, "share": value / total if value is not None and total else None}
        for name, value in days.items()
    }


def _stage_days(sent: pl.DataFrame, name: str, as_of_s: int) -> float | None:
    """Return a stage's mean days over the packages that ended it, or are in it now."""
    start, end = STAMPS[name]
    begun = sent.drop_nulls(start).filter(pl.col(end).is_not_null() | (pl.col("at") == name))
    days = begun.select((pl.col(end).fill_null(as_of_s) - pl.col(start)) / DAY_S).to_series()
    return Survival.of(days.to_numpy(), begun[end].is_not_null().to_numpy()).mean()


def _day(epoch_s: pl.Expr) -> pl.Expr:
    """Return the local day of an instant."""
    return local_stamps(epoch_s).dt.date()


def _days_inside(starts: list[tuple[Any, ...]], span_s: tuple[int, int], every: str) -> list[dict[str, Any]]:
    """Return how many local days of each period lie inside the stretch, and whether that is a part of it."""
    ends = pl.DataFrame({"at_s": [span_s[0], span_s[1] - 1]}).select(_day(pl.col("at_s"))).to_series()
    first, end = pl.col("from"), pl.col("from").dt.offset_by(every)
    inside = pl.min_horizontal(end, pl.lit(ends[1]).dt.offset_by("1d")) - pl.max_horizontal(first, ends[0])
    days = pl.DataFrame({"from": pl.Series([start for (start,) in starts], dtype=pl.Date)}).select(
        inside.dt.total_days().alias("days"), part=inside < end - first
    )
    return days.to_dicts()


def _states(
    orders: pl.DataFrame, sent: pl.DataFrame, zips: pl.DataFrame, as_of_s: int
) -> list[dict[str, Any]]:
    """Return the states where orders went, the busiest first, with where on the map their customers live."""
    placed = (
        zips.drop_nulls(["lat", "lng"])
        .group_by("state", maintain_order=True)
        .agg(pl.col("lat", "lng").median())
    )
    places = {state: {"lat": lat, "lng": lng} for state, lat, lng in placed.iter_rows()}
    packages = sent.partition_by("customer_state", as_dict=True)
    rows = [
        {
            "state": state,
            **places.get(state, {"lat": None, "lng": None}),
            **_told(bought),
            **{f"{name}_days": _stage_days(packages[(state,)], name, as_of_s) for name in STAGES},
        }
        for (state,), bought in orders.partition_by("customer_state", as_dict=True).items()
        if state is not None
    ]
    return sorted(rows, key=lambda row: (-row["orders"], row["state"]))


def _outline(regions: pl.DataFrame) -> list[list[float]]:
    """Return [longitude, latitude] of every region that has a place: together they draw the country."""
    placed = regions.drop_nulls(["lat", "lng"]).sort("region").select("lng", "lat")
    return [[round(lng, 2), round(lat, 2)] for lng, lat in placed.iter_rows()]
